//! The column that orders the rows of one owner.

use super::names::words;
use super::view::{Groups, View, has_clock, spread};
use crate::dataset::{Column, NULL};
use crate::metadata::{Metadata, Owner, Sdtype};
use crate::{Dataset, math, time};

/// Words of a time at which something happens or begins.
const BEGIN: [&str; 28] = [
    "admit",
    "admission",
    "admitted",
    "start",
    "started",
    "begin",
    "from",
    "measured",
    "measurement",
    "observed",
    "observation",
    "recorded",
    "collected",
    "taken",
    "performed",
    "given",
    "event",
    "visit",
    "encounter",
    "order",
    "ordered",
    "date",
    "time",
    "timestamp",
    "datetime",
    "ts",
    "at",
    "on",
];
/// Words of a time at which something ends or that is no event of the row.
const END: [&str; 29] = [
    "end",
    "ended",
    "discharge",
    "discharged",
    "stop",
    "finish",
    "finished",
    "to",
    "until",
    "thru",
    "through",
    "due",
    "expiry",
    "expires",
    "expiration",
    "death",
    "died",
    "dod",
    "birth",
    "born",
    "dob",
    "updated",
    "modified",
    "signed",
    "closed",
    "last",
    "final",
    "released",
    "approved",
];
/// Words of a number that counts time or rows, with their weight.
const NUMBERS: [(&str, f64); 24] = [
    ("offset", 8.0),
    ("timestamp", 8.0),
    ("time", 7.0),
    ("seq", 7.0),
    ("sequence", 7.0),
    ("seqno", 7.0),
    ("step", 6.0),
    ("visit", 5.0),
    ("episode", 5.0),
    ("round", 5.0),
    ("cycle", 5.0),
    ("line", 5.0),
    ("position", 5.0),
    ("index", 5.0),
    ("idx", 5.0),
    ("minute", 5.0),
    ("minutes", 5.0),
    ("hour", 5.0),
    ("hours", 5.0),
    ("day", 5.0),
    ("week", 5.0),
    ("year", 5.0),
    ("period", 5.0),
    ("wave", 5.0),
];
/// Below this a column is an attribute of the owner and no order.
const LEAST_SPREAD: f64 = 0.1;

/// Whether a number counts time by its name, as `year` does.
pub(crate) fn counts_time(column: &str) -> bool {
    let counts = |w: &String| NUMBERS.iter().any(|n| n.0 == w) || ["month", "quarter"].contains(&w.as_str());
    words(column).iter().any(counts)
}

/// True for numbers, by the code of each row, that count on from row to row and begin again.
pub(crate) fn counts_rows(codes: &[u32], numbers: &[i64]) -> bool {
    counts(codes.len(), |row| numbers.get(codes[row] as usize).copied())
}

/// The same of a column as it is read.
pub(crate) fn counts_on(column: &Column) -> bool {
    counts(column.len(), |row| whole(column, row))
}

fn counts(rows: usize, at: impl Fn(usize) -> Option<i64>) -> bool {
    let Some(first) = (0..rows).filter_map(&at).min() else { return false };
    let on = |row: usize| match at(row) {
        None => false,
        Some(v) => v == first || (row > 0 && at(row - 1) == v.checked_sub(1)),
    };
    let begins = (0..rows).filter(|row| at(*row) == Some(first)).count();
    begins > 1 && begins < rows && (0..rows).all(on)
}

/// The whole number of a row, also where it is a label.
fn whole(column: &Column, row: usize) -> Option<i64> {
    match column {
        Column::Number { ticks, decimals: 0 } => Some(ticks[row]).filter(|t| *t != NULL),
        Column::Text { codes, values } => values.get_index(codes[row] as usize)?.trim().parse().ok(),
        _ => None,
    }
}

/// The column that orders the rows of a table within its owner, and why; None when no column does.
pub fn choose_order(metadata: &Metadata, tables: &Dataset, table: &str) -> (Option<String>, String) {
    choose(&View::new(tables), metadata, table)
}

/// The columns that group the rows of one owner.
fn owner_columns(metadata: &Metadata, table: &str) -> Option<Vec<String>> {
    match &metadata.tables.get(table)?.owner {
        Owner::Key(columns) => Some(columns.clone()),
        Owner::Inferred { via, .. } => Some(vec![via.clone()]),
        Owner::Auto | Owner::Nobody => None,
    }
}

pub(super) fn choose(view: &View, metadata: &Metadata, table: &str) -> (Option<String>, String) {
    let Some(meta) = metadata.tables.get(table) else { return (None, "no such table".into()) };
    if let Owner::Inferred { time, .. } = &meta.owner {
        return (Some(time.clone()), "the time that places the row in its inferred parent".into());
    }
    let Some(groups) = owner_columns(metadata, table).and_then(|c| view.groups(metadata, table, &c)) else {
        return (None, "rows without an owner have no order".into());
    };
    let mut best: Option<(f64, String, String)> = None;
    for (column, score, why) in candidates(view, metadata, table, &groups, LEAST_SPREAD) {
        // A foreign key follows from the choice of its parent, which comes after the order.
        if metadata.foreign_key(table, &column).is_some() {
            continue;
        }
        if best.as_ref().is_none_or(|b| score > b.0) {
            best = Some((score, column, why));
        }
    }
    match best {
        Some((_, column, why)) => (Some(column), why),
        None => (None, "no time or sequence number that differs between the rows of one owner".into()),
    }
}

