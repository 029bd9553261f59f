//! Finds the rules of a data set from the data alone.
//!
//! Candidates come from types and keys, each is proved on all rows, and those that chance could explain are
//! dropped. **Surprise** says how unlikely a rule is, in bits, if the columns had nothing to do with each other:
//! 20 bits are one in a million, so a schema with thousands of candidates brings hardly any by chance. A rule
//! broken by at most one row in a thousand is reported as nearly true and not enforced. Rules that follow from
//! others are left out.

mod determines;
mod fitted;
mod formula;
mod implied;
mod inferred;
mod lines;
mod links;
mod missing;
mod no_overlap;
mod order;
mod parts;
mod paths;
mod restrict;
mod rounded;
mod spans;
mod sums;
mod totals;
mod unique;

use std::collections::HashSet;

use rayon::prelude::*;

use crate::linked::Linked;
use crate::metadata::Owner;
use crate::model::conflict;
use crate::rule::{Rule, RuleKind};
use crate::{Dataset, Metadata, Result};

/// Bits of surprise below which a rule may be chance.
const SURPRISE: f64 = 20.0;
/// Rows that a rule needs to be more than an anecdote.
const ROWS: u64 = 20;
/// Share of rows that may break a rule which is reported as nearly true.
const NEARLY: f64 = 0.001;

/// A rule that the data obey.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The rule, marked as found; not enforced when some rows break it.
    pub rule: Rule,
    /// The owner that its table must have so that the rule's paths mean something.
    pub owner: Option<Owner>,
    /// Rows on which it says something.
    pub support: u64,
    /// Rows that break it.
    pub broken: u64,
    /// Bits against chance: how unlikely it is if the columns had nothing to do with each other.
    pub surprise: f64,
    /// Why it is believed, for people; without data values.
    pub why: String,
}

impl Found {
    /// A rule that is believed, or None when chance explains it or too many rows break it.
    fn believed(kind: RuleKind, support: u64, broken: u64, surprise: f64, why: String) -> Option<Self> {
        let holds = broken as f64 <= support as f64 * NEARLY;
        let rule = Rule { kind, found: true, enforced: broken == 0 };
        let believed = support >= ROWS && holds && surprise >= SURPRISE;
        believed.then_some(Self { rule, owner: None, support, broken, surprise, why })
    }
}

/// Finds rules, the most surprising first.
///
/// Rules that the metadata declare are not found again. Where the metadata leave the owner of a table open, a
/// parent may be inferred from times: [`Found::owner`] then says what the metadata must declare for the paths of
/// the table's other rules, and [`accept`] does it.
///
/// ```
/// use healthdata_core::discover::discover;
/// use healthdata_core::example::{Table, data, metadata};
/// let lines: String = (0..200).map(|i| format!("{}, {}\n", 60 + i * 7 % 50, 120 + i * 11 % 90)).collect();
/// let t = [Table("pressures(low:number, high:number)", &lines.replace("109,", "108,"))];
/// let found = discover(&data(&t)?, &metadata(&t, &[])?)?;
/// assert!(found.is_empty(), "two ranges that never meet are no surprise");
/// # Ok::<(), healthdata_core::Error>(())
/// ```
pub fn discover(data: &Dataset, metadata: &Metadata) -> Result<Vec<Found>> {
    let Linked { tables, .. } = Linked::new(data, metadata)?;
    discover_tables(tables, metadata)
}

