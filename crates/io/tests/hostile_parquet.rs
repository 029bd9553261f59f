//! A Parquet file damaged at any byte is an error or other values, never a panic, and no message quotes it.

use std::fs;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

#[test]
fn damaged_at_every_byte() {
    let n: ArrayRef = Arc::new(Int32Array::from_iter_values(0..40));
    let t: ArrayRef = Arc::new(StringArray::from_iter_values((0..40).map(|i| format!("secret{i}"))));
    let batch = RecordBatch::try_from_iter([("n", n), ("t", t)]).unwrap();
    let mut good = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut good, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    for i in 0..good.len() {
        let mut bad = good.clone();
        bad[i] ^= 0xFF;
        for bytes in [&bad[..], &good[..i]] {
            fs::write(&path, bytes).unwrap();
            match healthdata_io::read(dir.path(), None) {
                Err(e) => assert!(!e.to_string().contains("secret"), "{e}"),
                Ok(_) => assert!(bytes.len() == good.len(), "cut at {i} was accepted"),
            }
        }
    }
}
