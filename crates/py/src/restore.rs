//! Generated columns in the types that the training tables came in: numbers as numbers, flags as flags.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use healthdata_core::identifier::{IdFormat, Place};
use healthdata_core::metadata::Sdtype;
use healthdata_core::model::Model;
use healthdata_core::native::Native;
use healthdata_core::plan::{Output, SlotKind};
use healthdata_core::{Error, ErrorKind, Metadata, Result, time};

/// The schema of each table as it is given back; `base` is how the engine makes it.
pub fn schemas(model: &Model, metadata: &Metadata, base: &[SchemaRef]) -> Vec<SchemaRef> {
    let look = Look { model, metadata, base };
    let table = |(t, schema): (usize, &SchemaRef)| {
        let field = |(c, f): (usize, &Arc<Field>)| Field::new(f.name(), look.of(t, c, 0), true);
        Arc::new(Schema::new(schema.fields().iter().enumerate().map(field).collect::<Vec<_>>()))
    };
    base.iter().enumerate().map(table).collect()
}

struct Look<'a> {
    model: &'a Model,
    metadata: &'a Metadata,
    base: &'a [SchemaRef],
}

impl Look<'_> {
    fn of(&self, t: usize, c: usize, depth: usize) -> DataType {
        let base = self.base[t].field(c).data_type().clone();
        let Some((name, meta)) = self.metadata.tables.get_index(t) else { return base };
        let Some((column, column_meta)) = meta.columns.get_index(c) else { return base };
        if let Some((t, c)) = self.key(name, column)
            && depth < self.base.len()
        {
            // A foreign key looks like the key it points to, whatever it came in as.
            return self.of(t, c, depth + 1);
        }
        let native = self.model.natives.get(t).and_then(|n| n.get(c)).cloned().unwrap_or_default();
        let flag = native == Native::Flag || (native == Native::Any && column_meta.sdtype == Sdtype::Boolean);
        let texts = |pass: &dyn Fn(&str) -> bool| base == DataType::Utf8 && self.texts(t, c, pass);
        let to = match (&native, &base) {
            _ if flag && texts(&|x| truth(x).is_some()) => Some(DataType::Boolean),
            (Native::Whole, _) if texts(&|x| x.parse::<i64>().is_ok()) => Some(DataType::Int64),
            // A missing value had turned whole numbers into floats.
            (Native::Whole, DataType::Float64) => Some(DataType::Int64),
            (Native::Real, _) if texts(&|x| x.parse::<f64>().is_ok()) => Some(DataType::Float64),
            (Native::Real, DataType::Int64) => Some(DataType::Float64),
            (Native::Day, DataType::Timestamp(_, _)) => Some(DataType::Date32),
            // Times that are all midnight are dates: pandas has no other way to hold them. A zone makes them times.
            (Native::Time { zone: None, .. }, DataType::Date32) => None,
            (Native::Time { digits, zone }, DataType::Timestamp(_, _) | DataType::Date32) => {
                let unit = match digits {
                    0 => TimeUnit::Second,
                    3 => TimeUnit::Millisecond,
                    9 => TimeUnit::Nanosecond,
                    _ => TimeUnit::Microsecond,
                };
                Some(DataType::Timestamp(unit, zone.clone().map(Into::into)))
            }
            _ => None,
        };
        to.unwrap_or(base)
    }

    /// The key column that a foreign key column points to.
    fn key(&self, table: &str, column: &str) -> Option<(usize, usize)> {
        let r = self.metadata.foreign_key(table, column)?;
        let at = r.child_key.iter().position(|c| c == column)?;
        let (parent, _, meta) = self.metadata.tables.get_full(&r.parent)?;
        Some((parent, meta.columns.get_index_of(r.parent_key.get(at)?)?))
    }

    /// True when every text that the column can hold passes.
    fn texts(&self, t: usize, c: usize, pass: &dyn Fn(&str) -> bool) -> bool {
        let table = &self.model.plan.tables[t];
        match table.output.get(c) {
            Some(Output::Id(IdFormat::Integer(_))) => pass("1"),
            Some(Output::Id(IdFormat::Pattern(places))) => {
                let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
                let width = |p: &Place| match p {
                    Place::Text(t) => t.len(),
                    Place::Count(_, n, _) => usize::from(*n),
                };
                places.iter().all(|p| matches!(p, Place::Text(t) | Place::Count(t, ..) if digits(t)))
                    && places.iter().map(width).sum::<usize>() < 16
                    && pass("1")
            }
            Some(Output::Kept(values)) => values.iter().flatten().all(|v| pass(v)),
            Some(Output::Slot(s)) => match table.slots.get(usize::from(*s)).map(|s| &s.kind) {
                Some(SlotKind::Label { labels, .. }) => labels.iter().all(|l| pass(l)),
                _ => false,
            },
            _ => false,
        }
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "True" | "true" | "TRUE" => Some(true),
        "False" | "false" | "FALSE" => Some(false),
        _ => None,
    }
}

