//! Guesses the metadata of tables from their values, and says why.

mod format;
mod forms;
mod inclusion;
mod inferred;
mod keys;
mod links;
mod names;
mod order;
mod owner;
mod pattern;
mod pii;
mod profile;
mod values;
mod view;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::metadata::{ColumnMeta, Metadata, Owner, Relationship, Sdtype, TableMeta};
use crate::{Dataset, Error, ErrorKind, Result};

pub use inferred::infer_parent;
pub use order::choose_order;
pub use owner::{choose_owner, settle};

pub(crate) use inferred::{BEYOND, TILED};
pub(crate) use names::names_people;
pub(crate) use names::words;
pub(crate) use order::{counts_on, counts_rows, counts_time};
pub(crate) use pii::is_personal;

use names::IdName;
use profile::{Profile, Shape};

/// What detection may write down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectOptions {
    /// Put categories and extremes, which are real values, into the metadata: those that enough entities hold.
    pub keep_values: bool,
}

/// A guess and why it was made; never holds a data value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The table.
    pub table: String,
    /// The column, unless it is about the table.
    pub column: Option<String>,
    /// What was guessed.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Reason {
    fn new(table: &str, column: Option<&str>, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { table: table.into(), column: column.map(str::to_owned), what: what.into(), why: why.into() }
    }
}

/// The guessed metadata and the reasons, in table and column order.
#[derive(Clone, Debug)]
pub struct Detection {
    /// Valid as every metadata.
    pub metadata: Metadata,
    /// Why each guess was made.
    pub reasons: Vec<Reason>,
}

/// Profiles by table and column.
type Tables<'a> = IndexMap<&'a str, IndexMap<&'a str, Profile>>;

/// A relationship that was found.
struct Found {
    relationship: Relationship,
    why: String,
}

/// Guesses sdtypes, formats, keys, relationships, personal data, owners and orders. Columns may be text (CSV) or
/// typed; every table must be a flat one.
pub fn detect(data: &Dataset, options: &DetectOptions) -> Result<Detection> {
    let tables = profiles(data)?;
    let mut reasons = Vec::new();
    let mut keys: BTreeMap<String, keys::Key> =
        tables.keys().filter_map(|t| Some(((*t).to_owned(), keys::single(&tables, t)?))).collect();
    let mut found = links::single(&tables, &keys);
    for table in tables.keys().filter(|t| !keys.contains_key(**t)).copied().collect::<Vec<_>>() {
        let foreign: Vec<&str> = found
            .iter()
            .filter(|f| f.relationship.child == table)
            .map(|f| f.relationship.child_key[0].as_str())
            .collect();
        keys.extend(keys::composite(&tables, table, &foreign).map(|k| (table.to_owned(), k)));
    }
    found.extend(links::composite(&tables, &keys));

    let mut metadata = Metadata { tables: IndexMap::new(), relationships: Vec::new(), rules: Vec::new() };
    for (table, columns) in &tables {
        let key = keys.get(*table);
        reasons.push(match key {
            Some(k) => Reason::new(table, None, format!("primary key {}", k.columns.join(" + ")), &k.why),
            None => {
                Reason::new(table, None, "no primary key", "no column or pair of columns that looks like one is unique")
            }
        });
        let mut meta =
            TableMeta { primary_key: key.map(|k| k.columns.clone()).unwrap_or_default(), ..Default::default() };
        for (column, profile) in columns {
            let is_key = meta.primary_key == [*column];
            let (mut sdtype, mut why) = sdtype(table, column, profile, is_key);
            if !is_key
                && meta.primary_key.iter().any(|k| k == column)
                && profile.shape == Shape::Whole
                && !matches!(sdtype, Sdtype::Datetime { .. })
            {
                (sdtype, why) = (Sdtype::Numerical, "a whole number that is part of the primary key".into());
            }
            let about = match (&sdtype, &profile.shape) {
                (Sdtype::Datetime { .. }, Shape::Time { others, .. }) => {
                    ColumnMeta::new(sdtype).with_other_formats(others)
                }
                (Sdtype::Numerical, Shape::Text) => ColumnMeta::new(sdtype).with_form(forms::find(column, profile)),
                _ => ColumnMeta::new(sdtype),
            };
            meta.columns.insert((*column).to_owned(), about);
            reasons.push(Reason::new(table, Some(column), String::new(), why));
        }
        metadata.tables.insert((*table).to_owned(), meta);
    }
    towns(&mut metadata, &tables, &mut reasons);
    adopt(&mut metadata, found, &tables, &mut reasons);
    for (table, columns) in &tables {
        alternate_keys(&mut metadata, table, columns);
    }
    name_types(&metadata, &mut reasons);
    reasons.extend(settle(&mut metadata, data));
    sequences(&mut metadata, &tables, &mut reasons);
    metadata.validate()?;
    if options.keep_values {
        values::keep(&mut metadata, data, &tables)?;
    }
    let order = |r: &Reason| {
        (
            tables.get_index_of(r.table.as_str()),
            r.column.as_ref().map(|c| tables[r.table.as_str()].get_index_of(c.as_str())),
        )
    };
    reasons.sort_by_key(order);
    Ok(Detection { metadata, reasons })
}

