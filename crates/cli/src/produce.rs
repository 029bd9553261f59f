//! Generates, checks and writes in one stream: units of blocks are made, proved and encoded by the workers, and
//! appended in order.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use healthdata_core::check::{CheckReport, check};
use healthdata_core::metadata::TableMeta;
use healthdata_core::model::Model;
use healthdata_core::plan::Origin;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Dataset, Error, ErrorKind, Metadata, Result};
use healthdata_io::sink::{CsvOptions, Encoded, Encoder, FileEntry, StreamWriter};
use healthdata_io::{Format, OutputDir, Run, TableWriter};
use rayon::ThreadPool;

use crate::blocks;
use crate::progress::Progress;
use crate::proof::{Keys, Proof, keys};
use crate::units::{Unit, Units};

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
    /// How CSV cells are written.
    pub csv: CsvOptions,
    /// Only these tables, if any is named.
    pub tables: Vec<String>,
    /// About how many rows a file of the largest table has; one file a table otherwise.
    pub rows_per_file: Option<u64>,
    /// Where to; None is standard output.
    pub out_dir: Option<&'a Path>,
    /// What the manifest says of the run.
    pub run: Run,
    /// Whether every row is proved while it is made.
    pub check: bool,
    /// No progress bar.
    pub quiet: bool,
}

/// What was made.
pub struct Made {
    /// The files of the tables.
    pub files: Vec<FileEntry>,
    /// What was proved about them.
    pub report: CheckReport,
    /// Time for making, proving and writing.
    pub time: Duration,
    /// Remarks for people.
    pub remarks: Vec<String>,
}

/// One unit, ready to be appended.
struct Piece {
    /// Rows of each table.
    rows: Vec<u64>,
    /// What is to be written, in the order of the tables.
    encoded: Vec<Option<Encoded>>,
    proofs: Vec<Proved>,
    held: Vec<Vec<RecordBatch>>,
}

/// What was proved of one block.
struct Proved {
    report: CheckReport,
    /// Rows of the unit before the block, by table; None where places mean nothing outside it.
    before: Option<Vec<u64>>,
    keys: Vec<Keys>,
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
    /// Not asked for.
    No,
}

/// What the workers share.
struct Work<'a> {
    sampler: Sampler<'a>,
    /// The same run without parts: what lies at the edge of a part is proved as a whole block.
    whole: Sampler<'a>,
    format: Format,
    csv: CsvOptions,
    proving: Proving,
    /// Tables that are written, and their metadata.
    wanted: Vec<bool>,
    metas: Vec<Arc<TableMeta>>,
    /// First and last block of the part, where they may be cut.
    edges: Vec<u64>,
}

/// Makes everything, on the threads of the pool.
pub fn produce(job: Job, pool: &ThreadPool) -> Result<Made> {
    let start = Instant::now();
    let work = Work::new(&job)?;
    let units = Units::new(&job, &work.sampler, &work.wanted);
    let mut remarks = Vec::new();
    let (files, report) = match job.out_dir {
        None => {
            stream(&job, &work, &units, pool)?;
            (Vec::new(), CheckReport::default())
        }
        Some(path) => write(&job, &work, &units, path, pool, &mut remarks)?,
    };
    Ok(Made { files, report, time: start.elapsed(), remarks })
}

