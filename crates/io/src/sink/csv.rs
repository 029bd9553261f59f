//! CSV rows by hand: numbers by arithmetic, quotes only where needed, LF at the end of a row.

use std::collections::HashMap;
use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};
use healthdata_core::metadata::{ColumnMeta, Sdtype, TableMeta};
use healthdata_core::output::{OFFSET, PLACES, WORDS};
use healthdata_core::{Error, ErrorKind, Result, time};

use super::clock::Clock;

/// How cells are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// Puts `'` before text that a spreadsheet would run as a formula (begins with = + - @, tab or return).
    pub for_spreadsheet: bool,
}

/// Appends the header row: the metadata's columns in their order.
pub fn encode_header(meta: &TableMeta, options: CsvOptions, out: &mut Vec<u8>) {
    for (i, name) in meta.columns.keys().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        text(name, options, out);
    }
    out.push(b'\n');
}

/// Appends the rows of a batch, columns by name in the metadata's order. Times are written in the column's
/// `datetime_format`, missing values as empty cells, NaN and infinity as missing.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
/// use healthdata_core::metadata::{ColumnMeta, Sdtype, TableMeta};
/// use healthdata_io::sink::{CsvOptions, encode_csv};
/// let mut meta = TableMeta::default();
/// meta.columns.insert("name".into(), ColumnMeta::new(Sdtype::Categorical));
/// meta.columns.insert("weight".into(), ColumnMeta::new(Sdtype::Numerical));
/// let name: ArrayRef = Arc::new(StringArray::from(vec![Some("A, \"B\""), None]));
/// let weight: ArrayRef = Arc::new(Float64Array::from(vec![70.0, 71.5]));
/// let batch = RecordBatch::try_from_iter([("weight", weight), ("name", name)]).unwrap();
/// let mut out = Vec::new();
/// encode_csv(&batch, &meta, CsvOptions::default(), &mut out).unwrap();
/// assert_eq!(out, b"\"A, \"\"B\"\"\",70\n,71.5\n");
/// ```
pub fn encode_csv(batch: &RecordBatch, meta: &TableMeta, options: CsvOptions, out: &mut Vec<u8>) -> Result<()> {
    let mut problems = Vec::new();
    let mut cells = Vec::with_capacity(meta.columns.len());
    for (name, column) in &meta.columns {
        match batch.column_by_name(name) {
            None => problems.push(format!("column {name} is missing in the rows to write")),
            Some(array) => match looks(batch, name)
                .and_then(|l| special_cells(array, column, l))
                .map_or_else(|| Cells::new(array, column, options), Ok)
            {
                Ok(c) => cells.push(Column { nulls: array.logical_nulls(), cells: c }),
                Err(kind) => problems.push(format!("column {name}: type {kind} can't be written as CSV")),
            },
        }
    }
    Error::all(ErrorKind::Data, problems)?;
    // A lone missing cell must not become an empty line, which readers skip.
    let alone = cells.len() == 1;
    for row in 0..batch.num_rows() {
        for (i, column) in cells.iter_mut().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            let before = out.len();
            if column.nulls.as_ref().is_none_or(|n| n.is_valid(row)) {
                column.cells.write(row, options, out);
            }
            if alone && out.len() == before {
                out.extend_from_slice(b"\"\"");
            }
        }
        out.push(b'\n');
    }
    Ok(())
}

/// What the engine says of how a column is written, beside its type.
fn looks<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a HashMap<String, String>> {
    let field = batch.schema_ref().field_with_name(name).ok()?;
    Some(field.metadata()).filter(|m| !m.is_empty())
}

/// Numbers with a fixed number of places, words for true and false, clocks of a zone.
fn special_cells<'a>(array: &'a ArrayRef, meta: &ColumnMeta, looks: &HashMap<String, String>) -> Option<Cells<'a>> {
    match array.data_type() {
        DataType::Float64 => {
            let places = looks.get(PLACES)?.parse().ok().filter(|p| (1..=15).contains(p))?;
            Some(Cells::Fixed(array.as_primitive::<Float64Type>().values(), places))
        }
        DataType::Boolean => {
            let (yes, no) = looks.get(WORDS)?.split_once(',')?;
            Some(Cells::Words(array.as_boolean(), [no.into(), yes.into()]))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let Sdtype::Datetime { format: Some(f) } = &meta.sdtype else { return None };
            let clock = Clock::ahead(f, looks.get(OFFSET)?.parse().ok()?);
            Some(Cells::Times(array.as_primitive::<TimestampMicrosecondType>().values(), 1, 1, clock))
        }
        _ => None,
    }
}

struct Column<'a> {
    nulls: Option<NullBuffer>,
    cells: Cells<'a>,
}

