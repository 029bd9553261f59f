//! The rules that a model is fitted with: declared ones, found ones, and what to do where the data break them.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::BooleanArray;
use rayon::prelude::*;

use crate::discover::{accept, discover};
use crate::linked::Linked;
use crate::{Dataset, Error, ErrorKind, Metadata, Result, Rule};

/// Which rules are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UseRules {
    /// Those of the metadata, and what the data obey unless the metadata say so already.
    #[default]
    All,
    /// Those that the metadata declare.
    Declared,
    /// Those that the data obey.
    Found,
    /// None.
    None,
}

/// What happens when the data break an enforced rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BrokenRules {
    /// An error that says how many rows.
    #[default]
    Stop,
    /// Learn from all rows and keep the rule in what is generated.
    Keep,
    /// The rule is listed and no longer enforced.
    DropRule,
    /// Rows that break it are left out, and rows that then point nowhere.
    DropRows,
}

/// What a model is fitted with.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The rows to learn from.
    pub data: Dataset,
    /// The metadata with the rules to keep.
    pub metadata: Metadata,
    /// What was decided, for people.
    pub notes: Vec<String>,
}

/// Rounds of dropping rows: a dropped row may leave another one without a parent or child.
const ROUNDS: usize = 20;

/// Chooses the rules and settles what the data break.
///
/// Metadata in which some rules are marked as found were looked over by a person, so nothing is searched again.
pub fn settle(data: &Dataset, metadata: &Metadata, which: UseRules, broken: BrokenRules) -> Result<Settled> {
    metadata.validate()?;
    let mut settled = Settled { data: data.clone(), metadata: metadata.clone(), notes: Vec::new() };
    let rules = &mut settled.metadata.rules;
    let accepted = rules.iter().filter(|r| r.found).count();
    match which {
        UseRules::All => {}
        UseRules::Declared => rules.retain(|r| !r.found),
        UseRules::Found => rules.retain(|r| r.found),
        UseRules::None => rules.clear(),
    }
    let declared = rules.iter().filter(|r| !r.found).count();
    let search = matches!(which, UseRules::All | UseRules::Found) && accepted == 0;
    let mut said = format!("rules: {declared} declared");
    if search {
        let found = discover(data, metadata)?;
        let (sure, nearly): (Vec<_>, Vec<_>) = found.into_iter().partition(|f| f.broken == 0);
        accept(&mut settled.metadata, &sure);
        said += &format!(", {} found in the data (`healthdata rules` lists them)", sure.len());
        if !nearly.is_empty() {
            said += &format!(", {} nearly true and not enforced", nearly.len());
        }
    } else if accepted > 0 && matches!(which, UseRules::All | UseRules::Found) {
        said += &format!(", {accepted} found and accepted in the metadata");
    }
    settled.notes.push(said);
    match broken {
        BrokenRules::Keep => note_broken(&mut settled)?,
        BrokenRules::Stop => stop(&settled)?,
        BrokenRules::DropRule => drop_rules(&mut settled)?,
        BrokenRules::DropRows => drop_rows(&mut settled)?,
    }
    Ok(settled)
}

/// A rule that rows break.
struct Breach {
    /// Place in the metadata.
    rule: usize,
    rows: Vec<u32>,
    of: u64,
}

/// Every enforced rule that the data break.
fn breaches(data: &Dataset, metadata: &Metadata) -> Result<Vec<Breach>> {
    if metadata.rules.iter().all(|r| !r.enforced) {
        return Ok(Vec::new());
    }
    let linked = Linked::new(data, metadata)?;
    let proofs: Vec<_> =
        metadata.rules.par_iter().enumerate().filter(|(_, r)| r.enforced).map(|(i, r)| (i, r.prove(&linked))).collect();
    let (mut out, mut problems) = (Vec::new(), Vec::new());
    for (rule, proof) in proofs {
        match proof {
            Ok(Some(tally)) if tally.broken > 0 => out.push(Breach { rule, rows: tally.rows, of: tally.checked }),
            Ok(_) => {}
            Err(e) => problems.extend_from_slice(e.problems()),
        }
    }
    Error::all(ErrorKind::Rule, problems)?;
    Ok(out)
}

fn words(rule: &Rule, b: &Breach) -> String {
    format!("{} is broken in {} of {} rows of {}", rule.describe(), b.rows.len(), b.of, rule.table())
}

fn stop(settled: &Settled) -> Result<()> {
    let rules = &settled.metadata.rules;
    let problem = |b: &Breach| {
        let first = b.rows.first().map_or(0, |r| r + 1);
        format!(
            "rule {} (first: data row {first}); leave the rule out with --broken-rules drop-rule, the rows with \
             --broken-rules drop-rows, or keep it all the same in what is generated with --broken-rules keep",
            words(&rules[b.rule], b)
        )
    };
    let problems = breaches(&settled.data, &settled.metadata)?.iter().map(problem).collect();
    Error::all(ErrorKind::Rule, problems)
}

