//! The output folder: every file under a temporary name until it is whole, the manifest last, nothing foreign
//! ever touched.

mod assemble;
mod clock;
mod csv;
mod encode;
mod journal;
mod manifest;
mod parquet;
mod stream;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use healthdata_core::metadata::TableMeta;
use healthdata_core::{Error, ErrorKind, Result};

pub use csv::{CsvOptions, encode_csv, encode_header};
pub use encode::{Encoded, Encoder};
pub use journal::JOURNAL;
pub use manifest::{FORMAT_VERSION, FileEntry, MANIFEST, Manifest, OtherEntry, Run};
pub use stream::StreamWriter;
pub use table::{Format, TableWriter};

use crate::files::{self, io_error};
use crate::slug::{apart, domain_slug, slug};
use journal::{Journal, Owned};

/// An output folder under way. Until [`OutputDir::commit`] it counts as unfinished; a run that is killed or
/// fails leaves its finished files for the next run with the same [`Run`].
///
/// ```
/// # use std::sync::Arc;
/// # use arrow_array::{ArrayRef, RecordBatch, StringArray};
/// # use healthdata_core::metadata::{ColumnMeta, Sdtype, TableMeta};
/// use healthdata_io::{Format, OutputDir, Run};
/// # fn main() -> healthdata_core::Result<()> {
/// # let parent = tempfile::tempdir().unwrap();
/// # let path = parent.path().join("out");
/// # let mut meta = TableMeta::default();
/// # meta.columns.insert("sex".into(), ColumnMeta::new(Sdtype::Categorical));
/// # let sex: ArrayRef = Arc::new(StringArray::from(vec!["F", "M"]));
/// # let batch = RecordBatch::try_from_iter([("sex", sex)]).unwrap();
/// let dir = OutputDir::create(&path, Run { seed: 42, ..Run::default() })?;
/// let mut patients = dir.table(Some("ehr"), "patients", Format::Csv, &meta)?;
/// patients.write(&batch)?;
/// patients.finish()?;
/// let manifest = dir.commit()?.manifest;
/// assert_eq!(manifest.tables[0].path, "ehr/patients.csv");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OutputDir {
    shared: Arc<Shared>,
}

/// What a commit did.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The manifest that was written.
    pub manifest: Manifest,
    /// Files of an earlier run that are not as it made them and therefore kept, for people.
    pub kept: Vec<String>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    run: Run,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    journal: Journal,
    /// Paths earlier runs made here, with the checksums that are known.
    owned: Owned,
    /// Files an interrupted run with the same settings finished.
    resumable: BTreeMap<String, FileEntry>,
    /// Paths of this run that are begun and not finished.
    open: BTreeSet<String>,
    tables: Vec<FileEntry>,
    others: Vec<OtherEntry>,
    /// File names of tables by what they are where case means nothing.
    names: BTreeMap<String, String>,
}

impl OutputDir {
    /// Creates the folder, or takes one over that an earlier run made. Refused, without changing anything: a
    /// file in its place, a folder with anything in it that is not ours, a place that can't be written.
    ///
    /// A link to a folder is followed here, and only here: the user named it, to have the output on a larger disk.
    ///
    /// Taking over a finished folder removes its manifest at once, so call this when everything else is checked.
    pub fn create(path: &Path, run: Run) -> Result<OutputDir> {
        let fail = |e: io::Error| io_error(path, "write there", &e);
        if !run.scale.is_finite() {
            return Err(Error::new(ErrorKind::Request, "the scale is not a number; use one like 1 or 0.5"));
        }
        let manifest = look(path)?;
        fs::create_dir_all(path).map_err(fail)?;
        let (mut journal, past) = Journal::open(path)?;
        let resumes = manifest.is_none() && past.run.as_ref() == Some(&run);
        let resumable = match &manifest {
            Some(m) if m.run == run => m.tables.iter().map(|t| (t.path.clone(), t.clone())).collect(),
            None if resumes => past.done,
            _ => BTreeMap::new(),
        };
        let mut owned = past.owned;
        for (path, hash) in manifest.iter().flat_map(Manifest::checksums) {
            owned.entry(path.into()).or_default().insert(hash.into());
        }
        let dir = PathBuf::from(path);
        for t in past.temporary {
            sweep(&dir, &t);
        }
        if !resumes {
            journal.begin_run(&run, &owned).map_err(fail)?;
        }
        if manifest.is_some() {
            // From here on the folder is unfinished, and the run file says so.
            fs::remove_file(dir.join(MANIFEST)).and_then(|()| files::sync_folder(&dir.join(MANIFEST))).map_err(fail)?;
        }
        let (open, tables, others, names) = (BTreeSet::new(), Vec::new(), Vec::new(), BTreeMap::new());
        let state = State { journal, owned, resumable, open, tables, others, names };
        Ok(OutputDir { shared: Arc::new(Shared { root: dir, run, state: Mutex::new(state) }) })
    }

