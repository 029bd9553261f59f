//! Draws the columns of one row, each given what is known, inside what the rules allow.

use std::collections::HashMap;

use super::bounds::ALL;
use super::law::{ColumnLaw, Known, Law, TableLaw};
use super::link::Targets;
use super::obey::{Decided, Obey};
use crate::conditional::{Binner, Leaf};
use crate::dataset::NULL;
use crate::feature::{Cursor, SPARE};
use crate::frame::{Frame, NO_ROW};
use crate::model::{Coder, Input, Quantity, TableModel, UniqueItem};
use crate::plan::{Plan, SlotKind};
use crate::rng::Stream;

/// Times a row is drawn again when the rules leave no value for a column.
pub(super) const TRIES: u64 = 20;
/// The last tries, in which a value that was never seen in such a row is better than no row.
const LOOSE: u64 = 6;
/// Times a number that should differ from another is drawn again.
const OTHERS: usize = 8;

pub(super) struct RowDrawer<'a> {
    pub plan: &'a Plan,
    pub model: &'a TableModel,
    pub law: &'a TableLaw<'a>,
    pub table: usize,
    pub seed: u64,
    binners: &'a [Binner],
    pub cursor: Cursor<'a>,
    /// Rows are drawn as if no target had a capacity: a place for them is looked for when all are there.
    pub roomy: bool,
    /// Rules between columns.
    pub obey: Obey<'a>,
    /// Whether a code that the rules allow may be drawn although it was never seen in such a row.
    pub(super) loose: bool,
    /// Whether a rule asks for the row: then a number next to those that were learned is better than no row.
    pub must: bool,
    /// For each set that is unique in the table: the values of its last item for each of the others.
    pub(super) in_table: Vec<HashMap<Vec<i64>, Vec<i64>>>,
}

impl<'a> RowDrawer<'a> {
    /// Draws rows of a table; with what is known for a count, only that count.
    pub fn new(plan: &'a Plan, law: &'a TableLaw<'a>, table: usize, count: Option<&'a Known<'a>>, seed: u64) -> Self {
        let known = count.unwrap_or(&law.known);
        Self {
            plan,
            model: law.model,
            law,
            table,
            seed,
            binners: known.binners,
            cursor: Cursor::new(plan, table, known.features, &|f| known.asked[f], &known.derived),
            roomy: false,
            obey: Obey::new(plan, law.model, table),
            loose: false,
            must: false,
            in_table: vec![HashMap::new(); law.last_of_table.len()],
        }
    }

    pub fn enter(&mut self, frames: &[Frame], row: usize) {
        self.cursor.enter(frames, row);
    }

    pub fn leave(&mut self, frames: &[Frame], row: usize) {
        self.cursor.leave(frames, row);
    }

    /// Fills a row; `tries` were made before. False when the rules leave no room for it: then it holds nothing of
    /// use.
    pub fn fill(
        &mut self,
        frames: &mut [Frame],
        row: usize,
        at: u64,
        tries: u64,
        targets: &mut [Option<Targets>],
    ) -> bool {
        self.cursor.enter(frames, row);
        for attempt in tries..tries + TRIES {
            self.loose = attempt + LOOSE >= tries + TRIES;
            if self.once(frames, row, at, attempt, targets) {
                self.loose = false;
                self.cursor.leave(frames, row);
                targets.iter_mut().flatten().for_each(Targets::chosen);
                if !self.roomy {
                    targets.iter_mut().flatten().for_each(|t| t.occupy(self.model, frames, row));
                    self.remember(frames, row, targets);
                }
                return true;
            }
            self.clear(frames, row);
            self.cursor.forget();
        }
        self.loose = false;
        self.cursor.leave(frames, row);
        false
    }

    fn clear(&self, frames: &mut [Frame], row: usize) {
        for v in &mut frames[self.table].values {
            v[row] = NULL;
        }
        let frame = &mut frames[self.table];
        for l in frame.links.iter_mut().chain(&mut frame.peers) {
            l[row] = NO_ROW;
        }
    }

    fn stream(&self, purpose: usize, at: u64, attempt: u64) -> Stream {
        Stream::new(self.seed, self.law.purposes[purpose].wrapping_add(attempt), at)
    }

