//! Ridge regression on the ordered features: one number that gathers what many features say together.
//!
//! A tree cuts one feature at a time; the best linear guess gives it the sum of a patient's level, trend and
//! age in one cut (Hoerl and Kennard, Ridge regression, 1970).

use std::hint::select_unpredictable;

use serde::{Deserialize, Serialize};

/// A linear guess from features; missing values count as the mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ridge {
    /// Features used.
    pub features: Vec<u16>,
    /// Their training means, for missing values.
    mean: Vec<f64>,
    /// Change of the guess for one unit of each.
    slope: Vec<f64>,
    /// The guess at the means.
    base: f64,
    /// Share of the variance explained on the training rows.
    pub explained: f64,
}

/// Features kept: those that correlate most on their own.
const KEEP: usize = 24;
/// Rows used at most, spread evenly.
const ROWS: usize = 20_000;

impl Ridge {
    /// Whether the shapes fit and every number is finite: a model file may say anything.
    pub fn is_sound(&self, features: usize) -> bool {
        let n = self.features.len();
        let numbers = self.mean.iter().chain(&self.slope).chain([&self.base, &self.explained]);
        self.mean.len() == n
            && self.slope.len() == n
            && self.features.iter().all(|f| usize::from(*f) < features)
            && numbers.into_iter().all(|x| x.is_finite())
    }

