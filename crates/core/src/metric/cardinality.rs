//! CardinalityShapeSimilarity and CardinalityBoundaryAdherence: how many children parents have.

use super::ks_complement::ks_complement;

/// The code of a key whose columns are all missing.
pub const NO_KEY: u32 = u32::MAX;

/// Children of every parent row, zeros included. Both slices hold codes of key values in one space; like
/// pandas' join, a missing key counts the children with a missing key.
///
/// ```
/// use healthdata_core::metric::cardinality::child_counts;
/// assert_eq!(child_counts(&[0, 1, 2], &[2, 0, 2, 9]), [1, 0, 2]);
/// ```
pub fn child_counts(parent: &[u32], child: &[u32]) -> Vec<u32> {
    let size = parent.iter().filter(|&&p| p != NO_KEY).max().map_or(0, |&m| m as usize + 1);
    let mut counts = vec![0u32; size + 1];
    for &c in child {
        let slot = if c == NO_KEY { size } else { c as usize };
        if slot < size || c == NO_KEY {
            counts[slot] += 1;
        }
    }
    parent.iter().map(|&p| counts[if p == NO_KEY { size } else { p as usize }]).collect()
}

/// 1 - KS distance of the child counts; None without parents on a side.
pub fn cardinality_shape_similarity(real: &[u32], synthetic: &[u32]) -> Option<f64> {
    let wide = |c: &[u32]| c.iter().map(|&n| i64::from(n)).collect::<Vec<_>>();
    ks_complement(&wide(real), &wide(synthetic))
}

/// Share of synthetic parents whose count lies between the smallest and the largest real one; None without
/// parents on a side.
pub fn cardinality_boundary_adherence(real: &[u32], synthetic: &[u32]) -> Option<f64> {
    let (lo, hi) = (real.iter().min()?, real.iter().max()?);
    let inside = synthetic.iter().filter(|n| (lo..=hi).contains(n)).count();
    (!synthetic.is_empty()).then(|| inside as f64 / synthetic.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_outside_the_real_range_fail() {
        assert_eq!(cardinality_boundary_adherence(&[1, 3], &[0, 1, 2, 3, 4]), Some(0.6));
        assert_eq!(cardinality_boundary_adherence(&[], &[1]), None);
        assert_eq!(cardinality_shape_similarity(&[1, 1], &[1, 2]), Some(0.5));
    }

    #[test]
    fn missing_keys_join_missing_keys() {
        assert_eq!(child_counts(&[0, NO_KEY], &[NO_KEY, NO_KEY, 0]), [1, 2]);
    }
}
