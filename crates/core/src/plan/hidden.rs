//! Things that no table lists: identifiers that many rows of a table share and that are no table's key.
//!
//! One file of readings with a `patient_id` and no file of patients is a table of sequences all the same. A hidden
//! table with a row for each identifier stands for the patients: it owns the readings or is pointed to by them,
//! holds what never changes within one, is counted by the guards, and is left out of what is written.

use std::sync::Arc;

use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::{Field, Schema};

use super::panel::{Panel, panel};
use crate::dataset::NO_CODE;
use crate::detect::counts_rows;
use crate::labels::Labels;
use crate::metadata::{ColumnMeta, Metadata, Owner, Relationship, Sdtype, TableMeta};
use crate::{Column, Dataset};

/// Data and metadata with the hidden tables behind the others.
pub struct Hidden {
    /// The tables.
    pub data: Dataset,
    /// What they are.
    pub metadata: Metadata,
    /// How many are hidden.
    pub tables: usize,
    /// What was added and why, for people.
    pub notes: Vec<String>,
}

/// Fewest identifiers that are worth a table.
const LEAST: usize = 5;

/// Adds a hidden owner to each table that needs one; None when no table does. A name stands for `k` rows at least.
pub fn hidden(data: &Dataset, metadata: &Metadata, k: usize) -> Option<Hidden> {
    let mut all = Hidden { data: data.clone(), metadata: metadata.clone(), tables: 0, notes: Vec::new() };
    for (name, table) in &metadata.tables {
        let Some(batch) = data.tables.get(name) else { continue };
        let ids = shared_ids(metadata, name, table, batch);
        let alone = ids.len() == 1 && metadata.parents_of(name).next().is_none();
        for (column, groups) in ids {
            all.add(name, table, batch, &column, &groups, alone);
        }
        if let Some(panel) = panel(data, metadata, name, k) {
            all.add_panel(name, table, batch, panel);
        }
    }
    // A guess must never keep a data set from being learned.
    (all.tables > 0 && all.metadata.validate().is_ok()).then_some(all)
}

impl Hidden {
    fn add(&mut self, name: &str, table: &TableMeta, batch: &RecordBatch, column: &str, groups: &[u32], alone: bool) {
        let key = vec![column.to_owned()];
        let Some((rows, meta)) = table_of(batch, table, &key, groups) else { return };
        self.notes.push(format!("{name}.{column}: names {} things that no table lists", rows.num_rows()));
        self.put(name, &key, rows, meta);
        let declared = table.sequence_key.as_deref() == Some(column);
        // A part of the key says whose the row is, as the number of a ward does within its hospital.
        let whose = alone && table.primary_key.iter().any(|k| k == column);
        let child = &mut self.metadata.tables[name];
        if child.owner == Owner::Auto && (alone || declared) || child.owner == Owner::Nobody && whose {
            child.owner = Owner::Key(key);
            if child.order.is_none() {
                child.order.clone_from(&table.sequence_index);
            }
        }
    }

    fn add_panel(&mut self, name: &str, table: &TableMeta, batch: &RecordBatch, panel: Panel) {
        let key = panel.columns;
        let Some((rows, mut meta)) = table_of(batch, table, &key, &panel.groups) else { return };
        let words = key.join(" and ");
        self.notes.push(format!("{name}: {} rows in order of {} for each {words}", rows.num_rows(), panel.time));
        match &key[..] {
            [_] => meta.reference = true,
            _ => meta.owner = Owner::Key(vec![key[0].clone()]),
        }
        let up = |r: &&Relationship| r.child == name && r.child_key.len() == 1 && key.contains(&r.child_key[0]);
        let up: Vec<Relationship> = self.metadata.relationships.iter().filter(up).cloned().collect();
        let parent = self.put(name, &key, rows, meta);
        self.metadata.relationships.extend(up.into_iter().map(|r| Relationship { child: parent.clone(), ..r }));
        let child = &mut self.metadata.tables[name];
        // A foreign key has no range of its own; it comes back with what is shown.
        key.iter().for_each(|c| child.columns[c].parameters.clear());
        child.owner = Owner::Key(key);
        child.order = Some(panel.time);
    }

