//! Rules: what holds for every row, in a short form that people read and write in the metadata.
//!
//! In JSON a rule is an object with its `kind` and the fields below, for example
//! `{"kind": "order", "table": "admissions", "low": "admit_ts", "high": "discharge_ts"}`. Each kind has a module
//! with what it says, an example, what missing values mean and how generated data keep it.
//!
//! A **path** names a value seen from a row: `column` is the row's own, `ward_id.specialty` follows the foreign
//! key `ward_id` to its parent's column (any number of steps), and a step may also name the table of the
//! inferred parent, as in `admissions.ward_id`. A step that is missing or finds no parent makes the value
//! missing; dangling keys and rows without an inferred parent are reported as such, once. Where two inferred
//! parents share a boundary and the row lies on it, a rule holds when it holds through either.
//!
//! Numbers compare exactly on the finer of their decimal grids. A time and a date without a time of day compare
//! by the day. Labels compare with numbers when all of them are numbers.

pub mod at_least_one;
pub mod capacity;
pub mod determines;
pub mod domain;
pub mod expression;
pub mod fixed_combinations;
pub mod formula;
mod function;
pub mod inside;
pub mod no_overlap;
pub mod not_null;
pub mod null_when;
pub mod order;
pub mod part;
pub mod paths_agree;
pub mod range;
pub mod restrict;
pub mod total;
pub mod unique;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use part::Part;
use total::Aggregate;

use crate::linked::{Linked, PICKS, Path, Tally, decimal};
use crate::{Column, Error, ErrorKind, Result};

/// One rule with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// What it says.
    #[serde(flatten)]
    pub kind: RuleKind,
    /// Found in the data rather than declared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
    /// False: listed, neither kept nor counted as broken.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub enforced: bool,
}

fn yes() -> bool {
    true
}

