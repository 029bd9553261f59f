//! Finds `paths_agree`: two ways from a row that end at the same value.

use std::collections::BTreeMap;
use std::collections::HashSet;

use crate::Result;
use crate::linked::{Linked, NO_ROW, Path, align};
use crate::rule::{Rule, RuleKind};

use super::lines::{first_step, inferred, ways};
use super::{Found, bits, percent, rows};

/// Chance of agreement above which it says nothing.
const CHANCE: f64 = 0.9;
/// Rows looked at before all rows are.
const GLANCE: usize = 256;
/// Most pairs of paths that are compared.
const PAIRS: usize = 100_000;

/// Pairs of paths that agree: keys to the same table two or three steps away, a column and the attribute of a
/// link, attributes of the same name of two links.
pub(super) fn find(linked: &Linked, table: &str) -> Result<Vec<Found>> {
    let mut found: Vec<Found> = Vec::new();
    for (left, right) in key_pairs(linked, table).into_iter().chain(attribute_pairs(linked, table)).take(PAIRS) {
        if !follows(&found, &left, &right) {
            found.extend(judge(linked, table, &left, &right)?);
        }
    }
    Ok(found)
}

/// Paths that end at a key to the same table, by different first steps.
fn key_pairs(linked: &Linked, table: &str) -> Vec<(String, String)> {
    let mut by_target: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (prefix, at, _) in ways(linked, table, 2) {
        for r in linked.metadata.relationships.iter().filter(|r| r.child == at && r.child_key.len() == 1) {
            by_target.entry(&r.parent).or_default().push(format!("{prefix}{}", r.child_key[0]));
        }
    }
    let mut pairs = Vec::new();
    for paths in by_target.values() {
        for (i, left) in paths.iter().enumerate() {
            for right in paths[i + 1..].iter().filter(|right| head(left) != head(right)) {
                // The key that the inferred parent was found by agrees by construction.
                let by_construction =
                    inferred(linked, table).is_some_and(|(p, via)| left == via && *right == format!("{p}.{via}"));
                if !by_construction {
                    pairs.push((left.clone(), right.clone()));
                }
            }
        }
    }
    pairs
}

/// A column of the row and one of a parent, two columns of the row, and columns of equal name of two parents.
fn attribute_pairs(linked: &Linked, table: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String, usize)> = Vec::new();
    for (prefix, at, steps) in ways(linked, table, 1) {
        let names = linked.metadata.tables[&at].columns.keys();
        let names = names.filter(|c| !linked.metadata.is_key(&at, c));
        all.extend(names.map(|c| (format!("{prefix}{c}"), c.clone(), steps)));
    }
    let mut pairs = Vec::new();
    for (i, (left, left_name, left_steps)) in all.iter().enumerate() {
        for (right, right_name, right_steps) in &all[i + 1..] {
            let both_far = *left_steps > 0 && *right_steps > 0;
            if head(left) != head(right) && (!both_far || left_name == right_name) {
                pairs.push((left.clone(), right.clone()));
            }
        }
    }
    pairs
}

fn head(path: &str) -> &str {
    path.split_once('.').map_or(path, |p| p.0)
}

/// True when an agreement that is found already makes this one certain: the same rest after agreeing keys, or
/// both agree with a third.
fn follows(found: &[Found], left: &str, right: &str) -> bool {
    let agreed = |a: &str, b: &str| {
        found.iter().any(|f| match &f.rule.kind {
            RuleKind::PathsAgree { left, right, .. } => {
                f.broken == 0 && ((left == a && right == b) || (left == b && right == a))
            }
            _ => false,
        })
    };
    let through = |f: &Found| match &f.rule.kind {
        RuleKind::PathsAgree { left: l, right: r, .. } => {
            [(l, r), (r, l)].iter().any(|(a, b)| *a == left && agreed(b, right))
        }
        _ => false,
    };
    let split = |path: &str| path.rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned()));
    let by_keys = split(left).zip(split(right)).is_some_and(|((a, x), (b, y))| x == y && agreed(&a, &b));
    by_keys || found.iter().any(through)
}

fn judge(linked: &Linked, table: &str, left: &str, right: &str) -> Result<Option<Found>> {
    let paths: [Path; 2] = [linked.path(table, left)?, linked.path(table, right)?];
    if std::mem::discriminant(paths[0].column) != std::mem::discriminant(paths[1].column) {
        return Ok(None);
    }
    let [l, r] = paths;
    let (own_numbers, picks) = (matches!(l.column, crate::Column::Number { .. }), l.has_picks() || r.has_picks());
    let both_own = !l.is_long() && !r.is_long();
    // A day beside a time of day is computed from it.
    let day = match (l.is_date, r.is_date) {
        (true, false) if both_own => Some((left, right)),
        (false, true) if both_own => Some((right, left)),
        _ => None,
    };
    let (l, r) = align(l, r, false)?;
    let all = linked.table(table)?.rows;
    let differ = |row: &usize| matches!((l.value(*row, 0), r.value(*row, 0)), (Some(a), Some(b)) if a != b);
    let glance = (0..all).step_by((all / GLANCE).max(1)).filter(differ);
    // On a shared boundary of inferred parents the first one may be the wrong one; the full proof tells.
    if glance.take(30).count() > if picks { 25 } else { 2 } {
        return Ok(None);
    }
    // Rows of the same two targets say the same thing: each pair of targets counts once.
    let (from, to) = (first_step(linked, table, left)?, first_step(linked, table, right)?);
    let mut seen: HashSet<(u32, u32)> = HashSet::new();
    let (mut support, mut cases) = (0u64, 0u64);
    let mut counts: [BTreeMap<i128, u64>; 2] = Default::default();
    for row in 0..all {
        let (Some(a), Some(b)) = (l.value(row, 0), r.value(row, 0)) else { continue };
        support += 1;
        if seen.insert((from[row], to[row])) && from[row] != NO_ROW && to[row] != NO_ROW {
            cases += 1;
            *counts[0].entry(a).or_default() += 1;
            *counts[1].entry(b).or_default() += 1;
        }
    }
    let total = (cases as f64).max(1.0);
    let matches = counts[0].iter().filter_map(|(v, n)| counts[1].get(v).map(|m| *n as f64 * *m as f64));
    let chance = matches.fold(0.0, |sum, p| sum + p / (total * total));
    if chance > CHANCE || chance == 0.0 {
        return Ok(None);
    }
    let kind = match (both_own, own_numbers) {
        _ if let Some((day, time)) = day => {
            RuleKind::Formula { table: table.into(), column: day.into(), equals: format!("date({})", quoted(time)) }
        }
        (true, true) => RuleKind::Formula { table: table.into(), column: right.into(), equals: quoted(left) },
        _ => RuleKind::PathsAgree { table: table.into(), left: left.into(), right: right.into() },
    };
    let Some(tally) = Rule::declared(kind.clone()).prove(linked)? else { return Ok(None) };
    let surprise = cases.saturating_sub(tally.broken) as f64 * bits(chance);
    let why = format!(
        "{}, {cases} different pairs; unrelated values would agree in {}",
        rows(support, tally.broken),
        percent(chance)
    );
    Ok(Found::believed(kind, support, tally.broken, surprise, why))
}

/// A path as a formula writes it.
pub(super) fn quoted(path: &str) -> String {
    let plain = path.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let number = path.starts_with(|c: char| c.is_ascii_digit());
    if plain && !number { path.to_owned() } else { format!("\"{path}\"") }
}