/// Towns are labels like others where a table is not of people: of shops, airports or circuits.
fn towns(metadata: &mut Metadata, tables: &Tables, reasons: &mut [Reason]) {
    for (table, columns) in tables {
        let meta = &mut metadata.tables[*table];
        if pii::is_personal(table, meta) {
            continue;
        }
        for (column, about) in &mut meta.columns {
            if matches!(&about.sdtype, Sdtype::Pii { kind, .. } if kind == "city") {
                let (sdtype, why) = impersonal(column, &columns[column.as_str()]);
                about.sdtype = sdtype;
                let of = reasons.iter_mut().find(|r| r.table == **table && r.column.as_ref() == Some(column));
                if let Some(reason) = of {
                    reason.why = format!("{why}, of things and not of people");
                }
            }
        }
    }
}

/// Tables whose rows share an identifier that no table lists: one file of readings with the number of the patient.
fn sequences(metadata: &mut Metadata, tables: &Tables, reasons: &mut Vec<Reason>) {
    for (table, columns) in tables {
        let foreign = |c: &str| metadata.foreign_key(table, c).is_some();
        let meta = &metadata.tables[*table];
        if meta.owner != Owner::Nobody || metadata.children_of(table).next().is_some() {
            continue;
        }
        let shared = |c: &str, p: &Profile| {
            matches!(meta.columns[c].sdtype, Sdtype::Id { .. }) && !foreign(c) && p.distinct() * 3 <= p.known() * 2
        };
        let ids = columns.iter().filter(|(c, p)| shared(c, p));
        let Some((column, p)) = ids.max_by_key(|(_, p)| p.distinct()) else { continue };
        let why = format!("{} values in {} rows, and no table lists them", p.distinct(), p.known());
        reasons.push(Reason::new(table, None, format!("sequences of {column}"), why));
        let column = (*column).to_owned();
        let meta = &mut metadata.tables[*table];
        meta.sequence_key = Some(column);
        meta.owner = Owner::Auto;
    }
}

fn profiles(data: &Dataset) -> Result<Tables<'_>> {
    let mut problems = Vec::new();
    let mut tables = Tables::new();
    for (name, batch) in &data.tables {
        let mut columns = IndexMap::new();
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            match Profile::read(field.name(), array.as_ref()) {
                Ok(profile) => {
                    if columns.insert(field.name().as_str(), profile).is_some() {
                        problems.push(format!("table {name}: two columns are named {}", field.name()));
                    }
                }
                Err(e) => problems.extend(e.at(&format!("table {name}, column {}", field.name())).problems().to_vec()),
            }
        }
        tables.insert(name.as_str(), columns);
    }
    Error::all(ErrorKind::Data, problems)?;
    Ok(tables)
}

/// The sdtype of a column by itself; foreign keys are given that of their key later.
fn sdtype(table: &str, column: &str, p: &Profile, is_key: bool) -> (Sdtype, String) {
    let id = || Sdtype::Id { regex: regex(p) };
    if let Shape::Time { format, others } = &p.shape
        && !is_key
    {
        let why = match others.as_slice() {
            [] => "every value reads in this format".to_owned(),
            _ => format!("every value reads in this format or, known less finely, in {}", others.join(", ")),
        };
        return (Sdtype::Datetime { format: Some(format.clone()) }, why);
    }
    if p.shape == Shape::Empty {
        return (Sdtype::Categorical, "every value is missing".into());
    }
    if p.shape == Shape::Bool {
        return (Sdtype::Boolean, "only true and false".into());
    }
    if let Some((kind, why)) = pii::find(table, column, p) {
        return (Sdtype::Pii { kind: kind.into(), pii: true }, format!("personal data: {why}"));
    }
    if is_key {
        return (id(), "the primary key".into());
    }
    impersonal(column, p)
}

/// The sdtype of a column that is no key and holds no personal data.
fn impersonal(column: &str, p: &Profile) -> (Sdtype, String) {
    let n = p.distinct();
    let many = n >= 20 && n * 2 >= p.known();
    let id = || Sdtype::Id { regex: regex(p) };
    if p.shape == Shape::Uuid {
        return (id(), "UUIDs".into());
    }
    let named = names::id_name(column);
    let packed = || p.texts.iter().all(|t| t.trim().len() > 5 && t.trim().bytes().all(|b| b.is_ascii_digit()));
    if p.shape == Shape::Whole
        && named == IdName::No
        && packed()
        && let Some(format) = format::packed_format(&p.numbers)
    {
        return (Sdtype::Datetime { format: Some(format.into()) }, "every number is a date in this format".into());
    }
    if p.shape == Shape::Whole && counts_rows(&p.codes, &p.numbers) {
        return (Sdtype::Numerical, "counts on from row to row and begins again".into());
    }
    // Few rows for each or many: what is named like an identifier and has many values names things.
    if named == IdName::Strong && (n >= 20 || p.is_unique()) {
        return (id(), format!("named like an identifier, {n} distinct values in {} rows", p.known()));
    }
    let known = p.known();
    match p.shape {
        Shape::Whole if named == IdName::Weak && many && column.to_lowercase().ends_with("id") => {
            (id(), format!("named like an identifier, {n} distinct values in {known} rows"))
        }
        Shape::Whole if n <= 20.min((known / 10).max(2)) => {
            (Sdtype::Categorical, format!("whole numbers with only {n} distinct values in {known} rows"))
        }
        Shape::Whole => (Sdtype::Numerical, format!("whole numbers, {n} distinct values")),
        Shape::Real => (Sdtype::Numerical, "numbers".into()),
        _ => match forms::find(column, p) {
            Some(style) => (Sdtype::Numerical, format!("numbers inside text, form {}", style.name())),
            None => labels(p, named),
        },
    }
}

