//! Checks and evaluations of tables in memory.

use std::path::PathBuf;

use healthdata_core::check::check;
use healthdata_core::evaluate::{EvaluateOptions, Report, Section, evaluate};
use healthdata_io::{files, report};
use pyo3::prelude::*;

use crate::errors::raise;
use crate::metadata::PyMetadata;
use crate::tables::{Given, arrange, read};
use crate::work::long;

/// An evaluation.
#[pyclass(frozen, name = "Report", module = "healthdata_synthetic_generator._engine")]
pub struct PyReport {
    report: Report,
}

#[pymethods]
impl PyReport {
    /// The page.
    fn html(&self) -> String {
        report::html(&self.report)
    }

    /// Everything, as JSON.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        report::json(&self.report).map_err(|e| raise(py, &e))
    }

    /// Writes the page or, to a name that ends with .json, the JSON; all or nothing.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let text = match path.extension().is_some_and(|e| e == "json") {
            true => self.json(py)?,
            false => self.html(),
        };
        let write = if self.report.private { files::write_private } else { files::write_whole };
        write(&path, text.as_bytes()).map_err(|e| raise(py, &e))
    }
}

/// Compares synthetic with real tables.
#[pyfunction]
#[pyo3(name = "evaluate")]
#[allow(clippy::too_many_arguments)]
pub fn evaluate_tables(
    py: Python<'_>,
    real: Given<'_>,
    synthetic: Given<'_>,
    holdout: Option<Given<'_>>,
    metadata: &PyMetadata,
    quick: bool,
    for_sharing: bool,
    seed: u64,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<PyReport> {
    let (real, synthetic) = (read(py, real)?, read(py, synthetic)?);
    let holdout = holdout.map(|h| read(py, h)).transpose()?;
    let metadata = metadata.metadata.clone();
    let skip = if quick { vec![Section::Detection, Section::Utility] } else { Vec::new() };
    let options = EvaluateOptions { seed, skip, for_sharing, ..EvaluateOptions::default() };
    let report = long(py, progress.as_ref(), move |desk| {
        let tell = desk.clone();
        healthdata_cli::pool(None)?
            .install(|| evaluate(&real, &synthetic, holdout.as_ref(), &metadata, &options, &|step| tell.step(step)))
    })?;
    Ok(PyReport { report })
}

/// Proves tables against metadata: the report as JSON, and a line for each thing that is broken.
#[pyfunction]
#[pyo3(name = "check")]
pub fn check_tables(
    py: Python<'_>,
    tables: Given<'_>,
    metadata: &PyMetadata,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<(String, Vec<String>)> {
    let data = read(py, tables)?;
    let metadata = metadata.metadata.clone();
    let (report, notes) = long(py, progress.as_ref(), move |desk| {
        desk.say("checking")?;
        let (data, notes) = arrange(data, &metadata)?;
        healthdata_cli::pool(None)?.install(|| check(&data, &metadata)).map(|r| (r, notes))
    })?;
    let broken = healthdata_cli::broken(&report);
    let mut report = report;
    report.notes.splice(0..0, notes);
    Ok((report.to_json(), broken))
}
