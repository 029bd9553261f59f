//! Metadata: read, written, detected.

use std::path::PathBuf;

use healthdata_core::Metadata;
use healthdata_core::detect::{DetectOptions, detect};
use healthdata_io::{files, read_metadata};
use pyo3::prelude::*;

use crate::errors::raise;
use crate::tables::{Given, read};
use crate::work::long;

/// Valid metadata. The text is the file's: SDV's V2 with our own keys under `x_healthdata`.
#[pyclass(frozen, name = "Metadata", module = "healthdata_synthetic_generator._engine")]
pub struct PyMetadata {
    pub metadata: Metadata,
}

/// A guess with its reasons: table, column or None, what, why.
type Reasons = Vec<(String, Option<String>, String, String)>;

#[pymethods]
impl PyMetadata {
    /// Reads the JSON text of a metadata file.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Metadata::from_json(text).map(|metadata| Self { metadata }).map_err(|e| raise(py, &e))
    }

    /// Reads a metadata file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        read_metadata(&path).map(|metadata| Self { metadata }).map_err(|e| raise(py, &e))
    }

    /// Guesses metadata from tables.
    #[staticmethod]
    fn detect(
        py: Python<'_>,
        tables: Given<'_>,
        keep_values: bool,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<(Self, Reasons)> {
        let data = read(py, tables)?;
        let found = long(py, progress.as_ref(), move |desk| {
            desk.say("looking at the tables")?;
            healthdata_cli::pool(None)?.install(|| detect(&data, &DetectOptions { keep_values }))
        })?;
        let reasons = found.reasons.into_iter().map(|r| (r.table, r.column, r.what, r.why)).collect();
        Ok((Self { metadata: found.metadata }, reasons))
    }

    /// The text of the metadata file.
    fn to_json(&self) -> String {
        self.metadata.to_json()
    }

    /// Writes the metadata file, all or nothing.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        files::write_whole(&path, self.metadata.to_json().as_bytes()).map_err(|e| raise(py, &e))
    }

    /// One line for each rule.
    fn rules(&self) -> Vec<String> {
        self.metadata.rules.iter().map(healthdata_core::Rule::describe).collect()
    }
}
