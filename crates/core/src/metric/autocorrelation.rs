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

    /// Adds pairs of one group; those with a missing value (NaN) are left out.
    pub fn add(&mut self, group: u8, x: &[f64], y: &[f64]) {
        let [mut n, mut sx, mut sy, mut xx, mut yy, mut xy] = self.groups[usize::from(group)];
        for (x, y) in x.iter().zip(y).map(|(x, y)| (x - self.origin, y - self.origin)) {
            if !x.is_nan() && !y.is_nan() {
                n += 1.0;
                sx += x;
                sy += y;
                xx += x * x;
                yy += y * y;
                xy += x * y;
            }
        }
        self.groups[usize::from(group)] = [n, sx, sy, xx, yy, xy];
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

/// Sums for two ratios: the mean standard deviation within a parent, and the standard deviation of the parents'
/// means, over the overall standard deviation.
#[derive(Clone, Debug)]
pub struct Spread {
    /// Parents of two values or more, sum of their deviations; n, x, xx of values; n, x, xx of means of parents.
    groups: Vec<[f64; 8]>,
    origin: f64,
}

/// Which spread is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Among the values of one parent.
    Within,
    /// Among the means of parents.
    Between,
}

impl Spread {
    /// Empty sums.
    pub fn new(groups: &Groups, origin: f64) -> Self {
        Self { groups: vec![[0.0; 8]; groups.count], origin }
    }

    /// Adds the values of one parent; deviations need two values at least.
    pub fn add(&mut self, group: u8, values: &[f64]) {
        let n = values.len() as f64;
        if n == 0.0 {
            return;
        }
        let (x, xx) = values.iter().map(|v| v - self.origin).fold((0.0, 0.0), |(a, b), v| (a + v, b + v * v));
        let deviation = if n > 1.0 { ((xx - x * x / n).max(0.0) / (n - 1.0)).sqrt() } else { 0.0 };
        let parent = if n > 1.0 { 1.0 } else { 0.0 };
        let mean = x / n;
        let sums = [parent, deviation, n, x, xx, 1.0, mean, mean * mean];
        self.groups[usize::from(group)].iter_mut().zip(sums).for_each(|(s, v)| *s += v);
    }

    /// The spread within or between parents over the overall spread; None when there is none.
    pub fn ratio(&self, place: Where, without: Option<usize>) -> Option<f64> {
        let mut s = [0.0; 8];
        for (_, g) in self.groups.iter().enumerate().filter(|(i, _)| Some(*i) != without) {
            for (s, v) in s.iter_mut().zip(g) {
                *s += v;
            }
        }
        let [parents, deviations, n, x, xx, owners, mean, square] = s;
        let deviation = |n: f64, x: f64, xx: f64| ((xx - x * x / n) / n).max(0.0).sqrt();
        let overall = deviation(n, x, xx);
        match place {
            Where::Within => (parents > 0.0 && overall > 1e-9).then(|| deviations / parents / overall),
            Where::Between => (owners > 1.0 && overall > 1e-9).then(|| deviation(owners, mean, square) / overall),
        }
    }
}

/// 1 - the difference of two ratios, at least 0.
pub fn spread_similarity(samples: [&Spread; 2], place: Where) -> Option<Estimate> {
    jackknife(&[samples[0].groups.len(), samples[1].groups.len()], |skip| {
        let ratio = |i: usize| samples[i].ratio(place, skip.filter(|s| s.0 == i).map(|s| s.1));
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
        for &group in &groups.of {
            let x = 0.8 * last + 0.6 * s.normal();
            m.add(group, &[1000.0 + last], &[1000.0 + x]);
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
        m.add(0, &[7.1; 3], &[7.1; 3]);
        s.add(0, &[7.1, 7.1, 7.1]);
        assert_eq!((m.correlation(None), s.ratio(Where::Within, None)), (None, None));
        assert_eq!(s.ratio(Where::Between, None), None);
    }

    #[test]
    fn spread_is_split_between_and_within_parents() {
        let groups = Groups::new(&[0, 0, 1, 1], 2);
        let mut apart = Spread::new(&groups, 0.0);
        apart.add(0, &[1.0, 1.0]);
        apart.add(1, &[3.0, 3.0]);
        assert_eq!((apart.ratio(Where::Within, None), apart.ratio(Where::Between, None)), (Some(0.0), Some(1.0)));
        let mut inside = Spread::new(&groups, 0.0);
        inside.add(0, &[1.0, 3.0]);
        inside.add(1, &[3.0, 1.0]);
        assert_eq!(inside.ratio(Where::Between, None), Some(0.0));
        assert!(inside.ratio(Where::Within, None).is_some_and(|r| (r - 2f64.sqrt()).abs() < 1e-12));
    }
}
