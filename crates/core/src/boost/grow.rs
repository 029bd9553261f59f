//! One tree: leaves are cut best first until there are enough or none gains.

use super::BoostParams;
use super::matrix::{BLOCK, Matrix, Ranks};
use super::pack::Packing;
use super::split::{Search, Split};
use super::trees::Node;

/// A tree over the ranks of a [`Matrix`].
#[derive(Clone, Default)]
pub(super) struct Tree {
    pub nodes: Vec<Cut>,
    pub values: Vec<f32>,
}

/// A node of a [`Tree`]; children as in [`super::Trees`].
#[derive(Clone)]
pub(super) struct Cut {
    pub split: Split,
    pub left: i16,
    pub right: i16,
    pub left_is_larger: bool,
}

impl Tree {
    /// The leaf that `row` of the matrix reaches.
    pub fn leaf(&self, m: &Matrix, row: u32) -> usize {
        let mut at = if self.nodes.is_empty() { -1 } else { 0 };
        while at >= 0 {
            let n = &self.nodes[at as usize];
            at = if n.split.left.contains(m.rank(n.split.feature, row)) { n.left } else { n.right };
        }
        !at as usize
    }

    /// The nodes in the caller's bins.
    pub fn nodes(&self, m: &Matrix) -> Vec<Node> {
        let node = |c: &Cut| {
            let f = &m.features[c.split.feature];
            Node { feature: f.source, rule: f.rule(&c.split.left, c.left_is_larger), left: c.left, right: c.right }
        };
        self.nodes.iter().map(node).collect()
    }
}

/// An open leaf: a span of the grower's rows.
#[derive(Clone)]
struct Leaf {
    start: usize,
    len: usize,
    total: u64,
    /// Where its histogram is, when one was needed.
    histogram: Option<usize>,
    best: Option<Split>,
    /// Features whose cut would leave too few entities on a side.
    banned: Vec<u16>,
    /// The node above and whether this is its left child.
    above: Option<(usize, bool)>,
}

/// Grows trees on a fixed set of rows, keeping its buffers.
pub(super) struct Grower<'a> {
    matrix: &'a Matrix,
    params: &'a BoostParams,
    /// Entity of each matrix row.
    entities: &'a [u32],
    /// All rows, ascending.
    all: Vec<u32>,
    /// The rows, leaf by leaf after a tree was grown.
    rows: Vec<u32>,
    spare: Vec<u32>,
    histograms: Vec<Vec<u64>>,
    free: Vec<usize>,
    leaves: Vec<Leaf>,
}

impl<'a> Grower<'a> {
    /// For `all` rows, ascending, of `matrix`.
    pub fn new(matrix: &'a Matrix, params: &'a BoostParams, entities: &'a [u32], all: Vec<u32>) -> Self {
        let (rows, spare) = (all.clone(), Vec::with_capacity(all.len()));
        let (histograms, free, leaves) = (Vec::new(), Vec::new(), Vec::new());
        Self { matrix, params, entities, all, rows, spare, histograms, free, leaves }
    }

    /// The rows of each leaf of the last tree.
    pub fn leaf_rows(&self) -> impl Iterator<Item = &[u32]> {
        self.leaves.iter().map(|l| &self.rows[l.start..l.start + l.len])
    }

    /// Grows one tree on `packed` gradients (by matrix row) and adds each cut's gain to `gains` by feature. The
    /// leaf values are left to the caller.
    pub fn grow(&mut self, packed: &[u64], packing: Packing, gains: &mut [f64]) -> Tree {
        let mut search = Search { matrix: self.matrix, packing, params: self.params, sorted: Vec::new() };
        let mut tree = Tree::default();
        let total = self.all.iter().fold(0u64, |s, &r| s.wrapping_add(packed[r as usize]));
        self.rows.copy_from_slice(&self.all);
        self.free = (0..self.histograms.len()).collect();
        self.leaves.clear();
        let len = self.rows.len();
        let mut root = Leaf { start: 0, len, total, histogram: None, best: None, banned: Vec::new(), above: None };
        if len >= 2 * self.params.min_rows.max(1) && self.params.leaves > 1 {
            let h = self.take();
            self.fill(h, 0..len, packed);
            root.histogram = Some(h);
            root.best = search.best(&self.histograms[h], total, &root.banned);
        }
        self.leaves.push(root);
        while self.leaves.len() < self.params.leaves.min(1 << 14) {
            let Some(at) = self.most_promising() else { break };
            let leaf = self.leaves[at].clone();
            let Some(split) = leaf.best.clone() else { break };
            let left_len = self.partition(&leaf, &split);
            let (start, middle, end) = (leaf.start, leaf.start + left_len, leaf.start + leaf.len);
            if !self.has_entities(start..middle) || !self.has_entities(middle..end) {
                let leaf = &mut self.leaves[at];
                leaf.banned.push(split.feature as u16);
                leaf.best = leaf.histogram.and_then(|h| search.best(&self.histograms[h], leaf.total, &leaf.banned));
                continue;
            }
            gains[usize::from(self.matrix.features[split.feature].source)] += split.gain;
            self.cut(&mut tree, at, split, left_len, packed, &mut search);
        }
        tree.values = vec![0.0; self.leaves.len()];
        tree
    }

