//! Relationships: columns whose values are keys of another table.

use std::collections::{BTreeMap, HashSet};

use super::inclusion::{self, Inclusion};
use super::keys::Key;
use super::names::{self, IdName};
use super::profile::{Profile, Shape};
use super::{Found, Tables};
use crate::dataset::NO_CODE;
use crate::metadata::Relationship;

/// Bits beyond which no values are the same by chance.
const SURE: f64 = 60.0;

/// A relationship that could be, with what speaks for it.
struct Candidate<'a> {
    parent: &'a str,
    name: u8,
    found: Inclusion,
}

/// The relationships to keys of one column, in table and column order.
pub(super) fn single(tables: &Tables, keys: &BTreeMap<String, Key>) -> Vec<Found> {
    let mut all = Vec::new();
    for (child, columns) in tables {
        for (column, profile) in columns {
            let mut open: Vec<Candidate> = Vec::new();
            for parent in tables.keys() {
                let Some([key]) = keys.get(*parent).map(|k| k.columns.as_slice()) else { continue };
                open.extend(candidate(tables, keys, (child, column, profile), (parent, key)));
            }
            // The best name first, then the strongest inclusion; equal ones keep the order of the tables.
            let better = |a: &Candidate, b: &Candidate| {
                b.name.cmp(&a.name).then(rank(tables, a.parent, column).cmp(&rank(tables, b.parent, column)).reverse())
            };
            open.sort_by(|a, b| better(a, b).then(b.found.bits.total_cmp(&a.found.bits)));
            if let Some(best) = open.first() {
                all.push(found(keys, (child, column, profile), best));
            }
        }
    }
    break_mirrors(all)
}

/// How well the table's own name fits a column: `patient_id` belongs to `patients` before `patient_details`.
fn rank(tables: &Tables, parent: &str, column: &str) -> (u8, usize) {
    let stem: Vec<String> = names::words(column).iter().map(|w| names::singular(w)).collect();
    let table: Vec<String> = names::words(parent).iter().map(|w| names::singular(w)).collect();
    let fits = if !table.is_empty() && stem.starts_with(&table) { 1 } else { 0 };
    (fits, tables.get(parent).and_then(|c| c.first()).map_or(0, |(_, p)| p.rows()))
}

type Side<'a> = (&'a str, &'a str, &'a Profile);

fn candidate<'a>(
    tables: &Tables,
    keys: &BTreeMap<String, Key>,
    (child, column, profile): Side,
    (parent, key): (&'a str, &str),
) -> Option<Candidate<'a>> {
    let own_key = keys.get(child).is_some_and(|k| k.columns == [column]);
    if child == parent && (column == key || own_key) {
        return None;
    }
    let key_profile = &tables[parent][key];
    let name = names::points(column, parent, key, child == parent);
    let least = if name == 4 { 0.9 } else { 1.0 };
    let found = inclusion::of(profile, key_profile, least)?;
    if name <= 2 && is_code(profile, key_profile) {
        return None;
    }
    // A row that points to itself and nowhere else says nothing about other rows.
    if child == parent && (0..profile.rows()).all(|row| same_value(tables, (child, row), column, key)) {
        return None;
    }
    let n = profile.distinct();
    let text = profile.shape != Shape::Whole;
    let says_id = names::id_name(column) != IdName::No;
    // The key of a table points on only to a table that it is named after, or when its values can't be chance.
    let accepted = match (own_key, name) {
        (true, 4) => true,
        (true, _) => text && (says_id && found.bits >= 20.0 || found.bits >= SURE) && n >= 5 && name >= 2,
        (false, 3..) => true,
        (false, 2) => true,
        (false, 1) => {
            if text {
                found.bits >= 4.0
            } else {
                n >= 3
            }
        }
        (false, _) if text => found.bits >= 10.0 && n >= 3,
        (false, _) => says_id && found.bits >= 20.0 || found.bits >= 100.0 && n >= 10,
    };
    accepted.then_some(Candidate { parent, name, found })
}

/// True for a few small numbers that come again and again: kinds of something, though the first keys have them, too.
fn is_code(child: &Profile, key: &Profile) -> bool {
    let (n, last) = (child.distinct(), child.sorted.last());
    let below = last.map_or(0, |last| key.sorted.partition_point(|k| k <= last));
    child.shape == Shape::Whole && n <= 20 && child.known() >= 20 * n && below <= 3 * n && key.distinct() >= 10 * n
}

fn same_value(tables: &Tables, (table, row): (&str, usize), a: &str, b: &str) -> bool {
    let text = |column: &str| {
        let p = &tables[table][column];
        p.texts.get_index(p.codes[row] as usize)
    };
    text(a).is_none() || text(a) == text(b)
}