    /// Says what [`OutputDir::create`] would refuse about a folder, without changing anything: for a run that
    /// works long before it writes.
    pub fn check(path: &Path) -> Result<()> {
        look(path).map(|_| ())
    }

    /// What made the folder, finished or not; None when nothing of ours did.
    pub fn run_of(path: &Path) -> Result<Option<Run>> {
        match look(path)? {
            Some(manifest) => Ok(Some(manifest.run)),
            None => Ok(journal::peek(path)?.and_then(|past| past.run)),
        }
    }

    /// A writer for a whole table in one file, `<domain>/<table>.<ending>`.
    pub fn table(&self, domain: Option<&str>, table: &str, format: Format, meta: &TableMeta) -> Result<TableWriter> {
        TableWriter::create(&self.shared, table, self.place(domain, table, None, format), format, meta)
    }

    /// Path of a table's file below the folder: `ehr/patients.csv`, or `ehr/patients/part-00000.csv` for a part. Of
    /// two names that differ by case only, the one that is asked for later has a hash in front, here and in every
    /// run that asks in the same order.
    pub fn place(&self, domain: Option<&str>, table: &str, part: Option<&str>, format: Format) -> String {
        let folder = domain.map(domain_slug).filter(|d| !d.is_empty()).map(|d| d + "/").unwrap_or_default();
        let name = slug(table);
        let mut state = self.shared.state();
        let first = state.names.entry(format!("{folder}{name}").to_lowercase()).or_insert_with(|| name.clone());
        let (name, ending) = (if *first == name { name } else { apart(table) }, format.ending());
        match part {
            None => format!("{folder}{name}.{ending}"),
            Some(k) => format!("{folder}{name}/part-{k}.{ending}"),
        }
    }

    /// A writer for one part of a table, `<domain>/<table>/part-<part>.<ending>`; parts are numbers of one width.
    pub fn part(
        &self,
        domain: Option<&str>,
        table: &str,
        part: &str,
        format: Format,
        meta: &TableMeta,
    ) -> Result<TableWriter> {
        TableWriter::create(&self.shared, table, self.place(domain, table, Some(part), format), format, meta)
    }

    /// The file of a table (or part) when an interrupted run with the same settings finished it and it still has
    /// its checksum; it then counts as finished in this run too and must not be written again.
    pub fn finished(
        &self,
        domain: Option<&str>,
        table: &str,
        part: Option<&str>,
        format: Format,
    ) -> Result<Option<FileEntry>> {
        let path = self.place(domain, table, part, format);
        let mut state = self.shared.state();
        let Some(entry) = state.resumable.get(&path).cloned() else { return Ok(None) };
        let file = self.shared.root.join(&path);
        if !self.shared.is_plain(&path) || !files::has_checksum(&file, entry.bytes, &entry.blake3) {
            return Ok(None);
        }
        state.resumable.remove(&path);
        self.shared.note_done(&mut state, &entry)?;
        state.tables.push(entry.clone());
        Ok(Some(entry))
    }

    /// Announces one part of a table that another process will write and rename into its place, which is given;
    /// the run can't be committed before it is [adopted](Self::adopt).
    pub fn expect(&self, domain: Option<&str>, table: &str, part: &str, format: Format) -> Result<String> {
        let path = self.place(domain, table, Some(part), format);
        self.shared.begin(&path, None)?;
        Ok(path)
    }

    /// Tells of a file that a worker of an earlier run may have renamed into its place, so that it counts as ours while it
    /// has that checksum. Paths that no run of ours began here are passed over.
    pub fn claim(&self, entry: &FileEntry) -> Result<()> {
        let mut state = self.shared.state();
        let Some(hashes) = state.owned.get_mut(&entry.path) else { return Ok(()) };
        hashes.insert(entry.blake3.clone());
        let temporary = files::temporary(Path::new(&entry.path));
        let told = state.journal.begin_file(&entry.path, &temporary.to_string_lossy(), Some(entry.blake3.clone()));
        told.map_err(|e| io_error(&self.shared.root.join(JOURNAL), "write it", &e))
    }

