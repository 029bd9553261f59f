//! Fits how many child rows a row has.

use super::Fit;
use super::drawn::{Target, fit_drawn};
use super::sheet::Sheet;
use crate::encode::NumberCoder;
use crate::feature::count_features;
use crate::frame::Ref;
use crate::model::{Coder, CountModel};
use crate::plan::SummaryKind;

pub(super) fn count(ctx: &Fit, t: usize, child: usize, bounds: &[(Ref, Ref)]) -> CountModel {
    let sheet = Sheet::new(ctx, t, count_features(ctx.plan, t, child, bounds));
    let rows: Vec<u32> = (0..ctx.frames[t].rows as u32).collect();
    let counts: Vec<i64> = rows.iter().map(|r| ctx.frames[child].children(*r as usize).len() as i64).collect();
    let coder = NumberCoder::fit(&counts, &ctx.entities[t], ctx.options.min_support);
    let codes: Vec<u16> = counts.iter().map(|c| coder.code(*c)).collect();
    let scalar: Vec<f64> = counts.iter().map(|c| *c as f64).collect();
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
        drawn,
        mean,
    }
}
