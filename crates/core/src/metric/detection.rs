//! Detection: how well a boosted classifier tells two sets of rows apart, and by what.

use rayon::prelude::*;

use super::jackknife::{Estimate, Groups, jackknife};
use crate::boost::{Bins, BoostParams, Detection, cross_validate};
use crate::rng::{Stream, name};

/// What the classifier found.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// Area under the ROC curve of all rows, each scored by the fold that did not see it; 0.5 is perfect.
    pub auc: Estimate,
    /// Features with their share of the gain, largest first.
    pub culprits: Vec<(usize, f64)>,
}

/// Most rows a side: what a person would wait for.
pub const CAP: usize = 10_000;
/// Rows of both sides from which one cut into folds is enough.
const STEADY: usize = 12_000;
/// Fewest rows a side.
pub const LEAST: usize = 60;

/// `n` of the rows 0..`rows` in random order, by the stream of (seed, purpose).
pub fn draw(rows: usize, n: usize, seed: u64, purpose: &[&str]) -> Vec<u32> {
    let mut all: Vec<u32> = (0..rows as u32).collect();
    let mut stream = Stream::new(seed, name(purpose), 0);
    // Only the first n places of the shuffle are needed.
    for i in 0..n.min(rows) {
        let j = i + stream.below((rows - i) as u64) as usize;
        all.swap(i, j);
    }
    all.truncate(n);
    all
}

/// Cross-validates in five folds by entity. `columns` hold the rows of the first side, then as many of the
/// second (NaN is missing); `entities` the entity of each row, distinct across sides. None when nothing varies.
pub fn detect(columns: &[Vec<f64>], entities: &[u32], seed: u64) -> Option<Detected> {
    let rows = entities.len();
    let kept: Vec<(usize, Vec<u8>, usize)> =
        columns.iter().enumerate().filter_map(|(i, c)| bin(c).map(|(codes, bins)| (i, codes, bins))).collect();
    if kept.is_empty() || rows < 2 * LEAST {
        return None;
    }
    let labels: Vec<bool> = (0..rows).map(|i| i >= rows / 2).collect();
    let codes: Vec<Vec<u8>> = kept.iter().map(|k| k.1.clone()).collect();
    let bins: Vec<usize> = kept.iter().map(|k| k.2).collect();
    let ordered = vec![true; kept.len()];
    let x = Bins { columns: &codes, ordered: &ordered, bins: &bins };
    // Few rows make the area depend on the folds: several cuts, one mean.
    let repeats = (STEADY / rows).clamp(1, 5) as u64;
    let runs: Vec<Detection> = (0..repeats)
        .into_par_iter()
        .map(|k| cross_validate(&x, &labels, entities, 5, &BoostParams::detection(), seed.wrapping_add(1000 * k)))
        .collect();
    let count = entities.iter().max().map_or(0, |&m| m as usize + 1);
    let groups = Groups::new(entities, count);
    let orders: Vec<Vec<u32>> = runs.iter().map(|r| auc_order(&r.scores)).collect();
    let auc = jackknife(&[groups.count], |skip| {
        let area = |(r, o): (&Detection, &Vec<u32>)| auc_without(o, &r.scores, &labels, &groups, skip.map(|s| s.1));
        let areas = runs.iter().zip(&orders).map(area).collect::<Option<Vec<f64>>>()?;
        Some(areas.iter().sum::<f64>() / areas.len() as f64)
    })?;
    let mut gain = vec![0.0; kept.len()];
    for run in &runs {
        gain.iter_mut().zip(&run.importance).for_each(|(g, i)| *g += i / runs.len() as f64);
    }
    let mut culprits: Vec<(usize, f64)> = kept.iter().map(|k| k.0).zip(gain).collect();
    culprits.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    Some(Detected { auc, culprits })
}

