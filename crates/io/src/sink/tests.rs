//! Laws of the output folder: nothing foreign is touched, nothing half-written has a final name, runs resume.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray};
use healthdata_core::metadata::{ColumnMeta, Sdtype};

use super::*;
use crate::verify::verify;

fn meta() -> TableMeta {
    let mut meta = TableMeta::default();
    meta.columns.insert("id".into(), ColumnMeta::new(Sdtype::Id { regex: None }));
    meta.columns.insert("age".into(), ColumnMeta::new(Sdtype::Numerical));
    meta
}

fn batch(from: i64, n: i64) -> RecordBatch {
    let id: ArrayRef = Arc::new(StringArray::from_iter_values((from..from + n).map(|i| format!("P{i:06}"))));
    let age: ArrayRef = Arc::new(Int64Array::from_iter_values((from..from + n).map(|i| i % 90)));
    RecordBatch::try_from_iter([("id", id), ("age", age)]).unwrap()
}

fn run(seed: u64) -> Run {
    Run { program: "healthdata test".into(), seed, scale: 1.0, model_hash: "ab".into(), options: BTreeMap::new() }
}

fn write(dir: &OutputDir, domain: Option<&str>, table: &str, format: Format, rows: i64) -> FileEntry {
    let mut w = dir.table(domain, table, format, &meta()).unwrap();
    w.write(&batch(0, rows)).unwrap();
    w.finish().unwrap()
}

/// All paths below a folder, hidden ones too.
fn tree(root: &Path) -> Vec<String> {
    fn walk(at: &Path, root: &Path, out: &mut Vec<String>) {
        for e in fs::read_dir(at).unwrap() {
            let path = e.unwrap().path();
            if fs::symlink_metadata(&path).unwrap().is_dir() {
                walk(&path, root, out);
            }
            out.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
    let mut out = Vec::new();
    walk(root, root, &mut out);
    out.sort();
    out
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("a/out");
    (parent, out)
}

#[test]
fn a_run_gives_files_manifest_and_nothing_else() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(42)).unwrap();
    let entry = write(&dir, Some("ehr"), "patients", Format::Csv, 3);
    dir.part(Some("iot"), "vitals", "00007", Format::Csv, &meta()).unwrap().finish().unwrap();
    write(&dir, None, "wards", Format::Parquet, 3);
    dir.write_other("metadata.json", b"{}").unwrap();
    assert!(!out.join(MANIFEST).exists() && verify(&out).is_err());
    let commit = dir.commit().unwrap();
    let files = ["ehr", "ehr/patients.csv", "iot", "iot/vitals", "iot/vitals/part-00007.csv", "manifest.json"];
    assert_eq!(tree(&out), [&files[..], &["metadata.json", "wards.parquet"]].concat());
    assert_eq!(fs::read_to_string(out.join("ehr/patients.csv")).unwrap(), "id,age\nP000000,0\nP000001,1\nP000002,2\n");
    assert_eq!(fs::read_to_string(out.join("iot/vitals/part-00007.csv")).unwrap(), "id,age\n");
    assert_eq!((entry.rows, entry.bytes), (3, 37));
    assert_eq!(Manifest::read(&out).unwrap().unwrap(), commit.manifest);
    let report = verify(&out).unwrap();
    assert_eq!((report.good, report.problems.len(), report.unlisted.len()), (4, 0, 0));
}

#[test]
fn equal_runs_give_equal_bytes_whatever_the_order_of_work() {
    let bytes = |tables: &[&str], chunk: i64| {
        let (_keep, out) = fresh();
        let dir = OutputDir::create(&out, run(1)).unwrap();
        for t in tables {
            for format in [Format::Csv, Format::Parquet] {
                let mut w = dir.table(Some(format.ending()), t, format, &meta()).unwrap();
                for from in (0..5000).step_by(chunk as usize) {
                    w.write(&batch(from, chunk)).unwrap();
                }
                w.finish().unwrap();
            }
        }
        dir.commit().unwrap();
        tree(&out).into_iter().filter_map(|p| Some((p.clone(), fs::read(out.join(p)).ok()?))).collect::<Vec<_>>()
    };
    assert_eq!(bytes(&["a", "b"], 2500), bytes(&["b", "a"], 2500));
    let csv = |files: Vec<(String, Vec<u8>)>| files.into_iter().find(|(p, _)| p == "csv/a.csv").unwrap();
    assert_eq!(csv(bytes(&["a"], 5000)), csv(bytes(&["a"], 50)));
}

