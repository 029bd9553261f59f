//! Metadata files: SDV's V1 and V2 with our own keys under one extension object.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::sdtype::{self, Version};
use super::{ColumnGroup, Metadata, Relationship, TableMeta, extension, repeated, validate};
use crate::{Error, ErrorKind, Result};

/// Largest metadata file in bytes; a thousand tables of a hundred columns need a quarter of it.
pub const MAX_BYTES: usize = 64 << 20;

/// Collects problems while reading; every read of a wrong shape says where and goes on.
pub(super) struct Reader {
    pub(super) problems: Vec<String>,
}

impl Reader {
    pub(super) fn say(&mut self, place: &str, what: impl std::fmt::Display) {
        self.problems.push(if place.is_empty() { what.to_string() } else { format!("{place}: {what}") });
    }

    pub(super) fn object<'a>(&mut self, place: &str, value: &'a Value) -> Option<&'a Map<String, Value>> {
        if !value.is_object() {
            self.say(place, "must be an object");
        }
        value.as_object()
    }

    pub(super) fn text(&mut self, place: &str, value: &Value) -> Option<String> {
        if !value.is_string() {
            self.say(place, "must be a text");
        }
        value.as_str().map(str::to_owned)
    }

    pub(super) fn flag(&mut self, place: &str, value: &Value) -> bool {
        if !value.is_boolean() {
            self.say(place, "must be true or false");
        }
        value.as_bool().unwrap_or(false)
    }

    /// A text, or a list of texts.
    pub(super) fn texts(&mut self, place: &str, value: &Value) -> Vec<String> {
        match value {
            Value::String(s) => vec![s.clone()],
            Value::Array(list) if list.iter().all(Value::is_string) => {
                list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => {
                self.say(place, "must be a text or a list of texts");
                Vec::new()
            }
        }
    }

    fn unknown_keys(&mut self, place: &str, object: &Map<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|k| !known.contains(&k.as_str())) {
            self.say(place, format!("unknown key \"{key}\"; known: {}", known.join(", ")));
        }
    }
}

impl Metadata {
    /// Reads a metadata file: SDV's V1, V2, `SINGLE_TABLE_V1` or a single bare table, with our own keys under
    /// `x_healthdata`. Other keys that start with `x_` are ignored, unknown ones are problems.
    ///
    /// ```
    /// use healthdata_core::Metadata;
    /// let e = Metadata::from_json(r#"{"METADATA_SPEC_VERSION": "V2", "tables": {
    ///     "wards": {"primary_key": "ward", "columns": {"ward_id": {"sdtype": "id"}}}}}"#).unwrap_err();
    /// assert_eq!(e.to_string(), "table wards: primary_key names column \"ward\", but wards has \"ward_id\"");
    /// ```
    pub fn from_json(text: &str) -> Result<Metadata> {
        let fail = |what: String| Err(Error::new(ErrorKind::Metadata, what));
        if text.len() > MAX_BYTES {
            return fail(format!("metadata of {} bytes; at most {MAX_BYTES} are read", text.len()));
        }
        let text = text.trim_start_matches('\u{feff}');
        let value: Value = match serde_json::from_str(text) {
            Ok(v) => v,
            Err(e) => return fail(format!("not JSON at line {}, column {}", e.line(), e.column())),
        };
        let Value::Object(top) = value else { return fail("metadata must be a JSON object".into()) };
        let mut reader = Reader { problems: repeated::keys(text) };
        let mut meta = read_top(&top, &mut reader)?;
        extension::read(&top, &mut meta, &mut reader);
        let mut problems = reader.problems;
        validate::collect(&meta, &mut problems);
        Error::all(ErrorKind::Metadata, problems)?;
        Ok(meta)
    }

