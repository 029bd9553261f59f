//! Formats, folders of files, some tables only, one table to a pipe, and runs that were killed.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{files, folder, hospital, program, run, sample};

#[test]
fn every_format_holds_the_same_tables() {
    let dir = folder();
    let mut plain = None;
    for format in ["csv", "csv.gz", "csv.zst", "parquet", "arrow"] {
        run(dir.path(), &sample(&format!("--scale 1.2 --format {format} --out-dir @/{format} --quiet"))).fine();
        run(dir.path(), &format!("verify @/{format}")).fine();
        let said = run(dir.path(), &format!("check @/{format}")).fine();
        let paths: Vec<String> = files(&dir.path().join(format)).into_keys().collect();
        assert!(paths.contains(&format!("iot/vital_signs.{format}")), "{paths:?}");
        // The same rows are checked whatever they were written as.
        assert_eq!(*plain.get_or_insert(said.out.clone()), said.out, "{format}");
    }
}

#[test]
fn a_folder_of_files_is_the_whole() {
    let dir = folder();
    run(dir.path(), &sample("--scale 2.6 --out-dir @/whole --quiet")).fine();
    for threads in [1, 3] {
        let args = format!("--scale 2.6 --rows-per-file 20000 --threads {threads} --out-dir @/cut{threads} --quiet");
        run(dir.path(), &sample(&args)).fine();
    }
    let whole = files(&dir.path().join("whole"));
    let cut = files(&dir.path().join("cut1"));
    assert!(cut == files(&dir.path().join("cut3")));
    let mut joined = Vec::new();
    let parts: Vec<&Vec<u8>> = cut.iter().filter(|(p, _)| p.starts_with("iot/vital_signs/")).map(|(_, b)| b).collect();
    assert!(parts.len() > 2, "{:?}", cut.keys());
    for bytes in parts {
        let header = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
        joined.extend_from_slice(if joined.is_empty() { bytes } else { &bytes[header..] });
    }
    assert!(joined == whole["iot/vital_signs.csv"]);
    run(dir.path(), "check @/cut1").fine();
}

