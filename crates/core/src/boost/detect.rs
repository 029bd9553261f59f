//! How well a boosted classifier tells two sets of rows apart: the detection score's engine.

use rayon::prelude::*;

pub use super::groups::stratified_folds;
use super::{Bins, BoostParams, fit_binary};
use crate::math;

/// What cross-validation says about a binary label.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Mean over the folds of the area under the ROC curve.
    pub auc: f64,
    /// Share of rows on the right side of one half, every row predicted by the fold that did not see it.
    pub accuracy: f64,
    /// The area of each fold with both labels.
    pub fold_auc: Vec<f64>,
    /// For every row of the features, the probability of true by the fold that did not see it.
    pub scores: Vec<f64>,
    /// Share of the gain by feature, summing to 1 (all 0 when nothing was found).
    pub importance: Vec<f64>,
}

/// Area under the ROC curve: the chance that a true row scores above a false one, ties counting half; 0.5 without
/// both labels.
///
/// ```
/// use healthdata_core::boost::auc;
/// assert_eq!(auc(&[0.1, 0.4, 0.4, 0.9], &[false, false, true, true]), 0.875);
/// ```
pub fn auc(scores: &[f64], labels: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut below, mut yes, mut wins) = (0.0, 0.0, 0.0);
    for ties in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let t = ties.iter().filter(|&&i| labels[i]).count() as f64;
        let f = ties.len() as f64 - t;
        wins += t * (below + f / 2.0);
        below += f;
        yes += t;
    }
    if yes == 0.0 || below == 0.0 { 0.5 } else { wins / (yes * below) }
}

/// Cross-validates a boosted classifier of `labels` over all rows of `x`; an entity of `groups` is in one fold.
///
/// Folds run beside each other and are put together in order, so threads do not change the result.
pub fn cross_validate(
    x: &Bins,
    labels: &[bool],
    groups: &[u32],
    folds: usize,
    params: &BoostParams,
    seed: u64,
) -> Detection {
    let fold = stratified_folds(labels, groups, folds.max(2), seed);
    let run = |k: usize| {
        let part = |out: bool| (0..labels.len() as u32).filter(|&i| (fold[i as usize] == k) == out).collect::<Vec<_>>();
        let (grow, test) = (part(false), part(true));
        let target: Vec<bool> = grow.iter().map(|&r| labels[r as usize]).collect();
        let model = fit_binary(x, &grow, &target, groups, params, seed.wrapping_add(k as u64));
        let scores = model.logits(x, &test);
        (test, scores, model.gain)
    };
    let parts: Vec<(Vec<u32>, Vec<f64>, Vec<f64>)> = (0..folds.max(2)).into_par_iter().map(run).collect();
    let mut scores = vec![0.5; labels.len()];
    let mut importance = vec![0.0; x.features()];
    let (mut fold_auc, mut right) = (Vec::new(), 0usize);
    for (test, logits, gain) in parts {
        let truth: Vec<bool> = test.iter().map(|&r| labels[r as usize]).collect();
        if truth.contains(&true) && truth.contains(&false) {
            fold_auc.push(auc(&logits, &truth));
        }
        for ((&r, &l), &t) in test.iter().zip(&logits).zip(&truth) {
            scores[r as usize] = math::sigmoid(l);
            right += usize::from((l > 0.0) == t);
        }
        importance.iter_mut().zip(&gain).for_each(|(a, g)| *a += g);
    }
    let total: f64 = importance.iter().sum();
    if total > 0.0 {
        importance.iter_mut().for_each(|v| *v /= total);
    }
    let auc = if fold_auc.is_empty() { 0.5 } else { fold_auc.iter().sum::<f64>() / fold_auc.len() as f64 };
    let accuracy = if labels.is_empty() { 0.5 } else { right as f64 / labels.len() as f64 };
    Detection { auc, accuracy, fold_auc, scores, importance }
}

/// [`cross_validate`] when only the area is asked for.
pub fn cross_validated_auc(
    x: &Bins,
    labels: &[bool],
    groups: &[u32],
    folds: usize,
    params: &BoostParams,
    seed: u64,
) -> f64 {
    cross_validate(x, labels, groups, folds, params, seed).auc
}
