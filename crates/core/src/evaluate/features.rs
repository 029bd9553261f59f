//! What a sceptical classifier looks at: rows, and parents with summaries of their children.

use super::frame::{Frame, REAL};
use super::sequence::order_column;
use serde::{Deserialize, Serialize};

use crate::dataset::NULL;
use crate::metric::{Scale, Series};
use crate::time::DAY;

/// What the numbers of a feature are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A plain number, share, rank or count.
    Plain,
    /// Seconds since 1970.
    Instant,
    /// Seconds.
    Seconds,
}

/// Named columns of numbers; NaN is missing.
#[derive(Clone, Debug, Default)]
pub struct Features {
    /// What each column is, in words.
    pub names: Vec<String>,
    /// What its numbers are.
    pub units: Vec<Unit>,
    /// The columns, all equally long.
    pub columns: Vec<Vec<f64>>,
}

impl Features {
    fn add(&mut self, name: String, unit: Unit, values: Vec<f64>) {
        self.names.push(name);
        self.units.push(unit);
        self.columns.push(values);
    }

    /// Adds the columns of another.
    pub fn extend(&mut self, more: Features) {
        self.names.extend(more.names);
        self.units.extend(more.units);
        self.columns.extend(more.columns);
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

/// Labels that keep a number of their own.
const LABELS: usize = 250;

/// Rank of each label by its frequency in the real data; rarer and unknown ones are -1.
fn ranks(real: &Series) -> Vec<f64> {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for t in real.known() {
        let t = t as usize;
        while counts.len() <= t {
            counts.push((0, counts.len()));
        }
        counts[t].0 += 1;
    }
    let mut order: Vec<(usize, usize)> = counts.iter().copied().filter(|c| c.0 > 0).collect();
    order.sort_by_key(|&(n, label)| (std::cmp::Reverse(n), label));
    let mut ranks = vec![-1.0; counts.len()];
    for (rank, (_, label)) in order.into_iter().take(LABELS).enumerate() {
        ranks[label] = rank as f64;
    }
    ranks
}

/// The features of some rows of a table: every modelled column, hour and weekday of times, spans between times.
pub fn row_features(frame: &Frame, side: usize, table: &str, columns: &[&str], rows: &[u32]) -> Features {
    let series = |c: &str| frame.column(side, table, c).expect("shared columns can be read");
    let mut out = Features::default();
    for c in columns {
        let s = series(c);
        let pick = |f: &dyn Fn(i64) -> f64| {
            let value = |&r: &u32| Some(s.ticks[r as usize]).filter(|&t| t != NULL).map_or(f64::NAN, f);
            rows.iter().map(value).collect::<Vec<f64>>()
        };
        match s.scale {
            Scale::Number { .. } => out.add((*c).to_owned(), Unit::Plain, pick(&|t| s.float(t).unwrap_or(f64::NAN))),
            Scale::Label => {
                let ranks = ranks(frame.column(REAL, table, c).expect("shared columns can be read"));
                out.add((*c).to_owned(), Unit::Plain, pick(&|t| ranks.get(t as usize).copied().unwrap_or(-1.0)));
            }
            Scale::Time => {
                out.add((*c).to_owned(), Unit::Instant, pick(&|t| t as f64 / 1e6));
                out.add(format!("hour of {c}"), Unit::Plain, pick(&|t| (t.rem_euclid(DAY) / 60_000_000) as f64 / 60.0));
                out.add(
                    format!("weekday of {c}"),
                    Unit::Plain,
                    pick(&|t| (t.div_euclid(DAY) + 3).rem_euclid(7) as f64),
                );
            }
        }
    }
    out.extend(differences(frame, side, table, columns, rows));
    out
}

/// Spans between two times of a row, in seconds.
fn differences(frame: &Frame, side: usize, table: &str, columns: &[&str], rows: &[u32]) -> Features {
    let series = |c: &str| frame.column(side, table, c).expect("shared columns can be read");
    let times: Vec<&&str> = columns.iter().filter(|c| series(c).scale == Scale::Time).collect();
    let mut out = Features::default();
    for (i, a) in times.iter().enumerate() {
        for b in &times[i + 1..] {
            let (x, y) = (series(a), series(b));
            let span = |&r: &u32| {
                let (x, y) = (x.ticks[r as usize], y.ticks[r as usize]);
                if x == NULL || y == NULL { f64::NAN } else { (y as f64 - x as f64) / 1e6 }
            };
            out.add(format!("{b} - {a}"), Unit::Seconds, rows.iter().map(span).collect());
        }
    }
    out
}

/// How much of the children a summary tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Counts, means, spread, extremes and shares of labels.
    Aggregates,
    /// These, and gaps, steps, first and last values, switches of labels.
    Histories,
}

/// The features of some parents with summaries of their children over one relationship.
pub fn family_features(
    frame: &Frame,
    side: usize,
    relationship: usize,
    columns: [&[&str]; 2],
    parents: &[u32],
    depth: Depth,
) -> Features {
    let r = &frame.metadata.relationships[relationship];
    let (child, parent) = (r.child.as_str(), r.parent.as_str());
    let mut out = row_features(frame, side, parent, columns[0], parents);
    let Ok(link) = &frame.links[side][relationship] else { return out };
    let children = link.children();
    let order = order_column(frame, child).and_then(|c| frame.column(side, child, c).ok());
    let mut rows = Vec::new();
    let mut starts = vec![0];
    for &p in parents {
        let mut of = children.of(p as usize).to_vec();
        if let Some(order) = order {
            of.sort_by_key(|&r| order.ticks[r as usize]);
        }
        rows.extend(of);
        starts.push(rows.len());
    }
    let each = |f: &dyn Fn(&[u32]) -> f64| starts.windows(2).map(|w| f(&rows[w[0]..w[1]])).collect::<Vec<f64>>();
    out.add(format!("number of {child}"), Unit::Plain, each(&|rows| rows.len() as f64));
    let is_label = |c: &str| frame.column(side, child, c).is_ok_and(|s| s.scale == Scale::Label);
    let numbers: Vec<&str> = columns[1].iter().copied().filter(|c| !is_label(c)).collect();
    let flat = row_features(frame, side, child, &numbers, &rows);
    for ((name, values), &unit) in flat.names.iter().zip(&flat.columns).zip(&flat.units) {
        // Differences of instants are seconds; the other summaries of an instant are instants.
        let apart = if unit == Unit::Instant { Unit::Seconds } else { unit };
        let summaries: Vec<Summary> = starts.windows(2).map(|w| Summary::new(&values[w[0]..w[1]])).collect();
        let mut add = |what: &str, unit: Unit, f: fn(&Summary) -> f64| {
            out.add(format!("{what} of {name} ({child})"), unit, summaries.iter().map(f).collect());
        };
        add("mean", unit, |s| s.mean);
        add("spread", apart, |s| s.deviation);
        add("smallest", unit, |s| s.min);
        add("largest", unit, |s| s.max);
        if depth == Depth::Histories {
            add("first", unit, |s| s.first);
            add("last", unit, |s| s.last);
            add("mean step", apart, |s| s.step);
            add("memory", Unit::Plain, |s| s.memory);
            add("missing share", Unit::Plain, |s| s.missing);
        }
    }
    for c in columns[1].iter().filter(|c| is_label(c)) {
        labels(frame, side, child, c, &rows, &starts, depth, &mut out);
    }
    if let (Depth::Histories, Some(order)) = (depth, order) {
        let name = order_column(frame, child).unwrap_or_default();
        let unit = if order.scale == Scale::Time { Unit::Seconds } else { Unit::Plain };
        let apart = |t: i64| if unit == Unit::Seconds { t as f64 / 1e6 } else { order.float(t).unwrap_or(f64::NAN) };
        let gaps: Vec<Summary> = starts
            .windows(2)
            .map(|w| {
                let at: Vec<i64> =
                    rows[w[0]..w[1]].iter().map(|&r| order.ticks[r as usize]).filter(|&t| t != NULL).collect();
                Summary::new(&at.windows(2).map(|w| apart(w[1] - w[0])).collect::<Vec<_>>())
            })
            .collect();
        let mut add = |what: &str, f: fn(&Summary) -> f64| {
            out.add(format!("{what} gap of {name} ({child})"), unit, gaps.iter().map(f).collect());
        };
        add("mean", |s| s.mean);
        add("spread of the", |s| s.deviation);
        add("smallest", |s| s.min);
        add("largest", |s| s.max);
        add("step of the", |s| s.step);
    }
    out
}

#[allow(clippy::too_many_arguments)]
fn labels(
    frame: &Frame,
    side: usize,
    child: &str,
    column: &str,
    rows: &[u32],
    starts: &[usize],
    depth: Depth,
    out: &mut Features,
) {
    let series = frame.column(side, child, column).expect("shared columns can be read");
    let ranks = ranks(frame.column(REAL, child, column).expect("shared columns can be read"));
    let codes: Vec<i64> = rows.iter().map(|&r| series.ticks[r as usize]).collect();
    let each = |f: &dyn Fn(&[i64]) -> f64| starts.windows(2).map(|w| f(&codes[w[0]..w[1]])).collect::<Vec<f64>>();
    let distinct = |c: &[i64]| {
        let mut known: Vec<i64> = c.iter().copied().filter(|&t| t != NULL).collect();
        known.sort_unstable();
        known.dedup();
        if c.is_empty() { f64::NAN } else { known.len() as f64 }
    };
    out.add(format!("different {column} ({child})"), Unit::Plain, each(&distinct));
    for top in 0..8 {
        let Some(label) = ranks.iter().position(|&r| r == f64::from(top)) else { break };
        let share = |c: &[i64]| c.iter().filter(|&&t| t == label as i64).count() as f64 / c.len() as f64;
        let text = frame.label(child, column, label as i64).unwrap_or_default();
        out.add(format!("share of {column} = {text} ({child})"), Unit::Plain, each(&share));
    }
    if depth == Depth::Histories {
        let switches = |c: &[i64]| {
            let n = c.len().saturating_sub(1);
            if n == 0 { f64::NAN } else { c.windows(2).filter(|w| w[0] != w[1]).count() as f64 / n as f64 }
        };
        out.add(format!("switches of {column} ({child})"), Unit::Plain, each(&switches));
        let missing = |c: &[i64]| c.iter().filter(|&&t| t == NULL).count() as f64 / c.len() as f64;
        out.add(format!("missing share of {column} ({child})"), Unit::Plain, each(&missing));
        let last = |c: &[i64]| {
            let rank = |t: i64| if t == NULL { f64::NAN } else { ranks.get(t as usize).copied().unwrap_or(-1.0) };
            c.last().map_or(f64::NAN, |&t| rank(t))
        };
        out.add(format!("last {column} ({child})"), Unit::Plain, each(&last));
    }
}

/// Summary of one parent's values in their order.
struct Summary {
    mean: f64,
    deviation: f64,
    min: f64,
    max: f64,
    first: f64,
    last: f64,
    /// Mean absolute step.
    step: f64,
    /// Correlation with the value before, from four values on.
    memory: f64,
    missing: f64,
}

impl Summary {
    fn new(values: &[f64]) -> Self {
        let known: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        let n = known.len() as f64;
        let mean = known.iter().sum::<f64>() / n;
        let squares: f64 = known.iter().map(|v| (v - mean) * (v - mean)).sum();
        let products: f64 = known.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum();
        let steps: f64 = known.windows(2).map(|w| (w[1] - w[0]).abs()).sum();
        let extreme = |f: fn(f64, f64) -> f64| known.iter().copied().reduce(f).unwrap_or(f64::NAN);
        let enough = |least: usize, v: f64| if known.len() >= least { v } else { f64::NAN };
        Self {
            mean: enough(1, mean),
            deviation: enough(2, (squares / (n - 1.0)).sqrt()),
            min: extreme(f64::min),
            max: extreme(f64::max),
            first: known.first().copied().unwrap_or(f64::NAN),
            last: known.last().copied().unwrap_or(f64::NAN),
            step: enough(2, steps / (n - 1.0)),
            memory: if squares > 0.0 { enough(4, products / squares) } else { f64::NAN },
            missing: if values.is_empty() { f64::NAN } else { 1.0 - n / values.len() as f64 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_skip_missing_values() {
        let s = Summary::new(&[1.0, f64::NAN, 3.0, 2.0]);
        assert_eq!((s.mean, s.deviation, s.min, s.max), (2.0, 1.0, 1.0, 3.0));
        assert_eq!((s.first, s.last, s.step, s.missing), (1.0, 2.0, 1.5, 0.25));
        let empty = Summary::new(&[]);
        assert!(empty.mean.is_nan() && empty.deviation.is_nan() && empty.min.is_nan() && empty.missing.is_nan());
    }
}
