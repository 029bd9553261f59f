//! What was proved, added up over blocks.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use healthdata_core::Metadata;
use healthdata_core::check::{Check, CheckReport};
use healthdata_core::rng::{mix, name};

use crate::table::{Side, count, table};

/// Keys that are remembered at most, to compare them between blocks.
const KEYS: usize = 8_000_000;
/// Places that are shown.
const PLACES: usize = 5;

/// The sum of the reports of all blocks.
#[derive(Debug, Default)]
pub struct Proof {
    /// As if all rows had been checked at once.
    pub report: CheckReport,
    /// Hashes of primary keys by table, while they are few enough to be compared.
    keys: Option<BTreeMap<usize, Vec<u64>>>,
    blocks: u64,
}

impl Proof {
    /// Nothing proved yet.
    pub fn new() -> Self {
        Self { keys: Some(BTreeMap::new()), ..Self::default() }
    }

    /// Adds the report of one block. `before` says how many rows of a table come before the block's own, for the
    /// places of broken rows; None when the places mean nothing outside the block.
    pub fn add(&mut self, report: CheckReport, before: Option<&dyn Fn(&str) -> u64>) {
        self.blocks += 1;
        for (name, rows) in report.tables {
            *self.report.tables.entry(name).or_default() += rows;
        }
        for note in report.notes {
            if !self.report.notes.contains(&note) {
                self.report.notes.push(note);
            }
        }
        // A block checks the same things in the same order, but for cells that can't be read.
        let mut at = 0;
        for mut c in report.checks {
            let shift = before.map(|b| b(&c.table));
            c.places = c.places.iter().filter_map(|p| Some(p + shift?)).collect();
            let same = |x: &Check| x.what == c.what && x.kind == c.kind;
            let found = match self.report.checks.get(at) {
                Some(x) if same(x) => Some(at),
                _ => self.report.checks.iter().position(same),
            };
            match found {
                Some(i) => {
                    let sum = &mut self.report.checks[i];
                    sum.checked += c.checked;
                    sum.broken += c.broken;
                    sum.places.extend(c.places);
                    sum.places.truncate(PLACES);
                    at = i + 1;
                }
                None => self.report.checks.push(c),
            }
        }
    }

    /// Remembers the primary keys of rows, to find one that two blocks share.
    pub fn add_keys(&mut self, index: usize, hashes: Vec<u64>) {
        let Some(keys) = &mut self.keys else { return };
        keys.entry(index).or_default().extend(hashes);
        if keys.values().map(Vec::len).sum::<usize>() > KEYS {
            self.keys = None;
        }
    }

    /// Compares the keys of different blocks and closes the proof.
    pub fn finish(mut self, metadata: &Metadata) -> CheckReport {
        match self.keys.take() {
            _ if self.blocks < 2 => {}
            None => self.report.notes.push(
                "keys are compared inside blocks of rows; between blocks they differ by construction, \
                 and `healthdata check` proves it"
                    .into(),
            ),
            Some(keys) => {
                for (index, mut hashes) in keys {
                    hashes.sort_unstable();
                    let twice = hashes.windows(2).filter(|w| w[0] == w[1]).count() as u64;
                    let table = metadata.tables.get_index(index).map(|t| t.0.as_str()).unwrap_or_default();
                    let check = self.report.checks.iter_mut().find(|c| c.kind == "primary key" && c.table == table);
                    if let Some(c) = check {
                        c.broken += twice;
                    }
                }
            }
        }
        self.report
    }
}

/// A hash of the primary key of each row; empty without a key, or when it is not text.
pub fn key_hashes(batch: &RecordBatch, key: &[String]) -> Vec<u64> {
    let columns: Vec<_> = key.iter().filter_map(|k| batch.column_by_name(k)?.as_string_opt::<i32>()).collect();
    if key.is_empty() || columns.len() != key.len() {
        return Vec::new();
    }
    let hash = |row: usize| columns.iter().fold(0, |h, c| mix(h ^ name(&[c.value(row)])));
    (0..batch.num_rows()).map(hash).collect()
}

/// Kinds of checks that are summed up in one line each.
const SUMMED: [(&str, &[&str]); 4] = [
    ("types, formats and domains", &["type", "format", "domain"]),
    ("primary and alternate keys unique", &["primary key", "alternate key"]),
    ("foreign keys found", &["foreign key"]),
    ("rows in their inferred parent", &["inferred parent"]),
];

/// The checks as a table: the many small ones in one line a kind, each rule in its own.
pub fn summary(report: &CheckReport) -> String {
    let mut rows = Vec::new();
    for (title, kinds) in SUMMED {
        let of: Vec<&Check> = report.checks.iter().filter(|c| kinds.contains(&c.kind)).collect();
        if !of.is_empty() {
            let sum = |f: fn(&Check) -> u64| count(of.iter().map(|c| f(c)).sum());
            rows.push(vec![sum(|c| c.checked), sum(|c| c.broken), format!("{title} ({} checks)", of.len())]);
        }
    }
    for c in report.checks.iter().filter(|c| c.kind == "rule") {
        let listed = if c.enforced { "" } else { " (listed only)" };
        rows.push(vec![count(c.checked), count(c.broken), format!("{}{listed}", c.what)]);
    }
    table(&[("rows checked", Side::Right), ("broken", Side::Right), ("what must hold", Side::Left)], &rows)
}

/// A line for each broken check: what, how many rows, where the first ones are; never a value.
pub fn broken(report: &CheckReport) -> Vec<String> {
    let line = |c: &Check| {
        let places = c.places.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let more = if c.broken > c.places.len() as u64 { ", ..." } else { "" };
        let places = if places.is_empty() { String::new() } else { format!(" (data row {places}{more})") };
        format!(
            "{} {}: broken in {} of {} rows of {}{places}",
            c.kind,
            c.what,
            count(c.broken),
            count(c.checked),
            c.table
        )
    };
    report.checks.iter().filter(|c| c.is_broken()).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(broken: u64, places: &[u64]) -> CheckReport {
        let mut r = CheckReport::default();
        r.tables.insert("t".into(), 10);
        r.checks.push(Check {
            what: "t: a <= b".into(),
            kind: "rule",
            table: "t".into(),
            checked: 10,
            broken,
            places: places.to_vec(),
            enforced: true,
        });
        r
    }

    #[test]
    fn blocks_add_up_and_places_move() {
        let meta = Metadata { tables: Default::default(), relationships: vec![], rules: vec![] };
        let mut proof = Proof::new();
        proof.add(report(0, &[]), Some(&|_| 0));
        proof.add(report(2, &[1, 4]), Some(&|_| 10));
        proof.add(report(1, &[3]), None);
        let sum = proof.finish(&meta);
        assert_eq!((sum.tables["t"], sum.checks.len()), (30, 1));
        assert_eq!((sum.checks[0].checked, sum.checks[0].broken), (30, 3));
        assert_eq!(sum.checks[0].places, [11, 14]);
        assert_eq!(broken(&sum), ["rule t: a <= b: broken in 3 of 30 rows of t (data row 11, 14, ...)"]);
    }

    #[test]
    fn a_key_that_two_blocks_share_is_found() {
        let meta = healthdata_core::reference::metadata();
        let mut one = report(0, &[]);
        one.checks[0].kind = "primary key";
        one.checks[0].table = "patients".into();
        let mut proof = Proof::new();
        proof.add(one.clone(), None);
        proof.add(one, None);
        proof.add_keys(0, vec![1, 2, 3]);
        proof.add_keys(0, vec![4, 2]);
        assert_eq!(proof.finish(&meta).checks[0].broken, 1);
    }
}
