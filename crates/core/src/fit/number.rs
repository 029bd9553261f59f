//! Fits a measured number: as a level, or as a difference where entities not learned from are likelier so.

use super::column::{code, coded, reaching};
use super::drawn::{Target, fit_drawn, guesses, scores};
use super::sheet::Sheet;
use super::{Effort, Fit, Steps};
use crate::conditional::Ridge;
use crate::dataset::NULL;
use crate::feature::Source;
use crate::frame::{Hop, Ref};
use crate::math::ln;
use crate::model::{Coder, ColumnModel, Drawn, MILLION, Quantity};
use crate::rng::{Stream, name};

/// One in so many of the entities looked at decides between level and difference.
const VALIDATION: u64 = 6;
/// Rows looked at for that.
const LOOK: usize = 24_000;
/// Nats a row by which a difference must be likelier than the level.
pub(super) const CLEARLY: f64 = 0.05;
/// Numbers that a difference is tried to, at most.
const NEAR: usize = 3;

/// A number's rows split by entity: some are looked at, a sixth of those only to judge.
pub(super) fn split(ctx: &Fit, table: usize, rows: usize) -> (Vec<u32>, Vec<u32>) {
    // Entities take a place on a line of a thousand.
    let purpose = name(&["validation"]);
    let looked_at = (1000 * LOOK / rows.max(1)).min(1000) as u64;
    let place = |r: u32| {
        let entity = u64::from(ctx.entities[table][r as usize]);
        Stream::new(ctx.options.seed, purpose, entity).below(1000)
    };
    let seen = (0..rows as u32).map(|r| (r, place(r))).filter(|(_, p)| *p < looked_at);
    let (mut train, mut test): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for (r, p) in seen {
        if p < looked_at / VALIDATION { test.push(r) } else { train.push(r) }
    }
    (train, test)
}

/// A measured number.
pub(super) fn number(ctx: &Fit, sheet: &Sheet, steps: &Steps, known: &[u16], slot: usize) -> ColumnModel {
    let values = &ctx.frames[sheet.table].values[slot];
    let rows: Vec<u32> = (0..values.len() as u32).collect();
    let range = reaching(ctx, sheet, slot, code(ctx, sheet, &rows, values).0, values).range();
    let done = |quantity, mut parts: Vec<Drawn>| {
        // The last part is drawn as the number itself, or as the difference to a guess.
        if let (Some(Coder::Number(coder)), false) =
            (parts.last_mut().map(|p| &mut p.coder), matches!(quantity, Quantity::Residual))
        {
            *coder = reaching(ctx, sheet, slot, std::mem::take(coder), values);
        }
        ColumnModel { slot: slot as u16, quantity, parts, range }
    };
    let level = |ctx: &Fit, rows: &[u32]| coded(ctx, sheet, known, rows, values, &[], false);
    let (train, test) = split(ctx, sheet.table, values.len());
    if distinct(values) < 12 || test.len() < 100 {
        return done(Quantity::Level, vec![level(ctx, &rows)]);
    }
    // One tree each is enough to tell the ways apart.
    let quick = ctx.quick();
    let plain = level(&quick, &train);
    let plainly = densities(sheet, &plain, values, &[], &test);
    let mut best = (f64::MIN, None);
    // With one tree a difference to another number is no better than the number itself, unless the row like it has it;
    // repeating it exactly is.
    let dense = is_dense(values) && !is_heaped(values);
    let differs = |near: &Ref| dense && (ctx.options.effort != Effort::Instant || is_like(near));
    for near in near(ctx, sheet, steps, slot) {
        let way = Way::new(ctx, sheet, values, near);
        let ways = [
            differs(&way.near).then_some(How::Off),
            (way.same > SAME).then_some(How::Same),
            grows(&way, values).then_some(How::Relative),
        ];
        for how in ways.into_iter().flatten() {
            let parts = way.parts(&quick, sheet, known, values, &train, how);
            let with = way.densities(sheet, values, &parts, &test, how);
            if clearly_likelier(&with, &plainly) && mean(&with) > best.0 {
                best = (mean(&with), Some((way.near.clone(), how)));
            }
        }
    }
    let ridge = plain.ridge.clone().filter(|r| r.explained > 0.15);
    if let Some(ridge) = ridge.filter(|_| is_even(ctx, values)) {
        let (drawn, off, guess) = residual(&quick, sheet, known, values, &train, &ridge);
        let with = densities(sheet, &drawn, &off, &[guess], &test);
        let enough = match ctx.options.effort {
            Effort::Instant => mean(&with) > mean(&plainly),
            _ => clearly_likelier(&with, &plainly),
        };
        if enough && mean(&with) > best.0 {
            return done(Quantity::Residual, vec![residual(ctx, sheet, known, values, &rows, &ridge).0]);
        }
    }
    match best.1 {
        Some((near, how)) => {
            let way = Way::new(ctx, sheet, values, near);
            let parts = way.parts(ctx, sheet, known, values, &rows, how);
            let quantity = match how {
                How::Off => Quantity::Near,
                How::Same => Quantity::Same,
                How::Relative => Quantity::Relative,
            };
            done(quantity(way.near), parts)
        }
        _ => done(Quantity::Level, vec![level(ctx, &rows)]),
    }
}

