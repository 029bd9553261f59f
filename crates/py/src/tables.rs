//! Tables in and out: a dict of anything that speaks the Arrow PyCapsule interface.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchOptions};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use healthdata_core::{Dataset, Error, ErrorKind, Metadata, Result};
use healthdata_io::source::concat;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::capsule;
use crate::cell;
use crate::errors::raise;

/// Tables by name, as Python hands them over.
pub type Given<'py> = Vec<(String, Bound<'py, PyAny>)>;

/// Rows in memory, for any library that reads Arrow.
#[pyclass(frozen, module = "healthdata_synthetic_generator")]
pub struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    /// Batches of one schema.
    pub fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }
}

#[pymethods]
impl Table {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // Other types than ours may be asked for; the protocol lets us give what we have.
        let _ = requested_schema;
        let batches = self.batches.clone().into_iter().map(Ok::<_, ArrowError>);
        capsule::stream(py, Box::new(RecordBatchIterator::new(batches, self.schema.clone())))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &self.schema)
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn __repr__(&self) -> String {
        let columns: Vec<String> = types(&self.schema).into_iter().map(|(n, t)| format!("{n} {t}")).collect();
        format!("Table({} rows: {})", self.__len__(), columns.join(", "))
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

    /// The first rows as texts; None is a missing value.
    fn head(&self, rows: usize) -> Vec<Vec<Option<String>>> {
        let mut out = Vec::new();
        for batch in &self.batches {
            for row in 0..batch.num_rows().min(rows - out.len()) {
                out.push(batch.columns().iter().map(|c| cell::text(c.as_ref(), row)).collect());
            }
        }
        out
    }
}

/// Names of columns.
pub fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|f| f.name().clone()).collect()
}

/// Names and types of columns.
pub fn types(schema: &Schema) -> Vec<(String, String)> {
    schema.fields().iter().map(|f| (f.name().clone(), f.data_type().to_string())).collect()
}

/// Reads tables; all problems of all tables in one exception.
pub fn read(py: Python<'_>, given: Given<'_>) -> PyResult<Dataset> {
    let (mut data, mut problems) = (Dataset::default(), Vec::new());
    for (name, table) in given {
        let (schema, batches) = match capsule::read(&table) {
            Ok(read) => read,
            Err(e) if e.is_instance_of::<crate::errors::DataError>(py) => {
                problems.push(format!("table {name}: {}", e.value(py)));
                continue;
            }
            Err(e) => return Err(e),
        };
        match py.detach(|| whole(&schema, &batches)) {
            Ok(batch) => drop(data.tables.insert(name, batch)),
            Err(e) => problems.extend_from_slice(e.at(&format!("table {name}")).problems()),
        }
    }
    Error::all(ErrorKind::Data, problems).map_err(|e| raise(py, &e))?;
    Ok(data)
}

/// One batch of plain columns.
fn whole(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    let mut problems = Vec::new();
    for (i, field) in schema.fields().iter().enumerate() {
        if field.name().trim().is_empty() {
            problems.push(format!("column {} has no name", i + 1));
        } else if let Some(first) = schema.fields()[..i].iter().position(|f| f.name() == field.name()) {
            problems.push(format!("columns {} and {} have the same name; rename one", first + 1, i + 1));
        }
    }
    Error::all(ErrorKind::Data, problems)?;
    let batch = if batches.is_empty() { RecordBatch::new_empty(schema.clone()) } else { concat(batches)? };
    let columns = batch.columns().iter().map(plain).collect::<Result<Vec<ArrayRef>>>()?;
    let field = |(f, c): (&Arc<Field>, &ArrayRef)| Field::new(f.name(), c.data_type().clone(), true);
    let schema = Schema::new(schema.fields().iter().zip(&columns).map(field).collect::<Vec<_>>());
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(schema), columns, &options)
        .map_err(|_| Error::new(ErrorKind::Data, "its columns have different lengths"))
}

/// The array in a type that the engine reads: categories of numbers as numbers, milliseconds as times.
fn plain(array: &ArrayRef) -> Result<ArrayRef> {
    let fail = |_| Error::new(ErrorKind::Data, "categories that can't be read");
    match array.data_type() {
        DataType::Dictionary(_, values) => match values.as_ref() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(array.clone()),
            _ => {
                let Some(d) = array.as_any_dictionary_opt() else { return Ok(array.clone()) };
                arrow_select::take::take(d.values().as_ref(), d.keys(), None).map_err(fail)
            }
        },
        DataType::Date64 => {
            let days = array.as_primitive::<Date64Type>();
            Ok(Arc::new(days.reinterpret_cast::<TimestampMillisecondType>()))
        }
        _ => Ok(array.clone()),
    }
}

/// The tables that the metadata name, in their order; a table that they do not name is an error, a column is left
/// aside with a note.
pub fn arrange(mut data: Dataset, metadata: &Metadata) -> Result<(Dataset, Vec<String>)> {
    let known = metadata.tables.keys().cloned().collect::<Vec<_>>().join(", ");
    let unknown = |t: &&String| !metadata.tables.contains_key(*t);
    let problem = |t: &String| format!("table {t} is not in the metadata; they have {known}");
    Error::all(ErrorKind::Metadata, data.tables.keys().filter(unknown).map(problem).collect())?;
    let mut notes = Vec::new();
    for (name, batch) in &data.tables {
        let meta = &metadata.tables[name];
        let aside: Vec<String> =
            names(batch.schema_ref()).into_iter().filter(|c| !meta.columns.contains_key(c)).collect();
        if !aside.is_empty() {
            notes.push(format!("table {name}: columns left aside: {}", aside.join(", ")));
        }
    }
    let mut out = Dataset::default();
    for name in metadata.tables.keys() {
        out.tables.extend(data.tables.swap_remove_entry(name));
    }
    Ok((out, notes))
}
