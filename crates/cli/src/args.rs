//! The command line: text becomes settings here, and nothing deeper parses.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use healthdata_core::fit::{BrokenRules, Effort, UseRules};
use healthdata_io::Format;

use crate::judge::Only;
use crate::parse::{
    broken_rules, dash, effort, entities, format, memory, min_support, only, part, patients, rows, rows_per_file,
    scale, seed, share, threads, threshold, use_rules,
};

/// Learn a relational database and generate new, realistic, linked tables: same schema, statistics and rules,
/// and no real patient.
///
/// Without a command, `generate` runs: a hospital of about 1,000 patients is written to the folder `out`.
#[derive(Debug, Parser)]
#[command(name = "healthdata", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings of `generate`, which runs without a command.
    #[command(flatten)]
    pub generate: Generate,
}

const EXAMPLES: &str = "\
Examples:
  healthdata                                  a hospital of about 1,000 patients in the folder out
  healthdata --scale 10 --format parquet      ten times as many, as Parquet
  healthdata fit my-data --out my.model       learn from your own tables
  healthdata sample my.model --out-dir new    new tables like them

Exit codes: 0 done, 1 ran but something is broken, 2 failed and no file is half written, 130 interrupted.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Generate a hospital: eight linked tables, learned from the built-in reference hospital.
    Generate(Generate),
    /// Write the reference hospital itself: the simulated tables that `generate` learns from.
    Reference(Reference),
    /// Guess the metadata of tables from their values, and say why.
    Detect(Detect),
    /// Find the rules that the data obey, to be looked over before a fit.
    Rules(Rules),
    /// Learn a model from tables.
    Fit(Fit),
    /// Generate tables from a model.
    Sample(Sample),
    /// Prove keys, domains and rules on every row of a data set.
    Check(Check),
    /// Compare synthetic data with real data: one page of what is right, what is wrong, and what is possible.
    Evaluate(Evaluate),
    /// Say what a model holds: every value taken from the data, and what each column is conditioned on.
    Inspect(Inspect),
    /// Look in a model for values that too few entities of some data hold.
    Scan(Scan),
    /// Compare the files of a finished run with its manifest.
    Verify(Verify),
}

/// Settings of `generate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata generate
  healthdata generate --out-dir big --scale 100 --format parquet --threads 8
  healthdata generate --scale 100 --part 3/8 --out-dir part-3")]
pub struct Generate {
    /// Folder to write: created, or taken over when an earlier run made it.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out_dir: PathBuf,
    /// Size: 1 is about 1,000 patients, 1,500 admissions, 10 wards and 20,000 vital signs.
    #[arg(long, value_name = "S", default_value = "1", value_parser = scale, allow_negative_numbers = true)]
    pub scale: f64,
    #[command(flatten)]
    pub sampling: Sampling,
    #[command(flatten)]
    pub reporting: Reporting,
}

/// Settings of `reference`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata reference
  healthdata reference --patients 1000 --seed 7 --out-dir small --format parquet")]
pub struct Reference {
    /// Patients; a campus of ten wards for each thousand.
    #[arg(long, value_name = "N", default_value = "4000", value_parser = patients, allow_negative_numbers = true)]
    pub patients: usize,
    /// Seed: another seed is another hospital of the same kind.
    #[arg(long, value_name = "N", default_value = "1", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Folder to write: created, or taken over when an earlier run made it.
    #[arg(long, value_name = "DIR", default_value = "reference")]
    pub out_dir: PathBuf,
    /// File format: csv, csv.gz, csv.zst, parquet or arrow.
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = format)]
    pub format: Format,
    /// Print nothing but errors.
    #[arg(long)]
    pub quiet: bool,
}

/// Settings of `detect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata detect my-data --out metadata.json
  healthdata detect my-data --out metadata.json --no-values   no category and no extreme in the file")]
pub struct Detect {
    /// Folder or file of CSV, CSV.gz or Parquet; nested folders are domains.
    #[arg(value_name = "DATA")]
    pub data: PathBuf,
    /// Metadata file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Leave categories and extremes, which are real values, out of the file.
    #[arg(long)]
    pub no_values: bool,
    /// Print nothing but errors.
    #[arg(long)]
    pub quiet: bool,
}

/// Settings of `rules`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata rules my-data --out metadata.json
  healthdata rules my-data --metadata metadata.json --out with-rules.json --enforce-nearly-true