/// Whether one way is likelier than another row by row: by [`CLEARLY`], and by three standard errors.
pub(super) fn clearly_likelier(one: &[f64], other: &[f64]) -> bool {
    let gain: Vec<f64> = one.iter().zip(other).map(|(a, b)| a - b).collect();
    let middle = mean(&gain);
    let n = gain.len().max(2) as f64;
    let variance = gain.iter().map(|g| (g - middle) * (g - middle)).sum::<f64>() / (n - 1.0);
    middle > CLEARLY && middle > 3.0 * libm::sqrt(variance / n)
}

fn mean(d: &[f64]) -> f64 {
    d.iter().sum::<f64>() / d.len().max(1) as f64
}

/// Share of rows that repeat another number from which repeating it is worth a part of its own.
const SAME: f64 = 0.1;

/// How a column keeps close to a number.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// By a difference.
    Off,
    /// It is the same, or not.
    Same,
    /// By a share of the number.
    Relative,
}

/// A number that the column keeps close to.
struct Way {
    near: Ref,
    /// The number, difference to it, and that in millionths of it where it is above zero.
    base: Vec<i64>,
    off: Vec<i64>,
    share: Vec<i64>,
    /// Where the column repeats it, as a flag; and how often it does.
    equal: Vec<u16>,
    same: f64,
}

impl Way {
    fn new(ctx: &Fit, sheet: &Sheet, values: &[i64], near: Ref) -> Self {
        let (off, base) = differences(ctx, sheet.table, values, &near);
        let equal: Vec<u16> = off.iter().map(|d| u16::from(*d == 0)).collect();
        let known = base.iter().filter(|b| **b != NULL).count().max(1) as f64;
        let same = equal.iter().filter(|e| **e == 1).count() as f64 / known;
        let of = |(d, b): (&i64, &i64)| if *d == NULL || *b <= 0 { NULL } else { millionths(*d, *b) };
        let share = off.iter().zip(&base).map(of).collect();
        Self { near, base, off, share, equal, same }
    }

    /// Whether the number says something of a row.
    fn is_here(&self, row: u32, how: How) -> bool {
        let base = self.base[row as usize];
        if how == How::Relative { base > 0 } else { base != NULL }
    }

    /// The two parts: a difference or whether it is the same, and the number itself for the other rows.
    fn parts(&self, ctx: &Fit, sheet: &Sheet, known: &[u16], values: &[i64], rows: &[u32], how: How) -> Vec<Drawn> {
        let (with, without): (Vec<u32>, Vec<u32>) = rows.iter().partition(|r| self.is_here(**r, how));
        let first = match how {
            How::Same => {
                let coder = Coder::Flag;
                let (rows, codes) = (&with[..], &self.equal[..]);
                fit_drawn(ctx, sheet, known, Target { rows, codes, coder, ordered: true, scalar: None, extras: &[] })
            }
            How::Off => coded(ctx, sheet, known, &with, &self.off, &[], false),
            // What a share hangs on is little beside its own noise.
            How::Relative => coded(&ctx.strict(), sheet, known, &with, &self.share, &[], false),
        };
        // A number that is not the same is learned from all rows, and drawn again where it comes out the same.
        let alone = if how == How::Same || without.len() < 60 { rows } else { &without };
        vec![first, coded(ctx, sheet, known, alone, values, &[], false)]
    }

    fn densities(&self, sheet: &Sheet, values: &[i64], parts: &[Drawn], rows: &[u32], how: How) -> Vec<f64> {
        let with: Vec<u32> = rows.iter().copied().filter(|r| self.is_here(*r, how)).collect();
        let first = match how {
            How::Same => scores(sheet, &parts[0], &with, &self.equal, &[]),
            How::Off => densities(sheet, &parts[0], &self.off, &[], &with),
            How::Relative => {
                let of = densities(sheet, &parts[0], &self.share, &[], &with);
                // As many millionths to a step of the number.
                let per = |r: &u32| ln(MILLION as f64 / self.base[*r as usize] as f64);
                of.into_iter()
                    .zip(&with)
                    .map(|(d, r)| if values[*r as usize] == NULL { d } else { d + per(r) })
                    .collect()
            }
        };
        let mut first = first.into_iter();
        let alone = densities(sheet, &parts[1], values, &[], rows);
        rows.iter()
            .zip(alone)
            .map(|(r, alone)| match (self.is_here(*r, how), how == How::Same && self.equal[*r as usize] == 0) {
                (false, _) => alone,
                (true, also) => first.next().unwrap_or(0.0) + if also { alone } else { 0.0 },
            })
            .collect()
    }
}

