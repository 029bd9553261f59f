//! Rules between the columns of one row while it is drawn: what must be missing, what is computed, what is allowed.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::dataset::NULL;
use crate::frame::{Frame, Hop, NO_ROW, Ref};
use crate::model::{Computed, Decider, Follows, Keep, Place, TableModel, UniqueItem};
use crate::plan::{Plan, SlotKind};
use crate::rule::expression::{Exact, Expression};
use crate::rule::part::Part;
use crate::time::{FURTHEST, years_between};

/// What decides a column before it is drawn.
pub(super) enum Decided {
    /// Nothing does.
    Free,
    /// It has this value, unless it may be missing all the same.
    Value { value: i64, optional: bool },
    /// It has no value that it can hold.
    Impossible,
}

/// The rules of one table and what its rows have decided so far.
pub(super) struct Obey<'a> {
    plan: &'a Plan,
    table: usize,
    keep: &'a Keep,
    /// Step at which each slot, and each link, is drawn.
    slot_step: Vec<usize>,
    link_step: Vec<usize>,
    formulas: Vec<Option<Expression>>,
    combinations: Vec<Index>,
    /// Slots that some law speaks of.
    touched: Vec<bool>,
    /// Laws that only the whole row can show.
    whole: bool,
    /// Bounds that a value may break although it was drawn: what they refer to came later, or the value was computed.
    unsettled: Vec<usize>,
    /// Values that rows at the end of a way have decided, by law and row.
    decided: HashMap<(usize, u32), i64>,
    /// Unique sets of the block so far.
    seen: Vec<HashSet<Vec<i64>>>,
    /// Unique sets within the owner whose last member is no label, so that no mask keeps them.
    measured: Vec<usize>,
    /// Restrictions with a time that comes after the link.
    late: Vec<usize>,
    /// Smallest and largest number that each slot may take.
    hull: Vec<Option<(i64, i64)>>,
}

/// Combinations by the members drawn before.
struct Index {
    /// In the order in which they are drawn.
    slots: Vec<u16>,
    /// What the first member may be, ascending; missing comes first where it is free.
    first: Rc<[i64]>,
    next: Vec<HashMap<Vec<i64>, Vec<i64>>>,
    free: bool,
}

