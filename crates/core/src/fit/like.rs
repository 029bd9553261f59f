//! Finds what a row keeps from the last row like it: the same test's result before, the same product's price.
//!
//! In a long table (which test, what value) the row before says little about a value; the row before of the same
//! test says nearly all.

use super::{Effort, Fit, Steps};
use crate::dataset::NULL;
use crate::feature::{Feature, Kind, Source};
use crate::frame::{Hop, Ref};
use crate::plan::SlotKind;

/// Different values of a number that may tell what rows are like, at most.
const KINDS: usize = 64;
/// Rows with one like them before, at least.
const ROWS: usize = 200;
/// The like row must differ by less than this share of what the previous row differs.
const CLOSER: f64 = 0.8;
/// The same where the fit should take seconds.
const MUCH_CLOSER: f64 = 0.5;

/// For each slot the value in the last row, of the owner or of the owner's owner, that agrees on the slot that brings
/// it closest.
pub(super) fn likes(ctx: &Fit, t: usize, steps: &Steps) -> Vec<Feature> {
    let (table, frame) = (&ctx.plan.tables[t], &ctx.frames[t]);
    let Some(owner) = table.owner.map(usize::from).filter(|_| table.slots.len() > 1) else { return Vec::new() };
    let above = ctx.plan.tables[owner].owner.map(|_| &ctx.frames[owner].owner);
    let closer = if ctx.options.effort == Effort::Instant { MUCH_CLOSER } else { CLOSER };
    let mut ways: Vec<(u16, Hop, Vec<Option<usize>>)> = Vec::new();
    for (s, slot) in table.slots.iter().enumerate() {
        let few = match &slot.kind {
            SlotKind::Label { labels, .. } => labels.len() > 1,
            SlotKind::Number { .. } => distinct(&frame.values[s], KINDS),
            SlotKind::Time { .. } => false,
        };
        let s = s as u16;
        let rows = 0..if few { frame.rows } else { 0 };
        let mut offer = |hop: Hop, before: Vec<Option<usize>>| {
            if before.iter().flatten().count() >= ROWS {
                ways.push((s, hop, before));
            }
        };
        offer(Hop::Like(s), rows.clone().map(|r| frame.like(r, s)).collect());
        if let Some(above) = above {
            offer(Hop::LikeAbove(s), rows.map(|r| frame.like_above(above, r, s)).collect());
        }
    }
    let mut out = Vec::new();
    for (s, slot) in table.slots.iter().enumerate().filter(|(_, s)| !s.kind.is_time()) {
        let values = &frame.values[s];
        let mut best: Option<(f64, Hop)> = None;
        for (g, hop, before) in &ways {
            if usize::from(*g) == s || steps.of_slot(usize::from(*g)) >= steps.of_slot(s) {
                continue;
            }
            let (mut like, mut last) = (0.0, 0.0);
            for (r, b) in before.iter().enumerate().filter_map(|(r, b)| Some((r, (*b)?))) {
                like += apart(&slot.kind, values[r], values[b]);
                last += apart(&slot.kind, values[r], values[r - 1]);
            }
            if like < closer * last && best.is_none_or(|b| like / last < b.0) {
                best = Some((like / last, *hop));
            }
        }
        out.extend(best.map(|(_, hop)| value(&[hop], s, &slot.kind)));
    }
    out
}

/// The values of the last row with the same target, link by link: what the rows of one ward have in common beyond
/// the ward's own columns.
pub(super) fn peers(ctx: &Fit, t: usize) -> Vec<Feature> {
    if ctx.options.effort == Effort::Instant {
        return Vec::new();
    }
    let table = &ctx.plan.tables[t];
    let links = (0..table.links.len()).filter(|l| !table.links[*l].deferred);
    let slots = || table.slots.iter().enumerate().filter(|(_, s)| !s.kind.is_time());
    links.flat_map(|l| slots().map(move |(s, slot)| value(&[Hop::Peer(l as u8)], s, &slot.kind))).collect()
}

fn value(way: &[Hop], slot: usize, kind: &SlotKind) -> Feature {
    let kind = match kind {
        SlotKind::Label { numeric: Some(n), .. } => Kind::Numeric(n.clone()),
        SlotKind::Label { labels, .. } => Kind::Label(labels.len() as u32 + 1),
        _ => Kind::Number,
    };
    Feature { source: Source::Value(Ref::at(way, slot)), kind }
}

/// How far two values are apart: in ticks, or whether they differ.
fn apart(kind: &SlotKind, a: i64, b: i64) -> f64 {
    match kind {
        SlotKind::Label { .. } => f64::from(u8::from(a != b)),
        _ if a == NULL || b == NULL => 0.0,
        _ => (a as f64 - b as f64).abs(),
    }
}

/// True with two to `most` different values.
fn distinct(values: &[i64], most: usize) -> bool {
    let mut seen: Vec<i64> = Vec::new();
    for v in values.iter().filter(|v| **v != NULL) {
        if let Err(at) = seen.binary_search(v) {
            seen.insert(at, *v);
            if seen.len() > most {
                return false;
            }
        }
    }
    seen.len() > 1
}
