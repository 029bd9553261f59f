//! `not_null`: never missing.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "not_null", "table": "stays", "column": "admit"}"#;
//! let report = check(&[Table("stays(admit:time)", "2025-01-01\n\n2025-01-02")], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![2]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - **How it is kept**: the missing code is never drawn.

use crate::Result;
use crate::linked::{Linked, Tally};

pub(super) fn check(linked: &Linked, table: &str, column: &str) -> Result<Tally> {
    let path = linked.path(table, column)?;
    Ok(Tally::of(linked.table(table)?.rows, |row| path.row(row, 0).is_some_and(|r| !path.column.is_null(r))))
}
