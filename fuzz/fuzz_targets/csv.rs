//! A CSV file, plain or packed as its first byte says: read as a data set, its metadata detected, checked.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, text)) = bytes.split_first() else { return };
    let name = match kind {
        0 => "t.csv.gz",
        1 => "t.csv.zst",
        _ => "t.csv",
    };
    healthdata_fuzz::look_at(&healthdata_fuzz::file(name, if *kind < 2 { text } else { bytes }));
});
