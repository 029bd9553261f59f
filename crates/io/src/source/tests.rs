//! What can be read, what is refused, and that every problem names its place and no value.

use std::fs;
use std::io::Write;

use arrow_array::cast::AsArray;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, StringArray};
use healthdata_core::metadata::{ColumnMeta, Sdtype, TableMeta};

use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut e = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    e.write_all(bytes).unwrap();
    e.finish().unwrap()
}

fn parquet_of(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut w = ::parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    w.write(batch).unwrap();
    w.close().unwrap();
    bytes
}

fn metadata(tables: &[(&str, &[&str])]) -> Metadata {
    let mut m = Metadata { tables: IndexMap::new(), relationships: Vec::new(), rules: Vec::new() };
    for (table, columns) in tables {
        let mut t = TableMeta::default();
        for c in *columns {
            t.columns.insert((*c).into(), ColumnMeta::new(Sdtype::Categorical));
        }
        m.tables.insert((*table).into(), t);
    }
    m
}

fn cells(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
    batch[column].as_string::<i32>().iter().map(|v| v.map(str::to_owned)).collect()
}

fn some(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|c| (!c.is_empty()).then(|| (*c).to_owned())).collect()
}

#[test]
fn marks_of_what_is_missing_are_missing_beside_numbers_and_dates() {
    let csv = b"id,ms,day,gene\n1,\\N,2024-01-31,NA\n2,5,NA,TP53\n3,NA,,NA\n";
    let dir = folder(&[("t.csv", csv)]);
    let t = &read(dir.path(), None).unwrap().data.tables["t"];
    assert_eq!(cells(t, "ms"), [None, Some("5".into()), None]);
    assert_eq!(cells(t, "day"), [Some("2024-01-31".into()), None, None]);
    // Beside labels it may be one: sodium.
    assert_eq!(cells(t, "gene"), [Some("NA".into()), Some("TP53".into()), Some("NA".into())]);
}

/// The problems of a folder, with the folder's own path cut off.
fn problems(dir: &tempfile::TempDir, metadata: Option<&Metadata>) -> Vec<String> {
    let e = read(dir.path(), metadata).unwrap_err();
    let root = format!("{}/", dir.path().display());
    e.problems().iter().map(|p| p.replace(&root, "").replace(dir.path().to_str().unwrap(), "DIR")).collect()
}

#[test]
fn nested_folders_are_domains_and_parts_one_table() {
    let dir = folder(&[
        ("ehr/patients.csv", b"id,sex\nP1,F\n"),
        ("iot/vitals/part-00002.csv", b"v\n2\n"),
        ("iot/vitals/part-00010.csv", b"v\n10\n"),
        ("iot/vitals/part-1.csv.gz", &gzip(b"v\n1\n")),
        ("wards.CSV.GZ", &gzip(b"w\nA\n")),
        ("site/a/beds.csv", b"b\n1\n"),
        ("readme.txt", b"hello"),
        (".patients.csv.tmp-1", b"half"),
        ("manifest.json", b"{}"),
        ("iot/_delta_log/x.csv", b""),
    ]);
    let s = read(dir.path(), None).unwrap();
    assert_eq!(s.data.tables.keys().collect::<Vec<_>>(), ["patients", "vitals", "beds", "wards"]);
    assert_eq!(cells(&s.data.tables["vitals"], "v"), some(&["1", "2", "10"]));
    assert_eq!(s.domains.get("patients").map(String::as_str), Some("ehr"));
    assert_eq!(s.domains.get("vitals").map(String::as_str), Some("iot"));
    assert_eq!(s.domains.get("beds").map(String::as_str), Some("site/a"));
    assert_eq!((s.domains.get("wards"), s.files["vitals"].len()), (None, 3));
    // The same table by the path of its folder of parts.
    let s = read(&dir.path().join("iot/vitals/."), None).unwrap();
    assert_eq!((s.data.tables["vitals"].num_rows(), s.domains.len()), (3, 0));
    let s = read(&dir.path().join("wards.CSV.GZ"), None).unwrap();
    assert_eq!(s.data.tables.keys().collect::<Vec<_>>(), ["wards"]);
}

