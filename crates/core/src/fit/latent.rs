//! Hidden numbers on owners: the main axes of what their child rows look like together.
//!
//! A row's children are drawn one after the other, and what all of them share (a strong career, a stay that goes
//! badly) fades from row to row and from table to table. So every row that owns others carries a few numbers that
//! are drawn after its own columns and given to everything below: principal components (Pearson 1901; Hotelling
//! 1933) of the summaries of its children, child table by child table, deepest owners first. The axes themselves are
//! not kept.

use crate::dataset::NULL;
use crate::encode::Distinct;
use crate::frame::NO_ROW;
use crate::plan::{Built, Origin, Slot, SlotKind, Summary, SummaryKind};

/// Axes of one child table at most.
const AXES: usize = 3;
/// Owners with children that each axis needs.
const OWNERS_EACH: usize = 60;
/// Rows of a dimension that each axis needs.
const TARGETS_EACH: usize = 20;
/// Variance that an axis must hold, in summaries.
const WORTH: f64 = 1.2;
/// Rows that the axes are worked out on.
const ROWS: usize = 6_000;
/// Largest distance from the mean that counts, in standard deviations.
const FAR: f64 = 4.0;
/// Ticks of one standard deviation.
const TICKS: f64 = 100.0;
/// Rounds of the power iteration.
const ROUNDS: usize = 80;

/// Adds the hidden numbers to every table that owns rows.
pub(super) fn add(built: &mut Built, k: usize) {
    beside(built, k);
    let order: Vec<usize> = built.plan.order.iter().rev().map(|t| usize::from(*t)).collect();
    for t in order {
        if built.plan.tables[t].origin != Origin::Drawn {
            continue;
        }
        let before = built.plan.tables[t].slots.len();
        for child in built.plan.tables[t].children.clone() {
            if built.plan.tables[usize::from(child)].origin == Origin::Drawn {
                axes(built, t, child);
            }
        }
        let added = before..built.plan.tables[t].slots.len();
        if let Some(o) = built.plan.tables[t].owner.map(usize::from).filter(|_| !added.is_empty()) {
            for s in added {
                let what = SummaryKind::Mean(s as u16);
                built.plan.tables[o].summaries.push(Summary { child: t as u16, what });
            }
            crate::feature::summarise_all(&built.plan, &mut built.frames, o, t);
        }
    }
}

/// Adds to every row of a dimension what the rows that link to it look like together, where enough entities do.
///
/// A dimension is repeated row by row, so its hidden numbers stay and tell the wards of one specialty apart.
fn beside(built: &mut Built, k: usize) {
    for t in 0..built.plan.tables.len() {
        if built.plan.tables[t].origin != Origin::Drawn {
            continue;
        }
        for l in 0..built.plan.tables[t].links.len() {
            let link = &built.plan.tables[t].links[l];
            let target = usize::from(link.target);
            if link.deferred || built.plan.tables[target].origin == Origin::Drawn {
                continue;
            }
            let name = format!("{} by {}", built.plan.tables[t].name, link.name);
            let (columns, have) = linked(built, t, l, k);
            push(built, target, &name, &columns, &have, have.len() / TARGETS_EACH);
        }
    }
}

/// Means and shares of the rows of a table for each target of a link that at least `k` entities chose.
fn linked(built: &Built, t: usize, l: usize, k: usize) -> (Vec<Vec<f64>>, Vec<usize>) {
    let (frame, entities) = (&built.frames[t], &built.entities[t]);
    let mut by_target: Vec<(u32, u32)> =
        (0..frame.rows).filter(|r| frame.links[l][*r] != NO_ROW).map(|r| (frame.links[l][r], r as u32)).collect();
    by_target.sort_unstable();
    let mut distinct = Distinct::new(entities.iter().max().map_or(0, |m| *m as usize + 1));
    let groups: Vec<&[(u32, u32)]> = by_target
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|g| distinct.at_least(k, g.iter().map(|x| entities[x.1 as usize])))
        .collect();
    let have: Vec<usize> = groups.iter().map(|g| g[0].0 as usize).collect();
    let mean = |of: &dyn Fn(i64) -> f64, slot: usize| -> Vec<f64> {
        let one = |g: &&[(u32, u32)]| {
            let known: Vec<f64> =
                g.iter().map(|x| of(frame.values[slot][x.1 as usize])).filter(|v| v.is_finite()).collect();
            if known.is_empty() { f64::NAN } else { known.iter().sum::<f64>() / known.len() as f64 }
        };
        groups.iter().map(one).collect()
    };
    let mut columns = vec![groups.iter().map(|g| crate::math::ln(g.len() as f64)).collect::<Vec<f64>>()];
    for (s, slot) in built.plan.tables[t].slots.iter().enumerate() {
        match &slot.kind {
            SlotKind::Time { .. } => {}
            SlotKind::Label { labels, numeric: None } => {
                for code in 0..labels.len().min(4) as i64 {
                    let is = move |v: i64| if v == NULL { f64::NAN } else { f64::from(u8::from(v == code)) };
                    columns.push(mean(&is, s));
                }
            }
            _ => columns.push(mean(&|v| if v == NULL { f64::NAN } else { v as f64 }, s)),
        }
    }
    (columns.iter().filter_map(|c| standardised(c)).collect(), have)
}

/// The axes of one child table, as slots of its owner.
fn axes(built: &mut Built, t: usize, child: u16) {
    let frame = &built.frames[t];
    let have: Vec<usize> =
        (0..frame.rows).filter(|r| !built.frames[usize::from(child)].children(*r).is_empty()).collect();
    let summaries = built.plan.tables[t].summaries.iter().zip(&frame.summaries);
    let columns: Vec<Vec<f64>> = summaries
        .filter(|(s, _)| s.child == child)
        .filter_map(|(_, column)| standardised(&have.iter().map(|r| column[*r]).collect::<Vec<f64>>()))
        .collect();
    let name = built.plan.tables[usize::from(child)].name.clone();
    push(built, t, &name, &columns, &have, have.len() / OWNERS_EACH);
}

