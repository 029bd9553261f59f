//! Columns of several data sets in one space of whole numbers, so that they can be compared cell by cell.

use crate::dataset::{Column, NO_CODE, NULL};
use crate::{Error, ErrorKind, Labels, Result};

/// What the whole numbers of a [`Series`] mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Multiples of 10^-decimals.
    Number {
        /// Decimal places.
        decimals: u8,
    },
    /// Microseconds since 1970-01-01.
    Time,
    /// Codes into a shared list of labels.
    Label,
}

/// One column of one data set; [`NULL`] is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What the ticks mean.
    pub scale: Scale,
    /// One whole number a row.
    pub ticks: Vec<i64>,
}

impl Series {
    /// True for numbers and times.
    pub fn is_continuous(&self) -> bool {
        self.scale != Scale::Label
    }

    /// The value of a row as a float: numbers as they read, times in nanoseconds (the unit pandas uses), labels
    /// as their code.
    pub fn value(&self, row: usize) -> Option<f64> {
        self.float(self.ticks[row])
    }

    /// A tick of this scale as a float.
    pub fn float(&self, tick: i64) -> Option<f64> {
        if tick == NULL {
            return None;
        }
        let t = tick as f64;
        Some(match self.scale {
            Scale::Number { decimals } => t / power_of_ten(decimals),
            Scale::Time => t * 1000.0,
            Scale::Label => t,
        })
    }

    /// The ticks that are not missing.
    pub fn known(&self) -> impl Iterator<Item = i64> + Clone {
        self.ticks.iter().copied().filter(|&t| t != NULL)
    }

    /// Share of missing rows; None without rows.
    pub fn missing_share(&self) -> Option<f64> {
        let n = self.ticks.len();
        (n > 0).then(|| self.ticks.iter().filter(|&&t| t == NULL).count() as f64 / n as f64)
    }
}

/// 10^n; exact for n up to 22.
pub fn power_of_ten(n: u8) -> f64 {
    (0..n).fold(1.0, |p, _| p * 10.0)
}

/// The finest decimal grid of the columns on which the largest number of any still fits.
fn grid(columns: &[Column]) -> u8 {
    let (mut finest, mut largest) = (0u8, 1.0f64);
    for column in columns {
        if let Column::Number { ticks, decimals } = column {
            let most = ticks.iter().filter(|&&t| t != NULL).map(|t| t.unsigned_abs()).max().unwrap_or(0);
            finest = finest.max(*decimals);
            largest = largest.max(most as f64 / power_of_ten(*decimals));
        }
    }
    while finest > 0 && largest * power_of_ten(finest) > 9.0e18 {
        finest -= 1;
    }
    finest
}

/// Puts the same column of several data sets on one scale: numbers on the finest decimal grid, labels on one
/// list (labels of the first data set first). The second value is that list.
pub fn align(columns: Vec<Column>) -> Result<(Vec<Series>, Labels)> {
    let kind = |c: &Column| std::mem::discriminant(c);
    if columns.windows(2).any(|w| kind(&w[0]) != kind(&w[1])) {
        return Err(Error::new(ErrorKind::Data, "the data sets have different types of values here"));
    }
    let mut labels = Labels::default();
    let finest = grid(&columns);
    let mut out = Vec::with_capacity(columns.len());
    for column in columns {
        out.push(match column {
            Column::Number { mut ticks, decimals } => {
                let (up, down) = (finest.saturating_sub(decimals), decimals.saturating_sub(finest));
                let (up, down) = (10i64.pow(u32::from(up)), 10i64.pow(u32::from(down)));
                // Saturating: whole numbers at the end of the range stay the largest, which keeps their order.
                let moved = |t: i64| match (t, down) {
                    (NULL, _) => NULL,
                    (t, 1) => t.saturating_mul(up).max(NULL + 1),
                    (t, _) => (t as f64 / down as f64).round() as i64,
                };
                if finest != decimals {
                    ticks.iter_mut().for_each(|t| *t = moved(*t));
                }
                Series { scale: Scale::Number { decimals: finest }, ticks }
            }
            Column::Time { ticks } => Series { scale: Scale::Time, ticks },
            Column::Text { codes, values } => {
                let place: Vec<i64> = if labels.is_empty() {
                    labels = values;
                    (0..labels.len() as i64).collect()
                } else {
                    values.iter().map(|v| labels.insert(v) as i64).collect()
                };
                let ticks = codes.iter().map(|&c| if c == NO_CODE { NULL } else { place[c as usize] }).collect();
                Series { scale: Scale::Label, ticks }
            }
        });
    }
    Ok((out, labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(values: &[&str]) -> Column {
        let mut set = Labels::default();
        let codes = values.iter().map(|v| if v.is_empty() { NO_CODE } else { set.insert(v) as u32 });
        Column::Text { codes: codes.collect(), values: set }
    }

    #[test]
    fn labels_share_one_list() {
        let (s, labels) = align(vec![text(&["a", "b", ""]), text(&["c", "b"])]).unwrap();
        assert_eq!(s[0].ticks, [0, 1, NULL]);
        assert_eq!(s[1].ticks, [2, 1]);
        assert_eq!(labels.len(), 3);
    }

    #[test]
    fn numbers_share_the_finest_grid() {
        let a = Column::Number { ticks: vec![1, NULL], decimals: 0 };
        let b = Column::Number { ticks: vec![125], decimals: 2 };
        let (s, _) = align(vec![a, b]).unwrap();
        assert_eq!(s[0].ticks, [100, NULL]);
        assert_eq!(s[0].value(0), Some(1.0));
        assert_eq!(s[1].value(0), Some(1.25));
    }

    #[test]
    fn a_grid_too_fine_for_the_largest_number_is_coarser() {
        let a = Column::Number { ticks: vec![123_456_789_012_345], decimals: 14 };
        let b = Column::Number { ticks: vec![5_000_000], decimals: 0 };
        let (s, _) = align(vec![a, b]).unwrap();
        assert_eq!(s[1].value(0), Some(5_000_000.0));
        assert!((s[0].value(0).unwrap() - 1.234_567_890_123_45).abs() < 1e-11);
    }

    #[test]
    fn other_types_are_an_error() {
        assert!(align(vec![text(&["a"]), Column::Time { ticks: vec![1] }]).is_err());
    }
}
