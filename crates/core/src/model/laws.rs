//! Rules between the columns of one row, in the form that keeps them while columns are drawn one after the other.

use serde::{Deserialize, Serialize};

use super::keep::{Bound, UniqueItem};
use crate::encode::NumberCoder;
use crate::frame::{Hop, Ref};
use crate::rule::part::Part;
use crate::rule::total::Aggregate;

/// How a value seen from a row becomes a bound on the grid of a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Both count the same.
    #[default]
    Same,
    /// The slot's grid is finer by this factor.
    Times(i64),
    /// The slot's grid is coarser by this factor.
    Parts(i64),
    /// One of both has no time of day: they compare by the day.
    Day,
}

/// A column that is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Computed {
    /// Its slot.
    pub slot: u16,
    /// The formula as it is written.
    pub equals: String,
    /// Where its names are.
    pub names: Vec<(String, Ref)>,
    /// It may be missing where it could be computed.
    pub optional: bool,
    /// It is missing wherever it can't be computed.
    #[serde(default)]
    pub missing: bool,
}

/// Slots that take known combinations of values only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Combinations {
    /// The slots.
    pub slots: Vec<u16>,
    /// The combinations.
    pub allowed: Vec<Vec<i64>>,
    /// A missing value goes with everything; otherwise it is a value like any other.
    pub missing_is_free: bool,
}

/// A slot that follows from something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Follows {
    /// The slot.
    pub slot: u16,
    /// What it follows from.
    pub from: Decider,
    /// It may be missing where it follows from something known.
    pub optional: bool,
}

impl Decider {
    /// The slot whose number, or part of a time, decides.
    pub fn slot(&self) -> Option<u16> {
        match self {
            Self::Number(by, _) | Self::Part(by, ..) => Some(*by),
            Self::Row(_) => None,
        }
    }
}

/// What decides a slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Decider {
    /// A number or time: from each of these on the value beside it; below the first as from there on. In ascending order.
    Number(u16, Vec<(i64, i64)>),
    /// A part of a time, in the same way.
    Part(u16, Part, Vec<(i64, i64)>),
    /// A row at the end of a way: what the first row with it has, the others have too.
    Row(Vec<Hop>),
}

/// Missing exactly when something else has some values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MissingWhen {
    /// What is missing.
    pub item: UniqueItem,
    /// What decides.
    pub when: UniqueItem,
    /// Its ticks or codes for which the item is missing.
    pub values: Vec<i64>,
    /// The item is missing where the decider is.
    pub or_missing: bool,
}

/// Where a path ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Place {
    /// At a value.
    Value(Ref),
    /// At a row, whose key it is.
    Row(Vec<Hop>),
}

/// What the rows of a child table come to for each row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// The child table.
    pub child: u16,
    /// The step from its rows.
    pub way: Hop,
    /// What is worked out.
    pub aggregate: Aggregate,
    /// Its slot; None for a count.
    pub of: Option<u16>,
    /// What it is equal to.
    pub equals: Whole,
}

/// What a total is equal to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Whole {
    /// A slot of the parent, which is worked out.
    Slot {
        /// The slot.
        slot: u16,
        /// It may be missing where it could be worked out.
        optional: bool,
        /// What it is where there is nothing to work out.
        empty: i64,
    },
    /// This many ticks of the child's slot, whose values move to reach it.
    Number(i64),
}

/// A time of an owner that the last row of a child table settles, as the stay in which a patient dies gives the day of
/// death. Until those rows are there it is known only whether there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// The owner's slot.
    pub slot: u16,
    /// The child table.
    pub child: u16,
    /// The child's slot that settles it where it is known; no row of the owner follows.
    pub of: u16,
    /// Slots of the child that it is never below.
    pub after: Vec<u16>,
    /// What else bounds it on the owner's row.
    pub bounds: Vec<Bound>,
    /// From the last of `after` to it, where no row settles it.
    pub gap: Marginal,
    /// The time itself, where there is no row.
    pub alone: Marginal,
}

/// Numbers that depend on nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marginal {
    /// Their bins.
    pub coder: NumberCoder,
    /// Rows in each.
    pub weights: Vec<f64>,
}
