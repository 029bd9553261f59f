//! Many small decision trees in a few flat arrays: what a model file keeps and what sampling walks.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// 64-bit words of one set of 256 categories.
pub(super) const WORDS: usize = 4;
/// Leaves of one tree: a bit each in half a word.
pub(super) const MOST_LEAVES: usize = 32;

/// Trees one after another, in the form of QuickScorer (Lucchese et al., SIGIR 2015): a node whose test fails rules
/// out the leaves to its left, and the first leaf that nobody ruled out is the row's. Every node is asked, in any
/// order and without a branch to guess, which is quicker than walking and can't leave the arrays or go round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trees {
    /// First node of each tree, then the number of nodes. Nodes with a threshold come before nodes with a set.
    #[serde(with = "crate::packed")]
    pub(super) node_start: Vec<u32>,
    /// First node with a set of each tree.
    #[serde(with = "crate::packed")]
    pub(super) by_set: Vec<u32>,
    /// First leaf of each tree, then the number of leaves.
    #[serde(with = "crate::packed")]
    pub(super) leaf_start: Vec<u32>,
    /// First set of each tree; trees of one fit share their sets.
    #[serde(with = "crate::packed")]
    pub(super) set_start: Vec<u32>,
    /// Feature of each node.
    #[serde(with = "crate::packed")]
    pub(super) feature: Vec<u16>,
    /// Largest bin that goes left, or the set (counted from the tree's first) of the categories that go left.
    #[serde(with = "crate::packed")]
    pub(super) cut: Vec<u16>,
    /// First leaf to the left of each node, counted from the tree's first, and one past the last.
    #[serde(with = "crate::packed")]
    pub(super) first: Vec<u8>,
    #[serde(with = "crate::packed")]
    pub(super) middle: Vec<u8>,
    #[serde(with = "crate::packed")]
    pub(super) value: Vec<f32>,
    #[serde(with = "crate::packed")]
    pub(super) sets: Vec<u64>,
}

impl Default for Trees {
    fn default() -> Self {
        Self {
            node_start: vec![0],
            by_set: Vec::new(),
            leaf_start: vec![0],
            set_start: Vec::new(),
            feature: Vec::new(),
            cut: Vec::new(),
            first: Vec::new(),
            middle: Vec::new(),
            value: Vec::new(),
            sets: Vec::new(),
        }
    }
}

/// One node on its way into [`Trees`]: bins in the caller's coding.
pub(super) struct Node {
    pub feature: u16,
    pub rule: Rule,
    pub left_leaves: (u8, u8),
}

/// Which bins go left.
pub(super) enum Rule {
    UpTo(u8),
    In([u64; WORDS]),
}

impl Trees {
    /// Number of trees.
    pub fn len(&self) -> usize {
        self.set_start.len()
    }

    /// True without trees.
    pub fn is_empty(&self) -> bool {
        self.set_start.is_empty()
    }

    /// Number of leaves of all trees.
    pub fn leaves(&self) -> usize {
        self.value.len()
    }

    /// Size in memory and, about, in a file.
    pub fn bytes(&self) -> usize {
        16 * self.len() + 6 * self.feature.len() + 4 * self.value.len() + 8 * self.sets.len()
    }

    /// The sum of the leaf values that a row reaches in `trees`; `bin(f)` is the row's code of feature `f`.
    pub fn sum(&self, trees: Range<usize>, mut bin: impl FnMut(usize) -> u8) -> f64 {
        let mut total = 0.0;
        for t in trees {
            let (start, by_set, end) =
                (self.node_start[t] as usize, self.by_set[t] as usize, self.node_start[t + 1] as usize);
            let mut left = u64::MAX;
            let (feature, cut) = (&self.feature[start..end], &self.cut[start..end]);
            for i in 0..by_set - start {
                let fails = u64::from(u16::from(bin(usize::from(feature[i]))) > cut[i]);
                left &= !(self.left_leaves(start + i) & fails.wrapping_neg());
            }
            for i in by_set - start..end - start {
                let b = bin(usize::from(feature[i]));
                let set = (self.set_start[t] as usize + usize::from(cut[i])) * WORDS;
                let fails = !self.sets[set + usize::from(b >> 6)] >> (b & 63) & 1;
                left &= !(self.left_leaves(start + i) & fails.wrapping_neg());
            }
            total += f64::from(self.value[self.leaf_start[t] as usize + left.trailing_zeros() as usize]);
        }
        total
    }

    /// The bits of the leaves to the left of a node.
    pub(super) fn left_leaves(&self, node: usize) -> u64 {
        LOWEST[usize::from(self.middle[node] & 63)] ^ LOWEST[usize::from(self.first[node] & 63)]
    }

    /// The features that some node asks for, ascending.
    pub fn features(&self) -> Vec<usize> {
        let mut f: Vec<usize> = self.feature.iter().map(|&f| usize::from(f)).collect();
        f.sort_unstable();
        f.dedup();
        f
    }

