//! Learns what still tells drawn rows from training rows, for the sampler to choose among candidates by.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::FitOptions;
use crate::boost::{Bins, BoostParams, Shape, cross_validate, fit_binary};
use crate::conditional::Binner;
use crate::critic::{Critic, Facet, Family, SHARES, What, facets, families};
use crate::frame::Frame;
use crate::model::{Model, Whole};
use crate::plan::{Plan, SlotKind};
use crate::sample::{SampleRequest, Sampler, can_choose};

/// Times that a critic is learned: each looks at what comes out with those before.
const ROUNDS: usize = 3;
/// Families a side that are compared, at most and at least.
const MOST: usize = 20_000;
const LEAST: usize = 100;
/// Folds that say how well families are told, and the area from which a critic is worth its candidates.
const FOLDS: usize = 3;
const TOLD: f64 = 0.53;
/// What a critic asks for at most.
const FACETS: usize = 40;
/// Seed of the drawn rows.
const SEED: u64 = 4711;

/// The training rows.
pub(super) struct Real<'a> {
    pub plan: &'a Plan,
    pub frames: &'a [Frame],
    pub entities: &'a [Vec<u32>],
    /// How many slots of each table are written.
    pub shown: &'a [usize],
    /// Share of the rows that are drawn to be compared.
    pub share: f64,
}

