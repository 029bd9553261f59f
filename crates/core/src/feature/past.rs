//! What the rows before tell of the row at work, by the way in which it is worked out: one short loop for each.

use super::Stat;
use super::known::{End, Known, Tick, Way};
use crate::frame::WHICH;

/// The features that follow from the rows before.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub(super) values: Vec<Value>,
    pub(super) runs: Vec<Run>,
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

impl Past {
    /// Of those features that are `wanted`.
    pub(super) fn new(known: &[Known], wanted: &dyn Fn(usize) -> bool) -> Self {
        let mut past = Self::default();
        for (feature, known) in known.iter().enumerate().filter(|(f, k)| is_past(k) && wanted(*f)) {
            match known {
                Known::Value(End { way: Way::Back(back), slot, .. }) if *slot != usize::from(WHICH) => {
                    past.values.push(Value { feature, back: *back, slot: *slot });
                }
                Known::Run(slot, stat, scope) => {
                    past.runs.push(Run { feature, slot: *slot, stat: *stat, scope: *scope });
                }
                _ => past.others.push(feature),
            }
        }
        past
    }
}

/// Whether a feature follows from the rows before, and from nothing that is drawn in the row itself.
fn is_past(known: &Known) -> bool {
    let back = |e: &End| matches!(e.way, Way::Back(_));
    let tick = |t: &Tick| matches!(t, Tick::Kept(_)) || matches!(t, Tick::Here(e) if back(e));
    match known {
        Known::Value(e) | Known::Numeric(e, _) | Known::Part(e, _) => back(e),
        Known::Span(Tick::Kept(_), Tick::Kept(_)) => false,
        Known::Span(a, b) | Known::Until(a, b) | Known::Pace(a, b, ..) => tick(a) && tick(b),
        Known::Run(..) | Known::Share(..) | Known::Position | Known::Remaining(..) | Known::Stayed(_) => true,
        _ => false,
    }
}
