//! Columns to codes and back, with the memorisation guards that belong to single values.

mod bins;
mod heaps;
mod label;
mod number;
mod spread;
mod tails;

pub use bins::Grain;
pub use label::Vocabulary;
pub use number::NumberCoder;
pub use spread::Spread;

/// Fewest entities that anything learned may stand for, whatever is asked for.
pub const MIN_SUPPORT: usize = 5;

/// Codes of one column of training rows; [`MISSING`] never appears: missing has a code of its own.
pub type Codes = Vec<u16>;

/// Distinct members of `groups` among rows, counted with a stamp per group.
pub(crate) struct Distinct {
    stamp: Vec<u32>,
    now: u32,
}

impl Distinct {
    /// For group numbers below `groups`.
    pub fn new(groups: usize) -> Self {
        Self { stamp: vec![0; groups], now: 0 }
    }

    /// True when at least `k` different groups occur.
    pub fn at_least(&mut self, k: usize, groups: impl Iterator<Item = u32>) -> bool {
        self.now += 1;
        let mut seen = 0;
        for g in groups {
            let s = &mut self.stamp[g as usize];
            if *s != self.now {
                *s = self.now;
                seen += 1;
                if seen >= k {
                    return true;
                }
            }
        }
        seen >= k
    }
}
