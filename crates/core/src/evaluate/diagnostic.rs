//! SDMetrics' Diagnostic report: data validity, data structure, relationship validity.

use std::borrow::Cow;
use std::collections::BTreeSet;

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use rayon::prelude::*;
use serde_json::Value;

use super::frame::{Frame, REAL, side_name};
use super::link::key_codes;
use super::sdmetrics::{Detail, Property, SdReport};
use crate::dataset::{Column, strings};
use crate::metadata::{ColumnMeta, Sdtype};
use crate::metric::adherence::{boundary_adherence, category_adherence, datetime_format_adherence};
use crate::metric::cardinality::{NO_KEY, cardinality_boundary_adherence};
use crate::metric::key_uniqueness::key_uniqueness;
use crate::metric::referential_integrity::referential_integrity;
use crate::metric::regex_format::regex_format_adherence;
use crate::metric::series::power_of_ten;
use crate::metric::{Scale, Series};
use crate::time;

/// SDMetrics' Diagnostic report of one side against the real data.
pub fn diagnostic(frame: &Frame, side: usize) -> SdReport {
    let mut properties = vec![data_validity(frame, side), data_structure(frame, side)];
    if frame.metadata.tables.len() > 1 {
        properties.push(relationship_validity(frame, side));
    }
    SdReport::new(properties)
}

type Score = Result<Option<f64>, String>;

fn detail(table: &str, columns: &[String], metric: &str, score: Score) -> Detail {
    let note = match &score {
        Err(e) => Some(e.clone()),
        Ok(None) => Some("nothing to check".to_owned()),
        Ok(Some(_)) => None,
    };
    Detail {
        table: table.to_owned(),
        columns: columns.to_vec(),
        metric: metric.to_owned(),
        score: score.ok().flatten(),
        counts: true,
        note,
        ..Detail::default()
    }
}

fn data_validity(frame: &Frame, side: usize) -> Property {
    let mut details = Vec::new();
    for (table, meta) in &frame.metadata.tables {
        if meta.primary_key.len() > 1 {
            let score = uniqueness(frame, side, table, &meta.primary_key);
            details.push(detail(table, &meta.primary_key, "KeyUniqueness", score));
        }
        let columns: Vec<(&String, &ColumnMeta)> = meta.columns.iter().collect();
        let rows = columns.into_par_iter().map(|(column, m)| column_validity(frame, side, table, column, m));
        details.extend(rows.collect::<Vec<_>>().into_iter().flatten());
    }
    Property::new("Data Validity", details)
}

fn column_validity(frame: &Frame, side: usize, table: &str, column: &String, meta: &ColumnMeta) -> Vec<Detail> {
    let t = &frame.metadata.tables[table];
    let unique = t.primary_key == [column.clone()] || t.alternate_keys.contains(column);
    let names = std::slice::from_ref(column);
    let row = |metric: &str, score: Score| detail(table, names, metric, score);
    let mut rows = Vec::new();
    match &meta.sdtype {
        // SDMetrics leaves the sequence index alone altogether.
        Sdtype::Numerical | Sdtype::Datetime { .. } if t.sequence_index.as_ref() == Some(column) => {}
        Sdtype::Numerical => rows.push(row("BoundaryAdherence", boundary(frame, side, table, column, meta))),
        Sdtype::Datetime { format } => {
            rows.push(row("BoundaryAdherence", boundary(frame, side, table, column, meta)));
            if let Some(format) = format {
                rows.push(row("DatetimeFormatAdherence", datetime_format(frame, side, table, column, (format, meta))));
            }
        }
        Sdtype::Categorical | Sdtype::Ordinal | Sdtype::Boolean => {
            rows.push(row("CategoryAdherence", category(frame, side, table, column, meta)));
        }
        Sdtype::Id { regex } => {
            if unique {
                rows.push(row("KeyUniqueness", uniqueness(frame, side, table, names)));
            }
            if let Some(regex) = regex {
                let texts = |s| other(frame, s, table, column);
                let score = texts(REAL).and_then(|r| regex_format_adherence(r, texts(side)?, regex));
                rows.push(row("RegexFormatAdherence", score));
            }
        }
        Sdtype::Unknown | Sdtype::Pii { .. } => {
            if unique {
                rows.push(row("KeyUniqueness", uniqueness(frame, side, table, names)));
            }
        }
    }
    rows
}

