//! Growing one tree: leaves are cut best first until there are enough or none gains.

use super::matrix::{BLOCK, Matrix};
use super::pack::Packing;
use super::spans::{Span, Spans};
use super::split::{Search, Split};
use super::tree::{Cut, Tree};
use super::trees::MOST_LEAVES;
use super::{BoostParams, Shape};
use crate::encode::Distinct;

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

/// An open leaf.
#[derive(Clone)]
struct Leaf {
    rows: Span,
    riders: Span,
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
    matrix: &'a Matrix<'a>,
    params: &'a BoostParams,
    shape: Shape,
    /// Entity of each matrix row.
    entities: &'a [u32],
    /// The rows that decide on the cuts, leaf by leaf after a tree was grown.
    rows: Spans,
    /// Rows that are only taken along.
    riders: Spans,
    histograms: Vec<Vec<u64>>,
    free: Vec<usize>,
    leaves: Vec<Leaf>,
    distinct: Distinct,
}

impl<'a> Grower<'a> {
    /// For rows of `matrix`: those to grow on and those to take along, each ascending.
    pub fn new(
        matrix: &'a Matrix<'a>,
        params: &'a BoostParams,
        shape: Shape,
        entities: &'a [u32],
        [rows, riders]: [&[u32]; 2],
    ) -> Self {
        let (rows, riders) = (Spans::new(rows), Spans::new(riders));
        let (histograms, free, leaves) = (Vec::new(), Vec::new(), Vec::new());
        let distinct = Distinct::new(entities.iter().max().map_or(0, |m| *m as usize + 1));
        Self { matrix, params, shape, entities, rows, riders, histograms, free, leaves, distinct }
    }

    /// The rows and the riders of a leaf of the last tree.
    pub fn leaf(&self, leaf: [Span; 2]) -> [&[u32]; 2] {
        [self.rows.get(leaf[0]), self.riders.get(leaf[1])]
    }

    /// Grows one tree and adds each cut's gain to `gains` by feature. The leaf values are left to the caller.
    pub fn grow(&mut self, slopes: &Slopes, gains: &mut [f64]) -> Tree {
        let mut search =
            Search { matrix: self.matrix, packing: slopes.packing, params: self.params, sorted: Vec::new() };
        let mut tree = Tree::default();
        self.free = (0..self.histograms.len()).collect();
        self.leaves.clear();
        let (rows, riders) = (self.rows.reset(), self.riders.reset());
        let total = slopes.total(self.rows.get(rows));
        let mut root = Leaf { rows, riders, total, histogram: None, best: None, banned: Vec::new(), above: None };
        if rows.1 >= 2 * self.params.min_rows.max(1) && self.most_leaves() > 1 {
            let h = self.take();
            self.fill(h, rows, slopes);
            root.histogram = Some(h);
            root.best = search.best(&self.histograms[h], total, &root.banned);
        }
        self.leaves.push(root);
        while self.leaves.len() < self.most_leaves() {
            let Some(at) = self.most_promising() else { break };
            let Some(split) = self.leaves[at].best.take() else { break };
            let rows = self.leaves[at].rows;
            let middle = self.rows.partition(rows, self.matrix.goes_left(split.feature, &split.left));
            if self.has_entities((rows.0, middle)) && self.has_entities((middle, rows.1)) {
                self.cut(&mut tree, (at, middle), split, slopes, &mut search);
            } else {
                let leaf = &mut self.leaves[at];
                leaf.banned.push(split.feature as u16);
                leaf.best = leaf.histogram.and_then(|h| search.best(&self.histograms[h], leaf.total, &leaf.banned));
            }
        }
        tree.leaves = self.leaves.iter().map(|l| [l.rows, l.riders]).collect();
        let mut tree = tree.pruned();
        for n in &tree.nodes {
            gains[usize::from(self.matrix.features[n.split.feature].source)] += n.split.gain;
        }
        tree.values = vec![0.0; tree.leaves.len()];
        tree
    }

