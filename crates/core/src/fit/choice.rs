//! How each table is drawn: of several ways the one whose rows a classifier tells least well from the training rows.
//!
//! More is not better for every table. Boosted trees smooth what one tree leaves in lumps, and lose what it repeats;
//! hidden numbers hold together what belongs together, and blur what a rule had made exact. Which of it counts only
//! rows that were drawn can show (a classifier two-sample test: Lopez-Paz and Oquab 2017).

use arrow_array::BooleanArray;
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;

use super::Fitted;
use crate::evaluate::detection;
use crate::evaluate::frame::{Frame, SYNTHETIC};
use crate::evaluate::measure::Subject;
use crate::model::Model;
use crate::plan::{Origin, Plan};
use crate::rng::{Stream, name};
use crate::sample::{SampleRequest, Sampler};
use crate::{Dataset, Metadata, Result};

/// Rows of all tables together that are compared with about as many.
const ROWS: f64 = 100_000.0;
/// Rows of a table a side.
const CAP: usize = 6_000;
/// By how much the area must fall for another way; half of it over all tables.
const WORTH: f64 = 0.005;
/// A table that is told no better than this has nothing to gain.
const TOLD: f64 = 0.51;
/// Seed of the comparisons.
const SEED: u64 = 42;

/// How a table is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// One tree a column.
    Tree,
    /// The same, with the hidden numbers of owners.
    TreeWithHidden,
    /// Boosted trees.
    Boosted,
    /// The same, with the hidden numbers of owners.
    BoostedWithHidden,
}

/// Those that are tried after one tree a column, in this order.
const DEARER: [Way; 3] = [Way::TreeWithHidden, Way::Boosted, Way::BoostedWithHidden];

impl Way {
    pub fn knows_hidden(self) -> bool {
        matches!(self, Self::TreeWithHidden | Self::BoostedWithHidden)
    }

    fn words(self) -> &'static str {
        match self {
            Self::Tree => "one tree a column",
            Self::TreeWithHidden => "one tree a column and hidden numbers of owners",
            Self::Boosted => "boosted trees",
            Self::BoostedWithHidden => "boosted trees and hidden numbers of owners",
        }
    }
}

/// The training rows that drawn ones are compared with.
pub(super) struct Real<'a> {
    data: Dataset,
    metadata: &'a Metadata,
    /// Share of the entities that are there.
    pub share: f64,
}

impl<'a> Real<'a> {
    /// All rows, or those of some entities where there are many.
    pub fn new((data, metadata): (&Dataset, &'a Metadata), plan: &Plan, entities: &[Vec<u32>]) -> Self {
        let rows: usize = data.tables.values().map(|t| t.num_rows()).sum();
        let share = ROWS / rows.max(1) as f64;
        if share >= 0.5 {
            return Self { data: data.clone(), metadata, share: 1.0 };
        }
        let purpose = name(&["compared"]);
        let is_in = |e: &u32| Some(Stream::new(SEED, purpose, u64::from(*e)).unit() < share);
        let some = |(table, batch): (&String, &arrow_array::RecordBatch)| {
            let drawn = plan.table(table).filter(|t| plan.tables[*t].origin == Origin::Drawn);
            let mask = drawn.map(|t| entities[t].iter().map(is_in).collect::<BooleanArray>());
            let kept = mask.and_then(|mask| filter_record_batch(batch, &mask).ok());
            (table.clone(), kept.unwrap_or_else(|| batch.clone()))
        };
        Self { data: Dataset { tables: data.tables.iter().map(some).collect() }, metadata, share }
    }
}

/// Puts the tables of a model together.
pub(super) fn assemble(model: &mut Model, fitted: Vec<Fitted>) {
    let (mut tables, mut counts) = (Vec::new(), Vec::new());
    for one in fitted {
        tables.push(one.table);
        counts.push(one.count);
    }
    for (plan, table) in model.plan.tables.iter().zip(&mut tables) {
        table.counts = plan.children.iter().filter_map(|c| counts[usize::from(*c)].take()).collect();
    }
    model.tables = tables;
}

/// Ways of all tables, and what came of them.
#[derive(Clone)]
struct Mix {
    ways: Vec<Way>,
    fitted: Vec<Fitted>,
    made: Dataset,
    told: Vec<Told>,
}

/// How well a table is told, alone or with one above it.
#[derive(Clone)]
struct Told {
    subject: Subject,
    area: f64,
}

impl Told {
    /// The table that it is about: of two the one below.
    fn table(&self) -> &str {
        self.subject.columns.first().unwrap_or(&self.subject.table)
    }
}

impl Mix {
    /// Mean area of what is about a table, or of all.
    fn area(&self, table: Option<&str>) -> f64 {
        let of = self.told.iter().filter(|t| table.is_none_or(|table| t.table() == table));
        let areas: Vec<f64> = of.map(|t| t.area).collect();
        if areas.is_empty() { 0.5 } else { areas.iter().sum::<f64>() / areas.len() as f64 }
    }

