//! p(code | features) as a binary tree over the codes with a boosted classifier in every node.

use serde::{Deserialize, Serialize};

use super::train::{Loss, Task, fit};
use super::trees::Trees;
use super::{Bins, BoostParams};
use crate::{Error, ErrorKind, Result, math};

/// The target of a conditional: a code for every row of the fit.
#[derive(Clone, Copy, Debug)]
pub struct Codes<'a> {
    /// One code per row of the fit, each below `n`.
    pub values: &'a [u16],
    /// Number of codes.
    pub n: usize,
    /// The codes from one end of the tree to the other, where their own order says nothing (categories).
    pub order: Option<&'a [u16]>,
    /// Codes with a wide gap of numbers behind them; the rest of the codes have none.
    pub gaps: &'a [bool],
}

/// A fitted p(code | features).
///
/// The codes that occurred stand in a row, cut in two where either side has nearly half of the rows, and so on down
/// to single codes: likely codes are few steps from the top. Wide gaps between numbers are cut first, or cuts of few rows
/// would have to tell kinds of numbers apart. Each cut is a boosted classifier fitted on the rows
/// that reach it. A code that never occurred has probability 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BoostedConditional {
    /// Number of codes, also of those that never occurred.
    pub(super) n: u32,
    /// The codes that occurred, in tree order.
    #[serde(with = "crate::packed")]
    pub(super) order: Vec<u16>,
    /// For each cut, parents first and left before right, how many codes lie to its left.
    #[serde(with = "crate::packed")]
    pub(super) left: Vec<u16>,
    /// Logit of going left without trees, by cut.
    #[serde(with = "crate::packed")]
    pub(super) bias: Vec<f32>,
    /// First tree of each cut, then the number of trees.
    #[serde(with = "crate::packed")]
    pub(super) first: Vec<u32>,
    pub(super) trees: Trees,
    /// Loss removed by the splits on each feature while fitting; empty after loading from a file.
    #[serde(skip)]
    pub gain: Vec<f64>,
}

/// Cuts below this depth always try the second shape of trees; deeper ones where it won above.
const ALWAYS: usize = 2;

/// One in so many rows must lie on either side of a gap that is cut first.
const ENOUGH: u64 = 50;

/// Where a walk stands: a cut (when more than one code is left) and the span of codes below it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub cut: usize,
    pub low: usize,
    pub high: usize,
}

