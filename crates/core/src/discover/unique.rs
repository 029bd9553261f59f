//! Finds `unique`: combinations of a foreign key and other columns that never repeat.

use crate::Result;
use crate::linked::{Groups, Linked};
use crate::rule::{self, RuleKind};

use super::lines::{Kind, Line};
use super::{Found, bits_of_few, rows};

/// Most columns that are combined with each other.
const COLUMNS: usize = 24;

/// A foreign key that never repeats (one-to-one), with one more column, or with two.
pub(super) fn find(linked: &Linked, table: &str, lines: &[Line]) -> Result<Vec<Found>> {
    let meta = &linked.metadata.tables[table];
    let is_key = |l: &Line| meta.primary_key == [l.path.clone()] || meta.alternate_keys.contains(&l.path);
    let links: Vec<&Line> = lines.iter().filter(|l| linked.metadata.foreign_key(table, &l.path).is_some()).collect();
    // Measured numbers hardly repeat, and that they don't says nothing; what orders the rows is no measurement.
    let places = |l: &&Line| match l.kind {
        Kind::Number => meta.order.as_ref() == Some(&l.path),
        _ => !is_key(l) && l.distinct() > 1,
    };
    let mut parts: Vec<&Line> = lines.iter().filter(places).collect();
    // Columns with few values say most when they never repeat.
    parts.sort_by_key(|l| l.distinct());
    parts.truncate(COLUMNS);
    let mut found: Vec<Found> = Vec::new();
    for link in links.iter().filter(|l| !is_key(l)) {
        let alone = Groups::of_values(link.ticks.iter().copied());
        let sizes = linked.metadata.foreign_key(table, &link.path).and_then(|r| linked.table(&r.parent).ok());
        let parents = sizes.map_or(1, |t| t.rows).max(1) as f64;
        let n = link.sorted.len() as f64;
        found.extend(judge(table, &[link], &alone, n * (n - 1.0) / 2.0 / parents));
        if found.iter().any(|f| is_subset(f, &[link])) {
            continue;
        }
        for (i, a) in parts.iter().enumerate().filter(|(_, l)| l.path != link.path) {
            let pair = alone.split(a.ticks.iter().copied());
            found.extend(judge(table, &[link, a], &pair, pairs(&alone) * a.collision()));
            if found.iter().any(|f| is_subset(f, &[link, a])) {
                continue;
            }
            for b in parts[i + 1..].iter().filter(|l| l.path != link.path) {
                if found.iter().any(|f| is_subset(f, &[link, a, b])) {
                    continue;
                }
                // Repeats of either pair would repeat wholly as often as the third column repeats by chance.
                let other = alone.split(b.ticks.iter().copied());
                let expected = (pairs(&pair) * b.collision()).min(pairs(&other) * a.collision());
                if expected > 1.0 {
                    found.extend(judge(table, &[link, a, b], &pair.split(b.ticks.iter().copied()), expected));
                }
            }
        }
    }
    // A smaller combination found later makes a larger one found earlier follow.
    let names: Vec<Vec<String>> = found.iter().map(|f| columns(f).to_vec()).collect();
    let follows =
        |own: &[String]| names.iter().any(|other| other.len() < own.len() && other.iter().all(|c| own.contains(c)));
    found.retain(|f| !follows(columns(f)));
    let mut seen: Vec<Vec<String>> = Vec::new();
    found.retain(|f| {
        let mut set = columns(f).to_vec();
        set.sort();
        let new = !seen.contains(&set);
        seen.push(set);
        new
    });
    Ok(found)
}

fn columns(found: &Found) -> &[String] {
    match &found.rule.kind {
        RuleKind::Unique { columns, .. } => columns,
        _ => &[],
    }
}

fn is_subset(found: &Found, lines: &[&Line]) -> bool {
    columns(found).iter().all(|c| lines.iter().any(|l| l.path == *c))
}

/// Pairs of rows in the same group.
fn pairs(groups: &Groups) -> f64 {
    groups.sizes().iter().map(|s| f64::from(*s) * (f64::from(*s) - 1.0) / 2.0).sum()
}

fn judge(table: &str, lines: &[&Line], groups: &Groups, expected: f64) -> Option<Found> {
    let tally = rule::unique::repeats(groups);
    let support = groups.of.iter().filter(|g| **g != crate::linked::NO_ROW).count() as u64;
    let surprise = bits_of_few(tally.broken, expected);
    let why = format!("{}; chance would repeat about {expected:.0} pairs", rows(support, tally.broken));
    let columns = lines.iter().map(|l| l.path.clone()).collect();
    let kind = RuleKind::Unique { table: table.into(), columns };
    Found::believed(kind, support, tally.broken, surprise, why)
}
