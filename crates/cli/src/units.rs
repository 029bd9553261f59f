//! How a run is cut: blocks into units of work, units into files; a function of the model and the request alone.

use std::ops::Range;

use healthdata_core::sample::Sampler;
use healthdata_io::Format;

use crate::produce::Job;

/// Rows of the largest table in a unit: a row group of Parquet, a piece of anything else.
const GROUP: f64 = 250_000.0;
const PIECE: f64 = 60_000.0;
/// Units that a run has at least, if it has as many blocks, so that all threads have work to the end.
const UNITS: u64 = 16;

/// Consecutive blocks that one worker makes.
pub struct Unit {
    /// The blocks.
    pub blocks: Range<u64>,
    /// The file they go to, of each table; counted from 0 within the part.
    pub file: u64,
}

/// All units of a part.
pub struct Units {
    /// In order.
    pub list: Vec<Unit>,
    /// About how many rows they make.
    pub expected_rows: u64,
    files: u64,
    /// The part, from 0, where there are several, and whether files are cut too.
    part: Option<u64>,
    cut: bool,
}

impl Units {
    /// Cuts a run; the same cuts whatever the part.
    pub fn new(job: &Job, sampler: &Sampler, wanted: &[bool]) -> Self {
        let each = |t: &usize| sampler.expected(*t);
        let tables: Vec<usize> = (0..wanted.len()).filter(|t| wanted[*t]).collect();
        let block_rows = tables.iter().map(each).fold(1.0, f64::max);
        let most = if job.format == Format::Parquet { GROUP } else { PIECE };
        let wide = (most.min(job.rows_per_file.map_or(most, |n| n as f64)) / block_rows) as u64;
        let width = wide.min(sampler.blocks() / UNITS).max(1);
        let per_file = match job.rows_per_file {
            Some(n) => ((n as f64 / (block_rows * width as f64)).round() as u64).max(1),
            None => u64::MAX,
        };
        let range = sampler.part_blocks();
        let file = |unit: u64| unit / per_file;
        let first = file(range.start / width);
        let mut list = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let unit = at / width;
            let end = ((unit + 1) * width).min(range.end);
            list.push(Unit { blocks: at..end, file: file(unit) - first });
            at = end;
        }
        let share = (range.end - range.start) as f64;
        Self {
            expected_rows: (tables.iter().map(each).sum::<f64>() * share) as u64,
            files: list.last().map_or(1, |u| u.file + 1),
            list,
            part: (job.request.parts > 1).then(|| job.request.part - 1),
            cut: job.rows_per_file.is_some(),
        }
    }

    /// Files of each table.
    pub fn files(&self) -> u64 {
        self.files
    }

    /// The name of the part that a file is; None where each table is one file.
    pub fn part_name(&self, file: u64) -> Option<String> {
        match (self.part, self.cut) {
            (None, false) => None,
            (None, true) => Some(format!("{file:05}")),
            (Some(part), false) => Some(format!("{part:05}")),
            (Some(part), true) => Some(format!("{part:05}-{file:05}")),
        }
    }
}
