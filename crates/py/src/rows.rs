//! Generated rows: all at once, or block by block while somebody pulls.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use healthdata_cli::{blocks, pool};
use healthdata_core::model::Model;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Error, ErrorKind, Metadata, Result};
use indexmap::IndexMap;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::tables::{Table, names, types};
use crate::work::{Desk, guarded};
use crate::{capsule, restore};

/// Rows of a batch at most: what a consumer holds at once.
const BATCH: usize = 1 << 16;

/// What to make.
#[derive(Clone)]
pub struct Job {
    pub model: Arc<Model>,
    pub request: SampleRequest,
    pub threads: Option<std::num::NonZeroUsize>,
}

impl Job {
    /// The request in the words of the Python call, checked.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        model: &Arc<Model>,
        scale: f64,
        rows: Vec<(String, u64)>,
        seed: u64,
        part: (u64, u64),
        threads: Option<std::num::NonZeroUsize>,
    ) -> Result<Self> {
        let rows: IndexMap<String, u64> = rows.into_iter().collect();
        let request = SampleRequest { scale, seed, part: part.0, parts: part.1, rows };
        Sampler::new(model, request.clone())?;
        Ok(Self { model: model.clone(), request, threads })
    }

    /// The metadata of what is made.
    pub fn metadata(&self) -> Result<Metadata> {
        Ok(Sampler::new(&self.model, self.request.clone())?.metadata().clone())
    }

    /// The schema of each table as it is given back.
    pub fn schemas(&self) -> Result<Vec<SchemaRef>> {
        let sampler = Sampler::new(&self.model, self.request.clone())?;
        Ok(restore::schemas(&self.model, sampler.metadata(), &sampler.schemas()?))
    }

    /// Makes the blocks on all threads and hands the wanted tables of each to `take`, in order and in the types that
    /// the training tables had. Gives what is lacking, for people.
    pub fn blocks(
        &self,
        wanted: &[bool],
        take: impl FnMut(Vec<Option<RecordBatch>>) -> Result<()>,
    ) -> Result<Vec<String>> {
        let schemas = self.schemas()?;
        self.ordered(wanted, |t, rows| restore::restore(&rows, &schemas[t]), take)
    }

    /// The same in the engine's own types, which files have.
    pub fn plain_blocks(
        &self,
        wanted: &[bool],
        take: impl FnMut(Vec<Option<RecordBatch>>) -> Result<()>,
    ) -> Result<Vec<String>> {
        self.ordered(wanted, |_, rows| Ok(rows), take)
    }

    fn ordered(
        &self,
        wanted: &[bool],
        finish: impl Fn(usize, RecordBatch) -> Result<RecordBatch> + Sync,
        mut take: impl FnMut(Vec<Option<RecordBatch>>) -> Result<()>,
    ) -> Result<Vec<String>> {
        let sampler = Sampler::new(&self.model, self.request.clone())?;
        let pool = pool(self.threads)?;
        let window = 2 * pool.current_num_threads() as u64;
        let make = |b: u64| -> Result<Vec<Option<RecordBatch>>> {
            let tables = sampler.block_of(b, wanted)?.into_iter().enumerate();
            tables.map(|(t, rows)| rows.map(|rows| finish(t, rows)).transpose()).collect()
        };
        blocks::ordered(&pool, sampler.part_blocks(), window, make, |_, tables| take(tables))?;
        Ok(sampler.lacking())
    }

    /// All wanted tables in memory, and what is lacking.
    pub fn collect(&self, wanted: &[bool], desk: &Desk) -> Result<(Vec<Option<Table>>, Vec<String>)> {
        let schemas = self.schemas()?;
        let sampler = Sampler::new(&self.model, self.request.clone())?;
        desk.say("generating")?;
        desk.expect(sampler.expected_rows() / self.request.parts);
        let mut all: Vec<Vec<RecordBatch>> = vec![Vec::new(); schemas.len()];
        let lacking = self.blocks(wanted, |tables| {
            let rows = tables.iter().flatten().map(|b| b.num_rows() as u64).sum();
            for (t, batch) in tables.into_iter().enumerate() {
                all[t].extend(batch.filter(|b| b.num_rows() > 0));
            }
            desk.add(rows)
        })?;
        let table =
            |((schema, batches), w): ((SchemaRef, Vec<RecordBatch>), &bool)| w.then(|| Table::new(schema, batches));
        Ok((schemas.into_iter().zip(all).zip(wanted).map(table).collect(), lacking))
    }
}

/// The rows of one table, made while they are pulled; every pull begins anew and gives the same rows.
#[pyclass(frozen, module = "healthdata_synthetic_generator")]
pub struct Stream {
    pub job: Job,
    pub table: usize,
    pub schema: SchemaRef,
}

#[pymethods]
impl Stream {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // Other types than ours may be asked for; the protocol lets us give what we have.
        let _ = requested_schema;
        let state = State::Waiting(self.job.clone(), self.table);
        capsule::stream(py, Box::new(Rows { schema: self.schema.clone(), state, rest: None }))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &self.schema)
    }

    /// Names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        names(&self.schema)
    }

    /// Types of the columns, by name.
    #[getter]
    fn types(&self) -> Vec<(String, String)> {
        types(&self.schema)
    }
}

/// The reader behind a [`Stream`]. Threads begin at the first pull, so a process may be forked before it.
struct Rows {
    schema: SchemaRef,
    state: State,
    rest: Option<RecordBatch>,
}

enum State {
    Waiting(Job, usize),
    Running(Receiver<Result<RecordBatch>>),
    Done,
}

impl Rows {
    fn begin(job: Job, table: usize) -> Receiver<Result<RecordBatch>> {
        let (send, receive) = mpsc::sync_channel(2);
        std::thread::spawn(move || {
            let made = guarded(|| Self::make(&job, table, &send));
            if let Err(e) = made {
                // Nobody is left to hear of it when the consumer went away.
                send.send(Err(e)).ok();
            }
        });
        receive
    }

    fn make(job: &Job, table: usize, send: &SyncSender<Result<RecordBatch>>) -> Result<()> {
        let wanted: Vec<bool> = (0..job.model.tables.len()).map(|t| t == table).collect();
        let gone = |_| Error::new(ErrorKind::Interrupted, "interrupted");
        job.blocks(&wanted, |tables| match tables.into_iter().flatten().next() {
            Some(rows) if rows.num_rows() > 0 => send.send(Ok(rows)).map_err(gone),
            _ => Ok(()),
        })
        .map(|_| ())
    }
}

impl Rows {
    /// The next batch as it was made; None at the end.
    fn pull(&mut self) -> Option<Result<RecordBatch>> {
        let State::Running(receive) = &self.state else { return None };
        let next = receive.recv().ok();
        if !matches!(next, Some(Ok(_))) {
            self.state = State::Done;
        }
        next
    }
}

impl Iterator for Rows {
    type Item = std::result::Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let State::Waiting(job, table) = &self.state {
            self.state = State::Running(Self::begin(job.clone(), *table));
        }
        let batch = match self.rest.take() {
            Some(rest) => rest,
            None => match self.pull()? {
                Ok(batch) => batch,
                Err(e) => return Some(Err(ArrowError::ExternalError(Box::new(e)))),
            },
        };
        let first = batch.slice(0, batch.num_rows().min(BATCH));
        if batch.num_rows() > BATCH {
            self.rest = Some(batch.slice(BATCH, batch.num_rows() - BATCH));
        }
        Some(Ok(first))
    }
}

impl RecordBatchReader for Rows {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}
