//! Data that do not fit in memory: whole entities are left out while the files are read.
//!
//! An entity is a row of a table without foreign keys; it is kept or not by a hash of its key, so the choice is the
//! same in every run and every order of rows. Rows of other tables are kept when every row they point to is.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;

use arrow_array::{Array, BooleanArray, RecordBatch};
use healthdata_core::dataset::strings;
use healthdata_core::rng::mix;
use healthdata_core::{Error, ErrorKind, Metadata, Result};

use super::walk::Kind;
use super::{Budget, Limits, Source, finish, read_table, walk};

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Thin {
    /// About so many entities of each table of entities at most.
    Entities(u64),
    /// As many entities as can be learned from in so many bytes.
    Memory(u64),
}

/// How much of a table was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thinned {
    /// The table.
    pub table: String,
    /// Rows that were kept.
    pub kept: u64,
    /// Rows that are there.
    pub of: u64,
    /// Whether its rows are entities.
    pub entities: bool,
}

/// Bytes that learning takes for a byte of plain CSV, measured on tables of numbers and labels: the features of every
/// row stand in memory.
const FACTOR: f64 = 30.0;
/// How much smaller packed files are than plain CSV.
const PACKED: f64 = 6.0;
/// Fewer entities than this are not learned from.
const LEAST: u64 = 500;

/// Which rows of the table at hand pass.
#[derive(Debug)]
pub(super) struct Sieve {
    tests: Vec<(Vec<String>, Test)>,
    key: Vec<String>,
    /// Places of the columns of each test and of the key in the file at hand.
    places: Vec<Vec<usize>>,
    key_places: Vec<usize>,
    /// Hashes of the keys of rows that passed.
    keys: HashSet<u64>,
    seen: u64,
    kept: u64,
}

#[derive(Clone, Debug)]
enum Test {
    Below(u64),
    In(Rc<HashSet<u64>>),
}

impl Sieve {
    fn new(tests: Vec<(Vec<String>, Test)>, key: Vec<String>) -> Self {
        let (places, key_places) = (Vec::new(), Vec::new());
        Self { tests, key, places, key_places, keys: HashSet::new(), seen: 0, kept: 0 }
    }

    /// Finds its columns among those of a file, given as (place, name).
    pub fn bind(&mut self, columns: &[(usize, String)]) {
        let find = |names: &Vec<String>| -> Vec<usize> {
            names.iter().filter_map(|n| columns.iter().find(|c| c.1 == *n).map(|c| c.0)).collect()
        };
        self.places = self.tests.iter().map(|t| find(&t.0)).collect();
        self.key_places = find(&self.key);
    }

    /// True when a row passes; `cell` gives its cells by place, empty for missing.
    pub fn passes<'c>(&mut self, cell: impl Fn(usize) -> &'c [u8]) -> bool {
        self.seen += 1;
        let hash = |places: &[usize]| {
            let missing = places.iter().any(|p| cell(*p).is_empty());
            (!missing).then(|| places.iter().fold(0, |h, p| mix(h ^ hash_of(cell(*p)))))
        };
        let holds = |(test, places): (&(Vec<String>, Test), &Vec<usize>)| match (&test.1, hash(places)) {
            (_, None) => true,
            (Test::Below(limit), Some(h)) => h <= *limit,
            (Test::In(set), Some(h)) => set.contains(&h),
        };
        if !self.tests.iter().zip(&self.places).all(holds) {
            return false;
        }
        self.kept += 1;
        if let Some(h) = hash(&self.key_places).filter(|_| !self.key_places.is_empty()) {
            self.keys.insert(h);
        }
        true
    }

    /// The rows of a batch that pass; its columns are those of the file, in their order.
    pub fn filter(&mut self, batch: &RecordBatch) -> std::result::Result<RecordBatch, String> {
        let names: Vec<(usize, String)> =
            batch.schema().fields().iter().enumerate().map(|(i, f)| (i, f.name().clone())).collect();
        self.bind(&names);
        let needed: HashSet<usize> = self.places.iter().flatten().chain(&self.key_places).copied().collect();
        let mut texts: HashMap<usize, Vec<String>> = HashMap::new();
        for place in needed {
            let column = batch.column(place);
            let text = match strings(column.as_ref()) {
                Some(list) => list.into_iter().map(|t| t.unwrap_or_default().to_owned()).collect(),
                None => numbers(column.as_ref()).ok_or_else(|| {
                    format!("keys of type {} can't be used to read a part of the rows", column.data_type())
                })?,
            };
            texts.insert(place, text);
        }
        let mask: BooleanArray =
            (0..batch.num_rows()).map(|row| Some(self.passes(|place| texts[&place][row].as_bytes()))).collect();
        arrow_select::filter::filter_record_batch(batch, &mask).map_err(|_| "its rows can't be picked".into())
    }
}

/// Whole numbers as text, missing ones empty; None for other types.
fn numbers(column: &dyn Array) -> Option<Vec<String>> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Int32Type, Int64Type};
    let text = |v: Option<i64>| v.map(|v| v.to_string()).unwrap_or_default();
    if let Some(c) = column.as_primitive_opt::<Int64Type>() {
        return Some(c.iter().map(text).collect());
    }
    column.as_primitive_opt::<Int32Type>().map(|c| c.iter().map(|v| text(v.map(i64::from))).collect())
}

