//! Features as small codes: how a value becomes a bin, and the binned training rows.

use serde::{Deserialize, Serialize};

/// Most bins of a feature; bin 0 is missing.
pub const BINS: usize = 64;

/// How the value of one feature becomes a bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Binner {
    /// Bins between ascending edges; a value equal to an edge belongs below it.
    Ordered(Vec<f64>),
    /// Label codes; all from the last bin on share it.
    Labels(u8),
}

impl Binner {
    /// Edges at quantiles of the training values (NaN is missing).
    pub fn ordered(values: &[f64]) -> Self {
        let mut known: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        known.sort_unstable_by(f64::total_cmp);
        let slots = BINS - 2;
        let mut edges: Vec<f64> = Vec::with_capacity(slots);
        let mut distinct = known.clone();
        distinct.dedup();
        if distinct.len() <= slots + 1 {
            edges.extend(distinct.windows(2).map(|w| w[0] + (w[1] - w[0]) / 2.0));
        } else {
            for i in 1..=slots {
                let at = known[(known.len() - 1) * i / (slots + 1)];
                if edges.last().is_none_or(|e| at > *e) && at < known[known.len() - 1] {
                    edges.push(at);
                }
            }
        }
        Self::Ordered(edges)
    }

    /// Bins for `labels` label codes.
    pub fn labels(labels: usize) -> Self {
        Self::Labels((labels + 1).min(BINS - 1) as u8)
    }

    /// The bin of a value.
    pub fn bin(&self, value: f64) -> u8 {
        if value.is_nan() {
            return 0;
        }
        match self {
            Self::Ordered(edges) => 1 + edges.partition_point(|e| *e < value) as u8,
            Self::Labels(last) => (value as u64 + 1).min(u64::from(*last)) as u8,
        }
    }

    /// Number of bins, missing included.
    pub fn bins(&self) -> usize {
        match self {
            Self::Ordered(edges) => edges.len() + 2,
            Self::Labels(last) => usize::from(*last) + 1,
        }
    }

    /// True when neighbouring bins hold neighbouring values.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Self::Ordered(_))
    }
}

/// Binned training rows, column by column.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// One column a feature.
    pub columns: Vec<Vec<u8>>,
    /// Whether bins of a feature have an order.
    pub ordered: Vec<bool>,
    /// Bins of each feature.
    pub bins: Vec<usize>,
}

impl Matrix {
    /// Adds a feature.
    pub fn push(&mut self, values: &[f64], binner: &Binner) {
        self.columns.push(values.iter().map(|v| binner.bin(*v)).collect());
        self.ordered.push(binner.is_ordered());
        self.bins.push(binner.bins());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_keep_the_order_and_hold_like_numbers_of_rows() {
        let values: Vec<f64> = (0..6300).map(f64::from).collect();
        let b = Binner::ordered(&values);
        assert_eq!(b.bins(), BINS);
        let mut count = vec![0; BINS];
        let mut last = 0;
        for v in &values {
            let bin = b.bin(*v);
            assert!(bin >= last);
            last = bin;
            count[usize::from(bin)] += 1;
        }
        assert!(count[1..].iter().all(|c| (90..=110).contains(c)), "{count:?}");
        assert_eq!(b.bin(f64::NAN), 0);
    }

    #[test]
    fn few_values_have_a_bin_each_and_labels_past_the_end_share_one() {
        let b = Binner::ordered(&[3.0, 1.0, 2.0, 1.0]);
        assert_eq!([b.bin(1.0), b.bin(2.0), b.bin(3.0), b.bin(9.0)], [1, 2, 3, 3]);
        let l = Binner::labels(1000);
        assert_eq!((l.bin(0.0), l.bin(5000.0), l.bins()), (1, 63, 64));
    }
}
