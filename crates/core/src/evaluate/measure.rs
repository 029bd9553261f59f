//! One number about one place, as every section of the evaluation hands it over.

use serde::{Deserialize, Serialize};

use super::detection::Culprit;
use crate::metric::jackknife::Estimate;

/// The question a score belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Primary and foreign keys.
    Keys,
    /// Declared rules, and orders that always hold in the real data.
    Rules,
    /// One column at a time.
    Columns,
    /// Two columns of one table.
    Pairs,
    /// Two columns of related tables: parent, grandparent, sibling table.
    Family,
    /// How many children parents have.
    Counts,
    /// What is missing, and together with what.
    Missing,
    /// Gaps, memory, calendar and spans.
    Time,
    /// Can a classifier tell real from synthetic?
    Detection,
    /// Do models trained on the data work on real data?
    Utility,
    /// Is anyone copied?
    Copies,
}

impl Section {
    /// All sections, in the order of the report.
    pub const ALL: [Section; 11] = [
        Section::Keys,
        Section::Rules,
        Section::Columns,
        Section::Pairs,
        Section::Family,
        Section::Counts,
        Section::Missing,
        Section::Time,
        Section::Detection,
        Section::Utility,
        Section::Copies,
    ];

    /// The name in JSON and in `--min-score`.
    pub fn name(self) -> &'static str {
        match self {
            Section::Keys => "keys",
            Section::Rules => "rules",
            Section::Columns => "columns",
            Section::Pairs => "pairs",
            Section::Family => "family",
            Section::Counts => "counts",
            Section::Missing => "missing",
            Section::Time => "time",
            Section::Detection => "detection",
            Section::Utility => "utility",
            Section::Copies => "copies",
        }
    }
}

/// What a measure is about; equal subjects of two sides are compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The question it belongs to.
    pub section: Section,
    /// What was computed.
    pub metric: String,
    /// The table whose rows were counted.
    pub table: String,
    /// The columns, those of other tables as `table.column`.
    pub columns: Vec<String>,
    /// How another table was reached, in words; empty within a table.
    pub via: String,
}

impl Subject {
    /// A subject within one table.
    pub fn new(section: Section, metric: &str, table: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        Self { section, metric: metric.to_owned(), table: table.to_owned(), columns, via: String::new() }
    }

    /// The same subject over a path.
    #[must_use]
    pub fn via(mut self, path: &str) -> Self {
        path.clone_into(&mut self.via);
        self
    }
}

/// What one comparison of the real data with another side gave.
#[derive(Clone, Debug)]
pub struct Measure {
    /// What it is about.
    pub subject: Subject,
    /// The score, 1 best; None where it could not be computed.
    pub score: Option<Estimate>,
    /// The quantity itself where the score is the distance of two of them: in the real data and on the side.
    pub values: Option<[f64; 2]>,
    /// Nothing below 1 is acceptable (keys, rules), whatever a holdout does.
    pub absolute: bool,
    /// What gave the side away (detection), strongest first.
    pub culprits: Vec<Culprit>,
    /// Too few columns for closeness to mean that anyone was copied: a distribution that is matched well looks alike.
    pub narrow: bool,
    /// What to know about it; why there is no score.
    pub note: Option<String>,
}

impl Measure {
    /// A score with its error.
    pub fn new(subject: Subject, score: Option<Estimate>) -> Self {
        let note = score.is_none().then(|| "too little data".to_owned());
        Self { subject, score, values: None, absolute: false, culprits: Vec::new(), narrow: false, note }
    }

    /// A place that could not be compared.
    pub fn failed(subject: Subject, why: impl Into<String>) -> Self {
        Self {
            subject,
            score: None,
            values: None,
            absolute: false,
            culprits: Vec::new(),
            narrow: false,
            note: Some(why.into()),
        }
    }

    /// With the quantity behind the score.
    #[must_use]
    pub fn with_values(mut self, real: f64, other: f64) -> Self {
        self.values = Some([real, other]);
        self
    }
}
