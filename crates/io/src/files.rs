//! Small file helpers: errors that name the place, reading with a size limit, writing all or nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use healthdata_core::{Error, ErrorKind, Result};

/// One line for an operating system error: where, what was tried, why, and what to do where that is known.
pub fn io_error(path: &Path, doing: &str, e: &io::Error) -> Error {
    use io::ErrorKind as K;
    let why = match e.kind() {
        K::NotFound => "there is no such file or folder".into(),
        K::PermissionDenied => "permission denied; check the rights or choose another place".into(),
        K::ReadOnlyFilesystem => "the file system is read-only; choose another place".into(),
        K::StorageFull | K::QuotaExceeded => {
            "no space left; finished files are kept, free some space and run the same command again".into()
        }
        K::FileTooLarge => "larger than a file may be here; write parts or choose another place".into(),
        K::NotADirectory => "a part of the path is a file, not a folder".into(),
        K::IsADirectory => "it is a folder, not a file".into(),
        K::InvalidFilename => "the file system does not accept the name".into(),
        // The message of the system names no data: it is built from the error number.
        _ => e.to_string(),
    };
    Error::new(ErrorKind::Io, format!("{}: can't {doing}: {why}", path.display()))
}

/// The whole file, refused before it is read when it is larger than `limit` bytes.
pub fn read_whole(path: &Path, limit: u64, kind: ErrorKind) -> Result<Vec<u8>> {
    let fail = |e: io::Error| io_error(path, "read it", &e);
    let file = File::open(path).map_err(fail)?;
    let meta = file.metadata().map_err(fail)?;
    if meta.is_dir() {
        return Err(io_error(path, "read it", &io::ErrorKind::IsADirectory.into()));
    }
    let mut bytes = Vec::with_capacity(meta.len().min(limit) as usize);
    // One byte more than the limit: pipes and growing files have no length to believe.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > limit {
        return Err(Error::new(kind, format!("{}: larger than the limit of {limit} bytes", path.display())));
    }
    Ok(bytes)
}

/// Writes a file all or nothing: temporary name in the same folder, sync, rename, sync of the folder.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let temp = temporary(path);
    let mut file = create_new(&temp).map_err(|e| io_error(path, "write it", &e))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let renamed = written.and_then(|()| fs::rename(&temp, path)).and_then(|()| sync_folder(path));
    renamed.map_err(|e| {
        // The temporary file is ours; the reason for the failure matters more than failing to remove it.
        fs::remove_file(&temp).ok();
        io_error(path, "write it", &e)
    })
}

/// The name a file has until it is whole: `.<name>.tmp-<process>` beside it.
pub fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!(".{name}.tmp-{}", std::process::id()))
}

/// A new file; an existing one (a link too) is an error, so nothing foreign is ever written through.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Makes a rename in the folder of `path` survive a power cut.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Size and blake3 checksum (hexadecimal) of a file, read in pieces.
pub fn checksum(path: &Path) -> io::Result<(u64, String)> {
    let mut hash = blake3::Hasher::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hash)?;
    Ok((bytes, hash.finalize().to_hex().to_string()))
}

/// True when the file can be read and has this size and checksum.
pub fn has_checksum(path: &Path, bytes: u64, blake3: &str) -> bool {
    // The size first: it costs nothing.
    fs::metadata(path).is_ok_and(|m| m.len() == bytes) && checksum(path).is_ok_and(|(n, h)| n == bytes && h == blake3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(read_whole(&path, 3, ErrorKind::Io).unwrap(), b"two");
        let e = read_whole(&path, 2, ErrorKind::Metadata).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Metadata);
        assert!(write_whole(&dir.path().join("none/a"), b"x").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_one_line_that_says_what_to_do() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let e = (&full).write_all(b"x").unwrap_err();
        let text = io_error(Path::new("out/ehr/patients.csv"), "write it", &e).to_string();
        assert!(text.starts_with("out/ehr/patients.csv: can't write it: no space left"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
}
