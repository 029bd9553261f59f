//! Finds `formula`: columns that are sums, differences, multiples or products of others; with what is rounded.

use crate::Result;
use crate::dataset::NULL;
use crate::linked::Linked;
use crate::rule::RuleKind;
use crate::time::SECOND;

use super::lines::{Kind, Line, lines};
use super::paths::quoted;
use super::rounded::{Explained, Figures};
use super::{Found, bits, rounded, rows, spans, sums};

/// Most columns whose sums are tried: a hundred make half a million sums, each dropped after a few rows.
const COLUMNS: usize = 100;
/// Rows on which every part must differ from zero, so that the sum is more than a copy.
pub(super) const CASES: u64 = 30;
/// Units in which a number of a time span may be counted, in seconds.
const UNITS: [i64; 5] = [1, 60, 3_600, 86_400, 604_800];

/// Sums, sums with a constant, and multiples among the numbers of a row; times that are a time and a span.
pub(super) fn find(linked: &Linked, table: &str, own: &[Line]) -> Result<Vec<Found>> {
    let numeric = |l: &&Line| matches!(l.kind, Kind::Number | Kind::Coded) && !l.key && l.distinct() > 1;
    let numbers: Vec<&Line> = own.iter().filter(numeric).take(COLUMNS).collect();
    let grid = grid(linked, table, &numbers)?;
    let mut found = Vec::new();
    for (k, whole) in numbers.iter().enumerate() {
        for (i, a) in numbers.iter().enumerate().filter(|(i, _)| *i != k) {
            found.extend(offset(table, whole, a, grid));
            for (_, b) in numbers.iter().enumerate().skip(i + 1).filter(|(j, _)| *j != k) {
                found.extend(sum(table, whole, a, b, grid));
                found.extend(product(table, whole, a, b, grid));
            }
        }
    }
    found.extend(ends(linked, table)?);
    // What these explain is not looked for in other ways.
    let mut done = Explained::new(&found);
    for one in sums::find(table, &numbers, grid) {
        let RuleKind::Formula { column, .. } = &one.rule.kind else { continue };
        let parts = one.rule.paths();
        if one.broken == 0 && !done.has(column, &parts.iter().map(String::as_str).collect::<Vec<_>>()) {
            done.add(&one);
            found.push(one);
        }
    }
    let figures = Figures::all(linked, table, &numbers, grid)?;
    found.extend(spans::find(linked, table, &figures, &mut done)?);
    found.extend(rounded::find(linked, table, &figures, &mut done)?);
    Ok(found)
}

/// Times that are another time, of the row or of a parent, and a span that one of them says.
fn ends(linked: &Linked, table: &str) -> Result<Vec<Found>> {
    let lines = lines(linked, table, 1, |kind, _| kind != Kind::Label)?;
    let is_time = |l: &&Line| matches!(l.kind, Kind::Time | Kind::Date);
    let (times, numbers): (Vec<&Line>, Vec<&Line>) =
        lines.iter().filter(|l| !l.key && l.distinct() > 1).partition(is_time);
    let numbers = &numbers[..numbers.len().min(COLUMNS)];
    let grid = grid(linked, table, numbers)?;
    let mut found = Vec::new();
    for end in times.iter().filter(|l| l.steps == 0) {
        for start in times.iter().filter(|l| l.path != end.path) {
            found.extend(numbers.iter().find_map(|span| later(table, end, start, span, grid)));
        }
    }
    Ok(found)
}

/// Decimal places of the grid that the lines share.
pub(super) fn grid(linked: &Linked, table: &str, numbers: &[&Line]) -> Result<u32> {
    numbers.iter().try_fold(0, |most, line| Ok(decimals(linked, table, line)?.max(most)))
}

/// Decimal places of a line of numbers.
pub(super) fn decimals(linked: &Linked, table: &str, line: &Line) -> Result<u32> {
    let path = linked.path(table, &line.path)?;
    Ok(match crate::linked::as_numbers(path.column).as_deref() {
        Some(crate::Column::Number { decimals, .. }) => u32::from(*decimals),
        _ => 0,
    })
}

/// A constant on the shared grid as a formula writes it: ` + 1.5`, nothing for zero.
pub(super) fn constant(value: i128, grid: u32) -> String {
    if value == 0 {
        return String::new();
    }
    let unit = 10i128.pow(grid);
    let (whole, part) = (value.abs() / unit, value.abs() % unit);
    let digits = if part == 0 { String::new() } else { format!(".{part:0>width$}", width = grid as usize) };
    let digits = digits.trim_end_matches('0');
    format!(" {} {whole}{digits}", if value > 0 { '+' } else { '-' })
}

/// Rows on which `left - right` is the same constant.
struct Balance {
    support: u64,
    broken: u64,
    /// Rows that hold and in which no part is zero.
    cases: u64,
    constant: i128,
    surprise: f64,
}

