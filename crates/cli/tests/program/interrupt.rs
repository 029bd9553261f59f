//! Ctrl-C: the run ends soon, and nothing half-written has a final name.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{files, folder, hospital, program, run, sample};

#[test]
fn an_interrupted_run_leaves_no_half_written_file_and_can_be_run_again() {
    let dir = folder();
    let out = dir.path().join("out");
    let mut child = program()
        .args(["sample", hospital().model().to_str().unwrap(), "--scale", "2000", "--out-dir", out.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Rows are on their way once a temporary file of the largest table has grown.
    let begun = || files(dir.path()).iter().any(|(p, bytes)| p.contains("vital_signs") && !bytes.is_empty());
    let start = Instant::now();
    while !(out.exists() && begun()) {
        assert!(start.elapsed() < Duration::from_secs(120), "no row in two minutes");
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    // A second is the promise; a busy machine is given ten.
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    assert_eq!(done.status.code(), Some(130));
    let err = String::from_utf8(done.stderr).unwrap();
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.starts_with("error: interrupted"), "{err}");
    let left: Vec<String> =
        files(&out).into_keys().filter(|p| !p.rsplit('/').next().unwrap().starts_with('.')).collect();
    assert_eq!(left, Vec::<String>::new());
    run(dir.path(), &sample("--scale 0.1 --out-dir @/out --quiet")).fine();
    run(dir.path(), "verify @/out").fine();
    assert!(files(&out).keys().all(|p| !p.contains(".tmp-")), "{:?}", files(&out).keys());
}
