//! Reading Parquet with its own types; nested columns are left aside.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{DataType, Field, Schema};
use healthdata_core::metadata::TableMeta;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

use super::{Budget, Chosen, FileRows, Limits, choose};
use crate::files::io_error;

/// Rows read at a time.
const BATCH: usize = 64 << 10;

/// All rows of one file, or all its problems.
pub(super) fn read(
    path: &Path,
    meta: Option<&TableMeta>,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<FileRows, Vec<String>> {
    let file = File::open(path).map_err(|e| {
        let line = io_error(path, "read it", &e).to_string();
        vec![line.strip_prefix(&format!("{}: ", path.display())).map(str::to_owned).unwrap_or(line)]
    })?;
    if file.metadata().is_ok_and(|m| m.len() == 0) {
        return Err(vec!["empty file, not Parquet".into()]);
    }
    // The decoder may panic on a damaged file; for us that is one more way of being damaged.
    catch_unwind(AssertUnwindSafe(|| rows(file, meta, limits, budget)))
        .unwrap_or_else(|_| Err(vec!["not readable as Parquet: damaged".into()]))
}

/// The reason without the decoder's own words, which may quote bytes of the file.
fn reason(e: &ParquetError) -> String {
    match e {
        ParquetError::NYI(what) => format!("not readable here: {what}"),
        ParquetError::EOF(_) => "not readable as Parquet: cut off".into(),
        _ => "not readable as Parquet: damaged, or another format".into(),
    }
}

fn rows(file: File, meta: Option<&TableMeta>, limits: &Limits, budget: &mut Budget) -> Result<FileRows, Vec<String>> {
    // The logical types of the file itself: the same whatever program wrote it, and no schema blob to trust.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(|e| vec![reason(&e)])?;
    let schema = builder.schema().clone();
    let header: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    let Chosen { mut keep, mut left_out } = choose(&header, meta, limits)?;
    let mut problems = Vec::new();
    keep.retain(|(place, name)| {
        let nested = schema.field(*place).data_type().is_nested();
        if nested && meta.is_some() {
            problems.push(format!("column {name} is nested ({}), which no column type reads", kind(&schema, *place)));
        } else if nested {
            left_out.push(format!("{name} (nested)"));
        }
        !nested
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), keep.iter().map(|(place, _)| *place));
    let reader = builder.with_projection(mask).with_batch_size(BATCH).build().map_err(|e| vec![reason(&e)])?;
    let mut batches = Vec::new();
    let mut read = 0usize;
    for batch in reader {
        let batch = batch.map_err(|_| vec![format!("after data row {read}: not readable as Parquet: damaged")])?;
        let seen = batch.num_rows();
        let batch = match &mut budget.sieve {
            Some(sieve) => sieve.filter(&batch).map_err(|p| vec![p])?,
            None => batch,
        };
        budget.take(batch.get_array_memory_size()).map_err(|p| vec![format!("after data row {read}: {p}")])?;
        let columns: Result<Vec<ArrayRef>, String> = keep
            .iter()
            .map(|(_, name)| {
                let column = batch.column_by_name(name).ok_or_else(|| format!("column {name} is missing"))?;
                text(column, name, read)
            })
            .collect();
        budget.give(assemble(&keep, columns.map_err(|p| vec![p])?, batch.num_rows())?, &mut batches)?;
        read += seen;
    }
    if read == 0 {
        let empty = keep.iter().map(|(place, _)| match schema.field(*place).data_type() {
            DataType::Binary => DataType::Utf8,
            t => t.clone(),
        });
        let columns = empty.map(|t| arrow_array::new_empty_array(&t)).collect();
        budget.give(assemble(&keep, columns, 0)?, &mut batches)?;
    }
    Ok(FileRows { batches, left_out })
}

fn kind(schema: &Schema, place: usize) -> &'static str {
    match schema.field(place).data_type() {
        DataType::Struct(_) => "struct",
        DataType::Map(_, _) => "map",
        _ => "list",
    }
}

/// Text that the writer did not mark as text (older Spark and Impala) is text when it is UTF-8.
fn text(column: &ArrayRef, name: &str, before: usize) -> Result<ArrayRef, String> {
    if column.data_type() != &DataType::Binary {
        return Ok(column.clone());
    }
    let bytes = column.as_binary::<i32>();
    if let Some(row) = bytes.iter().position(|v| v.is_some_and(|v| std::str::from_utf8(v).is_err())) {
        return Err(format!("column {name}: not UTF-8 text in data row {}", before + row + 1));
    }
    StringArray::try_from_binary(bytes.clone())
        .map(|a| Arc::new(a) as ArrayRef)
        .map_err(|_| format!("column {name}: not text"))
}

fn assemble(keep: &[(usize, String)], columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, Vec<String>> {
    // All nullable: parts of one table need the same schema, whether or not they happen to have nulls.
    let fields: Vec<Field> =
        keep.iter().zip(&columns).map(|((_, n), c)| Field::new(n, c.data_type().clone(), true)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|_| vec!["its columns have different lengths".into()])
}
