//! Bad input: a clear line, exit code 2, nothing written, nothing deleted.

use std::fs;
use std::path::Path;

use crate::common::{files, folder, hospital, run, sample};
use crate::data;

#[test]
fn arguments_that_make_no_sense() {
    let dir = folder();
    let cases = [
        ("--scale 0", "above 0"),
        ("--scale -1", "above 0"),
        ("--scale nan", "above 0"),
        ("--scale inf", "above 0"),
        ("--scale 1e300", "between"),
        ("--scale much", "above 0"),
        ("--format xml", "csv, csv.gz, csv.zst, parquet or arrow"),
        ("--seed -1", "whole number"),
        ("--threads 0", "whole number"),
        ("--threads 1000000", "whole number"),
        ("--part 4/3", "I/N"),
        ("--part 0/3", "I/N"),
        ("--scael 1", "--scael"),
        ("generat", "generat"),
        ("--scale 2 generate", "generate"),
        ("reference --patients 0", "whole number"),
        ("reference --patients 99999999999", "whole number"),
        ("fit @/data", "--out"),
        ("fit @/data --out @/m --min-support 1", "from 5"),
        ("fit @/data --out @/m --effort heroic", "instant"),
        ("sample @/m", "--out-dir"),
        ("sample @/m --out-dir @/out --scale 2 --rows a=3", "--rows"),
        ("sample @/m --out-dir @/out --rows a", "TABLE=N"),
        ("sample @/m --out-dir @/out --rows a=0", "TABLE=N"),
        ("sample @/m --out-dir @/out --rows a=-4", "TABLE=N"),
    ];
    for (args, says) in cases {
        let words = if args.starts_with("--") { format!("{args} --out-dir @/out") } else { args.to_owned() };
        let words = if args.contains("generate") { args.to_owned() } else { words };
        let err = run(dir.path(), &words).failed_in_one_line();
        assert!(err.contains(says) && err.trim_end().ends_with("--help"), "{args}: {err}");
    }
    assert!(files(dir.path()).is_empty());
}

/// A command for each way to write a folder; cheap ones first.
fn writers() -> [String; 3] {
    let out = "--quiet --out-dir";
    [format!("reference --patients 5 {out}"), sample(out), format!("generate {out}")]
}

#[test]
fn output_folders_that_are_not_ours_are_left_alone() {
    let dir = folder();
    fs::create_dir(dir.path().join("mine")).unwrap();
    fs::write(dir.path().join("mine/thesis.txt"), "years of work").unwrap();
    fs::create_dir(dir.path().join("other")).unwrap();
    fs::write(dir.path().join("other/manifest.json"), "{\"name\": \"another program\"}").unwrap();
    fs::write(dir.path().join("file"), "a file").unwrap();
    let before = files(dir.path());
    for writer in writers() {
        for (to, says) in
            [("@/mine", "not empty"), ("@/other", "not ours"), ("@/file", "not a folder"), ("@/file/out", "a file")]
        {
            let err = run(dir.path(), &format!("{writer} {to}")).failed_in_one_line();
            assert!(err.contains(says) && err.contains(&to[2..]), "{writer} {to}: {err}");
        }
    }
    assert_eq!(files(dir.path()), before);
}

#[test]
fn a_folder_of_ours_is_taken_over_and_foreign_files_in_it_stay() {
    let dir = folder();
    run(dir.path(), "reference --patients 5 --quiet --out-dir @/out").fine();
    fs::write(dir.path().join("out/notes.txt"), "mine").unwrap();
    run(dir.path(), "reference --patients 6 --quiet --out-dir @/out --format parquet").fine();
    let now = files(&dir.path().join("out"));
    assert_eq!(now["notes.txt"], b"mine");
    assert!(now.contains_key("ehr/patients.parquet") && !now.contains_key("ehr/patients.csv"));
}