    fn once(
        &mut self,
        frames: &mut [Frame],
        row: usize,
        at: u64,
        attempt: u64,
        targets: &mut [Option<Targets>],
    ) -> bool {
        let (model, law) = (self.model, self.law);
        let slots = self.plan.tables[self.table].slots.len();
        if let Some((first, next)) = &law.when {
            let mut rng = self.stream(usize::from(first.model.slot), at, attempt);
            let later = self.cursor.position() > 0 && frames[self.table].owner[row] != NO_ROW;
            if !self.column(frames, row, if later { next } else { first }, targets, &mut rng) {
                return false;
            }
        }
        for l in 0..model.links.len() {
            let Some(Some(t)) = targets.get_mut(l) else { continue };
            let mut rng = self.stream(slots + l, at, attempt);
            let missing = self.obey.missing(frames, row, UniqueItem::Link(l as u8));
            let done = if missing == Some(true) {
                t.skip(frames, row);
                true
            } else {
                t.choose(self, frames, row, &mut rng)
            };
            t.meet(frames, row);
            if !done || (missing == Some(false) && frames[self.table].links[l][row] == NO_ROW) {
                return false;
            }
        }
        let done = law.columns.iter().all(|c| {
            let mut rng = self.stream(usize::from(c.model.slot), at, attempt);
            self.column(frames, row, c, targets, &mut rng)
        });
        done && self.obeys(frames, row, false)
            && law.endings.iter().all(|e| e.suits(self.plan, frames, row))
            && (self.roomy || self.has_room(frames, row, targets))
    }

    /// Whether a finished row obeys the rules; `moved` when its times are not those that it was drawn with.
    fn obeys(&self, frames: &[Frame], row: usize, moved: bool) -> bool {
        self.obey.hold(frames, row, moved, |i| self.bound(frames, row, &self.law.bounds[i]))
    }

    fn has_room(&self, frames: &[Frame], row: usize, targets: &[Option<Targets>]) -> bool {
        let Some(c) = &self.model.keep.capacity else { return true };
        let target = targets.get(usize::from(c.link)).and_then(Option::as_ref);
        target.is_none_or(|t| t.has_room(self.plan, self.model, frames, row))
    }

    /// True when a finished row obeys what depends on its times, and its target has room for it.
    pub fn stands(&self, frames: &[Frame], row: usize, later: bool, targets: &[Option<Targets>]) -> bool {
        let when = self.law.when.as_ref().map(|(first, next)| if later { next } else { first });
        let inside = |c: &ColumnLaw| {
            let slot = usize::from(c.model.slot);
            let v = frames[self.table].values[slot][row];
            let is_label = self.plan.tables[self.table].slots[slot].kind.is_label();
            v == NULL || is_label || self.bounds(frames, row, c, targets).is_some_and(|(lo, hi)| (lo..=hi).contains(&v))
        };
        when.into_iter().chain(&self.law.columns).all(inside)
            && self.obeys(frames, row, true)
            && targets.iter().flatten().all(|t| t.permits(self, frames, row))
            && self.has_room(frames, row, targets)
    }

    /// Chooses deferred links of a finished row.
    pub fn link_late(&mut self, frames: &mut [Frame], row: usize, at: u64, targets: &mut [Option<Targets>]) {
        let slots = self.plan.tables[self.table].slots.len();
        self.enter(frames, row);
        for (l, place) in targets.iter_mut().enumerate() {
            let Some(t) = place else { continue };
            for attempt in 0..TRIES {
                let mut rng = self.stream(slots + l, at, attempt);
                self.cursor.forget();
                if t.choose(self, frames, row, &mut rng) {
                    t.chosen();
                    t.remember(frames, row);
                    t.occupy(self.model, frames, row);
                    break;
                }
            }
        }
        self.leave(frames, row);
    }

    fn guess(&mut self, frames: &[Frame], row: usize, law: &Law) -> f64 {
        law.guess.map_or(f64::NAN, |place| self.cursor.value(frames, row, place))
    }

    /// The leaf of the flat tree that a row reaches; None where there is no tree.
    pub(super) fn leaf(&mut self, frames: &[Frame], row: usize, law: &Law, extras: &[f64]) -> Option<Leaf> {
        let flat = law.flat.as_ref()?;
        if law.asks_extras {
            extras.iter().take(SPARE).enumerate().for_each(|(e, v)| self.cursor.set_spare(e, *v));
        }
        let mut walk = flat.walk();
        loop {
            match walk.on(|place| self.cursor.held(place as usize)) {
                Ok(leaf) => return Some(leaf),
                Err(place) => self.cursor.find(frames, row, place as usize),
            };
        }
    }

