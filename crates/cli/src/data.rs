//! The data set of a command: its metadata given, found beside it or detected.

use std::path::Path;

use healthdata_core::detect::{DetectOptions, Reason, detect};
use healthdata_core::{Dataset, Error, ErrorKind, Metadata, Result};
use healthdata_io::{find_metadata, read, read_metadata};

/// Tables with their metadata.
pub struct Data {
    /// The tables, in metadata order.
    pub tables: Dataset,
    /// What they are.
    pub metadata: Metadata,
    /// Where the metadata came from and what was left aside, for people.
    pub notes: Vec<String>,
}

/// Metadata guessed from the data.
pub struct Guess {
    /// The tables.
    pub tables: Dataset,
    /// The guess.
    pub metadata: Metadata,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What was left aside, for people.
    pub notes: Vec<String>,
}

/// Reads tables with the metadata of the file, or of the `metadata.json` in or beside the data.
pub fn declared(data: &Path, metadata: Option<&Path>) -> Result<Option<Data>> {
    let Some(file) = metadata.map(Path::to_owned).or_else(|| find_metadata(data)) else { return Ok(None) };
    let meta = read_metadata(&file)?;
    let source = read(data, Some(&meta))?;
    let mut notes = vec![format!("metadata of {}", file.display())];
    notes.extend(source.notes);
    Ok(Some(Data { tables: source.data, metadata: meta, notes }))
}

/// The metadata of the file, or of the `metadata.json` in or beside the data, and where they came from.
pub fn metadata_of(data: &Path, metadata: Option<&Path>) -> Result<(Metadata, Vec<String>)> {
    let Some(file) = metadata.map(Path::to_owned).or_else(|| find_metadata(data)) else {
        let what = "no metadata.json in or beside it; give --metadata FILE, or make one with `healthdata detect`";
        return Err(Error::new(ErrorKind::Metadata, format!("{}: {what}", data.display())));
    };
    Ok((read_metadata(&file)?, vec![format!("metadata of {}", file.display())]))
}

/// Reads tables and guesses what they are; domains are the folders they lie in.
pub fn guessed(data: &Path, keep_values: bool) -> Result<Guess> {
    let source = read(data, None)?;
    let found = detect(&source.data, &DetectOptions { keep_values })?;
    let mut metadata = found.metadata;
    for (table, meta) in &mut metadata.tables {
        meta.domain = source.domains.get(table).cloned();
    }
    Ok(Guess { tables: source.data, metadata, reasons: found.reasons, notes: source.notes })
}
