//! Inferred parents: a time that lies in one interval of a table no foreign key names.

use std::collections::HashMap;
use std::rc::Rc;

use super::view::View;
use crate::Dataset;
use crate::dataset::{Column, NULL};
use crate::metadata::{Metadata, Owner, Sdtype};

/// Rows that must lie in an interval, of a thousand.
const COVERED: usize = 999;
/// Rows that must lie in one interval only: neighbours may share an end.
const ONCE: usize = 990;
/// One in so many rows that reach beyond their interval is too many.
pub(crate) const BEYOND: usize = 5;
/// Share of all time between a key's first and last that its intervals must leave some of.
pub(crate) const TILED: f64 = 0.95;
/// With fewer rows everything may be chance.
const LEAST_ROWS: usize = 20;

/// The table whose interval covers the time of every row, found by a foreign key that both tables have: a vital
/// sign of a patient, measured during one of the patient's admissions. None when there is none.
pub fn infer_parent(metadata: &Metadata, tables: &Dataset, table: &str) -> Option<(Owner, String)> {
    find(&View::new(tables), metadata, table)
}

/// The intervals of one table by the value of `via`.
struct Intervals<'c> {
    by_key: HashMap<&'c str, Vec<(i64, i64)>>,
    mean: f64,
}

pub(super) fn find(view: &View, metadata: &Metadata, table: &str) -> Option<(Owner, String)> {
    let rows = view.rows(table);
    if rows < LEAST_ROWS || !metadata.tables.contains_key(table) {
        return None;
    }
    let mut best: Option<(f64, Owner, String)> = None;
    let spans = pairs(view, metadata, table, LEAST_ROWS);
    for mine in metadata.parents_of(table).filter(|r| r.child_key.len() == 1) {
        let via = &mine.child_key[0];
        let siblings = metadata.children_of(&mine.parent).filter(|s| {
            s.child_key == mine.child_key
                && s.child != table
                && s.child != mine.parent
                && !metadata.parents_of(table).any(|r| r.parent == s.child)
                && !metadata.refers(&s.child, table)
                && !owned_by(metadata, &s.child, table)
        });
        for sibling in siblings {
            let (Some(key), Some(keys)) =
                (view.column(metadata, table, via), view.column(metadata, &sibling.child, via))
            else {
                continue;
            };
            for (time, ticks) in times(view, metadata, table) {
                for ((start, from), (end, to)) in
                    pairs(view, metadata, &sibling.child, view.rows(&sibling.child).div_ceil(2).max(2))
                {
                    let Some(intervals) = intervals(&keys, ticks_of(&from), ticks_of(&to)) else { continue };
                    let Some(why) = covers(&intervals, &key, ticks_of(&ticks)) else { continue };
                    let mut own = spans.iter().filter(|(from, to)| from.0 == time || to.0 == time);
                    let beyond = |(a, b): &(Time, Time)| {
                        let (at, other) = if a.0 == time { (&a.1, &b.1) } else { (&b.1, &a.1) };
                        reaches_beyond(&intervals, &key, ticks_of(at), ticks_of(other))
                    };
                    if intervals.tile() || own.any(beyond) {
                        continue;
                    }
                    if best.as_ref().is_none_or(|b| intervals.mean < b.0) {
                        let owner = Owner::Inferred {
                            table: sibling.child.clone(),
                            via: via.clone(),
                            time: time.clone(),
                            start,
                            end,
                        };
                        best = Some((intervals.mean, owner, why));
                    }
                }
            }
        }
    }
    best.map(|(_, owner, why)| (owner, why))
}

/// True when `ancestor` is among the declared owners above `table`.
pub(super) fn owned_by(metadata: &Metadata, table: &str, ancestor: &str) -> bool {
    let mut at = table.to_owned();
    for _ in 0..=metadata.tables.len() {
        let next = match metadata.tables.get(&at).map(|t| &t.owner) {
            Some(Owner::Key(k)) => metadata.parents_of(&at).find(|r| &r.child_key == k).map(|r| r.parent.clone()),
            Some(Owner::Inferred { table, .. }) => Some(table.clone()),
            _ => None,
        };
        match next {
            Some(n) if n == ancestor => return true,
            Some(n) => at = n,
            None => return false,
        }
    }
    false
}

type Time = (String, Rc<Column>);

fn times(view: &View, metadata: &Metadata, table: &str) -> Vec<Time> {
    let columns = metadata.tables.get(table).into_iter().flat_map(|t| &t.columns);
    let time = columns.filter(|(_, c)| matches!(c.sdtype, Sdtype::Datetime { .. }));
    time.filter_map(|(n, _)| Some((n.clone(), view.column(metadata, table, n)?))).take(8).collect()
}

fn ticks_of(column: &Column) -> &[i64] {
    match column {
        Column::Time { ticks } | Column::Number { ticks, .. } => ticks,
        Column::Text { .. } => &[],
    }
}

