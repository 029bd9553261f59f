//! A single file to write: refused early when it can't be, or when something else is in its place.

use std::fs;
use std::io;
use std::path::Path;

use healthdata_core::{Error, ErrorKind, Result};
use healthdata_io::files::io_error;

/// Says what would go wrong at writing `path`; a file that is there is replaced only when it is of our kind.
pub fn check(path: &Path, kind: &str, is_ours: impl Fn(&Path) -> bool) -> Result<()> {
    let refuse = |why: String| Err(Error::new(ErrorKind::Io, format!("{}: {why}", path.display())));
    match fs::symlink_metadata(path) {
        Ok(m) if m.is_dir() => return refuse("it is a folder; give the name of a file".into()),
        Ok(_) if !is_ours(path) => {
            return refuse(format!("already there and not {kind}; nothing was changed, choose another --out"));
        }
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(io_error(path, "write it", &e)),
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::metadata(folder) {
        Ok(m) if m.is_dir() => Ok(()),
        Ok(_) => refuse("a part of the path is a file, not a folder".into()),
        Err(e) => Err(io_error(folder, "write there", &e)),
    }
}
