//! Fits how a column is drawn: as a label, a level, a difference or a calendar time.

use super::drawn::{Target, fit_drawn, guesses, score};
use super::sheet::Sheet;
use super::{Fit, Steps};
use crate::conditional::Ridge;
use crate::dataset::NULL;
use crate::encode::NumberCoder;
use crate::frame::{Hop, Ref};
use crate::math::ln;
use crate::model::{Coder, ColumnModel, Drawn, Keep, Quantity};
use crate::plan::SlotKind;
use crate::rng::{Stream, name};
use crate::time::DAY;

/// Spans below this are drawn as spans, not by the calendar.
pub(crate) const NEAR: i64 = DAY / 2;

/// The time (or number) that orders the rows of one owner: how the first comes, and how the next.
pub(super) fn when(ctx: &Fit, sheet: &Sheet, steps: &Steps, slot: usize, keep: &Keep) -> (ColumnModel, ColumnModel) {
    let (t, frame) = (sheet.table, &ctx.frames[sheet.table]);
    let owned = |r: usize| r > 0 && frame.owner[r] != crate::frame::NO_ROW && frame.owner[r - 1] == frame.owner[r];
    let (mut first, mut next): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for r in 0..frame.rows {
        if owned(r) { next.push(r as u32) } else { first.push(r as u32) }
    }
    let known = steps.known(sheet, 0);
    let anchors = above(ctx, t);
    let head = timed(ctx, sheet, &known, slot, &first, nearest(ctx, t, slot, &first, &anchors));
    // A stay starts after the end of the one before.
    let last = keep.no_overlap.map_or(slot, |(_, end)| usize::from(end));
    let tail = if next.is_empty() {
        head.clone()
    } else {
        timed(ctx, sheet, &known, slot, &next, Some(Ref::at(&[Hop::Back(1)], last)))
    };
    (head, tail)
}

/// Any other column.
pub(super) fn column(ctx: &Fit, sheet: &Sheet, steps: &Steps, slot: usize) -> ColumnModel {
    let t = sheet.table;
    let known = steps.known(sheet, steps.of_slot(slot));
    let values = &ctx.frames[t].values[slot];
    let rows: Vec<u32> = (0..values.len() as u32).collect();
    match &ctx.plan.tables[t].slots[slot].kind {
        SlotKind::Label { labels, numeric } => {
            let n = labels.len();
            let codes: Vec<u16> = values.iter().map(|v| if *v == NULL { n as u16 } else { *v as u16 }).collect();
            // Pooled labels are not learned from.
            let rows: Vec<u32> = rows.into_iter().filter(|r| values[*r as usize] < n as i64).collect();
            let scalar: Option<Vec<f64>> = numeric.as_ref().map(|numbers| {
                values.iter().map(|v| numbers.get(*v as usize).map_or(f64::NAN, |n| *n as f64)).collect()
            });
            let target = Target {
                rows: &rows,
                codes: &codes,
                coder: Coder::Labels(n as u16),
                ordered: numeric.is_some(),
                scalar: scalar.as_deref(),
                extras: &[],
            };
            let drawn = fit_drawn(ctx, sheet, &known, target);
            ColumnModel { slot: slot as u16, quantity: Quantity::Level, parts: vec![drawn], range: None }
        }
        SlotKind::Time { .. } => {
            let mut anchors: Vec<Ref> = (0..ctx.plan.tables[t].slots.len())
                .filter(|s| {
                    *s != slot && ctx.plan.tables[t].slots[*s].kind.is_time() && steps.of_slot(*s) < steps.of_slot(slot)
                })
                .map(Ref::own)
                .collect();
            anchors.extend(above(ctx, t));
            timed(ctx, sheet, &known, slot, &rows, nearest(ctx, t, slot, &rows, &anchors))
        }
        SlotKind::Number { .. } => number(ctx, sheet, &known, slot, &rows),
    }
}

/// Times of the owners of a table's rows.
fn above(ctx: &Fit, t: usize) -> Vec<Ref> {
    let mut out = Vec::new();
    let mut way = vec![Hop::Owner];
    while let Some(o) = ctx.plan.table_at(t, &way) {
        for (s, slot) in ctx.plan.tables[o].slots.iter().enumerate() {
            if slot.kind.is_time() {
                out.push(Ref::at(&way, s));
            }
        }
        way.push(Hop::Owner);
        if way.len() > 3 {
            break;
        }
    }
    out
}

