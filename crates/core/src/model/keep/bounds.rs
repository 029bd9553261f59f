//! Rules that bound a value by another: order, range, inside.

use std::collections::{BTreeMap, BTreeSet};

use super::path::constant;
use super::{Bound, Keep, Keeper};
use crate::frame::Ref;
use crate::model::laws::Unit;
use crate::plan::SlotKind;
use crate::time::DAY;

pub(super) fn order(k: &mut Keeper, table: &str, low: &str, high: &str, strict: bool) -> Option<()> {
    let plan = k.training.plan;
    let t = plan.table(table)?;
    let (low, high) = (k.at(table, low)?, k.at(table, high)?);
    let gap = i64::from(strict);
    let (low_kind, high_kind) = (plan.kind(t, &low)?, plan.kind(t, &high)?);
    if high.hops.is_empty() {
        let unit = unit(high_kind, low_kind)?;
        k.all[t].bounds.push(Bound { slot: high.slot, low: Some((Some(low.clone()), gap)), high: None, unit });
    }
    if low.hops.is_empty() {
        let unit = unit(low_kind, high_kind)?;
        k.all[t].bounds.push(Bound { slot: low.slot, low: None, high: Some((Some(high), -gap)), unit });
    } else if !high.hops.is_empty() && k.drawn(table) {
        // Neither end is the row's own: nothing of the row can be bent to keep it.
        return None;
    }
    Some(())
}

pub(super) fn range(
    k: &mut Keeper,
    table: &str,
    column: &str,
    min: &Option<String>,
    max: &Option<String>,
) -> Option<()> {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let t = plan.table(table)?;
    let slot = plan.slot(t, column)?;
    let kind = &plan.tables[t].slots[slot].kind;
    let number = |text: &Option<String>| -> Option<Option<(Option<Ref>, i64)>> {
        match text {
            None => Some(None),
            Some(text) => Some(Some((None, constant(metadata, table, column, kind, text)?))),
        }
    };
    let (low, high) = (number(min)?, number(max)?);
    k.all[t].bounds.push(Bound { slot: slot as u16, low, high, unit: Unit::Same });
    Some(())
}

pub(super) fn inside(k: &mut Keeper, table: &str, time: &str, start: &str, end: &str) -> Option<()> {
    let plan = k.training.plan;
    let t = plan.table(table)?;
    let own = k.at(table, time).filter(|r| r.hops.is_empty())?;
    let (slot, kind) = (own.slot, plan.kind(t, &own)?);
    let (start, end) = (k.at(table, start)?, k.at(table, end)?);
    let (low_unit, high_unit) = (unit(kind, plan.kind(t, &start)?)?, unit(kind, plan.kind(t, &end)?)?);
    let (low, high) = (Some((Some(start.clone()), 0)), Some((Some(end.clone()), 0)));
    if low_unit == high_unit {
        k.all[t].bounds.push(Bound { slot, low, high, unit: low_unit });
    } else {
        k.all[t].bounds.push(Bound { slot, low, high: None, unit: low_unit });
        k.all[t].bounds.push(Bound { slot, low: None, high, unit: high_unit });
    }
    // The row's own interval has to reach around the time.
    for (end, is_start) in [(start, true), (end, false)] {
        if end.hops.is_empty() {
            let unit = unit(plan.kind(t, &end)?, kind)?;
            let bound = Some((Some(own.clone()), 0));
            let (low, high) = if is_start { (None, bound) } else { (bound, None) };
            k.all[t].bounds.push(Bound { slot: end.slot, low, high, unit });
        }
    }
    Some(())
}

/// Adds the bounds that follow from chains of bounds, so that a column drawn early leaves room for those between.
pub(super) fn close(keep: &mut Keep) {
    // From the lower to the higher end, with the least distance; only through columns that are never missing.
    let mut edges: BTreeMap<(Ref, Ref, bool), i64> = BTreeMap::new();
    for b in keep.bounds.iter().filter(|b| matches!(b.unit, Unit::Same | Unit::Day)) {
        let by_day = b.unit == Unit::Day;
        if let Some((Some(low), gap)) = &b.low {
            edges.insert((low.clone(), Ref::own(b.slot.into()), by_day), *gap);
        }
        if let Some((Some(high), gap)) = &b.high {
            edges.insert((Ref::own(b.slot.into()), high.clone(), by_day), -gap);
        }
    }
    let given: BTreeSet<(Ref, Ref, bool)> = edges.keys().cloned().collect();
    let through: BTreeSet<Ref> = keep.complete.iter().map(|s| Ref::own((*s).into())).collect();
    // What is later by some ticks is later by the whole days among them.
    let days = |gap: i64, by_day: bool| if by_day { gap } else { gap.div_euclid(DAY) };
    for middle in &through {
        let into: Vec<(Ref, bool, i64)> =
            edges.iter().filter(|((_, b, _), _)| b == middle).map(|((a, _, d), g)| (a.clone(), *d, *g)).collect();
        let out: Vec<(Ref, bool, i64)> =
            edges.iter().filter(|((a, ..), _)| a == middle).map(|((_, b, d), g)| (b.clone(), *d, *g)).collect();
        for (a, first, g) in &into {
            for (b, second, h) in out.iter().filter(|(b, ..)| b != a) {
                let by_day = *first || *second;
                let (g, h) = if by_day { (days(*g, *first), days(*h, *second)) } else { (*g, *h) };
                let gap = edges.entry((a.clone(), b.clone(), by_day)).or_insert(i64::MIN);
                *gap = (*gap).max(g.saturating_add(h));
            }
        }
    }
    for ((low, high, by_day), gap) in edges.into_iter().filter(|(e, _)| !given.contains(e)) {
        let unit = if by_day { Unit::Day } else { Unit::Same };
        if high.hops.is_empty() {
            let bound = (Some(low.clone()), gap);
            keep.bounds.push(Bound { slot: high.slot, low: Some(bound), high: None, unit });
        }
        if low.hops.is_empty() {
            let bound = (Some(high), -gap);
            keep.bounds.push(Bound { slot: low.slot, low: None, high: Some(bound), unit });
        }
    }
}

/// How the values of one slot count beside those of another; None when they can't be compared.
pub(super) fn unit(own: &SlotKind, other: &SlotKind) -> Option<Unit> {
    let decimals = |k: &SlotKind| match k {
        SlotKind::Number { decimals } => Some(u32::from(*decimals)),
        SlotKind::Label { numeric: Some(_), .. } => Some(0),
        _ => None,
    };
    match (own, other) {
        (SlotKind::Time { clock: a }, SlotKind::Time { clock: b }) if a == b => Some(Unit::Same),
        (SlotKind::Time { .. }, SlotKind::Time { .. }) => Some(Unit::Day),
        _ => {
            let (a, b) = (decimals(own)?, decimals(other)?);
            Some(match a.cmp(&b) {
                std::cmp::Ordering::Equal => Unit::Same,
                std::cmp::Ordering::Greater => Unit::Times(10i64.checked_pow(a - b)?),
                std::cmp::Ordering::Less => Unit::Parts(10i64.checked_pow(b - a)?),
            })
        }
    }
}
