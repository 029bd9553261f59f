//! Features: what is known about a row before a column of it is drawn.
//!
//! The same [`Cursor`] walks over training rows and over rows being generated, so both see the same features.

mod cursor;
mod derived;
mod known;
mod list;
mod past;
mod recall;
mod summary;

pub use cursor::{Asked, Cursor, SPARE};
pub use derived::Derived;
pub use list::{count_features, row_features};
pub use recall::recalled;
pub(crate) use summary::number;
pub use summary::{summarise, summarise_all};

use serde::{Deserialize, Serialize};

use crate::frame::{Hop, Ref};

/// One feature of the rows of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Where its value comes from.
    pub source: Source,
    /// How the value is understood.
    pub kind: Kind,
}

/// How the value of a feature is understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// A number.
    Number,
    /// A label code below this number.
    Label(u32),
    /// A label code that stands for one of these numbers.
    Numeric(Vec<i64>),
}

/// Where the value of a feature comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A slot of this or another row.
    Value(Ref),
    /// A part of a time.
    Part(Ref, Part),
    /// From one time or number to another.
    Span(Ref, Ref),
    /// From a number to the year of a time.
    Until(Ref, Ref),
    /// A summary of child rows at the end of a way.
    Summary(Vec<Hop>, u16),
    /// A running statistic of the own history.
    Run(u16, Stat, Scope),
    /// Share of the own history with a label code.
    Share(u16, u16, Scope),
    /// Number of earlier rows of the owner.
    Position,
    /// Planned rows still to come, this one included; the summary on the owner that holds the plan.
    Remaining(u16),
    /// Time left from one time to another, for each planned row still to come.
    Pace(Ref, Ref, u16),
    /// Which row of a repeated dimension stands at the end of a way: its rank by frequency.
    Which(Vec<Hop>, Vec<u16>),
    /// Whether the previous row went to the same target as the one before it.
    Stayed(u8),
}

/// Parts of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Minute of the day.
    Clock,
    /// Day of the week, Monday is 0.
    Weekday,
    /// Month of the year.
    Month,
    /// Year.
    Year,
}

/// Running statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stat {
    /// Mean.
    Mean,
    /// Smallest.
    Least,
    /// Largest.
    Most,
    /// The first value.
    First,
}

/// Whose history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Rows of the same owner.
    Owner,
    /// Rows of the same owner's owner.
    Above,
}

impl Source {
    /// True when the value is the same for all rows of one owner.
    pub fn lasts(&self) -> bool {
        let above = |way: &[Hop]| way.first() == Some(&Hop::Owner);
        match self {
            Self::Value(r) | Self::Part(r, _) => above(&r.hops),
            Self::Summary(way, _) | Self::Which(way, _) => above(way),
            Self::Span(a, b) => above(&a.hops) && above(&b.hops),
            _ => false,
        }
    }

    /// True when the value follows from the rows before, and from nothing that is drawn in the row itself.
    pub fn looks_back(&self) -> bool {
        let back = |r: &Ref| matches!(r.hops[..], [Hop::Back(_)]);
        let before = |r: &Ref| back(r) || r.hops.first() == Some(&Hop::Owner);
        match self {
            Self::Value(r) | Self::Part(r, _) => back(r),
            Self::Span(a, b) => before(a) && before(b) && !self.lasts(),
            Self::Until(a, b) | Self::Pace(a, b, _) => before(a) && before(b),
            Self::Run(..) | Self::Share(..) | Self::Position | Self::Remaining(_) | Self::Stayed(_) => true,
            Self::Summary(..) | Self::Which(..) => false,
        }
    }

    /// What has to be known before this is: ways, with the slot at their end if there is one.
    pub fn needs(&self) -> Vec<(&[Hop], Option<u16>)> {
        match self {
            Self::Value(r) | Self::Part(r, _) => vec![(&r.hops, Some(r.slot))],
            Self::Span(a, b) | Self::Until(a, b) | Self::Pace(a, b, _) => {
                vec![(&a.hops, Some(a.slot)), (&b.hops, Some(b.slot))]
            }
            Self::Which(way, _) => vec![(way, None)],
            _ => Vec::new(),
        }
    }
}
