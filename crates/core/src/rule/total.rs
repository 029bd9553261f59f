//! `total`: what the rows of a child table come to for each parent.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "total", "table": "orders", "equals": "amount",
//!     "aggregate": "sum", "child": "lines", "of": "price"}"#;
//! let orders = Table("orders(*order_id, amount:number)", "1, 7.5\n2, 3\n3, 0\n4,");
//! let lines = Table("lines(order_id>orders, price:number)", "1, 5\n1, 2.5\n2, 4\n4, 1");
//! let report = check(&[orders, lines], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![2]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `aggregate`: `sum`, `count`, `min`, `max` or `mean`; `of` is the child's column, which a count does without.
//!   Times have a `min` and a `max` only.
//! - `equals`: a column of the parent, or a number that it comes to for every parent. A result with more decimals
//!   than that column has is rounded to them, half a step either way holds; a time is cut to its day for a date.
//! - `key`: the foreign key of the child, needed when it has several to the parent. Rows are those of the parent.
//! - **Missing**: missing values of the child count for nothing, and a parent whose column is missing holds. Without
//!   any value the sum and the count are zero, and the others hold.
//! - **How it is kept**: the parent's column is worked out once its children are there, after one that was drawn for
//!   them to go by; a count decides how many children there are. Where a number says the sum, the values of the
//!   children move by the same to reach it.

use serde::{Deserialize, Serialize};

use super::at_least_one::parents;
use super::senseless;
use crate::dataset::NULL;
use crate::linked::{Linked, NO_ROW, Tally, as_numbers, decimal};
use crate::time::DAY;
use crate::{Column, Result};

/// What is worked out over the rows of a child table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// Values added up.
    Sum,
    /// Number of rows.
    Count,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Sum by number of values.
    Mean,
}

impl Aggregate {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Sum, Self::Count, Self::Min, Self::Max, Self::Mean];

    /// Its name in a rule.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
            Self::Mean => "mean",
        }
    }

    /// True where a time can be worked out.
    pub(crate) fn suits_times(self) -> bool {
        matches!(self, Self::Min | Self::Max)
    }
}

/// The values of one parent's rows, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Added {
    pub rows: i64,
    pub known: i64,
    pub sum: i128,
    pub least: i64,
    pub most: i64,
}

impl Added {
    /// Takes a row in: its tick, [`NULL`] where that is missing.
    pub(crate) fn add(&mut self, tick: i64) {
        self.rows += 1;
        if tick != NULL {
            (self.least, self.most) = match self.known {
                0 => (tick, tick),
                _ => (self.least.min(tick), self.most.max(tick)),
            };
            self.known += 1;
            self.sum += i128::from(tick);
        }
    }

    /// The result as a fraction of ticks; None where no value is known and the aggregate needs one.
    pub(crate) fn get(&self, aggregate: Aggregate) -> Option<(i128, i128)> {
        match aggregate {
            Aggregate::Sum => Some((self.sum, 1)),
            Aggregate::Count => Some((self.rows.into(), 1)),
            _ if self.known == 0 => None,
            Aggregate::Min => Some((self.least.into(), 1)),
            Aggregate::Max => Some((self.most.into(), 1)),
            Aggregate::Mean => Some((self.sum, self.known.into())),
        }
    }
}

/// What the ticks of a column count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Grid {
    /// Numbers with so many decimals.
    Decimals(u8),
    /// Times.
    Time,
    /// Times without a time of day.
    Date,
}

/// How results on a child's grid compare with the ticks of a parent's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// A tick of the child, and one of the parent, on the grid of both.
    Number(i128, i128),
    /// By the day.
    Day,
}

impl Scale {
    /// None where the two can't be compared, or not after such an aggregate.
    pub(crate) fn new(child: Grid, parent: Grid, aggregate: Aggregate) -> Option<Self> {
        let child = if aggregate == Aggregate::Count { Grid::Decimals(0) } else { child };
        match (child, parent) {
            (Grid::Decimals(c), Grid::Decimals(p)) => {
                let up = |d: u8| 10i128.pow(u32::from(c.max(p) - d));
                Some(Self::Number(up(c), up(p)))
            }
            (Grid::Decimals(_), _) | (_, Grid::Decimals(_)) => None,
            _ if !aggregate.suits_times() => None,
            (a, b) if a == b => Some(Self::Number(1, 1)),
            _ => Some(Self::Day),
        }
    }

