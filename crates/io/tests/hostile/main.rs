//! A corpus of hostile files. Each ends as a clear error or as data: no panic, no hang, and all of a kind together in
//! 2 GiB of address space.

mod arrow;
mod changed_model;
mod csv;
mod folder;
mod metadata;
mod model;
mod names;
mod pages;
mod parquet;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use healthdata_core::detect::{DetectOptions, detect};
use healthdata_core::{Error, Metadata, Result};
use healthdata_io::Source;

/// Address space of the process that tries the files of one kind, in KiB.
const CAP: u64 = 2 << 20;
/// The longest that one file may take, here as in the fuzz targets.
const TIME: Duration = Duration::from_secs(10);
/// What stands in every file and in no message.
const SECRET: &str = "secret";

/// True while the library is at work.
static INSIDE: AtomicBool = AtomicBool::new(false);

/// Where the last panic was that nobody has been told of.
static LAST: Mutex<String> = Mutex::new(String::new());

/// The files of one kind, tried one after the other.
struct Corpus {
    folder: tempfile::TempDir,
    tried: usize,
    refused: usize,
}

impl Corpus {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Counts what `run` does as one file; its error must be a clear one.
    fn count<T>(&mut self, what: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        INSIDE.store(true, Relaxed);
        let done = catch_unwind(AssertUnwindSafe(run));
        INSIDE.store(false, Relaxed);
        let place = || LAST.lock().map(|l| l.clone()).unwrap_or_default();
        let done = done.unwrap_or_else(|_| panic!("{what}: a panic at {}", place()));
        assert!(start.elapsed() < TIME, "{what}: {:?}", start.elapsed());
        self.tried += 1;
        if let Err(e) = &done {
            self.refused += 1;
            let text = e.to_string();
            assert!(!text.is_empty() && !text.contains(SECRET) && !text.contains("panicked"), "{what}: {text}");
        }
        done
    }

    /// Reads a file of a data set of that name and detects its metadata.
    fn data(&mut self, what: &str, name: &str, bytes: &[u8]) -> Result<Source> {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        let done = self.count(what, || {
            let source = healthdata_io::read(&path, None)?;
            if source.data.tables.values().all(|t| t.num_rows() < 1000) {
                detect(&source.data, &DetectOptions::default())?;
            }
            Ok(source)
        });
        fs::remove_file(&path).unwrap();
        done
    }

    /// The same for a file that has to be refused with these words.
    fn refused(&mut self, what: &str, name: &str, bytes: &[u8], says: &str) {
        says_so(what, self.data(what, name, bytes).map(|_| ()), says);
    }

    /// Reads a metadata file.
    fn metadata(&mut self, what: &str, bytes: &[u8]) -> Result<Metadata> {
        let path = self.path("metadata.json");
        fs::write(&path, bytes).unwrap();
        let read = self.count(what, || healthdata_io::read_metadata(&path));
        if let Ok(metadata) = &read {
            assert_eq!(&Metadata::from_json(&metadata.to_json()).unwrap(), metadata, "{what}");
        }
        read
    }
}

fn says_so(what: &str, done: Result<()>, says: &str) {
    let text = done.as_ref().map_err(Error::to_string);
    assert!(text.as_ref().is_err_and(|e| e.contains(says)), "{what}: {text:?} does not say {says:?}");
}

/// Runs a test again in a process of its own with little address space, where that can be had.
fn capped(test: &str, run: impl FnOnce(&mut Corpus)) {
    const CAPPED: &str = "HEALTHDATA_CAPPED";
    if cfg!(target_os = "linux") && std::env::var_os(CAPPED).is_none() {
        let program = std::env::current_exe().unwrap();
        let done = std::process::Command::new("sh")
            .args(["-c", &format!("ulimit -v {CAP} && exec \"$0\" \"$@\"")])
            .arg(program)
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            // Each thread reserves address space; one is enough here.
            .envs([(CAPPED, "1"), ("RAYON_NUM_THREADS", "1"), ("MALLOC_ARENA_MAX", "2")])
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&done.stdout), text(&done.stderr));
        assert!(done.status.success() && out.contains(" hostile files"), "{test}: {:?}\n{out}\n{err}", done.status);
        out.lines().filter(|l| l.contains(" hostile files")).for_each(|l| println!("{l}"));
        return;
    }
    let mut corpus = Corpus { folder: tempfile::tempdir().unwrap(), tried: 0, refused: 0 };
    let hook = std::panic::take_hook();
    // Decoders may panic, which the library catches; everything else is told.
    std::panic::set_hook(Box::new(move |info| {
        let file = info.location().map_or("", |l| l.file());
        if !INSIDE.load(Relaxed)
            || !["/parquet-", "/arrow-", "/flatbuffers-", "/rustc/"].iter().any(|name| file.contains(name))
        {
            hook(info);
        }
        if let (Ok(mut last), Some(place)) = (LAST.lock(), info.location()) {
            *last = place.to_string();
        }
    }));
    let start = Instant::now();
    run(&mut corpus);
    let time = start.elapsed().as_secs_f64();
    println!("{test}: {} hostile files, {} refused, {time:.1} s", corpus.tried, corpus.refused);
}

/// Every beginning of a file.
fn cuts(good: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> {
    (0..good.len()).map(|n| (format!("cut at {n}"), good[..n].to_vec()))
}

/// A file with each byte of a range at its extremes.
fn bytes_at(good: &[u8], range: std::ops::Range<usize>) -> impl Iterator<Item = (String, Vec<u8>)> {
    let at = range.flat_map(|i| [0, 1, 0x7F, 0x80, 0xFF, good[i] ^ 1].map(|b| (i, b)));
    at.map(|(i, b)| {
        let mut bad = good.to_vec();
        bad[i] = b;
        (format!("byte {i} is {b}"), bad)
    })
}

/// A file with each integer of so many bytes, at its place or not, at zero, one and both ends.
fn words_at(good: &[u8], range: std::ops::Range<usize>, width: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    let values = [0, 1, u64::MAX, u64::MAX >> (65 - 8 * width), 1 << (8 * width - 1)];
    let at = range.step_by(4).flat_map(move |i| values.map(|v| (i, v)));
    at.filter(move |(i, _)| i + width <= good.len()).map(move |(i, v)| {
        let mut bad = good.to_vec();
        bad[i..i + width].copy_from_slice(&v.to_le_bytes()[..width]);
        (format!("{width} bytes at {i} are {v:x}"), bad)
    })
}

/// Names that are more than names.
fn names() -> Vec<String> {
    let plain = ["../../x", "CON", "con.csv", "a/b", "a\\b", "/etc/passwd", "..", ".", " ", "a\u{202e}b", "\u{200f}a"];
    let odd =
        ["a\nb", "a\u{1b}[2J", "a\u{0}b", "x\"y", "'; drop table", "=1+1", "-1", "\u{feff}a", "a,b", "part-00001"];
    plain.iter().chain(&odd).map(|n| (*n).to_owned()).chain(["x".repeat(300), "é".repeat(300)]).collect()
}

/// Only what is below this folder was written.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap().map(std::result::Result::unwrap) {
            if entry.file_type().unwrap().is_dir() { open.push(entry.path()) } else { all.push(entry.path()) }
        }
    }
    all
}
