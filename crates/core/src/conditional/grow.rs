//! Grows a tree: which feature and which cut tell most about the codes of the rows of a node.

use super::Matrix;
use super::matrix::BINS;
use super::tree::{FULL, LEAF, SET, Scale, Tree, TreeParams};
use crate::encode::Distinct;
use crate::math::ln;

/// Groups of codes that the splits of a node tell apart.
const GROUPS: usize = 24;
/// Cuts of a feature that differ, about.
const CUTS: f64 = 30.0;
/// Entries of less weight are left out of a leaf unless its own rows have them.
const DUST: f64 = 2e-4;

struct Grower<'a> {
    x: &'a Matrix,
    features: &'a [u16],
    codes: &'a [u16],
    ordered: bool,
    /// For each code the part of the scale that it lies in.
    parts: Vec<usize>,
    entities: &'a [u32],
    params: TreeParams,
    distinct: Distinct,
    /// x ln x of whole numbers.
    xlnx: Vec<f64>,
    counts: Counts,
    tree: Tree,
}

struct Split {
    gain: f64,
    feature: u16,
    set: u64,
    last: u8,
    is_set: bool,
}

/// Rows of a node by bin of a feature and group of codes. Everything is 0 between two features; bins and groups that
/// have rows are marked, because in a small node hardly any has.
struct Counts {
    cells: Box<[u32; BINS * STRIDE]>,
    size: [u32; BINS],
    /// A bit for each group that a bin has rows of.
    groups: [u32; BINS],
    /// A bit for each bin that has rows.
    seen: u64,
}

/// Cells from one bin to the next: a power of two, so that no index needs a multiplication or can lie outside.
const STRIDE: usize = 32;
const _: () = assert!(GROUPS <= STRIDE && BINS == 64);
/// Rows of a node from which on cells are looked through instead of being marked by each row.
const MANY: usize = 1024;

/// The places of the bits that are set, ascending.
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        at
    })
}

impl Counts {
    fn new() -> Self {
        Self { cells: Box::new([0; BINS * STRIDE]), size: [0; BINS], groups: [0; BINS], seen: 0 }
    }

    fn count(&mut self, column: &[u8], rows: &[u32], row_groups: &[u8]) {
        let place = |r: &u32, q: &u8| (usize::from(column[*r as usize]) % BINS, usize::from(*q) % STRIDE);
        if rows.len() < MANY {
            for (r, q) in rows.iter().zip(row_groups) {
                let (b, q) = place(r, q);
                self.cells[b * STRIDE + q] += 1;
                self.groups[b] |= 1 << q;
            }
        } else {
            for (r, q) in rows.iter().zip(row_groups) {
                let (b, q) = place(r, q);
                self.cells[b * STRIDE + q] += 1;
            }
            for b in 0..BINS {
                let bits = self.cells_of(b).iter().enumerate().map(|(q, n)| u32::from(*n > 0) << q);
                self.groups[b] = bits.sum();
            }
        }
        for b in 0..BINS {
            if self.groups[b] != 0 {
                self.size[b] = self.cells_of(b).iter().sum();
                self.seen |= 1 << b;
            }
        }
    }

    fn cells_of(&self, bin: usize) -> &[u32] {
        &self.cells[bin * STRIDE..bin * STRIDE + STRIDE]
    }

    /// The bins that have rows, ascending.
    fn bins<'a>(&self, into: &'a mut [u8; BINS]) -> &'a mut [u8] {
        ones(self.seen).zip(into.iter_mut()).for_each(|(b, to)| *to = b as u8);
        &mut into[..self.seen.count_ones() as usize]
    }

    /// Order of the bins of a label feature: mean group for ordered codes, share of the commonest group else.
    fn label_key(&self, whole: &[u32], ordered: bool) -> [f64; BINS] {
        let top = (0..whole.len()).max_by(|a, b| whole[*a].cmp(&whole[*b]).then(b.cmp(a))).unwrap_or(0);
        let mut key = [0.0; BINS];
        for b in ones(self.seen) {
            let cells = self.cells_of(b);
            let sum = if ordered {
                cells.iter().enumerate().map(|(q, c)| q as f64 * f64::from(*c)).sum::<f64>()
            } else {
                f64::from(cells[top])
            };
            key[b] = sum / f64::from(self.size[b]);
        }
        key
    }

    fn clear(&mut self) {
        for b in ones(self.seen) {
            self.cells[b * STRIDE..b * STRIDE + STRIDE].fill(0);
            (self.size[b], self.groups[b]) = (0, 0);
        }
        self.seen = 0;
    }
}

