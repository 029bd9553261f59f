//! What plots need: frequencies and curves, small enough for a page, without rare values.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::frame::{Frame, REAL, SYNTHETIC};
use super::sequence::{Sequences, order_column, sequences};
use super::time::numeric;
use crate::dataset::NULL;
use crate::labels::Labels;
use crate::metadata::Sdtype;
use crate::metric::binning::quantile;
use crate::metric::sorted::sorted;
use crate::metric::{Scale, Series};
use crate::time::{DAY, civil_from_days, format, has_clock, have_clock};

/// Everything the plots of a report show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plots {
    /// Shares of values of every modelled column.
    pub marginals: Vec<Bars>,
    /// Shares of hours, weekdays and months of every time column.
    pub calendar: Vec<Bars>,
    /// Shares of gaps between siblings.
    pub gaps: Vec<Bars>,
    /// Correlation of a series with itself some steps before.
    pub memory: Vec<Curve>,
    /// A few whole sequences of each ordered table.
    pub sequences: Vec<Strands>,
}

/// Shares of the same bins on every side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bars {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// What the bins are: `values`, `labels`, `hour`, `weekday`, `month`, `gap`.
    pub kind: String,
    /// The name of each bin.
    pub bins: Vec<String>,
    /// For each side (real, synthetic, holdout) the share of each bin.
    pub shares: Vec<Vec<f64>>,
}

/// One number a step on every side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// For each side the correlation with 1, 2, ... steps before; None where undefined.
    pub sides: Vec<Vec<Option<f64>>>,
}

/// A few sequences of one column. Rows are counted, not timed: long pauses would hide what happens between them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Strands {
    /// The table.
    pub table: String,
    /// The column drawn.
    pub column: String,
    /// What orders it.
    pub order: String,
    /// Real sequences, row by row; empty in a report made for sharing.
    pub real: Vec<Vec<Option<f64>>>,
    /// Synthetic sequences.
    pub synthetic: Vec<Vec<Option<f64>>>,
}

/// Bins of a histogram of numbers.
const BINS: usize = 30;
/// Labels shown; the rest is one bin.
const LABELS: usize = 14;
/// A label or bin of fewer real entities is not named.
const FEW: usize = 5;
/// Steps of the memory curves.
const LAGS: usize = 12;
/// Sequences drawn of each side.
const STRANDS: usize = 4;
/// Rows drawn of each sequence.
const STEPS: usize = 60;

/// Collects the plots. `people` false leaves out the sequences of real owners.
pub fn plots(frame: &Frame, people: bool) -> Plots {
    let tables: Vec<&String> = frame.metadata.tables.keys().collect();
    let of_table = |table: &&String| {
        rayon::join(|| of_columns(frame, table), || of_order(frame, table, people).unwrap_or_default())
    };
    let mut out = Plots::default();
    for ((marginals, calendar), ordered) in tables.par_iter().map(of_table).collect::<Vec<_>>() {
        out.marginals.extend(marginals);
        out.calendar.extend(calendar);
        out.gaps.extend(ordered.gaps);
        out.memory.extend(ordered.memory);
        out.sequences.extend(ordered.sequences);
    }
    out
}

/// Values of the columns of a table, and the calendar of its times.
fn of_columns(frame: &Frame, table: &str) -> (Vec<Bars>, Vec<Bars>) {
    let of_column = |column: &str| {
        let sides: Vec<&Series> = (0..frame.tables.len()).filter_map(|s| frame.column(s, table, column).ok()).collect();
        let is_time = sides[0].scale == Scale::Time;
        let calendar = if is_time { calendar(frame, table, column, &sides) } else { Vec::new() };
        (marginal(frame, table, column, &sides), calendar)
    };
    let found: Vec<_> = frame.shared(table, SYNTHETIC).into_par_iter().map(of_column).collect();
    let (marginals, calendar): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    (marginals.into_iter().flatten().collect(), calendar.concat())
}

fn shares(sides: &[&Series], size: usize, bin: impl Fn(i64) -> Option<usize>) -> Vec<Vec<f64>> {
    let one = |s: &&Series| {
        let mut n = vec![0u64; size];
        for b in s.ticks.iter().filter_map(|&t| bin(t)) {
            n[b] += 1;
        }
        let total = n.iter().sum::<u64>().max(1) as f64;
        n.into_iter().map(|n| n as f64 / total).collect()
    };
    sides.iter().map(one).collect()
}

