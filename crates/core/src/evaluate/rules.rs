//! Rules: the declared ones proved on every row, and orders of two columns that never break in the real data.

use rayon::prelude::*;

use super::counts::held;
use super::frame::{Frame, REAL};
use super::measure::{Measure, Section, Subject};
use crate::check::check;
use crate::dataset::NULL;
use crate::metric::Series;

/// Fewest rows that make an order without exception worth a row of the report.
const SUPPORT: usize = 200;

/// The declared rules on one side, row by row.
pub fn declared(frame: &Frame, side: usize) -> (Vec<Measure>, Vec<String>) {
    if frame.metadata.rules.is_empty() && !has_inferred(frame) {
        return (Vec::new(), Vec::new());
    }
    match check(frame.data[side], frame.metadata) {
        Ok(report) => {
            let rules =
                report.checks.iter().filter(|c| (c.kind == "rule" || c.kind == "inferred parent") && c.enforced);
            let measures = rules.map(|c| {
                let share = (c.checked > 0).then(|| 1.0 - c.broken as f64 / c.checked as f64);
                let m = held(Subject::new(Section::Rules, &c.what, &c.table, &[]), share);
                let places: Vec<String> = c.places.iter().map(u64::to_string).collect();
                let note = (c.broken > 0)
                    .then(|| format!("{} of {} rows, first in data row {}", c.broken, c.checked, places.join(", ")));
                Measure { note, ..m }
            });
            (measures.collect(), report.notes)
        }
        Err(e) => (Vec::new(), e.problems().to_vec()),
    }
}

fn has_inferred(frame: &Frame) -> bool {
    frame.metadata.tables.values().any(|t| matches!(t.owner, crate::metadata::Owner::Inferred { .. }))
}

/// Orders that hold on every real row, though the columns overlap, measured on another side.
pub fn orders(frame: &Frame, side: usize) -> Vec<Measure> {
    let tables: Vec<&String> = frame.metadata.tables.keys().collect();
    tables.into_par_iter().flat_map_iter(|t| table_orders(frame, side, t)).collect()
}

fn table_orders(frame: &Frame, side: usize, table: &str) -> Vec<Measure> {
    let columns = frame.shared(table, side);
    let series = |s: usize, c: &str| frame.column(s, table, c).expect("shared columns can be read");
    let mut out = Vec::new();
    for (i, a) in columns.iter().enumerate() {
        for b in &columns[i + 1..] {
            let (x, y) = (series(REAL, a), series(REAL, b));
            if !x.is_continuous() || x.scale != y.scale {
                continue;
            }
            let Some((low, high)) = always(x, y).map(|up| if up { (a, b) } else { (b, a) }) else { continue };
            let (low_s, high_s) = (series(side, low), series(side, high));
            let known = low_s.ticks.iter().zip(&high_s.ticks).filter(|(l, h)| **l != NULL && **h != NULL);
            let (n, good) = known.fold((0u64, 0u64), |(n, g), (l, h)| (n + 1, g + u64::from(l <= h)));
            let share = (n > 0).then(|| good as f64 / n as f64);
            let subject = Subject::new(
                Section::Rules,
                &format!("{low} <= {high} (never broken in the real data)"),
                table,
                &[low, high],
            );
            // Found, not declared: a holdout that breaks it too would show that it is no rule.
            out.push(Measure { absolute: false, ..held(subject, share) });
        }
    }
    out
}

/// Some(true) when x <= y on every row, Some(false) when y <= x; None when neither or when the ranges are apart
/// anyway, so that the order says nothing about rows.
fn always(x: &Series, y: &Series) -> Option<bool> {
    let known = x.ticks.iter().zip(&y.ticks).filter(|(a, b)| **a != NULL && **b != NULL);
    let (mut n, mut up, mut down) = (0usize, 0usize, 0usize);
    let mut ends = [i64::MAX, i64::MIN, i64::MAX, i64::MIN];
    for (&a, &b) in known {
        n += 1;
        up += usize::from(a <= b);
        down += usize::from(b <= a);
        ends = [ends[0].min(a), ends[1].max(a), ends[2].min(b), ends[3].max(b)];
    }
    if n < SUPPORT || (up < n && down < n) || up == down {
        return None;
    }
    let up = up == n;
    let (low, high) = if up { (x, y) } else { (y, x) };
    (chance(low, high) < 0.98).then_some(up)
}

/// The chance that an independent pair would be in this order.
fn chance(low: &Series, high: &Series) -> f64 {
    let sorted = |s: &Series| {
        let mut v: Vec<i64> = s.known().collect();
        v.sort_unstable();
        v
    };
    let (l, h) = (sorted(low), sorted(high));
    let below: usize = h.iter().map(|x| l.partition_point(|y| y <= x)).sum();
    below as f64 / (l.len() as f64 * h.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Scale;

    fn s(f: impl Fn(i64) -> i64) -> Series {
        Series { scale: Scale::Time, ticks: (0..300).map(f).collect() }
    }

    #[test]
    fn an_order_must_hold_always_and_not_by_range_alone() {
        let x = s(|i| i * 37 % 300);
        assert_eq!(always(&x, &s(|i| i * 37 % 300 + 5)), Some(true));
        assert_eq!(always(&x, &s(|i| i * 37 % 300 - 5)), Some(false));
        assert_eq!(always(&x, &s(|i| i * 37 % 300 + if i == 7 { -5 } else { 5 })), None);
        assert_eq!(always(&x, &s(|_| 10_000)), None);
        assert_eq!(always(&x, &x), None);
    }
}
