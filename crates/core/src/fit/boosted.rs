//! Fits boosted conditionals: picks their features by gain, and keeps one tree where unseen entities find it likelier.

use super::drawn::{Target, grouped, tree};
use super::sheet::Sheet;
use super::{Effort, Fit};
use crate::boost::{Bins, BoostParams, BoostedConditional, Codes, Refit, Shape, fit_codes, order_codes};
use crate::conditional::{Conditional, Matrix};
use crate::math::ln;
use crate::rng::{Stream, name};

/// Below this many rows one tree competes with the boosted ones.
const FEW: usize = 6_000;
/// One in so many entities judges.
const JUDGES: u64 = 5;
/// Fewest rows that can judge.
const ROWS_TO_JUDGE: usize = 40;
/// Rows and groups of codes of the quick look at the features.
const LOOK: usize = 4_000;
const GROUPS: usize = 8;

fn params(ctx: &Fit) -> BoostParams {
    let k = ctx.options.min_support;
    let base = BoostParams { min_entities: k, min_rows: k.max(20), ..BoostParams::default() };
    match ctx.options.effort {
        Effort::Best => BoostParams {
            rounds: 600,
            shape: Shape { learning_rate: 0.05, ..base.shape },
            second: base.second.map(|s| Shape { learning_rate: 0.08, ..s }),
            patience: 20,
            refit: Refit::Trees,
            ..base
        },
        _ => base,
    }
}

/// Features offered to a boosted conditional.
fn most_features(ctx: &Fit) -> usize {
    if ctx.options.effort == Effort::Best { 120 } else { 60 }
}

/// The features that a few quick rounds gain most by, in the order of the sheet.
pub(super) fn by_gain(ctx: &Fit, sheet: &Sheet, known: &[u16], target: &Target, n_codes: usize) -> Vec<u16> {
    let most = most_features(ctx);
    if known.len() <= most {
        return known.to_vec();
    }
    let stride = target.rows.len().div_ceil(LOOK).max(1);
    let rows: Vec<u32> = target.rows.iter().copied().step_by(stride).collect();
    let groups = GROUPS.min(n_codes);
    let values: Vec<u16> = grouped(target, &rows, n_codes, groups).into_iter().map(|g| g as u16).collect();
    let column = |f: &u16| {
        let column = &sheet.matrix.columns[usize::from(*f)];
        rows.iter().map(|r| column[*r as usize]).collect::<Vec<u8>>()
    };
    let columns: Vec<Vec<u8>> = known.iter().map(column).collect();
    let ordered: Vec<bool> = known.iter().map(|f| sheet.matrix.ordered[usize::from(*f)]).collect();
    let bins: Vec<usize> = known.iter().map(|f| sheet.matrix.bins[usize::from(*f)]).collect();
    let x = Bins { columns: &columns, ordered: &ordered, bins: &bins };
    let who: Vec<u32> = rows.iter().map(|r| ctx.entities[sheet.table][*r as usize]).collect();
    let quick = BoostParams {
        rounds: 12,
        shape: Shape { leaves: 12, learning_rate: 0.3, min_gain: 4.0 },
        second: None,
        validation_share: 0.0,
        refit: Refit::None,
        ..params(ctx)
    };
    let here: Vec<u32> = (0..rows.len() as u32).collect();
    let codes = Codes { values: &values, n: groups, order: None, gaps: &[] };
    let gain = fit_codes(&x, &here, &codes, &who, &quick, ctx.options.seed).gain;
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_by(|a, b| gain[*b].total_cmp(&gain[*a]).then(a.cmp(b)));
    let mut kept: Vec<u16> = order.into_iter().take(most).map(|i| known[i]).collect();
    kept.sort_unstable();
    kept
}

/// Boosted trees, or one tree with more or fewer splits where there are few rows and entities it has not seen find it
/// likelier.
pub(super) fn likeliest(ctx: &Fit, x: &Matrix, target: &Target, entities: &[u32]) -> Conditional {
    if target.rows.len() < FEW {
        let purpose = name(&["judges"]);
        let judges =
            |r: &&u32| Stream::new(ctx.options.seed, purpose, u64::from(entities[**r as usize])).below(JUDGES) == 0;
        let (test, train): (Vec<u32>, Vec<u32>) = target.rows.iter().partition(judges);
        if test.len() < ROWS_TO_JUDGE || train.len() < ROWS_TO_JUDGE {
            return Conditional::Tree(tree(ctx, x, target, target.rows, entities));
        }
        let strict = ctx.strict();
        let score = |of: &Conditional| likelihood(of, x, target, &test);
        let [usual, fewer] = [ctx, &strict].map(|c| score(&Conditional::Tree(tree(c, x, target, &train, entities))));
        let many = score(&Conditional::Boosted(Box::new(boosted(ctx, x, target, &train, entities))));
        if usual.max(fewer) > many {
            let likelier = if fewer > usual { &strict } else { ctx };
            return Conditional::Tree(tree(likelier, x, target, target.rows, entities));
        }
    }
    Conditional::Boosted(Box::new(boosted(ctx, x, target, target.rows, entities)))
}

fn boosted(ctx: &Fit, x: &Matrix, target: &Target, rows: &[u32], entities: &[u32]) -> BoostedConditional {
    let bins = Bins { columns: &x.columns, ordered: &x.ordered, bins: &x.bins };
    let values: Vec<u16> = rows.iter().map(|r| target.codes[*r as usize]).collect();
    let gaps = target.coder.gaps();
    let codes = Codes { values: &values, n: target.coder.codes(), order: None, gaps: &gaps };
    let order = (!target.ordered).then(|| order_codes(&bins, rows, &codes));
    let codes = Codes { order: order.as_deref(), ..codes };
    let mut fitted = fit_codes(&bins, rows, &codes, entities, &params(ctx), ctx.options.seed);
    // The gain served to choose features; a model file does not keep it.
    fitted.gain = Vec::new();
    fitted
}

/// Log probability of the codes of some rows.
fn likelihood(c: &Conditional, x: &Matrix, target: &Target, rows: &[u32]) -> f64 {
    let one = |r: &u32| {
        let row = *r as usize;
        ln(c.probability(&mut |i| x.columns[usize::from(i)][row], target.codes[row]).max(1e-5))
    };
    rows.iter().map(one).sum()
}
