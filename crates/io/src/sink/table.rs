//! One file of a table on its way: rows in, a checked file under its final name out.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow_array::RecordBatch;
use healthdata_core::metadata::TableMeta;
use healthdata_core::{Error, ErrorKind, Result};

use super::csv::{CsvOptions, encode_csv, encode_header};
use super::manifest::FileEntry;
use super::{JOURNAL, Shared, parquet};
use crate::files::{self, io_error};

/// Bytes of CSV collected before they go to the file.
const CHUNK: usize = 1 << 20;

/// A file format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated text, UTF-8, LF.
    #[default]
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        match s {
            "csv" => Ok(Format::Csv),
            "parquet" => Ok(Format::Parquet),
            _ => Err(Error::new(ErrorKind::Request, "unknown format; use csv or parquet")),
        }
    }
}

/// Writes one file of a table. Dropped before [`TableWriter::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct TableWriter {
    shared: Arc<Shared>,
    table: String,
    path: String,
    target: PathBuf,
    temporary: PathBuf,
    meta: TableMeta,
    options: CsvOptions,
    rows: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Csv {
        file: Hashed,
        buffer: Vec<u8>,
        begun: bool,
    },
    /// The first batch decides the types, so the Parquet writer waits for it.
    Waiting(Hashed),
    Parquet(Box<ArrowWriter<Hashed>>),
    Closed,
}

impl TableWriter {
    pub(super) fn create(
        shared: &Arc<Shared>,
        table: &str,
        path: String,
        format: Format,
        meta: &TableMeta,
    ) -> Result<Self> {
        let target = shared.begin(&path)?;
        let temporary = files::temporary(&target);
        let opened = files::create_new(&temporary).map_err(|e| {
            shared.state().open.remove(&path);
            io_error(&temporary, "create it", &e)
        })?;
        let file = Hashed { file: opened, hash: blake3::Hasher::new(), bytes: 0 };
        let body = match format {
            Format::Csv => Body::Csv { file, buffer: Vec::with_capacity(CHUNK + (CHUNK >> 2)), begun: false },
            Format::Parquet => Body::Waiting(file),
        };
        Ok(Self {
            shared: shared.clone(),
            table: table.into(),
            path,
            target,
            temporary,
            meta: meta.clone(),
            options: CsvOptions::default(),
            rows: 0,
            body,
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
        let written = match std::mem::replace(&mut self.body, Body::Closed) {
            Body::Csv { mut file, mut buffer, begun } => {
                if !begun {
                    encode_header(&self.meta, self.options, &mut buffer);
                }
                encode_csv(batch, &self.meta, self.options, &mut buffer).map_err(|e| e.at(&self.table))?;
                let flushed = if buffer.len() < CHUNK { Ok(()) } else { file.empty(&mut buffer) };
                flushed.map(|()| Body::Csv { file, buffer, begun: true })
            }
            body @ (Body::Waiting(_) | Body::Parquet(_)) => {
                let batch = parquet::arrange(batch, &self.meta)
                    .or_else(|p| Error::all(ErrorKind::Data, p).map(|()| batch.clone()))
                    .map_err(|e| e.at(&self.table))?;
                self.write_parquet(body, &batch)?
            }
            Body::Closed => return Err(self.closed()),
        };
        self.body = written.map_err(|e| io_error(&self.target, "write it", &e))?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Appends CSV rows that were encoded elsewhere with [`encode_csv`] (without a header).
    pub fn append_bytes(&mut self, bytes: &[u8], rows: u64) -> Result<()> {
        let Body::Csv { file, buffer, begun } = &mut self.body else {
            return Err(match self.body {
                Body::Closed => self.closed(),
                _ => Error::new(ErrorKind::Request, format!("{}: encoded rows are for CSV files only", self.path)),
            });
        };
        if !*begun {
            encode_header(&self.meta, self.options, buffer);
            *begun = true;
        }
        // A large chunk goes straight through; collecting it again would only copy it.
        let written = if buffer.len() + bytes.len() < CHUNK {
            buffer.extend_from_slice(bytes);
            Ok(())
        } else {
            file.empty(buffer).and_then(|()| file.write_all(bytes))
        };
        if let Err(e) = written {
            self.body = Body::Closed;
            return Err(io_error(&self.target, "write it", &e));
        }
        self.rows += rows;
        Ok(())
    }

    /// Syncs the file and gives it its final name.
    pub fn finish(mut self) -> Result<FileEntry> {
        let fail = |e: io::Error| io_error(&self.target, "write it", &e);
        let file = match std::mem::replace(&mut self.body, Body::Closed) {
            Body::Csv { mut file, mut buffer, begun } => {
                if !begun {
                    encode_header(&self.meta, self.options, &mut buffer);
                }
                file.empty(&mut buffer).map_err(fail)?;
                file
            }
            Body::Parquet(writer) => writer.into_inner().map_err(parquet::io_cause).map_err(fail)?,
            Body::Waiting(file) => {
                let none = parquet::empty(&self.meta).map_err(|_| self.closed())?;
                let writer = parquet::writer(file, &none, &self.meta).map_err(parquet::io_cause).map_err(fail)?;
                writer.into_inner().map_err(parquet::io_cause).map_err(fail)?
            }
            Body::Closed => return Err(self.closed()),
        };
        file.file.sync_all().map_err(fail)?;
        let entry = FileEntry {
            table: self.table.clone(),
            path: self.path.clone(),
            rows: self.rows,
            bytes: file.bytes,
            blake3: file.hash.finalize().to_hex().to_string(),
        };
        drop(file);
        fs::rename(&self.temporary, &self.target).and_then(|()| files::sync_folder(&self.target)).map_err(fail)?;
        let mut state = self.shared.state();
        state.journal.done(&entry).map_err(|e| io_error(&self.shared.root.join(JOURNAL), "write it", &e))?;
        state.open.remove(&self.path);
        state.tables.push(entry.clone());
        drop(state);
        Ok(entry)
    }

    /// Data rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn write_parquet(&self, body: Body, batch: &RecordBatch) -> Result<io::Result<Body>> {
        let mut writer = match body {
            Body::Parquet(writer) => writer,
            Body::Waiting(file) => match parquet::writer(file, batch, &self.meta) {
                Ok(writer) => Box::new(writer),
                Err(e) => return Ok(Err(parquet::io_cause(e))),
            },
            _ => return Err(self.closed()),
        };
        Ok(writer.write(batch).map_err(parquet::io_cause).map(|()| Body::Parquet(writer)))
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

/// A file whose size and checksum are known when it is written.
#[derive(Debug)]
struct Hashed {
    file: File,
    hash: blake3::Hasher,
    bytes: u64,
}

impl Hashed {
    fn empty(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.write_all(buffer)?;
        buffer.clear();
        Ok(())
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