/// Balances rows given as (left, right, counts as a case); None when the rule breaks too often.
fn balance(whole: &Line, row: impl Fn(usize) -> Option<(i128, i128, bool)>, any_constant: bool) -> Option<Balance> {
    let n = whole.ticks.len();
    // Any row may be a broken one, hardly two of three.
    let gaps: Vec<i128> = (0..n).filter_map(|r| row(r).map(|(left, right, _)| left - right)).take(3).collect();
    let constant = match gaps[..] {
        _ if !any_constant => 0,
        [_, b, c] if b == c => b,
        [a, ..] => a,
        [] => return None,
    };
    let mut balance = Balance { support: 0, broken: 0, cases: 0, constant, surprise: 0.0 };
    for r in 0..n {
        let Some((left, right, case)) = row(r) else { continue };
        balance.support += 1;
        if left - right != constant {
            balance.broken += 1;
            if balance.broken > 2 + n as u64 / 1000 {
                return None;
            }
        } else if case {
            balance.cases += 1;
        }
    }
    // A value that most rows share is hit by chance; the commoner the values the smaller the surprise.
    balance.surprise = balance.cases as f64 * bits(whole.repeat());
    Some(balance)
}

fn believe(table: &str, column: &Line, equals: String, found: Balance) -> Option<Found> {
    if found.cases < CASES {
        return None;
    }
    let why = format!("{}, {} of them with no part zero", rows(found.support, found.broken), found.cases);
    let kind = RuleKind::Formula { table: table.into(), column: column.path.clone(), equals };
    Found::believed(kind, found.support, found.broken, found.surprise, why)
}

/// `whole = a + b + constant`.
fn sum(table: &str, whole: &Line, a: &Line, b: &Line, grid: u32) -> Option<Found> {
    let row = |r: usize| {
        let (w, x, y) = (whole.ticks[r], a.ticks[r], b.ticks[r]);
        let known = w != NULL && x != NULL && y != NULL;
        known.then(|| (i128::from(w), i128::from(x) + i128::from(y), x != 0 && y != 0))
    };
    let balance = balance(whole, row, true)?;
    let equals = format!("{} + {}{}", quoted(&a.path), quoted(&b.path), constant(balance.constant, grid));
    believe(table, whole, equals, balance)
}

/// `whole = a * b`, neither of them one throughout; on the grid without rounding.
fn product(table: &str, whole: &Line, a: &Line, b: &Line, grid: u32) -> Option<Found> {
    let scale = 10i128.pow(grid);
    let row = |r: usize| {
        let (w, x, y) = (whole.ticks[r], a.ticks[r], b.ticks[r]);
        // Zero, and one times another, say nothing.
        let case = ![x, y].iter().any(|v| *v == 0 || i128::from(*v) == scale);
        let known = w != NULL && x != NULL && y != NULL;
        known.then(|| (i128::from(w) * scale, i128::from(x) * i128::from(y), case))
    };
    believe(table, whole, format!("{} * {}", quoted(&a.path), quoted(&b.path)), balance(whole, row, false)?)
}

/// `whole = a + constant` and `whole = factor * a`; equal columns are found as agreeing paths.
fn offset(table: &str, whole: &Line, a: &Line, grid: u32) -> Option<Found> {
    // Each is the other's formula; the later column follows from the earlier one.
    let row = |r: usize| {
        let (w, x) = (whole.ticks[r], a.ticks[r]);
        (w != NULL && x != NULL).then(|| (i128::from(w), i128::from(x), x != 0))
    };
    if let Some(balance) = balance(whole, row, true).filter(|b| b.constant > 0) {
        let equals = format!("{}{}", quoted(&a.path), constant(balance.constant, grid));
        return believe(table, whole, equals, balance);
    }
    // A whole multiple only: one with decimals has a grid and a rounding that nobody can know from the data.
    let (w, x) = (0..whole.ticks.len()).filter_map(&row).find(|(w, x, _)| *x != 0 && *w != 0).map(|r| (r.0, r.1))?;
    if w % x != 0 || (w / x).abs() < 2 {
        return None;
    }
    let factor = w / x;
    let scaled = |r: usize| row(r).map(|(w, x, case)| (w, x * factor, case));
    let balance = balance(whole, scaled, false)?;
    believe(table, whole, format!("{factor} * {}", quoted(&a.path)), balance)
}

/// `end = start + unit * span`.
fn later(table: &str, end: &Line, start: &Line, span: &Line, grid: u32) -> Option<Found> {
    let scale = 10i128.pow(grid);
    UNITS.into_iter().find_map(|unit| {
        let row = |r: usize| {
            let (e, s, n) = (end.ticks[r], start.ticks[r], span.ticks[r]);
            let length = i128::from(n) * i128::from(unit * SECOND);
            (e != NULL && s != NULL && n != NULL)
                .then(|| (i128::from(e) * scale, i128::from(s) * scale + length, n != 0))
        };
        let times = if unit == 1 { quoted(&span.path) } else { format!("{} * {unit}", quoted(&span.path)) };
        let equals = format!("{} + {times}", quoted(&start.path));
        balance(end, row, false).and_then(|b| believe(table, end, equals, b))
    })
}
