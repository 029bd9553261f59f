//! The reports of all passes put together, as if everything had been checked at once.

use healthdata_core::Metadata;
use healthdata_core::check::{Check, CheckReport};

use super::task::{Task, unsaid};

/// Places that a report gives.
const PLACES: usize = 5;
/// Order of the kinds in a report.
const KINDS: [&str; 7] = ["type", "format", "domain", "primary key", "alternate key", "foreign key", "inferred parent"];

pub(super) struct Sum<'a> {
    metadata: &'a Metadata,
    report: CheckReport,
    /// Rule of each check, by number.
    rules: Vec<Option<usize>>,
}

impl<'a> Sum<'a> {
    pub fn new(metadata: &'a Metadata) -> Self {
        let mut report = CheckReport::default();
        report.tables.extend(metadata.tables.keys().map(|t| (t.clone(), 0)));
        let said =
            |r: &healthdata_core::Rule| format!("{}: not checked, it lists no values to compare with", r.describe());
        report.notes.extend(metadata.rules.iter().filter(|r| unsaid(r)).map(said));
        Self { metadata, report, rules: Vec::new() }
    }

    /// Adds what a task settles of a report; `place` gives the data row of a row of the task's main table.
    pub fn add(&mut self, task: &Task, report: CheckReport, place: &dyn Fn(u64) -> u64) {
        for (table, rows) in report.tables {
            if task.proves(&table, "type") {
                *self.report.tables.entry(table).or_default() += rows;
            }
        }
        for note in report.notes.into_iter().filter(|n| !self.report.notes.contains(n)).collect::<Vec<_>>() {
            self.report.notes.push(note);
        }
        let mut rules = task.rules.iter();
        for mut c in report.checks {
            let rule = if c.kind == "rule" { rules.next().copied() } else { None };
            if rule.is_none() && !task.proves(&c.table, c.kind) {
                continue;
            }
            c.places = c.places.iter().map(|p| place(*p)).collect();
            let same = |i: &usize| {
                let x = &self.report.checks[*i];
                self.rules[*i] == rule && x.kind == c.kind && x.what == c.what && x.table == c.table
            };
            match (0..self.rules.len()).find(same) {
                None => {
                    self.report.checks.push(c);
                    self.rules.push(rule);
                }
                Some(i) => {
                    let sum = &mut self.report.checks[i];
                    sum.checked += c.checked;
                    sum.broken += c.broken;
                    sum.places.extend(c.places);
                    sum.places.sort_unstable();
                    sum.places.truncate(PLACES);
                }
            }
        }
    }

    pub fn finish(self) -> CheckReport {
        let Self { metadata, mut report, rules } = self;
        let mut checks: Vec<(Check, Option<usize>)> = report.checks.into_iter().zip(rules).collect();
        // A table with cells that can't be read in some batch has a line for each such column and none for all.
        let all = |c: &Check| c.kind == "type" && c.what.ends_with("every value can be read as its column's type");
        let unreadable: Vec<String> =
            checks.iter().filter(|(c, _)| c.kind == "type" && !all(c)).map(|(c, _)| c.table.clone()).collect();
        checks.retain(|(c, _)| !(all(c) && unreadable.contains(&c.table)));
        for (c, _) in checks.iter_mut().filter(|(c, _)| c.kind == "type") {
            c.checked = report.tables.get(&c.table).copied().unwrap_or(c.checked);
        }
        let order = |(c, rule): &(Check, Option<usize>)| {
            let table = metadata.tables.get_index_of(&c.table);
            let kind = KINDS.iter().position(|k| *k == c.kind);
            let says = |r: &healthdata_core::metadata::Relationship| {
                c.what == format!("{}: {} found in {}", r.child, r.child_key.join(" + "), r.parent)
            };
            let link = metadata.relationships.iter().position(says);
            match rule {
                Some(rule) => (true, *rule, None, None),
                None => (false, table.unwrap_or(0), kind, link),
            }
        };
        checks.sort_by_key(order);
        report.checks = checks.into_iter().map(|(c, _)| c).collect();
        report
    }
}
