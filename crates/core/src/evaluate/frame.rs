//! The data sets of one evaluation, read once and put on common scales, with their keys resolved to rows.

use indexmap::IndexMap;
use rayon::prelude::*;

use super::link::{Link, link};
use crate::dataset::{Column, Dataset};
use crate::labels::Labels;
use crate::metadata::{Metadata, Owner};
use crate::metric::jackknife::Groups;
use crate::metric::{Series, align};

/// The data set everything is compared with.
pub const REAL: usize = 0;
/// The data set that is judged.
pub const SYNTHETIC: usize = 1;
/// A second real draw, where there is one.
pub const HOLDOUT: usize = 2;

/// What a person calls a side.
pub fn side_name(side: usize) -> &'static str {
    ["real", "synthetic", "holdout"][side]
}

/// One table of one side.
#[derive(Debug, Default)]
pub struct Table {
    /// Is the table there at all?
    pub present: bool,
    /// Its rows.
    pub rows: usize,
    /// Modelled columns, on the scale all sides share; or why there is none.
    pub columns: IndexMap<String, Result<Series, String>>,
    /// Ids and other columns that are never modelled, on their own scale.
    pub other: IndexMap<String, Result<Column, String>>,
}

/// All sides of one evaluation.
pub struct Frame<'a> {
    /// What the data are.
    pub metadata: &'a Metadata,
    /// Real, synthetic and, where given, holdout.
    pub data: Vec<&'a Dataset>,
    /// Tables in metadata order, one list a side.
    pub tables: Vec<IndexMap<String, Table>>,
    /// Labels of each label column, by table and column.
    pub labels: IndexMap<(String, String), Labels>,
    /// Links in the order of the relationships, one list a side; or why a key can't be followed.
    pub links: Vec<Vec<Result<Link, String>>>,
    /// The relationship whose parent owns the rows of each table; None for entities.
    pub owners: IndexMap<String, Option<usize>>,
    /// For each side, the groups of entities every row belongs to.
    pub groups: Vec<IndexMap<String, Groups>>,
    /// For each side, the entity of every row.
    pub entities: Vec<IndexMap<String, Vec<u32>>>,
}

impl<'a> Frame<'a> {
    /// Reads the sides. What can't be read stays in the frame as the reason why.
    pub fn new(metadata: &'a Metadata, data: Vec<&'a Dataset>) -> Self {
        let raw: Vec<IndexMap<&str, Raw>> = data.par_iter().map(|d| read_side(metadata, d)).collect();
        let links: Vec<Vec<Result<Link, String>>> = raw
            .par_iter()
            .map(|side| metadata.relationships.par_iter().map(|r| link(r, &|t, c| column(side, t, c))).collect())
            .collect();
        let (tables, labels) = align_sides(metadata, raw);
        let owners = owners(metadata, &links);
        let mut frame =
            Self { metadata, data, tables, labels, links, owners, groups: Vec::new(), entities: Vec::new() };
        let names: Vec<&String> = metadata.tables.keys().collect();
        for side in 0..frame.tables.len() {
            let entities: Vec<(&String, (Vec<u32>, usize))> =
                names.par_iter().map(|t| (*t, frame.roots(side, t))).collect();
            frame.groups.push(entities.iter().map(|(t, (of, n))| ((*t).clone(), Groups::new(of, *n))).collect());
            frame.entities.push(entities.into_iter().map(|(t, (of, _))| (t.clone(), of)).collect());
        }
        frame
    }

    /// Sides that are compared with the real one.
    pub fn others(&self) -> std::ops::Range<usize> {
        SYNTHETIC..self.tables.len()
    }

    /// A table of a side.
    pub fn table(&self, side: usize, table: &str) -> &Table {
        &self.tables[side][table]
    }

    /// A modelled column of a side, or why it can't be compared.
    pub fn column(&self, side: usize, table: &str, column: &str) -> Result<&Series, String> {
        match self.table(side, table).columns.get(column) {
            Some(Ok(s)) => Ok(s),
            Some(Err(e)) => Err(e.clone()),
            None => Err(format!("column {column} is not modelled")),
        }
    }

