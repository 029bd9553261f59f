//! Generates rows from a model: block by block, each a pure function of (model, seed, scale, block).
//!
//! A block is one replicate of the dimensions with its share of the entities. Blocks know nothing of each other,
//! so threads and parts change no value.

mod again;
mod block;
mod bounds;
mod candidates;
mod ending;
mod interval;
mod label;
mod law;
mod link;
mod number;
mod obey;
mod place;
mod row;
mod schema;
mod stock;
mod total;
mod unique;

pub(crate) use candidates::can_choose;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arrow_array::RecordBatch;
use indexmap::IndexMap;

use crate::frame::Frame;
use crate::metadata::{Metadata, Sdtype};
use crate::model::Model;
use crate::output::Writer;
use crate::plan::{Origin, Output};
use crate::{Error, ErrorKind, Result};

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRequest {
    /// Multiple of the training entities.
    pub scale: f64,
    /// Seed of every stream.
    pub seed: u64,
    /// Which part, from 1.
    pub part: u64,
    /// Of how many.
    pub parts: u64,
    /// Rows wanted of entity tables, instead of scale times the training rows.
    pub rows: IndexMap<String, u64>,
}

impl Default for SampleRequest {
    fn default() -> Self {
        Self { scale: 1.0, seed: 42, part: 1, parts: 1, rows: IndexMap::new() }
    }
}

/// The metadata without the hidden tables and what points to them.
fn visible(full: &Metadata, model: &Model) -> Metadata {
    let mut metadata = full.clone();
    let hidden: Vec<&str> = model.plan.tables.iter().filter(|t| t.hidden).map(|t| t.name.as_str()).collect();
    if hidden.is_empty() {
        return metadata;
    }
    let gone = |t: &str| hidden.contains(&t);
    for r in full.relationships.iter().filter(|r| gone(&r.parent) && !gone(&r.child)) {
        for (there, here) in r.parent_key.iter().zip(&r.child_key) {
            let about = full.tables.get(&r.parent).and_then(|t| t.columns.get(there));
            let own = metadata.tables.get_mut(&r.child).and_then(|t| t.columns.get_mut(here));
            if let (Some(about), Some(own)) = (about, own) {
                own.parameters.clone_from(&about.parameters);
            }
        }
    }
    metadata.tables.retain(|name, _| !gone(name));
    metadata.relationships.retain(|r| !gone(&r.parent) && !gone(&r.child));
    for (name, table) in &mut metadata.tables {
        let key = |k: &Vec<String>| full.parents_of(name).any(|r| &r.child_key == k && gone(&r.parent));
        if matches!(&table.owner, crate::metadata::Owner::Key(k) if key(k)) {
            table.owner = crate::metadata::Owner::Auto;
        }
    }
    metadata
}

/// Share of its planned rows that a table may lack before it is said.
const LACKING: f64 = 0.02;

/// Largest scale: beyond it keys would not fit their counters.
const MOST: f64 = 1e9;

/// Rows of one table in one block at most: rows are told apart by 32 bits.
const MOST_ROWS: u64 = u32::MAX as u64 / 2;

/// A model ready to generate.
pub struct Sampler<'a> {
    pub(crate) model: &'a Model,
    laws: Vec<law::TableLaw<'a>>,
    /// The metadata of what is written, and with the hidden tables.
    pub(crate) metadata: Metadata,
    full: Metadata,
    request: SampleRequest,
    blocks: u64,
    /// Rows of each table without an owner, over all blocks.
    roots: Vec<u64>,
    /// Keys reserved for each table in each block.
    reserved: Vec<u64>,
    remarks: Vec<String>,
    /// For each table the rows that were planned, those that no try found values for, and of these the ones that are
    /// there all the same.
    planned: Vec<[AtomicU64; 3]>,
}

/// What one block adds to each table.
pub struct BlockRows {
    /// Rows by table, in metadata order.
    pub tables: Vec<RecordBatch>,
}

