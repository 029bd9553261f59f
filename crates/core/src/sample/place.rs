//! Finds a time for a whole sequence where targets have a capacity.
//!
//! All rows of an owner are drawn as if there were room, then moved together by whole weeks until every one of them
//! fits. Weekday, time of day, gaps, lengths and targets stay as they were drawn; a single row that waited or went
//! elsewhere would bend them.

use std::ops::Range;

use super::link::Targets;
use super::row::RowDrawer;
use crate::dataset::NULL;
use crate::frame::{Frame, Ref};
use crate::model::{ColumnModel, Quantity, TableModel};
use crate::time::DAY;

/// A move that keeps weekday and time of day.
const WEEK: i64 = 7 * DAY;
/// Weeks that a sequence is moved at most, to either side.
const FURTHEST: i64 = 60;

/// Slots that move when the time of a row moves: that time and all that is drawn as a span from it. None where the
/// table has no capacity, or where its times hang on something that stays or something computed hangs on them.
pub(super) fn moving(when: &ColumnModel, mine: &TableModel, ends: (u16, u16)) -> Option<Vec<usize>> {
    if !matches!(when.quantity, Quantity::Calendar(..)) {
        return None;
    }
    let mut slots = vec![when.slot];
    for c in &mine.columns {
        if let Quantity::Since(r) | Quantity::Calendar(Some(r), _) = &c.quantity
            && r.hops.is_empty()
            && slots.contains(&r.slot)
        {
            slots.push(c.slot);
        }
    }
    let of_these = |r: &Ref| r.hops.is_empty() && slots.contains(&r.slot);
    if mine.keep.computed.iter().any(|c| slots.contains(&c.slot) || c.names.iter().any(|(_, r)| of_these(r))) {
        return None;
    }
    (slots.contains(&ends.0) && slots.contains(&ends.1)).then(|| slots.into_iter().map(usize::from).collect())
}

/// Moves the finished rows of one owner to the nearest week in which all of them fit, and takes the places. False
/// when there is none: then the rows are of no use.
pub(super) fn place(
    d: &RowDrawer,
    frames: &mut [Frame],
    rows: Range<usize>,
    slots: &[usize],
    targets: &mut [Option<Targets>],
) -> bool {
    let mut at = 0;
    let later = (1..=FURTHEST).flat_map(|weeks| [weeks, -weeks]);
    for weeks in std::iter::once(0).chain(later) {
        shift(&mut frames[d.table], rows.clone(), slots, (weeks - at) * WEEK);
        at = weeks;
        if take(d, frames, rows.clone(), targets) {
            return true;
        }
    }
    false
}

fn shift(frame: &mut Frame, rows: Range<usize>, slots: &[usize], by: i64) {
    for slot in slots {
        for v in &mut frame.values[*slot][rows.clone()] {
            if *v != NULL {
                *v += by;
            }
        }
    }
}

/// Takes a place for each row, or none for any.
fn take(d: &RowDrawer, frames: &[Frame], rows: Range<usize>, targets: &mut [Option<Targets>]) -> bool {
    for row in rows.clone() {
        if d.stands(frames, row, row > rows.start, targets) {
            targets.iter_mut().flatten().for_each(|t| t.occupy(d.model, frames, row));
        } else {
            for taken in rows.start..row {
                targets.iter_mut().flatten().for_each(|t| t.give_back(d.model, frames, taken));
            }
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Computed;

    #[test]
    fn times_that_something_is_computed_from_stay() {
        let column = |slot, quantity| ColumnModel { slot, quantity, parts: Vec::new(), range: None };
        let when = column(0, Quantity::Calendar(None, Vec::new()));
        let mut mine = TableModel { columns: vec![column(1, Quantity::Since(Ref::own(0)))], ..TableModel::default() };
        assert_eq!(moving(&when, &mine, (0, 1)), Some(vec![0, 1]));
        let names = vec![("end".to_owned(), Ref::own(1))];
        mine.keep.computed = vec![Computed { slot: 2, equals: "end + 86400".into(), names, optional: false }];
        assert_eq!(moving(&when, &mine, (0, 1)), None);
    }
}
