//! The rows of one fit, laid out for histograms: only bins that occur, row by row, in blocks that fit the cache.

use super::Bins;
use super::trees::{Rule, WORDS};

/// Histogram cells of one block: 32 KiB of sums, which stay in the first cache.
pub(super) const BLOCK: usize = 4096;

/// One feature that is not constant on the rows of the fit.
pub(super) struct Feature {
    /// Its index in the caller's [`Bins`].
    pub source: u16,
    pub ordered: bool,
    /// The block that holds it and its place in the block's rows.
    pub block: usize,
    pub place: usize,
    /// Its first cell among the block's cells; its ranks follow.
    pub start: usize,
    /// The caller's bin of each rank, ascending.
    pub bins: Vec<u8>,
}

/// Features beside each other; `data` holds, row by row, the cell that the row falls in for each feature.
pub(super) struct Block {
    pub features: std::ops::Range<usize>,
    pub cells: usize,
    pub width: usize,
    pub data: Vec<u16>,
}

/// All features of all rows of a fit.
pub(super) struct Matrix<'a> {
    columns: &'a [Vec<u8>],
    /// The caller's row of each row here.
    pub rows: &'a [u32],
    pub features: Vec<Feature>,
    pub blocks: Vec<Block>,
}

impl<'a> Matrix<'a> {
    /// Lays out `rows` of `x`. Constant features are left out.
    pub fn new(x: &Bins<'a>, rows: &'a [u32]) -> Self {
        let mut m = Self { columns: x.columns, rows, features: Vec::new(), blocks: Vec::new() };
        for (source, column) in x.columns.iter().enumerate() {
            let mut seen = [false; 256];
            rows.iter().for_each(|&r| seen[usize::from(column[r as usize])] = true);
            let bins: Vec<u8> = (0..=255u8).filter(|&b| seen[usize::from(b)]).collect();
            if bins.len() > 1 {
                m.place(source as u16, x.ordered[source], bins);
            }
        }
        for b in &mut m.blocks {
            b.width = b.features.len();
            b.data = vec![0; b.width * rows.len()];
            for f in &m.features[b.features.clone()] {
                let mut cell = [0u16; 256];
                for (rank, &bin) in f.bins.iter().enumerate() {
                    cell[usize::from(bin)] = (f.start + rank) as u16;
                }
                let column = &x.columns[usize::from(f.source)];
                for (slot, &r) in b.data[f.place..].iter_mut().step_by(b.width).zip(rows) {
                    *slot = cell[usize::from(column[r as usize])];
                }
            }
        }
        m
    }

    fn place(&mut self, source: u16, ordered: bool, bins: Vec<u8>) {
        let at = self.features.len();
        if self.blocks.last().is_none_or(|b| b.cells + bins.len() > BLOCK) {
            self.blocks.push(Block { features: at..at, cells: 0, width: 0, data: Vec::new() });
        }
        let block = self.blocks.len() - 1;
        let b = &mut self.blocks[block];
        let (place, start) = (b.features.len(), b.cells);
        b.features.end += 1;
        b.cells += bins.len();
        self.features.push(Feature { source, ordered, block, place, start, bins });
    }

    /// Whether a row goes left. Reads the caller's column: rows come in order, and it is the smallest there is.
    pub fn goes_left(&self, f: usize, left: &Ranks) -> impl Fn(u32) -> bool + use<'_> {
        let feature = &self.features[f];
        let mut table = [false; 256];
        for (rank, &bin) in feature.bins.iter().enumerate() {
            table[usize::from(bin)] = left.contains(rank);
        }
        let column = &self.columns[usize::from(feature.source)];
        move |row| table[usize::from(column[self.rows[row as usize] as usize])]
    }
}

impl Feature {
    /// The caller's bins that go left when the ranks in `left` do.
    ///
    /// Ordered bins that no row of the fit had go with the nearer neighbour, but never with bin 0, which may mean
    /// missing; unknown categories go with the larger side.
    pub fn rule(&self, left: &Ranks, left_is_larger: bool) -> Rule {
        match left {
            Ranks::UpTo(r) => {
                let (a, b) = (u16::from(self.bins[*r]), u16::from(self.bins[*r + 1]));
                Rule::UpTo(if a == 0 { 0 } else { ((a + b - 1) / 2) as u8 })
            }
            Ranks::In(ranks) => {
                let mut set = [if left_is_larger { u64::MAX } else { 0 }; WORDS];
                for (rank, &bin) in self.bins.iter().enumerate() {
                    let bit = 1u64 << (bin & 63);
                    let word = &mut set[usize::from(bin >> 6)];
                    *word = if contains(ranks, rank) { *word | bit } else { *word & !bit };
                }
                Rule::In(set)
            }
        }
    }
}

/// Which ranks of a feature go left.
#[derive(Clone, Debug)]
pub(super) enum Ranks {
    UpTo(usize),
    In([u64; WORDS]),
}

impl Ranks {
    pub fn contains(&self, rank: usize) -> bool {
        match self {
            Ranks::UpTo(r) => rank <= *r,
            Ranks::In(set) => contains(set, rank),
        }
    }
}

fn contains(set: &[u64; WORDS], rank: usize) -> bool {
    set[rank >> 6] >> (rank & 63) & 1 == 1
}
