//! How many entities hold each value.

use std::collections::HashMap;
use std::hash::Hash;

/// Entities by value.
pub(super) struct Held<K>(HashMap<K, usize>);

impl<K: Hash + Eq + Clone> Held<K> {
    /// Counts the different entities of each value; values and entities row by row.
    pub fn count(values: impl Iterator<Item = K>, entities: &[u32]) -> Self {
        // The rows of an entity lie together in most tables, but not in all.
        let mut pairs: std::collections::HashSet<(K, u32)> = std::collections::HashSet::new();
        let mut count = HashMap::new();
        for (value, entity) in values.zip(entities) {
            if pairs.insert((value.clone(), *entity)) {
                *count.entry(value).or_insert(0) += 1;
            }
        }
        Self(count)
    }

    /// Entities that hold a value.
    pub fn of(&self, value: &K) -> usize {
        self.0.get(value).copied().unwrap_or(0)
    }
}
