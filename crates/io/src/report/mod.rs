//! The report as a page for people, as JSON for programs and as JUnit for a build server.

mod bars;
mod check;
mod curves;
mod heat;
mod junit;
mod page;
mod schema;
mod tables;
mod text;

pub use check::junit as check_junit;
pub use junit::junit;
pub use page::html;

use healthdata_core::evaluate::Report;
use healthdata_core::{Error, ErrorKind, Result};

/// The report as JSON; `docs/report.md` says what stands in it.
pub fn json(report: &Report) -> Result<String> {
    let text = serde_json::to_string_pretty(report);
    text.map(|t| t + "\n").map_err(|e| Error::new(ErrorKind::Data, format!("the report can't be written as JSON: {e}")))
}

/// A report read back from its JSON.
pub fn from_json(text: &str) -> Result<Report> {
    let bad = |e| Error::new(ErrorKind::Data, format!("not a report of this program: {e}"));
    serde_json::from_str(text).map_err(bad)
}
