//! Finds `total`: columns of a parent that its children come to, and sums that are the same for every parent.

use std::collections::HashSet;

use crate::Result;
use crate::dataset::NULL;
use crate::linked::Linked;
use crate::metadata::Sdtype;
use crate::rule::RuleKind;
use crate::rule::total::{Added, Aggregate, Grid, Scale, add_up, ticks};

use super::links::{Way, ways};
use super::{Found, NEARLY, bits, rows};

/// Parents with several children that show more than one of them does.
const CASES: u64 = 30;
/// Columns of a table that are tried.
const COLUMNS: usize = 60;

/// A column that can be added up, or that something can come to.
struct Numbers {
    name: String,
    ticks: Vec<i64>,
    grid: Grid,
    /// Chance that two rows have the same value.
    repeat: f64,
}

/// Everything between parents and their children.
pub(super) fn find(linked: &Linked) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for way in ways(linked)? {
        if way.parent == way.child {
            continue;
        }
        let (of_parent, of_child) = (numbers(linked, &way.parent)?, numbers(linked, &way.child)?);
        let n = linked.table(&way.parent)?.rows;
        let counted = add_up(way.rows, n, &[]);
        for whole in &of_parent {
            found.extend(total(&way, whole, None, &counted, Aggregate::Count));
        }
        for part in &of_child {
            let added = add_up(way.rows, n, &part.ticks);
            found.extend(constant(&way, part, &added));
            for whole in &of_parent {
                let of = |a| total(&way, whole, Some(part), &added, a);
                found.extend(Aggregate::ALL.into_iter().filter(|a| *a != Aggregate::Count).find_map(of));
            }
        }
    }
    Ok(found)
}

/// Removes totals of times that other rules speak of: an end of a stay is its own, whatever comes to it.
pub(super) fn leave_times(found: &mut Vec<Found>, linked: &Linked) {
    let is_time = |table: &str, column: &str| {
        let meta = linked.metadata.tables.get(table).and_then(|t| t.columns.get(column));
        meta.is_some_and(|c| matches!(c.sdtype, Sdtype::Datetime { .. }))
    };
    // The table, its column, and the child's column that comes to it.
    let mut times: Vec<[String; 4]> = Vec::new();
    for f in found.iter() {
        if let RuleKind::Total { table, equals, child, of: Some(of), .. } = &f.rule.kind
            && is_time(table, equals)
        {
            times.push([table, equals, child, of].map(String::clone));
        }
    }
    let mut read: Vec<(String, String)> = Vec::new();
    for f in found.iter() {
        let (own, paths) = (f.rule.table(), f.rule.paths());
        let is_total = |p: &String| times.iter().any(|[table, column, ..]| table == own && column == p);
        let follows = match &f.rule.kind {
            RuleKind::Total { .. } | RuleKind::NotNull { .. } | RuleKind::NullWhen { .. } => true,
            RuleKind::Order { .. } => paths.iter().all(is_total),
            _ => false,
        };
        for [table, column, child, of] in times.iter().filter(|_| !follows) {
            // That the least is not above any follows from what it is.
            let same = own == child && paths.iter().all(|p| p.contains('.') || p == of);
            let here = |p: &String| match p.rsplit_once('.') {
                Some((_, last)) => last == column,
                None => p == column && own == table,
            };
            if !same && paths.iter().any(here) {
                read.push((table.clone(), column.clone()));
            }
        }
    }
    found.retain(|f| match &f.rule.kind {
        RuleKind::Total { table, equals, .. } => !read.iter().any(|(t, c)| t == table && c == equals),
        _ => true,
    });
}

