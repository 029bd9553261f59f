//! Finds rules that can't be kept together, before anything is learned.
//!
//! Declared ones are for people to sort out; of those that were found the surer stay.

use std::collections::BTreeMap;

use crate::linked::decimal;
use crate::metadata::Metadata;
use crate::plan::Plan;
use crate::rule::expression::Expression;
use crate::rule::{Rule, RuleKind};
use crate::{Error, ErrorKind, Result};

/// Steps of a chain of orders that are followed.
const CHAIN: usize = 10_000;

/// An error that names both rules of every pair that can't be kept together, and every cycle of formulas.
pub(super) fn check(plan: &Plan, metadata: &Metadata) -> Result<()> {
    let rules: Vec<&Rule> = metadata.rules.iter().filter(|r| r.enforced && plan.table(r.table()).is_some()).collect();
    let pairs = rules.iter().enumerate().flat_map(|(i, b)| with(&rules[..i], b));
    Error::all(ErrorKind::Rule, pairs.chain(formulas(&rules)).chain(orders(&rules)).collect())
}

/// Whether a found rule can be kept beside these.
pub(crate) fn fits(rules: &[&Rule], new: &Rule) -> bool {
    let all = || [rules, &[new]].concat();
    if with(rules, new).next().is_some() || is_unsettled(&all()) {
        return false;
    }
    match new.kind {
        RuleKind::Formula { .. } => formulas(&all()).is_empty() && !goes_round(rules, new),
        RuleKind::Order { .. } | RuleKind::Inside { .. } => orders(&all()).is_empty(),
        RuleKind::Determines { .. } | RuleKind::NullWhen { .. } => !goes_round(rules, new),
        _ => true,
    }
}

/// Whether a column would decide another before it is drawn itself: a value by a determinant, or a formula by a number,
/// that is missing by what hangs on the value.
fn goes_round(rules: &[&Rule], new: &Rule) -> bool {
    // From a column to one that hangs on it, and whether only by being missing.
    let steps = |r: &Rule| -> Vec<(String, String, bool)> {
        match &r.kind {
            RuleKind::Determines { column, determines, .. } => vec![(column.clone(), determines.clone(), false)],
            RuleKind::NullWhen { column, when, .. } => vec![(when.clone(), column.clone(), true)],
            RuleKind::Formula { column, equals, .. } => {
                let parsed = Expression::parse(equals).ok();
                let names = parsed.iter().flat_map(Expression::names);
                names.map(|n| (n.to_owned(), column.clone(), false)).collect()
            }
            _ => Vec::new(),
        }
    };
    let known: Vec<_> = rules.iter().filter(|r| r.table() == new.table()).flat_map(|r| steps(r)).collect();
    steps(new).into_iter().any(|(from, to, is_missing)| {
        // Columns that are reached, and whether by a rule of the other kind.
        let mut reached = vec![(to, false)];
        let mut at = 0;
        while let Some((here, other)) = reached.get(at).cloned() {
            for (_, next, missing) in known.iter().filter(|s| s.0 == here) {
                let found = (next.clone(), other || *missing != is_missing);
                if found == (from.clone(), true) {
                    return true;
                }
                if !reached.contains(&found) {
                    reached.push(found);
                }
            }
            at += 1;
        }
        false
    })
}

/// Whether totals, and formulas that follow them, change a column after another rule was kept by what it held.
fn is_unsettled(rules: &[&Rule]) -> bool {
    use RuleKind::*;
    let mut changed: Vec<(&str, &str)> = Vec::new();
    for rule in rules {
        if let Total { table, equals, .. } = &rule.kind {
            changed.push((table, equals));
        }
    }
    if changed.is_empty() {
        return false;
    }
    let reads = |rule: &Rule, changed: &[(&str, &str)]| {
        let at = |path: &String| match path.rsplit_once('.') {
            Some((_, column)) => changed.iter().any(|c| c.1 == column),
            None => changed.contains(&(rule.table(), path)),
        };
        rule.paths().iter().any(at)
    };
    // A formula or a step of numbers follows, and changes its own column.
    for _ in 0..rules.len() {
        let before = changed.len();
        for rule in rules {
            let (Formula { table, column, .. } | Determines { table, determines: column, .. }) = &rule.kind else {
                continue;
            };
            if !changed.contains(&(table, column)) && reads(rule, &changed) {
                changed.push((table, column));
            }
        }
        if changed.len() == before {
            break;
        }
    }
    let follows = |kind: &RuleKind| match kind {
        Formula { .. } | Determines { .. } | NotNull { .. } | PathsAgree { .. } | Total { .. } => true,
        // Whether there is a total at all is known when it is drawn.
        NullWhen { values, .. } => values.iter().all(String::is_empty),
        _ => false,
    };
    rules.iter().any(|r| is_circular(r, rules) || (!follows(&r.kind) && reads(r, &changed)))
}

