//! `order`: one value is never above another.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "order", "table": "stays", "low": "admit", "high": "discharge"}"#;
//! let stays = Table("stays(admit:time, discharge:time)", "
//!     2025-01-01, 2025-01-04
//!     2025-01-09, 2025-01-02
//!     2025-01-05,           ");
//! let report = check(&[stays], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![2]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `low`, `high`: paths of two numbers or two times. With `"strict": true` equal values break the rule.
//! - **Missing**: a row where either value is missing holds.
//! - **Dates and times**: a date without a time of day compares with a time by the day, so that a discharge
//!   date is not before the admission of the same day.
//! - **How it is kept**: the gap `high - low` is generated, never below zero, and added to `low`.

use crate::Result;
use crate::linked::{Linked, Tally, align};

pub(super) fn check(linked: &Linked, table: &str, low: &str, high: &str, strict: bool) -> Result<Tally> {
    let (low, high) = align(linked.path(table, low)?, linked.path(table, high)?, true)?;
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        super::any_pick(&[low.path(), high.path()], |pick| match (low.value(row, pick), high.value(row, pick)) {
            (Some(low), Some(high)) => low < high || (low == high && !strict),
            _ => true,
        })
    }))
}
