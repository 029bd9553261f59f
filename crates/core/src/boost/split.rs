//! The best way to cut one leaf in two, from its histogram.

use super::BoostParams;
use super::matrix::{BLOCK, Feature, Matrix, Ranks};
use super::pack::{Packing, Sums};
use super::trees::WORDS;

/// Second derivatives' worth of doubt about a category: rare categories are drawn to the middle of the order and
/// many small ones can't be sorted into a gain that is noise (the `cat_smooth` of LightGBM, 10 rows at p = 1/2).
const CATEGORY_DOUBT: f64 = 2.5;

/// Less is no gain but rounding.
const LEAST: f64 = 1e-7;

/// A cut of one leaf.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub gain: f64,
    /// Index among the matrix's features.
    pub feature: usize,
    pub left: Ranks,
}

/// What a search needs besides the histogram.
pub(super) struct Search<'a> {
    pub matrix: &'a Matrix<'a>,
    pub packing: Packing,
    pub params: &'a BoostParams,
    /// Room for sorting categories.
    pub sorted: Vec<(f64, u16)>,
}

/// Sums of squares over second derivatives, the part of the loss that a leaf value removes (twice).
fn score(s: &Sums, lambda: f64) -> f64 {
    // The small constant keeps a leaf of certain rows from dividing 0 by 0.
    s.gradient * s.gradient / (s.hessian + lambda + 1e-9)
}

impl Search<'_> {
    /// The cut with the largest gain; the first feature wins a tie. `banned` features are passed over.
    pub fn best(&mut self, histogram: &[u64], total: u64, banned: &[u16]) -> Option<Split> {
        let mut best: Option<Split> = None;
        for (i, f) in self.matrix.features.iter().enumerate() {
            if banned.contains(&(i as u16)) {
                continue;
            }
            let at = f.block * BLOCK + f.start;
            let cells = &histogram[at..at + f.bins.len()];
            let floor = best.as_ref().map_or(LEAST, |b| b.gain);
            let found = if f.ordered || f.bins.len() == 2 {
                ordered(self.packing, self.params, cells, total, floor)
            } else {
                unordered(self.packing, self.params, cells, total, floor, &mut self.sorted)
            };
            if let Some((gain, left)) = found {
                best = Some(Split { gain, feature: i, left: shape(f, left) });
            }
        }
        best
    }
}

/// A categorical feature keeps its cut as a set even when two categories were cut like ordered bins.
fn shape(f: &Feature, left: Ranks) -> Ranks {
    match left {
        Ranks::UpTo(0) if !f.ordered => Ranks::In([1, 0, 0, 0]),
        other => other,
    }
}

fn ordered(p: Packing, params: &BoostParams, cells: &[u64], total: u64, floor: f64) -> Option<(f64, Ranks)> {
    let all = p.unpack(total);
    let mut best = floor + score(&all, params.lambda);
    let base = best - floor;
    let (mut acc, mut cut) = (0u64, None);
    for (rank, &cell) in cells[..cells.len() - 1].iter().enumerate() {
        if cell == 0 {
            continue;
        }
        acc = acc.wrapping_add(cell);
        if p.count(acc) < params.min_rows {
            continue;
        }
        let left = p.unpack(acc);
        if (all.count - left.count) < params.min_rows as u64 {
            break;
        }
        let gain = two(&all, &left, params.lambda);
        if gain > best {
            (best, cut) = (gain, Some(rank));
        }
    }
    cut.map(|r| (best - base, Ranks::UpTo(r)))
}

/// The best cut of categories sorted by their mean gradient, net of what sorting finds in pure noise: k categories
/// without any effect, each a standard normal of its own, gain 2 / pi times k.
fn unordered(
    p: Packing,
    params: &BoostParams,
    cells: &[u64],
    total: u64,
    floor: f64,
    sorted: &mut Vec<(f64, u16)>,
) -> Option<(f64, Ranks)> {
    let all = p.unpack(total);
    let lambda = params.lambda + CATEGORY_DOUBT;
    sorted.clear();
    let mut freedom = -1.0;
    for (rank, &cell) in cells.iter().enumerate().filter(|c| *c.1 != 0) {
        let s = p.unpack(cell);
        sorted.push((s.gradient / (s.hessian + lambda), rank as u16));
        freedom += s.hessian / (s.hessian + lambda);
    }
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let noise = std::f64::consts::FRAC_2_PI * freedom;
    let base = score(&all, lambda) + noise;
    let mut best = floor + base;
    let (mut acc, mut cut) = (0u64, None);
    for (i, &(_, rank)) in sorted.iter().enumerate() {
        acc = acc.wrapping_add(cells[usize::from(rank)]);
        let left = p.unpack(acc);
        if left.count < params.min_rows as u64 {
            continue;
        }
        if all.count - left.count < params.min_rows as u64 || left.count == all.count {
            break;
        }
        let gain = two(&all, &left, lambda);
        if gain > best {
            (best, cut) = (gain, Some(i));
        }
    }
    let cut = cut?;
    let mut set = [0u64; WORDS];
    for &(_, rank) in &sorted[..=cut] {
        set[usize::from(rank >> 6)] |= 1 << (rank & 63);
    }
    Some((best - base, Ranks::In(set)))
}

fn two(all: &Sums, left: &Sums, lambda: f64) -> f64 {
    let right = Sums {
        gradient: all.gradient - left.gradient,
        hessian: all.hessian - left.hessian,
        count: all.count - left.count,
    };
    score(left, lambda) + score(&right, lambda)
}
