//! `no_overlap`: the intervals of one owner do not overlap.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "no_overlap", "table": "stays", "owner": "patient", "start": "admit", "end": "discharge"}"#;
//! let patients = Table("patients(*patient)", "A\nB");
//! let stays = Table("stays(patient>patients, admit:time, discharge:time)", "
//!     A, 2025-01-04, 2025-01-09
//!     A, 2025-01-01, 2025-01-04
//!     B, 2025-01-02, 2025-01-03
//!     A, 2025-01-08, 2025-01-10
//!     A, 2025-01-02,           ");
//! let report = check(&[patients, stays], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![4]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - One interval may start when another ends. A row is broken when it starts before an earlier one has ended.
//! - **Missing**: a row without owner, start or end says nothing.
//! - **How it is kept**: the gap to the end of the previous sibling is generated, never below zero.

use crate::Result;
use crate::linked::{Groups, Linked, Tally, align};

pub(super) fn check(linked: &Linked, table: &str, owner: &str, start: &str, end: &str) -> Result<Tally> {
    let rows = linked.table(table)?.rows;
    let groups = Groups::of_rows(linked.parents(table, owner)?);
    let (start, end) = align(linked.path(table, start)?, linked.path(table, end)?, true)?;
    let (starts, all) = groups.rows();
    let mut broken = Vec::new();
    for group in starts.windows(2) {
        let known = all[group[0]..group[1]].iter().map(|&r| r as usize);
        let mut list: Vec<(i128, i128, usize)> =
            known.filter_map(|r| Some((start.value(r, 0)?, end.value(r, 0)?, r))).collect();
        list.sort_unstable();
        let mut open_until = i128::MIN;
        for (from, to, row) in list {
            if from < open_until {
                broken.push(row);
            }
            open_until = open_until.max(to);
        }
    }
    Ok(Tally::marked(rows, broken))
}
