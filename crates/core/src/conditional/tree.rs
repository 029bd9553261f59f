//! The instant conditional: one classification tree whose leaves hold smoothed histograms over codes.
//!
//! Splits maximise the information gain over groups of the codes that a node has (Quinlan 1986), less a share of what
//! the best of many useless splits would gain (Laurent and Massart 2000); a leaf holds at least `min_rows`
//! rows of `min_entities` entities; its histogram is mixed with its parent's in proportion to the number of
//! different codes seen (Witten and Bell 1991), so that no leaf repeats a handful of training rows.

use serde::{Deserialize, Serialize};

use super::{Leaf, Matrix};
use crate::encode::Distinct;
use crate::math::ln;
use crate::rng::Stream;

/// How a tree grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TreeParams {
    /// Rows in a leaf at least.
    pub min_rows: usize,
    /// Different entities in a leaf at least.
    pub min_entities: usize,
    /// Gain that a split must bring, as a share of a bound on what the best of the useless ones gains.
    pub price: f64,
    /// Weight of the parent's histogram for each different code in a leaf.
    pub smoothing: f64,
}

impl Default for TreeParams {
    fn default() -> Self {
        Self { min_rows: 20, min_entities: 5, price: 0.3, smoothing: 0.2 }
    }
}

/// p(code | bins) as flat arrays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Feature of each node; [`LEAF`] for a leaf.
    pub(super) feature: Vec<u16>,
    /// Ordered feature: the last bin that goes left. Label feature: index into `sets` plus [`SET`].
    pub(super) split: Vec<u16>,
    /// Left child; for a leaf the start of its entries.
    pub(super) left: Vec<u32>,
    /// Right child; for a leaf the end of its entries.
    pub(super) right: Vec<u32>,
    /// Bins that go left.
    pub(super) sets: Vec<u64>,
    /// Codes of the entries.
    pub(super) codes: Vec<u16>,
    /// Running sums of the weights of a leaf's entries, ending near [`FULL`].
    pub(super) sums: Vec<u32>,
    /// Share of each code overall, for masks that no entry of a leaf passes.
    overall: Vec<f32>,
}

pub(super) const LEAF: u16 = u16::MAX;
pub(super) const SET: u16 = 1 << 15;
const FULL: f64 = (1u64 << 31) as f64;
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
    entities: &'a [u32],
    params: TreeParams,
    distinct: Distinct,
    /// x ln x of whole numbers.
    xlnx: Vec<f64>,
    tree: Tree,
}

struct Split {
    gain: f64,
    feature: u16,
    set: u64,
    last: u8,
    is_set: bool,
}

impl Tree {
    /// Fits on `rows` of the matrix; `codes` and `entities` are indexed by row. `ordered` says that neighbouring
    /// codes are alike (the last code, missing, may stand apart).
    #[allow(clippy::too_many_arguments)] // The rows, what is known of them, what is asked, and how.
    pub fn fit(
        x: &Matrix,
        features: &[u16],
        rows: &[u32],
        codes: &[u16],
        n_codes: usize,
        ordered: bool,
        entities: &[u32],
        params: TreeParams,
    ) -> Self {
        let mut count = vec![0f64; n_codes];
        for r in rows {
            count[usize::from(codes[*r as usize])] += 1.0;
        }
        let overall_total = rows.len().max(1) as f64;
        let tree = Self { overall: count.iter().map(|c| (c / overall_total) as f32).collect(), ..Self::default() };
        let most = entities.iter().max().map_or(0, |m| *m as usize + 1);
        let xlnx = (0..=rows.len()).map(|i| if i == 0 { 0.0 } else { i as f64 * ln(i as f64) }).collect();
        let mut g = Grower { x, features, codes, ordered, entities, params, distinct: Distinct::new(most), xlnx, tree };
        let uniform = vec![1.0 / n_codes.max(1) as f64; n_codes];
        let present: Vec<f64> =
            if rows.is_empty() { uniform } else { count.iter().map(|c| c / overall_total).collect() };
        let mut rows = rows.to_vec();
        g.grow(&mut rows, &present, 0);
        g.tree
    }

