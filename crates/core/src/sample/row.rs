//! Draws the columns of one row, each given what is known, inside what the rules allow.

use super::laws::{Decided, Laws};
use super::link::Targets;
use crate::conditional::Binner;
use crate::dataset::NULL;
use crate::feature::{Cursor, Feature};
use crate::fit::NEAR;
use crate::frame::{Frame, NO_ROW, Ref};
use crate::model::{Bound, Coder, ColumnModel, Drawn, Input, Model, Quantity, TableModel, UniqueItem, Unit};
use crate::plan::{Plan, SlotKind};
use crate::rng::{Stream, name};
use crate::time::DAY;

/// Times a row is drawn again when the rules leave no value for a column.
const TRIES: u64 = 170;
/// Tries in which a stay keeps its length and looks for a free place instead; after them it is cut short.
const PATIENT: u64 = 150;
/// Tries after which a value that was never seen in such a row is better than no row.
const LOOSE: u64 = 155;
/// Times the day of a calendar time is drawn again when the clock does not fit.
const DAYS: usize = 12;

/// Everything from the smallest to the largest tick.
const ALL: (i64, i64) = (i64::MIN + 1, i64::MAX);

pub(super) struct RowDrawer<'a> {
    pub plan: &'a Plan,
    pub model: &'a TableModel,
    pub table: usize,
    pub seed: u64,
    features: &'a [Feature],
    binners: &'a [Binner],
    cursor: Cursor,
    /// Feature values of the current row, valid where the stamp is now.
    values: Vec<f64>,
    stamp: Vec<u32>,
    now: u32,
    /// Whether an interval may be cut short where its place is needed by another.
    pub cut_short: bool,
    /// Stream names: time, links, columns.
    purposes: Vec<u64>,
    /// Step at which each unique set is complete.
    last_of_unique: Vec<Option<UniqueItem>>,
    /// Rules between columns.
    laws: Laws<'a>,
    /// Smallest and largest number that each slot may take.
    hull: Vec<Option<(i64, i64)>>,
    /// Whether a code that the rules allow may be drawn although it was never seen in such a row.
    loose: bool,
}

impl<'a> RowDrawer<'a> {
    pub fn new(model: &'a Model, table: usize, seed: u64) -> Self {
        let plan = &model.plan;
        let t = &plan.tables[table];
        let mine = &model.tables[table];
        let mut purposes: Vec<u64> = t.slots.iter().map(|s| name(&[&t.name, &s.column])).collect();
        purposes.extend(t.links.iter().map(|l| name(&[&t.name, "link", &l.name])));
        let place = |i: &UniqueItem| match i {
            UniqueItem::Link(l) => usize::from(*l),
            UniqueItem::Slot(s) => 1000 + mine.columns.iter().position(|c| c.slot == *s).map_or(0, |p| p + 1),
        };
        let last_of_unique = mine.keep.unique.iter().map(|set| set.iter().max_by_key(|i| place(i)).copied()).collect();
        let n = mine.features.len();
        let hull = (0..t.slots.len())
            .map(|s| match &t.slots[s].kind {
                SlotKind::Label { numeric: Some(v), .. } => Some((*v.iter().min()?, *v.iter().max()?)),
                _ => mine.columns.iter().find(|c| usize::from(c.slot) == s).and_then(|c| c.range),
            })
            .collect();
        Self {
            laws: Laws::new(model, table),
            hull,
            loose: false,
            plan,
            model: mine,
            table,
            seed,
            features: &mine.features,
            binners: &mine.binners,
            cursor: Cursor::new(plan, table),
            values: vec![0.0; n],
            stamp: vec![0; n],
            now: 0,
            cut_short: true,
            purposes,
            last_of_unique,
        }
    }

    /// Works with another list of features than the table's own.
    pub fn use_features(&mut self, features: &'a [Feature], binners: &'a [Binner]) {
        self.features = features;
        self.binners = binners;
        self.values = vec![0.0; features.len()];
        self.stamp = vec![0; features.len()];
    }

