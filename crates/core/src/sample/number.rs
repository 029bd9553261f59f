//! Draws numbers and times of a row: as values, as differences, and by day, weekday and time of day.

use super::bounds::ALL;
use super::law::{self, ColumnLaw, Law};
use super::row::RowDrawer;
use crate::dataset::NULL;
use crate::fit::NEAR;
use crate::frame::{Frame, Ref};
use crate::model::{Coder, MILLION};
use crate::rng::Stream;
use crate::time::DAY;

/// Times the day of a calendar time is drawn again when the clock does not fit.
const DAYS: usize = 12;

/// Days of a year.
const YEAR: i64 = 365;

impl RowDrawer<'_> {
    /// Draws a whole number inside bounds; missing is not allowed.
    pub(super) fn number(
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
    pub(super) fn number_or_none(
        &mut self,
        frames: &[Frame],
        row: usize,
        law: &Law,
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        self.draw_number(frames, row, law, &[], ALL, missing, rng).filter(|v| *v != NULL)
    }

    /// [`NULL`] for missing; None when nothing is allowed.
    #[allow(clippy::too_many_arguments)] // The place, the law, the bounds and the stream.
    pub(super) fn draw_number(
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
        match self.code(frames, row, law, extras, if free { None } else { Some(&mut weigh) }, rng) {
            Some(code) if usize::from(code) == n => Some(NULL),
            Some(code) => coder.draw(code, lo, hi, rng),
            None if self.must && self.loose => coder.nearest(lo, hi),
            None => None,
        }
    }

    #[allow(clippy::too_many_arguments)] // As draw_number.
    pub(super) fn shifted(
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

    /// A number that differs from `base` by a share of it, on the grid of the column.
    #[allow(clippy::too_many_arguments)] // As draw_number.
    pub(super) fn scaled(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        (lo, hi): (i64, i64),
        base: i64,
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        let share = |v: i64, up: i128| {
            let of = (i128::from(v) - i128::from(base)) * i128::from(MILLION) + up;
            i64::try_from(of.div_euclid(i128::from(base))).unwrap_or(if v < base { ALL.0 } else { ALL.1 })
        };
        let bounds = (share(lo, i128::from(base) - 1), share(hi, 0));
        match self.draw_number(frames, row, &c.parts[0], &[], bounds, missing, rng)? {
            NULL => Some(NULL),
            q => {
                let by = (i128::from(base) * i128::from(q) + i128::from(MILLION / 2)).div_euclid(i128::from(MILLION));
                let v = i64::try_from(i128::from(base) + by).ok()?;
                let (step, first) = match &c.parts[1].drawn.coder {
                    Coder::Number(level) => (level.step().max(1), level.range().map_or(0, |r| r.0)),
                    _ => (1, 0),
                };
                let down = v.saturating_sub(v.saturating_sub(first).rem_euclid(step));
                [down, down.saturating_add(step)]
                    .into_iter()
                    .filter(|v| (lo..=hi).contains(v))
                    .min_by_key(|near| near.abs_diff(v))
            }
        }
    }

    /// A span after `base`, or by the clock where rows come so.
    #[allow(clippy::too_many_arguments)] // As draw_number.
    pub(super) fn since(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        base: i64,
        (lo, hi): (i64, i64),
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        if let [_, flag, clock] = &c.parts[..]
            && self.code(frames, row, flag, &[], None, rng) == Some(1)
        {
            let midnight = base.saturating_sub(base.rem_euclid(DAY));
            let later = (lo.max(base.saturating_add(1)), hi);
            if let Some(v) = self.shifted(frames, row, clock, &[], later, midnight, missing, rng) {
                return Some(v);
            }
        }
        self.shifted(frames, row, &c.parts[0], &[], (lo, hi), base, missing, rng)
    }

    #[allow(clippy::too_many_arguments)] // As draw_number.
    pub(super) fn calendar(
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
            // A day that stands out is that day.
            let (a, b) = if coder.is_heap(d) { (d, d) } else { coder.bin(coder.code(d)) };
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
    pub(super) fn on_weekday(
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
}
