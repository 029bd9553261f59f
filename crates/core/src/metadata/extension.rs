//! Our own keys of a metadata file: the object `x_healthdata`, and `x_order` as other tools of ours write it.

use serde_json::{Map, Value, json};

use super::json::Reader;
use super::near::hint;
use super::{Metadata, Owner, TableMeta, constraints, sdtype};
use crate::form::Style;
use crate::{Rule, fake};

const TABLE: [&str; 6] = ["domain", "owner", "order", "reference", "description", "columns"];
const COLUMN: [&str; 7] =
    ["unit", "description", sdtype::OURS[0], sdtype::OURS[1], sdtype::OURS[2], sdtype::OURS[3], sdtype::OURS[4]];
const INFERRED: [&str; 5] = ["table", "via", "time", "start", "end"];

/// Adds what `x_order` and `x_healthdata` say to tables, columns and rules.
pub(super) fn read(top: &Map<String, Value>, meta: &mut Metadata, reader: &mut Reader) {
    if let Some(ours) = top.get("x_healthdata").and_then(|v| reader.object("x_healthdata", v)) {
        for (key, value) in ours {
            match key.as_str() {
                "tables" => read_tables(value, meta, reader),
                "rules" => read_rules(value, meta, reader),
                _ => reader.say("x_healthdata", format!("unknown key \"{key}\"; known: tables, rules")),
            }
        }
    }
    if let Some(value) = top.get("constraints").filter(|v| !v.is_null()) {
        let Some(list) = value.as_array() else { return reader.say("constraints", "must be a list") };
        for (i, item) in list.iter().enumerate() {
            read_constraint(&format!("constraint {}", i + 1), item, meta, reader);
        }
    }
    if let Some(orders) = top.get("x_order").and_then(|v| reader.object("x_order", v)) {
        for (name, value) in orders {
            let place = format!("x_order, table {name}");
            let order = reader.text(&place, value);
            match meta.tables.get_mut(name) {
                None => reader.say("x_order", unknown_table(name, meta)),
                Some(t) if t.order.is_some() && order.is_some() && t.order != order => {
                    reader.say(&place, "x_healthdata names another order; keep one");
                }
                Some(t) => t.order = order,
            }
        }
    }
}

fn unknown_table(name: &str, meta: &Metadata) -> String {
    format!("unknown table \"{name}\"{}", hint("the metadata", name, meta.names()))
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    format!("unknown key \"{key}\"{}", hint("it", key, known.iter().copied()))
}

fn read_tables(value: &Value, meta: &mut Metadata, reader: &mut Reader) {
    let Some(tables) = reader.object("x_healthdata, tables", value) else { return };
    for (name, value) in tables {
        let place = format!("x_healthdata, table {name}");
        let Some(object) = reader.object(&place, value) else { continue };
        let Some(table) = meta.tables.get_mut(name) else {
            reader.say("x_healthdata", unknown_table(name, meta));
            continue;
        };
        read_table(&place, object, table, reader);
    }
}

fn read_table(place: &str, object: &Map<String, Value>, table: &mut TableMeta, reader: &mut Reader) {
    for (key, value) in object.iter().filter(|(_, v)| !v.is_null()) {
        let at = format!("{place}, {key}");
        match key.as_str() {
            "domain" => table.domain = reader.text(&at, value),
            "owner" => table.owner = read_owner(&at, value, reader),
            "order" => table.order = reader.text(&at, value),
            "reference" => table.reference = reader.flag(&at, value),
            "description" => table.description = reader.text(&at, value),
            "columns" => read_columns(place, value, table, reader),
            _ => reader.say(place, unknown_key(key, &TABLE)),
        }
    }
}

fn read_columns(place: &str, value: &Value, table: &mut TableMeta, reader: &mut Reader) {
    let Some(columns) = reader.object(&format!("{place}, columns"), value) else { return };
    for (name, value) in columns {
        let at = format!("{place}, column {name}");
        let Some(object) = reader.object(&at, value) else { continue };
        if !table.columns.contains_key(name) {
            let hint = hint("the table", name, table.columns.keys().map(String::as_str));
            reader.say(place, format!("unknown column \"{name}\"{hint}"));
            continue;
        }
        let column = &mut table.columns[name];
        for (key, value) in object.iter().filter(|(_, v)| !v.is_null()) {
            let at = format!("{at}, {key}");
            match key.as_str() {
                "unit" => column.unit = reader.text(&at, value),
                "description" => column.description = reader.text(&at, value),
                "locale" if value.as_str().is_some_and(|l| !fake::locales().any(|k| k == l)) => {
                    let known = fake::locales().collect::<Vec<_>>().join(", ");
                    reader.say(&at, format!("unknown locale; known: {known}"));
                }
                sdtype::OTHER_FORMATS => {
                    let formats = reader.texts(&at, value);
                    if !formats.is_empty() {
                        column.parameters.insert(key.clone(), formats.into());
                    }
                }
                sdtype::FORM if value.as_str().is_some_and(|s| Style::of(s).is_none()) => {
                    let known = Style::ALL.map(Style::name).join(", ");
                    reader.say(&at, format!("unknown form; known: {known}"));
                }
                k if sdtype::OURS.contains(&k) => {
                    if reader.text(&at, value).is_some() {
                        column.parameters.insert(key.clone(), value.clone());
                    }
                }
                _ => reader.say(place, unknown_key(key, &COLUMN)),
            }
        }
    }
}

