//! Times that come by the clock: rounds at fixed hours, where the span since the time before would blur them.

use super::Fit;
use super::column::coded;
use super::drawn::{Target, fit_drawn};
use super::number::{CLEARLY, clearly_likelier, densities, split};
use super::sheet::Sheet;
use crate::dataset::NULL;
use crate::model::{Coder, Drawn};
use crate::time::DAY;

/// Rows at least that come by the clock, and that decide whether any does.
const LEAST: usize = 100;

/// A time as the span since another, and as the time since midnight of that one's day.
struct Rounds<'a> {
    ctx: &'a Fit<'a>,
    sheet: &'a Sheet,
    known: &'a [u16],
    span: &'a [i64],
    clock: Vec<i64>,
}

/// The span of the other rows, whether a row comes by the clock, and the time since midnight then. None where entities
/// not learned from are not clearly likelier so than by spans alone, or where time goes back.
pub(super) fn rounds(
    ctx: &Fit,
    sheet: &Sheet,
    known: &[u16],
    rows: &[u32],
    (span, base): (&[i64], &[i64]),
) -> Option<Vec<Drawn>> {
    let clock = |(s, b): (&i64, &i64)| if *s == NULL { NULL } else { s + b.rem_euclid(DAY) };
    let all = Rounds { ctx, sheet, known, span, clock: span.iter().zip(base).map(clock).collect() };
    let spans = || rows.iter().map(|r| span[*r as usize]).filter(|s| *s != NULL);
    // Rows at the same moment are no rounds.
    let forward = spans().all(|s| s >= 0) && spans().filter(|s| *s == 0).count() * 100 <= rows.len();
    let hours = rows.iter().map(|r| all.clock[*r as usize]).any(|c| c != NULL && c.rem_euclid(DAY) != 0);
    if !forward || !hours {
        return None;
    }
    let mut here = vec![false; span.len()];
    rows.iter().for_each(|r| here[*r as usize] = true);
    let (mut train, mut test) = split(ctx, sheet.table, span.len());
    train.retain(|r| here[*r as usize]);
    test.retain(|r| here[*r as usize]);
    if test.len() < LEAST {
        return None;
    }
    // One tree each is enough to tell the ways apart.
    let quick = Rounds { ctx: &ctx.quick(), ..all };
    let density = |q: &[i64]| densities(sheet, &quick.drawn(&train, q), q, &[], &test);
    let (by_span, by_clock) = (density(span), density(&quick.clock));
    let more: Vec<f64> = by_clock.iter().zip(&by_span).map(|(c, s)| c - s).collect();
    let (feature, bins) = quick.context(&test, &more)?;
    let column = &sheet.matrix.columns[usize::from(feature)];
    let chosen = |r: u32| bins >> column[r as usize] & 1 == 1;
    let best: Vec<f64> = (0..test.len()).map(|i| if chosen(test[i]) { by_clock[i] } else { by_span[i] }).collect();
    if !clearly_likelier(&best, &by_span) {
        return None;
    }
    let flags: Vec<u16> = (0..span.len() as u32).map(|r| u16::from(chosen(r))).collect();
    Rounds { ctx, ..quick }.parts(rows, &flags)
}

impl Rounds<'_> {
    fn drawn(&self, rows: &[u32], q: &[i64]) -> Drawn {
        coded(self.ctx, self.sheet, self.known, rows, q, &[], true)
    }

    /// The feature by whose bins rows are best told apart that come by the clock, and a bit for each bin where they do:
    /// `more` says how much likelier each of the rows is so.
    fn context(&self, rows: &[u32], more: &[f64]) -> Option<(u16, u64)> {
        let gain = |f: &u16| {
            let column = &self.sheet.matrix.columns[usize::from(*f)];
            let mut bins = [(0.0, 0.0); 64];
            for (r, m) in rows.iter().zip(more) {
                let bin = &mut bins[usize::from(column[*r as usize])];
                *bin = (bin.0 + m, bin.1 + m * m);
            }
            // A sum beyond two of its standard errors.
            let clear = bins.iter().enumerate().filter(|(_, (sum, squares))| *sum > 2.0 * libm::sqrt(*squares));
            clear.fold((0.0, *f, 0u64), |(all, f, set), (bin, (sum, _))| (all + sum, f, set | 1 << bin))
        };
        let best = self.known.iter().map(gain).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        // Nothing is told apart where all of them are as good.
        let all = more.iter().sum::<f64>() + CLEARLY * rows.len() as f64;
        (best.0 > 0.0).then_some((best.1, if all > best.0 { u64::MAX } else { best.2 }))
    }

    fn flag(&self, rows: &[u32], codes: &[u16]) -> Drawn {
        let target = Target { rows, codes, coder: Coder::Flag, ordered: true, scalar: None, extras: &[] };
        fit_drawn(self.ctx, self.sheet, self.known, target)
    }

    fn parts(&self, rows: &[u32], by_clock: &[u16]) -> Option<Vec<Drawn>> {
        let (clock, span): (Vec<u32>, Vec<u32>) = rows.iter().partition(|r| by_clock[**r as usize] == 1);
        let span = if span.len() < LEAST { rows } else { &span };
        (clock.len() >= LEAST)
            .then(|| vec![self.drawn(span, self.span), self.flag(rows, by_clock), self.drawn(&clock, &self.clock)])
    }
}
