//! What children come to for their parents.

use super::path::{End, resolve, slot_ref};
use super::{Keep, Keeper};
use crate::dataset::NULL;
use crate::frame::{Frame, Hop, NO_ROW};
use crate::linked::decimal;
use crate::model::laws::{Total, Whole};
use crate::plan::{Plan, SlotKind};
use crate::rule::total::{Added, Aggregate, Grid, Scale};

/// A rule as it is written.
pub(super) struct Said<'a> {
    pub table: &'a str,
    pub equals: &'a str,
    pub aggregate: Aggregate,
    pub child: &'a str,
    pub of: Option<&'a str>,
    pub key: Option<&'a str>,
}

pub(super) fn total(k: &mut Keeper, said: &Said) -> Option<()> {
    let (plan, metadata, training) = (k.training.plan, k.training.metadata, k.training);
    let (t, c) = (plan.table(said.table)?, plan.table(said.child)?);
    if !k.drawn(said.table) && !k.drawn(said.child) {
        return Some(());
    }
    if !k.drawn(said.table) || !k.drawn(said.child) {
        return None;
    }
    let own = |of: &str| slot_ref(plan, metadata, c, of).filter(|r| r.hops.is_empty()).map(|r| r.slot);
    let of = match said.of {
        Some(of) => Some(own(of)?),
        None => None,
    };
    let mut total =
        Total { child: c as u16, way: way(k, t, c, said)?, aggregate: said.aggregate, of, equals: Whole::Number(0) };
    let part = of.map_or(Some(Grid::Decimals(0)), |of| grid(plan, c, of))?;
    match decimal(said.equals) {
        Some((number, decimals)) => {
            let slot = total.of.filter(|_| said.aggregate == Aggregate::Sum)?;
            let is_number = matches!(plan.tables[c].slots[usize::from(slot)].kind, SlotKind::Number { .. });
            if !is_number || is_bound(&k.all[c], slot) {
                return None;
            }
            let Grid::Decimals(places) = part else { return None };
            let scale = Scale::new(Grid::Decimals(decimals), part, Aggregate::Sum)?;
            let tick = scale.tick((number, 1)).filter(|_| decimals <= places)?;
            total.equals = Whole::Number(tick);
        }
        None => {
            let slot = slot_ref(plan, metadata, t, said.equals).filter(|r| r.hops.is_empty())?.slot;
            if is_read(&k.all[t], slot) || plan.tables[t].slots[usize::from(slot)].kind.is_label() {
                return None;
            }
            Scale::new(part, grid(plan, t, slot)?, said.aggregate)?;
            let added = added(plan, training.frames, t, &total);
            let values = &training.frames[t].values[usize::from(slot)];
            let told = |a: &Added| a.get(said.aggregate).filter(|_| a.rows > 0).is_some();
            let optional = added.iter().zip(values).any(|(a, v)| told(a) && *v == NULL);
            // Where no parent is without children, nothing adds up to nothing.
            let zero = if matches!(said.aggregate, Aggregate::Sum | Aggregate::Count) { 0 } else { NULL };
            let empty = added.iter().zip(values).find(|(a, _)| !told(a)).map_or(zero, |(_, v)| *v);
            total.equals = Whole::Slot { slot, optional, empty: if empty == 0 { 0 } else { NULL } };
        }
    }
    k.all[t].totals.push(total);
    Some(())
}

/// The step from the child to the parent.
fn way(k: &Keeper, t: usize, c: usize, said: &Said) -> Option<Hop> {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let named = |key: &str| match resolve(plan, metadata, c, key.split('+').next()?)? {
        End::Row(hops) => <[Hop; 1]>::try_from(hops).ok().map(|[hop]| hop),
        End::Slot(_) => None,
    };
    let only = || metadata.parents_of(said.child).find(|r| r.parent == said.table).map(|r| r.child_key.join("+"));
    let hop = match said.key.map(str::to_owned).or_else(only) {
        Some(key) => named(&key)?,
        None => named(said.table)?,
    };
    (plan.table_at(c, &[hop]) == Some(t)).then_some(hop)
}

fn grid(plan: &Plan, t: usize, slot: u16) -> Option<Grid> {
    Some(match &plan.tables[t].slots[usize::from(slot)].kind {
        SlotKind::Number { decimals } => Grid::Decimals(*decimals),
        SlotKind::Label { numeric, .. } => numeric.as_ref().map(|_| Grid::Decimals(0))?,
        SlotKind::Time { clock: true } => Grid::Time,
        SlotKind::Time { clock: false } => Grid::Date,
    })
}

/// Whether a rule other than a formula has been kept by what a slot holds.
fn is_read(keep: &Keep, slot: u16) -> bool {
    let reads = |r: &crate::frame::Ref| r.hops.is_empty() && r.slot == slot;
    let side = |s: &Option<(Option<crate::frame::Ref>, i64)>| s.iter().filter_map(|s| s.0.as_ref()).any(reads);
    let sets = keep.unique.iter().chain(&keep.unique_in_table).chain(&keep.unique_in_block);
    keep.bounds.iter().any(|b| b.slot == slot || side(&b.low) || side(&b.high))
        || keep.combinations.iter().any(|c| c.slots.contains(&slot))
        || keep.follows.iter().any(|f| f.slot == slot)
        || keep.computed.iter().any(|c| c.slot == slot)
        || keep.restrictions.iter().any(|r| reads(&r.from) || reads(&r.to))
        || sets.flatten().any(|i| *i == super::UniqueItem::Slot(slot))
}

/// The same, formulas among them that need the slot.
fn is_bound(keep: &Keep, slot: u16) -> bool {
    let needs = |c: &crate::model::Computed| c.names.iter().any(|(_, r)| r.hops.is_empty() && r.slot == slot);
    is_read(keep, slot) || keep.computed.iter().any(needs)
}

impl Total {
    /// The value of a child's row as it is added up.
    pub(crate) fn tick(&self, plan: &Plan, frames: &[Frame], row: usize) -> i64 {
        let c = usize::from(self.child);
        let Some(of) = self.of.map(usize::from) else { return NULL };
        match (&plan.tables[c].slots[of].kind, frames[c].values[of][row]) {
            (_, NULL) => NULL,
            (SlotKind::Label { numeric: Some(n), .. }, v) => n.get(v as usize).copied().unwrap_or(NULL),
            (_, v) => v,
        }
    }

    /// The parent of each row of the child.
    pub(crate) fn parents<'a>(&self, frames: &'a [Frame]) -> &'a [u32] {
        let frame = &frames[usize::from(self.child)];
        match self.way {
            Hop::Link(l) => &frame.links[usize::from(l)],
            _ => &frame.owner,
        }
    }

    /// How results compare with a slot of the parent.
    pub(crate) fn scale(&self, plan: &Plan, t: usize, slot: u16) -> Option<Scale> {
        let part = self.of.map_or(Some(Grid::Decimals(0)), |of| grid(plan, self.child.into(), of))?;
        Scale::new(part, grid(plan, t, slot)?, self.aggregate)
    }
}

/// The children of each row of `t`, added up.
pub(crate) fn added(plan: &Plan, frames: &[Frame], t: usize, total: &Total) -> Vec<Added> {
    let mut all = vec![Added::default(); frames[t].rows];
    for (row, parent) in total.parents(frames).iter().enumerate().filter(|(_, p)| **p != NO_ROW) {
        all[*parent as usize].add(total.tick(plan, frames, row));
    }
    all
}
