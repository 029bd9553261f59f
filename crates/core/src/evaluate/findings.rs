//! Where to look first: the worst offenders in words, and the columns that stand behind most gaps.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::assemble::sentence;
use super::frame::Frame;
use super::measure::Section;
use super::report::Score;
use super::verdict::Verdict;

/// A column and how often it stands in a score that falls short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blame {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// Scores with this column that are a gap or an alarm.
    pub gaps: usize,
    /// Scores with this column that could be judged.
    pub judged: usize,
    /// Mean distance to the ceiling over the judged scores that have one.
    pub mean_gap: f64,
}

/// Sentences shown first.
const FIRST: usize = 12;
/// Sentences of one section at most, so that one broken column does not fill the list.
const OF_ONE: usize = 3;

/// The worst offenders in words: alarms, broken keys and rules, then the widest gaps.
pub fn findings(scores: &[Score]) -> Vec<String> {
    let mut bad: Vec<&Score> =
        scores.iter().filter(|s| matches!(s.verdict, Verdict::Gap | Verdict::CopyingAlarm)).collect();
    let rank = |s: &Score| match (s.verdict, s.section) {
        (Verdict::CopyingAlarm, _) => 0,
        (_, Section::Keys | Section::Rules) => 1,
        _ => 2,
    };
    let width = |s: &Score| s.gap().unwrap_or_else(|| 1.0 - s.score.unwrap_or(1.0));
    bad.sort_by(|a, b| rank(a).cmp(&rank(b)).then(width(b).total_cmp(&width(a))));
    let mut of: IndexMap<Section, usize> = IndexMap::new();
    let mut out = Vec::new();
    for s in bad {
        let n = of.entry(s.section).or_default();
        *n += 1;
        if *n <= OF_ONE && out.len() < FIRST {
            out.push(sentence(s));
        }
    }
    out
}

/// The columns by the share of their scores that fall short.
pub fn blame(frame: &Frame, scores: &[Score]) -> Vec<Blame> {
    let mut by: IndexMap<(String, String), Blame> = IndexMap::new();
    for s in scores.iter().filter(|s| !matches!(s.verdict, Verdict::Failed | Verdict::Unknown)) {
        for c in &s.columns {
            let Some((table, column)) = place(frame, &s.table, c) else { continue };
            let (t, c) = (table.to_owned(), column.to_owned());
            let b = by.entry((t.clone(), c.clone())).or_insert_with(|| Blame {
                table: t,
                column: c,
                gaps: 0,
                judged: 0,
                mean_gap: 0.0,
            });
            b.judged += 1;
            b.gaps += usize::from(matches!(s.verdict, Verdict::Gap | Verdict::CopyingAlarm));
            b.mean_gap += s.gap().unwrap_or(0.0);
        }
    }
    let mut out: Vec<Blame> = by.into_values().filter(|b| b.gaps > 0).collect();
    for b in &mut out {
        b.mean_gap /= b.judged as f64;
    }
    // The share first: a column in two scores, both short, is worse than one in fifty with three.
    let share = |b: &Blame| b.gaps as f64 / b.judged as f64;
    out.sort_by(|a, b| share(b).total_cmp(&share(a)).then(b.mean_gap.total_cmp(&a.mean_gap)));
    out
}

/// The table and column behind a name of a score.
fn place<'n>(frame: &Frame, table: &'n str, name: &'n str) -> Option<(&'n str, &'n str)> {
    let is = |t: &str, c: &str| frame.metadata.tables.get(t).is_some_and(|m| m.columns.contains_key(c));
    if is(table, name) {
        return Some((table, name));
    }
    let dots = name.match_indices('.').map(|(i, _)| (&name[..i], &name[i + 1..]));
    dots.into_iter().find(|(t, c)| is(t, c))
}
