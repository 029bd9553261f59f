//! The types that columns came in, so that whoever hands over typed tables can be given rows in the same types.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};

use crate::metadata::TableMeta;

/// What a column was before it became ticks and codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Native {
    /// Text, or nothing that says more than the values themselves.
    #[default]
    Any,
    /// Whole numbers; also floats that are only floats because a missing value stands beside whole numbers.
    Whole,
    /// Numbers with a point.
    Real,
    /// True and false.
    Flag,
    /// Days.
    Day,
    /// Points in time.
    Time {
        /// Seconds (0), milli- (3), micro- (6) or nanoseconds (9).
        digits: u8,
        /// The time zone, if one was named.
        zone: Option<String>,
    },
}

impl Native {
    /// The type of a column.
    ///
    /// ```
    /// use arrow_array::Float64Array;
    /// use healthdata_core::native::Native;
    /// assert_eq!(Native::of(&Float64Array::from(vec![Some(1.0), None])), Native::Whole);
    /// assert_eq!(Native::of(&Float64Array::from(vec![1.0, 2.0])), Native::Real);
    /// ```
    pub fn of(array: &dyn Array) -> Self {
        match array.data_type() {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Whole,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => Self::Whole,
            DataType::Float64 => real(array.as_primitive::<Float64Type>().iter()),
            DataType::Float32 => real(array.as_primitive::<Float32Type>().iter().map(|v| v.map(f64::from))),
            DataType::Decimal128(_, _) => Self::Real,
            DataType::Boolean => Self::Flag,
            DataType::Date32 => Self::Day,
            DataType::Timestamp(unit, zone) => {
                Self::Time { digits: digits(*unit), zone: zone.as_ref().map(ToString::to_string) }
            }
            DataType::Dictionary(_, _) => array.as_any_dictionary_opt().map_or(Self::Any, |d| Self::of(d.values())),
            _ => Self::Any,
        }
    }

    /// The types of a table's columns, in metadata order.
    pub fn of_table(batch: &RecordBatch, meta: &TableMeta) -> Vec<Self> {
        let of = |name: &String| batch.column_by_name(name).map_or(Self::Any, |a| Self::of(a.as_ref()));
        meta.columns.keys().map(of).collect()
    }
}

/// Digits behind the second of a unit.
fn digits(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// Whole when a value is missing and the others are whole: that is how other tools keep a missing whole number.
fn real(values: impl Iterator<Item = Option<f64>>) -> Native {
    let (mut missing, mut known) = (false, false);
    for v in values {
        match v {
            Some(v) if v.fract() == 0.0 => known = true,
            Some(v) if !v.is_nan() => return Native::Real,
            _ => missing = true,
        }
    }
    if missing && known { Native::Whole } else { Native::Real }
}