/// The batch in the types of a schema of [`schemas`].
pub fn restore(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(a, f)| column(a, f.data_type())).collect::<Option<Vec<ArrayRef>>>();
    let bad = || Error::new(ErrorKind::Model, "a generated column has another type than the model says");
    RecordBatch::try_new(schema.clone(), columns.ok_or_else(bad)?).map_err(|_| bad())
}

fn column(array: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    if array.data_type() == to {
        return Some(array.clone());
    }
    Some(match (array.data_type(), to) {
        (DataType::Utf8, DataType::Int64) => {
            Arc::new(array.as_string::<i32>().iter().map(|v| v.and_then(|v| v.parse().ok())).collect::<Int64Array>())
        }
        (DataType::Utf8, DataType::Float64) => {
            Arc::new(array.as_string::<i32>().iter().map(|v| v.and_then(|v| v.parse().ok())).collect::<Float64Array>())
        }
        (DataType::Utf8, DataType::Boolean) => {
            Arc::new(array.as_string::<i32>().iter().map(|v| v.and_then(truth)).collect::<BooleanArray>())
        }
        (DataType::Float64, DataType::Int64) => {
            Arc::new(array.as_primitive::<Float64Type>().iter().map(|v| v.map(|v| v as i64)).collect::<Int64Array>())
        }
        (DataType::Int64, DataType::Float64) => {
            Arc::new(array.as_primitive::<Int64Type>().iter().map(|v| v.map(|v| v as f64)).collect::<Float64Array>())
        }
        (_, DataType::Date32) => {
            let day = |v: i64| i32::try_from(v.div_euclid(time::DAY)).ok();
            Arc::new(micros(array)?.map(|v| v.and_then(day)).collect::<Date32Array>())
        }
        (_, DataType::Timestamp(unit, zone)) => {
            let values = micros(array)?;
            let zone = zone.clone();
            match unit {
                TimeUnit::Second => Arc::new(
                    values
                        .map(|v| v.map(|v| v.div_euclid(time::SECOND)))
                        .collect::<TimestampSecondArray>()
                        .with_timezone_opt(zone),
                ),
                TimeUnit::Millisecond => Arc::new(
                    values
                        .map(|v| v.map(|v| v.div_euclid(1000)))
                        .collect::<TimestampMillisecondArray>()
                        .with_timezone_opt(zone),
                ),
                TimeUnit::Microsecond => {
                    Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone_opt(zone))
                }
                TimeUnit::Nanosecond => Arc::new(
                    values
                        .map(|v| v.and_then(|v| v.checked_mul(1000)))
                        .collect::<TimestampNanosecondArray>()
                        .with_timezone_opt(zone),
                ),
            }
        }
        _ => return None,
    })
}

/// Points in time of a column as microseconds.
fn micros(array: &ArrayRef) -> Option<Box<dyn Iterator<Item = Option<i64>> + '_>> {
    match array.data_type() {
        DataType::Date32 => {
            Some(Box::new(array.as_primitive::<Date32Type>().iter().map(|v| v.map(|v| i64::from(v) * time::DAY))))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Some(Box::new(array.as_primitive::<TimestampMicrosecondType>().iter()))
        }
        _ => None,
    }
}