    /// Draws a code; `weigh` gives the share of each code that is allowed.
    pub fn code(
        &mut self,
        frames: &[Frame],
        row: usize,
        law: &Law,
        extras: &[f64],
        mut weigh: Option<&mut dyn FnMut(u16) -> f64>,
        rng: &mut Stream,
    ) -> Option<u16> {
        let code = match &mut weigh {
            Some(w) => self.seen_code(frames, row, law, extras, Some(&mut **w), rng),
            None => self.seen_code(frames, row, law, extras, None, rng),
        };
        if code.is_some() || !self.loose {
            return code;
        }
        let shares: Vec<f64> = (0..law.drawn.coder.codes() as u16).map(weigh?).collect();
        rng.weighted(&shares).map(|c| c as u16)
    }

    fn seen_code(
        &mut self,
        frames: &[Frame],
        row: usize,
        law: &Law,
        extras: &[f64],
        weigh: Option<&mut dyn FnMut(u16) -> f64>,
        rng: &mut Stream,
    ) -> Option<u16> {
        if let (Some(leaf), Some(flat)) = (self.leaf(frames, row, law, extras), &law.flat) {
            return match weigh {
                None => Some(flat.pick(leaf, rng.next_u32())),
                Some(weigh) => law.masked(leaf, rng, weigh),
            };
        }
        let scorer = law.scorer.as_ref()?;
        let bin = |i: &u16| match &law.drawn.inputs[usize::from(*i)] {
            Input::Feature(f) => self.cursor.bin(frames, row, usize::from(*f), self.binners),
            Input::Ridge(b) => b.bin(self.guess(frames, row, law)),
            Input::Extra(e, b) => b.bin(extras[usize::from(*e)]),
        };
        let bins: Vec<u8> = scorer.inputs.iter().map(bin).collect();
        scorer.draw(&bins, rng, weigh)
    }

