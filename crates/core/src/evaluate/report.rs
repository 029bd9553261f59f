//! The report: everything the evaluation found, ready for JSON, HTML and JUnit.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::detection::Culprit;
use super::findings::Blame;
use super::measure::Section;
use super::plots::Plots;
use super::sdmetrics::SdReport;
use super::verdict::Verdict;

/// The version of the report's JSON.
pub const VERSION: u32 = 1;

/// Everything one evaluation found. `docs/report.md` documents the JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`].
    pub report_version: u32,
    /// The seed of the few draws (rows shown to the classifier).
    pub seed: u64,
    /// Where the ceilings come from.
    pub ceiling: Ceiling,
    /// Tables with their rows on each side.
    pub tables: Vec<TableSummary>,
    /// Foreign keys with the scores that cross them.
    pub links: Vec<LinkSummary>,
    /// One answer for each question, in the order of the report.
    pub questions: Vec<Question>,
    /// The worst offenders in words, worst first.
    pub findings: Vec<String>,
    /// Columns that stand behind the gaps, worst first.
    pub blame: Vec<Blame>,
    /// Named numbers, for thresholds: section means, `quality`, `diagnostic` and their properties.
    pub summary: IndexMap<String, f64>,
    /// Every score, section by section.
    pub scores: Vec<Score>,
    /// SDMetrics' Quality report.
    pub quality: SdReport,
    /// SDMetrics' Diagnostic report.
    pub diagnostic: SdReport,
    /// The two reports' named scores of the holdout, where there is one.
    pub sdmetrics_ceiling: IndexMap<String, f64>,
    /// True when the plots draw sequences of real owners.
    #[serde(default)]
    pub private: bool,
    /// What plots need.
    pub plots: Plots,
    /// What the reader should know: what could not be compared, what this report can't say.
    pub notes: Vec<String>,
}

/// Where ceilings come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ceiling {
    /// A second real draw was given.
    Holdout,
    /// Two halves of the real data stand in for it.
    Halves,
    /// There is none.
    None,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableSummary {
    /// Its name.
    pub name: String,
    /// Its folder, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Rows of the real, synthetic and, where given, holdout data.
    pub rows: Vec<usize>,
    /// The columns that are compared.
    pub columns: Vec<String>,
    /// The table that owns its rows; None for an entity.
    pub owner: Option<String>,
    /// Mean score of its columns and pairs.
    pub score: Option<f64>,
    /// The same of the holdout.
    pub best: Option<f64>,
}

/// One foreign key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkSummary {
    /// The table pointed to.
    pub parent: String,
    /// The table that points.
    pub child: String,
    /// Its columns.
    pub key: Vec<String>,
    /// True when the parent owns the child's rows.
    pub owns: bool,
    /// Mean score of the pairs across it and of the child counts.
    pub score: Option<f64>,
    /// The same of the holdout.
    pub best: Option<f64>,
}

/// One question a sceptic asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Its section.
    pub section: Section,
    /// The question.
    pub question: String,
    /// The answer in one sentence.
    pub answer: String,
    /// The worst verdict that matters.
    pub verdict: Verdict,
    /// The section's number: the mean score; for detection the mean area under the curve; for copies the
    /// largest share of rows or entities equal to real ones.
    pub score: Option<f64>,
    /// The same number of a second real draw.
    pub best: Option<f64>,
    /// Scores of this section by verdict.
    pub counts: IndexMap<String, usize>,
}

/// One score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The question it belongs to.
    pub section: Section,
    /// What was computed.
    pub metric: String,
    /// The table whose rows were counted.
    pub table: String,
    /// The columns, those of other tables as `table.column`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// How another table was reached.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub via: String,
    /// The score, 1 best; None where it could not be computed.
    pub score: Option<f64>,
    /// Its 95 % confidence interval by entity; None where too few entities stand behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// The score of the second real draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<f64>,
    /// The quantity itself in the real data, where the score compares two numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real: Option<f64>,
    /// The quantity in the synthetic data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<f64>,
    /// The quantity in the holdout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<f64>,
    /// What it means.
    pub verdict: Verdict,
    /// What gave the data away (detection), strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub culprits: Vec<Culprit>,
    /// What to know about it; why there is no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Score {
    /// How far below the ceiling; None without one.
    pub fn gap(&self) -> Option<f64> {
        Some(self.best? - self.score?)
    }

    /// The place in one line: `admissions: admit_ts x discharge_ts`.
    pub fn place(&self) -> String {
        let columns = self.columns.join(" x ");
        let via = if self.via.is_empty() { String::new() } else { format!(" [{}]", self.via) };
        let colon = if columns.is_empty() { "" } else { ": " };
        format!("{}{colon}{columns}{via}", self.table)
    }
}
