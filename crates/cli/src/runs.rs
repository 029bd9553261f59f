//! What runs share: threads, the request of the engine, the manifest's words and the final report.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use healthdata_core::model::Model;
use healthdata_core::sample::SampleRequest;
use healthdata_core::{Error, ErrorKind, Result};
use healthdata_io::sink::CsvOptions;
use healthdata_io::{FileEntry, Run};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::args::Sampling;
use crate::produce::{Job, Made};
use crate::table::{Side, count, rate, table, time};
use crate::{Outcome, print, proof};

/// What the manifest says of the program.
pub const PROGRAM: &str = concat!("healthdata ", env!("CARGO_PKG_VERSION"));

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
pub fn manifest(command: &str, a: &Sampling, scale: f64, model_hash: String) -> Run {
    let mut options = BTreeMap::new();
    options.insert("command".into(), command.into());
    options.insert("format".into(), a.format.ending().into());
    if let Some(p) = a.part {
        options.insert("part".into(), format!("{}/{}", p.index, p.of));
    }
    if let Some(n) = a.rows_per_file {
        options.insert("rows per file".into(), n.to_string());
    }
    if a.for_spreadsheet {
        options.insert("for spreadsheet".into(), "yes".into());
    }
    if !a.tables.is_empty() {
        options.insert("tables".into(), a.tables.join(","));
    }
    Run { program: PROGRAM.into(), seed: a.seed, scale, model_hash, options }
}

/// What is made and where to.
pub fn job<'a>(model: &'a Model, a: &Sampling, request: SampleRequest, run: Run, out_dir: &'a Path) -> Job<'a> {
    let out_dir = a.table.is_none().then_some(out_dir);
    let tables = a.table.iter().chain(&a.tables).cloned().collect();
    let (format, rows_per_file) = (a.format, a.rows_per_file);
    let csv = CsvOptions { for_spreadsheet: a.for_spreadsheet };
    Job { model, request, format, csv, tables, rows_per_file, out_dir, run, check: !a.no_check, quiet: a.quiet }
}

/// Says what was made and proved.
pub fn report(made: &Made, out_dir: &Path, learned: Option<Duration>, next: &[String], quiet: bool) -> Result<Outcome> {
    let broken = proof::broken(&made.report);
    if !quiet {
        let rows: u64 = made.files.iter().map(|f| f.rows).sum();
        let mut text = files(&made.files, out_dir);
        if !made.report.checks.is_empty() {
            text.push('\n');
            text.push_str(&proof::summary(&made.report));
        }
        let all = learned.unwrap_or_default() + made.time;
        let learned = learned.map(|t| format!("learned in {}, ", time(t))).unwrap_or_default();
        let checked = if made.report.checks.is_empty() { "" } else { ", checked" };
        let made_in = format!("generated{checked} and written in {}", time(made.time));
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

/// The files of a run as a table.
pub fn files(files: &[FileEntry], out_dir: &Path) -> String {
    let path = |p: &str| out_dir.join(p).display().to_string();
    // The files of a table are one line.
    let of_table = |group: &[FileEntry]| {
        let rows = count(group.iter().map(|f| f.rows).sum());
        let place = match group {
            [one] => path(&one.path),
            _ => format!("{} ({} files)", path(group[0].path.rsplit_once('/').map_or("", |p| p.0)), group.len()),
        };
        vec![group[0].table.clone(), rows, place]
    };
    let mut lines: Vec<Vec<String>> = files.chunk_by(|a, b| a.table == b.table).map(of_table).collect();
    lines.push(vec!["all".into(), count(files.iter().map(|f| f.rows).sum()), path("manifest.json")]);
    table(&[("table", Side::Left), ("rows", Side::Right), ("file", Side::Left)], &lines)
}