The file has the metadata with every rule found, marked \"found\": true: keep a rule, take it out, or write
\"enforced\": false beside it. A fit with this file uses what is left and searches no more. Rules that up to one
row in a thousand breaks are written with \"enforced\": false.")]
pub struct Rules {
    /// Folder or file of CSV, CSV.gz or Parquet; nested folders are domains.
    #[arg(value_name = "DATA")]
    pub data: PathBuf,
    /// Metadata file [default: the metadata.json in or beside the data, else detected].
    #[arg(long, value_name = "FILE")]
    pub metadata: Option<PathBuf>,
    /// Metadata file to write, with the rules.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Enforce rules that a few rows break too; a fit then asks what to do about those rows.
    #[arg(long)]
    pub enforce_nearly_true: bool,
    /// Print the rules as JSON.
    #[arg(long)]
    pub json: bool,
    /// Print nothing but errors.
    #[arg(long, conflicts_with = "json")]
    pub quiet: bool,
}

/// Settings of `fit`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata fit my-data --out my.model
  healthdata fit my-data --metadata metadata.json --out my.model --min-support 20 --drop-orphans
  healthdata fit my-data --rules declared --broken-rules drop-rows --out my.model
  healthdata fit huge-data --metadata metadata.json --out my.model --memory 2GB

Without --metadata, the metadata.json in or beside the data is read; without one, metadata are detected.")]
pub struct Fit {
    /// Folder or file of CSV, CSV.gz or Parquet; nested folders are domains.
    #[arg(value_name = "DATA")]
    pub data: PathBuf,
    /// Metadata file, of this program or of SDV.
    #[arg(long, value_name = "FILE")]
    pub metadata: Option<PathBuf>,
    /// Model file to write.
    #[arg(long, value_name = "MODEL")]
    pub out: PathBuf,
    /// How hard to try: instant (one tree a column), balanced (for each table that or boosted trees, whichever a
    /// classifier tells less well from the data, and rows chosen among candidates by it) or best (more of them).
    #[arg(long, value_name = "EFFORT", default_value = "instant", value_parser = effort)]
    pub effort: Effort,
    /// Fewest entities (patients, not rows) that any learned value stands for; at least 5.
    #[arg(long, value_name = "K", default_value = "5", value_parser = min_support, allow_negative_numbers = true)]
    pub min_support: usize,
    /// Seed of the validation split.
    #[arg(long, value_name = "N", default_value = "0", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Rules to keep: all (declared and found in the data), declared, found or none.
    #[arg(long, value_name = "WHICH", default_value = "all", value_parser = use_rules)]
    pub rules: UseRules,
    /// Where the data break a declared rule: stop, keep (the rule all the same), drop-rule or drop-rows.
    #[arg(long, value_name = "WHAT", default_value = "stop", value_parser = broken_rules)]
    pub broken_rules: BrokenRules,
    /// Keep this share of the entities (patients) aside, never learned from: `sample --report` compares with them.
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true, conflicts_with_all = ["max_entities", "memory"])]
    pub holdout: Option<f64>,
    /// Drop rows whose foreign key names no parent, and say how many.
    #[arg(long)]
    pub drop_orphans: bool,
    /// Learn from about so many entities (rows of a table without foreign keys), with all that belongs to them.
    #[arg(long, value_name = "N", value_parser = entities, conflicts_with = "memory")]
    pub max_entities: Option<u64>,
    /// Learn from as many entities as this much memory is enough for, such as 500MB or 2GB.
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub memory: Option<u64>,
    /// Threads [default: all processors].
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Print nothing but errors.
    #[arg(long)]
    pub quiet: bool,
}

/// Settings of `sample`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata sample my.model --out-dir new
  healthdata sample my.model --scale 10 --format parquet --out-dir big
  healthdata sample my.model --rows patients=5000 --out-dir new
  healthdata sample my.model --scale 100 --part 3/8 --out-dir part-3
  healthdata sample my.model --scale 1000 --rows-per-file 10000000 --format parquet --no-check --out-dir huge
  healthdata sample my.model --table visits --out - | head")]
pub struct Sample {
    /// Model file.
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// Size: 1 is as many entities as the model was fitted on [default: 1].
    #[arg(long, value_name = "S", value_parser = scale, allow_negative_numbers = true, conflicts_with = "rows")]
    pub scale: Option<f64>,
    /// So many rows of a table that no other table owns; may be given more than once.
    #[arg(long, value_name = "TABLE=N", value_parser = rows)]
    pub rows: Vec<(String, u64)>,
    /// Folder to write: created, or taken over when an earlier run made it.
    #[arg(long, value_name = "DIR", required_unless_present = "out", conflicts_with = "out")]
    pub out_dir: Option<PathBuf>,
    /// The data that the model was fitted on, for --report.
    #[arg(long, value_name = "DIR")]
    pub real: Option<PathBuf>,
    #[command(flatten)]
    pub sampling: Sampling,
    #[command(flatten)]
    pub reporting: Reporting,
}

