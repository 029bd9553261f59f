//! Reading a data set batch by batch, for passes over more rows than memory holds.

use std::path::Path;

use arrow_array::RecordBatch;
use healthdata_core::metadata::TableMeta;
use healthdata_core::{Error, ErrorKind, Metadata, Result};

use super::walk::{self, Kind, TableFiles};
use super::{Budget, Limits, arrow, csv, parquet};

/// Times that a compressed file grows in memory, about.
const PACKED: u64 = 8;

/// The files of a data set, not yet read.
#[derive(Clone, Debug)]
pub struct Files {
    tables: Vec<TableFiles>,
    /// What was left aside, for people.
    pub notes: Vec<String>,
}

impl Files {
    /// Finds the files of the tables of the metadata.
    pub fn open(path: &Path, metadata: &Metadata) -> Result<Self> {
        let found = walk::find(path, Some(metadata), &Limits::default())?;
        Error::all(ErrorKind::Data, found.problems)?;
        Ok(Self { tables: found.tables, notes: found.notes })
    }

    fn table(&self, name: &str) -> Result<&TableFiles> {
        let missing = || Error::new(ErrorKind::Data, format!("table {name} has no file"));
        self.tables.iter().find(|t| t.name == name).ok_or_else(missing)
    }

    /// About how many bytes a table has when it is unpacked.
    pub fn bytes(&self, table: &str) -> u64 {
        let Ok(table) = self.table(table) else { return 0 };
        let size = |(path, kind): &(std::path::PathBuf, Kind)| {
            let size = std::fs::metadata(path).map_or(0, |m| m.len());
            if matches!(kind, Kind::Csv | Kind::Arrow) { size } else { size.saturating_mul(PACKED) }
        };
        table.files.iter().map(size).sum()
    }

    /// Gives the columns of `meta` to `each` in batches of about so many rows, in the order of the file.
    pub fn stream(
        &self,
        table: &str,
        meta: &TableMeta,
        rows: usize,
        each: &mut dyn FnMut(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let limits = Limits::default();
        for (path, kind) in &self.table(table)?.files {
            let mut stopped = None;
            let mut taker = |batch| {
                each(batch).map_err(|e| {
                    stopped = Some(e);
                    String::new()
                })
            };
            let mut budget = Budget { left: u64::MAX, sieve: None, taker: Some((rows, &mut taker)) };
            let done = match kind {
                Kind::Csv | Kind::CsvGz | Kind::CsvZst => csv::read(path, *kind, Some(meta), &limits, &mut budget),
                Kind::Parquet => parquet::read(path, Some(meta), &limits, &mut budget),
                Kind::Arrow => arrow::read(path, Some(meta), &limits, &mut budget),
            };
            if let Some(e) = stopped {
                return Err(e);
            }
            if let Err(problems) = done {
                let place = |p| format!("{}: {p}", path.display());
                return Error::all(ErrorKind::Data, problems.into_iter().map(place).collect());
            }
        }
        Ok(())
    }
}
