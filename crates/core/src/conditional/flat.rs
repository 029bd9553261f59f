//! A tree laid out for drawing: cuts on raw values instead of bins, children side by side, leaves as alias tables.

use std::hint::black_box;

use super::{Binner, Tree, tree};

/// In place of an input: a leaf.
const LEAF: u32 = u32::MAX;
/// Added to an input: what it holds is a set.
const SET: u32 = 1 << 31;

/// One node, 16 bytes. Ordered: right when the value is above the cut (missing never is). Set: right when it has nothing
/// in common with the input's, which is the bin of a label. Leaf: `next` is its first entry.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Node {
    /// The bits of the cut, the set of bins that go left, or the number of entries.
    word: u64,
    next: u32,
    input: u32,
}

/// One entry of an alias table (Walker 1977): below `cut` it is `code`, else `other`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    cut: u32,
    code: u16,
    other: u16,
}

/// All alias tables. Codes below 256, which nearly all are, fit four bytes an entry, cuts rounded to 16 bits: leaves are
/// many and each draw touches another one, so their size is what a draw costs.
#[derive(Clone, Debug, PartialEq)]
enum Entries {
    Narrow(Vec<Narrow>),
    Wide(Vec<Entry>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Narrow {
    cut: u16,
    code: u8,
    other: u8,
}

impl Entries {
    fn new(wide: Vec<Entry>) -> Self {
        let narrow = |e: &Entry| {
            let cut = (e.cut.saturating_add(1 << 15) >> 16) as u16;
            Some(Narrow { cut, code: e.code.try_into().ok()?, other: e.other.try_into().ok()? })
        };
        match wide.iter().map(narrow).collect() {
            Some(narrow) => Self::Narrow(narrow),
            None => Self::Wide(wide),
        }
    }
}

/// A place in a [`Flat`]: the entries of the leaf that a row reached.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    start: u32,
    len: u32,
}

impl Leaf {
    /// Its entries in the tree.
    pub(super) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Flat {
    nodes: Vec<Node>,
    entries: Entries,
}

impl Flat {
    /// From a tree; `input` gives the place and the bins of each of its inputs, where a cut asks for a set the place of
    /// its bin as one.
    pub fn new<'b>(tree: &Tree, mut input: impl FnMut(u16, bool) -> (u32, &'b Binner)) -> Self {
        let mut nodes = vec![Node { word: 0, next: 0, input: LEAF }];
        let mut vose = Vose::default();
        let mut entries: Vec<Entry> = Vec::with_capacity(tree.codes.len());
        entries.resize(tree.codes.len(), Entry { cut: 0, code: 0, other: 0 });
        // Nodes below each node; children come behind their parent in the tree.
        let mut below = vec![1u32; tree.feature.len()];
        for i in (0..below.len()).rev().filter(|i| tree.feature[*i] != tree::LEAF) {
            let [l, r] = [tree.left[i], tree.right[i]].map(|c| below[c as usize]);
            below[i] = l.saturating_add(r).saturating_add(1);
        }
        // (node of the tree, node here): siblings get neighbouring places, and the children of the larger one the
        // places behind them, so that many walks go straight on in memory.
        let mut open = vec![(0usize, 0usize)];
        while let Some((from, to)) = open.pop() {
            let (left, right) = (tree.left[from], tree.right[from]);
            if tree.feature[from] == tree::LEAF {
                let range = left as usize..right as usize;
                vose.fill(&tree.codes[range.clone()], &tree.sums[range.clone()], &mut entries[range]);
                nodes[to] = Node { word: u64::from(right - left), next: left, input: LEAF };
                continue;
            }
            let split = tree.split[from];
            let is_set = split & tree::SET != 0;
            let (place, binner) = input(tree.feature[from], is_set);
            let word = match binner {
                _ if is_set => tree.sets[usize::from(split & !tree::SET)],
                Binner::Labels(_) => (f64::from(split) - 1.0).to_bits(),
                Binner::Ordered(edges) => edge(edges, split).to_bits(),
            };
            let next = nodes.len();
            // Nodes of a damaged file that share their children would go on for ever.
            if next + 2 > tree.feature.len() {
                break;
            }
            nodes[to] = Node { word, next: next as u32, input: if is_set { place | SET } else { place } };
            nodes.resize(next + 2, nodes[0]);
            open.extend([(left as usize, next), (right as usize, next + 1)]);
            if below[left as usize] > below[right as usize] {
                let last = open.len() - 1;
                open.swap(last, last - 1);
            }
        }
        Self { nodes, entries: Entries::new(entries) }
    }

