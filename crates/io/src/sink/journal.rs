//! The run file of an unfinished folder: what is being made and every file begun or finished, one JSON a line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use healthdata_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::manifest::{FileEntry, Run, is_inside};
use crate::files::{io_error, is_temporary};

/// File name of the run file.
pub const JOURNAL: &str = ".healthdata-run";
/// A run file of a hundred thousand parts has about 40 MiB.
const LIMIT: u64 = 1 << 30;

/// Paths of ours and the checksums that they may have.
pub(super) type Owned = BTreeMap<String, BTreeSet<String>>;

/// One line of the run file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// A run begins; the files listed are left from an earlier one, with their checksums where known.
    Run { run: Run, owned: Owned },
    /// A file is begun under a temporary name; its checksum where that is known beforehand.
    Begin { path: String, temporary: String, blake3: Option<String> },
    /// The file is whole, and has its final name or is about to get it: whoever finds it there can prove it.
    Done(FileEntry),
}

/// The open run file, locked for as long as it is held.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
}

/// What a run file tells about the folder.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The last run that was begun.
    pub run: Option<Run>,
    /// Files of that run that were finished, by path.
    pub done: BTreeMap<String, FileEntry>,
    /// Every path that was ever begun here, with every checksum that a file of ours had there.
    pub owned: Owned,
    /// Temporary names that a killed run may have left.
    pub temporary: BTreeSet<String>,
}

impl Journal {
    /// Opens or creates the run file of `dir` and reads what it tells. The caller has made sure that the folder
    /// is ours or empty.
    pub fn open(dir: &Path) -> Result<(Self, Past)> {
        let path = dir.join(JOURNAL);
        let fail = |e: io::Error| io_error(&path, "write it", &e);
        // Never written through a link to another place, and never waited for as a pipe is.
        if fs::symlink_metadata(&path).is_ok_and(|m| !m.is_file()) {
            let line =
                format!("{}: a link or no file, not ours; remove it or choose another --out-dir", path.display());
            return Err(Error::new(ErrorKind::Io, line));
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(fail)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let line =
                    format!("{}: another run is writing here; wait for it or choose another --out-dir", dir.display());
                return Err(Error::new(ErrorKind::Io, line));
            }
            // Not every file system has locks; without them two runs at once are the user's own risk.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let mut bytes = Vec::new();
        (&file).take(LIMIT).read_to_end(&mut bytes).map_err(fail)?;
        file.seek(SeekFrom::End(0)).map_err(fail)?;
        // A kill in the middle of a line leaves its beginning: end it, so that the next line stands alone.
        if bytes.last().is_some_and(|b| *b != b'\n') {
            file.write_all(b"\n").map_err(fail)?;
        }
        Ok((Self { file }, Past::from_lines(&bytes)))
    }

    pub fn begin_run(&mut self, run: &Run, owned: &Owned) -> io::Result<()> {
        self.line(&Line::Run { run: run.clone(), owned: owned.clone() })
    }

    pub fn begin_file(&mut self, path: &str, temporary: &str, blake3: Option<String>) -> io::Result<()> {
        self.line(&Line::Begin { path: path.into(), temporary: temporary.into(), blake3 })
    }

    pub fn done(&mut self, entry: &FileEntry) -> io::Result<()> {
        self.line(&Line::Done(entry.clone()))
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line).map_err(io::Error::other)?;
        bytes.push(b'\n');
        self.file.write_all(&bytes)?;
        self.file.sync_data()
    }
}

impl Past {
    fn from_lines(bytes: &[u8]) -> Self {
        let mut past = Past::default();
        for line in bytes.split(|b| *b == b'\n') {
            // Half a line is the mark of a kill: what it would have said did not happen yet.
            let Ok(line) = serde_json::from_slice::<Line>(line) else { continue };
            match line {
                Line::Run { run, owned } => {
                    past.done.clear();
                    for (path, hashes) in owned.into_iter().filter(|(p, _)| is_inside(p)) {
                        past.owned.entry(path).or_default().extend(hashes);
                    }
                    past.run = Some(run);
                }
                Line::Begin { path, temporary, blake3 } if is_inside(&path) && is_inside(&temporary) => {
                    let (file, temp) = (Path::new(&path), Path::new(&temporary));
                    let name = temp.file_name().and_then(|n| n.to_str()).unwrap_or_default();
                    if temp.parent() == file.parent() && is_temporary(name, file) {
                        past.temporary.insert(temporary);
                    }
                    past.done.remove(&path);
                    past.owned.entry(path).or_default().extend(blake3);
                }
                Line::Done(entry) if is_inside(&entry.path) => {
                    past.owned.entry(entry.path.clone()).or_default().insert(entry.blake3.clone());
                    past.done.insert(entry.path.clone(), entry);
                }
                _ => {}
            }
        }
        past
    }

    /// True when the file tells of at least one run: the folder is ours.
    pub fn is_ours(&self) -> bool {
        self.run.is_some()
    }
}

/// What the run file of `dir` tells, without touching it; nothing when there is none.
pub(super) fn peek(dir: &Path) -> Result<Option<Past>> {
    let path = dir.join(JOURNAL);
    match std::fs::symlink_metadata(&path) {
        Ok(m) if m.is_file() => {}
        Ok(_) => return Ok(None),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io_error(&path, "read it", &e)),
    }
    let bytes = crate::files::read_whole(&path, LIMIT, ErrorKind::Data)?;
    Ok(Some(Past::from_lines(&bytes)))
}
