//! Ridge regression on many features: one number that gathers what they say together.
//!
//! A tree cuts one feature at a time; the best guess from a sum gives it a patient's level, trend and age in one cut
//! (Hoerl and Kennard, Ridge regression, 1970). A number enters as a line, or by the means of its bins where those say
//! clearly more; a label by the means of its labels.

use serde::{Deserialize, Serialize};

/// One column of training values.
pub struct Column<'a> {
    /// Which feature it is.
    pub feature: u16,
    /// Its values, NaN where missing.
    pub values: &'a [f64],
    /// Its bins, 0 where missing.
    pub bins: &'a [u8],
    /// Number of bins that there are.
    pub count: usize,
    /// True when only the bins have a meaning.
    pub is_label: bool,
}

/// A guess from a sum of features.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ridge {
    /// What each feature adds.
    terms: Vec<Term>,
    /// The guess where no feature adds anything.
    base: f64,
    /// Share of the variance explained on the training rows.
    pub explained: f64,
}

/// What one feature adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Term {
    feature: u16,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    /// `slope * (value - mean)`, nothing where missing.
    Line { mean: f64, slope: f64 },
    /// A number for each bin.
    Steps(Vec<f64>),
}

/// Features kept at most.
const KEEP: usize = 24;
/// Rows used at most, spread evenly.
const ROWS: usize = 12_000;
/// Rows from which a guess is made.
const FEW: usize = 60;
/// Rows of the overall mean that the mean of a bin is mixed with.
const PRIOR: f64 = 20.0;
/// Four standard errors of a correlation under no relation, squared, times the rows.
const SIGNIFICANT: f64 = 16.0;
/// Share by which the bins of a number must beat its line: a line goes on where rows were few.
const CLEARLY: f64 = 0.02;

impl Ridge {
    /// Whether every number is finite and every feature has its bins: a model file may say anything.
    pub fn is_sound(&self, bins: &[usize]) -> bool {
        let sound = |t: &Term| match (&t.shape, bins.get(usize::from(t.feature))) {
            (_, None) => false,
            (Shape::Line { mean, slope }, _) => mean.is_finite() && slope.is_finite(),
            (Shape::Steps(s), Some(n)) => s.len() == *n && s.iter().all(|x| x.is_finite()),
        };
        self.base.is_finite() && self.explained.is_finite() && self.terms.iter().all(sound)
    }

    /// Features that are asked for.
    pub fn features(&self) -> impl Iterator<Item = u16> + '_ {
        self.terms.iter().map(|t| t.feature)
    }

    /// Fits `y[i]` on row `rows[i]` of the columns. None when nothing helps.
    pub fn fit(columns: &[Column], rows: &[u32], y: &[f64]) -> Option<Self> {
        let stride = rows.len().div_ceil(ROWS).max(1);
        let picked = (0..rows.len()).step_by(stride).filter(|&i| !y[i].is_nan()).map(|i| (rows[i] as usize, y[i]));
        let picked: Vec<(usize, f64)> = picked.collect();
        sum(columns, &picked)
    }

    /// The guess for one row, from the value and the bin of a feature.
    pub fn guess(&self, value: &impl Fn(u16) -> f64, bin: &impl Fn(u16) -> u8) -> f64 {
        let mut sum = self.base;
        for t in &self.terms {
            match &t.shape {
                Shape::Line { mean, slope } => {
                    let v = value(t.feature);
                    if !v.is_nan() {
                        sum += slope * (v - mean);
                    }
                }
                Shape::Steps(s) => sum += s[usize::from(bin(t.feature))],
            }
        }
        sum
    }
}

/// Sum of the squares around the mean.
fn variance(rows: &[(usize, f64)]) -> f64 {
    let mean = rows.iter().map(|r| r.1).sum::<f64>() / rows.len().max(1) as f64;
    rows.iter().map(|r| (r.1 - mean) * (r.1 - mean)).sum()
}

/// A feature before the regression: its standardised values, what it stands for at slope 1, how well it does alone.
struct Candidate {
    r2: f64,
    column: usize,
    shape: Shape,
    x: Vec<f64>,
}

