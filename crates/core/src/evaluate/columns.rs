//! One column at a time: shapes with their errors, and what is missing.

use rayon::prelude::*;

use super::frame::{Frame, REAL, side_name};
use super::measure::{Measure, Section, Subject};
use crate::dataset::NULL;
use crate::metric::jackknife::{Estimate, Groups, jackknife};
use crate::metric::joint::{label_similarity, table_similarity};
use crate::metric::{Series, ks_complement};

/// The shape of every modelled column.
pub fn columns(frame: &Frame, side: usize) -> Vec<Measure> {
    let all: Vec<(&str, &str)> = places(frame);
    let measures = all.into_par_iter().map(|(table, column)| {
        let subject = |metric| Subject::new(Section::Columns, metric, table, &[column]);
        let sides = [REAL, side].map(|s| frame.column(s, table, column));
        let [Ok(real), Ok(other)] = &sides else {
            let why = sides.iter().zip([REAL, side]).find_map(|(c, s)| c.as_ref().err().map(|e| (s, e)));
            let (s, why) = why.map_or((side, "missing"), |(s, e)| (s, e.as_str()));
            return Measure::failed(subject("shape"), format!("{} data: {why}", side_name(s)));
        };
        let samples =
            [(real.ticks.as_slice(), &frame.groups[REAL][table]), (other.ticks.as_slice(), &frame.groups[side][table])];
        if real.is_continuous() {
            Measure::new(subject("distribution (KS)"), ks_complement::estimate(samples))
        } else {
            Measure::new(subject("frequencies (TV)"), label_similarity(samples))
        }
    });
    measures.collect()
}

fn places<'a>(frame: &Frame<'a>) -> Vec<(&'a str, &'a str)> {
    let tables = frame.metadata.tables.keys();
    tables.flat_map(|t| frame.modelled(t).into_iter().map(move |c| (t.as_str(), c))).collect()
}

/// Missing values: how many in each column, and which columns are missing together.
pub fn missing(frame: &Frame, side: usize) -> Vec<Measure> {
    let mut out = Vec::new();
    for table in frame.metadata.tables.keys() {
        let columns = frame.shared(table, side);
        let pair = |c: &str| [REAL, side].map(|s| frame.column(s, table, c).expect("shared columns can be read"));
        let gappy: Vec<&str> =
            columns.into_iter().filter(|c| pair(c).iter().any(|s| s.ticks.contains(&NULL))).collect();
        let groups = [&frame.groups[REAL][table.as_str()], &frame.groups[side][table.as_str()]];
        for c in &gappy {
            let series = pair(c);
            let shares = [0, 1].map(|i: usize| Shares::new(series[i], groups[i]));
            let subject = Subject::new(Section::Missing, "share of missing values", table, &[c]);
            let score = jackknife(&[groups[0].count, groups[1].count], |skip| {
                let share = |i: usize| shares[i].without(skip.filter(|s| s.0 == i).map(|s| s.1));
                Some(1.0 - (share(0)? - share(1)?).abs())
            });
            let mut m = Measure::new(subject, score);
            if let (Some(r), Some(s)) = (shares[0].without(None), shares[1].without(None)) {
                m = m.with_values(r, s);
            }
            out.push(m);
        }
        if gappy.len() > 1 {
            let series: Vec<[&Series; 2]> = gappy.iter().map(|c| pair(c)).collect();
            let subject = Subject::new(Section::Missing, "what is missing together", table, &gappy);
            out.push(Measure::new(subject, patterns(&series, groups)));
        }
    }
    out
}

/// Missing and all values of one column by group.
struct Shares {
    missing: Vec<f64>,
    rows: Vec<f64>,
}

impl Shares {
    fn new(series: &Series, groups: &Groups) -> Self {
        let mut s = Self { missing: vec![0.0; groups.count], rows: vec![0.0; groups.count] };
        for (&t, &g) in series.ticks.iter().zip(&groups.of) {
            s.rows[usize::from(g)] += 1.0;
            s.missing[usize::from(g)] += f64::from(u8::from(t == NULL));
        }
        s
    }

    fn without(&self, group: Option<usize>) -> Option<f64> {
        let sum = |v: &[f64]| v.iter().sum::<f64>() - group.map_or(0.0, |g| v[g]);
        let rows = sum(&self.rows);
        (rows > 0.0).then(|| sum(&self.missing) / rows)
    }
}

/// 1 - total variation between the patterns of missing values of a row.
fn patterns(columns: &[[&Series; 2]], groups: [&Groups; 2]) -> Option<Estimate> {
    let mut index: indexmap::IndexMap<Vec<u64>, usize> = indexmap::IndexMap::new();
    let codes = [0, 1].map(|side: usize| {
        let rows = columns[0][side].ticks.len();
        let code = |row: usize| {
            let mut key = vec![0u64; columns.len().div_ceil(64)];
            for (i, c) in columns.iter().enumerate() {
                key[i / 64] |= u64::from(c[side].ticks[row] == NULL) << (i % 64);
            }
            let next = index.len();
            *index.entry(key).or_insert(next)
        };
        (0..rows).map(code).collect::<Vec<usize>>()
    });
    let cells = index.len();
    let tables = [0, 1].map(|side: usize| {
        let mut table = vec![0u32; cells * groups[side].count];
        for (&c, &g) in codes[side].iter().zip(&groups[side].of) {
            table[usize::from(g) * cells + c] += 1;
        }
        table
    });
    table_similarity([(&tables[0], groups[0].count), (&tables[1], groups[1].count)], cells)
}
