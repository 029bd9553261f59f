//! Lines over steps or time: memory curves, and sequences of a few owners.

use std::fmt::Write;

use healthdata_core::evaluate::plots::{Curve, Strands};

use super::text::esc;

const W: f64 = 240.0;
const H: f64 = 110.0;

/// Correlation of a series with itself some steps before.
pub fn memory(c: &Curve) -> String {
    let steps = c.sides.iter().map(Vec::len).max().unwrap_or(1).max(2);
    let low = c.sides.iter().flatten().flatten().copied().fold(0.0, f64::min).min(0.0);
    let x = |i: usize| 22.0 + i as f64 * (W - 30.0) / (steps - 1) as f64;
    let y = |v: f64| 92.0 - (v - low) / (1.0 - low) * 84.0;
    let mut out = String::new();
    let label = format!("{} {}: correlation with 1 to {steps} steps before", c.table, c.column);
    let _ = write!(
        out,
        "<svg class=\"curve\" viewBox=\"0 0 {W} {H}\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>",
        esc(&label)
    );
    for v in [0.0, 0.5, 1.0] {
        let _ = write!(out, "<line class=\"grid\" x1=\"22\" x2=\"{W}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>", y(v));
        let _ = write!(out, "<text x=\"18\" y=\"{:.1}\" text-anchor=\"end\">{v}</text>", y(v) + 3.0);
    }
    for (side, values) in c.sides.iter().enumerate() {
        let mut path = String::new();
        for (i, v) in values.iter().enumerate().filter_map(|(i, v)| Some((i, (*v)?))) {
            let _ = write!(path, "{}{:.1} {:.1}", if path.is_empty() { "M" } else { "L" }, x(i), y(v));
        }
        let class = ["line-real", "line-synthetic", "line-holdout"][side.min(2)];
        let _ = write!(out, "<path class=\"{class}\" d=\"{path}\"/>");
    }
    for i in [0, steps / 2, steps - 1] {
        let _ = write!(out, "<text x=\"{:.1}\" y=\"105\" text-anchor=\"middle\">{}</text>", x(i), i + 1);
    }
    out + "</svg>"
}

/// A few sequences of one side.
pub fn strands(s: &Strands, synthetic: bool) -> String {
    let mine = if synthetic { &s.synthetic } else { &s.real };
    let longest = s.real.iter().chain(&s.synthetic).map(Vec::len).max().unwrap_or(1).max(2);
    let known = s.real.iter().chain(&s.synthetic).flatten().flatten();
    let (mut lo, mut hi) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    if lo >= hi {
        (lo, hi) = (lo - 0.5, lo + 0.5);
    }
    let x = |i: usize| 30.0 + i as f64 / (longest - 1) as f64 * (W - 36.0);
    let y = |v: f64| 92.0 - (v - lo) / (hi - lo) * 84.0;
    let side = if synthetic { "synthetic" } else { "real" };
    let label = format!("{} {}: {} {side} sequences, row by row", s.table, s.column, mine.len());
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg class=\"curve\" viewBox=\"0 0 {W} {H}\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>",
        esc(&label)
    );
    for v in [lo, hi].into_iter().filter(|v| v.is_finite()) {
        let _ = write!(out, "<text x=\"26\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", y(v) + 3.0, short(v));
    }
    for (i, strand) in mine.iter().enumerate() {
        let mut path = String::new();
        for (k, v) in strand.iter().enumerate().filter_map(|(k, v)| Some((k, (*v)?))) {
            let _ = write!(path, "{}{:.1} {:.1}", if path.is_empty() { "M" } else { "L" }, x(k), y(v));
        }
        let _ = write!(out, "<path class=\"strand s{i} {side}-strand\" d=\"{path}\"/>");
    }
    let _ = write!(
        out,
        "<text x=\"30\" y=\"105\">1</text><text x=\"{W}\" y=\"105\" text-anchor=\"end\">{longest} rows</text>"
    );
    out + "</svg>"
}

fn short(v: f64) -> String {
    if v.abs() >= 10.0 || v == v.round() { format!("{v:.0}") } else { format!("{v:.2}") }
}
