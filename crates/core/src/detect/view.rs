//! Columns and groups of a data set as its metadata reads them, each read once.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::dataset::{Column, NULL};
use crate::metadata::{Metadata, Relationship};
use crate::{Dataset, time};

/// Table and column.
type Place = (String, String);
/// Child table and its foreign key.
type ForeignKey = (String, Vec<String>);

/// A data set beside its metadata.
pub(super) struct View<'a> {
    data: &'a Dataset,
    read: RefCell<BTreeMap<Place, Option<Rc<Column>>>>,
    joined: RefCell<BTreeMap<ForeignKey, Option<Parents>>>,
}

/// The parent's row of each row; None when the key is missing or dangling.
pub(super) type Parents = Rc<Vec<Option<usize>>>;

/// Which rows share the values of some columns.
pub(super) struct Groups {
    /// The group of each row; None when a value is missing.
    pub(super) of_row: Vec<Option<u32>>,
    /// Number of groups.
    pub(super) count: usize,
}

/// One value of a key.
#[derive(PartialEq, Eq, Hash)]
enum Cell<'c> {
    Text(&'c str),
    Tick(i64),
}

fn cell(column: &Column, row: usize) -> Option<Cell<'_>> {
    match column {
        Column::Text { codes, values } => values.get_index(codes[row] as usize).map(Cell::Text),
        _ => Some(column.tick(row)).filter(|t| *t != NULL).map(Cell::Tick),
    }
}

impl<'a> View<'a> {
    pub(super) fn new(data: &'a Dataset) -> Self {
        Self { data, read: RefCell::default(), joined: RefCell::default() }
    }

    /// Number of rows of a table; 0 when the data do not have it.
    pub(super) fn rows(&self, table: &str) -> usize {
        self.data.tables.get(table).map_or(0, |b| b.num_rows())
    }

    /// A column; None when it is not there or not as the metadata says, which reading the data will report.
    pub(super) fn column(&self, meta: &Metadata, table: &str, column: &str) -> Option<Rc<Column>> {
        let place = (table.to_owned(), column.to_owned());
        if let Some(known) = self.read.borrow().get(&place) {
            return known.clone();
        }
        let read = || {
            let array = self.data.tables.get(table)?.column_by_name(column)?;
            let meta = meta.tables.get(table)?.columns.get(column)?;
            Column::read(array.as_ref(), meta).ok().map(Rc::new)
        };
        let found = read();
        self.read.borrow_mut().insert(place, found.clone());
        found
    }

    fn columns(&self, meta: &Metadata, table: &str, columns: &[String]) -> Option<Vec<Rc<Column>>> {
        columns.iter().map(|c| self.column(meta, table, c)).collect()
    }

    /// The rows that share the values of `columns`.
    pub(super) fn groups(&self, meta: &Metadata, table: &str, columns: &[String]) -> Option<Groups> {
        let columns = self.columns(meta, table, columns)?;
        let mut seen: HashMap<Vec<i64>, u32> = HashMap::new();
        let mut of_row = Vec::with_capacity(self.rows(table));
        for row in 0..self.rows(table) {
            let key: Vec<i64> = columns.iter().map(|c| c.tick(row)).collect();
            let next = seen.len() as u32;
            of_row.push((!key.contains(&NULL)).then(|| *seen.entry(key).or_insert(next)));
        }
        Some(Groups { of_row, count: seen.len() })
    }

    /// The parent's row of each row of the child.
    pub(super) fn parents(&self, meta: &Metadata, r: &Relationship) -> Option<Parents> {
        let place = (r.child.clone(), r.child_key.clone());
        if let Some(known) = self.joined.borrow().get(&place) {
            return known.clone();
        }
        let found = self.join(meta, r).map(Rc::new);
        self.joined.borrow_mut().insert(place, found.clone());
        found
    }

    fn join(&self, meta: &Metadata, r: &Relationship) -> Option<Vec<Option<usize>>> {
        let parent = self.columns(meta, &r.parent, &r.parent_key)?;
        let child = self.columns(meta, &r.child, &r.child_key)?;
        let mut rows = HashMap::new();
        for row in 0..self.rows(&r.parent) {
            if let Some(k) = key(&parent, row) {
                rows.entry(k).or_insert(row);
            }
        }
        Some((0..self.rows(&r.child)).map(|row| rows.get(&key(&child, row)?).copied()).collect())
    }
}

fn key(columns: &[Rc<Column>], row: usize) -> Option<Vec<Cell<'_>>> {
    columns.iter().map(|c| cell(c, row)).collect()
}

/// True when the times have a time of day.
pub(super) fn has_clock(column: &Column) -> bool {
    matches!(column, Column::Time { ticks } if ticks.iter().any(|t| *t != NULL && t % time::DAY != 0))
}

/// Of the rows that are not the first of their group, the share that bring a value not seen in the group before:
/// 1 for times that all differ, 0 for an attribute of the group itself. None when no group has two rows.
pub(super) fn spread(groups: &Groups, column: &Column) -> Option<f64> {
    let mut pairs: Vec<(u32, i64)> =
        groups.of_row.iter().enumerate().filter_map(|(row, g)| Some(((*g)?, column.tick(row)))).collect();
    pairs.retain(|p| p.1 != NULL);
    let rows = pairs.len();
    pairs.sort_unstable();
    let nonempty = 1 + pairs.windows(2).filter(|w| w[0].0 != w[1].0).count();
    pairs.dedup();
    (rows > nonempty).then(|| (pairs.len() - nonempty) as f64 / (rows - nonempty) as f64)
}
