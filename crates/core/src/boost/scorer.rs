//! Boosted trees laid out for drawing: a draw asks thousands of nodes, so a node is eight bytes and asks an array.

use super::conditional::BoostedConditional;
use super::trees::WORDS;
use crate::math;

/// One node: where its test fails, only the leaves in `kept` stay.
#[derive(Clone, Copy, Debug)]
struct Node {
    kept: u32,
    /// Its place among the inputs.
    input: u16,
    /// Largest bin that goes left, or the set of those that do, counted from the tree's first.
    cut: u16,
}

/// Where the parts of a tree begin.
#[derive(Clone, Copy, Debug)]
struct Start {
    node: u32,
    by_set: u32,
    leaf: u32,
    set: u32,
}

/// The probabilities of the cuts of a [`BoostedConditional`].
#[derive(Clone, Debug)]
pub struct Scorer {
    /// The features that are asked for, ascending.
    pub inputs: Vec<u16>,
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
        };
        Self {
            inputs,
            bias: conditional.bias.clone(),
            first: conditional.first.clone(),
            trees: (0..=trees.len()).map(start).collect(),
            nodes: (0..trees.feature.len()).map(node).collect(),
            value: trees.value.clone(),
            sets: trees.sets.clone(),
        }
    }

    /// The probability of going left at a cut; `bins` holds those of its inputs.
    pub fn left_share(&self, cut: usize, bins: &[u8]) -> f64 {
        let trees = &self.trees[self.first[cut] as usize..=self.first[cut + 1] as usize];
        let sum = trees.windows(2).fold(0.0, |sum, t| sum + f64::from(self.leaf(t[0], t[1].node, bins)));
        math::sigmoid(f64::from(self.bias[cut]) + sum)
    }

    /// The value of the leaf that a row reaches in a tree.
    #[inline]
    fn leaf(&self, tree: Start, end: u32, bins: &[u8]) -> f32 {
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
