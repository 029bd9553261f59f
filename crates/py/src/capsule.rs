//! The Arrow PyCapsule interface: the one place that follows pointers of other libraries.

use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{Schema, SchemaRef};
use healthdata_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods};

use crate::errors::raise;

/// A capsule that other libraries pull record batches out of.
pub fn stream(py: Python<'_>, reader: Box<dyn RecordBatchReader + Send>) -> PyResult<Bound<'_, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), c"arrow_array_stream")
}

/// A capsule with names and types of columns.
pub fn schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|e| unreadable(py, &e.to_string()))?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

/// All record batches of an object with `__arrow_c_stream__`, without copying values.
pub fn read(table: &Bound<'_, PyAny>) -> PyResult<(SchemaRef, Vec<RecordBatch>)> {
    let py = table.py();
    let capsule = table.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds a valid `ArrowArrayStream` by the protocol; it is moved out once, and a
    // moved-out stream is marked as released, so the capsule's own destructor leaves it alone.
    #[allow(unsafe_code)]
    let reader = unsafe { ArrowArrayStreamReader::from_raw(pointer.as_ptr()) };
    // The message of a producer may quote values, so only the fact is told.
    let failed = "its rows can't be read through the Arrow interface; convert it to pyarrow, pandas or polars first";
    let reader = reader.map_err(|_| unreadable(py, failed))?;
    let schema = reader.schema();
    let batches: Result<Vec<RecordBatch>, _> = py.detach(|| reader.collect());
    batches.map(|b| (schema, b)).map_err(|_| unreadable(py, failed))
}

fn unreadable(py: Python<'_>, why: &str) -> PyErr {
    raise(py, &Error::new(ErrorKind::Data, why))
}
