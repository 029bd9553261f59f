//! The sdtypes and their parameters as SDV's metadata V1 and V2 name them.

use serde_json::{Map, Value};

use super::near::{close, near};
use super::{ColumnMeta, Sdtype};

/// The version of the file that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

/// (sdtype, parameters in V1, parameters in V2); every other sdtype is a Faker function, listed last.
const PARAMETERS: [(&str, &[&str], &[&str]); 8] = [
    ("numerical", &["computer_representation"], &["range_min", "range_max", "decimal_places", "range_is_nullable"]),
    ("datetime", &["datetime_format"], &["datetime_format", "range_min", "range_max", "range_is_nullable"]),
    ("categorical", &["order", "order_by"], &["range_values", "high_cardinality", "range_is_nullable"]),
    ("ordinal", &["range_values"], &["range_values", "high_cardinality", "range_is_nullable"]),
    ("boolean", &[], &["range_is_nullable"]),
    ("id", &["regex_format"], &["regex_format", "range_is_nullable"]),
    ("unknown", &["pii"], &["pii", "range_is_nullable"]),
    ("", &["pii"], &["pii", "range_is_nullable"]),
];

/// Parameters that V2 has no place for; written under `x_healthdata`.
pub(super) const OURS: [&str; 5] = ["computer_representation", "order_by", "locale", OTHER_FORMATS, FORM];

/// Coarser formats of a time beside its `datetime_format`, a list.
pub(super) const OTHER_FORMATS: &str = "other_formats";

/// How numbers inside text are to be read.
pub(super) const FORM: &str = "form";

/// Reads one column object; problems come without their place.
pub(super) fn read(object: &Map<String, Value>, version: Version, problems: &mut Vec<String>) -> ColumnMeta {
    let unknown = || ColumnMeta::new(Sdtype::Unknown);
    let name = match object.get("sdtype") {
        Some(Value::String(s)) => s.as_str(),
        Some(_) => {
            problems.push("sdtype must be a text".into());
            return unknown();
        }
        None => {
            problems.push("sdtype is missing".into());
            return unknown();
        }
    };
    let named = || PARAMETERS.iter().map(|p| p.0).filter(|n| !n.is_empty());
    let known = PARAMETERS.iter().find(|p| p.0 == name);
    if known.is_none() && !is_faker_name(name) {
        let hint = near(name, named()).map_or_else(String::new, |n| format!(", did you mean \"{n}\"?"));
        let shown = if name.len() <= 40 && !name.contains(char::is_control) { name } else { "..." };
        problems.push(format!("sdtype \"{shown}\" is unknown{hint}"));
        return unknown();
    }
    let (_, v1, v2) = known.unwrap_or(&PARAMETERS[PARAMETERS.len() - 1]);
    let allowed = if version == Version::V1 { v1 } else { v2 };
    let mut column = ColumnMeta::new(Sdtype::Unknown);
    let (mut regex, mut format, mut pii) = (None, None, None);
    let mut text = |key: &str, value: &Value| {
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            problems.push(format!("{key} must be a text"));
        }
        text
    };
    let mut other = Vec::new();
    for (key, value) in object.iter().filter(|(k, _)| *k != "sdtype") {
        match key.as_str() {
            k if !allowed.contains(&k) => other.push(k),
            "regex_format" => regex = text(key, value),
            "datetime_format" => format = text(key, value),
            "pii" => pii = Some(value),
            _ => {
                column.parameters.insert(key.clone(), value.clone());
            }
        }
    }
    for key in other {
        let list = if allowed.is_empty() { "none".into() } else { allowed.join(", ") };
        problems.push(format!("unknown parameter \"{key}\" of sdtype {name}; known: {list}"));
    }
    let pii = match pii {
        None => None,
        Some(Value::Bool(b)) => Some(*b),
        Some(_) => {
            problems.push("pii must be true or false".into());
            None
        }
    };
    column.sdtype = match name {
        "numerical" => Sdtype::Numerical,
        "datetime" => Sdtype::Datetime { format },
        // V1 says an order where V2 has a type for it.
        "categorical" if column.parameters.contains_key("order") || column.parameters.contains_key("order_by") => {
            if let Some(order) = column.parameters.shift_remove("order") {
                column.parameters.insert("range_values".into(), order);
            }
            Sdtype::Ordinal
        }
        "categorical" => Sdtype::Categorical,
        "ordinal" => Sdtype::Ordinal,
        "boolean" => Sdtype::Boolean,
        "id" => Sdtype::Id { regex },
        "unknown" => {
            if let Some(pii) = pii {
                column.parameters.insert("pii".into(), pii.into());
            }
            Sdtype::Unknown
        }
        _ => Sdtype::Pii { kind: name.to_owned(), pii: pii.unwrap_or(true) },
    };
    check_parameters(&column, problems);
    column
}

