//! Proves data sets of any size: in memory where they fit, else in passes over parts that belong together.
//!
//! What one row shows is proved batch by batch. What rows show together (keys, links, overlaps, rules over parents)
//! is proved part by part: the rows of a table and of its large parent go to files by a hash of their key, so that
//! rows that belong together meet in one part, and a part fits in memory. Memory is bounded by the limit, plus the
//! columns of large tables that a rule reaches by a second key; a note names these.

mod spill;
mod sum;
mod task;

use std::path::Path;

use healthdata_core::check::{CheckReport, check};
use healthdata_core::metadata::Owner;
use healthdata_core::{Dataset, Metadata, Result};
use indexmap::IndexMap;

use crate::source::{self, Files};
use spill::Spill;
use sum::Sum;
use task::{How, Task};

/// Bytes in memory for a byte in a CSV file: text, typed columns, joined rows.
const GROWTH: u64 = 4;
/// Rows of a batch.
const ROWS: usize = 1 << 17;
/// Parts at most: each batch is written in a piece for each.
const PARTS: u64 = 256;

/// A report and what was left aside, for people.
pub struct Proved {
    /// What was proved.
    pub report: CheckReport,
    /// Notes of reading, and of memory.
    pub notes: Vec<String>,
}

/// Proves the data set at `path` with about so many bytes of memory. `say` is told what is at work.
pub fn prove(path: &Path, metadata: &Metadata, memory: u64, say: &dyn Fn(&str)) -> Result<Proved> {
    let files = Files::open(path, metadata)?;
    let size = |t: &String| files.bytes(t).saturating_mul(GROWTH);
    if metadata.tables.keys().map(size).sum::<u64>() <= memory {
        say("reading");
        let source = source::read(path, Some(metadata))?;
        say("checking");
        return Ok(Proved { report: check(&source.data, metadata)?, notes: source.notes });
    }
    let mut small: Vec<String> = Vec::new();
    let mut left = memory / 4;
    let mut by_size: Vec<&String> = metadata.tables.keys().collect();
    by_size.sort_by_key(|t| size(t));
    for t in by_size {
        if size(t) <= left {
            left -= size(t);
            small.push(t.clone());
        }
    }
    let mut sum = Sum::new(metadata);
    let mut notes = files.notes.clone();
    for task in task::tasks(metadata, &small)? {
        say(&task.what);
        for t in task.parts.iter().filter(|p| p.how == How::Whole && !small.contains(&p.table)) {
            notes.push(format!("{}: columns of {} are held in memory whole", task.what, t.table));
        }
        run(&files, metadata, &task, memory, &mut sum)?;
    }
    Ok(Proved { report: sum.finish(), notes })
}

fn run(files: &Files, metadata: &Metadata, task: &Task, memory: u64, sum: &mut Sum) -> Result<()> {
    let meta = narrowed(metadata, task);
    let mut whole = Dataset::default();
    for part in task.parts.iter().filter(|p| p.how == How::Whole) {
        let mut batches = Vec::new();
        files.stream(&part.table, &meta.tables[&part.table], ROWS, &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
        whole.tables.insert(part.table.clone(), source::concat(&batches)?);
    }
    if let Some(part) = task.parts.iter().find(|p| p.how == How::Batches) {
        let mut before = 0u64;
        return files.stream(&part.table, &meta.tables[&part.table], ROWS, &mut |batch| {
            let rows = batch.num_rows() as u64;
            let mut data = Dataset { tables: whole.tables.clone() };
            data.tables.insert(part.table.clone(), batch);
            sum.add(task, check(&data, &meta)?, &|row| before + row);
            before += rows;
            Ok(())
        });
    }
    let hashed: Vec<_> = task.parts.iter().filter(|p| matches!(p.how, How::By(_))).collect();
    if hashed.is_empty() {
        sum.add(task, check(&whole, &meta)?, &|row| row);
        return Ok(());
    }
    let bytes: u64 = hashed.iter().map(|p| files.bytes(&p.table).saturating_mul(GROWTH)).sum();
    let parts = (bytes / (memory / 4).max(1) + 1).min(PARTS) as usize;
    let spills = hashed
        .iter()
        .map(|p| {
            let How::By(key) = &p.how else { unreachable!("only hashed parts are here") };
            Spill::write(files, &p.table, &meta.tables[&p.table], key, parts)
        })
        .collect::<Result<Vec<_>>>()?;
    for i in 0..parts {
        let mut data = Dataset { tables: whole.tables.clone() };
        let mut rows = Vec::new();
        for (part, spill) in hashed.iter().zip(&spills) {
            let (batch, at) = spill.read(i)?;
            if part.table == task.main {
                rows = at;
            }
            data.tables.insert(part.table.clone(), batch);
        }
        let report = check(&data, &meta)?;
        // Places are data rows counted from 1; those of the part stand in `rows`.
        sum.add(task, report, &|row| rows.get(row as usize - 1).map_or(row, |r| *r as u64 + 1));
    }
    Ok(())
}

/// The metadata of one task: its tables with the columns, keys and rules that it needs.
fn narrowed(metadata: &Metadata, task: &Task) -> Metadata {
    let mut tables = IndexMap::new();
    for (name, meta) in &metadata.tables {
        let Some(part) = task.parts.iter().find(|p| p.table == *name) else { continue };
        let mut meta = meta.clone();
        if let Some(columns) = &part.columns {
            meta.columns.retain(|c, _| columns.contains(c));
        }
        if !task.proves(name, "primary key") {
            meta.primary_key.clear();
        }
        meta.alternate_keys.retain(|k| task.alternate.iter().any(|(t, a)| t == name && a == k));
        if !task.inferred.contains(name) {
            meta.owner = Owner::Auto;
        }
        tables.insert(name.clone(), meta);
    }
    let relationships = task.links.iter().map(|i| metadata.relationships[*i].clone()).collect();
    let rules = task.rules.iter().map(|i| metadata.rules[*i].clone()).collect();
    Metadata { tables, relationships, rules }
}