/// Codes of a feature: 0 is missing, values keep their own code up to [`VALUES`] of them, else quantiles. A feature
/// known on fewer than 50 rows tells only whether it is known; None when that is constant too.
pub fn bin(values: &[f64]) -> Option<(Vec<u8>, usize)> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let total = sorted.len();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut edges = sorted.clone();
    edges.dedup();
    if total < 50 || edges.len() < 2 {
        let mixed = total > 0 && total < values.len();
        return mixed.then(|| (values.iter().map(|v| u8::from(!v.is_nan())).collect(), 2));
    }
    // A bin ends with its edge: a date on which many seasons end must not share a bin with the winter behind it.
    if edges.len() > VALUES {
        let edge = |i: usize| match (i * total / VALUES, i * total % VALUES) {
            (at, 0) => (sorted[at - 1] + sorted[at]) / 2.0,
            (at, _) => sorted[at],
        };
        edges = (1..VALUES).map(edge).collect();
        edges.dedup();
    } else {
        edges.pop();
    }
    let code = |v: &f64| if v.is_nan() { 0 } else { 1 + edges.partition_point(|e| e < v) as u8 };
    Some((values.iter().map(code).collect(), edges.len() + 2))
}

/// Codes of values; one more is for missing, and a byte holds both.
const VALUES: usize = 255;

/// Rows by rising score.
pub fn auc_order(scores: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    order.sort_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize]));
    order
}

/// The area without one group of entities, ties counting half; None without both labels.
pub fn auc_without(
    order: &[u32],
    scores: &[f64],
    labels: &[bool],
    groups: &Groups,
    without: Option<usize>,
) -> Option<f64> {
    let (mut below, mut yes, mut wins) = (0.0, 0.0, 0.0);
    for ties in order.chunk_by(|&a, &b| scores[a as usize] == scores[b as usize]) {
        let (mut t, mut f) = (0.0, 0.0);
        for &i in ties.iter().filter(|&&i| Some(usize::from(groups.of[i as usize])) != without) {
            *(if labels[i as usize] { &mut t } else { &mut f }) += 1.0;
        }
        wins += t * (below + f / 2.0);
        below += f;
        yes += t;
    }
    (yes > 0.0 && below > 0.0).then(|| wins / (yes * below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_a_sample_without_repetition() {
        let mut d = draw(100, 30, 1, &["a"]);
        assert_eq!(d, draw(100, 30, 1, &["a"]));
        d.sort_unstable();
        d.dedup();
        assert_eq!(d.len(), 30);
        assert_eq!(draw(3, 10, 1, &["a"]).len(), 3);
    }

    #[test]
    fn a_shift_is_found_and_equal_rows_are_not() {
        let n = 1000;
        let mut s = Stream::new(9, name(&["detect"]), 0);
        let mut normal = |shift: f64| (0..n).map(|_| s.normal() + shift).collect::<Vec<f64>>();
        let same = [normal(0.0), normal(0.0)].concat();
        let moved = [normal(0.0), normal(1.0)].concat();
        let entities: Vec<u32> = (0..2 * n as u32).collect();
        let nothing = detect(std::slice::from_ref(&same), &entities, 1).unwrap();
        // The standard error of an area of one half is sqrt(1 / 6n) = 0.013; overfitting pulls below.
        assert!((nothing.auc.value - 0.5).abs() < 0.052, "{nothing:?}");
        let found = detect(&[same, moved], &entities, 1).unwrap();
        assert!(found.auc.value > 0.7 && found.culprits[0].0 == 1, "{found:?}");
    }

    #[test]
    fn bins_end_with_a_heavy_value_and_fit_a_byte() {
        let heavy: Vec<f64> = (0..5000).map(|i| if i % 4 == 0 { 1000.0 } else { f64::from(i) }).collect();
        let (codes, bins) = bin(&heavy).unwrap();
        assert!(bins <= 256 && codes.iter().all(|&c| c > 0 && usize::from(c) < bins));
        let at = |v: f64| codes[heavy.iter().position(|&x| x == v).unwrap()];
        assert!(at(1000.0) < at(1001.0));
        let (codes, bins) = bin(&(0..255).map(f64::from).chain([f64::NAN]).collect::<Vec<_>>()).unwrap();
        assert_eq!((codes[0], codes[254], codes[255], bins), (1, 255, 0, 256));
    }

    #[test]
    fn nothing_that_varies_is_nothing_to_tell_by() {
        let entities: Vec<u32> = (0..200).collect();
        assert_eq!(detect(&[vec![1.0; 200], vec![f64::NAN; 200]], &entities, 1), None);
    }
}
