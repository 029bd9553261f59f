//! The numbers of a formula from rows that are rounded: a factor, or a factor and a constant, as short as can be.

/// Most digits of a factor or constant that are tried.
const DIGITS: i32 = 9;
/// Most factors that are tried.
const TRIED: usize = 60;
/// Multiples of one power of ten that are tried.
const NEAR: i64 = 6;
/// What sums of floats may be off, as a share.
const FUZZ: f64 = 1e-11;

/// A factor as it is written: a decimal number times or divided by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Factor {
    pub text: String,
    pub divides: bool,
    pub value: f64,
    digits: i32,
}

/// Which factors bring every first value within `half` of the second; None where none does.
pub(super) fn factor(rows: impl Iterator<Item = (f64, f64)>, half: f64) -> Option<(f64, f64)> {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for (v, w) in rows {
        let half = half + w.abs() * FUZZ;
        if v == 0.0 || v.abs() < f64::MIN_POSITIVE {
            if w.abs() > half {
                return None;
            }
            continue;
        }
        let (a, b) = ((w - half) / v, (w + half) / v);
        (low, high) = (low.max(a.min(b)), high.min(a.max(b)));
        if low > high {
            return None;
        }
    }
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// Which constants bring every first value within `half` of the second.
pub(super) fn shift(rows: impl Iterator<Item = (f64, f64)>, half: f64) -> Option<(f64, f64)> {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for (v, w) in rows {
        let half = half + (w.abs() + v.abs()) * FUZZ;
        (low, high) = (low.max(w - v - half), high.min(w - v + half));
        if low > high {
            return None;
        }
    }
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// The factors between two numbers, those of few digits first; of as many digits one that divides where asked for.
pub(super) fn factors((low, high): (f64, f64), divide_first: bool) -> Vec<Factor> {
    if low * high <= 0.0 {
        return Vec::new();
    }
    let times = decimals(low, high).into_iter().map(|(value, digits)| (value, digits, false));
    let divided = decimals(1.0 / high, 1.0 / low).into_iter().map(|(value, digits)| (value, digits, true));
    let mut all: Vec<Factor> = times
        .chain(divided)
        .map(|(n, digits, divides)| Factor {
            text: written(n, digits),
            divides,
            value: if divides { 1.0 / n } else { n },
            digits,
        })
        .collect();
    all.sort_by_key(|f| (f.digits, f.divides != divide_first));
    all.truncate(TRIED);
    all
}

/// The shortest decimal between two numbers.
pub(super) fn shortest((low, high): (f64, f64)) -> Option<String> {
    if low <= 0.0 && high >= 0.0 {
        return Some("0".into());
    }
    decimals(low, high).into_iter().min_by_key(|(_, digits)| *digits).map(|(n, digits)| written(n, digits))
}

/// Decimals between two numbers of one sign, with how many digits they have; a few of each length.
fn decimals(low: f64, high: f64) -> Vec<(f64, i32)> {
    let size = low.abs().max(high.abs());
    let places = crate::math::ln(size) / std::f64::consts::LN_10;
    let mut all: Vec<(f64, i32)> = Vec::new();
    for digits in 1..=DIGITS {
        let step = 10f64.powi(places.floor() as i32 + 1 - digits);
        let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
        if first > last {
            continue;
        }
        let middle = i64::midpoint(first, last);
        let near = (middle - NEAR / 2).max(first)..=(middle + NEAR / 2).min(last);
        for n in near.map(|n| n as f64 * step) {
            if !all.iter().any(|(known, _)| (known - n).abs() <= n.abs() * FUZZ) {
                all.push((n, digits));
            }
        }
    }
    all
}

/// A number of few digits as a formula writes it.
fn written(number: f64, digits: i32) -> String {
    let places = (crate::math::ln(number.abs()) / std::f64::consts::LN_10).floor() as i32;
    let after = (digits - 1 - places).max(0) as usize;
    let text = format!("{number:.after$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_number_is_found() {
        assert_eq!(shortest((31.96, 32.07)).as_deref(), Some("32"));
        assert_eq!(shortest((-0.001, 0.4)).as_deref(), Some("0"));
        assert_eq!(shortest((-17.7781, -17.7776)).as_deref(), Some("-17.778"));
        let first = |low, high| factors((low, high), false).remove(0);
        assert_eq!((first(1.79, 1.83).text.as_str(), first(1.79, 1.83).divides), ("1.8", false));
        let day = first(1.0 / 86_401.0, 1.0 / 86_399.5);
        assert_eq!((day.text.as_str(), day.divides), ("86400", true));
        assert_eq!(first(0.9e-9, 1.1e-9).text, "0.000000001");
    }
}
