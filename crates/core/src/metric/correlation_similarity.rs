//! CorrelationSimilarity: how alike Pearson's correlation of two columns is on both sides.

use super::Series;

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

/// A view of two columns of one table or join: the series and, for each, the row of every pair (all when None).
pub type Pair<'a> = [(&'a Series, Option<&'a [u32]>); 2];

fn at(column: (&Series, Option<&[u32]>), i: usize) -> Option<f64> {
    let (series, rows) = column;
    series.value(rows.map_or(i, |r| r[i] as usize))
}

fn len(column: (&Series, Option<&[u32]>)) -> usize {
    column.1.map_or(column.0.ticks.len(), <[u32]>::len)
}

/// Compares the correlation of a pair; it counts when |rho_real| > `threshold`.
pub fn correlation_similarity(real: Pair, synthetic: Pair, threshold: f64) -> Correlation {
    for (side, pair) in [("real", real), ("synthetic", synthetic)] {
        if pair.iter().any(|&c| is_constant(c)) {
            let note = format!("a column is constant in the {side} data");
            return Correlation { note: Some(note), ..Correlation::default() };
        }
    }
    let rho = |pair: Pair, side: &str| {
        let known = (0..len(pair[0])).filter_map(|i| Some((at(pair[0], i)?, at(pair[1], i)?)));
        let known: Vec<(f64, f64)> = known.collect();
        if known.len() < 2 {
            return Err(format!("fewer than two rows without a missing value in the {side} data"));
        }
        Ok(pearson(&known))
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

fn is_constant(column: (&Series, Option<&[u32]>)) -> bool {
    let mut known = (0..len(column)).filter_map(|i| at(column, i));
    known.next().is_some_and(|first| known.all(|x| x == first))
}

/// Pearson's correlation; None when a side is constant.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let (x0, y0) = *pairs.first()?;
    // Differences to the first value first: times in nanoseconds would lose their last digits otherwise.
    let mean = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n;
    let (mx, my) = (mean(&|p| p.0 - x0), mean(&|p| p.1 - y0));
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
    use crate::dataset::NULL;
    use crate::metric::Scale;

    fn s(ticks: &[i64]) -> Series {
        Series { scale: Scale::Number { decimals: 0 }, ticks: ticks.to_vec() }
    }

    #[test]
    fn the_score_is_half_the_difference() {
        let (a, b, c) = (s(&[1, 2, 3, NULL]), s(&[2, 4, 6, 8]), s(&[3, 2, 1, 9]));
        let got = correlation_similarity([(&a, None), (&b, None)], [(&a, None), (&c, None)], 0.5);
        assert!(got.score.unwrap() < 1e-15 && got.counts, "{got:?}");
    }

    #[test]
    fn weak_pairs_do_not_count_and_constants_say_so() {
        let (a, b, k) = (s(&[1, 2, 3, 4]), s(&[1, -1, -1, 1]), s(&[7, 7, 7, 7]));
        let weak = correlation_similarity([(&a, None), (&b, None)], [(&a, None), (&b, None)], 0.5);
        assert_eq!((weak.score, weak.real, weak.counts), (None, Some(0.0), false));
        let constant = correlation_similarity([(&a, None), (&k, None)], [(&a, None), (&b, None)], 0.5);
        assert!(constant.note.unwrap().contains("constant"));
    }
}