    /// At the root.
    pub fn walk(&self) -> Walk<'_> {
        Walk { nodes: &self.nodes, node: self.nodes[0] }
    }

    /// A code of the leaf from 32 random bits.
    #[inline]
    pub fn pick(&self, leaf: Leaf, random: u32) -> u16 {
        let scaled = u64::from(random) * u64::from(leaf.len);
        let at = leaf.start as usize + (scaled >> 32) as usize;
        match &self.entries {
            Entries::Narrow(all) => {
                let e = all[at];
                u16::from(if (scaled as u32 >> 16) as u16 >= e.cut { e.other } else { e.code })
            }
            Entries::Wide(all) => {
                let e = &all[at];
                if (scaled as u32) < e.cut { e.code } else { e.other }
            }
        }
    }
}

/// A row on its way from the root to a leaf.
pub struct Walk<'a> {
    nodes: &'a [Node],
    node: Node,
}

impl Walk<'_> {
    /// Goes on to the leaf; `value` gives what is at the places that the walk asks for. Where one is not known yet the
    /// walk stops there, and goes on when it is.
    #[inline]
    pub fn on(&mut self, value: impl Fn(u32) -> Option<f64>) -> Result<Leaf, u32> {
        while self.node.input != LEAF {
            let Node { word, next, input } = self.node;
            let v = value(input & !SET).ok_or(input & !SET)?;
            let right = if input & SET == 0 {
                v > f64::from_bits(word)
            } else {
                black_box(());
                v.to_bits() & word == 0
            };
            // Two branches, and the boxes keep them so: a processor that mostly guesses right goes on ahead, where a
            // choice without a branch would wait at every node for the one before.
            self.node = if right {
                black_box(());
                self.nodes[next as usize + 1]
            } else {
                self.nodes[next as usize]
            };
        }
        Ok(Leaf { start: self.node.next, len: self.node.word as u32 })
    }
}

/// The value above which a row leaves bin `last` upwards.
fn edge(edges: &[f64], last: u16) -> f64 {
    match usize::from(last).checked_sub(1) {
        None => f64::NEG_INFINITY,
        Some(i) => edges.get(i).copied().unwrap_or(f64::INFINITY),
    }
}

/// Fills alias tables by Vose's method (1991) in whole numbers.
#[derive(Default)]
struct Vose {
    share: Vec<u64>,
    small: Vec<u32>,
    large: Vec<u32>,
}

