//! One file of a table on its way: rows in, a checked file under its final name out.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use healthdata_core::metadata::TableMeta;
use healthdata_core::{Error, ErrorKind, Result};

use super::Shared;
use super::assemble::{Assembly, Shape};
use super::csv::CsvOptions;
use super::encode::{Encoded, Encoder};
use super::manifest::FileEntry;
use crate::files::{self, io_error};

/// Bytes collected before they go to the file.
const CHUNK: usize = 1 << 20;
/// Rows of a row group of Parquet.
const GROUP: u64 = 1 << 20;

/// A file format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated text, UTF-8, LF.
    #[default]
    Csv,
    /// The same, gzip.
    CsvGz,
    /// The same, Zstandard.
    CsvZst,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow's file format, also called Feather 2.
    Arrow,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 5] = [Format::Csv, Format::CsvGz, Format::CsvZst, Format::Parquet, Format::Arrow];

    /// The ending of its files, which is also its name.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::CsvGz => "csv.gz",
            Format::CsvZst => "csv.zst",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|f| f.ending() == s)
            .ok_or_else(|| Error::new(ErrorKind::Request, "unknown format; use csv, csv.gz, csv.zst, parquet or arrow"))
    }
}

/// Writes one file of a table. Dropped before [`TableWriter::finish`], it leaves nothing behind.
pub struct TableWriter {
    shared: Arc<Shared>,
    table: String,
    path: String,
    target: PathBuf,
    temporary: PathBuf,
    meta: Arc<TableMeta>,
    format: Format,
    options: CsvOptions,
    rows: u64,
    /// None after a failure.
    file: Option<Assembly<Hashed>>,
    /// Rows of [`TableWriter::write`] on their way.
    waiting: Option<Encoder>,
}

impl std::fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter").field("table", &self.table).field("path", &self.path).finish_non_exhaustive()
    }
}

impl TableWriter {
    pub(super) fn create(
        shared: &Arc<Shared>,
        table: &str,
        path: String,
        format: Format,
        meta: &TableMeta,
    ) -> Result<Self> {
        let target = shared.begin(&path, None)?;
        let temporary = files::temporary(&target);
        let opened = files::create_new(&temporary).map_err(|e| {
            shared.state().open.remove(&path);
            io_error(&temporary, "create it", &e)
        })?;
        let file = Hashed { file: opened, hash: blake3::Hasher::new(), bytes: 0, buffer: Vec::with_capacity(CHUNK) };
        Ok(Self {
            shared: shared.clone(),
            table: table.into(),
            path,
            target,
            temporary,
            meta: Arc::new(meta.clone()),
            format,
            options: CsvOptions::default(),
            rows: 0,
            file: Some(Assembly::Waiting(file)),
            waiting: None,
        })
    }

    /// The same writer with other CSV options; to be set before the first row.
    #[must_use]
    pub fn with_csv_options(mut self, options: CsvOptions) -> Self {
        self.options = options;
        self
    }

    /// Appends the rows of a batch; its columns are found by name.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.file.is_none() {
            return Err(self.closed());
        }
        let mut waiting = self.waiting.take().unwrap_or_else(|| self.encoder());
        if let Err(e) = waiting.write(batch) {
            self.file = None;
            return Err(e.at(&self.table));
        }
        self.rows += batch.num_rows() as u64;
        let full = match self.format {
            Format::Parquet => waiting.rows() >= GROUP,
            Format::Arrow => true,
            _ => waiting.text_bytes() >= CHUNK,
        };
        self.waiting = Some(waiting);
        if full { self.flush() } else { Ok(()) }
    }

    /// An encoder for rows of this file; they go to [`TableWriter::append`].
    pub fn encoder(&self) -> Encoder {
        Encoder::new(self.format, self.meta.clone(), self.options)
    }

    /// Appends what waits.
    fn flush(&mut self) -> Result<()> {
        match self.waiting.take() {
            Some(waiting) => self.put(waiting.finish()?),
            None => Ok(()),
        }
    }

    /// Appends rows that were encoded elsewhere with an [`Encoder`] of the same table and format.
    pub fn append(&mut self, piece: Encoded) -> Result<()> {
        self.flush()?;
        self.rows += piece.rows;
        self.put(piece)
    }

    fn put(&mut self, piece: Encoded) -> Result<()> {
        if piece.format != self.format {
            return Err(Error::new(ErrorKind::Request, format!("{}: rows encoded in another format", self.path)));
        }
        let Some(file) = self.file.take() else { return Err(self.closed()) };
        let meta = self.meta.clone();
        let file = file.append(&self.shape(&meta), piece).map_err(|e| io_error(&self.target, "write it", &e))?;
        self.file = Some(file);
        Ok(())
    }

    fn shape<'a>(&self, meta: &'a TableMeta) -> Shape<'a> {
        Shape { format: self.format, meta, options: self.options, stream: false }
    }

    /// Syncs the file and gives it its final name.
    pub fn finish(mut self) -> Result<FileEntry> {
        self.flush()?;
        let fail = |e: io::Error| io_error(&self.target, "write it", &e);
        let Some(file) = self.file.take() else { return Err(self.closed()) };
        let meta = self.meta.clone();
        let mut file = file.finish(&self.shape(&meta)).map_err(fail)?;
        file.empty().map_err(fail)?;
        file.file.sync_all().map_err(fail)?;
        let entry = FileEntry {
            table: self.table.clone(),
            path: self.path.clone(),
            rows: self.rows,
            bytes: file.bytes,
            blake3: file.hash.finalize().to_hex().to_string(),
        };
        drop(file);
        self.shared.note_done(&mut self.shared.state(), &entry)?;
        fs::rename(&self.temporary, &self.target).and_then(|()| files::sync_folder(&self.target)).map_err(fail)?;
        let mut state = self.shared.state();
        state.open.remove(&self.path);
        state.tables.push(entry.clone());
        drop(state);
        Ok(entry)
    }

    /// Data rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn closed(&self) -> Error {
        Error::new(
            ErrorKind::Io,
            format!("{}: an earlier write failed, the file can't be finished", self.target.display()),
        )
    }
}

impl Drop for TableWriter {
    fn drop(&mut self) {
        // An unfinished path stays among the open ones: a run with a lost table must not be committed.
        if self.shared.state().open.contains(&self.path) {
            fs::remove_file(&self.temporary).ok();
        }
    }
}

/// A file whose size and checksum are known when it is written; small writes are collected.
struct Hashed {
    file: File,
    hash: blake3::Hasher,
    bytes: u64,
    buffer: Vec<u8>,
}

impl Hashed {
    fn empty(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        self.through(&buffer)?;
        self.buffer = buffer;
        self.buffer.clear();
        Ok(())
    }

    fn through(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() >= CHUNK {
            self.empty()?;
        }
        // A large piece goes straight through; collecting it would only copy it.
        if bytes.len() >= CHUNK {
            self.through(bytes)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.empty()?;
        self.file.flush()
    }
}
