//! The report of a run in the same run: what was generated beside what was learned from and what was held out.

use arrow_array::RecordBatch;
use healthdata_core::evaluate::{EvaluateOptions, hold_out_again};
use healthdata_core::model::Model;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Dataset, Error, ErrorKind, Metadata, Result};
use healthdata_io::{drop_orphans, read, source};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::args::Reporting;
use crate::judge::{Case, Wanted, judge};
use crate::progress::Progress;
use crate::{Outcome, interrupt, print};

/// Rows that are looked at: whole blocks from the first one, so that memory does not grow with the scale.
const LOOKED_AT: u64 = 2_000_000;

/// The real side of a report.
pub struct Truth {
    /// What was learned from.
    pub real: Dataset,
    /// What was held out.
    pub holdout: Option<Dataset>,
    /// Whether both come from a simulator.
    pub simulated: bool,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Whether a report is wanted; an error when it could not be written, or when a score is asked for without one.
pub fn wanted(a: &Reporting) -> Result<bool> {
    files(a, true).check()?;
    let some = a.report.is_some() || a.report_json.is_some();
    if !some && !a.min_score.is_empty() {
        return Err(Error::new(ErrorKind::Request, "--min-score needs --report FILE or --report-json FILE"));
    }
    Ok(some)
}

fn files(a: &Reporting, quiet: bool) -> Wanted<'_> {
    let (page, json) = (a.report.as_deref(), a.report_json.as_deref());
    Wanted { page, json, min_score: &a.min_score, quiet, ..Wanted::default() }
}

/// The data a model was fitted on, split as at the fit.
pub fn truth(a: &Reporting, real: Option<&std::path::Path>, model: &Model) -> Result<Option<Truth>> {
    if a.report.is_none() && a.report_json.is_none() {
        return match real {
            None => Ok(None),
            Some(_) => Err(Error::new(ErrorKind::Request, "--real is for --report FILE, which was not asked for")),
        };
    }
    let Some(real) = real else {
        let what = "--report needs --real DIR: the data that the model was fitted on";
        return Err(Error::new(ErrorKind::Request, what));
    };
    let metadata = Metadata::from_json(&model.metadata)?;
    let found = read(real, Some(&metadata))?;
    let (mut data, mut notes) = (found.data, found.notes);
    let Some(holdout) = &model.holdout else {
        notes.push("the model was fitted without --holdout: nothing real was kept aside to compare with".to_owned());
        return Ok(Some(Truth { real: data, holdout: None, simulated: false, notes }));
    };
    if holdout.orphans_dropped {
        data = drop_orphans(&data, &metadata)?.0;
    }
    let place = |e: Error| e.at(&real.display().to_string());
    let (kept, held) = hold_out_again(&data, &metadata, holdout).map_err(place)?;
    Ok(Some(Truth { real: kept, holdout: Some(held), simulated: false, notes }))
}

/// Makes the first blocks of a run once more, in memory, judges them and gives the outcome.
pub fn appraise(
    a: &Reporting,
    quiet: bool,
    truth: Truth,
    model: &Model,
    request: &SampleRequest,
    pool: &ThreadPool,
) -> Result<Outcome> {
    let progress = Progress::spinner(quiet);
    progress.say("reading what was generated".into());
    let sampler = Sampler::new(model, request.clone())?;
    let (synthetic, whole) = pool.install(|| first_blocks(&sampler))?;
    drop(progress);
    interrupt::check()?;
    let mut notes = truth.notes;
    if !whole {
        notes.push(format!("the report looks at the first {LOOKED_AT} rows or so of the run, in whole blocks"));
    }
    let case = Case {
        real: &truth.real,
        synthetic: &synthetic,
        holdout: truth.holdout.as_ref(),
        metadata: sampler.metadata(),
        notes,
        simulated: truth.simulated,
    };
    if !quiet {
        print::say("\n")?;
    }
    let options = EvaluateOptions { for_sharing: a.for_sharing, ..EvaluateOptions::default() };
    judge(case, &options, files(a, quiet), pool)
}

/// The tables of the first blocks, and whether these are all.
fn first_blocks(sampler: &Sampler) -> Result<(Dataset, bool)> {
    let blocks = sampler.blocks();
    let per_block = sampler.expected_rows() / blocks.max(1);
    let n = (LOOKED_AT / per_block.max(1)).clamp(1, blocks.max(1));
    let made: Vec<Vec<RecordBatch>> =
        (0..n).into_par_iter().map(|b| sampler.block(b).map(|b| b.tables)).collect::<Result<_>>()?;
    let mut data = Dataset::default();
    for (t, name) in sampler.metadata().tables.keys().enumerate() {
        let batches: Vec<RecordBatch> = made.iter().map(|b| b[t].clone()).collect();
        data.tables.insert(name.clone(), source::concat(&batches)?);
    }
    Ok((data, n >= blocks))
}

/// The worse of two outcomes.
pub fn worse(a: Outcome, b: Outcome) -> Outcome {
    if matches!(a, Outcome::Fine) { b } else { a }
}
