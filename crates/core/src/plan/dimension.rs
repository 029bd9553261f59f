//! Dimensions: tables like wards, airports or teams that other tables point to and nobody's story hangs on.
//!
//! Their rows describe things that many entities share, so they are repeated with fresh keys instead of being
//! invented; `"reference": true` in the metadata keeps the keys too. A table that owns rows of a table that is
//! not a dimension itself (a patient, a plane with its flights) is never one.

use std::collections::HashMap;

use super::Origin;
use super::build::Draft;

/// How the rows of every table come to be.
pub(super) fn origins(
    draft: &Draft,
    number: &HashMap<&str, usize>,
    deferred: &[bool],
    notes: &mut Vec<String>,
) -> Vec<Origin> {
    let n = draft.rows.len();
    let relationships = &draft.metadata.relationships;
    let mut dimension = vec![true; n];
    loop {
        let before = dimension.clone();
        for (t, (_, meta)) in draft.metadata.tables.iter().enumerate() {
            let owned_by_dimension = draft.owner[t].is_none_or(|o| dimension[o]);
            let owns = (0..n).filter(|c| draft.owner[*c] == Some(t));
            let owns_only_dimensions = owns.clone().all(|c| dimension[c]);
            let linked = relationships.iter().enumerate().any(|(i, r)| {
                let child = number[r.child.as_str()];
                number[r.parent.as_str()] == t && draft.owner_key[child] != Some(i) && draft.implied[i].is_none() && child != t
            });
            // Its own links may only go to dimensions, or its rows would change with them.
            let links = relationships.iter().enumerate().all(|(i, r)| {
                number[r.child.as_str()] != t || (dimension[number[r.parent.as_str()]] && !deferred[i])
            });
            let shared = linked || owns.clone().next().is_some();
            let personal = meta.columns.values().any(|c| matches!(&c.sdtype, crate::metadata::Sdtype::Pii { pii: true, .. }));
            dimension[t] &= owned_by_dimension && owns_only_dimensions && links && shared && !personal;
        }
        // A chain of dimensions that nothing else points to is just a chain.
        for t in 0..n {
            if dimension[t] && !reached(draft, number, t, &dimension) {
                dimension[t] = false;
            }
        }
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
            } else if dimension[t] {
                notes.push(format!("{name}: a dimension that other tables point to; its rows are repeated with fresh keys"));
                Origin::Repeated
            } else {
                Origin::Drawn
            }
        })
        .collect()
}

/// True when a table that is no dimension links to this one or to something it owns.
fn reached(draft: &Draft, number: &HashMap<&str, usize>, t: usize, dimension: &[bool]) -> bool {
    draft.metadata.relationships.iter().enumerate().any(|(i, r)| {
        let child = number[r.child.as_str()];
        number[r.parent.as_str()] == t && !dimension[child] && draft.owner_key[child] != Some(i)
    }) || (0..dimension.len()).any(|c| draft.owner[c] == Some(t) && dimension[c] && reached(draft, number, c, dimension))
}
