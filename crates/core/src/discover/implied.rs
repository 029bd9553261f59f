//! Leaves out rules that follow from others, and writes two orders around a time as one interval.

use std::collections::BTreeSet;

use crate::metadata::{Metadata, Owner};
use crate::rule::expression::Expression;
use crate::rule::part::Part;
use crate::rule::{Rule, RuleKind};

use super::Found;
use super::paths::quoted;

/// Steps of a chain of orders that are followed.
const CHAIN: usize = 64;

/// Removes declared rules and what follows from declared or found ones; `found` comes with the most surprising
/// first, and stays so. `is_complete` says whether a column of a table is never missing.
pub(super) fn remove(found: &mut Vec<Found>, metadata: &Metadata, is_complete: &dyn Fn(&str, &str) -> bool) {
    let declared: Vec<&Rule> = metadata.rules.iter().filter(|r| r.enforced).collect();
    found.retain(|f| !metadata.rules.iter().any(|r| says(&r.kind, &f.rule.kind)));
    let inferred = |table: &str, found: &[Found]| -> Option<(String, String)> {
        let declared = metadata.tables.get(table).map(|t| &t.owner);
        let own = found.iter().filter(|f| f.rule.table() == table).find_map(|f| f.owner.as_ref());
        match own.or(declared) {
            Some(Owner::Inferred { table, via, .. }) => Some((table.clone(), via.clone())),
            _ => None,
        }
    };
    let owners: Vec<(String, (String, String))> =
        metadata.tables.keys().filter_map(|t| inferred(t, found).map(|o| (t.clone(), o))).collect();
    let world = World { metadata, owners };
    turned(found);
    formulas(found);
    orders(found, &declared, &world, is_complete);
    intervals(found, &world);
    determined(found, &declared);
}

/// True when a declared rule speaks of the same thing as a found one, so that its author has the last word.
fn says(declared: &RuleKind, found: &RuleKind) -> bool {
    use RuleKind::*;
    let set = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<String>>();
    match (declared, found) {
        (PathsAgree { table: t, left: a, right: b }, PathsAgree { table: u, left: c, right: d }) => {
            t == u && ((a == c && b == d) || (a == d && b == c))
        }
        (Unique { table: t, columns: a }, Unique { table: u, columns: b }) => t == u && set(a).is_subset(&set(b)),
        (Formula { table: t, column: a, .. }, Formula { table: u, column: b, .. }) => t == u && a == b,
        (
            Restrict { table: t, attribute: a, min_years: x, below_years: y, .. },
            Restrict { table: u, attribute: b, min_years: v, below_years: w, .. },
        ) => t == u && a == b && ((x.is_some() && v.is_some()) || (y.is_some() && w.is_some())),
        (AtLeastOne { parent: p, child: c, key: a }, AtLeastOne { parent: q, child: d, key: b }) => {
            p == q && c == d && (a == b || a.is_none() || b.is_none())
        }
        (NullWhen { table: t, column: a, when: b, .. }, NullWhen { table: u, column: c, when: d, .. }) => {
            t == u && a == c && b == d
        }
        (Total { table: t, equals: a, .. }, Total { table: u, equals: b, .. }) => t == u && a == b,
        (a, b) => a == b,
    }
}

/// The schema with the inferred parents that were found.
struct World<'a> {
    metadata: &'a Metadata,
    owners: Vec<(String, (String, String))>,
}

impl World<'_> {
    /// Each way up from a table: the step and the parent.
    fn steps(&self, table: &str) -> Vec<(String, String)> {
        let keys = self.metadata.parents_of(table).map(|r| (r.child_key.join("+"), r.parent.clone()));
        let inferred = self.owners.iter().filter(|o| o.0 == table).map(|(_, (p, _))| (p.clone(), p.clone()));
        keys.chain(inferred).collect()
    }

    /// The same value by the shorter path: an inferred parent has its child's key.
    fn plain(&self, table: &str, path: String) -> String {
        for (_, (parent, via)) in self.owners.iter().filter(|o| o.0 == table) {
            if let Some(rest) = path.strip_prefix(&format!("{parent}.{via}.")) {
                return format!("{via}.{rest}");
            }
        }
        path
    }
}

/// An order as an edge from the lower to the higher path, with the found rule it stands for.
type Edge = (String, String, Option<usize>);

fn edges_of(kind: &RuleKind) -> Vec<(String, String)> {
    match kind {
        RuleKind::Order { low, high, .. } => vec![(low.clone(), high.clone())],
        RuleKind::Inside { time, start, end, .. } => {
            vec![(start.clone(), time.clone()), (time.clone(), end.clone())]
        }
        _ => Vec::new(),
    }
}

