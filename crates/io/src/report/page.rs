//! The page: one self-contained HTML file, no network, headline first, drill-down below.

use std::fmt::Write;

use healthdata_core::evaluate::{Ceiling, Question, Report, Score, Section, Verdict, plots};
use indexmap::IndexMap;

use super::text::{anchor, badge, class, count, esc, score};
use super::{bars, curves, heat, schema, tables};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Scores that stand open in a section; the rest is behind a summary.
const OPEN: usize = 15;
/// Scores of one section in the page; the JSON has all.
const MOST: usize = 400;
/// Scores of one column in its drill-down.
const OF_COLUMN: usize = 20;

/// The report as one HTML page.
pub fn html(report: &Report) -> String {
    let mut out = String::with_capacity(1 << 20);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Synthetic data report</title><style>{STYLE}</style></head>\
         <body><a class=\"skip\" href=\"#questions\">Skip to the answers</a>"
    );
    header(report, &mut out);
    out.push_str("<main>");
    questions(report, &mut out);
    first(report, &mut out);
    let _ = write!(
        out,
        "<section id=\"schema\"><h2>Tables and keys</h2><p>Score of a table: its columns and pairs. On a key: the pairs \
         across it and the number of children. Thick: the parent owns the rows. Darker is further from the ceiling.</p>{}</section>",
        schema::schema(report)
    );
    for q in &report.questions {
        section(report, q.section, &q.question, &mut out);
    }
    columns(report, &mut out);
    sdmetrics(report, &mut out);
    method(report, &mut out);
    let _ = writeln!(out, "</main><script>{SCRIPT}</script></body></html>");
    out
}

fn header(report: &Report, out: &mut String) {
    let rows = |side: usize| report.tables.iter().filter_map(|t| t.rows.get(side)).sum::<usize>();
    let _ = write!(
        out,
        "<header><h1>How real is it?</h1><p>{} tables, {} real and {} synthetic rows{}.</p>",
        report.tables.len(),
        count(rows(0)),
        count(rows(1)),
        match report.ceiling {
            Ceiling::Holdout => format!(", {} rows of a second real draw as the ceiling", count(rows(2))),
            Ceiling::Halves => ", two halves of the real data as the ceiling".to_owned(),
            Ceiling::None => String::new(),
        }
    );
    if report.private {
        out.push_str(
            "<p class=\"private\"><b>Not for sharing:</b> this page draws sequences of a few real owners (without keys and \
             dates). Make it with --for-sharing to leave them out.</p>",
        );
    }
    out.push_str(
        "<p class=\"legend\"><span class=\"key real\"></span> real <span class=\"key synthetic\"></span> synthetic \
         <span class=\"key holdout\"></span> second real draw <label class=\"filter\">Filter <input id=\"filter\" \
         type=\"search\" placeholder=\"table, column, metric\"></label></p></header>",
    );
}

fn questions(report: &Report, out: &mut String) {
    out.push_str("<p class=\"on-paper\">On paper: what was open. The rest of each list, the drill-down by column and SDMetrics' rows stand in the page and in the JSON.</p>");
    out.push_str("<section id=\"questions\"><h2>The answers</h2><div class=\"cards\">");
    for q in &report.questions {
        let number = level(q);
        let _ = write!(
            out,
            "<a class=\"card {}\" href=\"#{}\"><h3>{}</h3>{}<p>{}</p><p class=\"n\">{number}</p></a>",
            class(q.verdict),
            q.section.name(),
            esc(&q.question),
            badge(q.verdict),
            esc(&q.answer)
        );
    }
    for (name, r) in [("quality", &report.quality), ("diagnostic", &report.diagnostic)] {
        let of = report.sdmetrics_ceiling.get(name).map_or(String::new(), |b| format!(" of {b:.3}"));
        let _ = write!(
            out,
            "<a class=\"card plain\" href=\"#sdmetrics\"><h3>SDMetrics {name}</h3><p class=\"n\">{}{of}</p></a>",
            score(r.score)
        );
    }
    out.push_str("</div></section>");
}

/// The number on a card, and what is possible.
fn level(q: &Question) -> String {
    let Some(v) = q.score else { return String::new() };
    let (what, percent) = match q.section {
        Section::Detection => ("area under the curve ", false),
        Section::Copies => ("", true),
        _ => ("", false),
    };
    let show = |v: f64| if percent { format!("{:.2} %", 100.0 * v) } else { score(Some(v)) };
    let best = match (q.section, q.best) {
        (_, None) => String::new(),
        (Section::Detection | Section::Copies, Some(b)) => format!(", second real draw {}", show(b)),
        (_, Some(b)) => format!(" of {} possible", show(b)),
    };
    format!("{what}{}{best}", show(v))
}

