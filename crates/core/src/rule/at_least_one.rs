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
use crate::metadata::Owner;

pub(super) fn check(linked: &Linked, parent: &str, child: &str, key: Option<&str>) -> Result<Tally> {
    let mut has_child = vec![false; linked.table(parent)?.rows];
    for row in parents(linked, parent, child, key)?.iter().filter(|r| **r != NO_ROW) {
        has_child[*row as usize] = true;
    }
    Ok(Tally::of(has_child.len(), |row| has_child[row]))
}

/// The parent of each row of a child table, by a key or by the only way that there is.
pub(super) fn parents<'a>(linked: &'a Linked, parent: &str, child: &str, key: Option<&str>) -> Result<&'a [u32]> {
    let mut ways: Vec<String> = match key {
        Some(key) => vec![key.to_owned()],
        None => {
            linked.metadata.parents_of(child).filter(|r| r.parent == parent).map(|r| r.child_key.join("+")).collect()
        }
    };
    match linked.metadata.tables.get(child).map(|t| &t.owner) {
        Some(Owner::Inferred { table, .. }) if key.is_none() && table == parent => ways.push(parent.to_owned()),
        _ => {}
    }
    let [way] = &ways[..] else {
        let what = if ways.is_empty() { "no foreign key leads" } else { "several foreign keys lead" };
        return Err(super::senseless(format!("{what} from {child} to {parent}: name one in key")));
    };
    let (rows, most) = (linked.parents(child, way)?, linked.table(parent)?.rows);
    if rows.iter().any(|r| *r != NO_ROW && *r as usize >= most) {
        return Err(super::senseless(format!("key {way} of {child} does not lead to {parent}")));
    }
    Ok(rows)
}
