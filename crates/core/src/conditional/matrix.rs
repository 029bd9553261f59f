//! Features as small codes: how a value becomes a bin, and the binned training rows.

use std::cmp::Ordering;

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
    /// Edges at quantiles of the training values (NaN is missing), at round numbers between two of them; on each side
    /// of an edge at least `k` of the `entities` have a value.
    pub fn ordered(values: &[f64], entities: &[u32], k: usize) -> Self {
        let mut known: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        known.sort_unstable_by(f64::total_cmp);
        let Some((low, high)) = guarded(values, entities, k) else { return Self::Ordered(Vec::new()) };
        let slots = BINS - 2;
        let mut distinct = known.clone();
        distinct.dedup();
        let mut edges: Vec<f64> = Vec::with_capacity(slots);
        let mut between = |i: usize| {
            let (a, b) = (distinct[i], distinct[i + 1]);
            if a >= low && a < high && edges.last().is_none_or(|e| a > *e) {
                edges.push(roundest(a, b));
            }
        };
        if distinct.len() <= slots + 1 {
            (1..distinct.len()).for_each(|i| between(i - 1));
        } else {
            for i in 1..=slots {
                let at = known[(known.len() - 1) * i / (slots + 1)];
                let place = distinct.partition_point(|v| *v < at);
                if place + 1 < distinct.len() {
                    between(place);
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

/// The value up to which `k` entities have one, and the value from which on `k` have one; None of fewer entities.
fn guarded(values: &[f64], entities: &[u32], k: usize) -> Option<(f64, f64)> {
    let groups = entities.iter().max().map_or(0, |m| *m as usize + 1);
    let mut least = vec![f64::INFINITY; groups];
    let mut most = vec![f64::NEG_INFINITY; groups];
    for (v, e) in values.iter().zip(entities).filter(|(v, _)| !v.is_nan()) {
        least[*e as usize] = least[*e as usize].min(*v);
        most[*e as usize] = most[*e as usize].max(*v);
    }
    let place = k.saturating_sub(1);
    let nth = |all: Vec<f64>, order: fn(&f64, &f64) -> Ordering| {
        let mut all: Vec<f64> = all.into_iter().filter(|v| v.is_finite()).collect();
        (place < all.len()).then(|| *all.select_nth_unstable_by(place, order).1)
    };
    Some((nth(least, f64::total_cmp)?, nth(most, |a, b| b.total_cmp(a))?))
}

/// The number with the fewest digits from `a` on and below `b`.
fn roundest(a: f64, b: f64) -> f64 {
    let inside = |c: &f64| a <= *c && *c < b;
    let mut unit = 1.0;
    while unit <= a.abs().max(b.abs()) && unit < 1e300 {
        unit *= 10.0;
    }
    while unit >= 1.0 {
        if let Some(c) = Some((a / unit).ceil() * unit).filter(inside) {
            return c;
        }
        unit /= 10.0;
    }
    let mut parts = 10.0;
    while parts <= 1e17 {
        if let Some(c) = Some((a * parts).ceil() / parts).filter(inside) {
            return c;
        }
        parts *= 10.0;
    }
    a
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
        let b = Binner::ordered(&values, &(0..6300).collect::<Vec<u32>>(), 5);
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
        let b = Binner::ordered(&[3.0, 1.0, 2.0, 1.0], &[0, 1, 2, 3], 1);
        assert_eq!([b.bin(1.0), b.bin(2.0), b.bin(3.0), b.bin(9.0)], [1, 2, 3, 3]);
        let l = Binner::labels(1000);
        assert_eq!((l.bin(0.0), l.bin(5000.0), l.bins()), (1, 63, 64));
    }
    #[test]
    fn no_edge_tells_of_a_lone_extreme_nor_is_a_value() {
        let mut values: Vec<f64> = (0..1000).map(|i| f64::from(i) * 1.37 + 0.011).collect();
        values.push(987_654.321);
        let entities: Vec<u32> = (0..1001).collect();
        let few: Vec<f64> = values.iter().copied().skip(960).collect();
        for values in [&values[..], &few[..]] {
            let Binner::Ordered(edges) = Binner::ordered(values, &entities[..values.len()], 5) else { unreachable!() };
            assert!(edges.len() > 30 && edges.is_sorted());
            assert!(edges.iter().all(|e| !values.contains(e)), "{edges:?}");
            let beyond =
                |e: f64| [values.iter().filter(|v| **v <= e).count(), values.iter().filter(|v| **v > e).count()];
            assert!(edges.iter().all(|e| beyond(*e).iter().all(|n| *n >= 5)), "{edges:?}");
        }
        // Thousand rows of one entity are one entity.
        assert_eq!(Binner::ordered(&values, &[0; 1001], 5).bins(), 2);
    }

    #[test]
    fn the_roundest_number_has_the_fewest_digits() {
        let cases = [(97.3, 183_722.0, 1e5), (97.3, 103.1, 100.0), (-3.0, 8.0, 0.0), (0.1234, 0.1267, 0.124)];
        for (a, b, c) in cases {
            assert_eq!(roundest(a, b), c);
        }
        assert_eq!(roundest(1.0 + f64::EPSILON, 1.0 + 2.0 * f64::EPSILON), 1.0 + f64::EPSILON);
        assert!((-1e305..1e305).contains(&roundest(-1e305, 1e305)));
    }
}
