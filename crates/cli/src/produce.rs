//! Generates, checks and writes in one stream: blocks are made, proved and encoded by the workers, and appended
//! in order.

use std::path::Path;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use healthdata_core::check::{CheckReport, check};
use healthdata_core::model::Model;
use healthdata_core::plan::Origin;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Dataset, Metadata, Result};
use healthdata_io::sink::{CsvOptions, FileEntry, encode_csv};
use healthdata_io::{Format, OutputDir, Run, TableWriter};
use rayon::ThreadPool;

use crate::blocks;
use crate::progress::Progress;
use crate::proof::{Proof, key_hashes};

/// Rows that may be held to be checked at once, where blocks are not databases of their own.
const HELD: u64 = 2_000_000;

/// What to make, from what, into what.
pub struct Job<'a> {
    /// The model.
    pub model: &'a Model,
    /// Which rows.
    pub request: SampleRequest,
    /// File format.
    pub format: Format,
    /// Where to.
    pub out_dir: &'a Path,
    /// What the manifest says of the run.
    pub run: Run,
    /// No progress bar.
    pub quiet: bool,
}

/// What was made.
pub struct Made {
    /// The files of the tables, in metadata order.
    pub files: Vec<FileEntry>,
    /// What was proved about them.
    pub report: CheckReport,
    /// Time for making, proving and writing.
    pub time: Duration,
    /// Remarks for people.
    pub remarks: Vec<String>,
}

/// One block, ready to be appended.
struct Piece {
    /// Rows of each table.
    rows: Vec<u64>,
    body: Body,
    proof: Option<CheckReport>,
    /// Places in the proof count from the block's first row.
    placed: bool,
    keys: Vec<Vec<u64>>,
    held: Option<Vec<RecordBatch>>,
}

enum Body {
    Csv(Vec<Vec<u8>>),
    Batches(Vec<RecordBatch>),
}

/// How rows are proved while they are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proving {
    /// Each block is a database of its own.
    Blocks,
    /// Tables that are the same for all blocks tie them together: hold everything and prove it at the end.
    Held,
    /// The same, and too much to hold, or only a part of it.
    Later,
}

/// Makes everything, on the threads of the pool.
pub fn produce(job: Job, pool: &ThreadPool) -> Result<Made> {
    let start = Instant::now();
    let sampler = Sampler::new(job.model, job.request.clone())?;
    let whole = Sampler::new(job.model, SampleRequest { part: 1, parts: 1, ..job.request.clone() })?;
    let metadata = sampler.metadata();
    let shared = job.model.plan.tables.iter().any(|t| t.origin == Origin::Reference);
    let proving = match () {
        () if !shared || whole.blocks() == 1 => Proving::Blocks,
        () if job.request.parts == 1 && whole.expected_rows() <= HELD => Proving::Held,
        () => Proving::Later,
    };
    let dir = OutputDir::create(job.out_dir, job.run.clone())?;
    let mut writers = writers(&dir, &job, metadata)?;
    let range = sampler.part_blocks();
    let share = range.end.saturating_sub(range.start) as f64 / whole.blocks().max(1) as f64;
    let progress = Progress::rows(job.quiet, (sampler.expected_rows() as f64 * share) as u64);
    let mut proof = Proof::new();
    let mut held: Vec<Vec<RecordBatch>> = vec![Vec::new(); metadata.tables.len()];
    let window = 2 * pool.current_num_threads() as u64;
    let edge = |b: u64| job.request.parts > 1 && (b == range.start || b + 1 == range.end);
    blocks::ordered(
        pool,
        range.clone(),
        window,
        |b| make(&job, &sampler, edge(b).then_some(&whole), proving, b),
        |_, piece| {
            let before = |table: &str| metadata.tables.get_index_of(table).map_or(0, |t| writers[t].rows());
            if let Some(report) = piece.proof {
                proof.add(report, if piece.placed { Some(&before) } else { None });
            }
            piece.keys.into_iter().enumerate().for_each(|(t, k)| proof.add_keys(t, k));
            for (t, batch) in piece.held.into_iter().flatten().enumerate() {
                held[t].push(batch);
            }
            append(&mut writers, piece.body, &piece.rows)?;
            progress.add(piece.rows.iter().sum());
            Ok(())
        },
    )?;
    drop(progress);
    let mut remarks = Vec::new();
    let report = match proving {
        Proving::Blocks => proof.finish(metadata),
        Proving::Held => pool.install(|| check(&gather(metadata, held)?, metadata))?,
        Proving::Later => {
            remarks.push(
                "not checked: tables kept as they are tie all blocks together; run `healthdata check` on the files"
                    .into(),
            );
            CheckReport::default()
        }
    };
    let mut files = Vec::new();
    for writer in writers {
        files.push(writer.finish()?);
    }
    dir.write_other("metadata.json", metadata.to_json().as_bytes())?;
    remarks.extend(sampler.remarks().iter().cloned());
    remarks.extend(dir.commit()?.kept);
    Ok(Made { files, report, time: start.elapsed(), remarks })
}

