//! `capacity`: never more open intervals of one link target than it has room for.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "capacity", "table": "stays", "link": "ward_id", "start": "admit", "end": "discharge",
//!                "by": "ward_id.kind", "max": {"small": 1}}"#;
//! let wards = Table("wards(*ward_id, kind)", "1, small\n2, large");
//! let stays = Table("stays(ward_id>wards, admit:time, discharge:time)", "
//!     1, 2025-01-01, 2025-01-04
//!     1, 2025-01-04, 2025-01-09
//!     1, 2025-01-06, 2025-01-07
//!     2, 2025-01-01, 2025-01-09
//!     2, 2025-01-01, 2025-01-09");
//! let report = check(&[wards, stays], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![3]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - An interval that ends when another starts does not count with it. A row is broken when it starts where all
//!   places are taken. Values of `by` that `max` does not name have no limit.
//! - **Missing**: a row without link, start or end takes no place; without a value of `by` it has no limit.
//! - **How it is kept**: the rows of one owner are drawn as if there were room, then moved together by whole weeks until all
//!   of them fit, the longest sequences first. Where none of 60 weeks to either side fits, and in tables whose times can not
//!   move, rows are drawn with the targets masked that are full at their start.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use indexmap::IndexMap;

use crate::Result;
use crate::linked::{Groups, Linked, Tally, align};

pub(super) fn check(
    linked: &Linked,
    table: &str,
    link: &str,
    times: [&str; 2],
    by: &str,
    max: &IndexMap<String, u32>,
) -> Result<Tally> {
    let rows = linked.table(table)?.rows;
    let groups = Groups::of_rows(linked.parents(table, link)?);
    let (start, end) = align(linked.path(table, times[0])?, linked.path(table, times[1])?, true)?;
    let lookup = super::Lookup::new(linked.path(table, by)?, &max.keys().collect::<Vec<_>>())?;
    let limit = |row| lookup.place(row, 0).map(|i| max[i] as usize);
    let (starts, all) = groups.rows();
    let mut broken = Vec::new();
    for group in starts.windows(2) {
        let known = all[group[0]..group[1]].iter().map(|&r| r as usize);
        let mut list: Vec<(i128, i128, usize)> =
            known.filter_map(|r| Some((start.value(r, 0)?, end.value(r, 0)?, r))).filter(|i| i.0 < i.1).collect();
        list.sort_unstable();
        let mut open: BinaryHeap<Reverse<i128>> = BinaryHeap::new();
        for (from, to, row) in list {
            while open.peek().is_some_and(|Reverse(end)| *end <= from) {
                open.pop();
            }
            if limit(row).is_some_and(|limit| open.len() >= limit) {
                broken.push(row);
            }
            open.push(Reverse(to));
        }
    }
    Ok(Tally::marked(rows, broken))
}