#[test]
fn some_tables_are_those_of_the_whole_run() {
    let dir = folder();
    run(dir.path(), &sample("--scale 0.6 --out-dir @/whole --quiet")).fine();
    let whole = files(&dir.path().join("whole"));
    for check in ["", "--no-check"] {
        let args = format!("--scale 0.6 --tables vital_signs,patients --out-dir @/some --quiet {check}");
        run(dir.path(), &sample(&args)).fine();
        let some = files(&dir.path().join("some"));
        assert_eq!(some.len(), 4, "{:?}", some.keys());
        for path in ["iot/vital_signs.csv", "ehr/patients.csv"] {
            assert!(some[path] == whole[path], "{path} {check}");
        }
        run(dir.path(), "check @/some").fine();
    }
    let piped = program()
        .args([
            "sample",
            hospital().model().to_str().unwrap(),
            "--scale",
            "0.6",
            "--table",
            "vital_signs",
            "--out",
            "-",
        ])
        .output()
        .unwrap();
    assert!(piped.status.success() && piped.stdout == whole["iot/vital_signs.csv"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for format in ["csv", "parquet", "arrow"] {
        let mut child = program()
            .args(["sample", hospital().model().to_str().unwrap(), "--scale", "300", "--format", format])
            .args(["--table", "patients", "--out", "-"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut some = [0; 100];
        child.stdout.as_mut().unwrap().read_exact(&mut some).unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stderr).as_ref()), (Some(0), ""), "{format}");
    }
}

/// Finished files of a folder that is being written.
fn parts(at: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(at) else { return 0 };
    let one = |e: std::fs::DirEntry| match e.path() {
        p if p.is_dir() => parts(&p),
        p => usize::from(p.file_name().is_some_and(|n| {
            let n = n.to_string_lossy();
            n.starts_with("part-") && n.ends_with(".csv")
        })),
    };
    entries.flatten().map(one).sum()
}

#[test]
fn a_killed_run_goes_on_and_ends_in_the_same_bytes() {
    let dir = folder();
    let args = "--scale 6 --rows-per-file 20000 --threads 2 --quiet";
    run(dir.path(), &sample(&format!("{args} --out-dir @/whole"))).fine();
    let whole = files(&dir.path().join("whole"));
    for finished in [1, 4, 7] {
        let out = dir.path().join(format!("killed{finished}"));
        let mut child = program()
            .args(sample(args).split_whitespace())
            .args(["--out-dir", out.to_str().unwrap()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Killed as soon as one more file than that stands under its final name: the one may not be noted yet, those
        // before it are.
        while child.try_wait().unwrap().is_none() && parts(&out) <= finished {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let args = sample(&format!("{} --out-dir {}", args.replace("--quiet", ""), out.display()));
        let said = run(dir.path(), &args).fine();
        assert!(said.err.contains("of an interrupted run were whole and are kept"), "{}", said.err);
        assert!(files(&out) == whole, "killed after {finished} files");
    }
}

#[test]
fn a_damaged_file_of_a_killed_run_is_made_again() {
    let dir = folder();
    let args = sample("--scale 2.6 --rows-per-file 20000 --quiet --out-dir @/out");
    run(dir.path(), &args).fine();
    let whole = files(&dir.path().join("out"));
    let path = dir.path().join("out/iot/vital_signs/part-00001.csv");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&path, bytes).unwrap();
    let said = run(dir.path(), "verify @/out");
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("part-00001.csv"), "{}", said.err);
    run(dir.path(), &args).fine();
    assert!(files(&dir.path().join("out")) == whole);
}

#[test]
fn wrong_requests_are_one_line() {
    let dir = folder();
    run(dir.path(), &sample("--scale 0.6 --part 1/2 --out-dir @/p --quiet")).fine();
    let before = files(&dir.path().join("p"));
    for (args, said) in [
        ("--scale 0.6 --part 2/2 --out-dir @/p", "holds a part that is part 1/2"),
        ("--scale 0.6 --part 1/2 --seed 7 --out-dir @/p", "holds a part that is made with seed 42"),
        ("--tables patients,nobody --out-dir @/x", "the model has no table nobody"),
        ("--table nobody --out -", "the model has no table nobody"),
        ("--table patients --out here.csv", "only - (standard output)"),
        ("--table patients --out-dir @/x", "--out"),
        ("--table patients --out - --out-dir @/x", "--out-dir"),
        ("--rows-per-file 3 --out-dir @/x", "from 1000"),
        ("--format xml --out-dir @/x", "csv.zst"),
    ] {
        let err = run(dir.path(), &sample(args)).failed_in_one_line();
        assert!(err.contains(said), "{args}: {err}");
    }
    assert!(files(&dir.path().join("p")) == before);
}

#[test]
fn some_entities_are_learned_from_with_all_that_is_theirs() {
    let dir = folder();
    let data = hospital().data();
    let fit = |what: &str| run(dir.path(), &format!("fit {} --out @/some.model {what}", data.display()));
    let said = fit("--max-entities 700").fine();
    let line = said.err.lines().find(|l| l.contains("patients: learned from")).expect(&said.err).to_owned();
    assert!(line.contains(" of 2,000 rows") && !line.contains(" 2,000 of"), "{line}");
    let inspect = run(dir.path(), "inspect @/some.model").fine().out;
    assert!(inspect.contains("patients: learned from"), "{inspect}");
    run(dir.path(), "sample @/some.model --out-dir @/new").fine();
    // Enough for everything: the same model as without a limit.
    fit("--memory 100GB --quiet").fine();
    assert_eq!(std::fs::read(dir.path().join("some.model")).unwrap(), std::fs::read(hospital().model()).unwrap());
    let err = fit("--memory 1MB").failed_in_one_line();
    assert!(err.contains("at least 500 are needed: about"), "{err}");
    for (bad, said) in
        [("--memory 3", "500MB"), ("--max-entities 3", "from 500"), ("--memory 1GB --max-entities 600", "--memory")]
    {
        let err = fit(bad).failed_in_one_line();
        assert!(err.contains(said), "{bad}: {err}");
    }
}

#[test]
fn a_spreadsheet_finds_no_formula() {
    let dir = folder();
    let rows: String = (0..60).map(|i| format!("{i},{}\n", ["=SUM(A1)", "plain"][i % 2])).collect();
    std::fs::write(dir.path().join("notes.csv"), format!("note_id,text\n{rows}")).unwrap();
    run(dir.path(), "fit @/notes.csv --out @/model --quiet").fine();
    for (flag, begins) in [("", "=SUM"), ("--for-spreadsheet", "'=SUM")] {
        run(dir.path(), &format!("sample @/model --out-dir @/out --quiet {flag}")).fine();
        let text = std::fs::read_to_string(dir.path().join("out/notes.csv")).unwrap();
        let cells: Vec<&str> = text.lines().filter_map(|l| l.split_once(',')).map(|c| c.1).collect();
        assert!(cells.iter().any(|c| c.starts_with(begins)), "{flag}: {cells:?}");
        assert!(flag.is_empty() || !cells.iter().any(|c| c.starts_with('=')), "{cells:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_run_file_is_not_followed() {
    let dir = folder();
    run(dir.path(), &sample("--out-dir @/out --quiet")).fine();
    let foreign = dir.path().join("foreign");
    std::fs::write(&foreign, "mine").unwrap();
    std::os::unix::fs::symlink(&foreign, dir.path().join("out/.healthdata-run")).unwrap();
    let said = run(dir.path(), &sample("--out-dir @/out --quiet")).failed_in_one_line();
    assert!(said.contains("a link"), "{said}");
    assert_eq!(std::fs::read_to_string(&foreign).unwrap(), "mine");
}