#[cfg(unix)]
#[test]
fn places_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    let locked = dir.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    // The administrator may write everywhere but into what the system makes up.
    let locked = if fs::write(locked.join("x"), "").is_ok() { Path::new("/proc/self").into() } else { locked };
    for writer in &writers()[..2] {
        let err = run(dir.path(), &format!("{writer} {}/out", locked.display())).failed_in_one_line();
        assert!(err.contains("can't"), "{err}");
    }
    let model = format!("fit {} --out {}/m", hospital().data().display(), locked.display());
    assert!(run(dir.path(), &model).failed_in_one_line().contains("can't"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_results_is_told() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let out = crate::common::program().args(["inspect", hospital().model().to_str().unwrap()]).stdout(full).output();
    let out = out.unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("no space left"));
}

#[test]
fn model_files_that_are_none() {
    let dir = folder();
    let good = fs::read(hospital().model()).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    put("text", b"hello, this is no model at all");
    put("empty", b"");
    put("cut", &good[..good.len() - 100]);
    let mut flipped = good.clone();
    let middle = good.len() / 2;
    flipped[middle] ^= 1;
    put("flipped", &flipped);
    let mut newer = good.clone();
    newer[8] = 99;
    put("newer", &newer);
    for (name, says) in [
        ("text", "not a model"),
        ("empty", "not a model"),
        ("cut", "cut off"),
        ("flipped", "damaged"),
        ("newer", "newer"),
        ("none", "no such file"),
        (".", "folder"),
    ] {
        for command in [format!("sample @/{name} --out-dir @/out"), format!("inspect @/{name}")] {
            let err = run(dir.path(), &command).failed_in_one_line();
            assert!(err.contains(says), "{command}: {err}");
        }
    }
    assert!(!dir.path().join("out").exists());
}

#[test]
fn models_whose_pieces_contradict_each_other() {
    use healthdata_io::model_file::{Container, Section, read, write};
    let dir = folder();
    let good = read(&hospital().model()).unwrap();
    let change = |name: &str, f: &dyn Fn(&mut Container)| {
        let mut c = good.clone();
        f(&mut c);
        write(&dir.path().join(name), &c).unwrap();
    };
    change("kind", &|c| c.header["kind"] = "graph".into());
    change("layout", &|c| c.header["layout"] = 99.into());
    change("missing", &|c| {
        c.sections.shift_remove("0/rest");
    });
    change("broken", &|c| {
        c.sections.insert("0/rest".into(), Section::U8(b"\x81\xa4rows\xa6secret".to_vec()));
    });
    change("many", &|c| {
        c.sections.insert("1/columns".into(), Section::U8(b"\xce\xff\xff\xff\xff".to_vec()));
    });
    change("wrong", &|c| {
        c.sections.insert("model".into(), Section::F64(vec![1.0]));
    });
    for (name, says) in [
        ("kind", "kind"),
        ("layout", "layout"),
        ("missing", "missing"),
        ("broken", "damaged"),
        ("many", "missing"),
        ("wrong", "not of kind"),
    ] {
        let err = run(dir.path(), &format!("sample @/{name} --out-dir @/out")).failed_in_one_line();
        assert!(err.contains(says) && !err.contains("secret"), "{name}: {err}");
    }
    assert!(!dir.path().join("out").exists());
}

#[test]
fn requests_that_the_model_cannot_answer() {
    let dir = folder();
    for (args, says) in [
        ("--rows nothing=5", "nothing"),
        ("--rows vital_signs=5", "entity table"),
        ("--rows patients=5 --rows patients=6", "twice"),
    ] {
        let err = run(dir.path(), &sample(&format!("{args} --out-dir @/out"))).failed_in_one_line();
        assert!(err.contains(says), "{args}: {err}");
    }
    assert!(!dir.path().join("out").exists());
}