/// All orders seen from a table: its own and those of its ancestors, two steps up.
fn edges(table: &str, found: &[Found], declared: &[&Rule], world: &World, depth: usize) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for (i, f) in found.iter().enumerate().filter(|(_, f)| f.rule.table() == table && f.broken == 0) {
        edges.extend(edges_of(&f.rule.kind).into_iter().map(|(a, b)| (a, b, Some(i))));
    }
    for rule in declared.iter().filter(|r| r.table() == table) {
        edges.extend(edges_of(&rule.kind).into_iter().map(|(a, b)| (a, b, None)));
    }
    if depth > 0 {
        for (step, parent) in world.steps(table) {
            for (a, b, i) in self::edges(&parent, found, declared, world, depth - 1) {
                let lift = |path: String| world.plain(table, format!("{step}.{path}"));
                edges.push((lift(a), lift(b), i));
            }
        }
    }
    edges
}

/// Drops orders that a chain of other orders makes certain, the least surprising first.
fn orders(found: &mut Vec<Found>, declared: &[&Rule], world: &World, is_complete: &dyn Fn(&str, &str) -> bool) {
    let mut gone = vec![false; found.len()];
    for i in (0..found.len()).rev() {
        let RuleKind::Order { table, low, high, .. } = &found[i].rule.kind else { continue };
        let all = edges(table, found, declared, world, 2);
        let others: Vec<&Edge> = all.iter().filter(|e| e.2.is_none_or(|k| k != i && !gone[k])).collect();
        // That equal values are missing is not worth a rule beside one that says the rest.
        // A column that may be missing says nothing of those on its two sides.
        let leads_on = |path: &str| path.contains('.') || is_complete(table, path);
        gone[i] = reaches(&others, low, high, &leads_on);
    }
    let mut i = 0;
    found.retain(|_| {
        i += 1;
        !gone[i - 1]
    });
}

fn reaches(edges: &[&Edge], from: &str, to: &str, leads_on: &dyn Fn(&str) -> bool) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while at < seen.len() && seen.len() < CHAIN {
        let here = seen[at];
        for (_, high, _) in edges.iter().filter(|e| e.0 == here) {
            if high == to {
                return true;
            }
            if !seen.contains(&high.as_str()) && leads_on(high) {
                seen.push(high);
            }
        }
        at += 1;
    }
    false
}

/// Writes `start <= time` and `time <= end` through the same parent as one interval.
fn intervals(found: &mut Vec<Found>, world: &World) {
    let mut i = 0;
    while i < found.len() {
        let merged = (0..found.len()).find_map(|j| merge(&found[i], &found[j], world).map(|m| (j, m)));
        if let Some((j, merged)) = merged {
            found[i.min(j)] = merged;
            found.remove(i.max(j));
        } else {
            i += 1;
        }
    }
}

fn merge(first: &Found, second: &Found, world: &World) -> Option<Found> {
    let (
        RuleKind::Order { table, low: start, high: time, .. },
        RuleKind::Order { table: other, low: time2, high: end, .. },
    ) = (&first.rule.kind, &second.rule.kind)
    else {
        return None;
    };
    let (prefix, end_prefix) = (start.rsplit_once('.')?.0, end.rsplit_once('.')?.0);
    let own = world.metadata.tables.get(table).is_some_and(|t| t.columns.contains_key(time));
    let fits = table == other && time == time2 && own && prefix == end_prefix;
    if !fits || first.broken + second.broken > 0 {
        return None;
    }
    let kind = RuleKind::Inside { table: table.clone(), time: time.clone(), start: start.clone(), end: end.clone() };
    Some(Found {
        rule: Rule { kind, ..first.rule.clone() },
        owner: None,
        support: first.support.min(second.support),
        broken: 0,
        surprise: first.surprise + second.surprise,
        why: format!("start: {}; end: {}", first.why, second.why),
    })
}

/// A column that repeats a parent's and is a multiple of another one leaves that one no choice: it is the part.
fn turned(found: &mut [Found]) {
    let agree: Vec<(String, String)> = found.iter().filter(|f| f.broken == 0).flat_map(copies).collect();
    for one in found.iter_mut() {
        let RuleKind::Formula { table, column, equals } = &one.rule.kind else { continue };
        let Ok(Expression::Of('*', by, of)) = Expression::parse(equals) else { continue };
        let (Expression::Number(by, 0), Expression::Path(of)) = (*by, *of) else { continue };
        if agree.iter().any(|(t, c)| t == table && c == column) && !agree.iter().any(|(t, c)| t == table && *c == of) {
            let equals = format!("{} / {by}", quoted(column));
            one.rule.kind = RuleKind::Formula { table: table.clone(), column: of, equals };
        }
    }
}

/// Table and columns of its own that agree with something elsewhere.
fn copies(f: &Found) -> Vec<(String, String)> {
    let RuleKind::PathsAgree { table, left, right } = &f.rule.kind else { return Vec::new() };
    let own = [left, right].into_iter().filter(|p| !p.contains('.'));
    own.map(|p| (table.clone(), p.clone())).collect()
}

