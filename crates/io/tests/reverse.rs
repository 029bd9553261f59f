//! Reverse law of the files: what is written is what is read, for every type, in CSV and Parquet.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use arrow_array::types::UInt8Type;
use arrow_array::*;
use healthdata_core::metadata::{ColumnMeta, Sdtype, TableMeta};
use healthdata_core::{Column, Metadata};
use healthdata_io::{Format, OutputDir, Run, read};

/// Text that a careless writer or reader breaks.
const HARD: [&str; 14] = [
    "plain",
    "a,b",
    "\"",
    "say \"hi\"",
    "two\nlines",
    "cr\rlf\r\n",
    " spaces ",
    "ünï 患者 🏥",
    "\u{feff}bom",
    "=1+1",
    "'",
    "NULL",
    "\t",
    "\u{202e}rtl",
];

fn datetime(format: Option<&str>) -> Sdtype {
    Sdtype::Datetime { format: format.map(str::to_owned) }
}

/// One column of every type the engine writes, 16 rows, nulls in row 3 and at the end.
fn columns() -> Vec<(&'static str, Sdtype, ArrayRef)> {
    let n = 16usize;
    let null = |i: usize| i == 3 || i == n - 1;
    let hard = |i: usize| (!null(i)).then(|| HARD[i % HARD.len()]);
    let whole = |i: usize| (!null(i)).then_some([i64::MAX, i64::MIN + 1, 0, -1, 9_007_199_254_740_993][i % 5]);
    let float = |i: usize| (!null(i)).then_some([0.1, -2.5, 70.0, 1e-9, 123_456.789][i % 5]);
    let us = |i: usize| (!null(i)).then_some((i as i64 - 8) * 86_400_000_000 * 400 + i as i64 * 1_000_000);
    let ids = StringArray::from_iter_values((0..n).map(|i| format!("P{i:06}")));
    let labels: DictionaryArray<UInt8Type> = (0..n).map(hard).collect();
    let decimals = Decimal128Array::from_iter((0..n).map(|i| (!null(i)).then_some(i as i128 * 37 - 100)));
    let days = |i: usize| (!null(i)).then_some(i as i32 * 5000 - 40_000);
    let times = || TimestampMicrosecondArray::from_iter((0..n).map(us));
    vec![
        ("id", Sdtype::Id { regex: None }, Arc::new(ids)),
        ("text, \"quoted\"", Sdtype::Categorical, Arc::new(StringArray::from_iter((0..n).map(hard)))),
        ("large", Sdtype::Categorical, Arc::new(LargeStringArray::from_iter((0..n).map(hard)))),
        ("label", Sdtype::Ordinal, Arc::new(labels)),
        ("i64", Sdtype::Numerical, Arc::new(Int64Array::from_iter((0..n).map(whole)))),
        ("u8", Sdtype::Numerical, Arc::new(UInt8Array::from_iter_values((0..n).map(|i| i as u8 * 17)))),
        ("f64", Sdtype::Numerical, Arc::new(Float64Array::from_iter((0..n).map(float)))),
        ("f32", Sdtype::Numerical, Arc::new(Float32Array::from_iter((0..n).map(|i| float(i).map(|x| x as f32))))),
        ("decimal", Sdtype::Numerical, Arc::new(decimals.with_precision_and_scale(12, 2).unwrap())),
        ("flag", Sdtype::Boolean, Arc::new(BooleanArray::from_iter((0..n).map(|i| (!null(i)).then_some(i % 2 == 0))))),
        ("born", datetime(Some("%Y-%m-%d")), Arc::new(Date32Array::from_iter((0..n).map(days)))),
        ("german", datetime(Some("%d.%m.%Y")), Arc::new(Date32Array::from_iter((0..n).map(days)))),
        ("comma", datetime(Some("%b %d, %Y")), Arc::new(Date32Array::from_iter((0..n).map(days)))),
        ("ts", datetime(Some("%Y-%m-%d %H:%M:%S")), Arc::new(times())),
        ("zoned", datetime(Some("%Y-%m-%dT%H:%M:%S%:z")), Arc::new(times())),
        ("null", Sdtype::Numerical, Arc::new(Float64Array::new_null(n))),
    ]
}