/// Text: labels that repeat, identifiers of one pattern, or free text.
fn labels(p: &Profile, named: IdName) -> (Sdtype, String) {
    let (n, known) = (p.distinct(), p.known());
    let length = p.texts.iter().map(|t| t.chars().count()).sum::<usize>() / n.max(1);
    let numbered = || regex(p).is_some_and(|r| (r.contains("\\d") || r.contains("0-9")) && !r.contains(' '));
    if n >= 20 && n * 10 >= known * 9 && (numbered() || named != IdName::No && regex(p).is_some()) {
        return (Sdtype::Id { regex: regex(p) }, format!("one pattern, {n} distinct values in {known} rows"));
    }
    let repeats = n * 2 <= known || n <= 20 && length <= 40;
    if repeats && length <= 200 {
        return (Sdtype::Categorical, format!("{n} distinct labels in {known} rows"));
    }
    (Sdtype::Unknown, format!("text that hardly repeats: {n} distinct values in {known} rows"))
}

fn regex(p: &Profile) -> Option<String> {
    if p.shape == Shape::Whole { None } else { pattern::find(p.texts.iter()) }
}

/// Takes over the relationships; every foreign key column gets the sdtype of its key.
fn adopt(metadata: &mut Metadata, found: Vec<Found>, tables: &Tables, reasons: &mut Vec<Reason>) {
    // A key may itself be a foreign key, so types travel as many times as tables stand in a row.
    for _ in 0..metadata.tables.len().min(64) {
        let mut changed = false;
        for r in found.iter().map(|f| &f.relationship) {
            for (p, c) in r.parent_key.iter().zip(&r.child_key) {
                let of_key = metadata.tables[&r.parent].columns[p].sdtype.clone();
                let mine = &mut metadata.tables[&r.child].columns[c].sdtype;
                if *mine != of_key {
                    *mine = of_key;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    for Found { relationship: r, why } in found {
        let same = |p: &String, c: &String| {
            metadata.tables[&r.parent].columns[p].sdtype == metadata.tables[&r.child].columns[c].sdtype
        };
        let what = format!("points to {} by {}", r.parent, r.parent_key.join(" + "));
        if !r.parent_key.iter().zip(&r.child_key).all(|(p, c)| same(p, c)) {
            let note = format!("{why}; left out because its columns also belong to another key");
            reasons.push(Reason::new(
                &r.child,
                r.child_key.first().map(String::as_str),
                format!("perhaps {what}"),
                note,
            ));
            continue;
        }
        for column in &r.child_key {
            if tables[r.child.as_str()][column.as_str()].nulls > 0 {
                let c = &mut metadata.tables[&r.child].columns[column];
                c.parameters.insert("range_is_nullable".into(), true.into());
            }
        }
        reasons.push(Reason::new(&r.child, r.child_key.first().map(String::as_str), what, why));
        metadata.relationships.push(r);
    }
}

/// Further unique identifiers.
fn alternate_keys(metadata: &mut Metadata, table: &str, columns: &IndexMap<&str, Profile>) {
    let unique = |name: &str| columns[name].is_unique() && columns[name].rows() >= 20;
    let foreign = |name: &str| metadata.foreign_key(table, name).is_some();
    let meta = &metadata.tables[table];
    let is_id = |c: &ColumnMeta| matches!(c.sdtype, Sdtype::Id { .. });
    let keys =
        meta.columns.iter().filter(|(n, c)| is_id(c) && unique(n) && !meta.primary_key.contains(n) && !foreign(n));
    let keys = keys.map(|(n, _)| n.clone()).collect();
    metadata.tables[table].alternate_keys = keys;
}

/// Fills in the `what` of column reasons once foreign keys have their final type.
fn name_types(metadata: &Metadata, reasons: &mut [Reason]) {
    for reason in reasons.iter_mut().filter(|r| r.what.is_empty()) {
        let Some(column) = reason.column.as_ref() else { continue };
        let sdtype = &metadata.tables[&reason.table].columns[column].sdtype;
        reason.what = match sdtype {
            Sdtype::Id { regex: Some(r) } => format!("id {r}"),
            Sdtype::Datetime { format: Some(f) } => format!("datetime {f}"),
            other => other.name().to_owned(),
        };
        if metadata.foreign_key(&reason.table, column).is_some() {
            reason.why = "a foreign key".into();
        }
    }
}

#[cfg(test)]
mod exports_tests;
#[cfg(test)]
mod tests;
