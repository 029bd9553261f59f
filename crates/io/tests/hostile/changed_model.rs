//! Model files whose pieces were changed at random, checksums made right again: an error or a run, never a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use healthdata_core::boost::{Bins, BoostParams, fit_binary};
use healthdata_core::conditional::Binner;
use healthdata_core::critic::{Critic, Facet, Measure, What};
use healthdata_core::detect::{DetectOptions, detect};
use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::inspect::inspect;
use healthdata_core::rng::{Stream, name};
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_io::model;
use healthdata_io::model_file::{Container, Section};
use rmpv::Value;

/// A critic of the stays that looks at all kinds of things.
fn critic() -> Critic {
    let [value, since] = [What::Value(0), What::Since(0, 0)];
    let facets =
        [Facet::Single(value), Facet::Count, Facet::Rows(since, Measure::Spread), Facet::Kinds(0), Facet::Share(0, 1)];
    let columns: Vec<Vec<u8>> = (0..5u32).map(|f| (0..400).map(|r| (r >> f & 1) as u8).collect()).collect();
    let x = Bins { columns: &columns, ordered: &[true; 5], bins: &[2; 5] };
    let rows: Vec<u32> = (0..400).collect();
    let target: Vec<bool> = rows.iter().map(|r| (r ^ r >> 2) % 3 == 0).collect();
    let mut trees = fit_binary(&x, &rows, &target, &rows, &BoostParams::default(), 1);
    // A model file does not keep it.
    trees.gain.clear();
    Critic { facets: facets.into(), binners: vec![Binner::Ordered(vec![1.5]); 5], trees }
}

/// Patients with stays in wards and readings of devices: owners, links, times, composite keys, personal data.
fn good() -> Vec<u8> {
    let mut r = Stream::new(5, name(&["hostile"]), 0);
    let mut patients = "patient_id,name,sex,phone\n".to_owned();
    let mut wards = "ward_id,kind,head_patient_id\n".to_owned();
    let mut stays = "patient_id,stay_no,ward_id,admit_time,cost\n".to_owned();
    for w in 0..8 {
        wards.push_str(&format!("W{w},{},P{:03}\n", ["a", "b"][w % 2], r.below(150)));
    }
    for p in 0..150 {
        let phone = if r.below(3) == 0 { String::new() } else { format!("+39 06 {:07}", r.below(10_000_000)) };
        patients.push_str(&format!("P{p:03},Person {p},{},{phone}\n", ["F", "M"][r.below(2) as usize]));
        for k in 1..=r.below(6) {
            let (ward, day, cost) = (r.below(8), 1 + r.below(28), r.below(1000));
            stays.push_str(&format!("P{p:03},{k},W{ward},2024-0{k}-{day:02} 1{ward}:00:00,{cost}.5\n"));
        }
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("patients", patients), ("wards", wards), ("stays", stays)] {
        std::fs::write(dir.path().join(format!("{name}.csv")), text).unwrap();
    }
    let data = healthdata_io::read(dir.path(), None).unwrap().data;
    let metadata = detect(&data, &DetectOptions::default()).unwrap().metadata;
    assert_eq!(metadata.relationships.len(), 3);
    let (mut fitted, _) = fit(&data, &metadata, FitOptions::default(), &|_, _| {}).unwrap();
    let stays = fitted.plan.table("stays").unwrap();
    fitted.tables[stays].critics.push(critic());
    model::to_bytes(&fitted).unwrap()
}

/// Every number, text and list of a piece, counted or changed.
fn walk(v: &mut Value, at: &mut i64, change: &mut dyn FnMut(&mut Value)) {
    if *at == 0 {
        change(v);
        *at -= 1;
        return;
    }
    *at -= 1;
    match v {
        Value::Array(list) => list.iter_mut().for_each(|v| walk(v, at, change)),
        Value::Map(map) => map.iter_mut().for_each(|(_, v)| walk(v, at, change)),
        _ => {}
    }
}

