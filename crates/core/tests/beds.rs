//! Where beds are scarce it is not the long stays that go without one.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::rng::Stream;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Dataset, Metadata};

const METADATA: &str = r#"{
 "METADATA_SPEC_VERSION": "V1",
 "tables": {
  "persons": {"primary_key": "person_id", "columns": {"person_id": {"sdtype": "id"}, "sex": {"sdtype": "categorical"}}},
  "wards": {"primary_key": "ward_id", "columns": {"ward_id": {"sdtype": "id"}, "kind": {"sdtype": "categorical"}}},
  "stays": {"primary_key": "stay_id", "columns": {"stay_id": {"sdtype": "id"}, "person_id": {"sdtype": "id"}, "ward_id": {"sdtype": "id"}, "admit": {"sdtype": "datetime"}, "discharge": {"sdtype": "datetime"}}}
 },
 "relationships": [
  {"parent_table_name": "persons", "parent_primary_key": "person_id", "child_table_name": "stays", "child_foreign_key": "person_id"},
  {"parent_table_name": "wards", "parent_primary_key": "ward_id", "child_table_name": "stays", "child_foreign_key": "ward_id"}
 ],
 "x_healthdata": {"rules": [
  {"kind": "capacity", "table": "stays", "link": "ward_id", "start": "admit", "end": "discharge", "by": "ward_id.kind", "max": {"open": 6}}
 ]}
}"#;

const HOUR: i64 = 3_600_000_000;
const LONG: i64 = 15 * 24 * HOUR;
const PERSONS: usize = 900;

/// Six beds of each of two wards that are hardly ever empty; of ten stays one is long.
fn data() -> Dataset {
    let mut rng = Stream::new(5, 0, 0);
    let mut free = [[0i64; 6]; 2];
    let (mut persons, mut sexes, mut wards) = (Vec::new(), Vec::new(), Vec::new());
    let (mut admits, mut discharges) = (Vec::new(), Vec::new());
    for p in 0..PERSONS {
        let (ward, sex) = (rng.below(2) as usize, rng.below(2));
        let bed = free[ward].iter_mut().min().expect("six beds");
        let hours = if rng.below(10) == 0 { 480 + rng.below(480) } else { 24 + rng.below(72) };
        let admit = *bed + (1 + rng.below(12) as i64) * HOUR;
        *bed = admit + hours as i64 * HOUR;
        persons.push(format!("P{p}"));
        sexes.push(if sex == 0 { "F" } else { "M" });
        wards.push(format!("W{ward}"));
        admits.push(admit);
        discharges.push(*bed);
    }
    let text = |v: Vec<String>| Arc::new(StringArray::from(v)) as ArrayRef;
    let label = |v: Vec<&'static str>| Arc::new(StringArray::from(v)) as ArrayRef;
    let time = |v: Vec<i64>| Arc::new(TimestampMicrosecondArray::from(v)) as ArrayRef;
    let mut data = Dataset::default();
    let mut add = |name: &str, columns: Vec<(&str, ArrayRef)>| {
        data.tables.insert(name.to_owned(), RecordBatch::try_from_iter(columns).expect("equal lengths"));
    };
    let stays = (0..PERSONS).map(|s| format!("S{s}")).collect();
    add("persons", vec![("person_id", text(persons.clone())), ("sex", label(sexes))]);
    add("wards", vec![("ward_id", text(vec!["W0".into(), "W1".into()])), ("kind", label(vec!["open", "open"]))]);
    let keys = [("stay_id", text(stays)), ("person_id", text(persons)), ("ward_id", text(wards))];
    add("stays", keys.into_iter().chain([("admit", time(admits)), ("discharge", time(discharges))]).collect());
    data
}

/// Number of long stays, and of all.
fn long(stays: &RecordBatch) -> [usize; 2] {
    let times = |c: &str| {
        let array = stays.column_by_name(c).expect("the column");
        array.as_primitive::<TimestampMicrosecondType>().values().to_vec()
    };
    let (a, b) = (times("admit"), times("discharge"));
    [a.iter().zip(&b).filter(|(a, b)| *b - *a > LONG).count(), a.len()]
}

#[test]
fn long_stays_find_a_bed_as_often_as_short_ones() {
    let real = data();
    let metadata = Metadata::from_json(METADATA).expect("valid metadata");
    let (model, _) = fit(&real, &metadata, FitOptions::default(), &|_, _| ()).expect("the tables can be learned");
    let sampler = Sampler::new(&model, SampleRequest::default()).expect("a scale of one");
    let at = sampler.tables().iter().position(|t| *t == "stays").expect("the table");
    let made = (0..sampler.blocks()).map(|b| long(&sampler.block(b).expect("a block").tables[at]));
    let [many, n] = made.reduce(|a, b| [a[0] + b[0], a[1] + b[1]]).expect("a block");
    let [all, rows] = long(&real.tables["stays"]);
    let (want, got) = (all as f64 / rows as f64, many as f64 / n as f64);
    // Three standard errors of a share.
    let bound = 3.0 * (want * (1.0 - want) / n as f64).sqrt();
    assert!(n > rows * 9 / 10 && (want - got).abs() < bound, "{got} of {n}, {want} in the training rows");
}
