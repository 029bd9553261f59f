//! Finds inferred parents: a time that lies in exactly one interval of a table with the same key.

use crate::detect::{BEYOND, TILED};
use crate::linked::{Cover, Linked, NO_ROW};
use crate::metadata::{Owner, Relationship};
use crate::rule::RuleKind;
use crate::{Column, Result};

use super::{Found, bits, percent, rows};

/// For each table whose owner is open the best inferred parent, as an `inside` rule with the owner it needs.
pub(super) fn find(linked: &Linked) -> Result<Vec<Found>> {
    let mut all: Vec<Found> = Vec::new();
    for (table, _) in linked.metadata.tables.iter().filter(|(_, m)| m.owner == Owner::Auto) {
        let mut best: Option<Found> = None;
        for (via, parent) in siblings(linked, table) {
            for time in times(linked, table) {
                for (start, end) in intervals(linked, parent)? {
                    let cover = linked.cover(table, parent, via, [time, start, end])?;
                    if reaches_beyond(linked, [table, time], &cover, [parent, start, end])? {
                        continue;
                    }
                    let owner = Owner::Inferred {
                        table: parent.to_owned(),
                        via: via.to_owned(),
                        time: time.to_owned(),
                        start: start.to_owned(),
                        end: end.to_owned(),
                    };
                    let found = judge(linked, table, &cover, owner)?;
                    let better = |f: &Found| best.as_ref().is_none_or(|b| f.surprise > b.surprise);
                    best = found.filter(better).or(best);
                }
            }
        }
        // Two tables can't be inside each other.
        let circle = |f: &Found| {
            all.iter().any(|other| {
                matches!(&f.owner, Some(Owner::Inferred { table: p, .. }) if other.rule.table() == p)
                    && matches!(&other.owner, Some(Owner::Inferred { table: p, .. }) if p == table)
            })
        };
        all.extend(best.filter(|f| !circle(f)));
    }
    Ok(all)
}

/// Tables that share a single-column key with `table` and that no key of `table` points to.
fn siblings<'a>(linked: &'a Linked, table: &'a str) -> Vec<(&'a str, &'a str)> {
    let single = |r: &&Relationship| r.child_key.len() == 1;
    let mut found = Vec::new();
    for mine in linked.metadata.parents_of(table).filter(single) {
        for theirs in linked.metadata.children_of(&mine.parent).filter(single) {
            let points = linked.metadata.parents_of(table).any(|r| r.parent == theirs.child);
            let below = linked.metadata.refers(&theirs.child, table);
            if theirs.child != table && theirs.child_key == mine.child_key && !points && !below {
                found.push((mine.child_key[0].as_str(), theirs.child.as_str()));
            }
        }
    }
    found
}

fn times<'a>(linked: &'a Linked, table: &str) -> Vec<&'a str> {
    let Ok(table) = linked.table(table) else { return Vec::new() };
    table.columns.iter().filter(|(_, c)| matches!(c, Column::Time { .. })).map(|(n, _)| n.as_str()).collect()
}

/// Pairs of times of a table that begin and end an interval in every row.
fn intervals<'a>(linked: &'a Linked, table: &str) -> Result<Vec<(&'a str, &'a str)>> {
    let mut pairs = Vec::new();
    for start in times(linked, table) {
        for end in times(linked, table) {
            let order = RuleKind::Order { table: table.into(), low: start.into(), high: end.into(), strict: false };
            let proof = crate::Rule::declared(order).prove(linked)?;
            if start != end && proof.is_some_and(|t| t.broken == 0) && linked.table(table)?.rows > 0 {
                pairs.push((start, end));
            }
        }
    }
    Ok(pairs)
}

