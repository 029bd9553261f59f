//! BoundaryAdherence, CategoryAdherence and the two format adherences: is every value one the column may have?

use crate::dataset::NULL;
use crate::time;

/// Share of synthetic values inside the range of the real ones (`range` replaces an end where it is given).
/// Missing values are left out when `nullable` (None: when the real data have some), else they fail. None when
/// nothing is left to check.
///
/// ```
/// use healthdata_core::metric::adherence::boundary_adherence;
/// assert_eq!(boundary_adherence(&[0, 10], &[5, 10, 11, -1], [None, None], None), Some(0.5));
/// assert_eq!(boundary_adherence(&[0, 10], &[5, 11], [None, Some(20)], None), Some(1.0));
/// ```
pub fn boundary_adherence(
    real: &[i64],
    synthetic: &[i64],
    range: [Option<i64>; 2],
    nullable: Option<bool>,
) -> Option<f64> {
    let nullable = nullable.unwrap_or_else(|| real.contains(&NULL));
    let known = real.iter().copied().filter(|&t| t != NULL);
    let lo = range[0].or_else(|| known.clone().min());
    let hi = range[1].or_else(|| known.max());
    let inside = |t: i64| t != NULL && lo.is_some_and(|lo| t >= lo) && hi.is_some_and(|hi| t <= hi);
    share(synthetic.iter().filter(|&&t| !(nullable && t == NULL)).map(|&t| inside(t)))
}

/// Share of synthetic labels among the real ones (`allowed` replaces them where it is given: true for each
/// allowed code). A missing label passes when `nullable` (None: when the real data have some).
///
/// ```
/// use healthdata_core::metric::adherence::category_adherence;
/// assert_eq!(category_adherence(&[0, 1], &[0, 1, 1, 2], None, None), Some(0.75));
/// ```
pub fn category_adherence(
    real: &[i64],
    synthetic: &[i64],
    allowed: Option<&[bool]>,
    nullable: Option<bool>,
) -> Option<f64> {
    let nullable = nullable.unwrap_or_else(|| real.contains(&NULL));
    let mut seen = Vec::new();
    for &t in real.iter().filter(|&&t| t != NULL) {
        if seen.len() <= t as usize {
            seen.resize(t as usize + 1, false);
        }
        seen[t as usize] = true;
    }
    let list = allowed.unwrap_or(&seen);
    let good = |t: i64| if t == NULL { nullable } else { list.get(t as usize).copied().unwrap_or(false) };
    share(synthetic.iter().map(|&t| good(t)))
}

/// Share of texts that are a time in one of the strftime `formats`; a missing one passes.
///
/// ```
/// use healthdata_core::metric::adherence::datetime_format_adherence;
/// let texts = [Some("2025-01-31"), Some("2025-02-31"), None, Some("soon")];
/// assert_eq!(datetime_format_adherence(texts.into_iter(), ["%Y-%m-%d"].into_iter()), Some(0.5));
/// ```
pub fn datetime_format_adherence<'a, 'f>(
    texts: impl Iterator<Item = Option<&'a str>>,
    formats: impl Iterator<Item = &'f str> + Clone,
) -> Option<f64> {
    share(texts.map(|t| t.is_none_or(|t| formats.clone().any(|f| time::parse(t, f).is_ok()))))
}

/// Share of true; None of nothing.
pub(crate) fn share(good: impl Iterator<Item = bool>) -> Option<f64> {
    let (n, yes) = good.fold((0u64, 0u64), |(n, yes), g| (n + 1, yes + u64::from(g)));
    (n > 0).then(|| yes as f64 / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_fail_unless_the_real_data_have_some() {
        assert_eq!(boundary_adherence(&[0, 9], &[NULL, 1], [None, None], None), Some(0.5));
        assert_eq!(boundary_adherence(&[0, 9, NULL], &[NULL, 1], [None, None], None), Some(1.0));
        assert_eq!(boundary_adherence(&[NULL], &[1, NULL], [None, None], None), Some(0.0));
        assert_eq!(category_adherence(&[0], &[0, NULL], None, None), Some(0.5));
        assert_eq!(category_adherence(&[0, NULL], &[0, NULL], None, None), Some(1.0));
        assert_eq!(category_adherence(&[0], &[0, 1], Some(&[false, true]), Some(true)), Some(0.5));
        assert_eq!(category_adherence(&[0], &[], None, None), None);
    }
}
