//! A tree while it is fitted: cuts over the ranks of a matrix, and pruning.

use super::matrix::Matrix;
use super::spans::Span;
use super::split::Split;
use super::trees::Node;

/// A tree over the ranks of a [`Matrix`].
#[derive(Clone, Default)]
pub(super) struct Tree {
    pub nodes: Vec<Cut>,
    pub values: Vec<f32>,
    /// Span of each leaf among the grower's rows and among its riders.
    pub leaves: Vec<[Span; 2]>,
    /// Leaf of every matrix row.
    pub leaf_of: Vec<u16>,
}

/// A node of a [`Tree`]; a child is another, later node (>= 0) or, as `!leaf`, a leaf.
#[derive(Clone)]
pub(super) struct Cut {
    pub split: Split,
    pub left: i16,
    pub right: i16,
    pub left_is_larger: bool,
    /// First leaf and one past the last leaf to its left, once the tree is pruned.
    pub left_leaves: (u8, u8),
    /// What it has to gain, or the cuts below it together.
    pub price: f64,
}

impl Tree {
    /// With leaves from left to right and without the subtrees whose cuts together gain less than their price (cost-complexity pruning, Breiman et al.
    /// 1984). Looking at whole subtrees keeps a worthless first cut that makes the second one possible.
    pub fn pruned(&self) -> Tree {
        let mut net = vec![0f64; self.nodes.len()];
        let below = |net: &[f64], c: i16| if c >= 0 { net[c as usize].max(0.0) } else { 0.0 };
        for (i, n) in self.nodes.iter().enumerate().rev() {
            net[i] = n.split.gain - n.price + below(&net, n.left) + below(&net, n.right);
        }
        let mut out = Tree::default();
        self.copy(if self.nodes.is_empty() { -1 } else { 0 }, &net, &mut out);
        out
    }

    /// Copies what is worth keeping, leaves from left to right, at and below `at`; its place in `out`.
    fn copy(&self, at: i16, net: &[f64], out: &mut Tree) -> i16 {
        if at < 0 || net[at as usize] <= 0.0 {
            out.leaves.push(self.span(at));
            return !(out.leaves.len() as i16 - 1);
        }
        let n = &self.nodes[at as usize];
        let new = out.nodes.len();
        let first = out.leaves.len();
        out.nodes.push(n.clone());
        let left = self.copy(n.left, net, out);
        let middle = out.leaves.len();
        let right = self.copy(n.right, net, out);
        out.nodes[new] = Cut { left, right, left_leaves: (first as u8, middle as u8), ..n.clone() };
        new as i16
    }

    /// The rows at and below `at`, which lie beside each other.
    fn span(&self, at: i16) -> [Span; 2] {
        if at < 0 {
            return self.leaves[!at as usize];
        }
        let n = &self.nodes[at as usize];
        let (left, right) = (self.span(n.left), self.span(n.right));
        [(left[0].0, right[0].1), (left[1].0, right[1].1)]
    }

    /// The nodes in the caller's bins.
    pub fn nodes(&self, m: &Matrix) -> Vec<Node> {
        let node = |c: &Cut| {
            let f = &m.features[c.split.feature];
            Node { feature: f.source, rule: f.rule(&c.split.left, c.left_is_larger), left_leaves: c.left_leaves }
        };
        self.nodes.iter().map(node).collect()
    }
}