fn discover_tables(tables: Vec<crate::linked::Table>, metadata: &Metadata) -> Result<Vec<Found>> {
    let linked = Linked::of_tables(tables, metadata)?;
    let owners = inferred::find(&linked)?;
    let mut known = metadata.clone();
    accept(&mut known, &owners);
    known.rules.clear();
    let linked = Linked::of_tables(linked.tables, &known)?;

    let names: Vec<&String> = known.tables.keys().collect();
    let entities = linked.entities();
    let by_table = names.par_iter().zip(&entities).map(|(table, of_row)| of_table(&linked, table, of_row));
    let by_table = by_table.collect::<Result<Vec<_>>>()?;
    let mut found: Vec<Found> = owners.into_iter().chain(by_table.into_iter().flatten()).collect();
    found.extend(links::at_least_one(&linked)?);
    found.extend(totals::find(&linked)?);
    // What follows from the surer of two rules goes, so the sure ones stand first.
    found.sort_by(|a, b| b.surprise.total_cmp(&a.surprise));
    let mut complete: HashSet<(&str, &str)> = HashSet::new();
    for name in &names {
        let table = linked.table(name)?;
        let known = table.columns.iter().filter(|(_, c)| (0..table.rows).all(|r| !c.is_null(r)));
        complete.extend(known.map(|(column, _)| (name.as_str(), column.as_str())));
    }
    implied::remove(&mut found, metadata, &|table, column| complete.contains(&(table, column)));
    totals::leave_times(&mut found, &linked);
    // Those that can't be kept with a surer one, or with a declared one, go too; what computes a column leaves it no
    // choice and comes first.
    found.sort_by_key(|f| match f.rule.kind {
        RuleKind::Formula { .. } | RuleKind::PathsAgree { .. } => 0,
        RuleKind::Total { .. } => 1,
        _ => 2,
    });
    let mut kept: Vec<&Rule> = metadata.rules.iter().filter(|r| r.enforced).collect();
    let stays: Vec<bool> = found
        .iter()
        .map(|f| {
            let stays = !f.rule.enforced || conflict::fits(&kept, &f.rule);
            kept.extend((stays && f.rule.enforced).then_some(&f.rule));
            stays
        })
        .collect();
    let mut stays = stays.into_iter();
    found.retain(|_| stays.next().unwrap_or(true));
    found.sort_by(|a, b| b.surprise.total_cmp(&a.surprise));
    Ok(found)
}

/// Everything about one table that needs no other found rule.
fn of_table(linked: &Linked, table: &str, entities: &[u32]) -> Result<Vec<Found>> {
    let own = lines::lines(linked, table, 0, |_, _| true)?;
    let orders = order::find(linked, table)?;
    let mut found = no_overlap::find(linked, table, &orders)?;
    found.extend(orders);
    found.extend(paths::find(linked, table)?);
    found.extend(determines::find(linked, table, &own)?);
    found.extend(formula::find(linked, table, &own)?);
    found.extend(parts::find(linked, table, &own)?);
    found.extend(unique::find(linked, table, &own)?);
    found.extend(missing::find(linked, table, &own, entities));
    found.extend(restrict::find(linked, table)?);
    Ok(found)
}

/// Adds found rules to metadata, with the owners that they need.
pub fn accept(metadata: &mut Metadata, found: &[Found]) {
    for one in found {
        if let Some(owner) = &one.owner
            && let Some(table) = metadata.tables.get_mut(one.rule.table())
        {
            table.owner = owner.clone();
        }
        metadata.rules.push(one.rule.clone());
    }
}

/// Bits of a chance: 0.5 is one bit, impossible things count as very unlikely ones.
fn bits(chance: f64) -> f64 {
    -crate::math::ln(chance.max(1e-12)) / std::f64::consts::LN_2
}

/// Bits for seeing none of so many expected events.
fn bits_of_none(expected: f64) -> f64 {
    expected / std::f64::consts::LN_2
}

/// Bits for seeing so few of so many expected events. Where some are seen they must be next to none of those
/// expected: chance never gets its expectations quite right.
fn bits_of_few(seen: u64, expected: f64) -> f64 {
    if seen as f64 * 100.0 > expected { 0.0 } else { bits_of_none(expected - seen as f64) }
}

/// A share as people write it.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

/// "all of 500 rows" or "all but 3 of 5000 rows".
fn rows(support: u64, broken: u64) -> String {
    match broken {
        0 => format!("holds on all of {support} rows"),
        n => format!("holds on all but {n} of {support} rows"),
    }
}

#[cfg(test)]
mod tests;