fn note_broken(settled: &mut Settled) -> Result<()> {
    for b in breaches(&settled.data, &settled.metadata)? {
        settled.notes.push(format!("kept in what is generated: rule {}", words(&settled.metadata.rules[b.rule], &b)));
    }
    Ok(())
}

fn drop_rules(settled: &mut Settled) -> Result<()> {
    for b in breaches(&settled.data, &settled.metadata)? {
        let rule = &mut settled.metadata.rules[b.rule];
        rule.enforced = false;
        settled.notes.push(format!("no longer enforced: rule {}", words(rule, &b)));
    }
    Ok(())
}

fn drop_rows(settled: &mut Settled) -> Result<()> {
    let mut dropped: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut rows: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for b in breaches(&settled.data, &settled.metadata)? {
            let rule = &settled.metadata.rules[b.rule];
            rows.entry(rule.table().to_owned()).or_default().extend(&b.rows);
        }
        if rows.is_empty() {
            settled.notes.extend(dropped.iter().map(|(t, n)| format!("{t}: {n} rows that break rules were dropped")));
            return Ok(());
        }
        for (table, rows) in rows {
            *dropped.entry(table.clone()).or_default() += rows.len();
            without(&mut settled.data, &table, &rows)?;
        }
        // What pointed to a dropped row goes too; what pointed nowhere before is told by the fit.
        let linked = Linked::new(&settled.data, &settled.metadata)?;
        let mut orphans: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        for (link, r) in linked.links.iter().zip(&settled.metadata.relationships) {
            if !link.dangling.rows.is_empty() {
                orphans.entry(r.child.clone()).or_default().extend(&link.dangling.rows);
            }
        }
        drop(linked);
        for (table, rows) in orphans {
            *dropped.entry(table.clone()).or_default() += rows.len();
            without(&mut settled.data, &table, &rows)?;
        }
    }
    let what = "dropping rows that break rules leaves ever more that do; use --broken-rules drop-rule";
    Err(Error::new(ErrorKind::Rule, what))
}

fn without(data: &mut Dataset, table: &str, rows: &BTreeSet<u32>) -> Result<()> {
    let Some(batch) = data.tables.get_mut(table) else { return Ok(()) };
    let keep: BooleanArray = (0..batch.num_rows() as u32).map(|r| Some(!rows.contains(&r))).collect();
    let fail = |_| Error::new(ErrorKind::Data, format!("table {table}: its rows can't be filtered"));
    *batch = arrow_select::filter::filter_record_batch(batch, &keep).map_err(fail)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{Table, data, metadata};

    const RULE: &str = r#"{"kind": "order", "table": "stays", "low": "from", "high": "to"}"#;

    fn stays() -> [Table<'static>; 2] {
        [
            Table("stays(*id, from:number, to:number)", "1, 1, 2\n2, 5, 4\n3, 7, 9\n4, 3, 3"),
            Table("notes(*note, id>stays)", "a, 1\nb, 2\nc, 2\nd, 4"),
        ]
    }

    fn with(broken: BrokenRules) -> Result<Settled> {
        settle(&data(&stays())?, &metadata(&stays(), &[RULE])?, UseRules::Declared, broken)
    }

    #[test]
    fn a_broken_rule_is_an_error_that_counts_and_offers() {
        let e = with(BrokenRules::Stop).unwrap_err().to_string();
        assert!(e.contains("from <= to is broken in 1 of 4 rows of stays (first: data row 2)"), "{e}");
        assert!(e.contains("drop-rule") && e.contains("drop-rows"), "{e}");
    }

    #[test]
    fn the_rule_or_the_rows_can_go() {
        let s = with(BrokenRules::DropRule).unwrap();
        assert!(!s.metadata.rules[0].enforced && s.data.tables["stays"].num_rows() == 4);
        let s = with(BrokenRules::DropRows).unwrap();
        assert!(s.metadata.rules[0].enforced);
        // The row and both notes that pointed to it.
        assert_eq!((s.data.tables["stays"].num_rows(), s.data.tables["notes"].num_rows()), (3, 2));
        assert!(with(BrokenRules::Keep).unwrap().notes[1].contains("kept in what is generated"));
    }

    #[test]
    fn found_rules_that_were_looked_over_are_not_searched_again() {
        let found = r#"{"kind": "not_null", "table": "stays", "column": "from", "found": true}"#;
        let (d, m) = (data(&stays()).unwrap(), metadata(&stays(), &[found]).unwrap());
        let s = settle(&d, &m, UseRules::All, BrokenRules::Stop).unwrap();
        assert_eq!(s.metadata.rules, m.rules);
        let none = settle(&d, &m, UseRules::None, BrokenRules::Stop).unwrap();
        assert!(none.metadata.rules.is_empty());
        assert!(settle(&d, &m, UseRules::Declared, BrokenRules::Stop).unwrap().metadata.rules.is_empty());
    }
}