impl<'a> Obey<'a> {
    pub fn new(plan: &'a Plan, mine: &'a TableModel, table: usize) -> Self {
        let (keep, t) = (&mine.keep, &plan.tables[table]);
        let links = t.links.len();
        let slot_step = |s: u16| {
            let place = mine.columns.iter().position(|c| c.slot == s);
            if t.when == Some(s) { 0 } else { 1 + links + place.unwrap_or(mine.columns.len()) }
        };
        let late = |l: usize| t.links[l].deferred;
        let link_step: Vec<usize> = (0..links).map(|l| if late(l) { usize::MAX } else { 1 + l }).collect();
        let slot_step: Vec<usize> = (0..t.slots.len()).map(|s| slot_step(s as u16)).collect();
        let combinations: Vec<Index> = keep
            .combinations
            .iter()
            .map(|c| {
                let mut order: Vec<usize> = (0..c.slots.len()).collect();
                order.sort_by_key(|i| slot_step[usize::from(c.slots[*i])]);
                let mut next: Vec<HashMap<Vec<i64>, Vec<i64>>> = vec![HashMap::new(); order.len()];
                for a in &c.allowed {
                    let a: Vec<i64> = order.iter().map(|i| a[*i]).collect();
                    for (k, map) in next.iter_mut().enumerate() {
                        map.entry(a[..k].to_vec()).or_default().push(a[k]);
                    }
                }
                for values in next.iter_mut().flat_map(HashMap::values_mut) {
                    values.sort_unstable();
                    values.dedup();
                }
                let firsts = next.first().and_then(|n| n.get(&[][..])).map(Vec::as_slice).unwrap_or_default();
                let free = c.missing_is_free;
                let missing = free.then_some(NULL).into_iter();
                let first = missing.chain(firsts.iter().copied().filter(|v| !free || *v != NULL)).collect();
                Index { slots: order.iter().map(|i| c.slots[*i]).collect(), first, next, free }
            })
            .collect();
        let mut touched = vec![false; t.slots.len()];
        let mut touch = |s: u16| touched[usize::from(s)] = true;
        keep.computed.iter().for_each(|c| touch(c.slot));
        keep.follows.iter().for_each(|f| touch(f.slot));
        keep.combinations.iter().flat_map(|c| &c.slots).for_each(|s| touch(*s));
        keep.missing_when.iter().flat_map(|m| [m.item, m.when]).for_each(|i| {
            if let UniqueItem::Slot(s) = i {
                touch(s);
            }
        });
        let is_label = |s: u16| t.slots[usize::from(s)].kind.is_label();
        let step = |i: &UniqueItem| match i {
            UniqueItem::Slot(s) => slot_step[usize::from(*s)],
            UniqueItem::Link(l) => link_step[usize::from(*l)],
        };
        let measured = (0..keep.unique.len())
            .filter(|u| match keep.unique[*u].iter().max_by_key(|i| step(i)) {
                Some(UniqueItem::Slot(s)) => !is_label(*s) || t.when == Some(*s),
                _ => false,
            })
            .collect::<Vec<_>>();
        let own = |r: &Ref| r.hops.is_empty() && t.when != Some(r.slot);
        let late: Vec<usize> = (0..keep.restrictions.len())
            .filter(|r| own(&keep.restrictions[*r].from) || own(&keep.restrictions[*r].to))
            .collect();
        let settled = |slot: u16, side: &Option<(Option<Ref>, i64)>| match side {
            Some((Some(r), _)) => match r.hops.first() {
                None => slot_step.get(usize::from(r.slot)).is_some_and(|s| *s < slot_step[usize::from(slot)]),
                Some(hop) => *hop == Hop::Owner,
            },
            _ => true,
        };
        let unsettled = (0..keep.bounds.len())
            .filter(|b| {
                let b = &keep.bounds[*b];
                touched[usize::from(b.slot)] || !settled(b.slot, &b.low) || !settled(b.slot, &b.high)
            })
            .collect();
        // What follows from a number that is computed from it.
        let is_late =
            |f: &Follows| f.from.slot().is_some_and(|by| slot_step[usize::from(by)] > slot_step[usize::from(f.slot)]);
        // Agreements of links are kept by their targets.
        let whole = !keep.bounds.is_empty()
            || !keep.agree.is_empty()
            || !keep.missing_when.is_empty()
            || !keep.unique_in_block.is_empty()
            || !keep.combinations.is_empty()
            || !measured.is_empty()
            || keep.follows.len() > 1
            || keep.follows.iter().any(is_late)
            || !late.is_empty();
        let hull = (0..t.slots.len())
            .map(|s| match &t.slots[s].kind {
                SlotKind::Label { numeric: Some(v), .. } => Some((*v.iter().min()?, *v.iter().max()?)),
                _ => mine.columns.iter().find(|c| usize::from(c.slot) == s).and_then(|c| c.range),
            })
            .collect();
        Self {
            hull,
            plan,
            table,
            keep,
            formulas: keep.computed.iter().map(|c| Expression::parse(&c.equals).ok()).collect(),
            combinations,
            touched,
            whole,
            unsettled,
            decided: HashMap::new(),
            seen: vec![HashSet::new(); keep.unique_in_block.len()],
            slot_step,
            link_step,
            measured,
            late,
        }
    }

    /// The numbers that a column which is drawn later, and never missing, will lie between.
    pub fn later(&self, r: &Ref) -> Option<(i64, i64)> {
        let own = r.hops.is_empty() && self.keep.complete.contains(&r.slot);
        self.hull.get(usize::from(r.slot)).copied().flatten().filter(|_| own)
    }

    /// True when a law speaks of a slot.
    pub fn touch(&self, slot: u16) -> bool {
        self.touched[usize::from(slot)]
    }

