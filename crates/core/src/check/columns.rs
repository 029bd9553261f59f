//! Proves columns: types that can be read, formats of ids, ranges and values that the metadata lists.

use regex_lite::Regex;
use serde_json::Value;

use crate::linked::{Linked, Tally};
use crate::metadata::{ColumnMeta, Sdtype};
use crate::rule::{Rule, RuleKind};
use crate::{Column, Result};

use super::{Check, CheckReport};

/// Labels that say true or false, in lower case.
const BOOLEANS: [&str; 12] = ["true", "false", "1", "0", "1.0", "0.0", "yes", "no", "t", "f", "y", "n"];

pub(super) fn check(linked: &Linked, index: usize, report: &mut CheckReport) -> Result<()> {
    let (name, meta) = linked.metadata.tables.get_index(index).expect("an index of the table list");
    let table = &linked.tables[index];
    if table.unreadable.is_empty() {
        let tally = Tally { checked: table.rows as u64, ..Tally::default() };
        let what = format!("{name}: every value can be read as its column's type");
        report.checks.push(Check::new("type", name, what, tally));
    }
    for (column, tally) in &table.unreadable {
        let what = format!("{name}: {column} can be read as {}", kind(&meta.columns[column].sdtype));
        report.checks.push(Check::new("type", name, what, tally.clone()));
    }
    for (column, about) in &meta.columns {
        match &about.sdtype {
            Sdtype::Id { regex: Some(pattern) } => match format(table.column(column)?, pattern) {
                Some(tally) => {
                    report.checks.push(Check::new("format", name, format!("{name}: {column} fits its pattern"), tally));
                }
                None => report.notes.push(format!("{name}: {column}: not checked, its pattern is too unusual")),
            },
            Sdtype::Boolean => {
                let tally = labels(table.column(column)?, |l| BOOLEANS.contains(&l.to_lowercase().as_str()));
                report.checks.push(Check::new("domain", name, format!("{name}: {column} is true or false"), tally));
            }
            _ => {}
        }
        for kind in declared(name, column, about) {
            let rule = Rule::declared(kind);
            if let Some(tally) = rule.prove(linked)? {
                report.checks.push(Check::new("domain", name, rule.describe(), tally));
            }
        }
    }
    Ok(())
}

fn kind(sdtype: &Sdtype) -> String {
    match sdtype {
        Sdtype::Numerical => "a number".into(),
        Sdtype::Datetime { format: Some(format) } => format!("a time like {format}"),
        Sdtype::Datetime { format: None } => "a time; give a datetime_format if it is an unusual one".into(),
        _ => "a label".into(),
    }
}

/// What SDV's parameters of a column demand, as rules.
fn declared(table: &str, column: &str, meta: &ColumnMeta) -> Vec<RuleKind> {
    let (table, column) = (table.to_owned(), column.to_owned());
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "True" } else { "False" }.to_owned()),
        _ => None,
    };
    let parameter = |name: &str| meta.parameters.get(name);
    let mut rules = Vec::new();
    let (min, max) = (parameter("range_min").and_then(text), parameter("range_max").and_then(text));
    if min.is_some() || max.is_some() {
        rules.push(RuleKind::Range { table: table.clone(), column: column.clone(), min, max });
    }
    if let Some(Value::Array(values)) = parameter("range_values") {
        let values = values.iter().filter_map(text).collect();
        rules.push(RuleKind::Domain { table: table.clone(), column: column.clone(), values });
    }
    if parameter("range_is_nullable") == Some(&Value::Bool(false)) {
        rules.push(RuleKind::NotNull { table, column });
    }
    rules
}

/// Rows whose text does not fit a pattern whole; None when the pattern is not understood.
fn format(column: &Column, pattern: &str) -> Option<Tally> {
    if let Some(plain) = super::Plain::new(pattern) {
        return Some(labels(column, |label| plain.fits(label)));
    }
    let regex = Regex::new(&format!("^(?:{pattern})$")).ok()?;
    Some(labels(column, |label| regex.is_match(label)))
}

/// Rows whose label is not right; each different label is judged once, missing ones hold.
fn labels(column: &Column, right: impl Fn(&str) -> bool) -> Tally {
    let Column::Text { codes, values } = column else { return Tally::default() };
    let right: Vec<bool> = values.iter().map(right).collect();
    Tally::of(codes.len(), |row| right.get(codes[row] as usize).copied().unwrap_or(true))
}
