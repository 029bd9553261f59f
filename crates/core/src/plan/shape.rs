//! Order of generation, and what child tables leave on their owners.

use std::collections::HashMap;

use super::build::Draft;
use super::{Plan, SlotKind, Summary, SummaryKind};

/// Tables with owners and targets first, and for each relationship whether its link waits until both ends are
/// there (self references and links that would close a cycle).
pub(super) fn order(draft: &Draft, number: &HashMap<&str, usize>, notes: &mut Vec<String>) -> (Vec<usize>, Vec<bool>) {
    let n = draft.rows.len();
    let relationships = &draft.metadata.relationships;
    let mut deferred = vec![false; relationships.len()];
    for (i, r) in relationships.iter().enumerate() {
        deferred[i] = r.parent == r.child;
    }
    let mut order: Vec<usize> = Vec::new();
    let mut placed = vec![false; n];
    while order.len() < n {
        let owner_there = |t: usize| draft.owner[t].is_none_or(|o| placed[o]);
        let waits = |t: usize, deferred: &[bool]| -> Vec<usize> {
            let mine = relationships.iter().enumerate().filter(|(_, r)| number[r.child.as_str()] == t);
            mine.filter(|(i, r)| !deferred[*i] && draft.owner_key[t] != Some(*i) && !placed[number[r.parent.as_str()]])
                .map(|(i, _)| i)
                .collect()
        };
        let ready = (0..n).find(|&t| !placed[t] && owner_there(t) && waits(t, &deferred).is_empty());
        let next = ready.or_else(|| {
            // A cycle: break it where the fewest links wait, and there where the fewest rows are linked.
            let candidates = (0..n).filter(|&t| !placed[t] && owner_there(t));
            let t = candidates.min_by_key(|&t| (waits(t, &deferred).len(), draft.rows[t], t))?;
            for i in waits(t, &deferred) {
                deferred[i] = true;
                let r = &relationships[i];
                notes.push(format!(
                    "{}.{} -> {} closes a cycle and is chosen last",
                    r.child,
                    r.child_key.join(" + "),
                    r.parent
                ));
            }
            Some(t)
        });
        // Without a candidate owners form a cycle; the metadata check refuses that, so any table will do.
        let t = next.or_else(|| (0..n).find(|t| !placed[*t])).unwrap_or(0);
        placed[t] = true;
        order.push(t);
    }
    (order, deferred)
}

/// Child tables with more slots than this leave fewer summaries.
const WIDE: usize = 8;

/// Declares the summaries that each child table leaves on its owner.
pub(super) fn summaries(plan: &mut Plan) {
    for t in 0..plan.tables.len() {
        let mut all = Vec::new();
        for &child in &plan.tables[t].children {
            let mut add = |what| all.push(Summary { child, what });
            add(SummaryKind::Count);
            let slots = &plan.tables[usize::from(child)].slots;
            for (s, slot) in slots.iter().enumerate() {
                let s = s as u16;
                match &slot.kind {
                    SlotKind::Time { .. } => {}
                    SlotKind::Label { labels, numeric: None } => {
                        let top = if slots.len() > WIDE { 2 } else { 6 };
                        for c in 0..labels.len().min(top) {
                            add(SummaryKind::Share(s, c as u16));
                        }
                    }
                    _ => {
                        add(SummaryKind::Mean(s));
                        if slots.len() <= WIDE {
                            add(SummaryKind::Last(s));
                            add(SummaryKind::Least(s));
                            add(SummaryKind::Most(s));
                        }
                    }
                }
            }
        }
        plan.tables[t].summaries = all;
    }
}
