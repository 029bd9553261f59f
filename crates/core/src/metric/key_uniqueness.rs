//! KeyUniqueness: share of keys that are there and not a repetition.

use super::cardinality::NO_KEY;

/// 1 - (repetitions after the first + missing keys) / rows; None without rows.
///
/// ```
/// use healthdata_core::metric::key_uniqueness::key_uniqueness;
/// assert_eq!(key_uniqueness(&[0, 1, 1, 2]), Some(0.75));
/// ```
pub fn key_uniqueness(keys: &[u32]) -> Option<f64> {
    let size = keys.iter().filter(|&&k| k != NO_KEY).max().map_or(0, |&m| m as usize + 1);
    let mut seen = vec![false; size];
    let good = keys.iter().filter(|&&k| k != NO_KEY && !std::mem::replace(&mut seen[k as usize], true)).count();
    (!keys.is_empty()).then(|| good as f64 / keys.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_keys_are_not_unique() {
        assert_eq!(key_uniqueness(&[NO_KEY, 3]), Some(0.5));
        assert_eq!(key_uniqueness(&[]), None);
    }
}