/// The anchor from which the time lies in the narrowest range, if that is clearly narrower than the calendar.
fn nearest(ctx: &Fit, t: usize, slot: usize, rows: &[u32], anchors: &[Ref]) -> Option<Ref> {
    if !ctx.plan.tables[t].slots[slot].kind.is_time() {
        return None;
    }
    let values = &ctx.frames[t].values[slot];
    let spread = |anchor: Option<&Ref>| -> Option<f64> {
        let mut d: Vec<i64> = rows
            .iter()
            .map(|r| *r as usize)
            .filter(|r| values[*r] != NULL)
            .filter_map(|r| match anchor {
                None => Some(values[r]),
                Some(a) => match ctx.plan.value(ctx.frames, t, r, a) {
                    NULL => None,
                    v => Some(values[r].wrapping_sub(v)),
                },
            })
            .collect();
        let known = rows.iter().filter(|r| values[**r as usize] != NULL).count();
        if d.len() < 20 || (d.len() as f64) < 0.98 * known as f64 {
            return None;
        }
        d.sort_unstable();
        Some((d[d.len() * 9 / 10] - d[d.len() / 10]) as f64)
    };
    let whole = spread(None)?;
    let mut best: Option<(f64, &Ref)> = None;
    for a in anchors {
        let Some(s) = spread(Some(a)) else { continue };
        if s < 0.7 * whole && best.as_ref().is_none_or(|b| s < b.0) {
            best = Some((s, a));
        }
    }
    best.map(|b| b.1.clone())
}

/// A time or an ordering number, from an anchor or absolute.
fn timed(ctx: &Fit, sheet: &Sheet, known: &[u16], slot: usize, rows: &[u32], anchor: Option<Ref>) -> ColumnModel {
    let t = sheet.table;
    let values = &ctx.frames[t].values[slot];
    let base: Vec<i64> = match &anchor {
        None => vec![0; values.len()],
        Some(a) => (0..values.len()).map(|r| ctx.plan.value(ctx.frames, t, r, a)).collect(),
    };
    let rows: Vec<u32> = rows.iter().copied().filter(|r| base[*r as usize] != NULL).collect();
    let difference = |r: usize| if values[r] == NULL || base[r] == NULL { NULL } else { values[r] - base[r] };
    let mut size: Vec<i64> =
        rows.iter().map(|r| difference(*r as usize)).filter(|d| *d != NULL).map(i64::abs).collect();
    size.sort_unstable();
    let is_time = ctx.plan.tables[t].slots[slot].kind.is_time();
    let long = size.get(size.len() / 2).is_some_and(|m| *m >= DAY / 2)
        && size.get(size.len() * 9 / 10).is_some_and(|m| *m >= DAY);
    if is_time && (anchor.is_none() || long) {
        let near = anchor.is_some().then(|| near(ctx, sheet, known, &rows, values, &base)).flatten();
        let far: Vec<u32> = match near {
            None => rows.clone(),
            Some(_) => rows.iter().copied().filter(|r| !is_near(values[*r as usize], base[*r as usize])).collect(),
        };
        let mut model = calendar(ctx, sheet, known, slot, &far, &base, anchor);
        model.range = code(ctx, sheet, &rows, values).0.range();
        model.parts.extend(near.into_iter().flatten());
        return model;
    }
    let q: Vec<i64> = (0..values.len()).map(difference).collect();
    let drawn = coded(ctx, sheet, known, &rows, &q, &[], true);
    let quantity = anchor.map_or(Quantity::Level, Quantity::Since);
    ColumnModel { slot: slot as u16, quantity, parts: vec![drawn], range: code(ctx, sheet, &rows, values).0.range() }
}

/// True for a time that follows its anchor too soon for the calendar to matter.
fn is_near(value: i64, base: i64) -> bool {
    value != NULL && base != NULL && (0..NEAR).contains(&(value - base))
}

