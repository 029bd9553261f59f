//! Labels that an owner's rows have had already, latest first: what a row may repeat.

use crate::frame::Frame;

/// Rows looked back at, at most.
const BACK: usize = 64;

/// The different labels (codes below `labels`) of a slot in the rows from `from` up to `row`, latest first; only from
/// rows that agree with `row` on the slot `given`. With it, how many rows back the first of them is.
pub fn recalled(
    frame: &Frame,
    from: usize,
    row: usize,
    slot: u16,
    given: Option<u16>,
    labels: usize,
) -> (Vec<i64>, usize) {
    let values = &frame.values[usize::from(slot)];
    let mut list: Vec<i64> = Vec::new();
    let mut back = 0;
    for r in (from.max(row.saturating_sub(BACK))..row).rev() {
        let agrees = given.is_none_or(|g| frame.values[usize::from(g)][r] == frame.values[usize::from(g)][row]);
        let v = values[r];
        if agrees && (0..labels as i64).contains(&v) && !list.contains(&v) {
            if list.is_empty() {
                back = row - r;
            }
            list.push(v);
        }
    }
    (list, back)
}
