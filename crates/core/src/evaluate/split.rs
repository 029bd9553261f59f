//! Two parts of a data set by entity: no patient, with anything they own, stands in both.

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use indexmap::IndexMap;

use super::frame::{Frame, REAL};
use crate::dataset::Column;
use crate::model::Holdout;
use crate::rng::{Stream, mix, name};
use crate::{Dataset, Error, ErrorKind, Metadata, Result};

/// Splits a data set by entity: each entity goes to the second part with the chance `share`, and all it owns
/// goes with it. Tables that rows of other entities point to (wards, airports) stay whole in both parts.
///
/// An error when no table can be split without breaking a foreign key.
pub fn split(data: &Dataset, metadata: &Metadata, share: f64, seed: u64) -> Result<(Dataset, Dataset)> {
    let frame = Frame::new(metadata, vec![data]);
    let roots: IndexMap<&str, &str> =
        metadata.tables.keys().map(|t| (t.as_str(), frame.path_to_root(t).last().copied().unwrap_or(t))).collect();
    let splits = |root: &str| {
        metadata.relationships.iter().all(|r| {
            let (parent, child) = (roots[r.parent.as_str()], roots[r.child.as_str()]);
            parent != root || (child == root && (r.parent != r.child))
        })
    };
    let (mut first, mut second) = (Dataset::default(), Dataset::default());
    let mut moved = false;
    for (table, batch) in &data.tables {
        let Some(&root) = roots.get(table.as_str()).filter(|r| splits(r) && !metadata.tables[**r].reference) else {
            first.tables.insert(table.clone(), batch.clone());
            second.tables.insert(table.clone(), batch.clone());
            continue;
        };
        moved = true;
        let purpose = name(&["split", root]);
        let goes: Vec<bool> = frame.entities[REAL][table]
            .iter()
            .map(|&e| Stream::new(seed, purpose, u64::from(e)).unit() < share)
            .collect();
        first.tables.insert(table.clone(), keep(batch, goes.iter().map(|g| !g))?);
        second.tables.insert(table.clone(), keep(batch, goes.iter().copied())?);
    }
    if !moved {
        let what = "no table can be split by entity: every table is pointed to by rows of other entities";
        return Err(Error::new(ErrorKind::Data, what));
    }
    Ok((first, second))
}

fn keep(batch: &RecordBatch, rows: impl Iterator<Item = bool>) -> Result<RecordBatch> {
    let mask = BooleanArray::from(rows.collect::<Vec<bool>>());
    filter_record_batch(batch, &mask).map_err(|e| Error::new(ErrorKind::Data, format!("rows can't be split: {e}")))
}

/// Keeps a share of the entities aside, and what it takes to find them again: the rows to learn from, those never to
/// be learned from, and the draw. An error when nobody is kept aside.
pub fn hold_out(data: &Dataset, metadata: &Metadata, share: f64, seed: u64) -> Result<(Dataset, Dataset, Holdout)> {
    let (kept, held) = split(data, metadata, share, seed)?;
    if data.tables.iter().all(|(t, b)| kept.tables[t].num_rows() == b.num_rows()) {
        let what = format!("a share of {share} keeps nobody aside: there are too few entities");
        return Err(Error::new(ErrorKind::Data, what));
    }
    let rows = data.tables.iter().map(|(t, b)| (t.clone(), b.num_rows() as u64)).collect();
    let fingerprint = fingerprint(data, metadata);
    Ok((kept, held, Holdout { share, seed, orphans_dropped: false, rows, fingerprint }))
}

/// The same split again: the rows that were learned from, and those that were not. An error when the data are not
/// the same.
pub fn hold_out_again(data: &Dataset, metadata: &Metadata, holdout: &Holdout) -> Result<(Dataset, Dataset)> {
    let mut problems = Vec::new();
    for (table, &rows) in &holdout.rows {
        match data.tables.get(table).map(|b| b.num_rows() as u64) {
            None => problems.push(format!("table {table} is missing")),
            Some(n) if n != rows => problems.push(format!("table {table} has {n} rows, {rows} at the fit")),
            Some(_) => {}
        }
    }
    if problems.is_empty() && fingerprint(data, metadata) != holdout.fingerprint {
        problems.push("some cells or the order of rows differ".to_owned());
    }
    if !problems.is_empty() {
        let what = "these are not the data that the model was fitted on, so who was held out can't be told";
        return Err(Error::new(ErrorKind::Data, format!("{what}: {}", problems.join("; "))));
    }
    split(data, metadata, holdout.share, holdout.seed)
}

/// A hash of every cell that can be read, in the order of the metadata.
fn fingerprint(data: &Dataset, metadata: &Metadata) -> u64 {
    let mut hash = 0u64;
    let mut add = |v: u64| hash = mix(hash ^ v).wrapping_add(0x9e37_79b9);
    for (table, meta) in &metadata.tables {
        let Some(batch) = data.tables.get(table) else { continue };
        for (name_, column) in &meta.columns {
            add(name(&[table, name_]));
            let read = batch.column_by_name(name_).and_then(|a| Column::read(a.as_ref(), column).ok());
            let Some(read) = read else { continue };
            let labels: Vec<u64> = match &read {
                Column::Text { values, .. } => values.iter().map(|v| name(&[v])).collect(),
                _ => Vec::new(),
            };
            for row in 0..read.len() {
                let tick = read.tick(row);
                add(usize::try_from(tick).ok().and_then(|t| labels.get(t).copied()).unwrap_or(tick as u64));
            }
        }
    }
    hash
}
