//! `healthdata generate`: the built-in reference hospital is learned, and a new one of any size is made.

use std::time::Instant;

use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::{Result, reference};
use healthdata_io::{OutputDir, model};

use crate::args::Generate;
use crate::produce::produce;
use crate::progress::Progress;
use crate::runs::{job, manifest, pool, report, request};
use crate::{Outcome, interrupt};

/// Patients that are learned from: four campuses.
const PATIENTS: usize = 4000;
/// Patients at a scale of 1.
const UNIT: usize = 1000;
/// Seed of the training hospital: always the same one, whatever seed is asked for.
const SEED: u64 = 1;

/// Runs the command.
pub fn run(a: Generate) -> Result<Outcome> {
    if a.sampling.table.is_none() {
        OutputDir::check(&a.out_dir)?;
    }
    let start = Instant::now();
    let pool = pool(a.sampling.threads)?;
    let progress = Progress::spinner(a.sampling.quiet);
    progress.say("simulating the reference hospital".into());
    let (data, metadata) = (reference::hospital(PATIENTS, SEED), reference::metadata());
    interrupt::check()?;
    let learning = |table: &str, column: &str| progress.say(format!("learning {table}: {column}"));
    let (model, _) = pool.install(|| fit(&data, &metadata, FitOptions::default(), &learning))?;
    drop(data);
    drop(progress);
    interrupt::check()?;
    let learned = start.elapsed();
    let request = request(&a.sampling, a.scale * UNIT as f64 / PATIENTS as f64);
    let run = manifest("generate", &a.sampling, a.scale, model::hash(&model)?);
    let made = produce(job(&model, &a.sampling, request, run, &a.out_dir), &pool)?;
    if a.sampling.table.is_some() {
        return Ok(Outcome::Fine);
    }
    let next = [
        format!("healthdata check {}", a.out_dir.display()),
        "healthdata reference --out-dir reference".into(),
        "healthdata fit my-data --out my.model && healthdata sample my.model --out-dir mine".into(),
    ];
    report(&made, &a.out_dir, Some(learned), &next, a.sampling.quiet)
}
