//! Checks the fields of every kind of rule against the tables.

use super::near::hint;
use super::{Metadata, Owner, Sdtype};
use crate::linked::decimal;
use crate::rule::RuleKind;
use crate::rule::expression::Expression;
use crate::rule::total::Aggregate;
use crate::time;

type Say<'a> = &'a mut dyn FnMut(String);

/// What can be compared with what.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Time,
    Other,
}

/// Adds the problems of one rule.
pub(super) fn check(meta: &Metadata, rule: &RuleKind, say: Say) {
    use RuleKind::*;
    let mut at = At { meta, table: "", say };
    match rule {
        Order { table, low, high, .. } => at.on(table, |at| at.comparable(&[low, high])),
        Range { table, column, min, max } => at.on(table, |at| {
            at.column(column);
            at.bounds(column, min.as_deref(), max.as_deref());
        }),
        Domain { table, column, values } => at.on(table, |at| {
            at.column(column);
            at.need(!values.is_empty(), "names no values");
        }),
        FixedCombinations { table, columns, .. } => at.on(table, |at| at.columns(columns, 2)),
        Determines { table, column, part, determines } => at.on(table, |at| {
            at.columns(&[column.clone(), determines.clone()], 2);
            if part.is_some() {
                at.times(&[column]);
            }
        }),
        Formula { table, column, equals } => at.on(table, |at| {
            at.column(column);
            match Expression::parse(equals) {
                Ok(formula) => formula.names().iter().for_each(|name| _ = at.path(name)),
                Err(e) => e.problems().iter().for_each(|p| at.say(p)),
            }
        }),
        NullWhen { table, column, when, values } => at.on(table, |at| {
            at.columns(&[column.clone(), when.clone()], 2);
            at.need(!values.is_empty(), "names no values");
        }),
        NotNull { table, column } => at.on(table, |at| at.column(column)),
        Unique { table, columns } => at.on(table, |at| at.columns(columns, 1)),
        Inside { table, time, start, end } => at.on(table, |at| {
            at.column(time);
            at.comparable(&[time, start, end]);
        }),
        NoOverlap { table, owner, start, end } => at.on(table, |at| {
            at.key("owner", owner);
            at.columns(&[start.clone(), end.clone()], 2);
            at.comparable(&[start, end]);
        }),
        PathsAgree { table, left, right } => at.on(table, |at| {
            at.comparable(&[left, right]);
            at.need(left != right, "compares a path with itself");
        }),
        AtLeastOne { parent, child, key } => at.on(parent, |at| at.one_child(child, key.as_deref())),
        Total { table, equals, aggregate, child, of, key } => at.on(table, |at| {
            if decimal(equals).is_none() {
                at.column(equals);
            }
            at.one_child(child, key.as_deref());
            match of {
                Some(of) => at.column_of(child, of),
                None => at.need(*aggregate == Aggregate::Count, "names no column in \"of\""),
            }
        }),
        Restrict { table, attribute, values, from, to, min_years, below_years } => at.on(table, |at| {
            at.path(attribute);
            at.times(&[from, to]);
            at.need(!values.is_empty(), "names no values");
            let bounds = min_years.is_some() || below_years.is_some();
            at.need(bounds, "needs min_years or below_years");
            let ordered = min_years.zip(*below_years).is_none_or(|(a, b)| a < b);
            at.need(ordered, "leaves no years: below_years must be above min_years");
        }),
        Capacity { table, link, start, end, by, max } => at.on(table, |at| {
            at.key("link", link);
            at.columns(&[start.clone(), end.clone()], 2);
            at.comparable(&[start, end]);
            at.path(by);
            at.need(!max.is_empty(), "names no capacities");
        }),
    }
}

/// One rule at work: where names are looked up and problems go.
struct At<'a> {
    meta: &'a Metadata,
    table: &'a str,
    say: Say<'a>,
}

impl<'a> At<'a> {
    fn say(&mut self, what: &str) {
        (self.say)(format!("table {}: {what}", self.table));
    }

    fn need(&mut self, ok: bool, what: &str) {
        if !ok {
            self.say(what);
        }
    }

    /// Checks the fields when the table exists.
    fn on(&mut self, table: &'a str, fields: impl FnOnce(&mut Self)) {
        if self.meta.tables.contains_key(table) {
            self.table = table;
            fields(self);
        } else {
            (self.say)(format!("unknown table \"{table}\"{}", hint("the metadata", table, self.meta.names())));
        }
    }

