//! Rows with equal values of some columns, as small whole numbers.

use std::collections::HashMap;

use crate::Column;
use crate::dataset::NULL;

use super::NO_ROW;

/// Which rows belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    /// The group of each row, numbered in order of first appearance; [`NO_ROW`] where a value is missing.
    pub of: Vec<u32>,
    /// Number of groups.
    pub count: usize,
}

/// Groups rows by the values of some columns of equal length; a row with a missing value is in no group.
pub fn group(columns: &[&Column]) -> Groups {
    let Some((first, rest)) = columns.split_first() else { return Groups::default() };
    rest.iter().fold(Groups::of_values((0..first.len()).map(|r| first.tick(r))), |groups, c| {
        groups.split((0..c.len()).map(|r| c.tick(r)))
    })
}

impl Groups {
    /// Groups equal values, [`NULL`] in no group.
    pub fn of_values(values: impl Iterator<Item = i64>) -> Self {
        let mut known: HashMap<i64, u32> = HashMap::new();
        let mut of = Vec::with_capacity(values.size_hint().0);
        for v in values {
            let next = known.len() as u32;
            of.push(if v == NULL { NO_ROW } else { *known.entry(v).or_insert(next) });
        }
        Self { of, count: known.len() }
    }

    /// Groups rows that point to the same row of another table.
    pub fn of_rows(rows: &[u32]) -> Self {
        Self::of_values(rows.iter().map(|&r| if r == NO_ROW { NULL } else { i64::from(r) }))
    }

    /// Groups finer: rows stay together when their values are equal too.
    #[must_use]
    pub fn split(&self, values: impl Iterator<Item = i64>) -> Self {
        let mut known: HashMap<(u32, i64), u32> = HashMap::new();
        let mut of = Vec::with_capacity(self.of.len());
        for (&g, v) in self.of.iter().zip(values) {
            let next = known.len() as u32;
            of.push(if g == NO_ROW || v == NULL { NO_ROW } else { *known.entry((g, v)).or_insert(next) });
        }
        Self { of, count: known.len() }
    }

    /// The rows of every group: the rows of group `g` are `rows[starts[g]..starts[g + 1]]`, ascending.
    pub fn rows(&self) -> (Vec<usize>, Vec<u32>) {
        let mut starts = vec![0usize; self.count + 1];
        self.of.iter().filter(|g| **g != NO_ROW).for_each(|g| starts[*g as usize + 1] += 1);
        (0..self.count).for_each(|g| starts[g + 1] += starts[g]);
        let mut next = starts.clone();
        let mut rows = vec![0u32; starts[self.count]];
        for (row, &g) in self.of.iter().enumerate().filter(|(_, g)| **g != NO_ROW) {
            rows[next[g as usize]] = row as u32;
            next[g as usize] += 1;
        }
        (starts, rows)
    }

    /// Number of rows in each group.
    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.count];
        self.of.iter().filter(|g| **g != NO_ROW).for_each(|g| sizes[*g as usize] += 1);
        sizes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_are_in_no_group() {
        let a = Column::Number { ticks: vec![5, 7, 5, NULL, 5], decimals: 0 };
        let b = Column::Number { ticks: vec![1, 1, 1, 1, NULL], decimals: 0 };
        let groups = group(&[&a, &b]);
        assert_eq!(groups, Groups { of: vec![0, 1, 0, NO_ROW, NO_ROW], count: 2 });
        assert_eq!(groups.rows(), (vec![0, 2, 3], vec![0, 2, 1]));
        assert_eq!(groups.sizes(), [2, 1]);
    }
}
