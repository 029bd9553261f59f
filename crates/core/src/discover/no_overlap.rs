//! Finds `no_overlap`: intervals of one owner that never overlap.

use crate::linked::{Groups, Linked};
use crate::rule::{Rule, RuleKind};
use crate::{Column, Result};

use super::{Found, bits_of_few, rows};

/// Intervals of the table (pairs of own times in order) that do not overlap within one parent.
pub(super) fn find(linked: &Linked, table: &str, orders: &[Found]) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for (start, end) in intervals(orders) {
        let (Ok(starts), Ok(ends)) = (linked.table(table)?.column(start), linked.table(table)?.column(end)) else {
            continue;
        };
        if !matches!((starts, ends), (Column::Time { .. }, Column::Time { .. })) {
            continue;
        }
        for r in linked.metadata.parents_of(table) {
            let owner = r.child_key.join("+");
            let groups = Groups::of_rows(linked.parents(table, &owner)?);
            let known = |row: &usize| !starts.is_null(*row) && !ends.is_null(*row);
            let length = |row: usize| (i128::from(ends.tick(row)) - i128::from(starts.tick(row))) as f64;
            let all: Vec<usize> = (0..starts.len()).filter(known).collect();
            let from = all.iter().map(|r| starts.tick(*r)).min().unwrap_or(0);
            let to = all.iter().map(|r| ends.tick(*r)).max().unwrap_or(0);
            let span = (i128::from(to) - i128::from(from)).max(1) as f64;
            // Two intervals that begin anywhere overlap with a chance of their summed length over the span. Where
            // intervals come close together, as many should begin within one as within its length after it.
            let (bounds, members) = groups.rows();
            let (mut expected, mut followers) = (0.0, 0u64);
            let mut support = 0;
            for group in bounds.windows(2) {
                let mine: Vec<usize> = members[group[0]..group[1]].iter().map(|r| *r as usize).filter(known).collect();
                if mine.len() > 1 {
                    support += mine.len() as u64;
                    let sum: f64 = mine.iter().map(|r| length(*r)).sum();
                    expected += (mine.len() - 1) as f64 * sum / span;
                    followers += followed(mine.iter().map(|r| (starts.tick(*r), ends.tick(*r))).collect());
                }
            }
            let kind = RuleKind::NoOverlap { table: table.into(), owner, start: start.into(), end: end.into() };
            let Some(tally) = Rule::declared(kind.clone()).prove(linked)? else { continue };
            let expected = expected.max(followers as f64);
            let surprise = bits_of_few(tally.broken, expected);
            let why = format!(
                "{}; {followers} begin soon after another, and chance would have about {expected:.0} overlap",
                rows(support, tally.broken)
            );
            found.extend(Found::believed(kind, support, tally.broken, surprise, why));
        }
    }
    Ok(found)
}

/// The ends of orders that hold on every row.
fn intervals(orders: &[Found]) -> Vec<(&str, &str)> {
    let ends = |f: &&Found| f.broken == 0;
    fn names(kind: &RuleKind) -> Option<(&str, &str)> {
        match kind {
            RuleKind::Order { low, high, .. } => Some((low, high)),
            _ => None,
        }
    }
    orders.iter().filter(ends).filter_map(|f| names(&f.rule.kind)).collect()
}

/// Intervals of one owner that begin after the one before by no more than its length.
fn followed(mut intervals: Vec<(i64, i64)>) -> u64 {
    intervals.sort_unstable();
    let gaps = intervals.windows(2).map(|w| (i128::from(w[1].0) - i128::from(w[0].1), w[0]));
    gaps.filter(|(gap, (from, to))| (0..=i128::from(*to) - i128::from(*from)).contains(gap)).count() as u64
}
