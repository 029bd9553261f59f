//! What one column holds, whatever its arrow type: distinct values, and the shape that all of them have.

use arrow_array::Array;
use arrow_schema::{DataType, TimeUnit};
use indexmap::IndexSet;

use super::{format, names, pattern};
use crate::dataset::{Column, NO_CODE, NULL};
use crate::labels::Labels;
use crate::metadata::{ColumnMeta, Sdtype};
use crate::{Result, time};

/// What every value of a column is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Only missing values.
    Empty,
    /// True and false.
    Bool,
    /// Whole numbers.
    Whole,
    /// Other numbers.
    Real,
    /// Dates or times.
    Time {
        /// The format of all or of the finest.
        format: String,
        /// Those of others.
        others: Vec<String>,
    },
    /// UUIDs.
    Uuid,
    /// Anything else.
    Text,
}

/// One column, read once.
pub(super) struct Profile {
    /// Index into `texts` for each row; [`NO_CODE`] is missing.
    pub(super) codes: Vec<u32>,
    /// The distinct values.
    pub(super) texts: Labels,
    /// The distinct values as numbers, in the order of `texts`; empty for other shapes than whole numbers.
    pub(super) numbers: Vec<i64>,
    /// The numbers in order, to look them up.
    pub(super) sorted: Vec<i64>,
    /// Rows without a value.
    pub(super) nulls: usize,
    /// What all values are.
    pub(super) shape: Shape,
}

impl Shape {
    /// Times of one format.
    fn time(format: &str) -> Self {
        Shape::Time { format: format.into(), others: Vec::new() }
    }
}

impl Profile {
    /// Reads a column.
    pub(super) fn read(name: &str, array: &dyn Array) -> Result<Profile> {
        let (codes, texts) = codes(array)?;
        let nulls = codes.iter().filter(|c| **c == NO_CODE).count();
        let mut profile = Profile { codes, texts, numbers: Vec::new(), sorted: Vec::new(), nulls, shape: Shape::Text };
        profile.shape = profile.find_shape(name, array.data_type());
        if profile.shape != Shape::Whole {
            profile.numbers.clear();
        }
        profile.sorted = profile.numbers.clone();
        profile.sorted.sort_unstable();
        Ok(profile)
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.codes.len()
    }

    /// Number of rows with a value.
    pub(super) fn known(&self) -> usize {
        self.codes.len() - self.nulls
    }

    /// Number of distinct values.
    pub(super) fn distinct(&self) -> usize {
        self.texts.len()
    }

    /// No value twice and none missing.
    pub(super) fn is_unique(&self) -> bool {
        self.nulls == 0 && self.rows() > 0 && self.distinct() == self.rows()
    }

    /// Formats of times that are not all known as finely; None for other texts.
    fn mixed(&self) -> Option<(String, Vec<String>)> {
        let year = |t: &str| t.bytes().filter(u8::is_ascii_digit).count() >= 4;
        if !self.texts.iter().all(|t| t.len() <= 40 && year(t)) {
            return None;
        }
        let mut rows = vec![0; self.texts.len()];
        self.codes.iter().filter(|c| **c != NO_CODE).for_each(|c| rows[*c as usize] += 1);
        let texts: Vec<(&str, usize)> = self.texts.iter().map(str::trim).zip(rows).collect();
        format::find_mixed(&texts)
    }

    /// 00501 and 0313.101 are codes and no numbers.
    fn is_padded(&self) -> bool {
        let texts = || self.texts.iter().map(str::trim);
        let zeros =
            |t: &str| t.as_bytes().first() == Some(&b'0') && t.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        let length = texts().next().map_or(0, str::len);
        texts().any(zeros) && texts().all(|t| t.len() == length)
    }

    fn find_shape(&mut self, name: &str, kind: &DataType) -> Shape {
        match kind {
            _ if self.texts.is_empty() => return Shape::Empty,
            DataType::Boolean => return Shape::Bool,
            DataType::Date32 => return Shape::time("%Y-%m-%d"),
            DataType::Timestamp(unit, _) => {
                let fine = *unit != TimeUnit::Second && self.texts.iter().any(|t| t.contains('.'));
                let format = if fine { "%Y-%m-%d %H:%M:%S%.f" } else { "%Y-%m-%d %H:%M:%S" };
                return Shape::time(format);
            }
            _ => {}
        }
        let texts = || self.texts.iter().map(|t| t.trim());
        if texts().all(|t| t.eq_ignore_ascii_case("true") || t.eq_ignore_ascii_case("false")) {
            return Shape::Bool;
        }
        if texts().all(pattern::is_uuid) {
            return Shape::Uuid;
        }
        let numbers: Option<Vec<i64>> = texts().map(whole).collect();
        if let Some(numbers) = numbers {
            // 20240131 is a date where the name says so.
            if self.is_padded() {
                return Shape::Text;
            }
            let says_date =
                names::words(name).iter().any(|w| ["date", "dt", "day", "dob", "birth"].contains(&w.as_str()));
            // The keys of a table of days are keys.
            if says_date && names::id_name(name) == names::IdName::No && format::packed_dates(&numbers) {
                return Shape::time("%Y%m%d");
            }
            self.numbers = numbers;
            return Shape::Whole;
        }
        if texts().all(|t| t.parse::<f64>().is_ok()) {
            return if self.is_padded() { Shape::Text } else { Shape::Real };
        }
        if let Some(format) = format::find(texts()) {
            return Shape::time(&format);
        }
        match self.mixed() {
            Some((format, others)) => Shape::Time { format, others },
            None => Shape::Text,
        }
    }
}

