//! Rows in memory the way the model sees them: whole numbers, rows of one owner together, links as row numbers.
//!
//! Training data and generated data live in the same structure, so features are computed by the same code.

use serde::{Deserialize, Serialize};

/// No row: a null key or a row without an owner.
pub const NO_ROW: u32 = u32::MAX;

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
        for l in &mut self.links {
            l.push(NO_ROW);
        }
        for s in &mut self.summaries {
            s.push(f64::NAN);
        }
    }

    /// Gives a row the values and links of the row before.
    pub fn repeat(&mut self, row: usize) {
        for v in &mut self.values {
            v[row] = v[row - 1];
        }
        for l in &mut self.links {
            l[row] = l[row - 1];
        }
    }

    /// Takes the last row away again.
    pub fn pop(&mut self) {
        self.rows -= 1;
        self.owner.pop();
        for v in &mut self.values {
            v.pop();
        }
        for l in &mut self.links {
            l.pop();
        }
        for s in &mut self.summaries {
            s.pop();
        }
    }

    /// Rows of one owner.
    pub fn children(&self, owner: usize) -> std::ops::Range<usize> {
        match (self.first.get(owner), self.first.get(owner + 1)) {
            (Some(a), Some(b)) => *a as usize..*b as usize,
            _ => 0..0,
        }
    }
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
