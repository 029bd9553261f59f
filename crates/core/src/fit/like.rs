//! Finds what a row keeps from the last row like it: the same test's result before, the same product's price.
//!
//! In a long table (which test, what value) the row before says little about a value; the row before of the same
//! test says nearly all.

use super::{Effort, Fit, Steps};
use crate::dataset::NULL;
use crate::feature::{Feature, Kind, Source};
use crate::frame::{Frame, Hop, NO_ROW, Ref, Shared};
use crate::plan::{Origin, Slot, SlotKind};
use indexmap::IndexMap;

/// Different values of a number that may tell what rows are like, at most.
const KINDS: usize = 64;
/// Rows with one like them before, at least.
const ROWS: usize = 200;
/// The like row must differ by less than this share of what the previous row differs.
const CLOSER: f64 = 0.8;
/// Rows for each target from which a tree tells targets apart, and share of rows that repeat a number where it can't.
const ROWS_EACH: usize = 40;
const REPEATED: f64 = 0.3;
/// Where the fit should take seconds, share of rows that the like row is closer to than a stranger's like row.
const KEPT: f64 = 0.66;

/// A way to an earlier row with the same label or target, and where it leads from each row.
struct Alike {
    what: Shared,
    hop: Hop,
    before: Vec<Option<usize>>,
    /// The last row that shares it and belongs to somebody else; asked for by `instant` only.
    strange: Vec<Option<usize>>,
}

/// For each slot the value in the last row, of the owner or of the owner's owner, that agrees on the slot that brings
/// it closest.
pub(super) fn likes(ctx: &Fit, t: usize, steps: &Steps) -> Vec<Feature> {
    let (table, frame) = (&ctx.plan.tables[t], &ctx.frames[t]);
    let is_instant = ctx.options.effort == Effort::Instant;
    let mut out = Vec::new();
    let alike = alike(ctx, t);
    let step = |what: Shared| match what {
        Shared::Slot(label) => steps.of_slot(usize::from(label)),
        Shared::Link(link) => steps.of_link(usize::from(link)),
    };
    for (s, slot) in table.slots.iter().enumerate().filter(|(_, s)| !s.kind.is_time()) {
        let values = &frame.values[s];
        let mut best: Option<(f64, Hop)> = None;
        for way in alike.iter().filter(|w| step(w.what) < steps.of_slot(s)) {
            if is_instant && !(is_ordered(ctx, t, way.hop) && !slot.kind.is_label() && is_kept(slot, values, way)) {
                continue;
            }
            let (mut like, mut last) = (0.0, 0.0);
            for (r, b) in way.before.iter().enumerate().filter_map(|(r, b)| Some((r, (*b)?))) {
                like += apart(&slot.kind, values[r], values[b]);
                last += apart(&slot.kind, values[r], values[r - 1]);
            }
            if like < CLOSER * last && best.is_none_or(|b| like / last < b.0) {
                best = Some((like / last, way.hop));
            }
        }
        out.extend(best.map(|(_, hop)| value(&[hop], s, &slot.kind)));
    }
    out
}

/// Every way to rows with the same label, or the same target in a table of kinds, that enough rows have one by.
fn alike(ctx: &Fit, t: usize) -> Vec<Alike> {
    let (table, frame) = (&ctx.plan.tables[t], &ctx.frames[t]);
    let Some(owner) = table.owner.map(usize::from).filter(|_| table.slots.len() > 1) else { return Vec::new() };
    let above = ctx.plan.tables[owner].owner.map(|_| &ctx.frames[owner].owner);
    let few = |s: &usize| match &table.slots[*s].kind {
        SlotKind::Label { labels, .. } => labels.len() > 1,
        SlotKind::Number { .. } => distinct(&frame.values[*s], KINDS),
        SlotKind::Time { .. } => false,
    };
    let is_kind = |l: &usize| {
        let link = &table.links[*l];
        !link.deferred && ctx.plan.tables[usize::from(link.target)].origin != Origin::Drawn
    };
    let labels = (0..table.slots.len()).filter(few).map(|s| Shared::Slot(s as u16));
    let is_instant = ctx.options.effort == Effort::Instant;
    let mut out = Vec::new();
    for what in labels.chain((0..table.links.len()).filter(is_kind).map(|l| Shared::Link(l as u8))) {
        let mut offer = |hop: Hop, before: Vec<Option<usize>>, whose: &dyn Fn(usize) -> u32| {
            if before.iter().flatten().count() >= ROWS {
                let strange = if is_instant { strangers(frame, what, whose) } else { Vec::new() };
                out.push(Alike { what, hop, before, strange });
            }
        };
        let [own, further] = match what {
            Shared::Slot(s) => [Hop::Like(s), Hop::LikeAbove(s)],
            Shared::Link(l) => [Hop::LikeTo(l), Hop::LikeToAbove(l)],
        };
        let before = (0..frame.rows).map(|r| frame.like(r, what)).collect();
        offer(own, before, &|r| frame.owner[r]);
        if let Some(above) = above {
            let before = (0..frame.rows).map(|r| frame.like_above(above, r, what)).collect();
            offer(further, before, &|r| above.get(frame.owner[r] as usize).copied().unwrap_or(NO_ROW));
        }
    }
    out
}

