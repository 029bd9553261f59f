//! Whole numbers to codes: single values or bins, and back by a smooth draw inside the bin, never a stored value.

use serde::{Deserialize, Serialize};

use super::bins::{GAP, Grid};
use super::heaps::{Heap, WHOLE};
use crate::rng::Stream;

/// Bins over the ticks of a number, a time span or a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NumberCoder {
    /// Distance of neighbouring values on the grid.
    pub(super) step: i64,
    /// First value of each bin, ascending.
    pub(super) lo: Vec<i64>,
    /// Last value of each bin; equal to `lo` for a single value.
    pub(super) hi: Vec<i64>,
    /// Three inner quartiles of each bin: the draw inside is uniform between neighbours.
    pub(super) inner: Vec<[i64; 3]>,
    /// Values that stand out inside bins, ascending.
    #[serde(default)]
    pub(super) heaps: Vec<Heap>,
}

impl NumberCoder {
    /// Whether bins are in order and no span of them overflows: a model file may say anything.
    pub fn is_sound(&self) -> bool {
        let n = self.lo.len();
        let inside = |i: usize| {
            let q = self.inner[i];
            self.lo[i] <= q[0] && q[0] <= q[1] && q[1] <= q[2] && q[2] <= self.hi[i]
        };
        let span = match self.range() {
            Some((a, b)) => a > i64::MIN && b.checked_sub(a).is_some(),
            None => true,
        };
        n < 65_535
            && self.hi.len() == n
            && self.inner.len() == n
            && (self.step > 0 || n == 0)
            && (0..n).all(inside)
            && (1..n).all(|i| self.hi[i - 1] < self.lo[i])
            && span
            && self.heaps_are_sound()
    }

    /// Number of codes.
    pub fn len(&self) -> usize {
        self.lo.len()
    }

