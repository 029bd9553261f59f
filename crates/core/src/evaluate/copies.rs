//! Copies: rows and whole entities that stand in the real data, and rows that are suspiciously near.

use std::collections::HashSet;

use rayon::prelude::*;

use super::frame::{Frame, HOLDOUT, REAL};
use super::measure::{Measure, Section, Subject};
use crate::dataset::NULL;
use crate::metric::binning::quantile;
use crate::metric::detection::draw;
use crate::metric::jackknife::{Estimate, Groups, jackknife};
use crate::metric::nearest::{Axis, closer_share};
use crate::metric::{Scale, Series};
use crate::rng::mix;

/// Fewest modelled columns (of a row) or cells (of an entity) that can't be equal by chance all the time.
pub(super) const COLUMNS: usize = 3;
const CELLS: usize = 8;
/// Rows whose nearest neighbours are searched, and rows searched among.
const PROBES: usize = 1000;
const REFERENCES: usize = 4000;

/// Rows and entities equal to real ones. The share itself is the value; the score is what is not copied.
pub fn copies(frame: &Frame, side: usize) -> Vec<Measure> {
    let tables: Vec<&String> = frame.metadata.tables.keys().collect();
    let mut out: Vec<Measure> = tables.par_iter().filter_map(|t| rows(frame, side, t)).collect();
    out.extend(tables.iter().filter(|t| frame.owners[t.as_str()].is_none()).filter_map(|t| entities(frame, side, t)));
    out
}

/// A hash of the modelled cells of each row.
pub(super) fn row_hashes(frame: &Frame, side: usize, table: &str, columns: &[&str]) -> Vec<u64> {
    let mut hash = vec![0x9e37_79b9u64; frame.table(side, table).rows];
    for c in columns {
        let series = frame.column(side, table, c).expect("shared columns can be read");
        for (h, &t) in hash.iter_mut().zip(&series.ticks) {
            *h = mix(*h ^ mix(t as u64)).wrapping_add(1);
        }
    }
    hash
}

fn rows(frame: &Frame, side: usize, table: &str) -> Option<Measure> {
    let columns = frame.shared(table, side);
    if columns.len() < COLUMNS {
        return None;
    }
    let seen: HashSet<u64> = row_hashes(frame, REAL, table, &columns).into_iter().collect();
    let equal: Vec<bool> = row_hashes(frame, side, table, &columns).iter().map(|h| seen.contains(h)).collect();
    let subject = Subject::new(Section::Copies, "rows equal to a real row", table, &[]);
    Some(shared_measure(subject, &equal, &frame.groups[side][table]))
}

fn shared_measure(subject: Subject, equal: &[bool], groups: &Groups) -> Measure {
    let mut sums = vec![[0.0; 2]; groups.count];
    for (&e, &g) in equal.iter().zip(&groups.of) {
        sums[usize::from(g)][0] += 1.0;
        sums[usize::from(g)][1] += f64::from(u8::from(e));
    }
    let share = jackknife(&[groups.count], |skip| {
        let kept = sums.iter().enumerate().filter(|(g, _)| skip.is_none_or(|s| s.1 != *g));
        let [n, e] = kept.fold([0.0; 2], |[n, e], (_, s)| [n + s[0], e + s[1]]);
        (n > 0.0).then(|| e / n)
    });
    let score = share.map(|s| Estimate { value: 1.0 - s.value, error: s.error });
    let m = Measure::new(subject, score);
    match share {
        Some(s) => Measure { values: Some([f64::NAN, s.value]), ..m },
        None => m,
    }
}

/// Entities equal to a real one with everything they own, keys aside.
fn entities(frame: &Frame, side: usize, table: &str) -> Option<Measure> {
    let real = fingerprints(frame, REAL, side, table, 0);
    let other = fingerprints(frame, side, side, table, 0);
    let owned = frame.owners.values().flatten().any(|&o| frame.metadata.relationships[o].parent == table);
    if !owned {
        return None;
    }
    let seen: HashSet<u64> = real.iter().filter(|f| f.1 >= CELLS).map(|f| f.0).collect();
    // Entities with next to nothing to compare would be equal by chance.
    let kept: Vec<usize> = (0..other.len()).filter(|&i| other[i].1 >= CELLS).collect();
    if kept.is_empty() {
        return None;
    }
    let equal: Vec<bool> = kept.iter().map(|&i| seen.contains(&other[i].0)).collect();
    let groups = frame.groups[side][table].pick(&kept.iter().map(|&i| i as u32).collect::<Vec<_>>());
    let subject = Subject::new(Section::Copies, "entities equal to a real one, with all they own", table, &[]);
    Some(shared_measure(subject, &equal, &groups))
}

