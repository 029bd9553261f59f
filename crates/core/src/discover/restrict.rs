//! Finds `restrict`: labels of a link that go with some ages only.

use std::collections::HashSet;

use crate::dataset::{NO_CODE, NULL};
use crate::linked::Linked;
use crate::rule::RuleKind;
use crate::{Column, Result, time};

use super::lines::{Kind, Line, first_step, lines, ways};
use super::{Found, bits_of_none, percent, rows};

/// Most values of the attribute.
const VALUES: usize = 30;
/// Rows that each listed value needs, so that its limit is no accident of a few rows.
const EACH: usize = 30;
/// Share of all rows that must lie beyond a limit: a value with few rows misses the rare ones by chance.
const BEYOND: f64 = 0.05;
/// An equally good limit on another pair of times or another attribute must beat this share to replace one.
const BETTER: f64 = 1.05;

/// For each link the best lower and the best upper limit.
pub(super) fn find(linked: &Linked, table: &str) -> Result<Vec<Found>> {
    let lines = lines(linked, table, 1, |kind, _| matches!(kind, Kind::Time | Kind::Date))?;
    let mut spans = Vec::new();
    for from in &lines {
        for to in lines.iter().filter(|to| to.steps == 0 && to.path != from.path) {
            spans.extend(span(from, to));
        }
    }
    let mut found = Vec::new();
    for (prefix, parent, _) in ways(linked, table, 1).into_iter().filter(|w| w.2 == 1) {
        let mut attributes: Vec<(usize, String)> = Vec::new();
        for (name, column) in &linked.table(&parent)?.columns {
            if let Column::Text { values, .. } = column
                && (2..=VALUES).contains(&values.len())
                && linked.metadata.tables[&parent].columns[name].is_modelled()
                && !linked.metadata.is_key(&parent, name)
            {
                attributes.push((values.len(), format!("{prefix}{name}")));
            }
        }
        // Few values first: of equally good attributes the plainest says it best.
        attributes.sort();
        for upper in [false, true] {
            let mut best: Option<Found> = None;
            for (_, attribute) in &attributes {
                for span in &spans {
                    let found = limit(linked, table, attribute, span, upper)?;
                    let better = |f: &Found| best.as_ref().is_none_or(|b| f.surprise > b.surprise * BETTER);
                    best = found.filter(better).or(best);
                }
            }
            found.extend(best);
        }
    }
    Ok(found)
}

/// Whole years between two times, for rows where both are known.
struct Span<'a> {
    from: &'a str,
    to: &'a str,
    years: Vec<Option<i64>>,
}

/// The span when it is never negative and often longer than some years.
fn span<'a>(from: &'a Line, to: &'a Line) -> Option<Span<'a>> {
    let year = |(a, b): (&i64, &i64)| (*a != NULL && *b != NULL).then(|| time::years_between(*a, *b));
    let years: Vec<Option<i64>> = from.ticks.iter().zip(&to.ticks).map(year).collect();
    let known: Vec<i64> = years.iter().flatten().copied().collect();
    let long = known.iter().filter(|y| **y >= 5).count();
    let ordered = known.iter().all(|y| *y >= 0);
    (ordered && long * 10 >= known.len() && !known.is_empty()).then(|| Span { from: &from.path, to: &to.path, years })
}

/// The limit that chance explains worst: the years below (or from) which no row of some values lies.
fn limit(linked: &Linked, table: &str, attribute: &str, span: &Span, upper: bool) -> Result<Option<Found>> {
    let path = linked.path(table, attribute)?;
    let Column::Text { codes, values } = path.column else { return Ok(None) };
    // Upper limits are lower limits of the negative years.
    let sign = if upper { -1 } else { 1 };
    let mut by_value: Vec<Vec<i64>> = vec![Vec::new(); values.len()];
    // Rows of one person say the same thing over and over: each target and age of a person counts once.
    let (persons, mut seen) = (first_step(linked, table, span.from)?, HashSet::new());
    for (row, years) in span.years.iter().enumerate() {
        if let (Some(years), Some(at)) = (years, path.row(row, 0))
            && codes[at] != NO_CODE
            && seen.insert((persons[row], at, *years))
        {
            by_value[codes[at] as usize].push(sign * years);
        }
    }
    by_value.iter_mut().for_each(|v| v.sort_unstable());
    let mut all: Vec<i64> = by_value.concat();
    all.sort_unstable();
    let mut best: Option<(f64, i64)> = None;
    let mut tried: Vec<i64> = by_value.iter().filter(|v| v.len() >= EACH).map(|v| v[0]).collect();
    tried.sort_unstable();
    tried.dedup();
    let inside = |v: &&Vec<i64>, least: i64| v.len() >= EACH && v[0] >= least;
    for least in tried {
        let rows: usize = by_value.iter().filter(|v| inside(v, least)).map(Vec::len).sum();
        let below = all.partition_point(|y| *y < least) as f64 / all.len().max(1) as f64;
        let expected = rows as f64 * below;
        if best.is_none_or(|(most, _)| expected > most) {
            best = Some((expected, least));
        }
    }
    let Some((expected, least)) = best else { return Ok(None) };
    let chosen: Vec<usize> = (0..values.len()).filter(|v| inside(&&by_value[*v], least)).collect();
    let mut members: Vec<i64> = chosen.iter().flat_map(|v| by_value[*v].iter().copied()).collect();
    members.sort_unstable();
    // The next row may lie a little further out than the outermost one: by the usual step between the outermost.
    let sixth = members.get(5).copied().unwrap_or(least);
    let loose = least - (sixth - least + 2) / 5;
    let kind = RuleKind::Restrict {
        table: table.into(),
        attribute: attribute.into(),
        values: chosen.iter().filter_map(|v| values.get_index(*v).map(str::to_owned)).collect(),
        from: span.from.into(),
        to: span.to.into(),
        min_years: (!upper).then_some(loose),
        below_years: upper.then_some(1 - loose),
    };
    let support = members.len() as u64;
    let share = expected / (support as f64).max(1.0);
    if share < BEYOND {
        return Ok(None);
    }
    let why = format!("{}; of all rows {} lie beyond the limit", rows(support, 0), percent(share));
    Ok(Found::believed(kind, support, 0, bits_of_none(expected), why))
}
