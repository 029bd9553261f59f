//! `restrict`: a link's attribute goes with an age, or another number of years between two times.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "restrict", "table": "stays", "attribute": "ward_id.specialty", "values": ["Pediatrics"],
//!                "from": "born", "to": "admit", "below_years": 18}"#;
//! let wards = Table("wards(*ward_id, specialty)", "1, Pediatrics\n2, ICU");
//! let stays = Table("stays(ward_id>wards, born:time, admit:time)", "
//!     1, 2010-05-01, 2025-01-01
//!     1, 2007-01-01, 2025-01-01
//!     2, 1960-01-01, 2025-01-01
//!     1,           , 2025-01-01");
//! let report = check(&[wards, stays], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![2]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - When `attribute` has one of `values`, the whole years from `from` to `to`, counted by birthdays, are at
//!   least `min_years` and less than `below_years`.
//! - **Missing**: holds when the attribute or a time is missing.
//! - **How it is kept**: link targets whose attribute is not allowed for the row are masked.

use crate::linked::{Linked, Path, Tally};
use crate::{Column, Result, time};

pub(super) fn check(
    linked: &Linked,
    table: &str,
    attribute: &str,
    values: &[String],
    times: [&str; 2],
    years: [Option<i64>; 2],
) -> Result<Tally> {
    let lookup = super::Lookup::new(linked.path(table, attribute)?, values)?;
    let [from, to] = times.map(|t| linked.path(table, t));
    let (from, to) = (from?, to?);
    for path in [&from, &to] {
        if !matches!(path.column, Column::Time { .. }) {
            return Err(super::senseless(format!("{} is no date or time, so there are no years to count", path.text)));
        }
    }
    let [min, below] = years;
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        super::any_pick(&[&lookup.path, &from, &to], |pick| {
            if lookup.is_missing(row, pick) || lookup.place(row, pick).is_none() {
                return true;
            }
            let (Some(a), Some(b)) = (tick(&from, row, pick), tick(&to, row, pick)) else { return true };
            let years = time::years_between(a, b);
            min.is_none_or(|min| years >= min) && below.is_none_or(|below| years < below)
        })
    }))
}

fn tick(path: &Path, row: usize, pick: usize) -> Option<i64> {
    let row = path.row(row, pick)?;
    (!path.column.is_null(row)).then(|| path.column.tick(row))
}