fn writers(dir: &OutputDir, job: &Job, metadata: &Metadata) -> Result<Vec<TableWriter>> {
    let one = |(name, meta): (&String, &healthdata_core::metadata::TableMeta)| {
        let domain = meta.domain.as_deref();
        match job.request.parts {
            1 => dir.table(domain, name, job.format, meta),
            _ => dir.part(domain, name, job.request.part - 1, job.format, meta),
        }
    };
    metadata.tables.iter().map(one).collect()
}

/// One block: drawn, proved, encoded.
fn make(job: &Job, sampler: &Sampler, whole: Option<&Sampler>, proving: Proving, block: u64) -> Result<Piece> {
    let batches = sampler.block(block)?.tables;
    let metadata = sampler.metadata();
    let rows = batches.iter().map(|b| b.num_rows() as u64).collect();
    let (mut proof, mut placed) = (None, true);
    if proving == Proving::Blocks {
        // The slice at the edge of a part points to rows of the neighbouring part: the whole block is proved.
        let full = match whole {
            Some(w) => {
                let full = w.block(block)?.tables;
                placed = full.iter().zip(&batches).all(|(f, b)| f.num_rows() == b.num_rows());
                full
            }
            None => batches.clone(),
        };
        proof = Some(check(&dataset(metadata, full), metadata)?);
    }
    let tables = metadata.tables.values();
    let keys = tables.clone().zip(&batches).map(|(m, b)| key_hashes(b, &m.primary_key)).collect();
    let held = (proving == Proving::Held).then(|| batches.clone());
    let body = match job.format {
        Format::Parquet => Body::Batches(batches),
        Format::Csv => {
            let encode = |(meta, batch): (_, &RecordBatch)| {
                let mut bytes = Vec::new();
                encode_csv(batch, meta, CsvOptions::default(), &mut bytes).map(|()| bytes)
            };
            Body::Csv(tables.zip(&batches).map(encode).collect::<Result<_>>()?)
        }
    };
    Ok(Piece { rows, body, proof, placed, keys, held })
}

fn append(writers: &mut [TableWriter], body: Body, rows: &[u64]) -> Result<()> {
    match body {
        Body::Csv(tables) => {
            writers.iter_mut().zip(tables).zip(rows).try_for_each(|((w, bytes), n)| w.append_bytes(&bytes, *n))
        }
        Body::Batches(tables) => writers
            .iter_mut()
            .zip(&tables)
            .filter(|(_, batch)| batch.num_rows() > 0)
            .try_for_each(|(w, batch)| w.write(batch)),
    }
}

fn dataset(metadata: &Metadata, batches: Vec<RecordBatch>) -> Dataset {
    Dataset { tables: metadata.tables.keys().cloned().zip(batches).collect() }
}

/// All blocks of each table in one.
fn gather(metadata: &Metadata, held: Vec<Vec<RecordBatch>>) -> Result<Dataset> {
    let all = held.iter().map(|batches| healthdata_io::source::concat(batches)).collect::<Result<_>>()?;
    Ok(dataset(metadata, all))
}
