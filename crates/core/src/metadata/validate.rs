//! Checks a metadata whole: every problem at once, each with its place.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::near::hint;
use super::{Metadata, Owner, Relationship, Sdtype, TableMeta, validate_rules};
use crate::{Error, ErrorKind, Result, Rule, time};

const MAX_TABLES: usize = 10_000;
const MAX_COLUMNS: usize = 20_000;
const MAX_ITEMS: usize = 20_000;
const MAX_NAME: usize = 255;
const MAX_TEXT: usize = 4_000;
/// Nobody reads more; a hostile file could ask for millions.
const MAX_PROBLEMS: usize = 500;

impl Metadata {
    /// A checked metadata.
    ///
    /// ```
    /// use healthdata_core::Metadata;
    /// let m = Metadata::new(Default::default(), Vec::new(), Vec::new());
    /// assert_eq!(m.unwrap_err().to_string(), "there is no table");
    /// ```
    pub fn new(
        tables: IndexMap<String, TableMeta>,
        relationships: Vec<Relationship>,
        rules: Vec<Rule>,
    ) -> Result<Metadata> {
        let meta = Metadata { tables, relationships, rules };
        meta.validate()?;
        Ok(meta)
    }

    /// Checks everything again, for a metadata that was changed in place.
    pub fn validate(&self) -> Result<()> {
        let mut problems = Vec::new();
        collect(self, &mut problems);
        Error::all(ErrorKind::Metadata, problems)
    }
}

/// Adds every problem of `meta`.
pub(super) fn collect(meta: &Metadata, problems: &mut Vec<String>) {
    let too_many = [
        ("tables", meta.tables.len(), MAX_TABLES),
        ("relationships", meta.relationships.len(), MAX_ITEMS),
        ("rules", meta.rules.len(), MAX_ITEMS),
    ];
    for (what, n, most) in too_many {
        if n > most {
            return problems.push(format!("{n} {what}; at most {most} are read"));
        }
    }
    if meta.tables.is_empty() && problems.is_empty() {
        problems.push("there is no table".into());
    }
    for (name, table) in &meta.tables {
        let mut say = |what: String| problems.push(format!("table {}: {what}", shown(name)));
        if !is_file_name(name) {
            say("the name can't be a file name; leave out / \\ and control characters".into());
        }
        check_table(name, table, &mut say);
    }
    for (i, r) in meta.relationships.iter().enumerate() {
        let mut say = |what: String| {
            problems.push(format!("relationship {} -> {} {what}", shown(&r.parent), shown(&r.child)));
        };
        check_relationship(meta, i, r, &mut say);
    }
    for (name, table) in &meta.tables {
        let mut say = |what: String| problems.push(format!("table {}: {what}", shown(name)));
        check_owner(meta, name, table, &mut say);
        check_order(name, table, &mut say);
        check_reference(meta, name, table, &mut say);
    }
    check_owner_chains(meta, problems);
    for (i, rule) in meta.rules.iter().enumerate() {
        validate_rules::check(meta, &rule.kind, &mut |what| problems.push(format!("rule {}: {what}", i + 1)));
    }
    if problems.len() > MAX_PROBLEMS {
        let more = problems.len() - MAX_PROBLEMS;
        problems.truncate(MAX_PROBLEMS);
        problems.push(format!("... and {more} more"));
    }
}

/// A name short enough for a message.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn is_file_name(name: &str) -> bool {
    let bad = |c: char| c == '/' || c == '\\' || c.is_control();
    !name.is_empty() && name.len() <= MAX_NAME && name != "." && name != ".." && !name.contains(bad)
}

fn columns_of(table: &TableMeta) -> impl Iterator<Item = &str> + Clone {
    table.columns.keys().map(String::as_str)
}