fn marginal(frame: &Frame, table: &str, column: &str, sides: &[&Series]) -> Option<Bars> {
    let real = sides[0];
    let bars = |kind: &str, bins, shares| {
        Some(Bars { table: table.to_owned(), column: column.to_owned(), kind: kind.to_owned(), bins, shares })
    };
    if real.is_continuous() {
        let known = sorted(sides.iter().flat_map(|s| s.known()).collect());
        // The outer hundredth is drawn at the edge: extremes are nobody's business.
        let q = |p: f64| quantile(&known, p, |t| t as f64);
        let (lo, hi) = (q(0.01)?, q(0.99)?);
        let width = ((hi - lo) / BINS as f64).max(1.0).ceil();
        let count = (((hi - lo) / width).floor() as usize + 1).min(BINS + 1);
        let bin = |t: i64| (t != NULL).then(|| (((t as f64 - lo) / width).max(0.0) as usize).min(count - 1));
        let name = |i: usize| tick_name(frame, table, column, real, (lo + i as f64 * width).round() as i64);
        return bars("values", (0..count).map(name).collect(), shares(sides, count, bin));
    }
    let entities = &frame.entities[REAL][table];
    let labels = frame.labels.get(&(table.to_owned(), column.to_owned())).map_or(0, Labels::len);
    let mut holders = vec![(0, Vec::new()); labels];
    for (&t, &e) in real.ticks.iter().zip(entities).filter(|(t, _)| **t != NULL) {
        let (n, who) = &mut holders[t as usize];
        *n += 1;
        if who.len() < FEW && !who.contains(&e) {
            who.push(e);
        }
    }
    let reference = frame.metadata.tables[table].reference || frame.entities[REAL][table].len() < 50;
    let held = (0..).zip(&holders).filter(|(_, h)| h.0 > 0 && (reference || h.1.len() >= FEW));
    let mut common: Vec<(usize, i64)> = held.map(|(t, h)| (h.0, t)).collect();
    common.sort_by_key(|&(n, t)| (std::cmp::Reverse(n), t));
    common.truncate(LABELS);
    let rest = common.len();
    let mut place = vec![rest; labels];
    common.iter().enumerate().for_each(|(i, c)| place[c.1 as usize] = i);
    let mut bins: Vec<String> =
        common.iter().map(|c| frame.label(table, column, c.1).unwrap_or_default().to_owned()).collect();
    bins.push("others".to_owned());
    let bin = |t: i64| (t != NULL).then(|| place[t as usize]);
    let mut all = bars("labels", bins, shares(sides, rest + 1, bin))?;
    if all.shares.iter().all(|s| s[rest] == 0.0) {
        all.bins.pop();
        all.shares.iter_mut().for_each(|s| s.truncate(rest));
    }
    Some(all)
}

fn tick_name(frame: &Frame, table: &str, column: &str, series: &Series, tick: i64) -> String {
    match series.scale {
        Scale::Time => match &frame.metadata.tables[table].columns[column].sdtype {
            Sdtype::Datetime { format: Some(f) } if has_clock(f) => format(tick, "%Y-%m-%d %H:%M:%S")[..16].to_owned(),
            _ => format(tick, "%Y-%m-%d"),
        },
        Scale::Number { decimals } => {
            format!("{:.*}", usize::from(decimals.min(3)), series.float(tick).unwrap_or(0.0))
        }
        Scale::Label => String::new(),
    }
}

