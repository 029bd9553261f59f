//! The order of rows that one owner has at one time: by a column that numbers them, where there is one.

use indexmap::IndexMap;

use crate::dataset::{Column, NO_CODE, NULL};
use crate::encode::MIN_SUPPORT;

/// Puts rows that have the same `key`, which lie together, in the order of the column that numbers them 1, 2, 3, ...
/// (or from another number on); as they came where none does.
pub(super) fn settle<K: PartialEq>(rows: &mut [u32], columns: &IndexMap<String, Column>, key: impl Fn(u32) -> K) {
    let groups: Vec<usize> = rows.chunk_by(|a, b| key(*a) == key(*b)).map(<[u32]>::len).collect();
    if groups.iter().filter(|n| **n > 1).count() < MIN_SUPPORT {
        return;
    }
    let Some(number) = columns.values().find_map(|c| numbers(rows, &groups, c)) else { return };
    let mut rest = rows;
    for n in groups {
        let (group, others) = rest.split_at_mut(n);
        group.sort_by_key(|r| number[*r as usize]);
        rest = others;
    }
}

/// The numbers of a column, when each group has those from the first on, once each.
fn numbers(rows: &[u32], groups: &[usize], column: &Column) -> Option<Vec<i64>> {
    let values: Vec<i64> = match column {
        Column::Number { decimals: 0, .. } => (0..column.len()).map(|r| column.tick(r)).collect(),
        Column::Text { codes, values } => {
            let parsed: Vec<i64> = values.iter().map(|v| v.parse().ok()).collect::<Option<_>>()?;
            codes.iter().map(|c| if *c == NO_CODE { NULL } else { parsed[*c as usize] }).collect()
        }
        _ => return None,
    };
    let first = rows.iter().map(|r| values[*r as usize]).min().filter(|v| *v != NULL)?;
    let (mut group, mut rest) = (Vec::new(), rows);
    for n in groups {
        group.clear();
        group.extend(rest[..*n].iter().map(|r| values[*r as usize]));
        group.sort_unstable();
        if group.iter().zip(first..).any(|(v, expected)| *v != expected) {
            return None;
        }
        rest = &rest[*n..];
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Labels;

    #[test]
    fn rows_of_one_year_follow_their_number_and_others_as_they_came() {
        // Two rows a year each, the second first in every other year.
        let years: Vec<i64> = (0..20).map(|r| r / 2).collect();
        let stint: Labels = ["2", "1"].into_iter().collect();
        let codes = (0..20).map(|r| u32::from((r / 2 + r) % 2 == 0)).collect();
        let mut columns = IndexMap::new();
        columns.insert("noise".to_owned(), Column::Number { ticks: (0..20).collect(), decimals: 0 });
        columns.insert("stint".to_owned(), Column::Text { codes, values: stint });
        let mut rows: Vec<u32> = (0..20).collect();
        settle(&mut rows, &columns, |r| years[r as usize]);
        assert_eq!(rows[..8], [0, 1, 3, 2, 4, 5, 7, 6]);
        columns.shift_remove("stint");
        let mut rows: Vec<u32> = (0..20).collect();
        settle(&mut rows, &columns, |r| years[r as usize]);
        assert!(rows.is_sorted());
    }
}
