//! Fits one coded draw: picks features, adds the linear guess, grows the conditional.

use rayon::prelude::*;

use super::sheet::Sheet;
use super::{Effort, Fit, boosted};
use crate::conditional::{Binner, Conditional, Matrix, Ridge, Scale, Tree};
use crate::math::ln;
use crate::model::{Coder, Drawn, Input};

/// What is to be drawn, one entry a row of the sheet.
pub(crate) struct Target<'a> {
    /// Rows to learn from.
    pub rows: &'a [u32],
    /// Code of every row of the sheet.
    pub codes: &'a [u16],
    /// What codes mean.
    pub coder: Coder,
    /// Neighbouring codes are alike.
    pub ordered: bool,
    /// A number for the linear guess, NaN where there is none.
    pub scalar: Option<&'a [f64]>,
    /// Values of earlier parts of the same column.
    pub extras: &'a [Vec<f64>],
}

/// Features kept for the instant conditional.
const KEEP: usize = 32;
/// First rows of owners from which they are looked at apart.
const FIRSTS: usize = 200;
/// Rows of the quick look at each feature.
const LOOK: usize = 6_000;

/// Fits a draw from features that are known.
pub(crate) fn fit_drawn(ctx: &Fit, sheet: &Sheet, known: &[u16], target: Target) -> Drawn {
    let n_codes = target.coder.codes();
    let entities = &ctx.entities[sheet.table];
    let ridge = target.scalar.and_then(|y| {
        let columns: Vec<(u16, &[f64])> = known
            .iter()
            .filter(|f| sheet.is_number(**f))
            .map(|f| (*f, sheet.values[usize::from(*f)].as_slice()))
            .collect();
        let y: Vec<f64> = target.rows.iter().map(|r| y[*r as usize]).collect();
        Ridge::fit(&columns, target.rows, &y).filter(|r| r.explained > 0.05)
    });
    let strength = if ctx.is_quick { Effort::Instant } else { ctx.options.effort };
    let kept = match strength {
        Effort::Instant => best(sheet, known, &target, n_codes),
        _ => boosted::by_gain(ctx, sheet, known, &target, n_codes),
    };
    let mut inputs: Vec<Input> = kept.into_iter().map(Input::Feature).collect();
    let mut matrix = Matrix::default();
    for i in &inputs {
        let Input::Feature(f) = i else { continue };
        let f = usize::from(*f);
        matrix.columns.push(sheet.matrix.columns[f].clone());
        matrix.ordered.push(sheet.matrix.ordered[f]);
        matrix.bins.push(sheet.matrix.bins[f]);
    }
    if let Some(r) = &ridge {
        let guess = guesses(sheet, r);
        let binner = Binner::ordered(&guess, entities, ctx.options.min_support);
        matrix.push(&guess, &binner);
        inputs.push(Input::Ridge(binner));
    }
    for (i, extra) in target.extras.iter().enumerate() {
        let binner = Binner::ordered(extra, entities, ctx.options.min_support);
        matrix.push(extra, &binner);
        inputs.push(Input::Extra(i as u8, binner));
    }
    let conditional = match strength {
        Effort::Instant => Conditional::Tree(tree(ctx, &matrix, &target, target.rows, entities)),
        _ => boosted::likeliest(ctx, &matrix, &target, entities),
    };
    Drawn { coder: target.coder, inputs, ridge, conditional }
}

/// One tree grown on some of the rows.
pub(super) fn tree(ctx: &Fit, x: &Matrix, target: &Target, rows: &[u32], entities: &[u32]) -> Tree {
    let all: Vec<u16> = (0..x.columns.len() as u16).collect();
    let scale = Scale { codes: target.coder.codes(), ordered: target.ordered, gaps: &target.coder.gaps() };
    Tree::fit(x, &all, rows, target.codes, scale, entities, ctx.tree())
}

/// The linear guess of every row of the sheet.
pub(crate) fn guesses(sheet: &Sheet, ridge: &Ridge) -> Vec<f64> {
    let rows = sheet.values.first().map_or(0, Vec::len);
    let line = ridge.line();
    (0..rows).into_par_iter().map(|r| line.guess(|f| sheet.values[usize::from(f)][r])).collect()
}