/// For each row a hash of its cells and of the rows it owns, in any order, and the number of cells behind it.
/// Columns are those that the real data and `side` share.
fn fingerprints(frame: &Frame, of: usize, side: usize, table: &str, depth: usize) -> Vec<(u64, usize)> {
    let columns = frame.shared(table, side);
    let known = |row: usize| {
        let there = |c: &&&str| frame.column(of, table, c).is_ok_and(|s| s.ticks[row] != NULL);
        columns.iter().filter(there).count()
    };
    let hashes = row_hashes(frame, of, table, &columns);
    let mut out: Vec<(u64, usize)> = hashes.into_iter().enumerate().map(|(i, h)| (h, known(i))).collect();
    if depth > 8 {
        return out;
    }
    for (i, r) in frame.metadata.relationships.iter().enumerate().filter(|(_, r)| r.parent == table) {
        if frame.owners[&r.child] != Some(i) {
            continue;
        }
        let Ok(link) = &frame.links[of][i] else { continue };
        let children = fingerprints(frame, of, side, &r.child, depth + 1);
        for (child, (hash, cells)) in children.into_iter().enumerate() {
            if let Some(p) = link.parent(child as u32) {
                let (h, n) = &mut out[p as usize];
                // A sum does not depend on the order of the children.
                *h = h.wrapping_add(mix(hash ^ i as u64));
                *n += cells;
            }
        }
    }
    out
}

/// Are rows nearer to the real data than to the holdout? Only with a holdout, and only for what is not it.
pub fn nearest(frame: &Frame, side: usize, seed: u64) -> Vec<Measure> {
    if frame.tables.len() <= HOLDOUT || side == HOLDOUT {
        return Vec::new();
    }
    let tables: Vec<&String> = frame.metadata.tables.keys().collect();
    tables.into_iter().filter_map(|t| nearest_rows(frame, side, t, seed)).collect()
}

fn nearest_rows(frame: &Frame, side: usize, table: &str, seed: u64) -> Option<Measure> {
    let both = frame.shared(table, side);
    let columns: Vec<&str> = both.into_iter().filter(|c| frame.column(HOLDOUT, table, c).is_ok()).collect();
    let rows = |s: usize| frame.table(s, table).rows;
    let references = rows(REAL).min(rows(HOLDOUT)).min(REFERENCES);
    if columns.len() < COLUMNS || references < 100 || rows(side) < 100 || frame.metadata.tables[table].reference {
        return None;
    }
    let probes = draw(rows(side), PROBES, seed, &["nearest", table, "probe"]);
    let real = draw(rows(REAL), references, seed, &["nearest", table, "real"]);
    let held = draw(rows(HOLDOUT), references, seed, &["nearest", table, "holdout"]);
    let axes = |s: usize, picked: &[u32]| columns.iter().map(|c| axis(frame, s, table, c, picked)).collect::<Vec<_>>();
    let (a, b, c) = (axes(side, &probes), axes(REAL, &real), axes(HOLDOUT, &held));
    let share = closer_share([&a, &b, &c], &frame.groups[side][table].pick(&probes))?;
    // Beside the probes' own noise that of which rows they were compared with.
    let error = share.error.map(|e| 2.0 * (e * e + 0.25 / references as f64).sqrt());
    let score = Estimate { value: 1.0 - (2.0 * share.value - 1.0).max(0.0), error };
    let subject = Subject::new(Section::Copies, "nearer to the real rows than to the holdout's", table, &[]);
    Some(Measure::new(subject, Some(score)).with_values(0.5, share.value))
}

fn axis(frame: &Frame, side: usize, table: &str, column: &str, rows: &[u32]) -> Axis {
    let series = frame.column(side, table, column).expect("shared columns can be read");
    if series.scale == Scale::Label {
        return Axis::Label(rows.iter().map(|&r| label(series.ticks[r as usize])).collect());
    }
    let (origin, range) = middle_range(frame.column(REAL, table, column).expect("shared columns can be read"));
    let scaled = |&r: &u32| series.value(r as usize).map_or(f32::NAN, |v| ((v - origin) / range) as f32);
    Axis::Number(rows.iter().map(scaled).collect())
}

fn label(tick: i64) -> f32 {
    if tick == NULL { f32::NAN } else { tick as f32 }
}

/// The median and the distance of the 5 % and 95 % quantiles: extremes must not squeeze everybody together.
fn middle_range(series: &Series) -> (f64, f64) {
    let mut known: Vec<i64> = series.known().collect();
    known.sort_unstable();
    let q = |p: f64| quantile(&known, p, |t| series.float(t).unwrap_or(0.0)).unwrap_or(0.0);
    (q(0.5), (q(0.95) - q(0.05)).max(1e-9))
}