/// At most [`GROUPS`] groups of the codes that occur: neighbours of like mass for ordered codes, the commonest ones for
/// labels.
fn group_codes(count: &[f64], ordered: bool) -> (Vec<u8>, usize) {
    let n = count.len();
    let mut group = vec![0u8; n];
    let here: Vec<usize> = (0..n).filter(|c| count[*c] > 0.0).collect();
    if here.len() <= GROUPS {
        here.iter().enumerate().for_each(|(g, c)| group[*c] = g as u8);
        return (group, here.len());
    }
    if ordered {
        // The last code is missing and keeps a group of its own.
        let total: f64 = count[..n - 1].iter().sum();
        let groups = if count[n - 1] > 0.0 { GROUPS - 1 } else { GROUPS };
        let mut before = 0.0;
        for (c, g) in group.iter_mut().enumerate().take(n - 1) {
            let middle = before + count[c] / 2.0;
            *g = ((middle / total.max(1.0) * groups as f64) as usize).min(groups - 1) as u8;
            before += count[c];
        }
        group[n - 1] = (GROUPS - 1) as u8;
    } else {
        let mut by_count = here;
        by_count.sort_by(|a, b| count[*b].total_cmp(&count[*a]).then(a.cmp(b)));
        for (rank, c) in by_count.into_iter().enumerate() {
            group[c] = rank.min(GROUPS - 1) as u8;
        }
    }
    (group, GROUPS)
}

impl Tree {
    /// Fits on `rows` of the matrix; `codes` and `entities` are indexed by row.
    #[allow(clippy::too_many_arguments)] // The rows, what is known of them, what is asked, and how.
    pub fn fit(
        x: &Matrix,
        features: &[u16],
        rows: &[u32],
        codes: &[u16],
        scale: Scale,
        entities: &[u32],
        params: TreeParams,
    ) -> Self {
        let n_codes = scale.codes;
        let mut count = vec![0f64; n_codes];
        for r in rows {
            count[usize::from(codes[*r as usize])] += 1.0;
        }
        let overall_total = rows.len().max(1) as f64;
        let tree = Self { overall: count.iter().map(|c| (c / overall_total) as f32).collect(), ..Self::default() };
        let distinct = Distinct::new(entities.iter().max().map_or(0, |m| *m as usize + 1));
        let xlnx = (0..=rows.len()).map(|i| if i == 0 { 0.0 } else { i as f64 * ln(i as f64) }).collect();
        let counts = Counts::new();
        let (ordered, parts) = (scale.ordered, scale.parts());
        let mut g = Grower { x, features, codes, ordered, parts, entities, params, distinct, xlnx, counts, tree };
        let uniform = vec![1.0 / n_codes.max(1) as f64; n_codes];
        let present: Vec<f64> =
            if rows.is_empty() { uniform } else { count.iter().map(|c| c / overall_total).collect() };
        let mut rows = rows.to_vec();
        g.grow(&mut rows, &present, features, 0);
        g.tree
    }
}

