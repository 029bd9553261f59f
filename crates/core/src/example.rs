//! Small tables written as text, for the examples of the documentation and for tests.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use indexmap::IndexMap;

use crate::check::CheckReport;
use crate::metadata::{ColumnMeta, Owner, Relationship, Sdtype, TableMeta};
use crate::{Dataset, Error, ErrorKind, Metadata, Result, Rule};

/// A table as `name(*key, link>parent, value:number, at:time, day:%Y-%m-%d, who:first_name, label)` and its rows as lines
/// of texts with commas.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a>(pub &'a str, pub &'a str);

/// Checks tables against rules in JSON.
pub fn check(tables: &[Table], rules: &[&str]) -> Result<CheckReport> {
    crate::check::check(&data(tables)?, &metadata(tables, rules)?)
}

/// The tables as they come from a file of texts.
pub fn data(tables: &[Table]) -> Result<Dataset> {
    let mut data = Dataset::default();
    for Table(spec, text) in tables {
        let (name, columns) = columns(spec)?;
        let text = text.strip_prefix('\n').unwrap_or(text);
        let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').map(str::trim).collect()).collect();
        let cell = |line: &Vec<&'_ str>, i: usize| line.get(i).copied().filter(|t| !t.is_empty()).map(str::to_owned);
        let array = |i: usize| lines.iter().map(|l| cell(l, i)).collect::<StringArray>();
        let arrays = columns.iter().enumerate().map(|(i, c)| (c.name, Arc::new(array(i)) as ArrayRef, true));
        let batch = RecordBatch::try_from_iter_with_nullable(arrays);
        data.tables.insert(name.to_owned(), batch.map_err(|e| Error::new(ErrorKind::Data, e.to_string()))?);
    }
    Ok(data)
}

/// What the tables are.
pub fn metadata(tables: &[Table], rules: &[&str]) -> Result<Metadata> {
    let (mut metas, mut relationships) = (IndexMap::new(), Vec::new());
    let mut keys: IndexMap<&str, Vec<String>> = IndexMap::new();
    for Table(spec, _) in tables {
        let (name, columns) = columns(spec)?;
        keys.insert(name, columns.iter().filter(|c| c.key).map(|c| c.name.to_owned()).collect());
    }
    for Table(spec, _) in tables {
        let (name, columns) = columns(spec)?;
        let mut meta = TableMeta { primary_key: keys[name].clone(), ..TableMeta::default() };
        for column in columns {
            let sdtype = match column.kind {
                _ if column.key || column.parent.is_some() => Sdtype::Id { regex: None },
                "number" => Sdtype::Numerical,
                "time" => Sdtype::Datetime { format: None },
                "" => Sdtype::Categorical,
                format if format.starts_with('%') => Sdtype::Datetime { format: Some(format.to_owned()) },
                kind => Sdtype::Pii { kind: kind.to_owned(), pii: true },
            };
            meta.columns.insert(column.name.to_owned(), ColumnMeta::new(sdtype));
            relationships.extend(column.parent.map(|parent| Relationship {
                parent: parent.to_owned(),
                parent_key: keys.get(parent).cloned().unwrap_or_default(),
                child: name.to_owned(),
                child_key: vec![column.name.to_owned()],
            }));
        }
        metas.insert(name.to_owned(), meta);
    }
    let read = |r: &&str| serde_json::from_str(r).map_err(|e| Error::new(ErrorKind::Rule, e.to_string()));
    let rules = rules.iter().map(read).collect::<Result<Vec<Rule>>>()?;
    Metadata::new(metas, relationships, rules)
}

/// Says that the parent of `child` is the row of `table` with the same `via` whose interval covers its time.
pub fn infer(metadata: &mut Metadata, child: &str, [table, via, time, start, end]: [&str; 5]) {
    let [table, via, time, start, end] = [table, via, time, start, end].map(str::to_owned);
    if let Some(meta) = metadata.tables.get_mut(child) {
        meta.owner = Owner::Inferred { table, via, time, start, end };
    }
}

struct Part<'a> {
    name: &'a str,
    kind: &'a str,
    parent: Option<&'a str>,
    key: bool,
}

fn columns(spec: &str) -> Result<(&str, Vec<Part<'_>>)> {
    let bad =
        || Error::new(ErrorKind::Request, format!("{spec}: write a table as name(*key, link>parent, column:type)"));
    let (name, list) = spec.strip_suffix(')').and_then(|s| s.split_once('(')).ok_or_else(bad)?;
    let columns = list.split(',').map(|text| {
        let (key, text) = text.trim().strip_prefix('*').map_or((false, text.trim()), |t| (true, t));
        let (text, parent) = text.split_once('>').map_or((text, None), |(t, p)| (t, Some(p)));
        let (name, kind) = text.split_once(':').unwrap_or((text, ""));
        Part { name, kind, parent, key }
    });
    Ok((name, columns.collect()))
}