/// Learns p(code | features) from `rows` of `x`; `groups` is the entity of every row of `x`.
///
/// ```
/// use healthdata_core::boost::{Bins, BoostParams, Codes, fit_codes};
/// let columns = vec![(0..900u32).map(|i| (i % 3) as u8).collect::<Vec<u8>>()];
/// let x = Bins { columns: &columns, ordered: &[true], bins: &[3] };
/// let rows: Vec<u32> = (0..900).collect();
/// let values: Vec<u16> = columns[0].iter().map(|&b| 2 * u16::from(b)).collect();
/// let codes = Codes { values: &values, n: 6, order: None, gaps: &[] };
/// let model = fit_codes(&x, &rows, &codes, &rows, &BoostParams::default(), 1);
/// let p = model.probabilities(|_| 1);
/// assert!(p[2] > 0.9 && p[1] == 0.0);
/// assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9);
/// ```
pub fn fit_codes(
    x: &Bins,
    rows: &[u32],
    codes: &Codes,
    groups: &[u32],
    params: &BoostParams,
    seed: u64,
) -> BoostedConditional {
    let mut counts = vec![0u64; 1 << 16];
    codes.values.iter().for_each(|&c| counts[usize::from(c)] += 1);
    let order = tree_order(&counts, codes.order);
    let mut place = vec![0u16; 1 << 16];
    order.iter().enumerate().for_each(|(i, &c)| place[usize::from(c)] = i as u16);
    let n = codes.n.max(order.iter().map(|&c| usize::from(c) + 1).max().unwrap_or(0));
    let mut model = BoostedConditional { n: n as u32, order, first: vec![0], ..Default::default() };
    model.gain = vec![0.0; x.features()];
    // The rows at and below each open span of codes, deepest last.
    let positions = codes.values.iter().map(|&c| place[usize::from(c)]).collect();
    let mut open = vec![(0, model.order.len(), rows.to_vec(), positions, true, 0usize)];
    while let Some((low, high, rows, positions, try_second, depth)) = open.pop() {
        let (rows, positions): (Vec<u32>, Vec<u16>) = (rows, positions);
        if high - low < 2 {
            continue;
        }
        let weights: Vec<u64> = model.order[low..high].iter().map(|&c| counts[usize::from(c)]).collect();
        let behind = |c: &u16| codes.gaps.get(usize::from(*c)).copied().unwrap_or(false);
        let gaps: Vec<bool> = model.order[low..high].iter().map(behind).collect();
        let left = half(&weights, &gaps);
        let goes_left = |p: u16| usize::from(p) < low + left;
        let target: Vec<f32> = positions.iter().map(|&p| f32::from(u8::from(goes_left(p)))).collect();
        let cut = model.left.len() as u64;
        let task = Task { loss: Loss::Logistic, seed, index: cut, second: try_second };
        let (fitted, second_won) = fit(x, &rows, &target, groups, params, task);
        let try_second = second_won || depth + 1 < ALWAYS;
        model.left.push(left as u16);
        model.bias.push(fitted.bias);
        model.trees.append(&fitted.trees);
        model.first.push(model.trees.len() as u32);
        model.gain.iter_mut().zip(&fitted.gain).for_each(|(a, g)| *a += g);
        let part = |side: bool| -> (Vec<u32>, Vec<u16>) {
            rows.iter().zip(&positions).filter(|(_, p)| goes_left(**p) == side).map(|(r, p)| (*r, *p)).unzip()
        };
        let (right_rows, right_positions) = part(false);
        open.push((low + left, high, right_rows, right_positions, try_second, depth + 1));
        let (left_rows, left_positions) = part(true);
        open.push((low, low + left, left_rows, left_positions, try_second, depth + 1));
    }
    model
}

/// The codes that occurred, in the order asked for; those it leaves out come last.
fn tree_order(counts: &[u64], asked: Option<&[u16]>) -> Vec<u16> {
    let mut taken: Vec<bool> = counts.iter().map(|&c| c == 0).collect();
    let mut order = Vec::new();
    for c in asked.unwrap_or(&[]).iter().copied().chain(0..=u16::MAX) {
        if !std::mem::replace(&mut taken[usize::from(c)], true) {
            order.push(c);
        }
    }
    order
}

/// The places left and right of a cut with so many codes to its left. Cuts stand in preorder and k codes need k - 1.
pub(super) fn below(at: Place, left: u16) -> [Place; 2] {
    let left = usize::from(left);
    let middle = at.low + left;
    [Place { cut: at.cut + 1, low: at.low, high: middle }, Place { cut: at.cut + left, low: middle, high: at.high }]
}

/// How many codes from the left make up nearly half of the weight, at least one and never all: before a gap, where one
/// leaves enough on both sides.
fn half(weights: &[u64], gaps: &[bool]) -> usize {
    let total: u64 = weights.iter().sum();
    let (mut sum, mut best, mut at_gap) = (0, (u64::MAX, 1), (u64::MAX, 1));
    for (i, w) in weights[..weights.len() - 1].iter().enumerate() {
        sum += w;
        let this = ((2 * sum).abs_diff(total), i + 1);
        best = best.min(this);
        if gaps[i] && sum.min(total - sum) * ENOUGH >= total {
            at_gap = at_gap.min(this);
        }
    }
    if at_gap.0 < u64::MAX { at_gap.1 } else { best.1 }
}

impl BoostedConditional {
    /// Number of codes, also of those that never occurred.
    pub fn codes(&self) -> usize {
        self.n as usize
    }

    /// The features that the model asks for, ascending.
    pub fn features(&self) -> Vec<usize> {
        self.trees.features()
    }

    /// Number of trees of all cuts together.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// Size in memory and, about, in a file.
    pub fn bytes(&self) -> usize {
        self.trees.bytes() + 2 * (self.order.len() + self.left.len()) + 4 * (self.bias.len() + self.first.len())
    }

