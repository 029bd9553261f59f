//! Finds sums of several signed terms, as `total = subtotal - discount + postage`, by solving for all of them at once.

use crate::dataset::NULL;
use crate::rule::RuleKind;

use super::formula::{CASES, constant};
use super::lines::Line;
use super::paths::quoted;
use super::{Found, bits, rows};

/// Rows that are solved for, beyond one for each column: none of them fits by chance.
const SPARE: usize = 64;
/// Rows of which these are chosen.
const POOL: usize = 20_000;
/// Most terms of a sum.
const TERMS: usize = 40;
/// Largest number that a term is multiplied with.
const FACTOR: i128 = 100;
/// The prime whose remainders are computed with, exactly.
const PRIME: i128 = (1 << 61) - 1;

/// Sums in which every column is a term of few; where several columns could be the sum, the one with most values.
pub(super) fn find(table: &str, numbers: &[&Line], grid: u32) -> Vec<Found> {
    let mut lines: Vec<&Line> = numbers.to_vec();
    lines.sort_by_cached_key(|l| l.distinct());
    let rows = whole_rows(&mut lines);
    if rows.len() < lines.len() + SPARE {
        return Vec::new();
    }
    let all: Vec<Vec<i128>> = rows
        .iter()
        .map(|r| {
            std::iter::once(1)
                .chain(lines.iter().map(|l| l.ticks[*r].into()))
                .map(|v: i128| v.rem_euclid(PRIME))
                .collect()
        })
        .collect();
    depend(all).into_iter().filter_map(|(whole, terms)| judge(table, &lines, whole, &terms, grid)).collect()
}

/// Rows in which all columns are known; columns that leave too few of them are left out.
fn whole_rows(lines: &mut Vec<&Line>) -> Vec<usize> {
    let n = lines.first().map_or(0, |l| l.ticks.len());
    let step = (n / POOL).max(1);
    loop {
        let wanted = 2 * lines.len() + 2 * SPARE;
        let known = |r: &usize| lines.iter().all(|l| l.ticks[*r] != NULL);
        let rows: Vec<usize> = (0..n).step_by(step).filter(known).collect();
        if rows.len() >= wanted.min(n.div_ceil(step)) || lines.len() < 3 {
            let step = (rows.len() / wanted).max(1);
            return rows.into_iter().step_by(step).collect();
        }
        let most = (0..lines.len()).min_by_key(|l| lines[*l].sorted.len());
        lines.remove(most.unwrap_or(0));
    }
}

/// Columns that are the same sum of columns before them in every row: which, and the terms with their factors.
fn depend(mut all: Vec<Vec<i128>>) -> Vec<(usize, Vec<(usize, i128)>)> {
    let columns = all.first().map_or(0, Vec::len);
    let mut pivots: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for column in 0..columns {
        let top = pivots.len();
        let Some(row) = (top..all.len()).find(|r| all[*r][column] != 0) else {
            let signed = |v: i128| if v > PRIME / 2 { v - PRIME } else { v };
            let terms = pivots.iter().enumerate().map(|(r, p)| (*p, signed(all[r][column])));
            found.push((column, terms.filter(|(_, factor)| *factor != 0).collect()));
            continue;
        };
        all.swap(top, row);
        let one = inverse(all[top][column]);
        all[top].iter_mut().for_each(|v| *v = *v * one % PRIME);
        let pivot = all[top].clone();
        for (r, other) in all.iter_mut().enumerate().filter(|(r, _)| *r != top) {
            debug_assert!(r != top);
            let factor = other[column];
            if factor != 0 {
                other.iter_mut().zip(&pivot).for_each(|(v, p)| *v = (*v + (PRIME - factor) * p) % PRIME);
            }
        }
        pivots.push(column);
    }
    found
}

/// What gives one together with a number, by Fermat.
fn inverse(number: i128) -> i128 {
    let (mut result, mut base, mut power) = (1, number, PRIME - 2);
    while power > 0 {
        if power % 2 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        power /= 2;
    }
    result
}

/// Proves a sum on all rows. Rows count in which several terms differ from zero, and each of them must in some.
fn judge(table: &str, lines: &[&Line], whole: usize, terms: &[(usize, i128)], grid: u32) -> Option<Found> {
    let whole = *lines.get(whole.checked_sub(1)?)?;
    let number = terms.iter().find(|t| t.0 == 0).map_or(0, |t| t.1);
    let terms: Vec<(&Line, i128)> = terms.iter().filter(|t| t.0 > 0).map(|t| (lines[t.0 - 1], t.1)).collect();
    let fits = (2..=TERMS).contains(&terms.len()) && terms.iter().all(|t| t.1.abs() <= FACTOR);
    if !fits || number.abs() >= i128::from(i64::MAX) {
        return None;
    }
    let (mut support, mut broken, mut cases) = (0, 0, 0);
    let mut moves = vec![0; terms.len()];
    for r in 0..whole.ticks.len() {
        if whole.ticks[r] == NULL || terms.iter().any(|t| t.0.ticks[r] == NULL) {
            continue;
        }
        support += 1;
        let sum: i128 = terms.iter().map(|(l, factor)| i128::from(l.ticks[r]) * factor).sum();
        if sum + number != i128::from(whole.ticks[r]) {
            broken += 1;
            continue;
        }
        let here: Vec<usize> = (0..terms.len()).filter(|t| terms[*t].0.ticks[r] != 0).collect();
        here.iter().for_each(|t| moves[*t] += 1);
        cases += u64::from(here.len() > 1);
    }
    if cases < CASES || moves.iter().any(|m| *m < CASES) {
        return None;
    }
    let term = |(i, (line, factor)): (usize, &(&Line, i128))| {
        let sign = match (i, *factor > 0) {
            (0, true) => "",
            (0, false) => "0 - ",
            (_, true) => " + ",
            (_, false) => " - ",
        };
        let times = if factor.abs() == 1 { String::new() } else { format!("{} * ", factor.abs()) };
        format!("{sign}{times}{}", quoted(&line.path))
    };
    let mut ordered = terms.clone();
    ordered.sort_by_key(|t| t.1 < 0);
    let equals = ordered.iter().enumerate().map(term).collect::<String>() + &constant(number, grid);
    let why = format!("{}, {cases} of them with several parts that are not zero", rows(support, broken));
    let kind = RuleKind::Formula { table: table.into(), column: whole.path.clone(), equals };
    Found::believed(kind, support, broken, cases as f64 * bits(whole.repeat()), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_add_up_to_depends_on_them() {
        let row = |a: i128, b: i128, c: i128| {
            vec![1, a, b, c, 2 * a - b + 7 * c + 5].into_iter().map(|v: i128| v.rem_euclid(PRIME)).collect()
        };
        let all: Vec<Vec<i128>> = (0..20).map(|i| row(i * i % 13, i * 7 % 11, i * i * i % 17)).collect();
        assert_eq!(depend(all), [(4, vec![(0, 5), (1, 2), (2, -1), (3, 7)])]);
    }
}
