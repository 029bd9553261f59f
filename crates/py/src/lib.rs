//! The compiled half of the Python package `healthdata_synthetic_generator`: tables, models and reports behind the
//! thin Python classes in `python/`.

mod capsule;
mod cell;
mod errors;
mod folder;
mod metadata;
mod model;
mod report;
mod restore;
mod rows;
mod tables;
mod work;

use std::ffi::OsString;

use healthdata_core::{Dataset, reference};
use pyo3::prelude::*;

use tables::Table;

/// Runs the command line with these arguments, the name of the program first, and gives its exit code. Ctrl-C ends
/// the process, as it ends the program.
#[pyfunction]
fn run(py: Python<'_>, args: Vec<OsString>) -> u8 {
    healthdata_cli::interrupt::listen();
    py.detach(|| healthdata_cli::run(args))
}

/// Tables of the reference hospital, which is simulated, with its metadata.
#[pyfunction]
fn reference_tables(
    py: Python<'_>,
    patients: usize,
    seed: u64,
) -> PyResult<(Vec<(String, Table)>, metadata::PyMetadata)> {
    let Dataset { tables } = work::long(py, None, move |_| Ok(reference::hospital(patients, seed)))?;
    let table = |(name, batch): (String, arrow_array::RecordBatch)| (name, Table::new(batch.schema(), vec![batch]));
    let metadata = metadata::PyMetadata { metadata: reference::metadata() };
    Ok((tables.into_iter().map(table).collect(), metadata))
}

/// The scale of the hospital's model for a scale of the hospital.
#[pyfunction]
fn hospital_scale(scale: f64) -> f64 {
    healthdata_cli::hospital::scale(scale)
}

#[pymodule]
fn _engine(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("MetadataError", m.py().get_type::<errors::MetadataError>())?;
    m.add("DataError", m.py().get_type::<errors::DataError>())?;
    m.add("ModelError", m.py().get_type::<errors::ModelError>())?;
    m.add_class::<Table>()?;
    m.add_class::<rows::Stream>()?;
    m.add_class::<metadata::PyMetadata>()?;
    m.add_class::<model::PyModel>()?;
    m.add_class::<report::PyReport>()?;
    m.add_class::<folder::Folder>()?;
    m.add_function(wrap_pyfunction!(run, m)?)?;
    m.add_function(wrap_pyfunction!(reference_tables, m)?)?;
    m.add_function(wrap_pyfunction!(hospital_scale, m)?)?;
    m.add_function(wrap_pyfunction!(report::evaluate_tables, m)?)?;
    m.add_function(wrap_pyfunction!(report::check_tables, m)?)?;
    m.add_function(wrap_pyfunction!(folder::write_one_part, m)?)?;
    Ok(())
}
