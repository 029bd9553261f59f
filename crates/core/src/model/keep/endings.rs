//! Times of an owner that its last row in a child table settles.

use super::bounds::unit;
use super::{Bound, Keep, Keeper, UniqueItem};
use crate::dataset::NULL;
use crate::encode::{Grain, NumberCoder};
use crate::frame::{Frame, Hop, NO_ROW, Ref};
use crate::model::laws::{Ending, Marginal, Place, Unit};
use crate::plan::{Plan, SlotKind};
use crate::time::DAY;

/// Share of the rows that settle a time which must be the last of their owner.
const LAST: f64 = 0.95;

/// Keeps `child.of = owner.slot` by an ending: where a row of the child has the time, the owner has it from there.
///
/// None where the child may as well repeat what its owner has, and where something else needs the owner's time before
/// the child is there.
pub(super) fn ending(k: &mut Keeper, table: &str, left: &str, right: &str) -> Option<()> {
    let plan = k.training.plan;
    let c = plan.table(table)?;
    let o = plan.tables[c].owner.map(usize::from)?;
    let (left, right) = (k.at(table, left)?, k.at(table, right)?);
    let (of, slot) = match (&left.hops[..], &right.hops[..]) {
        ([], [Hop::Owner]) => (left.slot, right.slot),
        ([Hop::Owner], []) => (right.slot, left.slot),
        _ => return None,
    };
    let kinds = [plan.kind(c, &Ref::own(of.into()))?, plan.kind(o, &Ref::own(slot.into()))?];
    let [SlotKind::Time { clock: fine }, SlotKind::Time { clock }] = kinds else { return None };
    let is_new = k.all[o].endings.iter().all(|e| e.slot != slot);
    let drawn = k.drawn(table) && k.drawn(&plan.tables[o].name) && plan.tables[o].when != Some(slot);
    if !is_new || !drawn || plan.tables[c].when == Some(of) || (*clock && !fine) {
        return None;
    }
    let [settled, last] = settles(&k.training.frames[c], usize::from(of));
    let free = |frame: &Frame, values: &[i64]| (0..frame.rows).any(|r| values[r] == NULL);
    let frames = k.training.frames;
    let may_lack =
        free(&frames[c], &frames[c].values[usize::from(of)]) && free(&frames[o], &frames[o].values[usize::from(slot)]);
    if settled < k.training.min_support || (last as f64) < LAST * settled as f64 || !may_lack {
        return None;
    }
    let place = |t: usize| plan.order.iter().position(|x| usize::from(*x) == t);
    let early: Vec<usize> = (0..plan.tables.len()).filter(|t| place(*t) <= place(c)).collect();
    let reads = |t: usize, r: &Ref| r.slot == slot && plan.table_at(t, &r.hops) == Some(o);
    if early.iter().any(|t| is_needed(&k.all[*t], &|r| reads(*t, r), *t != c && *t != o)) {
        return None;
    }
    let after: Vec<u16> = after(&k.all[c], &|r| reads(c, r));
    let after = if after.is_empty() { vec![plan.tables[c].when?] } else { after };
    let day = !*clock && *fine;
    let bounds = take(&mut k.all[o], slot);
    k.all[c].bounds.retain(|b| !sides(b).any(|r| reads(c, r)));
    for b in &bounds {
        k.all[c].bounds.extend(handed_down(plan, c, of, b, day));
    }
    let (gap, alone) = unsettled(k, c, (o, slot), of, &after, day);
    k.all[o].endings.push(Ending { slot, child: c as u16, of, after, bounds, gap, alone });
    Some(())
}

/// Rows that settle a time, and those of them that are the only and the last of their owner.
fn settles(child: &Frame, of: usize) -> [usize; 2] {
    let known = |r: &usize| child.values[of][*r] != NULL && child.owner[*r] != NO_ROW;
    let is_last = |r: &usize| child.owner.get(r + 1) != Some(&child.owner[*r]);
    let is_only = |r: &usize| *r == 0 || child.owner[r - 1] != child.owner[*r] || !known(&(r - 1));
    let rows = || (0..child.rows).filter(known);
    [rows().count(), rows().filter(|r| is_last(r) && is_only(r)).count()]
}

/// The references of a bound.
fn sides(b: &Bound) -> impl Iterator<Item = &Ref> {
    [&b.low, &b.high].into_iter().flatten().filter_map(|(r, _)| r.as_ref())
}

