//! `healthdata fit`: learns a model from tables.

use std::time::Instant;

use healthdata_core::Result;
use healthdata_core::fit::{FitOptions, fit, settle};
use healthdata_io::{drop_orphans, model};

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
    let Data { mut tables, mut metadata, mut notes } = read(&a)?;
    interrupt::check()?;
    if a.drop_orphans {
        let (kept, dropped) = drop_orphans(&tables, &metadata)?;
        tables = kept;
        notes.extend(dropped.iter().map(|(t, n)| format!("{t}: {} orphans dropped", count(*n))));
    }
    progress.say("looking for rules".into());
    let settled = pool.install(|| settle(&tables, &metadata, a.rules, a.broken_rules))?;
    (tables, metadata) = (settled.data, settled.metadata);
    notes.extend(settled.notes);
    interrupt::check()?;
    let learning = |table: &str, column: &str| progress.say(format!("learning {table}: {column}"));
    let options = FitOptions { min_support: a.min_support, effort: a.effort, seed: a.seed };
    let (fitted, said) = pool.install(|| fit(&tables, &metadata, options, &learning))?;
    interrupt::check()?;
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
    print::say(&format!(
        "{}\nmodel  {out} ({}), {} in {}\nnext   healthdata sample {out} --out-dir new\n       healthdata inspect {out}\n",
        table(&[("table", Side::Left), ("rows learned from", Side::Right)], &lines),
        bytes(size),
        fitted.effort,
        time(start.elapsed())
    ))?;
    Ok(Outcome::Fine)
}

/// The tables with metadata given, found or detected.
fn read(a: &Fit) -> Result<Data> {
    if let Some(data) = data::declared(&a.data, a.metadata.as_deref())? {
        return Ok(data);
    }
    // Values are left out: the model learns them with its guards, its metadata must not carry them past these.
    let guess = data::guessed(&a.data, false)?;
    let mut notes = guess.notes;
    notes.push(
        "no metadata file: detected; `healthdata detect` writes them down with the reasons, to be corrected".into(),
    );
    Ok(Data { tables: guess.tables, metadata: guess.metadata, notes })
}
