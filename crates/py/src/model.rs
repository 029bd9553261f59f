//! Models: fitted, loaded, sampled.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use healthdata_core::fit::{FitOptions, fit, settle};
use healthdata_core::inspect::inspect;
use healthdata_core::model::Model;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Error, ErrorKind, Result};
use healthdata_io::{drop_orphans, model as file};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::raise;
use crate::metadata::PyMetadata;
use crate::rows::{Job, Stream};
use crate::tables::{Given, Table, arrange, read};
use crate::work::long;

/// Things with their names.
type Named<T> = Vec<(String, T)>;

/// A fitted model.
#[pyclass(frozen, name = "Model", module = "healthdata_synthetic_generator._engine")]
pub struct PyModel {
    model: Arc<Model>,
}

impl PyModel {
    /// Which tables are wanted: all, or those named.
    fn wanted(&self, tables: Option<Vec<String>>) -> Result<Vec<bool>> {
        let plan = &self.model.plan.tables;
        let Some(tables) = tables else { return Ok(vec![true; plan.len()]) };
        let shown = || plan.iter().filter(|t| !t.hidden);
        let known = shown().map(|t| t.name.clone()).collect::<Vec<_>>().join(", ");
        let unknown = tables.iter().filter(|t| !shown().any(|s| s.name == **t));
        let problems = unknown.map(|t| format!("the model has no table {t}; it has {known}")).collect();
        Error::all(ErrorKind::Request, problems)?;
        Ok(plan.iter().map(|t| tables.contains(&t.name)).collect())
    }
}

#[pymethods]
impl PyModel {
    /// Learns a model; gives it with the remarks of the fit.
    #[staticmethod]
    #[allow(clippy::too_many_arguments)]
    fn fit(
        py: Python<'_>,
        tables: Given<'_>,
        metadata: &PyMetadata,
        effort: &str,
        min_support: usize,
        seed: u64,
        rules: (&str, &str),
        drop_orphan_rows: bool,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<(Self, Vec<String>)> {
        let request = |name: &str, e: String| raise(py, &Error::new(ErrorKind::Request, format!("{name}: {e}")));
        let effort = healthdata_cli::effort(effort).map_err(|e| request("effort", e))?;
        let min_support =
            healthdata_cli::min_support(&min_support.to_string()).map_err(|e| request("min_support", e))?;
        let which = healthdata_cli::use_rules(rules.0).map_err(|e| request("rules", e))?;
        let broken = healthdata_cli::broken_rules(rules.1).map_err(|e| request("broken_rules", e))?;
        let options = FitOptions { min_support, effort, seed };
        let data = read(py, tables)?;
        let metadata = metadata.metadata.clone();
        let (model, notes) = long(py, progress.as_ref(), move |desk| {
            desk.say("reading")?;
            let (mut data, mut notes) = arrange(data, &metadata)?;
            let pool = healthdata_cli::pool(None)?;
            pool.install(|| {
                if drop_orphan_rows {
                    let (kept, dropped) = drop_orphans(&data, &metadata)?;
                    data = kept;
                    notes.extend(dropped.iter().map(|(t, n)| format!("{t}: {n} orphans dropped")));
                }
                desk.step("looking for rules");
                let settled = settle(&data, &metadata, which, broken)?;
                notes.extend(settled.notes);
                let learning = |table: &str, column: &str| desk.step(&format!("learning {table}: {column}"));
                let (model, said) = fit(&settled.data, &settled.metadata, options, &learning)?;
                notes.extend(said);
                Ok((model, notes))
            })
        })?;
        Ok((Self { model: Arc::new(model) }, notes))
    }

    /// The model of the built-in reference hospital.
    #[staticmethod]
    fn hospital(py: Python<'_>, progress: Option<Bound<'_, PyAny>>) -> PyResult<Self> {
        let model = long(py, progress.as_ref(), |desk| {
            let desk = desk.clone();
            let tell = move |what: &str| -> Result<()> {
                desk.step(what);
                Ok(())
            };
            healthdata_cli::pool(None)?.install(|| healthdata_cli::hospital::model(&tell))
        })?;
        Ok(Self { model: Arc::new(model) })
    }

    /// Reads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let (model, _) = long(py, None, move |_| file::read(&path))?;
        Ok(Self { model: Arc::new(model) })
    }

