//! One value as text, for looking at the first rows of a table.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float64Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_schema::{DataType, TimeUnit};
use healthdata_core::time;

/// The text of a value; None when it is missing.
pub fn text(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    let moment = |micros: i64| time::format(micros, "%Y-%m-%d %H:%M:%S");
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Date32 => {
            time::format(i64::from(array.as_primitive::<Date32Type>().value(row)) * time::DAY, "%Y-%m-%d")
        }
        DataType::Timestamp(TimeUnit::Second, _) => {
            moment(array.as_primitive::<TimestampSecondType>().value(row).saturating_mul(1_000_000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            moment(array.as_primitive::<TimestampMillisecondType>().value(row).saturating_mul(1000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            moment(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            moment(array.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1000))
        }
        other => format!("({other})"),
    })
}
