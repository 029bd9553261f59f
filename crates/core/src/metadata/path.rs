//! Paths: values seen from a row, as rules write them.

use super::near::hint;
use super::{ColumnMeta, Metadata, Owner};
use crate::{Error, ErrorKind, Result};

/// One step from a row to one of its parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Along this foreign key: an index into [`Metadata::relationships`].
    Key(usize),
    /// To the inferred parent of the table.
    Inferred,
}

/// Where a value seen from a row lies: the steps, then a column of the table they end at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// From the row upwards; empty for a column of the row itself.
    pub steps: Vec<Step>,
    /// The table where the steps end.
    pub table: String,
    /// Its column.
    pub column: String,
}

/// Longest path; the deepest schema has far fewer tables in a row.
const MAX_STEPS: usize = 32;

fn problem(text: String) -> Error {
    Error::new(ErrorKind::Metadata, text)
}

impl Metadata {
    /// Finds the value that `path` names, seen from a row of `table`.
    ///
    /// A step is a foreign key column, the columns of a composite key joined by `+`, or the table of the
    /// inferred parent. A column whose own name has dots is found first.
    ///
    /// ```
    /// use healthdata_core::Metadata;
    /// let m = Metadata::from_json(r#"{"METADATA_SPEC_VERSION": "V2", "tables": {
    ///     "wards": {"primary_key": "ward_id", "columns": {
    ///         "ward_id": {"sdtype": "id"}, "specialty": {"sdtype": "categorical"}}},
    ///     "devices": {"columns": {"ward_id": {"sdtype": "id"}}}},
    ///   "relationships": [{"parent_table_name": "wards", "parent_primary_key": "ward_id",
    ///     "child_table_name": "devices", "child_foreign_key": "ward_id"}]}"#).unwrap();
    /// let path = m.resolve("devices", "ward_id.specialty").unwrap();
    /// assert_eq!((path.steps.len(), path.table.as_str(), path.column.as_str()), (1, "wards", "specialty"));
    /// assert!(m.resolve("devices", "ward_id.speciality").is_err());
    /// ```
    pub fn resolve(&self, table: &str, path: &str) -> Result<Path> {
        let mut at = table;
        let mut rest = path;
        let mut steps = Vec::new();
        loop {
            let Some(meta) = self.tables.get(at) else {
                return Err(problem(format!("unknown table \"{at}\"{}", hint("the metadata", at, self.names()))));
            };
            if meta.columns.contains_key(rest) {
                return Ok(Path { steps, table: at.to_owned(), column: rest.to_owned() });
            }
            let Some((step, next, tail)) = self.first_step(at, rest)? else {
                let names = meta.columns.keys().map(String::as_str);
                let (name, is_step) = rest.split_once('.').map_or((rest, false), |(n, _)| (n, true));
                let what = if is_step && meta.columns.contains_key(name) {
                    format!("path \"{path}\" goes through \"{name}\", which is no foreign key of {at}")
                } else if is_step {
                    let ways = self.ways(at);
                    let hint = hint(at, name, ways.iter().map(String::as_str));
                    format!("path \"{path}\" goes through \"{name}\", no foreign key or inferred parent{hint}")
                } else if steps.is_empty() {
                    format!("unknown column \"{rest}\"{}", hint(at, rest, names))
                } else {
                    format!("path \"{path}\" ends at column \"{rest}\" of {at}{}", hint(at, rest, names))
                };
                return Err(problem(what));
            };
            if steps.len() == MAX_STEPS {
                return Err(problem(format!("path \"{path}\" has more than {MAX_STEPS} steps")));
            }
            steps.push(step);
            at = next;
            rest = tail;
        }
    }

    /// The column at the end of a resolved path.
    pub fn column_at(&self, path: &Path) -> Option<&ColumnMeta> {
        self.tables.get(&path.table)?.columns.get(&path.column)
    }

    /// Table names, for suggestions.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.tables.keys().map(String::as_str)
    }

    /// Every step that a path can take from a table.
    fn ways(&self, table: &str) -> Vec<String> {
        let mut ways: Vec<String> = self.parents_of(table).map(|r| r.child_key.join("+")).collect();
        if let Some(Owner::Inferred { table: parent, .. }) = self.tables.get(table).map(|t| &t.owner) {
            ways.push(parent.clone());
        }
        ways
    }

    /// The step that `rest` begins with, the table it leads to and what follows it.
    fn first_step<'a>(&'a self, table: &str, rest: &'a str) -> Result<Option<(Step, &'a str, &'a str)>> {
        for (dot, _) in rest.match_indices('.') {
            let (name, tail) = (&rest[..dot], &rest[dot + 1..]);
            if let Some(i) = self.step_key(table, name)? {
                return Ok(Some((Step::Key(i), &self.relationships[i].parent, tail)));
            }
            if let Some(Owner::Inferred { table: parent, .. }) = self.tables.get(table).map(|t| &t.owner)
                && parent == name
            {
                return Ok(Some((Step::Inferred, parent, tail)));
            }
        }
        Ok(None)
    }

    /// The relationship that `name` means as a step or as the `owner`, `link` or `key` of a rule: its whole
    /// key, or one column of a composite key that no other key has.
    pub fn step_key(&self, table: &str, name: &str) -> Result<Option<usize>> {
        let mine = || self.relationships.iter().enumerate().filter(|(_, r)| r.child == table);
        if let Some((i, _)) = mine().find(|(_, r)| r.child_key.join("+") == name) {
            return Ok(Some(i));
        }
        let mut part = mine().filter(|(_, r)| r.child_key.iter().any(|c| c == name));
        match (part.next(), part.next()) {
            (Some((i, _)), None) => Ok(Some(i)),
            (Some((_, a)), Some((_, b))) => Err(problem(format!(
                "\"{name}\" is part of several keys of {table}; name the whole key, \"{}\" or \"{}\"",
                a.child_key.join("+"),
                b.child_key.join("+")
            ))),
            _ => Ok(None),
        }
    }
}
