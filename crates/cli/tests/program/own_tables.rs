//! One's own tables: detect, fit, sample, inspect, and the model file in between.

use std::fs;

use healthdata_core::fit::{BrokenRules, FitOptions, UseRules, fit, settle};
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_io::sink::{CsvOptions, encode_csv, encode_header};

use crate::common::{files, folder, hospital, run, sample};
use crate::data;

#[test]
fn a_model_from_its_file_is_the_model_in_memory() {
    let dir = folder();
    run(dir.path(), &sample("--out-dir @/out --quiet --seed 9")).fine();
    let metadata = healthdata_io::read_metadata(&hospital().data().join("metadata.json")).unwrap();
    let data = healthdata_io::read(&hospital().data(), Some(&metadata)).unwrap().data;
    let settled = settle(&data, &metadata, UseRules::All, BrokenRules::Stop).unwrap();
    let (model, _) = fit(&settled.data, &settled.metadata, FitOptions::default(), &|_, _| {}).unwrap();
    let (loaded, hash) = healthdata_io::model::read(&hospital().model()).unwrap();
    assert!(loaded == model);
    assert_eq!(hash, healthdata_io::model::hash(&model).unwrap());
    let sampler = Sampler::new(&model, SampleRequest { seed: 9, ..SampleRequest::default() }).unwrap();
    let mut tables: Vec<Vec<u8>> = Vec::new();
    for meta in metadata.tables.values() {
        let mut bytes = Vec::new();
        encode_header(meta, CsvOptions::default(), &mut bytes);
        tables.push(bytes);
    }
    for b in sampler.part_blocks() {
        for ((batch, meta), out) in
            sampler.block(b).unwrap().tables.iter().zip(metadata.tables.values()).zip(&mut tables)
        {
            encode_csv(batch, meta, CsvOptions::default(), out).unwrap();
        }
    }
    let written = files(&dir.path().join("out"));
    for ((name, meta), bytes) in metadata.tables.iter().zip(tables) {
        let path = format!("{}/{name}.csv", meta.domain.as_deref().unwrap());
        assert!(written[&path] == bytes, "{path}");
    }
}

#[test]
fn from_tables_to_new_tables_with_metadata_that_were_detected() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    let said = run(dir.path(), "detect @/shop --out @/metadata.json").fine();
    for part in ["customers", "primary key customer_id", "points to customers by customer_id", "why"] {
        assert!(said.out.contains(part), "{part} is missing in\n{}", said.out);
    }
    let bare = run(dir.path(), "detect @/shop --out @/bare.json --no-values --quiet").fine();
    assert_eq!((bare.out.as_str(), bare.err.as_str()), ("", ""));
    let with = fs::read_to_string(dir.path().join("metadata.json")).unwrap();
    let without = fs::read_to_string(dir.path().join("bare.json")).unwrap();
    assert!(with.contains("\"gold\"") && !without.contains("\"gold\"") && !without.contains("range_max"));

    let said = run(dir.path(), "fit @/shop --metadata @/bare.json --out @/shop.model --effort instant").fine();
    assert!(said.out.contains("healthdata sample") && said.out.contains("orders"), "{}", said.out);
    run(dir.path(), "sample @/shop.model --scale 2 --out-dir @/new").fine();
    run(dir.path(), "check @/new").fine();
    let new = files(&dir.path().join("new"));
    assert_eq!(String::from_utf8_lossy(&new["customers.csv"]).lines().count(), 401);

    // The whole way without a metadata file.
    fs::remove_file(dir.path().join("metadata.json")).unwrap();
    let said = run(dir.path(), "fit @/shop --out @/other.model").fine();
    assert!(said.err.contains("no metadata file: detected"), "{}", said.err);
    run(dir.path(), "sample @/other.model --out-dir @/other --quiet").fine();
}

