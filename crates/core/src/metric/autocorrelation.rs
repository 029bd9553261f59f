//! Memory of a series: correlation with the value some steps before, and spread within a parent.

use super::jackknife::{Estimate, Groups, jackknife};

/// Sums of a sample of pairs (x, y), group by group, from which a correlation follows without the rows.
#[derive(Clone, Debug)]
pub struct Moments {
    /// n, x, y, xx, yy, xy of each group, relative to `origin`.
    groups: Vec<[f64; 6]>,
    origin: f64,
}

impl Moments {
    /// Empty sums; `origin` is a value in the middle of the data, taken off first to keep the digits.
    pub fn new(groups: &Groups, origin: f64) -> Self {
        Self { groups: vec![[0.0; 6]; groups.count], origin }
    }

    /// Adds a pair that belongs to a group.
    pub fn add(&mut self, group: u8, x: f64, y: f64) {
        let (x, y) = (x - self.origin, y - self.origin);
        for (s, v) in self.groups[usize::from(group)].iter_mut().zip([1.0, x, y, x * x, y * y, x * y]) {
            *s += v;
        }
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|g| g[0] as usize).sum()
    }

    /// True without pairs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Pearson's correlation without a group; None when a side is constant.
    pub fn correlation(&self, without: Option<usize>) -> Option<f64> {
        let mut s = [0.0; 6];
        for (_, g) in self.groups.iter().enumerate().filter(|(i, _)| Some(*i) != without) {
            for (s, v) in s.iter_mut().zip(g) {
                *s += v;
            }
        }
        let [n, x, y, xx, yy, xy] = s;
        let (vx, vy) = (xx - x * x / n, yy - y * y / n);
        // Rounding leaves a constant column a variance that is tiny beside its squares.
        (n >= 3.0 && vx > 1e-12 * xx && vy > 1e-12 * yy).then(|| ((xy - x * y / n) / (vx * vy).sqrt()).clamp(-1.0, 1.0))
    }
}

/// 1 - half the difference of two correlations.
pub fn similarity(samples: [&Moments; 2]) -> Option<Estimate> {
    jackknife(&[samples[0].groups.len(), samples[1].groups.len()], |skip| {
        let rho = |i: usize| samples[i].correlation(skip.filter(|s| s.0 == i).map(|s| s.1));
        Some(1.0 - (rho(0)? - rho(1)?).abs() / 2.0)
    })
}

/// Sums for the ratio: mean standard deviation within a parent over the overall one.
#[derive(Clone, Debug)]
pub struct Spread {
    /// Parents, sum of their deviations, n, x, xx of each group.
    groups: Vec<[f64; 5]>,
    origin: f64,
}

impl Spread {
    /// Empty sums.
    pub fn new(groups: &Groups, origin: f64) -> Self {
        Self { groups: vec![[0.0; 5]; groups.count], origin }
    }

    /// Adds the values of one parent; deviations need two values at least.
    pub fn add(&mut self, group: u8, values: &[f64]) {
        let n = values.len() as f64;
        let (x, xx) = values.iter().map(|v| v - self.origin).fold((0.0, 0.0), |(a, b), v| (a + v, b + v * v));
        let deviation = if n > 1.0 { ((xx - x * x / n).max(0.0) / (n - 1.0)).sqrt() } else { 0.0 };
        let parent = if n > 1.0 { 1.0 } else { 0.0 };
        for (s, v) in self.groups[usize::from(group)].iter_mut().zip([parent, deviation, n, x, xx]) {
            *s += v;
        }
    }

    /// Mean spread within a parent over the overall spread; None when there is none.
    pub fn ratio(&self, without: Option<usize>) -> Option<f64> {
        let mut s = [0.0; 5];
        for (_, g) in self.groups.iter().enumerate().filter(|(i, _)| Some(*i) != without) {
            for (s, v) in s.iter_mut().zip(g) {
                *s += v;
            }
        }
        let [parents, deviations, n, x, xx] = s;
        let overall = ((xx - x * x / n) / n).max(0.0).sqrt();
        (parents > 0.0 && overall > 1e-9).then(|| deviations / parents / overall)
    }
}

/// 1 - the difference of two ratios, at least 0.
pub fn spread_similarity(samples: [&Spread; 2]) -> Option<Estimate> {
    jackknife(&[samples[0].groups.len(), samples[1].groups.len()], |skip| {
        let ratio = |i: usize| samples[i].ratio(skip.filter(|s| s.0 == i).map(|s| s.1));
        Some((1.0 - (ratio(0)? - ratio(1)?).abs()).max(0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Stream, name};

    #[test]
    fn an_autoregressive_series_shows_its_memory() {
        let n = 4000;
        let mut s = Stream::new(1, name(&["ar"]), 0);
        let groups = Groups::new(&(0..n).map(|i| i / 50).collect::<Vec<_>>(), 80);
        let mut m = Moments::new(&groups, 1000.0);
        let mut last = 0.0;
        for i in 0..n {
            let x = 0.8 * last + 0.6 * s.normal();
            m.add(groups.of[i as usize], 1000.0 + last, 1000.0 + x);
            last = x;
        }
        // The standard error of a correlation r is (1 - r^2) / sqrt(n): 0.0057; four of them.
        assert!((m.correlation(None).unwrap() - 0.8).abs() < 0.023);
        assert_eq!(similarity([&m, &m]).map(|e| e.value), Some(1.0));
    }

    #[test]
    fn a_constant_has_no_correlation_and_no_spread() {
        let groups = Groups::new(&[0, 0, 0], 1);
        let (mut m, mut s) = (Moments::new(&groups, 7.0), Spread::new(&groups, 7.0));
        for _ in 0..3 {
            m.add(0, 7.1, 7.1);
        }
        s.add(0, &[7.1, 7.1, 7.1]);
        assert_eq!((m.correlation(None), s.ratio(None)), (None, None));
    }
}