/// Whether something other than a plain bound needs a time before it is settled; in a table apart, a bound too.
fn is_needed(keep: &Keep, reads: &dyn Fn(&Ref) -> bool, apart: bool) -> bool {
    let bound = |b: &Bound| {
        let far = |side: &Option<(Option<Ref>, i64)>| matches!(side, Some((Some(r), gap)) if reads(r) && *gap != 0);
        apart && sides(b).any(reads) || far(&b.low) || far(&b.high)
    };
    let own = |slot: u16| reads(&Ref::own(slot.into()));
    let sets = keep.unique.iter().chain(&keep.unique_in_table).chain(&keep.unique_in_block);
    let value = |p: &Place| matches!(p, Place::Value(r) if reads(r));
    keep.bounds.iter().any(bound)
        || keep.computed.iter().any(|c| own(c.slot) || c.names.iter().any(|(_, r)| reads(r)))
        || keep.combinations.iter().any(|c| c.slots.iter().any(|s| own(*s)))
        || keep.follows.iter().any(|f| own(f.slot) || f.from.slot().is_some_and(own))
        || keep.restrictions.iter().any(|r| reads(&r.from) || reads(&r.to))
        || keep.agree.iter().any(|(a, b)| value(a) || value(b))
        || keep.no_overlap.is_some_and(|(start, end)| own(start) || own(end))
        || sets.flatten().any(|i| matches!(i, UniqueItem::Slot(s) if own(*s)))
}

/// Slots of a child that are never above the owner's time.
fn after(keep: &Keep, reads: &dyn Fn(&Ref) -> bool) -> Vec<u16> {
    let below = |b: &&Bound| matches!(&b.high, Some((Some(r), _)) if reads(r));
    keep.bounds.iter().filter(below).map(|b| b.slot).collect()
}

/// Takes the bounds of a slot away, and those of others by it.
fn take(keep: &mut Keep, slot: u16) -> Vec<Bound> {
    let own = |r: &Ref| r.hops.is_empty() && r.slot == slot;
    let bounds: Vec<Bound> = keep.bounds.iter().filter(|b| b.slot == slot).cloned().collect();
    keep.bounds.retain(|b| b.slot != slot && !sides(b).any(own));
    bounds
}

/// What bounds the owner's time, as a bound of the child's.
fn handed_down(plan: &Plan, c: usize, of: u16, b: &Bound, day: bool) -> Option<Bound> {
    let kind = plan.kind(c, &Ref::own(of.into()))?;
    let mut how = Unit::Same;
    let mut side = |side: &Option<(Option<Ref>, i64)>, to_the_end: i64| {
        Some(match side {
            None => None,
            Some((None, v)) => Some((None, v.saturating_add(to_the_end))),
            Some((Some(r), gap)) => {
                let r = Ref { hops: [&[Hop::Owner], &r.hops[..]].concat(), slot: r.slot };
                how = unit(kind, plan.kind(c, &r)?)?;
                Some((Some(r), *gap))
            }
        })
    };
    let (low, high) = (side(&b.low, 0)?, side(&b.high, if day { DAY - 1 } else { 0 })?);
    Some(Bound { slot: of, low, high, unit: how })
}

/// What is drawn for owners whose time no row settles: the gap after their last row, or the time itself.
fn unsettled(k: &Keeper, c: usize, (o, slot): (usize, u16), of: u16, after: &[u16], day: bool) -> (Marginal, Marginal) {
    let training = k.training;
    let (owners, child) = (&training.frames[o], &training.frames[c]);
    let (mut gaps, mut times) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for p in 0..owners.rows {
        let (time, entity) = (owners.values[usize::from(slot)][p], training.entities[o][p]);
        if time == NULL {
            continue;
        }
        times.0.push(time);
        times.1.push(entity);
        if settled(child, p, of).is_none()
            && let Some(last) = last(child, p, after, day)
        {
            gaps.0.push(time.saturating_sub(last));
            gaps.1.push(entity);
        }
    }
    let marginal = |(values, entities): (Vec<i64>, Vec<u32>)| {
        // Too few to say anything but that it is the same day.
        if values.len() < training.min_support {
            return Marginal::default();
        }
        let coder = NumberCoder::fit(&values, &entities, training.min_support, Grain::Coarse);
        let mut weights = vec![0.0; coder.len()];
        values.iter().for_each(|v| weights[usize::from(coder.code(*v))] += 1.0);
        Marginal { coder, weights }
    };
    (marginal(gaps), marginal(times))
}

/// The time that a row of an owner settles.
pub(crate) fn settled(child: &Frame, owner: usize, of: u16) -> Option<i64> {
    child.children(owner).map(|r| child.values[usize::from(of)][r]).find(|v| *v != NULL)
}

/// The last time of an owner's rows, or its day.
pub(crate) fn last(child: &Frame, owner: usize, after: &[u16], day: bool) -> Option<i64> {
    let rows = child.children(owner);
    let known = after.iter().flat_map(|s| &child.values[usize::from(*s)][rows.clone()]).filter(|v| **v != NULL);
    known.max().map(|v| if day { v - v.rem_euclid(DAY) } else { *v })
}