/// Whether the rows that a way leads over have an order in time.
fn is_ordered(ctx: &Fit, t: usize, hop: Hop) -> bool {
    let tables = &ctx.plan.tables;
    let over = if hop.like().is_some_and(|(_, above)| above) { tables[t].owner.map(usize::from) } else { Some(t) };
    over.is_some_and(|o| tables[o].when.is_some())
}

/// The values of the last row with the same target, link by link: what the rows of one ward have in common beyond
/// the ward's own columns. Where the fit should take seconds, only numbers that many of them repeat (the price of a
/// product), and only where no tree can tell the targets apart.
pub(super) fn peers(ctx: &Fit, t: usize) -> Vec<Feature> {
    let (table, frame) = (&ctx.plan.tables[t], &ctx.frames[t]);
    let mut out = Vec::new();
    for (l, _) in table.links.iter().enumerate().filter(|(_, l)| !l.deferred) {
        let is_instant = ctx.options.effort == Effort::Instant;
        let peers = &frame.peers[l];
        // Every target that is met has one row without a peer.
        let met = peers.iter().filter(|p| **p == NO_ROW).count();
        let is_few = frame.rows < ROWS_EACH * met;
        let asked = |(s, slot): &(usize, &Slot)| match slot.kind {
            SlotKind::Time { .. } => false,
            _ if !is_instant => true,
            SlotKind::Label { .. } => false,
            SlotKind::Number { .. } => is_few && table.when != Some(*s as u16) && is_repeated(&frame.values[*s], peers),
        };
        let slots = table.slots.iter().enumerate().filter(asked);
        out.extend(slots.map(|(s, slot)| value(&[Hop::Peer(l as u8)], s, &slot.kind)));
    }
    out
}

/// Whether many rows repeat the number of the last row with the same target, and few that of the row before.
fn is_repeated(values: &[i64], peers: &[u32]) -> bool {
    let [mut with, mut own, mut last] = [0; 3];
    for (r, p) in peers.iter().enumerate().filter(|(_, p)| **p != NO_ROW) {
        with += 1;
        own += usize::from(values[r] == values[*p as usize]);
        last += usize::from(values[r] == values[r - 1]);
    }
    with >= ROWS && own as f64 > REPEATED * with as f64 && own > 3 * last
}

fn value(way: &[Hop], slot: usize, kind: &SlotKind) -> Feature {
    let kind = match kind {
        SlotKind::Label { numeric: Some(n), .. } => Kind::Numeric(n.clone()),
        SlotKind::Label { labels, .. } => Kind::Label(labels.len() as u32 + 1),
        _ => Kind::Number,
    };
    Feature { source: Source::Value(Ref::at(way, slot)), kind }
}

/// For each row the last one that shares something with it and belongs to somebody else.
fn strangers(frame: &Frame, what: Shared, whose: &dyn Fn(usize) -> u32) -> Vec<Option<usize>> {
    let mut last: IndexMap<Option<i64>, [Option<usize>; 2]> = IndexMap::new();
    let one = |r: usize| {
        let pair = last.entry(frame.shared(r, what)).or_default();
        let other = |p: &Option<usize>| p.is_some_and(|p| whose(p) != whose(r));
        if other(&pair[0]) {
            pair[1] = pair[0];
        }
        pair[0] = Some(r);
        pair[1]
    };
    (0..frame.rows).map(one).collect()
}

/// Whether rows are closer to their own like row than to a stranger's.
fn is_kept(slot: &Slot, values: &[i64], way: &Alike) -> bool {
    let (mut closer, mut farther) = (0, 0);
    for (r, (own, strange)) in way.before.iter().zip(&way.strange).enumerate() {
        if let (Some(own), Some(strange)) = (own, strange) {
            let [own, strange] = [own, strange].map(|b| apart(&slot.kind, values[r], values[*b]));
            closer += usize::from(own < strange);
            farther += usize::from(own > strange);
        }
    }
    closer >= ROWS && closer as f64 > KEPT * (closer + farther) as f64
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