fn metadata(table: &str, columns: &[(&'static str, Sdtype, ArrayRef)]) -> Metadata {
    let mut meta = TableMeta::default();
    for (name, sdtype, _) in columns {
        meta.columns.insert((*name).into(), ColumnMeta::new(sdtype.clone()));
    }
    Metadata { tables: [(table.to_owned(), meta)].into_iter().collect(), relationships: vec![], rules: vec![] }
}

#[test]
fn every_type_comes_back_as_it_was() {
    let columns = columns();
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(n, _, a)| (*n, a.clone(), true))).unwrap();
    for format in Format::ALL {
        for pieces in [1, 4] {
            let parent = tempfile::tempdir().unwrap();
            let metadata = metadata("all", &columns);
            let dir = OutputDir::create(&parent.path().join("out"), Run::default()).unwrap();
            let rows = batch.num_rows() / pieces;
            for k in 0..pieces {
                let mut part =
                    dir.part(Some("ehr"), "all", &format!("{k:05}"), format, &metadata.tables["all"]).unwrap();
                part.write(&batch.slice(k * rows, rows)).unwrap();
                part.finish().unwrap();
            }
            dir.commit().unwrap();
            let source = read(&parent.path().join("out"), Some(&metadata)).unwrap();
            assert_eq!(source.domains["all"], "ehr");
            for (name, sdtype, array) in &columns {
                let meta = ColumnMeta::new(sdtype.clone());
                let written = Column::read(array.as_ref(), &meta).unwrap();
                let back = Column::read(source.data.tables["all"][name].as_ref(), &meta).unwrap();
                assert_same(&written, &back, &format!("{name} as {format:?} in {pieces}"));
            }
        }
    }
}

/// Equal values: a grid with more decimals than needed is the same numbers.
fn assert_same(a: &Column, b: &Column, what: &str) {
    if let (Column::Number { ticks: x, decimals: p }, Column::Number { ticks: y, decimals: q }) = (a, b) {
        let fine = (*p).max(*q);
        let scaled = |v: i64, d: u8| i128::from(v) * if v == i64::MIN { 1 } else { 10i128.pow(u32::from(fine - d)) };
        let (x, y): (Vec<_>, Vec<_>) =
            (x.iter().map(|v| scaled(*v, *p)).collect(), y.iter().map(|v| scaled(*v, *q)).collect());
        assert_eq!(x, y, "{what}");
    } else {
        assert_eq!(a, b, "{what}");
    }
}

#[test]
fn a_table_without_rows_comes_back_with_its_columns() {
    for format in [Format::Csv, Format::Parquet] {
        for write_empty_batch in [false, true] {
            let columns = columns();
            let metadata = metadata("none", &columns);
            let parent = tempfile::tempdir().unwrap();
            let dir = OutputDir::create(parent.path(), Run::default()).unwrap();
            let mut table = dir.table(None, "none", format, &metadata.tables["none"]).unwrap();
            if write_empty_batch {
                let batch = RecordBatch::try_from_iter(columns.iter().map(|(n, _, a)| (*n, a.slice(0, 0)))).unwrap();
                table.write(&batch).unwrap();
            }
            table.finish().unwrap();
            dir.commit().unwrap();
            let source = read(parent.path(), Some(&metadata)).unwrap();
            assert_eq!(source.data.tables["none"].num_rows(), 0);
            for (name, sdtype, _) in &columns {
                let array = &source.data.tables["none"][name];
                assert!(Column::read(array.as_ref(), &ColumnMeta::new(sdtype.clone())).unwrap().is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn a_single_column_keeps_its_missing_rows() {
    for format in [Format::Csv, Format::Parquet] {
        let cells: ArrayRef = Arc::new(StringArray::from(vec![None, Some("x"), None]));
        let columns = vec![("c", Sdtype::Categorical, cells.clone())];
        let metadata = metadata("one", &columns);
        let parent = tempfile::tempdir().unwrap();
        let dir = OutputDir::create(parent.path(), Run::default()).unwrap();
        let mut table = dir.table(None, "one", format, &metadata.tables["one"]).unwrap();
        table.write(&RecordBatch::try_from_iter_with_nullable([("c", cells, true)]).unwrap()).unwrap();
        table.finish().unwrap();
        dir.commit().unwrap();
        let back = read(parent.path(), None).unwrap().data.tables["one"].clone();
        assert_eq!((back.num_rows(), back["c"].null_count()), (3, 2), "{format:?}");
    }
}
