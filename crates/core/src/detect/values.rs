//! Categories and extremes in the metadata, as SDV writes them: those that enough entities hold.

use serde_json::Value;

use super::Tables;
use super::profile::{Profile, Shape};
use crate::dataset::NO_CODE;
use crate::encode::MIN_SUPPORT;
use crate::linked::Linked;
use crate::metadata::{Metadata, Sdtype};
use crate::{Dataset, Result};

/// Most labels of a list.
const LABELS: usize = 500;

/// Writes lists of labels that are all held by enough entities, and ends of ranges that are.
///
/// A list with a rare label would name somebody, and one without it would refuse a value of the data.
pub(super) fn keep(metadata: &mut Metadata, data: &Dataset, tables: &Tables) -> Result<()> {
    let entities = Linked::new(data, metadata)?.entities();
    let entities: Vec<(String, Vec<u32>)> = metadata.tables.keys().cloned().zip(entities).collect();
    for (table, entities) in &entities {
        for (column, profile) in &tables[table.as_str()] {
            if metadata.is_key(table, column) {
                continue;
            }
            let meta = &mut metadata.tables[table].columns[*column];
            // The first moment of a year says nothing of the earliest day in it, and numbers inside text have no range
            // that other programs could read.
            if meta.other_formats().next().is_some() || meta.form().is_some() {
                continue;
            }
            for (key, value) in kept(&meta.sdtype, profile, entities) {
                meta.parameters.insert(key.into(), value);
            }
        }
    }
    Ok(())
}

fn kept(sdtype: &Sdtype, p: &Profile, entities: &[u32]) -> Vec<(&'static str, Value)> {
    if !matches!(sdtype, Sdtype::Numerical | Sdtype::Datetime { .. } | Sdtype::Categorical | Sdtype::Ordinal) {
        return Vec::new();
    }
    let support = support(p, entities);
    let held = |place: &usize| support[*place] >= MIN_SUPPORT;
    match sdtype {
        Sdtype::Numerical => {
            let numbers = p.texts.iter().map(|t| t.trim().parse::<f64>().ok().filter(|v| v.is_finite()));
            let known: Vec<(usize, f64)> = numbers.enumerate().filter_map(|(i, v)| Some((i, v?))).collect();
            let number = |v: f64| match (p.shape == Shape::Whole, v.abs() < 9e15) {
                (true, true) => Value::from(v as i64),
                _ => v.into(),
            };
            let ends =
                [known.iter().min_by(|a, b| a.1.total_cmp(&b.1)), known.iter().max_by(|a, b| a.1.total_cmp(&b.1))];
            range(ends.map(|e| e.filter(|(i, _)| held(i)).map(|(_, v)| number(*v))))
        }
        Sdtype::Datetime { format: Some(f) } => {
            let times = p.texts.iter().map(|t| crate::time::parse(t.trim(), f).ok());
            let known: Vec<(usize, i64)> = times.enumerate().filter_map(|(i, t)| Some((i, t?))).collect();
            let ends = [known.iter().min_by_key(|k| k.1), known.iter().max_by_key(|k| k.1)];
            range(ends.map(|e| e.filter(|(i, _)| held(i)).map(|(_, t)| crate::time::format(*t, f).into())))
        }
        Sdtype::Categorical | Sdtype::Ordinal if (1..LABELS).contains(&p.distinct()) => {
            let number = |t: &str| t.trim().parse::<i64>().map(Value::from);
            let value = |t: &str| match p.shape {
                Shape::Whole => number(t).unwrap_or_else(|_| t.into()),
                _ => t.into(),
            };
            let all = (0..p.distinct()).all(|i| held(&i));
            let values = || p.texts.iter().map(value).collect::<Vec<Value>>();
            all.then(|| ("range_values", values().into())).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn range(ends: [Option<Value>; 2]) -> Vec<(&'static str, Value)> {
    ["range_min", "range_max"].into_iter().zip(ends).filter_map(|(key, v)| Some((key, v?))).collect()
}

/// Number of entities that hold each distinct value.
fn support(p: &Profile, entities: &[u32]) -> Vec<usize> {
    let mut pairs: Vec<(u32, u32)> = p.codes.iter().copied().zip(entities.iter().copied()).collect();
    pairs.retain(|(code, _)| *code != NO_CODE);
    pairs.sort_unstable();
    pairs.dedup();
    let mut support = vec![0; p.distinct()];
    pairs.iter().for_each(|(code, _)| support[*code as usize] += 1);
    support
}
