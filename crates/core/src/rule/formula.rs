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
//! - `equals`: sums, differences, products and quotients of paths and plain decimal numbers, with brackets. A name with
//!   other characters than letters, digits, `_` and `.` stands in double quotes. A time counts in seconds, so
//!   `admit + days * 86400` is a time again, and `(discharge - admit) / 86400` are days.
//! - Of a time: `year(x)`, `quarter(x)`, `month(x)`, `week(x)` (ISO 8601), `day(x)`, `weekday(x)` (1 is Monday),
//!   `day_of_year(x)`, `hour(x)`, `minute(x)`, and `date(x)`, its midnight. `years(a, b)` are the whole years from one time
//!   to another, as ages are counted. Of numbers: `floor(x)`, `min(a, b)`, `max(a, b)`.
//! - It is exact in whole numbers; a result with more decimals than the column has is rounded to them, and half
//!   a step either way holds. A quotient that does not end is cut after twelve decimals.
//! - **Missing**: a row where any value is missing, or divided by zero, holds.
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
