//! `healthdata evaluate`: synthetic data beside real data, as a page, JSON and JUnit.

use std::path::Path;
use std::time::Instant;

use healthdata_core::detect::{DetectOptions, detect};
use healthdata_core::evaluate::{EvaluateOptions, Report, Section, Verdict, evaluate};
use healthdata_core::{Dataset, Error, ErrorKind, Metadata, Result};
use healthdata_io::{files, find_metadata, read, read_metadata, report};

use crate::args::Evaluate;
use crate::progress::Progress;
use crate::runs::pool;
use crate::table::{Side, table, time};
use crate::{Outcome, interrupt, out_file, print};

/// Runs the command.
pub fn run(a: Evaluate) -> Result<Outcome> {
    let ours = |wanted: &'static str| move |file: &Path| holds(file, wanted);
    out_file::check(&a.out, "a report page", ours("<title>Synthetic data report</title>"))?;
    if let Some(json) = &a.json {
        out_file::check(json, "a report", ours("\"report_version\""))?;
    }
    if let Some(junit) = &a.junit {
        out_file::check(junit, "a JUnit file", ours("<testsuites"))?;
    }
    let start = Instant::now();
    let pool = pool(a.threads)?;
    let progress = Progress::spinner(a.quiet);
    progress.say("reading".into());
    let mut notes = Vec::new();
    let (real, synthetic) = (tables(&a.real, &mut notes)?, tables(&a.synthetic, &mut notes)?);
    let holdout = a.holdout.as_deref().map(|h| tables(h, &mut notes)).transpose()?;
    let metadata = metadata(&a, &real, &mut notes)?;
    interrupt::check()?;
    let skip = if a.quick { vec![Section::Detection, Section::Utility] } else { Vec::new() };
    let options = EvaluateOptions { seed: a.seed, skip, for_sharing: a.for_sharing, ..EvaluateOptions::default() };
    let (send, said) = std::sync::mpsc::channel();
    let found = std::thread::scope(|scope| {
        // The line on the screen is moved from its own thread: the evaluation runs in the pool.
        scope.spawn(|| said.into_iter().for_each(|step: String| progress.say(step)));
        pool.install(|| {
            let tell = |step: &str| drop(send.send(step.to_owned()));
            let found = evaluate(&real, &synthetic, holdout.as_ref(), &metadata, &options, &tell);
            drop(send);
            found
        })
    });
    drop(progress);
    let mut report = found?;
    report.notes.splice(0..0, notes);
    let missed = missed(&report, &a.min_score)?;
    files::write_whole(&a.out, report::html(&report).as_bytes())?;
    if let Some(json) = &a.json {
        files::write_whole(json, report::json(&report)?.as_bytes())?;
    }
    if let Some(junit) = &a.junit {
        files::write_whole(junit, report::junit(&report, &missed).as_bytes())?;
    }
    if !a.quiet {
        let page = a.out.display();
        print::say(&format!("{}\ntime    {}\nreport  {page}\n", text(&report), time(start.elapsed())))?;
        report.notes.iter().for_each(|n| print::remark(n));
    }
    if !missed.is_empty() {
        print::complain(&missed.join("\n       "));
    }
    let short = report.scores.iter().any(|s| match s.verdict {
        Verdict::Gap => a.strict || matches!(s.section, Section::Keys | Section::Rules),
        Verdict::CopyingAlarm => a.strict,
        _ => false,
    });
    Ok(if short || !missed.is_empty() { Outcome::Broken } else { Outcome::Fine })
}

/// True when the beginning of a file has this text: files that this command wrote may be replaced.
fn holds(file: &Path, wanted: &str) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(file)
        .and_then(|f| std::io::Read::read_to_end(&mut std::io::Read::take(f, 4096), &mut start));
    read.is_ok() && String::from_utf8_lossy(&start).contains(wanted)
}

/// All tables there are: what is missing is told by the report, side by side, not by the reader.
fn tables(path: &Path, notes: &mut Vec<String>) -> Result<Dataset> {
    let source = read(path, None)?;
    notes.extend(source.notes.into_iter().map(|n| format!("{}: {n}", path.display())));
    Ok(source.data)
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

/// Thresholds that were not reached, a line each; an error for a name that no number has.
fn missed(report: &Report, wanted: &[(String, f64)]) -> Result<Vec<String>> {
    // `quality/column-shapes` names the same as `quality / Column Shapes`.
    let plain = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let (mut missed, mut unknown) = (Vec::new(), Vec::new());
    for (name, least) in wanted {
        match report.summary.iter().find(|(n, _)| plain(n) == plain(name)) {
            Some((n, v)) if v < least => missed.push(format!("{n} is {v:.4}, at least {least} was asked")),
            Some(_) => {}
            None => {
                let names: Vec<&str> = report.summary.keys().map(String::as_str).collect();
                unknown.push(format!("--min-score {name}: no such number; there are {}", names.join(", ")));
            }
        }
    }
    Error::all(ErrorKind::Request, unknown)?;
    Ok(missed)
}

/// Questions and what to look at first.
fn text(report: &Report) -> String {
    let number = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{v:.3}"));
    let lines: Vec<Vec<String>> = report
        .questions
        .iter()
        .map(|q| vec![q.question.clone(), q.verdict.words().to_owned(), number(q.score), number(q.best)])
        .collect();
    let header = [("question", Side::Left), ("verdict", Side::Left), ("score", Side::Right), ("possible", Side::Right)];
    let mut out = table(&header, &lines);
    for (name, r) in [("quality", &report.quality), ("diagnostic", &report.diagnostic)] {
        out.push_str(&format!("SDMetrics {name} {}\n", number(r.score)));
    }
    if !report.findings.is_empty() {
        out.push_str("\nlook first at\n");
        report.findings.iter().take(6).for_each(|f| out.push_str(&format!("  {f}\n")));
    }
    out
}