fn hash_of(bytes: &[u8]) -> u64 {
    mix(bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3)))
}

/// Reads some entities with everything that belongs to them, and says how many of how many.
pub fn read_thinned(path: &Path, metadata: &Metadata, thin: Thin) -> Result<(Source, Vec<Thinned>)> {
    let limits = Limits::default();
    let mut found = walk::find(path, Some(metadata), &limits)?;
    let mut source = Source { notes: std::mem::take(&mut found.notes), ..Source::default() };
    let mut problems = std::mem::take(&mut found.problems);
    let share = match thin {
        Thin::Entities(_) => None,
        Thin::Memory(bytes) => Some(bytes as f64 / (FACTOR * plain_bytes(&found.tables))),
    };
    let mut budget = Budget { left: limits.memory, sieve: None, taker: None };
    let mut keys: HashMap<String, Rc<HashSet<u64>>> = HashMap::new();
    let mut out = Vec::new();
    for name in order(metadata) {
        let Some(table) = found.tables.iter().find(|t| t.name == name) else { continue };
        let meta = &metadata.tables[&name];
        let entities = metadata.parents_of(&name).next().is_none() && !meta.primary_key.is_empty();
        let mut read = |sieve: Sieve, notes: &mut Vec<String>| {
            budget.sieve = Some(sieve);
            let rows = read_table(table, Some(meta), &limits, &mut budget, notes);
            (rows, budget.sieve.take())
        };
        let mut tests = Vec::new();
        if entities {
            let share = match (share, thin) {
                (None, Thin::Entities(most)) => {
                    // Only how many there are: nothing passes.
                    let none = Sieve::new(vec![(meta.primary_key.clone(), Test::In(Rc::default()))], Vec::new());
                    let seen = read(none, &mut Vec::new()).1.map_or(0, |s| s.seen);
                    most as f64 / seen.max(1) as f64
                }
                (share, _) => share.unwrap_or(1.0),
            };
            if share < 1.0 {
                tests.push((meta.primary_key.clone(), Test::Below((share * u64::MAX as f64) as u64)));
            }
        }
        for r in metadata.parents_of(&name).filter(|r| r.parent != name) {
            if let Some(set) = keys.get(&r.parent) {
                tests.push((r.child_key.clone(), Test::In(set.clone())));
            }
        }
        let (batch, sieve) = read(Sieve::new(tests, meta.primary_key.clone()), &mut source.notes);
        match batch {
            Ok(batch) => drop(source.data.tables.insert(name.clone(), batch)),
            Err(e) => problems.extend(e.problems().iter().cloned()),
        }
        finish(&mut source, table);
        let Some(sieve) = sieve else { continue };
        if sieve.kept < sieve.seen {
            keys.insert(name.clone(), Rc::new(sieve.keys));
        }
        out.push(Thinned { table: name, kept: sieve.kept, of: sieve.seen, entities });
    }
    Error::all(ErrorKind::Data, problems)?;
    too_few(thin, &out)?;
    source.data.tables.sort_by_key(|name, _| metadata.tables.get_index_of(name));
    out.sort_by_key(|t| metadata.tables.get_index_of(&t.table));
    Ok((source, out))
}

/// An error where the limit leaves too little to learn from; it says what would be enough.
fn too_few(thin: Thin, out: &[Thinned]) -> Result<()> {
    let Some(most) = out.iter().filter(|t| t.entities && t.kept < t.of).max_by_key(|t| t.of) else { return Ok(()) };
    if most.kept >= LEAST.min(most.of) {
        return Ok(());
    }
    let (kept, table) = (most.kept, &most.table);
    let line = match thin {
        Thin::Entities(_) => format!("--max-entities keeps {kept} rows of {table}; at least {LEAST} are needed"),
        Thin::Memory(bytes) => {
            let need = (bytes as f64 * LEAST as f64 / kept.max(1) as f64).ceil() as u64;
            let mib = (need.max(bytes + 1) >> 20) + 1;
            format!("--memory is enough for {kept} rows of {table}; at least {LEAST} are needed: about {mib} MiB")
        }
    };
    Err(Error::new(ErrorKind::Request, line))
}

/// About what the tables take as plain CSV.
fn plain_bytes(tables: &[walk::TableFiles]) -> f64 {
    let files = tables.iter().flat_map(|t| &t.files);
    let size = |(path, kind): &(std::path::PathBuf, Kind)| {
        let bytes = std::fs::metadata(path).map_or(0, |m| m.len()) as f64;
        if matches!(kind, Kind::Csv | Kind::Arrow) { bytes } else { bytes * PACKED }
    };
    files.map(size).sum::<f64>().max(1.0)
}

/// The tables, those pointed to before those that point; tables in a cycle in metadata order, at the end.
fn order(metadata: &Metadata) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    while out.len() < metadata.tables.len() {
        let ready = |name: &&String| {
            !out.contains(name) && metadata.parents_of(name).all(|r| r.parent == **name || out.contains(&r.parent))
        };
        let any = |name: &&String| !out.contains(name);
        let keys = || metadata.tables.keys();
        match keys().find(ready).or_else(|| keys().find(any)).cloned() {
            Some(next) => out.push(next),
            None => break,
        }
    }
    out
}