#[test]
fn csv_follows_rfc_4180() {
    let text = "\u{feff}id,\"na,me\"\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,\r\n\r\n3,\"\"\r\n4,ü 患者";
    let dir = folder(&[("t.csv", text.as_bytes())]);
    let s = read(dir.path(), None).unwrap();
    let t = &s.data.tables["t"];
    assert_eq!(cells(t, "id"), some(&["1", "2", "3", "4"]));
    assert_eq!(cells(t, "na,me"), some(&["a, \"b\"\r\nc", "", "", "ü 患者"]));
}

#[test]
fn a_table_without_rows_is_a_table() {
    let dir = folder(&[("t.csv", b"a,b")]);
    let s = read(dir.path(), None).unwrap();
    assert_eq!((s.data.tables["t"].num_rows(), s.data.tables["t"].num_columns()), (0, 2));
}

#[test]
fn all_problems_come_in_one_error_with_places_and_without_values() {
    let dir = folder(&[
        ("ragged.csv", b"a,b\n1,2\nsecret,3,4\nsecret\n5,6\n"),
        ("bytes.csv", b"a,b\n1,secret\xff\n2,\xc3\n3,ok\n"),
        ("split.csv", b"a,b\nsecret,\xc3\n2,\xa9\n"),
        ("twice.csv", b"a,,a\n1,2,3\n"),
        ("empty.csv", b""),
        ("blank.csv", b"\n\n"),
        ("wide.csv", b"\xff\xfea\0,\0"),
        ("semi.csv", b"a;b\n1;secret\n"),
        ("open.csv", b"a,b\n1,2\n3,\"secret\n4,5\n"),
        ("cut.csv.gz", &gzip(b"a,b\n1,secret\n")[..15]),
        ("zip.csv.gz", b"not gzip"),
        ("half.parquet", b"PAR1secret"),
        ("none.parquet", b""),
        ("same.csv", b"a\n1\n"),
        ("ehr/same.csv", b"a\n1\n"),
    ]);
    let p = problems(&dir, None);
    let all = p.join("\n");
    assert!(!all.contains("secret"), "{all}");
    for expected in [
        "ragged.csv: not 2 cells as in the header, or a quote out of place, in 2 rows (data row 2, 3)",
        "bytes.csv: column b: not UTF-8 (save the file as UTF-8) in 2 rows (data row 1, 2)",
        "split.csv: column b: not UTF-8 (save the file as UTF-8) in 2 rows (data row 1, 2)",
        "twice.csv: column 2 has no name",
        "twice.csv: columns 1 and 3 have the same name",
        "empty.csv: empty file",
        "blank.csv: no header row",
        "wide.csv: not UTF-8 text",
        "semi.csv: the columns are separated by semicolons or tabs",
        "open.csv: a quote is opened and never closed (data row 2",
        "cut.csv.gz: ",
        "zip.csv.gz: can't read it: the gzip data are damaged, cut off or followed by something else",
        "half.parquet: not readable as Parquet",
        "none.parquet: empty file",
        "table same is in two places: ehr/same.csv and same.csv",
    ] {
        assert!(all.contains(expected), "{expected}\nis not in\n{all}");
    }
    assert_eq!(p.len(), 15, "{all}");
}

#[test]
fn a_stray_quote_inside_a_cell_is_a_character() {
    let dir = folder(&[("t.csv", b"a,b\n1,5\" pipe\n2,x\n")]);
    assert_eq!(cells(&read(dir.path(), None).unwrap().data.tables["t"], "b"), some(&["5\" pipe", "x"]));
}

