//! CorrelationSimilarity: how alike Pearson's correlation of two columns is on both sides.

/// What SDMetrics reports for a pair of continuous columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Correlation {
    /// 1 - |rho_real - rho_synthetic| / 2; None below the threshold or where a correlation is undefined.
    pub score: Option<f64>,
    /// Pearson's correlation in the real data.
    pub real: Option<f64>,
    /// In the synthetic data; None when the real one is below the threshold.
    pub synthetic: Option<f64>,
    /// Does the pair count towards the property?
    pub counts: bool,
    /// Why there is no score.
    pub note: Option<String>,
}

/// Two columns of one table or join, row by row; NaN is missing.
pub type Pair<'a> = [&'a [f64]; 2];

/// Compares the correlation of a pair; it counts when |rho_real| > `threshold`.
pub fn correlation_similarity(real: Pair, synthetic: Pair, threshold: f64) -> Correlation {
    for (side, pair) in [("real", real), ("synthetic", synthetic)] {
        if pair.iter().any(|&c| is_constant(c)) {
            let note = format!("a column is constant in the {side} data");
            return Correlation { note: Some(note), ..Correlation::default() };
        }
    }
    let rho = |pair: Pair, side: &str| {
        let all = pair[0].iter().copied().zip(pair[1].iter().copied());
        let known = all.filter(|(x, y)| !x.is_nan() && !y.is_nan());
        if known.clone().take(2).count() < 2 {
            return Err(format!("fewer than two rows without a missing value in the {side} data"));
        }
        Ok(pearson(known))
    };
    let missing = |note| Correlation { note: Some(note), ..Correlation::default() };
    let r = match rho(real, "real") {
        Ok(r) => r,
        Err(note) => return missing(note),
    };
    if r.is_some_and(|r| r.abs() <= threshold) {
        return Correlation { real: r, ..Correlation::default() };
    }
    let s = match rho(synthetic, "synthetic") {
        Ok(s) => s,
        Err(note) => return missing(note),
    };
    let score = r.zip(s).map(|(r, s)| 1.0 - (r - s).abs() / 2.0);
    let note = score.is_none().then(|| "a column is constant where both are known".to_owned());
    Correlation { score, real: r, synthetic: s, counts: r.is_some(), note }
}

fn is_constant(column: &[f64]) -> bool {
    let mut known = column.iter().filter(|x| !x.is_nan());
    known.next().is_some_and(|first| known.all(|x| x == first))
}

/// Pearson's correlation; None when a side is constant.
pub fn pearson(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let (x0, y0) = pairs.clone().next()?;
    // Differences to the first value first: times in nanoseconds would lose their last digits otherwise.
    let add = |(n, x, y): (f64, f64, f64), p: (f64, f64)| (n + 1.0, x + (p.0 - x0), y + (p.1 - y0));
    let (n, x, y) = pairs.clone().fold((0.0, 0.0, 0.0), add);
    let (mx, my) = (x / n, y / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for p in pairs {
        let (x, y) = (p.0 - x0 - mx, p.1 - y0 - my);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_is_half_the_difference() {
        let (a, b, c) = ([1.0, 2.0, 3.0, f64::NAN], [2.0, 4.0, 6.0, 8.0], [3.0, 2.0, 1.0, 9.0]);
        let got = correlation_similarity([&a, &b], [&a, &c], 0.5);
        assert!(got.score.unwrap() < 1e-15 && got.counts, "{got:?}");
    }

    #[test]
    fn weak_pairs_do_not_count_and_constants_say_so() {
        let (a, b, k) = ([1.0, 2.0, 3.0, 4.0], [1.0, -1.0, -1.0, 1.0], [7.0; 4]);
        let weak = correlation_similarity([&a, &b], [&a, &b], 0.5);
        assert_eq!((weak.score, weak.real, weak.counts), (None, Some(0.0), false));
        let constant = correlation_similarity([&a, &k], [&a, &b], 0.5);
        assert!(constant.note.unwrap().contains("constant"));
    }
}
