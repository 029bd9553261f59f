//! A fitted model: plain data, nothing else.

mod check;
pub(crate) mod conflict;
mod keep;
mod laws;

pub use keep::{Bound, Capacity, Keep, Restriction, Training, UniqueItem, keep};
pub(crate) use keep::{added, last, settled};
pub use laws::{Combinations, Computed, Decider, Ending, Follows, Marginal, MissingWhen, Place, Total, Unit, Whole};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::conditional::{Binner, Conditional, Ridge};
use crate::critic::Critic;
use crate::encode::NumberCoder;
use crate::feature::Feature;
use crate::frame::Ref;
use crate::native::Native;
use crate::plan::Plan;

/// Everything that `sample` needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The metadata the model was fitted with, as its JSON text.
    pub metadata: String,
    /// The schema as the model sees it.
    pub plan: Plan,
    /// One model a table, in the order of the plan's tables.
    pub tables: Vec<TableModel>,
    /// Connected groups of dimension rows (campuses of a hospital); a scale of 1 has all of them once.
    pub components: u32,
    /// Fewest entities that a learned value stands for.
    pub min_support: u32,
    /// How hard the fit tried.
    pub effort: String,
    /// The types of the training tables' columns; empty in models of older versions.
    #[serde(default)]
    pub natives: Vec<Vec<Native>>,
    /// The entities that were kept aside before fitting, for a report to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<Holdout>,
}

/// Which entities of the data were never learned from: the draw that chose them, and what tells that it is done
/// again on the same data. It names nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holdout {
    /// Chance of an entity to be kept aside.
    pub share: f64,
    /// Seed of the draw.
    pub seed: u64,
    /// True when rows without a parent were dropped first.
    pub orphans_dropped: bool,
    /// Rows of each table before the split.
    pub rows: IndexMap<String, u64>,
    /// A hash of all cells before the split.
    pub fingerprint: u64,
}

/// The model of one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableModel {
    /// Training rows.
    pub rows: u64,
    /// Training rows without an owner in a table that has one.
    pub orphans: u64,
    /// What may be known about a row.
    pub features: Vec<Feature>,
    /// Bins of the features.
    pub binners: Vec<Binner>,
    /// First row of an owner and later ones: the time.
    pub when: Option<(ColumnModel, ColumnModel)>,
    /// Links, in the order of the plan.
    pub links: Vec<LinkModel>,
    /// The other columns, in the order of generation.
    pub columns: Vec<ColumnModel>,
    /// Number of rows in each child table.
    pub counts: Vec<CountModel>,
    /// Training rows of a dimension.
    pub template: Option<Template>,
    /// Rules that are kept while drawing.
    pub keep: Keep,
    /// What tells drawn rows from training rows: of several candidates the likelier ones are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub critics: Vec<Critic>,
}

/// How one column is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnModel {
    /// The slot.
    pub slot: u16,
    /// What is drawn for it.
    pub quantity: Quantity,
    /// One draw, or as many as the quantity says.
    pub parts: Vec<Drawn>,
    /// Smallest and largest value that may come out.
    pub range: Option<(i64, i64)>,
}

/// What is drawn for a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Quantity {
    /// The value or label itself.
    Level,
    /// The difference to a value that is known; with two more parts, whether a time comes by the clock instead, and the
    /// time since midnight of the known one's day then.
    Since(Ref),
    /// The difference to a number, and for rows where that is missing the number itself: two parts.
    Near(Ref),
    /// The difference to a number in millionths of it, and for rows where that is missing or not above zero the number
    /// itself: two parts.
    Relative(Ref),
    /// Whether it is the same as a number that is known, and the number itself else: two parts.
    Same(Ref),
    /// Which of the labels that the owner's rows had already (that agree on a slot), and a label not among them: two
    /// parts.
    Recall(Option<u16>),
    /// The difference to the linear guess.
    Residual,
    /// Day (since the day of a value that is known), then weekday, then time of day; with two more parts, whether
    /// it follows that value within half a day, and the span then. With it, how often each day of the year is met
    /// (31 places a month), where some are met more.
    Calendar(Option<Ref>, Vec<u32>),
    /// The same value as another, always.
    Copy(Ref),
    /// Counts the rows of one owner, from this number.
    Position(i64),
    /// Counts those rows of one owner, from this number, that have the same value of a slot and lie together.
    PositionWithin(i64, u16),
}