fn found(keys: &BTreeMap<String, Key>, (child, column, profile): Side, best: &Candidate) -> Found {
    let key = &keys[best.parent].columns;
    let name = match best.name {
        4 => "the same name",
        3 => "the name contains that of the key",
        2 => "the name says so",
        1 => "the name is short for it",
        _ => "another name",
    };
    let n = profile.distinct();
    let mut why = if best.found.share < 1.0 {
        let lost = ((1.0 - best.found.share) * n as f64).round();
        format!("{name}, but {lost} of {n} distinct values are no key there (dangling)")
    } else {
        format!("{name}; all {n} distinct values are keys there")
    };
    if best.name < 4 && best.found.bits >= 1.0 {
        why.push_str(&format!(" (chance 1 in 2^{:.0})", best.found.bits.min(999.0)));
    }
    if profile.nulls > 0 {
        why.push_str(&format!("; missing in {} of {} rows", profile.nulls, profile.rows()));
    }
    let relationship = Relationship {
        parent: best.parent.to_owned(),
        parent_key: key.clone(),
        child: child.to_owned(),
        child_key: vec![column.to_owned()],
    };
    Found { relationship, why }
}

/// Two tables with one key each point at each other: the one that is named after the key, or has more rows, stays
/// the parent (the list is in table order, so the first of two equals).
fn break_mirrors(all: Vec<Found>) -> Vec<Found> {
    let mirrored = |a: &Relationship, b: &Relationship| {
        a.parent == b.child && a.child == b.parent && a.parent_key == b.child_key && a.child_key == b.parent_key
    };
    let mut kept: Vec<Found> = Vec::new();
    for found in all {
        let r = &found.relationship;
        match kept.iter().position(|k| mirrored(&k.relationship, r)) {
            Some(i) => {
                let named = |r: &Relationship| {
                    let words = |t: &str| names::words(t).iter().map(|w| names::singular(w)).collect::<Vec<_>>();
                    words(&r.parent_key[0]).starts_with(&words(&r.parent))
                };
                if named(r) && !named(&kept[i].relationship) {
                    kept[i] = found;
                }
            }
            None => kept.push(found),
        }
    }
    kept
}

/// The relationships to keys of several columns: the same names, and every combination a key there.
pub(super) fn composite(tables: &Tables, keys: &BTreeMap<String, Key>) -> Vec<Found> {
    let mut all = Vec::new();
    for (parent, key) in
        tables.keys().filter_map(|t| keys.get(*t).map(|k| (*t, k))).filter(|(_, k)| k.columns.len() > 1)
    {
        for (child, columns) in tables.iter().filter(|(t, _)| **t != parent) {
            let named = |wanted: &String| {
                columns.keys().find(|n| names::plain(n) == names::plain(wanted)).map(|n| (*n).to_owned())
            };
            let Some(child_key) = key.columns.iter().map(named).collect::<Option<Vec<String>>>() else { continue };
            // One key has one parent: of several tables with the same key the first that fits stays.
            let taken = |f: &Found| f.relationship.child == **child && f.relationship.child_key == child_key;
            let twice = child_key.iter().collect::<HashSet<_>>().len() < child_key.len();
            if twice || all.iter().any(taken) {
                continue;
            }
            let of_child = tuples(tables, child, &child_key);
            let of_parent = tuples(tables, parent, &key.columns);
            let n = of_child.len();
            let hits = of_child.iter().filter(|t| of_parent.contains(*t)).count();
            if n < 2 || (hits as f64) < 0.98 * n as f64 {
                continue;
            }
            let why = match n - hits {
                0 => format!("the same names; all {n} distinct combinations are keys there"),
                lost => format!("the same names, but {lost} of {n} distinct combinations are no key there (dangling)"),
            };
            let relationship = Relationship {
                parent: parent.to_owned(),
                parent_key: key.columns.clone(),
                child: (*child).to_owned(),
                child_key,
            };
            all.push(Found { relationship, why });
        }
    }
    break_mirrors(all)
}

/// The distinct combinations of values without missing ones.
pub(super) fn tuples<'a>(tables: &'a Tables, table: &str, columns: &[String]) -> HashSet<Vec<&'a str>> {
    let profiles: Vec<&Profile> = columns.iter().map(|c| &tables[table][c.as_str()]).collect();
    let rows = profiles.first().map_or(0, |p| p.rows());
    let value = |p: &&'a Profile, row: usize| match p.codes[row] {
        NO_CODE => None,
        code => p.texts.get_index(code as usize),
    };
    (0..rows).filter_map(|row| profiles.iter().map(|p| value(p, row)).collect()).collect()
}
