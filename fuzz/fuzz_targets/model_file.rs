//! A model file: as it is, and with its checksums put right. Refused, or inspected and sampled.
#![no_main]

use healthdata_io::model_file::{Container, Section};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // What somebody who can't compute a checksum would try.
    let _ = healthdata_fuzz::sample(bytes);
    // What somebody who can would: the layout, then pieces with their names.
    let Some((layout, pieces)) = bytes.split_first() else { return };
    let header = serde_json::json!({"kind": "relational", "layout": layout});
    let mut container = Container { header, ..Container::default() };
    let mut rest = pieces;
    while let Some((name, piece, behind)) = next(rest) {
        container.sections.insert(String::from_utf8_lossy(name).into_owned(), Section::U8(piece.to_vec()));
        rest = behind;
    }
    if let Ok(bytes) = container.to_bytes() {
        let _ = healthdata_fuzz::sample(&bytes);
    }
});

/// A name and a piece, each behind its length (one byte, four bytes), and what follows.
fn next(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first_chunk()?;
    let (piece, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((name, piece, rest))
}
