//! The three exceptions, with the words of the engine.

use healthdata_core::{Error, ErrorKind};
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;

pyo3::create_exception!(
    healthdata_synthetic_generator,
    MetadataError,
    PyValueError,
    "The metadata or a rule contradict themselves or the tables."
);
pyo3::create_exception!(
    healthdata_synthetic_generator,
    DataError,
    PyValueError,
    "A table, a value or a file can't be read or written."
);
pyo3::create_exception!(
    healthdata_synthetic_generator,
    ModelError,
    PyValueError,
    "A model can't be read, or can't do what was asked."
);

/// The exception of an error; its `problems` are the lines of the message.
pub fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let text = error.to_string();
    let exception = match error.kind() {
        ErrorKind::Metadata | ErrorKind::Rule => MetadataError::new_err(text),
        ErrorKind::Data | ErrorKind::Io => DataError::new_err(text),
        ErrorKind::Model | ErrorKind::Request => ModelError::new_err(text),
        ErrorKind::Interrupted => return PyKeyboardInterrupt::new_err("interrupted"),
    };
    match exception.value(py).setattr("problems", error.problems().to_vec()) {
        Ok(()) => exception,
        Err(e) => e,
    }
}