    /// Draws one column into its row.
    fn column(
        &mut self,
        frames: &mut [Frame],
        row: usize,
        c: &ColumnLaw,
        targets: &[Option<Targets>],
        rng: &mut Stream,
    ) -> bool {
        let slot = usize::from(c.model.slot);
        let mut missing = c.may_miss;
        let (mut decided, mut allowed) = (Decided::Free, None);
        if self.obey.touch(c.model.slot) {
            let value = &mut frames[self.table].values[slot][row];
            *value = NULL;
            match self.obey.missing(frames, row, UniqueItem::Slot(c.model.slot)) {
                Some(true) => return missing,
                Some(false) => missing = false,
                None => {}
            }
            decided = self.obey.decide(frames, row, c.model.slot);
            match decided {
                Decided::Impossible => return false,
                Decided::Value { value, optional: false } => {
                    frames[self.table].values[slot][row] = value;
                    return !self.is_used(frames, row, c, value);
                }
                _ => {}
            }
            allowed = self.obey.allowed(frames, row, c.model.slot);
            if let Some(a) = &allowed {
                missing &= a.first() == Some(&NULL);
                if a[..] == [NULL] {
                    return missing;
                }
            }
        }
        let Some((lo, hi)) = self.bounds(frames, row, c, targets) else {
            // Rules that leave no value leave a missing one, where there are missing ones.
            frames[self.table].values[slot][row] = NULL;
            return missing;
        };
        let value = match &c.model.quantity {
            Quantity::Position(first) => {
                i64::try_from(self.place()).ok().map(|p| first.saturating_add(p)).filter(|v| (lo..=hi).contains(v))
            }
            Quantity::PositionWithin(first, s) => {
                let of = &frames[self.table].values[usize::from(*s)];
                let before = (1..=self.place()).take_while(|back| of[row - back] == of[row]).count();
                let number = first.saturating_add(before as i64);
                match &self.plan.tables[self.table].slots[slot].kind {
                    SlotKind::Label { numeric: Some(n), .. } => n.iter().position(|v| *v == number).map(|c| c as i64),
                    _ => Some(number).filter(|v| (lo..=hi).contains(v)),
                }
            }
            Quantity::Copy(r) => {
                Some(self.plan.value(frames, self.table, row, r)).filter(|v| *v == NULL || (lo..=hi).contains(v))
            }
            Quantity::Level => match &c.parts[0].drawn.coder {
                Coder::Number(_) => self.draw_number(frames, row, &c.parts[0], &[], (lo, hi), missing, rng),
                _ => self.label(frames, row, c, (lo, hi), missing, allowed.as_deref(), rng),
            },
            Quantity::Since(r) => match self.plan.value(frames, self.table, row, r) {
                NULL => {
                    self.draw_number(frames, row, &c.parts[0], &[], ALL, missing, rng).map(|_| NULL).filter(|_| missing)
                }
                base => self.since(frames, row, c, base, (lo, hi), missing, rng),
            },
            Quantity::Near(r) => match self.plan.value(frames, self.table, row, r) {
                NULL => self.draw_number(frames, row, &c.parts[1], &[], (lo, hi), missing, rng),
                base => self.shifted(frames, row, &c.parts[0], &[], (lo, hi), base, missing, rng),
            },
            Quantity::Relative(r) => match self.plan.value(frames, self.table, row, r) {
                base if base > 0 => self.scaled(frames, row, c, (lo, hi), base, missing, rng),
                _ => self.draw_number(frames, row, &c.parts[1], &[], (lo, hi), missing, rng),
            },
            Quantity::Same(r) => {
                let base = self.plan.value(frames, self.table, row, r);
                let may = base != NULL && (lo..=hi).contains(&base);
                if may && self.code(frames, row, &c.parts[0], &[], None, rng) == Some(1) {
                    Some(base)
                } else {
                    let mut value = None;
                    for _ in 0..OTHERS {
                        value = self.draw_number(frames, row, &c.parts[1], &[], (lo, hi), missing, rng);
                        if !may || value != Some(base) {
                            break;
                        }
                    }
                    value
                }
            }
            Quantity::Recall(given) => {
                self.recall(frames, row, c, *given, ((lo, hi), allowed.as_deref()), missing, rng)
            }
            Quantity::Residual => {
                let guess = self.guess(frames, row, &c.parts[0]);
                self.shifted(frames, row, &c.parts[0], &[guess], (lo, hi), guess.round() as i64, missing, rng)
            }
            Quantity::Calendar(anchor, season) => {
                self.calendar(frames, row, c, (anchor.as_ref(), season.as_slice()), (lo, hi), missing, rng)
            }
        };
        let is_open = self.loose && allowed.is_none() && matches!(decided, Decided::Free);
        let value = match (value, decided, &allowed) {
            (Some(v), Decided::Value { value, .. }, _) if v != NULL => Some(value),
            (Some(v), _, Some(a)) if v != NULL => nearest(a, v, (lo, hi)),
            (Some(v), ..) if v != NULL && !matches!(c.model.quantity, Quantity::Copy(_)) => {
                Some(on_step(v, self.plan.tables[self.table].slots[slot].step, (lo, hi)))
            }
            (value, ..) => value,
        };
        let Some(mut v) = value else { return false };
        if self.is_used(frames, row, c, v) {
            match is_open.then(|| self.unused(frames, row, c, v, (lo, hi))).flatten() {
                Some(beside) => v = beside,
                None => return false,
            }
        }
        frames[self.table].values[slot][row] = v;
        true
    }

    /// Position among the rows of the owner.
    pub fn place(&self) -> usize {
        self.cursor.position()
    }
}

/// The nearest value on a step inside the bounds, where there is one.
fn on_step(v: i64, step: i64, (lo, hi): (i64, i64)) -> i64 {
    if step <= 1 {
        return v;
    }
    let past = v.rem_euclid(step);
    let (below, above) = (v.saturating_sub(past), v.saturating_add(step - past));
    let (near, far) = if 2 * past < step { (below, above) } else { (above, below) };
    match past {
        0 => v,
        _ => [near, far].into_iter().find(|v| (lo..=hi).contains(v)).unwrap_or(v),
    }
}

/// The allowed value, of ascending ones, inside the bounds that is nearest to `v`; of two as near the smaller.
fn nearest(allowed: &[i64], v: i64, (lo, hi): (i64, i64)) -> Option<i64> {
    if allowed.binary_search(&v).is_ok() {
        return Some(v);
    }
    let fits = |a: &&i64| **a != NULL && (**a == v || (lo..=hi).contains(*a));
    allowed.iter().filter(fits).min_by_key(|a| a.abs_diff(v)).copied()
}