/// Fits the sum on some rows, each with its y.
fn sum(columns: &[Column], rows: &[(usize, f64)]) -> Option<Ridge> {
    let n = rows.len() as f64;
    if rows.len() < FEW {
        return None;
    }
    let base = rows.iter().map(|r| r.1).sum::<f64>() / n;
    let total = variance(rows);
    if total <= 0.0 {
        return None;
    }
    let mut left: Vec<Candidate> =
        (0..columns.len()).filter_map(|i| candidate(i, &columns[i], rows, base, total)).collect();
    // Orthogonal matching pursuit (Pati et al., 1993): each time the feature that says most about what the others leave
    // open. By themselves, the values before would crowd out what they drift back to.
    let mut found: Vec<Candidate> = Vec::new();
    let mut beta = Vec::new();
    let mut rest: Vec<f64> = rows.iter().map(|r| r.1 - base).collect();
    let mut unexplained = total;
    while found.len() < KEEP {
        let says: Vec<f64> = left.iter().map(|c| dot(&c.x, &rest)).collect();
        let Some(best) = (0..left.len()).max_by(|a, b| says[*a].abs().total_cmp(&says[*b].abs()).then(b.cmp(a))) else {
            break;
        };
        if says[best] * says[best] <= SIGNIFICANT * unexplained {
            break;
        }
        found.push(left.remove(best));
        let Some(next) = regress(&found, rows, base) else {
            found.pop();
            continue;
        };
        beta = next;
        for (j, (e, r)) in rest.iter_mut().zip(rows).enumerate() {
            *e = r.1 - base - found.iter().zip(&beta).map(|(c, b)| b * c.x[j]).sum::<f64>();
        }
        unexplained = dot(&rest, &rest);
    }
    if found.is_empty() {
        return None;
    }
    let terms = found.into_iter().zip(&beta).map(|(c, b)| Term {
        feature: columns[c.column].feature,
        shape: match c.shape {
            Shape::Line { mean, slope } => Shape::Line { mean, slope: slope * b },
            Shape::Steps(s) => Shape::Steps(s.into_iter().map(|x| x * b).collect()),
        },
    });
    Some(Ridge { terms: terms.collect(), base, explained: 1.0 - unexplained / total })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(u, v)| u * v).sum()
}

/// The slopes of some standardised features.
fn regress(found: &[Candidate], rows: &[(usize, f64)], base: f64) -> Option<Vec<f64>> {
    let d = found.len();
    let mut gram = vec![0.0; d * d];
    let mut right = vec![0.0; d];
    for a in 0..d {
        for b in 0..=a {
            let s = dot(&found[a].x, &found[b].x);
            gram[a * d + b] = s;
            gram[b * d + a] = s;
        }
        right[a] = found[a].x.iter().zip(rows).map(|(v, r)| v * (r.1 - base)).sum();
        gram[a * d + a] += 1e-3 * rows.len() as f64 + 1.0;
    }
    solve(gram, right, d)
}

/// A column as it does best alone; None when it says nothing.
fn candidate(column: usize, c: &Column, rows: &[(usize, f64)], base: f64, total: f64) -> Option<Candidate> {
    let n = rows.len() as f64;
    let line = if c.is_label { None } else { line(c, rows) };
    let r2 = |x: &[f64]| {
        let dot: f64 = x.iter().zip(rows).map(|(v, r)| v * (r.1 - base)).sum();
        dot * dot / (n * total)
    };
    let line = line.map(|(shape, x)| Candidate { r2: r2(&x), column, shape, x });
    let line_says = line.as_ref().filter(|l| l.r2 * n > SIGNIFICANT).map_or(0.0, |l| l.r2);
    let steps = steps(c, rows, base).map(|(shape, x, free)| {
        let r2 = r2(&x) - free / n;
        Candidate { r2, column, shape, x }
    });
    match steps {
        Some(s) if s.r2 > line_says * (1.0 + CLEARLY) + SIGNIFICANT / n => Some(s),
        _ => line.filter(|_| line_says > 0.0),
    }
}

