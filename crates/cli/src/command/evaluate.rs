//! `healthdata evaluate`: synthetic data beside real data, as a page, JSON and JUnit.

use std::path::Path;

use healthdata_core::detect::{DetectOptions, detect};
use healthdata_core::{Dataset, Metadata, Result};
use healthdata_io::{find_metadata, read, read_metadata};

use crate::args::Evaluate;
use crate::judge::{Case, Wanted, judge, options};
use crate::progress::Progress;
use crate::runs::pool;
use crate::{Outcome, interrupt};

/// Runs the command.
pub fn run(a: Evaluate) -> Result<Outcome> {
    let wanted = Wanted {
        page: Some(&a.out),
        json: a.json.as_deref(),
        junit: a.junit.as_deref(),
        min_score: &a.min_score,
        strict: a.strict,
        quiet: a.quiet,
    };
    wanted.check()?;
    let pool = pool(a.threads)?;
    let progress = Progress::spinner(a.quiet);
    progress.say("reading".into());
    let mut notes = Vec::new();
    let (real, other) = pool.install(|| rayon::join(|| tables(&a.real), || tables(&a.synthetic)));
    let (real, synthetic) = (noted(real?, &mut notes), noted(other?, &mut notes));
    let holdout = a.holdout.as_deref().map(tables).transpose()?.map(|h| noted(h, &mut notes));
    let metadata = metadata(&a, &real, &mut notes)?;
    drop(progress);
    interrupt::check()?;
    let case = Case {
        real: &real,
        synthetic: &synthetic,
        holdout: holdout.as_ref(),
        metadata: &metadata,
        notes,
        simulated: false,
    };
    judge(case, &options(&a.only, a.quick, a.seed, a.for_sharing), wanted, &pool)
}

/// All tables there are: what is missing is told by the report, side by side, not by the reader.
fn tables(path: &Path) -> Result<(Dataset, Vec<String>)> {
    let source = read(path, None)?;
    Ok((source.data, source.notes.into_iter().map(|n| format!("{}: {n}", path.display())).collect()))
}

fn noted((data, more): (Dataset, Vec<String>), notes: &mut Vec<String>) -> Dataset {
    notes.extend(more);
    data
}

fn metadata(a: &Evaluate, real: &Dataset, notes: &mut Vec<String>) -> Result<Metadata> {
    let found = || find_metadata(&a.real).or_else(|| find_metadata(&a.synthetic));
    if let Some(file) = a.metadata.clone().or_else(found) {
        notes.push(format!("metadata of {}", file.display()));
        return read_metadata(&file);
    }
    notes.push("no metadata file: sdtypes, keys and owners were guessed from the real data".to_owned());
    Ok(detect(real, &DetectOptions { keep_values: false })?.metadata)
}
