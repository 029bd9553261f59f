//! `domain`: one of a list of values.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "domain", "table": "people", "column": "sex", "values": ["F", "M"]}"#;
//! let report = check(&[Table("people(sex)", "F\nM\nf\n\nM")], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![3]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `values`: the allowed values, written as in the data; upper and lower case differ.
//! - **Missing**: holds; use `not_null` to forbid it.
//! - **How it is kept**: only codes of the list are ever drawn.

use crate::Result;
use crate::linked::{Linked, Tally};

pub(super) fn check(linked: &Linked, table: &str, column: &str, values: &[String]) -> Result<Tally> {
    let lookup = super::Lookup::new(linked.path(table, column)?, values)?;
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        super::any_pick(&[&lookup.path], |pick| lookup.is_missing(row, pick) || lookup.place(row, pick).is_some())
    }))
}
