//! Rows of one table on disk, in parts by the hash of some columns.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, UInt32Array};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use healthdata_core::dataset::strings;
use healthdata_core::metadata::TableMeta;
use healthdata_core::rng::{mix, name};
use healthdata_core::{Error, ErrorKind, Result};

use super::ROWS;
use crate::files::nameless;
use crate::source::{Files, concat};

/// The column of row numbers; no name of a column ends so.
const ROW: &str = "row\u{0}";

/// Parts of one table in a file without a name, so that no row stays on disk however the program ends.
pub(super) struct Spill {
    file: File,
    /// Where the pieces of each part begin, and their bytes.
    parts: Vec<Vec<(u64, usize)>>,
    empty: RecordBatch,
}

impl Spill {
    /// Reads a table and deals its rows out.
    pub fn write(files: &Files, table: &str, meta: &TableMeta, key: &[String], parts: usize) -> Result<Self> {
        let fail = |e: &dyn std::fmt::Display| {
            let dir = std::env::temp_dir();
            let line = format!("{}: can't write rows aside ({e}); set TMPDIR to a larger disk", dir.display());
            Error::new(ErrorKind::Io, line)
        };
        let empty = RecordBatch::new_empty(Arc::new(Schema::empty()));
        let mut spill = Self { file: nameless().map_err(|e| fail(&e))?, parts: vec![Vec::new(); parts], empty };
        let (mut before, mut end) = (0u64, 0u64);
        files.stream(table, meta, ROWS, &mut |batch| {
            let hash = hashes(&batch, key, before);
            let mut places: Vec<Vec<u32>> = vec![Vec::new(); parts];
            hash.iter().enumerate().for_each(|(row, h)| places[(h % parts as u64) as usize].push(row as u32));
            let batch = numbered(&batch, before)?;
            before += batch.num_rows() as u64;
            spill.empty = batch.slice(0, 0);
            for (part, rows) in places.into_iter().enumerate().filter(|(_, r)| !r.is_empty()) {
                let rows = UInt32Array::from(rows);
                let some = arrow_select::take::take_record_batch(&batch, &rows).map_err(|e| fail(&e))?;
                let bytes = to_bytes(&some).map_err(|e| fail(&e))?;
                spill.file.write_all(&bytes).map_err(|e| fail(&e))?;
                spill.parts[part].push((end, bytes.len()));
                end += bytes.len() as u64;
            }
            Ok(())
        })?;
        Ok(spill)
    }

    /// One part, and the number of each of its rows in the table.
    pub fn read(&self, part: usize) -> Result<(RecordBatch, Vec<i64>)> {
        let fail = |e: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Io, format!("rows aside: can't read them again ({e}); run the same command again"))
        };
        let mut batches = vec![self.empty.clone()];
        for (begin, length) in &self.parts[part] {
            let mut bytes = vec![0; *length];
            let mut file = &self.file;
            file.seek(SeekFrom::Start(*begin)).and_then(|_| file.read_exact(&mut bytes)).map_err(|e| fail(&e))?;
            let reader = StreamReader::try_new(&bytes[..], None).map_err(|e| fail(&e))?;
            for batch in reader {
                batches.push(batch.map_err(|e| fail(&e))?);
            }
        }
        let batch = concat(&batches)?;
        let rows = batch.column_by_name(ROW).map(|c| c.as_primitive::<Int64Type>().values().to_vec());
        Ok((batch, rows.unwrap_or_default()))
    }
}

fn to_bytes(batch: &RecordBatch) -> std::result::Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(batch)?;
    writer.into_inner()
}

/// The batch with the number of each row.
fn numbered(batch: &RecordBatch, before: u64) -> Result<RecordBatch> {
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(ROW, DataType::Int64, false)));
    let mut columns = batch.columns().to_vec();
    let numbers: Int64Array = (before as i64..).take(batch.num_rows()).collect();
    columns.push(Arc::new(numbers));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|e| Error::new(ErrorKind::Data, format!("rows can't be numbered: {e}")))
}

/// A hash of the key of each row, the same for equal keys of other types; rows without one go anywhere.
fn hashes(batch: &RecordBatch, key: &[String], before: u64) -> Vec<u64> {
    let mut all: Vec<Option<u64>> = vec![Some(0); batch.num_rows()];
    for column in key.iter().filter_map(|k| batch.column_by_name(k)) {
        for (h, v) in all.iter_mut().zip(values(column)) {
            *h = (*h).zip(v).map(|(h, v)| mix(h ^ v));
        }
    }
    all.into_iter().enumerate().map(|(row, h)| h.unwrap_or_else(|| mix(before + row as u64))).collect()
}

fn values(array: &ArrayRef) -> Vec<Option<u64>> {
    macro_rules! whole {
        ($type:ty) => {
            array.as_primitive::<$type>().iter().map(|v| v.map(|v| name(&[&v.to_string()]))).collect()
        };
    }
    if let Some(texts) = strings(array.as_ref()) {
        // 12.0 beside a missing value is the 12 of the table it points to; 012.50 and 12.5 are one number.
        let plain = |t: &str| match t.parse::<f64>() {
            Ok(n) if n.is_finite() && n.abs() < 9e15 => name(&[&n.to_string()]),
            _ => name(&[t]),
        };
        return texts.into_iter().map(|t| t.filter(|t| !t.is_empty()).map(plain)).collect();
    }
    match array.data_type() {
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => whole!(UInt64Type),
        DataType::Float32 => whole!(Float32Type),
        DataType::Float64 => whole!(Float64Type),
        DataType::Date32 => whole!(Date32Type),
        DataType::Timestamp(TimeUnit::Second, _) => whole!(TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => whole!(TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => whole!(TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => whole!(TimestampNanosecondType),
        // Unusual keys meet in one part.
        _ => (0..array.len()).map(|r| array.is_valid(r).then_some(0)).collect(),
    }
}