/// Gives each table whose rows can be drawn again its critics, where there is something to tell; says which have some.
pub(super) fn learn(
    model: &mut Model,
    real: &Real,
    options: FitOptions,
    progress: &(dyn Fn(&str, &str) + Sync),
) -> Option<String> {
    let mut tables: Vec<usize> = (0..model.tables.len()).filter(|t| can_choose(model, *t)).collect();
    for _ in 0..ROUNDS {
        let drawn = if tables.is_empty() { None } else { draw(model, real.share) };
        let Some(drawn) = drawn else { break };
        let look = |t: &usize| {
            progress(&real.plan.tables[*t].name, "what tells drawn rows from training rows");
            critic(model, real, &drawn, *t, options)
        };
        let critics: Vec<Option<Critic>> = tables.par_iter().map(look).collect();
        for (t, critic) in std::mem::take(&mut tables).into_iter().zip(critics) {
            if let Some(critic) = critic {
                model.tables[t].critics.push(critic);
                tables.push(t);
            }
        }
    }
    let has = |(table, _): &(&crate::model::TableModel, &crate::plan::TablePlan)| !table.critics.is_empty();
    let names: Vec<&str> =
        model.tables.iter().zip(&model.plan.tables).filter(has).map(|(_, p)| p.name.as_str()).collect();
    let what = "rows of one owner are chosen among candidates, by how likely a classifier finds them";
    (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
}

/// The rows of each block.
fn draw(model: &Model, share: f64) -> Option<Vec<Vec<Frame>>> {
    let sampler = Sampler::new(model, SampleRequest { seed: SEED, scale: share, ..SampleRequest::default() }).ok()?;
    Some((0..sampler.blocks()).into_par_iter().map(|b| sampler.frames(b)).collect())
}

/// One facet of all families that are compared.
type Column = (Facet, Binner, Vec<u8>);

fn critic(model: &Model, real: &Real, drawn: &[Vec<Frame>], t: usize, options: FitOptions) -> Option<Critic> {
    let plan = real.plan;
    let here = some((0..families(plan, real.frames, t)).collect());
    let of_block = |(b, frames): (usize, &Vec<Frame>)| (0..families(plan, frames, t)).map(move |f| (b, f));
    let there = some(drawn.iter().enumerate().flat_map(of_block).collect());
    if here.len() < LEAST || there.len() < LEAST {
        return None;
    }
    let top = plan.tables[t].owner.map_or(t, usize::from);
    let who: Vec<u32> = here.iter().map(|f| real.entities[top][*f]).collect();
    let column = |facet: Facet| -> Option<Column> {
        let trained: Vec<f64> = here.iter().map(|f| Family::new(plan, real.frames, t, *f).value(facet)).collect();
        let made = there.iter().map(|(b, f)| Family::new(plan, &drawn[*b], t, *f).value(facet));
        let binner = binner(plan, top, facet, &trained, &who, options.min_support);
        let codes: Vec<u8> = trained.iter().copied().chain(made).map(|v| binner.bin(v)).collect();
        codes.iter().any(|c| *c != codes[0]).then_some((facet, binner, codes))
    };
    let common = |slot: u16| common(plan, real.frames, t, slot);
    let is_settled = |t: usize, s: usize| s < real.shown[t] && is_settled(model, t, s);
    let mut columns: Vec<Column> = facets(plan, t, &common, &is_settled).into_par_iter().filter_map(column).collect();
    let made = who.iter().max().map_or(0, |m| m + 1)..;
    let groups: Vec<u32> = who.iter().copied().chain(made).take(here.len() + there.len()).collect();
    let is_real: Vec<bool> = (0..groups.len()).map(|i| i < here.len()).collect();
    let params = BoostParams {
        min_entities: options.min_support,
        min_rows: options.min_support.max(20),
        shape: Shape { leaves: 8, learning_rate: 0.08, min_gain: 4.0 },
        second: None,
        ..BoostParams::default()
    };
    let told = with(&columns, |x| cross_validate(x, &is_real, &groups, FOLDS, &params, options.seed));
    if told.auc < TOLD {
        return None;
    }
    let mut order: Vec<usize> = (0..columns.len()).filter(|f| told.importance[*f] > 0.0).collect();
    order.sort_by(|a, b| told.importance[*b].total_cmp(&told.importance[*a]).then(a.cmp(b)));
    order.truncate(FACETS);
    let mut at = 0..;
    columns.retain(|_| order.contains(&at.next().unwrap_or_default()));
    let rows: Vec<u32> = (0..groups.len() as u32).collect();
    let mut trees = with(&columns, |x| fit_binary(x, &rows, &is_real, &groups, &params, options.seed));
    // The gain served to choose facets; a model file does not keep it.
    trees.gain = Vec::new();
    let (facets, binners) = columns.into_iter().map(|(facet, binner, _)| (facet, binner)).unzip();
    (!trees.trees.is_empty()).then_some(Critic { facets, binners, trees })
}

fn with<T>(columns: &[Column], f: impl FnOnce(&Bins) -> T) -> T {
    let codes: Vec<Vec<u8>> = columns.iter().map(|c| c.2.clone()).collect();
    let ordered: Vec<bool> = columns.iter().map(|c| c.1.is_ordered()).collect();
    let bins: Vec<usize> = columns.iter().map(|c| c.1.bins()).collect();
    f(&Bins { columns: &codes, ordered: &ordered, bins: &bins })
}

/// Not more than can be compared, evenly chosen.
fn some<T>(all: Vec<T>) -> Vec<T> {
    let stride = all.len().div_ceil(MOST).max(1);
    all.into_iter().step_by(stride).collect()
}

/// Whether a slot has its last value when the rows of its table, or those of a child table, are drawn.
fn is_settled(model: &Model, t: usize, slot: usize) -> bool {
    let keep = &model.tables[t].keep;
    let is_total = |w: &Whole| matches!(w, Whole::Slot { slot: s, .. } if usize::from(*s) == slot);
    !keep.endings.iter().any(|e| usize::from(e.slot) == slot) && !keep.totals.iter().any(|t| is_total(&t.equals))
}

/// The labels that most rows have.
fn common(plan: &Plan, frames: &[Frame], t: usize, slot: u16) -> Vec<u16> {
    let SlotKind::Label { labels, .. } = &plan.tables[t].slots[usize::from(slot)].kind else { return Vec::new() };
    let mut count = vec![0u32; labels.len()];
    for v in &frames[t].values[usize::from(slot)] {
        if let Some(c) = usize::try_from(*v).ok().and_then(|v| count.get_mut(v)) {
            *c += 1;
        }
    }
    let mut order: Vec<u16> = (0..labels.len() as u16).filter(|c| count[usize::from(*c)] > 0).collect();
    order.sort_by_key(|c| (Reverse(count[usize::from(*c)]), *c));
    order.truncate(SHARES);
    order
}

/// Bins of the training families; drawn ones are read by them.
fn binner(plan: &Plan, top: usize, facet: Facet, values: &[f64], who: &[u32], k: usize) -> Binner {
    if let Facet::Single(What::Value(s)) = facet
        && let SlotKind::Label { labels, numeric: None } = &plan.tables[top].slots[usize::from(s)].kind
    {
        return Binner::labels(labels.len());
    }
    Binner::ordered(values, who, k)
}
