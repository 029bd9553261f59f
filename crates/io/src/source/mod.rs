//! Reading a data set: a folder or a file of CSV (plain, gzip, Zstandard), Parquet or Arrow becomes tables with their domains.

mod arrow;
mod csv;
mod delta;
mod footer;
mod pages;
mod parquet;
mod records;
mod stream;
mod thin;
mod thrift;
mod walk;

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use healthdata_core::metadata::TableMeta;
use healthdata_core::{Dataset, Error, ErrorKind, Metadata, Result};
use indexmap::IndexMap;

use crate::files;
pub use stream::Files;
pub use thin::{Thin, Thinned, read_thinned};
use walk::{Kind, TableFiles};

/// Tables read from files, with where they came from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The tables: in metadata order with the columns of the metadata, or all of them in order of their paths.
    pub data: Dataset,
    /// The folder of each table below the data set's folder; tables directly in it are absent.
    pub domains: IndexMap<String, String>,
    /// The files of each table, parts in order.
    pub files: IndexMap<String, Vec<PathBuf>>,
    /// What was left aside (columns, tables and files the metadata doesn't know), for people.
    pub notes: Vec<String>,
}

/// What a reader accepts before it stops; nothing is allocated for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Columns of one table.
    pub columns: usize,
    /// Bytes of one cell; a quote that is never closed ends here.
    pub cell: usize,
    /// Bytes of one row of text.
    pub row: usize,
    /// Bytes of all tables in memory.
    pub memory: u64,
    /// Files and folders looked at.
    pub files: usize,
    /// Bytes out of one byte of a packed file, once it has given 64 MiB.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { columns: 16_384, cell: 16 << 20, row: 64 << 20, memory: 64 << 30, files: 1_000_000, ratio: 400 }
    }
}

/// Bytes that a packed file may give before its ratio is looked at.
const RATIO_FROM: u64 = 64 << 20;

/// True when a packed file of `size` bytes gave so many that only a bomb would: real tables shrink ten times, not
/// hundreds of times.
fn is_bomb(out: u64, size: u64, limits: &Limits) -> bool {
    out > most(size, limits)
}

/// The most bytes that come out of a packed file of `size` bytes which is no bomb.
fn most(size: u64, limits: &Limits) -> u64 {
    size.saturating_mul(limits.ratio.max(1)).max(RATIO_FROM)
}

/// Reads the data set at `path` (a folder, nested folders are domains, or one file) with all its problems in one
/// error. With metadata, its tables and columns must be there and everything else is left aside with a note.
///
/// ```
/// # fn main() -> healthdata_core::Result<()> {
/// let dir = tempfile::tempdir().unwrap();
/// std::fs::create_dir(dir.path().join("ehr")).unwrap();
/// std::fs::write(dir.path().join("ehr/patients.csv"), "patient_id,sex\nP1,F\nP2,\n").unwrap();
/// let source = healthdata_io::read(dir.path(), None)?;
/// assert_eq!(source.data.tables["patients"].num_rows(), 2);
/// assert_eq!(source.domains["patients"], "ehr");
/// # Ok(())
/// # }
/// ```
pub fn read(path: &Path, metadata: Option<&Metadata>) -> Result<Source> {
    read_with(path, metadata, &Limits::default())
}

/// [`read`] with other limits.
pub fn read_with(path: &Path, metadata: Option<&Metadata>, limits: &Limits) -> Result<Source> {
    let found = walk::find(path, metadata, limits)?;
    let mut problems = found.problems;
    let mut source = Source { notes: found.notes, ..Source::default() };
    let mut budget = Budget { left: limits.memory, sieve: None, taker: None };
    for table in &found.tables {
        let meta = metadata.and_then(|m| m.tables.get(&table.name));
        match read_table(table, meta, limits, &mut budget, &mut source.notes) {
            Ok(batch) => {
                source.data.tables.insert(table.name.clone(), batch);
                finish(&mut source, table);
            }
            Err(e) => problems.extend(e.problems().iter().cloned()),
        }
    }
    if let (Some(m), false) = (metadata, problems.is_empty()) {
        // What can be said of the tables that could be read belongs into the same report.
        problems.extend(readable_problems(&source.data, m));
    }
    Error::all(ErrorKind::Data, problems)?;
    Ok(source)
}

