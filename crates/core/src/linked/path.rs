//! Paths: a value seen from a row through foreign keys and the inferred parent.

use crate::metadata::{Owner, Sdtype};
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

impl<'a> Linked<'a> {
    /// Resolves a path seen from a table.
    pub fn path(&self, table: &str, path: &str) -> Result<Path<'_>> {
        let mut at = self.table_index(table)?;
        let mut rest = path;
        let mut steps = Vec::new();
        loop {
            let (name, meta) = self.metadata.tables.get_index(at).expect("an index of the table list");
            if let Some(column) = self.tables[at].columns.get(rest) {
                let is_date = self.tables[at].is_date(rest);
                let format = match meta.columns.get(rest).map(|c| &c.sdtype) {
                    Some(Sdtype::Datetime { format }) => format.as_deref(),
                    _ => None,
                };
                return Ok(Path { steps, column, is_date, format, text: format!("{table}: {path}"), table: at });
            }
            let unknown = |what: &str| {
                let what = format!("path {path} of table {table}: {name} has no {what}; name a column, or a foreign key and a dot before it");
                Error::new(ErrorKind::Rule, what)
            };
            let Some((step, after)) = rest.split_once('.') else { return Err(unknown(&format!("column {rest}"))) };
            let key = |r: &&crate::metadata::Relationship| r.child == *name && r.child_key.iter().any(|c| c == step);
            if let Some(link) = self.metadata.relationships.iter().find(key) {
                let index = self.metadata.relationships.iter().position(|r| std::ptr::eq(r, link));
                steps.push(Step::Link(&self.links[index.expect("found above")].rows));
                at = self.table_index(&link.parent)?;
            } else if let Owner::Inferred { table: parent, .. } = &meta.owner
                && parent == step
                && let Some(Some(cover)) = self.covers.get(at)
            {
                steps.push(Step::Cover(cover));
                at = self.table_index(parent)?;
            } else {
                return Err(unknown(&format!("foreign key or inferred parent {step}")));
            }
            rest = after;
        }
    }

    /// The values of a list of paths of one table.
    pub fn paths(&self, table: &str, paths: &[String]) -> Result<Vec<Path<'_>>> {
        paths.iter().map(|p| self.path(table, p)).collect()
    }
}
