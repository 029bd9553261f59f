//! Puts measures of the synthetic data and of the holdout together: scores, questions, summaries.

use indexmap::IndexMap;

use super::frame::{Frame, HOLDOUT};
use super::measure::{Measure, Section};
use super::report::{LinkSummary, Question, Score, TableSummary};
use super::sdmetrics::{SdReport, mean};
use super::verdict::{Verdict, verdict};
use super::yardstick::Yardstick;

/// One score for each measure of the synthetic data, worst first within its section.
pub fn scores(synthetic: Vec<Measure>, yardstick: &Yardstick) -> Vec<Score> {
    let mut scores: Vec<Score> = synthetic.into_iter().map(|m| score(yardstick, m)).collect();
    scores.sort_by(|a, b| {
        // What is wrong first, what can't be judged last; then the widest gap, then the lowest score.
        let rank = |s: &Score| if s.verdict == Verdict::Unknown { 9 } else { s.verdict as u8 };
        let key = |s: &Score| s.gap().unwrap_or_else(|| 1.0 - s.score.unwrap_or(1.0));
        a.section.cmp(&b.section).then(rank(a).cmp(&rank(b))).then(key(b).total_cmp(&key(a)))
    });
    scores
}

fn score(yardstick: &Yardstick, m: Measure) -> Score {
    let there = yardstick.of(&m);
    let same = yardstick.same.contains(&m.subject.table) && there.is_none();
    let verdict = verdict(&m, there);
    // A model trained on real rows is what utility is measured against.
    let own_ceiling = (m.subject.section == Section::Utility && m.score.is_some()).then_some(1.0);
    let finite = |v: f64| Some(v).filter(|v| v.is_finite());
    let interval = m.score.and_then(|s| {
        let wide = 1.96 * s.error?;
        Some([(s.value - wide).max(0.0), (s.value + wide).min(1.0)])
    });
    Score {
        section: m.subject.section,
        metric: m.subject.metric,
        table: m.subject.table,
        columns: m.subject.columns,
        via: m.subject.via,
        score: m.score.map(|s| s.value),
        interval,
        best: there.and_then(|b| b.score).map(|b| b.value).or(own_ceiling),
        real: m.values.and_then(|v| finite(v[0])),
        synthetic: m.values.and_then(|v| finite(v[1])),
        holdout: there.and_then(|b| b.values).and_then(|v| finite(v[1])),
        verdict,
        culprits: m.culprits,
        note: m.note.or_else(|| same.then(|| "no second draw: the table is the same in all real data".to_owned())),
    }
}

/// What each section asks.
const QUESTIONS: [(Section, &str); 11] = [
    (Section::Keys, "Do all keys hold?"),
    (Section::Rules, "Are the rules kept?"),
    (Section::Columns, "Does each column look right?"),
    (Section::Pairs, "Do the columns of a table go together?"),
    (Section::Family, "Do related tables go together?"),
    (Section::Counts, "Do parents have the right number of children?"),
    (Section::Missing, "Is the right part missing?"),
    (Section::Time, "Do histories move through time as they should?"),
    (Section::Detection, "Can a classifier tell it from real data?"),
    (Section::Utility, "Do models trained on it work on real data?"),
    (Section::Copies, "Is anyone copied?"),
];

/// One answer a section that has scores.
pub fn questions(scores: &[Score]) -> Vec<Question> {
    QUESTIONS.iter().filter_map(|&(section, question)| answer(section, question, scores)).collect()
}

