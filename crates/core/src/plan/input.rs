//! Reads the tables as the metadata say and joins them: every problem of the data at once, with its place.

use std::collections::HashMap;

use indexmap::IndexMap;
use rayon::prelude::*;

use crate::frame::NO_ROW;
use crate::metadata::Metadata;
use crate::{Column, Dataset};

/// Typed columns of every table.
pub(super) type Columns = Vec<IndexMap<String, Column>>;

/// Typed and joined tables, as far as they could be read.
pub(super) struct Input {
    pub columns: Columns,
    pub rows: Vec<usize>,
    /// Parent row of each child row, for each relationship.
    pub parent_row: Vec<Vec<u32>>,
    pub problems: Vec<String>,
}

/// Everything that keeps a data set from being learned: missing tables and columns, values of the wrong type, keys
/// that repeat or are missing, foreign keys that name no row. Each with its place, none with a value.
pub fn problems(data: &Dataset, metadata: &Metadata) -> Vec<String> {
    let number: HashMap<&str, usize> = metadata.tables.keys().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
    Input::read(data, metadata, &number).problems
}

impl Input {
    pub fn read(data: &Dataset, metadata: &Metadata, number: &HashMap<&str, usize>) -> Self {
        let mut problems = Vec::new();
        let columns = typed(data, metadata, &mut problems);
        let rows: Vec<usize> = columns.iter().map(|c| c.values().next().map_or(0, Column::len)).collect();
        keys(metadata, number, &columns, &rows, &mut problems);
        let parent_row = parents(metadata, number, &columns, &rows, &mut problems);
        Self { columns, rows, parent_row, problems }
    }
}

/// Types every column.
fn typed(data: &Dataset, metadata: &Metadata, problems: &mut Vec<String>) -> Columns {
    let mut wanted = Vec::new();
    for (t, (name, table)) in metadata.tables.iter().enumerate() {
        let Some(batch) = data.tables.get(name) else {
            problems.push(format!("table {name} is in the metadata but not in the data"));
            continue;
        };
        if batch.num_rows() == 0 {
            problems.push(format!("table {name} has no rows; take it out of the metadata or give it some"));
        }
        for (column, meta) in &table.columns {
            match batch.column_by_name(column) {
                Some(array) => wanted.push((t, name, column, meta, array)),
                None => problems.push(format!("table {name} has no column {column}; the metadata names it")),
            }
        }
    }
    let read: Vec<_> = wanted
        .into_par_iter()
        .map(|(t, name, column, meta, array)| {
            (t, column, Column::read(array, meta).map_err(|e| e.at(&format!("table {name}, column {column}"))))
        })
        .collect();
    let mut columns: Columns = vec![IndexMap::new(); metadata.tables.len()];
    for (t, column, result) in read {
        match result {
            Ok(c) => {
                columns[t].insert(column.clone(), c);
            }
            Err(e) => problems.extend(e.problems().iter().cloned()),
        }
    }
    columns
}

/// The columns of a key; None when one could not be read, which is a problem of its own.
fn pick<'a>(columns: &'a IndexMap<String, Column>, names: &[String]) -> Option<Vec<&'a Column>> {
    names.iter().map(|n| columns.get(n)).collect()
}

/// A key of one row as text; false when any part is missing.
fn key_text(columns: &[&Column], row: usize, out: &mut String) -> bool {
    out.clear();
    for c in columns {
        if c.is_null(row) {
            return false;
        }
        match c {
            Column::Text { codes, values } => out.push_str(&values[codes[row] as usize]),
            Column::Number { ticks, .. } | Column::Time { ticks } => out.push_str(&ticks[row].to_string()),
        }
        out.push('\u{1f}');
    }
    true
}

/// Primary keys that repeat or are missing.
fn keys(
    metadata: &Metadata,
    number: &HashMap<&str, usize>,
    columns: &Columns,
    rows: &[usize],
    problems: &mut Vec<String>,
) {
    for (name, table) in metadata.tables.iter().filter(|(_, t)| !t.primary_key.is_empty()) {
        let t = number[name.as_str()];
        let Some(key) = pick(&columns[t], &table.primary_key) else { continue };
        let mut seen = HashMap::with_capacity(rows[t]);
        let mut text = String::new();
        let (mut twice, mut null) = (Vec::new(), Vec::new());
        for r in 0..rows[t] {
            if !key_text(&key, r, &mut text) {
                null.push(r + 1);
            } else if seen.insert(text.clone(), r).is_some() {
                twice.push(r + 1);
            }
        }
        for (bad, what) in [(twice, "repeats an earlier one"), (null, "is missing")] {
            if let Some(first) = bad.first() {
                let key = table.primary_key.join(" + ");
                problems.push(format!(
                    "table {name}: primary key {key} {what} in {} rows (first: data row {first})",
                    bad.len()
                ));
            }
        }
    }
}

/// Parent row of each child row, for each relationship; orphans are problems.
fn parents(
    metadata: &Metadata,
    number: &HashMap<&str, usize>,
    columns: &Columns,
    rows: &[usize],
    problems: &mut Vec<String>,
) -> Vec<Vec<u32>> {
    let mut out = Vec::new();
    for r in &metadata.relationships {
        let (p, c) = (number[r.parent.as_str()], number[r.child.as_str()]);
        let ends = pick(&columns[p], &r.parent_key).zip(pick(&columns[c], &r.child_key));
        let Some((parent, child)) = ends else {
            out.push(Vec::new());
            continue;
        };
        let mut text = String::new();
        let mut at: HashMap<String, u32> = HashMap::with_capacity(rows[p]);
        for row in 0..rows[p] {
            if key_text(&parent, row, &mut text) {
                at.insert(text.clone(), row as u32);
            }
        }
        let mut orphans = Vec::new();
        let found: Vec<u32> = (0..rows[c])
            .map(|row| {
                if !key_text(&child, row, &mut text) {
                    return NO_ROW;
                }
                at.get(&text).copied().unwrap_or_else(|| {
                    orphans.push(row + 1);
                    NO_ROW
                })
            })
            .collect();
        if let Some(first) = orphans.first() {
            problems.push(format!(
                "table {}: {} names no row of {} in {} rows (first: data row {first}); drop them with --drop-orphans",
                r.child,
                r.child_key.join(" + "),
                r.parent,
                orphans.len()
            ));
        }
        out.push(found);
    }
    out
}