    /// The leaf that a row reaches.
    pub(super) fn leaf(&self, bin: &mut dyn FnMut(u16) -> u8) -> usize {
        let mut node = 0;
        while self.feature[node] != LEAF {
            let b = bin(self.feature[node]);
            let s = self.split[node];
            let left = if s & SET == 0 { u16::from(b) <= s } else { self.sets[usize::from(s & !SET)] >> b & 1 == 1 };
            node = if left { self.left[node] } else { self.right[node] } as usize;
        }
        node
    }

    /// Draws a code; `weigh` gives the share of a code that is allowed (1 everywhere: pass None). None when no
    /// code is allowed.
    pub fn draw(
        &self,
        bin: &mut dyn FnMut(u16) -> u8,
        rng: &mut Stream,
        weigh: Option<&mut dyn FnMut(u16) -> f64>,
    ) -> Option<u16> {
        let leaf = self.leaf(bin);
        let (from, to) = (self.left[leaf] as usize, self.right[leaf] as usize);
        let codes = &self.codes[from..to];
        let sums = &self.sums[from..to];
        let Some(weigh) = weigh else {
            let total = u64::from(*sums.last()?);
            let u = ((u64::from(rng.next_u32()) * total) >> 32) as u32;
            return codes.get(sums.partition_point(|s| *s <= u)).copied();
        };
        self.draw_weighed(from..to, rng, weigh)
    }

    /// Draws a code of the entries of a leaf under a mask; where it takes all of them, one of all codes.
    fn draw_weighed(
        &self,
        range: std::ops::Range<usize>,
        rng: &mut Stream,
        weigh: &mut dyn FnMut(u16) -> f64,
    ) -> Option<u16> {
        let codes = &self.codes[range.clone()];
        let mut last = 0;
        let weights: Vec<f64> = codes
            .iter()
            .zip(&self.sums[range])
            .map(|(c, s)| {
                let w = f64::from(s - last);
                last = *s;
                w * weigh(*c)
            })
            .collect();
        if let Some(i) = rng.weighted(&weights) {
            return Some(codes[i]);
        }
        let all: Vec<f64> = self
            .overall
            .iter()
            .enumerate()
            .map(|(c, p)| if *p > 0.0 { f64::from(*p) * weigh(c as u16) } else { 0.0 })
            .collect();
        rng.weighted(&all).map(|c| c as u16)
    }

    /// Draws a code of a leaf of the flat form under a mask, exactly; None when no code is allowed.
    pub fn draw_at(&self, leaf: Leaf, rng: &mut Stream, weigh: &mut dyn FnMut(u16) -> f64) -> Option<u16> {
        self.draw_weighed(leaf.range(), rng, weigh)
    }

    /// Probability of a code at the leaf a row reaches.
    pub fn probability(&self, bin: &mut dyn FnMut(u16) -> u8, code: u16) -> f64 {
        let leaf = self.leaf(bin);
        let (from, to) = (self.left[leaf] as usize, self.right[leaf] as usize);
        let total = f64::from(self.sums[to - 1]);
        match self.codes[from..to].iter().position(|c| *c == code) {
            Some(0) => f64::from(self.sums[from]) / total,
            Some(i) => f64::from(self.sums[from + i] - self.sums[from + i - 1]) / total,
            None => 0.0,
        }
    }

    /// Features that some node asks for.
    pub fn used(&self) -> Vec<u16> {
        let mut f: Vec<u16> = self.feature.iter().copied().filter(|f| *f != LEAF).collect();
        f.sort_unstable();
        f.dedup();
        f
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.feature.iter().filter(|f| **f == LEAF).count()
    }

