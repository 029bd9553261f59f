//! What can be seen from the rows of a table: its own columns and those of its parents, on common grids.

use crate::dataset::NULL;
use crate::linked::{Linked, NO_ROW, as_numbers};
use crate::metadata::{Owner, Sdtype};
use crate::{Column, Result};

/// Most lines of one table that are compared with each other.
const LINES: usize = 400;
/// Most values of all lines of one table together, so that memory stays bounded.
const VALUES: usize = 100_000_000;

/// What the values of a line are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Numbers on the grid that all number lines of the table share.
    Number,
    /// Labels that are all numbers, on the same grid.
    Coded,
    /// Times in microseconds.
    Time,
    /// Times without a time of day.
    Date,
    /// Codes of labels and keys, meaningful inside the line only.
    Label,
}

/// A column seen from every row of a table.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub path: String,
    /// Steps of the path.
    pub steps: usize,
    pub kind: Kind,
    /// Whether it is part of a key.
    pub key: bool,
    /// Values, [`NULL`] where missing.
    pub ticks: Vec<i64>,
    /// Known values in ascending order.
    pub sorted: Vec<i64>,
}

impl Line {
    /// Number of different values.
    pub fn distinct(&self) -> usize {
        self.sorted.chunk_by(|a, b| a == b).count()
    }

    /// Chance that the values of two different rows are equal.
    pub fn collision(&self) -> f64 {
        let n = self.sorted.len() as f64;
        let pairs: f64 = self.sorted.chunk_by(|a, b| a == b).map(|s| s.len() as f64 * (s.len() as f64 - 1.0)).sum();
        if n > 1.0 { pairs / (n * (n - 1.0)) } else { 0.0 }
    }

    /// Chance that two values drawn independently are equal.
    pub fn repeat(&self) -> f64 {
        let n = self.sorted.len().max(1) as f64;
        self.sorted.chunk_by(|a, b| a == b).map(|same| (same.len() as f64 / n).powi(2)).sum()
    }
}

/// The ways from a table to its ancestors: the path so far (empty or ending in a dot), the table it reaches and
/// its number of steps.
pub(super) fn ways(linked: &Linked, table: &str, depth: usize) -> Vec<(String, String, usize)> {
    let mut ways = vec![(String::new(), table.to_owned(), 0)];
    // The inferred parent shares a key with its child, so one way to the grandparent is enough.
    let mut shared: Vec<Option<&str>> = vec![None];
    let mut at = 0;
    while at < ways.len() && ways.len() < LINES {
        let (prefix, here, steps) = ways[at].clone();
        let skip = shared[at];
        at += 1;
        if steps == depth {
            continue;
        }
        for r in linked.metadata.parents_of(&here) {
            let key = r.child_key.join("+");
            if skip != Some(&key) {
                ways.push((format!("{prefix}{key}."), r.parent.clone(), steps + 1));
                shared.push(None);
            }
        }
        if let Some((parent, via)) = inferred(linked, &here) {
            ways.push((format!("{prefix}{parent}."), parent.to_owned(), steps + 1));
            shared.push(Some(via));
        }
    }
    ways
}

/// The inferred parent of a table and the key that both share.
pub(super) fn inferred<'a>(linked: &'a Linked, table: &str) -> Option<(&'a str, &'a str)> {
    match &linked.metadata.tables.get(table)?.owner {
        Owner::Inferred { table, via, .. } => Some((table, via)),
        _ => None,
    }
}

/// The lines of a table up to `depth` steps away whose kind is wanted.
pub(super) fn lines(
    linked: &Linked,
    table: &str,
    depth: usize,
    wanted: impl Fn(Kind, usize) -> bool,
) -> Result<Vec<Line>> {
    let rows = linked.table(table)?.rows;
    let most = LINES.min(VALUES / rows.max(1)).max(2);
    let mut lines = Vec::new();
    let mut grid = 0;
    let mut grids = Vec::new();
    for (prefix, at, steps) in ways(linked, table, depth) {
        let meta = &linked.metadata.tables[&at];
        for (name, about) in &meta.columns {
            let path = linked.path(table, &format!("{prefix}{name}"))?;
            let numbers = as_numbers(path.column);
            let key = linked.metadata.is_key(&at, name) || meta.alternate_keys.contains(name);
            let kind = match path.column {
                Column::Time { .. } if path.is_date => Kind::Date,
                Column::Time { .. } => Kind::Time,
                Column::Number { .. } => Kind::Number,
                Column::Text { .. } if key || matches!(about.sdtype, Sdtype::Id { .. }) => Kind::Label,
                Column::Text { .. } if numbers.is_some() => Kind::Coded,
                Column::Text { .. } => Kind::Label,
            };
            if lines.len() == most || !wanted(kind, steps) {
                continue;
            }
            let column = match (&numbers, kind) {
                (Some(numbers), Kind::Number | Kind::Coded) => numbers.as_ref(),
                _ => path.column,
            };
            let decimals = if let Column::Number { decimals, .. } = column { *decimals } else { 0 };
            let ticks: Vec<i64> = (0..rows).map(|row| path.row(row, 0).map_or(NULL, |r| column.tick(r))).collect();
            grid = grid.max(decimals);
            grids.push(decimals);
            lines.push(Line { path: format!("{prefix}{name}"), steps, kind, key, ticks, sorted: Vec::new() });
        }
    }
    for (line, decimals) in lines.iter_mut().zip(grids) {
        if matches!(line.kind, Kind::Number | Kind::Coded) && decimals < grid {
            rescale(&mut line.ticks, 10i64.pow(u32::from(grid - decimals)));
        }
        line.sorted = line.ticks.iter().copied().filter(|t| *t != NULL).collect();
        line.sorted.sort_unstable();
    }
    Ok(lines)
}

/// Brings ticks to a finer grid; what does not fit any more is left out of the search.
fn rescale(ticks: &mut [i64], factor: i64) {
    for t in ticks.iter_mut().filter(|t| **t != NULL) {
        *t = t.checked_mul(factor).unwrap_or(NULL);
    }
}

/// The parent's row that the first step of a path leads to, for each row; the row itself for an own column.
pub(super) fn first_step(linked: &Linked, table: &str, path: &str) -> Result<Vec<u32>> {
    let rows = linked.table(table)?.rows as u32;
    match linked.metadata.resolve(table, path)?.steps.first() {
        None => Ok((0..rows).collect()),
        Some(crate::metadata::Step::Key(link)) => Ok(linked.links[*link].rows.clone()),
        Some(crate::metadata::Step::Inferred) => {
            let at = linked.metadata.tables.get_index_of(table);
            let cover = at.and_then(|i| linked.covers[i].as_ref());
            Ok(cover.map_or_else(|| vec![NO_ROW; rows as usize], |c| c.first.clone()))
        }
    }
}
