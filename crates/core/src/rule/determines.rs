//! `determines`: one value of a column has one value of another.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "determines", "table": "wards", "column": "name", "determines": "specialty"}"#;
//! let wards = Table("wards(name, specialty)", "
//!     Cardiology A, Cardiology
//!     ICU A,        ICU
//!     Cardiology A, Neurology
//!     Cardiology A, Cardiology
//!     ICU A,                  ");
//! let report = check(&[wards], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![3]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `part`: `year`, `quarter`, `month`, `week`, `day`, `weekday`, `day_of_year`, `hour` or `minute`, where it is a part of
//!   a time that decides: `{"kind": "determines", "table": "sales", "column": "sold_at", "part": "weekday", "determines":
//!   "day"}` for a column that holds `Mon`, `Tue` and so on. [formula](formula.md) says what the parts are.
//! - Rows that differ from the commonest value of their group are broken; of equally common ones the first stands.
//! - **Missing**: holds, on either side.
//! - **How it is kept**: beside a label only its own value is drawn; from a number or time it is looked up in steps,
//!   each of enough entities; rows with the same key take what the first of them has.

use std::collections::HashMap;

use crate::dataset::NULL;
use crate::linked::{Groups, Linked, Path, Tally};
use crate::{Column, Result};

use super::part::Part;
use super::senseless;

pub(super) fn check(
    linked: &Linked,
    table: &str,
    (column, part): (&str, Option<Part>),
    determines: &str,
) -> Result<Tally> {
    let (from, to) = (linked.path(table, column)?, linked.path(table, determines)?);
    if part.is_some() && !matches!(from.column, Column::Time { .. }) {
        return Err(senseless(format!("{column} holds no times, which have parts")));
    }
    let rows = linked.table(table)?.rows;
    let of = |path: &Path, part: Option<Part>| {
        let tick = |row| path.row(row, 0).map_or(NULL, |r| path.column.tick(r));
        let value = |tick| part.filter(|_| tick != NULL).map_or(tick, |p| p.of(tick));
        Groups::of_values((0..rows).map(tick).map(value))
    };
    Ok(Tally::marked(rows, broken(&of(&from, part), &of(&to, None))))
}

/// The rows whose second group is not the usual one of their first group.
pub(crate) fn broken(from: &Groups, to: &Groups) -> Vec<usize> {
    let known = |row: &usize| from.of[*row] != crate::linked::NO_ROW && to.of[*row] != crate::linked::NO_ROW;
    let mut counts: HashMap<(u32, u32), u32> = HashMap::new();
    for row in (0..from.of.len()).filter(known) {
        *counts.entry((from.of[row], to.of[row])).or_default() += 1;
    }
    // In row order, so that of equally common values the first one leads.
    let mut usual: Vec<Option<(u32, u32)>> = vec![None; from.count];
    for row in (0..from.of.len()).filter(known) {
        let count = counts[&(from.of[row], to.of[row])];
        let best = &mut usual[from.of[row] as usize];
        if best.is_none_or(|(most, _)| count > most) {
            *best = Some((count, to.of[row]));
        }
    }
    (0..from.of.len())
        .filter(known)
        .filter(|&row| usual[from.of[row] as usize].is_some_and(|(_, g)| g != to.of[row]))
        .collect()
}
