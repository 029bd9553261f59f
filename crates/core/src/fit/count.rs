//! Fits how many child rows a row has.

use super::Fit;
use super::drawn::{Target, fit_drawn};
use super::sheet::Sheet;
use crate::dataset::NULL;
use crate::encode::NumberCoder;
use crate::feature::count_features;
use crate::frame::Ref;
use crate::math::ln;
use crate::model::{Coder, CountModel};
use crate::plan::SummaryKind;
use crate::time::SECOND;

fn variance(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n
}

pub(super) fn count(ctx: &Fit, t: usize, child: usize, bounds: &[(Ref, Ref)], per: Option<(Ref, Ref)>) -> CountModel {
    let sheet = Sheet::new(ctx, t, count_features(ctx.plan, t, child, bounds));
    let rows: Vec<u32> = (0..ctx.frames[t].rows as u32).collect();
    let counts: Vec<i64> = rows.iter().map(|r| ctx.frames[child].children(*r as usize).len() as i64).collect();
    // The time for each is drawn where it varies less than the count; missing stands for no child at all then.
    let each = |row: usize, (from, to): &(Ref, Ref)| {
        let span = ctx.plan.value(ctx.frames, t, row, to).wrapping_sub(ctx.plan.value(ctx.frames, t, row, from));
        if counts[row] > 0 { (span / counts[row] / SECOND).max(1) } else { NULL }
    };
    let per = per.filter(|interval| {
        let held = counts.iter().zip(0..).filter(|(n, _)| **n > 0);
        let (some, paces): (Vec<f64>, Vec<f64>) =
            held.map(|(n, row)| (ln(*n as f64), ln(each(row, interval) as f64))).unzip();
        variance(&paces) < variance(&some)
    });
    let drawn_for: Vec<i64> = match &per {
        None => counts.clone(),
        Some(interval) => (0..counts.len()).map(|row| each(row, interval)).collect(),
    };
    let (some, who): (Vec<i64>, Vec<u32>) =
        drawn_for.iter().zip(&ctx.entities[t]).filter(|(v, _)| **v != NULL).map(|(v, e)| (*v, *e)).unzip();
    let coder = NumberCoder::fit(&some, &who, ctx.options.min_support, ctx.options.grain());
    let none = coder.len() as u16;
    let codes: Vec<u16> = drawn_for.iter().map(|v| if *v == NULL { none } else { coder.code(*v) }).collect();
    let scalar: Vec<f64> = drawn_for.iter().map(|v| if *v == NULL { f64::NAN } else { *v as f64 }).collect();
    let known: Vec<u16> = (0..sheet.features.len() as u16).collect();
    let target = Target {
        rows: &rows,
        codes: &codes,
        coder: Coder::Number(coder),
        ordered: true,
        scalar: Some(&scalar),
        extras: &[],
    };
    let drawn = fit_drawn(ctx, &sheet, &known, target);
    let summary = ctx.plan.tables[t]
        .summaries
        .iter()
        .position(|s| usize::from(s.child) == child && s.what == SummaryKind::Count)
        .expect("every child table leaves its count");
    let mean = counts.iter().sum::<i64>() as f64 / counts.len().max(1) as f64;
    CountModel {
        child: child as u16,
        summary: summary as u16,
        features: sheet.features,
        binners: sheet.binners,
        per,
        drawn,
        mean,
    }
}
