//! Finds formulas with rounded results: ratios and products with a factor, conversions of units, what is above nothing.
//!
//! A factor that fits a few rows to half a step of the column's last decimal, then all of them, is written as short as
//! the rows allow; what is written is then proved like any rule. No row may break it.

use std::collections::BTreeSet;

use crate::Result;
use crate::dataset::NULL;
use crate::linked::Linked;
use crate::rule::{Rule, RuleKind};

use super::fitted::{Factor, factor, factors, shift, shortest};
use super::formula::{CASES, decimals};
use super::lines::Line;
use super::paths::quoted;
use super::{Found, bits, rows};

/// Rows of which those for a glance are chosen, and how many.
const POOL: usize = 512;
const GLANCE: usize = 48;
/// Fewest of them that must be known.
const KNOWN: usize = 8;
/// Different results that a factor needs, and a factor with a constant: one of few values has many formulas.
const LEVELS: usize = 8;
const MORE_LEVELS: usize = 12;

/// A column of numbers.
pub(super) struct Figures<'a> {
    pub line: &'a Line,
    /// Ticks of a unit.
    unit: f64,
    /// The middle one of them.
    pub typical: f64,
    /// Half of a step of its last decimal, and a bit.
    pub half: f64,
    /// Rows for a glance, those that say most first.
    pub glance: Vec<usize>,
}

impl<'a> Figures<'a> {
    pub fn all(linked: &Linked, table: &str, numbers: &[&'a Line], grid: u32) -> Result<Vec<Self>> {
        let unit = 10f64.powi(grid as i32);
        let figures = |line: &&'a Line| {
            let typical = line.sorted.get(line.sorted.len() / 2).map_or(0.0, |t| *t as f64 / unit);
            let half = 0.5 / 10f64.powi(decimals(linked, table, line)? as i32) * (1.0 + 1e-9);
            Ok(Self { line, unit, typical, half, glance: glance(&line.ticks) })
        };
        numbers.iter().map(figures).collect()
    }

    /// The value of a row; a missing one is no number.
    pub fn at(&self, row: usize) -> f64 {
        match self.line.ticks[row] {
            NULL => f64::NAN,
            t => t as f64 / self.unit,
        }
    }

    pub fn rows(&self) -> std::ops::Range<usize> {
        0..self.line.ticks.len()
    }
}

/// Rows from all over a column, the largest and the smallest values taking turns.
fn glance(ticks: &[i64]) -> Vec<usize> {
    let step = (ticks.len() / POOL).max(1);
    let mut far: Vec<usize> = (0..ticks.len()).step_by(step).filter(|r| ticks[*r] != NULL).collect();
    if far.len() < GLANCE {
        far = (0..ticks.len()).filter(|r| ticks[*r] != NULL).take(POOL).collect();
    }
    far.sort_by_key(|r| std::cmp::Reverse(ticks[*r].unsigned_abs()));
    let (n, wanted) = (far.len(), GLANCE.min(far.len()));
    (0..wanted).map(|i| if i % 2 == 0 { far[i / 2] } else { far[n - 1 - (i / 2) * (n / wanted)] }).collect()
}

/// What may be rounded, of two columns.
#[derive(Clone, Copy)]
enum Form {
    Product,
    Ratio,
    OverSquare,
    Change,
    Above,
}

impl Form {
    const ALL: [Self; 5] = [Self::Product, Self::Ratio, Self::OverSquare, Self::Change, Self::Above];

    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Product => a * b,
            _ if b == 0.0 && !matches!(self, Self::Above) => f64::NAN,
            Self::Ratio => a / b,
            Self::OverSquare => a / (b * b),
            Self::Change => (a - b) / b,
            Self::Above => (a - b).max(0.0),
        }
    }

    fn written(self, a: &str, b: &str) -> String {
        match self {
            Self::Product => format!("{a} * {b}"),
            Self::Ratio => format!("{a} / {b}"),
            Self::OverSquare => format!("{a} / ({b} * {b})"),
            Self::Change => format!("({a} - {b}) / {b}"),
            Self::Above => format!("max(0, {a} - {b})"),
        }
    }
}

