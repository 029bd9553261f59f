//! The plan of a model: what owns what, what links where, and the slots that are modelled.

mod build;
mod dimension;
mod fresh;
mod hidden;
mod input;
mod panel;
mod shape;
mod shown;
mod structure;
mod ties;
mod written;

pub(crate) use build::firsts;
pub use build::{Built, build};
pub use hidden::{Hidden, hidden};
pub use input::problems;
pub use shown::Shown;
pub use written::Written;
pub(crate) use written::is_blurred;

use serde::{Deserialize, Serialize};

use crate::dataset::NULL;
use crate::fake::Fake;
use crate::frame::{Frame, Hop, NO_ROW, Ref, WHICH};
use crate::identifier::IdFormat;

/// The whole schema as the model sees it; tables by number, in metadata order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// One plan a table.
    pub tables: Vec<TablePlan>,
    /// Order of generation: owners and targets first.
    pub order: Vec<u16>,
    /// What was decided and why, for people.
    pub notes: Vec<String>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TablePlan {
    /// Its name.
    pub name: String,
    /// How its rows come to be.
    pub origin: Origin,
    /// The table of the owner.
    pub owner: Option<u16>,
    /// The other foreign keys that are chosen.
    pub links: Vec<Link>,
    /// Not a table of the data: it stands for the owner of another one and is never written.
    pub hidden: bool,
    /// Slots that repeat a slot of the owner in every row.
    pub inherited: Vec<(u16, u16)>,
    /// Modelled columns.
    pub slots: Vec<Slot>,
    /// The slot that orders the rows of one owner.
    pub when: Option<u16>,
    /// Every column of the output, in metadata order.
    pub output: Vec<Output>,
    /// How each of them is written.
    pub shown: Vec<Shown>,
    /// Owned tables, in order of generation.
    pub children: Vec<u16>,
    /// Summaries that child tables leave on a row, in order of generation.
    pub summaries: Vec<Summary>,
}

/// How the rows of a table come to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Drawn row by row.
    #[default]
    Drawn,
    /// A dimension whose rows repeat the training rows, with fresh keys.
    Repeated,
    /// A declared reference table: rows and keys as they are, once at every scale.
    Reference,
}

/// A foreign key that is chosen by the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The table pointed to.
    pub target: u16,
    /// Index into the metadata's relationships.
    pub relationship: u16,
    /// Column names, for people.
    pub name: String,
    /// Chosen after the whole table is there (self references and cycles).
    pub deferred: bool,
    /// Only rows above in the table are pointed to: a key to the own table that never leads in a circle.
    pub upward: bool,
    /// Every target at most once.
    pub once: bool,
    /// What must be the same seen from the row and from the target.
    pub agreements: Vec<Agreement>,
}

/// Two ways, one from the row and one from its target, that end at the same row or value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// From the row.
    pub own: Vec<Hop>,
    /// From the target.
    pub target: Vec<Hop>,
    /// None: the ends are the same row. Otherwise a slot of each end, of equal value.
    pub slots: Option<(u16, u16)>,
}

impl Link {
    /// What the row knows before its target is chosen, so that the choice can agree with it.
    pub fn chosen_by(&self, when: Option<u16>) -> impl Iterator<Item = &Agreement> {
        self.agreements.iter().filter(move |a| self.copied(a, when).is_none())
    }

    /// The own slot that an agreement fills from the target once it is chosen: the price of the product beside each
    /// sale.
    pub fn copied(&self, a: &Agreement, when: Option<u16>) -> Option<u16> {
        let own = a.slots.filter(|_| a.own.is_empty() && !self.deferred)?.0;
        (Some(own) != when).then_some(own)
    }
}

/// A modelled column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// Its name.
    pub column: String,
    /// What its values are.
    pub kind: SlotKind,
    /// For a time the ticks between two that may occur: an hour where all are full hours.
    #[serde(default = "one")]
    pub step: i64,
}

fn one() -> i64 {
    1
}

/// What the values of a slot are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SlotKind {
    /// A number with so many decimals.
    Number {
        /// Decimal places.
        decimals: u8,
    },
    /// A time; `clock` when it has a time of day.
    Time {
        /// Whether the time of day matters.
        clock: bool,
    },
    /// A label of this vocabulary.
    Label {
        /// The labels.
        labels: Vec<String>,
        /// Whether all labels are numbers, which then serve as values.
        numeric: Option<Vec<i64>>,
    },
}

impl SlotKind {
    /// True for labels.
    pub fn is_label(&self) -> bool {
        matches!(self, Self::Label { .. })
    }

    /// Number of labels; 0 for numbers and times.
    pub fn labels(&self) -> usize {
        match self {
            Self::Label { labels, .. } => labels.len(),
            _ => 0,
        }
    }

    /// True for times.
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Time { .. })
    }
}

