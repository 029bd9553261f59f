//! An order for codes without one of their own: codes that go with the same features stand side by side.

use super::{Bins, Codes};
use crate::math;

/// Rounds of the power iteration; the order is settled long before.
const ROUNDS: usize = 40;

/// Orders the codes of a category for [`Codes::order`]: by their mean place on the feature that says most about
/// them, so that the first cuts of the tree are the ones that can be learned. Without such a feature, by frequency.
///
/// The place is the mean bin of an ordered feature and, for categories, the first axis of correspondence analysis
/// (Benzécri 1973).
pub fn order_codes(x: &Bins, rows: &[u32], codes: &Codes) -> Vec<u16> {
    let mut counts = vec![0f64; codes.values.iter().map(|&c| usize::from(c) + 1).max().unwrap_or(0)];
    codes.values.iter().for_each(|&c| counts[usize::from(c)] += 1.0);
    let mut best: (f64, Option<usize>) = (0.0, None);
    for f in 0..x.features() {
        let table = Table::new(x, rows, codes, &counts, f);
        let surprise = table.surprise();
        if surprise > best.0 {
            best = (surprise, Some(f));
        }
    }
    let place = match best.1 {
        Some(f) => Table::new(x, rows, codes, &counts, f).places(x.ordered[f]),
        None => counts.iter().map(|c| -c).collect(),
    };
    let mut order: Vec<u16> = (0..counts.len()).filter(|&c| counts[c] > 0.0).map(|c| c as u16).collect();
    order.sort_by(|&a, &b| place[usize::from(a)].total_cmp(&place[usize::from(b)]).then(a.cmp(&b)));
    order
}

/// Rows by code and bin of one feature.
struct Table<'a> {
    cells: Vec<f64>,
    codes: &'a [f64],
    bins: Vec<f64>,
    rows: f64,
}

impl<'a> Table<'a> {
    fn new(x: &Bins, rows: &[u32], codes: &Codes, counts: &'a [f64], f: usize) -> Self {
        let mut t = Self { cells: vec![0.0; counts.len() * 256], codes: counts, bins: vec![0.0; 256], rows: 0.0 };
        for (&r, &c) in rows.iter().zip(codes.values) {
            let b = usize::from(x.columns[f][r as usize]);
            t.cells[usize::from(c) * 256 + b] += 1.0;
            t.bins[b] += 1.0;
            t.rows += 1.0;
        }
        t
    }

    /// The likelihood-ratio statistic of dependence less its mean under independence.
    fn surprise(&self) -> f64 {
        let mut g = 0.0;
        for (c, row) in self.cells.chunks_exact(256).enumerate() {
            for (n, b) in row.iter().zip(&self.bins).filter(|(n, _)| **n > 0.0) {
                g += 2.0 * n * math::ln(n * self.rows / (self.codes[c] * b));
            }
        }
        let seen = |v: &[f64]| v.iter().filter(|n| **n > 0.0).count() as f64 - 1.0;
        g - seen(self.codes) * seen(&self.bins)
    }

    /// A place for every code.
    fn places(&self, ordered: bool) -> Vec<f64> {
        // Mid-ranks of the bins: distances in the coding mean nothing.
        let mut below = 0.0;
        let mut ranks = Vec::with_capacity(self.bins.len());
        for n in &self.bins {
            ranks.push(below + n / 2.0);
            below += n;
        }
        let mut places = self.code_means(&ranks);
        if !ordered {
            for _ in 0..ROUNDS {
                let bins = self.bin_means(&self.standardised(places));
                places = self.code_means(&bins);
            }
        }
        places
    }

    fn code_means(&self, bins: &[f64]) -> Vec<f64> {
        let mean = |(row, n): (&[f64], &f64)| row.iter().zip(bins).map(|(a, b)| a * b).sum::<f64>() / n.max(1.0);
        self.cells.chunks_exact(256).zip(self.codes).map(mean).collect()
    }

    fn bin_means(&self, codes: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; 256];
        for (row, p) in self.cells.chunks_exact(256).zip(codes) {
            sums.iter_mut().zip(row).for_each(|(s, n)| *s += n * p);
        }
        sums.iter().zip(&self.bins).map(|(s, n)| s / n.max(1.0)).collect()
    }

    /// With mean 0 and variance 1 over the rows.
    fn standardised(&self, mut places: Vec<f64>) -> Vec<f64> {
        let mean = |v: &[f64]| v.iter().zip(self.codes).map(|(p, n)| p * n).sum::<f64>() / self.rows.max(1.0);
        let centre = mean(&places);
        places.iter_mut().for_each(|p| *p -= centre);
        let squares: Vec<f64> = places.iter().map(|p| p * p).collect();
        let scale = libm::sqrt(mean(&squares));
        if scale > 1e-12 {
            places.iter_mut().for_each(|p| *p /= scale);
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_the_feature_that_says_most() {
        let n = 2000u32;
        let rows: Vec<u32> = (0..n).collect();
        let values: Vec<u16> = (0..n).map(|i| (i * 7 % 10) as u16).collect();
        let noise: Vec<u8> = (0..n).map(|i| (i / 10 % 13) as u8).collect();
        // Bin of a code: its place in 3, 6, 9, 2, ... times 7.
        let telling: Vec<u8> = values.iter().map(|&c| ((c * 3) % 10) as u8).collect();
        let columns = vec![noise.clone(), telling];
        let codes = Codes { values: &values, n: 10, order: None, gaps: &[] };
        for ordered in [true, false] {
            let x = Bins { columns: &columns, ordered: &[true, ordered], bins: &[13, 10] };
            let order = order_codes(&x, &rows, &codes);
            assert_eq!(order.len(), 10);
            if ordered {
                assert!(order.windows(2).all(|w| w[0] * 3 % 10 < w[1] * 3 % 10), "{order:?}");
            }
        }
        let skewed: Vec<u16> = (0..n).map(|i| if i % 3 == 0 { 1 } else { 2 }).collect();
        let x = Bins { columns: &columns[..1], ordered: &[true], bins: &[13] };
        assert_eq!(order_codes(&x, &rows, &Codes { values: &skewed, n: 3, order: None, gaps: &[] }), [2, 1]);
        assert!(order_codes(&x, &[], &Codes { values: &[], n: 3, order: None, gaps: &[] }).is_empty());
    }

    /// Two groups of codes that share no category of the feature must not be mixed.
    #[test]
    fn correspondence_keeps_groups_together() {
        let rows: Vec<u32> = (0..1200).collect();
        let values: Vec<u16> = rows.iter().map(|r| (r % 6) as u16).collect();
        // Even codes have categories 0, 3, 4, odd codes 1, 2, 5, with a little mixing so that the axis is unique.
        let category = |r: u32| -> u8 {
            let even = (r % 6).is_multiple_of(2) != r.is_multiple_of(97);
            let k = (r / 6 % 3) as usize;
            if even { [0, 3, 4][k] } else { [1, 2, 5][k] }
        };
        let columns = vec![rows.iter().map(|&r| category(r)).collect::<Vec<u8>>()];
        let x = Bins { columns: &columns, ordered: &[false], bins: &[6] };
        let order = order_codes(&x, &rows, &Codes { values: &values, n: 6, order: None, gaps: &[] });
        let parity: Vec<u16> = order.iter().map(|c| c % 2).collect();
        assert!(parity == [0, 0, 0, 1, 1, 1] || parity == [1, 1, 1, 0, 0, 0], "{order:?}");
    }
}
