//! How many rows were looked at, how many broke a rule, and where the first ones are.

use serde::Serialize;

/// Places that a report gives.
const PLACES: usize = 5;

/// The result of proving one rule on the rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Rows looked at.
    pub checked: u64,
    /// Rows that break it.
    pub broken: u64,
    /// Data row numbers of the first broken rows, counted from 1.
    pub places: Vec<u64>,
    /// Every broken row, counted from 0.
    #[serde(skip)]
    pub rows: Vec<u32>,
}

impl Tally {
    /// Counts one row; rows come in ascending order.
    pub fn row(&mut self, row: usize, holds: bool) {
        self.checked += 1;
        if !holds {
            self.broken += 1;
            self.rows.push(row as u32);
            if self.places.len() < PLACES {
                self.places.push(row as u64 + 1);
            }
        }
    }

    /// Looks at `rows` rows one by one.
    pub fn of(rows: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut tally = Self::default();
        (0..rows).for_each(|row| tally.row(row, holds(row)));
        tally
    }

    /// The tally of `rows` rows of which the marked ones are broken, in any order and possibly more than once.
    pub fn marked(rows: usize, mut broken: Vec<usize>) -> Self {
        broken.sort_unstable();
        broken.dedup();
        let places = broken.iter().take(PLACES).map(|r| *r as u64 + 1).collect();
        let all = broken.iter().map(|r| *r as u32).collect();
        Self { checked: rows as u64, broken: broken.len() as u64, places, rows: all }
    }
}
