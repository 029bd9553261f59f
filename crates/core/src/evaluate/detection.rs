//! Detection: rows, parents with aggregates of their children, and whole histories.

use indexmap::IndexMap;
use rayon::prelude::*;

use super::copies::COLUMNS;
use super::features::{Depth, Features, Unit, family_features, row_features};
use super::frame::{Frame, REAL};
use super::link::Link;
use super::measure::{Measure, Section, Subject};
use super::sequence::order_column;
use crate::metric::cardinality::NO_KEY;
use crate::metric::detection::{CAP, LEAST, detect, draw};
use crate::metric::jackknife::Estimate;

/// What is shown to a classifier.
#[derive(Clone, Copy, Debug)]
enum Exhibit<'a> {
    /// Rows of a table; those of one owner stay together, and those without one.
    Rows(&'a str),
    /// The same, each row without an owner on its own.
    Loose(&'a str),
    Family(usize, Depth),
}

/// The area under the curve for every table, every parent with its children, and every history.
pub fn detection(frame: &Frame, side: usize, seed: u64) -> Vec<Measure> {
    let mut exhibits = plain(frame);
    exhibits.extend(frame.metadata.tables.keys().filter(|t| loose(frame, side, t)).map(|t| Exhibit::Loose(t)));
    for (i, r) in frame.metadata.relationships.iter().enumerate() {
        if frame.owners[&r.child] == Some(i) && order_column(frame, &r.child).is_some() {
            exhibits.push(Exhibit::Family(i, Depth::Histories));
        }
    }
    exhibits.into_par_iter().filter_map(|e| show(frame, side, e, (CAP, seed))).collect()
}

/// The area under the curve for those tables, and parents with their children, that are asked for, on `cap` rows a
/// side at most.
pub fn told(
    frame: &Frame,
    side: usize,
    (cap, seed): (usize, u64),
    asked: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<Measure> {
    let is_asked = |e: &Exhibit| match e {
        Exhibit::Rows(t) | Exhibit::Loose(t) => asked(t),
        Exhibit::Family(i, _) => {
            let r = &frame.metadata.relationships[*i];
            asked(&r.parent) || asked(&r.child)
        }
    };
    let exhibits: Vec<Exhibit> = plain(frame).into_iter().filter(is_asked).collect();
    exhibits.into_par_iter().filter_map(|e| show(frame, side, e, (cap, seed))).collect()
}

/// Every table, and every parent with aggregates of its children.
fn plain<'f>(frame: &'f Frame) -> Vec<Exhibit<'f>> {
    let rows = frame.metadata.tables.keys().map(|t| Exhibit::Rows(t));
    rows.chain((0..frame.metadata.relationships.len()).map(|i| Exhibit::Family(i, Depth::Aggregates))).collect()
}

fn show(frame: &Frame, side: usize, exhibit: Exhibit, (cap, seed): (usize, u64)) -> Option<Measure> {
    let (subject, table) = match exhibit {
        Exhibit::Rows(t) => (Subject::new(Section::Detection, "rows", t, &[]), t),
        Exhibit::Loose(t) => {
            (Subject::new(Section::Detection, "rows, those without a parent each on its own", t, &[]), t)
        }
        Exhibit::Family(i, depth) => {
            let r = &frame.metadata.relationships[i];
            let name = if depth == Depth::Aggregates { "with aggregates of" } else { "with histories of" };
            let subject = Subject::new(Section::Detection, name, &r.parent, &[&r.child]);
            (subject.via(&r.child_key.join(", ")), r.parent.as_str())
        }
    };
    let columns = match exhibit {
        Exhibit::Rows(t) | Exhibit::Loose(t) => [frame.shared(t, side), Vec::new()],
        Exhibit::Family(_, _) => {
            let child = subject.columns.first().map_or("", String::as_str);
            [frame.shared(table, side), frame.shared(child, side)]
        }
    };
    if !matches!(exhibit, Exhibit::Family(..)) && columns[0].is_empty() {
        return None;
    }
    let n = frame.table(REAL, table).rows.min(frame.table(side, table).rows).min(cap);
    if n < LEAST {
        return Some(Measure::failed(subject, format!("fewer than {LEAST} rows")));
    }
    let purpose = |s: usize| ["detection", table, ["real", "other"][s.min(1)]];
    let rows = [REAL, side].map(|s| draw(frame.table(s, table).rows, n, seed, &purpose(s)));
    let features = [(REAL, 0), (side, 1)].map(|(s, i): (usize, usize)| match exhibit {
        Exhibit::Rows(t) | Exhibit::Loose(t) => row_features(frame, s, t, &columns[0], &rows[i]),
        Exhibit::Family(r, depth) => family_features(frame, s, r, [&columns[0], &columns[1]], &rows[i], depth),
    });
    let entities = entities(frame, side, exhibit, &rows);
    let joined: Vec<Vec<f64>> =
        features[0].columns.iter().zip(&features[1].columns).map(|(a, b)| [a.as_slice(), b].concat()).collect();
    let Some(found) = detect(&joined, &entities, seed) else {
        return Some(Measure::failed(subject, "no column varies"));
    };
    let auc = found.auc;
    let score = Estimate { value: 1.0 - (2.0 * auc.value - 1.0).max(0.0), error: auc.error.map(|e| 2.0 * e) };
    let culprits = found.culprits.iter().filter(|c| c.1 >= 0.03).take(5);
    let culprits = culprits.map(|&(i, share)| Culprit::new(&features, i, share)).collect();
    let narrow = columns.iter().map(Vec::len).sum::<usize>() < COLUMNS;
    let measure = Measure { culprits, narrow, ..Measure::new(subject, Some(score)) };
    Some(measure.with_values(0.5, auc.value))
}

