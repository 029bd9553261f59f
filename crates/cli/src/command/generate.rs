//! `healthdata generate`: the built-in reference hospital is learned, and a new one of any size is made.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::sample::SampleRequest;
use healthdata_core::{Error, ErrorKind, Result, reference};
use healthdata_io::{OutputDir, Run, model};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::args::{Generate, Sampling};
use crate::produce::{Job, Made, produce};
use crate::progress::Progress;
use crate::table::{Side, count, rate, table, time};
use crate::{Outcome, interrupt, print, proof};

/// Patients that are learned from: four campuses.
const PATIENTS: usize = 4000;
/// Patients at a scale of 1.
const UNIT: usize = 1000;
/// Seed of the training hospital: always the same one, whatever seed is asked for.
const SEED: u64 = 1;

/// Runs the command.
pub fn run(a: Generate) -> Result<Outcome> {
    OutputDir::check(&a.out_dir)?;
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
    let run = run_of("generate", &a.sampling, a.scale, model::hash(&model)?);
    let made = produce(
        Job { model: &model, request, format: a.sampling.format, out_dir: &a.out_dir, run, quiet: a.sampling.quiet },
        &pool,
    )?;
    let next = [
        format!("healthdata check {}", a.out_dir.display()),
        "healthdata reference --out-dir reference".into(),
        "healthdata fit my-data --out my.model && healthdata sample my.model --out-dir mine".into(),
    ];
    report(&made, &a.out_dir, Some(learned), &next, a.sampling.quiet)
}

/// The threads of a run.
pub fn pool(threads: Option<NonZeroUsize>) -> Result<ThreadPool> {
    let threads = threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|e| Error::new(ErrorKind::Request, format!("--threads {threads}: {e}; ask for fewer")))
}

/// The request of the engine.
pub fn request(a: &Sampling, scale: f64) -> SampleRequest {
    let (part, parts) = a.part.map_or((1, 1), |p| (p.index, p.of));
    SampleRequest { scale, seed: a.seed, part, parts, ..SampleRequest::default() }
}

/// What the manifest says.
pub fn run_of(command: &str, a: &Sampling, scale: f64, model_hash: String) -> Run {
    let mut options = std::collections::BTreeMap::new();
    options.insert("command".into(), command.into());
    options.insert("format".into(), a.format.ending().into());
    if let Some(p) = a.part {
        options.insert("part".into(), format!("{}/{}", p.index, p.of));
    }
    Run { program: concat!("healthdata ", env!("CARGO_PKG_VERSION")).into(), seed: a.seed, scale, model_hash, options }
}

/// Says what was made and proved.
pub fn report(made: &Made, out_dir: &Path, learned: Option<Duration>, next: &[String], quiet: bool) -> Result<Outcome> {
    let broken = proof::broken(&made.report);
    if !quiet {
        let rows: u64 = made.files.iter().map(|f| f.rows).sum();
        let path = |p: &str| out_dir.join(p).display().to_string();
        let mut lines: Vec<Vec<String>> =
            made.files.iter().map(|f| vec![f.table.clone(), count(f.rows), path(&f.path)]).collect();
        lines.push(vec!["all".into(), count(rows), path("manifest.json")]);
        let mut text = table(&[("table", Side::Left), ("rows", Side::Right), ("file", Side::Left)], &lines);
        if !made.report.checks.is_empty() {
            text.push('\n');
            text.push_str(&proof::summary(&made.report));
        }
        let all = learned.unwrap_or_default() + made.time;
        let learned = learned.map(|t| format!("learned in {}, ", time(t))).unwrap_or_default();
        let made_in = format!("generated, checked and written in {}", time(made.time));
        text.push_str(&format!(
            "\ntime   {}: {learned}{made_in} ({} rows per second)\n",
            time(all),
            rate(rows, made.time)
        ));
        text.push_str(&format!("files  {}\n", out_dir.display()));
        for (i, n) in next.iter().enumerate() {
            text.push_str(&format!("{}{n}\n", if i == 0 { "next   " } else { "       " }));
        }
        print::say(&text)?;
        made.report.notes.iter().chain(&made.remarks).for_each(|n| print::remark(n));
    }
    if broken.is_empty() {
        return Ok(Outcome::Fine);
    }
    print::complain(&broken.join("\n       "));
    Ok(Outcome::Broken)
}