fn answer(section: Section, question: &str, scores: &[Score]) -> Option<Question> {
    let of: Vec<&Score> = scores.iter().filter(|s| s.section == section).collect();
    if of.is_empty() {
        return None;
    }
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for s in &of {
        *counts.entry(s.verdict.words().to_owned()).or_default() += 1;
    }
    // Places without a score are listed, but an answer is about what could be compared.
    let judged = of.iter().map(|s| s.verdict).filter(|v| *v != Verdict::Failed);
    let verdict = match judged.clone().min() {
        // A few places that can't be judged don't hide that the others are fine.
        Some(Verdict::Unknown) if 2 * judged.clone().filter(|v| *v == Verdict::Fine).count() >= judged.count() => {
            Verdict::Fine
        }
        v => v.unwrap_or(Verdict::Failed),
    };
    let (score, best) = level(section, &of);
    let bad: Vec<&&Score> = of.iter().filter(|s| matches!(s.verdict, Verdict::Gap | Verdict::CopyingAlarm)).collect();
    let worst = bad.first().map(|s| format!(" Worst: {}.", sentence(s))).unwrap_or_default();
    let answer = match (verdict, bad.len()) {
        (Verdict::Failed, _) => format!("Could not be computed: {}", of[0].note.clone().unwrap_or_default()),
        (_, 0) if best.is_some() || verdict == Verdict::Fine => {
            format!("Yes, on all {} counts.", of.len()).replace("all 1 counts", "the one count")
        }
        (_, 0) => "There is no second real draw to compare with: see the numbers.".to_owned(),
        (_, n) => format!("{n} of {} fall short.{worst}", of.len()),
    };
    let answer = match section {
        Section::Copies if bad.is_empty() && best.is_some() => "No more than chance makes equal.".to_owned(),
        Section::Copies if !bad.is_empty() => format!("Yes: {} signs.{worst}", bad.len()),
        Section::Detection if bad.is_empty() && best.is_some() => "No better than real from real.".to_owned(),
        Section::Detection if !bad.is_empty() => format!("Yes, in {} of {} views.{worst}", bad.len(), of.len()),
        _ => answer,
    };
    Some(Question { section, question: question.to_owned(), answer, verdict, score, best, counts })
}

/// What a section shows as its number, beside what a second real draw reaches: the mean score over the places
/// that have both; for detection the mean area under the curve (below 0.5 counts as 0.5); for copies the largest
/// share of rows or entities equal to real ones.
fn level(section: Section, of: &[&Score]) -> (Option<f64>, Option<f64>) {
    let both: Vec<&&Score> = of.iter().filter(|s| s.score.is_some() && s.best.is_some()).collect();
    let kept: Vec<&&Score> = if both.is_empty() { of.iter().collect() } else { both };
    match section {
        Section::Detection => {
            let area = |v: Option<f64>| v.map(|v| v.max(0.5));
            (mean(kept.iter().filter_map(|s| area(s.synthetic))), mean(kept.iter().filter_map(|s| area(s.holdout))))
        }
        Section::Copies => {
            // A table that every real draw shares says nothing about copying.
            let equal = kept.iter().filter(|s| s.metric.contains("equal") && s.holdout.is_none_or(|h| h < 0.999));
            let excess = |s: &&&&Score| s.synthetic.unwrap_or(0.0) - s.holdout.unwrap_or(0.0);
            let worst = equal.max_by(|a, b| excess(a).total_cmp(&excess(b)));
            (worst.and_then(|s| s.synthetic), worst.and_then(|s| s.holdout))
        }
        _ => (mean(kept.iter().filter_map(|s| s.score)), mean(kept.iter().filter_map(|s| s.best))),
    }
}

/// A score in words.
pub fn sentence(s: &Score) -> String {
    let number = |v: f64| if v.abs() >= 1000.0 { format!("{v:.0}") } else { format!("{v:.3}") };
    let what = match s.section {
        Section::Keys | Section::Rules => {
            let broken = 100.0 * (1.0 - s.score.unwrap_or(1.0));
            format!("{} is broken in {broken:.2} % of rows", s.metric)
        }
        Section::Detection if s.verdict == Verdict::CopyingAlarm => format!(
            "{} are nearer to the real ones than those of a second real draw (area under the curve {}, holdout {})",
            s.metric,
            number(s.synthetic.unwrap_or(0.5)),
            number(s.holdout.unwrap_or(0.5))
        ),
        Section::Detection => format!("{} (area under the curve {})", s.metric, number(s.synthetic.unwrap_or(0.5))),
        Section::Copies => {
            let share = |v: Option<f64>| v.map_or("unknown".to_owned(), |v| format!("{:.2} %", 100.0 * v));
            format!("{}: {}, holdout {}", s.metric, share(s.synthetic), share(s.holdout))
        }
        _ => match (s.real, s.synthetic) {
            (Some(r), Some(v)) => format!("{} is {}, real {}", s.metric, number(v), number(r)),
            _ => {
                let best = s.best.map_or(String::new(), |b| format!(", {b:.3} possible"));
                format!("{} {:.3}{best}", s.metric, s.score.unwrap_or(0.0))
            }
        },
    };
    let culprits: Vec<&str> = s.culprits.iter().take(2).map(|c| c.feature.as_str()).collect();
    let by = if culprits.is_empty() { String::new() } else { format!(", given away by {}", culprits.join(" and ")) };
    match (s.section, s.columns.first()) {
        (Section::Detection, Some(child)) => {
            // The metric reads on in the name of the child table.
            let what = what.strip_prefix(s.metric.as_str()).unwrap_or(&what);
            format!("{} {} {child} (by {}){what}{by}", s.table, s.metric, s.via)
        }
        _ => format!("{}: {what}{by}", s.place()),
    }
}