/// What a rule says. Comparisons with a missing value hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RuleKind {
    /// `low <= high` in every row (`<` when strict). Both are paths, `low` may lie in a parent.
    Order {
        /// The table whose rows are checked.
        table: String,
        /// Path of the smaller value.
        low: String,
        /// Column of the larger value.
        high: String,
        /// Equal values break the rule.
        #[serde(default)]
        strict: bool,
    },
    /// A number or time inside bounds, both included; bounds are written as in the data.
    Range {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Smallest allowed value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<String>,
        /// Largest allowed value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<String>,
    },
    /// One of a list of values.
    Domain {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Allowed values.
        values: Vec<String>,
    },
    /// Only combinations of values that occur in the data.
    FixedCombinations {
        /// The table.
        table: String,
        /// Two or more columns.
        columns: Vec<String>,
        /// The combinations, one list of texts each; left out when only the training data know them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allowed: Vec<Vec<String>>,
    },
    /// One value of `column`, or of a part of its times, has one value of `determines`.
    Determines {
        /// The table.
        table: String,
        /// The column that decides.
        column: String,
        /// The part of its times that does: `weekday` for a column of names of days.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
        /// The column that follows.
        determines: String,
    },
    /// A column computed from others of its row: sums, products, quotients and functions of paths and constants, as in
    /// `a + b - 1`.
    Formula {
        /// The table.
        table: String,
        /// The computed column.
        column: String,
        /// The expression.
        equals: String,
    },
    /// `column` is missing exactly when `when` has one of `values` (`null` is written as an empty text).
    NullWhen {
        /// The table.
        table: String,
        /// The column that is missing.
        column: String,
        /// The column that decides.
        when: String,
        /// Its values for which `column` is missing.
        values: Vec<String>,
    },
    /// Never missing.
    NotNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// No two rows share the values of these columns; a foreign key among them makes it "unique within the parent".
    Unique {
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// A time inside an interval of a parent or ancestor, both ends included.
    Inside {
        /// The table.
        table: String,
        /// Column of the time.
        time: String,
        /// Path of the interval's start.
        start: String,
        /// Path of the interval's end.
        end: String,
    },
    /// The intervals of one owner do not overlap; one may start when another ends.
    NoOverlap {
        /// The table.
        table: String,
        /// Foreign key of the owner.
        owner: String,
        /// Column of the start.
        start: String,
        /// Column of the end.
        end: String,
    },
    /// Two paths from a row end at the same value.
    PathsAgree {
        /// The table.
        table: String,
        /// One path.
        left: String,
        /// The other.
        right: String,
    },
    /// Every parent has at least one child.
    AtLeastOne {
        /// The parent table.
        parent: String,
        /// The child table.
        child: String,
        /// Foreign key of the child; may be left out when there is one only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// What the rows of a child table come to for each parent.
    Total {
        /// The parent table.
        table: String,
        /// A column of it, or a number.
        equals: String,
        /// What is worked out.
        aggregate: Aggregate,
        /// The child table.
        child: String,
        /// Column of the child; a count needs none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
        /// Foreign key of the child; may be left out when there is one only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// When the attribute of a link has one of `values`, the years between two times lie in min..max (max excluded).
    Restrict {
        /// The table.
        table: String,
        /// Path of the link's attribute, as in `ward_id.specialty`.
        attribute: String,
        /// Values for which the restriction applies.
        values: Vec<String>,
        /// Path of the earlier time.
        from: String,
        /// Path of the later time.
        to: String,
        /// Least whole years.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_years: Option<i64>,
        /// Years that are too many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        below_years: Option<i64>,
    },
    /// At no moment more than `max` intervals of one link target are open (beds of a ward); an interval that
    /// ends when another starts does not count with it.
    Capacity {
        /// The table of the intervals.
        table: String,
        /// The foreign key whose targets have the capacity.
        link: String,
        /// Column of the start.
        start: String,
        /// Column of the end.
        end: String,
        /// Path of the attribute that decides the capacity, seen from the row (`ward_id.specialty`).
        by: String,
        /// Capacity for each value of the attribute.
        max: indexmap::IndexMap<String, u32>,
    },
}

impl Rule {
    /// A declared, enforced rule.
    pub fn declared(kind: RuleKind) -> Self {
        Self { kind, found: false, enforced: true }
    }

    /// The table whose rows are counted.
    pub fn table(&self) -> &str {
        use RuleKind::*;
        match &self.kind {
            Order { table, .. } | Range { table, .. } | Domain { table, .. } | FixedCombinations { table, .. } => table,
            Determines { table, .. } | Formula { table, .. } | NullWhen { table, .. } | NotNull { table, .. } => table,
            Unique { table, .. } | Inside { table, .. } | NoOverlap { table, .. } | PathsAgree { table, .. } => table,
            Restrict { table, .. } | Capacity { table, .. } | Total { table, .. } => table,
            AtLeastOne { parent, .. } => parent,
        }
    }

    /// Columns and paths that it reads, seen from a row of its table.
    pub fn paths(&self) -> Vec<String> {
        use RuleKind::*;
        match &self.kind {
            Order { low, high, .. } => vec![low.clone(), high.clone()],
            Range { column, .. } | Domain { column, .. } | NotNull { column, .. } => vec![column.clone()],
            FixedCombinations { columns, .. } | Unique { columns, .. } => columns.clone(),
            Determines { column, determines, .. } => vec![column.clone(), determines.clone()],
            Formula { column, equals, .. } => {
                let formula = expression::Expression::parse(equals);
                let names = formula.iter().flat_map(|f| f.names()).map(str::to_owned);
                names.chain([column.clone()]).collect()
            }
            NullWhen { column, when, .. } => vec![column.clone(), when.clone()],
            Inside { time, start, end, .. } => vec![time.clone(), start.clone(), end.clone()],
            NoOverlap { start, end, .. } => vec![start.clone(), end.clone()],
            PathsAgree { left, right, .. } => vec![left.clone(), right.clone()],
            AtLeastOne { .. } => Vec::new(),
            Total { equals, .. } if decimal(equals).is_some() => Vec::new(),
            Total { equals, .. } => vec![equals.clone()],
            Restrict { attribute, from, to, .. } => vec![attribute.clone(), from.clone(), to.clone()],
            Capacity { start, end, by, .. } => vec![start.clone(), end.clone(), by.clone()],
        }
    }

    /// Proves the rule on joined tables; None when the rule itself does not say enough to prove it.
    ///
    /// An error tells of columns that are not there and of values that can't be compared.
    pub fn prove(&self, linked: &Linked) -> Result<Option<Tally>> {
        use RuleKind::*;
        let tally = match &self.kind {
            Order { table, low, high, strict } => order::check(linked, table, low, high, *strict),
            Range { table, column, min, max } => range::check(linked, table, column, [min.as_deref(), max.as_deref()]),
            Domain { table, column, values } => domain::check(linked, table, column, values),
            FixedCombinations { allowed, .. } if allowed.is_empty() => return Ok(None),
            FixedCombinations { table, columns, allowed } => fixed_combinations::check(linked, table, columns, allowed),
            Determines { table, column, part, determines } => {
                determines::check(linked, table, (column, *part), determines)
            }
            Formula { table, column, equals } => formula::check(linked, table, column, equals),
            NullWhen { table, column, when, values } => null_when::check(linked, table, column, when, values),
            NotNull { table, column } => not_null::check(linked, table, column),
            Unique { table, columns } => unique::check(linked, table, columns),
            Inside { table, time, start, end } => inside::check(linked, table, time, start, end),
            NoOverlap { table, owner, start, end } => no_overlap::check(linked, table, owner, start, end),
            PathsAgree { table, left, right } => paths_agree::check(linked, table, left, right),
            AtLeastOne { parent, child, key } => at_least_one::check(linked, parent, child, key.as_deref()),
            Total { table, equals, aggregate, child, of, key } => {
                total::check(linked, [table, equals], *aggregate, [Some(child), key.as_deref(), of.as_deref()])
            }
            Restrict { table, attribute, values, from, to, min_years, below_years } => {
                restrict::check(linked, table, attribute, values, [from, to], [*min_years, *below_years])
            }
            Capacity { table, link, start, end, by, max } => {
                capacity::check(linked, table, link, [start, end], by, max)
            }
        };
        tally.map(Some).map_err(|e| e.at(&format!("rule {}", self.describe())))
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        use RuleKind::*;
        match &self.kind {
            Order { table, low, high, strict } => {
                format!("{table}: {low} {} {high}", if *strict { "<" } else { "<=" })
            }
            Range { table, column, min, max } => match (min, max) {
                (Some(a), Some(b)) => format!("{table}: {column} from {a} to {b}"),
                (Some(a), None) => format!("{table}: {column} at least {a}"),
                (None, Some(b)) => format!("{table}: {column} at most {b}"),
                (None, None) => format!("{table}: {column} has any value"),
            },
            Domain { table, column, values } => format!("{table}: {column} is one of {} values", values.len()),
            FixedCombinations { table, columns, .. } => {
                format!("{table}: only known combinations of {}", columns.join(", "))
            }
            Determines { table, column, part, determines } => match part {
                Some(part) => format!("{table}: {} of {column} determines {determines}", part.name()),
                None => format!("{table}: {column} determines {determines}"),
            },
            Formula { table, column, equals } => format!("{table}: {column} = {equals}"),
            NullWhen { table, column, when, .. } => format!("{table}: {column} is missing depending on {when}"),
            NotNull { table, column } => format!("{table}: {column} is never missing"),
            Unique { table, columns } => format!("{table}: {} unique", columns.join(" + ")),
            Inside { table, time, start, end } => format!("{table}: {time} inside {start} .. {end}"),
            NoOverlap { table, owner, start, end } => {
                format!("{table}: {start} .. {end} of one {owner} never overlap")
            }
            PathsAgree { table, left, right } => format!("{table}: {left} = {right}"),
            AtLeastOne { parent, child, .. } => format!("{parent}: at least one row of {child}"),
            Total { table, equals, aggregate, child, of, .. } => match of {
                Some(of) => format!("{table}: {equals} = {} of {child}.{of}", aggregate.name()),
                None => format!("{table}: {equals} = {} of {child}", aggregate.name()),
            },
            Restrict { table, attribute, values, min_years, below_years, from, to } => {
                let mut bounds = Vec::new();
                bounds.extend(min_years.map(|y| format!("at least {y}")));
                bounds.extend(below_years.map(|y| format!("below {y}")));
                let bounds = bounds.join(" and ");
                format!("{table}: {attribute} {} only with {bounds} years from {from} to {to}", values.join(" or "))
            }
            Capacity { table, link, start, end, by, .. } => {
                format!("{table}: never more open {start} .. {end} of one {link} than {by} allows")
            }
        }
    }
}

/// True when `holds` for some inferred parent of the row; without one there is a single way to look.
fn any_pick(paths: &[&Path], holds: impl Fn(usize) -> bool) -> bool {
    let picks = if paths.iter().any(|p| p.has_picks()) { PICKS } else { 1 };
    (0..picks).any(holds)
}

/// Where the values of a path stand in a list of texts.
struct Lookup<'a> {
    path: Path<'a>,
    by_code: Vec<Option<usize>>,
    by_tick: HashMap<i64, usize>,
    /// Where the empty text stands, which means missing.
    missing: Option<usize>,
}

impl<'a> Lookup<'a> {
    fn new<T: AsRef<str>>(path: Path<'a>, values: &[T]) -> Result<Self> {
        let mut lookup = Self { by_code: Vec::new(), by_tick: HashMap::new(), missing: None, path };
        let mut by_text: HashMap<&str, usize> = HashMap::new();
        for (i, text) in values.iter().map(AsRef::as_ref).enumerate() {
            by_text.entry(text).or_insert(i);
            if !text.is_empty() && !matches!(lookup.path.column, Column::Text { .. }) {
                // A value between two ticks of the grid is no value of the column.
                if let Some(tick) = range::Bound::read(&lookup.path, text)?.tick(lookup.path.column) {
                    lookup.by_tick.entry(tick).or_insert(i);
                }
            }
        }
        lookup.missing = by_text.get("").copied();
        if let Column::Text { values: known, .. } = lookup.path.column {
            lookup.by_code = known.iter().map(|v| by_text.get(v).copied()).collect();
        }
        Ok(lookup)
    }

    /// The place of the row's value in the list.
    fn place(&self, row: usize, pick: usize) -> Option<usize> {
        match self.path.row(row, pick) {
            Some(row) if !self.path.column.is_null(row) => match self.path.column {
                Column::Text { codes, .. } => self.by_code[codes[row] as usize],
                column => self.by_tick.get(&column.tick(row)).copied(),
            },
            _ => self.missing,
        }
    }

    fn is_missing(&self, row: usize, pick: usize) -> bool {
        self.path.row(row, pick).is_none_or(|row| self.path.column.is_null(row))
    }
}

/// An error of a rule that makes no sense.
fn senseless(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Rule, what)
}
