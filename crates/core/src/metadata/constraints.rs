//! SDV's constraints in JSON, read where a rule of ours says the same.

use serde_json::{Map, Value};

use super::Metadata;
use crate::rule::RuleKind;

/// Keys that name the class of a constraint, and its parameters.
const CLASS: [&str; 3] = ["class_name", "constraint_class", "constraint_name"];
const PARAMETERS: [&str; 2] = ["parameters", "constraint_parameters"];

/// True for an object in SDV's form.
pub(super) fn is_one(object: &Map<String, Value>) -> bool {
    CLASS.iter().any(|k| object.contains_key(*k))
}

/// The rules that say the same, or why there are none.
pub(super) fn read(object: &Map<String, Value>, meta: &Metadata) -> Result<Vec<RuleKind>, String> {
    let class = CLASS.iter().find_map(|k| object.get(*k)).and_then(Value::as_str).ok_or("the class must be a text")?;
    let parameters = PARAMETERS.iter().find_map(|k| object.get(*k)).unwrap_or(&Value::Null);
    // SDV writes a class with its module, as in sdv.constraints.tabular.Inequality.
    let class = class.rsplit('.').next().unwrap_or(class);
    let at = |key: &str| parameters.get(key).or_else(|| object.get(key)).filter(|v| !v.is_null());
    let named = at("table_name").and_then(Value::as_str).map(str::to_owned);
    let only = || meta.tables.keys().next().filter(|_| meta.tables.len() == 1).cloned();
    let table = named.or_else(only).ok_or_else(|| format!("constraint {class}: table_name is missing"))?;
    let missing = |key: &str| format!("constraint {class}: {key} is missing");
    let text = |key: &str| at(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| missing(key));
    let value = |key: &str| match at(key) {
        Some(Value::String(s)) => Ok(s.clone()),
        Some(Value::Number(n)) => Ok(n.to_string()),
        _ => Err(missing(key)),
    };
    let texts = |key: &str| match at(key) {
        Some(Value::Array(list)) => Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        _ => Err(missing(key)),
    };
    let strict = |default: bool| at("strict_boundaries").and_then(Value::as_bool).unwrap_or(default);
    let open =
        || format!("constraint {class}: a bound that is excluded has no rule here; write a range with the next value");
    let range = |column: String, min: Option<String>, max: Option<String>| {
        vec![RuleKind::Range { table: table.clone(), column, min, max }]
    };
    let order = |low: String, high: String, strict: bool| RuleKind::Order { table: table.clone(), low, high, strict };
    Ok(match class {
        "Inequality" => vec![order(text("low_column_name")?, text("high_column_name")?, strict(false))],
        "Range" => {
            let middle = text("middle_column_name")?;
            let strict = strict(true);
            vec![
                order(text("low_column_name")?, middle.clone(), strict),
                order(middle, text("high_column_name")?, strict),
            ]
        }
        "ScalarInequality" => {
            let (column, value) = (text("column_name")?, value("value")?);
            match text("relation")?.as_str() {
                ">=" => range(column, Some(value), None),
                "<=" => range(column, None, Some(value)),
                _ => return Err(open()),
            }
        }
        "ScalarRange" if !strict(true) => {
            range(text("column_name")?, Some(value("low_value")?), Some(value("high_value")?))
        }
        "Positive" if !strict(false) => range(text("column_name")?, Some("0".into()), None),
        "Negative" if !strict(false) => range(text("column_name")?, None, Some("0".into())),
        "ScalarRange" | "Positive" | "Negative" => return Err(open()),
        "FixedCombinations" => {
            vec![RuleKind::FixedCombinations {
                table: table.clone(),
                columns: texts("column_names")?,
                allowed: Vec::new(),
            }]
        }
        "Unique" => vec![RuleKind::Unique { table: table.clone(), columns: texts("column_names")? }],
        _ => {
            let known =
                "Inequality, Range, ScalarInequality, ScalarRange, Positive, Negative, FixedCombinations, Unique";
            return Err(format!("constraint {class} has no rule here; read are {known}"));
        }
    })
}
