//! `inside`: a time inside an interval of a parent or ancestor.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "inside", "table": "doses", "time": "given", "start": "stay_id.admit", "end": "stay_id.discharge"}"#;
//! let stays = Table("stays(*stay_id, admit:time, discharge:time)", "
//!     1, 2025-01-01, 2025-01-04
//!     2, 2025-02-01,           ");
//! let doses = Table("doses(stay_id>stays, given:time)", "
//!     1, 2025-01-04
//!     1, 2025-01-05
//!     2, 2025-06-01
//!     2, 2025-01-31");
//! let report = check(&[stays, doses], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (2, vec![2, 4]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `start`, `end`: paths of the interval, both ends included. Through the inferred parent (`stays.admit`) the
//!   rule says that exactly one interval covers the row.
//! - **Missing**: a missing time holds; a missing bound does not bind.
//! - **How it is kept**: the time is generated as a span after the start, masked beyond the end.

use crate::Result;
use crate::linked::{Linked, Tally, align};
use crate::metadata::Owner;

pub(super) fn check(linked: &Linked, table: &str, time: &str, start_text: &str, end_text: &str) -> Result<Tally> {
    let (from, start) = align(linked.path(table, time)?, linked.path(table, start_text)?, true)?;
    let (to, end) = align(linked.path(table, time)?, linked.path(table, end_text)?, true)?;
    if let Some(cover) = start.path().cover()
        && is_owner(linked, table, [time, start_text, end_text])
    {
        return Ok(cover.tally.clone());
    }
    let paths = [from.path(), start.path(), end.path()];
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        super::any_pick(&paths, |pick| {
            let starts = match (start.value(row, pick), from.value(row, pick)) {
                (Some(start), Some(time)) => start <= time,
                _ => true,
            };
            let ends = match (to.value(row, pick), end.value(row, pick)) {
                (Some(time), Some(end)) => time <= end,
                _ => true,
            };
            starts && ends
        })
    }))
}

/// True when these are the time and the interval by which the table's parent is inferred.
fn is_owner(linked: &Linked, table: &str, texts: [&str; 3]) -> bool {
    match linked.metadata.tables.get(table).map(|t| &t.owner) {
        Some(Owner::Inferred { table: parent, time, start, end, .. }) => {
            texts[0] == time && texts[1] == format!("{parent}.{start}") && texts[2] == format!("{parent}.{end}")
        }
        _ => false,
    }
}
