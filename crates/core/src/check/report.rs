//! What a check found, for people and programs; never a data value.

use indexmap::IndexMap;
use serde::Serialize;

use crate::linked::Tally;

/// One thing that was proved, or was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// One line for people.
    pub what: String,
    /// `type`, `format`, `domain`, `primary key`, `alternate key`, `foreign key`, `inferred parent` or `rule`.
    pub kind: &'static str,
    /// The table whose rows are counted.
    pub table: String,
    /// Rows looked at.
    pub checked: u64,
    /// Rows that break it.
    pub broken: u64,
    /// Data row numbers of the first broken rows, counted from 1.
    pub places: Vec<u64>,
    /// False: listed only, broken rows don't count.
    pub enforced: bool,
}

impl Check {
    /// An enforced check with its result.
    pub fn new(kind: &'static str, table: &str, what: String, tally: Tally) -> Self {
        let Tally { checked, broken, places, .. } = tally;
        Self { what, kind, table: table.to_owned(), checked, broken, places, enforced: true }
    }

    /// True when a broken row makes the data set wrong.
    pub fn is_broken(&self) -> bool {
        self.enforced && self.broken > 0
    }
}

/// Everything that was proved on a data set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Rows of each table.
    pub tables: IndexMap<String, u64>,
    /// Types, keys and domains table by table, then the rules in their order.
    pub checks: Vec<Check>,
    /// What could not be proved and why.
    pub notes: Vec<String>,
}

impl CheckReport {
    /// True when no enforced check is broken.
    pub fn is_clean(&self) -> bool {
        !self.checks.iter().any(Check::is_broken)
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Whole<'a> {
            clean: bool,
            #[serde(flatten)]
            report: &'a CheckReport,
        }
        let whole = Whole { clean: self.is_clean(), report: self };
        serde_json::to_string_pretty(&whole).expect("texts and whole numbers are JSON")
    }

    /// Broken rows of all checks of a kind.
    pub fn broken(&self, kind: &str) -> u64 {
        self.checks.iter().filter(|c| c.kind == kind).map(|c| c.broken).sum()
    }

    /// The first broken rows of all checks of a kind.
    pub fn places(&self, kind: &str) -> Vec<u64> {
        self.checks.iter().filter(|c| c.kind == kind).flat_map(|c| c.places.iter().copied()).collect()
    }
}