fn both<'f>(frame: &'f Frame, side: usize, table: &str, column: &str) -> Result<[&'f Series; 2], String> {
    let one = |s| frame.column(s, table, column).map_err(|e| format!("{} data: {e}", side_name(s)));
    Ok([one(REAL)?, one(side)?])
}

fn other<'f>(frame: &'f Frame, side: usize, table: &str, column: &str) -> Result<&'f Column, String> {
    let read = frame.table(side, table).other.get(column).ok_or_else(|| format!("column {column} is missing"))?;
    read.as_ref().map_err(|e| format!("{} data: {e}", side_name(side)))
}

fn boundary(frame: &Frame, side: usize, table: &str, column: &str, meta: &ColumnMeta) -> Score {
    let [r, s] = both(frame, side, table, column)?;
    let end = |name: &str| -> Result<Option<i64>, String> {
        let Some(v) = meta.parameters.get(name).filter(|v| !v.is_null()) else { return Ok(None) };
        let bad = || format!("{name} in the metadata can't be read");
        Ok(Some(match (r.scale, &meta.sdtype, v) {
            (Scale::Number { decimals }, _, Value::Number(n)) => {
                let x = n.as_f64().ok_or_else(bad)? * power_of_ten(decimals);
                // A bound between two grid points excludes the point beyond it; one on a point is that point,
                // whatever the multiplication left in its last digit.
                if (x - x.round()).abs() <= 1e-15 * x.abs() {
                    x.round() as i64
                } else if name == "range_min" {
                    x.ceil() as i64
                } else {
                    x.floor() as i64
                }
            }
            (Scale::Time, Sdtype::Datetime { format }, Value::String(text)) => {
                let format = format.as_deref().unwrap_or("%Y-%m-%d");
                time::parse(text, format).map_err(|_| bad())?
            }
            _ => return Err(bad()),
        }))
    };
    Ok(boundary_adherence(&r.ticks, &s.ticks, [end("range_min")?, end("range_max")?], nullable(meta)))
}

fn nullable(meta: &ColumnMeta) -> Option<bool> {
    meta.parameters.get("range_is_nullable").and_then(Value::as_bool)
}

fn category(frame: &Frame, side: usize, table: &str, column: &str, meta: &ColumnMeta) -> Score {
    let [r, s] = both(frame, side, table, column)?;
    let allowed = meta.parameters.get("range_values").and_then(Value::as_array).map(|values| {
        let mut allowed = Vec::new();
        let labels = frame.labels.get(&(table.to_owned(), column.to_owned()));
        for v in values {
            let text = match v {
                Value::String(s) => s.clone(),
                Value::Bool(true) => "True".to_owned(),
                Value::Bool(false) => "False".to_owned(),
                v => v.to_string(),
            };
            if let Some(code) = labels.and_then(|l| l.get_index_of(&text)) {
                allowed.resize(allowed.len().max(code + 1), false);
                allowed[code] = true;
            }
        }
        allowed
    });
    Ok(category_adherence(&r.ticks, &s.ticks, allowed.as_deref(), nullable(meta)))
}

/// The share of texts that read as a time; undefined for typed times, as in SDMetrics.
fn datetime_format(
    frame: &Frame,
    side: usize,
    table: &str,
    column: &str,
    (format, meta): (&str, &ColumnMeta),
) -> Score {
    let batch = frame.data[side].tables.get(table);
    let array = batch.and_then(|b| b.column_by_name(column));
    let array = array.ok_or_else(|| format!("{} data: the column is missing", side_name(side)))?;
    let Some(texts) = strings(array.as_ref()) else { return Ok(None) };
    let formats = std::iter::once(format).chain(meta.other_formats());
    Ok(datetime_format_adherence(texts.into_iter().map(|t| t.filter(|t| !t.is_empty())), formats))
}

