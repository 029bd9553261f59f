//! Time: gaps between siblings, memory of a series, calendar profiles, and spans between two times.

use rayon::prelude::*;

use super::frame::{Frame, REAL};
use super::measure::{Measure, Section, Subject};
use super::sequence::{Sequences, order_column, sequences};
use crate::dataset::NULL;
use crate::metric::autocorrelation::{Spread, Where, similarity, spread_similarity};
use crate::metric::binning::{Coding, quantile};
use crate::metric::jackknife::{Estimate, Groups, jackknife};
use crate::metric::joint::{Joint, joint_similarity};
use crate::metric::{Scale, Series, ks_complement};
use crate::time::{DAY, have_clock};

/// Fewest pairs of siblings that say something about order.
const ENOUGH: usize = 50;

/// Everything about time of every table.
pub fn time(frame: &Frame, side: usize) -> Vec<Measure> {
    let tables: Vec<&String> = frame.metadata.tables.keys().collect();
    let all = tables.into_par_iter().flat_map_iter(|t| {
        let mut out = order(frame, side, t);
        out.extend(calendar(frame, side, t));
        out.extend(spans(frame, side, t));
        out
    });
    all.collect()
}

fn subject(metric: &str, table: &str, columns: &[&str]) -> Subject {
    Subject::new(Section::Time, metric, table, columns)
}

/// Values of a column as numbers: labels that read as numbers on nearly every row count too.
pub fn numeric(frame: &Frame, side: usize, table: &str, column: &str) -> Option<Vec<f64>> {
    let series = frame.column(side, table, column).ok()?;
    if series.scale == Scale::Time {
        return None;
    }
    if series.is_continuous() {
        return Some((0..series.ticks.len()).map(|r| series.value(r).unwrap_or(f64::NAN)).collect());
    }
    let labels = frame.labels.get(&(table.to_owned(), column.to_owned()))?;
    let parsed: Vec<f64> = labels.iter().map(|l| l.trim().parse().unwrap_or(f64::NAN)).collect();
    let read = |t: i64| if t == NULL { f64::NAN } else { parsed[t as usize] };
    let real = frame.column(REAL, table, column).ok()?;
    let good = real.ticks.iter().filter(|&&t| read(t).is_finite()).count();
    (good * 20 > real.ticks.len() * 19).then(|| series.ticks.iter().map(|&t| read(t)).collect())
}

fn order(frame: &Frame, side: usize, table: &str) -> Vec<Measure> {
    let Some(column) = order_column(frame, table) else { return Vec::new() };
    let (Some(real), Some(other)) = (sequences(frame, REAL, table), sequences(frame, side, table)) else {
        return Vec::new();
    };
    let Some(owner) = frame.owners[table] else { return Vec::new() };
    let via = format!("per {}, by {column}", frame.metadata.relationships[owner].child_key.join(", "));
    if real.lagged(1).count() < ENOUGH {
        return Vec::new();
    }
    let both = [&real, &other];
    let mut out = vec![gaps(frame, side, table, column, both)];
    for c in frame.shared(table, side).into_iter().filter(|c| *c != column) {
        match (numeric(frame, REAL, table, c), numeric(frame, side, table, c)) {
            (Some(r), Some(s)) => out.extend(memory(table, c, both, [&r, &s])),
            _ => out.extend(repeats(frame, side, table, c, both)),
        }
        out.push(steps(frame, side, table, c, both));
    }
    out.into_iter().map(|m| Measure { subject: m.subject.clone().via(&via), ..m }).collect()
}

/// The time from one sibling to the next.
fn gaps(frame: &Frame, side: usize, table: &str, column: &str, both: [&Sequences; 2]) -> Measure {
    let series = [REAL, side].map(|s| frame.column(s, table, column).expect("the order column was read"));
    let samples = [0, 1].map(|i: usize| {
        let s = both[i];
        let at = |k: usize| series[i].ticks[s.rows[k] as usize];
        let (gaps, of): (Vec<i64>, Vec<u8>) = s.lagged(1).map(|(a, b)| (at(b) - at(a), s.groups.of[b])).unzip();
        (gaps, Groups { of, count: s.groups.count })
    });
    let score = ks_complement::estimate([(&samples[0].0, &samples[0].1), (&samples[1].0, &samples[1].1)]);
    let median = |i: usize| {
        let mut g = samples[i].0.clone();
        g.sort_unstable();
        quantile(&g, 0.5, |t| readable(series[0], t))
    };
    let mut m = Measure::new(subject("gap to the previous (median)", table, &[column]), score);
    if let (Some(r), Some(s)) = (median(0), median(1)) {
        m = m.with_values(r, s);
    }
    m.note = (series[0].scale == Scale::Time).then(|| "hours".to_owned()).or(m.note);
    m
}

