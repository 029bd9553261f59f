//! What the rows of child tables come to, worked out once a block is drawn.

use std::cmp::Reverse;

use super::block::{Block, Sequence};
use super::obey::{Decided, Obey};
use super::row::{RowDrawer, TRIES};
use crate::dataset::NULL;
use crate::frame::{Frame, Hop, NO_ROW, Ref};
use crate::linked::Groups;
use crate::model::{Decider, Quantity, Total, Whole, added};
use crate::plan::{Slot, SlotKind};
use crate::rule::total::Aggregate;

/// Times that what does not fit into a range is spread over other rows.
const ROUNDS: usize = 8;
/// Times that the rows of one owner are drawn again to come near a sum.
const PLANS: u64 = 32;

impl Block<'_> {
    /// Works out all totals, of the lowest tables first, and then what is computed from them.
    pub(super) fn totals(&mut self, needed: &[bool]) {
        let model = self.sampler.model;
        let order: Vec<usize> = model.plan.order.iter().map(|t| usize::from(*t)).filter(|t| needed[*t]).collect();
        let mut changed = Vec::new();
        for t in order.iter().rev() {
            for total in &model.tables[*t].keep.totals {
                changed.push(match total.equals {
                    Whole::Slot { slot, optional, empty } => {
                        self.work_out(*t, total, slot, (optional, empty));
                        (*t, slot)
                    }
                    Whole::Number(number) => {
                        self.reach(*t, total, number);
                        (total.child.into(), total.of.unwrap_or_default())
                    }
                });
            }
            self.recompute(*t, &mut changed);
        }
        order.iter().for_each(|t| self.recompute(*t, &mut changed));
    }

    /// How many rows of `t` an owner has by the totals that it holds, where so many were drawn: a count says it, and
    /// a smallest or largest value that it has at least one.
    pub(super) fn counted(&self, o: usize, t: usize, row: usize, drawn: i64) -> i64 {
        let model = self.sampler.model;
        let mut count = drawn;
        for total in &model.tables[o].keep.totals {
            let Whole::Slot { slot, optional, empty } = total.equals else { continue };
            if usize::from(total.child) != t || total.way != Hop::Owner {
                continue;
            }
            let value = self.frames[o].values[usize::from(slot)][row];
            let always = total.of.is_none_or(|of| model.tables[t].keep.complete.contains(&of));
            match (&model.plan.tables[o].slots[usize::from(slot)].kind, value) {
                (SlotKind::Number { decimals }, v) if total.aggregate == Aggregate::Count && v != NULL => {
                    return (v / 10i64.pow(u32::from(*decimals))).max(0);
                }
                (_, NULL) if always && !optional && empty == NULL => return 0,
                _ if always && empty == NULL => count = count.max(1),
                _ => {}
            }
        }
        count
    }

    /// The sum that the rows of one owner of `t` must reach, where they can be drawn again without a trace: no link and
    /// no other row remembers them.
    pub(super) fn aim(&self, o: usize, t: usize) -> Option<(usize, i64)> {
        let model = self.sampler.model;
        let keep = &model.tables[t].keep;
        let remembered = !model.plan.tables[t].links.is_empty()
            || !keep.unique_in_table.is_empty()
            || !keep.unique_in_block.is_empty()
            || keep.follows.iter().any(|f| matches!(f.from, Decider::Row(_)));
        model.tables[o].keep.totals.iter().find_map(|total| match total.equals {
            Whole::Number(number) if usize::from(total.child) == t && total.way == Hop::Owner && !remembered => {
                Some((usize::from(total.of?), number))
            }
            _ => None,
        })
    }

    /// Draws the rows of one owner, which are there already, again and keeps those whose sum is nearest to the aim.
    pub(super) fn approach(
        &mut self,
        drawer: &mut RowDrawer,
        (t, owner): (usize, usize),
        planned: (i64, i64),
        tries: u64,
        (slot, number): (usize, i64),
        mut drawn: Sequence,
    ) -> Sequence {
        let from = *self.frames[t].first.last().unwrap_or(&0) as usize;
        let gap = |frame: &Frame| {
            let known = frame.values[slot][from..].iter().filter(|v| **v != NULL);
            let sum: i128 = known.map(|v| i128::from(*v)).sum();
            (Reverse(frame.rows), (sum - i128::from(number)).unsigned_abs())
        };
        let (mut best, mut now) = ((gap(&self.frames[t]), 0), 0);
        for plan in 1..=PLANS {
            // As near as one step for each row.
            if best.0.1 <= (self.frames[t].rows - from) as u128 {
                break;
            }
            drawn = self.again(drawer, (t, owner), planned, tries + plan * TRIES, &mut []);
            now = plan;
            best = best.min((gap(&self.frames[t]), plan));
        }
        if now != best.1 {
            drawn = self.again(drawer, (t, owner), planned, tries + best.1 * TRIES, &mut []);
        }
        drawn
    }

    fn work_out(&mut self, t: usize, total: &Total, slot: u16, (optional, empty): (bool, i64)) {
        let plan = &self.sampler.model.plan;
        let Some(scale) = total.scale(plan, t, slot) else { return };
        let added = added(plan, &self.frames, t, total);
        for (value, a) in self.frames[t].values[usize::from(slot)].iter_mut().zip(added) {
            match a.get(total.aggregate).filter(|_| a.rows > 0).and_then(|result| scale.tick(result)) {
                Some(tick) if !(optional && *value == NULL) => *value = tick,
                Some(_) => {}
                None => *value = empty,
            }
        }
    }

    /// Moves the values of each parent's rows to a sum.
    fn reach(&mut self, t: usize, total: &Total, number: i64) {
        let model = self.sampler.model;
        let (child, of) = (usize::from(total.child), usize::from(total.of.unwrap_or_default()));
        let range = model.tables[child].columns.iter().find(|c| usize::from(c.slot) == of).and_then(|c| c.range);
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); self.frames[t].rows];
        for (row, parent) in total.parents(&self.frames).iter().enumerate() {
            if *parent != NO_ROW && self.frames[child].values[of][row] != NULL {
                rows[*parent as usize].push(row);
            }
        }
        let alike = Alike::new(&self.frames[child], of, &model.plan.tables[child].slots);
        let values = &mut self.frames[child].values[of];
        for (turn, rows) in rows.iter().enumerate() {
            let mut some: Vec<i64> = rows.iter().map(|r| values[*r]).collect();
            alike.exchange(rows, &mut some, number, turn);
            move_to(&mut some, number, range);
            rows.iter().zip(some).for_each(|(r, v)| values[*r] = v);
        }
    }

    /// Computes again what depends on slots that changed.
    fn recompute(&mut self, t: usize, changed: &mut Vec<(usize, u16)>) {
        let model = self.sampler.model;
        let (plan, mine) = (&model.plan, &model.tables[t]);
        let obey = Obey::new(plan, mine, t);
        let mut done: Vec<u16> = Vec::new();
        loop {
            let depends = |r: &Ref| plan.table_at(t, &r.hops).is_some_and(|at| changed.contains(&(at, r.slot)));
            let copied = mine.columns.iter().find_map(|c| match &c.quantity {
                Quantity::Copy(r) if depends(r) && !done.contains(&c.slot) => Some((c.slot, Some(r))),
                _ => None,
            });
            let computed = mine.keep.computed.iter().filter(|c| c.names.iter().any(|(_, r)| depends(r)));
            let follows = mine.keep.follows.iter();
            let follows = follows.filter(|f| f.from.slot().is_some_and(|by| changed.contains(&(t, by))));
            let mut decided = computed.map(|c| c.slot).chain(follows.map(|f| f.slot));
            let next = copied.or_else(|| decided.find(|slot| !done.contains(slot)).map(|slot| (slot, None)));
            let Some((slot, copy)) = next else { return };
            for row in 0..self.frames[t].rows {
                let now = self.frames[t].values[usize::from(slot)][row];
                let value = match (copy, obey.decide(&self.frames, row, slot)) {
                    (Some(r), _) => plan.value(&self.frames, t, row, r),
                    (None, Decided::Value { value, optional }) if !(optional && now == NULL) => value,
                    _ => now,
                };
                self.frames[t].values[usize::from(slot)][row] = value;
            }
            done.push(slot);
            changed.push((t, slot));
        }
    }
}