/// Columns that other formulas explain: no others are looked for.
pub(super) struct Explained {
    wholes: BTreeSet<String>,
    sets: Vec<BTreeSet<String>>,
}

impl Explained {
    pub fn new(found: &[Found]) -> Self {
        let mut explained = Self { wholes: BTreeSet::new(), sets: Vec::new() };
        found.iter().filter(|f| f.broken == 0).for_each(|f| explained.add(f));
        explained
    }

    pub fn add(&mut self, found: &Found) {
        if let RuleKind::Formula { column, .. } = &found.rule.kind {
            self.wholes.insert(column.clone());
            self.sets.push(found.rule.paths().into_iter().collect());
        }
    }

    /// Whether a column, or what it would be computed from, is explained already.
    pub fn has(&self, whole: &str, parts: &[&str]) -> bool {
        let all = || parts.iter().copied().chain([whole]);
        self.wholes.contains(whole) || self.sets.iter().any(|s| s.iter().all(|n| all().any(|m| m == n)))
    }
}

/// Formulas of one or two columns with a factor.
pub(super) fn find(linked: &Linked, table: &str, all: &[Figures], done: &mut Explained) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    // What is computed mostly stands after what it is computed from.
    for whole in all.iter().rev().filter(|w| w.line.distinct() >= LEVELS) {
        if let Some(one) = of_one(linked, table, whole, all, done)?
            .map_or_else(|| of_two(linked, table, whole, all, done), |f| Ok(Some(f)))?
        {
            done.add(&one);
            found.push(one);
        }
    }
    Ok(found)
}

fn of_one(linked: &Linked, table: &str, whole: &Figures, all: &[Figures], done: &Explained) -> Result<Option<Found>> {
    let is_other = |a: &&Figures| a.line.path != whole.line.path;
    for a in all.iter().filter(is_other).filter(|a| !done.has(&whole.line.path, &[&a.line.path])) {
        let value = |r: usize| a.at(r);
        if let Some((factor, constant)) = line(whole, &value, false) {
            // Equal columns are found as paths that agree.
            if factor.text == "1" && constant == "0" {
                continue;
            }
            let equals = scaled(&quoted(&a.line.path), &factor, &constant);
            let typical = [(a.typical * factor.value) + constant.parse::<f64>().unwrap_or(0.0)];
            if let Some(one) = prove(linked, table, whole, equals, |_, i| typical[i], 1)? {
                return Ok(Some(one));
            }
        }
    }
    Ok(None)
}

fn of_two(linked: &Linked, table: &str, whole: &Figures, all: &[Figures], done: &Explained) -> Result<Option<Found>> {
    let others = || all.iter().enumerate().filter(|(_, a)| a.line.path != whole.line.path);
    for (i, a) in others() {
        for (j, b) in others().filter(|(j, _)| *j != i) {
            for form in Form::ALL.into_iter().filter(|f| i < j || !matches!(f, Form::Product)) {
                let value = |r: usize| form.of(a.at(r), b.at(r));
                let Some(range) = through_zero(whole, &value, &whole.glance) else { continue };
                // Only now names are compared, which takes longer.
                if done.has(&whole.line.path, &[&a.line.path, &b.line.path]) {
                    continue;
                }
                let is_one = |range: (f64, f64)| range.0 <= 1.0 && range.1 >= 1.0;
                if matches!(form, Form::Above) && !is_one(range) {
                    continue;
                }
                let rows: Vec<usize> = whole.rows().collect();
                let Some(range) = through_zero(whole, &value, &rows) else { continue };
                let Some(factor) = factors(range, false).into_iter().next() else { continue };
                let (x, y) = (quoted(&a.line.path), quoted(&b.line.path));
                let equals = scaled(&form.written(&x, &y), &factor, "0");
                let without = |r: usize, part: usize| match part {
                    0 => factor.value * form.of(a.typical, b.at(r)),
                    _ => factor.value * form.of(a.at(r), b.typical),
                };
                if let Some(one) = prove(linked, table, whole, equals, without, 2)? {
                    return Ok(Some(one));
                }
            }
        }
    }
    Ok(None)
}