    /// What an item holds: [`NULL`] for a missing value or link.
    fn item(&self, frames: &[Frame], row: usize, item: UniqueItem) -> i64 {
        match item {
            UniqueItem::Slot(s) => frames[self.table].values[usize::from(s)][row],
            UniqueItem::Link(l) => match frames[self.table].links[usize::from(l)][row] {
                NO_ROW => NULL,
                r => i64::from(r),
            },
        }
    }

    fn step(&self, item: UniqueItem) -> usize {
        match item {
            UniqueItem::Slot(s) => self.slot_step[usize::from(s)],
            UniqueItem::Link(l) => self.link_step[usize::from(l)],
        }
    }

    /// Whether an item must be missing (true), must be there (false), or may be either.
    pub fn missing(&self, frames: &[Frame], row: usize, item: UniqueItem) -> Option<bool> {
        let now = self.step(item);
        let known = |m: &&crate::model::MissingWhen| m.item == item && self.step(m.when) < now;
        let ruled = self.keep.missing_when.iter().filter(known).map(|m| self.says(frames, row, m));
        let ruled = ruled.reduce(|a, b| a || b);
        let lacks = |c: &Computed| {
            let unknown = |r: &Ref| self.plan.value(frames, self.table, row, r) == NULL;
            c.missing && UniqueItem::Slot(c.slot) == item && c.names.iter().any(|(_, r)| unknown(r))
        };
        if ruled.is_none() && self.keep.computed.iter().any(lacks) { Some(true) } else { ruled }
    }

    fn says(&self, frames: &[Frame], row: usize, m: &crate::model::MissingWhen) -> bool {
        match self.item(frames, row, m.when) {
            NULL => m.or_missing,
            v => m.values.contains(&v),
        }
    }

    /// What the laws make of a column before it is drawn.
    pub fn decide(&self, frames: &[Frame], row: usize, slot: u16) -> Decided {
        for (c, formula) in self.keep.computed.iter().zip(&self.formulas).filter(|(c, _)| c.slot == slot) {
            let Some(formula) = formula else { continue };
            let of = |name: &str| {
                let r = &c.names.iter().find(|(n, _)| n == name)?.1;
                exact(self.plan.kind(self.table, r)?, self.plan.value(frames, self.table, row, r))
            };
            let kind = &self.plan.tables[self.table].slots[usize::from(slot)].kind;
            match formula.value(&of) {
                None => {}
                Some(n) => {
                    return match n.and_then(|n| tick(kind, n)) {
                        Some(value) => Decided::Value { value, optional: c.optional },
                        None => Decided::Impossible,
                    };
                }
            }
        }
        for (i, f) in self.keep.follows.iter().enumerate().filter(|(_, f)| f.slot == slot) {
            let value = match &f.from {
                Decider::Number(by, known) => self.follow(frames, row, (*by, None), known),
                Decider::Part(by, part, known) => self.follow(frames, row, (*by, Some(*part)), known),
                Decider::Row(hops) => {
                    let end = self.end(frames, row, hops);
                    end.and_then(|r| self.decided.get(&(i, r)).copied())
                }
            };
            if let Some(value) = value {
                return Decided::Value { value, optional: f.optional };
            }
        }
        Decided::Free
    }

    /// What a number, or a part of a time, decides, by the step that it lies in.
    fn follow(
        &self,
        frames: &[Frame],
        row: usize,
        (by, part): (u16, Option<Part>),
        known: &[(i64, i64)],
    ) -> Option<i64> {
        let value = frames[self.table].values[usize::from(by)][row];
        match part.filter(|_| value != NULL).map_or(value, |p| p.of(value)) {
            NULL => None,
            v => known.get(known.partition_point(|k| k.0 <= v).saturating_sub(1)).map(|k| k.1),
        }
    }

    /// True when all numbers that decide a value agree on it.
    fn followed(&self, frames: &[Frame], row: usize) -> bool {
        self.keep.follows.iter().all(|f| {
            let (by, known) = match &f.from {
                Decider::Number(by, known) => ((*by, None), known),
                Decider::Part(by, part, known) => ((*by, Some(*part)), known),
                Decider::Row(_) => return true,
            };
            let value = frames[self.table].values[usize::from(f.slot)][row];
            value == NULL || self.follow(frames, row, by, known).is_none_or(|v| v == value)
        })
    }

