//! A trial of a fitted model: found rules must hold on what it draws, or they are none that it keeps.

use crate::Dataset;
use crate::linked::Linked;
use crate::model::Model;
use crate::sample::{SampleRequest, Sampler};

/// Found rules that rows of the first block break. A rule that somebody declared is proved when rows are written; one that
/// nobody asked for must not end a run.
pub(super) fn broken(model: &Model) -> Vec<usize> {
    let Ok(sampler) = Sampler::new(model, SampleRequest::default()) else { return Vec::new() };
    let metadata = sampler.metadata();
    if !metadata.rules.iter().any(|r| r.found && r.enforced) {
        return Vec::new();
    }
    let Ok(rows) = sampler.block(0) else { return Vec::new() };
    let names = sampler.tables().into_iter().map(String::from);
    let made = Dataset { tables: names.zip(rows.tables).collect() };
    let Ok(linked) = Linked::new(&made, metadata) else { return Vec::new() };
    let found = metadata.rules.iter().enumerate().filter(|(_, r)| r.found && r.enforced);
    let breaks = |r: &crate::rule::Rule| matches!(r.prove(&linked), Ok(Some(tally)) if tally.broken > 0);
    found.filter(|(_, r)| breaks(r)).map(|(i, _)| i).collect()
}
