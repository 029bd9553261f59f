//! `formula`: a column computed from others of its row.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "formula", "table": "teams", "column": "games", "equals": "won + lost + 2 * drawn"}"#;
//! let teams = Table("teams(games:number, won:number, lost:number, drawn:number)", "
//!     12, 4, 6, 1
//!     13, 4, 6, 1
//!       , 4, 6, 1
//!     12,  , 6, 1");
//! let report = check(&[teams], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![2]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `equals`: sums, differences and products of paths and plain decimal numbers, with brackets. A name with other
//!   characters than letters, digits, `_` and `.` stands in double quotes. A time counts in seconds, so
//!   `admit + days * 86400` is a time again.
//! - It is exact in whole numbers; a result with more decimals than the column has is rounded to them, and half
//!   a step either way holds.
//! - **Missing**: a row where any value is missing holds.
//! - **How it is kept**: the column is computed once the others are there; it is drawn only where one of them is
//!   missing. Formulas that need each other are an error.

use crate::linked::{Linked, Tally};
use crate::{Column, Result};

use super::expression::{Expression, Value};

pub(super) fn check(linked: &Linked, table: &str, column: &str, equals: &str) -> Result<Tally> {
    let target = linked.path(table, column)?;
    let expression = Expression::parse(equals)?.resolve(linked, table)?;
    let left = Value::read(&target)?;
    let decimals = match target.column {
        Column::Number { decimals, .. } => *decimals,
        _ => left.decimals(),
    };
    let mut paths = expression.paths();
    paths.push(&target);
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        super::any_pick(&paths, |pick| {
            let Some(wanted) = left.at(row, pick) else { return true };
            // Numbers too large to compute with are no equality.
            match expression.at(row, pick) {
                None => true,
                Some(Some(found)) => found.rounds_to(wanted, decimals),
                Some(None) => false,
            }
        })
    }))
}
