//! Many rows at once: the rows that stand at the same cut ask each node together, sixteen to an instruction.

use std::ops::{BitAnd, BitAndAssign, Range};

use super::Bins;
use super::conditional::BoostedConditional;
use super::trees::{Trees, WORDS};
use crate::math;
use crate::rng::Stream;

/// Rows that are summed together: their bins and masks stay in the first cache.
const CHUNK: usize = 256;
/// Fewer rows than this are quicker one by one.
const FEW: usize = 8;

impl Trees {
    /// [`Trees::sum`] for `rows` of `x`, to the same bit.
    pub(super) fn sum_many(&self, trees: Range<usize>, x: &Bins, rows: &[u32], out: &mut Vec<f64>) {
        out.clear();
        if rows.len() < FEW {
            let sum = |r: &u32| self.sum(trees.clone(), |f| x.columns[f][*r as usize]);
            out.extend(rows.iter().map(sum));
            return;
        }
        out.resize(rows.len(), 0.0);
        let nodes = self.node_start[trees.start] as usize..self.node_start[trees.end] as usize;
        let mut used: Vec<u16> = self.feature[nodes.clone()].to_vec();
        used.sort_unstable();
        used.dedup();
        // The place of each node's feature among those in use.
        let slots: Vec<u16> =
            self.feature[nodes.clone()].iter().map(|f| used.partition_point(|u| u < f) as u16).collect();
        let mut bins = vec![[0u8; CHUNK]; used.len()];
        for (rows, out) in rows.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
            for (b, &f) in bins.iter_mut().zip(&used) {
                let column = &x.columns[usize::from(f)];
                b.iter_mut().zip(rows).for_each(|(b, &r)| *b = column[r as usize]);
            }
            for t in trees.clone() {
                let slots = &slots[self.node_start[t] as usize - nodes.start..];
                // The fewest bits that hold a tree's leaves: more rows fit into one register.
                match self.leaf_start[t + 1] - self.leaf_start[t] {
                    ..=8 => self.add_tree::<u8>(t, slots, &bins, out),
                    9..=16 => self.add_tree::<u16>(t, slots, &bins, out),
                    17..=32 => self.add_tree::<u32>(t, slots, &bins, out),
                    _ => self.add_tree::<u64>(t, slots, &bins, out),
                }
            }
        }
    }

    /// Adds the leaf values of one tree for up to [`CHUNK`] rows.
    fn add_tree<M: Mask>(&self, t: usize, slots: &[u16], bins: &[[u8; CHUNK]], out: &mut [f64]) {
        let (start, by_set, end) =
            (self.node_start[t] as usize, self.by_set[t] as usize, self.node_start[t + 1] as usize);
        let rows = out.len();
        let left = &mut [M::ALL; CHUNK][..rows];
        for n in start..end {
            let kept = !self.left_leaves(n);
            let bins = &bins[usize::from(slots[n - start])][..rows];
            if n < by_set {
                // Thresholds come from bins, so they fit; one in a damaged file that does not never fails.
                let cut = self.cut[n].min(255) as u8;
                for (l, &b) in left.iter_mut().zip(bins) {
                    *l &= if b > cut { M::from(kept) } else { M::ALL };
                }
            } else {
                let set = (self.set_start[t] as usize + usize::from(self.cut[n])) * WORDS;
                let set = &self.sets[set..set + WORDS];
                for (l, &b) in left.iter_mut().zip(bins) {
                    // All ones for a member: no branch to guess.
                    let member = (set[usize::from(b >> 6)] >> (b & 63) & 1).wrapping_neg();
                    *l &= M::from(kept | member);
                }
            }
        }
        let values = &self.value[self.leaf_start[t] as usize..self.leaf_start[t + 1] as usize];
        for (o, l) in out.iter_mut().zip(left.iter()) {
            *o += f64::from(values[l.first()]);
        }
    }
}

/// A bit for each leaf of one tree.
trait Mask: Copy + BitAnd<Output = Self> + BitAndAssign {
    const ALL: Self;
    fn from(bits: u64) -> Self;
    fn first(self) -> usize;
}

macro_rules! mask {
    ($($t:ty),*) => {$(
        impl Mask for $t {
            const ALL: Self = <$t>::MAX;
            fn from(bits: u64) -> Self {
                bits as $t
            }
            fn first(self) -> usize {
                self.trailing_zeros() as usize
            }
        }
    )*};
}
mask!(u8, u16, u32, u64);

impl BoostedConditional {
    /// [`BoostedConditional::draw`] for many `rows` of `x` with a stream each: the same codes, several times faster.
    /// `allowed` is asked with the position in `rows`.
    pub fn draw_all(
        &self,
        x: &Bins,
        rows: &[u32],
        streams: &mut [Stream],
        allowed: Option<&dyn Fn(usize, u16) -> bool>,
    ) -> Vec<Option<u16>> {
        let mut out = vec![None; rows.len()];
        if self.order.is_empty() {
            return out;
        }
        let units: Vec<(u32, f64)> =
            streams.iter_mut().take(rows.len()).map(Stream::unit).zip(0..).map(|(u, i)| (i, u)).collect();
        let (mut at_rows, mut sums) = (Vec::new(), Vec::new());
        let mut open = vec![(self.top(), units)];
        while let Some((at, waiting)) = open.pop() {
            if waiting.is_empty() {
                continue;
            }
            if at.high - at.low == 1 {
                waiting.iter().for_each(|w| out[w.0 as usize] = Some(self.order[at.low]));
                continue;
            }
            at_rows.clear();
            at_rows.extend(waiting.iter().map(|w| rows[w.0 as usize]));
            let trees = self.first[at.cut] as usize..self.first[at.cut + 1] as usize;
            self.trees.sum_many(trees, x, &at_rows, &mut sums);
            let [left, right] = self.below(at);
            let (mut l, mut r) = (Vec::new(), Vec::new());
            for ((i, u), sum) in waiting.into_iter().zip(&sums) {
                let share = math::sigmoid(f64::from(self.bias[at.cut]) + sum);
                match super::draw::turn(u, share) {
                    (true, u) => l.push((i, u)),
                    (false, u) => r.push((i, u)),
                }
            }
            open.extend([(right, r), (left, l)]);
        }
        if let Some(allowed) = allowed {
            for (i, (code, rng)) in out.iter_mut().zip(streams).enumerate() {
                if code.is_some_and(|c| !allowed(i, c)) {
                    *code = self.draw_masked(|f| x.columns[f][rows[i] as usize], rng, &|c| allowed(i, c));
                }
            }
        }
        out
    }
}
