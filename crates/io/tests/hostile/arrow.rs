//! Arrow files.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, NullArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow_array::{DictionaryArray, Int8Array};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{DataType, Field, Schema};

use super::{SECRET, bytes_at, capped, cuts, words_at};

fn file(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = FileWriter::try_new(&mut bytes, &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes
}

#[test]
fn hostile_arrow() {
    capped("arrow::hostile_arrow", |corpus| {
        let n: ArrayRef = Arc::new(Int32Array::from_iter([Some(1), None, Some(3)]));
        let f: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, f64::INFINITY, -0.0]));
        let t: ArrayRef = Arc::new(StringArray::from(vec![SECRET, "", "ü"]));
        let d: DictionaryArray<arrow_array::types::Int32Type> = vec!["a", "b", "a"].into_iter().collect();
        let good = file(&RecordBatch::try_from_iter([("n", n), ("f", f), ("t", t), ("d", Arc::new(d) as _)]).unwrap());
        assert_eq!(corpus.data("whole", "t.arrow", &good).unwrap().data.tables["t"].num_rows(), 3);
        for (what, bad) in cuts(&good) {
            assert!(corpus.data(&what, "t.arrow", &bad).is_err(), "{what}");
        }
        let all = 0..good.len();
        let words = words_at(&good, all.clone(), 4).chain(words_at(&good, all.clone(), 8));
        for (what, bad) in bytes_at(&good, all).chain(words) {
            let _ = corpus.data(&what, "t.arrow", &bad);
        }
        // Rows that take no bytes.
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Null, true)]));
        let nothing = |rows: usize| {
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            let nulls: ArrayRef = Arc::new(NullArray::new(rows));
            RecordBatch::try_new_with_options(schema.clone(), vec![nulls], &options).unwrap()
        };
        for rows in [1 << 30, 1 << 40, i64::MAX as usize] {
            corpus.refused("rows of nothing", "t.arrow", &file(&nothing(rows)), "400 rows for each of its bytes");
        }
        // One long text, and one that a hundred rows name.
        let long: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(17 << 20)]));
        let named: ArrayRef = Arc::new(DictionaryArray::try_new(Int8Array::from(vec![0; 100]), long.clone()).unwrap());
        for column in [long, named] {
            let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
            corpus.refused("a long text", "t.arrow", &file(&batch), "a cell of more than 16777216 bytes");
        }
    });
}
