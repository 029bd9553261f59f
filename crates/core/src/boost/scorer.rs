//! Boosted trees laid out for drawing: a draw asks a great many nodes, so a node is eight bytes, asks an array, and no
//! branch hangs on its answer; and trees are asked only until the others can't change what is drawn.

use super::conditional::{BoostedConditional, Place, below};
use super::trees::WORDS;
use crate::math;
use crate::rng::Stream;

/// One node: where its test fails, only the leaves in `kept` stay.
#[derive(Clone, Copy, Debug)]
struct Node {
    kept: u32,
    /// Its place among the inputs.
    input: u16,
    /// Largest bin that goes left, or the set of those that do, counted from the tree's first.
    cut: u16,
}

/// One tree: where its parts begin.
#[derive(Clone, Copy, Debug)]
struct Start {
    node: u32,
    by_set: u32,
    leaf: u32,
    set: u32,
    /// What the trees behind it add to the logit of their cut at least and at most.
    least: f32,
    most: f32,
}

/// A [`BoostedConditional`] to draw from.
///
/// ```
/// # use healthdata_core::boost::{Bins, BoostParams, Codes, Scorer, fit_codes};
/// # use healthdata_core::rng::{Stream, name};
/// # let x = Bins { columns: &[], ordered: &[], bins: &[] };
/// # let codes = Codes { values: &[0, 1, 1, 2], n: 3, order: None, gaps: &[] };
/// let model = fit_codes(&x, &[0, 1, 2, 3], &codes, &[0, 1, 2, 3], &BoostParams::default(), 1);
/// let scorer = Scorer::new(&model);
/// let mut rng = Stream::new(42, name(&["patients", "sex"]), 0);
/// let code = scorer.draw(&[], &mut rng, Some(&mut |code| if code == 1 { 0.0 } else { 1.0 }));
/// assert!(code == Some(0) || code == Some(2));
/// assert_eq!(scorer.draw(&[], &mut rng, Some(&mut |_| 0.0)), None);
/// ```
#[derive(Clone, Debug)]
pub struct Scorer {
    /// The features that are asked for, ascending.
    pub inputs: Vec<u16>,
    pub(super) order: Vec<u16>,
    pub(super) left: Vec<u16>,
    bias: Vec<f32>,
    /// First tree of each cut, then the number of trees.
    first: Vec<u32>,
    /// Each tree, then one that begins where the last one ends.
    trees: Vec<Start>,
    nodes: Vec<Node>,
    value: Vec<f32>,
    sets: Vec<u64>,
}

impl Scorer {
    /// Of a conditional that was checked.
    pub fn new(conditional: &BoostedConditional) -> Self {
        let trees = &conditional.trees;
        let inputs: Vec<u16> = trees.features().into_iter().map(|f| f as u16).collect();
        let mut place = vec![0; inputs.last().map_or(0, |f| usize::from(*f) + 1)];
        inputs.iter().enumerate().for_each(|(i, f)| place[usize::from(*f)] = i as u16);
        let node = |n: usize| Node {
            kept: !(trees.left_leaves(n) as u32),
            input: place[usize::from(trees.feature[n])],
            cut: trees.cut[n],
        };
        let start = |t: usize| Start {
            node: trees.node_start[t],
            by_set: trees.by_set.get(t).copied().unwrap_or_default(),
            leaf: trees.leaf_start[t],
            set: trees.set_start.get(t).copied().unwrap_or_default(),
            least: 0.0,
            most: 0.0,
        };
        let mut starts: Vec<Start> = (0..=trees.len()).map(start).collect();
        for of_cut in conditional.first.windows(2) {
            for t in (of_cut[0] as usize + 1..of_cut[1] as usize).rev() {
                let leaves = &trees.value[trees.leaf_start[t] as usize..trees.leaf_start[t + 1] as usize];
                starts[t - 1].least = starts[t].least + leaves.iter().copied().fold(f32::INFINITY, f32::min);
                starts[t - 1].most = starts[t].most + leaves.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            }
        }
        Self {
            inputs,
            order: conditional.order.clone(),
            left: conditional.left.clone(),
            bias: conditional.bias.clone(),
            first: conditional.first.clone(),
            trees: starts,
            nodes: (0..trees.feature.len()).map(node).collect(),
            value: trees.value.clone(),
            sets: trees.sets.clone(),
        }
    }

    pub(super) fn top(&self) -> Place {
        Place { cut: 0, low: 0, high: self.order.len() }
    }

    pub(super) fn below(&self, at: Place) -> [Place; 2] {
        below(at, self.left[at.cut])
    }

    /// The probability of going left at a cut; `bins` holds those of the inputs.
    pub(super) fn left_share(&self, cut: usize, bins: &[u8]) -> f64 {
        let trees = &self.trees[self.first[cut] as usize..=self.first[cut + 1] as usize];
        let sum = trees.windows(2).fold(0.0, |sum, t| sum + f64::from(self.leaf(&t[0], t[1].node, bins)));
        math::sigmoid(f64::from(self.bias[cut]) + sum)
    }

    /// Whether a draw goes left at a cut.
    pub(super) fn goes_left(&self, cut: usize, bins: &[u8], rng: &mut Stream) -> bool {
        // Left where a uniform number is below the share, which is where its logit is below the sum.
        let u = (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0;
        let bound = math::ln(u / (1.0 - u));
        let mut sum = f64::from(self.bias[cut]);
        let trees = &self.trees[self.first[cut] as usize..=self.first[cut + 1] as usize];
        for t in trees.windows(2) {
            sum += f64::from(self.leaf(&t[0], t[1].node, bins));
            if sum + f64::from(t[0].least) > bound {
                return true;
            }
            if sum + f64::from(t[0].most) <= bound {
                return false;
            }
        }
        sum > bound
    }

    /// The value of the leaf that a row reaches in a tree.
    #[inline(always)]
    fn leaf(&self, tree: &Start, end: u32, bins: &[u8]) -> f32 {
        let mut left = u32::MAX;
        for n in &self.nodes[tree.node as usize..tree.by_set as usize] {
            // The upper half is all ones where the test fails: a branch would be guessed wrong half of the time.
            let fails = u64::from(n.cut).wrapping_sub(u64::from(bins[usize::from(n.input)])) >> 32;
            left &= n.kept | !fails as u32;
        }
        for n in &self.nodes[tree.by_set as usize..end as usize] {
            let b = bins[usize::from(n.input)];
            let set = (tree.set as usize + usize::from(n.cut)) * WORDS;
            let stays = self.sets[set + usize::from(b >> 6)] >> (b & 63) & 1;
            left &= n.kept | (stays as u32).wrapping_neg();
        }
        self.value[tree.leaf as usize + left.trailing_zeros() as usize]
    }
}