/// Problems of the values of the tables that are there.
fn readable_problems(data: &Dataset, metadata: &Metadata) -> Vec<String> {
    let mut part = metadata.clone();
    part.tables.retain(|name, _| data.tables.contains_key(name));
    part.relationships.retain(|r| data.tables.contains_key(&r.parent) && data.tables.contains_key(&r.child));
    healthdata_core::plan::problems(data, &part)
}

/// Notes where a table came from.
fn finish(source: &mut Source, table: &TableFiles) {
    source.files.insert(table.name.clone(), table.files.iter().map(|(p, _)| p.clone()).collect());
    if let Some(d) = &table.domain {
        source.domains.insert(table.name.clone(), d.clone());
    }
}

/// The metadata file `path`.
pub fn read_metadata(path: &Path) -> Result<Metadata> {
    const LIMIT: u64 = 64 << 20;
    let bytes = files::read_whole(path, LIMIT, ErrorKind::Metadata)?;
    let place = path.display().to_string();
    let text = std::str::from_utf8(&bytes)
        .map_err(|e| Error::new(ErrorKind::Metadata, format!("{place}: not UTF-8 at byte {}", e.valid_up_to())))?;
    Metadata::from_json(text).map_err(|e| e.at(&place))
}

/// The `metadata.json` that belongs to the data at `path`: inside the folder, else beside the folder or file.
pub fn find_metadata(path: &Path) -> Option<PathBuf> {
    // A path like `.` has no written parent, so the real one is asked for.
    let beside = path.canonicalize().ok()?.parent().map(|p| p.join("metadata.json"));
    [Some(path.join("metadata.json")), beside].into_iter().flatten().find(|p| p.is_file())
}

/// Batches of one table in one; at least one, all of the same columns.
pub fn concat(batches: &[RecordBatch]) -> Result<RecordBatch> {
    let fail = |why: &str| Error::new(ErrorKind::Data, why);
    let schema = batches.first().ok_or_else(|| fail("no rows to put together"))?.schema();
    arrow_select::concat::concat_batches(&schema, batches)
        .map_err(|_| fail("batches hold more text than one column can, or different columns"))
}

/// Where batches go one by one instead of into memory.
type Taker<'a> = &'a mut dyn FnMut(RecordBatch) -> std::result::Result<(), String>;

/// Memory that is still allowed, which rows are kept at all, or who takes them instead.
struct Budget<'a> {
    left: u64,
    sieve: Option<thin::Sieve>,
    /// Rows of a batch at most, and who takes it.
    taker: Option<(usize, Taker<'a>)>,
}

impl Budget<'_> {
    /// Rows after which a batch has to be given.
    fn rows(&self) -> usize {
        self.taker.as_ref().map_or(usize::MAX, |t| t.0)
    }

    /// Hands a batch on, or keeps it.
    fn give(&mut self, batch: RecordBatch, kept: &mut Vec<RecordBatch>) -> std::result::Result<(), Vec<String>> {
        match &mut self.taker {
            Some((_, taker)) => taker(batch).map_err(|p| vec![p]),
            None => {
                kept.push(batch);
                Ok(())
            }
        }
    }

    fn take(&mut self, bytes: usize) -> std::result::Result<(), String> {
        if self.taker.is_some() {
            return Ok(());
        }
        self.left = self
            .left
            .checked_sub(bytes as u64)
            .ok_or("larger than the memory limit together with the tables before it; read fewer tables or raise it")?;
        Ok(())
    }
}

