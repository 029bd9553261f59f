//! SDMetrics' Quality report: column shapes, pair trends, cardinality, intertable trends.

use rayon::prelude::*;

use super::frame::{Frame, REAL, side_name};
use super::link::Join;
use super::sdmetrics::{Detail, Property, SdReport};
use crate::metadata::{Metadata, Relationship, Sdtype};
use crate::metric::binning::equal_width;
use crate::metric::cardinality::cardinality_shape_similarity;
use crate::metric::contingency_similarity::contingency_similarity;
use crate::metric::correlation_similarity::correlation_similarity;
use crate::metric::ks_complement::ks_complement;
use crate::metric::tv_complement::tv_complement;
use crate::metric::{Scale, Series};

/// A pair of numbers counts when their real correlation is above this.
const CORRELATION: f64 = 0.5;
/// A pair with labels counts when its real Cramer's V is above this.
const ASSOCIATION: f64 = 0.3;

/// SDMetrics' Quality report of one side against the real data.
pub fn quality(frame: &Frame, side: usize) -> SdReport {
    let mut properties = vec![column_shapes(frame, side), column_pair_trends(frame, side)];
    if frame.metadata.tables.len() > 1 {
        properties.push(cardinality(frame, side));
        properties.push(intertable_trends(frame, side));
    }
    SdReport::new(properties)
}

/// Columns SDMetrics looks at: numbers, times and labels, keys of these types included.
fn scored<'a>(metadata: &'a Metadata, table: &str) -> Vec<&'a str> {
    let columns = metadata.tables[table].columns.iter();
    let kept = columns.filter(|(_, m)| !matches!(m.sdtype, Sdtype::Id { .. } | Sdtype::Unknown | Sdtype::Pii { .. }));
    kept.map(|(c, _)| c.as_str()).collect()
}

/// The columns of both sides, or why they can't be compared.
fn both<'f>(frame: &'f Frame, side: usize, table: &str, column: &str) -> Result<[&'f Series; 2], String> {
    let one = |s| frame.column(s, table, column).map_err(|e| format!("{} data: {e}", side_name(s)));
    Ok([one(REAL)?, one(side)?])
}

fn is_continuous(frame: &Frame, table: &str, column: &str) -> bool {
    matches!(frame.metadata.tables[table].columns[column].sdtype, Sdtype::Numerical | Sdtype::Datetime { .. })
}

fn column_shapes(frame: &Frame, side: usize) -> Property {
    let columns: Vec<(&str, &str)> = frame
        .metadata
        .tables
        .keys()
        .flat_map(|t| scored(frame.metadata, t).into_iter().map(move |c| (t.as_str(), c)))
        .collect();
    let details = columns.into_par_iter().map(|(table, column)| {
        let sides = both(frame, side, table, column);
        let continuous = is_continuous(frame, table, column);
        let metric = if continuous { ks_complement } else { tv_complement };
        let score = sides.and_then(|[r, s]| {
            metric(&r.ticks, &s.ticks).ok_or_else(|| "a side has no value that is not missing".to_owned())
        });
        Detail {
            table: table.to_owned(),
            columns: vec![column.to_owned()],
            metric: if continuous { "KSComplement" } else { "TVComplement" }.to_owned(),
            score: score.as_ref().ok().copied(),
            counts: true,
            note: score.err(),
            ..Detail::default()
        }
    });
    Property::new("Column Shapes", details.collect())
}

/// One column of a table or join on both sides, with what the pair metrics need.
struct Prepared {
    name: String,
    continuous: bool,
    sides: Result<[Coded; 2], String>,
}

/// A column of one side, row by row of its table or join.
struct Coded {
    /// Labels with missing as a code of its own, or bins of a continuous column.
    codes: Vec<u32>,
    /// Values of a continuous column, NaN for missing.
    floats: Vec<f64>,
}

impl Prepared {
    fn new(frame: &Frame, side: usize, table: &str, column: &str, rows: [Option<&[u32]>; 2]) -> Self {
        let continuous = is_continuous(frame, table, column);
        let one = |(s, rows): (&Series, Option<&[u32]>)| Coded {
            codes: codes(s, rows),
            floats: if continuous { floats(s, rows) } else { Vec::new() },
        };
        let sides = both(frame, side, table, column).map(|[r, s]| [one((r, rows[0])), one((s, rows[1]))]);
        Self { name: column.to_owned(), continuous, sides }
    }
}

fn floats(series: &Series, rows: Option<&[u32]>) -> Vec<f64> {
    let float = |t: i64| series.float(t).unwrap_or(f64::NAN);
    match rows {
        Some(rows) => rows.iter().map(|&r| float(series.ticks[r as usize])).collect(),
        None => series.ticks.iter().map(|&t| float(t)).collect(),
    }
}