    /// Adds one tree.
    pub(super) fn push(&mut self, nodes: &[Node], values: &[f32], sets: &mut SetIndex) {
        if sets.known.len() + nodes.len() > usize::from(u16::MAX) {
            *sets = SetIndex::after(self);
        }
        self.set_start.push(sets.first);
        let is_set = |n: &&Node| matches!(n.rule, Rule::In(_));
        self.by_set.push((self.feature.len() + nodes.iter().filter(|n| !is_set(n)).count()) as u32);
        for n in nodes.iter().filter(|n| !is_set(n)).chain(nodes.iter().filter(is_set)) {
            self.cut.push(match n.rule {
                Rule::UpTo(b) => u16::from(b),
                Rule::In(s) => sets.find(s, &mut self.sets),
            });
            self.feature.push(n.feature);
            self.first.push(n.left_leaves.0);
            self.middle.push(n.left_leaves.1);
        }
        self.value.extend_from_slice(values);
        self.node_start.push(self.feature.len() as u32);
        self.leaf_start.push(self.value.len() as u32);
    }

    /// Adds all of `other`'s trees.
    pub(super) fn append(&mut self, other: &Trees) {
        let (nodes, leaves) = (self.feature.len() as u32, self.value.len() as u32);
        let sets = (self.sets.len() / WORDS) as u32;
        self.node_start.extend(other.node_start[1..].iter().map(|n| n + nodes));
        self.by_set.extend(other.by_set.iter().map(|n| n + nodes));
        self.leaf_start.extend(other.leaf_start[1..].iter().map(|n| n + leaves));
        self.set_start.extend(other.set_start.iter().map(|n| n + sets));
        self.feature.extend_from_slice(&other.feature);
        self.cut.extend_from_slice(&other.cut);
        self.first.extend_from_slice(&other.first);
        self.middle.extend_from_slice(&other.middle);
        self.value.extend_from_slice(&other.value);
        self.sets.extend_from_slice(&other.sets);
    }

    /// Refuses arrays that a walk could leave or never end in; for trees that come from a file.
    ///
    /// # Errors
    /// Every problem found, of kind [`ErrorKind::Model`].
    pub fn check(&self, features: usize) -> Result<()> {
        let mut problems = Vec::new();
        let mut ask = |ok: bool, what: &str| {
            if !ok {
                problems.push(format!("boosted trees: {what}; the model file is damaged, fit again"));
            }
            ok
        };
        let trees = self.set_start.len();
        let starts = |s: &[u32], end: usize| {
            s.len() == trees + 1
                && s[0] == 0
                && s.windows(2).all(|w| w[0] <= w[1])
                && s.last().is_some_and(|&l| l as usize == end)
        };
        let nodes = self.feature.len();
        let shape = ask(starts(&self.node_start, nodes), "node offsets do not fit")
            & ask(starts(&self.leaf_start, self.value.len()), "leaf offsets do not fit")
            & ask([self.cut.len(), self.first.len(), self.middle.len()] == [nodes; 3], "node arrays differ in length")
            & ask(self.by_set.len() == trees, "set offsets do not fit")
            & ask(self.sets.len().is_multiple_of(WORDS), "sets are incomplete");
        ask(self.value.iter().all(|v| v.is_finite()), "a leaf value is not finite");
        if shape {
            let good = (0..trees).all(|t| self.tree_is_sound(t, features));
            ask(good, "a node points outside its tree, its features or its sets");
        }
        Error::all(ErrorKind::Model, problems)
    }

    /// Its nodes ask for what exists and leave its last leaf standing.
    fn tree_is_sound(&self, t: usize, features: usize) -> bool {
        let nodes = self.node_start[t] as usize..self.node_start[t + 1] as usize;
        let leaves = (self.leaf_start[t + 1] - self.leaf_start[t]) as usize;
        let by_set = self.by_set[t] as usize;
        (1..=MOST_LEAVES).contains(&leaves)
            && (nodes.start..=nodes.end).contains(&by_set)
            && nodes.clone().all(|n| {
                let rule = n < by_set
                    || (self.set_start[t] as usize + usize::from(self.cut[n]) + 1) * WORDS <= self.sets.len();
                self.first[n] < self.middle[n]
                    && usize::from(self.middle[n]) < leaves
                    && usize::from(self.feature[n]) < features
                    && rule
            })
    }
}

/// The lowest bits, by how many.
const LOWEST: [u64; 64] = {
    let mut t = [0; 64];
    let mut i = 0;
    while i < 64 {
        t[i] = (1 << i) - 1;
        i += 1;
    }
    t
};

/// The sets that trees of one fit share, so that a common split is stored once.
#[derive(Default)]
pub(super) struct SetIndex {
    first: u32,
    known: std::collections::BTreeMap<[u64; WORDS], u16>,
}

impl SetIndex {
    fn after(trees: &Trees) -> Self {
        Self { first: (trees.sets.len() / WORDS) as u32, known: Default::default() }
    }

    fn find(&mut self, set: [u64; WORDS], sets: &mut Vec<u64>) -> u16 {
        let next = self.known.len() as u16;
        *self.known.entry(set).or_insert_with(|| {
            sets.extend(set);
            next
        })
    }
}
