//! Parquet settings per column, as measured: what a column is decides how it is encoded.

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_empty_array};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use healthdata_core::metadata::{ColumnMeta, Sdtype, TableMeta};
use healthdata_core::time::has_clock;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

/// Rows of the first batch looked at to choose encodings.
const LOOK: usize = 8192;

/// A Parquet writer for batches like `first`, which also decides the encodings.
///
/// Ids and sorted keys are DELTA_BYTE_ARRAY and times DELTA_BINARY_PACKED, both without a dictionary attempt;
/// labels and rounded numbers keep the dictionary; zstd level 1; statistics per chunk. The bytes are a function
/// of the batches alone.
pub(super) fn writer<W: Write + Send>(sink: W, first: &RecordBatch, meta: &TableMeta) -> Result<ArrowWriter<W>> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("healthdata".into());
    for (field, array) in first.schema_ref().fields().iter().zip(first.columns()) {
        let Some(column) = meta.columns.get(field.name()) else { continue };
        if let Some(encoding) = encoding(array, column) {
            // One element: the name may hold points, which are no path here.
            let path = ColumnPath::new(vec![field.name().clone()]);
            properties =
                properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
        }
    }
    let options = ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
    ArrowWriter::try_new_with_options(sink, first.schema(), options)
}

/// The encoding without a dictionary that suits the column, or None to keep the dictionary.
fn encoding(array: &ArrayRef, column: &ColumnMeta) -> Option<Encoding> {
    match array.data_type() {
        DataType::Date32 | DataType::Timestamp(_, _) => Some(Encoding::DELTA_BINARY_PACKED),
        DataType::Int64 | DataType::Int32 if is_id(column) => Some(Encoding::DELTA_BINARY_PACKED),
        DataType::Utf8 if !column.is_modelled() => {
            // Few distinct values in no order are a small dictionary: the ward of a stay, the city of a patient.
            let text = array.as_string::<i32>();
            let n = text.len().min(LOOK);
            let known = (0..n).filter(|i| text.is_valid(*i)).map(|i| text.value(i));
            let (mut distinct, mut sorted, mut last) = (HashSet::new(), true, "");
            for t in known {
                sorted &= last <= t;
                last = t;
                distinct.insert(t);
            }
            (sorted || distinct.len() * 8 > n).then_some(Encoding::DELTA_BYTE_ARRAY)
        }
        _ => None,
    }
}

fn is_id(column: &ColumnMeta) -> bool {
    matches!(column.sdtype, Sdtype::Id { .. })
}

/// The batch with the metadata's columns in their order.
pub(super) fn arrange(batch: &RecordBatch, meta: &TableMeta) -> std::result::Result<RecordBatch, Vec<String>> {
    let missing: Vec<String> = meta
        .columns
        .keys()
        .filter(|c| batch.column_by_name(c).is_none())
        .map(|c| format!("column {c} is missing in the rows to write"))
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let columns = meta.columns.keys().filter_map(|c| Some((c, batch.column_by_name(c)?.clone())));
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) =
        columns.map(|(c, a)| (Field::new(c, a.data_type().clone(), true), a)).unzip();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|_| vec!["the columns to write have different lengths".into()])
}

/// No rows, with the types the metadata suggests, for a table that got no batch at all.
pub(super) fn empty(meta: &TableMeta) -> std::result::Result<RecordBatch, ArrowError> {
    let fields: Vec<Field> = meta.columns.iter().map(|(name, c)| Field::new(name, type_of(c), true)).collect();
    let arrays = fields.iter().map(|f| new_empty_array(f.data_type())).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(0));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
}

fn type_of(column: &ColumnMeta) -> DataType {
    match &column.sdtype {
        Sdtype::Numerical => match column.parameters.get("computer_representation").and_then(|v| v.as_str()) {
            Some(r) if r.contains("Int") => DataType::Int64,
            _ => DataType::Float64,
        },
        Sdtype::Boolean => DataType::Boolean,
        Sdtype::Datetime { format: Some(f) } if has_clock(f) => DataType::Timestamp(TimeUnit::Microsecond, None),
        Sdtype::Datetime { .. } => DataType::Date32,
        _ => DataType::Utf8,
    }
}

/// The system's error inside a Parquet error, if a write failed.
pub(super) fn io_cause(e: ParquetError) -> std::io::Error {
    match e {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => *io,
            Err(_) => std::io::Error::other("the Parquet encoder failed"),
        },
        _ => std::io::Error::other("the Parquet encoder failed"),
    }
}
