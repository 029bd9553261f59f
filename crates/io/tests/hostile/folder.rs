//! Manifests and run files: what they name stays inside their folder.

use std::fs;

use healthdata_io::sink::{JOURNAL, MANIFEST};
use healthdata_io::{FileEntry, Manifest, OutputDir, Run, verify};
use serde_json::json;

use super::{Corpus, bytes_at, capped, cuts, files_below, names};

/// Puts the bytes into a folder as this file, verifies it and lets a run take it over.
fn take_over(corpus: &mut Corpus, what: &str, name: &str, bytes: &[u8]) {
    let above = tempfile::tempdir_in(corpus.folder.path()).unwrap();
    let folder = above.path().join("out");
    fs::create_dir(&folder).unwrap();
    for foreign in ["x", "out.csv", ".x.tmp-1"] {
        fs::write(above.path().join(foreign), "foreign").unwrap();
    }
    fs::write(folder.join("mine"), "mine").unwrap();
    fs::write(folder.join(name), bytes).unwrap();
    let _ = corpus.count(what, || verify(&folder));
    let _ = corpus.count(what, || OutputDir::run_of(&folder));
    let _ = corpus.count(what, || OutputDir::create(&folder, Run::default()).and_then(OutputDir::commit));
    let left = files_below(above.path());
    for foreign in ["x", "out.csv", ".x.tmp-1", "out/mine"] {
        assert!(left.contains(&above.path().join(foreign)), "{what}: {foreign} is gone");
    }
}

#[test]
fn hostile_manifests_and_run_files() {
    capped("folder::hostile_manifests_and_run_files", |corpus| {
        let entry =
            |path: &str| FileEntry { table: "t".into(), path: path.into(), rows: 1, bytes: 2, blake3: "00".into() };
        let manifest = |path: &str| Manifest::new(Run::default(), vec![entry(path)], Vec::new()).to_json();
        let run = |path: &str| {
            let lines = [
                json!({"run": {"run": Run::default(), "owned": {path: ""}}}),
                json!({"begin": {"path": path, "temporary": path}}),
                json!({"begin": {"path": "t.csv", "temporary": path.replace('x', ".x.tmp-1")}}),
                json!({"done": entry(path)}),
            ];
            lines.map(|l| l.to_string() + "\n").concat().into_bytes()
        };
        for (name, good) in [(MANIFEST, manifest("t.csv")), (JOURNAL, run("t.csv"))] {
            take_over(corpus, "whole", name, &good);
            for (what, bad) in cuts(&good).chain(bytes_at(&good, 0..good.len())) {
                take_over(corpus, &what, name, &bad);
            }
            for bad in
                ["[".repeat(1_000_000), "{\"run\":".repeat(1_000_000), "\n".repeat(1 << 24), "\0".repeat(1 << 20)]
            {
                take_over(corpus, "deep", name, bad.as_bytes());
            }
        }
        let paths =
            ["../x", "../out.csv", "a/../../x", "./../x", "..\\x", "/x", "../out/mine", "mine/", "C:x", "..//x"];
        for path in paths.map(str::to_owned).into_iter().chain(names()) {
            // A file of its own that the manifest names is the run's to replace; here nothing of ours is called so.
            take_over(corpus, &path, MANIFEST, &manifest(&path));
            take_over(corpus, &path, JOURNAL, &run(&path));
        }
        for (was, is) in [
            ("\"rows\": 1", "\"rows\": 18446744073709551615"),
            ("\"bytes\": 2", "\"bytes\": 18446744073709551615"),
            ("\"bytes\": 2", "\"bytes\": 2, \"bytes\": 3"),
            ("\"scale\": 0.0", "\"scale\": 1e400"),
            ("\"format_version\": 1", "\"format_version\": 4294967295"),
            ("\"format_version\": 1", "\"format_version\": 0"),
            ("\"blake3\": \"00\"", "\"blake3\": \"\\ud800\""),
        ] {
            let good = String::from_utf8(manifest("t.csv")).unwrap();
            assert!(good.contains(was), "{was}");
            take_over(corpus, is, MANIFEST, good.replace(was, is).as_bytes());
        }
    });
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    use std::os::unix::fs::symlink;
    capped("folder::what_is_no_file_is_not_waited_for", |corpus| {
        let pipe =
            |at: &std::path::Path| assert!(std::process::Command::new("mkfifo").arg(at).status().unwrap().success());
        for name in [MANIFEST, JOURNAL, "t.csv"] {
            for kind in ["a pipe", "a device", "a folder"] {
                let folder = tempfile::tempdir_in(corpus.folder.path()).unwrap();
                let at = folder.path().join(name);
                match kind {
                    "a pipe" => pipe(&at),
                    "a device" => symlink("/dev/zero", &at).unwrap(),
                    _ => fs::create_dir(&at).unwrap(),
                }
                if name == "t.csv" {
                    let entry =
                        FileEntry { table: "t".into(), path: name.into(), rows: 1, bytes: 0, blake3: "00".into() };
                    let manifest = Manifest::new(Run::default(), vec![entry], Vec::new());
                    fs::write(folder.path().join(MANIFEST), manifest.to_json()).unwrap();
                    assert_eq!(corpus.count(kind, || verify(folder.path())).unwrap().good, 0, "{kind}");
                }
                let what = format!("{name} is {kind}");
                let _ = corpus.count(&what, || verify(folder.path()));
                let _ = corpus.count(&what, || OutputDir::run_of(folder.path()));
                let _ = corpus.count(&what, || OutputDir::create(folder.path(), Run::default()));
                let _ = corpus.count(&what, || healthdata_io::read(folder.path(), None));
            }
        }
    });
}