    /// Whether a result is a parent's tick, rounded half a step either way.
    pub(crate) fn holds(self, (n, by): (i128, i128), tick: i64) -> bool {
        match self {
            Self::Number(child, parent) => {
                let step = by * parent;
                let gap = n.saturating_mul(child).saturating_sub(step.saturating_mul(tick.into()));
                2 * gap.unsigned_abs() <= step.unsigned_abs()
            }
            Self::Day => n.div_euclid(DAY.into()) == i128::from(tick.div_euclid(DAY)),
        }
    }

    /// The parent's tick that a result rounds to.
    pub(crate) fn tick(self, (n, by): (i128, i128)) -> Option<i64> {
        let tick = match self {
            Self::Number(child, parent) => {
                let step = by * parent;
                n.checked_mul(child)?.checked_mul(2)?.checked_add(step)?.div_euclid(2 * step)
            }
            Self::Day => n - n.rem_euclid(DAY.into()),
        };
        i64::try_from(tick).ok().filter(|t| *t != NULL)
    }
}

/// The ticks of a column that can be added up, and what they count; None for labels that are no numbers.
pub(crate) fn ticks(linked: &Linked, table: &str, column: &str) -> Result<Option<(Vec<i64>, Grid)>> {
    let path = linked.path(table, column)?;
    let grid = match path.column {
        Column::Time { .. } if path.is_date => Grid::Date,
        Column::Time { .. } => Grid::Time,
        _ => Grid::Decimals(0),
    };
    let numbers = match path.column {
        Column::Time { .. } => std::borrow::Cow::Borrowed(path.column),
        other => match as_numbers(other) {
            Some(numbers) => numbers,
            None => return Ok(None),
        },
    };
    let grid = if let Column::Number { decimals, .. } = numbers.as_ref() { Grid::Decimals(*decimals) } else { grid };
    Ok(Some(((0..numbers.len()).map(|r| numbers.tick(r)).collect(), grid)))
}

/// The rows of each parent, added up.
pub(crate) fn add_up(parents: &[u32], rows: usize, ticks: &[i64]) -> Vec<Added> {
    let mut all = vec![Added::default(); rows];
    for (row, parent) in parents.iter().enumerate().filter(|(_, p)| **p != NO_ROW) {
        if let Some(added) = all.get_mut(*parent as usize) {
            added.add(ticks.get(row).copied().unwrap_or(NULL));
        }
    }
    all
}

pub(super) fn check(
    linked: &Linked,
    [table, equals]: [&str; 2],
    aggregate: Aggregate,
    [child, key, of]: [Option<&str>; 3],
) -> Result<Tally> {
    let child = child.unwrap_or_default();
    let no_number = |what: &str| senseless(format!("{what} is a label and no number, so nothing comes to it"));
    let (values, grid) = match of {
        Some(of) => ticks(linked, child, of)?.ok_or_else(|| no_number(&format!("{child}.{of}")))?,
        None if aggregate == Aggregate::Count => (Vec::new(), Grid::Decimals(0)),
        None => return Err(senseless(format!("a {} needs a column of {child} in of", aggregate.name()))),
    };
    let added = add_up(parents(linked, table, child, key)?, linked.table(table)?.rows, &values);
    let unlike = || senseless(format!("a {} of {child} can't be compared with {equals}", aggregate.name()));
    if let Some((number, decimals)) = decimal(equals) {
        let scale = Scale::new(grid, Grid::Decimals(decimals), aggregate).ok_or_else(unlike)?;
        let number = i64::try_from(number).map_err(|_| unlike())?;
        let is_told = |a: &Added| a.known > 0 || aggregate == Aggregate::Count;
        let holds = |a: &Added| !is_told(a) || a.get(aggregate).is_none_or(|v| scale.holds(v, number));
        return Ok(Tally::of(added.len(), |row| holds(&added[row])));
    }
    let (wanted, parent_grid) = ticks(linked, table, equals)?.ok_or_else(|| no_number(equals))?;
    let scale = Scale::new(grid, parent_grid, aggregate).ok_or_else(unlike)?;
    Ok(Tally::of(added.len(), |row| {
        wanted[row] == NULL || added[row].get(aggregate).is_none_or(|v| scale.holds(v, wanted[row]))
    }))
}
