//! Checks a folder against its manifest: every file there, whole and unchanged.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use healthdata_core::{Error, ErrorKind, Result};

use crate::files::{checksum, io_error};
use crate::sink::{JOURNAL, MANIFEST, Manifest};

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The manifest.
    pub manifest: Manifest,
    /// Files that are as the manifest says.
    pub good: usize,
    /// Files that are missing or differ, one line each.
    pub problems: Vec<String>,
    /// Files in the folder that the manifest does not list, by path; not ours to judge.
    pub unlisted: Vec<String>,
}

/// Checks the folder `dir` against its `manifest.json`; an error when it has none of ours.
///
/// ```
/// # use healthdata_core::Result;
/// use healthdata_io::{OutputDir, Run, verify};
/// # fn main() -> Result<()> {
/// # let parent = tempfile::tempdir().unwrap();
/// # let path = parent.path().join("out");
/// let dir = OutputDir::create(&path, Run::default())?;
/// assert!(verify(&path).is_err(), "unfinished");
/// dir.commit()?;
/// assert!(verify(&path)?.problems.is_empty());
/// # Ok(())
/// # }
/// ```
pub fn verify(dir: &Path) -> Result<Report> {
    fs::read_dir(dir).map_err(|e| io_error(dir, "list it", &e))?;
    let Some(manifest) = Manifest::read(dir)? else {
        let line = if dir.join(JOURNAL).is_file() {
            "an unfinished run; run the same command again to finish it"
        } else {
            "no manifest.json: not a finished run of this program"
        };
        return Err(Error::new(ErrorKind::Data, format!("{}: {line}", dir.display())));
    };
    let (mut good, mut problems) = (0, Vec::new());
    let expected = manifest.tables.iter().map(|t| (&t.path, t.bytes, &t.blake3));
    let expected = expected.chain(manifest.others.iter().map(|o| (&o.path, o.bytes, &o.blake3)));
    for (path, bytes, hash) in expected {
        let file = dir.join(path);
        match fs::metadata(&file) {
            Err(e) => problems.push(io_error(&file, "read it", &e).to_string()),
            // A pipe would be waited for, a device read for ever.
            Ok(m) if !m.is_file() => problems.push(format!("{}: not a file", file.display())),
            Ok(m) if m.len() != bytes => {
                problems.push(format!("{}: {} bytes instead of {bytes}", file.display(), m.len()));
            }
            Ok(_) => match checksum(&file) {
                Err(e) => problems.push(io_error(&file, "read it", &e).to_string()),
                Ok((_, h)) if h != *hash => problems.push(format!("{}: its content was changed", file.display())),
                Ok(_) => good += 1,
            },
        }
    }
    let mut unlisted = Vec::new();
    let listed: BTreeSet<&str> = manifest.paths().collect();
    list(dir, "", 0, &listed, &mut unlisted)?;
    unlisted.sort();
    Ok(Report { good, problems, unlisted, manifest })
}

/// Names of files below `dir` that are not listed; links are named, not followed.
fn list(dir: &Path, above: &str, depth: usize, listed: &BTreeSet<&str>, unlisted: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(|e| io_error(dir, "list it", &e))? {
        let entry = entry.map_err(|e| io_error(dir, "list it", &e))?;
        let path = format!("{above}{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
        if is_folder && depth < 16 {
            list(&entry.path(), &format!("{path}/"), depth + 1, listed, unlisted)?;
        } else if !listed.contains(path.as_str()) && path != MANIFEST {
            unlisted.push(path);
        }
    }
    Ok(())
}