/// The numbers and times of a table that are no keys and no constants.
fn numbers(linked: &Linked, table: &str) -> Result<Vec<Numbers>> {
    let meta = &linked.metadata.tables[table];
    let mut all = Vec::new();
    for name in meta.columns.keys() {
        if linked.metadata.is_key(table, name) || meta.alternate_keys.contains(name) || all.len() == COLUMNS {
            continue;
        }
        let Some((ticks, grid)) = ticks(linked, table, name)? else { continue };
        let mut sorted: Vec<i64> = ticks.iter().copied().filter(|t| *t != NULL).collect();
        sorted.sort_unstable();
        let known = sorted.len() as f64;
        let repeat: f64 = sorted.chunk_by(|a, b| a == b).map(|same| (same.len() as f64 / known).powi(2)).sum();
        if sorted.first() != sorted.last() {
            all.push(Numbers { name: name.clone(), ticks, grid, repeat });
        }
    }
    Ok(all)
}

/// `whole = aggregate of part`.
fn total(way: &Way, whole: &Numbers, part: Option<&Numbers>, added: &[Added], aggregate: Aggregate) -> Option<Found> {
    let scale = Scale::new(part.map_or(Grid::Decimals(0), |p| p.grid), whole.grid, aggregate)?;
    let allowed = 2 + (added.len() as f64 * NEARLY) as u64;
    let (mut support, mut broken, mut cases) = (0, 0, 0);
    for (a, tick) in added.iter().zip(&whole.ticks).filter(|(_, tick)| **tick != NULL) {
        let Some(value) = a.get(aggregate) else { continue };
        support += 1;
        if !scale.holds(value, *tick) {
            broken += 1;
            if broken > allowed {
                return None;
            }
        } else if a.rows > 1 && (aggregate == Aggregate::Count || shows(a, aggregate)) {
            cases += 1;
        }
    }
    let kind = RuleKind::Total {
        table: way.parent.clone(),
        equals: whole.name.clone(),
        aggregate,
        child: way.child.clone(),
        of: part.map(|p| p.name.clone()),
        key: way.key.clone(),
    };
    let why = format!("{}, {cases} of them with several rows that differ from one", rows(support, broken));
    let surprise = cases as f64 * bits(whole.repeat);
    (cases >= CASES).then(|| Found::believed(kind, support, broken, surprise, why)).flatten()
}

/// Whether the rows of a parent show more than one of them would.
fn shows(a: &Added, aggregate: Aggregate) -> bool {
    match aggregate {
        Aggregate::Sum => a.sum != i128::from(a.least) && a.sum != i128::from(a.most),
        _ => a.least != a.most,
    }
}

/// `number = sum of part` for every parent; what is counted to a fixed size (shares of a whole) among them.
fn constant(way: &Way, part: &Numbers, added: &[Added]) -> Option<Found> {
    let Grid::Decimals(decimals) = part.grid else { return None };
    let cases = added.iter().filter(|a| a.known > 1 && shows(a, Aggregate::Sum));
    let number = cases.clone().next()?.sum;
    let support = added.iter().filter(|a| a.known > 0).count() as u64;
    if added.iter().any(|a| a.known > 0 && a.sum != number) {
        return None;
    }
    // As many different ways to the sum as there are parents, more or less: no single pattern that repeats.
    let ways: HashSet<(i64, i64, i64)> = cases.map(|a| (a.known, a.least, a.most)).collect();
    let kind = RuleKind::Total {
        table: way.parent.clone(),
        equals: written(number, decimals),
        aggregate: Aggregate::Sum,
        child: way.child.clone(),
        of: Some(part.name.clone()),
        key: way.key.clone(),
    };
    let why = format!("{}, in {} different ways", rows(support, 0), ways.len());
    let surprise = ways.len() as f64 * bits(part.repeat);
    (ways.len() as u64 >= CASES).then(|| Found::believed(kind, support, 0, surprise, why)).flatten()
}

/// A number of ticks as it is written: 150 with two decimals is `1.5`.
fn written(number: i128, decimals: u8) -> String {
    let unit = 10i128.pow(u32::from(decimals));
    let sign = if number < 0 { "-" } else { "" };
    let (whole, part) = (number.abs() / unit, number.abs() % unit);
    let digits = format!("{sign}{whole}.{part:0>width$}", width = usize::from(decimals));
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}