/// A difference of two ticks for people: hours, or the number itself.
fn readable(series: &Series, ticks: i64) -> f64 {
    match series.scale {
        Scale::Time => ticks as f64 / 3.6e9,
        _ => series.float(ticks).unwrap_or(0.0),
    }
}

/// Correlation with the values before, and spread within one owner and between owners.
fn memory(table: &str, column: &str, both: [&Sequences; 2], values: [&[f64]; 2]) -> Vec<Measure> {
    let known: Vec<f64> = values[0].iter().copied().filter(|v| v.is_finite()).collect();
    let origin = known.iter().sum::<f64>() / known.len().max(1) as f64;
    let ordered = [0, 1].map(|i: usize| both[i].ordered(values[i]));
    let mut out = Vec::new();
    for lag in 1..=4 {
        let moments = [0, 1].map(|i: usize| both[i].moments(&ordered[i], lag, origin));
        let rho = [0, 1].map(|i: usize| moments[i].correlation(None));
        if moments[0].len() > ENOUGH && rho[0].is_some() {
            let name = format!("correlation with {lag} before");
            let score = similarity([&moments[0], &moments[1]]);
            let m = Measure::new(subject(&name, table, &[column]), score);
            out.push(m.with_values(rho[0].unwrap_or(f64::NAN), rho[1].unwrap_or(f64::NAN)));
        }
    }
    let spreads = [0, 1].map(|i: usize| {
        let s = both[i];
        let mut spread = Spread::new(&s.groups, origin);
        for ends in s.starts.windows(2) {
            let rows = &s.rows[ends[0] as usize..ends[1] as usize];
            let x: Vec<f64> = rows.iter().map(|&r| values[i][r as usize]).filter(|v| v.is_finite()).collect();
            spread.add(s.groups.of[ends[0] as usize], &x);
        }
        spread
    });
    for (place, name) in
        [(Where::Within, "spread within one owner / overall"), (Where::Between, "spread between owners / overall")]
    {
        if let (Some(r), Some(s)) = (spreads[0].ratio(place, None), spreads[1].ratio(place, None)) {
            let score = spread_similarity([&spreads[0], &spreads[1]], place);
            out.push(Measure::new(subject(name, table, &[column]), score).with_values(r, s));
        }
    }
    out
}

/// How often a label is the one before.
fn repeats(frame: &Frame, side: usize, table: &str, column: &str, both: [&Sequences; 2]) -> Option<Measure> {
    let series = [REAL, side].map(|s| frame.column(s, table, column).expect("shared columns can be read"));
    if series[0].is_continuous() {
        return None;
    }
    let counts = [0, 1].map(|i: usize| {
        let s = both[i];
        let mut counts = vec![[0.0; 2]; s.groups.count];
        for (a, b) in s.lagged(1) {
            let (x, y) = (series[i].ticks[s.rows[a] as usize], series[i].ticks[s.rows[b] as usize]);
            let c = &mut counts[usize::from(s.groups.of[b])];
            c[0] += 1.0;
            c[1] += f64::from(u8::from(x == y));
        }
        counts
    });
    let share = |i: usize, without: Option<usize>| {
        let kept = counts[i].iter().enumerate().filter(|(g, _)| Some(*g) != without);
        let [n, same] = kept.fold([0.0; 2], |[n, s], (_, c)| [n + c[0], s + c[1]]);
        (n > 0.0).then(|| same / n)
    };
    let score = jackknife(&[counts[0].len(), counts[1].len()], |skip| {
        let s = |i: usize| share(i, skip.filter(|s| s.0 == i).map(|s| s.1));
        Some(1.0 - (s(0)? - s(1)?).abs())
    });
    let m = Measure::new(subject("same as the one before", table, &[column]), score);
    Some(m.with_values(share(0, None)?, share(1, None)?))
}

/// The joint distribution of a value and the one before it.
fn steps(frame: &Frame, side: usize, table: &str, column: &str, both: [&Sequences; 2]) -> Measure {
    let series = [REAL, side].map(|s| frame.column(s, table, column).expect("shared columns can be read"));
    let coding = Coding::new(series[0], None);
    let codes = [0, 1].map(|i: usize| {
        let s = both[i];
        let code = |k: usize| coding.code(series[i], series[i].ticks[s.rows[k] as usize]);
        let mut out = (Vec::new(), Vec::new(), Groups { of: Vec::new(), count: s.groups.count });
        for (a, b) in s.lagged(1) {
            out.0.push(code(a));
            out.1.push(code(b));
            out.2.of.push(s.groups.of[b]);
        }
        out
    });
    let joint = |i: usize| Joint { a: &codes[i].0, b: &codes[i].1, groups: &codes[i].2 };
    let score = joint_similarity([joint(0), joint(1)], [coding.size(), coding.size()]);
    Measure::new(subject("step from the one before", table, &[column]), score)
}

