//! Primary keys: one column where there is one, else two or three that are unique together.

use std::collections::HashSet;

use super::names::{self, IdName};
use super::profile::{Profile, Shape};
use super::{Tables, inclusion, links};
use crate::dataset::NO_CODE;

/// Words of a column that numbers the rows of something.
const SEQUENCE: [&str; 16] = [
    "seq", "sequence", "line", "lineno", "no", "nr", "num", "number", "index", "idx", "position", "pos", "visit",
    "version", "year", "rank",
];

/// Points of a column whose values other tables repeat under the same name: more than those of a number of the row.
const USED: i32 = 9;

/// A key and why it is one.
pub(super) struct Key {
    pub(super) columns: Vec<String>,
    pub(super) why: String,
}

/// The best single column, if any looks like a key: unique, never missing, and more than by chance.
pub(super) fn single(tables: &Tables, table: &str) -> Option<Key> {
    let columns = tables.get(table)?;
    let mut best: Option<(i32, &str, String)> = None;
    for (i, (name, profile)) in columns.iter().enumerate() {
        if !profile.is_unique() || !can_be_key(profile) {
            continue;
        }
        let (score, why) = score(tables, table, name, profile, i == 0);
        // A key that another table has, too, may be that of a one-to-one table: second choice, but a choice.
        let shared = used_from(tables, table, name, profile);
        let used = referring(tables, table, name, profile);
        let (score, why) = match used {
            _ if shared => (score - 2, format!("{why}, although another table has it as a key, too")),
            0 => (score, why),
            // What others repeat is the key, whatever numbers the rows besides.
            _ => (score + USED, format!("{why}, other tables repeat its values under the same name: {used}")),
        };
        if score >= if shared { 1 } else { 3 } && best.as_ref().is_none_or(|b| score > b.0) {
            best = Some((score, name, why));
        }
    }
    best.map(|(_, name, why)| Key { columns: vec![name.to_owned()], why })
}

fn can_be_key(p: &Profile) -> bool {
    let short = || p.texts.iter().all(|t| t.len() <= 64);
    match p.shape {
        Shape::Whole | Shape::Uuid => true,
        Shape::Text => short(),
        _ => false,
    }
}

fn score(tables: &Tables, table: &str, name: &str, p: &Profile, first: bool) -> (i32, String) {
    let mut score = 0;
    let mut why = vec!["unique and never missing".to_owned()];
    let mut add = |points: i32, reason: &str| {
        score += points;
        why.push(reason.to_owned());
    };
    match names::id_name(name) {
        IdName::Strong => add(3, "named like an identifier"),
        IdName::Weak => add(2, "may be named like an identifier"),
        IdName::No => {}
    }
    if first {
        add(1, "the first column");
    }
    let entity = names::words(table).last().map(|w| names::singular(w)).unwrap_or_default();
    if names::words(name).iter().any(|w| names::singular(w) == entity) || names::is_generic(name) {
        add(2, "named after the table");
    }
    let counted = p.sorted.windows(2).all(|w| w[1] == w[0] + 1) && p.sorted.len() > 4;
    if p.shape == Shape::Uuid {
        add(3, "UUIDs");
    } else if counted && first {
        add(2, "counts up by one");
    }
    if p.distinct() >= 5 && referred(tables, table, p) {
        add(3, "a column of another table holds only values of it");
    }
    (score, why.join(", "))
}

/// Another table has the column under the same name, or is named so and has it as a generic one, unique, with all values of
/// this one: it may be a foreign key.
fn used_from(tables: &Tables, table: &str, name: &str, p: &Profile) -> bool {
    let wanted = names::plain(name);
    let is_key = |other: &str, n: &str| {
        names::plain(n) == wanted || names::is_generic(n) && names::points(name, other, n, false) >= 2
    };
    !names::is_generic(name)
        && tables.iter().filter(|(t, _)| **t != table).any(|(t, columns)| {
            let key =
                |(n, key): (&&str, &Profile)| is_key(t, n) && key.is_unique() && inclusion::of(p, key, 1.0).is_some();
            columns.iter().any(key)
        })
}

/// Other tables with a column of the same name whose values this key has, some more than once.
fn referring(tables: &Tables, table: &str, name: &str, key: &Profile) -> usize {
    if names::is_generic(name) {
        return 0;
    }
    let wanted = names::plain(name);
    let refers = |columns: &indexmap::IndexMap<&str, Profile>| {
        columns.iter().any(|(n, p)| names::plain(n) == wanted && inclusion::of(p, key, 0.98).is_some())
    };
    tables.iter().filter(|(t, columns)| **t != table && refers(columns)).count()
}