impl<'a> Work<'a> {
    fn new(job: &Job<'a>) -> Result<Self> {
        let sampler = Sampler::new(job.model, job.request.clone())?;
        let whole = Sampler::new(job.model, SampleRequest { part: 1, parts: 1, ..job.request.clone() })?;
        let metadata = sampler.metadata();
        let unknown: Vec<&str> =
            job.tables.iter().filter(|t| !metadata.tables.contains_key(*t)).map(String::as_str).collect();
        if !unknown.is_empty() {
            let known = metadata.tables.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let line = format!("the model has no table {}; it has {known}", unknown.join(", "));
            return Err(Error::new(ErrorKind::Request, line));
        }
        let wanted = metadata.tables.keys().map(|t| job.tables.is_empty() || job.tables.contains(t)).collect();
        let metas = metadata.tables.values().map(|m| Arc::new(m.clone())).collect();
        let shared = job.model.plan.tables.iter().any(|t| t.origin == Origin::Reference);
        let proving = match () {
            () if !job.check || job.out_dir.is_none() => Proving::No,
            () if !shared || whole.blocks() == 1 => Proving::Blocks,
            () if job.request.parts == 1 && whole.expected_rows() <= HELD => Proving::Held,
            () => Proving::Later,
        };
        let range = sampler.part_blocks();
        let edges = if job.request.parts > 1 { vec![range.start, range.end.saturating_sub(1)] } else { Vec::new() };
        Ok(Self { sampler, whole, format: job.format, csv: job.csv, proving, wanted, metas, edges })
    }

    fn metadata(&self) -> &Metadata {
        self.sampler.metadata()
    }

    /// One unit: drawn, proved, encoded. `todo` says which tables are still to be written.
    fn make(&self, unit: &Unit, todo: &[bool]) -> Result<Piece> {
        let n = self.metas.len();
        let encoder = |t: usize| Encoder::new(self.format, self.metas[t].clone(), self.csv);
        let mut encoders: Vec<Option<Encoder>> = (0..n).map(|t| todo[t].then(|| encoder(t))).collect();
        let mut piece = Piece { rows: vec![0; n], encoded: Vec::new(), proofs: Vec::new(), held: vec![Vec::new(); n] };
        for block in unit.blocks.clone() {
            let proving = matches!(self.proving, Proving::Blocks | Proving::Held);
            let drawn = self.sampler.block_of(block, if proving { &[][..] } else { todo })?;
            if self.proving == Proving::Blocks {
                piece.proofs.push(self.prove(block, &drawn, &piece.rows)?);
            }
            for (t, batch) in drawn.into_iter().enumerate() {
                let Some(batch) = batch else { continue };
                if let Some(encoder) = encoders[t].as_mut().filter(|_| batch.num_rows() > 0) {
                    encoder.write(&batch).map_err(|e| e.at(self.name(t)))?;
                }
                if self.wanted[t] {
                    piece.rows[t] += batch.num_rows() as u64;
                }
                if self.proving == Proving::Held {
                    piece.held[t].push(batch);
                }
            }
        }
        piece.encoded = encoders.into_iter().map(|e| e.map(Encoder::finish).transpose()).collect::<Result<_>>()?;
        Ok(piece)
    }

    fn name(&self, t: usize) -> &str {
        self.metadata().tables.get_index(t).map_or("", |x| x.0)
    }

    /// Proves one block; `before` counts the rows of the unit before it.
    fn prove(&self, block: u64, drawn: &[Option<RecordBatch>], before: &[u64]) -> Result<Proved> {
        let batches: Vec<RecordBatch> = drawn.iter().flatten().cloned().collect();
        let tables = self.metadata().tables.values();
        let keys = tables.zip(&batches).map(|(m, b)| keys(b, &m.primary_key)).collect();
        // The slice at the edge of a part points to rows of the neighbouring part: the whole block is proved.
        let full = if self.edges.contains(&block) { self.whole.block(block)?.tables } else { batches.clone() };
        let placed = full.iter().zip(&batches).all(|(f, b)| f.num_rows() == b.num_rows());
        let report = check(&dataset(self.metadata(), full), self.metadata())?;
        Ok(Proved { report, before: placed.then(|| before.to_vec()), keys })
    }
}

/// Files of one cut of all tables.
struct OpenFiles {
    file: u64,
    writers: Vec<Option<TableWriter>>,
}

