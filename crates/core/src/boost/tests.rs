//! What a fit must do whatever the data: learn what is there, stop on noise, keep its promises on tiny input.

use super::*;
use crate::math;
use crate::rng::{Stream, name};

/// Uniform codes: `features` columns of `n` rows with `bins` codes each.
pub(super) fn uniform(n: usize, features: usize, bins: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut s = Stream::new(seed, name(&["boost tests"]), 0);
    (0..features).map(|_| (0..n).map(|_| s.below(bins as u64) as u8).collect()).collect()
}

/// True with each row's probability.
fn flips(p: &[f64], seed: u64) -> Vec<bool> {
    let mut s = Stream::new(seed, name(&["boost flips"]), 0);
    p.iter().map(|&p| s.unit() < p).collect()
}

fn log_loss(p: &[f64], y: &[bool]) -> f64 {
    p.iter().zip(y).map(|(&p, &y)| -math::ln(if y { p } else { 1.0 - p })).sum::<f64>() / y.len() as f64
}

pub(super) struct Case {
    pub columns: Vec<Vec<u8>>,
    ordered: Vec<bool>,
    bins: Vec<usize>,
    pub rows: Vec<u32>,
    pub groups: Vec<u32>,
}

impl Case {
    /// Every row its own entity, all features with `bins` codes.
    pub fn new(columns: Vec<Vec<u8>>, ordered: bool, bins: usize) -> Self {
        let (n, f) = (columns[0].len(), columns.len());
        let rows: Vec<u32> = (0..n as u32).collect();
        Self { columns, ordered: vec![ordered; f], bins: vec![bins; f], groups: rows.clone(), rows }
    }

    pub fn x(&self) -> Bins<'_> {
        Bins { columns: &self.columns, ordered: &self.ordered, bins: &self.bins }
    }

    fn fit(&self, target: &[bool], params: &BoostParams) -> Ensemble {
        fit_binary(&self.x(), &self.rows, target, &self.groups, params, 11)
    }

    fn probabilities(&self, m: &Ensemble) -> Vec<f64> {
        m.logits(&self.x(), &self.rows).into_iter().map(math::sigmoid).collect()
    }
}

#[test]
fn learns_exclusive_or() {
    let c = Case::new(uniform(4000, 6, 16, 1), true, 16);
    let xor: Vec<bool> = (0..4000).map(|i| (c.columns[1][i] < 8) != (c.columns[4][i] < 8)).collect();
    let m = c.fit(&xor, &BoostParams::default());
    let fresh = Case::new(uniform(4000, 6, 16, 2), true, 16);
    let truth: Vec<bool> = (0..4000).map(|i| (fresh.columns[1][i] < 8) != (fresh.columns[4][i] < 8)).collect();
    let p = fresh.probabilities(&m);
    assert!(auc(&p, &truth) > 0.999, "{}", auc(&p, &truth));
    // The two features that matter took the gain.
    assert!(m.gain[1] + m.gain[4] > 0.95 * m.gain.iter().sum::<f64>());
}

/// The loss above the truth's own must be what a few dozen parameters cost, and ranking near the best possible.
#[test]
fn learns_a_smooth_logit() {
    let truth = |c: &Case| -> Vec<f64> {
        let f = |i: usize| (f64::from(c.columns[0][i]) - 31.5) / 16.0 + math::sin(f64::from(c.columns[1][i]) / 10.0);
        (0..c.rows.len()).map(|i| math::sigmoid(f(i))).collect()
    };
    let n = 20_000;
    let c = Case::new(uniform(n, 10, 64, 3), true, 64);
    let y = flips(&truth(&c), 4);
    let fresh = Case::new(uniform(n, 10, 64, 5), true, 64);
    let (p_fresh, y_fresh) = (truth(&fresh), flips(&truth(&fresh), 6));
    for refit in [Refit::None, Refit::Leaves, Refit::Trees] {
        let m = c.fit(&y, &BoostParams { refit, ..Default::default() });
        let p = fresh.probabilities(&m);
        let (loss, least) = (log_loss(&p, &y_fresh), log_loss(&p_fresh, &y_fresh));
        let (a, best) = (auc(&p, &y_fresh), auc(&p_fresh, &y_fresh));
        eprintln!("{refit:?}: loss +{:.5}, auc {a:.4} of {best:.4}, {} trees", loss - least, m.trees.len());
        // k parameters cost about k / 2n of loss; two curves cut in steps among ten features need some hundreds.
        assert!(loss - least < 350.0 / (2.0 * n as f64), "{refit:?} {loss} {least}");
        assert!(best - a < 0.01, "{refit:?} {a} {best}");
    }
}

