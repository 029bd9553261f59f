//! Inferred parents: for each row the row of another table whose interval covers its time.
//!
//! Intervals include both ends. One without an end lasts until the next one of its group starts; one without a
//! start covers nothing. At a boundary that two intervals share the row may belong to either.

use crate::Result;

use super::{NO_ROW, Operand, PICKS, Tally};

/// The inferred parent of each row.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    /// The covering row; [`NO_ROW`] where there is none.
    pub first: Vec<u32>,
    /// Further covering rows as (row, covering row), ascending.
    more: Vec<(u32, u32)>,
    /// Rows with a time that no interval covers, or that lie inside more than one.
    pub tally: Tally,
}

impl Cover {
    /// Finds the covering rows. `groups` are the rows of the table that both point to, from the child and from
    /// the interval's table; `starts` and `ends` pair the child's time with either bound.
    pub fn new(groups: [&[u32]; 2], starts: (Operand, Operand), ends: (Operand, Operand)) -> Result<Self> {
        let index = Intervals::new(groups[1], &starts.1, &ends.1);
        let mut cover = Self { first: Vec::with_capacity(groups[0].len()), ..Self::default() };
        for (row, &group) in groups[0].iter().enumerate() {
            let mut found = Vec::new();
            let mut holds = true;
            if group != NO_ROW
                && let (Some(from), Some(to)) = (starts.0.here(row), ends.0.here(row))
            {
                index.covering(group, from, to, &mut found);
                let inside = |i: &usize| index.list[*i].start < from && index.list[*i].end > to;
                holds = found.len() == 1 || (found.len() > 1 && !found.iter().any(inside));
            }
            cover.tally.row(row, holds);
            let mut rows = found.iter().map(|i| index.list[*i].row);
            cover.first.push(rows.next().unwrap_or(NO_ROW));
            cover.more.extend(rows.map(|r| (row as u32, r)));
        }
        Ok(cover)
    }

    /// The `pick`-th covering row of a row; the first one when there are fewer.
    pub fn row(&self, row: usize, pick: usize) -> u32 {
        if pick > 0 {
            let at = self.more.partition_point(|m| (m.0 as usize) < row) + pick - 1;
            if let Some(&(r, parent)) = self.more.get(at)
                && r as usize == row
            {
                return parent;
            }
        }
        self.first[row]
    }
}

struct Interval {
    group: u32,
    start: i128,
    end: i128,
    row: u32,
}

/// Intervals by (group, start), with a tree of the largest ends to skip those that ended before.
struct Intervals {
    list: Vec<Interval>,
    largest: Vec<i128>,
    leaves: usize,
}

impl Intervals {
    fn new(groups: &[u32], starts: &Operand, ends: &Operand) -> Self {
        let known = groups.iter().enumerate().filter(|(_, g)| **g != NO_ROW);
        let mut list: Vec<Interval> = known
            .filter_map(|(row, &group)| {
                let start = starts.here(row)?;
                Some(Interval { group, start, end: ends.here(row).unwrap_or(i128::MAX), row: row as u32 })
            })
            .collect();
        list.sort_unstable_by_key(|i| (i.group, i.start, i.end, i.row));
        for i in 0..list.len().saturating_sub(1) {
            if list[i].end == i128::MAX && list[i + 1].group == list[i].group {
                list[i].end = list[i + 1].start;
            }
        }
        let leaves = list.len().next_power_of_two();
        let mut largest = vec![i128::MIN; 2 * leaves];
        list.iter().enumerate().for_each(|(i, v)| largest[leaves + i] = v.end);
        (1..leaves).rev().for_each(|i| largest[i] = largest[2 * i].max(largest[2 * i + 1]));
        Self { list, largest, leaves }
    }

    /// The first few intervals of a group with `start <= from` and `end >= to`, latest start first.
    fn covering(&self, group: u32, from: i128, to: i128, found: &mut Vec<usize>) {
        let low = self.list.partition_point(|i| i.group < group);
        let mut high = self.list.partition_point(|i| (i.group, i.start) <= (group, from));
        while found.len() < PICKS
            && let Some(i) = self.last_ending(low, high, to)
        {
            found.push(i);
            high = i;
        }
    }

    /// The last place in `low..high` whose end is at least `to`.
    fn last_ending(&self, low: usize, high: usize, to: i128) -> Option<usize> {
        let (mut node, mut size) = (high.checked_sub(1)? + self.leaves, 1usize);
        // Climb to the left until a subtree ends late enough, then go down its right side.
        loop {
            let first = node * size - self.leaves;
            if first + size <= low {
                return None;
            }
            if self.largest[node] >= to {
                break;
            }
            if first <= low {
                return None;
            }
            while node % 2 == 0 {
                node /= 2;
                size *= 2;
            }
            node -= 1;
        }
        while node < self.leaves {
            node = if self.largest[2 * node + 1] >= to { 2 * node + 1 } else { 2 * node };
        }
        let at = node - self.leaves;
        (at >= low).then_some(at)
    }
}