/// Pairs of times of which the first is never later and mostly earlier, in so many rows: starts and ends.
fn pairs(view: &View, metadata: &Metadata, table: &str, least: usize) -> Vec<(Time, Time)> {
    let times = times(view, metadata, table);
    let mut found = Vec::new();
    for a in &times {
        for b in &times {
            let both = || ticks_of(&a.1).iter().zip(ticks_of(&b.1)).filter(|(x, y)| **x != NULL && **y != NULL);
            let n = both().count();
            let ordered = both().all(|(x, y)| x <= y);
            let apart = both().filter(|(x, y)| x < y).count();
            if a.0 != b.0 && n >= least && ordered && apart * 2 > n {
                found.push((a.clone(), b.clone()));
            }
        }
    }
    found
}

/// An end that is missing is still open.
fn intervals<'c>(keys: &'c Column, from: &[i64], to: &[i64]) -> Option<Intervals<'c>> {
    let Column::Text { codes, values } = keys else { return None };
    let mut by_key: HashMap<&str, Vec<(i64, i64)>> = HashMap::new();
    let (mut total, mut n) = (0.0, 0usize);
    for (row, code) in codes.iter().enumerate() {
        let (Some(key), start) = (values.get_index(*code as usize), from[row]) else { continue };
        if start == NULL {
            continue;
        }
        let end = if to[row] == NULL { i64::MAX } else { to[row] };
        by_key.entry(key).or_default().push((start, end));
        if end != i64::MAX {
            total += (end - start) as f64;
            n += 1;
        }
    }
    Some(Intervals { by_key, mean: total / n.max(1) as f64 })
}

/// True when the other end of what has one end in an interval often lies outside: it is beside the intervals, not in
/// them.
fn reaches_beyond(intervals: &Intervals, key: &Column, at: &[i64], other: &[i64]) -> bool {
    let Column::Text { codes, values } = key else { return false };
    let (mut all, mut outside) = (0usize, 0usize);
    for row in (0..at.len()).filter(|r| at[*r] != NULL && other[*r] != NULL) {
        let spans = values.get_index(codes[row] as usize).and_then(|k| intervals.by_key.get(k));
        let mut held = spans.into_iter().flatten().filter(|(a, b)| (*a..=*b).contains(&at[row])).peekable();
        if held.peek().is_some() {
            all += 1;
            outside += usize::from(!held.any(|(a, b)| (*a..=*b).contains(&other[row])));
        }
    }
    outside * BEYOND > all
}

impl Intervals<'_> {
    /// True when the intervals of a key leave next to no time between them, so that lying in one says nothing.
    fn tile(&self) -> bool {
        let (mut several, mut covered, mut whole) = (0usize, 0f64, 0f64);
        for spans in self.by_key.values().filter(|s| s.len() > 1) {
            several += 1;
            let closed = |end: i64, start: i64| if end == i64::MAX { start } else { end };
            covered += spans.iter().map(|(a, b)| (closed(*b, *a) - a) as f64).sum::<f64>();
            let last = spans.iter().map(|(a, b)| closed(*b, *a)).max().unwrap_or_default();
            whole += (last - spans.iter().map(|s| s.0).min().unwrap_or_default()) as f64;
        }
        several * 2 > self.by_key.len() && covered > TILED * whole
    }
}

/// Why the intervals cover the times of nearly all rows, each once, and would not cover those of other keys.
fn covers(intervals: &Intervals, key: &Column, ticks: &[i64]) -> Option<String> {
    let Column::Text { codes, values } = key else { return None };
    let hits = |row: usize, of: usize| {
        let spans = values.get_index(codes[of] as usize).and_then(|k| intervals.by_key.get(k));
        let at = ticks[row];
        let inside = |(a, b): &&(i64, i64)| at != NULL && *a <= at && at <= *b;
        spans.map_or(0, |s| s.iter().filter(inside).count())
    };
    let rows = ticks.len();
    let most = rows - rows * COVERED / 1000;
    let (mut missed, mut once) = (0usize, 0usize);
    for row in 0..rows {
        match hits(row, row) {
            0 => missed += 1,
            1 => once += 1,
            _ => {}
        }
        if missed > most {
            return None;
        }
    }
    // The same times beside the keys of rows far away: intervals that cover those too say nothing.
    let tries: Vec<usize> = (0..rows).step_by((rows / 2000).max(1)).collect();
    let by_chance = tries.iter().filter(|row| hits(**row, (**row + rows / 2 + 1) % rows) > 0).count();
    if once * 1000 < rows * ONCE || by_chance * 2 > tries.len() {
        return None;
    }
    let share = 100.0 * once as f64 / rows as f64;
    let chance = 100.0 * by_chance as f64 / tries.len() as f64;
    Some(format!("the time lies in exactly one interval in {share:.1} % of {rows} rows ({chance:.0} % by chance)"))
}