/// A difference in millionths of what it is a difference to.
fn millionths(off: i64, base: i64) -> i64 {
    let of = i128::from(off) * i128::from(MILLION);
    i64::try_from((2 * of + i128::from(base)).div_euclid(2 * i128::from(base))).unwrap_or(i64::MAX)
}

/// Times that the larger values are the smaller ones from which they may grow by shares; the part of that which the
/// shares span at most; steps that a usual value has at least, so that shares are as good as steps.
const WIDE: f64 = 3.0;
const STEADY: f64 = 0.25;
const STEPS: i64 = 200;

/// Whether a column is above zero, differs much, and changes by small shares of what it was.
fn grows(way: &Way, values: &[i64]) -> bool {
    let mut v: Vec<i64> = values.iter().copied().filter(|v| *v != NULL).collect();
    let mut shares: Vec<i64> = way.share.iter().copied().filter(|s| *s != NULL).collect();
    v.sort_unstable();
    shares.sort_unstable();
    let at = |all: &[i64], tenths: usize| all[(all.len() * tenths / 10).min(all.len() - 1)];
    if v.len() < 60 || shares.len() < 60 || v[0] <= 0 {
        return false;
    }
    let step = v.windows(2).map(|w| w[1] - w[0]).filter(|d| *d > 0).min().unwrap_or(1);
    let wide = at(&v, 9) as f64 / at(&v, 1) as f64;
    let narrow = (at(&shares, 9) - at(&shares, 1)) as f64 / MILLION as f64;
    at(&v, 1) / step >= STEPS / 4 && at(&v, 5) / step >= STEPS && wide >= WIDE && narrow <= STEADY * ln(wide)
}

/// True where most values of the grid occur: a difference then leads to values that could be there.
fn is_dense(values: &[i64]) -> bool {
    let mut v: Vec<i64> = values.iter().copied().filter(|v| *v != NULL).collect();
    v.sort_unstable();
    let Some(last) = v.len().checked_sub(1) else { return false };
    let middle = &v[last / 20..=last - last / 20];
    let different = middle.chunk_by(|a, b| a == b).count();
    let step = middle.windows(2).map(|w| w[1] - w[0]).filter(|d| *d > 0).min().unwrap_or(1);
    let grid = (middle[middle.len() - 1] as f64 - middle[0] as f64) / step as f64 + 1.0;
    // A column with more values than rows could fill is as dense as it can be.
    different as f64 >= 0.5 * grid || different * 2 >= middle.len()
}

fn distinct(values: &[i64]) -> usize {
    let mut v: Vec<i64> = values.iter().copied().filter(|v| *v != NULL).collect();
    v.sort_unstable();
    v.dedup();
    v.len()
}

/// Log density of the values of some rows, on the grid of the column.
pub(super) fn densities(sheet: &Sheet, drawn: &Drawn, q: &[i64], extras: &[Vec<f64>], rows: &[u32]) -> Vec<f64> {
    let Coder::Number(c) = &drawn.coder else { return vec![f64::MIN; rows.len()] };
    let missing = c.len() as u16;
    let codes: Vec<u16> = q.iter().map(|v| if *v == NULL { missing } else { c.code(*v) }).collect();
    let width = |r: &u32| match codes[*r as usize] {
        m if m == missing => 0.0,
        // In steps of the finest grid that any way of drawing has.
        code => ln(c.width(code) * c.step() as f64),
    };
    scores(sheet, drawn, rows, &codes, extras).into_iter().zip(rows).map(|(s, r)| s - width(r)).collect()
}

/// Differences to another number (a missing value has a known difference: missing), and that number.
fn differences(ctx: &Fit, t: usize, values: &[i64], near: &Ref) -> (Vec<i64>, Vec<i64>) {
    let base: Vec<i64> = (0..values.len()).map(|r| ctx.plan.value(ctx.frames, t, r, near)).collect();
    let off = values.iter().zip(&base).map(|(v, b)| if *v == NULL || *b == NULL { NULL } else { v.wrapping_sub(*b) });
    (off.collect(), base)
}

/// Whether a value is that of the last row like this one, or with the same target.
fn is_like(r: &Ref) -> bool {
    matches!(r.hops[..], [hop] if hop.like().is_some() || matches!(hop, Hop::Peer(_)))
}