fn write(
    job: &Job,
    work: &Work,
    units: &Units,
    path: &Path,
    pool: &ThreadPool,
    remarks: &mut Vec<String>,
) -> Result<(Vec<FileEntry>, CheckReport)> {
    let metadata = work.metadata();
    refuse_other_parts(job, path)?;
    let dir = OutputDir::create(path, job.run.clone())?;
    let progress = Progress::rows(job.quiet, units.expected_rows);
    let mut files: Vec<FileEntry> = Vec::new();
    // Files that an interrupted run finished are kept; units without any other file are not made again.
    let mut todo: Vec<Vec<bool>> = Vec::new();
    let mut done_rows = vec![vec![0; work.metas.len()]; units.files() as usize];
    for file in 0..units.files() {
        let mut left = work.wanted.clone();
        for t in (0..left.len()).filter(|t| work.wanted[*t]) {
            let meta = &work.metas[t];
            let part = units.part_name(file);
            if let Some(entry) = dir.finished(meta.domain.as_deref(), work.name(t), part.as_deref(), job.format)? {
                left[t] = false;
                done_rows[file as usize][t] = entry.rows;
                progress.add(entry.rows);
                files.push(entry);
            }
        }
        todo.push(left);
    }
    let list: Vec<&Unit> = units.list.iter().filter(|u| todo[u.file as usize].contains(&true)).collect();
    let kept = (0..units.files()).filter(|f| !todo[*f as usize].contains(&true)).count();
    if !files.is_empty() {
        remarks.push(format!("{} files of an interrupted run were whole and are kept", files.len()));
    }
    let mut proof = Proof::new();
    let mut held: Vec<Vec<RecordBatch>> = vec![Vec::new(); metadata.tables.len()];
    let mut written: Vec<u64> = vec![0; metadata.tables.len()];
    let mut open: Option<OpenFiles> = None;
    blocks::ordered(
        pool,
        0..list.len() as u64,
        2 * pool.current_num_threads() as u64,
        |i| work.make(list[i as usize], &todo[list[i as usize].file as usize]),
        |i, piece| {
            let unit = list[i as usize];
            if open.as_ref().is_none_or(|o| o.file != unit.file) {
                let last = open.take();
                close(last, &mut files)?;
                open = Some(begin(&dir, job, work, units, unit.file, &todo)?);
            }
            let Some(at) = &mut open else { return Ok(()) };
            for p in piece.proofs {
                let before = |table: &str| {
                    let t = metadata.tables.get_index_of(table).unwrap_or(0);
                    written[t] + p.before.as_ref().map_or(0, |b| b[t])
                };
                proof.add(p.report, if p.before.is_some() && kept == 0 { Some(&before) } else { None });
                p.keys.into_iter().enumerate().for_each(|(t, k)| proof.add_keys(t, k));
            }
            for (t, batches) in piece.held.into_iter().enumerate() {
                held[t].extend(batches);
            }
            for (writer, encoded) in at.writers.iter_mut().zip(piece.encoded) {
                if let (Some(writer), Some(encoded)) = (writer, encoded) {
                    writer.append(encoded)?;
                }
            }
            written.iter_mut().zip(&piece.rows).for_each(|(w, n)| *w += n);
            progress.add(piece.rows.iter().sum());
            Ok(())
        },
    )?;
    close(open, &mut files)?;
    // A file without any unit of its own: a run of no blocks at all.
    for file in 0..units.files() {
        if !units.list.iter().any(|u| u.file == file) && todo[file as usize].contains(&true) {
            close(Some(begin(&dir, job, work, units, file, &todo)?), &mut files)?;
        }
    }
    drop(progress);
    remarks.extend(work.sampler.remarks().iter().cloned().chain(work.sampler.lacking()));
    let report = match work.proving {
        Proving::Blocks => proof.finish(metadata),
        Proving::Held if kept == 0 => pool.install(|| check(&gather(metadata, held)?, metadata))?,
        Proving::Held | Proving::Later => {
            remarks.push("not checked here; run `healthdata check` on the files".into());
            CheckReport::default()
        }
        Proving::No => CheckReport::default(),
    };
    if kept > 0 && work.proving == Proving::Blocks {
        remarks.push("rows of the files that were kept were checked by the run that made them".into());
    }
    let place = |f: &FileEntry| (metadata.tables.get_index_of(&f.table), f.path.clone());
    files.sort_by_key(place);
    let about = if job.tables.is_empty() { metadata.to_json() } else { metadata.only(&job.tables).to_json() };
    dir.write_other("metadata.json", about.as_bytes())?;
    remarks.extend(dir.commit()?.kept);
    Ok((files, report))
}

