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

    /// The values of the table's rows in the order of the sequences.
    pub fn ordered(&self, values: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|&r| values[r as usize]).collect()
    }

    /// How `ordered` values go with those `lag` steps before them; values far from `origin` lose digits.
    pub fn moments(&self, ordered: &[f64], lag: usize, origin: f64) -> Moments {
        let mut m = Moments::new(&self.groups, origin);
        let pairs = self.lagged(lag).map(|(a, b)| (self.groups.of[b], ordered[a], ordered[b]));
        m.add(pairs.filter(|(_, x, y)| x.is_finite() && y.is_finite()));
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
