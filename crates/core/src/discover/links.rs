//! Finds `at_least_one`: parents that are never without a child.

use crate::Result;
use crate::linked::{Linked, NO_ROW};
use crate::rule::{Rule, RuleKind};

use super::lines::inferred;
use super::{Found, bits, rows};

/// A way from a child to its parent.
pub(super) struct Way<'a> {
    pub parent: String,
    pub child: String,
    /// Its key as rules name it; None where it is the only way.
    pub key: Option<String>,
    /// The parent of each row.
    pub rows: &'a [u32],
}

/// The ways from all tables to their parents, inferred ones among them.
pub(super) fn ways<'a>(linked: &'a Linked) -> Result<Vec<Way<'a>>> {
    let mut ways: Vec<(String, String, String)> = Vec::new();
    for r in &linked.metadata.relationships {
        ways.push((r.parent.clone(), r.child.clone(), r.child_key.join("+")));
    }
    for child in linked.metadata.tables.keys() {
        ways.extend(inferred(linked, child).map(|(parent, _)| (parent.to_owned(), child.clone(), String::new())));
    }
    let way = |(parent, child, key): (String, String, String)| {
        let rows = linked.parents(&child, if key.is_empty() { &parent } else { &key })?;
        let several = linked.metadata.parents_of(&child).filter(|r| r.parent == parent).count() > 1;
        let both = inferred(linked, &child).is_some_and(|(p, _)| p == parent) && !key.is_empty();
        let key = (several || both).then_some(key).filter(|k| !k.is_empty());
        Ok(Way { parent, child, key, rows })
    };
    ways.into_iter().map(way).collect()
}

/// Relationships in which every parent has a child although many have only one.
pub(super) fn at_least_one(linked: &Linked) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for Way { parent, child, key, rows: parents } in ways(linked)? {
        let mut counts = vec![0u32; linked.table(&parent)?.rows];
        parents.iter().filter(|r| **r != NO_ROW).for_each(|r| counts[*r as usize] += 1);
        let having = |n: u32| counts.iter().filter(|c| **c == n).count() as f64;
        // Chao (1984): parents with one and with two children tell how many there would be with none.
        let (one, two) = (having(1), having(2));
        let unseen = if two > 0.0 { one * one / (2.0 * two) } else { one * (one - 1.0) / 2.0 };
        let n = counts.len() as f64;
        let expected = unseen.min(n);
        let kind = RuleKind::AtLeastOne { parent, child, key };
        let Some(tally) = Rule::declared(kind.clone()).prove(linked)? else { continue };
        let surprise = (n - tally.broken as f64) * bits(n / (n + expected).max(1.0));
        let why = format!(
            "{}; from those with one and two children about {expected:.0} would have none",
            rows(tally.checked, tally.broken)
        );
        found.extend(Found::believed(kind, tally.checked, tally.broken, surprise, why));
    }
    Ok(found)
}
