//! Finds `determines`: one value of a column always goes with one value of another.

use std::collections::HashSet;

use crate::linked::{Groups, Linked, NO_ROW};
use crate::rule::{self, RuleKind};
use crate::{Column, Result};

use super::lines::{Kind, Line};
use super::{Found, bits, rows};

/// Repeats of the deciding value that must have agreed before anything is believed.
const REPEATS: u64 = 50;
/// Most columns of one table that are compared.
const COLUMNS: usize = 150;

/// Columns of the table that decide others.
pub(super) fn find(linked: &Linked, table: &str, lines: &[Line]) -> Result<Vec<Found>> {
    let meta = &linked.metadata.tables[table];
    let unique = |l: &Line| meta.primary_key == [l.path.clone()] || meta.alternate_keys.contains(&l.path);
    let lines: Vec<&Line> = lines.iter().filter(|l| !unique(l) && l.distinct() > 1).take(COLUMNS).collect();
    // A missing value is a value here: what is decided must be decided wholly.
    let groups = |l: &&Line| Groups::of_values(l.ticks.iter().map(|t| t.saturating_add(1)));
    let all: Vec<Groups> = lines.iter().map(groups).collect();
    let mut found = Vec::new();
    // Numbers are decided in steps, by the nearest that is known: no two can decide each other.
    let mut steps: HashSet<(usize, usize)> = HashSet::new();
    for (i, from) in lines.iter().enumerate() {
        let known = Groups::of_values(from.ticks.iter().copied());
        let sizes = known.sizes();
        let repeats: u64 = sizes.iter().map(|s| u64::from(s.saturating_sub(1))).sum();
        let repeated = sizes.iter().filter(|s| **s > 1).count();
        for (j, to) in lines.iter().enumerate().filter(|(j, _)| *j != i) {
            if steps.contains(&(j, i)) {
                continue;
            }
            let Some(broken) = breaks(&known, &all[j]) else { continue };
            let kind = RuleKind::Determines {
                table: table.to_owned(),
                column: from.path.clone(),
                part: None,
                determines: to.path.clone(),
            };
            if repeats >= REPEATS && repeated >= 3 {
                // Where nearly all rows have one value, that it repeats says nothing about the others.
                if minor(&known, &all[j]) < super::ROWS {
                    continue;
                }
                // A column that hardly varies is decided by anything.
                let surprise = repeats.saturating_sub(broken) as f64 * bits(repeat(&known, &all[j]));
                let why = format!("{} and {repeats} repeats of {}", rows(from.sorted.len() as u64, broken), from.path);
                let one = Found::believed(kind, repeats, broken, surprise, why);
                if one.is_some() && from.kind != Kind::Label && to.kind != Kind::Label {
                    steps.insert((i, j));
                }
                found.extend(one);
            } else if broken == 0 && from.kind == Kind::Label && to.kind == Kind::Label {
                found.extend(contained(linked, table, from, to, kind)?);
            }
        }
    }
    Ok(found)
}

/// Rows that differ from the first of their group when they are few; None when they are many.
fn breaks(from: &Groups, to: &Groups) -> Option<u64> {
    let mut first = vec![NO_ROW; from.count];
    let mut broken = 0usize;
    for (&a, &b) in from.of.iter().zip(&to.of).filter(|(a, _)| **a != NO_ROW) {
        let usual = &mut first[a as usize];
        if *usual == NO_ROW {
            *usual = b;
        } else if *usual != b {
            broken += 1;
            if broken > 2 + from.of.len() / 200 {
                return None;
            }
        }
    }
    if broken == 0 { Some(0) } else { Some(rule::determines::broken(from, to).len() as u64) }
}

/// Repeats of the deciding value whose decided value is not the commonest of all.
fn minor(from: &Groups, to: &Groups) -> u64 {
    let sizes = to.sizes();
    let commonest = (0..sizes.len()).max_by_key(|g| sizes[*g]).map_or(NO_ROW, |g| g as u32);
    let mut seen = vec![false; from.count];
    let known = from.of.iter().zip(&to.of).filter(|(a, b)| **a != NO_ROW && **b != commonest);
    known.filter(|(a, _)| std::mem::replace(&mut seen[**a as usize], true)).count() as u64
}

/// Chance that two values of the second are equal, among rows where the first is known.
fn repeat(from: &Groups, to: &Groups) -> f64 {
    let mut counts = vec![0f64; to.count];
    let known = || from.of.iter().zip(&to.of).filter(|(a, _)| **a != NO_ROW);
    known().for_each(|(_, b)| counts[*b as usize] += 1.0);
    let n = (known().count() as f64).max(1.0);
    counts.iter().map(|c| (c / n) * (c / n)).sum()
}

/// A label that contains the other one decides it, even when it never repeats: `Cardiology A` is `Cardiology`.
fn contained(linked: &Linked, table: &str, from: &Line, to: &Line, kind: RuleKind) -> Result<Option<Found>> {
    let table = linked.table(table)?;
    let (Column::Text { codes, values }, Column::Text { codes: others, values: parts }) =
        (table.column(&from.path)?, table.column(&to.path)?)
    else {
        return Ok(None);
    };
    // Every whole is compared with every part; more of them than this are free text.
    if values.len() * parts.len() > 4_000_000 {
        return Ok(None);
    }
    let mut share = vec![0f64; parts.len()];
    let known: Vec<usize> = (0..table.rows).filter(|r| !from_missing(codes, others, *r)).collect();
    known.iter().for_each(|r| share[others[*r] as usize] += 1.0 / known.len() as f64);
    let (mut surprise, mut cases) = (0f64, 0u64);
    let mut seen = vec![false; values.len()];
    for &row in &known {
        let (whole, part) = (codes[row] as usize, others[row] as usize);
        if std::mem::replace(&mut seen[whole], true) {
            continue;
        }
        if parts[part].chars().count() < 2 || !values[whole].contains(&parts[part]) {
            return Ok(None);
        }
        let chance = parts.iter().zip(&share).filter(|(p, _)| values[whole].contains(*p)).map(|(_, s)| s).sum();
        surprise += bits(chance);
        cases += 1;
    }
    let why = format!("{} contains {} in all of {cases} values", from.path, to.path);
    let rule = rule::Rule { kind, found: true, enforced: true };
    let support = known.len() as u64;
    let believed = surprise >= super::SURPRISE && cases >= 3;
    Ok(believed.then_some(Found { rule, owner: None, support, broken: 0, surprise, why }))
}

fn from_missing(codes: &[u32], others: &[u32], row: usize) -> bool {
    codes[row] == crate::dataset::NO_CODE || others[row] == crate::dataset::NO_CODE
}