fn change(v: &mut Value, r: &mut Stream) {
    const NUMBERS: [i64; 12] = [0, 1, -1, 2, 63, 64, 255, 65_535, 4_294_967_295, i64::MAX, i64::MIN + 1, 1_000_000_007];
    const FLOATS: [f64; 6] = [-1.5e300, 1e300, 0.0, f64::NAN, f64::INFINITY, -0.5];
    match v {
        Value::F32(_) | Value::F64(_) => *v = FLOATS[r.below(6) as usize].into(),
        Value::Integer(_) => *v = NUMBERS[r.below(12) as usize].into(),
        Value::String(s) => {
            let s = s.as_str().unwrap_or_default();
            *v = ["", "x", "\u{0}", &s.repeat(2)][r.below(4) as usize].into();
        }
        Value::Boolean(b) => *b = !*b,
        // Packed words of 1, 2, 4 or 8 bytes: which, the bytes don't say.
        Value::Binary(bytes) => match r.below(4) {
            0 => bytes.clear(),
            1 => bytes.truncate(bytes.len().saturating_sub(1 << r.below(4))),
            2 => bytes.extend_from_within(bytes.len().saturating_sub(1 << r.below(4))..),
            _ => {
                let width = 1 << r.below(4);
                let words = bytes.len() / width;
                if words > 0 {
                    let at = width * r.below(words as u64) as usize;
                    let to = NUMBERS[r.below(12) as usize].to_le_bytes();
                    bytes[at..at + width].copy_from_slice(&to[..width]);
                }
            }
        },
        Value::Array(list) => match r.below(4) {
            0 => list.clear(),
            1 => {
                list.pop();
            }
            2 => list.extend(list.last().cloned()),
            _ => list.reverse(),
        },
        Value::Map(map) if !map.is_empty() => {
            map.remove(0);
        }
        _ => *v = 7.into(),
    }
}

/// Tries one changed model; None when it was refused.
fn try_it(bytes: &[u8]) -> Option<u64> {
    let model = model::from_bytes(bytes).ok()?;
    inspect(&model, true).ok()?;
    let sampler = Sampler::new(&model, SampleRequest::default()).ok()?;
    // A model may truly ask for more rows than a test has time for.
    if sampler.expected_rows() > 20_000 || sampler.blocks() > 10 {
        return Some(0);
    }
    let rows = sampler.block(0).ok()?;
    Some(rows.tables.iter().map(|b| b.num_rows() as u64).sum())
}

#[test]
fn changed_models_are_refused_or_run() {
    let good = good();
    assert!(try_it(&good).unwrap() > 300);
    let container = Container::from_bytes(&good).unwrap();
    let names: Vec<String> = container.sections.keys().cloned().collect();
    let mut r = Stream::new(9, name(&["changes"]), 0);
    let (mut refused, mut ran) = (0, 0);
    let rounds = std::env::var("HOSTILE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    std::panic::set_hook(Box::new(|_| {}));
    let mut bad = Vec::new();
    for round in 0..rounds {
        let section = &names[r.below(names.len() as u64) as usize];
        let Section::U8(piece) = &container.sections[section] else { continue };
        let mut value = rmpv::decode::read_value(&mut piece.as_slice()).unwrap();
        let mut size = i64::MAX;
        walk(&mut value, &mut size, &mut |_| {});
        let nodes = i64::MAX - size;
        for _ in 0..1 + r.below(2) {
            let mut at = r.below(nodes as u64) as i64;
            walk(&mut value, &mut at, &mut |v| change(v, &mut r));
        }
        let mut changed = container.clone();
        let mut piece = Vec::new();
        rmpv::encode::write_value(&mut piece, &value).unwrap();
        changed.sections.insert(section.clone(), Section::U8(piece));
        let bytes = changed.to_bytes().unwrap();
        let start = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| try_it(&bytes))) {
            Ok(None) => refused += 1,
            Ok(Some(_)) => ran += 1,
            Err(_) => bad.push(format!("round {round}, section {section}")),
        }
        assert!(start.elapsed() < Duration::from_secs(10), "round {round}, section {section}: a hang");
    }
    let _ = std::panic::take_hook();
    assert!(bad.is_empty(), "{} panics: {bad:?}", bad.len());
    assert!(refused > rounds / 5 && ran > rounds / 10, "{refused} refused, {ran} ran");
}
