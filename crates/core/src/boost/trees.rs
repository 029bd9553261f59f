//! Many small decision trees in a few flat arrays: what a model file keeps and what sampling walks.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// Set in `feature` when the split is a set of categories rather than a threshold.
pub(super) const BY_SET: u16 = 1 << 15;
/// 64-bit words of one set of 256 categories.
pub(super) const WORDS: usize = 4;

/// Trees one after another. A node's child is another node of its tree (>= 0, always a later one) or, as `!leaf`,
/// a leaf; a tree without nodes is its one leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trees {
    /// First node of each tree, then the number of nodes.
    node_start: Vec<u32>,
    /// First leaf of each tree, then the number of leaves.
    leaf_start: Vec<u32>,
    /// First set of each tree; trees of one fit share their sets.
    set_start: Vec<u32>,
    /// Feature of each node, with [`BY_SET`].
    feature: Vec<u16>,
    /// Largest bin that goes left, or the set (counted from the tree's first) of the categories that go left.
    cut: Vec<u16>,
    left: Vec<i16>,
    right: Vec<i16>,
    value: Vec<f32>,
    sets: Vec<u64>,
}

impl Default for Trees {
    fn default() -> Self {
        Self {
            node_start: vec![0],
            leaf_start: vec![0],
            set_start: Vec::new(),
            feature: Vec::new(),
            cut: Vec::new(),
            left: Vec::new(),
            right: Vec::new(),
            value: Vec::new(),
            sets: Vec::new(),
        }
    }
}

/// One node on its way into [`Trees`]: bins in the caller's coding.
pub(super) struct Node {
    pub feature: u16,
    pub rule: Rule,
    pub left: i16,
    pub right: i16,
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
        12 * self.len() + 8 * self.feature.len() + 4 * self.value.len() + 8 * self.sets.len()
    }

    /// The sum of the leaf values that a row reaches in `trees`; `bin(f)` is the row's code of feature `f`.
    pub fn sum(&self, trees: Range<usize>, mut bin: impl FnMut(usize) -> u8) -> f64 {
        let mut total = 0.0;
        for t in trees {
            let nodes = self.node_start[t] as usize;
            let mut at = if self.node_start[t + 1] as usize == nodes { -1 } else { 0 };
            while at >= 0 {
                let n = nodes + at as usize;
                let f = self.feature[n];
                let b = bin(usize::from(f & !BY_SET));
                let goes_left = if f & BY_SET == 0 {
                    u16::from(b) <= self.cut[n]
                } else {
                    let set = (self.set_start[t] as usize + usize::from(self.cut[n])) * WORDS;
                    self.sets[set + usize::from(b >> 6)] >> (b & 63) & 1 == 1
                };
                at = if goes_left { self.left[n] } else { self.right[n] };
            }
            total += f64::from(self.value[self.leaf_start[t] as usize + !at as usize]);
        }
        total
    }

    /// The features that some node asks for, ascending.
    pub fn features(&self) -> Vec<usize> {
        let mut f: Vec<usize> = self.feature.iter().map(|f| usize::from(f & !BY_SET)).collect();
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
        for n in nodes {
            let (flag, cut) = match n.rule {
                Rule::UpTo(b) => (0, u16::from(b)),
                Rule::In(s) => (BY_SET, sets.find(s, &mut self.sets)),
            };
            self.feature.push(n.feature | flag);
            self.cut.push(cut);
            self.left.push(n.left);
            self.right.push(n.right);
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
        self.leaf_start.extend(other.leaf_start[1..].iter().map(|n| n + leaves));
        self.set_start.extend(other.set_start.iter().map(|n| n + sets));
        self.feature.extend_from_slice(&other.feature);
        self.cut.extend_from_slice(&other.cut);
        self.left.extend_from_slice(&other.left);
        self.right.extend_from_slice(&other.right);
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
            & ask([self.cut.len(), self.left.len(), self.right.len()] == [nodes; 3], "node arrays differ in length")
            & ask(self.sets.len().is_multiple_of(WORDS), "sets are incomplete");
        ask(self.value.iter().all(|v| v.is_finite()), "a leaf value is not finite");
        if shape {
            let good = (0..trees).all(|t| self.tree_is_sound(t, features));
            ask(good, "a node points outside its tree, its features or its sets");
        }
        Error::all(ErrorKind::Model, problems)
    }

    fn tree_is_sound(&self, t: usize, features: usize) -> bool {
        let nodes = self.node_start[t] as usize..self.node_start[t + 1] as usize;
        let leaves = (self.leaf_start[t + 1] - self.leaf_start[t]) as usize;
        let count = nodes.len();
        leaves == count + 1
            && nodes.clone().all(|n| {
                let at = n - nodes.start;
                let child = |c: i16| {
                    if c >= 0 { (c as usize) > at && (c as usize) < count } else { (!c as usize) < leaves }
                };
                let f = self.feature[n];
                let rule = if f & BY_SET == 0 {
                    self.cut[n] < 256
                } else {
                    (self.set_start[t] as usize + usize::from(self.cut[n]) + 1) * WORDS <= self.sets.len()
                };
                child(self.left[n]) && child(self.right[n]) && usize::from(f & !BY_SET) < features && rule
            })
    }
}

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
