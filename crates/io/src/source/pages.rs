//! The pages of a Parquet file on their way to its decoder: what they would have it make room for is looked at before.

use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use flate2::read::MultiGzDecoder;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};

use super::{Limits, delta, footer, most};

/// The largest text of one page: its places are numbers of 32 bits.
const TEXT: u64 = 1 << 31;

/// All row groups of a file.
pub(super) struct Pages {
    file: Arc<File>,
    metadata: Arc<ParquetMetaData>,
    seen: Arc<Seen>,
}

/// What the pages of all columns came to.
pub(super) struct Seen {
    /// Bytes that they unpacked to.
    bytes: AtomicU64,
    most: u64,
    ratio: u64,
    problem: OnceLock<String>,
}

impl Pages {
    pub fn new(file: File, metadata: Arc<ParquetMetaData>, limits: &Limits) -> Self {
        let most = most(file.metadata().map_or(0, |m| m.len()), limits);
        let seen = Seen { bytes: AtomicU64::new(0), most, ratio: limits.ratio, problem: OnceLock::new() };
        Self { file: Arc::new(file), metadata, seen: Arc::new(seen) }
    }

    /// What came of them, while a reader has the pages.
    pub fn seen(&self) -> Arc<Seen> {
        self.seen.clone()
    }
}

