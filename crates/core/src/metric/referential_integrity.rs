//! ReferentialIntegrity: share of foreign keys that point to a parent.

use super::cardinality::NO_KEY;

/// Share of child keys found among the parent keys (codes in one space). Missing keys are left out when
/// `nulls_allowed`, else they fail unless a parent's key is missing too. None when nothing is left to check.
///
/// ```
/// use healthdata_core::metric::referential_integrity::referential_integrity;
/// assert_eq!(referential_integrity(&[0, 1], &[0, 0, 1, 7], false), Some(0.75));
/// ```
pub fn referential_integrity(parent: &[u32], child: &[u32], nulls_allowed: bool) -> Option<f64> {
    let size = parent.iter().filter(|&&p| p != NO_KEY).max().map_or(0, |&m| m as usize + 1);
    let mut known = vec![false; size];
    let mut null = false;
    for &p in parent {
        if p == NO_KEY {
            null = true;
        } else {
            known[p as usize] = true;
        }
    }
    let checked = child.iter().filter(|&&c| !(nulls_allowed && c == NO_KEY));
    let (mut n, mut good) = (0u64, 0u64);
    for &c in checked {
        n += 1;
        good += u64::from(if c == NO_KEY { null } else { known.get(c as usize).copied().unwrap_or(false) });
    }
    (n > 0).then(|| good as f64 / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_keys_fail_unless_allowed() {
        assert_eq!(referential_integrity(&[0], &[0, NO_KEY], false), Some(0.5));
        assert_eq!(referential_integrity(&[0], &[0, NO_KEY], true), Some(1.0));
        assert_eq!(referential_integrity(&[0], &[NO_KEY], true), None);
    }
}