impl Vose {
    fn fill(&mut self, codes: &[u16], sums: &[u32], out: &mut [Entry]) {
        let n = codes.len() as u64;
        let total = u64::from(sums.last().copied().unwrap_or(0));
        let mut before = 0;
        self.share.clear();
        self.share.extend(sums.iter().map(|s| u64::from(s - std::mem::replace(&mut before, *s)) * n));
        let Self { share, small, large } = self;
        small.clear();
        large.clear();
        for (i, s) in share.iter().enumerate() {
            if *s < total { small.push(i as u32) } else { large.push(i as u32) }
        }
        while let (Some(s), Some(l)) = (small.pop(), large.last().copied()) {
            let (s, to) = (s as usize, l as usize);
            // The share is below the total, which has 32 bits.
            let cut = ((share[s] << 32) / total.max(1)) as u32;
            out[s] = Entry { cut, code: codes[s], other: codes[to] };
            share[to] -= total - share[s];
            if share[to] < total {
                large.pop();
                small.push(l);
            }
        }
        for i in large.iter().chain(small.iter()).map(|i| *i as usize) {
            out[i] = Entry { cut: u32::MAX, code: codes[i], other: codes[i] };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Matrix, Scale, TreeParams};
    use super::*;
    use crate::rng::Stream;

    /// A tree over an ordered and a label feature, with its flat form and the values it saw.
    fn both() -> (Tree, Flat, Vec<Binner>, Vec<Vec<f64>>) {
        let n = 6000;
        let mut s = Stream::new(4, 0, 0);
        let miss = |s: &mut Stream, v: f64| if s.below(20) == 0 { f64::NAN } else { v };
        let a: Vec<f64> = (0..n)
            .map(|_| {
                let v = s.normal() * 10.0;
                miss(&mut s, v)
            })
            .collect();
        let b: Vec<f64> = (0..n)
            .map(|_| {
                let v = s.below(70) as f64;
                miss(&mut s, v)
            })
            .collect();
        let codes: Vec<u16> = (0..n)
            .map(|i| {
                let sum = if a[i].is_nan() { 3.0 } else { a[i] / 4.0 } + if b[i] % 3.0 == 0.0 { 5.0 } else { 0.0 };
                (sum + s.normal() + 10.0).clamp(0.0, 39.0) as u16
            })
            .collect();
        let rows: Vec<u32> = (0..n as u32).collect();
        let binners = vec![Binner::ordered(&a, &rows, 5), Binner::labels(70)];
        let mut m = Matrix::default();
        m.push(&a, &binners[0]);
        m.push(&b, &binners[1]);
        let scale = Scale { codes: 40, ordered: true, gaps: &[] };
        let tree = Tree::fit(&m, &[0, 1], &rows, &codes, scale, &rows, TreeParams::default());
        let flat = Flat::new(&tree, |i, set| (u32::from(i) + if set { 2 } else { 0 }, &binners[usize::from(i)]));
        (tree, flat, binners, vec![a, b])
    }

    /// What is at a place: the two features, then their bins as sets.
    fn at(place: u32, row: usize, binners: &[Binner], x: &[Vec<f64>]) -> f64 {
        let feature = place as usize % 2;
        let value = x[feature][row];
        if place < 2 { value } else { f64::from_bits(1 << binners[feature].bin(value)) }
    }

    #[test]
    fn raw_values_reach_the_leaf_that_their_bins_reach() {
        let (tree, flat, binners, x) = both();
        assert!(tree.leaves() > 10);
        for i in 0..6000 {
            let want = tree.leaf(&mut |f| binners[usize::from(f)].bin(x[usize::from(f)][i]));
            let got = flat.walk().on(|place| Some(at(place, i, &binners, &x))).unwrap();
            assert_eq!(got.range(), tree.left[want] as usize..tree.right[want] as usize, "row {i}");
        }
    }

    #[test]
    fn alias_tables_hold_the_weights_of_the_leaf() {
        let (tree, flat, binners, x) = both();
        let leaf = flat.walk().on(|place| Some(at(place, 0, &binners, &x))).unwrap();
        let range = leaf.range();
        let (codes, sums) = (&tree.codes[range.clone()], &tree.sums[range]);
        // Every 2^10-th of all 32-bit numbers: shares are exact to the grid of the table.
        let mut hits = [0u32; 40];
        let n = 1u32 << 22;
        (0..n).for_each(|i| hits[usize::from(flat.pick(leaf, i << 10))] += 1);
        let mut before = 0;
        for (c, s) in codes.iter().zip(sums) {
            let p = f64::from(s - before) / f64::from(sums[sums.len() - 1]);
            let got = f64::from(hits[usize::from(*c)]) / f64::from(n);
            // The grid of the numbers above, and the rounding of two cuts.
            let bound = 2.0 * codes.len() as f64 / f64::from(n) + 2.0 / f64::from(1 << 16);
            assert!((got - p).abs() < bound, "{c}: {got} {p}");
            before = *s;
        }
    }
}