impl<'a> Sampler<'a> {
    /// Checks the request against the model.
    pub fn new(model: &'a Model, request: SampleRequest) -> Result<Self> {
        let bad = |what: String| Err(Error::new(ErrorKind::Request, what));
        if !(request.scale.is_finite() && request.scale > 0.0 && request.scale <= MOST) {
            return bad(format!("scale must be a number above 0 and at most {MOST:e}"));
        }
        if request.parts == 0 || request.part == 0 || request.part > request.parts {
            return bad(format!("part {} of {} does not exist; parts count from 1", request.part, request.parts));
        }
        let full = Metadata::from_json(&model.metadata)?;
        let metadata = visible(&full, model);
        let mut scale = request.scale;
        for (table, rows) in &request.rows {
            let Some(t) = model.plan.table(table).filter(|t| !model.plan.tables[*t].hidden) else {
                return bad(format!("--rows names table {table}, which the model does not have"));
            };
            let is_hidden = |o: u16| model.plan.tables[usize::from(o)].hidden;
            let named = model.plan.tables[t]
                .owner
                .is_some_and(|o| is_hidden(o) && model.tables[usize::from(o)].template.is_some());
            if !named && (model.plan.tables[t].owner.is_some() || model.plan.tables[t].origin != Origin::Drawn) {
                let what = "its rows follow from other tables; ask for rows of an entity table";
                return bad(format!("--rows {table}: {what}"));
            }
            scale = scale.max(*rows as f64 / model.tables[t].rows.max(1) as f64);
        }
        let blocks = (scale * f64::from(model.components)).round().max(1.0) as u64;
        let roots = (0..model.tables.len())
            .map(|t| match request.rows.get(&model.plan.tables[t].name) {
                Some(rows) => *rows,
                None => (model.tables[t].rows as f64 * request.scale).round().max(1.0) as u64,
            })
            .collect();
        let mut sampler = Self {
            model,
            laws: law::compile(model),
            metadata,
            full,
            request,
            blocks,
            roots,
            reserved: Vec::new(),
            remarks: Vec::new(),
            planned: model.tables.iter().map(|_| Default::default()).collect(),
        };
        sampler.reserved = sampler.reserve();
        if sampler.reserved.iter().any(|rows| *rows > MOST_ROWS) {
            return bad(format!(
                "more than {MOST_ROWS} rows of one table in one block; ask for a smaller scale or fewer --rows"
            ));
        }
        sampler.make_room();
        Ok(sampler)
    }

    /// Number of blocks of the whole run.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// The blocks that this part touches.
    pub fn part_blocks(&self) -> std::ops::Range<u64> {
        let (b, i, n) = (u128::from(self.blocks), u128::from(self.request.part), u128::from(self.request.parts));
        ((b * (i - 1) / n) as u64)..((b * i).div_ceil(n) as u64)
    }

    /// About how many rows the whole run makes.
    pub fn expected_rows(&self) -> u64 {
        let shown = (0..self.model.tables.len()).filter(|t| !self.model.plan.tables[*t].hidden);
        shown.map(|t| (self.expected(t) * self.blocks as f64) as u64).sum()
    }

    /// Names of the tables, in the order of [`BlockRows::tables`].
    pub fn tables(&self) -> Vec<&str> {
        self.model.plan.tables.iter().filter(|t| !t.hidden).map(|t| t.name.as_str()).collect()
    }

    /// What is not as the model's metadata have it, for people.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Counts rows of a table that were planned and rows of them that have no values.
    fn count(&self, t: usize, drawn: block::Sequence) {
        self.planned[t][0].fetch_add(drawn.planned, Relaxed);
        self.planned[t][1].fetch_add(drawn.lost, Relaxed);
        self.planned[t][2].fetch_add(drawn.blank, Relaxed);
    }

    /// For each table the share of its planned rows that no values were found for, and the share that stands there
    /// without.
    pub(crate) fn lost(&self) -> Vec<[f64; 2]> {
        let share = |counts: &[AtomicU64; 3]| {
            let [planned, lost, blank] = counts.each_ref().map(|c| c.load(Relaxed) as f64);
            [lost, blank].map(|n| n / planned.max(1.0))
        };
        self.planned.iter().map(share).collect()
    }

    /// Tables that lack rows because no values were found that obey all rules, for people; after the blocks.
    pub fn lacking(&self) -> Vec<String> {
        let of = |(t, [lost, _]): (usize, [f64; 2])| {
            (lost > LACKING).then(|| {
                format!(
                    "{}: {:.1} % of the rows that were planned are missing or empty, because no values were found for \
                     them that obey all rules; `fit --rules declared` learns with fewer rules",
                    self.model.plan.tables[t].name,
                    100.0 * lost
                )
            })
        };
        self.lost().into_iter().enumerate().filter_map(of).collect()
    }