/// A name that a Faker function could have and that is no slip of the pen for another sdtype.
fn is_faker_name(name: &str) -> bool {
    let shape = name.len() <= 60
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // `date_time` is a Faker function, one letter away from `datetime`; `id` is too short to tell a slip.
    let slip = PARAMETERS.iter().any(|p| p.0.len() > 2 && close(name, p.0));
    shape && (name == "date_time" || !slip)
}

/// Types and meaning of the kept parameters.
fn check_parameters(column: &ColumnMeta, problems: &mut Vec<String>) {
    let get = |k: &str| column.parameters.get(k);
    let mut need = |key: &str, ok: bool, what: &str| {
        if !ok {
            problems.push(format!("{key} must be {what}"));
        }
    };
    for key in ["range_is_nullable", "high_cardinality"] {
        need(key, get(key).is_none_or(Value::is_boolean), "true or false");
    }
    need("decimal_places", get("decimal_places").is_none_or(Value::is_u64), "a whole number from 0");
    for key in ["range_min", "range_max"] {
        match &column.sdtype {
            Sdtype::Numerical => need(key, get(key).is_none_or(|v| v.is_number() || v.is_null()), "a number"),
            Sdtype::Datetime { format } => {
                let reads = |t: &str| format.as_deref().is_none_or(|f| crate::time::parse(t, f).is_ok());
                let ok = get(key).is_none_or(|v| v.is_null() || v.as_str().is_some_and(reads));
                need(key, ok, "a text in the column's datetime_format");
            }
            _ => {}
        }
    }
    if let (Some(min), Some(max)) = (get("range_min"), get("range_max")) {
        let ordered = match &column.sdtype {
            Sdtype::Datetime { format: Some(f) } => {
                let at = |v: &Value| v.as_str().and_then(|t| crate::time::parse(t, f).ok());
                at(min).zip(at(max)).is_none_or(|(a, b)| a <= b)
            }
            _ => min.as_f64().zip(max.as_f64()).is_none_or(|(a, b)| a <= b),
        };
        need("range_max", ordered, "at least range_min");
    }
    if let Some(values) = get("range_values") {
        let list = values
            .as_array()
            .is_some_and(|l| !l.is_empty() && l.iter().all(|v| !v.is_null() && !v.is_array() && !v.is_object()));
        need("range_values", list, "a list of values without null");
        let alone = get("high_cardinality").is_none_or(|v| v == &Value::Bool(false));
        need("high_cardinality", alone, "left out where range_values is given");
    }
    if let Some(by) = get("order_by") {
        let ok = matches!(by.as_str(), Some("alphabetical" | "numerical_value"));
        need("order_by", ok, "alphabetical or numerical_value");
        need("order_by", get("range_values").is_none(), "left out where order is given");
    }
}

/// The column as V2 writes it, without our own keys.
pub(super) fn write(column: &ColumnMeta) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.into(), value);
    };
    match &column.sdtype {
        Sdtype::Pii { kind, pii } => {
            put("sdtype", kind.as_str().into());
            put("pii", (*pii).into());
        }
        Sdtype::Id { regex } => {
            put("sdtype", "id".into());
            if let Some(r) = regex {
                put("regex_format", r.as_str().into());
            }
        }
        Sdtype::Datetime { format } => {
            put("sdtype", "datetime".into());
            if let Some(f) = format {
                put("datetime_format", f.as_str().into());
            }
        }
        other => put("sdtype", other.name().into()),
    }
    for (key, value) in column.parameters.iter().filter(|(k, _)| !OURS.contains(&k.as_str())) {
        put(key, value.clone());
    }
    object
}

impl Sdtype {
    /// Its name in SDV's words; for personal data the Faker function.
    pub fn name(&self) -> &str {
        match self {
            Sdtype::Id { .. } => "id",
            Sdtype::Numerical => "numerical",
            Sdtype::Categorical => "categorical",
            Sdtype::Ordinal => "ordinal",
            Sdtype::Boolean => "boolean",
            Sdtype::Datetime { .. } => "datetime",
            Sdtype::Unknown => "unknown",
            Sdtype::Pii { kind, .. } => kind,
        }
    }
}