/// What a [`Quantity::Relative`] counts shares in.
pub const MILLION: i64 = 1_000_000;

/// Places of a [`Quantity::Recall`]: the last but one stands for all further back, this one for none of them.
pub const RECALL: u16 = 8;

/// One coded draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// What the codes mean.
    pub coder: Coder,
    /// Inputs of the conditional.
    pub inputs: Vec<Input>,
    /// The linear guess, if one helps.
    pub ridge: Option<Ridge>,
    /// p(code | inputs).
    pub conditional: Conditional,
}

impl Drawn {
    /// Smallest and largest number that can be drawn.
    pub(crate) fn coder_range(&self) -> Option<(i64, i64)> {
        match &self.coder {
            Coder::Number(c) => c.range(),
            _ => None,
        }
    }
}

/// One input of a conditional.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// A feature of the table.
    Feature(u16),
    /// The linear guess.
    Ridge(Binner),
    /// A value from an earlier part of the same column.
    Extra(u8, Binner),
}

/// What codes mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Coder {
    /// Bins; the code behind the last bin is missing.
    Number(NumberCoder),
    /// Labels; the code behind the last label is missing.
    Labels(u16),
    /// 0 or 1.
    Flag,
}

impl Coder {
    /// Number of codes, missing included.
    pub fn codes(&self) -> usize {
        match self {
            Self::Number(c) => c.len() + 1,
            Self::Labels(n) => usize::from(*n) + 1,
            Self::Flag => 2,
        }
    }

    /// Codes that a wide gap of numbers follows.
    pub(crate) fn gaps(&self) -> Vec<bool> {
        match self {
            Self::Number(c) => c.gaps(),
            _ => Vec::new(),
        }
    }
}

/// How the target of a link is chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkModel {
    /// Null or not, where null occurs.
    pub null: Option<Drawn>,
    /// The same target as the previous row of the owner.
    pub same: Option<Drawn>,
    /// Another target of the same owner as the previous row's target.
    pub kin: Option<Drawn>,
    /// Targets that training rows never have: their owner itself, and one that an earlier row of the owner has.
    pub never: [bool; 2],
    /// Earlier links whose target a row never has here, too: a flight does not end where it began.
    #[serde(default)]
    pub apart: Vec<u8>,
    /// The target's attributes, one after the other.
    pub profile: Vec<(Ref, Drawn)>,
    /// For a profile that ends with the target itself: the code of each training row of the dimension, the last
    /// code for those that too few entities chose.
    pub identity: Vec<u16>,
    /// How often a target is chosen, given the target's own row.
    pub popularity: Option<CountModel>,
    /// For a repeated dimension: how often each training row was chosen.
    pub chosen: Vec<u32>,
}

/// How many rows a child table has for one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountModel {
    /// The child table.
    pub child: u16,
    /// Summary slot of the count.
    pub summary: u16,
    /// What is known.
    pub features: Vec<Feature>,
    /// Bins of the features.
    pub binners: Vec<Binner>,
    /// The interval of the owner's row that the children share, if they lie in one: then the time for each child is
    /// drawn and the count follows, so that long stays keep their pace.
    pub per: Option<(Ref, Ref)>,
    /// The count, or the time for each child.
    pub drawn: Drawn,
    /// Mean count, for reserving keys.
    pub mean: f64,
}

/// Training rows of a dimension, kept to be repeated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Values of each slot.
    pub values: Vec<Vec<i64>>,
    /// Owner row.
    pub owner: Vec<u32>,
    /// Link targets.
    pub links: Vec<Vec<u32>>,
    /// Component of each row.
    pub component: Vec<u32>,
}
