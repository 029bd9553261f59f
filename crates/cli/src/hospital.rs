//! The hospital that comes with the program: what is learned, and what a scale of 1 means.

use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::model::Model;
use healthdata_core::{Dataset, Result, reference};

/// Patients that are learned from: four campuses.
const PATIENTS: usize = 4000;
/// Patients at a scale of 1.
const UNIT: usize = 1000;
/// Seed of the training hospital: always the same one, whatever seed is asked for.
const SEED: u64 = 1;

/// The model of the built-in reference hospital. `tell` hears what is at work and may end it with an error.
pub fn model(tell: &(dyn Fn(&str) -> Result<()> + Sync)) -> Result<Model> {
    tell("simulating the reference hospital")?;
    let (data, metadata) = (training(), reference::metadata());
    tell("learning")?;
    let learning = |table: &str, column: &str| drop(tell(&format!("learning {table}: {column}")));
    let (model, _) = fit(&data, &metadata, FitOptions::default(), &learning)?;
    Ok(model)
}

/// The model's scale for a scale of the hospital.
pub fn scale(hospital: f64) -> f64 {
    hospital * UNIT as f64 / PATIENTS as f64
}

/// The tables that the model is learned from.
pub fn training() -> Dataset {
    reference::hospital(PATIENTS, SEED)
}

/// Another hospital of the same kind, which the model never saw.
pub fn another() -> Dataset {
    reference::hospital(PATIENTS, SEED + 1)
}
