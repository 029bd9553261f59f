//! Rounds of trees: gradients, early stopping on held-out entities, and the fitted [`Ensemble`].

use serde::{Deserialize, Serialize};

use super::grow::{Grower, Tree};
use super::matrix::Matrix;
use super::pack::{Packing, dither};
use super::trees::{SetIndex, Trees};
use super::{Bins, BoostParams, Refit, groups};
use crate::rng::mix;
use crate::{Error, ErrorKind, Result, math};

/// Largest Newton step of a leaf on the logit scale: a pure leaf has no finite best value.
const LARGEST_STEP: f64 = 10.0;

/// A sum of trees: the logit of a binary target, or a mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    /// The prediction without trees.
    pub bias: f32,
    /// The trees, each adding its leaf's value.
    pub trees: Trees,
    /// Loss removed by the cuts on each feature while fitting; empty after loading from a file.
    #[serde(skip)]
    pub gain: Vec<f64>,
}

impl Ensemble {
    /// The prediction of a row: a logit after [`fit_binary`], a mean after [`fit_mean`].
    pub fn logit(&self, bin: impl FnMut(usize) -> u8) -> f64 {
        f64::from(self.bias) + self.trees.sum(0..self.trees.len(), bin)
    }

    /// The probability of true, after [`fit_binary`].
    pub fn probability(&self, bin: impl FnMut(usize) -> u8) -> f64 {
        math::sigmoid(self.logit(bin))
    }

    /// [`Self::logit`] of many rows of `x`.
    pub fn logits(&self, x: &Bins, rows: &[u32]) -> Vec<f64> {
        rows.iter().map(|&r| self.logit(|f| x.columns[f][r as usize])).collect()
    }

    /// Refuses what can't be walked safely; `features` is the number of features it may ask for.
    ///
    /// # Errors
    /// Every problem found, of kind [`ErrorKind::Model`].
    pub fn check(&self, features: usize) -> Result<()> {
        let bias = if self.bias.is_finite() {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Model, "boosted model: its constant is not finite; fit again"))
        };
        self.trees.check(features).and(bias)
    }
}

/// Learns the logit of `target` (aligned to `rows`) from the features of `rows`. `groups` is the entity of every
/// row of `x`. Too few rows, one class or one entity give a smoothed constant.
pub fn fit_binary(
    x: &Bins,
    rows: &[u32],
    target: &[bool],
    groups: &[u32],
    params: &BoostParams,
    seed: u64,
) -> Ensemble {
    let y: Vec<f32> = target.iter().map(|&t| f32::from(u8::from(t))).collect();
    fit(x, rows, &y, groups, Loss::Logistic, params, seed, 0)
}

/// Learns the mean of `y` (aligned to `rows`, finite) under squared error.
pub fn fit_mean(x: &Bins, rows: &[u32], y: &[f64], groups: &[u32], params: &BoostParams, seed: u64) -> Ensemble {
    let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
    let centred: Vec<f32> = y.iter().map(|&v| (v - mean) as f32).collect();
    let mut model = fit(x, rows, &centred, groups, Loss::Squared, params, seed, 0);
    model.bias = (f64::from(model.bias) + mean) as f32;
    model
}

/// What is minimised.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Loss {
    Logistic,
    Squared,
}

impl Loss {
    /// The best constant, for Logistic with half a row of each class added.
    fn constant(self, sum: f64, n: f64) -> f32 {
        match self {
            Loss::Logistic => math::ln((sum + 0.5) / (n - sum + 0.5)) as f32,
            Loss::Squared => (sum / n.max(1.0)) as f32,
        }
    }

    /// First and second derivative at `score`.
    fn derivatives(self, score: f32, y: f32) -> (f32, f32) {
        match self {
            Loss::Logistic => {
                let p = math::sigmoid(f64::from(score)) as f32;
                (p - y, p * (1.0 - p))
            }
            Loss::Squared => (score - y, 1.0),
        }
    }

