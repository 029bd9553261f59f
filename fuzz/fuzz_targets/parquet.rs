//! A Parquet or Arrow file, as its first bytes say: read as a data set, its metadata detected, checked.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: healthdata_fuzz::let_decoders_panic(),
    |bytes: &[u8]| {
        let name = if bytes.starts_with(b"ARROW1") { "t.arrow" } else { "t.parquet" };
        healthdata_fuzz::look_at(&healthdata_fuzz::file(name, bytes));
    }
);
