//! Laws of the model file: there and back, and no damage or hostile number goes unseen.

use serde_json::json;

use super::*;

fn example() -> Container {
    let mut c = Container { header: json!({"b": [1, 2.5, null], "a": {"z": "ü", "y": true}}), ..Container::default() };
    c.sections.insert("json".into(), Section::Json(json!({"ward": ["A", "B"]})));
    c.sections.insert("bytes".into(), Section::U8(vec![0, 255]));
    c.sections.insert("codes".into(), Section::U16(vec![0, u16::MAX]));
    c.sections.insert("counts".into(), Section::U32(vec![7, u32::MAX]));
    c.sections.insert("ticks".into(), Section::I64(vec![i64::MIN, -1, i64::MAX]));
    c.sections.insert("numbers".into(), Section::F64(vec![0.1, -0.0, f64::INFINITY, f64::MIN_POSITIVE]));
    c.sections.insert("none".into(), Section::F64(vec![]));
    c
}

/// Puts a right checksum at the end, as somebody who wants to be believed would.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - HASH;
    let hash = blake3::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(hash.as_bytes());
    bytes
}

fn error(bytes: &[u8]) -> String {
    let e = Container::from_bytes(bytes).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Model);
    e.to_string()
}

#[test]
fn every_kind_goes_there_and_back() {
    let c = example();
    let bytes = c.to_bytes().unwrap();
    let back = Container::from_bytes(&bytes).unwrap();
    assert_eq!(back, c);
    assert_eq!(back.to_bytes().unwrap(), bytes);
    let (Section::F64(a), Section::F64(b)) = (&c.sections["numbers"], &back.sections["numbers"]) else { panic!() };
    assert!(a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()));
    assert_eq!(back.u32("counts").unwrap(), [7, u32::MAX]);
    assert!(back.u16("counts").is_err() && back.u8("nothing").is_err());
}

#[test]
fn floats_in_json_keep_every_bit() {
    // Among these are numbers that a quick parser reads one bit wrong.
    for i in 0..20_000u64 {
        let x = f64::from_bits(healthdata_core::rng::mix(i));
        if x.is_finite() {
            let c = Container { header: json!(x), ..Container::default() };
            assert_eq!(Container::from_bytes(&c.to_bytes().unwrap()).unwrap().header.as_f64(), Some(x));
        }
    }
}

#[test]
fn the_order_of_keys_does_not_matter() {
    let one = Container { header: json!({"a": 1, "b": {"c": 2, "d": 3}}), ..Container::default() };
    let other = Container { header: json!({"b": {"d": 3, "c": 2}, "a": 1}), ..Container::default() };
    assert_eq!(one.to_bytes(), other.to_bytes());
}

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    let bytes = example().to_bytes().unwrap();
    for n in 0..bytes.len() {
        error(&bytes[..n]);
    }
    assert!(error(&bytes[..bytes.len() - 1]).contains("cut off"));
    assert!(error(&[&bytes[..], &[0]].concat()).contains("length"));
}

#[test]
fn every_flipped_bit_is_seen() {
    let bytes = example().to_bytes().unwrap();
    for i in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[i / 8] ^= 1 << (i % 8);
        error(&flipped);
    }
}

#[test]
fn no_byte_under_a_right_checksum_makes_it_panic() {
    let c = example();
    let bytes = c.to_bytes().unwrap();
    for i in 0..bytes.len() - HASH {
        for b in [0, 1, b'"', 0x7F, 0xFF] {
            let mut changed = bytes.clone();
            changed[i] = b;
            // A clear error, or a container that says something else than before.
            if let Ok(back) = Container::from_bytes(&resealed(changed)) {
                assert!(back != c || bytes[i] == b, "byte {i}");
            }
        }
    }
}

/// Places and widths of all integers before the values.
fn integers(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut places = vec![(8, 4), (12, 8), (20, 4), (24, 4)];
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let mut at = HEAD + word(20);
    for _ in 0..word(24) {
        places.push((at, 2));
        at += 2 + usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        places.extend([(at, 1), (at + 1, 8)]);
        at += 1 + 8 + HASH;
    }
    places
}

#[test]
fn hostile_integers_are_errors_and_reserve_nothing() {
    let c = example();
    let bytes = c.to_bytes().unwrap();
    let places = integers(&bytes);
    assert_eq!(places.len(), 4 + 3 * c.sections.len());
    for (at, width) in places {
        let original = bytes[at..at + width].to_vec();
        for value in [0u64, 1, u64::from(u32::MAX), 1 << 63, u64::MAX - 7, u64::MAX] {
            let mut changed = bytes.clone();
            changed[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
            if changed[at..at + width] != original {
                let result = Container::from_bytes(&resealed(changed));
                // The kind of an empty section may change: nothing is nothing in any kind but JSON.
                assert!(result.is_err() || (width == 1 && value <= 1), "{value} at {at}");
            }
        }
    }
}

#[test]
fn newer_foreign_and_tampered_files_are_told_apart() {
    let bytes = example().to_bytes().unwrap();
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert!(error(&resealed(newer)).contains("newer than 1"));
    assert!(error(b"PAR1 not a model").contains("not a model file"));
    assert!(error(b"").contains("not a model file"));
    // A value changed and the file sealed again: the section's own checksum still tells.
    let mut value = bytes.clone();
    let at = bytes.len() - HASH - 1;
    value[at] ^= 1;
    assert!(error(&resealed(value)).contains("checksum of section numbers"));
}

#[test]
fn duplicate_keys_and_other_spellings_of_json_are_refused() {
    for header in [r#"{"a":1,"a":2}"#, r#"{"b":1,"a":2}"#, r#"{ "a":1}"#, r#"{"a":1e400}"#, "[", ""] {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&1u32.to_le_bytes());
        bytes.extend_from_slice(&((HEAD + header.len() + HASH) as u64).to_le_bytes());
        bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&0u32.to_le_bytes());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&[0; HASH]);
        assert!(error(&resealed(bytes)).contains("the header is not"), "{header}");
    }
    let deep = "[".repeat(100_000);
    assert!(json("the header", deep.as_bytes()).is_err());
}

#[test]
fn files_are_written_whole_and_read_back_with_their_hash() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hospital.model");
    let hash = write(&path, &example()).unwrap();
    assert_eq!(read_hashed(&path).unwrap(), (example(), hash.clone()));
    assert_eq!((read(&path).unwrap(), hash.len()), (example(), 64));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    let e = read(&dir.path().join("none")).unwrap_err();
    assert_eq!((e.kind(), e.problems().len()), (ErrorKind::Io, 1));
}
