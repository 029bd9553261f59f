//! Rows of a CSV file, one at a time, in a buffer that grows no further than a row may.

use std::io::{self, BufRead, BufReader, Read};

use csv_core::{ReadRecordResult, Reader};

use super::Limits;

/// Rows under way.
pub(super) struct Records<R> {
    source: BufReader<R>,
    parser: Reader,
    /// The row's cells without their quotes, one after the other; longer than what is filled.
    text: Vec<u8>,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
    limits: Limits,
}

/// What comes next in the file.
pub(super) enum Next<'a> {
    Row(Record<'a>),
    /// A row with more cells than a table may have columns.
    Wide,
    /// A cell or a row of more bytes than it may have.
    Long,
    End,
}

/// One row.
pub(super) struct Record<'a> {
    text: &'a [u8],
    ends: &'a [usize],
}

impl<R: Read> Records<R> {
    pub fn new(source: R, limits: &Limits) -> Self {
        let source = BufReader::with_capacity(1 << 18, source);
        Self { source, parser: Reader::new(), text: vec![0; 1 << 10], ends: vec![0; 64], limits: *limits }
    }

    /// What the rows come from.
    pub fn source(&self) -> &R {
        self.source.get_ref()
    }

    /// The next row; after `Wide`, `Long` or an error there is none.
    pub fn next(&mut self) -> io::Result<Next<'_>> {
        let (mut filled, mut cells) = (0, 0);
        loop {
            let input = self.source.fill_buf()?;
            let (state, read, wrote, ended) =
                self.parser.read_record(input, &mut self.text[filled..], &mut self.ends[cells..]);
            self.source.consume(read);
            filled += wrote;
            cells += ended;
            match state {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.is_long(filled, cells) => return Ok(Next::Long),
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                // One more, so that a row that is one cell too long can be told as such.
                ReadRecordResult::OutputEndsFull if cells > self.limits.columns => return Ok(Next::Wide),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record if self.is_long(filled, cells) => return Ok(Next::Long),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(Next::End),
            }
        }
        Ok(Next::Row(Record { text: &self.text[..filled], ends: &self.ends[..cells] }))
    }

    /// Whether the row, or a cell of it (the last one may be unfinished), is longer than it may be.
    fn is_long(&self, filled: usize, cells: usize) -> bool {
        let mut begin = 0;
        let mut longer = |end: usize| end - std::mem::replace(&mut begin, end) > self.limits.cell;
        filled > self.limits.row
            || filled > self.limits.cell && self.ends[..cells].iter().copied().chain([filled]).any(&mut longer)
    }
}

impl<'a> Record<'a> {
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All cells, one after the other.
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// A cell.
    pub fn get(&self, place: usize) -> Option<&'a [u8]> {
        let begin = if place == 0 { 0 } else { *self.ends.get(place - 1)? };
        self.text.get(begin..*self.ends.get(place)?)
    }

    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}
