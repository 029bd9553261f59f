//! What the rules leave of a column of a row: the smallest and the largest value.

use super::law::ColumnLaw;
use super::link::Targets;
use super::row::RowDrawer;
use crate::dataset::NULL;
use crate::frame::{Frame, Hop, Ref};
use crate::model::{Bound, Quantity, Unit};
use crate::plan::{Plan, SlotKind};
use crate::time::DAY;

/// Everything from the smallest to the largest tick.
pub(super) const ALL: (i64, i64) = (i64::MIN + 1, i64::MAX);

/// A bound, with the numbers that labels stand for where it refers to labels.
pub(super) struct BoundLaw<'a> {
    pub bound: &'a Bound,
    low: Option<&'a [i64]>,
    high: Option<&'a [i64]>,
}

impl<'a> BoundLaw<'a> {
    pub fn new(plan: &'a Plan, table: usize, bound: &'a Bound) -> Self {
        let numbers = |side: &Option<(Option<Ref>, i64)>| match plan.kind(table, side.as_ref()?.0.as_ref()?) {
            Some(SlotKind::Label { numeric: Some(n), .. }) => Some(n.as_slice()),
            _ => None,
        };
        Self { bound, low: numbers(&bound.low), high: numbers(&bound.high) }
    }
}

impl RowDrawer<'_> {
    /// Time from one reference to another; 0 when one is missing.
    pub(super) fn span(&self, frames: &[Frame], row: usize, from: &Ref, to: &Ref) -> i64 {
        let (a, b) = (self.plan.value(frames, self.table, row, from), self.plan.value(frames, self.table, row, to));
        if a == NULL || b == NULL { 0 } else { b.saturating_sub(a).max(0) }
    }

    /// What the rules leave for a column; None when nothing.
    pub(super) fn bounds(
        &self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        targets: &[Option<Targets>],
    ) -> Option<(i64, i64)> {
        let (mut lo, mut hi) = c.always;
        if let Some((low, high)) = c.model.range.filter(|_| !self.reaches_out(c)) {
            (lo, hi) = (lo.max(low), hi.min(high));
        }
        for b in &c.bounds {
            let (low, high) = self.bound(frames, row, &self.law.bounds[*b]);
            lo = lo.max(low);
            hi = hi.min(high);
        }
        if let Some(end) = &c.not_before {
            let before = self.plan.value(frames, self.table, row, end);
            if before != NULL {
                lo = lo.max(before);
            }
        }
        let capacity = self.model.keep.capacity.as_ref().filter(|x| x.end == c.model.slot && !self.roomy);
        if let Some(t) = capacity.and_then(|x| targets.get(usize::from(x.link))).and_then(Option::as_ref) {
            hi = hi.min(t.free_until(self.plan, self.model, frames, row));
        }
        (lo <= hi).then_some((lo, hi))
    }

    /// Whether a value may leave the range of its column, because a span after a late start is better than no row.
    /// A row that follows another of its owner ends the sequence instead.
    fn reaches_out(&self, c: &ColumnLaw) -> bool {
        let (Quantity::Since(base) | Quantity::Calendar(Some(base), _)) = &c.model.quantity else {
            // What grows may grow on.
            return self.loose && matches!(c.model.quantity, Quantity::Relative(_));
        };
        let is_time = self.plan.tables[self.table].slots[usize::from(c.model.slot)].kind.is_time();
        self.loose && is_time && base.hops.iter().all(|hop| matches!(hop, Hop::Owner | Hop::Link(_)))
    }

    pub(super) fn bound(&self, frames: &[Frame], row: usize, law: &BoundLaw) -> (i64, i64) {
        let b = law.bound;
        // A column that comes later leaves as much room as its own values have.
        let low = match &b.low {
            None => ALL.0,
            Some((None, v)) => *v,
            Some((Some(r), plus)) => match self.quantity(frames, row, r, law.low) {
                NULL => self.obey.later(r).map_or(ALL.0, |h| lowest(b.unit, h.0, *plus)),
                v => lowest(b.unit, v, *plus),
            },
        };
        let high = match &b.high {
            None => ALL.1,
            Some((None, v)) => *v,
            Some((Some(r), plus)) => match self.quantity(frames, row, r, law.high) {
                NULL => self.obey.later(r).map_or(ALL.1, |h| highest(b.unit, h.1, *plus)),
                v => highest(b.unit, v, *plus),
            },
        };
        (low, high)
    }

    /// The number or time behind a reference; labels count as the numbers that they stand for.
    fn quantity(&self, frames: &[Frame], row: usize, r: &Ref, numbers: Option<&[i64]>) -> i64 {
        let v = self.plan.value(frames, self.table, row, r);
        match numbers {
            Some(n) if v != NULL => n.get(v as usize).copied().unwrap_or(NULL),
            _ => v,
        }
    }
}

/// The smallest value of a slot that is not below `v`, by `plus` where that is more than none.
fn lowest(unit: Unit, v: i64, plus: i64) -> i64 {
    match unit {
        Unit::Same => v.saturating_add(plus),
        Unit::Times(f) => v.saturating_mul(f).saturating_add(plus),
        Unit::Parts(f) if plus > 0 => v.div_euclid(f) + 1,
        Unit::Parts(f) => v.div_euclid(f) + i64::from(v.rem_euclid(f) > 0),
        Unit::Day => v.div_euclid(DAY).saturating_add(plus).saturating_mul(DAY),
    }
}

/// The largest value of a slot that is not above `v`, by `-plus` where that is more than none.
fn highest(unit: Unit, v: i64, plus: i64) -> i64 {
    match unit {
        Unit::Same => v.saturating_add(plus),
        Unit::Times(f) => v.saturating_mul(f).saturating_add(plus),
        Unit::Parts(f) if plus < 0 => v.div_euclid(f) + i64::from(v.rem_euclid(f) > 0) - 1,
        Unit::Parts(f) => v.div_euclid(f),
        Unit::Day => v.div_euclid(DAY).saturating_add(plus).saturating_mul(DAY).saturating_add(DAY - 1),
    }
}