    fn end(&self, frames: &[Frame], row: usize, hops: &[Hop]) -> Option<u32> {
        self.plan.walk(frames, self.table, row, hops).map(|(_, r)| r as u32)
    }

    /// The values that combinations leave for a slot, ascending; None when they leave all.
    pub fn allowed(&self, frames: &[Frame], row: usize, slot: u16) -> Option<Rc<[i64]>> {
        let values = &frames[self.table].values;
        let mut left: Option<Rc<[i64]>> = None;
        for index in &self.combinations {
            let Some(k) = index.slots.iter().position(|s| *s == slot) else { continue };
            let all = if k == 0 {
                Rc::clone(&index.first)
            } else {
                let before: Vec<i64> = index.slots[..k].iter().map(|s| values[usize::from(*s)][row]).collect();
                if index.free && before.contains(&NULL) {
                    continue;
                }
                let next = index.next[k].get(&before).map(Vec::as_slice).unwrap_or_default();
                let missing = index.free.then_some(NULL).into_iter();
                missing.chain(next.iter().copied().filter(|v| !index.free || *v != NULL)).collect()
            };
            left = Some(match left {
                None => all,
                Some(left) => left.iter().copied().filter(|v| all.binary_search(v).is_ok()).collect(),
            });
        }
        left
    }

    /// True when a finished row obeys what no mask keeps; in a row that was moved since, all bounds count.
    pub fn hold(&self, frames: &[Frame], row: usize, moved: bool, bound: impl Fn(usize) -> (i64, i64)) -> bool {
        if !self.whole {
            return true;
        }
        let owner = &frames[self.table].owner;
        let sibling = |r: &usize| owner[*r] != NO_ROW && owner[*r] == owner[row];
        let keep = self.keep;
        let frame = &frames[self.table];
        let inside = |i: usize| {
            let slot = usize::from(keep.bounds[i].slot);
            let v = match (&self.plan.tables[self.table].slots[slot].kind, frame.values[slot][row]) {
                (_, NULL) => return true,
                (SlotKind::Label { numeric: Some(n), .. }, v) => n.get(v as usize).copied().unwrap_or(NULL),
                (_, v) => v,
            };
            let (lo, hi) = bound(i);
            (lo..=hi).contains(&v)
        };
        let tuple = |set: &[UniqueItem], r: usize| -> Option<Vec<i64>> {
            let t: Vec<i64> = set.iter().map(|i| self.item(frames, r, *i)).collect();
            (!t.contains(&NULL)).then_some(t)
        };
        let alone = |u: &usize| {
            let set = &keep.unique[*u];
            let mut before = (0..row).rev().take_while(sibling);
            tuple(set, row).is_none_or(|t| before.all(|r| tuple(set, r).as_ref() != Some(&t)))
        };
        let bounded = match moved {
            true => (0..keep.bounds.len()).all(inside),
            false => self.unsettled.iter().copied().all(inside),
        };
        bounded
            && keep.missing_when.iter().all(|m| {
                (self.item(frames, row, m.item) == NULL) == self.says(frames, row, m) || self.step(m.item) == usize::MAX
            })
            && self.followed(frames, row)
            && keep.agree.iter().all(|(a, b)| self.agree(frames, row, a, b))
            && self.combinations.iter().all(|c| self.known(frames, row, c))
            && self.measured.iter().all(alone)
            && keep
                .unique_in_block
                .iter()
                .zip(&self.seen)
                .all(|(set, seen)| tuple(set, row).is_none_or(|t| !seen.contains(&t)))
            && self.late.iter().all(|r| self.unrestricted(frames, row, *r))
    }

    fn known(&self, frames: &[Frame], row: usize, index: &Index) -> bool {
        let values = |s: &u16| frames[self.table].values[usize::from(*s)][row];
        if let [slot] = &index.slots[..] {
            return index.first.binary_search(&values(slot)).is_ok();
        }
        let all: Vec<i64> = index.slots.iter().map(values).collect();
        let Some((last, before)) = all.split_last() else { return true };
        let known = || index.next[before.len()].get(before).is_some_and(|n| n.binary_search(last).is_ok());
        (index.free && all.contains(&NULL)) || known()
    }