/// Columns that could order the rows of the groups and are new in `least_spread` of their later rows, each with a
/// score above 0 and why.
pub(super) fn candidates(
    view: &View,
    metadata: &Metadata,
    table: &str,
    groups: &Groups,
    least_spread: f64,
) -> Vec<(String, f64, String)> {
    let mut found = Vec::new();
    let Some(meta) = metadata.tables.get(table) else { return found };
    for (name, column_meta) in &meta.columns {
        let Some(column) = view.column(metadata, table, name) else { continue };
        let spread = spread(groups, &column);
        let rows = column.len().max(1);
        let missing = (0..column.len()).filter(|row| column.is_null(*row)).count() as f64 / rows as f64;
        if spread.is_some_and(|s| s < least_spread) || missing > 0.5 {
            continue;
        }
        let base = match &column_meta.sdtype {
            Sdtype::Datetime { .. } => 10.0 + time_words(name) + if has_clock(&column) { 2.0 } else { 0.0 },
            Sdtype::Numerical | Sdtype::Categorical | Sdtype::Ordinal => number_words(name),
            _ => 0.0,
        };
        // A number without a name for it is an order only where it counts 1, 2, 3 within every owner; one that counts
        // the rows as they stand is surer than any name.
        let label = matches!(column_meta.sdtype, Sdtype::Numerical | Sdtype::Categorical | Sdtype::Ordinal);
        let on = label && spread.is_some_and(|s| s > 0.95) && counts_on(&column);
        let counts = on || base == 0.0 && label && counts_up(groups, &column);
        let base = if on {
            base.max(6.5)
        } else if counts {
            6.0
        } else {
            base
        };
        // One or two numbers an owner are no sequence worth guessing.
        let long = groups.of_row.len() >= 2 * groups.count.max(1);
        if base <= 0.0 || !matches!(column_meta.sdtype, Sdtype::Datetime { .. }) && !long {
            continue;
        }
        let known = spread.unwrap_or(1.0);
        let before = earlier(view, metadata, table, name, &column);
        let score = base + 3.0 * known - 10.0 * missing + before;
        let what = match &column_meta.sdtype {
            Sdtype::Datetime { .. } => "a time",
            _ if counts => "counts up within each owner",
            _ => "named like a time or sequence number",
        };
        let why = format!("{what}; {:.0} % of later rows of an owner bring a new value", known * 100.0);
        if score > 3.0 {
            found.push((name.clone(), score, why));
        }
    }
    found
}

/// Above 0 for a beginning, below for an end.
fn time_words(name: &str) -> f64 {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    if has(&END) {
        -4.0
    } else if has(&BEGIN) {
        1.0
    } else {
        0.0
    }
}

fn number_words(name: &str) -> f64 {
    let words = words(name);
    let joined = words.concat();
    let ends = END.iter().filter(|w| w.len() > 4).any(|w| joined.contains(w))
        || words.iter().any(|w| END.contains(&w.as_str()));
    let weight = |(word, weight): &(&str, f64)| {
        // `diagnosisoffset` has no border between its words.
        let hit = words.iter().any(|w| w == word) || word.len() > 5 && words.iter().any(|w| w.ends_with(word));
        if hit { *weight } else { 0.0 }
    };
    let best = NUMBERS.iter().map(weight).fold(0.0, f64::max);
    // `dep_delay_minutes` is how long, not when; that can't be told, so a second word of a span is enough.
    let span = words
        .iter()
        .any(|w| ["duration", "delay", "length", "los", "count", "total", "birth", "per"].contains(&w.as_str()));
    if ends || span { 0.0 } else { best }
}

/// True when the values of nearly every owner are 1, 2, 3 in some order.
fn counts_up(groups: &Groups, column: &Column) -> bool {
    let mut values: Vec<(u32, i64)> = Vec::new();
    for (row, group) in groups.of_row.iter().enumerate() {
        let Some(g) = group else { continue };
        let Some(number) = whole(column, row) else { return false };
        values.push((*g, number));
    }
    values.sort_unstable();
    let groups = values.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() > 1);
    let (mut all, mut good) = (0usize, 0usize);
    for group in groups {
        all += 1;
        good += usize::from(group[0].1 <= 1 && group.windows(2).all(|w| w[1].1 == w[0].1 + 1));
    }
    all >= 5 && good * 20 >= all * 19
}

/// 2 for each other time of the table that this one never follows, less 2 for each that it never precedes.
fn earlier(view: &View, metadata: &Metadata, table: &str, name: &str, column: &Column) -> f64 {
    let Column::Time { ticks } = column else { return 0.0 };
    let mut score = 0.0;
    for (other, meta) in &metadata.tables[table].columns {
        let Some(read) = view.column(metadata, table, other).filter(|_| other != name) else { continue };
        let (Column::Time { ticks: others }, Sdtype::Datetime { .. }) = (read.as_ref(), &meta.sdtype) else { continue };
        // A date is no earlier than a time of the same day.
        let whole_days = has_clock(column) != has_clock(&read);
        let day = |t: i64| if whole_days { t.div_euclid(time::DAY) } else { t };
        let known = ticks.iter().zip(others).filter(|(a, b)| **a != NULL && **b != NULL);
        let both = || known.clone().map(|(a, b)| (day(*a), day(*b)));
        let (n, before, after) = both().fold((0usize, 0usize, 0usize), |(n, lo, hi), (a, b)| {
            (n + 1, lo + usize::from(a <= b), hi + usize::from(a >= b))
        });
        // Random times would be so ordered in half of the rows only.
        if n >= 10 {
            let least = (n as f64 - 2.0 * math::pow(n as f64, 0.25)).max(0.0);
            score += if before as f64 >= least { 2.0 } else { 0.0 } - if after as f64 >= least { 2.0 } else { 0.0 };
        }
    }
    score
}
