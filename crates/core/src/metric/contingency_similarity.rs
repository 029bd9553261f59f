//! ContingencySimilarity: total variation between the joint frequencies of two columns of codes.

/// What SDMetrics reports for a pair with a discrete column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contingency {
    /// 1 - 0.5 * sum of |p_r(a, b) - p_s(a, b)|; None below the threshold.
    pub score: Option<f64>,
    /// Cramer's V of the real data, without bias correction; None when a column is constant there.
    pub association: Option<f64>,
    /// Does the pair count towards the property?
    pub counts: bool,
    /// Why there is no score.
    pub note: Option<String>,
}

/// A table of joint counts: non-empty cells in ascending order.
type Cells = Vec<(u64, u64)>;

fn cells(a: &[u32], b: &[u32]) -> Cells {
    let (na, nb) = (a.iter().max().map_or(0, |m| m + 1) as usize, b.iter().max().map_or(0, |m| m + 1) as usize);
    let key = |x: u32, y: u32| u64::from(x) << 32 | u64::from(y);
    if na * nb <= 1 << 20 {
        let mut dense = vec![0u64; na * nb];
        for (&x, &y) in a.iter().zip(b) {
            dense[x as usize * nb + y as usize] += 1;
        }
        let cell = |(i, &n): (usize, &u64)| (n > 0).then(|| (key((i / nb) as u32, (i % nb) as u32), n));
        return dense.iter().enumerate().filter_map(cell).collect();
    }
    let mut keys: Vec<u64> = a.iter().zip(b).map(|(&x, &y)| key(x, y)).collect();
    keys.sort_unstable();
    keys.chunk_by(|x, y| x == y).map(|c| (c[0], c.len() as u64)).collect()
}

/// Compares joint frequencies of codes (missing is a code like any other); the pair counts when Cramer's V of
/// the real data is above `threshold`. No subsample is taken at any size.
pub fn contingency_similarity(real: [&[u32]; 2], synthetic: [&[u32]; 2], threshold: f64) -> Contingency {
    let r = cells(real[0], real[1]);
    let association = cramers_v(&r);
    if association.is_none_or(|v| v <= threshold) {
        let note = (r.is_empty()).then(|| "no rows in the real data".to_owned());
        return Contingency { association, note, ..Contingency::default() };
    }
    let s = cells(synthetic[0], synthetic[1]);
    if s.is_empty() {
        let note = Some("no rows in the synthetic data".to_owned());
        return Contingency { association, note, ..Contingency::default() };
    }
    Contingency { score: Some(similarity(&r, &s)), association, counts: true, note: None }
}

fn similarity(r: &Cells, s: &Cells) -> f64 {
    let total = |c: &Cells| c.iter().map(|x| x.1).sum::<u64>() as f64;
    let (nr, ns) = (total(r), total(s));
    let (mut i, mut j, mut distance) = (0, 0, 0.0);
    while i < r.len() || j < s.len() {
        let (a, b) = (r.get(i).map_or(u64::MAX, |c| c.0), s.get(j).map_or(u64::MAX, |c| c.0));
        let p = if a <= b { r[i].1 as f64 / nr } else { 0.0 };
        let q = if b <= a { s[j].1 as f64 / ns } else { 0.0 };
        i += usize::from(a <= b);
        j += usize::from(b <= a);
        distance += (p - q).abs();
    }
    1.0 - 0.5 * distance
}

/// Cramer's V: sqrt(chi2 / n / (min(rows, columns) - 1)).
fn cramers_v(cells: &Cells) -> Option<f64> {
    let mut rows = std::collections::BTreeMap::new();
    let mut columns = std::collections::BTreeMap::new();
    for &(key, n) in cells {
        *rows.entry(key >> 32).or_insert(0u64) += n;
        *columns.entry(key as u32).or_insert(0u64) += n;
    }
    let smaller = rows.len().min(columns.len());
    if smaller < 2 {
        return None;
    }
    let n = cells.iter().map(|c| c.1).sum::<u64>() as f64;
    let mut phi2 = -1.0;
    for &(key, o) in cells {
        let (r, c) = (rows[&(key >> 32)] as f64, columns[&(key as u32)] as f64);
        phi2 += (o as f64 / r) * (o as f64 / c);
    }
    // An independent table may come out a rounding error below zero.
    let phi2 = if phi2 * n < 1e-12 { 0.0 } else { phi2 };
    Some((phi2 / (smaller - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependence_counts_and_independence_does_not() {
        let (a, b) = ([0, 0, 1, 1], [0, 0, 1, 1]);
        let same = contingency_similarity([&a, &b], [&a, &b], 0.3);
        assert_eq!((same.score, same.association, same.counts), (Some(1.0), Some(1.0), true));
        let independent = contingency_similarity([&a, &[0, 1, 0, 1]], [&a, &b], 0.3);
        assert_eq!((independent.score, independent.association), (None, Some(0.0)));
        let constant = contingency_similarity([&a, &[5, 5, 5, 5]], [&a, &b], 0.3);
        assert_eq!((constant.association, constant.counts), (None, false));
    }

    #[test]
    fn large_code_spaces_give_the_same_cells() {
        let (a, b): (Vec<u32>, Vec<u32>) = (0..500u32).map(|i| (i * i % 17, i * 7 % 13)).unzip();
        let far: Vec<u32> = a.iter().map(|x| x * 1_000_000).collect();
        let values = |c: Cells| c.into_iter().map(|c| c.1).collect::<Vec<_>>();
        assert_eq!(values(cells(&a, &b)), values(cells(&far, &b)));
    }
}