    fn unrestricted(&self, frames: &[Frame], row: usize, r: usize) -> bool {
        let r = &self.keep.restrictions[r];
        let to = frames[self.table].links[usize::from(r.link)][row];
        let target = usize::from(self.plan.tables[self.table].links[usize::from(r.link)].target);
        if to == NO_ROW || !r.codes.contains(&self.plan.value(frames, target, to as usize, &r.attribute)) {
            return true;
        }
        let value = |r: &Ref| self.plan.value(frames, self.table, row, r);
        let (from, to) = (value(&r.from), value(&r.to));
        let years = if from == NULL || to == NULL { return true } else { years_between(from, to) };
        r.min_years.is_none_or(|m| years >= m) && r.below_years.is_none_or(|m| years < m)
    }

    fn agree(&self, frames: &[Frame], row: usize, a: &Place, b: &Place) -> bool {
        match (a, b) {
            (Place::Row(a), Place::Row(b)) => match (self.end(frames, row, a), self.end(frames, row, b)) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            },
            (Place::Value(a), Place::Value(b)) => {
                let value = |r: &Ref| self.plan.value(frames, self.table, row, r);
                let (x, y) = (value(a), value(b));
                if x == NULL || y == NULL {
                    return true;
                }
                match (self.plan.kind(self.table, a), self.plan.kind(self.table, b)) {
                    (Some(SlotKind::Label { labels: p, .. }), Some(SlotKind::Label { labels: q, .. })) => {
                        p.get(x as usize) == q.get(y as usize)
                    }
                    _ => x == y,
                }
            }
            _ => true,
        }
    }

    /// Remembers what a finished row decides for those after it.
    pub fn accept(&mut self, frames: &[Frame], row: usize) {
        for (i, f) in self.keep.follows.iter().enumerate() {
            if let Decider::Row(hops) = &f.from
                && let Some(end) = self.end(frames, row, hops)
            {
                let value = frames[self.table].values[usize::from(f.slot)][row];
                if value != NULL {
                    self.decided.entry((i, end)).or_insert(value);
                }
            }
        }
        for u in 0..self.seen.len() {
            if let Some(tuple) = self.in_block(frames, row, u) {
                self.seen[u].insert(tuple);
            }
        }
    }

    /// Takes back the values of a row that goes again.
    pub fn forget(&mut self, frames: &[Frame], row: usize) {
        for u in 0..self.seen.len() {
            if let Some(tuple) = self.in_block(frames, row, u) {
                self.seen[u].remove(&tuple);
            }
        }
    }

    /// What a row holds of a set that is unique in the block; None where some of it is missing.
    fn in_block(&self, frames: &[Frame], row: usize, set: usize) -> Option<Vec<i64>> {
        let tuple: Vec<i64> = self.keep.unique_in_block[set].iter().map(|i| self.item(frames, row, *i)).collect();
        (!tuple.contains(&NULL)).then_some(tuple)
    }
}

/// A value as a number: times in seconds.
fn exact(kind: &SlotKind, value: i64) -> Option<Exact> {
    match kind {
        _ if value == NULL => None,
        SlotKind::Number { decimals } => Some(Exact::new(value, *decimals)),
        SlotKind::Time { .. } => Some(Exact::new(value, 6)),
        SlotKind::Label { numeric, .. } => numeric.as_ref()?.get(value as usize).map(|n| Exact::new(*n, 0)),
    }
}

/// A number as the value of a slot, rounded to its grid.
fn tick(kind: &SlotKind, n: Exact) -> Option<i64> {
    match kind {
        SlotKind::Number { decimals } => n.rounded(*decimals),
        // Beyond this no date is written.
        SlotKind::Time { .. } => n.rounded(6).filter(|t| t.unsigned_abs() <= FURTHEST),
        SlotKind::Label { numeric, .. } => {
            let n = n.rounded(0)?;
            numeric.as_ref()?.iter().position(|v| *v == n).map(|i| i as i64)
        }
    }
}