/// Settings of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata check out
  healthdata check my-data --metadata metadata.json --json > report.json
  healthdata check my-data --junit check.xml --quiet
  healthdata check big --memory 512MB

Exit code 1 when an enforced rule, key or domain is broken.")]
pub struct Check {
    /// Folder or file of CSV, CSV.gz or Parquet.
    #[arg(value_name = "DIR")]
    pub data: PathBuf,
    /// Metadata file [default: the metadata.json in or beside the data].
    #[arg(long, value_name = "FILE")]
    pub metadata: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
    /// Write a JUnit file for a build server too.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Memory to use, such as 500MB; larger data are proved in parts, with files in the folder for temporary ones.
    #[arg(long, value_name = "SIZE", default_value = "2GB", value_parser = memory)]
    pub memory: u64,
    /// Print only what is broken.
    #[arg(long, conflicts_with = "json")]
    pub quiet: bool,
}

/// Settings of `evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata evaluate --real train --synthetic new --holdout held-back --out report.html
  healthdata evaluate --real train --synthetic new --json report.json --min-score quality=0.9 --min-score pairs=0.85

The holdout is real data with other entities that the model never saw: what it scores is the best possible. Without
one, two halves of the real data stand in for it, and less can be said.

Exit code 1 when a key or rule is broken or a --min-score is missed; with --strict also at any gap or copying alarm.")]
pub struct Evaluate {
    /// Folder or file of the real tables that were learned from.
    #[arg(long, value_name = "DIR")]
    pub real: PathBuf,
    /// Folder or file of the synthetic tables.
    #[arg(long, value_name = "DIR")]
    pub synthetic: PathBuf,
    /// Folder or file of a second real draw, with other entities.
    #[arg(long, value_name = "DIR")]
    pub holdout: Option<PathBuf>,
    /// Metadata file [default: the metadata.json in or beside the real or the synthetic data, else guessed].
    #[arg(long, value_name = "FILE")]
    pub metadata: Option<PathBuf>,
    /// The page to write.
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    pub out: PathBuf,
    /// Write everything as JSON too.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a JUnit file for a build server too.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Least score of a named number (quality, diagnostic, columns, pairs, time, detection, ...); may be repeated.
    #[arg(long, value_name = "NAME=X", value_parser = threshold)]
    pub min_score: Vec<(String, f64)>,
    /// Exit code 1 at any gap, not only at broken keys, broken rules and copying alarms.
    #[arg(long)]
    pub strict: bool,
    /// Leave out the classifiers (detection, utility), which take most of the time.
    #[arg(long)]
    pub quick: bool,
    /// Only these parts, separated by commas: sdmetrics, keys, rules, columns, pairs, family, counts, missing, time,
    /// detection, utility, copies.
    #[arg(long, value_name = "PART,...", value_delimiter = ',', value_parser = only)]
    pub only: Vec<Only>,
    /// Make a page for sharing: no sequences of real owners.
    #[arg(long)]
    pub for_sharing: bool,
    /// Seed of the few draws: rows shown to classifiers.
    #[arg(long, value_name = "N", default_value = "42", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Threads [default: all processors].
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Print only what is missed.
    #[arg(long)]
    pub quiet: bool,
}

/// The report of a run, in the same run.
#[derive(Debug, Args)]
pub struct Reporting {
    /// Write a report page too: what was generated beside what was learned from and what was held out.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["part", "table"])]
    pub report: Option<PathBuf>,
    /// Write the report as JSON too.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["part", "table"])]
    pub report_json: Option<PathBuf>,
    /// Least score of a named number of the report (quality, pairs, detection, ...), else exit code 1; may be
    /// repeated.
    #[arg(long, value_name = "NAME=X", value_parser = threshold)]
    pub min_score: Vec<(String, f64)>,
    /// Make a page for sharing: no sequences of real owners.
    #[arg(long)]
    pub for_sharing: bool,
}

/// Settings of `inspect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata inspect my.model
  healthdata inspect my.model --values --json > model.json")]
