//! Text of an argument to a setting, or what it must be.

use std::num::NonZeroUsize;

use healthdata_core::evaluate::Section;
use healthdata_core::fit::{BrokenRules, Effort, MIN_SUPPORT, UseRules};
use healthdata_io::Format;

use crate::args::Part;
use crate::judge::Only;

/// The widest range of scales that any command takes; the engine has its own limit below it.
const SCALES: (f64, f64) = (1e-6, 1e6);
/// Patients of the reference hospital at most: it is simulated in memory.
const PATIENTS: usize = 1_000_000;
/// Rows of one table at most.
const ROWS: u64 = 10_000_000_000;
/// Threads at most: more than any machine has, less than a typing error.
const THREADS: usize = 4096;

pub(crate) fn scale(text: &str) -> Result<f64, String> {
    let (least, most) = SCALES;
    match text.parse::<f64>() {
        Ok(s) if (least..=most).contains(&s) => Ok(s),
        Ok(s) if s.is_finite() && s > 0.0 => Err(format!("it must lie between {least} and {most}")),
        _ => Err("it must be a number above 0, such as 0.1 or 20".into()),
    }
}

pub(crate) fn patients(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=PATIENTS).contains(&n) => Ok(n),
        _ => Err(format!("it must be a whole number from 1 to {PATIENTS}")),
    }
}

/// The support of a text: the guard against memorising can be raised, not lowered.
pub fn min_support(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (MIN_SUPPORT..=1_000_000).contains(&n) => Ok(n),
        _ => Err(format!("it must be a whole number from {MIN_SUPPORT} to 1000000")),
    }
}

pub(crate) fn entities(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n) if (500..=ROWS).contains(&n) => Ok(n),
        _ => Err(format!("it must be a whole number from 500 to {ROWS}")),
    }
}

pub(crate) fn memory(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = match text[digits..].to_ascii_uppercase().as_str() {
        "MB" | "M" => 1_000_000u64,
        "GB" | "G" => 1_000_000_000,
        _ => 0,
    };
    match text[..digits].parse::<u64>().ok().and_then(|n| n.checked_mul(unit)) {
        Some(n) if n > 0 => Ok(n),
        _ => Err("write it as a whole number of MB or GB, such as 500MB".into()),
    }
}

/// The effort of a name.
pub fn effort(text: &str) -> Result<Effort, String> {
    text.parse().map_err(|e: healthdata_core::Error| e.problems().join("; "))
}

/// Reads which rules are kept.
pub fn use_rules(text: &str) -> Result<UseRules, String> {
    match text {
        "all" => Ok(UseRules::All),
        "declared" => Ok(UseRules::Declared),
        "found" => Ok(UseRules::Found),
        "none" => Ok(UseRules::None),
        _ => Err("use all, declared, found or none".into()),
    }
}

/// Reads what happens to rules that the data break.
pub fn broken_rules(text: &str) -> Result<BrokenRules, String> {
    match text {
        "stop" => Ok(BrokenRules::Stop),
        "keep" => Ok(BrokenRules::Keep),
        "drop-rule" => Ok(BrokenRules::DropRule),
        "drop-rows" => Ok(BrokenRules::DropRows),
        _ => Err("use stop, keep, drop-rule or drop-rows".into()),
    }
}

pub(crate) fn rows(text: &str) -> Result<(String, u64), String> {
    let parts = text.rsplit_once('=').and_then(|(t, n)| Some((t, n.parse::<u64>().ok()?)));
    match parts {
        Some((table, n)) if !table.is_empty() && (1..=ROWS).contains(&n) => Ok((table.to_owned(), n)),
        _ => Err(format!("write it as TABLE=N, such as patients=5000, with N from 1 to {ROWS}")),
    }
}

pub(crate) fn format(text: &str) -> Result<Format, String> {
    text.parse().map_err(|_| "use csv, csv.gz, csv.zst, parquet or arrow".into())
}

pub(crate) fn dash(text: &str) -> Result<(), String> {
    if text == "-" { Ok(()) } else { Err("only - (standard output) is known; files go to --out-dir".into()) }
}

pub(crate) fn rows_per_file(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n) if (1000..=ROWS).contains(&n) => Ok(n),
        _ => Err(format!("it must be a whole number from 1000 to {ROWS}")),
    }
}

pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("it must be a whole number from 0 to {}", u64::MAX))
}

pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if (0.01..=0.9).contains(&x) => Ok(x),
        _ => Err("it must be a share from 0.01 to 0.9, such as 0.2".into()),
    }
}

pub(crate) fn only(text: &str) -> Result<Only, String> {
    if text == "sdmetrics" {
        return Ok(Only::Sdmetrics);
    }
    let section = Section::ALL.into_iter().find(|s| s.name() == text);
    section.map(Only::Section).ok_or_else(|| {
        let names: Vec<&str> = Section::ALL.iter().map(|s| s.name()).collect();
        format!("use sdmetrics, {}", names.join(", "))
    })
}

pub(crate) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(n) if n.get() <= THREADS => Ok(n),
        _ => Err(format!("it must be a whole number from 1 to {THREADS}")),
    }
}

pub(crate) fn threshold(text: &str) -> Result<(String, f64), String> {
    let parts = text.rsplit_once('=').and_then(|(name, x)| Some((name.trim(), x.trim().parse::<f64>().ok()?)));
    match parts {
        Some((name, x)) if !name.is_empty() && (0.0..=1.0).contains(&x) => Ok((name.to_owned(), x)),
        _ => Err("write it as NAME=X with X from 0 to 1, such as quality=0.9".into()),
    }
}

pub(crate) fn part(text: &str) -> Result<Part, String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match numbers {
        Some((index, of)) if 1 <= index && index <= of => Ok(Part { index, of }),
        _ => Err("write it as I/N, such as 3/8, with I from 1 to N".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn thresholds_are_named_shares() {
        assert_eq!(threshold("quality / Column Shapes=0.9"), Ok(("quality / Column Shapes".into(), 0.9)));
        for bad in ["quality", "=0.5", "quality=2", "quality=x", "quality=nan", ""] {
            assert!(threshold(bad).is_err(), "{bad}");
        }
    }
}
