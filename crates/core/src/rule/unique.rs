//! `unique`: no two rows share the values of some columns.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "unique", "table": "diagnoses", "columns": ["stay_id", "code"]}"#;
//! let diagnoses = Table("diagnoses(stay_id, code)", "
//!     1, I10
//!     1, E11
//!     2, I10
//!     1, I10
//!     1,
//!     1,    ");
//! let report = check(&[diagnoses], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![4]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `columns`: a foreign key among them makes it "unique within the parent". The first of equal rows is fine,
//!   the others are broken.
//! - **Missing**: a row with a missing value is never a repeat.
//! - **How it is kept**: values that a sibling has are masked.

use crate::dataset::NULL;
use crate::linked::{Groups, Linked, NO_ROW, Tally};
use crate::{Error, ErrorKind, Result};

pub(super) fn check(linked: &Linked, table: &str, columns: &[String]) -> Result<Tally> {
    let paths = linked.paths(table, columns)?;
    let rows = linked.table(table)?.rows;
    let Some((first, rest)) = paths.split_first() else {
        return Err(Error::new(ErrorKind::Rule, "columns is empty: name the columns that are unique together"));
    };
    let ticks = |path: &crate::linked::Path| -> Vec<i64> {
        (0..rows).map(|row| path.row(row, 0).map_or(NULL, |r| path.column.tick(r))).collect()
    };
    let groups = rest.iter().fold(Groups::of_values(ticks(first).into_iter()), |g, p| g.split(ticks(p).into_iter()));
    Ok(repeats(&groups))
}

/// Rows that are not the first of their group.
pub(crate) fn repeats(groups: &Groups) -> Tally {
    let mut seen = vec![false; groups.count];
    Tally::of(groups.of.len(), |row| {
        let group = groups.of[row];
        group == NO_ROW || !std::mem::replace(&mut seen[group as usize], true)
    })
}
