//! Standard errors by leaving out groups of entities: the delete-a-group jackknife.
//!
//! Rows of one patient are not independent, so the unit left out is a group of whole entities. Statistics are
//! folded per group once and subtracted, so an error costs little more than the value itself (Kott, The
//! delete-a-group jackknife, Journal of Official Statistics 17, 2001).

/// Which group every row belongs to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    /// Group of each row, below `count`.
    pub of: Vec<u8>,
    /// Number of groups.
    pub count: usize,
}

/// Groups used where there are enough entities.
pub const GROUPS: usize = 20;

impl Groups {
    /// Groups for rows whose entity is given: entity e goes to group e mod [`GROUPS`].
    pub fn new(entity: &[u32], entities: usize) -> Self {
        let count = GROUPS.min(entities.max(1));
        Self { of: entity.iter().map(|&e| (e as usize % count) as u8).collect(), count }
    }

    /// The groups of some of the rows.
    #[must_use]
    pub fn pick(&self, rows: &[u32]) -> Self {
        Self { of: rows.iter().map(|&r| self.of[r as usize]).collect(), count: self.count }
    }
}

/// A value with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value on all rows.
    pub value: f64,
    /// Its standard error; None where too few entities stand behind it.
    pub error: Option<f64>,
}

impl Estimate {
    /// A value that has no sampling error to speak of.
    pub fn exact(value: f64) -> Self {
        Self { value, error: None }
    }
}

/// Value and standard error of a statistic of several independent samples.
///
/// `estimate(None)` is the value on everything, `estimate(Some((sample, group)))` without one group of one
/// sample; `counts` gives the number of groups of each sample. None when the value itself is undefined.
pub fn jackknife(counts: &[usize], estimate: impl Fn(Option<(usize, usize)>) -> Option<f64>) -> Option<Estimate> {
    let value = estimate(None).filter(|v| v.is_finite())?;
    let mut variance = 0.0;
    let mut known = true;
    for (sample, &groups) in counts.iter().enumerate() {
        // Fewer than five groups say nothing about their spread.
        if groups < 5 {
            known = false;
            continue;
        }
        let left: Vec<f64> =
            (0..groups).filter_map(|g| estimate(Some((sample, g)))).filter(|v| v.is_finite()).collect();
        if left.len() < groups {
            known = false;
            continue;
        }
        let mean = left.iter().sum::<f64>() / groups as f64;
        let squares: f64 = left.iter().map(|v| (v - mean) * (v - mean)).sum();
        variance += squares * (groups as f64 - 1.0) / groups as f64;
    }
    Some(Estimate { value, error: known.then(|| variance.sqrt()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Stream, name};

    #[test]
    fn the_error_of_a_mean_is_the_textbook_one() {
        let n = 4000;
        let mut s = Stream::new(5, name(&["jackknife"]), 0);
        let x: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let groups = Groups::new(&(0..n as u32).collect::<Vec<_>>(), n);
        let e = jackknife(&[groups.count], |skip| {
            let kept = x.iter().zip(&groups.of).filter(|(_, g)| skip.is_none_or(|(_, s)| usize::from(**g) != s));
            let (sum, count) = kept.fold((0.0, 0.0), |(a, b), (x, _)| (a + x, b + 1.0));
            Some(sum / count)
        })
        .unwrap();
        let truth = 1.0 / (n as f64).sqrt();
        // The relative error of a standard error from 20 groups is 1/sqrt(2 * 19) = 0.16; four of them.
        assert!((e.error.unwrap() / truth - 1.0).abs() < 0.65, "{e:?} {truth}");
    }

    #[test]
    fn few_entities_have_no_error() {
        assert_eq!(jackknife(&[3], |_| Some(1.0)), Some(Estimate::exact(1.0)));
        assert_eq!(jackknife(&[20], |_| None), None);
    }
}