    /// Turns leaf `at` into a node with two leaves, the right one new; its rows before `middle` go left.
    fn cut(
        &mut self,
        tree: &mut Tree,
        (at, middle): (usize, usize),
        split: Split,
        slopes: &Slopes,
        search: &mut Search,
    ) {
        let Leaf { rows, riders, total, mut histogram, above, .. } = self.leaves[at].clone();
        let (node, new) = (tree.nodes.len(), self.leaves.len());
        let riders_middle = self.riders.partition(riders, self.matrix.goes_left(split.feature, &split.left));
        let left_is_larger = 2 * (middle - rows.0) > rows.1 - rows.0;
        let price = self.price(rows, slopes);
        tree.nodes.push(Cut {
            split,
            left: !(at as i16),
            right: !(new as i16),
            left_is_larger,
            left_leaves: (0, 0),
            price,
        });
        if let Some((above, is_left)) = above {
            let child = if is_left { &mut tree.nodes[above].left } else { &mut tree.nodes[above].right };
            *child = node as i16;
        }
        let (left, right) = ((rows.0, middle), (middle, rows.1));
        let (small, large) = if left_is_larger { (right, left) } else { (left, right) };
        let small_total = slopes.total(self.rows.get(small));
        let large_total = total.wrapping_sub(small_total);
        let last = new + 1 >= self.most_leaves();
        // A leaf that can't or won't be cut again needs no histogram; the larger one's is what the smaller leaves.
        let worth = |s: Span| !last && s.1 - s.0 >= 2 * self.params.min_rows.max(1);
        let (small_worth, large_worth) = (worth(small), worth(large));
        let mut small_histogram = None;
        if large_worth {
            let s = self.take();
            self.fill(s, small, slopes);
            if let Some(l) = histogram {
                self.subtract(l, s);
            }
            small_histogram = Some(s);
        } else if let Some(h) = histogram.take() {
            self.free.push(h);
        }
        if !small_worth {
            self.free.extend(small_histogram.take());
        }
        let mut child = |histogram: Option<usize>, total: u64, rows: Span, riders: Span, is_left: bool| {
            let best = histogram.and_then(|h| search.best(&self.histograms[h], total, &[]));
            Leaf { rows, riders, total, histogram, best, banned: Vec::new(), above: Some((node, is_left)) }
        };
        let (l, r) = if left_is_larger {
            ((histogram, large_total), (small_histogram, small_total))
        } else {
            ((small_histogram, small_total), (histogram, large_total))
        };
        let left = child(l.0, l.1, left, (riders.0, riders_middle), true);
        let right = child(r.0, r.1, right, (riders_middle, riders.1), false);
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
    fn price(&self, span: Span, slopes: &Slopes) -> f64 {
        let (mut squares, mut hessian) = (0.0, 0.0);
        for &r in self.rows.get(span) {
            let (g, h) = slopes.exact[r as usize];
            squares += f64::from(g * g);
            hessian += f64::from(h);
        }
        self.shape.min_gain * squares / f64::max(hessian, 1e-9)
    }

    fn most_leaves(&self) -> usize {
        self.shape.leaves.min(MOST_LEAVES)
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

    /// True when at least `min_entities` entities have rows in the span.
    fn has_entities(&mut self, span: Span) -> bool {
        let entities = self.rows.get(span).iter().map(|&r| self.entities[r as usize]);
        self.distinct.at_least(self.params.min_entities, entities)
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
    fn fill(&mut self, h: usize, span: Span, slopes: &Slopes) {
        for (block, cells) in self.matrix.blocks.iter().zip(self.histograms[h].chunks_exact_mut(BLOCK)) {
            let cells: &mut [u64; BLOCK] = cells.try_into().expect("chunks are of BLOCK cells");
            for &r in self.rows.get(span) {
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