fn first(report: &Report, out: &mut String) {
    if report.findings.is_empty() && report.blame.is_empty() {
        return;
    }
    out.push_str("<section id=\"first\"><h2>Where to look first</h2><ol>");
    for f in &report.findings {
        let _ = write!(out, "<li>{}</li>", esc(f));
    }
    out.push_str("</ol>");
    if !report.blame.is_empty() {
        out.push_str("<p>Columns behind most of it:</p><ul class=\"blame\">");
        for b in report.blame.iter().take(12) {
            let id = anchor(&["column", &b.table, &b.column]);
            let _ = write!(
                out,
                "<li><a href=\"#{id}\">{}.{}</a> in {} of {} scores</li>",
                esc(&b.table),
                esc(&b.column),
                b.gaps,
                b.judged
            );
        }
        out.push_str("</ul>");
    }
    out.push_str("</section>");
}

fn section(report: &Report, section: Section, question: &str, out: &mut String) {
    let mut list: Vec<&Score> = report.scores.iter().filter(|s| s.section == section).collect();
    let _ = write!(out, "<section id=\"{}\"><h2>{}</h2>", section.name(), esc(question));
    match section {
        Section::Columns => marginals(report, &list, out),
        Section::Pairs => {
            out.push_str(&heat::legend());
            for t in &report.tables {
                let of: Vec<&Score> = list.iter().copied().filter(|s| s.table == t.name).collect();
                if !of.is_empty() {
                    out.push_str(&heat::heat(&in_column_order(&of, &t.columns), &t.name));
                }
            }
        }
        Section::Family => {
            let mut by: IndexMap<(&str, &str), Vec<&Score>> = IndexMap::new();
            for s in &list {
                by.entry((s.metric.as_str(), s.via.as_str())).or_default().push(s);
            }
            let mut by: Vec<_> = by.into_iter().collect();
            by.sort_by(|a, b| a.0.cmp(&b.0));
            out.push_str(&heat::legend());
            out.push_str("<div class=\"heats\">");
            for ((metric, via), scores) in by {
                out.push_str(&heat::heat(&scores, &format!("{metric}: {via}")));
            }
            out.push_str("</div>");
        }
        Section::Time => time(report, out),
        _ => {}
    }
    let hidden = list.len().saturating_sub(MOST);
    list.truncate(MOST);
    // A list without anything to see stays short.
    let open = if list.iter().all(|s| s.verdict == Verdict::Fine) { OPEN / 3 } else { OPEN };
    out.push_str(&tables::scores(&list, open));
    if hidden > 0 {
        let _ = write!(out, "<p><small>{hidden} more, all closer to the ceiling, stand in the JSON.</small></p>");
    }
    out.push_str("</section>");
}

/// Scores in the order of the table's columns, so that a map reads like the table.
fn in_column_order<'s>(scores: &[&'s Score], columns: &[String]) -> Vec<&'s Score> {
    let place = |c: &String| columns.iter().position(|x| x == c).unwrap_or(usize::MAX);
    let mut out = scores.to_vec();
    out.sort_by_key(|s| s.columns.iter().map(place).collect::<Vec<_>>());
    out
}

fn marginals(report: &Report, list: &[&Score], out: &mut String) {
    out.push_str("<div class=\"plots\">");
    // The worst columns first, as in the table below.
    for s in list.iter().take(48) {
        let of = |b: &&plots::Bars| b.table == s.table && s.columns.first() == Some(&b.column);
        let Some(b) = report.plots.marginals.iter().find(of) else { continue };
        let best = s.best.map_or(String::new(), |b| format!(" of {b:.3}"));
        let id = anchor(&["column", &b.table, &b.column]);
        let _ = write!(
            out,
            "<figure class=\"plot {}\"><figcaption><a href=\"#{id}\">{}.{}</a> <span class=\"n\">{}{best}</span></figcaption>{}</figure>",
            class(s.verdict),
            esc(&b.table),
            esc(&b.column),
            score(s.score),
            bars::bars(b)
        );
    }
    out.push_str("</div>");
}

