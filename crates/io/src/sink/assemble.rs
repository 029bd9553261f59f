//! Puts encoded pieces together as one file or stream.

use std::io::{self, Write};

use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::ArrowError;
use healthdata_core::metadata::TableMeta;
use parquet::file::writer::SerializedFileWriter;

use super::csv::CsvOptions;
use super::encode::{self, Body, Encoded};
use super::parquet as columns;
use super::table::Format;

/// A file or stream under way.
pub(super) enum Assembly<W: Write + Send> {
    /// Nothing yet: the first piece decides the types.
    Waiting(W),
    Text(W),
    Parquet(Box<SerializedFileWriter<W>>),
    Arrow(Box<FileWriter<W>>),
    ArrowStream(Box<StreamWriter<W>>),
}

/// What a file is, apart from its rows.
pub(super) struct Shape<'a> {
    pub format: Format,
    pub meta: &'a TableMeta,
    pub options: CsvOptions,
    /// For a pipe: Arrow's stream form, which needs no seeking by readers.
    pub stream: bool,
}

impl<W: Write + Send> Assembly<W> {
    fn begin(self, shape: &Shape, piece: &Body) -> io::Result<Self> {
        let Self::Waiting(mut sink) = self else { return Ok(self) };
        let empty = || columns::empty(shape.meta).map_err(arrow_cause);
        Ok(match shape.format {
            Format::Csv | Format::CsvGz | Format::CsvZst => {
                sink.write_all(&encode::header(shape.format, shape.meta, shape.options)?)?;
                Self::Text(sink)
            }
            Format::Parquet => {
                let schema = match piece {
                    Body::Group(schema, _) => schema.clone(),
                    _ => empty()?.schema(),
                };
                Self::Parquet(Box::new(columns::file(sink, &schema).map_err(columns::io_cause)?))
            }
            Format::Arrow => {
                let schema = match piece {
                    Body::Batches(b) if !b.is_empty() => b[0].schema(),
                    _ => empty()?.schema(),
                };
                match shape.stream {
                    true => Self::ArrowStream(Box::new(StreamWriter::try_new(sink, &schema).map_err(arrow_cause)?)),
                    false => Self::Arrow(Box::new(FileWriter::try_new(sink, &schema).map_err(arrow_cause)?)),
                }
            }
        })
    }

    /// Appends a piece.
    pub fn append(self, shape: &Shape, piece: Encoded) -> io::Result<Self> {
        if matches!((&self, &piece.body), (Self::Waiting(_), Body::Nothing)) {
            return Ok(self);
        }
        let mut at = self.begin(shape, &piece.body)?;
        match (&mut at, piece.body) {
            (_, Body::Nothing) => {}
            (Self::Text(sink), Body::Bytes(bytes)) => sink.write_all(&bytes)?,
            (Self::Parquet(file), Body::Group(_, chunks)) => {
                let mut group = file.next_row_group().map_err(columns::io_cause)?;
                for chunk in chunks {
                    chunk.append_to_row_group(&mut group).map_err(columns::io_cause)?;
                }
                group.close().map_err(columns::io_cause)?;
            }
            (Self::Arrow(file), Body::Batches(batches)) => {
                batches.iter().try_for_each(|b| file.write(b)).map_err(arrow_cause)?;
            }
            (Self::ArrowStream(file), Body::Batches(batches)) => {
                batches.iter().try_for_each(|b| file.write(b)).map_err(arrow_cause)?;
            }
            _ => return Err(io::Error::other("a piece of another format")),
        }
        Ok(at)
    }

    /// Ends the file and gives the sink back.
    pub fn finish(self, shape: &Shape) -> io::Result<W> {
        match self.begin(shape, &Body::Nothing)? {
            Self::Waiting(sink) | Self::Text(sink) => Ok(sink),
            Self::Parquet(file) => file.into_inner().map_err(columns::io_cause),
            Self::Arrow(mut file) => file.finish().and_then(|()| file.into_inner()).map_err(arrow_cause),
            Self::ArrowStream(mut file) => file.finish().and_then(|()| file.into_inner()).map_err(arrow_cause),
        }
    }
}

/// The system's error inside an Arrow error, if a write failed.
fn arrow_cause(e: ArrowError) -> io::Error {
    match e {
        ArrowError::IoError(_, inner) => inner,
        _ => io::Error::other("the Arrow encoder failed"),
    }
}
