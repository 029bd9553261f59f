//! A trial of a fitted model: found rules must hold on what it draws and leave its rows room, or they are none that it keeps.

use crate::linked::Linked;
use crate::model::{Model, Training, keep};
use crate::rule::Rule;
use crate::sample::{SampleRequest, Sampler};
use crate::{Dataset, Metadata};

/// Share of the planned rows of a table that may be lost.
const LOST: f64 = 0.05;
/// What may stand there without values, and what a rule may add to the rows that are lost without it.
const MORE: f64 = 0.02;
/// Rows of a table that show whether a rule leaves room.
const ROWS: f64 = 4_000.0;

/// What a trial found.
#[derive(Default)]
pub(super) struct Trial {
    /// Found rules that rows of the first block break. A rule that somebody declared is proved when rows are written; one
    /// that nobody asked for must not end a run.
    pub broken: Vec<usize>,
    /// Tables that lack rows.
    pub starved: Vec<usize>,
}

fn is_found(rule: &Rule) -> bool {
    rule.found && rule.enforced
}

/// Draws the first block.
pub(super) fn trial(model: &Model) -> Trial {
    let drawn = || {
        let sampler = Sampler::new(model, SampleRequest::default()).ok()?;
        let metadata = sampler.metadata();
        if !metadata.rules.iter().any(is_found) {
            return None;
        }
        let rows = sampler.block(0).ok()?;
        let lacks = |t: &usize| sampler.lost()[*t][0] > LOST || sampler.lost()[*t][1] > MORE;
        let starved = (0..model.tables.len()).filter(lacks).collect();
        let names = sampler.tables().into_iter().map(String::from);
        let made = Dataset { tables: names.zip(rows.tables).collect() };
        let linked = Linked::new(&made, metadata).ok()?;
        let breaks = |r: &Rule| matches!(r.prove(&linked), Ok(Some(tally)) if tally.broken > 0);
        let found = metadata.rules.iter().enumerate().filter(|(_, r)| is_found(r));
        let broken = found.filter(|(_, r)| breaks(r)).map(|(i, _)| i).collect();
        Some(Trial { broken, starved })
    };
    drawn().unwrap_or_default()
}

/// Found rules that cost these tables their rows, the surest ones kept as long as there is room.
///
/// Only what keeps the rules is exchanged here; the columns stay as they were fitted, so whoever leaves the rules out fits again.
pub(super) fn starving(model: &mut Model, training: &Training, tables: &[usize]) -> Vec<usize> {
    let mut gone = Vec::new();
    for &t in tables {
        let of_table = |r: &Rule| is_found(r) && training.plan.table(r.table()) == Some(t);
        let rules = training.metadata.rules.iter().enumerate();
        let own: Vec<usize> = rules.filter(|(i, r)| of_table(r) && !gone.contains(i)).map(|(i, _)| i).collect();
        let mut lost = |without: &[usize]| lost(model, training, t, &[&gone, without].concat());
        let (all, least) = (lost(&[]), lost(&own));
        if let (Some(all), Some(least)) = (all, least)
            && least + MORE < all
        {
            let mut out = own.clone();
            for rule in &own {
                let fewer: Vec<usize> = out.iter().copied().filter(|r| r != rule).collect();
                if lost(&fewer).is_some_and(|l| l <= least + MORE) {
                    out = fewer;
                }
            }
            gone.extend(out);
        }
    }
    gone
}

/// Share of the planned rows of a table that are lost without some rules.
fn lost(model: &mut Model, training: &Training, t: usize, without: &[usize]) -> Option<f64> {
    let mut metadata: Metadata = training.metadata.clone();
    without.iter().for_each(|i| metadata.rules[*i].enforced = false);
    let (keeps, _) = keep(&Training { metadata: &metadata, ..*training }).ok()?;
    model.tables.iter_mut().zip(keeps).for_each(|(table, keep)| table.keep = keep);
    let scale = (ROWS / model.tables[t].rows.max(1) as f64).min(1.0);
    let sampler = Sampler::new(model, SampleRequest { scale, ..SampleRequest::default() }).ok()?;
    sampler.block(0).ok()?;
    Some(sampler.lost()[t][0])
}
