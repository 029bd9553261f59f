//! Running the program, and what several tests share.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// What a run said and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The run did what was asked.
    #[track_caller]
    pub fn fine(self) -> Self {
        assert_eq!(self.code, Some(0), "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    /// The run failed: exit code 2, nothing on standard output, `error:` once and in front.
    #[track_caller]
    pub fn failed(self) -> String {
        assert_eq!(self.code, Some(2), "stdout: {}\nstderr: {}", self.out, self.err);
        assert_eq!(self.out, "");
        assert!(self.err.starts_with("error: ") && self.err.matches("error:").count() == 1, "{}", self.err);
        assert!(!self.err.contains("panicked") && !self.err.contains("mistake in the program"), "{}", self.err);
        self.err
    }

    /// The run failed with one line.
    #[track_caller]
    pub fn failed_in_one_line(self) -> String {
        let err = self.failed();
        assert_eq!(err.lines().count(), 1, "{err}");
        err
    }
}

/// The program, ready to run.
pub fn program() -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_healthdata"));
    c.stdin(Stdio::null());
    c
}

/// Runs the program with arguments separated by spaces; `@` is the folder.
pub fn run(folder: &Path, args: &str) -> Ran {
    let args = args.split_whitespace().map(|a| a.replace('@', folder.to_str().expect("test folders are UTF-8")));
    let done = program().args(args).output().expect("the program was built");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) }
}

/// A folder of its own.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Every file below a folder, by its path with `/`.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(at: &Path, above: &str, out: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(at).unwrap().map(Result::unwrap) {
            let path = format!("{above}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{path}/"), out);
            } else {
                out.insert(path, fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(folder, "", &mut out);
    out
}

/// A reference hospital of two campuses and a model of it, made once.
pub struct Hospital {
    folder: TempDir,
}

impl Hospital {
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn model(&self) -> PathBuf {
        self.folder.path().join("hospital.model")
    }
}

pub fn hospital() -> &'static Hospital {
    static HOSPITAL: OnceLock<Hospital> = OnceLock::new();
    HOSPITAL.get_or_init(|| {
        let folder = folder();
        run(folder.path(), "reference --patients 2000 --seed 3 --out-dir @/data --quiet").fine();
        run(folder.path(), "fit @/data --out @/hospital.model --quiet").fine();
        Hospital { folder }
    })
}

/// Arguments that name the shared model.
pub fn sample(args: &str) -> String {
    format!("sample {} {args}", hospital().model().display())
}
