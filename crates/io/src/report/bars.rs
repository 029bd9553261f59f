//! Shares of bins: real as a filled shape, synthetic as a line over it, holdout as a thin dashed one.

use std::fmt::Write;

use healthdata_core::evaluate::plots::Bars;

use super::text::esc;

const W: f64 = 240.0;
const H: f64 = 92.0;
const BASE: f64 = 78.0;

/// One small histogram.
pub fn bars(b: &Bars) -> String {
    let n = b.bins.len().max(1);
    let top = b.shares.iter().flatten().copied().fold(1e-9, f64::max);
    let x = |i: usize| i as f64 * W / n as f64;
    let y = |v: f64| BASE - v / top * (BASE - 6.0);
    let worst = worst_bin(b);
    let mut out = String::new();
    let label = format!("{} {}: {}{worst}", b.table, b.column, kind(&b.kind));
    let _ = write!(out, "<svg class=\"bars\" viewBox=\"0 0 {W} {H}\" role=\"img\" aria-label=\"{}\">", esc(&label));
    let _ = write!(out, "<title>{}</title>", esc(&label));
    for (side, shares) in b.shares.iter().enumerate() {
        let mut path = format!("M0 {BASE}");
        for (i, &v) in shares.iter().enumerate() {
            let _ = write!(path, "V{:.1}H{:.1}", y(v), x(i + 1));
        }
        let _ = write!(path, "V{BASE}");
        let class = ["real", "synthetic", "holdout"][side.min(2)];
        let _ = write!(out, "<path class=\"{class}\" d=\"{path}\"/>");
    }
    let _ = write!(out, "<line class=\"axis\" x1=\"0\" x2=\"{W}\" y1=\"{BASE}\" y2=\"{BASE}\"/>");
    for (i, anchor) in ticks(b, n) {
        let at = match anchor {
            "start" => 0.0,
            "end" => W,
            _ => x(i) + W / n as f64 / 2.0,
        };
        let text: String = b.bins[i].chars().take(18).collect();
        let _ = write!(out, "<text x=\"{at:.1}\" y=\"89\" text-anchor=\"{anchor}\">{}</text>", esc(&text));
    }
    out + "</svg>"
}

/// What the bins of a plot are.
pub fn kind(kind: &str) -> &'static str {
    match kind {
        "hour" => "hour of the day",
        "weekday" => "day of the week",
        "month" => "month",
        "gap" => "gap to the previous",
        "labels" => "labels",
        _ => "values",
    }
}

/// The bin whose share is most wrong, in words.
fn worst_bin(b: &Bars) -> String {
    let [real, synthetic, ..] = b.shares.as_slice() else { return String::new() };
    let bins = b.bins.iter().zip(real.iter().zip(synthetic));
    let widest = bins.max_by(|x, y| (x.1.0 - x.1.1).abs().total_cmp(&(y.1.0 - y.1.1).abs()));
    match widest {
        Some((bin, (r, s))) => {
            format!("; widest at {bin}: real {:.1} %, synthetic {:.1} %", 100.0 * r, 100.0 * s)
        }
        None => String::new(),
    }
}

/// Bins that are named below the axis: the ends, or a few where there is room.
fn ticks(b: &Bars, n: usize) -> Vec<(usize, &'static str)> {
    match b.kind.as_str() {
        _ if b.bins.is_empty() => Vec::new(),
        "weekday" => (0..n).map(|i| (i, "middle")).collect(),
        "hour" => (0..n).step_by(6).map(|i| (i, if i == 0 { "start" } else { "middle" })).collect(),
        "month" => (0..n).step_by(3).map(|i| (i, if i == 0 { "start" } else { "middle" })).collect(),
        "labels" if n <= 4 => (0..n).map(|i| (i, "middle")).collect(),
        _ => vec![(0, "start"), (n - 1, "end")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_is_all_missing_has_an_empty_plot() {
        for kind in ["values", "labels", "hour", "weekday", "month", "gap"] {
            let b = Bars { kind: kind.into(), shares: vec![vec![1.0], vec![1.0]], ..Bars::default() };
            let plot = bars(&b);
            assert!(plot.ends_with("</svg>") && !plot.contains("<text"), "{plot}");
        }
    }
}
