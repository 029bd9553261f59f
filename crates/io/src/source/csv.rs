//! Reading CSV (RFC 4180, a header row, UTF-8) into text columns; an empty cell is missing.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use arrow_array::{ArrayRef, LargeStringArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema};
use healthdata_core::metadata::TableMeta;

use super::records::{Next, Record, Records};
use super::walk::Kind;
use super::{Budget, Chosen, FileRows, Limits, choose, is_bomb};
use crate::files::io_error;

/// All rows of one file, or all its problems.
pub(super) fn read(
    path: &Path,
    kind: Kind,
    meta: Option<&TableMeta>,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<FileRows, Vec<String>> {
    // The place is put in front by the caller, so only the reason is kept here.
    let fail = |e: io::Error| vec![reason(path, &e)];
    let file = File::open(path).map_err(fail)?;
    let buffered = |from| io::BufReader::with_capacity(1 << 16, from);
    let guard = |unpacked: Box<dyn Read>, read: Rc<Cell<u64>>, what| {
        let inner = Guarded { inner: unpacked, read, what, out: 0, limits: *limits };
        Counted { inner, bytes: 0, quotes: 0, ends_in_newline: true }
    };
    let metered = Metered { inner: file, bytes: Rc::default() };
    let read = metered.bytes.clone();
    match kind {
        Kind::CsvGz => {
            let unpacked = flate2::read::MultiGzDecoder::new(buffered(metered));
            parse(path, guard(Box::new(unpacked), read, "gzip"), meta, limits, budget)
        }
        Kind::CsvZst => {
            let unpacked = zstd::stream::read::Decoder::with_buffer(buffered(metered)).map_err(fail)?;
            parse(path, guard(Box::new(unpacked), read, "zstd"), meta, limits, budget)
        }
        _ => parse(
            path,
            Counted { inner: metered.inner, bytes: 0, quotes: 0, ends_in_newline: true },
            meta,
            limits,
            budget,
        ),
    }
}

fn reason(path: &Path, e: &io::Error) -> String {
    let line = io_error(path, "read it", e).to_string();
    let place = format!("{}: ", path.display());
    line.strip_prefix(&place).map(str::to_owned).unwrap_or(line)
}

/// Counts what passes: bytes for empty files, quotes for one that is never closed.
struct Counted<R> {
    inner: R,
    bytes: u64,
    quotes: u64,
    ends_in_newline: bool,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.bytes += n as u64;
        self.quotes += buf[..n].iter().filter(|b| **b == b'"').count() as u64;
        if let Some(last) = buf[..n].last() {
            self.ends_in_newline = matches!(last, b'\n' | b'\r');
        }
        Ok(n)
    }
}

/// Counts the bytes of the packed file.
struct Metered<R> {
    inner: R,
    bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.bytes.set(self.bytes.get() + n as u64);
        Ok(n)
    }
}

/// Stops a compression bomb.
struct Guarded {
    inner: Box<dyn Read>,
    /// Bytes of the packed file so far.
    read: Rc<Cell<u64>>,
    what: &'static str,
    out: u64,
    limits: Limits,
}

impl Read for Guarded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // Every error of the decoder but the system's own has one meaning for people.
        let n = self.inner.read(buf).map_err(|e| match (e.kind(), e.raw_os_error()) {
            (io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof, _)
            | (io::ErrorKind::Other, None) => {
                io::Error::other(format!("the {} data are damaged, cut off or followed by something else", self.what))
            }
            _ => e,
        })?;
        self.out += n as u64;
        if is_bomb(self.out, self.read.get(), &self.limits) {
            return Err(io::Error::other(format!("it unpacks to more than {} times its size", self.limits.ratio)));
        }
        Ok(n)
    }
}

/// Rows with the same problem, the first five by number.
#[derive(Default)]
struct Rows {
    first: Vec<u64>,
    count: u64,
}

impl Rows {
    fn add(&mut self, row: u64) {
        if self.first.len() < 5 {
            self.first.push(row);
        }
        self.count += 1;
    }

    fn report(&self, what: &str, problems: &mut Vec<String>) {
        if self.count > 0 {
            let rows = self.first.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            let more = if self.count > self.first.len() as u64 { ", ..." } else { "" };
            problems.push(format!("{what} in {} rows (data row {rows}{more})", self.count));
        }
    }
}

/// One column under way: all texts one after the other.
/// What other tools write where a number or a date is missing.
const MARKS: [&str; 6] = ["NA", "N/A", "NULL", "null", "NaN", "nan"];

