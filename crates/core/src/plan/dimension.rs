//! Dimensions: tables like wards, airports or teams that other tables point to and nobody's story hangs on.
//!
//! Their rows describe things that many entities share, so they are repeated with fresh keys instead of being
//! invented; `"reference": true` in the metadata keeps the keys too. A table that owns rows of a table that is
//! not a dimension itself (a patient, a plane with its flights) is never one.

use std::collections::HashMap;

use super::Origin;
use super::build::Draft;
use crate::metadata::{Sdtype, TableMeta};

/// How the rows of every table come to be.
pub(super) fn origins(
    draft: &Draft,
    number: &HashMap<&str, usize>,
    deferred: &[bool],
    first_hidden: usize,
    notes: &mut Vec<String>,
) -> Vec<Origin> {
    let mut dimension = vec![true; draft.rows.len()];
    loop {
        let before = dimension.clone();
        // First what a table's own neighbours rule out, until nothing changes ...
        loop {
            let before = dimension.clone();
            for (t, (_, meta)) in draft.metadata.tables.iter().enumerate() {
                dimension[t] &= may_be(draft, number, deferred, t, meta, &dimension, t >= first_hidden);
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
            if meta.reference && draft.owner[t].is_none() {
                Origin::Reference
            } else if dimension[t] && draft.owner[t].is_none() && key_of_values(meta) {
                notes.push(format!("{name}: its key is made of values alone; its rows are kept once at every scale"));
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

/// True for a composite key without an identifier in it: repeated rows could not have fresh ones.
fn key_of_values(meta: &TableMeta) -> bool {
    meta.primary_key.len() > 1 && meta.primary_key.iter().all(|c| meta.columns[c].is_modelled())
}

fn may_be(
    draft: &Draft,
    number: &HashMap<&str, usize>,
    deferred: &[bool],
    t: usize,
    meta: &TableMeta,
    dimension: &[bool],
    hidden: bool,
) -> bool {
    let relationships = &draft.metadata.relationships;
    let owned_by_dimension = draft.owner[t].is_none_or(|o| dimension[o]);
    let mut owned = (0..dimension.len()).filter(|c| draft.owner[*c] == Some(t)).peekable();
    let owns = owned.peek().is_some();
    // What is hidden may be people: its rows are repeated only with those of a dimension that they own.
    let linked = !hidden
        && relationships.iter().enumerate().any(|(i, r)| {
            let child = number[r.child.as_str()];
            number[r.parent.as_str()] == t
                && draft.owner_key[child] != Some(i)
                && draft.implied[i].is_none()
                && child != t
        });
    // Its own links may only go to dimensions, or its rows would change with them.
    let links = relationships.iter().enumerate().all(|(i, r)| {
        number[r.child.as_str()] != t || (dimension[number[r.parent.as_str()]] && (!deferred[i] || r.parent == r.child))
    });
    let personal = meta.columns.values().any(|c| matches!(&c.sdtype, Sdtype::Pii { pii: true, .. }));
    owned_by_dimension && owned.all(|c| dimension[c]) && links && (linked || owns) && !personal
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
