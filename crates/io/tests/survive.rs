//! Files survive: a run killed at any moment or stopped by a full disk leaves no half file under a final name,
//! and the same run again ends in the same bytes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use healthdata_core::metadata::{ColumnMeta, Sdtype, TableMeta};
use healthdata_core::{ErrorKind, Result};
use healthdata_io::{Format, Manifest, OutputDir, Run, verify};

/// Where the children of these tests write.
const OUT: &str = "HEALTHDATA_TEST_OUT";
const TABLES: usize = 12;

fn meta() -> TableMeta {
    let mut meta = TableMeta::default();
    meta.columns.insert("id".into(), ColumnMeta::new(Sdtype::Id { regex: None }));
    meta.columns.insert("n".into(), ColumnMeta::new(Sdtype::Numerical));
    meta
}

fn batch(seed: i64) -> RecordBatch {
    let id: ArrayRef = Arc::new(StringArray::from_iter_values((0..2000).map(|i| format!("P{i:06}"))));
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values((0..2000).map(|i| i * seed)));
    RecordBatch::try_from_iter([("id", id), ("n", n)]).unwrap()
}

/// One whole run: tables in both formats, finished ones of an interrupted run kept.
fn make(out: &Path) -> Result<Manifest> {
    let dir = OutputDir::create(out, Run { seed: 7, ..Run::default() })?;
    for t in 0..TABLES {
        let (name, format) = (format!("t{t}"), if t % 2 == 0 { Format::Csv } else { Format::Parquet });
        let domain = Some(if t < 5 { "ehr" } else { "iot" });
        if dir.finished(domain, &name, None, format)?.is_some() {
            continue;
        }
        let mut table = dir.table(domain, &name, format, &meta())?;
        for k in 1..=20 {
            table.write(&batch(k))?;
        }
        table.finish()?;
    }
    dir.write_other("metadata.json", b"{}\n")?;
    Ok(dir.commit()?.manifest)
}

/// Files with a final name, with their bytes.
fn visible(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().unwrap().to_string_lossy().starts_with('.') {
                found.push((path.strip_prefix(root).unwrap().to_path_buf(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// This program again, running only the ignored test `name`.
fn child(name: &str, out: &Path, shell: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{shell} exec \"$0\" --exact {name} --ignored --nocapture")]);
    command.arg(std::env::current_exe().unwrap()).env(OUT, out).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn killed_runs_leave_whole_files_and_resume_to_the_same_bytes() {
    let parent = tempfile::tempdir().unwrap();
    let golden_dir = parent.path().join("golden");
    make(&golden_dir).unwrap();
    let golden = visible(&golden_dir);
    let mut interrupted = 0;
    for i in 0..12 {
        let out = parent.path().join(format!("killed{i}"));
        let mut running = child("child_makes_a_run", &out, "").spawn().unwrap();
        // By progress, not by time, so that a slow machine is killed in the middle too.
        while running.try_wait().unwrap().is_none() && visible(&out).len() < i {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(613 * (i as u64 % 7)));
        running.kill().unwrap();
        running.wait().unwrap();
        let left = visible(&out);
        for file in &left {
            assert!(golden.contains(file), "kill {i}: {} is not whole", file.0.display());
        }
        let finished = left.iter().any(|(p, _)| p == Path::new("manifest.json"));
        assert_eq!(finished, left.len() == golden.len(), "kill {i}: the manifest is not last");
        interrupted += usize::from(!finished && !left.is_empty());
        make(&out).unwrap();
        assert!(visible(&out) == golden, "kill {i}: resumed to other bytes");
        assert_eq!(verify(&out).unwrap().unlisted, Vec::<String>::new(), "kill {i}: something was left behind");
    }
    // The kills have to fall into the middle of the work for this test to mean anything.
    assert!(interrupted >= 5, "only {interrupted} of 12 kills came in the middle");
}

#[test]
#[ignore = "run by the tests of this file as another process"]
fn child_makes_a_run() {
    make(Path::new(&std::env::var_os(OUT).unwrap())).unwrap();
}

#[test]
fn a_write_that_fails_half_way_is_one_line_and_leaves_no_half_file() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("out");
    // The system refuses files beyond 64 blocks of 512 bytes; the signal that comes with it is ignored.
    let status = child("child_fails_to_write", &out, "trap '' XFSZ; ulimit -f 64;").status().unwrap();
    assert!(status.success());
    assert_eq!(visible(&out).iter().map(|(p, _)| p.to_str().unwrap()).collect::<Vec<_>>(), ["small.csv"]);
    let left: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|n| n.contains(".tmp-")), "{left:?}");
}

#[test]
#[ignore = "run by the tests of this file as another process"]
fn child_fails_to_write() {
    let dir = OutputDir::create(Path::new(&std::env::var_os(OUT).unwrap()), Run::default()).unwrap();
    dir.table(None, "small", Format::Csv, &meta()).unwrap().finish().unwrap();
    for format in [Format::Csv, Format::Parquet] {
        let mut big = dir.table(None, "big", format, &meta()).unwrap();
        let failed = (0..1000).find_map(|k| big.write(&batch(k * 7919)).err()).or_else(|| big.finish().err()).unwrap();
        assert_eq!((failed.kind(), failed.to_string().lines().count()), (ErrorKind::Io, 1));
        assert!(failed.to_string().contains("can't write it"), "{failed}");
    }
    assert!(dir.write_other("big.json", &[b' '; 100_000]).is_err());
    assert!(dir.commit().is_err());
}