/// Of formulas over the same columns the first stands; orders inside a sum follow from it.
fn formulas(found: &mut Vec<Found>) {
    // (table, computed column, columns it is computed from)
    let parts = |f: &Found| match &f.rule.kind {
        RuleKind::Formula { table, column, equals } => {
            let formula = Expression::parse(equals).ok()?;
            let parts: BTreeSet<String> = formula.names().iter().map(|n| n.to_string()).collect();
            Some((table.clone(), column.clone(), parts))
        }
        _ => None,
    };
    let exact: Vec<_> = found.iter().filter(|f| f.broken == 0).filter_map(parts).collect();
    let mut seen = Vec::new();
    found.retain(|f| match (parts(f), &f.rule.kind) {
        (Some((table, column, mut all)), _) => {
            all.insert(column);
            let new = !seen.contains(&(table.clone(), all.clone()));
            seen.push((table, all));
            new
        }
        (None, RuleKind::Order { table, low, high, .. }) => !exact.iter().any(|(t, whole, parts)| {
            t == table && ((whole == high && parts.contains(low)) || (whole == low && parts.contains(high)))
        }),
        // A total that tells its parts (by prices that all end in 99) does so by chance.
        (None, RuleKind::Determines { table, column, part: None, determines }) => !exact
            .iter()
            .any(|(t, whole, parts)| t == table && whole == column && parts.len() > 1 && parts.contains(determines)),
        _ => true,
    });
}

/// Drops functional dependences that follow from a chain of others, of formulas of one column, and of columns that
/// are looked up through a key anyway.
fn determined(found: &mut Vec<Found>, declared: &[&Rule]) {
    let mut gone = vec![false; found.len()];
    for i in (0..found.len()).rev() {
        let RuleKind::Determines { table, column, part, determines } = &found[i].rule.kind else { continue };
        let others = found.iter().enumerate().filter(|(k, f)| *k != i && !gone[*k] && f.broken == 0);
        let kinds = others.map(|(_, f)| &f.rule.kind).chain(declared.iter().map(|r| &r.kind));
        let edges: Vec<Edge> = kinds.flat_map(|kind| decides(kind, table)).map(|(a, b)| (a, b, None)).collect();
        let from = part.map_or(column.clone(), |part| of(part.name(), column));
        gone[i] = reaches(&edges.iter().collect::<Vec<_>>(), &from, determines, &|_| true);
    }
    let mut i = 0;
    found.retain(|_| {
        i += 1;
        !gone[i - 1]
    });
}

/// A part of a column, as it stands in a formula.
fn of(part: &str, column: &str) -> String {
    format!("{part}({column})")
}

/// What a rule makes one column of a table decide about another.
fn decides(kind: &RuleKind, table: &str) -> Vec<(String, String)> {
    match kind {
        RuleKind::Determines { table: t, column, part: None, determines } if t == table => {
            vec![(column.clone(), determines.clone())]
        }
        RuleKind::Determines { table: t, column, part: Some(part), determines } if t == table => {
            let part = of(part.name(), column);
            vec![(column.clone(), part.clone()), (part, determines.clone())]
        }
        RuleKind::PathsAgree { table: t, left, right } if t == table => {
            let key = |path: &String| path.split_once('.').map_or(path.clone(), |p| p.0.to_owned());
            vec![(key(left), right.clone()), (key(right), left.clone())]
        }
        RuleKind::Formula { table: t, column, equals } if t == table => {
            let Ok(formula) = Expression::parse(equals) else { return Vec::new() };
            let to = |from: &str| (from.to_owned(), column.clone());
            if let Some(time) = formula.day_of() {
                // Both have the same parts, but for those of the clock.
                let parts = Part::ALL.into_iter().filter(|p| !p.is_of_clock());
                let parts = parts.map(|p| (of(p.name(), column), of(p.name(), time)));
                let each = |(day, part): (String, String)| {
                    [(column.clone(), day.clone()), (day.clone(), part.clone()), (part, day)]
                };
                return parts.flat_map(each).chain([to(time)]).collect();
            }
            match (formula.names()[..].first(), formula.part()) {
                // A part of a time, perhaps counted from another number, says nothing of the rest.
                (Some(one), Some(part)) => {
                    let part = of(part.name(), one);
                    vec![to(one), (one.to_string(), part.clone()), to(&part), (column.clone(), part)]
                }
                (Some(one), None) if !formula.is_plain() && formula.names().len() == 1 => vec![to(one)],
                // A sum with a constant and a multiple can be turned around.
                (Some(one), None) if formula.names().len() == 1 => vec![to(one), (column.clone(), one.to_string())],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}
