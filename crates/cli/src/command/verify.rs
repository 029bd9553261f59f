//! `healthdata verify`: compares the files of a finished run with its manifest.

use healthdata_core::Result;
use healthdata_io::verify;

use crate::args::Verify;
use crate::table::count;
use crate::{Outcome, print};

/// Runs the command.
pub fn run(a: Verify) -> Result<Outcome> {
    let report = verify(&a.dir)?;
    if !a.quiet {
        let run = &report.manifest.run;
        let rows: u64 = report.manifest.tables.iter().map(|t| t.rows).sum();
        print::say(&format!(
            "{}: {} files as the manifest says, {} rows; {}, seed {}, scale {}\n",
            a.dir.display(),
            report.good,
            count(rows),
            run.program,
            run.seed,
            run.scale
        ))?;
        report.unlisted.iter().for_each(|u| print::remark(&format!("{u}: not of this run")));
    }
    if report.problems.is_empty() {
        return Ok(Outcome::Fine);
    }
    print::complain(&report.problems.join("\n       "));
    Ok(Outcome::Broken)
}