/// Numbers that the column keeps close to: others of the row on the same grid, and its own value before.
fn near(ctx: &Fit, sheet: &Sheet, steps: &Steps, slot: usize) -> Vec<Ref> {
    let t = sheet.table;
    let table = &ctx.plan.tables[t];
    let values = &ctx.frames[t].values[slot];
    let mine = &table.slots[slot].kind;
    let earlier = |s: &usize| {
        *s != slot && steps.of_slot(*s) < steps.of_slot(slot) && table.slots[*s].kind == *mine && !hidden(table, *s)
    };
    let mut refs: Vec<Ref> = (0..table.slots.len()).filter(earlier).map(Ref::own).collect();
    if hidden(table, slot) {
        return Vec::new();
    }
    let has_history = sheet.features.iter().any(|f| matches!(&f.source, Source::Value(r) if r.hops == [Hop::Back(1)]));
    refs.extend(has_history.then(|| Ref::at(&[Hop::Back(1)], slot)));
    refs.extend(sheet.features.iter().filter_map(|f| match &f.source {
        Source::Value(r) if usize::from(r.slot) == slot && is_like(r) => Some(r.clone()),
        _ => None,
    }));
    let Some((whole, _)) = spread(values) else { return Vec::new() };
    let mut scored: Vec<(f64, Ref)> = refs
        .into_iter()
        .filter_map(|r| {
            let (off, base) = differences(ctx, t, values, &r);
            let often = base.iter().filter(|b| **b != NULL).count() as f64 > 0.1 * base.len() as f64;
            let (s, heap) = spread(&off)?;
            // A difference that is often the same counts as narrow.
            let narrow = s / whole.max(1.0) - heap;
            (often && narrow < 0.8).then_some((narrow, r))
        })
        .collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    scored.into_iter().take(NEAR).map(|s| s.1).collect()
}

fn hidden(table: &crate::plan::TablePlan, slot: usize) -> bool {
    let second = |s: &crate::plan::Shown| matches!(s, crate::plan::Shown::Written(w) if w.second == Some(slot as u16));
    !table.shown.iter().any(second)
        && !table.output.iter().any(|o| matches!(o, crate::plan::Output::Slot(s) if usize::from(*s) == slot))
}

/// From the tenth to the ninetieth percentile, and the share of the commonest value.
fn spread(values: &[i64]) -> Option<(f64, f64)> {
    let mut v: Vec<i64> = values.iter().copied().filter(|v| *v != NULL).collect();
    if v.len() < 60 {
        return None;
    }
    v.sort_unstable();
    let most = v.chunk_by(|a, b| a == b).map(<[i64]>::len).max().unwrap_or(0);
    Some(((v[v.len() * 9 / 10] - v[v.len() / 10]) as f64, most as f64 / v.len() as f64))
}

/// True when a value stands out far above its neighbours: a difference would smear it.
fn is_heaped(values: &[i64]) -> bool {
    let mut v: Vec<i64> = values.iter().copied().filter(|v| *v != NULL).collect();
    v.sort_unstable();
    let runs: Vec<usize> = v.chunk_by(|a, b| a == b).map(<[i64]>::len).collect();
    (0..runs.len()).any(|i| {
        let beside = [i.checked_sub(1), Some(i + 1)].into_iter().flatten().filter_map(|j| runs.get(j)).max();
        runs[i] * 33 > v.len() && beside.is_none_or(|b| runs[i] > 4 * b)
    })
}

/// True for numbers that a linear guess can stand behind: nothing missing, no heap that a difference would smear,
/// no tail that it would cut.
fn is_even(ctx: &Fit, values: &[i64]) -> bool {
    if values.contains(&NULL) {
        return false;
    }
    let mut v = values.to_vec();
    v.sort_unstable();
    let n = v.len();
    let at = |share: f64| v[((n - 1) as f64 * share) as usize] as f64;
    let (low, middle, high) = (at(0.25), at(0.5), at(0.75));
    let tail = (at(0.99) - middle).max(middle - at(0.01)) / (high - middle).max(middle - low).max(1.0);
    !is_heaped(values) && (ctx.options.effort == Effort::Instant || tail < 6.0)
}

/// A draw of the difference to a linear guess, with the differences and the guess.
fn residual(
    ctx: &Fit,
    sheet: &Sheet,
    known: &[u16],
    values: &[i64],
    rows: &[u32],
    ridge: &Ridge,
) -> (Drawn, Vec<i64>, Vec<f64>) {
    let guess = guesses(sheet, ridge);
    let off: Vec<i64> = values.iter().zip(&guess).map(|(v, g)| v - g.round() as i64).collect();
    let (coder, codes) = code(ctx, sheet, rows, &off);
    let extras = std::slice::from_ref(&guess);
    let target = Target { rows, codes: &codes, coder: Coder::Number(coder), ordered: true, scalar: None, extras };
    let mut drawn = fit_drawn(ctx, sheet, known, target);
    drawn.ridge = Some(ridge.clone());
    (drawn, off, guess)
}