    /// Columns worth comparing: modelled and no part of a key.
    pub fn modelled(&self, table: &str) -> Vec<&'a str> {
        let meta = &self.metadata.tables[table];
        let columns = meta.columns.iter().filter(|(_, m)| m.is_modelled());
        columns.map(|(c, _)| c.as_str()).filter(|c| !self.metadata.is_key(table, c)).collect()
    }

    /// Columns worth comparing that both sides have.
    pub fn shared(&self, table: &str, side: usize) -> Vec<&'a str> {
        let readable = |side, c: &&str| self.column(side, table, c).is_ok();
        self.modelled(table).into_iter().filter(|c| readable(REAL, c) && readable(side, c)).collect()
    }

    /// The label of a code.
    pub fn label(&self, table: &str, column: &str, code: i64) -> Option<&str> {
        let labels = self.labels.get(&(table.to_owned(), column.to_owned()))?;
        labels.get_index(usize::try_from(code).ok()?)
    }

    /// The table and its owners up to the one that nobody owns.
    pub fn path_to_root<'f>(&'f self, table: &'f str) -> Vec<&'f str> {
        let mut path = vec![table];
        while let Some(Some(owner)) = self.owners.get(path[path.len() - 1]) {
            let parent = self.metadata.relationships[*owner].parent.as_str();
            if path.contains(&parent) {
                break;
            }
            path.push(parent);
        }
        path
    }

    /// The entity at the top of each row's chain of owners, and how many there are. A row whose chain breaks is
    /// an entity of its own.
    fn roots(&self, side: usize, table: &str) -> (Vec<u32>, usize) {
        let rows = self.table(side, table).rows as u32;
        let mut at: Vec<Option<u32>> = (0..rows).map(Some).collect();
        let path = self.path_to_root(table);
        for here in &path[..path.len() - 1] {
            let link = self.owners[*here].and_then(|o| self.links[side][o].as_ref().ok());
            for a in &mut at {
                *a = a.and_then(|row| link?.parent(row));
            }
        }
        let roots = self.table(side, path[path.len() - 1]).rows as u32;
        let mut next = roots;
        let of = at.into_iter().map(|a| {
            a.unwrap_or_else(|| {
                next += 1;
                next - 1
            })
        });
        let of: Vec<u32> = of.collect();
        (of, next as usize)
    }

    /// True when the table holds the very same rows on a side as in the real data: a dimension kept whole, of
    /// which there is no second draw.
    pub fn is_same(&self, side: usize, table: &str) -> bool {
        let columns = self.shared(table, side);
        let (a, b) = (self.table(REAL, table), self.table(side, table));
        if columns.is_empty() || a.rows != b.rows {
            return false;
        }
        let sorted = |s: usize| {
            let mut h = super::copies::row_hashes(self, s, table, &columns);
            h.sort_unstable();
            h
        };
        sorted(REAL) == sorted(side)
    }
}

struct Raw {
    present: bool,
    rows: usize,
    columns: IndexMap<String, Result<Column, String>>,
}

fn read_side<'m>(metadata: &'m Metadata, data: &Dataset) -> IndexMap<&'m str, Raw> {
    let read = |name: &'m String| {
        let meta = &metadata.tables[name];
        let Some(batch) = data.tables.get(name) else {
            let missing = meta.columns.keys().map(|c| (c.clone(), Err("the table is missing".to_owned())));
            return (name.as_str(), Raw { present: false, rows: 0, columns: missing.collect() });
        };
        let columns: Vec<_> = meta.columns.iter().collect();
        let columns = columns.into_par_iter().map(|(c, m)| {
            let read = match batch.column_by_name(c) {
                Some(array) => Column::read_fine(array.as_ref(), m).map_err(|e| e.to_string()),
                None => Err("the column is missing".to_owned()),
            };
            (c.clone(), read)
        });
        let columns: Vec<_> = columns.collect();
        (name.as_str(), Raw { present: true, rows: batch.num_rows(), columns: columns.into_iter().collect() })
    };
    let names: Vec<&String> = metadata.tables.keys().collect();
    names.into_par_iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn column<'s>(side: &'s IndexMap<&str, Raw>, table: &str, column: &str) -> Result<&'s Column, String> {
    let read = side.get(table).and_then(|t| t.columns.get(column));
    read.ok_or_else(|| format!("{table}.{column} is missing"))?.as_ref().map_err(|e| format!("{table}.{column}: {e}"))
}

