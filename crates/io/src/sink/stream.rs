//! One table to a pipe: the same pieces, without a folder.

use std::io::{self, Write};

use healthdata_core::metadata::TableMeta;

use super::assemble::{Assembly, Shape};
use super::csv::CsvOptions;
use super::encode::Encoded;
use super::table::Format;

/// Writes one table to any sink.
pub struct StreamWriter<W: Write + Send> {
    meta: TableMeta,
    format: Format,
    options: CsvOptions,
    at: Option<Assembly<W>>,
}

impl<W: Write + Send> StreamWriter<W> {
    /// A table in a format; Arrow in its stream form.
    pub fn new(sink: W, format: Format, options: CsvOptions, meta: &TableMeta) -> Self {
        Self { meta: meta.clone(), format, options, at: Some(Assembly::Waiting(sink)) }
    }

    fn shape(&self) -> Shape<'_> {
        Shape { format: self.format, meta: &self.meta, options: self.options, stream: true }
    }

    /// Appends rows.
    pub fn append(&mut self, piece: Encoded) -> io::Result<()> {
        let at = self.at.take().ok_or(io::ErrorKind::BrokenPipe)?;
        self.at = Some(at.append(&self.shape(), piece)?);
        Ok(())
    }

    /// Ends the stream.
    pub fn finish(mut self) -> io::Result<()> {
        let at = self.at.take().ok_or(io::ErrorKind::BrokenPipe)?;
        at.finish(&self.shape())?.flush()
    }
}
