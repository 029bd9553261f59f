//! A run folder that many processes fill: each writes its part under a name of its own and renames it, and one
//! commit at the end collects them.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use healthdata_core::{Error, ErrorKind, Result};
use healthdata_io::files::{io_error, sync_folder, write_whole};
use healthdata_io::sink::{Commit, make_folders};
use healthdata_io::{FileEntry, Format, OutputDir, Run, model as file};
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;

use crate::errors::raise;
use crate::metadata::PyMetadata;
use crate::model::PyModel;
use crate::rows::Job;
use crate::work::{Desk, long};

/// Folders of workers, inside the run folder; what is left of them is swept by the commit.
const ATTEMPT: &str = ".attempt-";
/// The one among them where each worker notes its files before it renames them: should the run be killed, the next one
/// knows them by their checksums.
const NOTES: &str = ".attempt-notes";
/// A note of a thousand tables has about 200 KiB.
const NOTE_LIMIT: u64 = 16 << 20;

/// A file as Python sees it: table, path, rows, bytes, blake3.
type File = (String, String, u64, u64, String);

/// Writes one part of every table into `folder` and gives a line of the manifest for each file. May be run twice,
/// also at the same time: the bytes are the same, and a rename is all or nothing.
fn write_part(job: &Job, folder: &Path, attempt: &str, format: Format, desk: &Desk) -> Result<Vec<FileEntry>> {
    let metadata = job.metadata()?;
    let own = folder.join(format!("{ATTEMPT}{attempt}"));
    let dir = OutputDir::create(&own, Run { scale: job.request.scale, ..Run::default() })?;
    let tables = metadata.tables.iter();
    let mut writers =
        tables.map(|(name, meta)| dir.table(meta.domain.as_deref(), name, format, meta)).collect::<Result<Vec<_>>>()?;
    let all = vec![true; writers.len()];
    job.plain_blocks(&all, |tables| {
        for (writer, batch) in writers.iter_mut().zip(tables) {
            if let Some(batch) = batch.filter(|b| b.num_rows() > 0) {
                writer.write(&batch)?;
            }
        }
        desk.check()
    })?;
    let (mut made, mut entries) = (Vec::new(), Vec::new());
    for (writer, (name, meta)) in writers.into_iter().zip(&metadata.tables) {
        let entry = writer.finish()?;
        let path = dir.place(meta.domain.as_deref(), name, Some(&part_name(job.request.part - 1)), format);
        made.push(own.join(&entry.path));
        entries.push(FileEntry { path, ..entry });
    }
    drop(dir);
    let note = format!("{NOTES}/{attempt}");
    make_folders(folder, &note)?;
    let text = serde_json::to_vec(&entries).map_err(|e| io_error(folder, "write it", &e.into()))?;
    write_whole(&folder.join(note), &text)?;
    for (from, entry) in made.iter().zip(&entries) {
        let to = folder.join(&entry.path);
        make_folders(folder, &entry.path)?;
        fs::rename(from, &to).and_then(|()| sync_folder(&to)).map_err(|e| io_error(&to, "write it", &e))?;
    }
    fs::remove_dir_all(&own).map_err(|e| io_error(&own, "remove it", &e))?;
    Ok(entries)
}

/// The name of a part, as the command line names it.
fn part_name(part: u64) -> String {
    format!("{part:05}")
}

fn format_of(name: &str) -> Result<Format> {
    name.parse()
}

/// A run folder that workers fill, held by the one process that commits it.
#[pyclass(frozen, module = "healthdata_synthetic_generator._engine")]
pub struct Folder {
    dir: Mutex<Option<OutputDir>>,
    path: PathBuf,
}