/// Factors with which values are those of a column in some rows; None where there are none, or too few rows.
fn through_zero(whole: &Figures, value: &dyn Fn(usize) -> f64, rows: &[usize]) -> Option<(f64, f64)> {
    let mut known = 0;
    let pairs = rows.iter().map(|r| (value(*r), whole.at(*r))).filter(|(v, w)| v.is_finite() && w.is_finite());
    let range = factor(pairs.inspect(|_| known += 1), whole.half)?;
    (known >= KNOWN).then_some(range)
}

/// A factor and a constant with which values are those of a column in all rows.
pub(super) fn line(whole: &Figures, value: &dyn Fn(usize) -> f64, divide: bool) -> Option<(Factor, String)> {
    let pair = |r: usize| Some((value(r), whole.at(r))).filter(|(v, w)| v.is_finite() && w.is_finite());
    let few: Vec<(f64, f64)> = whole.glance.iter().filter_map(|r| pair(*r)).collect();
    if few.len() < KNOWN {
        return None;
    }
    let range = slope(few.iter().copied(), whole.half)?;
    // Between its ends no row lies further from a line than both ends may together.
    let middle = f64::midpoint(range.0, range.1);
    let ends = few.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    if !few.iter().all(|(v, w)| (w - ends.1 - middle * (v - ends.0)).abs() <= 3.0 * whole.half) {
        return None;
    }
    let all = || whole.rows().filter_map(pair);
    let range = slope(all(), whole.half)?;
    factors(range, divide).into_iter().find_map(|factor| {
        let constants = shift(all().map(|(v, w)| (v * factor.value, w)), whole.half)?;
        let constant = shortest(constants)?;
        let levels = if constant == "0" { LEVELS } else { MORE_LEVELS };
        (whole.line.distinct() >= levels).then_some((factor, constant))
    })
}

/// The slopes of a line through the first and the last of some rows.
fn slope(rows: impl Iterator<Item = (f64, f64)>, half: f64) -> Option<(f64, f64)> {
    let mut ends: Option<[(f64, f64); 2]> = None;
    for row in rows {
        let [low, high] = ends.get_or_insert([row, row]);
        if row.0 < low.0 {
            *low = row;
        }
        if row.0 > high.0 {
            *high = row;
        }
    }
    let [low, high] = ends?;
    let (width, rise) = (high.0 - low.0, high.1 - low.1);
    (width > 0.0).then(|| ((rise - 2.0 * half) / width, (rise + 2.0 * half) / width))
}

/// An expression with its factor and constant.
pub(super) fn scaled(base: &str, factor: &Factor, constant: &str) -> String {
    let product = match (factor.text.as_str(), factor.divides) {
        ("1", _) => base.to_owned(),
        (text, true) => format!("{base} / {text}"),
        (text, false) => format!("{text} * {base}"),
    };
    match constant.strip_prefix('-') {
        _ if constant == "0" => product,
        Some(number) => format!("{product} - {number}"),
        None => format!("{product} + {constant}"),
    }
}

/// Believes a formula that no row breaks and whose parts all matter: with the typical value of one of them in its place
/// (`without`) other results come out.
pub(super) fn prove(
    linked: &Linked,
    table: &str,
    whole: &Figures,
    equals: String,
    without: impl Fn(usize, usize) -> f64,
    parts: usize,
) -> Result<Option<Found>> {
    let kind = RuleKind::Formula { table: table.into(), column: whole.line.path.clone(), equals };
    let Some(tally) = Rule::declared(kind.clone()).prove(linked)?.filter(|t| t.broken == 0) else { return Ok(None) };
    let matters = |part: usize| {
        let differs = |r: &usize| (without(*r, part) - whole.at(*r)).abs() > whole.half;
        whole.rows().filter(differs).count() as u64
    };
    let cases = (0..parts).map(matters).min().unwrap_or(0);
    if cases < CASES {
        return Ok(None);
    }
    let why = format!("{}, each part matters in {cases} of them", rows(whole.line.sorted.len() as u64, tally.broken));
    let surprise = cases as f64 * bits(whole.line.repeat());
    Ok(Found::believed(kind, whole.line.sorted.len() as u64, 0, surprise, why))
}
