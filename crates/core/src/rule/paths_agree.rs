//! `paths_agree`: two paths from a row end at the same value.
//!
//! ```
//! # use healthdata_core::example::{check, Table};
//! let rule = r#"{"kind": "paths_agree", "table": "visits", "left": "room_id.ward", "right": "stay_id.ward"}"#;
//! let rooms = Table("rooms(*room_id, ward)", "1, North\n2, South");
//! let stays = Table("stays(*stay_id, ward)", "7, South\n8, North\n9,");
//! let visits = Table("visits(room_id>rooms, stay_id>stays)", "
//!     1, 8
//!     1, 7
//!     2, 9
//!      , 7");
//! let report = check(&[rooms, stays, visits], &[rule])?;
//! assert_eq!((report.broken("rule"), report.places("rule")), (1, vec![2]));
//! # Ok::<(), healthdata_core::Error>(())
//! ```
//!
//! - `left`, `right`: paths of two labels, two numbers or two times.
//! - **Missing**: holds when either value is missing.
//! - **How it is kept**: the link chosen second is masked to targets that agree, a column is copied from the path. A
//!   time of the owner that few of its rows have (the day of death, in the stay that ends with it) is theirs: drawn
//!   there, no row of the owner follows, and the owner has it from there.

use crate::Result;
use crate::linked::{Linked, Tally, align};

pub(super) fn check(linked: &Linked, table: &str, left: &str, right: &str) -> Result<Tally> {
    let (left, right) = align(linked.path(table, left)?, linked.path(table, right)?, false)?;
    Ok(Tally::of(linked.table(table)?.rows, |row| {
        super::any_pick(&[left.path(), right.path()], |pick| match (left.value(row, pick), right.value(row, pick)) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        })
    }))
}