    fn value(self, score: f32, y: f32) -> f64 {
        match self {
            Loss::Logistic => {
                let m = f64::from(if y > 0.5 { -score } else { score });
                // ln(1 + e^m) without overflow.
                m.max(0.0) + math::ln(1.0 + math::exp(-m.abs()))
            }
            Loss::Squared => f64::from(score - y) * f64::from(score - y),
        }
    }

    fn leaf(self, gradient: f64, hessian: f64, params: &BoostParams) -> f32 {
        let step = -gradient / (hessian + params.lambda).max(1e-9);
        let step = if self == Loss::Logistic { step.clamp(-LARGEST_STEP, LARGEST_STEP) } else { step };
        (step * params.learning_rate) as f32
    }
}

/// One fit; `index` tells apart the fits that share a seed.
#[allow(clippy::too_many_arguments)] // the data, the question and the settings, each used once
pub(super) fn fit(
    x: &Bins,
    rows: &[u32],
    y: &[f32],
    groups: &[u32],
    loss: Loss,
    params: &BoostParams,
    seed: u64,
    index: u64,
) -> Ensemble {
    let most = params.max_rows.clamp(1, (1 << 18) - 1);
    let entities: Vec<u32> = rows.iter().map(|&r| groups[r as usize]).collect();
    if rows.len() > most {
        let kept = groups::cap(&entities, most, seed, index);
        let rows: Vec<u32> = kept.iter().map(|&k| rows[k as usize]).collect();
        let y: Vec<f32> = kept.iter().map(|&k| y[k as usize]).collect();
        return fit(x, &rows, &y, groups, loss, params, seed, index);
    }
    let (n, sum) = (rows.len() as f64, y.iter().map(|&v| f64::from(v)).sum::<f64>());
    let bias = loss.constant(sum, n);
    let constant = Ensemble { bias, trees: Trees::default(), gain: vec![0.0; x.features()] };
    if rows.len() < params.small.max(2) || y.iter().all(|&v| v == y[0]) {
        return constant;
    }
    let stops = params.validation_share > 0.0;
    let held = groups::hold_out(&entities, params.validation_share, seed, index);
    let Some(held) = held.or_else(|| (!stops).then(|| vec![false; rows.len()])) else {
        return constant;
    };
    let matrix = Matrix::new(x, rows);
    if matrix.features.is_empty() {
        return constant;
    }
    let part = |h: bool| (0..rows.len() as u32).filter(|&i| held[i as usize] == h).collect::<Vec<u32>>();
    let run = Run { matrix: &matrix, y, entities: &entities, loss, params, bias, seed: mix(seed ^ mix(index)) };
    let mut gain = vec![0.0; x.features()];
    let mut trees = run.rounds(part(false), &part(true), params.rounds, &mut gain);
    if stops && !trees.is_empty() {
        match params.refit {
            Refit::None => {}
            Refit::Leaves => run.relearn_leaves(&mut trees),
            Refit::Trees => {
                gain.fill(0.0);
                trees = run.rounds(part(false).into_iter().chain(part(true)).collect(), &[], trees.len(), &mut gain);
            }
        }
    }
    let (mut out, mut sets) = (Trees::default(), SetIndex::default());
    for t in &trees {
        out.push(&t.nodes(&matrix), &t.values, &mut sets);
    }
    Ensemble { bias, trees: out, gain }
}

/// What stays the same over the rounds.
struct Run<'a> {
    matrix: &'a Matrix,
    y: &'a [f32],
    entities: &'a [u32],
    loss: Loss,
    params: &'a BoostParams,
    bias: f32,
    seed: u64,
}