/// Another table repeats some values of the key under another name, more of them than chance explains.
fn referred(tables: &Tables, table: &str, key: &Profile) -> bool {
    let refers = |p: &Profile| {
        p.distinct() < p.known() && p.distinct() >= 3 && inclusion::of(p, key, 1.0).is_some_and(|i| i.bits >= 40.0)
    };
    tables.iter().any(|(t, columns)| *t != table && columns.values().any(refers))
}

/// Two or three columns that are unique together: foreign keys, identifiers, sequence numbers, or any that another
/// table refers to by the same names.
pub(super) fn composite(tables: &Tables, table: &str, foreign: &[&str]) -> Option<Key> {
    let columns = tables.get(table)?;
    let rows = columns.first()?.1.rows() as f64;
    let named = |name: &str, p: &Profile| {
        let sequence = names::words(name).iter().any(|w| SEQUENCE.contains(&w.as_str()));
        foreign.contains(&name) || names::id_name(name) != IdName::No || p.shape == Shape::Whole && sequence
    };
    let elsewhere = |name: &str| tables.iter().any(|(t, c)| *t != table && c.contains_key(name));
    let part = |name: &str, p: &Profile| {
        p.nulls == 0 && p.distinct() > 1 && can_be_key(p) && (named(name, p) || elsewhere(name))
    };
    let parts: Vec<(&str, &Profile)> =
        columns.iter().filter(|(n, p)| part(n, p)).map(|(n, p)| (*n, p)).take(12).collect();
    for set in subsets(&parts) {
        // So many pairs of rows would be equal if the columns had nothing to do with each other.
        let expected = set.iter().map(|(_, p)| collision(p)).product::<f64>() * rows * (rows - 1.0) / 2.0;
        if expected < 0.5 || !unique_together(&set) {
            continue;
        }
        let anchor = |n: &str| foreign.contains(&n) || names::id_name(n) == IdName::Strong;
        let own = expected >= 3.0 && set.iter().all(|(n, p)| named(n, p)) && set.iter().any(|(n, _)| anchor(n));
        let names: Vec<String> = set.iter().map(|(n, _)| (*n).to_owned()).collect();
        if own || referred_together(tables, table, &names) {
            let why = format!(
                "unique together in {rows} rows, where chance would repeat about {expected:.0} pairs of them; no single \
                 column is a key"
            );
            return Some(Key { columns: names, why });
        }
    }
    None
}

/// Another table has columns of all these names, and all their combinations are here.
fn referred_together(tables: &Tables, table: &str, names: &[String]) -> bool {
    let others = tables.iter().filter(|(t, c)| **t != table && names.iter().all(|n| c.contains_key(n.as_str())));
    let mut others = others.map(|(t, _)| links::tuples(tables, t, names)).filter(|t| t.len() > 1).peekable();
    if others.peek().is_none() {
        return false;
    }
    let here = links::tuples(tables, table, names);
    others.any(|there| there.is_subset(&here))
}

/// All pairs, then all triples, in column order.
fn subsets<'a>(parts: &[(&'a str, &'a Profile)]) -> Vec<Vec<(&'a str, &'a Profile)>> {
    let n = parts.len();
    let mut sets = Vec::new();
    for i in 0..n {
        sets.extend((i + 1..n).map(|j| vec![parts[i], parts[j]]));
    }
    for i in 0..n {
        for j in i + 1..n {
            sets.extend((j + 1..n).map(|k| vec![parts[i], parts[j], parts[k]]));
        }
    }
    sets
}

/// Probability that two rows have the same value.
fn collision(p: &Profile) -> f64 {
    let mut counts = vec![0u32; p.distinct()];
    p.codes.iter().filter(|c| **c != NO_CODE).for_each(|c| counts[*c as usize] += 1);
    let n = p.known().max(1) as f64;
    counts.iter().map(|c| f64::from(*c) / n * (f64::from(*c) / n)).sum()
}

fn unique_together(set: &[(&str, &Profile)]) -> bool {
    let rows = set.first().map_or(0, |(_, p)| p.rows());
    let mut seen = HashSet::with_capacity(rows);
    (0..rows).all(|row| seen.insert(set.iter().map(|(_, p)| p.codes[row]).collect::<Vec<u32>>()))
}
