//! Pair heat maps: how far each pair of columns is from its ceiling.

use std::fmt::Write;

use healthdata_core::evaluate::{Score, Verdict};
use indexmap::{IndexMap, IndexSet};

use super::text::{class, esc, score};

/// The map of the scores given, first columns down, second ones across; a triangle when both are the same.
pub fn heat(scores: &[&Score], caption: &str) -> String {
    let pairs: Vec<(&str, &str, &Score)> = scores
        .iter()
        .filter(|s| s.columns.len() == 2)
        .map(|s| (s.columns[0].as_str(), s.columns[1].as_str(), *s))
        .collect();
    // The caption names the tables; what all names share would only take room.
    let down: IndexSet<&str> = pairs.iter().map(|p| p.0).collect();
    let across: IndexSet<&str> = pairs.iter().map(|p| p.1).collect();
    let cells: IndexMap<(&str, &str), &Score> = pairs.iter().map(|p| ((p.0, p.1), p.2)).collect();
    let size = 22.0;
    let prefix = shared_prefix(&across);
    let short = |n: &str| cut(n.strip_prefix(prefix.as_str()).unwrap_or(n));
    let longest = |names: &IndexSet<&str>| names.iter().map(|n| short(n).chars().count()).max().unwrap_or(0) as f64;
    let (left, top) = (longest(&down) * 6.2 + 8.0, longest(&across) * 4.6 + 12.0);
    let (w, h) = (left + size * across.len() as f64 + longest(&across) * 4.6, top + size * down.len() as f64 + 4.0);
    let mut out = String::new();
    let _ = write!(out, "<figure class=\"heat\"><figcaption>{}</figcaption>", esc(caption));
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {w:.0} {h:.0}\" style=\"width:{w:.0}px\" role=\"img\" aria-label=\"{}\">",
        esc(caption)
    );
    for (j, name) in across.iter().enumerate() {
        let (x, y) = (left + (j as f64 + 0.5) * size, top - 5.0);
        let _ = write!(out, "<text transform=\"translate({x:.0} {y:.0}) rotate(-45)\">{}</text>", esc(&short(name)));
    }
    for (i, name) in down.iter().enumerate() {
        let y = top + i as f64 * size;
        let _ = write!(
            out,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>",
            left - 5.0,
            y + 15.0,
            esc(&short(name))
        );
        for (j, other) in across.iter().enumerate() {
            let Some(s) = cells.get(&(*name, *other)) else { continue };
            let x = left + j as f64 * size;
            let text = format!("{name} x {other}: {} of {} ({})", score(s.score), score(s.best), s.verdict.words());
            let mark = matches!(s.verdict, Verdict::Gap | Verdict::CopyingAlarm);
            let _ = write!(
                out,
                "<g><title>{}</title><rect class=\"cell {}\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"20\" height=\"20\"/>{}</g>",
                esc(&text),
                level(s),
                if mark {
                    format!(
                        "<circle class=\"mark {}\" cx=\"{:.0}\" cy=\"{:.0}\" r=\"3\"/>",
                        class(s.verdict),
                        x + 10.0,
                        y + 10.0
                    )
                } else {
                    String::new()
                }
            );
        }
    }
    out + "</svg></figure>"
}

/// What the colours of all maps mean.
pub fn legend() -> String {
    let step = |class: &str, words: &str| {
        format!(
            "<span><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\"><rect class=\"cell {class}\" width=\"14\" height=\"14\"/></svg>{words}</span>"
        )
    };
    let steps = [("g0", "below 0.01"), ("g1", "0.03"), ("g2", "0.06"), ("g3", "0.12"), ("g4", "0.25"), ("g5", "more")];
    let steps: String = steps.iter().map(|(class, words)| step(class, words)).collect();
    format!(
        "<p class=\"scale\">Distance to the ceiling {steps}<span><svg viewBox=\"0 0 14 14\" aria-hidden=\"true\">\
         <circle class=\"mark\" cx=\"7\" cy=\"7\" r=\"3\"/></svg>a gap beyond chance</span></p>"
    )
}

/// The `table.` that all names begin with, if there is one.
fn shared_prefix(names: &IndexSet<&str>) -> String {
    let first = names.first().and_then(|n| n.find('.').map(|dot| &n[..=dot])).unwrap_or_default();
    if names.iter().all(|n| n.starts_with(first)) { first.to_owned() } else { String::new() }
}

fn cut(name: &str) -> String {
    if name.chars().count() <= 26 { name.to_owned() } else { name.chars().take(25).chain(['…']).collect() }
}

/// Six steps of distance to the ceiling (to 1 where there is none).
fn level(s: &Score) -> &'static str {
    let gap = s.gap().or(s.score.map(|v| 1.0 - v));
    match gap {
        None => "none",
        Some(g) if g < 0.01 => "g0",
        Some(g) if g < 0.03 => "g1",
        Some(g) if g < 0.06 => "g2",
        Some(g) if g < 0.12 => "g3",
        Some(g) if g < 0.25 => "g4",
        Some(_) => "g5",
    }
}
