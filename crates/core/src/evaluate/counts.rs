//! How many children parents have, table by table and jointly; and whether keys hold.

use rayon::prelude::*;

use super::frame::{Frame, REAL, side_name};
use super::link::key_codes;
use super::measure::{Measure, Section, Subject};
use crate::dataset::Column;
use crate::metric::adherence::share;
use crate::metric::cardinality::NO_KEY;
use crate::metric::jackknife::Estimate;
use crate::metric::joint::{Joint, joint_similarity};
use crate::metric::ks_complement;

/// Children per parent of every relationship, and of every two relationships of one parent together.
pub fn counts(frame: &Frame, side: usize) -> Vec<Measure> {
    let relationships = &frame.metadata.relationships;
    let per: Vec<Option<[Vec<u32>; 2]>> = (0..relationships.len())
        .into_par_iter()
        .map(|i| {
            let counts = |s: usize| frame.links[s][i].as_ref().ok().map(|l| l.counts());
            Some([counts(REAL)?, counts(side)?])
        })
        .collect();
    let mut out = Vec::new();
    for (i, r) in relationships.iter().enumerate() {
        let child = format!("{}.{}", r.child, r.child_key.join("+"));
        let subject = Subject::new(Section::Counts, "children per parent (mean)", &r.parent, &[&child]);
        let Some(counts) = &per[i] else {
            let why = frame.links[side][i].as_ref().err().or(frame.links[REAL][i].as_ref().err());
            out.push(Measure::failed(subject, why.cloned().unwrap_or_default()));
            continue;
        };
        let wide = counts.each_ref().map(|c| c.iter().map(|&n| i64::from(n)).collect::<Vec<_>>());
        let groups = [REAL, side].map(|s| &frame.groups[s][&r.parent]);
        let score = ks_complement::estimate([(&wide[0], groups[0]), (&wide[1], groups[1])]);
        let mean = |i: usize| counts[i].iter().map(|&n| f64::from(n)).sum::<f64>() / counts[i].len().max(1) as f64;
        out.push(Measure::new(subject, score).with_values(mean(0), mean(1)));
        for (j, q) in relationships.iter().enumerate().skip(i + 1).filter(|(_, q)| q.parent == r.parent) {
            let Some(others) = &per[j] else { continue };
            let codes = |c: &[Vec<u32>; 2]| c.each_ref().map(|c| c.iter().map(|&n| bin(n)).collect::<Vec<u8>>());
            let (a, b) = (codes(counts), codes(others));
            let joint = |i: usize| Joint { a: &a[i], b: &b[i], groups: groups[i] };
            let second = format!("{}.{}", q.child, q.child_key.join("+"));
            let subject =
                Subject::new(Section::Counts, "children of two tables together", &r.parent, &[&child, &second]);
            out.push(Measure::new(subject, joint_similarity([joint(0), joint(1)], [BINS, BINS])));
        }
    }
    out
}

const BINS: usize = 9 + 25;

/// Counts up to 8 are kept, larger ones by their power of two and half.
fn bin(n: u32) -> u8 {
    if n <= 8 {
        return n as u8;
    }
    let power = n.ilog2();
    let half = (n >> (power - 1)) & 1;
    (9 + (2 * (power - 3) + half).min(24)) as u8
}

/// Primary keys there and unique, foreign keys there to be found.
pub fn keys(frame: &Frame, side: usize) -> Vec<Measure> {
    let mut out = Vec::new();
    for (table, meta) in &frame.metadata.tables {
        if meta.primary_key.is_empty() {
            continue;
        }
        let columns: Vec<&str> = meta.primary_key.iter().map(String::as_str).collect();
        let subject = Subject::new(Section::Keys, "primary key unique", table, &columns);
        let keys = columns.iter().map(|c| key_column(frame, side, table, c)).collect::<Result<Vec<_>, _>>();
        out.push(match keys.and_then(|k| unique_share(&k.iter().collect::<Vec<_>>())) {
            Ok(s) => held(subject, s),
            Err(e) => Measure { absolute: true, ..Measure::failed(subject, format!("{} data: {e}", side_name(side))) },
        });
    }
    for (i, r) in frame.metadata.relationships.iter().enumerate() {
        let columns: Vec<&str> = r.child_key.iter().map(String::as_str).collect();
        let subject = Subject::new(Section::Keys, "foreign key found", &r.child, &columns).via(&r.parent);
        out.push(match &frame.links[side][i] {
            Ok(l) => {
                let rows = 0..l.child_keys.len();
                held(subject, share(rows.map(|row| l.child_keys[row] == NO_KEY || l.parent(row as u32).is_some())))
            }
            Err(e) => Measure { absolute: true, ..Measure::failed(subject, format!("{} data: {e}", side_name(side))) },
        });
    }
    out
}

/// A share of rows that hold; nothing to check holds.
pub(super) fn held(subject: Subject, share: Option<f64>) -> Measure {
    Measure { absolute: true, ..Measure::new(subject, Some(Estimate::exact(share.unwrap_or(1.0)))) }
}

fn key_column(frame: &Frame, side: usize, table: &str, column: &str) -> Result<Column, String> {
    let t = frame.table(side, table);
    match t.columns.get(column) {
        Some(Ok(s)) => Ok(Column::Number { ticks: s.ticks.clone(), decimals: 0 }),
        Some(Err(e)) => Err(e.clone()),
        None => t.other.get(column).ok_or("the column is missing")?.clone(),
    }
}

/// Share of rows whose key is there and stands in no other row.
fn unique_share(columns: &[&Column]) -> Result<Option<f64>, String> {
    let keys = &key_codes(columns, columns)?[0];
    let size = keys.iter().filter(|&&k| k != NO_KEY).max().map_or(0, |&m| m as usize + 1);
    let mut seen = vec![0u32; size];
    for &k in keys.iter().filter(|&&k| k != NO_KEY) {
        seen[k as usize] += 1;
    }
    Ok(share(keys.iter().map(|&k| k != NO_KEY && seen[k as usize] == 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_rise_with_the_count_and_stay_inside() {
        let bins: Vec<u8> = (0..5000).map(bin).collect();
        assert!(bins.windows(2).all(|w| w[0] <= w[1]));
        assert!(usize::from(bin(u32::MAX)) < BINS);
    }

    #[test]
    fn every_copy_of_a_repeated_key_fails() {
        let keys = Column::Number { ticks: vec![1, 1, 2, crate::dataset::NULL], decimals: 0 };
        assert_eq!(unique_share(&[&keys]), Ok(Some(0.25)));
    }
}