    /// Fits y on `features[i](row)`; features are columns of values with NaN for missing. None when nothing helps.
    pub fn fit(columns: &[(u16, &[f64])], rows: &[u32], y: &[f64]) -> Option<Self> {
        let stride = rows.len().div_ceil(ROWS).max(1);
        let picked: Vec<usize> = (0..rows.len()).step_by(stride).filter(|&i| !y[i].is_nan()).collect();
        let n = picked.len() as f64;
        if picked.len() < 60 {
            return None;
        }
        let base = picked.iter().map(|&i| y[i]).sum::<f64>() / n;
        let total = picked.iter().map(|&i| (y[i] - base) * (y[i] - base)).sum::<f64>();
        if total <= 0.0 {
            return None;
        }
        // Standardised columns, best first.
        let mut scored: Vec<(f64, u16, f64, f64, Vec<f64>)> = Vec::new();
        for (feature, column) in columns {
            let known: Vec<f64> = picked.iter().map(|&i| column[rows[i] as usize]).filter(|v| !v.is_nan()).collect();
            if (known.len() as f64) < 0.3 * n {
                continue;
            }
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let x: Vec<f64> = picked
                .iter()
                .map(|&i| {
                    let v = column[rows[i] as usize];
                    if v.is_nan() { 0.0 } else { v - mean }
                })
                .collect();
            let sd = libm::sqrt(x.iter().map(|v| v * v).sum::<f64>() / n);
            if !(sd.is_finite() && sd > 1e-12) {
                continue;
            }
            let x: Vec<f64> = x.into_iter().map(|v| v / sd).collect();
            let dot: f64 = x.iter().zip(&picked).map(|(v, &i)| v * (y[i] - base)).sum();
            let r2 = dot * dot / (n * total);
            // Four standard errors of a correlation under no relation.
            if r2 * n > 16.0 {
                scored.push((r2, *feature, mean, sd, x));
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.truncate(KEEP);
        let d = scored.len();
        if d == 0 {
            return None;
        }
        let mut gram = vec![0.0; d * d];
        let mut right = vec![0.0; d];
        for a in 0..d {
            for b in 0..=a {
                let s: f64 = scored[a].4.iter().zip(&scored[b].4).map(|(u, v)| u * v).sum();
                gram[a * d + b] = s;
                gram[b * d + a] = s;
            }
            right[a] = scored[a].4.iter().zip(&picked).map(|(v, &i)| v * (y[i] - base)).sum();
            gram[a * d + a] += 1e-3 * n + 1.0;
        }
        let beta = solve(gram, right, d)?;
        let mut left = 0.0;
        for (j, &i) in picked.iter().enumerate() {
            let guess: f64 = (0..d).map(|a| beta[a] * scored[a].4[j]).sum();
            let e = y[i] - base - guess;
            left += e * e;
        }
        Some(Self {
            features: scored.iter().map(|s| s.1).collect(),
            mean: scored.iter().map(|s| s.2).collect(),
            slope: scored.iter().zip(&beta).map(|(s, b)| b / s.3).collect(),
            base,
            explained: 1.0 - left / total,
        })
    }

    /// The guess in the form that works it out.
    pub fn line(&self) -> Line {
        let numbers = self.mean.iter().zip(&self.slope);
        let term = |(f, (mean, slope)): (&u16, (&f64, &f64))| Term { feature: *f, mean: *mean, slope: *slope };
        Line { base: self.base, terms: self.features.iter().zip(numbers).map(term).collect() }
    }
}

/// A [`Ridge`] laid out for many rows.
pub struct Line {
    base: f64,
    terms: Vec<Term>,
}

struct Term {
    feature: u16,
    mean: f64,
    slope: f64,
}

impl Line {
    /// Two that make the same guess together, the second upon the first: it has the features that are not `first`.
    pub fn split(self, first: impl Fn(u16) -> bool) -> (Self, Self) {
        let (mine, rest) = self.terms.into_iter().partition(|t| first(t.feature));
        (Self { base: self.base, terms: mine }, Self { base: 0.0, terms: rest })
    }

    /// The guess for one row.
    #[inline]
    pub fn guess(&self, feature: impl FnMut(u16) -> f64) -> f64 {
        self.upon(self.base, feature)
    }

    /// What is guessed upon a start that takes the place of its own.
    #[inline]
    pub fn upon(&self, start: f64, mut feature: impl FnMut(u16) -> f64) -> f64 {
        let mut sum = start;
        for t in &self.terms {
            let v = feature(t.feature);
            sum += select_unpredictable(v.is_nan(), 0.0, t.slope * (v - t.mean));
        }
        sum
    }
}

/// Solves a symmetric positive definite system by Cholesky; None when it is not one.
fn solve(mut a: Vec<f64>, mut b: Vec<f64>, d: usize) -> Option<Vec<f64>> {
    for i in 0..d {
        for j in 0..=i {
            let mut s = a[i * d + j];
            for k in 0..j {
                s -= a[i * d + k] * a[j * d + k];
            }
            if i == j {
                if s <= 0.0 {
                    return None;
                }
                a[i * d + i] = libm::sqrt(s);
            } else {
                a[i * d + j] = s / a[j * d + j];
            }
        }
    }
    for i in 0..d {
        for k in 0..i {
            b[i] -= a[i * d + k] * b[k];
        }
        b[i] /= a[i * d + i];
    }
    for i in (0..d).rev() {
        for k in i + 1..d {
            b[i] -= a[k * d + i] * b[k];
        }
        b[i] /= a[i * d + i];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn a_line_is_found_and_missing_values_do_no_harm() {
        let mut s = Stream::new(5, 0, 0);
        let n = 2000;
        let a: Vec<f64> = (0..n).map(|i| if i % 50 == 0 { f64::NAN } else { s.normal() }).collect();
        let b: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let noise: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let y: Vec<f64> = (0..n).map(|i| 10.0 + if a[i].is_nan() { 0.0 } else { 3.0 * a[i] } - b[i]).collect();
        let rows: Vec<u32> = (0..n as u32).collect();
        let r = Ridge::fit(&[(0, &a), (7, &b), (9, &noise)], &rows, &y).unwrap();
        assert!(!r.features.contains(&9));
        let guess = r.line().guess(|_| 1.0);
        assert!((guess - 12.0).abs() < 0.05, "{guess}");
        assert!(r.explained > 0.999);
    }
}