#[test]
fn metadata_decides_what_is_read_and_in_which_order() {
    let dir = folder(&[("b.csv", b"y,extra,x\n1,2,3\n"), ("a.csv", b"z\n1\n"), ("other.csv", b"broken\n\xff\n")]);
    let s = read(dir.path(), Some(&metadata(&[("b", &["x", "y"]), ("a", &["z"])]))).unwrap();
    assert_eq!(s.data.tables.keys().collect::<Vec<_>>(), ["b", "a"]);
    let b = &s.data.tables["b"];
    assert_eq!(b.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!((cells(b, "x"), cells(b, "y")), (some(&["3"]), some(&["1"])));
    assert_eq!(s.notes.len(), 2);
    assert!(s.notes.iter().any(|n| n.contains("table b: columns left aside: extra")), "{:?}", s.notes);
    assert!(s.notes.iter().any(|n| n.contains("table other is not in the metadata")), "{:?}", s.notes);
}

#[test]
fn what_the_metadata_asks_for_and_is_not_there_is_named() {
    let dir = folder(&[("b.csv", b"x\n1\n"), ("c.csv", b"q\n")]);
    let m = metadata(&[("b", &["x", "y", "z"]), ("a", &["z"]), ("c", &["r"])]);
    let p = problems(&dir, Some(&m));
    assert_eq!(
        p,
        [
            "DIR: table a of the metadata has no file; expected a.csv, .csv.gz, .csv.zst, .parquet or .arrow",
            "b.csv: columns of the metadata are missing: y, z",
            "c.csv: columns of the metadata are missing: r",
        ]
    );
}

#[test]
fn tables_with_names_that_are_no_file_names_are_found_by_their_slug() {
    let name = "../odd/name";
    let file = format!("{}.csv", slug_of(name));
    let dir = folder(&[(file.as_str(), b"x\n1\n")]);
    let s = read(dir.path(), Some(&metadata(&[(name, &["x"])]))).unwrap();
    assert_eq!(s.data.tables[name].num_rows(), 1);
}

#[test]
fn tables_whose_names_differ_by_case_are_found_in_their_files() {
    let second = format!("{}.csv", crate::slug::apart("tab"));
    let dir = folder(&[("Tab.csv", b"x\n1\n"), (&second, b"x\n1\n2\n")]);
    let s = read(dir.path(), Some(&metadata(&[("Tab", &["x"]), ("tab", &["x"])]))).unwrap();
    assert_eq!((s.data.tables["Tab"].num_rows(), s.data.tables["tab"].num_rows()), (1, 2));
}

fn slug_of(name: &str) -> String {
    crate::slug::slug(name)
}

#[test]
fn parquet_keeps_its_types_and_parts_are_joined_by_name() {
    let n: ArrayRef = Arc::new(Int64Array::from(vec![Some(i64::MAX), None]));
    let t: ArrayRef = Arc::new(StringArray::from(vec![Some("ü"), None]));
    let one = RecordBatch::try_from_iter_with_nullable([("n", n.clone(), true), ("t", t.clone(), true)]).unwrap();
    let two = RecordBatch::try_from_iter_with_nullable([("t", t, true), ("n", n, true)]).unwrap();
    let dir = folder(&[("x/part-0.parquet", &parquet_of(&one)), ("x/part-1-abc.snappy.parquet", &parquet_of(&two))]);
    let s = read(dir.path(), None).unwrap();
    let x = &s.data.tables["x"];
    assert_eq!(x["n"].as_primitive::<arrow_array::types::Int64Type>().value(2), i64::MAX);
    assert_eq!((x["t"].null_count(), x.num_rows()), (2, 4));

    // A part without any value says nothing about the type.
    let none: ArrayRef = Arc::new(Float64Array::new_null(1));
    let empty = RecordBatch::try_from_iter_with_nullable([("n", none.clone(), true), ("t", none, true)]).unwrap();
    fs::write(dir.path().join("x/part-3.parquet"), parquet_of(&empty)).unwrap();
    assert_eq!(read(dir.path(), None).unwrap().data.tables["x"]["t"].null_count(), 3);

    let other: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
    let three = RecordBatch::try_from_iter([("t", other.clone()), ("n", other)]).unwrap();
    fs::write(dir.path().join("x/part-2.parquet"), parquet_of(&three)).unwrap();
    let p = problems(&dir, None);
    assert_eq!(p.len(), 1);
    assert!(
        p[0].contains("x/part-2.parquet: not like x/part-0.parquet: column n is Float64 instead of Int64"),
        "{}",
        p[0]
    );
}

#[test]
fn limits_stop_wide_tables_long_cells_bombs_and_too_much_memory() {
    let wide = format!("{}\n", (0..20).map(|i| format!("c{i}")).collect::<Vec<_>>().join(","));
    let long = format!("a\n{}\n", "x".repeat(2000));
    let many = format!("a\n{}", "1\n".repeat(5000));
    let dir = folder(&[("wide.csv", wide.as_bytes()), ("long.csv", long.as_bytes()), ("many.csv", many.as_bytes())]);
    let limits = Limits { columns: 10, cell: 1000, memory: 20_000, ..Limits::default() };
    let e = read_with(dir.path(), None, &limits).unwrap_err().to_string();
    assert!(e.contains("wide.csv: 20 columns, the limit is 10"), "{e}");
    assert!(e.contains("long.csv: data row 1: a cell of more than 1000 bytes"), "{e}");
    assert!(e.contains("many.csv: data row 2001: larger than the memory limit"), "{e}");
    assert!(read_with(dir.path(), None, &Limits { files: 2, ..Limits::default() }).is_err());
}

#[test]
fn what_is_not_there_is_said() {
    let dir = folder(&[("notes.txt", b"x")]);
    assert!(problems(&dir, None)[0].contains("no .csv, .csv.gz, .csv.zst, .parquet or .arrow file"));
    let e = read(&dir.path().join("none"), None).unwrap_err();
    assert_eq!((e.kind(), e.problems().len()), (ErrorKind::Io, 1));
    assert!(read(&dir.path().join("notes.txt"), None).unwrap_err().to_string().contains("not a .csv"));
}

#[cfg(unix)]
#[test]
fn links_are_read_and_loops_end() {
    let outside = folder(&[("patients.csv", b"id\nP1\n")]);
    let dir = folder(&[("ehr/wards.csv", b"id\nW1\n")]);
    std::os::unix::fs::symlink(outside.path().join("patients.csv"), dir.path().join("ehr/patients.csv")).unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("ehr/loop")).unwrap();
    let s = read(dir.path(), None).unwrap();
    assert_eq!(s.data.tables.keys().collect::<Vec<_>>(), ["patients", "wards"]);
    std::os::unix::fs::symlink("nowhere", dir.path().join("dangling.csv")).unwrap();
    assert!(problems(&dir, None)[0].starts_with("dangling.csv: can't read it: there is no such file"));
}

