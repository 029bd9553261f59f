//! Parquet files.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::{SECRET, bytes_at, capped, cuts, words_at};

pub(super) fn file(columns: &[(&str, ArrayRef)], properties: WriterProperties) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns.iter().cloned()).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn packed() -> WriterProperties {
    WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build()
}

/// Properties with the encodings that no dictionary hides.
pub(super) fn encoded(encoding: Encoding) -> WriterProperties {
    WriterProperties::builder().set_dictionary_enabled(false).set_encoding(encoding).build()
}

/// A whole file of nothing but these metadata.
fn of_footer(footer: &[u8]) -> Vec<u8> {
    [b"PAR1", footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
}

/// A number of Thrift.
pub(super) fn varint(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
    out
}

/// Metadata whose schema is a chain of groups with a number at its end: version, schema, no rows, no row groups.
fn chain(groups: usize) -> Vec<u8> {
    let mut out = vec![0x15, 2, 0x19, 0xFC];
    out.extend(varint(groups as u64 + 1));
    for _ in 0..groups {
        // Optional, of the name a, with one child.
        out.extend([0x35, 2, 0x18, 1, b'a', 0x15, 2, 0]);
    }
    out.extend([0x15, 2, 0x25, 2, 0x18, 1, b'a', 0]);
    out.extend([0x16, 0, 0x19, 0x0C, 0]);
    out
}

#[test]
fn damaged_at_every_byte() {
    capped("parquet::damaged_at_every_byte", |corpus| {
        let n: ArrayRef = Arc::new(Int32Array::from_iter((0..40).map(|i| (i % 7 > 0).then_some(i))));
        let f: ArrayRef = Arc::new(Float64Array::from_iter_values([f64::NAN, f64::INFINITY, -0.0, 1.5].repeat(10)));
        let t: ArrayRef = Arc::new(StringArray::from_iter_values((0..40).map(|i| format!("{SECRET}{}", i % 9))));
        let all = [("n", n.clone()), ("f", f), ("t", t.clone())];
        for (encoding, columns) in [
            (WriterProperties::default(), &all[..]),
            (packed(), &all),
            (encoded(Encoding::DELTA_BINARY_PACKED), &[("n", n)]),
            (encoded(Encoding::DELTA_BYTE_ARRAY), &[("t", t.clone())]),
            (encoded(Encoding::DELTA_LENGTH_BYTE_ARRAY), &[("t", t)]),
        ] {
            let good = file(columns, encoding);
            assert_eq!(corpus.data("whole", "t.parquet", &good).unwrap().data.tables["t"].num_rows(), 40);
            for (what, bad) in cuts(&good) {
                assert!(corpus.data(&what, "t.parquet", &bad).is_err(), "{what}");
            }
            let flipped = (0..good.len()).map(|i| {
                let mut bad = good.clone();
                bad[i] ^= 0xFF;
                (format!("byte {i} flipped"), bad)
            });
            let length = words_at(&good, good.len() - 8..good.len() - 4, 4);
            for (what, bad) in bytes_at(&good, 0..good.len()).chain(flipped).chain(length) {
                let _ = corpus.data(&what, "t.parquet", &bad);
            }
        }
    });
}

#[test]
fn hostile_parquet() {
    capped("parquet::hostile_parquet", |corpus| {
        // A schema that a decoder would follow until its stack ends.
        let short = corpus.data("a chain", "t.parquet", &of_footer(&chain(5))).map_err(|e| e.to_string());
        assert!(short.as_ref().map_or_else(|e| !e.contains("readable") && !e.contains("deep"), |_| true), "{short:?}");
        for groups in [100, 10_000, 1_000_000] {
            corpus.refused("a chain", "t.parquet", &of_footer(&chain(groups)), "nested more than 64 deep");
        }
        // A group of two billion children, lists of two billion, a list of two billion that take no byte.
        let lies = [
            vec![0x15, 2, 0x19, 0x2C, 0x48, 1, b'a', 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0, 0x16, 0, 0x19, 0x0C, 0],
            vec![0x15, 2, 0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0],
            [chain(1).split_last().unwrap().1, &[0xF9, 0xF1, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0]].concat(),
            vec![0x1C; 1 << 20],
            vec![0x19; 1 << 20],
        ];
        for (i, lie) in lies.iter().enumerate() {
            corpus.refused(&format!("lie {i}"), "t.parquet", &of_footer(lie), "not readable as Parquet");
        }
        let text = |n: usize| Arc::new(StringArray::from_iter_values([("x".repeat(n))])) as ArrayRef;
        corpus.refused(
            "a long cell",
            "t.parquet",
            &file(&[("a", text(17 << 20))], packed()),
            "a cell of more than 16777216",
        );
        corpus.refused("a long page", "t.parquet", &file(&[("a", text(200 << 20))], packed()), "400 times its size");
        // One text that thirty thousand rows name: three gigabytes of three hundred bytes.
        let keys = Int32Array::from(vec![0; 30_000]);
        let named = DictionaryArray::<Int32Type>::try_new(keys, text(100_000)).unwrap();
        corpus.refused("one text", "t.parquet", &file(&[("a", Arc::new(named))], packed()), "400 times its size");
        // A hundred million rows of the same number, and of none.
        let rows = 100_000_000;
        let none: ArrayRef = Arc::new(Int32Array::new_null(rows));
        corpus.refused("rows of nothing", "t.parquet", &file(&[("a", none)], packed()), "400 times its size");
        let wide: Vec<(String, ArrayRef)> =
            (0..17_000).map(|i| (format!("c{i}"), Arc::new(Int32Array::from(vec![1])) as ArrayRef)).collect();
        let wide: Vec<(&str, ArrayRef)> = wide.iter().map(|(n, a)| (n.as_str(), a.clone())).collect();
        corpus.refused(
            "a wide table",
            "t.parquet",
            &file(&wide, encoded(Encoding::PLAIN)),
            "17000 columns, the limit is 16384",
        );
    });
}