/// Every problem of the data in one report, each on a line, none with a value.
#[test]
fn data_with_many_problems() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    run(dir.path(), "detect @/shop --out @/metadata.json --quiet").fine();
    let orders =
        "order_id,customer_id,placed,amount\n1,C001,secret,9.5\n2,C002,2024-01-01,money\n2,C003,2024-01-01,1.0\n";
    fs::write(dir.path().join("shop/orders.csv"), orders).unwrap();
    fs::write(dir.path().join("shop/customers.csv"), "customer_id,level\nC001,gold,1\nC002\n").unwrap();
    let before = files(dir.path());
    let err = run(dir.path(), "fit @/shop --metadata @/metadata.json --out @/m").failed();
    assert!(err.contains("customers.csv") && err.contains("joined"), "{err}");
    fs::write(dir.path().join("shop/customers.csv"), "customer_id,level,joined\nC001,gold,2023-01-01\n").unwrap();
    let err = run(dir.path(), "fit @/shop --metadata @/metadata.json --out @/m").failed();
    assert!(err.contains("column placed") && err.contains("column amount") && err.contains("data row 1"), "{err}");
    assert!(err.lines().count() >= 2 && !err.contains("secret") && !err.contains("money"), "{err}");
    assert_eq!(files(dir.path()).len(), before.len());
}

/// Bad files, bad values, bad keys and bad links of several tables stand in one report.
#[test]
fn problems_of_every_kind_are_one_report() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    run(dir.path(), "detect @/shop --out @/metadata.json --quiet").fine();
    let put = |name: &str, bytes: &[u8]| fs::write(dir.path().join("shop").join(name), bytes).unwrap();
    // Keys that repeat and are missing, a wrong date, an orphan; an unknown column is only a note.
    put(
        "customers.csv",
        b"customer_id,level,joined,extra\nC001,gold,2023-01-01,1\nC001,basic,2023-13-01,2\n,basic,2023-01-02,3\n",
    );
    put("orders.csv", b"order_id,customer_id,placed,amount\n1,C001,2024-01-01,secret\n2,C777,2024-01-01,2.5\n");
    let err = run(dir.path(), "fit @/shop --metadata @/metadata.json --out @/m").failed();
    for says in [
        "customer_id repeats an earlier one in 1 rows (first: data row 2)",
        "customer_id is missing in 1 rows (first: data row 3)",
        "column joined: not a time",
        "column amount: not a number in 1 rows (data row 1)",
        "customer_id names no row of customers in 1 rows (first: data row 2)",
    ] {
        assert!(err.contains(says), "{says} is missing in\n{err}");
    }
    assert_eq!(err.lines().count(), 5, "{err}");
    // One file can't be read at all; what is wrong with the other is said, too.
    put("customers.csv", b"customer_id,level\nC001,gold\n\xff,x,y\n");
    let err = run(dir.path(), "fit @/shop --metadata @/metadata.json --out @/m").failed();
    assert!(err.contains("customers.csv: columns of the metadata are missing: joined"), "{err}");
    assert!(err.contains("column amount: not a number"), "{err}");
    assert!(!err.contains("secret") && !err.contains("C777") && !dir.path().join("m").exists(), "{err}");
}

/// Metadata that are well formed and say something else than the data.
#[test]
fn metadata_that_contradict_the_data() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    run(dir.path(), "detect @/shop --out @/metadata.json --quiet --no-values").fine();
    let good = fs::read_to_string(dir.path().join("metadata.json")).unwrap();
    let mut meta: serde_json::Value = serde_json::from_str(&good).unwrap();
    let tables = &mut meta["tables"];
    tables["customers"]["columns"]["level"] = serde_json::json!({"sdtype": "numerical"});
    tables["customers"]["columns"]["joined"]["datetime_format"] = "%d.%m.%Y".into();
    tables["orders"]["columns"]["weight"] = serde_json::json!({"sdtype": "numerical"});
    tables["visits"] = serde_json::json!({"columns": {"at": {"sdtype": "categorical"}}});
    fs::write(dir.path().join("metadata.json"), meta.to_string()).unwrap();
    let err = run(dir.path(), "fit @/shop --metadata @/metadata.json --out @/m").failed();
    for says in ["visits", "weight", "column level: not a number in 200 rows", "column joined: not a time"] {
        assert!(err.contains(says), "{says} is missing in\n{err}");
    }
    assert!(!err.contains("gold") && !dir.path().join("m").exists(), "{err}");
}