#[test]
fn learns_unordered_categories() {
    let n = 10_000;
    let c = Case::new(uniform(n, 4, 100, 7), false, 100);
    let odd = |c: &Case| -> Vec<f64> { c.columns[2].iter().map(|b| if b % 2 == 1 { 0.8 } else { 0.2 }).collect() };
    let m = c.fit(&flips(&odd(&c), 8), &BoostParams::default());
    let fresh = Case::new(uniform(n, 4, 100, 9), false, 100);
    let y = flips(&odd(&fresh), 10);
    let loss = log_loss(&fresh.probabilities(&m), &y) - log_loss(&odd(&fresh), &y);
    // 100 categories are 100 parameters; three more such features try to add as many again.
    assert!(loss < 250.0 / (2.0 * n as f64), "{loss}");
}

#[test]
fn stops_early_on_noise() {
    for seed in 0..5 {
        let n = 3000;
        let c = Case::new(uniform(n, 20, 64, 20 + seed), true, 64);
        let m = c.fit(&flips(&vec![0.3; n], 40 + seed), &BoostParams::default());
        let y = flips(&vec![0.3; n], 60 + seed);
        let loss = log_loss(&c.probabilities(&m), &y) - log_loss(&vec![0.3; n], &y);
        // Below a hundredth of a bit: the standard deviation of the mean loss itself is about 0.39 / sqrt(n).
        assert!(loss < 0.39 / (n as f64).sqrt(), "seed {seed}: {loss}, {} trees", m.trees.len());
    }
}

#[test]
fn learns_a_mean() {
    let n = 10_000;
    let c = Case::new(uniform(n, 5, 64, 70), true, 64);
    let f = |b: &[Vec<u8>], i: usize| 1000.0 + f64::from(b[0][i]) * if b[1][i] < 20 { 2.0 } else { -1.0 };
    let mut s = Stream::new(71, 0, 0);
    let y: Vec<f64> = (0..n).map(|i| f(&c.columns, i) + 10.0 * s.normal()).collect();
    let m = fit_mean(&c.x(), &c.rows, &y, &c.groups, &BoostParams::default(), 72);
    let fresh = Case::new(uniform(n, 5, 64, 73), true, 64);
    let error: f64 = m
        .logits(&fresh.x(), &fresh.rows)
        .iter()
        .enumerate()
        .map(|(i, p)| (p - f(&fresh.columns, i)).powi(2))
        .sum::<f64>()
        / n as f64;
    // The noise variance is 100; k parameters cost 100 k / n.
    assert!(error < 100.0 * 400.0 / n as f64, "{error}");
}

#[test]
fn tiny_and_constant_input_gives_constants() {
    let c = Case::new(uniform(1000, 3, 8, 80), true, 8);
    let params = BoostParams::default();
    let x = c.x();
    assert!(fit_binary(&x, &c.rows, &[true; 1000], &c.groups, &params, 1).probability(|_| 0) > 0.999);
    let one = fit_binary(&x, &c.rows[..1], &[true], &c.groups, &params, 1);
    assert!((one.probability(|_| 0) - 0.75).abs() < 1e-6);
    assert_eq!(fit_binary(&x, &[], &[], &c.groups, &params, 1).probability(|_| 0), 0.5);
    assert_eq!(fit_mean(&x, &[], &[], &c.groups, &params, 1).logit(|_| 0), 0.0);
    assert_eq!(fit_mean(&x, &c.rows[..2], &[3.0, 4.0], &c.groups, &params, 1).logit(|_| 0), 3.5);
    let flat = Case::new(vec![vec![3; 1000]; 2], true, 8);
    let y = flips(&[0.5; 1000], 1);
    assert!(flat.fit(&y, &params).trees.is_empty());
    let one_entity = Case { groups: vec![5; 1000], ..Case::new(uniform(1000, 3, 8, 80), true, 8) };
    assert!(one_entity.fit(&y, &params).trees.is_empty());
    let none = Bins { columns: &[], ordered: &[], bins: &[] };
    assert!(fit_binary(&none, &c.rows, &y, &c.groups, &params, 1).trees.is_empty());
}

