//! Tables of scores.

use std::fmt::Write;

use healthdata_core::evaluate::{Property, Score, SdReport};
use indexmap::IndexMap;

use super::text::{badge, class, esc, number, quantity, score};

/// A table of scores in the order given; `limit` rows stand open, the rest behind a summary.
pub fn scores(list: &[&Score], limit: usize) -> String {
    let mut out = block(&list[..list.len().min(limit)]);
    if list.len() > limit {
        let _ =
            write!(out, "<details><summary>{} more</summary>{}</details>", list.len() - limit, block(&list[limit..]));
    }
    out
}

fn block(list: &[&Score]) -> String {
    let values = list.iter().any(|s| s.synthetic.is_some());
    let mut out = String::from(
        "<div class=\"wide\"><table class=\"scores\"><thead><tr><th>Verdict</th><th>What</th><th>Where</th>\
         <th class=\"n\">Score</th><th>0 to 1, with ceiling</th>",
    );
    if values {
        out.push_str("<th class=\"n\">Real</th><th class=\"n\">Synthetic</th><th class=\"n\">Holdout</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for s in list {
        let _ = write!(
            out,
            "<tr class=\"{}\"><td>{}</td><td>{}</td><td>{}{}</td><td class=\"n\">{}</td><td>{}</td>",
            class(s.verdict),
            badge(s.verdict),
            esc(&s.metric),
            esc(&s.place()),
            note(s),
            score(s.score),
            ruler(s)
        );
        if values {
            let cells = [s.real, s.synthetic, s.holdout].map(|v| format!("<td class=\"n\">{}</td>", number(v)));
            out.push_str(&cells.concat());
        }
        out.push_str("</tr>");
    }
    out + "</tbody></table></div>"
}

fn note(s: &Score) -> String {
    let mut out = String::new();
    for c in s.culprits.iter().take(3) {
        let _ = write!(
            out,
            "<br><small>{:.0} % by {}: real median {}, synthetic {}</small>",
            100.0 * c.share,
            esc(&c.feature),
            quantity(c.real, c.unit),
            quantity(c.synthetic, c.unit)
        );
    }
    if let Some(n) = &s.note {
        let _ = write!(out, "<br><small>{}</small>", esc(n));
    }
    out
}

/// The score as a bar, its interval as a whisker, the ceiling as a tick.
pub fn ruler(s: &Score) -> String {
    let Some(v) = s.score else { return String::new() };
    let x = |v: f64| (v.clamp(0.0, 1.0) * 120.0).round();
    let mut out = format!(
        "<svg class=\"ruler\" viewBox=\"0 0 122 12\" aria-hidden=\"true\"><rect class=\"track\" x=\"0\" y=\"4\" width=\"120\" height=\"4\"/><rect class=\"bar {}\" x=\"0\" y=\"4\" width=\"{}\" height=\"4\"/>",
        class(s.verdict),
        x(v)
    );
    if let Some([a, b]) = s.interval {
        let _ = write!(out, "<line class=\"whisker\" x1=\"{}\" x2=\"{}\" y1=\"6\" y2=\"6\"/>", x(a), x(b));
    }
    if let Some(b) = s.best {
        let _ = write!(out, "<line class=\"ceiling\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"12\"/>", x(b));
    }
    out + "</svg>"
}

/// One of SDMetrics' reports: properties with their rows behind a summary.
pub fn sdmetrics(name: &str, report: &SdReport, best: &IndexMap<String, f64>) -> String {
    let key = name.to_lowercase();
    let mut out = format!("<h3>{name}: {}{}</h3>", score(report.score), of(best.get(&key)));
    for p in &report.properties {
        let ceiling = of(best.get(&format!("{key} / {}", p.name)));
        let counting = p.details.iter().filter(|d| d.counts && d.score.is_some()).count();
        let _ = write!(
            out,
            "<details><summary><b>{}</b> {}{ceiling} <small>mean of {counting} of {} rows</small></summary>{}</details>",
            esc(&p.name),
            score(p.score),
            p.details.len(),
            details(p)
        );
    }
    out
}

fn of(best: Option<&f64>) -> String {
    best.map_or(String::new(), |b| format!(" of {b:.3}"))
}

/// Rows of one property at most: the lowest, SDMetrics' own reading of what is wrong.
const ROWS: usize = 60;

fn details(p: &Property) -> String {
    let mut rows: Vec<_> = p.details.iter().collect();
    rows.sort_by(|a, b| (!a.counts).cmp(&!b.counts).then(a.score.unwrap_or(2.0).total_cmp(&b.score.unwrap_or(2.0))));
    let mut out = String::from(
        "<div class=\"wide\"><table class=\"scores\"><thead><tr><th>Metric</th><th>Where</th><th class=\"n\">Score</th>\
         <th>Counts</th><th>Note</th></tr></thead><tbody>",
    );
    for d in rows.iter().take(ROWS) {
        let parent = d.parent.as_ref().map_or(String::new(), |p| format!("{p} > "));
        let columns = d.columns.join(" x ");
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td><td><small>{}</small></td></tr>",
            esc(&d.metric),
            esc(&format!("{parent}{}{}{columns}", d.table, if columns.is_empty() { "" } else { ": " })),
            score(d.score),
            if d.counts { "yes" } else { "no" },
            esc(d.note.as_deref().unwrap_or(""))
        );
    }
    out.push_str("</tbody></table></div>");
    if rows.len() > ROWS {
        let _ = write!(out, "<p><small>{} more rows stand in the JSON.</small></p>", rows.len() - ROWS);
    }
    out
}