/// A part never replaces another part, whose rows would be lost.
fn refuse_other_parts(job: &Job, path: &Path) -> Result<()> {
    let Some(other) = OutputDir::run_of(path)? else { return Ok(()) };
    if job.request.parts == 1 || !other.options.contains_key("part") || other == job.run {
        return Ok(());
    }
    let part = |run: &Run| run.options.get("part").cloned().unwrap_or_default();
    let what = match () {
        () if other.model_hash != job.run.model_hash => "of another model".into(),
        () if other.seed != job.run.seed => format!("made with seed {}", other.seed),
        () if part(&other) != part(&job.run) => format!("part {}", part(&other)),
        () => "made with other options".into(),
    };
    let line = format!("{}: holds a part that is {what}; give each part its own --out-dir", path.display());
    Err(Error::new(ErrorKind::Request, line))
}

fn begin(dir: &OutputDir, job: &Job, work: &Work, units: &Units, file: u64, todo: &[Vec<bool>]) -> Result<OpenFiles> {
    let one = |t: usize| {
        let (meta, name) = (&work.metas[t], work.name(t));
        let domain = meta.domain.as_deref();
        let writer = match units.part_name(file) {
            None => dir.table(domain, name, job.format, meta),
            Some(part) => dir.part(domain, name, &part, job.format, meta),
        };
        writer.map(|w| w.with_csv_options(job.csv))
    };
    let writers = (0..work.metas.len()).map(|t| todo[file as usize][t].then(|| one(t)).transpose());
    Ok(OpenFiles { file, writers: writers.collect::<Result<_>>()? })
}

fn close(open: Option<OpenFiles>, files: &mut Vec<FileEntry>) -> Result<()> {
    for writer in open.into_iter().flat_map(|o| o.writers).flatten() {
        files.push(writer.finish()?);
    }
    Ok(())
}

/// One table to standard output. A reader that goes away ends it well.
fn stream(job: &Job, work: &Work, units: &Units, pool: &ThreadPool) -> Result<()> {
    let Some(t) = work.wanted.iter().position(|w| *w) else { return Ok(()) };
    let out = io::BufWriter::with_capacity(1 << 16, io::stdout());
    let mut writer = Some(StreamWriter::new(out, job.format, job.csv, &work.metas[t]));
    let gone = |e: io::Error| match e.kind() {
        io::ErrorKind::BrokenPipe => Error::new(ErrorKind::Interrupted, "closed"),
        _ => healthdata_io::files::io_error(Path::new("standard output"), "write there", &e),
    };
    let made = blocks::ordered(
        pool,
        0..units.list.len() as u64,
        2 * pool.current_num_threads() as u64,
        |i| work.make(&units.list[i as usize], &work.wanted),
        |_, piece| {
            let encoded = piece.encoded.into_iter().flatten();
            encoded.into_iter().try_for_each(|e| writer.as_mut().map_or(Ok(()), |w| w.append(e))).map_err(gone)
        },
    );
    let ended = made.and_then(|()| writer.take().map_or(Ok(()), StreamWriter::finish).map_err(gone));
    match ended {
        Err(e) if e.to_string() == "closed" => Ok(()),
        other => other,
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