    /// Identifiers longer than their pattern where it has no room for so many: the metadata of the output say so.
    fn make_room(&mut self) {
        let model = self.model;
        let mut longer: IndexMap<(String, String), String> = IndexMap::new();
        for (t, table) in model.plan.tables.iter().enumerate() {
            let names = self.full.tables.get(&table.name).into_iter().flat_map(|m| m.columns.keys());
            for (output, column) in table.output.iter().zip(names) {
                let format = match output {
                    Output::Id(f) | Output::Group(f, _) => f,
                    Output::Given(_, inner) => match inner.as_ref() {
                        Output::Id(f) => f,
                        _ => continue,
                    },
                    _ => continue,
                };
                let needed = self.positions(t);
                let Some(room) = format.capacity().filter(|room| *room < needed) else { continue };
                let Some(wider) = format.wider_regex() else { continue };
                self.remarks.push(format!(
                    "{}.{column}: its pattern has room for {room} identifiers; those beyond it are longer",
                    table.name
                ));
                longer.insert((table.name.clone(), column.clone()), wider);
            }
        }
        // Foreign keys have the pattern of their key, along chains of tables.
        for _ in 0..model.plan.tables.len().min(64) {
            for r in &self.full.relationships {
                for (p, c) in r.parent_key.iter().zip(&r.child_key) {
                    if let Some(wider) = longer.get(&(r.parent.clone(), p.clone())).cloned() {
                        longer.insert((r.child.clone(), c.clone()), wider);
                    }
                }
            }
        }
        for ((table, column), wider) in longer {
            let meta = self.metadata.tables.get_mut(&table).and_then(|t| t.columns.get_mut(&column));
            if let Some(Sdtype::Id { regex: Some(regex) }) = meta.map(|m| &mut m.sdtype) {
                *regex = wider;
            }
        }
    }

    /// Positions that keys of a table may take.
    fn positions(&self, t: usize) -> u64 {
        let (plan, rows) = (&self.model.plan.tables[t], self.model.tables[t].rows);
        match plan.origin {
            Origin::Reference => rows,
            Origin::Repeated => (self.blocks / u64::from(self.model.components.max(1)) + 1).saturating_mul(rows),
            Origin::Drawn if plan.owner.is_none() => self.roots[t],
            Origin::Drawn => self.blocks.saturating_mul(self.reserved[t]),
        }
    }

    /// The metadata of what is generated.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Expected rows of a table in one block.
    pub fn expected(&self, t: usize) -> f64 {
        let (plan, model) = (&self.model.plan.tables[t], &self.model.tables[t]);
        match (plan.origin, plan.owner) {
            (Origin::Reference, _) => model.rows as f64 / self.blocks as f64,
            (Origin::Repeated, _) => model.rows as f64 / f64::from(self.model.components),
            (Origin::Drawn, None) => self.roots[t] as f64 / self.blocks as f64,
            (Origin::Drawn, Some(o)) => {
                let o = usize::from(o);
                let mean =
                    self.model.tables[o].counts.iter().find(|c| usize::from(c.child) == t).map_or(0.0, |c| c.mean);
                let orphans = model.orphans as f64 * self.request.scale / self.blocks as f64;
                self.expected(o) * mean + orphans
            }
        }
    }

    /// Keys set aside in each block: a quarter and a bit more than expected; what does not fit wraps into a
    /// region of its own behind all blocks.
    fn reserve(&self) -> Vec<u64> {
        (0..self.model.tables.len()).map(|t| (self.expected(t) * 1.25 + 50.0).ceil() as u64).collect()
    }

    /// Rows of a table that a block makes at most, whatever is drawn: far more than any honest model needs.
    fn most(&self, t: usize) -> usize {
        self.reserved[t].saturating_mul(8).clamp(1 << 20, MOST_ROWS) as usize
    }

    /// First and end root row of a block.
    fn root_rows(&self, t: usize, block: u64) -> std::ops::Range<u64> {
        let cut = |b: u64| (u128::from(self.roots[t]) * u128::from(b) / u128::from(self.blocks)) as u64;
        cut(block)..cut(block + 1)
    }

