//! Pages of Parquet files that ask their decoder for more than they hold.

use std::io::Write;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{DictionaryArray, Int32Array, StringArray};
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::capped;
use super::parquet::{encoded, file, varint};

const TEXT: &str = "required binary t (UTF8);";
const PLAIN: u8 = 0;
const DICTIONARY: u8 = 8;
const PACKED: u8 = 5;
const LENGTHS: u8 = 6;
const BEGINNINGS: u8 = 7;
const SPLIT: u8 = 9;
const MANY: u64 = 2_000_000_000;
const BOMB: &str = "400 times its size";

fn signed(n: i64) -> Vec<u8> {
    varint(((n << 1) ^ (n >> 63)) as u64)
}

/// Numbers of Thrift, fields one after the other.
fn fields(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|n| [vec![0x15], signed(*n as i64)].concat()).collect()
}

/// A page of the first kind: so many values in these bytes, which unpack to so many.
fn packed_page(values: u64, encoding: u8, body: &[u8], unpacked: usize) -> Vec<u8> {
    let head = fields(&[0, unpacked as u64, body.len() as u64]);
    [&head[..], &[0x2C], &fields(&[values, encoding.into(), 3, 3]), &[0, 0], body].concat()
}

fn page(values: u64, encoding: u8, body: &[u8]) -> Vec<u8> {
    packed_page(values, encoding, body, body.len())
}

/// A page of the second kind.
fn second_page(values: u64, encoding: u8, body: &[u8]) -> Vec<u8> {
    let head = fields(&[3, body.len() as u64, body.len() as u64]);
    [&head[..], &[0x5C], &fields(&[values, 0, values, encoding.into(), 0, 0]), &[0, 0], body].concat()
}

/// A dictionary of so many values.
fn dictionary(values: u64, body: &[u8]) -> Vec<u8> {
    let head = fields(&[2, body.len() as u64, body.len() as u64]);
    [&head[..], &[0x4C], &fields(&[values, 0]), &[0, 0], body].concat()
}

