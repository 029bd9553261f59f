//! Dimensions: tables like wards, airports or teams that other tables point to and nobody's story hangs on.
//!
//! Their rows describe things that many entities share, so they are repeated with fresh keys instead of being
//! invented; `"reference": true` in the metadata keeps the keys too. A table that owns rows of a table that is
//! not a dimension itself (a patient, a plane with its flights) is none, unless those rows speak of nothing else and
//! it is shared all the same (a product and the prices that it had).

use std::collections::HashMap;

use super::Origin;
use super::build::Draft;
use crate::frame::NO_ROW;
use crate::metadata::{Relationship, TableMeta};
use crate::{Column, Labels};

/// Words of a column that holds codes.
const CODES: [&str; 12] =
    ["code", "icd", "ndc", "atc", "loinc", "snomed", "cpt", "hcpcs", "iata", "icao", "iso", "drg"];

/// How the rows of every table come to be.
pub(super) fn origins(
    draft: &Draft,
    number: &HashMap<&str, usize>,
    deferred: &[bool],
    first_hidden: usize,
    (entities, k): (&[Vec<u32>], usize),
    notes: &mut Vec<String>,
) -> Vec<Origin> {
    let private = private(draft, number, entities, k);
    let mut dimension = vec![true; draft.rows.len()];
    loop {
        let before = dimension.clone();
        // First what a table's own neighbours rule out, until nothing changes ...
        loop {
            let before = dimension.clone();
            for (t, (name, meta)) in draft.metadata.tables.iter().enumerate() {
                dimension[t] &=
                    may_be(draft, number, (deferred, &private), t, (name, meta), &dimension, t >= first_hidden);
            }
            if dimension == before {
                break;
            }
        }
        // ... then chains of dimensions that nothing else points to: they are just chains.
        let reached = reached(draft, number, &dimension);
        dimension.iter_mut().zip(reached).for_each(|(d, r)| *d &= r);
        if dimension == before {
            break;
        }
    }
    draft
        .metadata
        .tables
        .iter()
        .enumerate()
        .map(|(t, (name, meta))| {
            if t >= first_hidden && meta.reference {
                // Things that a label names: the countries whose years are drawn.
                Origin::Repeated
            } else if meta.reference && draft.owner[t].is_none() {
                Origin::Reference
            } else if dimension[t] && draft.owner[t].is_none() && key_of_values(meta) {
                notes.push(format!("{name}: its key is made of values alone; its rows are kept once at every scale"));
                Origin::Reference
            } else if dimension[t] && draft.owner[t].is_none() && key_of_codes(meta, &draft.columns[t]) {
                notes.push(format!("{name}: its key is a code; its rows are kept once at every scale"));
                Origin::Reference
            } else if dimension[t] {
                notes.push(format!(
                    "{name}: a dimension that other tables point to; its rows are repeated with fresh keys"
                ));
                Origin::Repeated
            } else {
                Origin::Drawn
            }
        })
        .collect()
}