    /// True when nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.lo.is_empty()
    }

    /// The code of a value; values outside or between bins go to the nearest bin above, else the last.
    pub fn code(&self, value: i64) -> u16 {
        self.hi.partition_point(|h| *h < value).min(self.len().saturating_sub(1)) as u16
    }

    /// Smallest and largest value that can be drawn.
    pub fn range(&self) -> Option<(i64, i64)> {
        Some((*self.lo.first()?, *self.hi.last()?))
    }

    /// The number of the grid inside lo..=hi that lies next to the bins; None when no number does.
    pub fn nearest(&self, lo: i64, hi: i64) -> Option<i64> {
        let (first, last) = self.range()?;
        let grid = Grid { step: self.step, zero: first.rem_euclid(self.step) };
        // Between two bins any number is as near as another.
        let v = if hi <= last { grid.down(hi, 0) } else { grid.up(lo, 0) };
        (lo..=hi).contains(&v).then_some(v)
    }

    /// Every number that the bins hold: first, quartiles and last of each, and its heaps.
    pub fn values(&self) -> Vec<i64> {
        let bins = self.lo.iter().zip(&self.inner).zip(&self.hi);
        let mut all: Vec<i64> = bins.flat_map(|((lo, inner), hi)| [*lo, inner[0], inner[1], inner[2], *hi]).collect();
        all.extend(self.heaps());
        all.sort_unstable();
        all.dedup();
        all
    }

    /// First and last value of a bin.
    pub fn bin(&self, code: u16) -> (i64, i64) {
        (self.lo[usize::from(code)], self.hi[usize::from(code)])
    }

    /// Middle of a bin.
    pub fn middle(&self, code: u16) -> i64 {
        self.inner[usize::from(code)][1]
    }

    /// Distance of neighbouring values.
    pub fn step(&self) -> i64 {
        self.step
    }

    /// For each code whether a gap follows that is wider than the bins beside it: what lies beyond is of another kind.
    pub fn gaps(&self) -> Vec<bool> {
        let width = |c: usize| self.lo[c].abs_diff(self.hi[c]);
        let wide = |c: usize| {
            let gap = self.hi[c].abs_diff(self.lo[c + 1]);
            gap / GAP >= self.step as u64 && gap > width(c).max(width(c + 1))
        };
        (0..self.len()).map(|c| c + 1 < self.len() && wide(c)).collect()
    }

    /// Number of grid values in a bin.
    pub fn width(&self, code: u16) -> f64 {
        let c = usize::from(code);
        (self.hi[c] - self.lo[c]) as f64 / self.step as f64 + 1.0
    }

    /// The edges of the four pieces of a bin that hold a quarter of it each.
    pub(super) fn pieces(&self, code: usize) -> [(i64, i64); 4] {
        let i = self.inner[code];
        let (lo, hi, s) = (self.lo[code], self.hi[code], self.step);
        [
            (lo, i[0]),
            (i[0].saturating_add(s).min(i[1]), i[1]),
            (i[1].saturating_add(s).min(i[2]), i[2]),
            (i[2].saturating_add(s).min(hi), hi),
        ]
    }

    /// The share of a bin that lies inside lo..=hi.
    pub fn overlap(&self, code: u16, lo: i64, hi: i64) -> f64 {
        let c = usize::from(code);
        if self.lo[c] >= lo && self.hi[c] <= hi {
            return 1.0;
        }
        if self.hi[c] < lo || hi < self.lo[c] {
            return 0.0;
        }
        let (heaps, rest) = self.weights(c, lo, hi);
        heaps.iter().sum::<f64>() + rest.iter().sum::<f64>()
    }

    /// The shares of a bin that its heaps and its pieces have inside lo..=hi.
    fn weights(&self, code: usize, lo: i64, hi: i64) -> (Vec<f64>, [f64; 4]) {
        let mut before = 0;
        let heaps = self.heaps_of(code).iter().map(|h| {
            let share = f64::from(h.upto - std::mem::replace(&mut before, h.upto)) / WHOLE;
            if (lo..=hi).contains(&h.value) { share } else { 0.0 }
        });
        let heaps = heaps.collect();
        let rest = 1.0 - f64::from(before) / WHOLE;
        (heaps, self.pieces(code).map(|p| 0.25 * rest * self.share(p, lo, hi)))
    }

    fn share(&self, (a, b): (i64, i64), lo: i64, hi: i64) -> f64 {
        match self.cut((a, b), lo, hi) {
            Some((x, y)) => ((y - x) as f64 / self.step as f64 + 1.0) / ((b - a) as f64 / self.step as f64 + 1.0),
            None => 0.0,
        }
    }

    /// The grid values of a piece inside the bounds.
    fn cut(&self, (a, b): (i64, i64), lo: i64, hi: i64) -> Option<(i64, i64)> {
        let s = i128::from(self.step);
        let up = |x: i64| i128::from(a) + (i128::from(x) - i128::from(a)).div_euclid(s) * s;
        let x = if lo <= a { i128::from(a) } else { up(lo) + if up(lo) < i128::from(lo) { s } else { 0 } };
        let y = if hi >= b { i128::from(b) } else { up(hi) };
        (x <= y && x <= i128::from(b) && y >= i128::from(a)).then_some((x as i64, y as i64))
    }

    /// A value of the bin inside lo..=hi; None when there is none.
    pub fn draw(&self, code: u16, lo: i64, hi: i64, rng: &mut Stream) -> Option<i64> {
        let c = usize::from(code);
        if self.lo[c] == self.hi[c] {
            return (lo..=hi).contains(&self.lo[c]).then_some(self.lo[c]);
        }
        let (mut weights, rest) = self.weights(c, lo, hi);
        weights.extend(rest);
        let at = rng.weighted(&weights)?;
        let heaps = self.heaps_of(c);
        let Some(piece) = at.checked_sub(heaps.len()) else { return Some(heaps[at].value) };
        let (x, y) = self.cut(self.pieces(c)[piece], lo, hi)?;
        Some(x + rng.below(((y - x) / self.step) as u64 + 1) as i64 * self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Grain;
    use super::*;

    fn rng() -> Stream {
        Stream::new(1, 2, 3)
    }

    #[test]
    fn few_values_are_their_own_codes() {
        let values: Vec<i64> = (0..1000).map(|i| i % 10).collect();
        let entities: Vec<u32> = (0..1000).collect();
        let c = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        assert_eq!(c.len(), 10);
        for v in 0..10 {
            assert_eq!(c.draw(c.code(v), i64::MIN, i64::MAX, &mut rng()), Some(v));
        }
    }

    #[test]
    fn a_draw_stays_in_its_bin_on_the_grid_and_in_bounds() {
        let mut s = rng();
        let values: Vec<i64> = (0..5000).map(|_| s.below(100_000) as i64 * 5).collect();
        let entities: Vec<u32> = (0..5000).collect();
        let c = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        assert!(c.len() > 40);
        for code in 0..c.len() as u16 {
            for _ in 0..20 {
                let v = c.draw(code, i64::MIN, i64::MAX, &mut s).unwrap();
                assert_eq!(c.code(v), code);
                assert_eq!(v % 5, 0);
                if let Some(b) = c.draw(code, v, v + 3, &mut s) {
                    assert_eq!(b, v);
                }
            }
        }
        assert_eq!(c.draw(0, 400_000, 500_000, &mut s), None);
    }

    #[test]
    fn the_nearest_number_is_on_the_grid_and_in_bounds() {
        let values: Vec<i64> = (0..1000).map(|i| 103 + i % 10 * 5).collect();
        let c = NumberCoder::fit(&values, &(0..1000).collect::<Vec<u32>>(), 5, Grain::Coarse);
        assert_eq!(c.range(), Some((103, 148)));
        assert_eq!([c.nearest(0, 60), c.nearest(200, 300), c.nearest(104, 109)], [Some(58), Some(203), Some(108)]);
        assert_eq!([c.nearest(104, 107), c.nearest(9, 2), NumberCoder::default().nearest(0, 9)], [None; 3]);
    }

    #[test]
    fn overlap_is_the_share_that_draws_inside() {
        let values: Vec<i64> = (0..64_000).collect();
        let entities: Vec<u32> = (0..64_000).collect();
        let c = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        let (lo, hi) = (c.lo[3], c.hi[3]);
        // The middle of the bin is a quartile moved by at most a quarter of a quarter.
        assert!((c.overlap(3, lo, lo + (hi - lo) / 2) - 0.5).abs() < 0.25 / 4.0 + 1.0 / (hi - lo) as f64);
        assert_eq!(c.overlap(3, hi + 1, i64::MAX), 0.0);
    }
}