/// A whole number, also one that a missing value beside it turned into `12.0`.
fn whole(text: &str) -> Option<i64> {
    let text = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|b| b == b'0')).map_or(text, |(n, _)| n);
    text.parse().ok().filter(|n| *n != NULL)
}

/// Codes and distinct texts of any array that holds labels, numbers or times.
fn codes(array: &dyn Array) -> Result<(Vec<u32>, Labels)> {
    let text = |sdtype| Column::read(array, &ColumnMeta::new(sdtype));
    let (ticks, show): (Vec<i64>, Box<dyn Fn(i64) -> String>) = match array.data_type() {
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => match text(Sdtype::Numerical)? {
            Column::Number { ticks, decimals } => (ticks, Box::new(move |t| on_grid(t, decimals))),
            other => (vec![NULL; other.len()], Box::new(|_| String::new())),
        },
        DataType::Timestamp(..) => match text(Sdtype::Datetime { format: None })? {
            Column::Time { ticks } => {
                let fine = ticks.iter().any(|t| *t != NULL && t % time::SECOND != 0);
                let f = if fine { "%Y-%m-%d %H:%M:%S%.f" } else { "%Y-%m-%d %H:%M:%S" };
                (ticks, Box::new(move |t| time::format(t, f)))
            }
            other => (vec![NULL; other.len()], Box::new(|_| String::new())),
        },
        _ => {
            return match text(Sdtype::Categorical)? {
                Column::Text { codes, values } => Ok((codes, values)),
                other => Ok((vec![NO_CODE; other.len()], Labels::default())),
            };
        }
    };
    let mut distinct: IndexSet<i64> = IndexSet::new();
    let codes = ticks.iter().map(|t| if *t == NULL { NO_CODE } else { distinct.insert_full(*t).0 as u32 }).collect();
    Ok((codes, distinct.into_iter().map(show).collect()))
}

/// A multiple of 10^-decimals as text.
fn on_grid(tick: i64, decimals: u8) -> String {
    if decimals == 0 {
        return tick.to_string();
    }
    let scale = 10u64.pow(u32::from(decimals.min(18)));
    let n = tick.unsigned_abs();
    let sign = if tick < 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", n / scale, n % scale, width = usize::from(decimals))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};

    fn shape(array: &dyn Array) -> Shape {
        Profile::read("x", array).unwrap().shape
    }

    fn text(values: &[&str]) -> Shape {
        shape(&StringArray::from(values.to_vec()))
    }

    #[test]
    fn text_and_typed_arrays_have_the_same_shape() {
        assert_eq!(text(&["1", "2", ""]), Shape::Whole);
        assert_eq!(shape(&Int64Array::from(vec![1, 2])), Shape::Whole);
        assert_eq!(text(&["1.0", "2.0"]), Shape::Whole);
        assert_eq!(shape(&Float64Array::from(vec![1.0, 2.0])), Shape::Whole);
        assert_eq!(text(&["1.5", "2"]), Shape::Real);
        assert_eq!(shape(&Float64Array::from(vec![1.5, -2.25])), Shape::Real);
        assert_eq!(shape(&Decimal128Array::from(vec![5]).with_precision_and_scale(9, 2).unwrap()), Shape::Real);
        assert_eq!(text(&["True", "false"]), Shape::Bool);
        assert_eq!(shape(&BooleanArray::from(vec![true])), Shape::Bool);
        assert_eq!(text(&["2024-01-31"]), Shape::time("%Y-%m-%d"));
        assert_eq!(shape(&Date32Array::from(vec![-5])), Shape::time("%Y-%m-%d"));
        assert_eq!(text(&["", ""]), Shape::Empty);
        assert_eq!(text(&["007", "123"]), Shape::Text);
        assert_eq!(text(&["0313.101", "0313.118"]), Shape::Text);
        assert_eq!(text(&["0.101", "0.118"]), Shape::Real);
        assert_eq!(text(&["a", "1"]), Shape::Text);
    }

    #[test]
    fn packed_dates_need_a_name() {
        let a = StringArray::from(vec!["20240131", "19991231"]);
        assert_eq!(Profile::read("visit_date", &a).unwrap().shape, Shape::time("%Y%m%d"));
        assert_eq!(Profile::read("amount", &a).unwrap().shape, Shape::Whole);
    }

    #[test]
    fn decimals_keep_their_sign_and_zeros() {
        assert_eq!(on_grid(-5, 2), "-0.05");
        assert_eq!(on_grid(1250, 3), "1.250");
    }
}
