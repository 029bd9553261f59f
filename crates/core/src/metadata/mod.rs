//! What a data set is: tables, columns, keys, relationships, owners and rules.
//!
//! A [`Metadata`] in hand is valid: [`Metadata::from_json`] and [`Metadata::new`] check it whole.

mod constraints;
mod extension;
mod json;
mod near;
mod path;
mod repeated;
mod sdtype;
mod subset;
mod validate;
mod validate_rules;

use indexmap::IndexMap;
use serde_json::Value;

use crate::Rule;

pub use crate::form::Style;
pub use json::MAX_BYTES;
pub use path::{Path, Step};

/// The tables, relationships and rules of one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Tables by name, in output order.
    pub tables: IndexMap<String, TableMeta>,
    /// Foreign keys.
    pub relationships: Vec<Relationship>,
    /// What holds for every row.
    pub rules: Vec<Rule>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableMeta {
    /// Columns by name, in output order.
    pub columns: IndexMap<String, ColumnMeta>,
    /// Columns of the primary key; empty when there is none.
    pub primary_key: Vec<String>,
    /// Further unique columns.
    pub alternate_keys: Vec<String>,
    /// SDV's sequence key and index, kept for other readers of the file.
    pub sequence_key: Option<String>,
    /// See `sequence_key`.
    pub sequence_index: Option<String>,
    /// SDV's `column_relationships`, kept for other readers of the file.
    pub groups: Vec<ColumnGroup>,
    /// The folder of the table below the data set's folder.
    pub domain: Option<String>,
    /// Who decides how many rows there are; `Auto` lets the engine pick.
    pub owner: Owner,
    /// The time or number that orders the rows of one owner; None lets the engine pick.
    pub order: Option<String>,
    /// A dimension kept as it is, keys included, at every scale.
    pub reference: bool,
    /// For people.
    pub description: Option<String>,
}

/// Columns that mean one thing together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnGroup {
    /// `address` or `gps`.
    pub kind: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// The one relationship that decides how many rows a parent has.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Owner {
    /// The engine picks.
    #[default]
    Auto,
    /// An entity: nobody owns it.
    Nobody,
    /// The parent behind this foreign key (its columns).
    Key(Vec<String>),
    /// A parent without a foreign key: a row of `table` that has the same value in `via` (a foreign key of
    /// both tables to the same parent) and whose interval covers the row's `time`.
    Inferred {
        /// The table of the inferred parent.
        table: String,
        /// The foreign key column of this table to the parent they share.
        via: String,
        /// The time column of this table.
        time: String,
        /// Where the interval of the inferred parent starts.
        start: String,
        /// Where it ends.
        end: String,
    },
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnMeta {
    /// What the values are.
    pub sdtype: Sdtype,
    /// SDV parameters that are kept and written back as they are (ranges, `computer_representation`, ...).
    pub parameters: IndexMap<String, Value>,
    /// Unit, for people.
    pub unit: Option<String>,
    /// For people.
    pub description: Option<String>,
}

/// The kind of a column's values, in SDV's words.
#[derive(Clone, Debug, PartialEq)]
pub enum Sdtype {
    /// A key or another identifier, always made fresh; `regex` is its `regex_format`.
    Id {
        /// The pattern of the text, if it has one.
        regex: Option<String>,
    },
    /// Numbers.
    Numerical,
    /// One of a set of labels.
    Categorical,
    /// Labels with an order.
    Ordinal,
    /// True or false.
    Boolean,
    /// A date or a time in a strftime format.
    Datetime {
        /// None: ISO dates or times, found when the data are read.
        format: Option<String>,
    },
    /// Text without a known meaning; never copied.
    Unknown,
    /// Personal data by the name of a Faker function (`city`, `name`, ...); `pii: false` models it as categories.
    Pii {
        /// The Faker function.
        kind: String,
        /// False: not personal here, modelled as categorical.
        pii: bool,
    },
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relationship {
    /// The table that is pointed to.
    pub parent: String,
    /// Its key columns.
    pub parent_key: Vec<String>,
    /// The table that points.
    pub child: String,
    /// Its foreign key columns, in the order of `parent_key`.
    pub child_key: Vec<String>,
}

impl ColumnMeta {
    /// A column without parameters.
    pub fn new(sdtype: Sdtype) -> Self {
        Self { sdtype, parameters: IndexMap::new(), unit: None, description: None }
    }

    /// Formats of times that are known less finely than the column's `datetime_format` says: `%Y-%m`, `%Y`.
    pub fn other_formats(&self) -> impl Iterator<Item = &str> + Clone {
        let list = self.parameters.get(sdtype::OTHER_FORMATS).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Says that times are also written in coarser formats.
    pub fn with_other_formats(mut self, formats: &[String]) -> Self {
        if !formats.is_empty() {
            self.parameters.insert(sdtype::OTHER_FORMATS.into(), formats.into());
        }
        self
    }

    /// How the numbers inside its text are to be read; None where the text is nothing but a number.
    pub fn form(&self) -> Option<Style> {
        let name = self.parameters.get(sdtype::FORM).and_then(Value::as_str);
        name.and_then(Style::of).filter(|_| self.sdtype == Sdtype::Numerical)
    }

    /// Says that its numbers stand inside text.
    pub fn with_form(mut self, style: Option<Style>) -> Self {
        if let Some(style) = style {
            self.parameters.insert(sdtype::FORM.into(), style.name().into());
        }
        self
    }

    /// True when values are learned; false for ids, personal data and unknown text, which are made fresh.
    pub fn is_modelled(&self) -> bool {
        match &self.sdtype {
            Sdtype::Id { .. } | Sdtype::Unknown => false,
            Sdtype::Pii { pii, .. } => !pii,
            _ => true,
        }
    }
}

impl Metadata {
    /// The foreign keys of a table, in declaration order.
    pub fn parents_of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Relationship> {
        self.relationships.iter().filter(move |r| r.child == table)
    }

    /// True when foreign keys lead from one table to another: an encounter is not inferred to lie in the claim that names
    /// it.
    pub fn refers(&self, table: &str, target: &str) -> bool {
        let mut reached = vec![table];
        let mut at = 0;
        while let Some(table) = reached.get(at).copied() {
            for r in self.relationships.iter().filter(|r| r.child == table && r.parent != table) {
                if r.parent == target {
                    return true;
                }
                if !reached.contains(&r.parent.as_str()) {
                    reached.push(&r.parent);
                }
            }
            at += 1;
        }
        false
    }

    /// The foreign keys that point to a table.
    pub fn children_of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Relationship> {
        self.relationships.iter().filter(move |r| r.parent == table)
    }

    /// The relationship of a foreign key column.
    pub fn foreign_key<'a>(&'a self, table: &'a str, column: &str) -> Option<&'a Relationship> {
        self.parents_of(table).find(|r| r.child_key.iter().any(|c| c == column))
    }

    /// True when the column is part of a primary or foreign key.
    pub fn is_key(&self, table: &str, column: &str) -> bool {
        self.tables.get(table).is_some_and(|t| t.primary_key.iter().any(|c| c == column))
            || self.foreign_key(table, column).is_some()
    }
}

#[cfg(test)]
mod tests;
