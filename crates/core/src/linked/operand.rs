//! Values of two paths made comparable, exactly: one grid for numbers, one clock for times, one code for labels.

use std::borrow::Cow;

use crate::dataset::{NO_CODE, NULL};
use crate::{Column, Error, ErrorKind, Result, time};

use super::Path;

/// A path with values that compare with those of its partner.
#[derive(Clone, Debug)]
pub struct Operand<'a> {
    path: Path<'a>,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    /// Multiples of a grid, times a factor that brings both sides to the finer grid.
    Scaled(i128),
    /// Times cut to their day, in days.
    Days,
    /// Labels that are numbers: their multiples of the common grid by code.
    Coded(Vec<i128>),
}

impl<'a> Operand<'a> {
    /// The value seen from a row through the `pick`-th inferred parent; None when it is missing.
    pub fn value(&self, row: usize, pick: usize) -> Option<i128> {
        let row = self.path.row(row, pick)?;
        self.here(row)
    }

    /// The value of a row of the table where the path ends.
    pub fn here(&self, row: usize) -> Option<i128> {
        let tick = self.path.column.tick(row);
        if tick == NULL {
            return None;
        }
        Some(match &self.values {
            Values::Scaled(factor) => i128::from(tick) * factor,
            Values::Days => i128::from(tick.div_euclid(time::DAY)),
            Values::Coded(by_code) => by_code[tick as usize],
        })
    }

    /// The path.
    pub fn path(&self) -> &Path<'a> {
        &self.path
    }
}

/// Makes two paths comparable: numbers with numbers, times with times (by the day when one of them has no
/// time of day), labels with labels (for equality, or as numbers when all of them are numbers and `ordered`).
pub fn align<'a>(left: Path<'a>, right: Path<'a>, ordered: bool) -> Result<(Operand<'a>, Operand<'a>)> {
    let scaled = |path: Path<'a>, factor| Operand { path, values: Values::Scaled(factor) };
    match (left.column, right.column) {
        (Column::Time { .. }, Column::Time { .. }) if left.is_date == right.is_date => {
            Ok((scaled(left, 1), scaled(right, 1)))
        }
        (Column::Time { .. }, Column::Time { .. }) => {
            Ok((Operand { path: left, values: Values::Days }, Operand { path: right, values: Values::Days }))
        }
        (Column::Text { values, .. }, Column::Text { values: others, .. }) if !ordered => {
            let code = |(i, v)| values.get_index_of(v).unwrap_or(values.len() + i) as i128;
            let by_code = others.iter().enumerate().map(code).collect();
            Ok((scaled(left, 1), Operand { path: right, values: Values::Coded(by_code) }))
        }
        (a, b) => match (grid(a), grid(b)) {
            (Some(x), Some(y)) => {
                let decimals = x.max(y);
                Ok((on_grid(left, decimals), on_grid(right, decimals)))
            }
            _ => Err(Error::new(
                ErrorKind::Rule,
                format!("{} is {} and {} is {}: they can't be compared", left.text, kind(a), right.text, kind(b)),
            )),
        },
    }
}

fn kind(column: &Column) -> &'static str {
    match column {
        Column::Number { .. } => "a number",
        Column::Time { .. } => "a time",
        Column::Text { .. } => "a label",
    }
}

/// Decimal places of a column of numbers or of labels that are all numbers.
fn grid(column: &Column) -> Option<u8> {
    match column {
        Column::Number { decimals, .. } => Some(*decimals),
        Column::Time { .. } => None,
        Column::Text { values, .. } => {
            values.iter().try_fold(0, |d, v| decimal(v).map(|(_, decimals)| decimals.max(d)))
        }
    }
}

fn on_grid(path: Path<'_>, decimals: u8) -> Operand<'_> {
    let power = |d: u8| 10i128.pow(u32::from(decimals - d));
    let values = match path.column {
        Column::Number { decimals, .. } => Values::Scaled(power(*decimals)),
        Column::Time { .. } => Values::Scaled(1),
        Column::Text { values, .. } => {
            Values::Coded(values.iter().filter_map(decimal).map(|(n, d)| n * power(d)).collect())
        }
    };
    Operand { path, values }
}

/// A plain decimal number as a multiple of 10^-decimals: `-1.50` is (-150, 2). At most 18 digits.
pub fn decimal(text: &str) -> Option<(i128, u8)> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() + part.len() > 18 || !plain(whole) || !plain(part) {
        return None;
    }
    let n: i128 = format!("{whole}{part}").parse().ok()?;
    Some((if text.starts_with('-') { -n } else { n }, part.len() as u8))
}

/// The column itself when it holds numbers, a column of numbers when all its labels are numbers.
pub fn as_numbers(column: &Column) -> Option<Cow<'_, Column>> {
    match column {
        Column::Number { .. } => Some(Cow::Borrowed(column)),
        Column::Time { .. } => None,
        Column::Text { codes, values } => {
            let decimals = grid(column)?;
            let tick = |(n, d): (i128, u8)| i64::try_from(n * 10i128.pow(u32::from(decimals - d))).ok();
            let by_code = values.iter().map(|v| decimal(v).and_then(tick)).collect::<Option<Vec<_>>>()?;
            let ticks = codes.iter().map(|&c| if c == NO_CODE { NULL } else { by_code[c as usize] }).collect();
            Some(Cow::Owned(Column::Number { ticks, decimals }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_plain() {
        assert_eq!(decimal("-1.50"), Some((-150, 2)));
        assert_eq!(decimal("007"), Some((7, 0)));
        for bad in ["", "-", "1e5", "0x1", "1 ", ".5", "12345678901234567890", "1.2.3", "--1"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn labels_become_numbers_only_when_all_are() {
        let text = |labels: &[&str]| Column::Text {
            codes: (0..labels.len() as u32).chain([NO_CODE]).collect(),
            values: labels.iter().map(|l| l.to_string()).collect(),
        };
        let numbers = Column::Number { ticks: vec![10, 25, NULL], decimals: 1 };
        assert_eq!(as_numbers(&text(&["1", "2.5"])).map(Cow::into_owned), Some(numbers));
        assert_eq!(as_numbers(&text(&["1", "two"])), None);
    }
}