pub struct Inspect {
    /// Model file.
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// List the numbers that stem from the data too, not only how many there are.
    #[arg(long)]
    pub values: bool,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
    /// Print nothing: only prove that the model is whole and can be sampled.
    #[arg(long, conflicts_with_all = ["json", "values"])]
    pub quiet: bool,
}

/// Settings of `scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  healthdata scan my.model --against my-data
  healthdata scan my.model --against my-data --min-support 20 --json > held-by-few.json

Counts every label, bin, combination and declared value of the model in the data, and looks in the model for every text
that fewer than K entities (patients, not rows) hold. What it finds is printed: keep it where the data are. Tables that
a model keeps whole (wards, airports) are named and not counted. Exit code 1 if something was found.")]
pub struct Scan {
    /// Model file.
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// The data it was fitted on, or others with the same tables.
    #[arg(long, value_name = "DATA")]
    pub against: PathBuf,
    /// Fewest entities that may hold a value [default: that of the model].
    #[arg(long, value_name = "K", value_parser = min_support, allow_negative_numbers = true)]
    pub min_support: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Print nothing but errors.
    #[arg(long, conflicts_with = "json")]
    pub quiet: bool,
}

/// Settings of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  healthdata verify out

Exit code 1 when a file is missing or was changed since the run.")]
pub struct Verify {
    /// Folder that a run has written.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Print only what is wrong.
    #[arg(long)]
    pub quiet: bool,
}

/// Settings of everything that generates rows.
#[derive(Debug, Args)]
pub struct Sampling {
    /// File format: csv, csv.gz, csv.zst, parquet or arrow.
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = format)]
    pub format: Format,
    /// Only these tables, separated by commas.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub tables: Vec<String>,
    /// One table alone, with --out -.
    #[arg(long, value_name = "TABLE", requires = "out", conflicts_with = "tables")]
    pub table: Option<String>,
    /// `-` writes the one --table to standard output.
    #[arg(long, value_name = "-", requires = "table", value_parser = dash, allow_hyphen_values = true)]
    pub out: Option<()>,
    /// Cut tables into files of about so many rows of the largest one; a run that was killed goes on with the files
    /// that are missing.
    #[arg(long, value_name = "N", value_parser = rows_per_file, conflicts_with = "out")]
    pub rows_per_file: Option<u64>,
    /// Put ' before CSV cells that a spreadsheet would run as a formula: text that begins with = + - @, tab or return.
    #[arg(long)]
    pub for_spreadsheet: bool,
    /// Do not prove the rows while they are made; rules are kept all the same.
    #[arg(long)]
    pub no_check: bool,
    /// Seed: the same seed gives the same bytes, on any number of threads.
    #[arg(long, value_name = "N", default_value = "42", value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Threads [default: all processors].
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Make only slice I of N, as part-0000I files; N slices put together are the whole.
    #[arg(long, value_name = "I/N", value_parser = part, allow_negative_numbers = true)]
    pub part: Option<Part>,
    /// Print nothing but errors.
    #[arg(long)]
    pub quiet: bool,
}

/// A slice of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which one, from 1.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

/// What was wrong with the arguments, in one line.
pub fn one_line(e: &clap::Error, args: &[OsString]) -> String {
    let text = e.render().to_string();
    let said = text.split("Usage:").next().unwrap_or(&text).split("For more information").next().unwrap_or(&text);
    let mut words: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    if let Some(first) = words.first_mut() {
        *first = first.strip_prefix("error: ").unwrap_or(first);
    }
    let help = match command(args) {
        Some(name) => format!("healthdata {name} --help"),
        None => "healthdata --help".into(),
    };
    format!("{}; see {help}", words.join("; ").replace(":;", ":").replace("tip: ", ""))
}

/// The command among the arguments, the name of the program first.
fn command(args: &[OsString]) -> Option<String> {
    let first = args.get(1)?.to_str()?;
    Cli::command().get_subcommands().map(|c| c.get_name().to_owned()).find(|name| name == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn mistakes_are_one_line() {
        let say = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            one_line(&Cli::try_parse_from(&args).unwrap_err(), &args)
        };
        for args in
            [["healthdata", "--scale", "0"], ["healthdata", "--fromat", "csv"], ["healthdata", "--format", "xml"]]
        {
            let line = say(&args);
            assert!(!line.contains('\n') && line.contains(args[1]) && line.ends_with("--help"), "{line}");
        }
        assert_eq!(
            say(&["healthdata", "generate", "--scale", "0"]),
            "invalid value '0' for '--scale <S>': it must be a number above 0, such as 0.1 or 20; see healthdata generate --help"
        );
    }
}
