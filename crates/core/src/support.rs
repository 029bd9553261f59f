//! Who counts as a holder of a label.
//!
//! A label is learned where `k` entities hold it. Of a few people whom many others meet (teachers and their students,
//! physicians and their patients) hardly any label would be left: there two who hold it are enough, each known to `k` others.
//! What one of them alone holds is never learned.

use crate::frame::NO_ROW;

/// Holders of a label that are known to many.
const PAIR: usize = 2;

/// The rows of a table as holders of labels.
#[derive(Clone, Copy)]
pub struct Holders<'a> {
    /// Entity of each row.
    pub entities: &'a [u32],
    /// For each entity whether `k` others lead to it; those behind the end are not.
    pub known: &'a [bool],
    /// Fewest entities that hold a label.
    pub k: usize,
}

impl Holders<'_> {
    /// True where these different entities are enough for a label to be learned.
    pub fn enough(&self, entities: impl Iterator<Item = u32> + Clone) -> bool {
        let known = entities.clone().filter(|e| self.known.get(*e as usize) == Some(&true));
        entities.take(self.k).count() >= self.k.max(1) || known.take(PAIR).count() == PAIR
    }

    /// The same for the first rows alone.
    pub fn first(&self, rows: usize) -> Self {
        Self { entities: &self.entities[..rows], ..*self }
    }
}

/// A foreign key that does not own: tables of the child and of the parent, and the parent row of each child row.
pub(crate) type Lead<'a> = (usize, usize, &'a [u32]);

/// For each table, by entity, whether at least `k` entities of another kind lead to it. Only where these are `k` times as
/// many: a patient whom several physicians treat is none of a few whom many meet.
pub(crate) fn known(owner: &[Option<usize>], entities: &[Vec<u32>], leads: &[Lead], k: usize) -> Vec<Vec<bool>> {
    let top = |t: usize| std::iter::successors(Some(t), |t| owner[*t]).take(owner.len() + 1).last().unwrap_or(t);
    let tops: Vec<usize> = (0..owner.len()).map(top).collect();
    let count: Vec<usize> = entities.iter().map(|e| e.iter().max().map_or(0, |m| *m as usize + 1)).collect();
    let mut out: Vec<Vec<bool>> = vec![Vec::new(); owner.len()];
    for to in 0..owner.len() {
        for from in (0..owner.len()).filter(|from| tops[*from] == *from && *from != to && tops[to] == to) {
            let few = count[to];
            if count[from] < k * few {
                continue;
            }
            let between = leads.iter().filter(|(c, p, _)| tops[*c] == from && tops[*p] == to);
            let mut pairs: Vec<(u32, u32)> = between
                .flat_map(|(c, p, rows)| {
                    let linked = rows.iter().zip(&entities[*c]).filter(|(row, _)| **row != NO_ROW);
                    linked.map(|(row, who)| (entities[*p][*row as usize], *who))
                })
                .collect();
            pairs.sort_unstable();
            pairs.dedup();
            let mut who: Vec<u32> = pairs.iter().map(|p| p.1).collect();
            who.sort_unstable();
            who.dedup();
            if who.len() < k * few {
                continue;
            }
            out[to].resize(few, false);
            for group in pairs.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() >= k) {
                if let Some(known) = out[to].get_mut(group[0].0 as usize) {
                    *known = true;
                }
            }
        }
    }
    tops.iter().map(|top| out[*top].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Teachers 0 to 2 own classes 0 to 3; twelve students chose class 0 (all), 1 (four), 2 (all) of teachers 0, 0, 1.
    #[test]
    fn few_whom_many_meet_are_known() {
        let (teachers, classes, students) = (0, 1, 2);
        let owner = [None, Some(teachers), None, Some(students)];
        let choices: Vec<(u32, u32)> = (0..12).flat_map(|s| [(s, 0), (s, 2)]).chain((0..4).map(|s| (s, 3))).collect();
        let rows: Vec<u32> = choices.iter().map(|c| c.1).collect();
        let entities = [vec![0, 1, 2], vec![0, 0, 1, 2], (0..12).collect(), choices.iter().map(|c| c.0).collect()];
        let leads: [Lead; 1] = [(3, classes, &rows)];
        assert_eq!(known(&owner, &entities, &leads, 4)[classes], [true, true, true]);
        // Four students are not enough, and twelve are not five times three.
        assert_eq!(known(&owner, &entities, &leads, 5)[classes], [false; 0]);
        // Students are led to by nobody.
        assert_eq!(known(&owner, &entities, &leads, 4)[students], [false; 0]);
    }

    #[test]
    fn two_known_ones_are_enough_and_one_is_not() {
        let holders = Holders { entities: &[], known: &[true, true, false], k: 3 };
        assert!(holders.enough([0, 1].into_iter()));
        assert!(!holders.enough([0, 2].into_iter()));
        assert!(holders.enough([0, 2, 9].into_iter()));
        assert!(!holders.enough([0].into_iter()));
    }
}
