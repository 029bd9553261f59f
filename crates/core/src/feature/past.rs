//! What the rows before tell of the row at work, by the way in which it is worked out: one short loop for each.

use super::known::{End, Known, Tick, Way};
use super::{Asked, Feature, Stat};
use crate::frame::WHICH;

/// The features that follow from the rows before and are asked for in every row, and what is kept of these rows.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub(super) kept: Vec<usize>,
    pub(super) values: Vec<Value>,
    pub(super) runs: Vec<Run>,
    pub(super) spans: Vec<Span>,
    pub(super) others: Vec<usize>,
}

/// The value of a slot so many rows back.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) feature: usize,
    pub(super) back: usize,
    pub(super) slot: usize,
}

/// A running statistic.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) feature: usize,
    pub(super) slot: usize,
    pub(super) stat: Stat,
    pub(super) scope: usize,
}

/// From one kept time or number to another.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) feature: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Past {
    /// Of features, what they were resolved to and what is kept.
    pub(super) fn new(features: &[Feature], known: &[Known], ends: &[End], asked: &dyn Fn(usize) -> Asked) -> Self {
        let kept = (0..ends.len()).filter(|e| matches!(ends[*e].way, Way::Back(_))).collect();
        let mut past = Self { kept, ..Self::default() };
        let always = |f: &usize| features[*f].source.looks_back() && asked(*f) == Asked::Always;
        for feature in (0..features.len()).filter(always) {
            match &known[feature] {
                Known::Value(End { way: Way::Back(back), slot, .. }) if *slot != usize::from(WHICH) => {
                    past.values.push(Value { feature, back: *back, slot: *slot });
                }
                Known::Run(slot, stat, scope) => {
                    past.runs.push(Run { feature, slot: *slot, stat: *stat, scope: *scope });
                }
                Known::Span(Tick::Kept(from), Tick::Kept(to)) => {
                    past.spans.push(Span { feature, from: *from, to: *to });
                }
                _ => past.others.push(feature),
            }
        }
        past
    }
}
