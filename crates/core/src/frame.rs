//! Rows in memory the way the model sees them: whole numbers, rows of one owner together, links as row numbers.
//!
//! Training data and generated data live in the same structure, so features are computed by the same code.

use serde::{Deserialize, Serialize};

/// No row: a null key or a row without an owner.
pub const NO_ROW: u32 = u32::MAX;

/// Rows that a row looks back for one like it.
const LIKE: usize = 64;
/// The same among the rows of the owner's owner.
const FAR: usize = 256;

/// The rows of one table.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Number of rows.
    pub rows: usize,
    /// Ticks, times or label codes of each modelled column.
    pub values: Vec<Vec<i64>>,
    /// Summaries of child tables, one column each, NaN where unknown.
    pub summaries: Vec<Vec<f64>>,
    /// Row of the owner, for each row.
    pub owner: Vec<u32>,
    /// Row of the target, for each link and row.
    pub links: Vec<Vec<u32>>,
    /// The last earlier row with the same target, for each link and row.
    pub peers: Vec<Vec<u32>>,
    /// First row of each owner row, with one more entry for the end; rows without an owner come last.
    pub first: Vec<u32>,
    /// Rows of a kept dimension: the training row each one repeats.
    pub template: Vec<u32>,
}

impl Frame {
    /// An empty frame of a shape.
    pub fn new(slots: usize, links: usize, summaries: usize) -> Self {
        Self {
            values: vec![Vec::new(); slots],
            links: vec![Vec::new(); links],
            peers: vec![Vec::new(); links],
            summaries: vec![Vec::new(); summaries],
            ..Self::default()
        }
    }

    /// Makes room for so many rows.
    pub fn reserve(&mut self, rows: usize) {
        self.owner.reserve(rows);
        self.values.iter_mut().for_each(|v| v.reserve(rows));
        self.links.iter_mut().for_each(|l| l.reserve(rows));
        self.summaries.iter_mut().for_each(|s| s.reserve(rows));
    }

    /// Adds a row with everything missing.
    pub fn push(&mut self, owner: u32) {
        self.rows += 1;
        self.owner.push(owner);
        for v in &mut self.values {
            v.push(crate::dataset::NULL);
        }
        for l in self.links.iter_mut().chain(&mut self.peers) {
            l.push(NO_ROW);
        }
        for s in &mut self.summaries {
            s.push(f64::NAN);
        }
    }

    /// Takes the last row away again.
    pub fn pop(&mut self) {
        self.rows -= 1;
        self.owner.pop();
        for v in &mut self.values {
            v.pop();
        }
        for l in self.links.iter_mut().chain(&mut self.peers) {
            l.pop();
        }
        for s in &mut self.summaries {
            s.pop();
        }
    }

    /// Keeps these rows in this order; the others are gone. Returns the new number of each.
    pub fn pick(&mut self, order: &[u32]) -> Vec<u32> {
        fn of<T: Copy>(all: &mut Vec<T>, order: &[u32]) {
            if !all.is_empty() {
                *all = order.iter().map(|r| all[*r as usize]).collect();
            }
        }
        let mut now = vec![NO_ROW; self.rows];
        order.iter().enumerate().for_each(|(to, from)| now[*from as usize] = to as u32);
        for peers in &mut self.peers {
            of(peers, order);
            peers.iter_mut().for_each(|p| *p = now.get(*p as usize).copied().unwrap_or(NO_ROW));
        }
        self.values.iter_mut().for_each(|v| of(v, order));
        self.links.iter_mut().for_each(|l| of(l, order));
        self.summaries.iter_mut().for_each(|s| of(s, order));
        of(&mut self.owner, order);
        of(&mut self.template, order);
        self.rows = order.len();
        now
    }

    /// Finds the peers of all rows by one link; `targets` is the number of rows that it may lead to.
    pub fn find_peers(&mut self, link: usize, targets: usize) {
        let mut last = vec![NO_ROW; targets];
        let before = |(row, to): (usize, &u32)| match last.get_mut(*to as usize) {
            Some(l) => std::mem::replace(l, row as u32),
            None => NO_ROW,
        };
        self.peers[link] = self.links[link].iter().enumerate().map(before).collect();
    }

