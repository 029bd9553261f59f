//! Finds a time for whole sequences where targets have a capacity.
//!
//! All rows of all owners are drawn as if there were room, then those of one owner are moved together by whole weeks
//! until every one of them fits. Weekday, time of day, gaps, lengths and targets stay as they were drawn; a single row
//! that waited or went elsewhere would bend them. The longest sequences come first, while there is room for them:
//! those that find none are drawn again, and it must not be always them.

use std::cmp::Reverse;
use std::ops::Range;

use super::block::{Block, PLANS};
use super::link::Targets;
use super::row::{RowDrawer, TRIES};
use crate::dataset::NULL;
use crate::frame::{Frame, Ref};
use crate::model::{ColumnModel, Computed, Decider, Follows, Quantity, TableModel};
use crate::plan::{Plan, firsts};
use crate::time::DAY;

/// A move that keeps weekday and time of day.
const WEEK: i64 = 7 * DAY;
/// Weeks that a sequence is moved at most, to either side.
const FURTHEST: i64 = 60;

/// What moves together.
pub(super) struct Moving {
    /// The time of a row and all that is drawn as a span from it.
    slots: Vec<usize>,
    /// Of those the start and the end of the interval that takes a place.
    ends: [usize; 2],
}

impl Moving {
    /// None where a table has no capacity, where its times hang on something that stays, where something computed or
    /// another row hangs on them, and where rows point to each other.
    pub fn new(plan: &Plan, t: usize, mine: &TableModel) -> Option<Self> {
        let (capacity, (when, _)) = (mine.keep.capacity.as_ref()?, mine.when.as_ref()?);
        let apart = mine.keep.unique_in_table.is_empty()
            && plan.tables[t].links.iter().all(|l| usize::from(l.target) != t)
            && mine.keep.follows.iter().all(|f| !matches!(f.from, Decider::Row(_)));
        let slots = moving(when, mine)?;
        let ends = [capacity.start, capacity.end].map(usize::from);
        (apart && ends.iter().all(|e| slots.contains(e))).then_some(Self { slots, ends })
    }

    /// How long the rows of one owner take places together.
    fn length(&self, frame: &Frame, rows: Range<usize>) -> i64 {
        let [start, end] = self.ends.map(|s| &frame.values[s]);
        let taken = rows.filter(|r| start[*r] != NULL && end[*r] != NULL);
        taken.fold(0, |sum: i64, r| sum.saturating_add(end[r].saturating_sub(start[r])))
    }
}

fn moving(when: &ColumnModel, mine: &TableModel) -> Option<Vec<usize>> {
    if !matches!(when.quantity, Quantity::Calendar(..)) {
        return None;
    }
    let mut slots = vec![when.slot];
    for c in &mine.columns {
        if let Quantity::Since(r) | Quantity::Calendar(Some(r), _) = &c.quantity
            && r.hops.is_empty()
            && slots.contains(&r.slot)
        {
            slots.push(c.slot);
        }
    }
    let of_these = |r: &Ref| r.hops.is_empty() && slots.contains(&r.slot);
    let computed = |c: &Computed| slots.contains(&c.slot) || c.names.iter().any(|(_, r)| of_these(r));
    // Whole weeks later it is another month, and the same day of the week.
    let is_part = |f: &Follows| matches!(f.from, Decider::Part(by, ..) if slots.contains(&by));
    if mine.keep.computed.iter().any(computed) || mine.keep.follows.iter().any(is_part) {
        return None;
    }
    Some(slots.into_iter().map(usize::from).collect())
}

