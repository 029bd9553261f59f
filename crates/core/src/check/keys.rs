//! Proves keys: primary and alternate keys, foreign keys and inferred parents.

use crate::linked::{Groups, Linked, NO_ROW, Tally, group};
use crate::metadata::Owner;

use super::{Check, CheckReport};

pub(super) fn check(linked: &Linked, index: usize, report: &mut CheckReport) {
    let (name, meta) = linked.metadata.tables.get_index(index).expect("an index of the table list");
    let table = &linked.tables[index];
    if !meta.primary_key.is_empty()
        && let Ok(columns) = table.pick(&meta.primary_key)
    {
        let what = format!("{name}: {} unique and never missing", meta.primary_key.join(" + "));
        report.checks.push(Check::new("primary key", name, what, once(&group(&columns), false)));
    }
    for key in &meta.alternate_keys {
        if let Ok(column) = table.column(key) {
            let what = format!("{name}: {key} unique");
            report.checks.push(Check::new("alternate key", name, what, once(&group(&[column]), true)));
        }
    }
    for (link, r) in linked.links.iter().zip(&linked.metadata.relationships).filter(|(_, r)| r.child == *name) {
        let what = format!("{name}: {} found in {}", r.child_key.join(" + "), r.parent);
        report.checks.push(Check::new("foreign key", name, what, link.dangling.clone()));
    }
    if let (Owner::Inferred { table: parent, via, time, start, end }, Some(cover)) =
        (&meta.owner, &linked.covers[index])
    {
        let what = format!("{name}: {time} inside {start} .. {end} of exactly one of {parent} with the same {via}");
        report.checks.push(Check::new("inferred parent", name, what, cover.tally.clone()));
    }
}

/// Rows whose key is missing (unless `nullable`) or that repeat an earlier one.
fn once(groups: &Groups, nullable: bool) -> Tally {
    let mut seen = vec![false; groups.count];
    Tally::of(groups.of.len(), |row| match groups.of[row] {
        NO_ROW => nullable,
        group => !std::mem::replace(&mut seen[group as usize], true),
    })
}
