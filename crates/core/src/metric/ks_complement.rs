//! KSComplement: one minus the largest distance between two empirical distribution functions.

use crate::dataset::NULL;

use super::jackknife::{Estimate, Groups, jackknife};
use super::sorted::sorted;

/// 1 - Kolmogorov-Smirnov distance of two samples of ticks on one scale; missing values are left out. None when
/// a side has no value. Equal to SDMetrics 0.32, whose rounding to 14 decimals is finer than any grid of ours.
///
/// ```
/// use healthdata_core::metric::ks_complement::ks_complement;
/// assert_eq!(ks_complement(&[1, 2, 3, 4], &[1, 2, 3, 4]), Some(1.0));
/// assert_eq!(ks_complement(&[1, 2], &[8, 9]), Some(0.0));
/// assert_eq!(ks_complement(&[], &[8, 9]), None);
/// ```
pub fn ks_complement(real: &[i64], synthetic: &[i64]) -> Option<f64> {
    let known = |x: &[i64]| sorted(x.iter().copied().filter(|&t| t != NULL).collect());
    let (a, b) = (known(real), known(synthetic));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (mut i, mut j, mut worst) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let x = a[i].min(b[j]);
        while i < a.len() && a[i] == x {
            i += 1;
        }
        while j < b.len() && b[j] == x {
            j += 1;
        }
        worst = worst.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    Some(1.0 - worst)
}

/// [`ks_complement`] with its standard error.
pub fn estimate(samples: [(&[i64], &Groups); 2]) -> Option<Estimate> {
    let mut all: Vec<(i64, u8, u8)> = Vec::with_capacity(samples[0].0.len() + samples[1].0.len());
    for (side, (ticks, groups)) in samples.iter().enumerate() {
        all.extend(ticks.iter().zip(&groups.of).filter(|(t, _)| **t != NULL).map(|(&t, &g)| (t, side as u8, g)));
    }
    all.sort_unstable();
    let mut sizes = [vec![0u32; samples[0].1.count], vec![0u32; samples[1].1.count]];
    for &(_, side, g) in &all {
        sizes[usize::from(side)][usize::from(g)] += 1;
    }
    jackknife(&[samples[0].1.count, samples[1].1.count], |skip| {
        let total = |side: usize| {
            let left = skip.filter(|s| s.0 == side).map_or(0, |s| sizes[side][s.1]);
            sizes[side].iter().sum::<u32>() - left
        };
        let n = [f64::from(total(0)), f64::from(total(1))];
        if n[0] == 0.0 || n[1] == 0.0 {
            return None;
        }
        let (skip_side, skip_group) = skip.map_or((9, 0), |(s, g)| (s as u8, g as u8));
        let (mut seen, mut worst) = ([0u32; 2], 0.0f64);
        for (i, &(t, side, g)) in all.iter().enumerate() {
            seen[usize::from(side)] += u32::from(side != skip_side || g != skip_group);
            if all.get(i + 1).is_none_or(|next| next.0 != t) {
                worst = worst.max((f64::from(seen[0]) / n[0] - f64::from(seen[1]) / n[1]).abs());
            }
        }
        Some(1.0 - worst)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_and_missing_values() {
        let k = ks_complement(&[1, 1, 2, NULL], &[1, 2, 2]).unwrap();
        assert!((k - (1.0 - 1.0 / 3.0)).abs() < 1e-15, "{k}");
        assert_eq!(ks_complement(&[NULL], &[1]), None);
    }

    #[test]
    fn the_estimate_has_the_same_value() {
        let a: Vec<i64> = (0..200).map(|i| i * i % 97).collect();
        let b: Vec<i64> = (0..150).map(|i| i * 7 % 89).collect();
        let groups = |n: u32| Groups::new(&(0..n).collect::<Vec<_>>(), n as usize);
        let e = estimate([(&a, &groups(200)), (&b, &groups(150))]).unwrap();
        assert_eq!(Some(e.value), ks_complement(&a, &b));
        assert!(e.error.unwrap() > 0.0);
    }
}
