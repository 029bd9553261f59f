//! Rounds of trees: gradients, early stopping on held-out entities, and the fitted [`Ensemble`].

use serde::{Deserialize, Serialize};

use super::grow::{Grower, Slopes};
use super::matrix::Matrix;
use super::pack::{Packing, dither};
use super::tree::Tree;
use super::trees::{SetIndex, Trees};
use super::{Bins, BoostParams, Refit, Shape, groups};
use crate::rng::mix;
use crate::{Error, ErrorKind, Result, math};

/// Largest Newton step of a leaf on the logit scale: a pure leaf has no finite best value.
const LARGEST_STEP: f64 = 10.0;

/// Share of the constant's held-out loss that is worth waiting for: where a target is certain the loss goes on
/// falling for ever.
const WORTH: f64 = 3e-5;

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
    fit(x, rows, &y, groups, params, Task { loss: Loss::Logistic, seed, index: 0, second: true }).0
}

/// Learns the mean of `y` (aligned to `rows`, finite) under squared error.
pub fn fit_mean(x: &Bins, rows: &[u32], y: &[f64], groups: &[u32], params: &BoostParams, seed: u64) -> Ensemble {
    let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
    let centred: Vec<f32> = y.iter().map(|&v| (v - mean) as f32).collect();
    let task = Task { loss: Loss::Squared, seed, index: 0, second: true };
    let mut model = fit(x, rows, &centred, groups, params, task).0;
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
                let p = math::sigmoid_f32(score);
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

    fn leaf(self, gradient: f64, hessian: f64, lambda: f64, rate: f64) -> f32 {
        let step = -gradient / (hessian + lambda).max(1e-9);
        let step = if self == Loss::Logistic { step.clamp(-LARGEST_STEP, LARGEST_STEP) } else { step };
        (step * rate) as f32
    }
}

/// Which fit: what is minimised, the randomness, and whether the second shape of trees is worth a try.
#[derive(Clone, Copy)]
pub(super) struct Task {
    pub loss: Loss,
    pub seed: u64,
    /// Tells apart the fits that share a seed.
    pub index: u64,
    pub second: bool,
}

/// One fit, and whether the second shape won.
pub(super) fn fit(
    x: &Bins,
    rows: &[u32],
    y: &[f32],
    groups: &[u32],
    params: &BoostParams,
    task: Task,
) -> (Ensemble, bool) {
    let Task { loss, seed, index, .. } = task;
    let most = params.max_rows.clamp(1, (1 << 18) - 1);
    let entities: Vec<u32> = rows.iter().map(|&r| groups[r as usize]).collect();
    if rows.len() > most {
        let kept = groups::cap(&entities, most, seed, index);
        let rows: Vec<u32> = kept.iter().map(|&k| rows[k as usize]).collect();
        let y: Vec<f32> = kept.iter().map(|&k| y[k as usize]).collect();
        return fit(x, &rows, &y, groups, params, task);
    }
    let (n, sum) = (rows.len() as f64, y.iter().map(|&v| f64::from(v)).sum::<f64>());
    let bias = loss.constant(sum, n);
    let constant = Ensemble { bias, trees: Trees::default(), gain: vec![0.0; x.features()] };
    if rows.len() < params.small.max(2) || y.iter().all(|&v| v == y[0]) {
        return (constant, false);
    }
    let stops = params.validation_share > 0.0;
    let held = groups::hold_out(&entities, params.validation_share, seed, index);
    let Some(held) = held.or_else(|| (!stops).then(|| vec![false; rows.len()])) else {
        return (constant, false);
    };
    let matrix = Matrix::new(x, rows);
    if matrix.features.is_empty() {
        return (constant, false);
    }
    let part = |h: bool| (0..rows.len() as u32).filter(|&i| held[i as usize] == h).collect::<Vec<u32>>();
    let (grow, held) = (part(false), part(true));
    let run = |shape: Shape| Run {
        matrix: &matrix,
        y,
        entities: &entities,
        loss,
        params,
        shape,
        bias,
        seed: mix(seed ^ mix(index)),
        features: x.features(),
    };
    let (mut best, mut winner) = (run(params.shape).rounds(&grow, &held, params.rounds), run(params.shape));
    let mut second_won = false;
    if let Some(shape) = params.second.filter(|_| task.second && stops) {
        let other = run(shape).rounds(&grow, &held, params.rounds);
        if other.clearly_better(&best) {
            (best, winner, second_won) = (other, run(shape), true);
        }
    }
    if stops && !best.trees.is_empty() {
        match params.refit {
            Refit::None => {}
            Refit::Leaves => winner.relearn_leaves(&mut best.trees),
            Refit::Trees => {
                let all: Vec<u32> = (0..rows.len() as u32).collect();
                best = winner.rounds(&all, &[], best.trees.len());
            }
        }
    }
    let (mut trees, mut sets) = (Trees::default(), SetIndex::default());
    for t in &best.trees {
        trees.push(&t.nodes(&matrix), &t.values, &mut sets);
    }
    (Ensemble { bias, trees, gain: best.gain }, second_won)
}

/// What stays the same over the rounds.
struct Run<'a> {
    matrix: &'a Matrix<'a>,
    y: &'a [f32],
    entities: &'a [u32],
    loss: Loss,
    params: &'a BoostParams,
    shape: Shape,
    bias: f32,
    seed: u64,
    features: usize,
}