impl Block<'_> {
    /// Finds a time for the sequences of all owners of a table, drawn as if there were room.
    pub(super) fn settle(
        &mut self,
        drawer: &mut RowDrawer,
        (t, o): (usize, usize),
        moving: &Moving,
        least: i64,
        targets: &mut [Option<Targets>],
    ) {
        let owners = self.frames[o].rows;
        let mut order: Vec<usize> = (0..owners).collect();
        order.sort_by_cached_key(|p| Reverse(moving.length(&self.frames[t], self.frames[t].children(*p))));
        let mut homeless: Vec<usize> =
            order.into_iter().filter(|p| !self.settled(drawer, t, *p, moving, targets)).collect();
        if homeless.is_empty() {
            return;
        }
        homeless.sort_unstable();
        let drawn = self.frames[t].rows;
        for p in &homeless {
            let planned = self.frames[t].children(*p).len() as i64;
            let placed = (1..PLANS).any(|plan| {
                let from = self.frames[t].rows;
                drawer.cursor.restart();
                let drawn = self.sequence(drawer, t, *p, (planned, least), plan * TRIES, targets);
                self.sampler.count(t, drawn);
                let rows = from..self.frames[t].rows;
                let done = place(drawer, &mut self.frames, rows.clone(), &moving.slots, targets);
                match done {
                    true => rows.for_each(|row| drawer.remember(&self.frames, row, targets)),
                    false => rows.for_each(|_| self.frames[t].pop()),
                }
                done
            });
            if !placed {
                drawer.roomy = false;
                drawer.cursor.restart();
                let drawn = self.sequence(drawer, t, *p, (planned, least), PLANS * TRIES, targets);
                self.sampler.count(t, drawn);
                drawer.roomy = true;
            }
        }
        let owner = &self.frames[t].owner;
        let stays = |r: &u32| *r as usize >= drawn || homeless.binary_search(&(owner[*r as usize] as usize)).is_err();
        let mut order: Vec<u32> = (0..owner.len() as u32).filter(stays).collect();
        order.sort_by_key(|r| owner[*r as usize]);
        let now = self.frames[t].pick(&order);
        targets.iter_mut().flatten().for_each(|t| t.renumber(&now));
        self.frames[t].first = firsts(&self.frames[t].owner, owners);
        for p in homeless {
            crate::feature::summarise(drawer.plan, &mut self.frames, o, p, t);
        }
    }

    /// Finds a time for the sequence of one owner; false when there is none.
    fn settled(
        &mut self,
        drawer: &mut RowDrawer,
        t: usize,
        owner: usize,
        moving: &Moving,
        targets: &mut [Option<Targets>],
    ) -> bool {
        let rows = self.frames[t].children(owner);
        let done = place(drawer, &mut self.frames, rows.clone(), &moving.slots, targets);
        if done {
            rows.for_each(|row| drawer.obey.accept(&self.frames, row));
        }
        done
    }
}

/// Moves the finished rows of one owner to the nearest week in which all of them fit, and takes the places. False
/// when there is none: then the rows are of no use.
fn place(
    d: &RowDrawer,
    frames: &mut [Frame],
    rows: Range<usize>,
    slots: &[usize],
    targets: &mut [Option<Targets>],
) -> bool {
    let mut at = 0;
    let later = (1..=FURTHEST).flat_map(|weeks| [weeks, -weeks]);
    for weeks in std::iter::once(0).chain(later) {
        shift(&mut frames[d.table], rows.clone(), slots, (weeks - at) * WEEK);
        at = weeks;
        if take(d, frames, rows.clone(), targets) {
            return true;
        }
    }
    false
}

fn shift(frame: &mut Frame, rows: Range<usize>, slots: &[usize], by: i64) {
    for slot in slots {
        for v in &mut frame.values[*slot][rows.clone()] {
            if *v != NULL {
                *v += by;
            }
        }
    }
}

/// Takes a place for each row, or none for any.
fn take(d: &RowDrawer, frames: &[Frame], rows: Range<usize>, targets: &mut [Option<Targets>]) -> bool {
    for row in rows.clone() {
        if d.stands(frames, row, row > rows.start, targets) {
            targets.iter_mut().flatten().for_each(|t| t.occupy(d.model, frames, row));
        } else {
            for taken in rows.start..row {
                targets.iter_mut().flatten().for_each(|t| t.give_back(d.model, frames, taken));
            }
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Computed;

    #[test]
    fn times_that_something_is_computed_from_stay() {
        let column = |slot, quantity| ColumnModel { slot, quantity, parts: Vec::new(), range: None };
        let when = column(0, Quantity::Calendar(None, Vec::new()));
        let mut mine = TableModel { columns: vec![column(1, Quantity::Since(Ref::own(0)))], ..TableModel::default() };
        assert_eq!(moving(&when, &mine), Some(vec![0, 1]));
        let names = vec![("end".to_owned(), Ref::own(1))];
        mine.keep.computed =
            vec![Computed { slot: 2, equals: "end + 86400".into(), names, optional: false, missing: false }];
        assert_eq!(moving(&when, &mine), None);
    }
}
