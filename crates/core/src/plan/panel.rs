//! Panels: rows that take the same times for each of some things, as weekly sales do for each department of each shop.
//!
//! Such rows follow each other within a thing, not within the shop. The thing becomes a hidden table between the two. In a
//! file of its own a label may name the thing, as the country does whose years follow each other: then the things are
//! repeated, names and all.

use std::collections::HashSet;

use arrow_array::RecordBatch;

use crate::dataset::{NO_CODE, NULL};
use crate::detect::{counts_on, counts_time, names_people};
use crate::linked::{Groups, group};
use crate::metadata::{Metadata, Owner, Sdtype, TableMeta};
use crate::{Column, Dataset};

/// Things that have their own rows in a table.
pub(super) struct Panel {
    /// What tells them apart: a foreign key and a label or another key, or a label alone.
    pub columns: Vec<String>,
    /// What orders their rows.
    pub time: String,
    /// The thing of each row.
    pub groups: Vec<u32>,
}

/// Rows of one thing at least, in the mean.
const LENGTH: usize = 4;
/// Share of all times that a thing has a row at, at least, in the mean.
const DENSITY: f64 = 0.3;
/// Share of rows that another row (of the same parent) has the time of, at least.
const TIES: f64 = 0.5;

/// Things that a label alone names at least and at most: fewer are kinds, more would be people.
const FEWEST: usize = 5;
const NAMED: usize = 1000;

/// The things whose rows a table holds, where its foreign keys alone do not tell them apart. A label that names one stands
/// for `k` rows at least.
pub(super) fn panel(data: &Dataset, metadata: &Metadata, name: &str, k: usize) -> Option<Panel> {
    let (table, batch) = (&metadata.tables[name], data.tables.get(name)?);
    if table.reference || table.order.is_some() || table.sequence_key.is_some() {
        return None;
    }
    match table.owner {
        // What other tables point to is an entity of its own, whatever label it has.
        Owner::Auto | Owner::Nobody if metadata.parents_of(name).next().is_none() => {
            let is_alone = metadata.relationships.iter().all(|r| r.parent != name);
            is_alone.then(|| named(table, batch, k)).flatten()
        }
        Owner::Auto | Owner::Key(_) => keyed(metadata, name, table, batch),
        _ => None,
    }
}

/// Things that a label names.
fn named(table: &TableMeta, batch: &RecordBatch, k: usize) -> Option<Panel> {
    let is_label = |c: &str, sdtype: &Sdtype| matches!(sdtype, Sdtype::Categorical) && !names_people(c);
    let mut best: Option<(f64, Panel)> = None;
    for (time, at) in orders(table, batch) {
        // Things of a kind have their rows at the same times.
        if !is_tied(&group(&[&at])) {
            continue;
        }
        for (label, what) in read(table, batch, |c, sdtype| c != time && is_label(c, sdtype)) {
            let things = group(&[&what]);
            let most = best.as_ref().map_or(DENSITY, |b| b.0);
            let Some(density) =
                density(&things, &at).filter(|d| *d >= most && (FEWEST..=NAMED).contains(&things.count))
            else {
                continue;
            };
            // Of labels that mean the same the first.
            let is_more = best.as_ref().is_none_or(|b| density > b.0);
            if is_more && things.sizes().iter().all(|n| *n as usize >= k.max(LENGTH)) {
                best = Some((density, Panel { columns: vec![label], time: time.clone(), groups: things.of }));
            }
        }
    }
    best.map(|b| b.1)
}

/// The columns that may order rows.
fn orders(table: &TableMeta, batch: &RecordBatch) -> Vec<(String, Column)> {
    let is_number = |sdtype: &Sdtype| matches!(sdtype, Sdtype::Numerical | Sdtype::Categorical);
    let columns = read(table, batch, |_, sdtype| matches!(sdtype, Sdtype::Datetime { .. }) || is_number(sdtype));
    let counts =
        |(c, column): &(String, Column)| !is_number(&table.columns[c].sdtype) || counts_time(c) || counts_on(column);
    columns.into_iter().filter(counts).collect()
}

/// Things that a foreign key and something else tell apart.
fn keyed(metadata: &Metadata, name: &str, table: &TableMeta, batch: &RecordBatch) -> Option<Panel> {
    let keys: Vec<&String> = metadata
        .parents_of(name)
        .filter(|r| r.parent != name && r.child_key.len() == 1)
        .map(|r| &r.child_key[0])
        .filter(|k| match &table.owner {
            Owner::Key(owner) => owner.as_slice() == std::slice::from_ref(*k),
            _ => true,
        })
        .collect();
    let mut best: Option<(f64, Panel)> = None;
    for (time, at) in orders(table, batch) {
        for key in &keys {
            let Some((_, owner)) = read(table, batch, |c, _| c == *key).pop() else { continue };
            let within = group(&[&owner, &at]);
            if !is_tied(&within) || within.of.contains(&crate::linked::NO_ROW) {
                continue;
            }
            let is_part = |c: &str, sdtype: &Sdtype| {
                c != time
                    && c != *key
                    && (matches!(sdtype, Sdtype::Categorical | Sdtype::Boolean)
                        || metadata.parents_of(name).any(|r| r.child_key == [c]))
            };
            for (part, what) in read(table, batch, is_part) {
                let things = group(&[&owner, &what]);
                let Some(density) = density(&things, &at) else { continue };
                if density >= DENSITY && best.as_ref().is_none_or(|b| density > b.0) {
                    let columns = vec![key.to_string(), part];
                    best = Some((density, Panel { columns, time: time.clone(), groups: things.of }));
                }
            }
        }
    }
    best.map(|b| b.1)
}

/// Whether enough rows share their group with another.
fn is_tied(groups: &Groups) -> bool {
    let tied = groups.sizes().iter().filter(|n| **n > 1).map(|n| *n as usize).sum::<usize>();
    tied as f64 >= TIES * groups.of.len() as f64
}

/// The columns of a table that are wanted, as they are read.
fn read(table: &TableMeta, batch: &RecordBatch, wanted: impl Fn(&str, &Sdtype) -> bool) -> Vec<(String, Column)> {
    let columns = table.columns.iter().filter(|(name, meta)| wanted(name, &meta.sdtype));
    let read = |(name, meta): (&String, _)| {
        let array = batch.column_by_name(name)?;
        Some((name.clone(), Column::read(array.as_ref(), meta).ok()?))
    };
    columns.filter_map(read).collect()
}

/// Share of all times at which a thing has a row, in the mean; None where one has two rows at a time, where any is
/// missing, and where things have few rows.
fn density(things: &Groups, at: &Column) -> Option<f64> {
    let n = things.of.len();
    let mut seen: HashSet<(u32, i64)> = HashSet::with_capacity(n);
    let mut times: HashSet<i64> = HashSet::new();
    for (row, thing) in things.of.iter().enumerate() {
        let tick = at.tick(row);
        if *thing == NO_CODE || tick == NULL || !seen.insert((*thing, tick)) {
            return None;
        }
        times.insert(tick);
    }
    let is_long = things.count > 1 && n >= LENGTH * things.count;
    is_long.then(|| n as f64 / (things.count as f64 * times.len() as f64))
}