/// Reads the files of one table and puts their rows together.
fn read_table(
    table: &TableFiles,
    meta: Option<&TableMeta>,
    limits: &Limits,
    budget: &mut Budget,
    notes: &mut Vec<String>,
) -> Result<RecordBatch> {
    let (mut problems, mut batches) = (Vec::new(), Vec::new());
    let mut left_out: Vec<String> = Vec::new();
    for (path, kind) in &table.files {
        let read = match kind {
            Kind::Csv | Kind::CsvGz | Kind::CsvZst => csv::read(path, *kind, meta, limits, budget),
            Kind::Parquet => parquet::read(path, meta, limits, budget),
            Kind::Arrow => arrow::read(path, meta, limits, budget),
        };
        match read {
            Ok(file) => {
                for c in file.left_out {
                    if !left_out.contains(&c) {
                        left_out.push(c);
                    }
                }
                batches.push((path, file.batches));
            }
            Err(list) => problems.extend(list.into_iter().map(|p| format!("{}: {p}", path.display()))),
        }
    }
    if !left_out.is_empty() {
        notes.push(format!("table {}: columns left aside: {}", table.name, left_out.join(", ")));
    }
    let Some((first, schema)) = batches.iter().find_map(|(p, b)| Some((*p, b.first()?.schema()))) else {
        return Err(fail(problems, format!("table {}: no file could be read", table.name)));
    };
    let mut all = Vec::new();
    for (path, list) in &batches {
        for batch in list {
            match align(batch, &schema) {
                Ok(b) => all.push(b),
                Err(p) => {
                    problems.push(format!("{}: not like {}: {p}", path.display(), first.display()));
                    break;
                }
            }
        }
    }
    Error::all(ErrorKind::Data, problems)?;
    if all.len() == 1 {
        return Ok(all.swap_remove(0));
    }
    arrow_select::concat::concat_batches(&schema, &all).map_err(|_| {
        Error::new(ErrorKind::Data, format!("table {}: its parts hold more text than one column can", table.name))
    })
}

fn fail(mut problems: Vec<String>, otherwise: String) -> Error {
    if problems.is_empty() {
        problems.push(otherwise);
    }
    Error::all(ErrorKind::Data, problems).expect_err("there is a problem in the list")
}

/// The batch with the columns of `schema`, by name; a column of nulls takes any type.
fn align(batch: &RecordBatch, schema: &SchemaRef) -> std::result::Result<RecordBatch, String> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    if batch.num_columns() != schema.fields().len() {
        return Err(format!("{} columns instead of {}", batch.num_columns(), schema.fields().len()));
    }
    let mut columns = Vec::with_capacity(schema.fields().len());
    for f in schema.fields() {
        let column = batch.column_by_name(f.name()).ok_or_else(|| format!("column {} is missing", f.name()))?;
        if column.data_type() == f.data_type() {
            columns.push(column.clone());
        } else if column.null_count() == column.len() || column.data_type() == &arrow_schema::DataType::Null {
            columns.push(arrow_array::new_null_array(f.data_type(), column.len()));
        } else {
            return Err(format!("column {} is {} instead of {}", f.name(), column.data_type(), f.data_type()));
        }
    }
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
        .map_err(|_| "its columns can't be joined".into())
}

/// What one file gave: batches (at least one, for its columns) and the names of columns left aside.
struct FileRows {
    batches: Vec<RecordBatch>,
    left_out: Vec<String>,
}

/// Which columns of a file to keep, in output order: (place in the file, name).
struct Chosen {
    keep: Vec<(usize, String)>,
    left_out: Vec<String>,
}

/// Checks the header and picks the metadata's columns, or all.
fn choose(header: &[String], meta: Option<&TableMeta>, limits: &Limits) -> std::result::Result<Chosen, Vec<String>> {
    let mut problems = Vec::new();
    if header.len() > limits.columns {
        return Err(vec![format!("{} columns, the limit is {}", header.len(), limits.columns)]);
    }
    let mut place: IndexMap<&str, usize> = IndexMap::new();
    for (i, name) in header.iter().enumerate() {
        if name.is_empty() {
            problems.push(format!("column {} has no name", i + 1));
        } else if let Some(before) = place.insert(name, i) {
            problems.push(format!("columns {} and {} have the same name", before + 1, i + 1));
        }
    }
    let (keep, left_out) = match meta {
        None => (header.iter().cloned().enumerate().collect(), Vec::new()),
        Some(meta) => {
            let missing: Vec<&str> =
                meta.columns.keys().map(String::as_str).filter(|c| !place.contains_key(c)).collect();
            if !missing.is_empty() {
                problems.push(format!("columns of the metadata are missing: {}", missing.join(", ")));
            }
            let keep = meta.columns.keys().filter_map(|c| place.get(c.as_str()).map(|i| (*i, c.clone()))).collect();
            (keep, header.iter().filter(|h| !meta.columns.contains_key(*h)).cloned().collect())
        }
    };
    if problems.is_empty() { Ok(Chosen { keep, left_out }) } else { Err(problems) }
}

#[cfg(test)]
mod tests;