#[test]
fn rows_encoded_elsewhere_give_the_same_file() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    // More than a chunk, so that both ways to the file are taken.
    let (n, piece) = (200_000, 50_000);
    let mut direct = dir.table(None, "direct", Format::Csv, &meta()).unwrap();
    let mut pieces = dir.table(None, "pieces", Format::Csv, &meta()).unwrap();
    for from in (0..n).step_by(piece) {
        let rows = batch(from, piece as i64);
        direct.write(&rows).unwrap();
        for rows in [rows.slice(0, 1), rows.slice(1, piece - 1)] {
            let mut encoder = pieces.encoder();
            encoder.write(&rows).unwrap();
            pieces.append(encoder.finish().unwrap()).unwrap();
        }
    }
    let (a, b) = (direct.finish().unwrap(), pieces.finish().unwrap());
    assert_eq!((a.rows, a.bytes, &a.blake3), (b.rows, b.bytes, &b.blake3));
    assert_eq!(files::checksum(&out.join("direct.csv")).unwrap(), (a.bytes, a.blake3));
    let csv = Encoder::new(Format::Csv, Arc::new(meta()), CsvOptions::default()).finish().unwrap();
    assert!(dir.table(None, "p", Format::Parquet, &meta()).unwrap().append(csv).is_err());
}

