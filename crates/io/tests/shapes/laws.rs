//! What must hold whatever the shape: formats, nulls, ranges and types as in the input, and nothing copied.

use std::collections::{BTreeMap, BTreeSet};

use healthdata_core::Metadata;
use healthdata_core::metadata::Sdtype;

use crate::data::Shape;
use crate::run::Ran;

pub fn all(shape: &Shape, ran: &Ran) {
    found(shape, &ran.metadata);
    for (table, meta) in &ran.metadata.tables {
        let real = ran.real.tables[table].num_rows();
        let new = ran.new.tables[table].num_rows();
        assert!(new > 0, "{table}: no rows");
        // Four standard errors of a count whose owners differ by at most the mean.
        let slack = 8.0 * (real as f64).sqrt() + 5.0 + real as f64 * shape.rows_slack;
        assert!((new as f64 - real as f64).abs() <= slack, "{table}: {new} rows instead of {real}");
        for (column, about) in &meta.columns {
            let (real, new) = (ran.real_text(table, column), ran.new_text(table, column));
            let place = format!("{table}.{column} ({})", about.sdtype.name());
            nulls(&place, &real, &new);
            if real.iter().all(Option::is_none) {
                continue;
            }
            assert_eq!(kinds(&real), kinds(&new), "{place}");
            at_most_once(&place, &real, &new);
            let key = ran.metadata.is_key(table, column);
            match &about.sdtype {
                // Numbers inside text have tests of their own (`core/tests/written.rs`).
                Sdtype::Numerical if kinds(&real) == "text" => {}
                Sdtype::Numerical => numbers(&place, &real, &new, shape.independent),
                Sdtype::Datetime { .. } => times(&place, &real, &new),
                Sdtype::Unknown => fresh(&place, &real, &new),
                Sdtype::Id { .. } | Sdtype::Pii { pii: true, .. } => {
                    if !key || ran.metadata.foreign_key(table, column).is_none() {
                        forms(&place, &real, &new);
                    }
                }
                _ if !meta.reference => labels(&place, &real, &new),
                _ => {}
            }
        }
    }
}

/// Keys and relationships are those of the shape.
fn found(shape: &Shape, metadata: &Metadata) {
    for (table, key) in &shape.keys {
        assert_eq!(&metadata.tables[*table].primary_key.join("+"), key, "primary key of {table}");
    }
    let links: BTreeSet<String> = metadata
        .relationships
        .iter()
        .map(|r| format!("{}.{} -> {}", r.child, r.child_key.join("+"), r.parent))
        .collect();
    let expected: BTreeSet<String> = shape.links.iter().map(|l| (*l).to_owned()).collect();
    assert_eq!(links, expected);
}

/// The share of missing values lies within its sampling error: six standard errors, rows of an owner alike.
fn nulls(place: &str, real: &[Option<String>], new: &[Option<String>]) {
    let share = |v: &[Option<String>]| v.iter().filter(|t| t.is_none()).count() as f64 / v.len().max(1) as f64;
    let (p, q) = (share(real), share(new));
    if p == 0.0 || p == 1.0 {
        assert_eq!(p, q, "{place}: missing values");
        return;
    }
    let n = real.len().min(new.len()) as f64;
    let error = 6.0 * (p * (1.0 - p) / n).sqrt() + 3.0 / n;
    assert!((p - q).abs() <= error, "{place}: {q:.3} missing instead of {p:.3} (+-{error:.3})");
}

/// No value twice where there was none.
fn at_most_once(place: &str, real: &[Option<String>], new: &[Option<String>]) {
    let once = |v: &[Option<String>]| {
        let known: Vec<&String> = v.iter().flatten().collect();
        known.len() == known.iter().collect::<BTreeSet<_>>().len() && known.len() >= 50
    };
    // Floating numbers and times of a second may meet by chance.
    if once(real) && !matches!(kinds(real), "number") && !place.contains("datetime") && !place.contains("numerical") {
        assert!(once(new), "{place}: a value comes twice");
    }
}

/// What a reader of the file would take each value for.
fn kinds(values: &[Option<String>]) -> &'static str {
    let known = || values.iter().flatten();
    let all = |f: fn(&str) -> bool| known().all(|t| f(t));
    if all(|t| t.eq_ignore_ascii_case("true") || t.eq_ignore_ascii_case("false")) {
        "boolean"
    } else if all(|t| t.parse::<i64>().is_ok_and(|n| n.to_string() == t)) {
        "whole number"
    } else if all(|t| t.bytes().all(|b| b.is_ascii_digit()) && !t.is_empty()) {
        "digits"
    } else if all(|t| t.parse::<f64>().is_ok()) {
        "number"
    } else {
        "text"
    }
}

fn decimals(t: &str) -> usize {
    t.split_once('.').map_or(0, |(_, d)| d.len())
}

