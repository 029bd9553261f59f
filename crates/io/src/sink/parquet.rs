//! Parquet settings per column, as measured: what a column is decides how it is encoded.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_empty_array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use healthdata_core::metadata::{ColumnMeta, Sdtype, TableMeta};
use healthdata_core::time::has_clock;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

/// Rows of the first batch looked at to choose encodings.
const LOOK: usize = 8192;

/// One row group on its way: its first batch decides the encodings.
///
/// Ids and sorted keys are DELTA_BYTE_ARRAY and times DELTA_BINARY_PACKED, both without a dictionary attempt;
/// labels and rounded numbers keep the dictionary; zstd level 1; statistics per chunk. The bytes are a function
/// of the batches alone.
pub(super) struct Group {
    schema: SchemaRef,
    writers: Vec<ArrowColumnWriter>,
}

impl Group {
    /// For batches like `first`.
    pub fn new(first: &RecordBatch, meta: &TableMeta) -> Result<Self> {
        let mut properties = properties()?;
        for (field, array) in first.schema_ref().fields().iter().zip(first.columns()) {
            let Some(column) = meta.columns.get(field.name()) else { continue };
            if let Some(encoding) = encoding(array, column) {
                // One element: the name may hold points, which are no path here.
                let path = ColumnPath::new(vec![field.name().clone()]);
                properties =
                    properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
            }
        }
        let schema = first.schema();
        let pattern = file_with(io::sink(), &schema, properties)?;
        let writers = ArrowRowGroupWriterFactory::new(&pattern, schema.clone()).create_column_writers(0)?;
        Ok(Self { schema, writers })
    }

    /// Takes rows with the schema of the first ones.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut writers = self.writers.iter_mut();
        for (field, array) in self.schema.fields().iter().zip(batch.columns()) {
            for leaf in compute_leaves(field, array)? {
                let writer = writers.next().ok_or_else(|| ParquetError::General("a nested column".into()))?;
                writer.write(&leaf)?;
            }
        }
        Ok(())
    }

    /// The encoded columns.
    pub fn close(self) -> Result<(SchemaRef, Vec<ArrowColumnChunk>)> {
        let chunks = self.writers.into_iter().map(ArrowColumnWriter::close).collect::<Result<_>>()?;
        Ok((self.schema, chunks))
    }
}

fn properties() -> Result<WriterPropertiesBuilder> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("healthdata".into()))
}

/// A file for row groups of a schema.
pub(super) fn file<W: Write + Send>(sink: W, schema: &SchemaRef) -> Result<SerializedFileWriter<W>> {
    file_with(sink, schema, properties()?)
}

fn file_with<W: Write + Send>(
    sink: W,
    schema: &SchemaRef,
    properties: WriterPropertiesBuilder,
) -> Result<SerializedFileWriter<W>> {
    let columns = ArrowSchemaConverter::new().convert(schema)?;
    SerializedFileWriter::new(sink, columns.root_schema_ptr(), Arc::new(properties.build()))
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
            let known = || (0..n).filter(|i| text.is_valid(*i)).map(|i| text.value(i));
            let mut distinct = HashSet::new();
            let mut many = || known().any(|t| distinct.insert(t) && distinct.len() * 8 > n);
            (known().is_sorted() || many()).then_some(Encoding::DELTA_BYTE_ARRAY)
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
    let looks = |c: &str| batch.schema_ref().field_with_name(c).map(|f| f.metadata().clone()).unwrap_or_default();
    let columns = meta.columns.keys().filter_map(|c| Some((c, batch.column_by_name(c)?.clone())));
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) =
        columns.map(|(c, a)| (Field::new(c, a.data_type().clone(), true).with_metadata(looks(c)), a)).unzip();
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
        _ if column.form().is_some() || column.other_formats().next().is_some() => DataType::Utf8,
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Int64Array, StringArray, TimestampMicrosecondArray};
    use parquet::file::reader::FileReader;
    use parquet::file::serialized_reader::SerializedFileReader;

    #[test]
    fn each_column_gets_the_encoding_that_suits_it() {
        let n = 20_000i64;
        let text = |f: fn(i64) -> String| Arc::new(StringArray::from_iter_values((0..n).map(f))) as ArrayRef;
        let id = Sdtype::Id { regex: None };
        let columns: Vec<(&str, Sdtype, ArrayRef, bool)> = vec![
            ("id.with.points", id.clone(), text(|i| format!("V{i:06}")), false),
            ("patient", id.clone(), text(|i| format!("P{:06}", i / 20)), false),
            ("random", id.clone(), text(|i| format!("{:016x}", healthdata_core::rng::mix(i as u64))), false),
            ("ward", id.clone(), text(|i| format!("W{:03}", i * 7919 % 40)), true),
            ("number", id, Arc::new(Int64Array::from_iter_values(0..n)), false),
            ("label", Sdtype::Categorical, text(|i| format!("{}", i % 3)), true),
            ("age", Sdtype::Numerical, Arc::new(Int64Array::from_iter_values((0..n).map(|i| i % 90))), true),
            (
                "at",
                Sdtype::Datetime { format: None },
                Arc::new(TimestampMicrosecondArray::from_iter_values((0..n).map(|i| i * 60_000_000))),
                false,
            ),
        ];
        let mut meta = TableMeta::default();
        for (name, sdtype, _, _) in &columns {
            meta.columns.insert((*name).into(), ColumnMeta::new(sdtype.clone()));
        }
        let batch = RecordBatch::try_from_iter(columns.iter().map(|(n, _, a, _)| (*n, a.clone()))).unwrap();
        let file = tempfile::tempfile().unwrap();
        let mut group = Group::new(&batch, &meta).unwrap();
        group.write(&batch).unwrap();
        let (schema, chunks) = group.close().unwrap();
        let mut writer = super::file(file.try_clone().unwrap(), &schema).unwrap();
        let mut whole = writer.next_row_group().unwrap();
        chunks.into_iter().for_each(|c| c.append_to_row_group(&mut whole).unwrap());
        whole.close().unwrap();
        writer.close().unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        for (i, (name, _, array, dictionary)) in columns.iter().enumerate() {
            let chunk = reader.metadata().row_group(0).column(i);
            let delta = match array.data_type() {
                DataType::Utf8 => Encoding::DELTA_BYTE_ARRAY,
                _ => Encoding::DELTA_BINARY_PACKED,
            };
            let used: Vec<Encoding> = chunk.encodings().collect();
            assert_eq!(chunk.dictionary_page_offset().is_some(), *dictionary, "{name}");
            assert_eq!(used.contains(&delta), !*dictionary, "{name}: {used:?}");
            assert_eq!(chunk.compression(), Compression::ZSTD(ZstdLevel::try_new(1).unwrap()), "{name}");
        }
    }
}