struct TextColumn {
    place: usize,
    name: String,
    values: Vec<u8>,
    ends: Vec<i64>,
    valid: Vec<bool>,
}

impl TextColumn {
    fn new((place, name): (usize, String)) -> Self {
        Self { place, name, values: Vec::new(), ends: vec![0], valid: Vec::new() }
    }

    fn push(&mut self, cell: &[u8]) {
        // As MySQL writes what is missing.
        let cell = if cell == b"\\N" { b"" } else { cell };
        self.values.extend_from_slice(cell);
        self.ends.push(self.values.len() as i64);
        self.valid.push(!cell.is_empty());
    }

    /// Cells like `NA` are missing where all others are numbers or dates; beside labels they may be one.
    fn blank_marks(&mut self) {
        let cell = |w: &[i64]| &self.values[w[0] as usize..w[1] as usize];
        let is_mark = |c: &[u8]| matches!(c.first(), Some(b'N' | b'n')) && MARKS.iter().any(|m| m.as_bytes() == c);
        let is_number = |c: &[u8]| {
            c.iter().any(u8::is_ascii_digit) && c.iter().all(|b| b.is_ascii_digit() || b"+-.,:/ eET".contains(b))
        };
        if !self.ends.windows(2).any(|w| is_mark(cell(w)))
            || !self.ends.windows(2).all(|w| w[0] == w[1] || is_mark(cell(w)) || is_number(cell(w)))
        {
            return;
        }
        let marks: Vec<bool> = self.ends.windows(2).map(|w| is_mark(cell(w))).collect();
        marks.into_iter().zip(&mut self.valid).for_each(|(mark, valid)| *valid &= !mark);
    }

    /// Rows (from 1) whose text is not UTF-8.
    fn bad_rows(&self, before: u64) -> Rows {
        let mut rows = Rows::default();
        // Whole first, which is ten times faster: it is enough when no cell starts inside a character.
        let inside = |end: &i64| self.values.get(*end as usize).is_some_and(|b| b & 0xC0 == 0x80);
        if std::str::from_utf8(&self.values).is_ok() && !self.ends.iter().any(inside) {
            return rows;
        }
        for (row, w) in self.ends.windows(2).enumerate() {
            if std::str::from_utf8(&self.values[w[0] as usize..w[1] as usize]).is_err() {
                rows.add(before + row as u64 + 1);
            }
        }
        rows
    }

    fn finish(mut self, before: u64, problems: &mut Vec<String>) -> Option<ArrayRef> {
        let bad = self.bad_rows(before);
        bad.report(&format!("column {}: not UTF-8 (save the file as UTF-8)", self.name), problems);
        if bad.count > 0 {
            return None;
        }
        self.blank_marks();
        let valid = NullBuffer::from(self.valid);
        let nulls = (valid.null_count() > 0).then_some(valid);
        let values = Buffer::from_vec(self.values);
        // 32-bit offsets are what every consumer knows; only columns beyond 2 GiB of text need the large type.
        let array: ArrayRef = if i32::try_from(values.len()).is_ok() {
            let ends: Vec<i32> = self.ends.into_iter().map(|e| e as i32).collect();
            Arc::new(StringArray::try_new(OffsetBuffer::new(ScalarBuffer::from(ends)), values, nulls).ok()?)
        } else {
            Arc::new(LargeStringArray::try_new(OffsetBuffer::new(ScalarBuffer::from(self.ends)), values, nulls).ok()?)
        };
        Some(array)
    }
}

