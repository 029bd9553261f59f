//! `healthdata check`: proves types, keys, domains and rules on every row of files.

use healthdata_core::Result;
use healthdata_core::check::{CheckReport, check};

use crate::args::Check;
use crate::progress::Progress;
use crate::table::{Side, count, table};
use crate::{Outcome, data, print, proof};

/// Runs the command.
pub fn run(a: Check) -> Result<Outcome> {
    let progress = Progress::spinner(a.quiet || a.json);
    progress.say("reading".into());
    let data = data::with_metadata(&a.data, a.metadata.as_deref())?;
    progress.say("checking".into());
    let report = check(&data.tables, &data.metadata)?;
    drop(progress);
    let broken = proof::broken(&report);
    if a.json {
        print::say(&(report.to_json() + "\n"))?;
    } else if !a.quiet {
        print::say(&text(&report, &broken))?;
        data.notes.iter().chain(&report.notes).for_each(|n| print::remark(n));
    }
    if broken.is_empty() {
        return Ok(Outcome::Fine);
    }
    if a.quiet {
        print::complain(&broken.join("\n       "));
    }
    Ok(Outcome::Broken)
}

fn text(report: &CheckReport, broken: &[String]) -> String {
    let mut lines: Vec<Vec<String>> = report.tables.iter().map(|(t, n)| vec![t.clone(), count(*n)]).collect();
    lines.push(vec!["all".into(), count(report.tables.values().sum())]);
    let tables = table(&[("table", Side::Left), ("rows", Side::Right)], &lines);
    let verdict = match broken.len() {
        0 => "Everything holds on every row.\n".to_owned(),
        n => format!("{n} broken:\n  {}\n", broken.join("\n  ")),
    };
    format!("{tables}\n{}\n{verdict}", proof::summary(report))
}
