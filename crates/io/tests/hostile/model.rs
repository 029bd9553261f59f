//! Model files; random changes under right checksums are in `changed_model.rs`.

use healthdata_core::Result;
use healthdata_core::model::Model;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_io::model;
use healthdata_io::model_file::{Container, Section};
use serde_json::Value;

use super::{Corpus, bytes_at, capped, cuts, words_at};

/// The smallest models of the kept corpus: pieces of MessagePack, and of JSON.
const GOOD: &[u8] = include_bytes!("../models/layout-3.model");
const JSON: &[u8] = include_bytes!("../models/layout-2.model");
const HASH: usize = 32;

/// Makes the first block, unless the model says that it is large.
pub fn sample(model: &Model) -> Result<()> {
    let sampler = Sampler::new(model, SampleRequest::default())?;
    if sampler.expected_rows() < 10_000 {
        sampler.block(0)?;
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<()> {
    let model = model::from_bytes(bytes)?;
    healthdata_core::inspect::inspect(&model, true)?;
    sample(&model)
}

fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - HASH;
    let hash = blake3::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(hash.as_bytes());
    bytes
}

/// The numbers of a JSON tree, each changed in turn.
fn numbers(v: &Value, to: &Value) -> Vec<Value> {
    match v {
        Value::Number(_) => vec![to.clone()],
        Value::Array(list) => (0..list.len())
            .flat_map(|i| {
                numbers(&list[i], to).into_iter().map(move |new| {
                    let mut list = list.clone();
                    list[i] = new;
                    Value::Array(list)
                })
            })
            .collect(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(k, v)| {
                numbers(v, to).into_iter().map(move |new| {
                    let mut map = map.clone();
                    map.insert(k.clone(), new);
                    Value::Object(map)
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn hostile_models() {
    capped("model::hostile_models", |corpus| {
        corpus.count("whole", || read(GOOD)).unwrap();
        let table = 28 + u32::from_le_bytes([GOOD[20], GOOD[21], GOOD[22], GOOD[23]]) as usize;
        // The head, the header and the beginning of the table of sections, cut at every byte.
        for (what, bad) in cuts(&GOOD[..table + 500]) {
            assert!(corpus.count(&what, || read(&bad)).is_err(), "{what}");
        }
        let words = words_at(GOOD, 0..table, 4).chain(words_at(GOOD, 0..table, 8));
        for (what, bad) in bytes_at(GOOD, 0..table + 500).chain(words) {
            let bad = resealed(bad);
            if bad != GOOD {
                let done = corpus.count(&what, || read(&bad));
                // The header says what is inside, and nothing is drawn from it.
                assert!(done.is_err() || (28..table).any(|i| bad[i] != GOOD[i]), "{what}");
            }
        }
        // A section gone, and one there twice.
        let container = Container::from_bytes(GOOD).unwrap();
        for name in container.sections.keys() {
            let mut less = container.clone();
            less.sections.shift_remove(name);
            assert!(corpus.count("a section is gone", || read(&less.to_bytes().unwrap())).is_err(), "{name}");
            // Its name in the table, changed into the one before of the same length.
            let at = GOOD.windows(name.len()).position(|w| w == name.as_bytes()).unwrap();
            for other in container.sections.keys().filter(|n| n.len() == name.len() && *n != name) {
                let mut twice = GOOD.to_vec();
                twice[at..at + name.len()].copy_from_slice(other.as_bytes());
                assert!(corpus.count("a section twice", || read(&resealed(twice))).is_err(), "{name}, {other}");
            }
        }
        lying_lengths(corpus, &container);
        numbers_of_json(corpus);
    });
}

/// A length that lies, or a nesting without end, anywhere in a piece.
fn lying_lengths(corpus: &mut Corpus, good: &Container) {
    // The longest array, map, text and bytes that MessagePack can name, and a byte that means nothing.
    let heads: [&[u8]; 5] = [&[0xdd; 5], &[0xdf; 5], &[0xdb; 5], &[0xc6; 5], &[0xc1]];
    for (name, section) in &good.sections {
        let Section::U8(piece) = section else { panic!("{name}") };
        let mut with = |what: &str, bytes: Vec<u8>| {
            let mut container = good.clone();
            container.sections.insert(name.clone(), Section::U8(bytes));
            corpus.count(&format!("{what} in {name}"), || read(&container.to_bytes().unwrap()))
        };
        for nested in [&[0x91][..], &[0x81, 0xa1, b'a'], &[0xdd, 0, 0, 0, 1]] {
            assert!(with("no end of nesting", nested.repeat(100_000)).is_err(), "{name}");
        }
        assert!(with("a byte too many", [&piece[..], &[0xc0]].concat()).is_err(), "{name}");
        for at in (0..piece.len()).step_by(piece.len().div_ceil(40)) {
            assert!(with("a cut", piece[..at].to_vec()).is_err(), "{name} {at}");
            for head in heads {
                // It may hit the middle of a text or of packed words, where it means nothing.
                let _ = with("a length that lies", [&piece[..at], head, &piece[at..]].concat());
            }
        }
    }
}

/// Every number of every section at its ends.
fn numbers_of_json(corpus: &mut Corpus) {
    let container = Container::from_bytes(JSON).unwrap();
    for (name, section) in &container.sections {
        let Section::U8(text) = section else { panic!("{name}") };
        let value: Value = serde_json::from_slice(text).unwrap();
        for to in ["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "1e300", "null", "1e400", "NaN"] {
            // What serde_json can't hold is put in as text afterwards.
            let mark = Value::from("MARK");
            // Not all of them: there are thousands, and random ones are changed elsewhere.
            let all = numbers(&value, &mark);
            let step = all.len().div_ceil(40).max(1);
            for changed in all.into_iter().step_by(step) {
                let text = serde_json::to_string(&changed).unwrap().replace("\"MARK\"", to);
                let mut container = container.clone();
                container.sections.insert(name.clone(), Section::U8(text.into_bytes()));
                let bytes = container.to_bytes().unwrap();
                let done = corpus.count(&format!("a number of {name} is {to}"), || read(&bytes));
                assert!(done.is_err() || !["1e400", "NaN"].contains(&to), "{name}: {to} was accepted");
            }
        }
    }
}
