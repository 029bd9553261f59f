//! How far numbers reach beyond the last value that may be told.
//!
//! The k-th largest value is as far as the guards let a model see. What lies behind it is guessed from what lies before,
//! as the tail of an exponential law (peaks over a threshold: Balkema and de Haan 1974, Pickands 1975): from the 4k-th
//! largest to the k-th is ln 4 times its scale. Nothing of the k values behind goes into the guess.

use super::NumberCoder;

/// Scales of the tail from the k-th value to where numbers end. The largest of five lies 2.3 scales behind the fifth
/// on average; in an even spread up to there the mean is that of the tail.
const SCALES: f64 = 1.5;
/// Times that values lie further apart in a tail than in the middle.
const THIN: f64 = 1.5;
/// Entities needed for each of the k.
const ENOUGH: usize = 16;

impl NumberCoder {
    /// Lets the outer bins reach into the tails of the values they were learned from; `k` as then. Below and above only
    /// where it is `open`: a declared end is an end.
    pub fn reach(&mut self, values: &[i64], entities: &[u32], k: usize, open: [bool; 2]) {
        let Some((low, high)) = self.range().filter(|(low, high)| low < high) else { return };
        let mut rows: Vec<(i64, u32)> = values.iter().copied().zip(entities.iter().copied()).collect();
        rows.sort_unstable();
        let groups = entities.iter().max().map_or(0, |m| *m as usize + 1);
        if let (true, Some(to), Some(hi)) = (open[1], self.end(rows.iter().rev(), groups, k, high), self.hi.last_mut())
        {
            *hi = to;
        }
        let mirrored: Vec<(i64, u32)> = rows.into_iter().map(|(v, e)| (v.saturating_neg(), e)).collect();
        if let (true, Some(to), Some(lo)) = (open[0], self.end(mirrored.iter(), groups, k, -low), self.lo.first_mut()) {
            *lo = -to;
        }
    }

    /// Where the upper end goes, from rows that begin with the largest.
    fn end<'a>(&self, rows: impl Iterator<Item = &'a (i64, u32)>, groups: usize, k: usize, high: i64) -> Option<i64> {
        let mut seen = vec![false; groups];
        let largest: Vec<i64> =
            rows.filter(|r| !std::mem::replace(&mut seen[r.1 as usize], true)).map(|r| r.0).collect();
        // What k entities share as the very last value is where numbers end.
        if largest.len() < ENOUGH * k || largest[0] == largest[k - 1] {
            return None;
        }
        // Where as many lie close together as in the middle there is no tail but an end.
        let (n, gap) = (largest.len(), largest[k - 1].checked_sub(largest[4 * k - 1])? as f64);
        let middle = largest[n / 4].checked_sub(largest[n * 3 / 4])? as f64 / (n / 2) as f64;
        if gap < THIN * middle * 3.0 * k as f64 {
            return None;
        }
        let scale = gap / (2.0 * std::f64::consts::LN_2);
        let to = (high as f64 + SCALES * scale).min(round_above(high)?);
        let steps = ((to - high as f64) / self.step as f64) as i64;
        high.checked_add(steps.checked_mul(self.step)?).filter(|to| *to > high)
    }
}

/// The next number above with one digit that is not zero, where many natural bounds are; none crosses zero.
fn round_above(value: i64) -> Option<f64> {
    let mut unit = 1i64;
    while value.unsigned_abs() / unit.unsigned_abs() >= 10 {
        unit *= 10;
    }
    match value {
        0 => None,
        1.. => Some((value / unit + 1) as f64 * unit as f64),
        // -10 is below -9, not below 0.
        _ if value == -unit && unit > 1 => Some(-0.9 * unit as f64),
        _ => Some(((value + 1) / unit) as f64 * unit as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Grain;
    use super::*;
    use crate::rng::Stream;

    fn learned(values: &[i64]) -> (NumberCoder, NumberCoder) {
        let entities: Vec<u32> = (0..values.len() as u32).collect();
        let before = NumberCoder::fit(values, &entities, 5, Grain::Coarse);
        let mut after = before.clone();
        after.reach(values, &entities, 5, [true; 2]);
        assert!(after.is_sound());
        (before, after)
    }

    #[test]
    fn a_tail_goes_on_and_an_end_stays() {
        let mut s = Stream::new(3, 1, 4);
        let values: Vec<i64> = (0..2000).map(|_| (-1000.0 * crate::math::ln(s.unit().max(1e-12))) as i64).collect();
        let (before, after) = learned(&values);
        let ends = [before.range().unwrap(), after.range().unwrap()];
        // The fifth largest of 2,000 lies at 1000 ln(2000 / 5), give or take half a scale; the end 1.5 scales behind.
        assert!((5_000..7_200).contains(&ends[0].1) && (6_000..9_001).contains(&ends[1].1), "{ends:?}");
        assert!(ends[1].1 > ends[0].1 + 500, "{ends:?}");
        // Spans begin at zero, and nothing lies before it.
        assert!(ends[1].0 >= 0);
    }

    #[test]
    fn heaps_and_round_bounds_are_not_crossed() {
        let mut s = Stream::new(3, 1, 5);
        let shares: Vec<i64> = (0..2000).map(|_| (80.0 + 9.0 * s.normal()).clamp(0.0, 99.0) as i64).collect();
        let (before, after) = learned(&shares);
        assert!(after.range().unwrap().1 <= 100 && after.range().unwrap().0 < before.range().unwrap().0);
        let even: Vec<i64> = (0..2000).map(|_| 1_000_000 + s.below(1_000_000) as i64).collect();
        let (before, after) = learned(&even);
        assert_eq!(after.range(), before.range());
        let heaped: Vec<i64> = (0..2000).map(|i| if i % 3 == 0 { 97 } else { s.below(97) as i64 }).collect();
        let (before, after) = learned(&heaped);
        assert_eq!(after.range(), before.range());
        // Six at the end and few before them.
        let ended: Vec<i64> =
            (0..2000).map(|i| if i < 6 { 60 } else { (90.0 + 3.0 * s.normal()).max(70.0) as i64 }).collect();
        let (_, after) = learned(&ended);
        assert_eq!(after.range().unwrap().0, 60);
    }

    #[test]
    fn a_declared_end_is_an_end() {
        let mut s = Stream::new(3, 1, 7);
        let values: Vec<i64> = (0..2000).map(|_| (1000.0 * s.normal()) as i64).collect();
        let entities: Vec<u32> = (0..2000).collect();
        let before = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        let mut after = before.clone();
        after.reach(&values, &entities, 5, [false, true]);
        let ends = [before.range().unwrap(), after.range().unwrap()];
        assert!(ends[0].0 == ends[1].0 && ends[0].1 < ends[1].1, "{ends:?}");
    }

    #[test]
    fn the_values_behind_the_guard_do_not_count() {
        let mut s = Stream::new(3, 1, 6);
        let mut values: Vec<i64> = (0..1000).map(|_| (1000.0 * s.normal()) as i64).collect();
        values.sort_unstable();
        let (_, one) = learned(&values);
        for v in values.iter_mut().rev().take(4) {
            *v *= 50;
        }
        let (_, other) = learned(&values);
        assert_eq!(one.range(), other.range());
    }

    #[test]
    fn the_next_round_number() {
        let all = [(98, 100.0), (100, 200.0), (7, 8.0), (-3, -2.0), (-35, -30.0), (-30, -20.0), (-10, -9.0), (-1, 0.0)];
        for (value, above) in all {
            assert_eq!(round_above(value), Some(above), "{value}");
        }
        assert_eq!(round_above(0), None);
    }
}
