//! Finds `null_when` and `not_null`: what decides whether a value is missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::Column;
use crate::dataset::NULL;
use crate::encode::MIN_SUPPORT;
use crate::linked::Linked;
use crate::rule::RuleKind;

use super::lines::{Kind, Line};
use super::{Found, bits, percent, rows};

/// Most values of a column that decides.
const VALUES: usize = 20;
/// Rows that each of its values needs, beside enough entities: a rule lists values, and rare ones may name a person.
const EACH: u64 = 20;

/// Columns missing exactly with others, and columns never missing in a table where others are.
pub(super) fn find(linked: &Linked, table: &str, lines: &[Line], entities: &[u32]) -> Vec<Found> {
    let missing = |l: &Line| l.ticks.len() - l.sorted.len();
    let nullable: Vec<&Line> = lines.iter().filter(|l| missing(l) > 0 && !l.sorted.is_empty()).collect();
    let mut found = Vec::new();
    for (i, line) in nullable.iter().enumerate() {
        let rate = missing(line) as f64 / line.ticks.len() as f64;
        let entropy = rate * bits(rate) + (1.0 - rate) * bits(1.0 - rate);
        // The first of several that are missing together stands for all.
        let together = nullable[..i].iter().find_map(|leader| together(table, line, leader, entropy));
        match together {
            Some(f) => found.push(f),
            None => {
                let deciders = lines.iter().filter(|l| l.path != line.path && !l.key);
                let best = deciders.filter_map(|l| decided(linked, table, line, l, entropy, entities));
                // The decider with the fewest values says it best.
                found.extend(best.min_by_key(|(_, values)| *values).map(|(f, _)| f));
            }
        }
    }
    found.extend(never(linked, table, lines, &nullable));
    found
}

/// `line` is missing exactly when `leader` is.
fn together(table: &str, line: &Line, leader: &Line, entropy: f64) -> Option<Found> {
    let rows_all = line.ticks.len() as u64;
    let pairs = line.ticks.iter().zip(&leader.ticks);
    let broken = pairs.filter(|(a, b)| (**a == NULL) != (**b == NULL)).count() as u64;
    // Of rare missing values a few in a thousand rows may be all there are.
    let rare = line.ticks.len() - line.sorted.len();
    if broken * 20 > rare as u64 {
        return None;
    }
    let surprise = rows_all.saturating_sub(broken) as f64 * entropy;
    let kind = RuleKind::NullWhen {
        table: table.into(),
        column: line.path.clone(),
        when: leader.path.clone(),
        values: vec![String::new()],
    };
    let why = format!("{}; both are missing in {}", rows(rows_all, broken), percent(rare as f64 / rows_all as f64));
    Found::believed(kind, rows_all, broken, surprise, why)
}

/// `line` is missing exactly for some values of `decider`; with the number of those values.
fn decided(
    linked: &Linked,
    table: &str,
    line: &Line,
    decider: &Line,
    entropy: f64,
    entities: &[u32],
) -> Option<(Found, usize)> {
    if !matches!(decider.kind, Kind::Label | Kind::Coded) || decider.distinct() > VALUES {
        return None;
    }
    let Column::Text { codes, values } = linked.table(table).ok()?.column(&decider.path).ok()? else { return None };
    let mut counts: BTreeMap<u32, [u64; 2]> = BTreeMap::new();
    let mut held: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for ((code, tick), entity) in codes.iter().zip(&line.ticks).zip(entities) {
        counts.entry(*code).or_default()[usize::from(*tick == NULL)] += 1;
        let held = held.entry(*code).or_default();
        if held.len() < MIN_SUPPORT {
            held.insert(*entity);
        }
    }
    if held.values().any(|h| h.len() < MIN_SUPPORT) {
        return None;
    }
    let settled = |c: &[u64; 2]| c.iter().sum::<u64>() >= EACH && (c[0] == 0) != (c[1] == 0);
    if !counts.values().all(settled) {
        return None;
    }
    let text = |code: u32| values.get_index(code as usize).unwrap_or_default().to_owned();
    let listed: Vec<String> = counts.iter().filter(|(_, c)| c[1] > 0).map(|(code, _)| text(*code)).collect();
    let (support, number) = (line.ticks.len() as u64, counts.len());
    let kind = RuleKind::NullWhen {
        table: table.into(),
        column: line.path.clone(),
        when: decider.path.clone(),
        values: listed,
    };
    let why = format!("{}: every one of {number} values decides wholly", rows(support, 0));
    Found::believed(kind, support, 0, support as f64 * entropy, why).map(|f| (f, number))
}

/// Columns that are never missing where others of the table are, and where chance would have missed some.
fn never(linked: &Linked, table: &str, lines: &[Line], nullable: &[&Line]) -> Vec<Found> {
    let Some(support) = lines.first().map(|l| l.ticks.len()).filter(|_| !nullable.is_empty()) else {
        return Vec::new();
    };
    // None missing among n rows says that at most 3 in n are (95 %), so fewer rows can't tell never from rarely.
    if (support as f64) * super::NEARLY < 3.0 {
        return Vec::new();
    }
    let known: usize = nullable.iter().map(|l| l.sorted.len()).sum();
    let rate = 1.0 - known as f64 / (nullable.len() * support) as f64;
    let meta = &linked.metadata.tables[table];
    let complete = |l: &&Line| l.sorted.len() == support && !meta.primary_key.contains(&l.path);
    let found = lines.iter().filter(complete).filter_map(|l| {
        let kind = RuleKind::NotNull { table: table.into(), column: l.path.clone() };
        let why = format!("{}; columns with gaps miss {}", rows(support as u64, 0), percent(rate));
        // Whether a column has gaps at all is decided once and not row by row, so these rank last.
        let surprise = (support as f64 * bits(1.0 - rate)).min(super::SURPRISE);
        Found::believed(kind, support as u64, 0, surprise, why)
    });
    found.collect()
}
