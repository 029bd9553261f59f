//! `null_when`: a column is missing exactly when another has one of some values.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "null_when", "table": "people", "column": "died", "when": "status", "values": ["alive", ""]}"#;
//! let people = Table("people(status, died:time)", "
//!     alive,
//!     dead,  2025-03-01
//!     dead,
//!     alive, 2025-03-01
//!          ,           ");
//! let report = check(&[people], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (2, vec![3, 4]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `values`: the values of `when` for which `column` is missing, an empty text where `when` itself is missing.
//!   It says both: missing for these, present for all others.
//! - **How it is kept**: the missing code of `column` is forced or masked by the value of `when`.

use crate::Result;
use crate::linked::{Linked, Tally};

pub(super) fn check(linked: &Linked, table: &str, column: &str, when: &str, values: &[String]) -> Result<Tally> {
    let column = linked.path(table, column)?;
    let lookup = super::Lookup::new(linked.path(table, when)?, values)?;
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        super::any_pick(&[&column, &lookup.path], |pick| {
            let missing = column.row(row, pick).is_none_or(|r| column.column.is_null(r));
            missing == lookup.place(row, pick).is_some()
        })
    }))
}
