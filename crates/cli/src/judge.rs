//! What commands that judge data share: the evaluation itself, the files it writes, thresholds and the last word.

use std::path::Path;
use std::time::Instant;

use healthdata_core::evaluate::{EvaluateOptions, Report, Section, Verdict, evaluate};
use healthdata_core::{Dataset, Error, ErrorKind, Metadata, Result};
use healthdata_io::{files, report};
use rayon::ThreadPool;

use crate::progress::Progress;
use crate::table::{Side, table, time};
use crate::{Outcome, out_file, print};

/// The data to be judged.
pub struct Case<'a> {
    /// What was learned from.
    pub real: &'a Dataset,
    /// What is judged.
    pub synthetic: &'a Dataset,
    /// A second real draw.
    pub holdout: Option<&'a Dataset>,
    /// What the data are.
    pub metadata: &'a Metadata,
    /// What the reader should know beforehand.
    pub notes: Vec<String>,
    /// True when the real side is no person's data.
    pub simulated: bool,
}

/// Where the findings go and what they must reach.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The page.
    pub page: Option<&'a Path>,
    /// Everything as JSON.
    pub json: Option<&'a Path>,
    /// A JUnit file.
    pub junit: Option<&'a Path>,
    /// Least scores of named numbers.
    pub min_score: &'a [(String, f64)],
    /// Any gap fails, not only of keys and rules.
    pub strict: bool,
    /// Print only what is missed.
    pub quiet: bool,
}

impl Wanted<'_> {
    /// Refuses files that can't be written or are not ours, before any work is done.
    pub fn check(&self) -> Result<()> {
        let ours = |wanted: &'static str| move |file: &Path| holds(file, wanted);
        if let Some(page) = self.page {
            out_file::check(page, "a report page", ours("<title>Synthetic data report</title>"))?;
        }
        if let Some(json) = self.json {
            out_file::check(json, "a report", ours("\"report_version\""))?;
        }
        if let Some(junit) = self.junit {
            out_file::check(junit, "a JUnit file", ours("<testsuites"))?;
        }
        Ok(())
    }
}

/// Sections to compute, and whether SDMetrics' reports are among them; everything when nothing is named.
pub fn options(only: &[Only], quick: bool, seed: u64, for_sharing: bool) -> EvaluateOptions {
    let named = |s: Section| only.is_empty() || only.contains(&Only::Section(s));
    let slow = |s: Section| quick && matches!(s, Section::Detection | Section::Utility);
    let skip = Section::ALL.into_iter().filter(|&s| !named(s) || slow(s)).collect();
    let no_sdmetrics = !only.is_empty() && !only.contains(&Only::Sdmetrics);
    EvaluateOptions { seed, skip, no_sdmetrics, for_sharing, ..EvaluateOptions::default() }
}

/// One of the things that can be asked for alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// A section of ours.
    Section(Section),
    /// SDMetrics' two reports.
    Sdmetrics,
}

/// Judges, writes and says it.
pub fn judge(case: Case, options: &EvaluateOptions, wanted: Wanted, pool: &ThreadPool) -> Result<Outcome> {
    let start = Instant::now();
    let progress = Progress::spinner(wanted.quiet);
    let (send, said) = std::sync::mpsc::channel();
    let found = std::thread::scope(|scope| {
        // The line on the screen is moved from its own thread: the evaluation runs in the pool.
        scope.spawn(|| said.into_iter().for_each(|step: String| progress.say(step)));
        pool.install(|| {
            let tell = |step: &str| drop(send.send(step.to_owned()));
            let found = evaluate(case.real, case.synthetic, case.holdout, case.metadata, options, &tell);
            drop(send);
            found
        })
    });
    drop(progress);
    let mut report = found?;
    report.private &= !case.simulated;
    report.notes.splice(0..0, case.notes);
    let missed = missed(&report, wanted.min_score)?;
    let write = if report.private { files::write_private } else { files::write_whole };
    if let Some(page) = wanted.page {
        write(page, report::html(&report).as_bytes())?;
    }
    if let Some(json) = wanted.json {
        write(json, report::json(&report)?.as_bytes())?;
    }
    if let Some(junit) = wanted.junit {
        files::write_whole(junit, report::junit(&report, &missed).as_bytes())?;
    }
    if !wanted.quiet {
        let page = wanted.page.map(|p| format!("report  {}\n", p.display())).unwrap_or_default();
        print::say(&format!("{}\njudged  in {}\n{page}", text(&report), time(start.elapsed())))?;
        report.notes.iter().for_each(|n| print::remark(n));
    }
    if !missed.is_empty() {
        print::complain(&missed.join("\n       "));
    }
    let short = report.scores.iter().any(|s| match s.verdict {
        Verdict::Gap => wanted.strict || matches!(s.section, Section::Keys | Section::Rules),
        Verdict::CopyingAlarm => true,
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
    let mut out = if lines.is_empty() { String::new() } else { table(&header, &lines) };
    for (name, r) in [("quality", &report.quality), ("diagnostic", &report.diagnostic)] {
        if !r.properties.is_empty() {
            out.push_str(&format!("SDMetrics {name} {}\n", number(r.score)));
        }
    }
    if !report.findings.is_empty() {
        out.push_str("\nlook first at\n");
        report.findings.iter().take(6).for_each(|f| out.push_str(&format!("  {f}\n")));
    }
    out
}
