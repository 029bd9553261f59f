//! What child rows leave on their owner's row.

use crate::dataset::NULL;
use crate::frame::Frame;
use crate::plan::{Plan, SlotKind, SummaryKind};

/// Fills the summaries of child table `child` on every row of table `t`.
pub fn summarise_all(plan: &Plan, frames: &mut [Frame], t: usize, child: usize) {
    let rows = frames[t].rows;
    for (i, s) in plan.tables[t].summaries.iter().enumerate() {
        if frames[t].summaries.len() <= i {
            frames[t].summaries.push(vec![f64::NAN; rows]);
        }
        if usize::from(s.child) == child {
            for row in 0..rows {
                frames[t].summaries[i][row] = one(plan, frames, t, row, child, s.what);
            }
        }
    }
}

/// Fills the summaries of child table `child` on one row of table `t`.
pub fn summarise(plan: &Plan, frames: &mut [Frame], t: usize, row: usize, child: usize) {
    for (i, s) in plan.tables[t].summaries.iter().enumerate() {
        if usize::from(s.child) == child {
            frames[t].summaries[i][row] = one(plan, frames, t, row, child, s.what);
        }
    }
}

/// The number behind a tick or label code.
pub(crate) fn number(kind: &SlotKind, tick: i64) -> f64 {
    if tick == NULL {
        return f64::NAN;
    }
    match kind {
        SlotKind::Label { numeric: Some(n), .. } => n.get(tick as usize).map_or(f64::NAN, |v| *v as f64),
        _ => tick as f64,
    }
}

fn one(plan: &Plan, frames: &[Frame], _t: usize, row: usize, child: usize, what: SummaryKind) -> f64 {
    let frame = &frames[child];
    let range = frame.children(row);
    let slots = &plan.tables[child].slots;
    let values = |s: u16| {
        let kind = &slots[usize::from(s)].kind;
        frame.values[usize::from(s)][range.clone()].iter().map(|v| number(kind, *v)).filter(|v| !v.is_nan())
    };
    match what {
        SummaryKind::Count => range.len() as f64,
        SummaryKind::Mean(s) => {
            let (mut n, mut sum) = (0.0, 0.0);
            for v in values(s) {
                n += 1.0;
                sum += v;
            }
            if n > 0.0 { sum / n } else { f64::NAN }
        }
        SummaryKind::Least(s) => values(s).fold(f64::NAN, f64::min),
        SummaryKind::Most(s) => values(s).fold(f64::NAN, f64::max),
        SummaryKind::Last(s) => values(s).next_back().unwrap_or(f64::NAN),
        SummaryKind::Share(s, code) => {
            if range.is_empty() {
                return f64::NAN;
            }
            let hits = frame.values[usize::from(s)][range.clone()].iter().filter(|v| **v == i64::from(code)).count();
            hits as f64 / range.len() as f64
        }
    }
}
