//! Total variation between joint distributions of codes, with its standard error.

use super::jackknife::{Estimate, Groups, jackknife};

/// Two columns of codes of one sample, row by row, and the group of each row.
#[derive(Clone, Copy, Debug)]
pub struct Joint<'a> {
    /// Codes of the first column.
    pub a: &'a [u8],
    /// Codes of the second column.
    pub b: &'a [u8],
    /// The groups of entities.
    pub groups: &'a Groups,
}

/// 1 - total variation distance between the joint frequencies of two samples; `sizes` bounds the codes of the
/// two columns. None when a sample is empty.
pub fn joint_similarity(samples: [Joint; 2], sizes: [usize; 2]) -> Option<Estimate> {
    let cells = sizes[0] * sizes[1];
    let count = |s: &Joint| {
        let mut table = vec![0u32; cells * s.groups.count];
        for ((&a, &b), &g) in s.a.iter().zip(s.b).zip(&s.groups.of) {
            table[usize::from(g) * cells + usize::from(a) * sizes[1] + usize::from(b)] += 1;
        }
        table
    };
    table_similarity(
        [(&count(&samples[0]), samples[0].groups.count), (&count(&samples[1]), samples[1].groups.count)],
        cells,
    )
}

/// [`joint_similarity`] of counts that are already made: for each sample, `cells` counts for each of its groups.
pub fn table_similarity(samples: [(&[u32], usize); 2], cells: usize) -> Option<Estimate> {
    let totals = samples.map(|(table, _)| {
        let mut total = vec![0u32; cells];
        for group in table.chunks_exact(cells.max(1)) {
            for (t, &n) in total.iter_mut().zip(group) {
                *t += n;
            }
        }
        total
    });
    let sizes = [0, 1].map(|s: usize| totals[s].iter().map(|&n| u64::from(n)).sum::<u64>());
    jackknife(&[samples[0].1, samples[1].1], |skip| {
        let group =
            |side: usize| skip.filter(|s| s.0 == side).map(|s| &samples[side].0[s.1 * cells..(s.1 + 1) * cells]);
        let left = [group(0), group(1)];
        let n = [0, 1].map(|s: usize| sizes[s] - left[s].map_or(0, |g| g.iter().map(|&n| u64::from(n)).sum()));
        if n[0] == 0 || n[1] == 0 {
            return None;
        }
        let [n0, n1] = n.map(|n| n as f64);
        let at = |side: usize, cell: usize| f64::from(totals[side][cell] - left[side].map_or(0, |g| g[cell]));
        let distance: f64 = (0..cells).map(|c| (at(0, c) / n0 - at(1, c) / n1).abs()).sum();
        Some(1.0 - 0.5 * distance)
    })
}

/// TV complement of one column of label codes with its standard error; missing (negative) codes are left out.
pub fn label_similarity(samples: [(&[i64], &Groups); 2]) -> Option<Estimate> {
    let largest = samples.iter().flat_map(|s| s.0).max().copied().unwrap_or(-1);
    let cells = usize::try_from(largest + 1).unwrap_or(0);
    if cells == 0 {
        return None;
    }
    let tables = samples.map(|(codes, groups)| {
        let mut table = vec![0u32; cells * groups.count];
        for (&c, &g) in codes.iter().zip(&groups.of).filter(|(c, _)| **c >= 0) {
            table[usize::from(g) * cells + c as usize] += 1;
        }
        table
    });
    table_similarity([(&tables[0], samples[0].1.count), (&tables[1], samples[1].1.count)], cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Stream, name};

    fn groups(n: usize) -> Groups {
        Groups::new(&(0..n as u32).collect::<Vec<_>>(), n)
    }

    #[test]
    fn the_distance_is_the_textbook_one() {
        let g = groups(4);
        let same = Joint { a: &[0, 0, 1, 1], b: &[0, 1, 0, 1], groups: &g };
        let other = Joint { a: &[0, 0, 1, 1], b: &[0, 0, 1, 1], groups: &g };
        assert_eq!(joint_similarity([same, other], [2, 2]).map(|e| e.value), Some(0.5));
    }

    #[test]
    fn the_error_covers_the_truth() {
        // A coin of 0.5 against one of 0.7: the true similarity is 0.8.
        let mut s = Stream::new(3, name(&["joint"]), 0);
        let n = 5000;
        let mut coin = |p: f64| (0..n).map(|_| u8::from(s.unit() < p)).collect::<Vec<_>>();
        let (x, y, z) = (coin(0.5), coin(0.7), vec![0; n]);
        let g = groups(n);
        let e =
            joint_similarity([Joint { a: &x, b: &z, groups: &g }, Joint { a: &y, b: &z, groups: &g }], [2, 1]).unwrap();
        let textbook = ((0.25 + 0.21) / n as f64).sqrt();
        assert!((e.value - 0.8).abs() < 4.0 * textbook);
        assert!((e.error.unwrap() / textbook - 1.0).abs() < 0.65, "{e:?} {textbook}");
    }

    #[test]
    fn missing_labels_are_left_out() {
        let g = groups(3);
        let e = label_similarity([(&[0, i64::MIN, 1], &g), (&[0, 0, 1], &g)]).unwrap();
        assert!((e.value - (1.0 - 1.0 / 6.0)).abs() < 1e-15);
        assert_eq!(label_similarity([(&[i64::MIN; 3], &g), (&[0, 0, 1], &g)]), None);
    }
}
