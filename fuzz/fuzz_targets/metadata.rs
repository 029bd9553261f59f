//! A metadata file: refused, or the same once more after it was written.
#![no_main]

use healthdata_core::Metadata;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(metadata) = healthdata_io::read_metadata(&healthdata_fuzz::file("metadata.json", bytes)) else { return };
    let text = metadata.to_json();
    let again = Metadata::from_json(&text);
    assert!(again.is_ok_and(|a| a.to_json() == text), "metadata come back as they were written");
});