/// A number as a line, standardised; None where it hardly varies or is mostly missing.
fn line(c: &Column, rows: &[(usize, f64)]) -> Option<(Shape, Vec<f64>)> {
    let n = rows.len() as f64;
    let known: Vec<f64> = rows.iter().map(|r| c.values[r.0]).filter(|v| !v.is_nan()).collect();
    if (known.len() as f64) < 0.3 * n {
        return None;
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let off = rows.iter().map(|r| c.values[r.0]).map(|v| if v.is_nan() { 0.0 } else { v - mean });
    let x: Vec<f64> = off.collect();
    let sd = libm::sqrt(x.iter().map(|v| v * v).sum::<f64>() / n);
    if !(sd.is_finite() && sd > 1e-12) {
        return None;
    }
    let x = x.into_iter().map(|v| v / sd).collect();
    Some((Shape::Line { mean, slope: 1.0 / sd }, x))
}

/// The means of y in the bins, standardised, and how many of them are free.
fn steps(c: &Column, rows: &[(usize, f64)], base: f64) -> Option<(Shape, Vec<f64>, f64)> {
    let n = rows.len() as f64;
    let (mut sum, mut size) = (vec![0.0; c.count], vec![0.0; c.count]);
    for (row, y) in rows {
        let b = usize::from(c.bins[*row]);
        sum[b] += y - base;
        size[b] += 1.0;
    }
    let mean: Vec<f64> = sum.iter().zip(&size).map(|(s, n)| s / (n + PRIOR)).collect();
    let middle = mean.iter().zip(&size).map(|(m, n)| m * n).sum::<f64>() / n;
    let spread = mean.iter().zip(&size).map(|(m, n)| (m - middle) * (m - middle) * n).sum::<f64>() / n;
    let sd = libm::sqrt(spread);
    if !(sd.is_finite() && sd > 1e-12) {
        return None;
    }
    let level: Vec<f64> = mean.iter().map(|m| (m - middle) / sd).collect();
    let x = rows.iter().map(|r| level[usize::from(c.bins[r.0])]).collect();
    let free = size.iter().filter(|s| **s > 0.0).count() as f64 - 1.0;
    Some((Shape::Steps(level), x, free))
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
    use crate::conditional::Binner;
    use crate::rng::Stream;

    fn column<'a>(feature: u16, values: &'a [f64], bins: &'a mut Vec<u8>, is_label: bool) -> Column<'a> {
        let binner = if is_label { Binner::labels(4) } else { Binner::ordered(values) };
        *bins = values.iter().map(|v| binner.bin(*v)).collect();
        Column { feature, values, bins, count: binner.bins(), is_label }
    }

    fn normal(s: &mut Stream, n: usize) -> Vec<f64> {
        (0..n).map(|_| s.normal()).collect()
    }

    #[test]
    fn a_line_is_found_and_missing_values_do_no_harm() {
        let mut s = Stream::new(5, 0, 0);
        let n = 2000;
        let a: Vec<f64> = (0..n).map(|i| if i % 50 == 0 { f64::NAN } else { s.normal() }).collect();
        let (b, noise) = (normal(&mut s, n), normal(&mut s, n));
        let y: Vec<f64> = (0..n).map(|i| 10.0 + if a[i].is_nan() { 0.0 } else { 3.0 * a[i] } - b[i]).collect();
        let rows: Vec<u32> = (0..n as u32).collect();
        let (mut p, mut q, mut z) = (Vec::new(), Vec::new(), Vec::new());
        let columns = [column(0, &a, &mut p, false), column(7, &b, &mut q, false), column(9, &noise, &mut z, false)];
        let r = Ridge::fit(&columns, &rows, &y).unwrap();
        assert!(r.features().all(|f| f != 9));
        let guess = r.guess(&|_| 1.0, &|_| 1);
        assert!((guess - 12.0).abs() < 0.05, "{guess}");
        assert!(r.explained > 0.999);
    }

    #[test]
    fn labels_and_bends_say_what_they_say_by_their_bins() {
        let mut s = Stream::new(6, 0, 0);
        let n = 4000;
        let label: Vec<f64> = (0..n).map(|_| s.below(4) as f64).collect();
        let bent = normal(&mut s, n);
        let y: Vec<f64> = (0..n).map(|i| [5.0, 0.0, 1.0, 9.0][label[i] as usize] + bent[i] * bent[i]).collect();
        let rows: Vec<u32> = (0..n as u32).collect();
        let (mut p, mut q) = (Vec::new(), Vec::new());
        let columns = [column(0, &label, &mut p, true), column(1, &bent, &mut q, false)];
        let r = Ridge::fit(&columns, &rows, &y).unwrap();
        assert!(r.explained > 0.98, "{}", r.explained);
    }
}