impl Run<'_> {
    /// Grows up to `most` trees on the rows of `grow`; with `held` rows keeps those before the best held-out loss.
    fn rounds(&self, mut grow: Vec<u32>, held: &[u32], most: usize, gain: &mut [f64]) -> Vec<Tree> {
        grow.sort_unstable();
        let n = self.matrix.rows;
        let (mut score, mut packed) = (vec![self.bias; n], vec![0u64; n]);
        let mut slope = vec![(0f32, 0f32); n];
        let mut grower = Grower::new(self.matrix, self.params, self.entities, grow.clone());
        let held_loss = |score: &[f32]| -> f64 {
            held.iter().map(|&r| self.loss.value(score[r as usize], self.y[r as usize])).sum()
        };
        let (mut trees, mut best) = (Vec::new(), (held_loss(&score), 0));
        let mut gains_at_best = gain.to_vec();
        for round in 0..most {
            let packing = self.derive(&grow, &score, &mut slope, &mut packed, round);
            let mut tree = grower.grow(&packed, packing, gain);
            for (leaf, rows) in grower.leaf_rows().enumerate() {
                let value = self.leaf_value(rows, &slope);
                tree.values[leaf] = value;
                rows.iter().for_each(|&r| score[r as usize] += value);
            }
            let stump = tree.nodes.is_empty();
            held.iter().for_each(|&r| score[r as usize] += tree.values[tree.leaf(self.matrix, r)]);
            trees.push(tree);
            if held.is_empty() {
                // Nothing left to gain on these rows, and no later round would differ.
                if stump {
                    break;
                }
                best.1 = round + 1;
                continue;
            }
            let now = held_loss(&score);
            if now < best.0 {
                best = (now, round + 1);
                gains_at_best.copy_from_slice(gain);
            } else if stump || round + 1 - best.1 >= self.params.patience {
                break;
            }
        }
        if !held.is_empty() {
            gain.copy_from_slice(&gains_at_best);
        }
        trees.truncate(best.1);
        trees
    }

    /// Gradients at the present scores, also packed for histograms.
    fn derive(
        &self,
        rows: &[u32],
        score: &[f32],
        slope: &mut [(f32, f32)],
        packed: &mut [u64],
        round: usize,
    ) -> Packing {
        let mut largest = 0f32;
        for &r in rows {
            let i = r as usize;
            slope[i] = self.loss.derivatives(score[i], self.y[i]);
            largest = largest.max(slope[i].0.abs());
        }
        let packing = match self.loss {
            Loss::Logistic => Packing::logistic(rows.len()),
            Loss::Squared => Packing::squared(rows.len(), f64::from(largest)),
        };
        for &r in rows {
            let (g, h) = slope[r as usize];
            packed[r as usize] = packing.pack(g, h, dither(self.seed, round, r as usize));
        }
        packing
    }

    fn leaf_value(&self, rows: &[u32], slope: &[(f32, f32)]) -> f32 {
        let (mut g, mut h) = (0f64, 0f64);
        for &r in rows {
            g += f64::from(slope[r as usize].0);
            h += f64::from(slope[r as usize].1);
        }
        self.loss.leaf(g, h, self.params)
    }

    /// Learns the leaf values again, tree after tree, from all rows.
    fn relearn_leaves(&self, trees: &mut [Tree]) {
        let n = self.matrix.rows;
        let mut score = vec![self.bias; n];
        let mut leaf = vec![0u32; n];
        for tree in trees {
            let mut sums = vec![(0f64, 0f64); tree.values.len()];
            for r in 0..n {
                let l = tree.leaf(self.matrix, r as u32);
                leaf[r] = l as u32;
                let (g, h) = self.loss.derivatives(score[r], self.y[r]);
                sums[l] = (sums[l].0 + f64::from(g), sums[l].1 + f64::from(h));
            }
            for (v, (g, h)) in tree.values.iter_mut().zip(sums) {
                *v = self.loss.leaf(g, h, self.params);
            }
            for (s, &l) in score.iter_mut().zip(&leaf) {
                *s += tree.values[l as usize];
            }
        }
    }
}
