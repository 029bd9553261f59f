//! Bins: the two ways numbers are cut before they are counted.

use crate::dataset::NULL;

use super::Series;
use super::sorted::sorted;

/// Ticks that lie no further apart are looked up, not compared with the edges one by one.
const TABLE: i64 = 4096;

/// Codes of a continuous series as SDMetrics' pair trends cut it: ten equal bins between its own smallest and
/// largest value (`numpy.histogram_bin_edges`, then `numpy.digitize`), the largest value itself and missing
/// ones in an eleventh. Codes are 1 to 11.
pub fn equal_width(series: &Series, rows: Option<&[u32]>) -> Vec<u32> {
    let n = rows.map_or(series.ticks.len(), <[u32]>::len);
    let tick = |i: usize| series.ticks[rows.map_or(i, |r| r[i] as usize)];
    let known = (0..n).map(tick).filter(|&t| t != NULL);
    let (lo, hi) = known.fold((i64::MAX, i64::MIN), |(a, b), t| (a.min(t), b.max(t)));
    let edges = if lo > hi {
        edges(0.0, 1.0)
    } else {
        let (lo, hi) = (series.float(lo).unwrap_or(0.0), series.float(hi).unwrap_or(1.0));
        if lo == hi { edges(lo - 0.5, hi + 0.5) } else { edges(lo, hi) }
    };
    let code = |t: i64| series.float(t).map_or(11, |x| edges.iter().map(|&e| u32::from(e <= x)).sum());
    if hi.checked_sub(lo).is_some_and(|width| (0..TABLE).contains(&width)) {
        let of: Vec<u32> = (lo..=hi).map(code).collect();
        return (0..n).map(|i| of.get(tick(i).wrapping_sub(lo) as usize).copied().unwrap_or(11)).collect();
    }
    (0..n).map(|i| code(tick(i))).collect()
}

/// `numpy.linspace(lo, hi, 11)`, to the last bit.
fn edges(lo: f64, hi: f64) -> [f64; 11] {
    let step = (hi - lo) / 10.0;
    let mut e = [0.0; 11];
    for (i, e) in e.iter_mut().enumerate() {
        *e = i as f64 * step + lo;
    }
    e[10] = hi;
    e
}

/// A coding of one column that both data sets share: deciles of the real one for numbers and times, the 30
/// commonest labels otherwise, one code for the rest and one for missing.
#[derive(Clone, Debug)]
pub enum Coding {
    /// Half-open bins between ascending edges (in floats): a value on an edge lies above it.
    Edges(Vec<f64>),
    /// Code of each label; labels beyond the list share the code `others`.
    Labels {
        /// By label code.
        of: Vec<u8>,
        /// The code of the rest.
        others: u8,
    },
}

/// Labels that keep a code of their own.
const LABELS: usize = 30;

impl Coding {
    /// The coding that the rows `rows` (all when None) of the real series call for.
    pub fn new(real: &Series, rows: Option<&[u32]>) -> Self {
        let n = rows.map_or(real.ticks.len(), <[u32]>::len);
        let ticks = (0..n).map(|i| real.ticks[rows.map_or(i, |r| r[i] as usize)]).filter(|&t| t != NULL);
        if real.is_continuous() {
            let known = sorted(ticks.collect());
            let mut edges: Vec<f64> =
                (1..10).filter_map(|k| quantile(&known, k as f64 / 10.0, |t| real.float(t).unwrap_or(0.0))).collect();
            edges.dedup();
            return Coding::Edges(edges);
        }
        let mut counts: Vec<(u64, usize)> = Vec::new();
        for t in ticks {
            let t = t as usize;
            while counts.len() <= t {
                counts.push((0, counts.len()));
            }
            counts[t].0 += 1;
        }
        let mut order: Vec<(u64, usize)> = counts.iter().copied().filter(|c| c.0 > 0).collect();
        // Ties keep the order of the labels, so the same data always give the same codes.
        order.sort_by_key(|&(n, label)| (std::cmp::Reverse(n), label));
        let others = order.len().min(LABELS) as u8;
        let mut of = vec![others; counts.len()];
        for (code, &(_, label)) in order.iter().take(LABELS).enumerate() {
            of[label] = code as u8;
        }
        Coding::Labels { of, others }
    }

    /// Number of codes, missing included (it is the last).
    pub fn size(&self) -> usize {
        match self {
            Coding::Edges(e) => e.len() + 2,
            Coding::Labels { others, .. } => usize::from(*others) + 2,
        }
    }

    /// The code of one tick of a series on the real one's scale.
    pub fn code(&self, series: &Series, tick: i64) -> u8 {
        if tick == NULL {
            return (self.size() - 1) as u8;
        }
        match self {
            Coding::Edges(e) => {
                let x = series.float(tick).unwrap_or(0.0);
                e.partition_point(|&e| e <= x) as u8
            }
            Coding::Labels { of, others } => of.get(tick as usize).copied().unwrap_or(*others),
        }
    }

    /// The codes of all rows.
    pub fn codes(&self, series: &Series) -> Vec<u8> {
        series.ticks.iter().map(|&t| self.code(series, t)).collect()
    }
}

/// Linear quantile of sorted values (numpy's default); None without values.
pub fn quantile<T: Copy>(sorted: &[T], q: f64, float: impl Fn(T) -> f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = q * last as f64;
    let (i, part) = (at.floor() as usize, at - at.floor());
    let (a, b) = (float(sorted[i]), float(sorted[(i + 1).min(last)]));
    // The same two forms as numpy's lerp, which keeps a constant stretch exactly constant.
    Some(if part < 0.5 { a + (b - a) * part } else { b - (b - a) * (1.0 - part) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Scale;

    fn numbers(ticks: Vec<i64>) -> Series {
        Series { scale: Scale::Number { decimals: 0 }, ticks }
    }

    #[test]
    fn the_largest_and_the_missing_share_the_eleventh_bin() {
        assert_eq!(equal_width(&numbers(vec![0, 5, 9, 10, NULL]), None), [1, 6, 10, 11, 11]);
        assert_eq!(equal_width(&numbers(vec![3, 3]), None), [6, 6]);
        assert_eq!(equal_width(&numbers(vec![NULL]), None), [11]);
    }

    #[test]
    fn codes_cover_every_value() {
        let real = numbers((0..100).collect());
        let coding = Coding::new(&real, None);
        assert_eq!(coding.size(), 11);
        let codes = coding.codes(&numbers(vec![-5, 0, 99, 1000, NULL]));
        assert_eq!(codes, [0, 0, 9, 9, 10]);
    }

    #[test]
    fn rare_and_unknown_labels_share_a_code() {
        let real = Series { scale: Scale::Label, ticks: (0..40).chain(5..40).collect() };
        let coding = Coding::new(&real, None);
        let other = Series { scale: Scale::Label, ticks: vec![5, 0, 77, NULL] };
        assert_eq!(coding.codes(&other), [0, 30, 30, 31]);
    }

    #[test]
    fn quantiles_interpolate() {
        let q = |q| quantile(&[1i64, 2, 4], q, |t| t as f64);
        assert_eq!((q(0.0), q(0.25), q(0.75), q(1.0)), (Some(1.0), Some(1.5), Some(3.0), Some(4.0)));
        assert_eq!(quantile(&[] as &[i64], 0.5, |t| t as f64), None);
    }
}