#[test]
fn folders_that_are_not_ours_are_refused_and_stay_as_they_are() {
    let (keep, _) = fresh();
    let cases: [(&str, &[u8]); 4] = [
        ("notes.txt", b"mine"),
        ("manifest.json", br#"{"name": "a browser extension"}"#),
        (".hidden", b"x"),
        ("manifest.json", br#"{"format": "healthdata-manifest", "format_version": 99}"#),
    ];
    for (i, (name, bytes)) in cases.into_iter().enumerate() {
        let out = keep.path().join(i.to_string());
        fs::create_dir(&out).unwrap();
        fs::write(out.join(name), bytes).unwrap();
        let e = OutputDir::create(&out, run(1)).unwrap_err();
        assert!(e.to_string().contains("not ours") && e.to_string().contains("--out-dir"), "{e}");
        assert_eq!((e.problems().len(), e.to_string().lines().count()), (1, 1));
        assert_eq!((tree(&out), fs::read(out.join(name)).unwrap()), (vec![name.to_owned()], bytes.to_vec()));
    }
    let file = keep.path().join("file");
    fs::write(&file, "mine").unwrap();
    assert!(OutputDir::create(&file, run(1)).unwrap_err().to_string().contains("it is a file"));
    assert!(OutputDir::create(&file.join("below"), run(1)).is_err());
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    #[cfg(target_os = "linux")]
    assert!(OutputDir::create(Path::new("/proc/healthdata"), run(1)).unwrap_err().to_string().contains("/proc"));
}

#[test]
fn a_scale_that_is_no_number_is_refused_before_anything_is_made() {
    let (_keep, out) = fresh();
    for scale in [f64::NAN, f64::INFINITY] {
        assert_eq!(OutputDir::create(&out, Run { scale, ..run(1) }).unwrap_err().kind(), ErrorKind::Request);
    }
    assert!(!out.exists());
}

#[test]
fn a_finished_folder_of_ours_is_used_again_and_only_our_files_go() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    for t in ["patients", "wards", "staff"] {
        write(&dir, Some(if t == "wards" { "erp" } else { "ehr" }), t, Format::Csv, 3);
    }
    dir.commit().unwrap();
    fs::write(out.join("ehr/notes.txt"), "mine").unwrap();
    fs::write(out.join("ehr/staff.csv"), "edited").unwrap();

    let dir = OutputDir::create(&out, run(2)).unwrap();
    assert!(!out.join(MANIFEST).exists() && out.join("erp/wards.csv").exists());
    write(&dir, Some("ehr"), "patients", Format::Csv, 5);
    let commit = dir.commit().unwrap();
    assert_eq!(tree(&out), ["ehr", "ehr/notes.txt", "ehr/patients.csv", "ehr/staff.csv", "manifest.json"]);
    assert_eq!(fs::read(out.join("ehr/staff.csv")).unwrap(), b"edited");
    assert!(commit.kept.len() == 1 && commit.kept[0].contains("staff.csv"), "{:?}", commit.kept);
    assert_eq!(verify(&out).unwrap().unlisted, ["ehr/notes.txt", "ehr/staff.csv"]);
}

#[test]
fn a_file_of_the_user_is_never_overwritten() {
    let (_keep, out) = fresh();
    OutputDir::create(&out, run(1)).unwrap().commit().unwrap();
    fs::write(out.join("patients.csv"), "mine").unwrap();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    let e = dir.table(None, "patients", Format::Csv, &meta()).unwrap_err();
    assert!(e.to_string().contains("already there and not ours"), "{e}");
    assert!(dir.write_other("../x", b"").is_err() && dir.write_other(MANIFEST, b"").is_err());
    assert_eq!(fs::read(out.join("patients.csv")).unwrap(), b"mine");
}

#[test]
fn an_interrupted_run_resumes_with_its_finished_files() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    let first = write(&dir, None, "first", Format::Csv, 3);
    let changed = write(&dir, None, "changed", Format::Csv, 3);
    // What a kill leaves: nothing is cleaned up, the last line of the run file is half.
    let mut half = dir.table(None, "half", Format::Csv, &meta()).unwrap();
    half.write(&batch(0, 3)).unwrap();
    let killed = out.with_file_name("killed");
    for p in tree(&out) {
        fs::create_dir_all(killed.join(&p).parent().unwrap()).unwrap();
        fs::copy(out.join(&p), killed.join(&p)).unwrap();
    }
    let out = killed;
    let mut journal = fs::read(out.join(JOURNAL)).unwrap();
    journal.extend_from_slice(br#"{"done":{"table":"#);
    fs::write(out.join(JOURNAL), journal).unwrap();
    fs::write(out.join(&changed.path), "other").unwrap();
    assert!(tree(&out).iter().any(|p| p.starts_with(".half.csv.tmp-")));

    let dir = OutputDir::create(&out, run(1)).unwrap();
    assert!(!tree(&out).iter().any(|p| p.contains(".tmp-")), "{:?}", tree(&out));
    assert_eq!(dir.finished(None, "first", None, Format::Csv).unwrap(), Some(first));
    assert_eq!(dir.finished(None, "changed", None, Format::Csv).unwrap(), None);
    assert_eq!(dir.finished(None, "half", None, Format::Csv).unwrap(), None);
    assert!(dir.table(None, "first", Format::Csv, &meta()).is_err(), "written twice");
    write(&dir, None, "changed", Format::Csv, 3);
    write(&dir, None, "half", Format::Csv, 3);
    let manifest = dir.commit().unwrap().manifest;
    assert_eq!((manifest.tables.len(), verify(&out).unwrap().good), (3, 3));
    // A finished folder and the same run: nothing needs to be made again.
    let dir = OutputDir::create(&out, run(1)).unwrap();
    assert!(dir.finished(None, "half", None, Format::Csv).unwrap().is_some());
}

#[test]
fn another_run_takes_nothing_over_from_an_interrupted_one() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    write(&dir, Some("ehr"), "old", Format::Csv, 3);
    write(&dir, Some("ehr"), "both", Format::Csv, 3);
    drop(dir);
    let dir = OutputDir::create(&out, run(2)).unwrap();
    assert_eq!(dir.finished(Some("ehr"), "old", None, Format::Csv).unwrap(), None);
    write(&dir, None, "new", Format::Csv, 3);
    write(&dir, Some("ehr"), "both", Format::Csv, 4);
    dir.commit().unwrap();
    assert_eq!(tree(&out), ["ehr", "ehr/both.csv", "manifest.json", "new.csv"]);
}

