//! The instant conditional: one classification tree whose leaves hold smoothed histograms over codes.
//!
//! Splits maximise the information gain over groups of the codes that a node has (Quinlan 1986), less a share of what
//! the best of many useless splits would gain (Laurent and Massart 2000); a leaf holds at least `min_rows`
//! rows of `min_entities` entities; its histogram is mixed with its parent's in proportion to the number of
//! different codes seen (Witten and Bell 1991), so that no leaf repeats a handful of training rows. First the parts of
//! the scale that wide gaps leave are mixed so, then the codes inside each: the values of one kind of thing lend nothing
//! to another.

use serde::{Deserialize, Serialize};

use super::Leaf;
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

/// The codes that a tree draws; the last of them stands apart: missing.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'a> {
    /// How many there are.
    pub codes: usize,
    /// Neighbouring codes are alike.
    pub ordered: bool,
    /// Codes with a wide gap behind them; the rest of the codes have none.
    pub gaps: &'a [bool],
}

impl Scale<'_> {
    /// For each code the part of the scale between two gaps that it lies in.
    pub(super) fn parts(&self) -> Vec<usize> {
        let behind = |c: usize| self.gaps.get(c).copied().unwrap_or(false) || c + 2 == self.codes;
        let part = |at: &mut usize, c: usize| {
            let here = *at;
            *at += usize::from(behind(c));
            Some(here)
        };
        (0..self.codes).scan(0, part).collect()
    }
}

/// p(code | bins) as flat arrays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Feature of each node; [`LEAF`] for a leaf.
    #[serde(with = "crate::packed")]
    pub(super) feature: Vec<u16>,
    /// Ordered feature: the last bin that goes left. Label feature: index into `sets` plus [`SET`].
    #[serde(with = "crate::packed")]
    pub(super) split: Vec<u16>,
    /// Left child; for a leaf the start of its entries.
    #[serde(with = "crate::packed")]
    pub(super) left: Vec<u32>,
    /// Right child; for a leaf the end of its entries.
    #[serde(with = "crate::packed")]
    pub(super) right: Vec<u32>,
    /// Bins that go left.
    #[serde(with = "crate::packed")]
    pub(super) sets: Vec<u64>,
    /// Codes of the entries.
    #[serde(with = "crate::packed")]
    pub(super) codes: Vec<u16>,
    /// Running sums of the weights of a leaf's entries, ending near [`FULL`].
    #[serde(with = "crate::packed")]
    pub(super) sums: Vec<u32>,
    /// Share of each code overall, for masks that no entry of a leaf passes.
    #[serde(with = "crate::packed")]
    pub(super) overall: Vec<f32>,
}

pub(super) const LEAF: u16 = u16::MAX;
pub(super) const SET: u16 = 1 << 15;
pub(super) const FULL: f64 = (1u64 << 31) as f64;

impl Tree {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditional::{Binner, Matrix};

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
        Tree::fit(&m, &[0], &rows, &codes, Scale { codes: 4, ordered: true, gaps: &[] }, &e, TreeParams::default())
    }

    /// A draw where the only feature has a bin.
    fn draw(t: &Tree, bin: u8, s: &mut Stream, weigh: &mut dyn FnMut(u16) -> f64) -> Option<u16> {
        let leaf = t.leaf(&mut |_| bin);
        t.draw_weighed(t.left[leaf] as usize..t.right[leaf] as usize, s, weigh)
    }

    #[test]
    fn finds_the_relation_and_draws_from_it() {
        let t = learned(&|r| r);
        // Four true leaves; noise may add one or two.
        assert!((4..=6).contains(&t.leaves()));
        assert!(t.is_sound(1, 4));
        let mut s = Stream::new(10, 0, 0);
        let n = 4000;
        let hits = (0..n).filter(|_| draw(&t, 8, &mut s, &mut |_| 1.0) == Some(3)).count() as f64 / f64::from(n);
        // 90 % of the rows of x = 7, and a tenth of noise goes to code 0.
        assert!((hits - 0.9).abs() < 4.0 * (0.9f64 * 0.1 / 1000.0).sqrt(), "{hits}");
    }

    #[test]
    fn a_mask_takes_codes_away_even_all_that_the_leaf_has() {
        let t = learned(&|r| r);
        let mut s = Stream::new(11, 0, 0);
        for _ in 0..200 {
            let only_two = &mut |c: u16| if c == 2 { 1.0 } else { 0.0 };
            assert_eq!(draw(&t, 8, &mut s, only_two), Some(2));
        }
        assert_eq!(draw(&t, 8, &mut s, &mut |_| 0.0), None);
    }

    #[test]
    fn what_a_gap_separates_is_not_mixed() {
        // Codes 0..10 of one kind, 10..20 of the other, and a feature whose every cut tells something about both.
        let mut s = Stream::new(12, 0, 0);
        let kind: Vec<f64> = (0..600).map(|_| s.below(2) as f64).collect();
        let level: Vec<f64> = (0..600).map(|_| s.below(40) as f64).collect();
        let codes: Vec<u16> = (0..600).map(|i| 10 * kind[i] as u16 + level[i] as u16 / 4).collect();
        let rows: Vec<u32> = (0..600).collect();
        let mut m = Matrix::default();
        m.push(&level, &Binner::ordered(&level, &rows, 5));
        m.push(&kind, &Binner::labels(2));
        let gaps: Vec<bool> = (0..20).map(|c| c == 9).collect();
        let scale = Scale { codes: 21, ordered: true, gaps: &gaps };
        let t = crate::conditional::Conditional::Tree(Tree::fit(
            &m,
            &[0, 1],
            &rows,
            &codes,
            scale,
            &rows,
            TreeParams::default(),
        ));
        for r in 0..600 {
            let other = (10 - 10 * kind[r] as u16)..(20 - 10 * kind[r] as u16);
            let wrong: f64 = other.map(|c| t.probability(&mut |i| m.columns[usize::from(i)][r], c)).sum();
            // A fifth of a row of the 300 of its kind, halved by what is above.
            assert!(wrong < 0.001, "{r}: {wrong}");
        }
    }

    #[test]
    fn a_leaf_needs_enough_entities_not_rows() {
        assert_eq!(learned(&|r| r % 4).leaves(), 1);
    }

    #[test]
    fn no_rows_give_a_tree_that_still_draws() {
        let scale = Scale { codes: 3, ordered: false, gaps: &[] };
        let t = Tree::fit(&Matrix::default(), &[], &[], &[], scale, &[], TreeParams::default());
        assert!(draw(&t, 0, &mut Stream::new(0, 0, 0), &mut |_| 1.0).is_some());
    }
}
