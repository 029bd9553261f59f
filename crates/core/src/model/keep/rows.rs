//! Rules on rows beside each other, and on the targets of their links.

use indexmap::IndexMap;

use super::path::{End, resolve};
use super::{Capacity, Keeper, Restriction, UniqueItem};
use crate::frame::{Hop, Ref};
use crate::plan::{Origin, Output, SlotKind};

pub(super) fn no_overlap(k: &mut Keeper, table: &str, owner: &str, start: &str, end: &str) -> Option<()> {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let t = plan.table(table)?;
    match resolve(plan, metadata, t, owner)? {
        End::Row(hops) if hops == [Hop::Owner] => {}
        _ => return None,
    }
    k.all[t].no_overlap = Some((plan.slot(t, start)? as u16, plan.slot(t, end)? as u16));
    Some(())
}

pub(super) fn unique(k: &mut Keeper, table: &str, columns: &[String]) -> Option<()> {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let t = plan.table(table)?;
    let (mut items, mut within_owner, mut in_block, mut shared) = (Vec::new(), false, false, false);
    for c in columns {
        let column = metadata.tables[table].columns.get_index_of(c.as_str())?;
        match &plan.tables[t].output[column] {
            // Fresh identifiers never repeat.
            Output::Id(_) => return Some(()),
            Output::Given(_, inner) if matches!(**inner, Output::Id(_)) => return Some(()),
            Output::Slot(s) => items.push(UniqueItem::Slot(*s)),
            Output::Key(hops, _) => match hops.as_slice() {
                [Hop::Owner] => within_owner = true,
                // What all rows of an owner share tells none of them apart.
                [Hop::Owner, up @ ..] if up.iter().all(|h| *h == Hop::Owner) => shared = true,
                [Hop::Link(l)] => {
                    let target = usize::from(plan.tables[t].links[usize::from(*l)].target);
                    // Targets of other blocks are other rows, but for those that every block shares.
                    in_block |= plan.tables[target].origin != Origin::Reference;
                    items.push(UniqueItem::Link(*l));
                }
                _ => return None,
            },
            Output::Fake(_) | Output::Kept(_) | Output::Group(..) | Output::Given(..) => return None,
        }
    }
    if shared && !within_owner {
        return None;
    }
    match (within_owner, in_block) {
        _ if !k.drawn(table) => {}
        // As many rows as the training owners have: one at most.
        (true, _) if items.is_empty() => {}
        (true, _) => k.all[t].unique.push(items),
        (false, true) => k.all[t].unique_in_block.push(items),
        (false, false) => return None,
    }
    Some(())
}

pub(super) fn at_least_one(k: &mut Keeper, parent: &str, child: &str) -> Option<()> {
    let plan = k.training.plan;
    let (p, c) = (plan.table(parent)?, plan.table(child)?);
    if plan.tables[c].owner != Some(p as u16) {
        return None;
    }
    k.all[p].at_least_one.push(c as u16);
    Some(())
}

pub(super) fn restrict(
    k: &mut Keeper,
    table: &str,
    attribute: &str,
    values: &[String],
    from: &str,
    to: &str,
    [min_years, below_years]: [Option<i64>; 2],
) -> Option<()> {
    let plan = k.training.plan;
    let t = plan.table(table)?;
    let attribute = k.at(table, attribute)?;
    let Some(Hop::Link(link)) = attribute.hops.first().copied() else { return None };
    let SlotKind::Label { labels, .. } = plan.kind(t, &attribute)? else { return None };
    let codes = labels.iter().enumerate().filter(|(_, l)| values.contains(l)).map(|(i, _)| i as i64).collect();
    let (from, to) = (k.at(table, from)?, k.at(table, to)?);
    k.all[t].restrictions.push(Restriction {
        link,
        attribute: Ref { hops: attribute.hops[1..].to_vec(), slot: attribute.slot },
        codes,
        from,
        to,
        min_years,
        below_years,
    });
    Some(())
}

pub(super) fn capacity(
    k: &mut Keeper,
    table: &str,
    link: &str,
    start: &str,
    end: &str,
    by: &str,
    max: &IndexMap<String, u32>,
) -> Option<()> {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let t = plan.table(table)?;
    let End::Row(hops) = resolve(plan, metadata, t, link)? else { return None };
    let [Hop::Link(link)] = hops.as_slice() else { return None };
    let by = k.at(table, by).filter(|r| r.hops.first() == Some(&Hop::Link(*link)))?;
    let SlotKind::Label { labels, .. } = plan.kind(t, &by)? else { return None };
    k.all[t].capacity = Some(Capacity {
        link: *link,
        start: plan.slot(t, start)? as u16,
        end: plan.slot(t, end)? as u16,
        attribute: Ref { hops: by.hops[1..].to_vec(), slot: by.slot },
        max: labels.iter().map(|l| max.get(l).copied().unwrap_or(u32::MAX)).collect(),
    });
    Some(())
}
