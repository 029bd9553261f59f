//! Two parts of a data set by entity: no patient, with anything they own, stands in both.

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use indexmap::IndexMap;

use super::frame::{Frame, REAL};
use crate::rng::{Stream, name};
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