/// Mean score of each section and SDMetrics' named scores.
pub fn summary(scores: &[Score], reports: [&SdReport; 2]) -> IndexMap<String, f64> {
    let mut out = IndexMap::new();
    for section in Section::ALL {
        let mean = mean(scores.iter().filter(|s| s.section == section).filter_map(|s| s.score));
        out.extend(mean.map(|m| (section.name().to_owned(), m)));
    }
    let detection: Vec<&Score> = scores.iter().filter(|s| s.section == Section::Detection).collect();
    out.extend(level(Section::Detection, &detection).0.map(|a| ("detection_auc".to_owned(), a)));
    out.extend(named(reports));
    out
}

/// `quality`, `quality / Column Shapes`, ...
pub fn named(reports: [&SdReport; 2]) -> IndexMap<String, f64> {
    let mut out = IndexMap::new();
    for (name, report) in ["quality", "diagnostic"].iter().zip(reports) {
        out.extend(report.score.map(|s| ((*name).to_owned(), s)));
        for p in &report.properties {
            out.extend(p.score.map(|s| (format!("{name} / {}", p.name), s)));
        }
    }
    out
}

/// Tables with the mean of their columns and pairs.
pub fn tables(frame: &Frame, scores: &[Score]) -> Vec<TableSummary> {
    let summary = |name: &String| {
        let own = |s: &&Score| s.table == *name && matches!(s.section, Section::Columns | Section::Pairs);
        let owner = frame.owners[name].map(|o| frame.metadata.relationships[o].parent.clone());
        TableSummary {
            name: name.clone(),
            domain: frame.metadata.tables[name].domain.clone(),
            rows: (0..frame.tables.len().min(HOLDOUT + 1)).map(|s| frame.table(s, name).rows).collect(),
            columns: frame.modelled(name).into_iter().map(str::to_owned).collect(),
            owner,
            score: mean(scores.iter().filter(own).filter_map(|s| s.score)),
            best: mean(scores.iter().filter(own).filter_map(|s| s.best)),
        }
    };
    frame.metadata.tables.keys().map(summary).collect()
}

/// Foreign keys with the mean of what crosses them.
pub fn links(frame: &Frame, scores: &[Score]) -> Vec<LinkSummary> {
    let summary = |(i, r): (usize, &crate::metadata::Relationship)| {
        let path = format!("{} > {} ({})", r.parent, r.child, r.child_key.join(", "));
        let count = format!("{}.{}", r.child, r.child_key.join("+"));
        let across = |s: &&Score| {
            s.section == Section::Family && s.via == path
                || s.section == Section::Counts && s.table == r.parent && s.columns == [count.clone()]
        };
        LinkSummary {
            parent: r.parent.clone(),
            child: r.child.clone(),
            key: r.child_key.clone(),
            owns: frame.owners[&r.child] == Some(i),
            score: mean(scores.iter().filter(across).filter_map(|s| s.score)),
            best: mean(scores.iter().filter(across).filter_map(|s| s.best)),
        }
    };
    frame.metadata.relationships.iter().enumerate().map(summary).collect()
}
