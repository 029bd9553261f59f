//! Utility: a model trained on synthetic rows and tested on real ones, beside one trained on real rows.

use rayon::prelude::*;

use super::features::{Features, row_features};
use super::frame::{Frame, HOLDOUT, REAL};
use super::measure::{Measure, Section, Subject};
use crate::boost::{Bins, BoostParams, fit_binary};
use crate::dataset::NULL;
use crate::metric::binning::quantile;
use crate::metric::detection::{CAP, auc_order, auc_without, bin, draw};
use crate::metric::jackknife::{Groups, jackknife};
use crate::metric::{Scale, Series};

/// Fewest rows of a side worth training on.
const ENOUGH: usize = 300;
/// Targets tried of each table, and kept.
const KEPT: usize = 2;

/// A yes-or-no question about a row.
#[derive(Clone, Copy, Debug)]
enum Target {
    /// Is it this label?
    Label(i64),
    /// Is it above this tick?
    Above(i64),
}

impl Target {
    /// The commonest label, or the upper half; None where nearly every row answers the same.
    fn of(series: &Series) -> Option<Target> {
        let mut known: Vec<i64> = series.known().collect();
        known.sort_unstable();
        let target = match series.scale {
            Scale::Time => return None,
            Scale::Number { .. } => Target::Above(quantile(&known, 0.5, |t| t as f64)?.floor() as i64),
            Scale::Label => {
                let runs = known.chunk_by(|a, b| a == b).map(|c| (c.len(), std::cmp::Reverse(c[0])));
                Target::Label(runs.max()?.1.0)
            }
        };
        let yes = known.iter().filter(|&&t| target.holds(t)).count() as f64 / known.len() as f64;
        (0.05..=0.95).contains(&yes).then_some(target)
    }

    fn holds(self, tick: i64) -> bool {
        match self {
            Target::Label(l) => tick == l,
            Target::Above(t) => tick > t,
        }
    }

    fn words(self, frame: &Frame, table: &str, column: &str, series: &Series) -> String {
        match self {
            Target::Label(l) => format!("predict {column} = {}", frame.label(table, column, l).unwrap_or("?")),
            Target::Above(t) => format!("predict {column} > {}", series.float(t).unwrap_or(0.0)),
        }
    }
}

/// Rows with an answer, their features and entities.
struct Exam {
    features: Features,
    answers: Vec<bool>,
    entities: Vec<u32>,
}

/// Trains on the synthetic and on the real rows of each table, and tests both on rows that neither has seen: the
/// holdout, or a third of the real entities.
pub fn utility(frame: &Frame, side: usize, seed: u64) -> Vec<Measure> {
    let mut tasks: Vec<(&str, &str, Target)> = Vec::new();
    for table in frame.metadata.tables.keys() {
        if frame.table(REAL, table).rows < ENOUGH || frame.table(side, table).rows < ENOUGH {
            continue;
        }
        let candidates = frame.shared(table, side).into_iter().filter_map(|c| {
            let target = Target::of(frame.column(REAL, table, c).expect("shared columns can be read"))?;
            Some((strength(frame, table, c, target), c, target))
        });
        let mut candidates: Vec<(f64, &str, Target)> = candidates.filter(|c| (0.05..0.98).contains(&c.0)).collect();
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        tasks.extend(candidates.into_iter().take(KEPT).map(|(_, c, t)| (table.as_str(), c, t)));
    }
    tasks.into_par_iter().filter_map(|(table, column, target)| task(frame, side, table, column, target, seed)).collect()
}

/// How well one other column of the row tells the answer: the largest phi of its codes.
fn strength(frame: &Frame, table: &str, column: &str, target: Target) -> f64 {
    let series = |c: &str| frame.column(REAL, table, c).expect("shared columns can be read");
    let answers = series(column);
    let others = frame.shared(table, REAL).into_iter().filter(|c| *c != column);
    let phi = |c: &str| {
        let other = series(c);
        let coding = crate::metric::binning::Coding::new(other, None);
        let mut counts = vec![[0.0f64; 2]; coding.size()];
        for (&t, &o) in answers.ticks.iter().zip(&other.ticks).filter(|(t, _)| **t != NULL) {
            counts[usize::from(coding.code(other, o))][usize::from(target.holds(t))] += 1.0;
        }
        let total: [f64; 2] = counts.iter().fold([0.0; 2], |s, c| [s[0] + c[0], s[1] + c[1]]);
        let n = total[0] + total[1];
        let chi2: f64 = counts
            .iter()
            .filter(|c| c[0] + c[1] > 0.0)
            .map(|c| {
                let row = c[0] + c[1];
                [0, 1]
                    .map(|k: usize| (c[k] - row * total[k] / n).powi(2) / (row * total[k] / n).max(1e-9))
                    .iter()
                    .sum::<f64>()
            })
            .sum();
        (chi2 / n).sqrt()
    };
    others.map(phi).fold(0.0, f64::max)
}