    /// Turns leaf `at` into a node with two leaves, the right one new.
    fn cut(&mut self, tree: &mut Tree, at: usize, split: Split, left_len: usize, packed: &[u64], search: &mut Search) {
        let leaf = self.leaves[at].clone();
        let node = tree.nodes.len();
        let new = self.leaves.len();
        let left_is_larger = 2 * left_len > leaf.len;
        tree.nodes.push(Cut { split, left: !(at as i16), right: !(new as i16), left_is_larger });
        if let Some((above, is_left)) = leaf.above {
            let child = if is_left { &mut tree.nodes[above].left } else { &mut tree.nodes[above].right };
            *child = node as i16;
        }
        let (start, middle, end) = (leaf.start, leaf.start + left_len, leaf.start + leaf.len);
        let small = if left_is_larger { middle..end } else { start..middle };
        let small_total = self.rows[small.clone()].iter().fold(0u64, |s, &r| s.wrapping_add(packed[r as usize]));
        let large_total = leaf.total.wrapping_sub(small_total);
        let last = new + 1 >= self.params.leaves;
        let worth = |len: usize| !last && len >= 2 * self.params.min_rows.max(1);
        let (small_len, large_len) = (small.len(), leaf.len - small.len());
        let mut small_histogram = None;
        let mut large_histogram = leaf.histogram;
        if worth(large_len) {
            let s = self.take();
            self.fill(s, small, packed);
            if let Some(l) = large_histogram {
                self.subtract(l, s);
            }
            small_histogram = Some(s);
        } else if let Some(h) = large_histogram.take() {
            self.free.push(h);
        }
        if !worth(small_len) {
            self.free.extend(small_histogram.take());
        }
        let mut child = |histogram: Option<usize>, total: u64, start: usize, len: usize, is_left: bool| Leaf {
            start,
            len,
            total,
            histogram,
            best: histogram.and_then(|h| search.best(&self.histograms[h], total, &[])),
            banned: Vec::new(),
            above: Some((node, is_left)),
        };
        let (left, right) = if left_is_larger {
            ((large_histogram, large_total), (small_histogram, small_total))
        } else {
            ((small_histogram, small_total), (large_histogram, large_total))
        };
        let left = child(left.0, left.1, start, left_len, true);
        let right = child(right.0, right.1, middle, end - middle, false);
        for l in [&left, &right] {
            // Nothing to gain: its histogram is not needed again.
            if l.best.is_none() {
                self.free.extend(l.histogram);
            }
        }
        self.leaves[at] = left;
        self.leaves.push(right);
    }

    fn most_promising(&self) -> Option<usize> {
        let gain = |l: &Leaf| l.best.as_ref().map(|b| b.gain);
        let mut best = None;
        for (i, l) in self.leaves.iter().enumerate() {
            if let Some(g) = gain(l) {
                if best.is_none_or(|(_, b)| g > b) {
                    best = Some((i, g));
                }
            }
        }
        best.map(|(i, _)| i)
    }

    /// Puts the leaf's left rows before its right rows, each in their old order; the number of left rows.
    fn partition(&mut self, leaf: &Leaf, split: &Split) -> usize {
        let f = &self.matrix.features[split.feature];
        let b = &self.matrix.blocks[f.block];
        let span = &mut self.rows[leaf.start..leaf.start + leaf.len];
        self.spare.clear();
        let mut kept = 0;
        let mut place = |left: bool, i: usize, row: u32, span: &mut [u32]| {
            if left {
                span[kept] = row;
                kept += 1;
            } else {
                self.spare.push(row);
            }
            debug_assert!(kept <= i + 1);
        };
        for i in 0..span.len() {
            let row = span[i];
            let rank = usize::from(b.data[row as usize * b.width + f.place]) - f.start;
            let left = match &split.left {
                Ranks::UpTo(r) => rank <= *r,
                set => set.contains(rank),
            };
            place(left, i, row, span);
        }
        span[kept..].copy_from_slice(&self.spare);
        kept
    }

    /// True when at least `min_entities` entities have rows in the span.
    fn has_entities(&self, span: std::ops::Range<usize>) -> bool {
        let need = self.params.min_entities.min(64);
        let mut seen = [0u32; 64];
        let mut n = 0;
        for &r in &self.rows[span] {
            if n >= need {
                break;
            }
            let e = self.entities[r as usize];
            if !seen[..n].contains(&e) {
                seen[n] = e;
                n += 1;
            }
        }
        n >= need
    }

    /// An empty histogram's index.
    fn take(&mut self) -> usize {
        let h = self.free.pop().unwrap_or_else(|| {
            self.histograms.push(vec![0; self.matrix.blocks.len() * BLOCK]);
            self.histograms.len() - 1
        });
        for (b, block) in self.matrix.blocks.iter().enumerate() {
            self.histograms[h][b * BLOCK..b * BLOCK + block.cells].fill(0);
        }
        h
    }

    /// Adds a span of rows to a histogram.
    fn fill(&mut self, h: usize, span: std::ops::Range<usize>, packed: &[u64]) {
        for (block, cells) in self.matrix.blocks.iter().zip(self.histograms[h].chunks_exact_mut(BLOCK)) {
            let cells: &mut [u64; BLOCK] = cells.try_into().expect("chunks are of BLOCK cells");
            for &r in &self.rows[span.clone()] {
                let q = packed[r as usize];
                let at = r as usize * block.width;
                for &c in &block.data[at..at + block.width] {
                    // The mask lets the compiler leave out the bounds check; cells are below BLOCK.
                    let cell = &mut cells[usize::from(c) & (BLOCK - 1)];
                    *cell = cell.wrapping_add(q);
                }
            }
        }
    }

    /// Takes histogram `part` away from histogram `from`.
    fn subtract(&mut self, from: usize, part: usize) {
        for (b, block) in self.matrix.blocks.iter().enumerate() {
            let span = b * BLOCK..b * BLOCK + block.cells;
            let [a, p] = self.histograms.get_disjoint_mut([from, part]).expect("two different histograms");
            for (x, y) in a[span.clone()].iter_mut().zip(&p[span]) {
                *x = x.wrapping_sub(*y);
            }
        }
    }
}
