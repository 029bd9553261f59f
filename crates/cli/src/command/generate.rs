//! `healthdata generate`: the built-in reference hospital is learned, and a new one of any size is made.

use std::time::Instant;

use healthdata_core::Result;
use healthdata_io::{OutputDir, model};

use crate::appraise::{Truth, appraise, wanted, worse};
use crate::args::Generate;
use crate::produce::produce;
use crate::progress::Progress;
use crate::runs::{job, manifest, pool, report, request};
use crate::{Outcome, hospital, interrupt};

/// Runs the command.
pub fn run(a: Generate) -> Result<Outcome> {
    if a.sampling.table.is_none() {
        OutputDir::check(&a.out_dir)?;
    }
    let reports = wanted(&a.reporting)?;
    let start = Instant::now();
    let pool = pool(a.sampling.threads)?;
    let progress = Progress::spinner(a.sampling.quiet);
    let tell = |what: &str| {
        progress.say(what.to_owned());
        interrupt::check()
    };
    let model = pool.install(|| hospital::model(&tell))?;
    // The holdout is another hospital of the same kind: nothing is taken away from what is learned, so the rows are
    // the same with and without a report.
    let truth = reports.then(|| Truth {
        real: hospital::training(),
        holdout: Some(hospital::another()),
        simulated: true,
        notes: vec!["real is the simulated reference hospital; the second draw is another one of the same kind".into()],
    });
    drop(progress);
    interrupt::check()?;
    let learned = start.elapsed();
    let request = request(&a.sampling, hospital::scale(a.scale));
    let run = manifest("generate", &a.sampling, a.scale, model::hash(&model)?);
    let made = produce(job(&model, &a.sampling, request.clone(), run, &a.out_dir), &pool)?;
    if a.sampling.table.is_some() {
        return Ok(Outcome::Fine);
    }
    let next = [
        format!("healthdata check {}", a.out_dir.display()),
        "healthdata reference --out-dir reference".into(),
        "healthdata fit my-data --out my.model && healthdata sample my.model --out-dir mine".into(),
    ];
    let outcome = report(&made, &a.out_dir, Some(learned), &next, a.sampling.quiet)?;
    match truth {
        Some(truth) => Ok(worse(outcome, appraise(&a.reporting, a.sampling.quiet, truth, &model, &request, &pool)?)),
        None => Ok(outcome),
    }
}