/// Trees, the gain of their cuts by feature and the held-out loss.
struct Grown {
    trees: Vec<Tree>,
    gain: Vec<f64>,
    loss: f64,
    /// The same by row.
    losses: Vec<f64>,
}

impl Grown {
    /// By more than one standard error of the summed difference: ties go to the first shape.
    fn clearly_better(&self, other: &Grown) -> bool {
        let (mut sum, mut squares) = (0.0, 0.0);
        for (a, b) in self.losses.iter().zip(&other.losses) {
            sum += b - a;
            squares += (b - a) * (b - a);
        }
        sum > 0.0 && sum * sum > squares
    }
}

impl Run<'_> {
    /// Grows up to `most` trees on the rows of `grow`; with `held` rows keeps those before the best held-out loss.
    fn rounds(&self, grow: &[u32], held: &[u32], most: usize) -> Grown {
        let n = self.matrix.rows.len();
        let mut score = vec![self.bias; n];
        let packing = Packing::logistic(grow.len());
        let mut slopes = Slopes { exact: vec![(0.0, 0.0); n], packed: vec![0; n], packing };
        let mut grower = Grower::new(self.matrix, self.params, self.shape, self.entities, [grow, held]);
        let losses_of = |score: &[f32], into: &mut Vec<f64>| -> f64 {
            into.clear();
            into.extend(held.iter().map(|&r| self.loss.value(score[r as usize], self.y[r as usize])));
            into.iter().sum()
        };
        let mut gain = vec![0.0; self.features];
        let mut losses = Vec::new();
        let loss = losses_of(&score, &mut losses);
        let mut best = Grown { trees: Vec::new(), gain: gain.clone(), loss, losses: losses.clone() };
        let enough = WORTH * best.loss;
        // The round since which no better loss was worth another round, and the loss there.
        let mut since = (0, best.loss);
        let (mut trees, mut kept) = (Vec::new(), 0);
        for round in 0..most {
            self.derive(grow, &score, round, &mut slopes);
            let mut tree = grower.grow(&slopes, &mut gain);
            if tree.nodes.is_empty() {
                // Nothing left to gain on these rows; no later round would differ.
                break;
            }
            tree.leaf_of = vec![0; n];
            for leaf in 0..tree.leaves.len() {
                let [rows, riders] = grower.leaf(tree.leaves[leaf]);
                let value = self.leaf_value(rows, &slopes);
                tree.values[leaf] = value;
                for &r in rows.iter().chain(riders) {
                    score[r as usize] += value;
                    tree.leaf_of[r as usize] = leaf as u16;
                }
            }
            trees.push(tree);
            let loss = losses_of(&score, &mut losses);
            if held.is_empty() || loss < best.loss {
                best.loss = loss;
                best.gain.copy_from_slice(&gain);
                best.losses.copy_from_slice(&losses);
                kept = trees.len();
            }
            if held.is_empty() {
                continue;
            }
            if since.1 - loss > enough {
                since = (trees.len(), loss);
            } else if trees.len() - since.0 >= self.params.patience {
                break;
            }
        }
        trees.truncate(kept);
        Grown { trees, ..best }
    }

    /// Gradients at the present scores.
    fn derive(&self, rows: &[u32], score: &[f32], round: usize, slopes: &mut Slopes) {
        let mut largest = 0f32;
        for &r in rows {
            let i = r as usize;
            slopes.exact[i] = self.loss.derivatives(score[i], self.y[i]);
            largest = largest.max(slopes.exact[i].0.abs());
        }
        if self.loss == Loss::Squared {
            slopes.packing = Packing::squared(rows.len(), f64::from(largest));
        }
        for &r in rows {
            let (g, h) = slopes.exact[r as usize];
            slopes.packed[r as usize] = slopes.packing.pack(g, h, dither(self.seed, round, r as usize));
        }
    }

    fn leaf_value(&self, rows: &[u32], slopes: &Slopes) -> f32 {
        let (mut g, mut h) = (0f64, 0f64);
        for &r in rows {
            g += f64::from(slopes.exact[r as usize].0);
            h += f64::from(slopes.exact[r as usize].1);
        }
        self.loss.leaf(g, h, self.params.lambda, self.shape.learning_rate)
    }

    /// Learns the leaf values again, tree after tree, from all rows.
    fn relearn_leaves(&self, trees: &mut [Tree]) {
        let n = self.matrix.rows.len();
        let mut score = vec![self.bias; n];
        for tree in trees {
            let mut sums = vec![(0f64, 0f64); tree.values.len()];
            for ((&leaf, &score), &y) in tree.leaf_of.iter().zip(&score).zip(self.y) {
                let (g, h) = self.loss.derivatives(score, y);
                let sum = &mut sums[usize::from(leaf)];
                *sum = (sum.0 + f64::from(g), sum.1 + f64::from(h));
            }
            for (v, (g, h)) in tree.values.iter_mut().zip(sums) {
                *v = self.loss.leaf(g, h, self.params.lambda, self.shape.learning_rate);
            }
            for (s, &leaf) in score.iter_mut().zip(&tree.leaf_of) {
                *s += tree.values[usize::from(leaf)];
            }
        }
    }
}