/// Whether the time follows its anchor within [`NEAR`], and by how much then: a move between wards comes minutes
/// after the discharge, while days and hours of the clock would blur it. None where few rows or all are like that.
fn near(ctx: &Fit, sheet: &Sheet, known: &[u16], rows: &[u32], values: &[i64], base: &[i64]) -> Option<[Drawn; 2]> {
    let soon = |r: usize| is_near(values[r], base[r]);
    let some: Vec<u32> = rows.iter().copied().filter(|r| soon(*r as usize)).collect();
    let clock = rows.iter().any(|r| values[*r as usize] != NULL && values[*r as usize].rem_euclid(DAY) != 0);
    if !clock || some.len() < 50.max(rows.len() / 100) || some.len() == rows.len() {
        return None;
    }
    let codes: Vec<u16> = (0..values.len()).map(|r| u16::from(soon(r))).collect();
    let target = Target { rows, codes: &codes, coder: Coder::Flag, ordered: true, scalar: None, extras: &[] };
    let flag = fit_drawn(ctx, sheet, known, target);
    let spans: Vec<i64> = (0..values.len()).map(|r| if soon(r) { values[r] - base[r] } else { NULL }).collect();
    Some([flag, coded(ctx, sheet, known, &some, &spans, &[], true)])
}

/// Day, weekday and time of day, each given the ones before.
fn calendar(
    ctx: &Fit,
    sheet: &Sheet,
    known: &[u16],
    slot: usize,
    rows: &[u32],
    base: &[i64],
    anchor: Option<Ref>,
) -> ColumnModel {
    let values = &ctx.frames[sheet.table].values[slot];
    let n = values.len();
    let missing = |r: usize| values[r] == NULL || base[r] == NULL;
    let day = |r: usize| values[r].div_euclid(DAY);
    let days: Vec<i64> = (0..n).map(|r| if missing(r) { NULL } else { day(r) - base[r].div_euclid(DAY) }).collect();
    let first = coded(ctx, sheet, known, rows, &days, &[], true);
    let known_rows: Vec<u32> = rows.iter().copied().filter(|r| !missing(*r as usize)).collect();
    let number = |f: &dyn Fn(usize) -> i64| -> Vec<f64> {
        (0..n).map(|r| if missing(r) { f64::NAN } else { f(r) as f64 }).collect()
    };
    let mut extras = vec![number(&|r| days[r]), number(&|r| weekday(base[r].div_euclid(DAY)))];
    let weekdays: Vec<i64> = (0..n).map(|r| if missing(r) { NULL } else { weekday(day(r)) }).collect();
    let second = coded(ctx, sheet, known, &known_rows, &weekdays, &extras, false);
    extras.push(number(&|r| weekday(day(r))));
    let clocks: Vec<i64> = (0..n).map(|r| if missing(r) { NULL } else { values[r].rem_euclid(DAY) }).collect();
    let mut parts = vec![first, second];
    if clocks.iter().any(|c| *c != NULL && *c != 0) {
        extras.push(number(&|r| base[r].rem_euclid(DAY)));
        parts.push(coded(ctx, sheet, known, &known_rows, &clocks, &extras, false));
    }
    ColumnModel { slot: slot as u16, quantity: Quantity::Calendar(anchor), parts, range: None }
}

/// Day of the week of days since 1970-01-01; Monday is 0.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// A coder for these numbers of these rows, and the codes of all rows.
fn code(ctx: &Fit, sheet: &Sheet, rows: &[u32], q: &[i64]) -> (NumberCoder, Vec<u16>) {
    let entities = &ctx.entities[sheet.table];
    let here: Vec<u32> = rows.iter().copied().filter(|r| q[*r as usize] != NULL).collect();
    let values: Vec<i64> = here.iter().map(|r| q[*r as usize]).collect();
    let who: Vec<u32> = here.iter().map(|r| entities[*r as usize]).collect();
    let coder = NumberCoder::fit(&values, &who, ctx.options.min_support);
    let missing = coder.len() as u16;
    let codes = q.iter().map(|v| if *v == NULL { missing } else { coder.code(*v) }).collect();
    (coder, codes)
}