fn numbers(place: &str, real: &[Option<String>], new: &[Option<String>], independent: usize) {
    let value = |t: &String| t.parse::<f64>().unwrap();
    let range = |v: &[Option<String>]| {
        let all: Vec<f64> = v.iter().flatten().map(value).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let sd = (all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64).sqrt();
        (all.iter().copied().fold(f64::MAX, f64::min), all.iter().copied().fold(f64::MIN, f64::max), mean, sd)
    };
    let ((lo, hi, mean, sd), (a, b, other, _)) = (range(real), range(new));
    // Numbers may reach beyond the real ones, by a tail that those before the fifth from the end tell of.
    let mut sorted: Vec<f64> = real.iter().flatten().map(value).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let tail = |near: f64, end: f64| 1.1 * (near - end).abs();
    let twentieth = 19.min(sorted.len() - 1);
    let (below, above) = (tail(sorted[twentieth], lo), tail(sorted[sorted.len() - 1 - twentieth], hi));
    assert!(a >= lo - below && b <= hi + above, "{place}: {a}..{b} too far outside {lo}..{hi}");
    // As if there were no more than so many independent rows.
    let error = sd * (0.15 + 8.0 / (real.len().min(independent) as f64).sqrt());
    assert!((mean - other).abs() <= error, "{place}: mean {other} instead of {mean} (+-{error})");
    // A number with an exponent has no fixed places.
    if real.iter().flatten().any(|t| t.contains('e')) {
        return;
    }
    let places = |v: &[Option<String>]| {
        let all: BTreeSet<usize> = v.iter().flatten().map(|t| decimals(t)).collect();
        (*all.first().unwrap(), *all.last().unwrap())
    };
    let (r, n) = (places(real), places(new));
    assert!(n.0 >= r.0 && n.1 <= r.1, "{place}: {n:?} decimals instead of {r:?}");
}

/// Text with each digit as 9, each letter as a.
fn form(t: &str) -> String {
    t.chars()
        .map(|c| {
            if c.is_ascii_digit() {
                '9'
            } else if c.is_alphabetic() {
                'a'
            } else {
                c
            }
        })
        .collect()
}

fn times(place: &str, real: &[Option<String>], new: &[Option<String>]) {
    let forms = |v: &[Option<String>]| v.iter().flatten().map(|t| form(t)).collect::<BTreeSet<_>>();
    let (r, n) = (forms(real), forms(new));
    assert!(n.is_subset(&r), "{place}: {n:?} instead of {r:?}");
    let years = |v: &[Option<String>]| v.iter().flatten().cloned().min();
    let iso = real.iter().flatten().next().is_some_and(|t| t.as_bytes().get(4) == Some(&b'-'));
    if iso {
        assert!(years(new).map(|t| t[..4].to_owned()) >= years(real).map(|t| t[..4].to_owned()), "{place}");
    }
}

/// No text of the input comes out again.
fn fresh(place: &str, real: &[Option<String>], new: &[Option<String>]) {
    let real: BTreeSet<&String> = real.iter().flatten().filter(|t| t.chars().any(char::is_alphabetic)).collect();
    let copied = new.iter().flatten().filter(|t| real.contains(t)).count();
    assert_eq!(copied, 0, "{place}: copied");
}

/// Identifiers and personal data look as in the input: case, signs, digits.
fn forms(place: &str, real: &[Option<String>], new: &[Option<String>]) {
    let signs = |v: &[Option<String>]| -> BTreeSet<char> {
        v.iter().flatten().flat_map(|t| t.chars()).filter(|c| !c.is_alphanumeric()).collect()
    };
    let (r, n) = (signs(real), signs(new));
    let strange: Vec<_> = n.difference(&r).filter(|c| !" .-'".contains(**c)).collect();
    assert!(strange.is_empty(), "{place}: signs {strange:?} are new");
    let lengths = |v: &[Option<String>]| v.iter().flatten().map(|t| t.chars().count()).collect::<BTreeSet<_>>();
    let (r, n) = (lengths(real), lengths(new));
    if r.len() == 1 {
        assert_eq!(r, n, "{place}: length");
    }
    let upper = |v: &[Option<String>]| !v.iter().flatten().any(|t| t.chars().any(char::is_lowercase));
    assert_eq!(upper(real), upper(new), "{place}: case");
}

/// Only labels that enough rows hold come out.
fn labels(place: &str, real: &[Option<String>], new: &[Option<String>]) {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for t in real.iter().flatten() {
        *count.entry(t).or_default() += 1;
    }
    let distinct: BTreeSet<&str> = new.iter().flatten().map(String::as_str).collect();
    let few: Vec<_> = distinct.iter().filter(|t| count.get(*t).copied().unwrap_or(0) < 5).take(3).collect();
    // Labels of dimensions are repeated with their rows.
    assert!(few.is_empty() || real.len() < 200, "{place}: {few:?} come of fewer than five rows");
    let common = count.iter().filter(|(_, n)| **n * 10 >= real.len()).map(|(t, _)| *t);
    for t in common {
        assert!(distinct.contains(t), "{place}: a common label is missing");
    }
}

/// Following a key from row to row ends.
pub fn no_circles(ran: &Ran, table: &str, key: &str, to: &str) {
    let (ids, up) = (ran.new_text(table, key), ran.new_text(table, to));
    let at: BTreeMap<&String, usize> = ids.iter().flatten().enumerate().map(|(i, k)| (k, i)).collect();
    for start in 0..ids.len() {
        let mut row = start;
        let mut steps = 0;
        while let Some(next) = &up[row] {
            row = at[next];
            steps += 1;
            assert!(steps <= ids.len(), "{table}: {to} goes in a circle");
        }
    }
}