impl RowGroups for Pages {
    fn num_rows(&self) -> usize {
        let rows = |g: &RowGroupMetaData| usize::try_from(g.num_rows()).unwrap_or(0);
        self.metadata.row_groups().iter().map(rows).fold(0, usize::saturating_add)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let (file, metadata, seen) = (self.file.clone(), self.metadata.clone(), self.seen.clone());
        Ok(Box::new(Chunks { file, metadata, seen, column, group: 0 }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.metadata.row_groups().iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

impl Seen {
    /// Why a page was kept from the decoder.
    pub fn problem(&self) -> Option<&str> {
        self.problem.get().map(String::as_str)
    }

    /// Bytes that may still come.
    fn left(&self) -> u64 {
        self.most.saturating_sub(self.bytes.load(Relaxed))
    }

    fn refuse(&self, problem: String) -> ParquetError {
        let _ = self.problem.set(problem);
        ParquetError::General("refused".into())
    }

    fn bomb(&self) -> String {
        format!("it unpacks to more than {} times its size", self.ratio)
    }
}

/// The parts of one column in all row groups.
struct Chunks {
    file: Arc<File>,
    metadata: Arc<ParquetMetaData>,
    seen: Arc<Seen>,
    column: usize,
    group: usize,
}

impl Iterator for Chunks {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.metadata.row_groups().get(self.group)?;
        self.group += 1;
        let chunk = group.columns().get(self.column)?;
        Some(Chunk::open(&self.file, chunk, group.num_rows(), &self.seen).map(|c| Box::new(c) as _))
    }
}

impl PageIterator for Chunks {}

/// The part of one column in one row group.
struct Chunk {
    pages: SerializedPageReader<File>,
    column: ColumnDescPtr,
    /// With gzip, what a page unpacks to at most.
    gzip: Option<u64>,
    /// Rows still to come.
    rows: u64,
    seen: Arc<Seen>,
}

impl Chunk {
    fn open(file: &Arc<File>, chunk: &ColumnChunkMetaData, rows: i64, seen: &Arc<Seen>) -> Result<Self> {
        let rows = u64::try_from(rows).unwrap_or(0);
        let all = usize::try_from(rows).unwrap_or(usize::MAX);
        // The decoder would unpack gzip without an end, whatever its page says, so this is done here.
        let (gzip, pages) = if matches!(chunk.compression(), Compression::GZIP(_)) {
            let size = file.metadata().map_or(0, |m| m.len());
            let most = footer::largest(file, size, chunk).map_err(|p| seen.refuse(p))?;
            let packed = chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
            (Some(most), SerializedPageReader::new(file.clone(), &packed, all, None)?)
        } else {
            (None, SerializedPageReader::new(file.clone(), chunk, all, None)?)
        };
        Ok(Self { pages, column: chunk.column_descr_ptr(), gzip, rows, seen: seen.clone() })
    }

    /// Looks at a page and gives it back, unpacked.
    fn look(&mut self, mut page: Page) -> std::result::Result<Page, String> {
        if let Some(most) = self.gzip
            && !unpack(&mut page, most).ok_or("not readable as Parquet: damaged")?
        {
            return Err(self.lie("unpacks to more than it says"));
        }
        let mut bytes = page.buffer().len() as u64;
        if page.is_data_page() {
            let values = u64::from(page.num_values());
            self.rows = self.rows.checked_sub(values).ok_or_else(|| self.lie("has more values than there are rows"))?;
            if matches!(page.encoding(), Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY) {
                bytes = bytes.max(self.delta(&page, values)?);
            }
        }
        if bytes > self.seen.left() {
            return Err(self.seen.bomb());
        }
        self.seen.bytes.fetch_add(bytes, Relaxed);
        Ok(page)
    }

    /// Bytes of the texts in a page whose lengths are delta-coded, and of the lengths.
    fn delta(&self, page: &Page, values: u64) -> std::result::Result<u64, String> {
        let damaged = || self.lie("has lengths that its bytes don't hold");
        let bytes = values_of(page, &self.column).ok_or_else(damaged)?;
        let fits = |list: delta::List| {
            if list.count > values {
                return Err(self.lie("has more lengths than values"));
            }
            // A length is a number of four bytes.
            if list.count > self.seen.left() / 4 { Err(self.seen.bomb()) } else { Ok(list) }
        };
        let list = fits(delta::look(bytes).ok_or_else(damaged)?)?;
        if page.encoding() == Encoding::DELTA_LENGTH_BYTE_ARRAY {
            return Ok(list.count * 4);
        }
        let lengths = fits(delta::look(&bytes[list.bytes..]).ok_or_else(damaged)?)?;
        if lengths.count != list.count {
            return Err(damaged());
        }
        let most = TEXT.min(self.seen.left() - list.count * 4);
        match delta::texts(bytes, most).ok_or_else(damaged)? {
            texts if texts <= most => Ok(texts + list.count * 4),
            _ if most < TEXT => Err(self.seen.bomb()),
            _ => Err(format!("column {}: more than 2 GiB of text in one page", self.column.name())),
        }
    }

    fn lie(&self, what: &str) -> String {
        let column = self.column.name();
        format!("not readable as Parquet: damaged, a page of column {column} {what}; write the file again")
    }
}

impl PageReader for Chunk {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(page) = self.pages.get_next_page()? else { return Ok(None) };
        self.look(page).map(Some).map_err(|problem| self.seen.refuse(problem))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }
}

impl Iterator for Chunk {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// Unpacks a page of gzip; false when more than `most` bytes come out, None when it is damaged.
fn unpack(page: &mut Page, most: u64) -> Option<bool> {
    /// The most that a byte of gzip can become.
    const GROWS: usize = 1032;
    let (buffer, levels) = match page {
        Page::DataPageV2 { is_compressed: false, .. } => return Some(true),
        Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
            (buf, def_levels_byte_len.checked_add(*rep_levels_byte_len)?)
        }
        Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => (buf, 0),
    };
    let (levels, packed) = buffer.split_at_checked(levels as usize)?;
    // Values that are all missing may take no byte.
    let Some(stated) = packed.last_chunk() else { return packed.is_empty().then_some(true) };
    let room = (u32::from_le_bytes(*stated) as usize).min(packed.len().saturating_mul(GROWS));
    let mut out = Vec::with_capacity(levels.len() + room.min(usize::try_from(most).unwrap_or(usize::MAX)));
    out.extend_from_slice(levels);
    let read = MultiGzDecoder::new(packed).take(most.saturating_add(1)).read_to_end(&mut out).ok()?;
    *buffer = out.into();
    Some(read as u64 <= most)
}

/// The values of a page, behind its levels.
fn values_of<'a>(page: &'a Page, column: &ColumnDescriptor) -> Option<&'a [u8]> {
    match page {
        Page::DataPage { buf, num_values, def_level_encoding, rep_level_encoding, .. } => {
            let mut rest = &buf[..];
            let levels = [(column.max_rep_level(), rep_level_encoding), (column.max_def_level(), def_level_encoding)];
            for (most, encoding) in levels.into_iter().filter(|(most, _)| *most > 0) {
                let bytes = if *encoding == Encoding::RLE {
                    u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?) as usize
                } else {
                    // Packed as they are, with the bits that the highest needs.
                    (*num_values as usize).checked_mul(most.ilog2() as usize + 1)?.div_ceil(8)
                };
                rest = rest.get(bytes..)?;
            }
            Some(rest)
        }
        Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
            buf.get(def_levels_byte_len.checked_add(*rep_levels_byte_len)? as usize..)
        }
        Page::DictionaryPage { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{GzipLevel, ZstdLevel};
    use parquet::file::properties::{WriterProperties, WriterVersion};

    use super::*;
    use crate::source;

    const ROWS: usize = 3000;

    fn texts() -> Vec<(&'static str, ArrayRef)> {
        let text = |each: fn(usize) -> Option<String>| Arc::new((0..ROWS).map(each).collect::<StringArray>()) as _;
        vec![
            ("sorted", text(|i| Some(format!("patient {i:06}")))),
            ("some", text(|i| (i % 3 > 0).then(|| "ü".repeat(i * 7 % 30)))),
            ("none", text(|_| None)),
            ("nothing", text(|_| Some(String::new()))),
            ("same", text(|_| Some("the same for all".into()))),
            ("long", text(|i| (i % 100 == 0).then(|| "x".repeat(i * 3)))),
        ]
    }

    fn written(
        columns: &[(&str, ArrayRef)],
        version: WriterVersion,
        packed: Compression,
        encoding: Encoding,
    ) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(n, c)| (*n, c.clone(), true)));
        let batch = batch.unwrap();
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_encoding(encoding)
            .set_writer_version(version)
            .set_compression(packed)
            .set_data_page_row_count_limit(170)
            .set_write_batch_size(100)
            .set_max_row_group_row_count(Some(1300))
            .build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    #[test]
    fn honest_pages_of_every_form_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.parquet");
        let numbers = (0..ROWS as i64).map(|i| (i % 5 > 0).then_some(i * i)).collect::<Int64Array>();
        let numbers: Vec<(&str, ArrayRef)> = vec![("n", Arc::new(numbers))];
        let fixed = (0..ROWS).map(|i| (i % 7 > 0).then(|| (i as u128 / 9).to_be_bytes()));
        let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed, 16).unwrap();
        let fixed: Vec<(&str, ArrayRef)> = vec![("f", Arc::new(fixed))];
        let packed = [
            Compression::UNCOMPRESSED,
            Compression::GZIP(GzipLevel::default()),
            Compression::ZSTD(ZstdLevel::default()),
            Compression::SNAPPY,
            Compression::LZ4_RAW,
        ];
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for packed in packed {
                for (columns, encoding) in [
                    (texts(), Encoding::DELTA_LENGTH_BYTE_ARRAY),
                    (texts(), Encoding::DELTA_BYTE_ARRAY),
                    (texts(), Encoding::PLAIN),
                    (numbers.clone(), Encoding::DELTA_BINARY_PACKED),
                    (numbers.clone(), Encoding::BYTE_STREAM_SPLIT),
                    (fixed.clone(), Encoding::DELTA_BYTE_ARRAY),
                ] {
                    let what = format!("{version:?}, {packed:?}, {encoding:?}");
                    std::fs::write(&path, written(&columns, version, packed, encoding)).unwrap();
                    let read = source::read(&path, None).unwrap_or_else(|e| panic!("{what}: {e}"));
                    for (name, column) in columns {
                        assert_eq!(read.data.tables["t"].column_by_name(name), Some(&column), "{what}: {name}");
                    }
                }
            }
        }
    }

    #[test]
    fn gzip_ends_where_it_may() {
        let mut packer = flate2::read::GzEncoder::new(&[7; 5000][..], flate2::Compression::default());
        let mut packed = Vec::new();
        packer.read_to_end(&mut packed).unwrap();
        let page = |bytes: &[u8]| Page::DictionaryPage {
            buf: bytes.to_vec().into(),
            num_values: 1,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        let mut whole = page(&packed);
        assert_eq!(unpack(&mut whole, 5000), Some(true));
        assert_eq!(whole.buffer()[..], [7; 5000]);
        assert_eq!(unpack(&mut page(&packed), 4999), Some(false));
        assert_eq!(unpack(&mut page(&packed[..packed.len() - 1]), 5000), None);
        assert_eq!(unpack(&mut page(&[1, 2, 3]), 5000), None);
        assert_eq!(unpack(&mut page(&[]), 5000), Some(true));
    }
}