/// A draw of a whole number; `spread` says that the linear guess works on a logarithmic scale.
fn coded(ctx: &Fit, sheet: &Sheet, known: &[u16], rows: &[u32], q: &[i64], extras: &[Vec<f64>], spread: bool) -> Drawn {
    let (coder, codes) = code(ctx, sheet, rows, q);
    let logarithmic = spread && rows.iter().all(|r| q[*r as usize] == NULL || q[*r as usize] >= 0);
    let scalar: Vec<f64> = q
        .iter()
        .map(|v| match *v {
            NULL => f64::NAN,
            v if logarithmic => ln(1.0 + (v.max(0) as f64) / coder.step() as f64),
            v => v as f64,
        })
        .collect();
    let target =
        Target { rows, codes: &codes, coder: Coder::Number(coder), ordered: true, scalar: Some(&scalar), extras };
    fit_drawn(ctx, sheet, known, target)
}

/// One in so many of the entities looked at decides between level and difference.
const VALIDATION: u64 = 6;
/// Rows looked at for that.
const LOOK: usize = 24_000;

/// A measured number: as a level, or as a difference to the linear guess where unseen entities are likelier so.
fn number(ctx: &Fit, sheet: &Sheet, known: &[u16], slot: usize, rows: &[u32]) -> ColumnModel {
    let values = &ctx.frames[sheet.table].values[slot];
    let level = |rows: &[u32]| coded(ctx, sheet, known, rows, values, &[], false);
    let range = code(ctx, sheet, rows, values).0.range();
    let done = |quantity, drawn| ColumnModel { slot: slot as u16, quantity, parts: vec![drawn], range };
    // Entities take a place on a line of a thousand: some are looked at, a sixth of those only to judge.
    let purpose = name(&["validation"]);
    let looked_at = (1000 * LOOK / rows.len().max(1)).min(1000) as u64;
    let place = |r: &u32| {
        let entity = u64::from(ctx.entities[sheet.table][*r as usize]);
        Stream::new(ctx.options.seed, purpose, entity).below(1000)
    };
    let seen = rows.iter().map(|r| (*r, place(r))).filter(|(_, p)| *p < looked_at);
    let (mut test, mut train): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for (r, p) in seen {
        if p < looked_at / VALIDATION { test.push(r) } else { train.push(r) }
    }
    let distinct = {
        let mut v: Vec<i64> = values.iter().copied().filter(|v| *v != NULL).collect();
        v.sort_unstable();
        v.dedup();
        v.len()
    };
    let no_missing = values.iter().all(|v| *v != NULL);
    if distinct < 12 || test.len() < 100 || !no_missing {
        return done(Quantity::Level, level(rows));
    }
    let a = level(&train);
    let Some(ridge) = a.ridge.clone().filter(|r| r.explained > 0.15) else {
        return done(Quantity::Level, level(rows));
    };
    let b = residual(ctx, sheet, known, values, &train, &ridge);
    let likelihood = |d: &Drawn, q: &[i64], extras: &[Vec<f64>]| {
        let Coder::Number(c) = &d.coder else { return f64::MIN };
        let codes: Vec<u16> = q.iter().map(|v| c.code(*v)).collect();
        let width: f64 = test.iter().map(|r| ln(c.width(codes[*r as usize]))).sum::<f64>() / test.len() as f64;
        score(sheet, d, &test, &codes, extras) - width
    };
    let guess = guesses(sheet, &ridge);
    let off: Vec<i64> = values.iter().zip(&guess).map(|(v, g)| v - g.round() as i64).collect();
    if likelihood(&b, &off, &[guess]) > likelihood(&a, values, &[]) {
        return done(Quantity::Residual, residual(ctx, sheet, known, values, rows, &ridge));
    }
    done(Quantity::Level, level(rows))
}

/// A draw of the difference to a linear guess.
fn residual(ctx: &Fit, sheet: &Sheet, known: &[u16], values: &[i64], rows: &[u32], ridge: &Ridge) -> Drawn {
    let guess = guesses(sheet, ridge);
    let off: Vec<i64> = values.iter().zip(&guess).map(|(v, g)| v - g.round() as i64).collect();
    let (coder, codes) = code(ctx, sheet, rows, &off);
    let target =
        Target { rows, codes: &codes, coder: Coder::Number(coder), ordered: true, scalar: None, extras: &[guess] };
    let mut drawn = fit_drawn(ctx, sheet, known, target);
    drawn.ridge = Some(ridge.clone());
    drawn
}