    pub fn enter(&mut self, frames: &[Frame], row: usize) {
        self.cursor.enter(self.plan, frames, row);
        self.now += 1;
    }

    pub fn leave(&mut self, frames: &[Frame], row: usize) {
        self.cursor.leave(self.plan, frames, row);
    }

    /// Fills a row. False when the rules leave no room for it: then it holds nothing of use.
    pub fn fill(&mut self, frames: &mut [Frame], row: usize, at: u64, targets: &mut [Option<Targets>]) -> bool {
        self.cursor.enter(self.plan, frames, row);
        for attempt in 0..TRIES {
            self.now += 1;
            self.loose = attempt >= LOOSE;
            if self.once(frames, row, at, attempt, targets) {
                self.laws.accept(frames, row);
                self.cursor.leave(self.plan, frames, row);
                for t in targets.iter_mut().flatten() {
                    t.taken(self.model, frames, row);
                }
                return true;
            }
            self.clear(frames, row);
        }
        self.cursor.leave(self.plan, frames, row);
        false
    }

    fn clear(&self, frames: &mut [Frame], row: usize) {
        for v in &mut frames[self.table].values {
            v[row] = NULL;
        }
        for l in &mut frames[self.table].links {
            l[row] = NO_ROW;
        }
    }

    fn stream(&self, purpose: usize, at: u64, attempt: u64) -> Stream {
        Stream::new(self.seed, self.purposes[purpose].wrapping_add(attempt), at)
    }

    fn once(
        &mut self,
        frames: &mut [Frame],
        row: usize,
        at: u64,
        attempt: u64,
        targets: &mut [Option<Targets>],
    ) -> bool {
        let model = self.model;
        let slots = self.plan.tables[self.table].slots.len();
        // Cutting stays short or moving them to other wards where beds run out would bend both: first the same
        // stay waits for another time, as a planned patient does.
        let capacity = model.keep.capacity.as_ref();
        self.cut_short = capacity.is_none() || attempt >= PATIENT;
        let rest_try = if self.cut_short { attempt } else { 0 };
        if let Some((first, next)) = &model.when {
            let mut rng = self.stream(usize::from(first.slot), at, attempt);
            let later = self.cursor.position() > 0 && frames[self.table].owner[row] != NO_ROW;
            if !self.column(frames, row, if later { next } else { first }, targets, &mut rng) {
                return false;
            }
        }
        for l in 0..model.links.len() {
            let Some(mut t) = targets.get_mut(l).and_then(Option::take) else { continue };
            let mut rng = self.stream(slots + l, at, rest_try);
            let missing = self.laws.missing(frames, row, UniqueItem::Link(l as u8));
            let done = missing == Some(true) || t.choose(self, frames, row, &mut rng);
            targets[l] = Some(t);
            if !done || (missing == Some(false) && frames[self.table].links[l][row] == NO_ROW) {
                return false;
            }
        }
        let done = model.columns.iter().all(|c| {
            let mut rng = self.stream(usize::from(c.slot), at, rest_try);
            self.column(frames, row, c, targets, &mut rng)
        });
        let fits = |c: &crate::model::Capacity| match targets.get(usize::from(c.link)).and_then(Option::as_ref) {
            Some(t) => t.has_room(self.plan, model, frames, row),
            None => true,
        };
        let bound = |i: usize| self.bound(frames, row, &model.keep.bounds[i]);
        done && capacity.is_none_or(fits) && self.laws.hold(frames, row, self.cursor.position(), bound)
    }

    /// Chooses deferred links of a finished row.
    pub fn link_late(&mut self, frames: &mut [Frame], row: usize, at: u64, targets: &mut [Option<Targets>]) {
        let slots = self.plan.tables[self.table].slots.len();
        self.enter(frames, row);
        for (l, place) in targets.iter_mut().enumerate() {
            let Some(mut t) = place.take() else { continue };
            for attempt in 0..TRIES {
                let mut rng = self.stream(slots + l, at, attempt);
                self.now += 1;
                if t.choose(self, frames, row, &mut rng) {
                    break;
                }
            }
            *place = Some(t);
        }
        self.leave(frames, row);
    }

