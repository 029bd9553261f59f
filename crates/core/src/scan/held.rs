//! How many entities hold each value.

use std::collections::HashMap;
use std::hash::Hash;

use crate::support::Holders;

/// Entities by value.
pub(super) struct Held<K>(HashMap<K, Vec<u32>>);

impl<K: Hash + Eq + Clone> Held<K> {
    /// Counts the different entities of each value; values and entities row by row.
    pub fn count(values: impl Iterator<Item = K>, entities: &[u32]) -> Self {
        // The rows of an entity lie together in most tables, but not in all.
        let mut pairs: std::collections::HashSet<(K, u32)> = std::collections::HashSet::new();
        let mut count = HashMap::new();
        for (value, entity) in values.zip(entities) {
            if pairs.insert((value.clone(), *entity)) {
                count.entry(value).or_insert_with(Vec::new).push(*entity);
            }
        }
        Self(count)
    }

    /// Entities that hold a value.
    pub fn of(&self, value: &K) -> usize {
        self.0.get(value).map_or(0, Vec::len)
    }

    /// Entities that hold a label; at least `k` where those are enough for it to be learned.
    pub fn of_label(&self, value: &K, holders: &Holders) -> usize {
        let who = || self.0.get(value).into_iter().flatten().copied();
        let n = who().count();
        if holders.enough(who()) { n.max(holders.k) } else { n }
    }
}
