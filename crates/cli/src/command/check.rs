//! `healthdata check`: proves types, keys, domains and rules on every row of files.

use healthdata_core::Result;
use healthdata_core::check::CheckReport;
use healthdata_io::prove::prove;
use healthdata_io::{files, report};

use crate::args::Check;
use crate::progress::Progress;
use crate::table::{Side, count, table};
use crate::{Outcome, data, out_file, print, proof};

/// Runs the command.
pub fn run(a: Check) -> Result<Outcome> {
    let progress = Progress::spinner(a.quiet || a.json);
    if let Some(file) = &a.junit {
        // A report that is there may be replaced; anything else of that name may not.
        out_file::check(file, "a JUnit file", |f| std::fs::read_to_string(f).is_ok_and(|t| t.contains("<testsuites")))?;
    }
    let (metadata, mut notes) = data::metadata_of(&a.data, a.metadata.as_deref())?;
    let proved = prove(&a.data, &metadata, a.memory, &|what| progress.say(format!("proving {what}")))?;
    drop(progress);
    let report = proved.report;
    notes.extend(proved.notes);
    if let Some(file) = &a.junit {
        files::write_whole(file, report::check_junit(&report).as_bytes())?;
    }
    let broken = proof::broken(&report);
    if a.json {
        print::data(&(report.to_json() + "\n"))?;
    } else if !a.quiet {
        print::say(&text(&report, &broken))?;
        notes.iter().chain(&report.notes).for_each(|n| print::remark(n));
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