fn uniqueness(frame: &Frame, side: usize, table: &str, columns: &[String]) -> Score {
    let read = |c: &String| match frame.table(side, table).columns.get(c) {
        Some(Ok(s)) => Ok(Cow::Owned(as_column(s))),
        Some(Err(e)) => Err(e.clone()),
        None => other(frame, side, table, c).map(Cow::Borrowed),
    };
    let columns = columns.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let columns: Vec<&Column> = columns.iter().map(AsRef::as_ref).collect();
    if let [Column::Text { codes, .. }] = columns[..] {
        // The codes of labels tell them apart as they are; missing is the same number as a missing key.
        return Ok(key_uniqueness(codes));
    }
    Ok(key_uniqueness(&key_codes(&columns, &columns)?[0]))
}

/// A series as a column of whole numbers: enough to tell keys apart.
fn as_column(series: &Series) -> Column {
    Column::Number { ticks: series.ticks.clone(), decimals: 0 }
}

fn data_structure(frame: &Frame, side: usize) -> Property {
    let details = frame.metadata.tables.keys().map(|table| {
        let batch = |s: usize| {
            let missing = || format!("{} data: the table is missing", side_name(s));
            frame.data[s].tables.get(table).ok_or_else(missing)
        };
        let score = batch(REAL).and_then(|r| {
            let (a, b) = (types(frame, REAL, table, r), types(frame, side, table, batch(side)?));
            Ok(Some(a.intersection(&b).count() as f64 / a.union(&b).count().max(1) as f64))
        });
        detail(table, &[], "TableStructure", score)
    });
    Property::new("Data Structure", details.collect())
}

/// Names and kinds of the columns: what the metadata says where the values can be read so, else arrow's type.
fn types(frame: &Frame, side: usize, table: &str, batch: &RecordBatch) -> BTreeSet<(String, String)> {
    let kind = |name: &String, arrow: &DataType| {
        let t = frame.table(side, table);
        let readable = t.columns.get(name).map(Result::is_ok).or_else(|| t.other.get(name).map(Result::is_ok));
        if readable == Some(true) { "as declared".to_owned() } else { arrow.to_string() }
    };
    batch.schema().fields().iter().map(|f| (f.name().clone(), kind(f.name(), f.data_type()))).collect()
}

fn relationship_validity(frame: &Frame, side: usize) -> Property {
    let mut details = Vec::new();
    for (i, r) in frame.metadata.relationships.iter().enumerate() {
        let links = (frame.links[REAL][i].as_ref(), frame.links[side][i].as_ref());
        let scores: [Score; 2] = match links {
            (Ok(real), Ok(synthetic)) => {
                let nulls = r.child_key.len() == 1 && real.child_keys.contains(&NO_KEY);
                let found = referential_integrity(&synthetic.parent_keys, &synthetic.child_keys, nulls);
                [Ok(found), Ok(cardinality_boundary_adherence(&real.counts(), &synthetic.counts()))]
            }
            (Err(e), _) => [Err(format!("real data: {e}")), Err(format!("real data: {e}"))],
            (_, Err(e)) => {
                [Err(format!("{} data: {e}", side_name(side))), Err(format!("{} data: {e}", side_name(side)))]
            }
        };
        for (metric, score) in ["ReferentialIntegrity", "CardinalityBoundaryAdherence"].iter().zip(scores) {
            let row = detail(&r.child, &r.parent_key, metric, score);
            details.push(Detail { parent: Some(r.parent.clone()), foreign_key: r.child_key.clone(), ..row });
        }
    }
    Property::new("Relationship Validity", details)
}
