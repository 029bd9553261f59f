//! Foreign keys as row numbers: codes of key values in one space, and joins over them.

use std::collections::HashMap;

use crate::dataset::{Column, NO_CODE, NULL};
use crate::metadata::Relationship;
use crate::metric::align;
use crate::metric::cardinality::{NO_KEY, child_counts};

/// One relationship of one side.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Code of each parent row's key.
    pub parent_keys: Vec<u32>,
    /// Code of each child row's key, in the same space.
    pub child_keys: Vec<u32>,
    /// The first parent row with the child's key; `u32::MAX` when there is none.
    parent_rows: Vec<u32>,
}

/// Pairs of rows that share a key.
#[derive(Clone, Debug, Default)]
pub struct Join {
    /// Rows of the child table.
    pub child: Vec<u32>,
    /// The parent row of each.
    pub parent: Vec<u32>,
}

impl Link {
    /// The parent row of a child row.
    pub fn parent(&self, child: u32) -> Option<u32> {
        self.parent_rows.get(child as usize).copied().filter(|&p| p != u32::MAX)
    }

    /// Children of every parent row.
    pub fn counts(&self) -> Vec<u32> {
        child_counts(&self.parent_keys, &self.child_keys)
    }

    /// Number of different keys among the children.
    pub fn distinct_parents(&self) -> usize {
        let size = self.child_keys.iter().filter(|&&k| k != NO_KEY).max().map_or(0, |&m| m as usize + 1);
        let mut seen = vec![false; size];
        self.child_keys.iter().filter(|&&k| k != NO_KEY && !std::mem::replace(&mut seen[k as usize], true)).count()
    }

    /// Rows of the children of every parent row, in the order of the child table.
    pub fn children(&self) -> Children {
        let mut starts = vec![0u32; self.parent_keys.len() + 1];
        for &p in self.parent_rows.iter().filter(|&&p| p != u32::MAX) {
            starts[p as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0u32; starts.last().map_or(0, |&n| n as usize)];
        for (row, &p) in self.parent_rows.iter().enumerate().filter(|(_, p)| **p != u32::MAX) {
            rows[next[p as usize] as usize] = row as u32;
            next[p as usize] += 1;
        }
        Children { starts, rows }
    }

    /// The inner join of child and parent, every match of a repeated parent key included, missing keys joining
    /// missing keys (as pandas merges).
    pub fn join(&self) -> Join {
        let size = self.parent_keys.iter().filter(|&&p| p != NO_KEY).max().map_or(0, |&m| m as usize + 1);
        let slot = |k: u32| if k == NO_KEY { size } else { k as usize };
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); size + 1];
        for (row, &k) in self.parent_keys.iter().enumerate() {
            rows[slot(k)].push(row as u32);
        }
        let mut join = Join::default();
        for (child, &k) in self.child_keys.iter().enumerate() {
            for &parent in rows.get(slot(k)).into_iter().flatten() {
                join.child.push(child as u32);
                join.parent.push(parent);
            }
        }
        join
    }
}

/// Children grouped by parent row.
#[derive(Clone, Debug)]
pub struct Children {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Children {
    /// Number of parents.
    pub fn parents(&self) -> usize {
        self.starts.len() - 1
    }

    /// Child rows of a parent row.
    pub fn of(&self, parent: usize) -> &[u32] {
        &self.rows[self.starts[parent] as usize..self.starts[parent + 1] as usize]
    }
}

/// Codes of key columns of two tables in one space; a key whose columns are all missing is [`NO_KEY`].
pub fn key_codes(first: &[&Column], second: &[&Column]) -> Result<[Vec<u32>; 2], String> {
    if let ([Column::Text { codes, values }], [Column::Text { codes: others, values: own }]) = (first, second) {
        // The first table's keys keep their codes (missing is the same number), keys it doesn't have follow.
        let mut new = values.len() as u32..;
        let place = |v| values.get_index_of(v).map(|p| p as u32).or_else(|| new.next()).unwrap_or(NO_KEY);
        let place: Vec<u32> = own.iter().map(place).collect();
        let others = others.iter().map(|&c| if c == NO_CODE { NO_KEY } else { place[c as usize] }).collect();
        return Ok([codes.clone(), others]);
    }
    let mut aligned = Vec::new();
    for (a, b) in first.iter().zip(second) {
        aligned.push(align(vec![(*a).clone(), (*b).clone()]).map_err(|e| e.to_string())?.0);
    }
    let rows = |side: usize| aligned.first().map_or(0, |s| s[side].ticks.len());
    let mut codes: HashMap<Vec<i64>, u32> = HashMap::new();
    let mut out = [Vec::with_capacity(rows(0)), Vec::with_capacity(rows(1))];
    let mut key = vec![0; aligned.len()];
    for (side, out) in out.iter_mut().enumerate() {
        for row in 0..rows(side) {
            for (k, s) in key.iter_mut().zip(&aligned) {
                *k = s[side].ticks[row];
            }
            out.push(if key.iter().all(|&k| k == NULL) {
                NO_KEY
            } else if let Some(&code) = codes.get(&key) {
                code
            } else {
                let code = codes.len() as u32;
                codes.insert(key.clone(), code);
                code
            });
        }
    }
    Ok(out)
}

/// Resolves one relationship of one side.
pub fn link<'s>(
    relationship: &Relationship,
    column: &dyn Fn(&str, &str) -> Result<&'s Column, String>,
) -> Result<Link, String> {
    let all = |table: &str, keys: &[String]| keys.iter().map(|k| column(table, k)).collect::<Result<Vec<_>, _>>();
    let parent = all(&relationship.parent, &relationship.parent_key)?;
    let child = all(&relationship.child, &relationship.child_key)?;
    let [parent_keys, child_keys] = key_codes(&parent, &child)?;
    let size = parent_keys.iter().filter(|&&k| k != NO_KEY).max().map_or(0, |&m| m as usize + 1);
    let mut first = vec![u32::MAX; size];
    for (row, &k) in parent_keys.iter().enumerate().rev().filter(|(_, k)| **k != NO_KEY) {
        first[k as usize] = row as u32;
    }
    let parent_rows = child_keys.iter().map(|&k| first.get(k as usize).copied().unwrap_or(u32::MAX)).collect();
    Ok(Link { parent_keys, child_keys, parent_rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(ticks: &[i64]) -> Column {
        Column::Number { ticks: ticks.to_vec(), decimals: 0 }
    }

    fn relationship(columns: &[&str]) -> Relationship {
        let keys: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        Relationship { parent: "p".into(), parent_key: keys.clone(), child: "c".into(), child_key: keys }
    }

    #[test]
    fn keys_become_rows() {
        let (p, c) = (numbers(&[10, 20, 20]), numbers(&[20, 10, NULL, 99]));
        let l = link(&relationship(&["k"]), &|t, _| Ok(if t == "p" { &p } else { &c })).unwrap();
        assert_eq!((0..4).map(|r| l.parent(r)).collect::<Vec<_>>(), [Some(1), Some(0), None, None]);
        assert_eq!(l.join().parent, [1, 2, 0]);
        assert_eq!(l.counts(), [1, 1, 1]);
        assert_eq!(l.children().of(1), [0]);
    }

    #[test]
    fn composite_keys_match_as_a_whole() {
        let (a, b) = (numbers(&[1, 1, 2]), numbers(&[5, 6, 5]));
        let column = |_: &str, c: &str| Ok(if c == "a" { &a } else { &b });
        let l = link(&relationship(&["a", "b"]), &column).unwrap();
        assert_eq!((0..3).map(|r| l.parent(r)).collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
    }
}
