//! What was proved, added up over blocks.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};
use healthdata_core::Metadata;
use healthdata_core::check::{Check, CheckReport};
use healthdata_core::rng::{mix, name};

use crate::table::{Side, count, table};

/// Keys without an order that are remembered at most, to compare them between blocks.
const KEYS: usize = 1_000_000;
/// Stretches of counting keys in one block at most.
const STRETCHES: usize = 16;
/// Places that are shown.
const PLACES: usize = 5;

/// The sum of the reports of all blocks.
#[derive(Debug, Default)]
pub struct Proof {
    /// As if all rows had been checked at once.
    pub report: CheckReport,
    /// Primary keys by table.
    keys: BTreeMap<usize, Seen>,
    blocks: u64,
}

impl Proof {
    /// Nothing proved yet.
    pub fn new() -> Self {
        Self::default()
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

    /// Remembers the primary keys of a block, to find one that two blocks share.
    pub fn add_keys(&mut self, index: usize, keys: Keys) {
        let seen = self.keys.entry(index).or_default();
        match keys {
            Keys::Counting(prefix, list) => match &seen.prefix {
                Some(known) if *known != prefix => seen.unsure = true,
                _ => {
                    seen.prefix = Some(prefix);
                    list.into_iter().for_each(|s| seen.add(s));
                }
            },
            Keys::Hashes(list) if seen.hashes.len() + list.len() <= KEYS => seen.hashes.extend(list),
            Keys::Hashes(_) => seen.unsure = true,
        }
    }

    /// Compares the keys of different blocks and closes the proof.
    pub fn finish(mut self, metadata: &Metadata) -> CheckReport {
        if self.blocks < 2 {
            return self.report;
        }
        let mut unsure = false;
        for (index, mut seen) in std::mem::take(&mut self.keys) {
            seen.hashes.sort_unstable();
            let twice = seen.twice + seen.hashes.windows(2).filter(|w| w[0] == w[1]).count() as u64;
            unsure |= seen.unsure || (!seen.hashes.is_empty() && !seen.ranges.is_empty());
            let table = metadata.tables.get_index(index).map(|t| t.0.as_str()).unwrap_or_default();
            let check = self.report.checks.iter_mut().find(|c| c.kind == "primary key" && c.table == table);
            if let Some(c) = check {
                c.broken += twice;
            }
        }
        if unsure {
            self.report.notes.push(
                "keys are compared inside blocks of rows; between blocks they differ by construction, \
                 and `healthdata check` proves it"
                    .into(),
            );
        }
        self.report
    }
}

/// Keys of one table over all blocks. Keys that count need next to no memory: a pair of numbers a block.
#[derive(Debug, Default)]
struct Seen {
    /// The text before the number.
    prefix: Option<String>,
    /// First and last number of stretches that hold every number between; none touches another.
    ranges: BTreeMap<u64, u64>,
    /// Numbers that came again.
    twice: u64,
    hashes: Vec<u64>,
    /// Some keys could not be compared.
    unsure: bool,
}

impl Seen {
    fn add(&mut self, (mut first, mut last): (u64, u64)) {
        // Take in every stretch that overlaps or touches the new one.
        while let Some((&a, &b)) = self.ranges.range(..=last.saturating_add(1)).next_back() {
            if b.saturating_add(1) < first {
                break;
            }
            self.twice += (b.min(last) + 1).saturating_sub(a.max(first));
            self.ranges.remove(&a);
            (first, last) = (first.min(a), last.max(b));
        }
        self.ranges.insert(first, last);
    }
}

/// The primary keys of some rows.
#[derive(Debug, PartialEq)]
pub enum Keys {
    /// Text before a number, and the first and last of stretches in which the number counts up by one.
    Counting(String, Vec<(u64, u64)>),
    /// Hashes, where keys do not count.
    Hashes(Vec<u64>),
}

/// The primary keys of the rows of a batch; none without a key, or when it is not text.
pub fn keys(batch: &RecordBatch, key: &[String]) -> Keys {
    let columns: Vec<_> = key.iter().filter_map(|k| batch.column_by_name(k)?.as_string_opt::<i32>()).collect();
    if key.is_empty() || columns.len() != key.len() {
        return Keys::Hashes(Vec::new());
    }
    if let [column] = columns[..]
        && let Some(counting) = counting(column)
    {
        return counting;
    }
    let hash = |row: usize| columns.iter().fold(0, |h, c| mix(h ^ name(&[c.value(row)])));
    Keys::Hashes((0..batch.num_rows()).map(hash).collect())
}

/// Keys such as P000001, P000002: one prefix, one width until the number outgrows it.
fn counting(column: &StringArray) -> Option<Keys> {
    let mut list: Vec<(u64, u64)> = Vec::new();
    if column.is_empty() || column.null_count() > 0 {
        return None;
    }
    let first = column.value(0);
    let digits = first.bytes().rev().take_while(u8::is_ascii_digit).count();
    let prefix = &first[..first.len() - digits];
    for text in column.iter().flatten() {
        let number = text.strip_prefix(prefix)?;
        // Two texts of one number would not be told apart: leading zeros only up to the width of the first key.
        let plain = number.len() == digits || (number.len() > digits && !number.starts_with('0'));
        if !plain || number.len() > 18 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let n = number.bytes().fold(0, |n, b| n * 10 + u64::from(b - b'0'));
        match list.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => list.push((n, n)),
        }
        if list.len() > STRETCHES {
            return None;
        }
    }
    Some(Keys::Counting(prefix.to_owned(), list))
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
        proof.add_keys(0, Keys::Hashes(vec![1, 2, 3]));
        proof.add_keys(0, Keys::Hashes(vec![4, 2]));
        assert_eq!(proof.finish(&meta).checks[0].broken, 1);
    }

    fn of(texts: &[&str]) -> Keys {
        let column: arrow_array::ArrayRef = std::sync::Arc::new(StringArray::from(texts.to_vec()));
        keys(&RecordBatch::try_from_iter([("id", column)]).unwrap(), &["id".into()])
    }

    #[test]
    fn counting_keys_are_ranges_and_others_are_hashed() {
        let counting = |list: &[(u64, u64)]| Keys::Counting("P".into(), list.to_vec());
        assert_eq!(of(&["P998", "P999", "P1000", "P2000"]), counting(&[(998, 1000), (2000, 2000)]));
        for odd in [&["P01", "P1"][..], &["P1", "Q2"], &["P9", "P010"], &["a-x", "b-y"]] {
            assert!(matches!(of(odd), Keys::Hashes(h) if h.len() == 2), "{odd:?}");
        }
    }

    #[test]
    fn ranges_that_share_numbers_are_counted() {
        let mut seen = Seen::default();
        for range in [(10, 19), (30, 39), (20, 29), (50, 59), (0, 9)] {
            seen.add(range);
        }
        assert_eq!((seen.twice, &seen.ranges), (0, &BTreeMap::from([(0, 39), (50, 59)])));
        seen.add((35, 54));
        assert_eq!((seen.twice, &seen.ranges), (10, &BTreeMap::from([(0, 59)])));
    }
}
