//! `healthdata fit`: learns a model from tables.

use std::time::Instant;

use healthdata_core::evaluate::hold_out;
use healthdata_core::fit::{FitOptions, fit, settle};
use healthdata_core::model::Holdout;
use healthdata_core::{Error, ErrorKind, Result};
use healthdata_io::source::{Thin, read_thinned};
use healthdata_io::{drop_orphans, find_metadata, model, read_metadata};

use crate::args::Fit;
use crate::data::{self, Data};
use crate::progress::Progress;
use crate::table::{Side, bytes, count, table, time};
use crate::{Outcome, interrupt, out_file, print, runs};

/// Runs the command.
pub fn run(a: Fit) -> Result<Outcome> {
    out_file::check(&a.out, "a model", model::is_model_file)?;
    let pool = runs::pool(a.threads)?;
    let start = Instant::now();
    let progress = Progress::spinner(a.quiet);
    progress.say("reading".into());
    let (Data { mut tables, mut metadata, mut notes }, thinned) = read(&a)?;
    interrupt::check()?;
    if a.drop_orphans {
        let (kept, dropped) = drop_orphans(&tables, &metadata)?;
        tables = kept;
        notes.extend(dropped.iter().map(|(t, n)| format!("{t}: {} orphans dropped", count(*n))));
    }
    let mut aside = None;
    if let Some(share) = a.holdout {
        let (kept, held, holdout) = hold_out(&tables, &metadata, share, a.seed)?;
        let row = |t: &String| held.tables[t].num_rows() < tables.tables[t].num_rows();
        let moved: Vec<String> = tables
            .tables
            .keys()
            .filter(|t| row(t))
            .map(|t| format!("{t} {}", count(held.tables[t].num_rows() as u64)))
            .collect();
        notes.push(format!("held out and not learned from, rows: {}", moved.join(", ")));
        aside = Some(Holdout { orphans_dropped: a.drop_orphans, ..holdout });
        tables = kept;
    }
    progress.say("looking for rules".into());
    let settled = pool.install(|| settle(&tables, &metadata, a.rules, a.broken_rules))?;
    (tables, metadata) = (settled.data, settled.metadata);
    notes.extend(settled.notes);
    interrupt::check()?;
    let learning = |table: &str, column: &str| progress.say(format!("learning {table}: {column}"));
    let options = FitOptions { min_support: a.min_support, effort: a.effort, seed: a.seed };
    let (mut fitted, said) = pool.install(|| fit(&tables, &metadata, options, &learning))?;
    if let Some(holdout) = aside {
        fitted.plan.notes.push(format!("{} % of the entities were held out of the fit", 100.0 * holdout.share));
        fitted.holdout = Some(holdout);
    }
    interrupt::check()?;
    // The model says itself what it was learned from.
    fitted.plan.notes.extend(thinned.iter().cloned());
    notes.extend(thinned);
    progress.say("writing".into());
    model::write(&a.out, &fitted)?;
    drop(progress);
    if a.quiet {
        return Ok(Outcome::Fine);
    }
    notes.extend(said);
    notes.iter().for_each(|n| print::remark(n));
    let lines: Vec<Vec<String>> =
        fitted.plan.tables.iter().zip(&fitted.tables).map(|(p, m)| vec![p.name.clone(), count(m.rows)]).collect();
    let size = std::fs::metadata(&a.out).map_or(0, |m| m.len());
    let out = a.out.display();
    let report = if a.holdout.is_some() {
        format!("       healthdata sample {out} --out-dir new --report report.html --real {}\n", a.data.display())
    } else {
        String::new()
    };
    print::say(&format!(
        "{}\nmodel  {out} ({}), {} in {}\nnext   healthdata sample {out} --out-dir new\n       healthdata inspect {out}\n{report}",
        table(&[("table", Side::Left), ("rows learned from", Side::Right)], &lines),
        bytes(size),
        fitted.effort,
        time(start.elapsed())
    ))?;
    Ok(Outcome::Fine)
}

/// The tables with metadata given, found or detected; and what was left out where not all entities were read.
fn read(a: &Fit) -> Result<(Data, Vec<String>)> {
    let thin = a.max_entities.map(Thin::Entities).or(a.memory.map(Thin::Memory));
    if let Some(thin) = thin {
        return thinned(a, thin);
    }
    if let Some(data) = data::declared(&a.data, a.metadata.as_deref())? {
        return Ok((data, Vec::new()));
    }
    // Values are left out: the model learns them with its guards, its metadata must not carry them past these.
    let guess = data::guessed(&a.data, false)?;
    let mut notes = guess.notes;
    notes.push(
        "no metadata file: detected; `healthdata detect` writes them down with the reasons, to be corrected".into(),
    );
    Ok((Data { tables: guess.tables, metadata: guess.metadata, notes }, Vec::new()))
}

/// Some entities of data that are larger than memory; what points to what must be known before they are read.
fn thinned(a: &Fit, thin: Thin) -> Result<(Data, Vec<String>)> {
    let Some(file) = a.metadata.clone().or_else(|| find_metadata(&a.data)) else {
        let what = "a part of the entities can only be read with metadata; give --metadata FILE";
        return Err(Error::new(ErrorKind::Metadata, format!("{}: {what}", a.data.display())));
    };
    let metadata = read_metadata(&file)?;
    let (source, tables) = read_thinned(&a.data, &metadata, thin)?;
    let mut notes = vec![format!("metadata of {}", file.display())];
    notes.extend(source.notes);
    let some = tables.iter().filter(|t| t.kept < t.of);
    let said = some.map(|t| format!("{}: learned from {} of {} rows", t.table, count(t.kept), count(t.of))).collect();
    Ok((Data { tables: source.data, metadata, notes }, said))
}