fn time(report: &Report, out: &mut String) {
    let plot = |out: &mut String, name: &str, svg: &str| {
        let _ = write!(out, "<figure class=\"plot\"><figcaption>{}</figcaption>{svg}</figure>", esc(name));
    };
    if !report.plots.gaps.is_empty() || !report.plots.memory.is_empty() {
        out.push_str("<h3>Gaps between rows of one owner, and memory of the series</h3><div class=\"plots\">");
        for b in &report.plots.gaps {
            plot(out, &format!("{}.{}: gap to the previous", b.table, b.column), &bars::bars(b));
        }
        for c in &report.plots.memory {
            plot(out, &format!("{}.{}: correlation with steps before", c.table, c.column), &curves::memory(c));
        }
        out.push_str("</div>");
    }
    if !report.plots.calendar.is_empty() {
        out.push_str("<h3>Calendar</h3><div class=\"plots\">");
        for b in &report.plots.calendar {
            plot(out, &format!("{}.{}: {}", b.table, b.column, bars::kind(&b.kind)), &bars::bars(b));
        }
        out.push_str("</div>");
    }
    if !report.plots.sequences.is_empty() {
        out.push_str("<h3>A few owners</h3><p>Owners of shorter and longer sequences, row by row; the same owners in the plots of one table.</p><div class=\"plots\">");
        for s in &report.plots.sequences {
            if !s.real.is_empty() {
                plot(out, &format!("{}.{}: real", s.table, s.column), &curves::strands(s, false));
            }
            plot(out, &format!("{}.{}: synthetic", s.table, s.column), &curves::strands(s, true));
        }
        out.push_str("</div>");
    }
}

/// Drill-down: each column with its plots and its worst scores.
fn columns(report: &Report, out: &mut String) {
    out.push_str("<section id=\"drill\"><h2>Column by column</h2>");
    for t in &report.tables {
        let _ = write!(out, "<h3>{}</h3>", esc(&t.name));
        for c in &t.columns {
            let full = format!("{}.{c}", t.name);
            let about = |s: &&Score| s.columns.iter().any(|x| *x == full || (s.table == t.name && x == c));
            let mut of: Vec<&Score> = report.scores.iter().filter(about).collect();
            of.sort_by(|a, b| {
                a.verdict.cmp(&b.verdict).then(b.gap().unwrap_or(0.0).total_cmp(&a.gap().unwrap_or(0.0)))
            });
            let bad = of.iter().filter(|s| matches!(s.verdict, Verdict::Gap | Verdict::CopyingAlarm)).count();
            let plots = report.plots.marginals.iter().chain(&report.plots.calendar);
            let plots: String =
                plots.filter(|b| b.table == t.name && b.column == *c).map(bars::bars).collect::<Vec<_>>().concat();
            let id = anchor(&["column", &t.name, c]);
            let total = of.len();
            of.truncate(OF_COLUMN);
            let _ = write!(
                out,
                "<details class=\"column\" id=\"{id}\"><summary>{} <small>{bad} of {total} scores fall short</small></summary>\
                 <div class=\"plots\">{plots}</div>{}</details>",
                esc(c),
                tables::scores(&of, OF_COLUMN)
            );
        }
    }
    out.push_str("</section>");
}

fn sdmetrics(report: &Report, out: &mut String) {
    let _ = write!(
        out,
        "<section id=\"sdmetrics\"><h2>What SDMetrics says</h2><p>Quality and Diagnostic as SDMetrics 0.32 defines them, row by \
         row. It counts pairs only above a correlation of 0.5 or an association of 0.3 and looks one key far; no \
         subsample is taken here at any size.</p>{}{}</section>",
        tables::sdmetrics("Quality", &report.quality, &report.sdmetrics_ceiling),
        tables::sdmetrics("Diagnostic", &report.diagnostic, &report.sdmetrics_ceiling)
    );
}

fn method(report: &Report, out: &mut String) {
    out.push_str("<section id=\"method\"><h2>How to read this</h2>");
    if !report.notes.is_empty() {
        out.push_str("<ul class=\"notes\">");
        for n in &report.notes {
            let _ = write!(out, "<li>{}</li>", esc(n));
        }
        out.push_str("</ul>");
    }
    out.push_str(
        "<dl><dt>Score</dt><dd>1 is best. Distributions: 1 minus the largest distance of the distribution functions (numbers, \
         times) or the total variation (labels, pairs; numbers cut at the real deciles, the 30 commonest labels kept, missing a \
         value of its own). Quantities such as correlations: 1 minus the difference.</dd>\
         <dt>Ceiling</dt><dd>The score of a second real draw with other entities, measured by the same code.</dd>\
         <dt>Interval</dt><dd>95 %, by leaving out groups of whole entities.</dd>\
         <dt>Gap</dt><dd>Below the ceiling by more than three standard errors of the difference and by more than 0.01 (area under \
         the curve: 0.02).</dd>\
         <dt>Copying alarm</dt><dd>More rows or entities equal to real ones than a second real draw has, rows nearer to the real \
         data than to the holdout, or rows that a classifier finds on both sides.</dd>\
         <dt>Can't tell</dt><dd>No second draw, or too few entities for an error.</dd></dl></section>",
    );
}