#[test]
fn inspect_lists_what_was_taken_from_the_data() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    run(dir.path(), "fit @/shop --out @/shop.model --quiet").fine();
    let text = run(dir.path(), "inspect @/shop.model").fine().out;
    for part in ["orders: drawn, owned by customers", "gold", "given", "number of orders"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let json = |args: &str| -> serde_json::Value { serde_json::from_str(&run(dir.path(), args).fine().out).unwrap() };
    let (plain, full) = (json("inspect @/shop.model --json"), json("inspect @/shop.model --json --values"));
    let amount = |v: &serde_json::Value| {
        let orders = v["tables"].as_array().unwrap().iter().find(|t| t["table"] == "orders").unwrap().clone();
        orders["columns"].as_array().unwrap().iter().find(|c| c["column"] == "amount").unwrap().clone()
    };
    assert!(amount(&plain)["numbers"][0]["values"].is_null(), "{}", amount(&plain));
    let n = amount(&full)["numbers"][0].clone();
    assert_eq!(n["values"].as_array().unwrap().len() as u64, n["count"].as_u64().unwrap());
}

#[test]
fn scan_finds_what_few_hold_and_nothing_in_a_fitted_model() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    let path = dir.path().join("shop/customers.csv");
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("C900,onlyone,2019-01-01\n");
    fs::write(&path, text).unwrap();
    run(dir.path(), "detect @/shop --out @/detected.json --quiet").fine();
    run(dir.path(), "fit @/shop --metadata @/detected.json --out @/shop.model --quiet").fine();
    let said = run(dir.path(), "scan @/shop.model --against @/shop").fine().out;
    assert!(said.contains("Nothing that fewer than 5 entities hold"), "{said}");
    // A list of labels that somebody wrote down is carried in the model; scan names the one that few hold.
    let text = fs::read_to_string(dir.path().join("detected.json")).unwrap();
    assert!(!text.contains("onlyone") && !text.contains("2019"), "{text}");
    let mut meta: serde_json::Value = serde_json::from_str(&text).unwrap();
    meta["tables"]["customers"]["columns"]["level"]["range_values"] = serde_json::json!(["gold", "onlyone"]);
    fs::write(dir.path().join("listed.json"), meta.to_string()).unwrap();
    run(dir.path(), "fit @/shop --metadata @/listed.json --out @/listed.model --quiet").fine();
    let said = run(dir.path(), "scan @/listed.model --against @/shop");
    assert_eq!(said.code, Some(1), "{}", said.err);
    let words: Vec<String> = said.out.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(words.contains(&"customers level value in the metadata 1 onlyone".to_owned()), "{}", said.out);
    let err = run(dir.path(), "scan @/shop.model --against @/nowhere").failed();
    assert!(err.contains("nowhere"), "{err}");
}

#[test]
fn orphans_are_told_and_can_be_dropped() {
    let dir = folder();
    data::shop(&dir.path().join("shop"));
    run(dir.path(), "detect @/shop --out @/shop/metadata.json --quiet").fine();
    let path = dir.path().join("shop/orders.csv");
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("9001,C999,2024-05-01,12.5\n9002,C998,2024-05-02,13.5\n");
    fs::write(&path, text).unwrap();
    let err = run(dir.path(), "fit @/shop --out @/shop.model").failed();
    assert!(err.contains("orders") && err.contains("customer_id") && err.contains("--drop-orphans"), "{err}");
    assert!(!err.contains("C999") && !dir.path().join("shop.model").exists());
    let said = run(dir.path(), "fit @/shop --out @/shop.model --drop-orphans").fine();
    assert!(said.err.contains("orders: 2 orphans dropped"), "{}", said.err);
}

#[test]
fn the_reader_of_the_output_may_go_away() {
    use std::process::Stdio;
    let dir = folder();
    let mut child = crate::common::program()
        .args(["inspect", hospital().model().to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .current_dir(dir.path())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), done.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn inspect_prints_nothing_that_a_terminal_obeys() {
    let dir = folder();
    let mut text = "id,\"kind\u{202e}\"\n".to_owned();
    for i in 0..200 {
        text.push_str(&format!("{i},\"{}\"\n", ["\u{1b}]0;x\u{7}", "a\u{202e}b", "c\r\nd", "\u{9b}2J"][i % 4]));
    }
    fs::create_dir(dir.path().join("data")).unwrap();
    fs::write(dir.path().join("data/t.csv"), text).unwrap();
    run(dir.path(), "fit @/data --out @/m --quiet").fine();
    let said = run(dir.path(), "inspect @/m --values").fine();
    assert!(said.out.contains("]0;x"), "the labels are there: {}", said.out);
    assert!(!said.out.contains(|c: char| c != '\n' && c.is_control() || c == '\u{202e}'), "{:?}", said.out);
    assert!(!said.out.lines().any(|l| l == "d"), "{:?}", said.out);
}