    /// The file: V2, and our own keys under `x_healthdata` where there are any. Reads back to the same metadata.
    pub fn to_json(&self) -> String {
        let mut tables = Map::new();
        for (name, table) in &self.tables {
            tables.insert(name.clone(), Value::Object(write_table(table)));
        }
        let relationships = self.relationships.iter().map(write_relationship).collect();
        let mut top = Map::new();
        top.insert("METADATA_SPEC_VERSION".into(), "V2".into());
        top.insert("tables".into(), Value::Object(tables));
        top.insert("relationships".into(), Value::Array(relationships));
        if let Some(ours) = extension::write(self) {
            top.insert("x_healthdata".into(), ours);
        }
        let mut text = serde_json::to_string_pretty(&Value::Object(top)).expect("keys are texts and numbers finite");
        text.push('\n');
        text
    }
}

fn read_top(top: &Map<String, Value>, reader: &mut Reader) -> Result<Metadata> {
    let mut meta = Metadata { tables: IndexMap::new(), relationships: Vec::new(), rules: Vec::new() };
    let version = match top.get("METADATA_SPEC_VERSION").map(|v| v.as_str()) {
        Some(Some("V1" | "MULTI_TABLE_V1" | "SINGLE_TABLE_V1")) => Version::V1,
        Some(Some("V2")) => Version::V2,
        None if top.contains_key("columns") => Version::V2,
        None => {
            let what = "METADATA_SPEC_VERSION is missing; write \"METADATA_SPEC_VERSION\": \"V2\"";
            return Err(Error::new(ErrorKind::Metadata, what));
        }
        _ => {
            let what = "METADATA_SPEC_VERSION is unknown; V1, V2 and SINGLE_TABLE_V1 are read";
            return Err(Error::new(ErrorKind::Metadata, what));
        }
    };
    let extra = |k: &&str| k.starts_with("x_") || ["METADATA_SPEC_VERSION", "constraints"].contains(k);
    if top.contains_key("columns") && !top.contains_key("tables") {
        let table: Map<String, Value> =
            top.iter().filter(|(k, _)| !extra(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
        let table = read_table("table", &table, version, reader);
        meta.tables.insert("table".into(), table);
        return Ok(meta);
    }
    for key in top.keys().map(String::as_str).filter(|k| !extra(k) && !["tables", "relationships"].contains(k)) {
        reader.say("", format!("unknown key \"{key}\"; own keys start with x_"));
    }
    match top.get("tables").map(|v| (v, v.as_object())) {
        Some((_, Some(tables))) => {
            for (name, table) in tables {
                if let Some(object) = reader.object(&format!("table {name}"), table) {
                    meta.tables.insert(name.clone(), read_table(name, object, version, reader));
                }
            }
        }
        Some(_) => reader.say("tables", "must be an object"),
        None => reader.say("", "\"tables\" is missing"),
    }
    match top.get("relationships") {
        Some(Value::Array(list)) => {
            for (i, item) in list.iter().enumerate() {
                meta.relationships.extend(read_relationship(&format!("relationship {}", i + 1), item, reader));
            }
        }
        Some(_) => reader.say("relationships", "must be a list"),
        None => {}
    }
    Ok(meta)
}

fn read_table(name: &str, object: &Map<String, Value>, version: Version, reader: &mut Reader) -> TableMeta {
    const KNOWN: [&str; 6] =
        ["columns", "primary_key", "alternate_keys", "sequence_key", "sequence_index", "column_relationships"];
    let place = format!("table {name}");
    reader.unknown_keys(&place, object, &KNOWN);
    let mut table = TableMeta::default();
    match object.get("columns") {
        Some(Value::Object(columns)) => {
            for (column, value) in columns {
                let place = format!("table {name}, column {column}");
                let Some(object) = reader.object(&place, value) else { continue };
                let mut problems = Vec::new();
                table.columns.insert(column.clone(), sdtype::read(object, version, &mut problems));
                problems.into_iter().for_each(|p| reader.say(&place, p));
            }
        }
        Some(_) => reader.say(&place, "columns must be an object"),
        None => reader.say(&place, "columns is missing"),
    }
    let given = |key: &str| object.get(key).filter(|v| !v.is_null());
    if let Some(v) = given("primary_key") {
        table.primary_key = reader.texts(&format!("{place}, primary_key"), v);
    }
    if let Some(v) = given("alternate_keys") {
        table.alternate_keys = reader.texts(&format!("{place}, alternate_keys"), v);
    }
    if let Some(v) = given("sequence_key") {
        table.sequence_key = reader.text(&format!("{place}, sequence_key"), v);
    }
    if let Some(v) = given("sequence_index") {
        table.sequence_index = reader.text(&format!("{place}, sequence_index"), v);
    }
    if let Some(v) = given("column_relationships") {
        read_groups(&format!("{place}, column_relationships"), v, &mut table, reader);
    }
    table
}

fn read_groups(place: &str, value: &Value, table: &mut TableMeta, reader: &mut Reader) {
    let Some(list) = value.as_array() else { return reader.say(place, "must be a list") };
    for item in list {
        let Some(object) = reader.object(place, item) else { continue };
        reader.unknown_keys(place, object, &["type", "column_names"]);
        let kind = object.get("type").and_then(Value::as_str);
        let columns = object.get("column_names").map(|v| reader.texts(place, v));
        match (kind, columns) {
            (Some(kind), Some(columns)) => table.groups.push(ColumnGroup { kind: kind.to_owned(), columns }),
            _ => reader.say(place, "needs type and column_names"),
        }
    }
}

fn read_relationship(place: &str, value: &Value, reader: &mut Reader) -> Option<Relationship> {
    const KNOWN: [&str; 4] = ["parent_table_name", "parent_primary_key", "child_table_name", "child_foreign_key"];
    let object = reader.object(place, value)?;
    reader.unknown_keys(place, object, &KNOWN);
    let before = reader.problems.len();
    for key in KNOWN.iter().filter(|k| !object.contains_key(**k)) {
        reader.say(place, format!("{key} is missing"));
    }
    let at = |key: &str| format!("{place}, {key}");
    let mut text = |key: &str| object.get(key).and_then(|v| reader.text(&at(key), v)).unwrap_or_default();
    let (parent, child) = (text(KNOWN[0]), text(KNOWN[2]));
    let mut texts = |key: &str| object.get(key).map(|v| reader.texts(&at(key), v)).unwrap_or_default();
    let (parent_key, child_key) = (texts(KNOWN[1]), texts(KNOWN[3]));
    (reader.problems.len() == before).then_some(Relationship { parent, parent_key, child, child_key })
}

/// SDV writes a key of one column as a text.
fn key(columns: &[String]) -> Value {
    match columns {
        [one] => one.as_str().into(),
        many => many.into(),
    }
}

fn write_table(table: &TableMeta) -> Map<String, Value> {
    let columns = table.columns.iter().map(|(n, c)| (n.clone(), Value::Object(sdtype::write(c)))).collect();
    let mut object = Map::new();
    object.insert("columns".into(), Value::Object(columns));
    let mut put = |key: &str, value: Value| object.insert(key.into(), value);
    if !table.primary_key.is_empty() {
        put("primary_key", key(&table.primary_key));
    }
    if !table.alternate_keys.is_empty() {
        put("alternate_keys", table.alternate_keys.as_slice().into());
    }
    if let Some(c) = &table.sequence_key {
        put("sequence_key", c.as_str().into());
    }
    if let Some(c) = &table.sequence_index {
        put("sequence_index", c.as_str().into());
    }
    if !table.groups.is_empty() {
        let group = |g: &ColumnGroup| serde_json::json!({"type": g.kind, "column_names": g.columns});
        put("column_relationships", table.groups.iter().map(group).collect());
    }
    object
}

fn write_relationship(r: &Relationship) -> Value {
    serde_json::json!({
        "parent_table_name": r.parent,
        "parent_primary_key": key(&r.parent_key),
        "child_table_name": r.child,
        "child_foreign_key": key(&r.child_key),
    })
}