/// True for a key that is a code of the world outside, which fresh ones would not be: of a diagnosis, of a drug.
fn key_of_codes(meta: &TableMeta, columns: &indexmap::IndexMap<String, Column>) -> bool {
    let [key] = meta.primary_key.as_slice() else { return false };
    // Numbers that count on are fresh anyway.
    let counts = |values: &Labels| {
        let mut numbers: Vec<i64> = values.iter().filter_map(|v| v.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.len() == values.len() && numbers.windows(2).all(|w| w[1] == w[0] + 1)
    };
    let is_coded = matches!(&columns[key], Column::Text { values, .. } if !counts(values));
    is_coded && crate::detect::words(key).iter().any(|w| CODES.contains(&w.trim_end_matches(char::is_numeric)))
}

/// True for a composite key without an identifier in it: repeated rows could not have fresh ones.
fn key_of_values(meta: &TableMeta) -> bool {
    meta.primary_key.len() > 1 && meta.primary_key.iter().all(|c| meta.columns[c].is_modelled())
}

/// Entities that a row which is shared belongs to in the mean.
const SHARED: usize = 2;

/// Rows of the table that owns all above a table, or of itself.
fn at_the_top(draft: &Draft, table: usize) -> usize {
    let top = std::iter::successors(Some(table), |t| draft.owner[*t]).last().unwrap_or(table);
    draft.rows[top]
}

/// For each relationship whether the rows that are pointed to belong to fewer than `k` entities each, which mostly have one:
/// the home of one family would be repeated as it is. A small ward has other patients next week, who have other wards. Nor
/// do rows describe anything that many others own a few of each (the samples of a case), where hardly two entities share one.
fn private(draft: &Draft, number: &HashMap<&str, usize>, entities: &[Vec<u32>], k: usize) -> Vec<bool> {
    let belong = |(i, r): (usize, &Relationship)| {
        let who = &entities[number[r.child.as_str()]];
        let mut pairs: Vec<(u32, u32)> = draft.parent_row[i].iter().copied().zip(who.iter().copied()).collect();
        pairs.retain(|p| p.0 != NO_ROW);
        pairs.sort_unstable();
        pairs.dedup();
        let rows = pairs.chunk_by(|a, b| a.0 == b.0).count();
        let mut who: Vec<u32> = pairs.iter().map(|p| p.1).collect();
        who.sort_unstable();
        who.dedup();
        let target = number[r.parent.as_str()];
        // Things have few rows that are met often, cases many that are met seldom.
        let above = at_the_top(draft, target);
        let of_cases = draft.owner[target].is_some() && above * above > 2 * pairs.len();
        (of_cases && pairs.len() < SHARED * rows) || (pairs.len() < k * rows && 2 * pairs.len() < 3 * who.len())
    };
    draft.metadata.relationships.iter().enumerate().map(belong).collect()
}

fn may_be(
    draft: &Draft,
    number: &HashMap<&str, usize>,
    (deferred, private): (&[bool], &[bool]),
    t: usize,
    (table, meta): (&str, &TableMeta),
    dimension: &[bool],
    hidden: bool,
) -> bool {
    let relationships = &draft.metadata.relationships;
    let owned_by_dimension = draft.owner[t].is_none_or(|o| dimension[o]);
    let mut owned = (0..dimension.len()).filter(|c| draft.owner[*c] == Some(t)).peekable();
    let owns = owned.peek().is_some();
    // Rows that say something of one row of this table and of nothing else (the prices that a product had) are drawn
    // for it, where the stories of others lead to it.
    let told = |c: usize| {
        let name = draft.metadata.tables.get_index(c).map(|(name, _)| name);
        let only = |r: &&Relationship| Some(&r.child) == name || Some(&r.parent) == name;
        relationships.iter().filter(only).count() == 1 && !hidden
    };
    let from_others = |child: usize| std::iter::successors(Some(child), |c| draft.owner[*c]).all(|c| c != t);
    // What is hidden may be people: its rows are repeated only with those of a dimension that they own.
    let linking = relationships.iter().enumerate().filter(|(i, r)| {
        let child = number[r.child.as_str()];
        number[r.parent.as_str()] == t
            && draft.owner_key[child] != Some(*i)
            && draft.implied[*i].is_none()
            && child != t
    });
    let linked = !hidden && linking.clone().next().is_some();
    let shared = linking.clone().any(|(i, r)| !private[i] && from_others(number[r.child.as_str()]));
    let mut by_drawn = linking.filter(|(_, r)| !dimension[number[r.child.as_str()]]).peekable();
    let is_private = by_drawn.peek().is_some() && by_drawn.all(|(i, _)| private[i]);
    // Its own links may only go to dimensions, or its rows would change with them.
    let links = relationships.iter().enumerate().all(|(i, r)| {
        number[r.child.as_str()] != t || (dimension[number[r.parent.as_str()]] && (!deferred[i] || r.parent == r.child))
    });
    let personal = crate::detect::is_personal(table, meta);
    let owned_by_it = owned.all(|c| dimension[c] || shared && told(c));
    owned_by_dimension && owned_by_it && links && (linked || owns) && !personal && !is_private
}

/// Tables that a table which is no dimension links to, those that own one of them, and those that one of them links
/// to.
fn reached(draft: &Draft, number: &HashMap<&str, usize>, dimension: &[bool]) -> Vec<bool> {
    let mut reached = vec![false; dimension.len()];
    loop {
        let before = reached.clone();
        for (i, r) in draft.metadata.relationships.iter().enumerate() {
            let (child, parent) = (number[r.child.as_str()], number[r.parent.as_str()]);
            let owns = draft.owner_key[child] == Some(i);
            reached[parent] |= child != parent && if dimension[child] { before[child] } else { !owns };
        }
        if reached == before {
            return reached;
        }
    }
}
