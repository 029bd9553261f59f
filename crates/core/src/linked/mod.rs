//! A data set with typed columns and joined keys: the ground on which rules are proved and found.
//!
//! Joins are arrays of row numbers, so following a path is a few array reads and never a search.

mod cover;
mod entity;
mod group;
mod join;
mod operand;
mod path;
mod table;
mod tally;

pub use cover::Cover;
pub use group::{Groups, group};
pub use join::{Link, join};
pub use operand::{Operand, align, as_numbers, decimal};
pub use path::Path;
pub use table::Table;
pub use tally::Tally;

use rayon::prelude::*;

use crate::metadata::{Owner, Relationship};
use crate::{Dataset, Error, ErrorKind, Metadata, Result};

/// The row number that stands for none.
pub const NO_ROW: u32 = u32::MAX;

/// How many inferred parents of one row are looked at: at a shared boundary two, among broken intervals more.
pub const PICKS: usize = 4;

/// Tables with typed columns, their foreign keys and inferred parents as row numbers.
pub struct Linked<'a> {
    /// What the tables are.
    pub metadata: &'a Metadata,
    /// The tables, in metadata order.
    pub tables: Vec<Table>,
    /// The joins, in the order of the metadata's relationships.
    pub links: Vec<Link>,
    /// The inferred parents, in metadata order; None where no parent is inferred.
    pub covers: Vec<Option<Cover>>,
}

impl<'a> Linked<'a> {
    /// Reads every column as the metadata says and joins every key.
    ///
    /// Cells that can't be read count as missing and are listed in [`Table::unreadable`]. An error tells of
    /// tables and columns that are not there and of inferred parents that make no sense.
    pub fn new(data: &Dataset, metadata: &'a Metadata) -> Result<Self> {
        let tables = read(data, metadata)?;
        Self::of_tables(tables, metadata)
    }

    /// Joins tables that are typed already, in metadata order.
    pub fn of_tables(tables: Vec<Table>, metadata: &'a Metadata) -> Result<Self> {
        let place = |name: &str| {
            metadata.tables.get_index_of(name).ok_or_else(|| {
                Error::new(ErrorKind::Metadata, format!("a relationship names table {name}, which is not there"))
            })
        };
        let link = |r: &Relationship| -> Result<Link> {
            let (parent, child) = (&tables[place(&r.parent)?], &tables[place(&r.child)?]);
            Ok(join(&parent.pick(&r.parent_key)?, &child.pick(&r.child_key)?))
        };
        let links = metadata.relationships.par_iter().map(link).collect::<Result<Vec<_>>>()?;
        let mut linked = Self { metadata, tables, links, covers: Vec::new() };
        let covers = (0..metadata.tables.len()).map(|t| linked.cover_of(t)).collect::<Result<Vec<_>>>()?;
        linked.covers = covers;
        Ok(linked)
    }

    fn cover_of(&self, table: usize) -> Result<Option<Cover>> {
        let (name, meta) = self.metadata.tables.get_index(table).expect("an index of the table list");
        match &meta.owner {
            Owner::Inferred { table: parent, via, time, start, end } => {
                self.cover(name, parent, via, [time, start, end]).map(Some).map_err(|e| e.at(name))
            }
            _ => Ok(None),
        }
    }

    /// The rows of `parent` whose interval covers the time of each row of `table`, among those that share the
    /// row's value of `via`; `columns` are the time, the start and the end.
    pub fn cover(&self, table: &str, parent: &str, via: &str, columns: [&str; 3]) -> Result<Cover> {
        let here = self.metadata.step_key(table, via)?;
        let grand = here.map(|i| &self.metadata.relationships[i].parent);
        let of_parent = |r: &Relationship| r.child == parent && Some(&r.parent) == grand;
        // The same name first: a table may have several keys to the shared parent.
        let there = match self.metadata.step_key(parent, via)? {
            Some(i) if of_parent(&self.metadata.relationships[i]) => Some(i),
            _ => self.metadata.relationships.iter().position(of_parent),
        };
        let (Some(here), Some(there)) = (here, there) else {
            let what = format!("{via} is no foreign key that {table} and {parent} share: name one in the owner's via");
            return Err(Error::new(ErrorKind::Metadata, what));
        };
        let [time, start, end] = columns;
        let time = |other: &str| align(self.path(table, time)?, self.path(parent, other)?, true);
        Cover::new([&self.links[here].rows, &self.links[there].rows], time(start)?, time(end)?)
    }

    /// A table by name.
    pub fn table(&self, name: &str) -> Result<&Table> {
        self.table_index(name).map(|i| &self.tables[i])
    }

    fn table_index(&self, name: &str) -> Result<usize> {
        let missing = || Error::new(ErrorKind::Metadata, format!("table {name} is not in the metadata"));
        self.metadata.tables.get_index_of(name).ok_or_else(missing)
    }
}

/// Every table of the metadata with typed columns; all that is missing in one error.
fn read(data: &Dataset, metadata: &Metadata) -> Result<Vec<Table>> {
    let mut problems = Vec::new();
    for (name, meta) in &metadata.tables {
        let Some(batch) = data.tables.get(name) else {
            problems.push(format!("{name}: the table is in the metadata and not in the data"));
            continue;
        };
        if batch.num_rows() >= NO_ROW as usize {
            problems.push(format!("{name}: more than {} rows: split the data", NO_ROW - 1));
        }
        for column in meta.columns.keys().filter(|c| batch.column_by_name(c).is_none()) {
            problems.push(format!("{name}: column {column} is in the metadata and not in the data"));
        }
    }
    Error::all(ErrorKind::Data, problems)?;
    Ok(metadata.tables.iter().map(|(name, meta)| Table::read(&data.tables[name], meta)).collect())
}