/// The values of a slot among rows that are alike in all else but times.
struct Alike {
    /// Which rows are alike.
    groups: Groups,
    /// The values of each group, ascending.
    values: Vec<Vec<i64>>,
}

impl Alike {
    fn new(frame: &Frame, of: usize, slots: &[Slot]) -> Self {
        let mut groups = Groups { of: vec![0; frame.rows], count: 1 };
        for (s, _) in slots.iter().enumerate().filter(|(s, slot)| *s != of && !slot.kind.is_time()) {
            // A missing value is one like the others.
            groups = groups.split(frame.values[s].iter().map(|v| v.wrapping_add(i64::from(*v == NULL))));
        }
        let mut values = vec![Vec::new(); groups.count];
        for (group, value) in groups.of.iter().zip(&frame.values[of]).filter(|(_, v)| **v != NULL) {
            values[*group as usize].push(*value);
        }
        values.iter_mut().for_each(|v| {
            v.sort_unstable();
            v.dedup();
        });
        Self { groups, values }
    }

    /// Gives a few rows the values of others like them, so that the sum comes as near to a number as it can.
    fn exchange(&self, rows: &[usize], some: &mut [i64], number: i64, turn: usize) {
        for _ in 0..ROUNDS {
            let gap = i128::from(number) - some.iter().map(|v| i128::from(*v)).sum::<i128>();
            let Ok(gap) = i64::try_from(gap) else { return };
            let better = |i: usize| {
                let known = &self.values[self.groups.of[rows[i]] as usize];
                let wanted = some[i].saturating_add(gap);
                let at = known.partition_point(|v| *v < wanted);
                let near = known[at.saturating_sub(1)..].iter().take(2).min_by_key(|v| v.abs_diff(wanted))?;
                Some((near.abs_diff(wanted), i, *near))
            };
            // Of rows that do equally well each time another.
            let n = some.len();
            let best = (0..n).filter_map(|i| better((i + turn) % n)).min_by_key(|(left, ..)| *left);
            match best {
                Some((left, i, value)) if left < gap.unsigned_abs() => some[i] = value,
                _ => return,
            }
        }
    }
}