    fn exchange(&mut self, t: usize, way: Way, fitted: Fitted) {
        (self.ways[t], self.fitted[t]) = (way, fitted);
    }
}

/// Gives the model for each table the best of the ways, beginning with one tree a column; says what it chose.
pub(super) fn choose(
    model: &mut Model,
    first: Vec<Fitted>,
    fit: &mut dyn FnMut(Way, usize) -> Fitted,
    real: &Real,
    progress: &(dyn Fn(&str, &str) + Sync),
) -> Vec<String> {
    let names: Vec<String> = model.plan.tables.iter().map(|t| t.name.clone()).collect();
    let mut look = |mix: &mut Mix| {
        progress("all tables", "comparing drawn rows with the training rows");
        assemble(model, mix.fitted.clone());
        if let Some(made) = draw(model, real.share) {
            mix.told = told(real, &made, mix);
            mix.made = made;
        }
    };
    let ways = vec![Way::Tree; first.len()];
    let mut best = Mix { ways, fitted: first, made: Dataset::default(), told: Vec::new() };
    look(&mut best);
    for way in DEARER {
        // Both together are worth a try where one of them was.
        let may = |t: &usize| way != Way::BoostedWithHidden || best.ways[*t] != Way::Tree;
        let tried: Vec<usize> = (0..names.len()).filter(may).filter(|t| best.area(Some(&names[*t])) > TOLD).collect();
        if tried.is_empty() {
            continue;
        }
        let mut all = best.clone();
        tried.iter().for_each(|t| all.exchange(*t, way, fit(way, *t)));
        look(&mut all);
        let is_better = |t: &&usize| all.area(Some(&names[**t])) + WORTH < best.area(Some(&names[**t]));
        let better: Vec<usize> = tried.iter().filter(is_better).copied().collect();
        let mut rivals = Vec::new();
        if !better.is_empty() && better.len() < tried.len() {
            let mut some = best.clone();
            better.iter().for_each(|t| some.exchange(*t, way, all.fitted[*t].clone()));
            look(&mut some);
            rivals.push(some);
        }
        rivals.push(all);
        for rival in rivals {
            if rival.area(None) + WORTH / 2.0 < best.area(None) {
                best = rival;
            }
        }
    }
    assemble(model, best.fitted);
    let of =
        |way: Way| (0..names.len()).filter(|t| best.ways[*t] == way).map(|t| names[t].as_str()).collect::<Vec<_>>();
    let better = DEARER.into_iter().map(|w| (w, of(w)));
    let said = |(way, tables): (Way, Vec<&str>)| {
        format!("told least well when drawn by {}: {}", way.words(), tables.join(", "))
    };
    better.filter(|(_, tables)| !tables.is_empty()).map(said).collect()
}

/// Rows of all tables, as many as there are real ones to compare with.
fn draw(model: &Model, share: f64) -> Option<Dataset> {
    let sampler = Sampler::new(model, SampleRequest { scale: share, ..SampleRequest::default() }).ok()?;
    let blocks = (0..sampler.blocks()).map(|b| sampler.block(b)).collect::<Result<Vec<_>>>().ok()?;
    let whole = |(i, table): (usize, &str)| {
        let parts: Vec<_> = blocks.iter().map(|b| b.tables[i].clone()).collect();
        Some((table.to_owned(), concat_batches(&parts.first()?.schema(), &parts).ok()?))
    };
    Some(Dataset { tables: sampler.tables().into_iter().enumerate().map(whole).collect::<Option<_>>()? })
}

/// How well drawn rows are told; what is as it was for another mix needs no second look.
fn told(real: &Real, made: &Dataset, before: &Mix) -> Vec<Told> {
    let is_new = |table: &str| made.tables.get(table) != before.made.tables.get(table);
    let frame = Frame::new(real.metadata, vec![&real.data, made]);
    let seen = detection::told(&frame, SYNTHETIC, (CAP, SEED), &is_new).into_iter();
    let mut told: Vec<Told> =
        seen.filter_map(|m| Some(Told { subject: m.subject, area: m.values?[1].max(0.5) })).collect();
    let old: Vec<Told> = before.told.iter().filter(|b| told.iter().all(|t| t.subject != b.subject)).cloned().collect();
    told.extend(old);
    told
}