/// Where the values of an output column come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// A modelled slot.
    Slot(u16),
    /// A fresh identifier in a format, one for each row.
    Id(IdFormat),
    /// An identifier that rows of a dimension share: the number of each training row's one.
    Group(IdFormat, Vec<u32>),
    /// The key of another row: where it is, and its output column there.
    Key(Vec<Hop>, u16),
    /// Personal data or free text, made fresh.
    Fake(Fake),
    /// What the slot says is there at all, as the inner output; missing otherwise.
    Given(u16, Box<Output>),
    /// Values of a reference table kept as they are.
    Kept(Vec<Option<String>>),
}

/// What a child table leaves on its owner's row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The child table.
    pub child: u16,
    /// What of its rows.
    pub what: SummaryKind,
}

/// One summary over the rows of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum SummaryKind {
    /// How many.
    Count,
    /// Mean of a slot.
    Mean(u16),
    /// Smallest value of a slot.
    Least(u16),
    /// Largest value of a slot.
    Most(u16),
    /// Value of the last row.
    Last(u16),
    /// Share of rows with a label code.
    Share(u16, u16),
}

impl SummaryKind {
    /// The slot of the child rows that it is of.
    pub fn slot(self) -> Option<u16> {
        match self {
            Self::Count => None,
            Self::Mean(s) | Self::Least(s) | Self::Most(s) | Self::Last(s) | Self::Share(s, _) => Some(s),
        }
    }
}

impl Plan {
    /// The table reached from a table by hops.
    pub fn table_at(&self, table: usize, hops: &[Hop]) -> Option<usize> {
        hops.iter().try_fold(table, |t, h| match h {
            Hop::Owner => self.tables[t].owner.map(usize::from),
            Hop::Link(i) => self.tables[t].links.get(usize::from(*i)).map(|l| usize::from(l.target)),
            _ => Some(t),
        })
    }

    /// The row reached from a row by hops.
    pub fn walk(&self, frames: &[Frame], table: usize, row: usize, hops: &[Hop]) -> Option<(usize, usize)> {
        let (mut t, mut r) = (table, row);
        for h in hops {
            match h {
                Hop::Owner => {
                    let o = frames[t].owner[r];
                    if o == NO_ROW {
                        return None;
                    }
                    t = usize::from(self.tables[t].owner?);
                    r = o as usize;
                }
                Hop::Link(i) => {
                    let l = frames[t].links[usize::from(*i)][r];
                    if l == NO_ROW {
                        return None;
                    }
                    t = usize::from(self.tables[t].links[usize::from(*i)].target);
                    r = l as usize;
                }
                Hop::Back(k) => {
                    let k = usize::from(*k);
                    let o = frames[t].owner[r];
                    if o == NO_ROW || r < k || frames[t].owner[r - k] != o {
                        return None;
                    }
                    r -= k;
                }
                Hop::Ahead(k) => r = frames[t].ahead(r, usize::from(*k))?,
                Hop::Like(_) | Hop::LikeAbove(_) | Hop::LikeTo(_) | Hop::LikeToAbove(_) => {
                    r = match h.like()? {
                        (what, false) => frames[t].like(r, what)?,
                        (what, true) => {
                            frames[t].like_above(&frames[usize::from(self.tables[t].owner?)].owner, r, what)?
                        }
                    }
                }
                Hop::Peer(link) => match frames[t].peers[usize::from(*link)][r] {
                    NO_ROW => return None,
                    peer => r = peer as usize,
                },
            }
        }
        Some((t, r))
    }

    /// The whole-number value of a reference; [`NULL`] when missing.
    #[inline]
    pub fn value(&self, frames: &[Frame], table: usize, row: usize, r: &Ref) -> i64 {
        // Most references are to the row itself or its owner, and every bound of every row asks.
        let (t, row) = match r.hops[..] {
            _ if r.slot == WHICH => return self.further(frames, table, row, r),
            [] => (table, row),
            [Hop::Owner] => match (self.tables[table].owner, frames[table].owner[row]) {
                (Some(t), owner) if owner != NO_ROW => (usize::from(t), owner as usize),
                _ => return NULL,
            },
            _ => return self.further(frames, table, row, r),
        };
        frames[t].values[usize::from(r.slot)][row]
    }

    fn further(&self, frames: &[Frame], table: usize, row: usize, r: &Ref) -> i64 {
        match self.walk(frames, table, row, &r.hops) {
            Some((t, row)) if r.slot == WHICH => i64::from(frames[t].template[row]),
            Some((t, row)) => frames[t].values[usize::from(r.slot)][row],
            None => NULL,
        }
    }

    /// The kind of the slot a reference ends at.
    pub fn kind(&self, table: usize, r: &Ref) -> Option<&SlotKind> {
        let t = self.table_at(table, &r.hops)?;
        self.tables[t].slots.get(usize::from(r.slot)).map(|s| &s.kind)
    }

    /// The slot of a column.
    pub fn slot(&self, table: usize, column: &str) -> Option<usize> {
        self.tables[table].slots.iter().position(|s| s.column == column)
    }

    /// The number of a table.
    pub fn table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|t| t.name == name)
    }
}