    fn value(&mut self, frames: &[Frame], row: usize, f: u16) -> f64 {
        let i = usize::from(f);
        if self.stamp[i] != self.now {
            self.values[i] = self.cursor.value(self.plan, frames, row, &self.features[i]);
            self.stamp[i] = self.now;
        }
        self.values[i]
    }

    fn guess(&mut self, frames: &[Frame], row: usize, drawn: &Drawn) -> f64 {
        match &drawn.ridge {
            Some(r) => r.guess(|f| self.value(frames, row, f)),
            None => f64::NAN,
        }
    }

    /// Draws a code; `weigh` gives the share of each code that is allowed.
    pub fn code(
        &mut self,
        frames: &[Frame],
        row: usize,
        drawn: &Drawn,
        extras: &[f64],
        mut weigh: Option<&mut dyn FnMut(u16) -> f64>,
        rng: &mut Stream,
    ) -> Option<u16> {
        let bin = &mut |i: u16| match &drawn.inputs[usize::from(i)] {
            Input::Feature(f) => {
                let v = self.value(frames, row, *f);
                self.binners[usize::from(*f)].bin(v)
            }
            Input::Ridge(b) => b.bin(self.guess(frames, row, drawn)),
            Input::Extra(e, b) => b.bin(extras[usize::from(*e)]),
        };
        let code = drawn.conditional.draw(bin, rng, weigh.as_deref_mut());
        if code.is_some() || !self.loose {
            return code;
        }
        let weigh = weigh?;
        let shares: Vec<f64> = (0..drawn.coder.codes() as u16).map(weigh).collect();
        rng.weighted(&shares).map(|c| c as u16)
    }

    /// Draws a whole number inside bounds; missing is not allowed.
    pub fn number(
        &mut self,
        frames: &[Frame],
        row: usize,
        drawn: &Drawn,
        bounds: (i64, i64),
        rng: &mut Stream,
    ) -> Option<i64> {
        self.draw_number(frames, row, drawn, &[], bounds, false, rng).filter(|v| *v != NULL)
    }

    /// Draws a whole number; None for missing, where that is allowed.
    pub fn number_or_none(
        &mut self,
        frames: &[Frame],
        row: usize,
        drawn: &Drawn,
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        self.draw_number(frames, row, drawn, &[], ALL, missing, rng).filter(|v| *v != NULL)
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
        drawn: &Drawn,
        extras: &[f64],
        (lo, hi): (i64, i64),
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        let Coder::Number(coder) = &drawn.coder else { return None };
        let n = coder.len();
        if n == 0 {
            return missing.then_some(NULL);
        }
        let free = (lo, hi) == ALL && missing;
        let mut weigh = |c: u16| {
            if usize::from(c) == n { f64::from(u8::from(missing)) } else { coder.overlap(c, lo, hi) }
        };
        let code = self.code(frames, row, drawn, extras, if free { None } else { Some(&mut weigh) }, rng)?;
        if usize::from(code) == n { Some(NULL) } else { coder.draw(code, lo, hi, rng) }
    }

