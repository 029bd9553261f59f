//! The rows of one owner in their order.

use super::frame::{Frame, REAL};
use crate::dataset::NULL;
use crate::metric::Scale;
use crate::metric::autocorrelation::Moments;
use crate::metric::jackknife::Groups;

/// Rows of a table by owner and, within an owner, by the order column.
#[derive(Clone, Debug, Default)]
pub struct Sequences {
    /// Row numbers, owner after owner.
    pub rows: Vec<u32>,
    /// Place of each of them in its sequence, from 0.
    pub position: Vec<u32>,
    /// Where each sequence starts in `rows`, with the end of the last one.
    pub starts: Vec<u32>,
    /// Group of each entry of `rows`.
    pub groups: Groups,
}

impl Sequences {
    /// Places in `rows` that have a row `lag` steps before them.
    pub fn lagged(&self, lag: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        (lag..self.rows.len()).filter(move |&i| self.position[i] as usize >= lag).map(move |i| (i - lag, i))
    }

    /// The values of the table's rows in the order of the sequences; those that are not finite are missing (NaN).
    pub fn ordered(&self, values: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|&r| Some(values[r as usize]).filter(|v| v.is_finite()).unwrap_or(f64::NAN)).collect()
    }

    /// How `ordered` values go with those `lag` steps before them; values far from `origin` lose digits.
    pub fn moments(&self, ordered: &[f64], lag: usize, origin: f64) -> Moments {
        let mut m = Moments::new(&self.groups, origin);
        for ends in self.starts.windows(2) {
            let mut at = ends[0] as usize + lag;
            for group in self.groups.of.get(at..ends[1] as usize).unwrap_or_default().chunk_by(u8::eq) {
                let end = at + group.len();
                m.add(group[0], &ordered[at - lag..end - lag], &ordered[at..end]);
                at = end;
            }
        }
        m
    }
}

/// The column that orders the rows of one owner: declared, else the first time.
pub fn order_column<'a>(frame: &Frame<'a>, table: &str) -> Option<&'a str> {
    let meta = &frame.metadata.tables[table];
    if let Some(order) = &meta.order {
        return Some(order.as_str());
    }
    let is_time = |c: &&str| frame.column(REAL, table, c).is_ok_and(|s| s.scale == Scale::Time);
    frame.modelled(table).into_iter().find(is_time)
}

/// The sequences of a table; None without an owner or an order. Rows without owner or place are left out.
pub fn sequences(frame: &Frame, side: usize, table: &str) -> Option<Sequences> {
    let owner = frame.owners[table]?;
    let order = frame.column(side, table, order_column(frame, table)?).ok()?;
    let link = frame.links[side][owner].as_ref().ok()?;
    let groups = &frame.groups[side][table];
    let children = link.children();
    let mut out = Sequences { groups: Groups { of: Vec::new(), count: groups.count }, ..Sequences::default() };
    for parent in 0..children.parents() {
        let mut rows: Vec<u32> =
            children.of(parent).iter().copied().filter(|&r| order.ticks[r as usize] != NULL).collect();
        if rows.is_empty() {
            continue;
        }
        // Stable: rows of the same moment keep the order of the table.
        rows.sort_by_key(|&r| order.ticks[r as usize]);
        out.starts.push(out.rows.len() as u32);
        for (i, r) in rows.into_iter().enumerate() {
            out.rows.push(r);
            out.position.push(i as u32);
            out.groups.of.push(groups.of[r as usize]);
        }
    }
    out.starts.push(out.rows.len() as u32);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::correlation_similarity::pearson;

    /// Whatever the groups, moments are those of the lagged pairs in which both values are known.
    #[test]
    fn moments_are_those_of_the_lagged_pairs() {
        let x: Vec<f64> = (0..24).map(|i| f64::from(i * i % 7)).collect();
        let groups = Groups { of: (0..24).map(|i| i / 5 % 3).collect(), count: 3 };
        let (rows, position) = ((0..24).rev().collect(), (0..10).chain(0..3).chain(0..11).collect());
        let s = Sequences { rows, position, starts: vec![0, 10, 13, 24], groups };
        let mut ordered = s.ordered(&x);
        assert_eq!(ordered[0], x[23]);
        ordered[4] = f64::NAN;
        for lag in [1, 2, 5] {
            let pairs: Vec<(f64, f64)> = s.lagged(lag).map(|(a, b)| (ordered[a], ordered[b])).collect();
            let known = pairs.into_iter().filter(|(x, y)| !x.is_nan() && !y.is_nan());
            let m = s.moments(&ordered, lag, 3.0);
            assert_eq!(m.len(), known.clone().count());
            assert!((m.correlation(None).unwrap() - pearson(known).unwrap()).abs() < 1e-12);
        }
    }
}