type LabelsOf = IndexMap<(String, String), Labels>;

/// Puts every modelled column of all sides on one scale.
fn align_sides(metadata: &Metadata, mut raw: Vec<IndexMap<&str, Raw>>) -> (Vec<IndexMap<String, Table>>, LabelsOf) {
    let mut tables: Vec<IndexMap<String, Table>> = Vec::new();
    for side in &raw {
        let new = |t: &Raw| Table { present: t.present, rows: t.rows, ..Table::default() };
        tables.push(side.iter().map(|(name, t)| ((*name).to_owned(), new(t))).collect());
    }
    let mut modelled = Vec::new();
    for (name, meta) in &metadata.tables {
        for (column, column_meta) in &meta.columns {
            let missing = || Err("the column is missing".to_owned());
            let sides: Vec<Result<Column, String>> =
                raw.iter_mut().map(|s| s[name.as_str()].columns.swap_remove(column).unwrap_or_else(missing)).collect();
            if column_meta.is_modelled() {
                modelled.push((name, column, sides));
                continue;
            }
            for (table, read) in tables.iter_mut().zip(sides) {
                table[name].other.insert(column.clone(), read);
            }
        }
    }
    let aligned = modelled.into_par_iter().map(|(name, column, sides)| (name, column, one_scale(sides)));
    let mut labels = LabelsOf::new();
    for (name, column, (sides, list)) in aligned.collect::<Vec<_>>() {
        if !list.is_empty() {
            labels.insert((name.clone(), column.clone()), list);
        }
        for (table, series) in tables.iter_mut().zip(sides) {
            table[name].columns.insert(column.clone(), series);
        }
    }
    (tables, labels)
}

/// One column of all sides on one scale, with its labels; sides that could not be read keep the reason.
fn one_scale(sides: Vec<Result<Column, String>>) -> (Vec<Result<Series, String>>, Labels) {
    let unread: Vec<Option<String>> = sides.iter().map(|s| s.as_ref().err().cloned()).collect();
    let (aligned, labels) = match align(sides.into_iter().flatten().collect()) {
        Ok((series, labels)) => (Ok(series), labels),
        Err(e) => (Err(e.to_string()), Labels::default()),
    };
    let mut aligned = aligned.map(Vec::into_iter);
    let mut next = || match &mut aligned {
        Ok(series) => series.next().ok_or_else(|| "the column is missing".to_owned()),
        Err(e) => Err(e.clone()),
    };
    (unread.into_iter().map(|why| why.map_or_else(&mut next, Err)).collect(), labels)
}

/// The owner of each table: declared, or the foreign key that spreads the real rows over the most parents (the
/// first of equals).
fn owners(metadata: &Metadata, links: &[Vec<Result<Link, String>>]) -> IndexMap<String, Option<usize>> {
    let of = |table: &str, owner: &Owner| {
        let keys = || metadata.relationships.iter().enumerate().filter(|(_, r)| r.child == table && r.parent != table);
        match owner {
            Owner::Nobody => None,
            Owner::Key(columns) => keys().find(|(_, r)| &r.child_key == columns).map(|(i, _)| i),
            Owner::Inferred { via, .. } => {
                keys().find(|(_, r)| r.child_key.len() == 1 && &r.child_key[0] == via).map(|(i, _)| i)
            }
            Owner::Auto => {
                let distinct = |i: usize| links[REAL][i].as_ref().map_or(0, Link::distinct_parents);
                let mut best: Option<(usize, usize)> = None;
                for (i, _) in keys() {
                    if best.is_none_or(|b| distinct(i) > b.1) {
                        best = Some((i, distinct(i)));
                    }
                }
                best.map(|b| b.0)
            }
        }
    };
    metadata.tables.iter().map(|(t, m)| (t.clone(), of(t, &m.owner))).collect()
}
