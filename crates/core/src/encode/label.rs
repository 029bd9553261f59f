//! Labels to codes: frequent first, those held by too few entities pooled.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::dataset::NO_CODE;
use crate::labels::Labels;
use crate::support::Holders;

/// The labels of a column that enough entities hold, most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// The labels; a code is an index into them.
    pub labels: Vec<String>,
    /// Labels that were dropped because too few entities hold them.
    pub dropped: u32,
}

impl Vocabulary {
    /// Learns the labels of `codes` (into `values`) that enough entities hold.
    ///
    /// Ties in frequency are broken by the text, never by order of appearance.
    pub fn fit(codes: &[u32], values: &Labels, holders: &Holders) -> Self {
        let mut count = vec![0u64; values.len()];
        let mut pairs: Vec<(u32, u32)> =
            codes.iter().zip(holders.entities).filter(|(c, _)| **c != NO_CODE).map(|(c, e)| (*c, *e)).collect();
        for (c, _) in &pairs {
            count[*c as usize] += 1;
        }
        pairs.sort_unstable();
        pairs.dedup();
        let groups = || pairs.chunk_by(|a, b| a.0 == b.0);
        let is_enough = |g: &&[(u32, u32)]| holders.enough(g.iter().map(|p| p.1));
        let mut kept: Vec<usize> = groups().filter(is_enough).map(|g| g[0].0 as usize).collect();
        let dropped = (groups().count() - kept.len()) as u32;
        kept.sort_by(|&a, &b| count[b].cmp(&count[a]).then_with(|| values[a].cmp(&values[b])));
        // Codes are 16 bits with a few kept free.
        kept.truncate(60_000);
        Self { labels: kept.into_iter().map(|i| values[i].to_owned()).collect(), dropped }
    }

    /// From the codes of a column to codes of this vocabulary; None for a pooled label.
    pub fn recode(&self, values: &Labels) -> Vec<Option<u32>> {
        let mine: HashMap<&str, u32> = self.labels.iter().enumerate().map(|(i, l)| (l.as_str(), i as u32)).collect();
        values.iter().map(|v| mine.get(v).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_few_entities_is_dropped_however_often_it_occurs() {
        let values: Labels = ["rare", "common"].into_iter().collect();
        // "rare" in six rows of two entities, "common" in three rows of three.
        let codes = [0, 0, 0, 0, 0, 0, 1, 1, 1, NO_CODE];
        let entities = [0, 0, 0, 1, 1, 1, 2, 3, 4, 5];
        let v = Vocabulary::fit(&codes, &values, &Holders { entities: &entities, known: &[], k: 3 });
        assert_eq!(v.labels, ["common"]);
        assert_eq!(v.dropped, 1);
        assert_eq!(v.recode(&values), [None, Some(0)]);
    }
}