    pub(super) fn top(&self) -> Place {
        Place { cut: 0, low: 0, high: self.order.len() }
    }

    pub(super) fn below(&self, at: Place) -> [Place; 2] {
        below(at, self.left[at.cut])
    }

    /// The probability of going left at a cut.
    pub(super) fn left_share(&self, cut: usize, bin: impl FnMut(usize) -> u8) -> f64 {
        let trees = self.first[cut] as usize..self.first[cut + 1] as usize;
        math::sigmoid(f64::from(self.bias[cut]) + self.trees.sum(trees, bin))
    }

    /// The natural logarithm of a code's probability; minus infinity for a code that never occurred.
    pub fn log_prob(&self, code: u16, mut bin: impl FnMut(usize) -> u8) -> f64 {
        let Some(position) = self.order.iter().position(|&c| c == code) else {
            return f64::NEG_INFINITY;
        };
        let (mut at, mut total) = (self.top(), 0.0);
        while at.high - at.low > 1 {
            let share = self.left_share(at.cut, &mut bin);
            let [left, right] = self.below(at);
            let goes_left = position < left.high;
            total += math::ln(if goes_left { share } else { 1.0 - share });
            at = if goes_left { left } else { right };
        }
        total
    }

    /// The probability of every code, by code.
    pub fn probabilities(&self, mut bin: impl FnMut(usize) -> u8) -> Vec<f64> {
        let mut out = vec![0.0; self.codes()];
        let mut open = vec![(self.top(), 1.0)];
        while let Some((at, p)) = open.pop() {
            match at.high - at.low {
                0 => {}
                1 => out[usize::from(self.order[at.low])] = p,
                _ => {
                    let share = self.left_share(at.cut, &mut bin);
                    let [left, right] = self.below(at);
                    open.extend([(right, p * (1.0 - share)), (left, p * share)]);
                }
            }
        }
        out
    }

    /// Refuses what can't be walked safely; for models that come from a file. `features` is the number of features
    /// it may ask for.
    ///
    /// # Errors
    /// Every problem found, of kind [`ErrorKind::Model`].
    pub fn check(&self, features: usize) -> Result<()> {
        let mut problems = Vec::new();
        let mut ask = |ok: bool, what: &str| {
            if !ok {
                problems.push(format!("boosted conditional: {what}; the model file is damaged, fit again"));
            }
            ok
        };
        let cuts = self.order.len().saturating_sub(1);
        let shape = ask([self.left.len(), self.bias.len()] == [cuts; 2], "cuts and codes do not fit together")
            & ask(self.first.len() == cuts + 1, "tree offsets and cuts do not fit together");
        let mut seen = self.order.clone();
        seen.sort_unstable();
        ask(seen.windows(2).all(|w| w[0] < w[1]), "a code occurs twice");
        ask(seen.last().is_none_or(|&c| u32::from(c) < self.n), "a code is too large");
        ask(self.n <= 1 << 16, "there are too many codes");
        ask(self.bias.iter().all(|b| b.is_finite()), "a constant is not finite");
        ask(
            self.first.first() == Some(&0)
                && self.first.windows(2).all(|w| w[0] <= w[1])
                && self.first.last().is_some_and(|&l| l as usize == self.trees.len()),
            "tree offsets are out of order",
        );
        if shape {
            let mut open = vec![self.top()];
            let mut sound = true;
            while let Some(at) = open.pop() {
                if at.high - at.low > 1 {
                    let left = usize::from(self.left[at.cut]);
                    if left == 0 || left >= at.high - at.low {
                        sound = false;
                        break;
                    }
                    open.extend(self.below(at));
                }
            }
            ask(sound, "a cut leaves a side empty");
        }
        match (Error::all(ErrorKind::Model, problems), self.trees.check(features)) {
            (Ok(()), other) => other,
            (Err(a), other) => {
                let both = a.problems().iter().chain(other.as_ref().err().map_or(&[][..], Error::problems));
                Error::all(ErrorKind::Model, both.cloned().collect())
            }
        }
    }
}
