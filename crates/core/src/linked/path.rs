//! Paths: a value seen from a row through foreign keys and the inferred parent.

use crate::metadata::{self, Owner, Sdtype};
use crate::{Column, Error, ErrorKind, Result};

use super::{Cover, Linked, NO_ROW};

/// A resolved path.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    steps: Vec<Step<'a>>,
    /// The column where it ends.
    pub column: &'a Column,
    /// True when that column holds times without a time of day.
    pub is_date: bool,
    /// The format of its texts, when it holds times and the metadata gives one.
    pub format: Option<&'a str>,
    /// The path as it was written, with its table.
    pub text: String,
    /// The place of the table where it ends.
    pub table: usize,
}

#[derive(Clone, Debug)]
enum Step<'a> {
    Link(&'a [u32]),
    Cover(&'a Cover),
}

impl Path<'_> {
    /// The row where the path ends, seen from a row through the `pick`-th inferred parent; None when a step is
    /// missing or dangling.
    pub fn row(&self, row: usize, pick: usize) -> Option<usize> {
        self.steps.iter().try_fold(row, |row, step| {
            let next = match step {
                Step::Link(rows) => rows[row],
                Step::Cover(cover) => cover.row(row, pick),
            };
            (next != NO_ROW).then_some(next as usize)
        })
    }

    /// True when the path takes at least one step.
    pub fn is_long(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The inferred parent, when the path's first step leads to it.
    pub fn cover(&self) -> Option<&Cover> {
        match self.steps.first() {
            Some(Step::Cover(cover)) => Some(cover),
            _ => None,
        }
    }

    /// True when some step leads to an inferred parent, so that a row may have several.
    pub fn has_picks(&self) -> bool {
        self.steps.iter().any(|s| matches!(s, Step::Cover(_)))
    }
}

impl Linked<'_> {
    /// Resolves a path seen from a table.
    pub fn path(&self, table: &str, path: &str) -> Result<Path<'_>> {
        let resolved = self.metadata.resolve(table, path)?;
        let mut at = self.table_index(table)?;
        let mut steps = Vec::with_capacity(resolved.steps.len());
        for step in &resolved.steps {
            let parent = match (step, &self.metadata.tables[at].owner) {
                (metadata::Step::Key(link), _) => {
                    steps.push(Step::Link(&self.links[*link].rows));
                    &self.metadata.relationships[*link].parent
                }
                (metadata::Step::Inferred, Owner::Inferred { table: parent, .. }) => {
                    let cover = self.covers.get(at).and_then(Option::as_ref);
                    steps.push(Step::Cover(cover.ok_or_else(|| inferred(table, path))?));
                    parent
                }
                _ => return Err(inferred(table, path)),
            };
            at = self.table_index(parent)?;
        }
        let name = &resolved.column;
        let format = match self.metadata.column_at(&resolved).map(|c| &c.sdtype) {
            Some(Sdtype::Datetime { format }) => format.as_deref(),
            _ => None,
        };
        let (column, is_date) = (self.tables[at].column(name)?, self.tables[at].is_date(name));
        Ok(Path { steps, column, is_date, format, text: format!("{table}: {path}"), table: at })
    }

    /// Several paths seen from a table.
    pub fn paths(&self, table: &str, paths: &[String]) -> Result<Vec<Path<'_>>> {
        paths.iter().map(|p| self.path(table, p)).collect()
    }

    /// The parent's row for each row of a table: `key` is a foreign key or the table of the inferred parent.
    pub fn parents(&self, table: &str, key: &str) -> Result<&[u32]> {
        if let Some(link) = self.metadata.step_key(table, key)? {
            return Ok(&self.links[link].rows);
        }
        let at = self.table_index(table)?;
        match (&self.metadata.tables[at].owner, &self.covers[at]) {
            (Owner::Inferred { table: parent, .. }, Some(cover)) if parent == key => Ok(&cover.first),
            _ => Err(Error::new(ErrorKind::Rule, format!("{key} is no foreign key or inferred parent of {table}"))),
        }
    }
}

fn inferred(table: &str, path: &str) -> Error {
    Error::new(
        ErrorKind::Rule,
        format!("path {path} of table {table} goes through an inferred parent that is not found yet"),
    )
}