fn check_table(name: &str, table: &TableMeta, say: &mut dyn FnMut(String)) {
    if table.columns.is_empty() {
        say("has no columns".into());
    }
    if table.columns.len() > MAX_COLUMNS {
        return say(format!("has {} columns; at most {MAX_COLUMNS} are read", table.columns.len()));
    }
    if let Some(domain) = &table.domain
        && !domain.split('/').all(is_file_name)
    {
        say("domain must be a folder below the data, as in \"ehr\"".into());
    }
    for (column, meta) in &table.columns {
        let mut say = |what: &str| say(format!("column {} {what}", shown(column)));
        if column.len() > MAX_NAME || column.contains(char::is_control) {
            say("has a name with control characters or of more than 255 bytes");
        }
        match &meta.sdtype {
            Sdtype::Datetime { format: Some(f) } => {
                if let Some(what) = std::iter::once(f.as_str()).chain(meta.other_formats()).find_map(bad_format) {
                    say(what);
                }
            }
            _ if meta.other_formats().next().is_some() => say("has other_formats and no datetime_format"),
            Sdtype::Id { regex: Some(r) } if r.len() > MAX_TEXT => say("has a regex_format of more than 4000 bytes"),
            Sdtype::Id { regex: Some(r) } if regex_syntax::Parser::new().parse(r).is_err() => {
                say("has a regex_format that is no regular expression (look-around and back-references are unknown)");
            }
            _ => {}
        }
    }
    let mut exists = |what: &str, column: &str| {
        let found = table.columns.contains_key(column);
        if !found {
            say(format!("{what} names column \"{}\"{}", shown(column), hint(name, column, columns_of(table))));
        }
        found
    };
    for column in &table.primary_key {
        exists("primary_key", column);
    }
    for column in &table.alternate_keys {
        exists("alternate_keys", column);
    }
    for column in table.sequence_key.iter().chain(&table.sequence_index) {
        exists("sequence_key or sequence_index", column);
    }
    for group in &table.groups {
        for column in &group.columns {
            exists("column_relationships", column);
        }
    }
    if let [column] = table.primary_key.as_slice()
        && !table.reference
        && let Some(meta) = table.columns.get(column)
        && !matches!(meta.sdtype, Sdtype::Id { .. } | Sdtype::Pii { .. })
    {
        let is = meta.sdtype.name();
        say(format!("primary_key \"{column}\" is {is}; a key must be id or a personal-data sdtype"));
    }
    if has_duplicates(&table.primary_key) {
        say("primary_key names a column twice".into());
    }
    if let Some(c) = table.alternate_keys.iter().find(|c| table.primary_key.as_slice() == std::slice::from_ref(*c)) {
        say(format!("\"{}\" is the primary key and an alternate key; keep one", shown(c)));
    }
}

fn has_duplicates(names: &[String]) -> bool {
    names.iter().collect::<BTreeSet<_>>().len() < names.len()
}

/// What is wrong with a strftime format, found by writing and reading two moments.
fn bad_format(format: &str) -> Option<&'static str> {
    if format.len() > MAX_TEXT {
        return Some("has a datetime_format of more than 4000 bytes");
    }
    for moment in ["2021-03-04 15:16:17", "1967-12-31 08:09:10"] {
        let us = time::parse(moment, "%Y-%m-%d %H:%M:%S").expect("a moment as the format says");
        let text = time::format(us, format);
        if text.is_empty() || time::parse(&text, format).is_err() {
            return Some("has a datetime_format that can't be written and read back; it needs a year, as in %Y-%m-%d");
        }
    }
    None
}

fn check_relationship(meta: &Metadata, index: usize, r: &Relationship, say: &mut dyn FnMut(String)) {
    let mut ends = Vec::new();
    for (name, key, what) in [(&r.parent, &r.parent_key, "parent"), (&r.child, &r.child_key, "child")] {
        let Some(table) = meta.tables.get(name) else {
            say(format!(
                "names the unknown {what} table \"{}\"{}",
                shown(name),
                hint("the metadata", name, meta.names())
            ));
            continue;
        };
        let mut complete = true;
        for column in key {
            if !table.columns.contains_key(column) {
                say(format!("names column \"{}\"{}", shown(column), hint(name, column, columns_of(table))));
                complete = false;
            }
        }
        if complete {
            ends.push(table);
        }
    }
    if r.parent_key.is_empty() || r.parent_key.len() != r.child_key.len() {
        return say("needs as many foreign key columns as primary key columns".into());
    }
    if has_duplicates(&r.child_key) {
        say("names a foreign key column twice".into());
    }
    let [parent, child] = ends.as_slice() else { return };
    let sorted = |k: &[String]| k.iter().cloned().collect::<BTreeSet<_>>();
    if sorted(&r.parent_key) != sorted(&parent.primary_key) || r.parent_key.len() != parent.primary_key.len() {
        let has = match parent.primary_key.as_slice() {
            [] => "has no primary_key".to_owned(),
            key => format!("has the primary_key {}", key.join(" + ")),
        };
        say(format!("points to {}, but {} {has}", r.parent_key.join(" + "), r.parent));
    }
    for (p, c) in r.parent_key.iter().zip(&r.child_key) {
        let (a, b) = (parent.columns[p].sdtype.name(), child.columns[c].sdtype.name());
        if a != b {
            say(format!("joins {p} ({a}) and {c} ({b}); give both the same sdtype"));
        }
        let ranges = ["range_min", "range_max", "range_values"];
        if let Some(k) = ranges.iter().find(|k| child.columns[c].parameters.contains_key(**k)) {
            say(format!("has the foreign key {c} with {k}; a foreign key has no range of its own"));
        }
    }
    if r.parent == r.child && r.parent_key == r.child_key {
        say("points from a key to itself".into());
    }
    let same = |other: &&Relationship| other.child == r.child && other.child_key == r.child_key;
    if let Some(other) = meta.relationships[..index].iter().find(same) {
        let key = r.child_key.join(" + ");
        say(match other.parent == r.parent {
            true => format!("is there twice, with the foreign key {key}"),
            false => format!("shares the foreign key {key} with {}; a key has one parent", other.parent),
        });
    }
}

