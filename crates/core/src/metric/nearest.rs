//! Distance to the closest record: is a row nearer to the rows that were learned from than to rows that were not?

use rayon::prelude::*;

use super::jackknife::{Estimate, Groups, jackknife};

/// A column prepared for distances: numbers scaled to a range of about 1, or codes of labels. NaN is missing.
#[derive(Clone, Debug)]
pub enum Axis {
    /// Distance is the difference, at most 1.
    Number(Vec<f32>),
    /// Distance is 0 or 1.
    Label(Vec<f32>),
}

impl Axis {
    fn values(&self) -> &[f32] {
        match self {
            Axis::Number(v) | Axis::Label(v) => v,
        }
    }
}

/// Share of probe rows that are strictly closer to the first reference than to the second, ties counting half;
/// one half is what rows drawn without looking give. Missing on one side only is a distance of 1.
///
/// The axes hold probe, first and second reference; `groups` are the groups of the probes. None without rows.
pub fn closer_share(axes: [&[Axis]; 3], groups: &Groups) -> Option<Estimate> {
    let rows = |side: usize| axes[side].first().map_or(0, |a| a.values().len());
    if (0..3).any(|s| rows(s) == 0) {
        return None;
    }
    let points: Vec<Vec<f32>> = axes.iter().map(|a| transpose(a)).collect();
    let width = axes[0].len();
    let labels: Vec<bool> = axes[0].iter().map(|a| matches!(a, Axis::Label(_))).collect();
    let wins: Vec<f64> = (0..rows(0))
        .into_par_iter()
        .map(|i| {
            let probe = &points[0][i * width..(i + 1) * width];
            let [a, b] = [1, 2].map(|s: usize| nearest(probe, &points[s], &labels));
            if a < b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 }
        })
        .collect();
    let mut sums = vec![[0.0; 2]; groups.count];
    for (w, &g) in wins.iter().zip(&groups.of) {
        sums[usize::from(g)][0] += 1.0;
        sums[usize::from(g)][1] += w;
    }
    jackknife(&[groups.count], |skip| {
        let kept = sums.iter().enumerate().filter(|(g, _)| skip.is_none_or(|s| s.1 != *g));
        let [n, w] = kept.fold([0.0; 2], |[n, w], (_, s)| [n + s[0], w + s[1]]);
        (n > 0.0).then(|| w / n)
    })
}

/// Row after row: a search touches one row at a time.
fn transpose(axes: &[Axis]) -> Vec<f32> {
    let rows = axes.first().map_or(0, |a| a.values().len());
    (0..rows).flat_map(|r| axes.iter().map(move |a| a.values()[r])).collect()
}

fn nearest(probe: &[f32], points: &[f32], labels: &[bool]) -> f32 {
    let mut best = f32::INFINITY;
    for point in points.chunks_exact(probe.len()) {
        let mut d = 0.0f32;
        for ((&p, &q), &label) in probe.iter().zip(point).zip(labels) {
            d += match (p.is_nan(), q.is_nan()) {
                (true, true) => 0.0,
                (true, false) | (false, true) => 1.0,
                (false, false) if label => f32::from(u8::from(p != q)),
                (false, false) => (p - q).abs().min(1.0),
            };
            if d >= best {
                break;
            }
        }
        best = best.min(d);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Stream, name};

    fn draw(seed: u64, n: usize) -> Vec<f32> {
        let mut s = Stream::new(seed, name(&["nearest"]), 0);
        (0..n).map(|_| s.unit() as f32).collect()
    }

    #[test]
    fn copies_are_closer_and_fresh_rows_are_not() {
        let n = 600;
        let groups = Groups::new(&(0..n as u32).collect::<Vec<_>>(), n);
        let axes = |x: Vec<f32>, y: Vec<f32>| vec![Axis::Number(x), Axis::Number(y)];
        let (real, hold) = (axes(draw(1, n), draw(2, n)), axes(draw(3, n), draw(4, n)));
        let fresh = axes(draw(5, n), draw(6, n));
        let e = closer_share([&fresh, &real, &hold], &groups).unwrap();
        // Four standard errors of a share of one half.
        assert!((e.value - 0.5).abs() < 4.0 * 0.5 / (n as f64).sqrt(), "{e:?}");
        assert_eq!(closer_share([&real, &real, &hold], &groups).unwrap().value, 1.0);
    }

    #[test]
    fn missing_is_far_from_known_and_ties_count_half() {
        let g = Groups::new(&[0], 1);
        let axis = |v: f32| vec![Axis::Label(vec![v])];
        let share = |a, b, c| closer_share([&axis(a), &axis(b), &axis(c)], &g).map(|e| e.value);
        assert_eq!(share(f32::NAN, f32::NAN, 1.0), Some(1.0));
        assert_eq!(share(1.0, 2.0, 3.0), Some(0.5));
    }
}
