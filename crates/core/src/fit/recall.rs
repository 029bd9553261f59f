//! Fits labels that come back: the same diagnosis at every visit, the same product in every order.
//!
//! A label is drawn in two steps: which of the owner's earlier labels it repeats (by how lately it was seen, as in
//! move-to-front coding, Bentley et al. 1986), and only if none, a label that is new to the owner.

use super::drawn::{Target, fit_drawn, scores};
use super::number::split;
use super::sheet::Sheet;
use super::{Effort, Fit, Steps};
use crate::dataset::NULL;
use crate::feature::recalled;
use crate::frame::NO_ROW;
use crate::math::ln;
use crate::model::{Coder, ColumnModel, Keep, Quantity, RECALL, UniqueItem};

/// Labels from which repeating is worth a model of its own: fewer are told apart by their shares so far.
const LABELS: usize = 8;
/// Share of later rows that repeat an earlier label, at least.
const REPEATS: f64 = 0.1;
/// Nats a row by which repeating must be likelier.
const CLEARLY: f64 = 0.02;

/// What a row may repeat and what it does.
struct Past {
    /// Place in the list of earlier labels: up to the last for those further back, [`RECALL`] for none of them.
    place: Vec<u16>,
    /// Length of the list.
    length: Vec<usize>,
    extras: Vec<Vec<f64>>,
}

/// A model that repeats, where entities not learned from find it likelier.
#[allow(clippy::too_many_arguments)] // The place, what is known, and what is asked.
pub(super) fn recall(
    ctx: &Fit,
    sheet: &Sheet,
    steps: &Steps,
    keep: &Keep,
    known: &[u16],
    slot: usize,
    target: &Target,
) -> Option<ColumnModel> {
    let t = sheet.table;
    let Coder::Labels(n) = target.coder else { return None };
    let unique = keep.unique.iter().flatten().any(|i| *i == UniqueItem::Slot(slot as u16));
    let many = usize::from(n) >= LABELS && !target.ordered;
    if ctx.options.effort == Effort::Instant || ctx.plan.tables[t].owner.is_none() || unique || !many {
        return None;
    }
    let given = given(ctx, t, steps, slot);
    let past = past(ctx, t, slot, given, usize::from(n));
    let later = |rows: &[u32]| -> Vec<u32> {
        rows.iter().copied().filter(|r| past.length[*r as usize] > 0 && is_label(target, *r)).collect()
    };
    let with = later(target.rows);
    let repeats = with.iter().filter(|r| past.place[**r as usize] < RECALL).count();
    if with.len() < 200 || (repeats as f64) < REPEATS * with.len() as f64 {
        return None;
    }
    let place = |ctx: &Fit, rows: &[u32]| {
        let coder = Coder::Labels(RECALL);
        let extras = &past.extras;
        fit_drawn(ctx, sheet, known, Target { rows, codes: &past.place, coder, ordered: true, scalar: None, extras })
    };
    let fresh = |ctx: &Fit, rows: &[u32]| {
        let new: Vec<u32> = rows.iter().copied().filter(|r| past.place[*r as usize] == RECALL).collect();
        let rows = if new.len() < 60 { rows } else { &new };
        let coder = target.coder.clone();
        fit_drawn(
            ctx,
            sheet,
            known,
            Target { rows, codes: target.codes, coder, ordered: false, scalar: None, extras: &[] },
        )
    };
    let (train, test) = split(ctx, t, target.codes.len());
    let (train, test): (Vec<u32>, Vec<u32>) =
        (train.into_iter().filter(|r| is_label(target, *r)).collect(), later(&test));
    if test.len() < 60 {
        return None;
    }
    let quick = ctx.quick();
    let coder = target.coder.clone();
    let plain = Target { rows: &train, codes: target.codes, coder, ordered: false, scalar: None, extras: &[] };
    let plain = fit_drawn(&quick, sheet, known, plain);
    let plain: f64 = scores(sheet, &plain, &test, target.codes, &[]).iter().sum();
    let (which, new) = (place(&quick, &later(&train)), fresh(&quick, &train));
    let which = scores(sheet, &which, &test, &past.place, &past.extras);
    let new = scores(sheet, &new, &test, target.codes, &[]);
    let both: f64 = (0..test.len())
        .map(|i| {
            let r = test[i] as usize;
            which[i]
                + match past.place[r] {
                    RECALL => new[i],
                    // Further back any is as likely as another.
                    p if p + 1 == RECALL => {
                        -ln((past.length[r].max(usize::from(RECALL)) + 1 - usize::from(RECALL)) as f64)
                    }
                    _ => 0.0,
                }
        })
        .sum();
    if both < plain + CLEARLY * test.len() as f64 {
        return None;
    }
    let parts = vec![place(ctx, &with), fresh(ctx, target.rows)];
    Some(ColumnModel { slot: slot as u16, quantity: Quantity::Recall(given), parts, range: None })
}

fn is_label(target: &Target, row: u32) -> bool {
    usize::from(target.codes[row as usize]) + 1 < target.coder.codes()
}

/// The earlier label of the row that says most about this one: only rows that agree on it are recalled.
fn given(ctx: &Fit, t: usize, steps: &Steps, slot: usize) -> Option<u16> {
    let (slots, values) = (&ctx.plan.tables[t].slots, &ctx.frames[t].values);
    let mut best: (f64, Option<u16>) = (0.0, None);
    for (s, other) in slots.iter().enumerate() {
        if s == slot || !other.kind.is_label() || steps.of_slot(s) >= steps.of_slot(slot) {
            continue;
        }
        let share = explained(&values[s], &values[slot]);
        // Half of the label's uncertainty, at least of what a single label leaves.
        if share > 0.3 && share > best.0 {
            best = (share, Some(s as u16));
        }
    }
    best.1
}

/// Share of the entropy of `y` that `x` explains.
fn explained(x: &[i64], y: &[i64]) -> f64 {
    let entropy = |mut keys: Vec<(i64, i64)>| {
        keys.sort_unstable();
        let n = keys.len().max(1) as f64;
        keys.chunk_by(|a, b| a == b).map(|c| c.len() as f64 / n).map(|p| -p * ln(p)).sum::<f64>()
    };
    let alone = |v: &[i64]| entropy(v.iter().map(|a| (*a, 0)).collect());
    let both = entropy(x.iter().copied().zip(y.iter().copied()).collect());
    let whole = alone(y);
    if whole > 0.0 { (alone(x) + whole - both) / whole } else { 0.0 }
}

fn past(ctx: &Fit, t: usize, slot: usize, given: Option<u16>, labels: usize) -> Past {
    let frame = &ctx.frames[t];
    let n = frame.rows;
    let mut out = Past { place: vec![RECALL; n], length: vec![0; n], extras: vec![Vec::new(); 2] };
    let mut from = 0;
    for row in 0..n {
        if row > 0 && (frame.owner[row] == NO_ROW || frame.owner[row] != frame.owner[row - 1]) {
            from = row;
        }
        let (list, back) = recalled(frame, from, row, slot as u16, given, labels);
        let value = frame.values[slot][row];
        if let Some(p) = list.iter().position(|v| *v == value).filter(|_| value != NULL) {
            out.place[row] = (p as u16).min(RECALL - 1);
        }
        out.length[row] = list.len();
        out.extras[0].push(list.len() as f64);
        out.extras[1].push(back as f64);
    }
    out
}
