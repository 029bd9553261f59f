//! A foreign key as row numbers: for each child row the row of its parent.

use std::collections::HashMap;

use crate::Column;
use crate::dataset::{NO_CODE, NULL};

use super::{NO_ROW, Tally, as_numbers};

/// A value that no row of the parent has.
const ABSENT: i64 = i64::MIN + 1;

/// A joined foreign key.
#[derive(Clone, Debug)]
pub struct Link {
    /// The parent's row for each row of the child; [`NO_ROW`] when the key is missing or not found.
    pub rows: Vec<u32>,
    /// Keys that are neither missing nor found.
    pub dangling: Tally,
}

/// Joins a child's key columns to its parent's, in the same order. A key with a missing part points to nothing;
/// of parents with the same key the first one counts.
pub fn join(parent: &[&Column], child: &[&Column]) -> Link {
    let pairs: Vec<(Vec<i64>, Vec<i64>)> = parent.iter().zip(child).map(|(p, c)| common(p, c)).collect();
    let (parents, children) = (parent.first().map_or(0, |c| c.len()), child.first().map_or(0, |c| c.len()));
    let mut link = Link { rows: Vec::with_capacity(children), dangling: Tally::default() };
    let mut known: HashMap<Vec<i64>, u32> = HashMap::new();
    let mut dense: Vec<u32> = Vec::new();
    let single = parent.len() == 1 && matches!(parent[0], Column::Text { .. });
    for row in 0..parents {
        if single {
            // Codes are dense, so an array replaces the hash map.
            let Ok(code) = usize::try_from(pairs[0].0[row]) else { continue };
            dense.resize(dense.len().max(code + 1), NO_ROW);
            dense[code] = dense[code].min(row as u32);
        } else if pairs.iter().all(|(p, _)| p[row] != NULL) {
            known.entry(pairs.iter().map(|(p, _)| p[row]).collect()).or_insert(row as u32);
        }
    }
    let mut key = Vec::with_capacity(pairs.len());
    for row in 0..children {
        key.clear();
        key.extend(pairs.iter().map(|(_, c)| c[row]));
        let missing = key.contains(&NULL);
        let found = match usize::try_from(key[0]) {
            _ if missing => NO_ROW,
            Ok(code) if single => dense.get(code).copied().unwrap_or(NO_ROW),
            Err(_) if single => NO_ROW,
            _ => known.get(&key).copied().unwrap_or(NO_ROW),
        };
        link.dangling.row(row, missing || found != NO_ROW);
        link.rows.push(found);
    }
    link
}

/// Both columns in whole numbers that are equal where the values are.
fn common(parent: &Column, child: &Column) -> (Vec<i64>, Vec<i64>) {
    let ticks = |c: &Column| (0..c.len()).map(|r| c.tick(r)).collect::<Vec<i64>>();
    match (parent, child) {
        (Column::Text { values, .. }, Column::Text { codes, values: own }) => {
            let map: Vec<i64> = own.iter().map(|v| values.get_index_of(v).map_or(ABSENT, |i| i as i64)).collect();
            (ticks(parent), codes.iter().map(|&c| if c == NO_CODE { NULL } else { map[c as usize] }).collect())
        }
        (Column::Time { .. }, Column::Time { .. }) => (ticks(parent), ticks(child)),
        _ => match (as_numbers(parent), as_numbers(child)) {
            (Some(p), Some(c)) => {
                let decimals = decimals(&p).max(decimals(&c));
                (scaled(&p, decimals), scaled(&c, decimals))
            }
            // Types that have no value in common.
            _ => {
                let absent = |r| if child.is_null(r) { NULL } else { ABSENT };
                (vec![NULL; parent.len()], (0..child.len()).map(absent).collect())
            }
        },
    }
}

fn decimals(column: &Column) -> u8 {
    if let Column::Number { decimals, .. } = column { *decimals } else { 0 }
}

fn scaled(column: &Column, wanted: u8) -> Vec<i64> {
    let factor = 10i64.pow(u32::from(wanted - decimals(column)));
    let scale = |v: i64| if v == NULL { NULL } else { v.checked_mul(factor).unwrap_or(ABSENT) };
    (0..column.len()).map(|r| scale(column.tick(r))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(labels: &[&str]) -> Column {
        let mut values = crate::Labels::default();
        let codes = labels.iter().map(|l| if l.is_empty() { NO_CODE } else { values.insert(l) as u32 });
        let codes = codes.collect();
        Column::Text { codes, values }
    }

    #[test]
    fn one_key_column() {
        let link = join(&[&text(&["a", "b", "b"])], &[&text(&["b", "", "x", "a"])]);
        assert_eq!(link.rows, [1, NO_ROW, NO_ROW, 0]);
        assert_eq!((link.dangling.checked, link.dangling.broken, link.dangling.places), (4, 1, vec![3]));
    }

    #[test]
    fn two_key_columns_and_unlike_grids() {
        let number = |ticks: &[i64], decimals| Column::Number { ticks: ticks.to_vec(), decimals };
        let parent = [&text(&["a", "a"]), &number(&[10, 20], 0)];
        let link = join(&parent, &[&text(&["a", "a", "a"]), &number(&[200, 105, NULL], 1)]);
        assert_eq!(link.rows, [1, NO_ROW, NO_ROW]);
        assert_eq!((link.dangling.broken, link.dangling.places), (1, vec![2]));
    }

    #[test]
    fn empty_tables() {
        assert_eq!(join(&[&text(&[])], &[&text(&["a"])]).dangling.broken, 1);
        assert!(join(&[&text(&["a"])], &[&text(&[])]).rows.is_empty());
    }
}