    /// Checks a tree read from a file: every index in range, children behind their parent.
    pub fn is_sound(&self, features: usize, n_codes: usize) -> bool {
        let n = self.feature.len();
        let nodes = n > 0 && [self.split.len(), self.left.len(), self.right.len()] == [n; 3];
        // A node with two parents would be laid out twice, and nodes below it four times.
        let once = || {
            let mut parents = vec![0u8; n];
            let inner = (0..n).filter(|i| self.feature[*i] != LEAF);
            for child in inner.flat_map(|i| [self.left[i], self.right[i]]) {
                if let Some(p) = parents.get_mut(child as usize) {
                    *p = p.saturating_add(1);
                }
            }
            parents.iter().skip(1).all(|p| *p == 1)
        };
        let entries = self.codes.len() == self.sums.len() && self.codes.iter().all(|c| usize::from(*c) < n_codes);
        nodes
            && once()
            && entries
            && self.overall.len() == n_codes
            && self.overall.iter().all(|p| p.is_finite() && *p >= 0.0)
            && (0..n).all(|i| {
                let (l, r) = (self.left[i] as usize, self.right[i] as usize);
                if self.feature[i] == LEAF {
                    l < r
                        && r <= self.sums.len()
                        && self.sums[l..r].windows(2).all(|w| w[0] <= w[1])
                        && self.sums[r - 1] > 0
                } else {
                    let set = self.split[i] & SET == 0 || usize::from(self.split[i] & !SET) < self.sets.len();
                    usize::from(self.feature[i]) < features && l > i && r > i && l < n && r < n && set
                }
            })
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

impl Grower<'_> {
    /// Grows the subtree of these rows and returns its root.
    fn grow(&mut self, rows: &mut [u32], parent: &[f64], depth: usize) -> u32 {
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
        let n = rows.len() as f64;
        let m = self.params.smoothing * kinds;
        let mixed: Vec<f64> = own.iter().zip(parent).map(|(c, p)| (c + m * p) / (n + m).max(1e-9)).collect();
        let split = if depth < 40 && kinds > 1.0 { self.best(rows, &own) } else { None };
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
        let left = self.grow(a, &mixed, depth + 1);
        let right = self.grow(b, &mixed, depth + 1);
        self.tree.left[node] = left;
        self.tree.right[node] = right;
        node as u32
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

    fn f(&self, x: u32) -> f64 {
        self.xlnx[x as usize]
    }

    /// The split with the largest gain above its price; `own` counts the codes of the rows.
    fn best(&self, rows: &[u32], own: &[f64]) -> Option<Split> {
        let n = rows.len();
        if n < 2 * self.params.min_rows || self.tree.sets.len() + 1 >= usize::from(SET) - 1 {
            return None;
        }
        let (group, g) = group_codes(own, self.ordered);
        let mut whole = vec![0u32; g];
        let row_groups: Vec<u8> = rows.iter().map(|r| group[usize::from(self.codes[*r as usize])]).collect();
        own.iter().zip(&group).for_each(|(n, q)| whole[usize::from(*q)] += *n as u32);
        let present = whole.iter().filter(|c| **c > 0).count();
        let base: f64 = whole.iter().map(|c| self.f(*c)).sum::<f64>() - self.f(n as u32);
        // A useless split gains half a chi-squared number; the largest of many is hardly above this.
        let (freedom, many) = (present as f64 - 1.0, ln(self.features.len() as f64 * CUTS));
        let price = self.params.price * (0.5 * freedom + libm::sqrt(freedom * many) + many);
        let mut best: Option<Split> = None;
        let mut hist = vec![0u32; super::matrix::BINS * g];
        let mut left = vec![0u32; g];
        for &feature in self.features {
            let column = &self.x.columns[usize::from(feature)];
            let bins = self.x.bins[usize::from(feature)];
            hist[..bins * g].fill(0);
            let mut size = [0u32; super::matrix::BINS];
            for (r, q) in rows.iter().zip(&row_groups) {
                let b = usize::from(column[*r as usize]);
                hist[b * g + usize::from(*q)] += 1;
                size[b] += 1;
            }
            let mut order: Vec<u8> = (0..bins as u8).filter(|b| size[usize::from(*b)] > 0).collect();
            if order.len() < 2 {
                continue;
            }
            let is_set = !self.x.ordered[usize::from(feature)];
            if is_set {
                let key = self.label_key(&whole, &hist, &size, g);
                order.sort_by(|a, b| key[usize::from(*a)].total_cmp(&key[usize::from(*b)]).then(a.cmp(b)));
            }
            left.fill(0);
            let (mut n_left, mut sum_left, mut sum_right) = (0u32, 0.0, whole.iter().map(|c| self.f(*c)).sum::<f64>());
            let mut set = 0u64;
            for &b in &order[..order.len() - 1] {
                let cells = &hist[usize::from(b) * g..usize::from(b) * g + g];
                for (q, c) in cells.iter().enumerate().filter(|(_, c)| **c > 0) {
                    let (l, w) = (left[q], whole[q]);
                    sum_left += self.f(l + c) - self.f(l);
                    sum_right += self.f(w - l - c) - self.f(w - l);
                    left[q] = l + c;
                }
                n_left += size[usize::from(b)];
                set |= 1 << b;
                let n_right = n as u32 - n_left;
                if (n_left as usize) < self.params.min_rows || (n_right as usize) < self.params.min_rows {
                    continue;
                }
                let gain = sum_left - self.f(n_left) + sum_right - self.f(n_right) - base - price;
                if gain > best.as_ref().map_or(0.0, |s| s.gain) {
                    best = Some(Split { gain, feature, set, last: b, is_set });
                }
            }
        }
        best
    }

    /// Order of the bins of a label feature: mean group for ordered codes, share of the commonest group else.
    fn label_key(&self, whole: &[u32], hist: &[u32], size: &[u32], g: usize) -> Vec<f64> {
        let top = (0..g).max_by(|a, b| whole[*a].cmp(&whole[*b]).then(b.cmp(a))).unwrap_or(0);
        (0..super::matrix::BINS.min(hist.len() / g))
            .map(|b| {
                let cells = &hist[b * g..b * g + g];
                let sum = if self.ordered {
                    cells.iter().enumerate().map(|(q, c)| q as f64 * f64::from(*c)).sum::<f64>()
                } else {
                    f64::from(cells[top])
                };
                sum / f64::from(size[b].max(1))
            })
            .collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditional::Binner;

    /// x in 0..8, y = x / 2 with a little noise.
    fn learned(entities: &dyn Fn(u32) -> u32) -> Tree {
        let n = 4000u32;
        let mut s = Stream::new(9, 0, 0);
        let x: Vec<f64> = (0..n).map(|_| s.below(8) as f64).collect();
        let codes: Vec<u16> = x.iter().map(|v| if s.below(10) == 0 { 0 } else { *v as u16 / 2 }).collect();
        let mut m = Matrix::default();
        let rows: Vec<u32> = (0..n).collect();
        m.push(&x, &Binner::ordered(&x, &rows, 5));
        let e: Vec<u32> = rows.iter().map(|r| entities(*r)).collect();
        Tree::fit(&m, &[0], &rows, &codes, 4, true, &e, TreeParams::default())
    }

    #[test]
    fn finds_the_relation_and_draws_from_it() {
        let t = learned(&|r| r);
        // Four true leaves; noise may add one or two.
        assert!((4..=6).contains(&t.leaves()));
        assert!(t.is_sound(1, 4));
        let mut s = Stream::new(10, 0, 0);
        let n = 4000;
        let hits = (0..n).filter(|_| t.draw(&mut |_| 8, &mut s, None) == Some(3)).count() as f64 / f64::from(n);
        // 90 % of the rows of x = 7, and a tenth of noise goes to code 0.
        assert!((hits - 0.9).abs() < 4.0 * (0.9f64 * 0.1 / 1000.0).sqrt(), "{hits}");
    }

    #[test]
    fn a_mask_takes_codes_away_even_all_that_the_leaf_has() {
        let t = learned(&|r| r);
        let mut s = Stream::new(11, 0, 0);
        for _ in 0..200 {
            let only_two = &mut |c: u16| if c == 2 { 1.0 } else { 0.0 };
            assert_eq!(t.draw(&mut |_| 8, &mut s, Some(only_two)), Some(2));
        }
        assert_eq!(t.draw(&mut |_| 8, &mut s, Some(&mut |_| 0.0)), None);
    }

    #[test]
    fn a_leaf_needs_enough_entities_not_rows() {
        assert_eq!(learned(&|r| r % 4).leaves(), 1);
    }

    #[test]
    fn no_rows_give_a_tree_that_still_draws() {
        let t = Tree::fit(&Matrix::default(), &[], &[], &[], 3, false, &[], TreeParams::default());
        assert!(t.draw(&mut |_| 0, &mut Stream::new(0, 0, 0), None).is_some());
    }
}