/// Share of rows without an owner from which it matters whether they stay together.
const LOOSE: f64 = 0.01;

fn owner<'f>(frame: &'f Frame, side: usize, table: &str) -> Option<&'f Link> {
    frame.owners[table].and_then(|o| frame.links[side][o].as_ref().ok())
}

/// True when many rows of a table that has owners have none.
fn loose(frame: &Frame, side: usize, table: &str) -> bool {
    [REAL, side].into_iter().any(|s| {
        let keys = owner(frame, s, table).map_or(&[][..], |l| l.child_keys.as_slice());
        let none = keys.iter().filter(|&&k| k == NO_KEY).count();
        none as f64 > LOOSE * keys.len() as f64
    })
}

/// The entity of each row: rows of one owner stay in one fold, so that a classifier can't just recognise the
/// owner. A parent with its children is its own entity.
fn entities(frame: &Frame, side: usize, exhibit: Exhibit, rows: &[Vec<u32>; 2]) -> Vec<u32> {
    let n = rows[0].len() as u32;
    let link = |s: usize| match exhibit {
        Exhibit::Rows(t) | Exhibit::Loose(t) => owner(frame, s, t),
        Exhibit::Family(_, _) => None,
    };
    let (Some(a), Some(b)) = (link(REAL), link(side)) else { return (0..2 * n).collect() };
    let mut numbers: IndexMap<(usize, u32, u32), u32> = IndexMap::new();
    let mut out = Vec::with_capacity(2 * rows[0].len());
    for (s, (link, rows)) in [a, b].into_iter().zip(rows).enumerate() {
        for &row in rows {
            let key = link.child_keys[row as usize];
            let apart = if key == NO_KEY && matches!(exhibit, Exhibit::Loose(_)) { row } else { 0 };
            let next = numbers.len() as u32;
            out.push(*numbers.entry((s, key, apart)).or_insert(next));
        }
    }
    out
}

/// A feature that gave the synthetic side away.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Culprit {
    /// What it is, in words.
    pub feature: String,
    /// Its share of the classifier's gain.
    pub share: f64,
    /// What its numbers are.
    pub unit: Unit,
    /// Its median in the real data; None where it is missing on every row.
    pub real: Option<f64>,
    /// Its median on the other side.
    pub synthetic: Option<f64>,
}

impl Culprit {
    fn new(features: &[Features; 2], i: usize, share: f64) -> Self {
        let median = |f: &Features| {
            let mut known: Vec<f64> = f.columns[i].iter().copied().filter(|v| !v.is_nan()).collect();
            known.sort_unstable_by(f64::total_cmp);
            crate::metric::binning::quantile(&known, 0.5, |v| v)
        };
        let [real, synthetic] = [median(&features[0]), median(&features[1])];
        Self { feature: features[0].names[i].clone(), share, unit: features[0].units[i], real, synthetic }
    }
}
