//! TVComplement: one minus the total variation distance between the frequencies of labels.

use crate::dataset::NULL;

/// 1 - 0.5 * sum of |p_s - p_r| over the labels of both sides; missing values are left out. Like SDMetrics 0.32,
/// a label unseen in the real data counts there as a millionth of a row. None when a side has no value.
///
/// ```
/// use healthdata_core::metric::tv_complement::tv_complement;
/// assert_eq!(tv_complement(&[0, 0, 1, 1], &[0, 0, 0, 1]), Some(0.75));
/// ```
pub fn tv_complement(real: &[i64], synthetic: &[i64]) -> Option<f64> {
    let (r, s) = (counts(real), counts(synthetic));
    let n_s: u64 = s.iter().sum();
    let n_r: u64 = r.iter().sum();
    if n_r == 0 || n_s == 0 {
        return None;
    }
    let size = r.len().max(s.len());
    let at = |c: &[u64], i: usize| c.get(i).copied().unwrap_or(0);
    let unseen = (0..size).filter(|&i| at(&r, i) == 0 && at(&s, i) > 0).count();
    let total = n_r as f64 + 1e-6 * unseen as f64;
    let mut distance = 0.0;
    for i in 0..size {
        let (a, b) = (at(&r, i), at(&s, i));
        if a > 0 || b > 0 {
            let p = if a == 0 { 1e-6 } else { a as f64 } / total;
            distance += (b as f64 / n_s as f64 - p).abs();
        }
    }
    Some(1.0 - 0.5 * distance)
}

fn counts(codes: &[i64]) -> Vec<u64> {
    let mut c = Vec::new();
    for &t in codes.iter().filter(|&&t| t != NULL) {
        let t = t as usize;
        if c.len() <= t {
            c.resize(t + 1, 0);
        }
        c[t] += 1;
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unseen_label_costs_its_share() {
        let v = tv_complement(&[0, 0, NULL], &[0, 1]).unwrap();
        assert!((v - 0.5).abs() < 1e-6 && v != 0.5, "{v}");
        assert_eq!(tv_complement(&[NULL], &[1]), None);
    }
}