impl Grower<'_> {
    /// Grows the subtree of these rows and returns its root.
    /// `varying` are the features that may differ among them.
    fn grow(&mut self, rows: &mut [u32], parent: &[f64], varying: &[u16], depth: usize) -> u32 {
        let node = self.tree.feature.len();
        self.tree.feature.push(LEAF);
        self.tree.split.push(0);
        self.tree.left.push(0);
        self.tree.right.push(0);
        let mut own = vec![0f64; parent.len()];
        for r in rows.iter() {
            own[usize::from(self.codes[*r as usize])] += 1.0;
        }
        let kinds = own.iter().filter(|c| **c > 0.0).count() as f64;
        let mixed = self.mixed(&own, parent);
        let mut varying = varying.to_vec();
        let split = if depth < 40 && kinds > 1.0 { self.best(rows, &own, &mut varying) } else { None };
        let Some(cut) = split.and_then(|s| self.partition(rows, &s).map(|at| (s, at))) else {
            self.close(node, &own, &mixed);
            return node as u32;
        };
        let (split, at) = cut;
        self.tree.feature[node] = split.feature;
        self.tree.split[node] = if split.is_set {
            self.tree.sets.push(split.set);
            SET | (self.tree.sets.len() - 1) as u16
        } else {
            u16::from(split.last)
        };
        let (a, b) = rows.split_at_mut(at);
        let left = self.grow(a, &mixed, &varying, depth + 1);
        let right = self.grow(b, &mixed, &varying, depth + 1);
        self.tree.left[node] = left;
        self.tree.right[node] = right;
        node as u32
    }

    /// The shares of the codes in a node, mixed with those of its parent: first of the parts of the scale, then in each.
    fn mixed(&self, own: &[f64], parent: &[f64]) -> Vec<f64> {
        let parts = self.parts.last().map_or(0, |p| p + 1);
        let (mut rows, mut above, mut kinds) = (vec![0f64; parts], vec![0f64; parts], vec![0f64; parts]);
        for ((&part, c), p) in self.parts.iter().zip(own).zip(parent) {
            rows[part] += c;
            above[part] += p;
            kinds[part] += f64::from(u8::from(*c > 0.0));
        }
        let weight = |kinds: f64| self.params.smoothing * kinds;
        let (n, m) = (rows.iter().sum::<f64>(), weight(rows.iter().filter(|r| **r > 0.0).count() as f64));
        let share = |(&part, (c, p)): (&usize, (&f64, &f64))| {
            if above[part] <= 0.0 {
                return 0.0;
            }
            let (whole, inside) = ((rows[part] + m * above[part]) / (n + m).max(1e-9), weight(kinds[part]));
            let p = p / above[part];
            whole * if rows[part] > 0.0 { (c + inside * p) / (rows[part] + inside) } else { p }
        };
        self.parts.iter().zip(own.iter().zip(parent)).map(share).collect()
    }

    fn close(&mut self, node: usize, own: &[f64], mixed: &[f64]) {
        self.tree.left[node] = self.tree.codes.len() as u32;
        let start = self.tree.codes.len();
        let mut sum = 0.0;
        for (c, p) in mixed.iter().enumerate() {
            if *p > 0.0 && (own[c] > 0.0 || *p >= DUST) {
                sum += p;
                self.tree.codes.push(c as u16);
                self.tree.sums.push((sum * FULL) as u32);
            }
        }
        if self.tree.codes.len() == start {
            // No rows at all: every code alike.
            for c in 0..mixed.len().max(1) {
                self.tree.codes.push(c as u16);
                self.tree.sums.push(((c + 1) as f64 / mixed.len().max(1) as f64 * FULL) as u32);
            }
        }
        self.tree.right[node] = self.tree.codes.len() as u32;
    }

    /// The best split; `own` counts the codes of the rows. What tells the parts of a scale apart comes first: a leaf that
    /// is too small for another split would mix what no gap separates, but never two kinds of things.
    fn best(&mut self, rows: &[u32], own: &[f64], varying: &mut Vec<u16>) -> Option<Split> {
        if rows.len() < 2 * self.params.min_rows || self.tree.sets.len() + 1 >= usize::from(SET) - 1 {
            return None;
        }
        let numbers = own.len().saturating_sub(1);
        let mut present: Vec<usize> = (0..numbers).filter(|c| own[*c] > 0.0).map(|c| self.parts[c]).collect();
        present.dedup();
        if present.len() > 1 && present.len() < GROUPS {
            // Missing has the group behind them.
            let place = |p: &usize| present.binary_search(p).unwrap_or(present.len()) as u8;
            let parts = (self.parts.iter().map(place).collect(), present.len() + 1);
            if let Some(split) = self.most_telling(rows, own, parts, varying) {
                return Some(split);
            }
        }
        self.most_telling(rows, own, group_codes(own, self.ordered), varying)
    }

    /// The split with the largest gain above its price, in what it tells about groups of codes. Features that do not
    /// differ among the rows are taken out of `varying`.
    fn most_telling(
        &mut self,
        rows: &[u32],
        own: &[f64],
        (group, g): (Vec<u8>, usize),
        varying: &mut Vec<u16>,
    ) -> Option<Split> {
        let n = rows.len();
        let xlnx = &self.xlnx;
        let f = |x: u32| xlnx[x as usize];
        let mut whole = vec![0u32; g];
        let row_groups: Vec<u8> = rows.iter().map(|r| group[usize::from(self.codes[*r as usize])]).collect();
        own.iter().zip(&group).for_each(|(n, q)| whole[usize::from(*q)] += *n as u32);
        let present = whole.iter().filter(|c| **c > 0).count();
        let whole_f: Vec<f64> = whole.iter().map(|c| f(*c)).collect();
        let total: f64 = whole_f.iter().sum();
        let base = total - f(n as u32);
        // A useless split gains half a chi-squared number; the largest of many is hardly above this.
        let (freedom, many) = (present as f64 - 1.0, ln(self.features.len() as f64 * CUTS));
        let price = self.params.price * (0.5 * freedom + libm::sqrt(freedom * many) + many);
        let mut best: Option<Split> = None;
        let counts = &mut self.counts;
        let (mut left, mut left_f, mut right_f) = (vec![0u32; g], vec![0f64; g], vec![0f64; g]);
        varying.retain(|&feature| {
            let is_set = !self.x.ordered[usize::from(feature)];
            counts.count(&self.x.columns[usize::from(feature)], rows, &row_groups);
            let mut order = [0u8; BINS];
            let order = counts.bins(&mut order);
            if order.len() > 1 {
                if is_set {
                    let key = counts.label_key(&whole, self.ordered);
                    order.sort_by(|a, b| key[usize::from(*a)].total_cmp(&key[usize::from(*b)]).then(a.cmp(b)));
                }
                left.fill(0);
                left_f.fill(0.0);
                right_f.copy_from_slice(&whole_f);
                let (mut n_left, mut sum_left, mut sum_right) = (0u32, 0.0, total);
                let mut set = 0u64;
                for &b in &order[..order.len() - 1] {
                    let bin = usize::from(b);
                    for q in ones(u64::from(counts.groups[bin])) {
                        let to = left[q] + counts.cells[bin * STRIDE + q];
                        let (l, r) = (f(to), f(whole[q] - to));
                        sum_left += l - left_f[q];
                        sum_right += r - right_f[q];
                        (left[q], left_f[q], right_f[q]) = (to, l, r);
                    }
                    n_left += counts.size[bin];
                    set |= 1 << b;
                    let n_right = n as u32 - n_left;
                    if (n_left as usize) < self.params.min_rows || (n_right as usize) < self.params.min_rows {
                        continue;
                    }
                    let gain = sum_left - f(n_left) + sum_right - f(n_right) - base - price;
                    if gain > best.as_ref().map_or(0.0, |s| s.gain) {
                        best = Some(Split { gain, feature, set, last: b, is_set });
                    }
                }
            }
            let varies = order.len() > 1;
            counts.clear();
            varies
        });
        best
    }

    /// Puts the left rows first, in stable order; None when a side has too few entities.
    fn partition(&mut self, rows: &mut [u32], split: &Split) -> Option<usize> {
        let column = &self.x.columns[usize::from(split.feature)];
        let goes_left = |r: &u32| {
            let b = column[*r as usize];
            if split.is_set { split.set >> b & 1 == 1 } else { b <= split.last }
        };
        let (left, right): (Vec<u32>, Vec<u32>) = rows.iter().partition(|r| goes_left(r));
        let k = self.params.min_entities;
        for side in [&left, &right] {
            if !self.distinct.at_least(k, side.iter().map(|r| self.entities[*r as usize])) {
                return None;
            }
        }
        rows[..left.len()].copy_from_slice(&left);
        rows[left.len()..].copy_from_slice(&right);
        Some(left.len())
    }
}
