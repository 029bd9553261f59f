//! Reading Parquet with its own types; nested columns are left aside.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema};
use healthdata_core::metadata::TableMeta;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, RowGroups};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::errors::ParquetError;

use super::pages::Pages;
use super::{Budget, Chosen, FileRows, Limits, choose, footer, is_bomb};
use crate::files::io_error;

/// Rows read at a time, of narrow and of wide tables.
const BATCH: [usize; 2] = [64 << 10, 1 << 10];
/// Cells read at a time, where there are more columns.
const CELLS: usize = 4 << 20;
/// Longest cell of a column of cells of one length: decimals and identifiers need 32 bytes.
const FIXED: i32 = 1 << 10;
/// Bytes of such cells read at a time.
const WIDE: usize = 64 << 20;

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
    footer::look(&file).map_err(|p| vec![p])?;
    let fail = |e: ParquetError| vec![reason(&e)];
    // The logical types of the file itself: the same whatever program wrote it, and no schema blob to trust.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&file, options).map_err(fail)?;
    let schema = metadata.schema().clone();
    let header: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    let Chosen { mut keep, mut left_out } = choose(&header, meta, limits)?;
    let mut problems = Vec::new();
    keep.retain(|(place, name)| {
        let nested = schema.field(*place).data_type().is_nested();
        if matches!(schema.field(*place).data_type(), DataType::FixedSizeBinary(n) if *n > FIXED) {
            problems
                .push(format!("column {name} has cells of more than {FIXED} bytes each, which no column type reads"));
        }
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
    let places: Vec<usize> = keep.iter().map(|(place, _)| *place).collect();
    footer::pages(&file, metadata.metadata(), &places, limits).map_err(|p| vec![p])?;
    let size = file.metadata().map_or(0, |m| m.len());
    let metadata = metadata.metadata();
    let columns = metadata.file_metadata().schema_descr();
    let mask = ProjectionMask::roots(columns, places);
    let levels = parquet_to_arrow_field_levels(columns, mask, Some(viewed(&schema).fields())).map_err(fail)?;
    let wide = keep.iter().map(|(place, _)| match schema.field(*place).data_type() {
        DataType::FixedSizeBinary(n) => usize::try_from(*n).unwrap_or(0),
        _ => 0,
    });
    let pages = Pages::new(file, metadata.clone(), limits);
    let opened = pages.seen();
    let rows = (CELLS / keep.len().max(1)).clamp(BATCH[1], BATCH[0]);
    let rows = rows.min((WIDE / wide.sum::<usize>().max(1)).max(1)).min(pages.num_rows());
    let reader = ParquetRecordBatchReader::try_new_with_row_groups(&levels, &pages, rows, None).map_err(fail)?;
    let (mut batches, mut read, mut out) = (Vec::new(), 0usize, 0u64);
    for batch in reader {
        let place = |p: String| vec![format!("after data row {read}: {p}")];
        let batch = batch.map_err(|_| place(opened.problem().unwrap_or("not readable as Parquet: damaged").into()))?;
        let seen = batch.num_rows();
        out += bytes_of(&batch);
        if is_bomb(out, size, limits) {
            return Err(place(format!("it unpacks to more than {} times its size", limits.ratio)));
        }
        let batch = match &mut budget.sieve {
            Some(sieve) => sieve.filter(&batch).map_err(|p| vec![p])?,
            None => batch,
        };
        budget.take(bytes_of(&batch) as usize).map_err(place)?;
        let columns: Result<Vec<ArrayRef>, String> = keep
            .iter()
            .map(|(_, name)| {
                let column = batch.column_by_name(name).ok_or_else(|| format!("column {name} is missing"))?;
                text(column, name, read, limits)
            })
            .collect();
        budget.give(assemble(&keep, columns.map_err(|p| vec![p])?, batch.num_rows())?, &mut batches)?;
        read += seen;
    }
    if read == 0 {
        let empty = keep.iter().map(|(place, _)| match schema.field(*place).data_type() {
            t if is_text(t) => DataType::Utf8,
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
fn is_text(t: &DataType) -> bool {
    matches!(t, DataType::Utf8 | DataType::Binary)
}

/// The schema with texts as views: a short page can name one long text in every row, and only views share it.
fn viewed(schema: &Schema) -> Arc<Schema> {
    let view = |f: &Arc<Field>| match f.data_type() {
        DataType::Utf8 => Arc::new(f.as_ref().clone().with_data_type(DataType::Utf8View)),
        DataType::Binary => Arc::new(f.as_ref().clone().with_data_type(DataType::BinaryView)),
        _ => f.clone(),
    };
    Arc::new(Schema::new_with_metadata(schema.fields().iter().map(view).collect::<Vec<_>>(), schema.metadata().clone()))
}

/// Lengths of the texts of a column; none for other columns.
fn lengths(column: &ArrayRef) -> impl Iterator<Item = usize> {
    let views = match column.data_type() {
        DataType::Utf8View => column.as_string_view().views().as_ref(),
        DataType::BinaryView => column.as_binary_view().views().as_ref(),
        _ => &[],
    };
    // The length is the low half of a view.
    views.iter().map(|v| *v as u32 as usize)
}

/// Bytes that a batch takes once its texts stand one after the other; a row takes one even without columns.
fn bytes_of(batch: &RecordBatch) -> u64 {
    let column = |c: &ArrayRef| match c.data_type() {
        DataType::Utf8View | DataType::BinaryView => lengths(c).map(|n| n as u64 + 4).sum(),
        _ => c.get_array_memory_size() as u64,
    };
    batch.num_rows() as u64 + batch.columns().iter().map(column).sum::<u64>()
}

/// A column with its texts one after the other.
fn text(column: &ArrayRef, name: &str, before: usize, limits: &Limits) -> Result<ArrayRef, String> {
    if let Some(row) = lengths(column).position(|n| n > limits.cell) {
        return Err(format!(
            "column {name}: a cell of more than {} bytes in data row {}",
            limits.cell,
            before + row + 1
        ));
    }
    let total: usize = lengths(column).sum();
    if i32::try_from(total).is_err() {
        return Err(format!("column {name}: more than 2 GiB of text in {} rows", column.len()));
    }
    let mut texts = StringBuilder::with_capacity(column.len(), total);
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().iter().for_each(|v| texts.append_option(v)),
        DataType::BinaryView => {
            for (row, v) in column.as_binary_view().iter().enumerate() {
                let text = v.map(std::str::from_utf8).transpose();
                let bad = |_| format!("column {name}: not UTF-8 text in data row {}", before + row + 1);
                texts.append_option(text.map_err(bad)?);
            }
        }
        _ => return Ok(column.clone()),
    }
    Ok(Arc::new(texts.finish()))
}

fn assemble(keep: &[(usize, String)], columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, Vec<String>> {
    // All nullable: parts of one table need the same schema, whether or not they happen to have nulls.
    let fields: Vec<Field> =
        keep.iter().zip(&columns).map(|((_, n), c)| Field::new(n, c.data_type().clone(), true)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|_| vec!["its columns have different lengths".into()])
}