#[test]
fn two_runs_in_one_folder_at_once_are_refused() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    assert!(OutputDir::create(&out, run(1)).unwrap_err().to_string().contains("another run"));
    drop(dir);
    OutputDir::create(&out, run(1)).unwrap();
}

#[test]
fn a_writer_that_is_dropped_or_fails_leaves_no_file_and_no_finished_run() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    for (i, format) in [Format::Csv, Format::Parquet].into_iter().enumerate() {
        let mut w = dir.table(None, &format!("t{i}"), format, &meta()).unwrap();
        w.write(&batch(0, 3)).unwrap();
        drop(w);
        let mut w = dir.table(None, &format!("u{i}"), format, &meta()).unwrap();
        let id: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"secret"]));
        let e = w.write(&RecordBatch::try_from_iter([("id", id)]).unwrap()).unwrap_err();
        assert!(e.to_string().contains("column age is missing") && !e.to_string().contains("secret"), "{e}");
        assert!(w.finish().is_err());
    }
    assert_eq!(tree(&out), [JOURNAL]);
    assert!(dir.commit().unwrap_err().to_string().contains("not finished"));
    assert!(!out.join(MANIFEST).exists());
}

#[cfg(unix)]
#[test]
fn links_in_the_folder_are_not_followed() {
    use std::os::unix::fs::symlink;
    let (keep, out) = fresh();
    let elsewhere = keep.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("wards.csv"), "mine").unwrap();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    symlink(&elsewhere, out.join("ehr")).unwrap();
    symlink(elsewhere.join("wards.csv"), out.join("wards.csv")).unwrap();
    assert!(
        dir.table(Some("ehr"), "patients", Format::Csv, &meta()).unwrap_err().to_string().contains("symbolic link")
    );
    assert!(dir.table(None, "wards", Format::Csv, &meta()).is_err());
    drop(dir);
    assert_eq!(
        (tree(&elsewhere), fs::read(elsewhere.join("wards.csv")).unwrap()),
        (vec!["wards.csv".into()], b"mine".to_vec())
    );

    // A folder that was real when the manifest was written and became a link is left alone.
    let again = keep.path().join("again");
    let dir = OutputDir::create(&again, run(1)).unwrap();
    write(&dir, Some("ehr"), "wards", Format::Csv, 1);
    dir.commit().unwrap();
    fs::copy(again.join("ehr/wards.csv"), elsewhere.join("wards.csv")).unwrap();
    fs::remove_dir_all(again.join("ehr")).unwrap();
    symlink(&elsewhere, again.join("ehr")).unwrap();
    let commit = OutputDir::create(&again, run(2)).unwrap().commit().unwrap();
    assert_eq!((commit.kept.len(), tree(&elsewhere)), (1, vec!["wards.csv".to_owned()]));
}

#[test]
fn hostile_names_stay_inside_and_apart() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    let long = "x".repeat(300);
    let names =
        ["../../x", "CON", "a/b", "a:b", &long, "\u{202e}a", "manifest.json", ".healthdata-run", "part-00000", ""];
    for n in names {
        for domain in [None, Some("../up"), Some("a/../..")] {
            write(&dir, domain, n, Format::Csv, 1);
        }
    }
    let tables = dir.commit().unwrap().manifest.tables.len();
    assert_eq!(tables, 3 * names.len());
    assert_eq!(verify(&out).unwrap().good, tables);
}