/// A file of one row group, whose columns all have these pages.
fn of_pages(columns: &str, rows: u64, codec: Compression, pages: &[Vec<u8>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(&format!("message m {{ {columns} }}")).unwrap());
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let leaves = writer.schema_descr().columns().to_vec();
    let mut group = writer.next_row_group().unwrap();
    let (bytes, mut chunk) = (pages.concat(), tempfile::tempfile().unwrap());
    chunk.write_all(&bytes).unwrap();
    for leaf in leaves {
        let metadata = ColumnChunkMetaData::builder(leaf)
            .set_compression(codec)
            .set_num_values(rows as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(bytes.len() as i64)
            .build()
            .unwrap();
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        group.append_column(&chunk, close).unwrap();
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
}

fn plain_file(columns: &str, rows: u64, pages: &[Vec<u8>]) -> Vec<u8> {
    of_pages(columns, rows, Compression::UNCOMPRESSED, pages)
}

/// Delta-coded numbers in one block that takes no bits: `first`, and `step` more each time.
fn delta(count: u64, first: i64, step: i64) -> Vec<u8> {
    [varint(1 << 31), varint(1), varint(count), signed(first), signed(step), vec![0]].concat()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap()
}

#[test]
fn hostile_pages() {
    capped("pages::hostile_pages", |corpus| {
        let mut refused = |what: &str, bytes: &[u8], says: &str| corpus.refused(what, "t.parquet", bytes, says);
        let both = |n: u64| [delta(n, 0, 0), delta(n, 0, 0)].concat();
        let fixed = "required fixed_len_byte_array(16) t;";
        let decimal = "required binary t (DECIMAL(20,2));";
        // More lengths than there are rows, in whatever reads them, in both kinds of pages.
        for count in [MANY, 1 << 40, i64::MAX as u64, u64::MAX, 2] {
            for (columns, encoding, body) in [
                (TEXT, LENGTHS, delta(count, 0, 0)),
                (TEXT, BEGINNINGS, both(count)),
                (TEXT, BEGINNINGS, [delta(1, 0, 0), delta(count, 0, 0)].concat()),
                (decimal, LENGTHS, delta(count, 0, 0)),
                (decimal, BEGINNINGS, both(count)),
                (fixed, BEGINNINGS, both(count)),
            ] {
                let what = format!("{count} lengths of {columns} in encoding {encoding}");
                let says = "not readable as Parquet";
                refused(&what, &plain_file(columns, 1, &[page(1, encoding, &body)]), says);
                refused(&what, &plain_file(columns, 1, &[second_page(1, encoding, &body)]), says);
                let codec = Compression::ZSTD(ZstdLevel::default());
                let small = packed_page(1, encoding, &zstd(&body), body.len());
                refused(&what, &of_pages(columns, 1, codec, &[small]), says);
                // A page of more rows than the file.
                refused(&what, &plain_file(columns, 1, &[page(MANY, encoding, &body)]), says);
            }
        }
        // As many rows as lengths, all of them nothing.
        for (encoding, body) in [(LENGTHS, delta(MANY, 0, 0)), (BEGINNINGS, both(MANY))] {
            refused("nothing, often", &plain_file(TEXT, MANY, &[page(MANY, encoding, &body)]), BOMB);
            refused("nothing, often", &plain_file(TEXT, MANY, &[second_page(MANY, encoding, &body)]), BOMB);
        }
        let number = "required int32 t;";
        refused("a number, often", &plain_file(number, MANY, &[page(MANY, PACKED, &delta(MANY, 0, 1))]), BOMB);
        // Lengths that don't fit: below zero, beyond the page, a list that is cut off, blocks of nothing.
        let beyond = [delta(1, 1 << 30, 0), vec![b'x'; 40]].concat();
        for body in [delta(1, -1, 0), beyond, delta(1, i64::MIN, 0), vec![0x80, 1, 0, 1, 0], vec![0x80; 20], vec![]] {
            let shared = [&delta(1, 0, 0)[..], &body].concat();
            for (encoding, body) in [(LENGTHS, &body), (BEGINNINGS, &body), (BEGINNINGS, &shared)] {
                refused("lengths", &plain_file(TEXT, 1, &[page(1, encoding, body)]), "not readable as Parquet");
            }
        }
        let short = page(1_000_000, PACKED, &[128, 1, 4, 200, 1, 0]);
        refused("no numbers", &plain_file(number, 1_000_000, &[short]), "not readable as Parquet");
        for columns in [number, "required double t;", fixed] {
            let short = page(1_000_000, SPLIT, &[0; 16]);
            refused("no numbers", &plain_file(columns, 1_000_000, &[short]), "not readable as Parquet");
        }
        // One text that thirty thousand rows begin with: three gigabytes.
        let keys = Int32Array::from(vec![0; 30_000]);
        let text = Arc::new(StringArray::from_iter_values(["x".repeat(100_000)]));
        let named = Arc::new(DictionaryArray::<Int32Type>::try_new(keys, text).unwrap());
        refused("one beginning", &file(&[("a", named)], encoded(Encoding::DELTA_BYTE_ARRAY)), BOMB);
        // Pages of one long text each, which all stand in memory as one batch: three gigabytes.
        let long = [&(15u32 << 20).to_le_bytes()[..], &vec![b'x'; 15 << 20]].concat();
        let pages = vec![packed_page(1, PLAIN, &zstd(&long), long.len()); 200];
        let codec = Compression::ZSTD(ZstdLevel::default());
        refused("long pages", &of_pages(TEXT, 200, codec, &pages), BOMB);
        // A packed page that says it is small and unpacks to three gigabytes.
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        (0..3 << 10).for_each(|_| gzip.write_all(&long[4..][..1 << 20]).unwrap());
        let gzip = gzip.finish().unwrap();
        let codec = Compression::GZIP(GzipLevel::default());
        refused(
            "a page that says it is short",
            &of_pages(TEXT, 1, codec, &[packed_page(1, PLAIN, &gzip, 100)]),
            "unpacks to more than it says",
        );
        // Millions of rows in a file of one: a batch for each would be gigabytes.
        let rows = 8_000_000;
        let run = [vec![1], varint(rows << 1), vec![0]].concat();
        let pages = [dictionary(1, &[0; 4]), page(rows, DICTIONARY, &run)];
        refused("rows that nobody counted", &plain_file(TEXT, 1, &pages), "not readable as Parquet");
        let mut lie = plain_file(TEXT, rows, &pages);
        let said = signed(rows as i64);
        // They stand in the page twice, in the file, the column and the row group.
        let at = (0..lie.len()).filter(|i| lie[*i..].starts_with(&said)).nth(2).unwrap();
        lie[at..at + said.len()].copy_from_slice(&[0x82, 0x80, 0x80, 0]);
        corpus.data("rows that nobody counted", "t.parquet", &lie).unwrap();
        // Room for the long cells of many columns, of a file that has one row.
        let wide: String = (0..40).map(|i| format!("required fixed_len_byte_array(1024) c{i}; ")).collect();
        let _ = corpus.data("wide cells", "t.parquet", &plain_file(&wide, 1_000_000, &[page(1, PLAIN, &[b'x'; 1024])]));
    });
}