    fn path(&mut self, path: &str) -> Option<Kind> {
        match self.meta.resolve(self.table, path) {
            Ok(p) => self.meta.column_at(&p).map(|c| match c.sdtype {
                Sdtype::Datetime { .. } => Kind::Time,
                _ => Kind::Other,
            }),
            Err(e) => {
                e.problems().iter().for_each(|p| self.say(p));
                None
            }
        }
    }

    /// A column of the row itself.
    fn column(&mut self, column: &str) {
        self.column_of(self.table, column);
    }

    /// A column of a table, where that is there.
    fn column_of(&mut self, table: &str, column: &str) {
        let Some(meta) = self.meta.tables.get(table) else { return };
        if !meta.columns.contains_key(column) {
            let hint = hint(table, column, meta.columns.keys().map(String::as_str));
            self.say(&format!("unknown column \"{column}\"{hint}"));
        }
    }

    /// Different columns of the row itself, at least so many.
    fn columns(&mut self, columns: &[String], least: usize) {
        columns.iter().for_each(|c| self.column(c));
        let distinct: std::collections::BTreeSet<_> = columns.iter().collect();
        self.need(distinct.len() == columns.len(), "names a column twice");
        self.need(columns.len() >= least, &format!("needs {least} or more columns"));
    }

    fn comparable(&mut self, paths: &[&str]) {
        let kinds: Vec<Kind> = paths.iter().filter_map(|p| self.path(p)).collect();
        if kinds.windows(2).any(|k| k[0] != k[1]) {
            self.say(&format!("compares a datetime with something else: {}", paths.join(", ")));
        }
    }

    fn times(&mut self, paths: &[&str]) {
        for path in paths {
            if self.path(path).is_some_and(|k| k != Kind::Time) {
                self.say(&format!("\"{path}\" is no datetime"));
            }
        }
    }

    /// A foreign key of the table, or its inferred parent.
    fn key(&mut self, what: &str, name: &str) {
        let inferred = matches!(&self.meta.tables[self.table].owner, Owner::Inferred { table, .. } if table == name);
        match self.meta.step_key(self.table, name) {
            Ok(None) if !inferred => self.say(&format!("{what} \"{name}\" is no foreign key of the table")),
            Err(e) => e.problems().iter().for_each(|p| self.say(p)),
            _ => {}
        }
    }

    fn bounds(&mut self, column: &str, min: Option<&str>, max: Option<&str>) {
        let Some(meta) = self.meta.tables[self.table].columns.get(column) else { return };
        let read = |text: &str| match &meta.sdtype {
            Sdtype::Datetime { format: Some(f) } => time::parse(text, f).ok().map(|t| t as f64),
            // Without a format the text can be judged only beside the data.
            Sdtype::Datetime { format: None } => Some(f64::NAN),
            _ => text.trim().parse::<f64>().ok().filter(|v| v.is_finite()),
        };
        let (low, high) = (min.map(read), max.map(read));
        self.need(low != Some(None), "min is not written as in the data");
        self.need(high != Some(None), "max is not written as in the data");
        self.need(min.is_some() || max.is_some(), "needs min or max");
        let crossed = low.flatten().zip(high.flatten()).is_some_and(|(a, b)| a > b);
        self.need(!crossed, "max must be at least min");
    }

    fn one_child(&mut self, child: &str, key: Option<&str>) {
        if !self.meta.tables.contains_key(child) {
            let hint = hint("the metadata", child, self.meta.names());
            return self.say(&format!("unknown child table \"{child}\"{hint}"));
        }
        let parent = self.table;
        let inferred = matches!(&self.meta.tables[child].owner, Owner::Inferred { table, .. } if table == parent);
        let keys = self.meta.parents_of(child).filter(|r| r.parent == parent).count();
        match key {
            Some(name) => match self.meta.step_key(child, name) {
                Ok(Some(i)) if self.meta.relationships[i].parent == parent => {}
                Err(e) => e.problems().iter().for_each(|p| self.say(p)),
                _ => self.say(&format!("key \"{name}\" is no foreign key of {child} to {parent}")),
            },
            None if keys + usize::from(inferred) == 1 => {}
            None if keys == 0 => self.say(&format!("{child} has no foreign key to {parent}")),
            None => self.say(&format!("{child} has several ways to {parent}; name one as \"key\"")),
        }
    }
}
