//! `healthdata sample`: generates tables from a model file.

use healthdata_core::sample::SampleRequest;
use healthdata_core::{Error, ErrorKind, Result};
use healthdata_io::{OutputDir, model};
use indexmap::IndexMap;

use crate::appraise::{appraise, truth, wanted, worse};
use crate::args::Sample;
use crate::produce::produce;
use crate::{Outcome, runs};

/// Runs the command.
pub fn run(a: Sample) -> Result<Outcome> {
    let mut rows = IndexMap::new();
    for (table, n) in &a.rows {
        if rows.insert(table.clone(), *n).is_some() {
            return Err(Error::new(ErrorKind::Request, format!("--rows {table}: given twice")));
        }
    }
    let out_dir = a.out_dir.clone().unwrap_or_default();
    if a.sampling.table.is_none() {
        OutputDir::check(&out_dir)?;
    }
    wanted(&a.reporting)?;
    let pool = runs::pool(a.sampling.threads)?;
    let (fitted, hash) = model::read(&a.model)?;
    // Before anything is written: a folder that is not the model's data is refused.
    let truth = truth(&a.reporting, a.real.as_deref(), &fitted)?;
    let scale = a.scale.unwrap_or(1.0);
    let mut manifest = runs::manifest("sample", &a.sampling, scale, hash);
    manifest.options.extend(rows.iter().map(|(t, n)| (format!("rows {t}"), n.to_string())));
    let request = SampleRequest { rows, ..runs::request(&a.sampling, scale) };
    let job = runs::job(&fitted, &a.sampling, request.clone(), manifest, &out_dir);
    let made = produce(job, &pool)?;
    if a.sampling.table.is_some() {
        return Ok(Outcome::Fine);
    }
    let next = [format!("healthdata check {}", out_dir.display())];
    let outcome = runs::report(&made, &out_dir, None, &next, a.sampling.quiet)?;
    match truth {
        Some(truth) => Ok(worse(outcome, appraise(&a.reporting, a.sampling.quiet, truth, &fitted, &request, &pool)?)),
        None => Ok(outcome),
    }
}