/// True when the other end of what has one end in an interval often lies outside: it is beside the intervals, not in
/// them.
fn reaches_beyond(
    linked: &Linked,
    [table, time]: [&str; 2],
    cover: &Cover,
    [parent, start, end]: [&str; 3],
) -> Result<bool> {
    let (start, end) = (linked.table(parent)?.column(start)?, linked.table(parent)?.column(end)?);
    for (from, to) in intervals(linked, table)?.into_iter().filter(|(from, to)| [*from, *to].contains(&time)) {
        let other = linked.table(table)?.column(if from == time { to } else { from })?;
        let held = cover.first.iter().enumerate().filter(|(_, r)| **r != NO_ROW).map(|(row, r)| (row, *r as usize));
        let both: Vec<_> = held.filter(|(row, r)| !other.is_null(*row) && !end.is_null(*r)).collect();
        let inside = |(row, r): &&(usize, usize)| (start.tick(*r)..=end.tick(*r)).contains(&other.tick(*row));
        let outside = both.len() - both.iter().filter(inside).count();
        if outside * BEYOND > both.len() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Believes in a parent whose intervals cover more rows than times that fall anywhere would.
fn judge(linked: &Linked, table: &str, cover: &Cover, owner: Owner) -> Result<Option<Found>> {
    let Owner::Inferred { table: parent, via, time, start, end } = &owner else { return Ok(None) };
    let Some(link) = linked.metadata.step_key(parent, via)? else { return Ok(None) };
    let groups = &linked.links[link].rows;
    let of_parent = linked.table(parent)?;
    let (starts, ends) = (of_parent.column(start)?, of_parent.column(end)?);
    let known = |row: &usize| !starts.is_null(*row) && !ends.is_null(*row) && groups[*row] != NO_ROW;
    let mut length: Vec<i128> = Vec::new();
    // Of each group how many intervals it has, when the first begins and the last ends.
    let mut reach: Vec<(u32, i64, i64)> = Vec::new();
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for row in (0..of_parent.rows).filter(known) {
        let (group, start, end) = (groups[row] as usize, starts.tick(row), ends.tick(row));
        length.resize(length.len().max(group + 1), 0);
        reach.resize(length.len(), (0, i64::MAX, i64::MIN));
        length[group] += i128::from(end) - i128::from(start);
        reach[group] = (reach[group].0 + 1, reach[group].1.min(start), reach[group].2.max(end));
        (first, last) = (first.min(start), last.max(end));
    }
    // Intervals that leave next to no time between them say nothing.
    let several: Vec<usize> = (0..reach.len()).filter(|g| reach[*g].0 > 1).collect();
    let whole: i128 = several.iter().map(|g| i128::from(reach[*g].2) - i128::from(reach[*g].1)).sum();
    let tiled = several.iter().map(|g| length[*g]).sum::<i128>() as f64 > TILED * whole as f64;
    if tiled && several.len() * 2 > reach.iter().filter(|r| r.0 > 0).count() {
        return Ok(None);
    }
    let span = (i128::from(last) - i128::from(first)).max(1) as f64;
    let (mut support, mut surprise, mut covered) = (0u64, 0f64, 0f64);
    let times = linked.table(table)?.column(time)?;
    for (_, parent) in cover.first.iter().enumerate().filter(|(row, _)| !times.is_null(*row)) {
        support += 1;
        if *parent != NO_ROW {
            let group = groups[*parent as usize] as usize;
            let share = (length.get(group).copied().unwrap_or(0) as f64 / span).min(1.0);
            covered += share;
            surprise += bits(share);
        }
    }
    let broken = cover.tally.broken;
    let why = format!(
        "{}; a time that falls anywhere would lie inside in {}",
        rows(support, broken),
        percent(covered / support.max(1) as f64)
    );
    let kind = RuleKind::Inside {
        table: table.to_owned(),
        time: time.clone(),
        start: format!("{parent}.{start}"),
        end: format!("{parent}.{end}"),
    };
    let found = Found::believed(kind, support, broken, surprise, why);
    Ok(found.map(|f| Found { owner: Some(owner), ..f }))
}
