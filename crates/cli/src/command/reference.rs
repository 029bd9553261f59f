//! `healthdata reference`: the simulated hospital that `generate` learns from, as files.

use std::collections::BTreeMap;

use healthdata_core::{Result, reference};
use healthdata_io::{OutputDir, Run};

use crate::args::Reference;
use crate::progress::Progress;
use crate::{Outcome, interrupt, print, runs};

/// Runs the command.
pub fn run(a: Reference) -> Result<Outcome> {
    OutputDir::check(&a.out_dir)?;
    let progress = Progress::spinner(a.quiet);
    progress.say(format!("simulating {} patients", a.patients));
    let (data, metadata) = (reference::hospital(a.patients, a.seed), reference::metadata());
    interrupt::check()?;
    let options = BTreeMap::from([
        ("command".to_owned(), "reference".to_owned()),
        ("format".to_owned(), a.format.ending().to_owned()),
        ("patients".to_owned(), a.patients.to_string()),
    ]);
    let scale = a.patients as f64 / 1000.0;
    let dir = OutputDir::create(
        &a.out_dir,
        Run { program: runs::PROGRAM.into(), seed: a.seed, scale, options, ..Run::default() },
    )?;
    let mut files = Vec::new();
    for (name, meta) in &metadata.tables {
        progress.say(format!("writing {name}"));
        let mut writer = dir.table(meta.domain.as_deref(), name, a.format, meta)?;
        // In pieces, so that Ctrl-C is heard.
        let batch = &data.tables[name];
        for from in (0..batch.num_rows()).step_by(100_000) {
            writer.write(&batch.slice(from, (batch.num_rows() - from).min(100_000)))?;
            interrupt::check()?;
        }
        files.push(writer.finish()?);
    }
    dir.write_other("metadata.json", metadata.to_json().as_bytes())?;
    let kept = dir.commit()?.kept;
    drop(progress);
    if !a.quiet {
        let out = a.out_dir.display();
        let text = runs::files(&files, &a.out_dir);
        print::say(&format!(
            "{text}\nfiles  {out}\nnext   healthdata check {out}\n       healthdata fit {out} --out my.model\n"
        ))?;
        kept.iter().for_each(|k| print::remark(k));
    }
    Ok(Outcome::Fine)
}