    /// Position in the whole output of row `row` of table `t` in a block, for its key.
    fn position(&self, t: usize, block: u64, row: u64) -> u64 {
        let plan = &self.model.plan.tables[t];
        match plan.origin {
            Origin::Reference => row,
            Origin::Repeated => {
                let template = self.model.tables[t].template.as_ref().expect("a repeated table has its template");
                let c = u64::from(self.model.components);
                let whole = template.component.len() as u64;
                let before = template.component.iter().filter(|x| u64::from(**x) < block % c).count() as u64;
                block / c * whole + before + row
            }
            Origin::Drawn if plan.owner.is_none() => self.root_rows(t, block).start + row,
            Origin::Drawn if self.blocks == 1 => row,
            Origin::Drawn => {
                let r = self.reserved[t];
                self.blocks * r * (row / r) + block * r + row % r
            }
        }
    }

    /// All rows of one block, as the model sees them.
    pub(crate) fn frames(&self, block: u64) -> Vec<Frame> {
        block::Block::new(self, block).run(&vec![true; self.laws.len()])
    }

    /// All rows of one block that belong to the part.
    pub fn block(&self, block: u64) -> Result<BlockRows> {
        let tables = self.block_of(block, &[])?;
        Ok(BlockRows { tables: tables.into_iter().flatten().collect() })
    }

    /// The same for the tables that are wanted (all for an empty list), without drawing what they do not depend on.
    pub fn block_of(&self, block: u64, wanted: &[bool]) -> Result<Vec<Option<RecordBatch>>> {
        let all: Vec<bool> = self.model.plan.tables.iter().map(|t| !t.hidden).collect();
        let wanted = if wanted.is_empty() { &all } else { wanted };
        let frames = block::Block::new(self, block).run(&self.needed(wanted));
        let offsets: Vec<u64> = (0..frames.len()).map(|t| self.position(t, block, 0)).collect();
        let wraps = |t: usize, row: u64| {
            let plan = &self.model.plan.tables[t];
            plan.origin == Origin::Drawn && plan.owner.is_some() && self.blocks > 1 && row >= self.reserved[t]
        };
        let index = |t: usize, row: usize| {
            if wraps(t, row as u64) { self.position(t, block, row as u64) } else { offsets[t] + row as u64 }
        };
        let writer = Writer {
            plan: &self.model.plan,
            metadata: &self.full,
            frames: &frames,
            seed: self.request.seed,
            index: &index,
        };
        let rows = |t: usize, rows: usize| match self.model.plan.tables[t].origin {
            Origin::Reference if block > 0 => 0..0,
            _ => self.share(block, rows),
        };
        let batch = |(t, frame): (usize, &Frame)| match wanted.get(t) {
            Some(true) => writer.batch(t, rows(t, frame.rows)).map(Some),
            _ => Ok(None),
        };
        // Hidden tables come last and are never written.
        frames.iter().enumerate().take(self.metadata.tables.len()).map(batch).collect()
    }

    /// The tables that must be drawn to have those that are wanted.
    fn needed(&self, wanted: &[bool]) -> Vec<bool> {
        let mut needed = vec![false; self.laws.len()];
        let mut open: Vec<usize> = (0..needed.len()).filter(|t| wanted.get(*t) == Some(&true)).collect();
        while let Some(t) = open.pop() {
            if !std::mem::replace(&mut needed[t], true) {
                open.extend(law::depends_on(&self.laws, &self.model.plan, t));
            }
        }
        needed
    }

    /// The rows of a block that belong to the part: parts cut the line of blocks at even distances.
    fn share(&self, block: u64, rows: usize) -> std::ops::Range<usize> {
        let (b, n) = (u128::from(self.blocks), u128::from(self.request.parts));
        // The cut before part i lies at block i*b/n; inside the block at the remainder.
        let cut = |i: u128| {
            let at = i * b;
            let (whole, rest) = (at / n, at % n);
            match whole.cmp(&u128::from(block)) {
                std::cmp::Ordering::Less => 0,
                std::cmp::Ordering::Greater => rows,
                std::cmp::Ordering::Equal => (rows as u128 * rest / n) as usize,
            }
        };
        let i = u128::from(self.request.part);
        cut(i - 1)..cut(i)
    }
}
