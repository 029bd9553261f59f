//! `at_least_one`: every parent has a child.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "at_least_one", "parent": "stays", "child": "diagnoses"}"#;
//! let stays = Table("stays(*stay_id)", "1\n2\n3");
//! let diagnoses = Table("diagnoses(stay_id>stays)", "3\n1\n1");
//! let report = check(&[stays, diagnoses], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![2]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `key`: the foreign key of the child, needed when it has several to the parent. Rows are those of the parent.
//! - **Missing**: a child without a parent counts for nobody.
//! - **How it is kept**: the number of children is drawn from one upwards.

use crate::Result;
use crate::linked::{Linked, NO_ROW, Tally};

pub(super) fn check(linked: &Linked, parent: &str, child: &str, key: Option<&str>) -> Result<Tally> {
    let fits = |r: &crate::metadata::Relationship| {
        r.parent == parent && r.child == child && key.is_none_or(|k| r.child_key.iter().any(|c| c == k))
    };
    let found: Vec<usize> = (0..linked.links.len()).filter(|i| fits(&linked.metadata.relationships[*i])).collect();
    let [link] = found[..] else {
        let what = if found.is_empty() { "no foreign key leads" } else { "several foreign keys lead" };
        return Err(super::senseless(format!("{what} from {child} to {parent}: name one in key")));
    };
    let mut has_child = vec![false; linked.table(parent)?.rows];
    linked.links[link].rows.iter().filter(|r| **r != NO_ROW).for_each(|r| has_child[*r as usize] = true);
    Ok(Tally::of(has_child.len(), |row| has_child[row]))
}