    /// Draws one column into its row.
    fn column(
        &mut self,
        frames: &mut [Frame],
        row: usize,
        c: &ColumnModel,
        targets: &[Option<Targets>],
        rng: &mut Stream,
    ) -> bool {
        let slot = usize::from(c.slot);
        let mut missing = !self.model.keep.not_null.contains(&c.slot);
        let (mut decided, mut allowed) = (Decided::Free, None);
        if self.laws.touch(c.slot) {
            match self.laws.missing(frames, row, UniqueItem::Slot(c.slot)) {
                Some(true) => {
                    frames[self.table].values[slot][row] = NULL;
                    return missing;
                }
                Some(false) => missing = false,
                None => {}
            }
            decided = self.laws.decide(frames, row, c.slot);
            match decided {
                Decided::Impossible => return false,
                Decided::Value { value, optional: false } => {
                    frames[self.table].values[slot][row] = value;
                    return true;
                }
                _ => {}
            }
            allowed = self.laws.allowed(frames, row, c.slot);
            if let Some(a) = &allowed {
                missing &= a.first() == Some(&NULL);
                if a[..] == [NULL] {
                    frames[self.table].values[slot][row] = NULL;
                    return missing;
                }
            }
        }
        let Some((lo, hi)) = self.bounds(frames, row, c, targets) else {
            // Rules that leave no value leave a missing one, where there are missing ones.
            frames[self.table].values[slot][row] = NULL;
            return missing && !self.model.keep.complete.contains(&c.slot);
        };
        let value = match &c.quantity {
            Quantity::Copy(r) => {
                Some(self.plan.value(frames, self.table, row, r)).filter(|v| *v == NULL || (lo..=hi).contains(v))
            }
            Quantity::Level => match &c.parts[0].coder {
                Coder::Number(_) => self.draw_number(frames, row, &c.parts[0], &[], (lo, hi), missing, rng),
                _ => self.label(frames, row, c, (lo, hi), missing, allowed.as_deref(), rng),
            },
            Quantity::Since(r) => match self.plan.value(frames, self.table, row, r) {
                NULL => {
                    self.draw_number(frames, row, &c.parts[0], &[], ALL, missing, rng).map(|_| NULL).filter(|_| missing)
                }
                base => self.shifted(frames, row, &c.parts[0], &[], (lo, hi), base, missing, rng),
            },
            Quantity::Residual => {
                let guess = self.guess(frames, row, &c.parts[0]);
                self.shifted(frames, row, &c.parts[0], &[guess], (lo, hi), guess.round() as i64, missing, rng)
            }
            Quantity::Calendar(anchor) => self.calendar(frames, row, c, anchor.as_ref(), (lo, hi), missing, rng),
        };
        let value = match (value, decided, &allowed) {
            (Some(v), Decided::Value { value, .. }, _) if v != NULL => Some(value),
            (Some(v), _, Some(a)) if v != NULL => nearest(a, v, (lo, hi)),
            (value, ..) => value,
        };
        match value {
            Some(v) => {
                frames[self.table].values[slot][row] = v;
                true
            }
            None => false,
        }
    }

    #[allow(clippy::too_many_arguments)] // As draw_number.
    fn shifted(
        &mut self,
        frames: &[Frame],
        row: usize,
        drawn: &Drawn,
        extras: &[f64],
        (lo, hi): (i64, i64),
        base: i64,
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        let bounds = (lo.saturating_sub(base), hi.saturating_sub(base));
        match self.draw_number(frames, row, drawn, extras, bounds, missing, rng)? {
            NULL => Some(NULL),
            d => Some(base.saturating_add(d)),
        }
    }