#[test]
fn verify_names_what_is_missing_or_changed() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    for t in ["gone", "longer", "changed", "good"] {
        write(&dir, None, t, Format::Csv, 3);
    }
    dir.commit().unwrap();
    fs::remove_file(out.join("gone.csv")).unwrap();
    fs::write(out.join("longer.csv"), "id,age\nP000000,0\nP000001,1\nP000002,2\n ").unwrap();
    fs::write(out.join("changed.csv"), "id,age\nP000000,0\nP000001,1\nP000002,3\n").unwrap();
    let report = verify(&out).unwrap();
    let all = report.problems.join("\n");
    assert!(report.good == 1 && report.problems.len() == 3, "{all}");
    assert!(all.contains("gone.csv: can't read it") && all.contains("38 bytes instead of 37"), "{all}");
    assert!(all.contains("changed.csv: its content was changed"), "{all}");
    assert!(verify(&out.join("none")).is_err());
}

#[test]
fn a_run_file_of_somebody_else_removes_nothing() {
    let (_keep, out) = fresh();
    drop(OutputDir::create(&out, run(1)).unwrap());
    let mut journal = fs::read(out.join(JOURNAL)).unwrap();
    for line in [
        r#"{"run":{"run":{"program":"x","seed":1,"scale":1.0,"model_hash":""},"owned":{"thesis.txt":[]}}}"#,
        r#"{"begin":{"path":"letters.csv","temporary":".letters.csv.tmp-1","blake3":null}}"#,
        r#"{"begin":{"path":"x","temporary":"thesis.txt","blake3":null}}"#,
        r#"{"begin":{"path":"x","temporary":".notes.tmp-old","blake3":null}}"#,
        r#"{"done":{"table":"t","path":"photo.csv","rows":1,"bytes":5,"blake3":"00"}}"#,
    ] {
        journal.extend_from_slice(line.as_bytes());
        journal.push(b'\n');
    }
    fs::write(out.join(JOURNAL), journal).unwrap();
    let mine = ["letters.csv", "photo.csv", "thesis.txt"];
    fs::write(out.join(".notes.tmp-old"), "mine").unwrap();
    mine.iter().for_each(|n| fs::write(out.join(n), "mine").unwrap());
    let dir = OutputDir::create(&out, run(2)).unwrap();
    write(&dir, None, "t", Format::Csv, 3);
    let kept = dir.commit().unwrap().kept;
    assert!(kept.iter().zip(mine).all(|(k, n)| k.contains(n) && k.contains("kept")), "{kept:?}");
    let all = [".notes.tmp-old", "letters.csv", "manifest.json", "photo.csv", "t.csv", "thesis.txt"];
    assert_eq!(tree(&out), all);
}

#[test]
fn a_file_killed_between_its_note_and_its_name_is_known_either_way() {
    // A run that is killed while it replaces a file leaves the older or the newer one: the next run knows both.
    for newer in [false, true] {
        let (_keep, out) = fresh();
        let dir = OutputDir::create(&out, run(1)).unwrap();
        write(&dir, None, "t", Format::Csv, 3);
        dir.commit().unwrap();
        let older = fs::read(out.join("t.csv")).unwrap();
        let dir = OutputDir::create(&out, run(2)).unwrap();
        write(&dir, None, "t", Format::Csv, 4);
        drop(dir);
        if !newer {
            fs::write(out.join("t.csv"), older).unwrap();
        }
        let dir = OutputDir::create(&out, run(3)).unwrap();
        write(&dir, None, "other", Format::Csv, 3);
        assert_eq!(dir.commit().unwrap().kept, Vec::<String>::new());
        assert_eq!(tree(&out), ["manifest.json", "other.csv"]);
    }
}

