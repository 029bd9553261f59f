//! Small file helpers: errors that name the place, reading with a size limit, writing all or nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

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
    write(path, bytes, OpenOptions::new())
}

/// The same for what only the user may read: models, and reports that show something of real people.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, private())
}

fn write(path: &Path, bytes: &[u8], mut options: OpenOptions) -> Result<()> {
    let temp = temporary(path);
    sweep(path);
    let mut file = options.write(true).create_new(true).open(&temp).map_err(|e| io_error(path, "write it", &e))?;
    // Says to others that the file is being written; where there are no locks, nobody sweeps.
    file.try_lock().ok();
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

/// True for a temporary name of the file at `path`.
pub(crate) fn is_temporary(name: &str, path: &Path) -> bool {
    let whole = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    let rest = name.strip_prefix('.').and_then(|n| n.strip_prefix(&*whole)).and_then(|n| n.strip_prefix(".tmp-"));
    rest.is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
}

/// Removes what killed processes left of the file at `path`: temporary names that no process holds a lock on.
fn sweep(path: &Path) {
    for entry in fs::read_dir(folder_of(path)).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|n| is_temporary(n, path));
        let left = || File::open(entry.path()).is_ok_and(|f| f.try_lock().is_ok());
        if ours && entry.file_type().is_ok_and(|t| t.is_file()) && left() {
            // What can't be removed is in nobody's way: readers skip hidden files.
            fs::remove_file(entry.path()).ok();
        }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A file without a name in the folder for temporary ones: only the user may read it, and it is gone once it is
/// closed, however the program ends.
pub fn nameless() -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join("healthdata-check");
    sweep(&path);
    let path = path.with_file_name(format!(".healthdata-check.tmp-{}{n:06}", std::process::id()));
    let mut options = private();
    // FILE_FLAG_DELETE_ON_CLOSE: there, an open file keeps its name.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, 0x0400_0000);
    let file = options.read(true).write(true).create_new(true).open(&path)?;
    file.try_lock().ok();
    #[cfg(unix)]
    match fs::remove_file(&path) {
        // Another process took it for left before it was locked: it has no name, which is what we want.
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    Ok(file)
}

/// A new file; an existing one (a link too) is an error, so nothing foreign is ever written through.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a rename in the folder of `path` survive a power cut.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        File::open(folder_of(path))?.sync_all()?;
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

    #[test]
    fn what_a_killed_process_left_is_swept_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let kept = ["a.json.tmp-1", ".a.json.tmp-x", ".a.json.tmp-", ".b.json.tmp-1", ".a.json.tmp-3"];
        // The second has the number that this process has: a container's processes all have the same.
        let left = [".a.json.tmp-1".to_owned(), format!(".a.json.tmp-{}", std::process::id())];
        kept.iter().copied().chain(left.iter().map(String::as_str)).for_each(|n| fs::write(at(n), "half").unwrap());
        let busy = File::open(at(".a.json.tmp-3")).unwrap();
        busy.try_lock().unwrap();
        write_whole(&at("a.json"), b"whole").unwrap();
        for name in kept {
            assert!(at(name).exists(), "{name}");
        }
        assert!(!left.iter().any(|n| at(n).exists()));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_private_is_for_the_user_alone_and_links_are_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.model");
        fs::write(dir.path().join("target"), "mine").unwrap();
        std::os::unix::fs::symlink(dir.path().join("target"), &path).unwrap();
        write_private(&path, b"one").unwrap();
        let meta = fs::symlink_metadata(&path).unwrap();
        assert!(meta.is_file());
        assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(dir.path().join("target")).unwrap(), b"mine");
    }

    #[cfg(unix)]
    #[test]
    fn rows_aside_have_no_name() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let file = nameless().unwrap();
        (&file).write_all(b"x").unwrap();
        let meta = file.metadata().unwrap();
        assert_eq!((meta.nlink(), meta.permissions().mode() & 0o777), (0, 0o600));
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