fn calendar(frame: &Frame, table: &str, column: &str, sides: &[&Series]) -> Vec<Bars> {
    let bars = |kind: &str, bins: Vec<String>, part: &dyn Fn(i64) -> usize| Bars {
        table: table.to_owned(),
        column: column.to_owned(),
        kind: kind.to_owned(),
        shares: shares(sides, bins.len(), |t| (t != NULL).then(|| part(t))),
        bins,
    };
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<String>>();
    let days = names(&["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
    let months = names(&["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]);
    let mut out = Vec::new();
    if have_clock(sides[0].known(), &frame.metadata.tables[table].columns[column].sdtype) {
        let hours = (0..24).map(|h| format!("{h:02}")).collect();
        out.push(bars("hour", hours, &|t| (t.rem_euclid(DAY) / 3_600_000_000) as usize));
    }
    out.push(bars("weekday", days, &|t| (t.div_euclid(DAY) + 3).rem_euclid(7) as usize));
    out.push(bars("month", months, &|t| civil_from_days(t.div_euclid(DAY)).1 as usize - 1));
    out
}

/// Gaps, memory and sequences of a table; None without an order.
fn of_order(frame: &Frame, table: &str, people: bool) -> Option<Plots> {
    let order = order_column(frame, table)?;
    let all: Vec<Sequences> =
        (0..frame.tables.len()).into_par_iter().map(|s| sequences(frame, s, table)).collect::<Option<_>>()?;
    if all[REAL].lagged(1).count() < 50 {
        return None;
    }
    let columns: Vec<&str> = frame.shared(table, SYNTHETIC).into_iter().filter(|c| *c != order).collect();
    let of_column = |column: &&str| {
        let values: Vec<Vec<f64>> = (0..all.len()).map(|s| numeric(frame, s, table, column)).collect::<Option<_>>()?;
        Some((memory(table, column, &all, &values), strands(table, column, order, &all, &values, people)))
    };
    let (memory, sequences) = columns.par_iter().filter_map(of_column).unzip();
    Some(Plots { gaps: gaps(frame, table, order, &all).into_iter().collect(), memory, sequences, ..Plots::default() })
}

fn gaps(frame: &Frame, table: &str, order: &str, all: &[Sequences]) -> Option<Bars> {
    let series: Vec<&Series> = (0..all.len()).filter_map(|s| frame.column(s, table, order).ok()).collect();
    let at = |s: usize, k: usize| series[s].ticks[all[s].rows[k] as usize];
    let lists: Vec<Series> = (0..all.len())
        .map(|s| Series { scale: series[s].scale, ticks: all[s].lagged(1).map(|(a, b)| at(s, b) - at(s, a)).collect() })
        .collect();
    // Bins that double: 0, then from the smallest to the largest usual gap.
    let known = sorted(lists[0].known().filter(|&t| t > 0).collect());
    let (lo, hi) = (quantile(&known, 0.01, |t| t as f64)?.max(1.0), quantile(&known, 0.99, |t| t as f64)?.max(2.0));
    let ratio = hi / lo;
    let count = 24usize;
    let edge = |i: usize| lo * crate::math::pow(ratio, i as f64 / count as f64);
    let edges: Vec<f64> = (1..count).map(edge).collect();
    let bin = |t: i64| Some(if t <= 0 { 0 } else { 1 + edges.partition_point(|&e| e <= t as f64) });
    let name = |i: usize| if i == 0 { "0".to_owned() } else { span_name(series[0], edge(i - 1)) };
    let borrowed: Vec<&Series> = lists.iter().collect();
    Some(Bars {
        table: table.to_owned(),
        column: order.to_owned(),
        kind: "gap".to_owned(),
        bins: (0..=count).map(name).collect(),
        shares: shares(&borrowed, count + 1, bin),
    })
}

fn span_name(series: &Series, ticks: f64) -> String {
    if series.scale != Scale::Time {
        return format!("{:.3}", series.float(ticks as i64).unwrap_or(0.0));
    }
    let s = ticks / 1e6;
    match s {
        s if s < 60.0 => format!("{s:.0} s"),
        s if s < 3600.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} d", s / 86_400.0),
    }
}

fn memory(table: &str, column: &str, all: &[Sequences], values: &[Vec<f64>]) -> Curve {
    let side = |s: usize| {
        let known = || values[s].iter().filter(|v| v.is_finite());
        let origin = known().sum::<f64>() / known().count().max(1) as f64;
        let ordered = all[s].ordered(&values[s]);
        let lag = |lag: usize| {
            let m = all[s].moments(&ordered, lag, origin);
            m.correlation(None).filter(|_| m.len() > 50)
        };
        (1..=LAGS).map(lag).collect()
    };
    Curve {
        table: table.to_owned(),
        column: column.to_owned(),
        sides: (0..all.len()).into_par_iter().map(side).collect(),
    }
}

/// Sequences of the owners in the middle of the lengths, so that both sides show the same kind of owner.
fn strands(table: &str, column: &str, order: &str, all: &[Sequences], values: &[Vec<f64>], people: bool) -> Strands {
    let pick = |s: usize| -> Vec<Vec<Option<f64>>> {
        let mut ends: Vec<(u32, u32)> = all[s].starts.windows(2).map(|w| (w[0], w[1])).collect();
        ends.sort_by_key(|&(a, b)| (b - a, a));
        let long: Vec<(u32, u32)> = ends.into_iter().filter(|(a, b)| b - a >= 4).collect();
        let chosen = [30, 50, 70, 90].into_iter().filter_map(|q| long.get(long.len() * q / 100)).take(STRANDS);
        let value = |&r: &u32| Some(values[s][r as usize]).filter(|v| v.is_finite());
        chosen.map(|&(a, b)| all[s].rows[a as usize..b as usize].iter().take(STEPS).map(value).collect()).collect()
    };
    Strands {
        table: table.to_owned(),
        column: column.to_owned(),
        order: order.to_owned(),
        real: if people { pick(REAL) } else { Vec::new() },
        synthetic: pick(SYNTHETIC),
    }
}