#[pymethods]
impl Folder {
    /// Takes a folder for a run; refused when anything in it is not ours.
    #[staticmethod]
    #[allow(clippy::too_many_arguments)]
    fn create(
        py: Python<'_>,
        path: PathBuf,
        model: &PyModel,
        format: &str,
        scale: f64,
        rows: Vec<(String, u64)>,
        seed: u64,
        parts: u64,
    ) -> PyResult<Self> {
        let make = || -> Result<OutputDir> {
            let format = format_of(format)?;
            let metadata = Job::new(model.inner(), scale, rows.clone(), seed, (1, parts), None)?.metadata()?;
            let mut options = BTreeMap::from([
                ("command".to_owned(), "sample".to_owned()),
                ("format".to_owned(), format.ending().to_owned()),
                ("parts".to_owned(), parts.to_string()),
            ]);
            options.extend(rows.iter().map(|(t, n)| (format!("rows {t}"), n.to_string())));
            let program = concat!("healthdata ", env!("CARGO_PKG_VERSION")).to_owned();
            let dir = OutputDir::create(
                &path,
                Run { program, seed, scale, model_hash: file::hash(model.inner())?, options },
            )?;
            noted(&path).iter().try_for_each(|entry| dir.claim(entry))?;
            sweep(&path)?;
            for (name, meta) in &metadata.tables {
                (0..parts)
                    .try_for_each(|k| dir.expect(meta.domain.as_deref(), name, &part_name(k), format).map(drop))?;
            }
            Ok(dir)
        };
        make().map(|dir| Self { dir: Mutex::new(Some(dir)), path: path.clone() }).map_err(|e| raise(py, &e))
    }

    /// Ends the run: checks that every file is there, removes what workers left, writes the metadata and, last, the
    /// manifest. Gives the manifest's text; warns of files of earlier runs that are kept.
    fn commit(&self, py: Python<'_>, files: Vec<File>, metadata: &PyMetadata) -> PyResult<String> {
        let dir = self.dir.lock().ok().and_then(|mut d| d.take());
        let commit = || -> Result<Commit> {
            let dir = dir.ok_or_else(|| Error::new(ErrorKind::Request, "the run was committed already"))?;
            for (table, path, rows, bytes, blake3) in files {
                dir.adopt(FileEntry { table, path, rows, bytes, blake3 })?;
            }
            sweep(&self.path)?;
            dir.write_other("metadata.json", metadata.metadata.to_json().as_bytes())?;
            dir.commit()
        };
        let Commit { manifest, kept } = commit().map_err(|e| raise(py, &e))?;
        for line in kept {
            let line = CString::new(line)?;
            PyErr::warn(py, &py.get_type::<PyUserWarning>(), &line, 1)?;
        }
        Ok(String::from_utf8_lossy(&manifest.to_json()).into_owned())
    }
}

/// The files that workers of a killed run noted. What is no note of theirs is passed over.
fn noted(folder: &Path) -> Vec<FileEntry> {
    let notes = folder.join(NOTES);
    if !fs::symlink_metadata(&notes).is_ok_and(|m| m.is_dir()) {
        return Vec::new();
    }
    let plain = |e: &fs::DirEntry| e.metadata().is_ok_and(|m| m.is_file() && m.len() <= NOTE_LIMIT);
    let notes = fs::read_dir(notes).into_iter().flatten().flatten().filter(plain);
    let read = |e: fs::DirEntry| serde_json::from_slice::<Vec<FileEntry>>(&fs::read(e.path()).ok()?).ok();
    notes.filter_map(read).flatten().collect()
}

/// Removes the folders of workers that were killed.
fn sweep(folder: &Path) -> Result<()> {
    let fail = |e: std::io::Error| io_error(folder, "read it", &e);
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let ours = entry.file_name().to_string_lossy().starts_with(ATTEMPT);
        if ours && entry.file_type().is_ok_and(|t| t.is_dir()) {
            // A worker that is still alive writes the same bytes again; what it leaves is the next run's to sweep.
            fs::remove_dir_all(entry.path()).ok();
        }
    }
    Ok(())
}

/// Writes one part of every table into the folder and gives table, path, rows, bytes and blake3 of each file.
#[pyfunction]
#[pyo3(name = "write_part")]
#[allow(clippy::too_many_arguments)]
pub fn write_one_part(
    py: Python<'_>,
    model: &PyModel,
    folder: PathBuf,
    attempt: String,
    format: &str,
    scale: f64,
    rows: Vec<(String, u64)>,
    seed: u64,
    part: (u64, u64),
    threads: Option<NonZeroUsize>,
) -> PyResult<Vec<File>> {
    let format = format_of(format).map_err(|e| raise(py, &e))?;
    let job = Job::new(model.inner(), scale, rows, seed, part, threads).map_err(|e| raise(py, &e))?;
    let entries = long(py, None, move |desk| write_part(&job, &folder, &attempt, format, desk))?;
    Ok(entries.into_iter().map(|e| (e.table, e.path, e.rows, e.bytes, e.blake3)).collect())
}