/// The values of one column, ready to be written row by row.
enum Cells<'a> {
    Missing,
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    F32(&'a [f32], zmij::Buffer),
    F64(&'a [f64], zmij::Buffer),
    Decimal(&'a [i128], u8),
    /// Every number with so many places.
    Fixed(&'a [f64], u8),
    Bool(&'a arrow_array::BooleanArray),
    /// The words for false and true.
    Words(&'a arrow_array::BooleanArray, [Vec<u8>; 2]),
    Days(&'a [i32], Clock),
    /// Values are multiplied by the first number, then divided by the second, to give microseconds.
    Times(&'a [i64], i64, i64, Clock),
    /// Text without any cell that needs care: bytes and their ends.
    Plain(&'a [u8], &'a [i32]),
    Text(&'a arrow_array::StringArray),
    LargeText(&'a arrow_array::LargeStringArray),
    TextView(&'a arrow_array::StringViewArray),
    /// Each distinct label as it is written, and the label of each row.
    Labels(Vec<Vec<u8>>, Vec<usize>),
}

impl<'a> Cells<'a> {
    fn new(array: &'a ArrayRef, meta: &ColumnMeta, options: CsvOptions) -> std::result::Result<Self, DataType> {
        let clock = |default: &str| match &meta.sdtype {
            Sdtype::Datetime { format: Some(f) } => Clock::new(f),
            _ => Clock::new(default),
        };
        // Without a declared format a fraction of a second is written when there is one.
        let instant = || clock("%Y-%m-%d %H:%M:%S%.f");
        Ok(match array.data_type() {
            DataType::Null => Cells::Missing,
            DataType::Int8 => Cells::I8(array.as_primitive::<Int8Type>().values()),
            DataType::Int16 => Cells::I16(array.as_primitive::<Int16Type>().values()),
            DataType::Int32 => Cells::I32(array.as_primitive::<Int32Type>().values()),
            DataType::Int64 => Cells::I64(array.as_primitive::<Int64Type>().values()),
            DataType::UInt8 => Cells::U8(array.as_primitive::<UInt8Type>().values()),
            DataType::UInt16 => Cells::U16(array.as_primitive::<UInt16Type>().values()),
            DataType::UInt32 => Cells::U32(array.as_primitive::<UInt32Type>().values()),
            DataType::UInt64 => Cells::U64(array.as_primitive::<UInt64Type>().values()),
            DataType::Float32 => Cells::F32(array.as_primitive::<Float32Type>().values(), zmij::Buffer::new()),
            DataType::Float64 => Cells::F64(array.as_primitive::<Float64Type>().values(), zmij::Buffer::new()),
            DataType::Decimal128(_, s) if (0..=38).contains(s) => {
                Cells::Decimal(array.as_primitive::<Decimal128Type>().values(), *s as u8)
            }
            DataType::Boolean => Cells::Bool(array.as_boolean()),
            DataType::Date32 => Cells::Days(array.as_primitive::<Date32Type>().values(), clock("%Y-%m-%d")),
            DataType::Timestamp(unit, _) => match unit {
                TimeUnit::Second => {
                    Cells::Times(array.as_primitive::<TimestampSecondType>().values(), time::SECOND, 1, instant())
                }
                TimeUnit::Millisecond => {
                    Cells::Times(array.as_primitive::<TimestampMillisecondType>().values(), 1000, 1, instant())
                }
                TimeUnit::Microsecond => {
                    Cells::Times(array.as_primitive::<TimestampMicrosecondType>().values(), 1, 1, instant())
                }
                TimeUnit::Nanosecond => {
                    Cells::Times(array.as_primitive::<TimestampNanosecondType>().values(), 1, 1000, instant())
                }
            },
            DataType::Utf8 => {
                let text = array.as_string::<i32>();
                let ends = text.value_offsets();
                let used = &text.value_data()[ends[0] as usize..ends[ends.len() - 1] as usize];
                let careful = options.for_spreadsheet || used.iter().any(|b| special(*b)) || has_empty(text);
                if careful { Cells::Text(text) } else { Cells::Plain(text.value_data(), ends) }
            }
            DataType::LargeUtf8 => Cells::LargeText(array.as_string::<i64>()),
            DataType::Utf8View => Cells::TextView(array.as_string_view()),
            DataType::Dictionary(_, of) => {
                let dictionary = array.as_any_dictionary_opt().ok_or_else(|| array.data_type().clone())?;
                let values = dictionary.values();
                let mut cells = Cells::new(values, meta, options).map_err(|_| DataType::clone(of))?;
                let mut labels = Vec::with_capacity(values.len());
                for i in 0..values.len() {
                    let mut label = Vec::new();
                    if values.is_valid(i) {
                        cells.write(i, options, &mut label);
                    }
                    labels.push(label);
                }
                // Keys of missing rows may lie outside; an empty dictionary has only such rows.
                let keys = if values.is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
                Cells::Labels(labels, keys)
            }
            other => return Err(other.clone()),
        })
    }

    /// Appends the cell of a row that is not missing.
    fn write(&mut self, row: usize, options: CsvOptions, out: &mut Vec<u8>) {
        match self {
            Cells::Missing => {}
            Cells::I8(v) => signed(i64::from(v[row]), out),
            Cells::I16(v) => signed(i64::from(v[row]), out),
            Cells::I32(v) => signed(i64::from(v[row]), out),
            Cells::I64(v) => signed(v[row], out),
            Cells::U8(v) => digits(u64::from(v[row]), out),
            Cells::U16(v) => digits(u64::from(v[row]), out),
            Cells::U32(v) => digits(u64::from(v[row]), out),
            Cells::U64(v) => digits(v[row], out),
            Cells::F32(v, buffer) => {
                if v[row].is_finite() {
                    float(buffer.format_finite(v[row]), out);
                }
            }
            Cells::F64(v, buffer) => double(v[row], buffer, out),
            Cells::Decimal(v, scale) => decimal(v[row], *scale, out),
            Cells::Fixed(v, places) => {
                if v[row].is_finite() {
                    let _ = write!(out, "{:.*}", usize::from(*places), v[row]);
                }
            }
            Cells::Words(v, words) => out.extend_from_slice(&words[usize::from(v.value(row))]),
            Cells::Bool(v) => out.extend_from_slice(if v.value(row) { b"True" } else { b"False" }),
            Cells::Days(v, clock) => moment(clock, i64::from(v[row]) * time::DAY, out),
            Cells::Times(v, times, per, clock) => moment(clock, v[row].saturating_mul(*times).div_euclid(*per), out),
            Cells::Plain(bytes, ends) => out.extend_from_slice(&bytes[ends[row] as usize..ends[row + 1] as usize]),
            Cells::Text(v) => text(v.value(row), options, out),
            Cells::LargeText(v) => text(v.value(row), options, out),
            Cells::TextView(v) => text(v.value(row), options, out),
            Cells::Labels(labels, keys) => out.extend_from_slice(&labels[keys[row]]),
        }
    }
}

/// A time; the rare format with a comma in it is quoted like any text.
fn moment(clock: &mut Clock, us: i64, out: &mut Vec<u8>) {
    let before = out.len();
    clock.write(us, out);
    if clock.careful && out[before..].iter().any(|b| special(*b)) {
        let cell = String::from_utf8_lossy(&out[before..]).into_owned();
        out.truncate(before);
        text(&cell, CsvOptions::default(), out);
    }
}

/// True for bytes that only a quoted cell can hold.
fn special(b: u8) -> bool {
    matches!(b, b',' | b'"' | b'\n' | b'\r')
}

fn has_empty(text: &arrow_array::StringArray) -> bool {
    text.value_offsets().windows(2).enumerate().any(|(i, w)| w[0] == w[1] && text.is_valid(i))
}

/// A text cell, quoted when it holds a comma, a quote or a line end, or is empty but not missing.
fn text(cell: &str, options: CsvOptions, out: &mut Vec<u8>) {
    let bytes = cell.as_bytes();
    let guard = options.for_spreadsheet && matches!(bytes.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
    // A byte order mark at the start of a file is dropped by readers, so a text that begins with it is quoted.
    if !bytes.is_empty() && !bytes.iter().any(|b| special(*b)) && !cell.starts_with('\u{feff}') {
        if guard {
            out.push(b'\'');
        }
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    if guard {
        out.push(b'\'');
    }
    for b in bytes {
        if *b == b'"' {
            out.push(b'"');
        }
        out.push(*b);
    }
    out.push(b'"');
}

fn signed(v: i64, out: &mut Vec<u8>) {
    if v < 0 {
        out.push(b'-');
    }
    digits(v.unsigned_abs(), out);
}

/// Decimal digits of a whole number.
fn digits(mut v: u64, out: &mut Vec<u8>) {
    let mut buffer = [0u8; 20];
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (v % 10) as u8;
        v /= 10;
        if v == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[at..]);
}

/// The shortest text that reads back as the same number; 70.0 is 70.
fn double(v: f64, buffer: &mut zmij::Buffer, out: &mut Vec<u8>) {
    if !v.is_finite() {
        return;
    }
    let whole = v as i64;
    if whole as f64 == v && whole.unsigned_abs() < 1 << 53 {
        return signed(whole, out);
    }
    float(buffer.format_finite(v), out);
}

fn float(shortest: &str, out: &mut Vec<u8>) {
    let plain = shortest.strip_suffix(".0").unwrap_or(shortest);
    out.extend_from_slice(if plain == "-0" { b"0" } else { plain.as_bytes() });
}

/// A decimal with all its places, as a database prints it.
fn decimal(v: i128, scale: u8, out: &mut Vec<u8>) {
    if v < 0 {
        out.push(b'-');
    }
    let all = format!("{:0width$}", v.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = all.split_at(all.len() - usize::from(scale));
    out.extend_from_slice(whole.as_bytes());
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}

#[cfg(test)]
mod tests;
