//! The command line: text becomes settings here, and nothing deeper parses.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use healthdata_io::Format;

/// The widest range of scales that any command takes; the engine has its own limit below it.
const SCALES: (f64, f64) = (1e-6, 1e6);
/// Threads at most: more than any machine has, less than a typing error.
const THREADS: usize = 4096;

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

Exit codes: 0 done, 1 ran but something is broken, 2 failed and nothing was written, 130 interrupted.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Generate a hospital: eight linked tables, learned from the built-in reference hospital.
    Generate(Generate),
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
}

/// Settings of everything that generates rows.
#[derive(Debug, Args)]
pub struct Sampling {
    /// File format: csv or parquet.
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = format)]
    pub format: Format,
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

fn scale(text: &str) -> Result<f64, String> {
    let (least, most) = SCALES;
    match text.parse::<f64>() {
        Ok(s) if (least..=most).contains(&s) => Ok(s),
        Ok(s) if s.is_finite() && s > 0.0 => Err(format!("it must lie between {least} and {most}")),
        _ => Err("it must be a number above 0, such as 0.1 or 20".into()),
    }
}

fn format(text: &str) -> Result<Format, String> {
    text.parse().map_err(|_| "use csv or parquet".into())
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("it must be a whole number from 0 to {}", u64::MAX))
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(n) if n.get() <= THREADS => Ok(n),
        _ => Err(format!("it must be a whole number from 1 to {THREADS}")),
    }
}

fn part(text: &str) -> Result<Part, String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match numbers {
        Some((index, of)) if 1 <= index && index <= of => Ok(Part { index, of }),
        _ => Err("write it as I/N, such as 3/8, with I from 1 to N".into()),
    }
}

/// What was wrong with the arguments, in one line.
pub fn one_line(e: &clap::Error) -> String {
    let text = e.render().to_string();
    let said = text.split("Usage:").next().unwrap_or(&text).split("For more information").next().unwrap_or(&text);
    let mut words: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    if let Some(first) = words.first_mut() {
        *first = first.strip_prefix("error: ").unwrap_or(first);
    }
    let help = match e.get(clap::error::ContextKind::InvalidSubcommand) {
        Some(_) => "healthdata --help".to_owned(),
        None => usage_of(&text),
    };
    format!("{}; see {help}", words.join("; ").replace(":;", ":").replace("tip: ", ""))
}

/// The command whose help says more.
fn usage_of(text: &str) -> String {
    let usage = text.lines().find_map(|l| l.trim().strip_prefix("Usage: ")).unwrap_or_default();
    let words: Vec<&str> = usage.split(' ').take_while(|w| w.chars().all(|c| c.is_ascii_lowercase())).collect();
    format!("{} --help", if words.is_empty() { "healthdata".into() } else { words.join(" ") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn scales_that_make_no_sense_are_refused() {
        for bad in ["0", "-1", "nan", "NaN", "inf", "-inf", "1e300", "1e-300", "", "x", "1,5"] {
            assert!(scale(bad).is_err(), "{bad}");
        }
        assert_eq!(scale("0.01"), Ok(0.01));
        assert_eq!(scale("1e4"), Ok(10_000.0));
    }

    #[test]
    fn parts_count_from_one() {
        assert_eq!(part("3/8"), Ok(Part { index: 3, of: 8 }));
        for bad in ["0/3", "4/3", "1", "1/0", "-1/3", "a/b", "1/2/3", ""] {
            assert!(part(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn mistakes_are_one_line() {
        let say = |args: &[&str]| one_line(&Cli::try_parse_from(args).unwrap_err());
        for args in
            [["healthdata", "--scale", "0"], ["healthdata", "--fromat", "csv"], ["healthdata", "--format", "xml"]]
        {
            let line = say(&args);
            assert!(!line.contains('\n') && line.contains(args[1]) && line.ends_with("--help"), "{line}");
        }
        assert_eq!(
            say(&["healthdata", "generate", "--scale", "0"]),
            "invalid value '0' for '--scale <S>': it must be a number above 0, such as 0.1 or 20; see healthdata --help"
        );
    }
}