    /// Puts a table behind the others, with the key by which a table points to it; gives its name.
    fn put(&mut self, name: &str, key: &[String], rows: RecordBatch, meta: TableMeta) -> String {
        let first = format!("{name} by {}", key.join(" and "));
        let mut names = std::iter::once(first.clone()).chain((2..).map(|i: u32| format!("{first} {i}")));
        let parent = names.find(|n| !self.metadata.tables.contains_key(n)).unwrap_or(first);
        self.data.tables.insert(parent.clone(), rows);
        self.metadata.tables.insert(parent.clone(), meta);
        self.metadata.relationships.push(Relationship {
            parent: parent.clone(),
            parent_key: key.to_vec(),
            child: name.to_owned(),
            child_key: key.to_vec(),
        });
        self.tables += 1;
        parent
    }
}

/// The identifiers that groups of rows share, and the group of each row.
fn shared_ids(metadata: &Metadata, name: &str, table: &TableMeta, batch: &RecordBatch) -> Vec<(String, Vec<u32>)> {
    let mut all = Vec::new();
    if table.reference {
        return all;
    }
    for (column, meta) in table.columns.iter().filter(|(_, m)| matches!(m.sdtype, Sdtype::Id { .. })) {
        let key = table.primary_key.as_slice() == std::slice::from_ref(column) || table.alternate_keys.contains(column);
        if key || metadata.foreign_key(name, column).is_some() {
            continue;
        }
        let read = batch.column_by_name(column).map(|a| Column::read(a.as_ref(), meta));
        let Some(Ok(Column::Text { codes, values })) = read else { continue };
        let known = codes.iter().filter(|c| **c != NO_CODE).count();
        if values.len() >= LEAST && values.len() * 3 <= known * 2 && !numbers_rows(&codes, &values) {
            all.push((column.clone(), codes));
        }
    }
    all
}

/// True for whole numbers that number the rows of something: they name nothing.
fn numbers_rows(codes: &[u32], values: &Labels) -> bool {
    let numbers: Option<Vec<i64>> = values.iter().map(|v| v.parse().ok()).collect();
    numbers.is_some_and(|n| counts_rows(codes, &n))
}

/// One row for each group: its key, and the columns that never change within a group.
fn table_of(
    batch: &RecordBatch,
    table: &TableMeta,
    key: &[String],
    groups: &[u32],
) -> Option<(RecordBatch, TableMeta)> {
    let n = groups.iter().filter(|g| **g != NO_CODE).max().map_or(0, |m| *m as usize + 1);
    let mut first = vec![u32::MAX; n];
    for (row, g) in groups.iter().enumerate().filter(|(_, g)| **g != NO_CODE) {
        let at = &mut first[*g as usize];
        *at = (*at).min(row as u32);
    }
    let take = UInt32Array::from(first.clone());
    let mut meta = TableMeta { primary_key: key.to_vec(), owner: Owner::Nobody, ..TableMeta::default() };
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (column, about) in &table.columns {
        let array = batch.column_by_name(column)?;
        let is_kept = about.is_modelled() && is_constant(array.as_ref(), about, groups, &first);
        if !is_kept && !key.contains(column) {
            continue;
        }
        let rows = arrow_select::take::take(array.as_ref(), &take, None).ok()?;
        fields.push(Field::new(column, rows.data_type().clone(), true));
        arrays.push(rows);
        meta.columns.insert(column.clone(), ColumnMeta { description: None, ..about.clone() });
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).ok()?;
    Some((batch, meta))
}

/// The same value in every row of a group, and not the same in all groups.
fn is_constant(array: &dyn arrow_array::Array, meta: &ColumnMeta, groups: &[u32], first: &[u32]) -> bool {
    let Ok(column) = Column::read(array, meta) else { return false };
    let own = |row: usize| column.tick(row);
    let varies = first.iter().any(|r| own(*r as usize) != own(first[0] as usize));
    let rows = groups.iter().enumerate().filter(|(_, g)| **g != NO_CODE);
    varies && rows.clone().all(|(row, g)| own(row) == own(first[*g as usize] as usize))
}