/// Hours, weekdays and months of every time column.
fn calendar(frame: &Frame, side: usize, table: &str) -> Vec<Measure> {
    let mut out = Vec::new();
    for c in frame.shared(table, side) {
        let series = [REAL, side].map(|s| frame.column(s, table, c).expect("shared columns can be read"));
        if series[0].scale != Scale::Time {
            continue;
        }
        if have_clock(series[0].known(), &frame.metadata.tables[table].columns[c].sdtype) {
            out.push(profile(frame, side, table, c, "hour of the day", 24, |t| {
                (t.rem_euclid(DAY) / 3_600_000_000) as u8
            }));
        }
        // 1970-01-01 was a Thursday.
        out.push(profile(frame, side, table, c, "day of the week", 7, |t| (t.div_euclid(DAY) + 3).rem_euclid(7) as u8));
        let month = |t: i64| (crate::time::civil_from_days(t.div_euclid(DAY)).1 - 1) as u8;
        out.push(profile(frame, side, table, c, "month", 12, month));
    }
    out
}

fn profile(
    frame: &Frame,
    side: usize,
    table: &str,
    column: &str,
    name: &str,
    size: usize,
    part: impl Fn(i64) -> u8,
) -> Measure {
    let samples = [REAL, side].map(|s| {
        let series = frame.column(s, table, column).expect("shared columns can be read");
        let groups = &frame.groups[s][table];
        let known = series.ticks.iter().zip(&groups.of).filter(|(t, _)| **t != NULL);
        let (codes, of): (Vec<u8>, Vec<u8>) = known.map(|(&t, &g)| (part(t), g)).unzip();
        (vec![0; codes.len()], codes, Groups { of, count: groups.count })
    });
    let joint = |i: usize| Joint { a: &samples[i].1, b: &samples[i].0, groups: &samples[i].2 };
    Measure::new(subject(name, table, &[column]), joint_similarity([joint(0), joint(1)], [size, 1]))
}

/// Spans between two times of a row, and from a parent's time to the child's.
fn spans(frame: &Frame, side: usize, table: &str) -> Vec<Measure> {
    let times = |t: &str| {
        let is_time = |c: &&str| frame.column(REAL, t, c).is_ok_and(|s| s.scale == Scale::Time);
        frame.shared(t, side).into_iter().filter(is_time).collect::<Vec<_>>()
    };
    let here = times(table);
    let series = |s: usize, t: &str, c: &str| frame.column(s, t, c).expect("shared columns can be read");
    let mut out = Vec::new();
    for (i, a) in here.iter().enumerate() {
        for b in &here[i + 1..] {
            let spans = [REAL, side].map(|s| {
                let (x, y) = (series(s, table, a), series(s, table, b));
                (0..x.ticks.len()).map(|r| difference(x.ticks[r], y.ticks[r])).collect::<Vec<_>>()
            });
            out.push(span(frame, side, subject("span between (days, median)", table, &[a, b]), spans));
        }
    }
    for (i, r) in frame.metadata.relationships.iter().enumerate().filter(|(_, r)| r.child == table) {
        let (Ok(_), Ok(_)) = (&frame.links[REAL][i], &frame.links[side][i]) else { continue };
        for p in times(&r.parent) {
            for c in &here {
                let spans = [REAL, side].map(|s| {
                    let link = frame.links[s][i].as_ref().expect("both links were followed");
                    let (x, y) = (series(s, &r.parent, p), series(s, table, c));
                    let row = |row: usize| match link.parent(row as u32) {
                        Some(parent) => difference(x.ticks[parent as usize], y.ticks[row]),
                        None => NULL,
                    };
                    (0..y.ticks.len()).map(row).collect::<Vec<_>>()
                });
                let far = format!("{}.{p}", r.parent);
                let subject = subject("span between (days, median)", table, &[&far, c]);
                out.push(span(frame, side, subject.via(&format!("over {}", r.child_key.join(", "))), spans));
            }
        }
    }
    out
}

fn difference(from: i64, to: i64) -> i64 {
    if from == NULL || to == NULL { NULL } else { to.saturating_sub(from).max(NULL + 1) }
}

fn span(frame: &Frame, side: usize, subject: Subject, spans: [Vec<i64>; 2]) -> Measure {
    let groups = [REAL, side].map(|s| &frame.groups[s][&subject.table]);
    let score: Option<Estimate> = ks_complement::estimate([(&spans[0], groups[0]), (&spans[1], groups[1])]);
    let median = |i: usize| {
        let mut known: Vec<i64> = spans[i].iter().copied().filter(|&t| t != NULL).collect();
        known.sort_unstable();
        quantile(&known, 0.5, |t| t as f64 / DAY as f64)
    };
    let values = median(0).zip(median(1));
    let m = Measure::new(subject, score);
    match values {
        Some((r, s)) => m.with_values(r, s),
        None => m,
    }
}
