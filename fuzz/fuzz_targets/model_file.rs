//! A model file: as it is, and with its checksums put right. Refused, or inspected and sampled.
#![no_main]

use healthdata_io::model_file::{Container, Section};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // What somebody who can't compute a checksum would try.
    let _ = healthdata_fuzz::sample(bytes);
    // What somebody who can would: sections of JSON as a text, one a line, with their names.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let header = serde_json::json!({"kind": "relational", "layout": healthdata_io::model::LAYOUT});
    let mut container = Container { header, ..Container::default() };
    for (name, value) in text.lines().filter_map(|l| l.split_once('\t')) {
        container.sections.insert(name.into(), Section::U8(value.into()));
    }
    if let Ok(bytes) = container.to_bytes() {
        let _ = healthdata_fuzz::sample(&bytes);
    }
});