fn task(frame: &Frame, side: usize, table: &str, column: &str, target: Target, seed: u64) -> Option<Measure> {
    let held = frame.tables.len() > HOLDOUT && frame.column(HOLDOUT, table, column).is_ok();
    let examine = |s: usize, keep: &dyn Fn(u32) -> bool, purpose: &str| {
        let series = frame.column(s, table, column).expect("shared columns can be read");
        let entities = &frame.entities[s][table];
        let rows = draw(series.ticks.len(), series.ticks.len(), seed, &["utility", table, purpose]);
        let wanted = |&r: &u32| series.ticks[r as usize] != NULL && keep(entities[r as usize]);
        let rows: Vec<u32> = rows.into_iter().filter(wanted).take(CAP).collect();
        Exam {
            features: features(frame, s, side, table, column, &rows),
            answers: rows.iter().map(|&r| target.holds(series.ticks[r as usize])).collect(),
            entities: rows.iter().map(|&r| entities[r as usize]).collect(),
        }
    };
    let third = |e: u32| crate::rng::mix(u64::from(e)).is_multiple_of(3);
    let (real, test) = if held {
        (examine(REAL, &|_| true, "real"), examine(HOLDOUT, &|_| true, "test"))
    } else {
        (examine(REAL, &|e| !third(e), "real"), examine(REAL, &third, "test"))
    };
    let synthetic = examine(side, &|_| true, "synthetic");
    let name = target.words(frame, table, column, frame.column(REAL, table, column).ok()?);
    let subject = Subject::new(Section::Utility, &name, table, &[column]);
    if [&real, &test, &synthetic].iter().any(|e| e.answers.len() < ENOUGH / 3) {
        return Some(Measure::failed(subject, "too few rows with an answer"));
    }
    let scores = predict(&real, &synthetic, &test, seed);
    let groups = Groups::new(&test.entities, test.entities.iter().max().map_or(0, |&m| m as usize + 1));
    let orders = scores.each_ref().map(|s| auc_order(s));
    let auc = |i: usize, skip| auc_without(&orders[i], &scores[i], &test.answers, &groups, skip);
    let score = jackknife(&[groups.count], |skip| {
        let skip = skip.map(|s| s.1);
        Some(1.0 - (auc(0, skip)? - auc(1, skip)?).max(0.0))
    });
    Some(Measure::new(subject, score).with_values(auc(0, None)?, auc(1, None)?))
}

/// The other columns of the row and the columns of its parents.
fn features(frame: &Frame, of: usize, side: usize, table: &str, column: &str, rows: &[u32]) -> Features {
    let readable = |t: &str| -> Vec<&str> {
        let all = frame.shared(t, side).into_iter();
        all.filter(|c| (t != table || *c != column) && (0..frame.tables.len()).all(|s| frame.column(s, t, c).is_ok()))
            .collect()
    };
    let mut out = row_features(frame, of, table, &readable(table), rows);
    for (i, r) in frame.metadata.relationships.iter().enumerate().filter(|(_, r)| r.child == table && r.parent != table)
    {
        let Ok(link) = &frame.links[of][i] else { continue };
        let n = frame.table(of, &r.parent).rows as u32;
        if n == 0 {
            continue;
        }
        let parents: Vec<u32> = rows.iter().map(|&row| link.parent(row).unwrap_or(0)).collect();
        let mut above = row_features(frame, of, &r.parent, &readable(&r.parent), &parents);
        for values in &mut above.columns {
            for (v, &row) in values.iter_mut().zip(rows) {
                // A row without this parent knows nothing about it.
                *v = if link.parent(row).is_some() { *v } else { f64::NAN };
            }
        }
        out.extend(above);
    }
    out
}

/// Scores of the test rows by a model of the real rows and by one of the synthetic rows.
fn predict(real: &Exam, synthetic: &Exam, test: &Exam, seed: u64) -> [Vec<f64>; 2] {
    let parts = [real, synthetic, test];
    let width = parts.iter().map(|p| p.features.columns.len()).min().unwrap_or(0);
    let joined =
        (0..width).map(|i| parts.iter().flat_map(|p| p.features.columns[i].iter().copied()).collect::<Vec<f64>>());
    let (columns, bins): (Vec<Vec<u8>>, Vec<usize>) = joined.filter_map(|c| bin(&c)).unzip();
    let ordered = vec![true; columns.len()];
    let x = Bins { columns: &columns, ordered: &ordered, bins: &bins };
    let starts = [0, real.answers.len(), real.answers.len() + synthetic.answers.len()];
    // Entities of different sides are different people.
    let groups: Vec<u32> = parts.iter().flat_map(|p| p.entities.iter().copied()).collect();
    let rows = |i: usize| {
        let start = starts[i] as u32;
        (start..start + parts[i].answers.len() as u32).collect::<Vec<u32>>()
    };
    let params = BoostParams { rounds: 100, ..BoostParams::default() };
    [0, 1].map(|i: usize| fit_binary(&x, &rows(i), &parts[i].answers, &groups, &params, seed).logits(&x, &rows(2)))
}