    #[allow(clippy::too_many_arguments)] // As draw_number.
    fn label(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnModel,
        (lo, hi): (i64, i64),
        missing: bool,
        known: Option<&[i64]>,
        rng: &mut Stream,
    ) -> Option<i64> {
        let slot = usize::from(c.slot);
        let SlotKind::Label { labels, numeric } = &self.plan.tables[self.table].slots[slot].kind else { return None };
        let n = labels.len();
        let unique = self.unique_sets(UniqueItem::Slot(c.slot));
        let used: Vec<i64> =
            unique.iter().flat_map(|set| self.used(frames, row, set, UniqueItem::Slot(c.slot))).collect();
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

    #[allow(clippy::too_many_arguments)] // As draw_number.
    fn calendar(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnModel,
        anchor: Option<&Ref>,
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
        let Coder::Number(coder) = &c.parts[0].coder else { return None };
        let bounds = (lo.div_euclid(DAY).saturating_sub(base_day), hi.div_euclid(DAY).saturating_sub(base_day));
        for _ in 0..DAYS {
            let d = self.draw_number(frames, row, &c.parts[0], &[], bounds, missing, rng)?;
            if d == NULL {
                return Some(NULL);
            }
            let (a, b) = coder.bin(coder.code(d));
            let (a, b) = (a.max(bounds.0), b.min(bounds.1));
            let extras = [d as f64, crate::fit::weekday(base_day) as f64];
            let day = base_day + self.on_weekday(frames, row, c, (a, b), d, base_day, &extras, rng)?;
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
        c: &ColumnModel,
        (a, b): (i64, i64),
        d: i64,
        base_day: i64,
        extras: &[f64],
        rng: &mut Stream,
    ) -> Option<i64> {
        if a >= b {
            return Some(d);
        }
        let Coder::Number(weekdays) = &c.parts[1].coder else { return None };
        let near = |w: i64| {
            let ahead = (w - crate::fit::weekday(base_day + d)).rem_euclid(7);
            [d + ahead, d + ahead - 7].into_iter().filter(|x| (a..=b).contains(x)).min_by_key(|x| (x - d).abs())
        };
        let n = weekdays.len();
        let mut weigh = |code: u16| f64::from(u8::from(usize::from(code) < n && near(weekdays.middle(code)).is_some()));
        match self.code(frames, row, &c.parts[1], extras, Some(&mut weigh), rng) {
            Some(code) => near(weekdays.middle(code)),
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
        let capacity = keep.capacity.as_ref().filter(|x| x.end == c.slot && self.cut_short);
        if let Some(t) = capacity.and_then(|x| targets.get(usize::from(x.link))).and_then(Option::as_ref) {
            hi = hi.min(t.free_until(self.plan, self.model, frames, row));
        }
        (lo <= hi).then_some((lo, hi))
    }

    fn bound(&self, frames: &[Frame], row: usize, b: &Bound) -> (i64, i64) {
        // A column that comes later leaves as much room as its own values have.
        let later = |r: &Ref| {
            let own = r.hops.is_empty() && self.model.keep.complete.contains(&r.slot);
            self.hull.get(usize::from(r.slot)).copied().flatten().filter(|_| own)
        };
        let low = match &b.low {
            None => ALL.0,
            Some((None, v)) => *v,
            Some((Some(r), plus)) => match self.quantity(frames, row, r) {
                NULL => later(r).map_or(ALL.0, |h| lowest(b.unit, h.0, *plus)),
                v => lowest(b.unit, v, *plus),
            },
        };
        let high = match &b.high {
            None => ALL.1,
            Some((None, v)) => *v,
            Some((Some(r), plus)) => match self.quantity(frames, row, r) {
                NULL => later(r).map_or(ALL.1, |h| highest(b.unit, h.1, *plus)),
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
        let sets = self.model.keep.unique.iter().zip(&self.last_of_unique);
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
        Unit::Day => (v.div_euclid(DAY) + plus).saturating_mul(DAY),
    }
}

/// The largest value of a slot that is not above `v`, by `-plus` where that is more than none.
fn highest(unit: Unit, v: i64, plus: i64) -> i64 {
    match unit {
        Unit::Same => v.saturating_add(plus),
        Unit::Times(f) => v.saturating_mul(f).saturating_add(plus),
        Unit::Parts(f) if plus < 0 => v.div_euclid(f) + i64::from(v.rem_euclid(f) > 0) - 1,
        Unit::Parts(f) => v.div_euclid(f),
        Unit::Day => (v.div_euclid(DAY) + plus).saturating_mul(DAY).saturating_add(DAY - 1),
    }
}

/// The allowed value inside the bounds that is nearest to `v`; of two as near the smaller.
fn nearest(allowed: &[i64], v: i64, (lo, hi): (i64, i64)) -> Option<i64> {
    let distance = |a: &i64| a.abs_diff(v);
    let fits = |a: &&i64| **a != NULL && (**a == v || (lo..=hi).contains(*a));
    allowed.iter().filter(fits).min_by_key(|a| distance(a)).copied()
}