fn check_owner(meta: &Metadata, name: &str, table: &TableMeta, say: &mut dyn FnMut(String)) {
    match &table.owner {
        Owner::Auto | Owner::Nobody => {}
        Owner::Key(columns) => match meta.parents_of(name).find(|r| &r.child_key == columns) {
            None => {
                say(format!("owner names \"{}\", which is no foreign key of the table", shown(&columns.join(" + "))))
            }
            Some(r) if r.parent == name => say("the owner can't be a key to the table itself".into()),
            Some(_) => {}
        },
        Owner::Inferred { table: parent, via, time, start, end } => {
            let Some(other) = meta.tables.get(parent) else {
                return say(format!(
                    "owner names the unknown table \"{}\"{}",
                    shown(parent),
                    hint("the metadata", parent, meta.names())
                ));
            };
            if parent == name {
                say("the owner can't be the table itself".into());
            }
            let single = |t: &str| {
                let mut keys = meta.parents_of(t);
                keys.find(|r| r.child_key.as_slice() == std::slice::from_ref(via)).map(|r| r.parent.clone())
            };
            let (mine, theirs) = (single(name), single(parent));
            if mine.is_none() || mine != theirs {
                let via = shown(via);
                say(format!("owner names \"{via}\", which must be a foreign key of {name} and {parent} to one table"));
            }
            let mut kinds = BTreeSet::new();
            for (place, of, column) in [(name, table, time), (parent, other, start), (parent, other, end)] {
                match of.columns.get(column) {
                    Some(c) => {
                        kinds.insert(matches!(c.sdtype, Sdtype::Datetime { .. }));
                        if !matches!(c.sdtype, Sdtype::Datetime { .. } | Sdtype::Numerical) {
                            say(format!("owner names \"{column}\", which is {}, no time", c.sdtype.name()));
                        }
                    }
                    None => {
                        say(format!("owner names column \"{}\"{}", shown(column), hint(place, column, columns_of(of))))
                    }
                }
            }
            if kinds.len() > 1 {
                say("owner compares a datetime with a number".into());
            }
        }
    }
}

fn check_order(name: &str, table: &TableMeta, say: &mut dyn FnMut(String)) {
    let Some(order) = &table.order else { return };
    match table.columns.get(order).map(|c| &c.sdtype) {
        None => say(format!("order names column \"{}\"{}", shown(order), hint(name, order, columns_of(table)))),
        Some(Sdtype::Datetime { .. } | Sdtype::Numerical | Sdtype::Ordinal | Sdtype::Categorical) => {}
        Some(other) => say(format!("order names \"{order}\", which is {}, no time or number", other.name())),
    }
}

fn check_reference(meta: &Metadata, name: &str, table: &TableMeta, say: &mut dyn FnMut(String)) {
    if !table.reference {
        return;
    }
    for r in meta.parents_of(name) {
        if meta.tables.get(&r.parent).is_some_and(|p| !p.reference) {
            let key = r.child_key.join(" + ");
            say(format!("is kept as it is, but its key {key} points to {}; make that a reference too", r.parent));
        }
    }
    if matches!(table.owner, Owner::Inferred { .. }) {
        say("is kept as it is, so it has no inferred owner".into());
    }
}

/// Declared owners must end at an entity: nobody owns itself over others.
fn check_owner_chains(meta: &Metadata, problems: &mut Vec<String>) {
    let owner = |name: &str| {
        let parent = match &meta.tables.get(name)?.owner {
            Owner::Key(k) => &meta.parents_of(name).find(|r| &r.child_key == k)?.parent,
            Owner::Inferred { table, .. } => table,
            _ => return None,
        };
        // A table that owns itself is said where the owner is checked.
        meta.tables.get_index_of(parent).filter(|_| parent != name)
    };
    let next: Vec<Option<usize>> = meta.names().map(owner).collect();
    let mut first_seen = vec![usize::MAX; next.len()];
    for start in 0..next.len() {
        let mut at = Some(start);
        while let Some(i) = at.filter(|i| first_seen[*i] == usize::MAX) {
            first_seen[i] = start;
            at = next[i];
        }
        // Walking from `start` came back to a table of this very walk: it lies on a circle.
        if let Some(i) = at.filter(|i| first_seen[*i] == start) {
            let circle = std::iter::successors(next[i], |n| next[*n].filter(|_| *n != i));
            let names: Vec<&str> = circle.filter_map(|n| meta.tables.get_index(n)).map(|(n, _)| n.as_str()).collect();
            problems.push(format!("owners go in a circle: {}; make one of them \"nobody\"", names.join(", ")));
        }
    }
}
