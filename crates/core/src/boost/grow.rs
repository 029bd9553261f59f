//! Growing one tree: leaves are cut best first until there are enough or none gains.

use super::matrix::{BLOCK, Matrix};
use super::pack::Packing;
use super::split::{Search, Split};
use super::tree::{Cut, Tree};
use super::{BoostParams, Shape};

/// The gradients of a round, by matrix row.
pub(super) struct Slopes {
    /// First and second derivative.
    pub exact: Vec<(f32, f32)>,
    /// The same for histograms.
    pub packed: Vec<u64>,
    pub packing: Packing,
}

impl Slopes {
    /// The packed sum over some rows.
    fn total(&self, rows: &[u32]) -> u64 {
        rows.iter().fold(0u64, |s, &r| s.wrapping_add(self.packed[r as usize]))
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
    shape: Shape,
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
    pub fn new(matrix: &'a Matrix, params: &'a BoostParams, shape: Shape, entities: &'a [u32], all: Vec<u32>) -> Self {
        let (rows, spare) = (all.clone(), Vec::with_capacity(all.len()));
        let (histograms, free, leaves) = (Vec::new(), Vec::new(), Vec::new());
        Self { matrix, params, shape, entities, all, rows, spare, histograms, free, leaves }
    }

    /// The rows of a leaf of the last tree.
    pub fn rows(&self, leaf: (usize, usize)) -> &[u32] {
        &self.rows[leaf.0..leaf.1]
    }

    /// Grows one tree and adds each cut's gain to `gains` by feature. The leaf values are left to the caller.
    pub fn grow(&mut self, slopes: &Slopes, gains: &mut [f64]) -> Tree {
        let mut search =
            Search { matrix: self.matrix, packing: slopes.packing, params: self.params, sorted: Vec::new() };
        let mut tree = Tree::default();
        let total = slopes.total(&self.all);
        self.rows.copy_from_slice(&self.all);
        self.free = (0..self.histograms.len()).collect();
        self.leaves.clear();
        let len = self.rows.len();
        let mut root = Leaf { start: 0, len, total, histogram: None, best: None, banned: Vec::new(), above: None };
        if len >= 2 * self.params.min_rows.max(1) && self.shape.leaves > 1 {
            let h = self.take();
            self.fill(h, 0..len, slopes);
            root.histogram = Some(h);
            root.best = search.best(&self.histograms[h], total, &root.banned);
        }
        self.leaves.push(root);
        while self.leaves.len() < self.shape.leaves.min(1 << 14) {
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
            self.cut(&mut tree, (at, left_len), split, slopes, &mut search);
        }
        tree.leaves = self.leaves.iter().map(|l| (l.start, l.start + l.len)).collect();
        if self.shape.min_gain > 0.0 {
            tree = tree.pruned();
        }
        for n in &tree.nodes {
            gains[usize::from(self.matrix.features[n.split.feature].source)] += n.split.gain;
        }
        tree.values = vec![0.0; tree.leaves.len()];
        tree
    }

    /// Turns leaf `at` into a node with two leaves, the right one new; its first `left_len` rows go left.
    fn cut(
        &mut self,
        tree: &mut Tree,
        (at, left_len): (usize, usize),
        split: Split,
        slopes: &Slopes,
        search: &mut Search,
    ) {
        let leaf = self.leaves[at].clone();
        let node = tree.nodes.len();
        let new = self.leaves.len();
        let left_is_larger = 2 * left_len > leaf.len;
        let price = self.price(leaf.start..leaf.start + leaf.len, slopes);
        tree.nodes.push(Cut { split, left: !(at as i16), right: !(new as i16), left_is_larger, price });
        if let Some((above, is_left)) = leaf.above {
            let child = if is_left { &mut tree.nodes[above].left } else { &mut tree.nodes[above].right };
            *child = node as i16;
        }
        let (start, middle, end) = (leaf.start, leaf.start + left_len, leaf.start + leaf.len);
        let small = if left_is_larger { middle..end } else { start..middle };
        let small_total = slopes.total(&self.rows[small.clone()]);
        let large_total = leaf.total.wrapping_sub(small_total);
        let last = new + 1 >= self.shape.leaves;
        let worth = |len: usize| !last && len >= 2 * self.params.min_rows.max(1);
        let (small_len, large_len) = (small.len(), leaf.len - small.len());
        let mut small_histogram = None;
        let mut large_histogram = leaf.histogram;
        if worth(large_len) {
            let s = self.take();
            self.fill(s, small, slopes);
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
        let mut child = |histogram: Option<usize>, total: u64, start: usize, len: usize, is_left: bool| {
            let best = histogram.and_then(|h| search.best(&self.histograms[h], total, &[]));
            Leaf { start, len, total, histogram, best, banned: Vec::new(), above: Some((node, is_left)) }
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

    /// What a cut of these rows has to gain: gradients vary by their second derivative where the predictions are as
    /// sure as they should be, and by less where they are not sure enough yet.
    fn price(&self, span: std::ops::Range<usize>, slopes: &Slopes) -> f64 {
        let (mut squares, mut hessian) = (0.0, 0.0);
        for &r in &self.rows[span] {
            let (g, h) = slopes.exact[r as usize];
            squares += f64::from(g * g);
            hessian += f64::from(h);
        }
        self.shape.min_gain * squares / f64::max(hessian, 1e-9)
    }

    /// The leaf whose cut gains most; the first of equals.
    fn most_promising(&self) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (i, l) in self.leaves.iter().enumerate() {
            match &l.best {
                Some(b) if best.is_none_or(|(_, gain)| b.gain > gain) => best = Some((i, b.gain)),
                _ => {}
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
        for i in 0..span.len() {
            let row = span[i];
            let rank = usize::from(b.data[row as usize * b.width + f.place]) - f.start;
            if split.left.contains(rank) {
                span[kept] = row;
                kept += 1;
            } else {
                self.spare.push(row);
            }
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
    fn fill(&mut self, h: usize, span: std::ops::Range<usize>, slopes: &Slopes) {
        for (block, cells) in self.matrix.blocks.iter().zip(self.histograms[h].chunks_exact_mut(BLOCK)) {
            let cells: &mut [u64; BLOCK] = cells.try_into().expect("chunks are of BLOCK cells");
            for &r in &self.rows[span.clone()] {
                let q = slopes.packed[r as usize];
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