/// Leaves count rows and entities: a feature that singles out four people can't be used.
#[test]
fn leaves_have_enough_rows_and_entities() {
    let n = 2000;
    let groups: Vec<u32> = (0..n as u32).map(|i| i / 20).collect();
    let columns = vec![groups.iter().map(|&g| u8::from(g < 4)).collect::<Vec<u8>>()];
    let y: Vec<bool> = groups.iter().map(|&g| g < 4).collect();
    let c = Case { groups, ..Case::new(columns, true, 2) };
    assert!(c.fit(&y, &BoostParams { min_entities: 5, ..BoostParams::detection() }).trees.features().is_empty());
    assert_eq!(c.fit(&y, &BoostParams { min_entities: 4, ..BoostParams::detection() }).trees.features(), [0]);
    assert!(c.fit(&y, &BoostParams { min_rows: 81, ..BoostParams::detection() }).trees.features().is_empty());
}

#[test]
fn a_fit_is_a_function_of_its_arguments_and_survives_a_file() {
    let c = Case::new([uniform(3000, 3, 40, 90), uniform(3000, 3, 40, 91)].concat(), true, 40);
    let c = Case { ordered: vec![true, true, true, false, false, false], ..c };
    let y: Vec<bool> = (0..3000).map(|i| (c.columns[0][i] < 20) != c.columns[3][i].is_multiple_of(3)).collect();
    let (a, b) = (c.fit(&y, &BoostParams::default()), c.fit(&y, &BoostParams::default()));
    assert_eq!(a, b);
    let back: Ensemble = serde_json::from_str(&serde_json::to_string(&a).unwrap()).unwrap();
    assert_eq!(back.logits(&c.x(), &c.rows), a.logits(&c.x(), &c.rows));
    back.check(6).unwrap();
    assert!(back.check(3).is_err());
}

#[test]
fn damaged_trees_are_refused() {
    let c = Case::new(uniform(3000, 3, 40, 92), false, 40);
    let y: Vec<bool> = (0..3000).map(|i| c.columns[0][i].is_multiple_of(2)).collect();
    let good = serde_json::to_value(c.fit(&y, &BoostParams::default())).unwrap();
    let damage = |path: &str, value: serde_json::Value| {
        let mut v = good.clone();
        *v.pointer_mut(path).unwrap() = value;
        serde_json::from_value::<Ensemble>(v).unwrap().check(3)
    };
    damage("/trees/cut/0", good.pointer("/trees/cut/0").unwrap().clone()).unwrap();
    for (path, value) in [
        ("/trees/first/0", 63.into()),
        ("/trees/middle/0", 64.into()),
        ("/trees/by_set/0", 100_000.into()),
        ("/trees/cut/0", 65535.into()),
        ("/trees/feature/0", 3.into()),
        ("/trees/node_start/0", 1.into()),
        ("/trees/leaf_start/1", 100_000.into()),
        ("/trees/sets", serde_json::json!([1, 2, 3])),
    ] {
        let e = damage(path, value).expect_err(path);
        assert_eq!(e.kind(), crate::ErrorKind::Model);
    }
    let mut infinite = c.fit(&y, &BoostParams::default());
    infinite.bias = f32::NAN;
    assert!(infinite.check(3).is_err());
}

#[test]
fn cross_validation_separates_what_differs_and_nothing_else() {
    let n = 4000;
    let c = Case::new(uniform(n, 8, 64, 95), true, 64);
    let groups: Vec<u32> = (0..n as u32).map(|i| i / 4).collect();
    let same: Vec<bool> = groups.iter().map(|&g| g % 2 == 0).collect();
    let d = cross_validate(&c.x(), &same, &groups, 5, &BoostParams::detection(), 1);
    // An area from n/2 rows on each side has a standard deviation of sqrt(1 / 6n) times at most 2 for groups.
    assert!((d.auc - 0.5).abs() < 4.0 * 2.0 * (1.0 / (6.0 * n as f64)).sqrt(), "{}", d.auc);
    let mut columns = c.columns.clone();
    // Feature 3 of the true rows is shifted by eight bins: the best area is about 1 - (7/8)^2 / 2 = 0.617.
    columns[3].iter_mut().zip(&same).for_each(|(b, &s)| *b = if s { (*b / 8 * 7) + 8 } else { *b / 8 * 7 });
    let shifted = Case::new(columns, true, 64);
    let d = cross_validate(&shifted.x(), &same, &groups, 5, &BoostParams::detection(), 1);
    assert!(d.auc > 0.58, "{}", d.auc);
    assert!(d.importance[3] > 0.3 && (d.importance.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(d.scores.len(), n);
    assert_eq!(d, cross_validate(&shifted.x(), &same, &groups, 5, &BoostParams::detection(), 1));
}