fn parse<R: Read>(
    path: &Path,
    counted: Counted<R>,
    meta: Option<&TableMeta>,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<FileRows, Vec<String>> {
    let mut reader = Records::new(counted, limits);
    let header = match reader.next().map_err(|e| vec![reason(path, &e)])? {
        Next::Row(record) => header_of(&record)?,
        Next::Wide => return Err(vec![format!("more columns than {}, which is the limit", limits.columns)]),
        Next::Long => return Err(vec![format!("header: {}", too_long(limits))]),
        Next::End => {
            let empty = reader.source().bytes == 0;
            let what = if empty { "empty file; a header row is needed" } else { "no header row, only empty lines" };
            return Err(vec![what.into()]);
        }
    };
    let Chosen { keep, left_out } = choose(&header, meta, limits)?;
    let width = header.len();
    if let Some(sieve) = &mut budget.sieve {
        sieve.bind(&keep);
    }
    let mut kept = 0usize;
    let mut columns: Vec<TextColumn> = keep.into_iter().map(TextColumn::new).collect();
    let (mut row, mut problems, mut ragged) = (0u64, Vec::new(), Rows::default());
    let mut multi_line_tail = false;
    let (mut batches, mut given) = (Vec::new(), 0usize);
    loop {
        let record = match reader.next() {
            Ok(Next::Row(record)) => record,
            Ok(Next::End) => break,
            Ok(Next::Wide) => {
                problems.push(format!("data row {}: more cells than {}, the limit", row + 1, limits.columns));
                break;
            }
            Ok(Next::Long) => {
                problems.push(format!("data row {}: {}", row + 1, too_long(limits)));
                break;
            }
            Err(e) => {
                problems.push(format!("after data row {row}: {}", reason(path, &e)));
                break;
            }
        };
        row += 1;
        if record.len() != width {
            ragged.add(row);
        }
        multi_line_tail = record.text().contains(&b'\n');
        if budget.sieve.as_mut().is_some_and(|s| !s.passes(|place| record.get(place).unwrap_or_default())) {
            continue;
        }
        kept += 1;
        // The empty cell and its end take room too.
        if let Err(p) = budget.take(record.text().len() + 9 * columns.len()) {
            problems.push(format!("data row {row}: {p}"));
            break;
        }
        for c in &mut columns {
            c.push(record.get(c.place).unwrap_or_default());
        }
        if kept - given >= budget.rows() && problems.is_empty() && ragged.count == 0 {
            let fresh = columns.iter().map(|c| TextColumn::new((c.place, c.name.clone()))).collect();
            let full = std::mem::replace(&mut columns, fresh);
            budget.give(batch(full, kept - given, given as u64, &mut problems)?, &mut batches)?;
            given = kept;
        }
    }
    let expected = format!("not {width} cells as in the header, or a quote out of place,");
    ragged.report(&expected, &mut problems);
    let tail = reader.source();
    if problems.is_empty() && tail.quotes % 2 == 1 && (multi_line_tail || !tail.ends_in_newline) {
        problems
            .push(format!("a quote is opened and never closed (data row {row} is the last one that could be read)"));
    }
    let last = batch(columns, kept - given, given as u64, &mut problems)?;
    if given == 0 || kept > given {
        budget.give(last, &mut batches)?;
    }
    Ok(FileRows { batches, left_out })
}

fn too_long(limits: &Limits) -> String {
    format!(
        "a cell of more than {} bytes, or a row of more than {} (a quote that is never closed?)",
        limits.cell, limits.row
    )
}

/// The columns as a batch of rows, of which `before` have been given already.
fn batch(
    columns: Vec<TextColumn>,
    rows: usize,
    before: u64,
    problems: &mut Vec<String>,
) -> Result<RecordBatch, Vec<String>> {
    let fields: Vec<Field> =
        columns.iter().map(|c| c.name.clone()).map(|n| Field::new(n, DataType::Utf8, true)).collect();
    let arrays: Vec<Option<ArrayRef>> = columns.into_iter().map(|c| c.finish(before, problems)).collect();
    if !problems.is_empty() {
        return Err(std::mem::take(problems));
    }
    let arrays: Vec<ArrayRef> = arrays.into_iter().flatten().collect();
    let fields: Vec<Field> =
        fields.into_iter().zip(&arrays).map(|(f, a)| f.with_data_type(a.data_type().clone())).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|_| vec!["its columns have different lengths".into()])
}

/// Column names; other encodings and separators are told apart here, where a person can act on it.
fn header_of(record: &Record) -> Result<Vec<String>, Vec<String>> {
    let raw = record.text();
    if raw.starts_with(&[0xFF, 0xFE]) || raw.starts_with(&[0xFE, 0xFF]) || raw.contains(&0) {
        return Err(vec!["not UTF-8 text (UTF-16 or a binary file?); save it as UTF-8 CSV".into()]);
    }
    let mut names = Vec::with_capacity(record.len());
    let mut problems = Vec::new();
    for (i, cell) in record.iter().enumerate() {
        match std::str::from_utf8(cell) {
            Ok(name) => names.push(name.to_owned()),
            Err(_) => problems.push(format!("header: the name of column {} is not UTF-8", i + 1)),
        }
    }
    if names.len() == 1 && names[0].contains([';', '\t']) {
        problems.push("the columns are separated by semicolons or tabs; save the file with commas".into());
    }
    if problems.is_empty() { Ok(names) } else { Err(problems) }
}
