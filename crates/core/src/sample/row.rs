//! Draws the columns of one row, each given what is known, inside what the rules allow.

use std::collections::HashMap;

use super::law::{self, ColumnLaw, EXTRA, GUESS, Known, Law, TableLaw};
use super::link::Targets;
use super::obey::{Decided, Obey};
use crate::conditional::{Binner, Leaf};
use crate::dataset::NULL;
use crate::feature::{Cursor, SPARE, recalled};
use crate::fit::NEAR;
use crate::frame::{Frame, NO_ROW, Ref};
use crate::model::{Bound, Coder, ColumnModel, Input, Quantity, RECALL, TableModel, UniqueItem, Unit};
use crate::plan::{Plan, SlotKind};
use crate::rng::Stream;
use crate::time::DAY;

/// Times a row is drawn again when the rules leave no value for a column.
pub(super) const TRIES: u64 = 20;
/// The last tries, in which a value that was never seen in such a row is better than no row.
const LOOSE: u64 = 6;
/// Times the day of a calendar time is drawn again when the clock does not fit.
const DAYS: usize = 12;

/// Times a number that should differ from another is drawn again.
const OTHERS: usize = 8;

/// Days of a year.
const YEAR: i64 = 365;

/// Everything from the smallest to the largest tick.
const ALL: (i64, i64) = (i64::MIN + 1, i64::MAX);

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
    obey: Obey<'a>,
    /// Whether a code that the rules allow may be drawn although it was never seen in such a row.
    loose: bool,
    /// For each set that is unique in the table: the values of its last item for each of the others.
    in_table: Vec<HashMap<Vec<i64>, Vec<i64>>>,
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
            cursor: Cursor::new(plan, table, known.features, &|f| known.wanted[f]),
            roomy: false,
            obey: Obey::new(plan, law.model, table),
            loose: false,
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
            let Some(mut t) = targets.get_mut(l).and_then(Option::take) else { continue };
            let mut rng = self.stream(slots + l, at, attempt);
            let missing = self.obey.missing(frames, row, UniqueItem::Link(l as u8));
            let done = if missing == Some(true) {
                t.skip(frames, row);
                true
            } else {
                t.choose(self, frames, row, &mut rng)
            };
            t.meet(frames, row);
            targets[l] = Some(t);
            if !done || (missing == Some(false) && frames[self.table].links[l][row] == NO_ROW) {
                return false;
            }
        }
        let done = law.columns.iter().all(|c| {
            let mut rng = self.stream(usize::from(c.model.slot), at, attempt);
            self.column(frames, row, c, targets, &mut rng)
        });
        done && self.obeys(frames, row) && (self.roomy || self.has_room(frames, row, targets))
    }

    fn obeys(&self, frames: &[Frame], row: usize) -> bool {
        self.obey.hold(frames, row, |i| self.bound(frames, row, &self.model.keep.bounds[i]))
    }

    fn has_room(&self, frames: &[Frame], row: usize, targets: &[Option<Targets>]) -> bool {
        let Some(c) = &self.model.keep.capacity else { return true };
        let target = targets.get(usize::from(c.link)).and_then(Option::as_ref);
        target.is_none_or(|t| t.has_room(self.plan, self.model, frames, row))
    }

    /// True when a finished row obeys what depends on its times, and its target has room for it.
    pub fn stands(&self, frames: &[Frame], row: usize, later: bool, targets: &[Option<Targets>]) -> bool {
        let when = self.law.when.as_ref().map(|(first, next)| if later { next } else { first });
        let inside = |c: &ColumnModel| {
            let v = frames[self.table].values[usize::from(c.slot)][row];
            let is_label = self.plan.tables[self.table].slots[usize::from(c.slot)].kind.is_label();
            v == NULL || is_label || self.bounds(frames, row, c, targets).is_some_and(|(lo, hi)| (lo..=hi).contains(&v))
        };
        when.into_iter().chain(&self.law.columns).all(|c| inside(c.model))
            && self.obeys(frames, row)
            && targets.iter().flatten().all(|t| t.permits(self, frames, row))
            && self.has_room(frames, row, targets)
    }

    /// Chooses deferred links of a finished row.
    pub fn link_late(&mut self, frames: &mut [Frame], row: usize, at: u64, targets: &mut [Option<Targets>]) {
        let slots = self.plan.tables[self.table].slots.len();
        self.enter(frames, row);
        for (l, place) in targets.iter_mut().enumerate() {
            let Some(mut t) = place.take() else { continue };
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
            *place = Some(t);
        }
        self.leave(frames, row);
    }

    fn guess(&mut self, frames: &[Frame], row: usize, law: &Law) -> f64 {
        let Some(ridge) = &law.drawn.ridge else { return f64::NAN };
        self.cursor.prepare(frames, row, &law.guessed_from);
        let values = self.cursor.values();
        ridge.guess(|f| values[usize::from(f)])
    }

    /// The leaf of the flat tree that a row reaches; None where there is no tree.
    fn leaf(&mut self, frames: &[Frame], row: usize, law: &Law, extras: &[f64]) -> Option<Leaf> {
        let flat = law.flat.as_ref()?;
        self.cursor.prepare(frames, row, &law.needed);
        if law.asks_guess {
            let guess = self.guess(frames, row, law);
            self.cursor.set_spare(GUESS, guess);
        }
        if law.asks_extras {
            extras.iter().take(SPARE - EXTRA).enumerate().for_each(|(e, v)| self.cursor.set_spare(EXTRA + e, *v));
        }
        Some(flat.leaf(self.cursor.values()))
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
        let bin = &mut |i: u16| match &law.drawn.inputs[usize::from(i)] {
            Input::Feature(f) => {
                let v = self.cursor.value(frames, row, usize::from(*f));
                self.binners[usize::from(*f)].bin(v)
            }
            Input::Ridge(b) => b.bin(self.guess(frames, row, law)),
            Input::Extra(e, b) => b.bin(extras[usize::from(*e)]),
        };
        law.drawn.conditional.draw(bin, rng, weigh)
    }

    /// Draws a whole number inside bounds; missing is not allowed.
    pub fn number(
        &mut self,
        frames: &[Frame],
        row: usize,
        law: &Law,
        bounds: (i64, i64),
        rng: &mut Stream,
    ) -> Option<i64> {
        self.draw_number(frames, row, law, &[], bounds, false, rng).filter(|v| *v != NULL)
    }

    /// Draws a whole number; None for missing, where that is allowed.
    pub fn number_or_none(
        &mut self,
        frames: &[Frame],
        row: usize,
        law: &Law,
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        self.draw_number(frames, row, law, &[], ALL, missing, rng).filter(|v| *v != NULL)
    }

    /// Time from one reference to another; 0 when one is missing.
    pub fn span(&self, frames: &[Frame], row: usize, from: &Ref, to: &Ref) -> i64 {
        let (a, b) = (self.plan.value(frames, self.table, row, from), self.plan.value(frames, self.table, row, to));
        if a == NULL || b == NULL { 0 } else { b.saturating_sub(a).max(0) }
    }

    /// [`NULL`] for missing; None when nothing is allowed.
    #[allow(clippy::too_many_arguments)] // The place, the law, the bounds and the stream.
    fn draw_number(
        &mut self,
        frames: &[Frame],
        row: usize,
        law: &Law,
        extras: &[f64],
        (lo, hi): (i64, i64),
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        let Coder::Number(coder) = &law.drawn.coder else { return None };
        let n = coder.len();
        if n == 0 {
            return missing.then_some(NULL);
        }
        if let (Some(flat), Some(spread)) = (&law.flat, &law.spread) {
            let leaf = self.leaf(frames, row, law, extras)?;
            // Values outside the bounds are drawn again: the same law as cutting every bin, without working it out.
            for _ in 0..law::TRIES {
                let (a, b) = (rng.next_u32(), rng.next_u32());
                let code = flat.pick(leaf, a);
                if usize::from(code) == n {
                    if missing {
                        return Some(NULL);
                    }
                    continue;
                }
                let v = spread.draw(code, b, rng);
                if lo <= v && v <= hi {
                    return Some(v);
                }
            }
        }
        let free = (lo, hi) == ALL && missing;
        let mut weigh = |c: u16| {
            if usize::from(c) == n { f64::from(u8::from(missing)) } else { coder.overlap(c, lo, hi) }
        };
        let code = self.code(frames, row, law, extras, if free { None } else { Some(&mut weigh) }, rng)?;
        if usize::from(code) == n { Some(NULL) } else { coder.draw(code, lo, hi, rng) }
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
        // A column that no training row misses is never missing, whatever the last tries allow.
        let keep = &self.model.keep;
        let mut missing = !keep.not_null.contains(&c.model.slot) && !keep.complete.contains(&c.model.slot);
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
                    return !self.is_used(frames, row, UniqueItem::Slot(c.model.slot), value);
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
        let Some((lo, hi)) = self.bounds(frames, row, c.model, targets) else {
            // Rules that leave no value leave a missing one, where there are missing ones.
            frames[self.table].values[slot][row] = NULL;
            return missing;
        };
        let value = match &c.model.quantity {
            Quantity::Position(first) => {
                i64::try_from(self.place()).ok().map(|p| first.saturating_add(p)).filter(|v| (lo..=hi).contains(v))
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
                base => self.shifted(frames, row, &c.parts[0], &[], (lo, hi), base, missing, rng),
            },
            Quantity::Near(r) => match self.plan.value(frames, self.table, row, r) {
                NULL => self.draw_number(frames, row, &c.parts[1], &[], (lo, hi), missing, rng),
                base => self.shifted(frames, row, &c.parts[0], &[], (lo, hi), base, missing, rng),
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
        let value = match (value, decided, &allowed) {
            (Some(v), Decided::Value { value, .. }, _) if v != NULL => Some(value),
            (Some(v), _, Some(a)) if v != NULL => nearest(a, v, (lo, hi)),
            (value, ..) => value,
        };
        let Some(v) = value else { return false };
        if self.is_used(frames, row, UniqueItem::Slot(c.model.slot), v) {
            return false;
        }
        frames[self.table].values[slot][row] = v;
        true
    }

    #[allow(clippy::too_many_arguments)] // As draw_number.
    fn shifted(
        &mut self,
        frames: &[Frame],
        row: usize,
        law: &Law,
        extras: &[f64],
        (lo, hi): (i64, i64),
        base: i64,
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        let bounds = (lo.saturating_sub(base), hi.saturating_sub(base));
        match self.draw_number(frames, row, law, extras, bounds, missing, rng)? {
            NULL => Some(NULL),
            d => Some(base.saturating_add(d)),
        }
    }

    #[allow(clippy::too_many_arguments)] // As draw_number.
    fn label(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        (lo, hi): (i64, i64),
        missing: bool,
        known: Option<&[i64]>,
        rng: &mut Stream,
    ) -> Option<i64> {
        let slot = usize::from(c.model.slot);
        let SlotKind::Label { labels, numeric } = &self.plan.tables[self.table].slots[slot].kind else { return None };
        let n = labels.len();
        let unique = self.unique_sets(UniqueItem::Slot(c.model.slot));
        let used: Vec<i64> =
            unique.iter().flat_map(|set| self.used(frames, row, set, UniqueItem::Slot(c.model.slot))).collect();
        let mut weigh = |code: u16| {
            let allowed = if usize::from(code) >= n {
                missing
            } else {
                let inside = numeric.as_ref().is_none_or(|v| (lo..=hi).contains(&v[usize::from(code)]));
                inside
                    && !used.contains(&i64::from(code))
                    && known.is_none_or(|k| k.binary_search(&i64::from(code)).is_ok())
            };
            f64::from(u8::from(allowed))
        };
        let free = missing && known.is_none() && used.is_empty() && (numeric.is_none() || (lo, hi) == ALL);
        let code = self.code(frames, row, &c.parts[0], &[], if free { None } else { Some(&mut weigh) }, rng)?;
        Some(if usize::from(code) >= n { NULL } else { i64::from(code) })
    }

    /// A label that the owner's rows had before, or one that they had not.
    #[allow(clippy::too_many_arguments)] // As draw_number.
    fn recall(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        given: Option<u16>,
        ((lo, hi), known): ((i64, i64), Option<&[i64]>),
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        let SlotKind::Label { labels, numeric } = &self.plan.tables[self.table].slots[usize::from(c.model.slot)].kind
        else {
            return None;
        };
        let n = labels.len();
        let from = row - self.cursor.position();
        let (list, back) = recalled(&frames[self.table], from, row, c.model.slot, given, n);
        let fits = |code: i64| {
            numeric.as_ref().is_none_or(|v| v.get(code as usize).is_some_and(|v| (lo..=hi).contains(v)))
                && known.is_none_or(|k| k.binary_search(&code).is_ok())
        };
        let rest: Vec<i64> = list.iter().skip(usize::from(RECALL - 1)).copied().filter(|code| fits(*code)).collect();
        let fresh = missing || (0..n as i64).any(|code| fits(code) && !list.contains(&code));
        if !list.is_empty() {
            let further = usize::from(RECALL - 1);
            let mut weigh = |p: u16| {
                let may = match usize::from(p) {
                    _ if p == RECALL => fresh,
                    p if p == further => !rest.is_empty(),
                    p => list.get(p).is_some_and(|code| fits(*code)),
                };
                f64::from(u8::from(may))
            };
            let extras = [list.len() as f64, back as f64];
            let place = usize::from(self.code(frames, row, &c.parts[0], &extras, Some(&mut weigh), rng)?);
            if place == further {
                return Some(rest[rng.below(rest.len() as u64) as usize]);
            } else if place < further {
                return Some(list[place]);
            }
        }
        let mut weigh = |code: u16| {
            let code = i64::from(code);
            let allowed = if code >= n as i64 { missing } else { fits(code) && !list.contains(&code) };
            f64::from(u8::from(allowed))
        };
        let code = self.code(frames, row, &c.parts[1], &[], Some(&mut weigh), rng)?;
        Some(if usize::from(code) >= n { NULL } else { i64::from(code) })
    }

    #[allow(clippy::too_many_arguments)] // As draw_number.
    fn calendar(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        (anchor, season): (Option<&Ref>, &[u32]),
        (lo, hi): (i64, i64),
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        let base = match anchor {
            None => 0,
            Some(r) => match self.plan.value(frames, self.table, row, r) {
                NULL => return missing.then_some(NULL),
                v => v,
            },
        };
        let (mut lo, hi) = (lo, hi);
        if let Some([flag, span]) = c.parts.get(3..5) {
            let soon = (lo.max(base), hi.min(base.saturating_add(NEAR - 1)));
            let later = missing || hi >= base.saturating_add(NEAR) || lo < base;
            let mut weigh = |code: u16| f64::from(u8::from(if code == 1 { soon.0 <= soon.1 } else { later }));
            if self.code(frames, row, flag, &[], Some(&mut weigh), rng)? == 1 {
                return self.shifted(frames, row, span, &[], soon, base, false, rng);
            }
            if lo >= base {
                lo = base.saturating_add(NEAR);
            }
        }
        let base_day = base.div_euclid(DAY);
        let Coder::Number(coder) = &c.parts[0].drawn.coder else { return None };
        let bounds = (lo.div_euclid(DAY).saturating_sub(base_day), hi.div_euclid(DAY).saturating_sub(base_day));
        for _ in 0..DAYS {
            let d = self.draw_number(frames, row, &c.parts[0], &[], bounds, missing, rng)?;
            if d == NULL {
                return Some(NULL);
            }
            let (a, b) = coder.bin(coder.code(d));
            let (a, b) = (a.max(bounds.0), b.min(bounds.1));
            let extras = [d as f64, crate::fit::weekday(base_day) as f64];
            let day = base_day + self.on_weekday(frames, row, c, ((a, b), season), d, base_day, &extras, rng)?;
            let Some(clock) = c.parts.get(2) else {
                let value = day * DAY;
                if (lo..=hi).contains(&value) {
                    return Some(value);
                }
                continue;
            };
            let from = if day == lo.div_euclid(DAY) { lo.rem_euclid(DAY) } else { 0 };
            let to = if day == hi.div_euclid(DAY) { hi.rem_euclid(DAY) } else { DAY - 1 };
            let extras =
                [(day - base_day) as f64, extras[1], crate::fit::weekday(day) as f64, base.rem_euclid(DAY) as f64];
            let value = self.draw_number(frames, row, clock, &extras, (from, to), false, rng).map(|s| day * DAY + s);
            // What is near comes from the span alone.
            if let Some(v) = value.filter(|v| c.parts.len() < 5 || !(0..NEAR).contains(&(v - base))) {
                return Some(v);
            }
        }
        None
    }

    /// A day of the bin around `d` that falls on a weekday drawn from its own conditional.
    #[allow(clippy::too_many_arguments)] // As draw_number.
    fn on_weekday(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        ((a, b), season): ((i64, i64), &[u32]),
        d: i64,
        base_day: i64,
        extras: &[f64],
        rng: &mut Stream,
    ) -> Option<i64> {
        if a >= b {
            return Some(d);
        }
        let Coder::Number(weekdays) = &c.parts[1].drawn.coder else { return None };
        let near = |w: i64| {
            let ahead = (w - crate::fit::weekday(base_day + d)).rem_euclid(7);
            [d + ahead, d + ahead - 7].into_iter().filter(|x| (a..=b).contains(x)).min_by_key(|x| (x - d).abs())
        };
        let n = weekdays.len();
        let mut weigh = |code: u16| f64::from(u8::from(usize::from(code) < n && near(weekdays.middle(code)).is_some()));
        match self.code(frames, row, &c.parts[1], extras, Some(&mut weigh), rng) {
            Some(code) if season.is_empty() => near(weekdays.middle(code)),
            Some(code) => {
                // Any day of the bin (not over a year away) on that weekday, by how often its day of the year is met.
                let w = weekdays.middle(code);
                let days: Vec<i64> = (a.max(d - YEAR / 2)..=b.min(d + YEAR / 2))
                    .filter(|x| crate::fit::weekday(base_day + x) == w)
                    .collect();
                let met = |x: &i64| season.get(crate::fit::day_of_year(base_day + x)).copied().map_or(0.0, f64::from);
                let weights: Vec<f64> = days.iter().map(met).collect();
                rng.weighted(&weights).map(|i| days[i]).or_else(|| near(w))
            }
            None => Some(d),
        }
    }

    /// What the rules leave for a column; None when nothing.
    fn bounds(&self, frames: &[Frame], row: usize, c: &ColumnModel, targets: &[Option<Targets>]) -> Option<(i64, i64)> {
        let (mut lo, mut hi) = c.range.unwrap_or(ALL);
        let keep = &self.model.keep;
        for b in keep.bounds.iter().filter(|b| b.slot == c.slot) {
            let (low, high) = self.bound(frames, row, b);
            lo = lo.max(low);
            hi = hi.min(high);
        }
        if let Some((_, end)) = keep.no_overlap.filter(|(s, _)| *s == c.slot) {
            let before =
                self.plan.value(frames, self.table, row, &Ref::at(&[crate::frame::Hop::Back(1)], usize::from(end)));
            if before != NULL {
                lo = lo.max(before);
            }
        }
        let capacity = keep.capacity.as_ref().filter(|x| x.end == c.slot && !self.roomy);
        if let Some(t) = capacity.and_then(|x| targets.get(usize::from(x.link))).and_then(Option::as_ref) {
            hi = hi.min(t.free_until(self.plan, self.model, frames, row));
        }
        (lo <= hi).then_some((lo, hi))
    }

    fn bound(&self, frames: &[Frame], row: usize, b: &Bound) -> (i64, i64) {
        // A column that comes later leaves as much room as its own values have.
        let low = match &b.low {
            None => ALL.0,
            Some((None, v)) => *v,
            Some((Some(r), plus)) => match self.quantity(frames, row, r) {
                NULL => self.obey.later(r).map_or(ALL.0, |h| lowest(b.unit, h.0, *plus)),
                v => lowest(b.unit, v, *plus),
            },
        };
        let high = match &b.high {
            None => ALL.1,
            Some((None, v)) => *v,
            Some((Some(r), plus)) => match self.quantity(frames, row, r) {
                NULL => self.obey.later(r).map_or(ALL.1, |h| highest(b.unit, h.1, *plus)),
                v => highest(b.unit, v, *plus),
            },
        };
        (low, high)
    }

    /// The number or time behind a reference; numeric labels count as their number.
    pub fn quantity(&self, frames: &[Frame], row: usize, r: &Ref) -> i64 {
        let v = self.plan.value(frames, self.table, row, r);
        match self.plan.kind(self.table, r) {
            Some(SlotKind::Label { numeric: Some(n), .. }) if v != NULL => n.get(v as usize).copied().unwrap_or(NULL),
            _ => v,
        }
    }

    /// Unique sets that this item completes.
    pub fn unique_sets(&self, item: UniqueItem) -> Vec<&'a [UniqueItem]> {
        let sets = self.model.keep.unique.iter().zip(&self.law.last_of_unique);
        sets.filter(|(_, last)| **last == Some(item)).map(|(s, _)| s.as_slice()).collect()
    }

    /// Values of `item` in earlier rows of the owner that agree with this row on the rest of the set.
    pub fn used(&self, frames: &[Frame], row: usize, set: &[UniqueItem], item: UniqueItem) -> Vec<i64> {
        let frame = &frames[self.table];
        let get = |i: UniqueItem, r: usize| match i {
            UniqueItem::Slot(s) => frame.values[usize::from(s)][r],
            UniqueItem::Link(l) => i64::from(frame.links[usize::from(l)][r]),
        };
        let from = row - self.cursor.position();
        (from..row)
            .filter(|r| set.iter().filter(|i| **i != item).all(|i| get(*i, *r) == get(*i, row)))
            .map(|r| get(item, r))
            .collect()
    }

    /// Values of `item` in earlier rows of the table that agree with this row on the rest of a set it completes.
    pub fn used_in_table(&self, frames: &[Frame], row: usize, item: UniqueItem) -> Vec<i64> {
        let sets = self.in_table.iter().zip(&self.model.keep.unique_in_table).zip(&self.law.last_of_table);
        sets.filter(|(_, last)| **last == item)
            .filter_map(|((seen, set), _)| seen.get(&self.rest(frames, row, set, item)))
            .flatten()
            .copied()
            .collect()
    }

    /// True when a value would repeat a set that must not repeat.
    fn is_used(&self, frames: &[Frame], row: usize, item: UniqueItem, value: i64) -> bool {
        let keep = &self.model.keep;
        // A missing value repeats nothing.
        if value == NULL {
            return false;
        }
        (!keep.unique.is_empty()
            && self.unique_sets(item).into_iter().any(|set| self.used(frames, row, set, item).contains(&value)))
            || (!keep.unique_in_table.is_empty() && self.used_in_table(frames, row, item).contains(&value))
    }

    /// Remembers a row that stays: by its targets, by what it decides, and in the sets that are unique in the table.
    pub fn remember(&mut self, frames: &[Frame], row: usize, targets: &mut [Option<Targets>]) {
        targets.iter_mut().flatten().for_each(|t| t.remember(frames, row));
        self.obey.accept(frames, row);
        for i in 0..self.in_table.len() {
            let (set, last) = (&self.model.keep.unique_in_table[i], self.law.last_of_table[i]);
            let rest = self.rest(frames, row, set, last);
            let value = self.item(frames, row, last);
            self.in_table[i].entry(rest).or_default().push(value);
        }
    }

    fn item(&self, frames: &[Frame], row: usize, item: UniqueItem) -> i64 {
        let frame = &frames[self.table];
        match item {
            UniqueItem::Slot(s) => frame.values[usize::from(s)][row],
            UniqueItem::Link(l) => i64::from(frame.links[usize::from(l)][row]),
        }
    }

    fn rest(&self, frames: &[Frame], row: usize, set: &[UniqueItem], without: UniqueItem) -> Vec<i64> {
        set.iter().filter(|i| **i != without).map(|i| self.item(frames, row, *i)).collect()
    }

    /// Position among the rows of the owner.
    pub fn place(&self) -> usize {
        self.cursor.position()
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

/// The allowed value inside the bounds that is nearest to `v`; of two as near the smaller.
fn nearest(allowed: &[i64], v: i64, (lo, hi): (i64, i64)) -> Option<i64> {
    let fits = |a: &&i64| **a != NULL && (**a == v || (lo..=hi).contains(*a));
    allowed.iter().filter(fits).min_by_key(|a| a.abs_diff(v)).copied()
}
