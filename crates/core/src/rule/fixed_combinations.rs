//! `fixed_combinations`: only known combinations of values.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "fixed_combinations", "table": "wards", "columns": ["city", "country"],
//!                "allowed": [["Rome", "Italy"], ["Nice", "France"], ["", "Italy"]]}"#;
//! let wards = Table("wards(city, country)", "
//!     Rome, Italy
//!     Rome, France
//!         , Italy
//!         , France");
//! let report = check(&[wards], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (2, vec![2, 4]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `columns`: two or more; `allowed`: the combinations, each a list of texts in the order of `columns`, an
//!   empty text where the value is missing. Without `allowed` the combinations are those of the training data:
//!   generated data keep them, but a check of files alone has nothing to compare with and says so.
//! - **Missing**: a value of its own, as in `allowed`.
//! - **How it is kept**: each column is drawn among the values that combinations with the columns drawn before it have.
//!   Combinations of fewer entities than `--min-support` are not learned.

use std::collections::HashSet;

use crate::Result;
use crate::linked::{Linked, Path, Tally};

use super::Lookup;

pub(super) fn check(linked: &Linked, table: &str, columns: &[String], allowed: &[Vec<String>]) -> Result<Tally> {
    let paths = linked.paths(table, columns)?;
    if allowed.iter().any(|a| a.len() != paths.len()) {
        return Err(super::senseless(format!("allowed: every combination needs {} values", paths.len())));
    }
    let lookups: Vec<Lookup> = paths
        .iter()
        .enumerate()
        .map(|(k, path)| Lookup::new(path.clone(), &allowed.iter().map(|a| &a[k]).collect::<Vec<_>>()))
        .collect::<Result<_>>()?;
    // A value stands for the first combination that has it, so equal values get equal numbers.
    let first = |k: usize, text: &String| allowed.iter().position(|a| a[k] == *text);
    let number = |a: &Vec<String>| a.iter().enumerate().map(|(k, text)| first(k, text)).collect();
    let known: HashSet<Vec<Option<usize>>> = allowed.iter().map(number).collect();
    let all: Vec<&Path> = paths.iter().collect();
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        let here = |pick| lookups.iter().map(|l| l.place(row, pick)).collect::<Vec<_>>();
        super::any_pick(&all, |pick| known.contains(&here(pick)))
    }))
}