/// Adds the axes of these columns (one value for each row in `have`) to a table; brackets keep them apart from any
/// column's name.
fn push(built: &mut Built, t: usize, name: &str, columns: &[Vec<f64>], have: &[usize], most: usize) {
    // One summary alone is a feature by itself already.
    if most == 0 || columns.len() < 2 {
        return;
    }
    for (i, axis) in principal(columns, AXES.min(most)).into_iter().enumerate() {
        let mut values = vec![NULL; built.frames[t].rows];
        for (at, row) in have.iter().enumerate() {
            let place: f64 = axis.iter().zip(columns).map(|(a, c)| a * c[at]).sum();
            values[*row] = (place * TICKS).round() as i64;
        }
        built.frames[t].values.push(values);
        let column = format!("({name} {})", i + 1);
        built.plan.tables[t].slots.push(Slot { column, kind: SlotKind::Number { decimals: 2 }, step: 1 });
    }
}

/// Each known value by its rank, on the logit scale; equal values have their mean rank.
fn ranked(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| values[*i].is_finite()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let n = order.len() as f64;
    let (mut out, mut before) = (vec![f64::NAN; values.len()], 0);
    for same in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let share = (before as f64 + same.len() as f64 / 2.0) / n;
        same.iter().for_each(|i| out[*i] = crate::math::ln(share / (1.0 - share)));
        before += same.len();
    }
    out
}

/// With mean 0 and variance 1, missing at the mean, far values brought nearer; None when nothing varies.
fn standardised(values: &[f64]) -> Option<Vec<f64>> {
    let values = &ranked(values);
    let known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let n = known.len() as f64;
    if n < 0.3 * values.len() as f64 || known.len() < 2 {
        return None;
    }
    let mean = known.iter().sum::<f64>() / n;
    let sd = libm::sqrt(known.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n);
    if !(sd.is_finite() && sd > 1e-9 * mean.abs().max(1e-3)) {
        return None;
    }
    let one = |v: &f64| if v.is_finite() { ((v - mean) / sd).clamp(-FAR, FAR) } else { 0.0 };
    Some(values.iter().map(one).collect())
}

/// Up to `most` directions of largest variance, as weights of the columns.
fn principal(columns: &[Vec<f64>], most: usize) -> Vec<Vec<f64>> {
    let (d, n) = (columns.len(), columns[0].len());
    let step = n.div_ceil(ROWS).max(1);
    let rows = n.div_ceil(step) as f64;
    let mut cov = vec![0.0; d * d];
    for a in 0..d {
        for b in 0..=a {
            let (x, y) = (columns[a].iter().step_by(step), columns[b].iter().step_by(step));
            let s = x.zip(y).map(|(x, y)| x * y).sum::<f64>() / rows;
            (cov[a * d + b], cov[b * d + a]) = (s, s);
        }
    }
    let mut out: Vec<Vec<f64>> = Vec::new();
    for k in 0..most.min(d) {
        // A start that no axis is square to by chance.
        let mut v: Vec<f64> = (0..d).map(|i| 1.0 + 0.37 * ((i * 7 + k * 3) % 11) as f64).collect();
        let mut length = 0.0;
        for _ in 0..ROUNDS {
            let mut next: Vec<f64> =
                (0..d).map(|a| cov[a * d..(a + 1) * d].iter().zip(&v).map(|(c, x)| c * x).sum()).collect();
            length = libm::sqrt(next.iter().map(|x| x * x).sum::<f64>());
            if length < 1e-9 {
                break;
            }
            next.iter_mut().for_each(|x| *x /= length);
            v = next;
        }
        if length < WORTH {
            break;
        }
        for a in 0..d {
            for b in 0..d {
                cov[a * d + b] -= length * v[a] * v[b];
            }
        }
        // The sign of an axis is free: the heaviest weight is positive.
        let heaviest = v.iter().fold(0.0f64, |m, x| if x.abs() > m.abs() { *x } else { m });
        let unit = if heaviest < 0.0 { -1.0 } else { 1.0 } / libm::sqrt(length);
        out.push(v.into_iter().map(|x| x * unit).collect());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn the_first_axis_is_what_columns_share_and_noise_has_none() {
        let mut s = Stream::new(3, 0, 0);
        let n = 2000;
        let shared: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let mut columns: Vec<Vec<f64>> =
            (0..4).map(|_| shared.iter().map(|z| z + 0.5 * s.normal()).collect::<Vec<f64>>()).collect();
        columns.push((0..n).map(|_| s.normal()).collect());
        let columns: Vec<Vec<f64>> = columns.iter().filter_map(|c| standardised(c)).collect();
        let axes = principal(&columns, 3);
        assert_eq!(axes.len(), 1, "{axes:?}");
        let place = |i: usize| -> f64 { axes[0].iter().zip(&columns).map(|(a, c)| a * c[i]).sum() };
        let dot: f64 = (0..n).map(|i| place(i) * shared[i]).sum::<f64>() / n as f64;
        // Four columns with noise of a quarter of their signal: the sum's correlation is 1 / sqrt(1 + 1/16).
        assert!(dot > 0.93, "{dot}");
    }

    #[test]
    fn a_constant_or_missing_column_has_no_axis() {
        assert!(standardised(&[3.0; 50]).is_none());
        assert!(standardised(&[f64::NAN; 50]).is_none());
    }
}
