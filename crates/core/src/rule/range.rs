//! `range`: a number or a time inside bounds.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "range", "table": "vitals", "column": "spo2", "min": "50", "max": "100"}"#;
//! let report = check(&[Table("vitals(spo2:number)", "97\n103\n\n50")], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![2]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `min`, `max`: bounds as texts in the form of the data (`"2025-12-31"`), both included, either may be left
//!   out. Labels that are all numbers have a range too.
//! - **Missing**: holds.
//! - **How it is kept**: codes outside the bounds are masked, so they are never drawn.

use crate::dataset::FORMATS;
use crate::linked::{Linked, Path, Tally, as_numbers, decimal};
use crate::{Column, Result, time};

/// A bound as a multiple of 10^-decimals (numbers) or in microseconds (times).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    value: i128,
    decimals: u8,
}

impl Bound {
    /// Reads a bound as it is written in the metadata.
    pub(crate) fn read(path: &Path, text: &str) -> Result<Self> {
        let read = match path.column {
            Column::Time { .. } => {
                let formats = path.format.into_iter().chain(FORMATS);
                let tick = formats.filter_map(|f| time::parse(text.trim(), f).ok()).next();
                tick.map(|t| Self { value: i128::from(t), decimals: 0 })
            }
            // 1e3 is a number too; its plain form is exact enough for a bound.
            _ => decimal(text.trim())
                .or_else(|| text.trim().parse::<f64>().ok().and_then(|v| decimal(&v.to_string())))
                .map(|(value, decimals)| Self { value, decimals }),
        };
        read.ok_or_else(|| {
            super::senseless(format!("{}: a bound or value is not written like the column's values", path.text))
        })
    }

    /// Compares a tick of a grid with the bound.
    pub(crate) fn compare(self, tick: i64, decimals: u8) -> std::cmp::Ordering {
        let up = |d: u8| 10i128.pow(u32::from(d));
        (i128::from(tick) * up(self.decimals)).cmp(&(self.value * up(decimals)))
    }

    /// The tick of the column that equals the bound.
    pub(crate) fn tick(self, column: &Column) -> Option<i64> {
        let decimals = if let Column::Number { decimals, .. } = column { *decimals } else { 0 };
        let (scaled, unit) = (self.value * 10i128.pow(decimals.into()), 10i128.pow(self.decimals.into()));
        if scaled % unit == 0 { i64::try_from(scaled / unit).ok() } else { None }
    }
}

pub(super) fn check(linked: &Linked, table: &str, column: &str, bounds: [Option<&str>; 2]) -> Result<Tally> {
    let path = linked.path(table, column)?;
    let [min, max] = bounds.map(|b| b.map(|text| Bound::read(&path, text)).transpose());
    let (min, max) = (min?, max?);
    let numbers = match path.column {
        Column::Time { .. } => std::borrow::Cow::Borrowed(path.column),
        other => as_numbers(other)
            .ok_or_else(|| super::senseless(format!("{}: labels that are no numbers have no range", path.text)))?,
    };
    let decimals = if let Column::Number { decimals, .. } = numbers.as_ref() { *decimals } else { 0 };
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        super::any_pick(&[&path], |pick| match path.row(row, pick) {
            Some(r) if !numbers.is_null(r) => {
                let tick = numbers.tick(r);
                min.is_none_or(|b| b.compare(tick, decimals).is_ge())
                    && max.is_none_or(|b| b.compare(tick, decimals).is_le())
            }
            _ => true,
        })
    }))
}