fn read_owner(place: &str, value: &Value, reader: &mut Reader) -> Owner {
    match value {
        Value::String(s) if s == "nobody" => return Owner::Nobody,
        Value::Object(o) if o.len() == 1 => {
            if let Some(key) = o.get("key") {
                return Owner::Key(reader.texts(place, key));
            }
            if let Some(Value::Object(i)) = o.get("inferred")
                && i.len() == INFERRED.len()
                && INFERRED.iter().all(|k| i.get(*k).is_some_and(Value::is_string))
            {
                let text = |k: &str| i[k].as_str().unwrap_or_default().to_owned();
                let [table, via, time, start, end] = INFERRED.map(text);
                return Owner::Inferred { table, via, time, start, end };
            }
        }
        _ => {}
    }
    let inferred = format!("{{\"inferred\": {{{}}}}}", INFERRED.map(|k| format!("\"{k}\": ..")).join(", "));
    reader.say(place, format!("must be \"nobody\", {{\"key\": [columns]}} or {inferred}"));
    Owner::Auto
}

fn read_rules(value: &Value, meta: &mut Metadata, reader: &mut Reader) {
    let Some(list) = value.as_array() else { return reader.say("x_healthdata, rules", "must be a list") };
    for (i, item) in list.iter().enumerate() {
        if item.as_object().is_some_and(constraints::is_one) {
            read_constraint(&format!("rule {}", i + 1), item, meta, reader);
            continue;
        }
        match serde_json::from_value::<Rule>(item.clone()) {
            Ok(rule) => meta.rules.push(rule),
            Err(e) => {
                let what = e.to_string();
                // A message about a wrong type repeats the value it met.
                let said = if what.starts_with("invalid") { "a field has the wrong type".into() } else { what };
                reader.say(&format!("rule {}", i + 1), said);
            }
        }
    }
}

/// A constraint in SDV's form.
fn read_constraint(place: &str, item: &Value, meta: &mut Metadata, reader: &mut Reader) {
    let Some(object) = reader.object(place, item) else { return };
    if !constraints::is_one(object) {
        return reader.say(place, "class_name is missing");
    }
    match constraints::read(object, meta) {
        Ok(kinds) => meta.rules.extend(kinds.into_iter().map(Rule::declared)),
        Err(why) => reader.say(place, why),
    }
}

/// The object `x_healthdata`; None when there is nothing to say.
pub(super) fn write(meta: &Metadata) -> Option<Value> {
    let mut tables = Map::new();
    for (name, table) in &meta.tables {
        let object = write_table(table);
        if !object.is_empty() {
            tables.insert(name.clone(), Value::Object(object));
        }
    }
    let mut ours = Map::new();
    if !tables.is_empty() {
        ours.insert("tables".into(), Value::Object(tables));
    }
    if !meta.rules.is_empty() {
        let rules = serde_json::to_value(&meta.rules).expect("rules are texts and numbers");
        ours.insert("rules".into(), rules);
    }
    (!ours.is_empty()).then_some(Value::Object(ours))
}

fn write_table(table: &TableMeta) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.into(), value);
    };
    if let Some(d) = &table.domain {
        put("domain", d.as_str().into());
    }
    match &table.owner {
        Owner::Auto => {}
        Owner::Nobody => put("owner", "nobody".into()),
        Owner::Key(columns) => put("owner", json!({ "key": columns })),
        Owner::Inferred { table, via, time, start, end } => {
            let inferred = json!({"table": table, "via": via, "time": time, "start": start, "end": end});
            put("owner", json!({ "inferred": inferred }));
        }
    }
    if let Some(o) = &table.order {
        put("order", o.as_str().into());
    }
    if table.reference {
        put("reference", true.into());
    }
    if let Some(d) = &table.description {
        put("description", d.as_str().into());
    }
    let mut columns = Map::new();
    for (name, column) in &table.columns {
        let mut said = Map::new();
        if let Some(u) = &column.unit {
            said.insert("unit".into(), u.as_str().into());
        }
        if let Some(d) = &column.description {
            said.insert("description".into(), d.as_str().into());
        }
        for key in sdtype::OURS {
            if let Some(v) = column.parameters.get(key) {
                said.insert(key.into(), v.clone());
            }
        }
        if !said.is_empty() {
            columns.insert(name.clone(), Value::Object(said));
        }
    }
    if !columns.is_empty() {
        put("columns", Value::Object(columns));
    }
    object
}
