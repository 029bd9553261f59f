//! How the values of a column are written: the type and looks that the input has.

use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use serde::{Deserialize, Serialize};

use super::Written;
use crate::dataset::strings;
use crate::metadata::{ColumnMeta, Sdtype};
use crate::{Column, time};

/// The type and looks of an output column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Shown {
    /// Text.
    #[default]
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers with a point; all with so many places where the input had it so, else with as few as they need.
    Real(u8),
    /// True and false, by these words.
    Flag {
        /// The word for true.
        yes: String,
        /// The word for false.
        no: String,
    },
    /// Times.
    Time {
        /// Minutes that the clock on the wall is ahead of UTC, where the input says so.
        offset: i32,
        /// The zone of a typed column.
        zone: Option<String>,
    },
    /// Text in the form of the row.
    Written(Written),
}

/// The looks of each column of the batch that the metadata names.
pub(super) fn shown(batch: &RecordBatch, column: &str, meta: &ColumnMeta, data: &Column) -> Shown {
    let Some(array) = batch.column_by_name(column) else { return Shown::Text };
    match strings(array.as_ref()) {
        Some(texts) => of_texts(&texts, meta, data),
        None => of_type(array.as_ref(), data),
    }
}

fn of_type(array: &dyn Array, data: &Column) -> Shown {
    match (array.data_type(), data) {
        (DataType::Timestamp(_, zone), Column::Time { .. }) => {
            Shown::Time { offset: 0, zone: zone.as_ref().map(|z| z.to_string()) }
        }
        (t, Column::Time { .. }) if t.is_integer() || t.is_floating() => Shown::Whole,
        (_, Column::Time { .. }) => Shown::Time { offset: 0, zone: None },
        (DataType::Boolean, _) => Shown::Flag { yes: "True".into(), no: "False".into() },
        (t, _) if t.is_integer() => Shown::Whole,
        (DataType::Decimal128(_, s), Column::Number { .. }) => Shown::Real((*s).clamp(0, 9) as u8),
        (_, Column::Number { .. }) => Shown::Real(0),
        _ => Shown::Text,
    }
}

fn of_texts(texts: &[Option<&str>], meta: &ColumnMeta, data: &Column) -> Shown {
    match (data, &meta.sdtype) {
        (Column::Time { .. }, Sdtype::Datetime { format }) => {
            Shown::Time { offset: format.as_deref().map_or(0, |f| offset(texts, f)), zone: None }
        }
        (Column::Number { .. }, _) => places(texts),
        (Column::Text { values, .. }, sdtype) => {
            let whole = |v: &str| v.parse::<i64>().is_ok_and(|n| n.to_string() == v);
            let word = |w: &str| {
                let mut all = values.iter().filter(|v| v.eq_ignore_ascii_case(w));
                all.next().filter(|_| all.next().is_none()).map(str::to_owned)
            };
            let flag = *sdtype == Sdtype::Boolean && values.len() <= 2;
            match (word("true"), word("false")) {
                (Some(yes), Some(no)) if flag => Shown::Flag { yes, no },
                _ if !values.is_empty() && values.iter().all(whole) => Shown::Whole,
                _ => Shown::Text,
            }
        }
        _ => Shown::Text,
    }
}

/// Whole numbers, or numbers of which all have the same places.
fn places(texts: &[Option<&str>]) -> Shown {
    let (mut least, mut most, mut any, mut power) = (usize::MAX, 0, false, false);
    for t in texts.iter().flatten().map(|t| t.trim()).filter(|t| !t.is_empty()) {
        let places = t.split_once('.').map_or(0, |(_, p)| p.len());
        (least, most, any) = (least.min(places), most.max(places), true);
        power |= t.contains(['e', 'E']);
    }
    match any {
        true if power => Shown::Real(0),
        true if most == 0 => Shown::Whole,
        true if least == most && most <= 9 => Shown::Real(most as u8),
        true => Shown::Real(0),
        false => Shown::Whole,
    }
}

/// Minutes ahead of UTC, where every text says the same.
fn offset(texts: &[Option<&str>], format: &str) -> i32 {
    if !format.ends_with("%z") && !format.ends_with("%:z") {
        return 0;
    }
    // The same text read without its zone is the wall clock.
    let wall = format.trim_end_matches("%:z").trim_end_matches("%z");
    let one = |t: &str| {
        let cut = t.rfind(['+', '-'])?;
        let ahead = time::parse(t[..cut].trim_end(), wall.trim_end()).ok()? - time::parse(t, format).ok()?;
        i32::try_from(ahead / (60 * time::SECOND)).ok()
    };
    let mut known = texts.iter().flatten().map(|t| t.trim()).filter(|t| !t.is_empty());
    let Some(first) = known.next().and_then(one) else { return 0 };
    if known.all(|t| one(t) == Some(first)) { first } else { 0 }
}