    /// Reads the bytes of a model file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let bytes = bytes.to_vec();
        let model = long(py, None, move |_| file::from_bytes(&bytes))?;
        Ok(Self { model: Arc::new(model) })
    }

    /// Writes a model file, all or nothing, and gives its hash.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<String> {
        let model = self.model.clone();
        long(py, None, move |_| file::write(&path, &model))
    }

    /// The bytes of the model's file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let model = self.model.clone();
        let bytes = long(py, None, move |_| file::to_bytes(&model))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The hash of the model's file.
    fn hash(&self, py: Python<'_>) -> PyResult<String> {
        let model = self.model.clone();
        long(py, None, move |_| file::hash(&model))
    }

    /// The metadata it was fitted with.
    fn metadata(&self, py: Python<'_>) -> PyResult<PyMetadata> {
        let sampler = Sampler::new(&self.model, SampleRequest::default()).map_err(|e| raise(py, &e))?;
        let metadata = sampler.metadata().clone();
        Ok(PyMetadata { metadata })
    }

    /// Tables with the rows that were learned from.
    fn tables(&self) -> Vec<(String, u64)> {
        let tables = self.model.plan.tables.iter().zip(&self.model.tables);
        tables.filter(|(p, _)| !p.hidden).map(|(p, m)| (p.name.clone(), m.rows)).collect()
    }

    /// How hard the fit tried.
    fn effort(&self) -> String {
        self.model.effort.clone()
    }

    /// What the model holds, as JSON.
    fn inspect(&self, py: Python<'_>, values: bool) -> PyResult<String> {
        let found = inspect(&self.model, values).map_err(|e| raise(py, &e))?;
        serde_json::to_string(&found)
            .map_err(|_| raise(py, &Error::new(ErrorKind::Model, "what the model holds can't be written as JSON")))
    }

    /// Generated tables, by name, and what they lack.
    #[allow(clippy::too_many_arguments)]
    fn sample(
        &self,
        py: Python<'_>,
        scale: f64,
        rows: Vec<(String, u64)>,
        seed: u64,
        part: (u64, u64),
        tables: Option<Vec<String>>,
        threads: Option<NonZeroUsize>,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<(Named<Table>, Vec<String>)> {
        let wanted = self.wanted(tables).map_err(|e| raise(py, &e))?;
        let job = Job::new(&self.model, scale, rows, seed, part, threads).map_err(|e| raise(py, &e))?;
        let (made, lacking) = long(py, progress.as_ref(), move |desk| job.collect(&wanted, desk))?;
        let names = self.model.plan.tables.iter().map(|t| t.name.clone());
        Ok((names.zip(made).filter_map(|(n, t)| Some((n, t?))).collect(), lacking))
    }

    /// Tables that are generated while they are pulled, by name.
    #[allow(clippy::too_many_arguments)]
    fn streams(
        &self,
        py: Python<'_>,
        scale: f64,
        rows: Vec<(String, u64)>,
        seed: u64,
        part: (u64, u64),
        tables: Option<Vec<String>>,
        threads: Option<NonZeroUsize>,
    ) -> PyResult<Vec<(String, Stream)>> {
        let wanted = self.wanted(tables).map_err(|e| raise(py, &e))?;
        let job = Job::new(&self.model, scale, rows, seed, part, threads).map_err(|e| raise(py, &e))?;
        let schemas = job.schemas().map_err(|e| raise(py, &e))?;
        let names = self.model.plan.tables.iter().map(|t| t.name.clone());
        let stream = |((t, schema), name)| (name, Stream { job: job.clone(), table: t, schema });
        let all = schemas.into_iter().enumerate().zip(names).map(stream);
        Ok(all.zip(wanted).filter_map(|(s, w)| w.then_some(s)).collect())
    }
}

impl PyModel {
    /// The model.
    pub fn inner(&self) -> &Arc<Model> {
        &self.model
    }
}
