//! Fits how a column is drawn: as a label, a level, a difference or a calendar time.

use super::drawn::{Target, fit_drawn};
use super::number::number;
use super::recall;
use super::rounds::rounds;
use super::sheet::Sheet;
use super::{Effort, Fit, Steps};
use crate::dataset::NULL;
use crate::encode::{Distinct, NumberCoder};
use crate::frame::{Hop, Ref};
use crate::math::ln;
use crate::model::{Coder, ColumnModel, Drawn, Keep, Quantity};
use crate::plan::SlotKind;
use crate::time::{DAY, civil_from_days};

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
pub(super) fn column(ctx: &Fit, sheet: &Sheet, steps: &Steps, keep: &Keep, slot: usize) -> ColumnModel {
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
            if let Some(recall) = recall::recall(ctx, sheet, steps, keep, &known, slot, &target) {
                return recall;
            }
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
        SlotKind::Number { .. } => number(ctx, sheet, steps, &known, slot),
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
        model.range = reaching(ctx, sheet, slot, code(ctx, sheet, &rows, values).0, values).range();
        model.parts.extend(near.into_iter().flatten());
        return model;
    }
    let q: Vec<i64> = (0..values.len()).map(difference).collect();
    let by_clock = (is_time && anchor.is_some()).then(|| rounds(ctx, sheet, known, &rows, (&q, &base))).flatten();
    let parts = by_clock.unwrap_or_else(|| vec![coded(ctx, sheet, known, &rows, &q, &[], true)]);
    let quantity = anchor.map_or(Quantity::Level, Quantity::Since);
    let range = reaching(ctx, sheet, slot, code(ctx, sheet, &rows, values).0, values).range();
    ColumnModel { slot: slot as u16, quantity, parts, range }
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
    let quantity = Quantity::Calendar(anchor, season(ctx, sheet, rows, values));
    ColumnModel { slot: slot as u16, quantity, parts, range: None }
}

/// Place of a day in the year: 31 a month.
pub(crate) fn day_of_year(day: i64) -> usize {
    let (_, month, day) = civil_from_days(day);
    (month as usize - 1) * 31 + day as usize - 1
}

/// Places of [`day_of_year`].
const YEAR: usize = 372;
/// Days around one that stand in for it where too few entities are met on it.
const AROUND: usize = 7;

/// How often each day of the year is met, where that is far from even; nothing else.
fn season(ctx: &Fit, sheet: &Sheet, rows: &[u32], values: &[i64]) -> Vec<u32> {
    if ctx.options.effort == Effort::Instant {
        return Vec::new();
    }
    let entities = &ctx.entities[sheet.table];
    let mut days: Vec<Vec<u32>> = vec![Vec::new(); YEAR];
    for r in rows.iter().map(|r| *r as usize).filter(|r| values[*r] != NULL) {
        days[day_of_year(values[r].div_euclid(DAY))].push(entities[r]);
    }
    let n: usize = days.iter().map(Vec::len).sum();
    let mean = n as f64 / 365.25;
    let chi: f64 = days.iter().map(|d| (d.len() as f64 - mean) * (d.len() as f64 - mean) / mean.max(1e-9)).sum();
    // Three times what an even year gives, and enough days a place to see it.
    if mean < 3.0 || chi < 3.0 * YEAR as f64 {
        return Vec::new();
    }
    let mut distinct = Distinct::new(entities.iter().max().map_or(0, |m| *m as usize + 1));
    let near = |i: usize| {
        let around = i.saturating_sub(AROUND)..(i + AROUND + 1).min(YEAR);
        around.clone().map(|j| days[j].len()).sum::<usize>() / around.len()
    };
    (0..YEAR)
        .map(|i| {
            let enough = distinct.at_least(ctx.options.min_support, days[i].iter().copied());
            (if enough { days[i].len() } else { near(i) }) as u32
        })
        .collect()
}

/// Day of the week of days since 1970-01-01; Monday is 0.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// A coder for these numbers of these rows, and the codes of all rows.
pub(super) fn code(ctx: &Fit, sheet: &Sheet, rows: &[u32], q: &[i64]) -> (NumberCoder, Vec<u16>) {
    let entities = &ctx.entities[sheet.table];
    let here: Vec<u32> = rows.iter().copied().filter(|r| q[*r as usize] != NULL).collect();
    let values: Vec<i64> = here.iter().map(|r| q[*r as usize]).collect();
    let who: Vec<u32> = here.iter().map(|r| entities[*r as usize]).collect();
    // What too few entities have is missing for all, where it may be.
    let enough = || {
        let mut distinct = Distinct::new(entities.iter().max().map_or(0, |m| *m as usize + 1));
        distinct.at_least(ctx.options.min_support, who.iter().copied())
    };
    if here.len() < rows.len() && !enough() {
        return (NumberCoder::default(), vec![0; q.len()]);
    }
    let coder = NumberCoder::fit(&values, &who, ctx.options.min_support, ctx.options.grain());
    let missing = coder.len() as u16;
    let codes = q.iter().map(|v| if *v == NULL { missing } else { coder.code(*v) }).collect();
    (coder, codes)
}

/// A coder of the values of a slot, with tails where the metadata name no end.
pub(super) fn reaching(ctx: &Fit, sheet: &Sheet, slot: usize, mut coder: NumberCoder, values: &[i64]) -> NumberCoder {
    let table = &ctx.plan.tables[sheet.table];
    let meta = ctx.metadata.tables.get(&table.name).and_then(|t| t.columns.get(&table.slots[slot].column));
    let open = ["range_min", "range_max"].map(|end| meta.is_none_or(|m| !m.parameters.contains_key(end)));
    let known = values.iter().zip(&ctx.entities[sheet.table]).filter(|(v, _)| **v != NULL);
    let (known, who): (Vec<i64>, Vec<u32>) = known.map(|(v, e)| (*v, *e)).unzip();
    coder.reach(&known, &who, ctx.options.min_support, open);
    coder
}

/// A draw of a whole number; `spread` says that the linear guess works on a logarithmic scale.
pub(super) fn coded(
    ctx: &Fit,
    sheet: &Sheet,
    known: &[u16],
    rows: &[u32],
    q: &[i64],
    extras: &[Vec<f64>],
    spread: bool,
) -> Drawn {
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