#[test]
fn a_file_that_a_worker_put_in_place_goes_when_its_note_tells_of_it() {
    for (told, goes) in [("", false), ("other", false), ("mine", true)] {
        let (_keep, out) = fresh();
        let dir = OutputDir::create(&out, run(1)).unwrap();
        let path = dir.expect(None, "t", "00007", Format::Csv).unwrap();
        drop(dir);
        fs::write(out.join(&path), "mine").unwrap();
        fs::write(out.join("letters.csv"), "mine").unwrap();
        let dir = OutputDir::create(&out, run(2)).unwrap();
        let blake3 = blake3::hash(told.as_bytes()).to_hex().to_string();
        for path in [&path[..], "letters.csv"] {
            dir.claim(&FileEntry { table: "t".into(), path: path.into(), rows: 1, bytes: 4, blake3: blake3.clone() })
                .unwrap();
        }
        write(&dir, None, "other", Format::Csv, 3);
        assert_eq!(dir.commit().unwrap().kept.is_empty(), goes, "{told}");
        assert_eq!((out.join(&path).exists(), out.join("letters.csv").exists()), (!goes, true), "{told}");
    }
}

#[test]
fn names_that_differ_by_case_are_files_apart() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    let paths: Vec<String> =
        ["Tab", "tab", "TAB", "tab2"].iter().map(|t| write(&dir, Some("ehr"), t, Format::Csv, 1).path).collect();
    assert_eq!((paths[0].as_str(), paths[3].as_str()), ("ehr/Tab.csv", "ehr/tab2.csv"));
    let lower: BTreeSet<String> = paths.iter().map(|p| p.to_lowercase()).collect();
    assert_eq!(lower.len(), 4, "{paths:?}");
    // The same run again asks in the same order and finds them.
    dir.commit().unwrap();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    for (t, path) in ["Tab", "tab", "TAB"].iter().zip(&paths) {
        assert_eq!(dir.finished(Some("ehr"), t, None, Format::Csv).unwrap().unwrap().path, *path);
    }
}

#[cfg(unix)]
#[test]
fn the_folder_itself_may_be_a_link_to_one_that_is_there() {
    use std::os::unix::fs::symlink;
    let (keep, out) = fresh();
    let disk = keep.path().join("disk");
    fs::create_dir_all(out.parent().unwrap()).unwrap();
    symlink(&disk, &out).unwrap();
    assert!(OutputDir::create(&out, run(1)).unwrap_err().to_string().contains("leads nowhere"));
    fs::create_dir(&disk).unwrap();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    write(&dir, None, "t", Format::Csv, 3);
    dir.commit().unwrap();
    assert_eq!(tree(&disk), ["manifest.json", "t.csv"]);
    // What is there decides, as for any folder.
    fs::remove_file(disk.join(MANIFEST)).unwrap();
    assert!(OutputDir::create(&out, run(1)).unwrap_err().to_string().contains("not ours"));
}

#[test]
fn a_killed_commit_leaves_no_temporary_manifest() {
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    write(&dir, None, "t", Format::Csv, 3);
    drop(dir);
    fs::write(out.join(".manifest.json.tmp-1"), "half").unwrap();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    dir.finished(None, "t", None, Format::Csv).unwrap().unwrap();
    dir.commit().unwrap();
    assert_eq!(tree(&out), ["manifest.json", "t.csv"]);
}

#[cfg(unix)]
#[test]
fn an_older_file_that_cannot_be_read_is_an_error_and_not_left_among_the_new_ones() {
    use std::os::unix::fs::PermissionsExt;
    let (_keep, out) = fresh();
    let dir = OutputDir::create(&out, run(1)).unwrap();
    write(&dir, None, "old", Format::Csv, 3);
    dir.commit().unwrap();
    let dir = OutputDir::create(&out, run(2)).unwrap();
    fs::set_permissions(out.join("old.csv"), fs::Permissions::from_mode(0)).unwrap();
    if fs::read(out.join("old.csv")).is_ok() {
        return; // Rights do not bind root; `tests/slow/faults.sh` asks the same of root.
    }
    assert!(dir.commit().unwrap_err().to_string().contains("old.csv: can't read it: permission denied"));
    assert!(!out.join(MANIFEST).exists());
}
