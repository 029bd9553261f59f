//! Values inside a bin that stand out: round numbers, the last day of a season, the least wage of a year.
//!
//! A bin is one code, so what is inside depends on nothing else that is known of a row; but a uniform draw would spread
//! over everything what many entities have in common.

use serde::{Deserialize, Serialize};

use super::bins::Grid;
use super::{Distinct, NumberCoder};
use crate::math::ln;

/// Share of its bin that a heap has at least.
const LEAST: f64 = 0.05;
/// Times as often as in an even spread over the bin.
const TIMES: f64 = 2.5;
/// Times the least support: what a handful share of few entities tells more of them than of the population.
const SHARED: usize = 4;
/// One value in 160,000 stands out so by chance.
const SURE: f64 = 12.0;

/// A value that comes more often than those around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heap {
    /// The bin.
    pub(super) code: u16,
    /// The value.
    pub(super) value: i64,
    /// Share of the heaps of the bin up to here, in parts of 2^32.
    pub(super) upto: u32,
}

/// The share of a bin in which its heaps are full.
pub(super) const WHOLE: f64 = (1u64 << 32) as f64;

impl NumberCoder {
    /// Finds the heaps of the bins; [`SHARED`] times `k` entities at least stand for each. Quartiles are then those of
    /// the other rows, moved to round numbers.
    pub(super) fn heap(&mut self, rows: &[(i64, u32)], distinct: &mut Distinct, k: usize) {
        let grid = Grid { step: self.step, zero: rows[0].0.rem_euclid(self.step) };
        for c in 0..self.len() {
            let (lo, hi) = (self.lo[c], self.hi[c]);
            let inside = &rows[rows.partition_point(|r| r.0 < lo)..rows.partition_point(|r| r.0 <= hi)];
            let width = self.width(c as u16);
            let n = inside.len() as f64;
            let even = n / width;
            let mut others: Vec<(i64, u32)> = Vec::new();
            let mut sum = 0;
            for run in inside.chunk_by(|a, b| a.0 == b.0) {
                let size = run.len() as f64;
                // That so many rows fall on one value by chance is at most e to the minus this (Chernoff 1952).
                let surprise = size * ln(size / even) - size + even;
                let stands_out = size >= LEAST * n && size >= TIMES * even && surprise > SURE;
                if width > 1.0 && stands_out && distinct.at_least(SHARED * k, run.iter().map(|r| r.1)) {
                    sum += run.len();
                    let upto = (sum as f64 / n * WHOLE).min(WHOLE - 1.0) as u32;
                    self.heaps.push(Heap { code: c as u16, value: run[0].0, upto });
                } else {
                    others.extend_from_slice(run);
                }
            }
            if sum > 0 {
                let mut least = lo;
                for (q, at) in self.quartiles(&others, (lo, hi), distinct, k).into_iter().enumerate() {
                    least = grid.near(at, at.abs_diff(lo).min(hi.abs_diff(at))).clamp(least, hi);
                    self.inner[c][q] = least;
                }
            }
        }
    }

    /// The heaps of a bin.
    pub(super) fn heaps_of(&self, code: usize) -> &[Heap] {
        let place = |c: usize| self.heaps.partition_point(|h| usize::from(h.code) < c);
        &self.heaps[place(code)..place(code + 1)]
    }

    /// The values that stand out.
    pub fn heaps(&self) -> impl Iterator<Item = i64> {
        self.heaps.iter().map(|h| h.value)
    }

    /// True for a value that stands out in its bin.
    pub fn is_heap(&self, value: i64) -> bool {
        self.heaps_of(usize::from(self.code(value))).iter().any(|h| h.value == value)
    }

    /// Whether heaps lie inside their bins and add up: a model file may say anything.
    pub(super) fn heaps_are_sound(&self) -> bool {
        let inside = |h: &Heap| {
            let c = usize::from(h.code);
            self.lo.get(c).is_some_and(|lo| *lo <= h.value) && self.hi.get(c).is_some_and(|hi| h.value <= *hi)
        };
        self.heaps.iter().all(inside)
            && self.heaps.windows(2).all(|w| (w[0].code, w[0].upto) < (w[1].code, w[1].upto) && w[0].value < w[1].value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Grain, Spread};
    use super::*;
    use crate::rng::Stream;

    /// Days of a career's end: every twentieth ends on the last day of a year, whom many share or only one.
    fn days(share: bool) -> (Vec<i64>, Vec<u32>) {
        let mut s = Stream::new(7, 1, 1);
        let day = |i: u32| if i.is_multiple_of(20) { 365 * (i64::from(i / 20) % 8) + 364 } else { 0 };
        let all = (0..4000u32).map(|i| if i % 20 == 0 { day(i) } else { s.below(365 * 8) as i64 }).collect();
        (all, (0..4000).map(|i| if share || i % 20 != 0 { i } else { 0 }).collect())
    }

    #[test]
    fn heaps_are_drawn_as_often_as_they_come() {
        let (values, entities) = days(true);
        let c = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        assert!(c.is_sound());
        let spread = Spread::new(&c);
        let mut s = Stream::new(7, 1, 2);
        let n = 40_000;
        let mut hits = [0.0; 2];
        for i in 0..n {
            let code = c.code(values[i % values.len()]);
            let random = s.next_u32();
            hits[0] += f64::from(u8::from(spread.draw(code, random, &mut s) % 365 == 364));
            hits[1] += f64::from(u8::from(c.draw(code, i64::MIN, i64::MAX, &mut s).unwrap() % 365 == 364));
        }
        // A twentieth of the rows and one in 365 of the others; the even draw of the rest may meet the value once more.
        let (again, share) = (0.95 / 365.0, 0.05 + 0.95 / 365.0);
        for h in hits {
            let error = h / n as f64 - share;
            assert!(error.abs() < 4.0 * (share / n as f64).sqrt() + again, "{error}");
        }
    }

    #[test]
    fn bounds_take_heaps_away() {
        let (values, entities) = days(true);
        let c = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        let code = c.code(364);
        let mut s = Stream::new(7, 1, 3);
        assert!(c.is_heap(364) && !c.is_heap(363));
        let whole = c.overlap(code, i64::MIN, i64::MAX);
        let parts = c.overlap(code, i64::MIN, 363) + c.overlap(code, 364, 364) + c.overlap(code, 365, i64::MAX);
        assert!((whole - 1.0).abs() < 1e-9 && (parts - 1.0).abs() < 1e-9 && c.overlap(code, 364, 364) > 0.1);
        assert!((0..500).all(|_| c.draw(code, i64::MIN, 363, &mut s).is_none_or(|v| v < 364)));
    }

    #[test]
    fn what_one_entity_repeats_is_no_heap() {
        let (values, entities) = days(false);
        let c = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        assert_eq!(c.heaps, []);
    }
}