    /// The last earlier row of the same owner that shares something with a row; not further back than [`LIKE`] rows.
    pub fn like(&self, row: usize, what: Shared) -> Option<usize> {
        let (owner, shared) = (self.owner[row], self.shared(row, what)?);
        if owner == NO_ROW {
            return None;
        }
        let mut near = (row.saturating_sub(LIKE)..row).rev().take_while(|r| self.owner[*r] == owner);
        near.find(|r| self.shared(*r, what) == Some(shared))
    }

    /// The last earlier row of the same owner's owner that shares something with a row; not further back than [`FAR`]
    /// rows. `above` are the owners of the owners.
    pub fn like_above(&self, above: &[u32], row: usize, what: Shared) -> Option<usize> {
        let whose = |r: usize| above.get(self.owner[r] as usize).copied().unwrap_or(NO_ROW);
        let (mine, shared) = (whose(row), self.shared(row, what)?);
        if mine == NO_ROW {
            return None;
        }
        let mut near = (row.saturating_sub(FAR)..row).rev().take_while(|r| whose(*r) == mine);
        near.find(|r| self.shared(*r, what) == Some(shared))
    }

    /// What a row may share with others; None where it is missing.
    #[inline]
    pub fn shared(&self, row: usize, what: Shared) -> Option<i64> {
        match what {
            Shared::Slot(s) => Some(self.values[usize::from(s)][row]).filter(|v| *v != crate::dataset::NULL),
            Shared::Link(l) => Some(self.links[usize::from(l)][row]).filter(|to| *to != NO_ROW).map(i64::from),
        }
    }

    /// The row so many rows ahead, if it has the same owner.
    #[inline]
    pub fn ahead(&self, row: usize, k: usize) -> Option<usize> {
        let owner = self.owner[row];
        (owner != NO_ROW && self.owner.get(row + k) == Some(&owner)).then(|| row + k)
    }

    /// Rows of one owner.
    pub fn children(&self, owner: usize) -> std::ops::Range<usize> {
        match (self.first.get(owner), self.first.get(owner + 1)) {
            (Some(a), Some(b)) => *a as usize..*b as usize,
            _ => 0..0,
        }
    }
}

/// What rows that are like each other have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// The value of a slot.
    Slot(u16),
    /// The target of a link.
    Link(u8),
}

/// One step from a row to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Hop {
    /// To the owner.
    Owner,
    /// To the target of a link.
    Link(u8),
    /// So many rows back among the rows of the same owner.
    Back(u8),
    /// So many rows ahead among the rows of the same owner, of a table that is complete.
    Ahead(u8),
    /// To the last earlier row of the same owner with the same value in a slot.
    Like(u16),
    /// To the last earlier row of the same owner's owner with the same value in a slot.
    LikeAbove(u16),
    /// To the last earlier row of the same owner with the same target of a link.
    LikeTo(u8),
    /// To the last earlier row of the same owner's owner with the same target of a link.
    LikeToAbove(u8),
    /// To the last earlier row, of any owner, with the same target of a link.
    Peer(u8),
}

impl Hop {
    /// What the rows share between which this leads within an owner, and whether within the owner's owner.
    pub fn like(self) -> Option<(Shared, bool)> {
        match self {
            Self::Like(s) => Some((Shared::Slot(s), false)),
            Self::LikeAbove(s) => Some((Shared::Slot(s), true)),
            Self::LikeTo(l) => Some((Shared::Link(l), false)),
            Self::LikeToAbove(l) => Some((Shared::Link(l), true)),
            _ => None,
        }
    }
}

/// In place of a slot: which row of a repeated dimension it is.
pub const WHICH: u16 = u16::MAX;

/// A value seen from a row: where to go, and the slot there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ref {
    /// The way.
    pub hops: Vec<Hop>,
    /// The slot at its end.
    pub slot: u16,
}

impl Ref {
    /// A slot of the row itself.
    pub fn own(slot: usize) -> Self {
        Self { hops: Vec::new(), slot: slot as u16 }
    }

    /// A slot at the end of a way.
    pub fn at(hops: &[Hop], slot: usize) -> Self {
        Self { hops: hops.to_vec(), slot: slot as u16 }
    }
}
