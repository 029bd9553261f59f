//! Functions in formulas: parts of times, years between two, the larger and the smaller number.

use super::expression::Exact;
use super::part::Part;
use crate::time::{DAY, years_between};

/// A function of one or two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Function {
    /// A part of a time.
    Part(Part),
    /// The midnight before a time.
    Date,
    /// Whole years from one time to another.
    Years,
    /// The whole number below.
    Floor,
    /// The smaller one.
    Min,
    /// The larger one.
    Max,
}

/// Those that are no part of a time, by name.
const OTHERS: [(&str, Function); 5] = [
    ("date", Function::Date),
    ("years", Function::Years),
    ("floor", Function::Floor),
    ("min", Function::Min),
    ("max", Function::Max),
];

impl Function {
    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let part = Part::ALL.into_iter().find(|p| p.name() == name).map(Self::Part);
        part.or_else(|| OTHERS.iter().find(|o| o.0 == name).map(|o| o.1))
    }

    /// All names, for people.
    pub(super) fn list() -> String {
        let names = Part::ALL.iter().map(|p| p.name()).chain(OTHERS.iter().map(|o| o.0));
        names.collect::<Vec<_>>().join(", ")
    }

    /// How many numbers it takes.
    pub(super) fn takes(self) -> usize {
        match self {
            Self::Part(_) | Self::Date | Self::Floor => 1,
            Self::Years | Self::Min | Self::Max => 2,
        }
    }

    /// Its result; None when that, or one of the numbers, is too large to compute.
    pub(super) fn of(self, of: &[Option<Exact>]) -> Option<Exact> {
        let a = of.first().copied().flatten()?;
        let b = || of.get(1).copied().flatten();
        let whole = |n: i64| Exact::new(n, 0);
        Some(match self {
            Self::Part(part) => whole(part.of(time(a)?)),
            Self::Date => Exact::new(time(a).map(|t| t - t.rem_euclid(DAY))?, 6),
            Self::Years => whole(years_between(time(a)?, time(b()?)?)),
            Self::Floor => Exact { n: a.n.div_euclid(10i128.checked_pow(u32::from(a.decimals))?), decimals: 0 },
            Self::Min | Self::Max => {
                let b = b()?;
                let decimals = a.decimals.max(b.decimals);
                let (x, y) = (a.on(decimals)?, b.on(decimals)?);
                Exact { n: if self == Self::Min { x.min(y) } else { x.max(y) }, decimals }
            }
        })
    }
}

/// Seconds since 1970 as a time, where a calendar has it.
fn time(seconds: Exact) -> Option<i64> {
    seconds.rounded(6).filter(|t| t.unsigned_abs() <= crate::time::FURTHEST)
}
