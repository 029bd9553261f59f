//! Rules in JSON, or one formula, about two tables: refused, or proved on their rows.
#![no_main]

use healthdata_core::Metadata;
use healthdata_core::check::check;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (data, frame) = healthdata_fuzz::clinic();
    let formula = serde_json::json!([{"kind": "formula", "table": "stays", "column": "a", "equals": text}]);
    for rules in [text.to_owned(), formula.to_string()] {
        let Ok(metadata) = Metadata::from_json(&frame.replace("RULES", &rules)) else { continue };
        let _ = check(data, &metadata);
    }
});
