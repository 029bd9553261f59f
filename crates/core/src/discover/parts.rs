//! Finds parts of times: columns that are the year, weekday or hour of a time, and labels that stand for one.

use std::collections::{BTreeMap, HashSet};

use crate::Result;
use crate::dataset::NULL;
use crate::linked::Linked;
use crate::rule::RuleKind;
use crate::rule::part::Part;

use super::formula::grid;
use super::lines::{Kind, Line, lines};
use super::paths::quoted;
use super::{Found, ROWS, bits, rows};

/// Different times that must have agreed before anything is believed.
const REPEATS: u64 = 50;
/// Rows looked at before all rows are.
const GLANCE: usize = 64;
/// Most values of a column that stands for a part: more than days in a year are no names of them.
const NAMES: usize = 400;

/// Numbers that are a part of a time of the row or of an ancestor, perhaps counted from another number; what else a part
/// of a time of the row decides.
pub(super) fn find(linked: &Linked, table: &str, own: &[Line]) -> Result<Vec<Found>> {
    let is_time = |kind: Kind| matches!(kind, Kind::Time | Kind::Date);
    let columns: Vec<&Line> = own.iter().filter(|l| !l.key && !is_time(l.kind) && l.distinct() > 1).collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let mut times = lines(linked, table, 2, |kind, _| is_time(kind))?;
    times.retain(|l| l.distinct() > 1);
    times.sort_by_key(|l| l.steps);
    let numbers: Vec<&Line> = columns.iter().copied().filter(|l| l.kind != Kind::Label).collect();
    let unit = 10i64.pow(grid(linked, table, &numbers)?);
    let mut found = Vec::new();
    for column in columns {
        let number = || times.iter().find_map(|time| counted(table, column, time, unit));
        match if column.kind == Kind::Label { None } else { number() } {
            Some(one) => found.push(one),
            None if column.distinct() <= NAMES => {
                found.extend(times.iter().filter(|t| t.steps == 0).find_map(|time| named(table, column, time)));
            }
            None => {}
        }
    }
    Ok(found)
}

/// Parts that a time has.
fn parts(time: &Line) -> impl Iterator<Item = Part> {
    let date = time.kind == Kind::Date;
    Part::ALL.into_iter().filter(move |p| !date || !p.is_of_clock())
}

/// Rows in which both are known.
fn known<'a>(column: &'a Line, time: &'a Line) -> impl Iterator<Item = usize> + 'a {
    (0..column.ticks.len()).filter(|r| column.ticks[*r] != NULL && time.ticks[*r] != NULL)
}

/// A few of them from all over the table.
fn glance(column: &Line, time: &Line) -> Vec<usize> {
    let step = (column.ticks.len() / GLANCE).max(1);
    let far: Vec<usize> = known(column, time).filter(|r| r % step == 0).take(2 * GLANCE).collect();
    if far.len() < GLANCE / 2 { known(column, time).take(GLANCE).collect() } else { far }
}

/// `column = part(time) + constant`; the one without a constant where there are several.
fn counted(table: &str, column: &Line, time: &Line, unit: i64) -> Option<Found> {
    let few = glance(column, time);
    let offset = |part: Part, r: usize| {
        let tick = column.ticks[r];
        (tick % unit == 0).then(|| tick / unit - part.of(time.ticks[r]))
    };
    let constant = |part: &Part| {
        // Any row may be a broken one, hardly two of three.
        let first: Vec<i64> = few.iter().take(3).filter_map(|r| offset(*part, *r)).collect();
        let usual = match first[..] {
            [_, b, c] if b == c => b,
            _ => *first.first()?,
        };
        (few.iter().filter(|r| offset(*part, **r) != Some(usual)).count() <= 1).then_some(usual)
    };
    let mut fit: Vec<(Part, i64)> = parts(time).filter_map(|p| constant(&p).map(|c| (p, c))).collect();
    fit.sort_by_key(|(_, c)| *c != 0);
    fit.into_iter().find_map(|(part, constant)| {
        let (mut support, mut broken) = (0, 0);
        let mut seen: HashSet<i64> = HashSet::new();
        let mut cases: BTreeMap<i64, u64> = BTreeMap::new();
        for r in known(column, time) {
            support += 1;
            if offset(part, r) != Some(constant) {
                broken += 1;
            } else if seen.insert(time.ticks[r]) {
                // Rows of one time say the same thing.
                *cases.entry(part.of(time.ticks[r])).or_default() += 1;
            }
        }
        let all: u64 = cases.values().sum();
        if all - cases.values().max()? < ROWS {
            return None;
        }
        let number = match constant {
            0 => String::new(),
            c if c > 0 => format!(" + {c}"),
            c => format!(" - {}", -c),
        };
        let equals = format!("{}({}){number}", part.name(), quoted(&time.path));
        let kind = RuleKind::Formula { table: table.into(), column: column.path.clone(), equals };
        let why = format!("{}, {all} different times among them", rows(support, broken));
        Found::believed(kind, support, broken, all as f64 * bits(column.repeat()), why)
    })
}

/// The part of a time with the fewest values that decides a column.
fn named(table: &str, column: &Line, time: &Line) -> Option<Found> {
    let few = glance(column, time);
    let broken = |part: Part, mut rows: &mut dyn Iterator<Item = usize>| {
        let mut beside: BTreeMap<i64, i64> = BTreeMap::new();
        (&mut rows).any(|r| *beside.entry(part.of(time.ticks[r])).or_insert(column.ticks[r]) != column.ticks[r])
    };
    let mut deciding: Vec<(usize, Part)> = Vec::new();
    for part in parts(time) {
        if !broken(part, &mut few.iter().copied()) && !broken(part, &mut known(column, time)) {
            let values: HashSet<i64> = known(column, time).map(|r| part.of(time.ticks[r])).collect();
            deciding.push((values.len(), part));
        }
    }
    let (_, part) = deciding.into_iter().min_by_key(|(values, _)| *values)?;
    // Of each value of the part: how many different times, and what it decides.
    let mut seen: HashSet<i64> = HashSet::new();
    let mut times: BTreeMap<i64, (u64, i64)> = BTreeMap::new();
    let mut support = 0;
    for r in known(column, time) {
        support += 1;
        if seen.insert(time.ticks[r]) {
            times.entry(part.of(time.ticks[r])).or_insert((0, column.ticks[r])).0 += 1;
        }
    }
    let mut decided: BTreeMap<i64, u64> = BTreeMap::new();
    times.values().for_each(|(n, label)| *decided.entry(*label).or_default() += n - 1);
    let repeats: u64 = decided.values().sum();
    let minor = repeats - decided.values().max()?;
    if repeats < REPEATS || minor < ROWS || times.values().filter(|(n, _)| *n > 1).count() < 3 {
        return None;
    }
    let share = |n: &u64| (*n as f64 / repeats as f64).powi(2);
    let surprise = repeats as f64 * bits(decided.values().map(share).sum());
    let why = format!("{} and {repeats} repeats of its {}", rows(support, 0), part.name());
    let kind = RuleKind::Determines {
        table: table.into(),
        column: time.path.clone(),
        part: Some(part),
        determines: column.path.clone(),
    };
    Found::believed(kind, support, 0, surprise, why)
}