#[test]
fn data_that_are_none() {
    let dir = folder();
    let put = |name: &str, text: &[u8]| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    fs::create_dir(dir.path().join("nothing")).unwrap();
    put("empty/a.csv", b"");
    put("header/a.csv", b"a,b\n");
    put("latin/a.csv", b"a,b\n1,\xe9\n");
    put("ragged/a.csv", b"a,b\n1,2\n3\n");
    put("quote/a.csv", b"a,b\n1,\"2\n3,4\n");
    put("fake/a.parquet", b"PAR1 no, it is not");
    put("two/x/a.csv", b"a\n1\n");
    put("two/y/a.csv", b"a\n1\n");
    put("words.json", b"{]");
    for (name, says) in [
        ("none", "no such file"),
        ("nothing", "no .csv"),
        ("empty", "empty file"),
        ("header", "no rows"),
        ("latin", "UTF-8"),
        ("ragged", "data row 2"),
        ("quote", "quote"),
        ("fake", "a.parquet"),
        ("two", "two places"),
    ] {
        let err = run(dir.path(), &format!("fit @/{name} --out @/m")).failed();
        assert!(err.contains(says), "{name}: {err}");
    }
    let err = run(dir.path(), "fit @/ragged --metadata @/words.json --out @/m").failed_in_one_line();
    assert!(err.contains("words.json") && err.contains("line 1"), "{err}");
    assert!(!dir.path().join("m").exists());
}

#[test]
fn files_in_the_place_of_the_output_file_are_left_alone() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
    for command in ["fit @/shop --out", "detect @/shop --out"] {
        for (to, says) in [("@/thesis.txt", "not a"), ("@/shop", "folder"), ("@/none/m", "no such")] {
            let err = run(dir.path(), &format!("{command} {to}")).failed_in_one_line();
            assert!(err.contains(says), "{command} {to}: {err}");
        }
        // One's own earlier result may be replaced.
        run(dir.path(), &format!("{command} @/result-{} --quiet", &command[..3])).fine();
        run(dir.path(), &format!("{command} @/result-{} --quiet", &command[..3])).fine();
    }
    assert_eq!(fs::read(dir.path().join("thesis.txt")).unwrap(), b"years of work");
}

#[test]
fn folders_that_cannot_be_checked_or_verified() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    let err = run(dir.path(), "check @/shop").failed_in_one_line();
    assert!(err.contains("--metadata") && err.contains("healthdata detect"), "{err}");
    let err =
        run(dir.path(), &format!("check @/shop --metadata {}/metadata.json", hospital().data().display())).failed();
    assert!(err.contains("table patients") && err.lines().count() == 8, "{err}");
    assert!(run(dir.path(), "verify @/shop").failed_in_one_line().contains("manifest.json"));
    assert!(run(dir.path(), "verify @/none").failed_in_one_line().contains("no such"));
}

/// Tables at the edge of what can be learned: an answer or an error, never a crash.
#[test]
fn tiny_and_odd_tables() {
    let dir = folder();
    let put = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("one/a.csv", "id,x,when,what\n1,2.5,2024-01-01,ü\n");
    put("null/a.csv", "id,x,y\n1,,\n2,,\n3,,\n");
    put("same/a.csv", &format!("x,y\n{}", "1,a\n".repeat(50)));
    put("keys/a.csv", &format!("id\n{}", (0..60).map(|i| format!("K{i:02}\n")).collect::<String>()));
    for name in ["one", "null", "same", "keys"] {
        run(dir.path(), &format!("fit @/{name} --out @/{name}.model --quiet")).fine();
        run(dir.path(), &format!("sample @/{name}.model --out-dir @/new-{name} --quiet")).fine();
    }
}
