//! Columns that number rows: 1, 2, 3, ... within their owner, or within the owner's rows of one time (the stints of a
//! year, the visits of a day).

use super::Fit;
use crate::frame::NO_ROW;
use crate::model::{ColumnModel, Quantity};
use crate::plan::SlotKind;

/// A column that numbers rows, as one is drawn; None for others.
pub(super) fn numbering(ctx: &Fit, t: usize, slot: usize) -> Option<ColumnModel> {
    let within = |when: u16| (usize::from(when) != slot).then_some(when);
    let quantity = match counts_from(ctx, t, slot, None) {
        Some(first) => Quantity::Position(first),
        None => {
            let when = ctx.plan.tables[t].when.and_then(within)?;
            Quantity::PositionWithin(counts_from(ctx, t, slot, Some(when))?, when)
        }
    };
    Some(ColumnModel { slot: slot as u16, quantity, parts: Vec::new(), range: None })
}

/// The number that the first row has, where each row has one more than the row before it that belongs together with it.
fn counts_from(ctx: &Fit, t: usize, slot: usize, within: Option<u16>) -> Option<i64> {
    let (frame, table) = (&ctx.frames[t], &ctx.plan.tables[t]);
    let number = |row: usize| match (&table.slots[slot].kind, frame.values[slot][row]) {
        // A label that too few entities have stands behind the last; any number may be meant.
        (SlotKind::Label { numeric: Some(n), .. }, code) => Some(n.get(usize::try_from(code).ok()?).copied()),
        (SlotKind::Number { .. }, v) => Some(Some(v)),
        _ => None,
    };
    if frame.rows == 0 || table.owner.is_none() || frame.owner.contains(&NO_ROW) {
        return None;
    }
    let first = number(0)??;
    if first.unsigned_abs() > 1_000_000 {
        return None;
    }
    let together = |row: usize| {
        let same = |s: u16| frame.values[usize::from(s)][row] == frame.values[usize::from(s)][row - 1];
        row > 0 && frame.owner[row] == frame.owner[row - 1] && within.is_none_or(same)
    };
    let (mut place, mut second, mut unknown) = (0, 0usize, 0usize);
    for row in 0..frame.rows {
        place = if together(row) { place + 1 } else { 0 };
        second += usize::from(place == 1);
        match number(row)? {
            Some(v) if v != first + place => return None,
            Some(_) => {}
            None => unknown += 1,
        }
    }
    (second >= ctx.options.min_support && unknown * 100 <= frame.rows).then_some(first)
}
