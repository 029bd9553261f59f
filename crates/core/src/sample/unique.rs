//! Sets of columns and links that must not repeat, within an owner or in the whole table.

use super::law::ColumnLaw;
use super::link::Targets;
use super::row::RowDrawer;
use crate::dataset::NULL;
use crate::frame::Frame;
use crate::model::{Coder, UniqueItem};
use crate::plan::SlotKind;

/// Steps to either side in which a number that is not used yet is looked for.
const BESIDE: i64 = 64;

impl<'a> RowDrawer<'a> {
    /// Unique sets that this item completes.
    pub fn unique_sets(&self, item: UniqueItem) -> impl Iterator<Item = &'a [UniqueItem]> + use<'a> {
        let sets = self.model.keep.unique.iter().zip(&self.law.last_of_unique);
        sets.filter(move |(_, last)| **last == Some(item)).map(|(s, _)| s.as_slice())
    }

    /// Values of `item` in earlier rows of the owner that agree with this row on the rest of the set.
    pub fn used(&self, frames: &[Frame], row: usize, set: &[UniqueItem], item: UniqueItem) -> Vec<i64> {
        let frame = &frames[self.table];
        let get = |i: UniqueItem, r: usize| match i {
            UniqueItem::Slot(s) => frame.values[usize::from(s)][r],
            UniqueItem::Link(l) => i64::from(frame.links[usize::from(l)][r]),
        };
        let from = row - self.cursor.position();
        (from..row)
            .filter(|r| set.iter().filter(|i| **i != item).all(|i| get(*i, *r) == get(*i, row)))
            .map(|r| get(item, r))
            .collect()
    }

    /// Values of `item` in earlier rows of the table that agree with this row on the rest of a set it completes.
    pub fn used_in_table(&self, frames: &[Frame], row: usize, item: UniqueItem) -> Vec<i64> {
        let sets = self.in_table.iter().zip(&self.model.keep.unique_in_table).zip(&self.law.last_of_table);
        sets.filter(|(_, last)| **last == item)
            .filter_map(|((seen, set), _)| seen.get(&self.rest(frames, row, set, item)))
            .flatten()
            .copied()
            .collect()
    }

    /// True when a value would repeat a set that must not repeat. A missing value repeats nothing.
    pub(super) fn is_used(&self, frames: &[Frame], row: usize, c: &ColumnLaw, value: i64) -> bool {
        let item = UniqueItem::Slot(c.model.slot);
        value != NULL
            && c.is_unique
            && (self.unique_sets(item).any(|set| self.used(frames, row, set, item).contains(&value))
                || self.used_in_table(frames, row, item).contains(&value))
    }

    /// The number nearest to one that would repeat a set: of twenty places the last row of a race takes the one that is
    /// left.
    pub(super) fn unused(
        &self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        value: i64,
        (lo, hi): (i64, i64),
    ) -> Option<i64> {
        let number =
            matches!(self.plan.tables[self.table].slots[usize::from(c.model.slot)].kind, SlotKind::Number { .. });
        let (Coder::Number(coder), Some((first, last)), true) = (&c.parts.last()?.drawn.coder, c.model.range, number)
        else {
            return None;
        };
        let within = lo.max(first)..=hi.min(last);
        let beside = (1..=BESIDE).flat_map(|k| {
            let apart = coder.step().saturating_mul(k);
            [value.saturating_sub(apart), value.saturating_add(apart)]
        });
        beside.filter(|v| within.contains(v)).find(|v| !self.is_used(frames, row, c, *v))
    }

    /// Remembers a row that stays: by its targets, by what it decides, and in the sets that are unique in the table.
    pub fn remember(&mut self, frames: &[Frame], row: usize, targets: &mut [Option<Targets>]) {
        targets.iter_mut().flatten().for_each(|t| t.remember(frames, row));
        self.obey.accept(frames, row);
        for i in 0..self.in_table.len() {
            let (set, last) = (&self.model.keep.unique_in_table[i], self.law.last_of_table[i]);
            let rest = self.rest(frames, row, set, last);
            let value = self.item(frames, row, last);
            self.in_table[i].entry(rest).or_default().push(value);
        }
    }

    /// Takes back what a row that goes again left behind.
    pub fn forget(&mut self, frames: &[Frame], row: usize, targets: &mut [Option<Targets>]) {
        targets.iter_mut().flatten().for_each(|t| t.forget(frames, row));
        self.obey.forget(frames, row);
        for i in 0..self.in_table.len() {
            let (set, last) = (&self.model.keep.unique_in_table[i], self.law.last_of_table[i]);
            let (rest, value) = (self.rest(frames, row, set, last), self.item(frames, row, last));
            let seen = self.in_table[i].get_mut(&rest);
            if let Some((seen, at)) = seen.and_then(|s| s.iter().rposition(|v| *v == value).map(|at| (s, at))) {
                seen.remove(at);
            }
        }
    }

    fn item(&self, frames: &[Frame], row: usize, item: UniqueItem) -> i64 {
        let frame = &frames[self.table];
        match item {
            UniqueItem::Slot(s) => frame.values[usize::from(s)][row],
            UniqueItem::Link(l) => i64::from(frame.links[usize::from(l)][row]),
        }
    }

    fn rest(&self, frames: &[Frame], row: usize, set: &[UniqueItem], without: UniqueItem) -> Vec<i64> {
        set.iter().filter(|i| **i != without).map(|i| self.item(frames, row, *i)).collect()
    }
}