/// Whether a total is worked out from a column that follows from it.
fn is_circular(total: &Rule, rules: &[&Rule]) -> bool {
    let RuleKind::Total { equals, child, of: Some(of), .. } = &total.kind else { return false };
    let mut follow: Vec<String> = Vec::new();
    for _ in 0..rules.len() {
        let before = follow.len();
        let is_known = |path: &String, follow: &[String]| {
            follow.contains(path) || path.rsplit_once('.').is_some_and(|(_, column)| column == equals)
        };
        for rule in rules.iter().filter(|r| r.table() == child) {
            let next = match &rule.kind {
                RuleKind::Formula { column, .. } if rule.paths().iter().any(|p| is_known(p, &follow)) => column,
                RuleKind::PathsAgree { left, right, .. } if is_known(left, &follow) => right,
                RuleKind::PathsAgree { left, right, .. } if is_known(right, &follow) => left,
                _ => continue,
            };
            if !follow.contains(next) {
                follow.push(next.clone());
            }
        }
        if follow.len() == before {
            break;
        }
    }
    follow.contains(of)
}

/// Why a rule can't be kept with each of these.
fn with<'a>(rules: &'a [&Rule], b: &'a Rule) -> impl Iterator<Item = String> + 'a {
    let words = |a: &Rule, why| format!("rules \"{}\" and \"{}\" {why}", a.describe(), b.describe());
    rules.iter().filter_map(move |a| pair(&a.kind, &b.kind).map(|why| words(a, why)))
}

/// Why two rules can't be kept together.
fn pair(a: &RuleKind, b: &RuleKind) -> Option<&'static str> {
    use RuleKind::*;
    match (a, b) {
        (NoOverlap { table: t, start: s, .. }, NoOverlap { table: u, start: v, .. })
            if t == u && (a != b || s == v) =>
        {
            (a != b).then_some("both decide when a row may start; keep one")
        }
        (Capacity { table: t, .. }, Capacity { table: u, .. }) if t == u && a != b => {
            Some("both decide where there is room; keep one")
        }
        (Formula { table: t, column: c, .. }, Formula { table: u, column: d, .. }) if t == u && c == d && a != b => {
            Some("compute the same column; keep one")
        }
        (Formula { table: t, column: c, .. }, Determines { table: u, determines: d, .. })
        | (Determines { table: u, determines: d, .. }, Formula { table: t, column: c, .. })
            if t == u && c == d =>
        {
            Some("decide the same column; keep one")
        }
        (Total { table: t, equals: c, .. }, Total { table: u, equals: d, .. })
            if t == u && c == d && a != b && decimal(c).is_none() =>
        {
            Some("work out the same column; keep one")
        }
        (Formula { table: t, column: c, .. }, Total { table: u, equals: d, .. })
        | (Total { table: u, equals: d, .. }, Formula { table: t, column: c, .. })
        | (Determines { table: t, determines: c, .. }, Total { table: u, equals: d, .. })
        | (Total { table: u, equals: d, .. }, Determines { table: t, determines: c, .. })
            if t == u && c == d =>
        {
            Some("decide the same column; keep one")
        }
        (NotNull { table: t, column: c }, NullWhen { table: u, column: d, .. })
        | (NullWhen { table: u, column: d, .. }, NotNull { table: t, column: c })
            if t == u && c == d =>
        {
            Some("contradict each other: the column can't be both never missing and missing at times")
        }
        (
            NullWhen { table: t, column: c, when: w, values: x },
            NullWhen { table: u, column: d, when: z, values: y },
        ) if t == u && c == d && w == z => {
            let differ = x.iter().any(|v| !y.contains(v)) || y.iter().any(|v| !x.contains(v));
            differ.then_some("contradict each other: they name other values for the same column")
        }
        (Range { table: t, column: c, min: a, max: b }, Range { table: u, column: d, min: x, max: y })
            if t == u && c == d =>
        {
            let above = |low: &Option<String>, high: &Option<String>| {
                let number = |text: &Option<String>| text.as_ref().and_then(|t| t.trim().parse::<f64>().ok());
                match (number(low), number(high)) {
                    (Some(l), Some(h)) => l > h,
                    // Times in one format that goes from years to seconds sort as texts do.
                    _ => low
                        .as_ref()
                        .zip(high.as_ref())
                        .is_some_and(|(l, h)| l.len() == h.len() && l.get(4..5) == Some("-") && l > h),
                }
            };
            (above(a, y) || above(x, b)).then_some("contradict each other: no value lies in both ranges")
        }
        (Domain { table: t, column: c, values: x }, Domain { table: u, column: d, values: y }) if t == u && c == d => {
            (!x.iter().any(|v| y.contains(v))).then_some("contradict each other: no value is in both lists")
        }
        _ => None,
    }
}