/// The features that tell most about the target on their own, in the order of the sheet: over all rows, and over the
/// first rows of the owners, where history is silent and would crowd out what counts there.
fn best(sheet: &Sheet, known: &[u16], target: &Target, n_codes: usize) -> Vec<u16> {
    if known.len() <= KEEP {
        return known.to_vec();
    }
    let mut kept = most_telling(sheet, known, target, n_codes, target.rows, KEEP);
    let firsts: Vec<u32> = target.rows.iter().copied().filter(|r| sheet.is_first[*r as usize]).collect();
    if firsts.len() >= FIRSTS && firsts.len() < target.rows.len() {
        kept.extend(most_telling(sheet, known, target, n_codes, &firsts, KEEP / 2));
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// The `keep` features that tell most about the target in these rows.
fn most_telling(sheet: &Sheet, known: &[u16], target: &Target, n_codes: usize, rows: &[u32], keep: usize) -> Vec<u16> {
    let groups = 16.min(n_codes);
    let stride = rows.len().div_ceil(LOOK).max(1);
    let rows: Vec<u32> = rows.iter().copied().step_by(stride).collect();
    let codes: Vec<usize> = grouped(target, &rows, n_codes, groups);
    let mut scored: Vec<(f64, u16)> = known
        .iter()
        .map(|&f| {
            let column = &sheet.matrix.columns[usize::from(f)];
            let bins = sheet.matrix.bins[usize::from(f)];
            let mut cells = vec![0f64; bins * groups];
            let mut size = vec![0f64; bins];
            for (r, g) in rows.iter().zip(&codes) {
                let b = usize::from(column[*r as usize]);
                cells[b * groups + g] += 1.0;
                size[b] += 1.0;
            }
            let xlnx = |x: f64| if x > 0.0 { x * ln(x) } else { 0.0 };
            let inside: f64 = cells.iter().map(|c| xlnx(*c)).sum::<f64>() - size.iter().map(|c| xlnx(*c)).sum::<f64>();
            // Every filled cell beyond a row's first costs half a degree of freedom.
            let filled =
                cells.iter().filter(|c| **c > 0.0).count() as f64 - size.iter().filter(|c| **c > 0.0).count() as f64;
            (inside - 0.5 * filled, f)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.into_iter().take(keep).map(|s| s.1).collect()
}

/// The codes of some rows in a few groups: of like mass for ordered codes, codes modulo the number of groups else.
pub(super) fn grouped(target: &Target, rows: &[u32], n_codes: usize, groups: usize) -> Vec<usize> {
    let mut sorted: Vec<u16> = rows.iter().map(|r| target.codes[*r as usize]).collect();
    sorted.sort_unstable();
    let group = |c: u16| {
        if n_codes <= groups {
            usize::from(c)
        } else if target.ordered {
            sorted.partition_point(|x| *x < c) * groups / sorted.len().max(1)
        } else {
            usize::from(c) % groups
        }
    };
    rows.iter().map(|r| group(target.codes[*r as usize]).min(groups - 1)).collect()
}

/// Log probability of the codes of some rows, row by row.
pub(crate) fn scores(sheet: &Sheet, drawn: &Drawn, rows: &[u32], codes: &[u16], extras: &[Vec<f64>]) -> Vec<f64> {
    let guess = drawn.ridge.as_ref().map(|r| guesses(sheet, r));
    rows.iter()
        .map(|r| {
            let row = *r as usize;
            let bin = &mut |i: u16| match &drawn.inputs[usize::from(i)] {
                Input::Feature(f) => sheet.matrix.columns[usize::from(*f)][row],
                Input::Ridge(b) => b.bin(guess.as_ref().map_or(f64::NAN, |g| g[row])),
                Input::Extra(e, b) => b.bin(extras[usize::from(*e)][row]),
            };
            ln(drawn.conditional.probability(bin, codes[row]).max(1e-5))
        })
        .collect()
}