fn codes(series: &Series, rows: Option<&[u32]>) -> Vec<u32> {
    if series.scale != Scale::Label {
        return equal_width(series, rows);
    }
    // Missing is NULL, the smallest whole number, so it becomes code 0 and labels follow.
    let code = |t: i64| if t < 0 { 0 } else { t as u32 + 1 };
    match rows {
        Some(rows) => rows.iter().map(|&r| code(series.ticks[r as usize])).collect(),
        None => series.ticks.iter().map(|&t| code(t)).collect(),
    }
}

fn compare(a: &Prepared, b: &Prepared) -> Detail {
    let columns = vec![a.name.clone(), b.name.clone()];
    let correlated = a.continuous && b.continuous;
    let metric = if correlated { "CorrelationSimilarity" } else { "ContingencySimilarity" }.to_owned();
    let (x, y) = match (&a.sides, &b.sides) {
        (Ok(x), Ok(y)) => (x, y),
        (Err(e), _) | (_, Err(e)) => return Detail { columns, metric, note: Some(e.clone()), ..Detail::default() },
    };
    if correlated {
        let c = correlation_similarity([&x[0].floats, &y[0].floats], [&x[1].floats, &y[1].floats], CORRELATION);
        let (score, counts, note) = (c.score, c.counts, c.note);
        let (real, synthetic) = (c.real, c.synthetic);
        return Detail { columns, metric, score, real, synthetic, counts, note, ..Detail::default() };
    }
    let c = contingency_similarity([&x[0].codes, &y[0].codes], [&x[1].codes, &y[1].codes], ASSOCIATION);
    let (score, association, counts, note) = (c.score, c.association, c.counts, c.note);
    Detail { columns, metric, score, association, counts, note, ..Detail::default() }
}

fn column_pair_trends(frame: &Frame, side: usize) -> Property {
    let mut details = Vec::new();
    for table in frame.metadata.tables.keys() {
        let columns = scored(frame.metadata, table);
        let prepared: Vec<Prepared> =
            columns.par_iter().map(|c| Prepared::new(frame, side, table, c, [None, None])).collect();
        let pairs: Vec<(usize, usize)> =
            (0..columns.len()).flat_map(|i| (i + 1..columns.len()).map(move |j| (i, j))).collect();
        let rows =
            pairs.into_par_iter().map(|(i, j)| Detail { table: table.clone(), ..compare(&prepared[i], &prepared[j]) });
        details.extend(rows.collect::<Vec<_>>());
    }
    Property::new("Column Pair Trends", details)
}

fn of_relationship(r: &Relationship, metric: &str) -> Detail {
    Detail {
        table: r.child.clone(),
        parent: Some(r.parent.clone()),
        foreign_key: r.child_key.clone(),
        metric: metric.to_owned(),
        counts: true,
        ..Detail::default()
    }
}

fn cardinality(frame: &Frame, side: usize) -> Property {
    let relationships: Vec<_> = frame.metadata.relationships.iter().enumerate().collect();
    let details = relationships.into_par_iter().map(|(i, r)| {
        let counts = |s: usize| frame.links[s][i].as_ref().map(|l| l.counts()).map_err(Clone::clone);
        let score = counts(REAL).and_then(|real| {
            let synthetic = counts(side)?;
            cardinality_shape_similarity(&real, &synthetic).ok_or_else(|| "a side has no parents".to_owned())
        });
        let note = score.as_ref().err().cloned();
        Detail { score: score.ok(), note, ..of_relationship(r, "CardinalityShapeSimilarity") }
    });
    Property::new("Cardinality", details.collect())
}

fn prepare(frame: &Frame, side: usize, table: &str, rows: [&[u32]; 2]) -> Vec<Prepared> {
    let columns = scored(frame.metadata, table);
    columns.into_par_iter().map(|c| Prepared::new(frame, side, table, c, rows.map(Some))).collect()
}

fn intertable_trends(frame: &Frame, side: usize) -> Property {
    let mut details = Vec::new();
    for (i, r) in frame.metadata.relationships.iter().enumerate() {
        let base = of_relationship(r, "");
        let joins: Result<Vec<Join>, String> = [REAL, side]
            .par_iter()
            .map(|&s| frame.links[s][i].as_ref().map(|l| l.join()).map_err(Clone::clone))
            .collect();
        let joins = match joins {
            Ok(j) => j,
            Err(note) => {
                details.push(Detail { note: Some(note), counts: false, ..base });
                continue;
            }
        };
        let parents = prepare(frame, side, &r.parent, [&joins[0].parent, &joins[1].parent]);
        let children = prepare(frame, side, &r.child, [&joins[0].child, &joins[1].child]);
        let pairs: Vec<(&Prepared, &Prepared)> =
            parents.iter().flat_map(|p| children.iter().map(move |c| (p, c))).collect();
        let rows = pairs.into_par_iter().map(|(p, c)| {
            let found = compare(p, c);
            Detail {
                table: base.table.clone(),
                parent: base.parent.clone(),
                foreign_key: base.foreign_key.clone(),
                ..found
            }
        });
        details.extend(rows.collect::<Vec<_>>());
    }
    Property::new("Intertable Trends", details)
}
