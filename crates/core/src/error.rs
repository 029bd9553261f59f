//! The one error of the project: a kind, a place and what to do; never a data value.

use std::fmt;

/// What went wrong, for programs that react to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The metadata contradicts itself or the data.
    Metadata,
    /// A value, row or table can't be read as the metadata says.
    Data,
    /// A rule is unknown, contradictory or broken by the data.
    Rule,
    /// A model can't be read or used.
    Model,
    /// A request that makes no sense (scale 0, unknown table).
    Request,
    /// A file or folder can't be read or written.
    Io,
    /// The caller asked to stop.
    Interrupted,
}

/// One or more problems, each a line that says what, where and what to do.
///
/// ```
/// use healthdata_core::{Error, ErrorKind};
/// let e = Error::new(ErrorKind::Data, "patients.csv: row 7, column birth_date: not a date like %Y-%m-%d");
/// assert_eq!(e.kind(), ErrorKind::Data);
/// assert_eq!(e.problems().len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    problems: Vec<String>,
}

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with one problem.
    pub fn new(kind: ErrorKind, problem: impl Into<String>) -> Self {
        Self { kind, problems: vec![problem.into()] }
    }

    /// `Ok` when there is no problem, otherwise one error with all of them.
    pub fn all(kind: ErrorKind, problems: Vec<String>) -> Result<()> {
        if problems.is_empty() { Ok(()) } else { Err(Self { kind, problems }) }
    }

    /// What went wrong, for programs.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Every problem found, for people.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// The same error with `place: ` before every problem.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        for p in &mut self.problems {
            *p = format!("{place}: {p}");
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl std::error::Error for Error {}