    /// Counts an expected file as finished; it must be there, a plain file of that size.
    pub fn adopt(&self, entry: FileEntry) -> Result<()> {
        let file = self.shared.root.join(&entry.path);
        let mut state = self.shared.state();
        if !state.open.contains(&entry.path) {
            return Err(Error::new(ErrorKind::Request, format!("{}: not expected in this run", entry.path)));
        }
        if !self.shared.is_plain(&entry.path) || !fs::metadata(&file).is_ok_and(|m| m.len() == entry.bytes) {
            let line = format!("{}: not there as its worker left it; run the same command again", file.display());
            return Err(Error::new(ErrorKind::Io, line));
        }
        self.shared.note_done(&mut state, &entry)?;
        state.open.remove(&entry.path);
        state.tables.push(entry);
        Ok(())
    }

    /// Writes a whole small file beside the tables, such as `metadata.json`; the manifest lists it.
    pub fn write_other(&self, path: &str, bytes: &[u8]) -> Result<()> {
        if !manifest::is_inside(path) || [MANIFEST, JOURNAL].contains(&path) {
            return Err(Error::new(
                ErrorKind::Request,
                "the name of an extra file leads out of the folder or is taken",
            ));
        }
        let blake3 = blake3::hash(bytes).to_hex().to_string();
        let target = self.shared.begin(path, Some(blake3.clone()))?;
        files::write_whole(&target, bytes)?;
        let entry = OtherEntry { path: path.into(), bytes: bytes.len() as u64, blake3 };
        let mut state = self.shared.state();
        state.open.remove(path);
        state.others.push(entry);
        Ok(())
    }

    /// Ends the run: removes files of earlier runs that this one did not replace, writes the manifest, removes
    /// the run file. Only files with a checksum that they had as ours are removed; others are kept and named.
    pub fn commit(self) -> Result<Commit> {
        let mut guard = self.shared.state();
        let state = &mut *guard;
        if let Some(path) = state.open.first() {
            let line = format!("{path}: not finished, so the run can't be; this is a mistake in the program");
            return Err(Error::new(ErrorKind::Request, line));
        }
        let manifest = Manifest::new(self.shared.run.clone(), state.tables.clone(), state.others.clone());
        let current: BTreeSet<&str> = manifest.paths().collect();
        let mut kept = Vec::new();
        for (path, hashes) in state.owned.iter().filter(|(p, _)| !current.contains(p.as_str())) {
            self.shared.remove_old(path, hashes, &mut kept)?;
        }
        let root = &self.shared.root;
        files::write_whole(&root.join(MANIFEST), &manifest.to_json())?;
        let run_file = root.join(JOURNAL);
        fs::remove_file(&run_file).map_err(|e| io_error(&run_file, "remove it", &e))?;
        drop(guard);
        Ok(Commit { manifest, kept })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.shared.root
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is whole before a panic could happen, so a poisoned lock is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when `path` is a regular file and every folder down to it is a real one, not a link.
    fn is_plain(&self, path: &str) -> bool {
        let mut at = self.root.clone();
        let (folders, name) = path.rsplit_once('/').map_or((None, path), |(f, n)| (Some(f), n));
        for folder in folders.iter().flat_map(|f| f.split('/')) {
            at.push(folder);
            if !fs::symlink_metadata(&at).is_ok_and(|m| m.is_dir()) {
                return false;
            }
        }
        fs::symlink_metadata(at.join(name)).is_ok_and(|m| m.is_file())
    }

    fn note_done(&self, state: &mut State, entry: &FileEntry) -> Result<()> {
        state.journal.done(entry).map_err(|e| io_error(&self.root.join(JOURNAL), "write it", &e))
    }

    /// Makes the folders of `path`, checks that nothing foreign is in its place and notes it as begun.
    fn begin(&self, path: &str, blake3: Option<String>) -> Result<PathBuf> {
        let target = self.root.join(path);
        let mut state = self.state();
        let written = state.tables.iter().any(|t| t.path == path) || state.others.iter().any(|o| o.path == path);
        if written || state.open.contains(path) {
            return Err(Error::new(ErrorKind::Request, format!("{path}: written twice in one run")));
        }
        make_folders(&self.root, path)?;
        match fs::symlink_metadata(&target) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(io_error(&target, "write it", &e)),
            Ok(m) if m.is_file() && state.owned.contains_key(path) => {}
            Ok(_) => {
                let why = "already there and not ours; move it or choose another --out-dir";
                return Err(Error::new(ErrorKind::Io, format!("{}: {why}", target.display())));
            }
        }
        let temporary = files::temporary(Path::new(path));
        state
            .journal
            .begin_file(path, &temporary.to_string_lossy(), blake3)
            .map_err(|e| io_error(&self.root.join(JOURNAL), "write it", &e))?;
        state.open.insert(path.into());
        Ok(target)
    }

