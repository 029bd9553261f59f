//! Proof that a data set is what its metadata says: types, keys, links, domains and rules, on every row.
//!
//! Every proof is a pass over typed columns and joined row numbers, linear or n log n. A streaming version needs
//! the joined keys (the row or hash of each parent key) and, per rule, its small state: open intervals by owner
//! for overlaps and capacities, seen keys for uniqueness; all other rules look at one row at a time.

mod columns;
mod keys;
mod plain;
mod report;

use rayon::prelude::*;

use crate::linked::Linked;
use crate::{Dataset, Metadata, Result};

pub(crate) use plain::Plain;
pub use report::{Check, CheckReport};

/// Proves a data set against its metadata.
///
/// An error means that nothing could be proved: tables or columns are missing, or a rule makes no sense. Broken
/// rows are not an error; they are counted in the report with the place of the first ones, never their values.
///
/// ```
/// use healthdata_core::example::{Table, check};
/// let stays = Table("stays(*stay_id, admit:time, discharge:time)", "
///     1, 2025-01-01, 2025-01-04
///     1, 2025-01-09, 2025-01-02");
/// let rule = r#"{"kind": "order", "table": "stays", "low": "admit", "high": "discharge"}"#;
/// let report = check(&[stays], &[rule])?;
/// assert!(!report.is_clean());
/// assert_eq!((report.places("primary key"), report.places("rule")), (vec![2], vec![2]));
/// # Ok::<(), healthdata_core::Error>(())
/// ```
pub fn check(data: &Dataset, metadata: &Metadata) -> Result<CheckReport> {
    check_linked(&Linked::new(data, metadata)?)
}

/// Proves tables that are read and joined already.
pub fn check_linked(linked: &Linked) -> Result<CheckReport> {
    let mut report = CheckReport::default();
    for (index, name) in linked.metadata.tables.keys().enumerate() {
        report.tables.insert(name.clone(), linked.tables[index].rows as u64);
        columns::check(linked, index, &mut report)?;
        keys::check(linked, index, &mut report);
    }
    let proofs: Vec<_> = linked.metadata.rules.par_iter().map(|rule| rule.prove(linked)).collect();
    let mut problems = Vec::new();
    for (rule, proof) in linked.metadata.rules.iter().zip(proofs) {
        match proof {
            Ok(Some(tally)) => {
                let check = Check::new("rule", rule.table(), rule.describe(), tally);
                report.checks.push(Check { enforced: rule.enforced, ..check });
            }
            Ok(None) => {
                report.notes.push(format!("{}: not checked, it lists no values to compare with", rule.describe()))
            }
            Err(e) => problems.extend_from_slice(e.problems()),
        }
    }
    crate::Error::all(crate::ErrorKind::Rule, problems)?;
    Ok(report)
}

#[cfg(test)]
mod tests;