#[test]
fn the_metadata_file_is_found_inside_or_beside() {
    let dir = folder(&[("real/a.csv", b"x\n"), ("metadata.json", b"{}")]);
    let real = dir.path().join("real");
    let found = |p: &Path| find_metadata(p).map(|p| p.canonicalize().unwrap());
    let beside = dir.path().join("metadata.json").canonicalize().unwrap();
    assert_eq!((found(&real), found(&real.join("a.csv"))), (Some(beside), None));
    fs::write(real.join("metadata.json"), "{}").unwrap();
    let inside = real.join("metadata.json").canonicalize().unwrap();
    assert_eq!((found(&real), found(&real.join("a.csv"))), (Some(inside.clone()), Some(inside)));
}

#[test]
fn a_metadata_file_is_read_or_refused_with_its_place() {
    let good = br#"{"METADATA_SPEC_VERSION": "V1", "tables": {"t": {"columns": {"x": {"sdtype": "numerical"}}}}, "relationships": []}"#;
    let dir = folder(&[("good.json", good), ("bytes.json", b"{\"a\": \"\xff\"}"), ("bad.json", b"{")]);
    assert!(read_metadata(&dir.path().join("good.json")).unwrap().tables["t"].columns.contains_key("x"));
    for (name, expected) in
        [("bytes.json", "not UTF-8 at byte 7"), ("bad.json", "bad.json: "), ("none.json", "no such file")]
    {
        let e = read_metadata(&dir.path().join(name)).unwrap_err().to_string();
        assert!(e.contains(expected) && e.contains(name), "{e}");
    }
}