/// Moves numbers so that they add up to one: by a factor where none is below zero and the range keeps it so, by the
/// same difference otherwise. What rounding leaves goes to the largest, where it changes the least.
fn move_to(values: &mut [i64], number: i64, range: Option<(i64, i64)>) {
    let sum = |values: &[i64]| values.iter().map(|v| i128::from(*v)).sum::<i128>();
    let number = i128::from(number);
    let (lo, hi) = range.unwrap_or((i64::MIN + 1, i64::MAX));
    let before = sum(values);
    if before > 0 && number >= 0 && values.iter().all(|v| *v >= 0) && lo >= 0 {
        values.iter_mut().for_each(|v| *v = (i128::from(*v) * number / before) as i64);
    } else {
        for _ in 0..ROUNDS {
            let gap = number - sum(values);
            let has_room = |v: &i64| if gap > 0 { *v < hi } else { *v > lo };
            let count = values.iter().filter(|v| has_room(v)).count() as i128;
            let each = if count == 0 { 0 } else { gap / count };
            if each == 0 {
                break;
            }
            for v in values.iter_mut().filter(|v| has_room(v)) {
                *v = (i128::from(*v) + each).clamp(lo.into(), hi.into()) as i64;
            }
        }
    }
    let rest = number - sum(values);
    if let Some(largest) = values.iter_mut().max_by_key(|v| v.unsigned_abs()) {
        *largest = i64::try_from(i128::from(*largest) + rest).unwrap_or(*largest);
    }
}

#[cfg(test)]
mod tests {
    use super::move_to;

    #[test]
    fn numbers_move_to_their_sum() {
        let moved = |mut values: Vec<i64>, number, range| {
            move_to(&mut values, number, range);
            values
        };
        assert_eq!(moved(vec![10, 10, -5], 0, None), [5, 5, -10]);
        assert_eq!(moved(vec![1, 0, 2], 100, Some((0, 100))), [33, 0, 67]);
        assert_eq!(moved(vec![5, 5, 4], 20, Some((-9, 6))), [6, 6, 8], "what has no room goes to the largest");
        assert_eq!(moved(vec![7], 0, None), [0]);
        assert_eq!(moved(vec![], 9, None), [0; 0]);
    }
}