    /// Removes a file of an earlier run, unless it is not as that run made it, and its folder when that becomes empty.
    fn remove_old(&self, path: &str, hashes: &BTreeSet<String>, kept: &mut Vec<String>) -> Result<()> {
        let file = self.root.join(path);
        if fs::symlink_metadata(&file).is_err() {
            return Ok(());
        }
        let sum = || files::checksum(&file).map_err(|e| io_error(&file, "read it", &e));
        if !self.is_plain(path) || !hashes.contains(&sum()?.1) {
            kept.push(format!("{}: of an earlier run, not as that run made it, kept", file.display()));
            return Ok(());
        }
        fs::remove_file(&file).map_err(|e| io_error(&file, "remove it", &e))?;
        for folder in Path::new(path).ancestors().skip(1).filter(|f| !f.as_os_str().is_empty()) {
            // A folder that still holds something refuses to go, which is what we want.
            if fs::remove_dir(self.root.join(folder)).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// The manifest of a folder that may be written: one that is not there, is empty or is ours.
fn look(path: &Path) -> Result<Option<Manifest>> {
    let fail = |e: io::Error| io_error(path, "write there", &e);
    match fs::metadata(path) {
        Ok(m) if m.is_dir() => {}
        Ok(_) => {
            let line = format!("{}: it is a file, not a folder; choose another --out-dir", path.display());
            return Err(Error::new(ErrorKind::Io, line));
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_ok() => {
            let line = format!("{}: a link that leads nowhere; remove it or make the folder", path.display());
            return Err(Error::new(ErrorKind::Io, line));
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fail(e)),
    }
    let foreign = |why: &str| {
        let line = format!("{}: not ours ({why}): choose another --out-dir; nothing was changed", path.display());
        Error::new(ErrorKind::Io, line)
    };
    let manifest = Manifest::read(path).map_err(|e| foreign(&e.to_string()))?;
    let ours = manifest.is_some() || journal::peek(path)?.is_some_and(|p| p.is_ours());
    if !ours && !is_empty(path).map_err(fail)? {
        return Err(foreign("the folder is not empty and has no manifest.json of this program"));
    }
    Ok(manifest)
}

/// Makes the folders of a file below `root`; a link among them is refused, not followed.
pub fn make_folders(root: &Path, path: &str) -> Result<()> {
    let mut at = root.to_path_buf();
    for folder in path.rsplit_once('/').iter().flat_map(|(folders, _)| folders.split('/')) {
        at.push(folder);
        match fs::create_dir(&at) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(io_error(&at, "create it", &e)),
            _ => {}
        }
        let meta = fs::symlink_metadata(&at).map_err(|e| io_error(&at, "create it", &e))?;
        if !meta.is_dir() {
            let why = match meta.is_symlink() {
                true => "a symbolic link, which is not followed out of the folder; remove it",
                false => "a file in the place of a folder; remove it",
            };
            return Err(Error::new(ErrorKind::Io, format!("{}: {why}", at.display())));
        }
    }
    Ok(())
}

/// True when a folder holds nothing, or only the empty run file of a run killed at its very start.
fn is_empty(path: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name() != JOURNAL || !fs::symlink_metadata(entry.path())?.is_file() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes what a killed run left under a temporary name of ours.
fn sweep(root: &Path, path: &str) {
    let file = root.join(path);
    let inside = file.parent().and_then(|p| p.canonicalize().ok()).zip(root.canonicalize().ok());
    if inside.is_some_and(|(f, r)| f.starts_with(r)) && fs::symlink_metadata(&file).is_ok_and(|m| m.is_file()) {
        // A leftover is in nobody's way: readers skip hidden files.
        fs::remove_file(&file).ok();
    }
}

#[cfg(test)]
mod tests;
