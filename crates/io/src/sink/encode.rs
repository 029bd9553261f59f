//! Rows to bytes away from their file, so that workers encode and the writer only appends.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use healthdata_core::metadata::TableMeta;
use healthdata_core::{Error, ErrorKind, Result};
use parquet::arrow::arrow_writer::ArrowColumnChunk;
use parquet::errors::ParquetError;

use super::csv::{CsvOptions, encode_csv, encode_header};
use super::parquet as columns;
use super::table::Format;

/// Fast settings: these files are large, and read more often than kept.
const GZIP: u32 = 3;
const ZSTD: i32 = 1;

/// Encodes some rows of one table.
pub struct Encoder {
    meta: Arc<TableMeta>,
    format: Format,
    options: CsvOptions,
    rows: u64,
    text: Vec<u8>,
    batches: Vec<RecordBatch>,
    group: Option<columns::Group>,
}

/// Encoded rows: to be appended to a file of the same table and format.
pub struct Encoded {
    pub(super) format: Format,
    pub(super) rows: u64,
    pub(super) body: Body,
}

pub(super) enum Body {
    Bytes(Vec<u8>),
    Batches(Vec<RecordBatch>),
    Group(arrow_schema::SchemaRef, Vec<ArrowColumnChunk>),
    Nothing,
}

impl Encoded {
    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Encoder {
    /// For rows of a table in a format.
    pub fn new(format: Format, meta: Arc<TableMeta>, options: CsvOptions) -> Self {
        Self { meta, format, options, rows: 0, text: Vec::new(), batches: Vec::new(), group: None }
    }

    /// Takes rows; columns are found by name.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self.format {
            Format::Csv | Format::CsvGz | Format::CsvZst => {
                encode_csv(batch, &self.meta, self.options, &mut self.text)?;
            }
            Format::Parquet | Format::Arrow => {
                let batch = columns::arrange(batch, &self.meta)
                    .or_else(|p| Error::all(ErrorKind::Data, p).map(|()| batch.clone()))?;
                if self.format == Format::Arrow {
                    self.batches.push(batch);
                } else {
                    self.column_chunks(&batch).map_err(|_| broken())?;
                }
            }
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn column_chunks(&mut self, batch: &RecordBatch) -> std::result::Result<(), ParquetError> {
        let mut group = match self.group.take() {
            Some(group) => group,
            None => columns::Group::new(batch, &self.meta)?,
        };
        group.write(batch)?;
        self.group = Some(group);
        Ok(())
    }

    /// Bytes of text so far, for those who collect and hand on.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the piece.
    pub fn finish(self) -> Result<Encoded> {
        let body = match self.format {
            Format::Csv => Body::Bytes(self.text),
            Format::CsvGz | Format::CsvZst => Body::Bytes(compress(self.format, &self.text).map_err(|_| broken())?),
            Format::Arrow => Body::Batches(self.batches),
            Format::Parquet => match self.group {
                Some(group) => {
                    let (schema, chunks) = group.close().map_err(|_| broken())?;
                    Body::Group(schema, chunks)
                }
                None => Body::Nothing,
            },
        };
        Ok(Encoded { format: self.format, rows: self.rows, body })
    }
}

/// The header of a CSV file in its format.
pub(super) fn header(format: Format, meta: &TableMeta, options: CsvOptions) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    encode_header(meta, options, &mut text);
    match format {
        Format::CsvGz | Format::CsvZst => compress(format, &text),
        _ => Ok(text),
    }
}

/// One gzip member or zstd frame; readers take several in a row as one file.
fn compress(format: Format, text: &[u8]) -> io::Result<Vec<u8>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if format == Format::CsvZst {
        return zstd::bulk::compress(text, ZSTD);
    }
    let mut out = flate2::write::GzEncoder::new(Vec::with_capacity(text.len() / 4), flate2::Compression::new(GZIP));
    out.write_all(text)?;
    out.finish()
}

fn broken() -> Error {
    Error::new(ErrorKind::Io, "the encoder failed; this is a mistake in the program, please report it")
}