/// Cycles of formulas, each with its columns.
fn formulas(rules: &[&Rule]) -> Vec<String> {
    let mut needs: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for rule in rules {
        if let RuleKind::Formula { table, column, equals } = &rule.kind
            && let Ok(formula) = Expression::parse(equals)
        {
            let names = formula.names().iter().map(|n| n.to_string()).collect();
            needs.insert((table.as_str(), column.as_str()), names);
        }
    }
    let mut problems = Vec::new();
    for (table, start) in needs.keys() {
        // From the smallest name of the cycle only, so that each cycle is told once.
        let mut stack = vec![vec![start.to_string()]];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(way) = stack.pop() {
            let last = way.last().map(String::as_str).unwrap_or_default();
            for next in needs.get(&(*table, last)).into_iter().flatten() {
                if next == start && way.iter().all(|w| w.as_str() >= *start) {
                    problems.push(format!(
                        "table {table}: formulas go in a circle: {} -> {start}; take one out",
                        way.join(" -> ")
                    ));
                    stack.clear();
                    break;
                }
                if seen.insert(next.clone()) {
                    stack.push(way.iter().cloned().chain([next.clone()]).collect());
                }
            }
        }
    }
    problems
}

/// Orders of one table that lead from a column back to itself with a strict one among them.
fn orders(rules: &[&Rule]) -> Vec<String> {
    let ends = |r: &Rule| match &r.kind {
        RuleKind::Order { table, low, high, strict } => vec![(table.clone(), low.clone(), high.clone(), *strict)],
        RuleKind::Inside { table, time, start, end } => {
            vec![(table.clone(), start.clone(), time.clone(), false), (table.clone(), time.clone(), end.clone(), false)]
        }
        _ => Vec::new(),
    };
    let edges: Vec<(usize, (String, String, String, bool))> =
        rules.iter().enumerate().flat_map(|(i, r)| ends(r).into_iter().map(move |e| (i, e))).collect();
    let mut problems = Vec::new();
    for (i, (table, low, high, strict)) in edges.iter().filter(|e| e.1.3) {
        debug_assert!(*strict);
        // Back from the higher to the lower end.
        let mut seen = vec![(high, usize::MAX)];
        let mut at = 0;
        while at < seen.len() && seen.len() < CHAIN {
            let (here, by) = seen[at];
            if here == low && at > 0 {
                if by != usize::MAX {
                    let (a, b) = (rules[*i].describe(), rules[by].describe());
                    problems
                        .push(format!("rules \"{a}\" and \"{b}\" contradict each other: no values are in both orders"));
                }
                break;
            }
            for (j, (_, _, up, _)) in edges.iter().filter(|(_, e)| e.0 == *table && e.1 == *here) {
                if !seen.iter().any(|(s, _)| *s == up) {
                    seen.push((up, *j));
                }
            }
            at += 1;
        }
    }
    problems
}
