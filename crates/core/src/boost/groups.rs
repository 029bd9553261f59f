//! Rows taken apart by entity: held-out rows, capped rows, folds. An entity is never on both sides.

use crate::rng::{Stream, name};

/// Each entity of `groups` with its rows' positions, in random order.
fn shuffled(groups: &[u32], purpose: &str, seed: u64, index: u64) -> Vec<Vec<u32>> {
    let mut by_entity: Vec<u32> = (0..groups.len() as u32).collect();
    by_entity.sort_by_key(|&i| groups[i as usize]);
    let mut out: Vec<Vec<u32>> =
        by_entity.chunk_by(|&a, &b| groups[a as usize] == groups[b as usize]).map(<[u32]>::to_vec).collect();
    Stream::new(seed, name(&["boost", purpose]), index).shuffle(&mut out);
    out
}

/// Marks whole entities with about `share` of the rows; None when that can't be done.
pub(super) fn hold_out(groups: &[u32], share: f64, seed: u64, index: u64) -> Option<Vec<bool>> {
    let target = share * groups.len() as f64;
    let mut held = vec![false; groups.len()];
    let mut n = 0;
    for rows in shuffled(groups, "held out", seed, index) {
        // An entity with most of the rows has to stay where the trees are grown.
        if (n as f64) < target && 2 * (n + rows.len()) <= groups.len() {
            n += rows.len();
            rows.iter().for_each(|&r| held[r as usize] = true);
        }
    }
    (n > 0).then_some(held)
}

/// Positions, ascending, of at most `most` rows of whole entities (of a part of one when it alone is larger).
pub(super) fn cap(groups: &[u32], most: usize, seed: u64, index: u64) -> Vec<u32> {
    let mut kept: Vec<u32> = Vec::with_capacity(most);
    for rows in shuffled(groups, "cap", seed, index) {
        if kept.len() + rows.len() <= most {
            kept.extend(rows);
        } else if kept.is_empty() {
            kept.extend(&rows[..most]);
        }
    }
    kept.sort_unstable();
    kept
}

/// A fold in 0..`folds` for every row: entities stay whole and every fold gets about the same share of either
/// label (the greedy assignment of scikit-learn's `StratifiedGroupKFold`).
pub fn stratified_folds(labels: &[bool], groups: &[u32], folds: usize, seed: u64) -> Vec<usize> {
    let mut entities: Vec<(Vec<u32>, [f64; 2])> = shuffled(groups, "folds", seed, 0)
        .into_iter()
        .map(|rows| {
            let yes = rows.iter().filter(|&&r| labels[r as usize]).count();
            let counts = [(rows.len() - yes) as f64, yes as f64];
            (rows, counts)
        })
        .collect();
    // Uneven entities first, while there is room to balance them.
    entities.sort_by(|a, b| (b.1[0] - b.1[1]).abs().total_cmp(&(a.1[0] - a.1[1]).abs()));
    let yes = labels.iter().filter(|&&l| l).count() as f64;
    let totals = [(labels.len() as f64 - yes).max(1.0), yes.max(1.0)];
    let mut filled = vec![[0.0f64; 2]; folds];
    let mut out = vec![0; labels.len()];
    for (rows, counts) in entities {
        // Adding to fold f changes the sum of squared shares by this much; the least keeps the folds most even.
        let cost = |f: &[f64; 2]| (0..2).map(|c| counts[c] * (2.0 * f[c] + counts[c]) / (totals[c] * totals[c])).sum();
        let costs: Vec<f64> = filled.iter().map(cost).collect();
        let best = (0..folds).min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap_or(0);
        filled[best] = [filled[best][0] + counts[0], filled[best][1] + counts[1]];
        rows.iter().for_each(|&r| out[r as usize] = best);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entities() -> Vec<u32> {
        (0..1000u32).map(|i| (i * i) % 137).collect()
    }

    #[test]
    fn entities_are_never_split() {
        let groups = entities();
        let held = hold_out(&groups, 0.15, 1, 0).unwrap();
        let folds = stratified_folds(&groups.iter().map(|g| g % 3 == 0).collect::<Vec<_>>(), &groups, 5, 1);
        for (i, a) in groups.iter().enumerate() {
            for (j, b) in groups.iter().enumerate().skip(i) {
                if a == b {
                    assert_eq!((held[i], folds[i]), (held[j], folds[j]));
                }
            }
        }
        let n = held.iter().filter(|&&h| h).count();
        assert!((140..=200).contains(&n), "{n}");
        let kept = cap(&groups, 300, 1, 0);
        assert!(kept.len() <= 300 && kept.len() > 250 && kept.is_sorted());
        assert!(
            kept.iter().all(|&k| (0..1000u32).all(|i| groups[i as usize] != groups[k as usize] || kept.contains(&i)))
        );
    }

    #[test]
    fn folds_have_even_shares_of_both_labels() {
        let groups = entities();
        let labels: Vec<bool> = (0..1000).map(|i| i % 4 == 0).collect();
        let folds = stratified_folds(&labels, &groups, 5, 3);
        for f in 0..5 {
            let n = folds.iter().filter(|&&g| g == f).count();
            let yes = (0..1000).filter(|&i| folds[i] == f && labels[i]).count();
            // Largest entity has under 30 rows.
            assert!(n.abs_diff(200) <= 30 && yes.abs_diff(50) <= 15, "{n} {yes}");
        }
    }

    #[test]
    fn one_entity_cannot_be_held_out() {
        assert!(hold_out(&[3, 3, 3], 0.15, 1, 0).is_none());
        assert!(hold_out(&[], 0.15, 1, 0).is_none());
        assert_eq!(cap(&[3, 3, 3], 2, 1, 0).len(), 2);
    }
}
