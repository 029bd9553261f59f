//! A column that numbers an owner's rows of one time, as labels and in files of any order, is counted and not drawn.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::rng::Stream;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Dataset, Metadata};

const METADATA: &str = r#"{
 "METADATA_SPEC_VERSION": "V1",
 "tables": {
  "players": {"primary_key": "player_id", "columns": {"player_id": {"sdtype": "id"}, "hand": {"sdtype": "categorical"}}},
  "seasons": {"columns": {"player_id": {"sdtype": "id"}, "year": {"sdtype": "numerical"}, "stint": {"sdtype": "categorical"}, "games": {"sdtype": "numerical"}}}
 },
 "relationships": [
  {"parent_table_name": "players", "parent_primary_key": "player_id", "child_table_name": "seasons", "child_foreign_key": "player_id"}
 ],
 "x_order": {"seasons": "year"}
}"#;

/// Five years each; one in four with a second stint, one in sixteen with a third. Rows come in no order.
fn data() -> Dataset {
    let mut rng = Stream::new(8, 0, 0);
    let mut seasons: Vec<(u64, String, i64, u64, i64)> = Vec::new();
    for p in 0..800 {
        for year in 2001..2006 {
            let stints = 1 + u64::from(rng.below(4) == 0) * (1 + u64::from(rng.below(4) == 0));
            for stint in 1..=stints {
                seasons.push((rng.next_u64(), format!("P{p}"), year, stint, rng.below(160) as i64 / stints as i64));
            }
        }
    }
    seasons.sort();
    let text = |v: Vec<String>| Arc::new(StringArray::from(v)) as ArrayRef;
    let number = |v: Vec<i64>| Arc::new(Int64Array::from(v)) as ArrayRef;
    let mut data = Dataset::default();
    let hands = (0..800).map(|p| ["L", "R", "R"][p % 3].to_owned()).collect();
    let players = vec![("player_id", text((0..800).map(|p| format!("P{p}")).collect())), ("hand", text(hands))];
    let rows = vec![
        ("player_id", text(seasons.iter().map(|s| s.1.clone()).collect())),
        ("year", number(seasons.iter().map(|s| s.2).collect())),
        ("stint", text(seasons.iter().map(|s| s.3.to_string()).collect())),
        ("games", number(seasons.iter().map(|s| s.4).collect())),
    ];
    for (name, columns) in [("players", players), ("seasons", rows)] {
        data.tables.insert(name.to_owned(), RecordBatch::try_from_iter(columns).expect("equal lengths"));
    }
    data
}

fn column<A: Array + Clone + 'static>(batch: &RecordBatch, name: &str) -> A {
    batch.column_by_name(name).expect("the column").as_any().downcast_ref::<A>().expect("its type").clone()
}

#[test]
fn stints_are_one_two_three_within_each_year() {
    let metadata = Metadata::from_json(METADATA).expect("it is sound");
    let (model, _) = fit(&data(), &metadata, FitOptions::default(), &|_, _| {}).expect("it fits");
    let sampler = Sampler::new(&model, SampleRequest { seed: 3, ..SampleRequest::default() }).expect("it samples");
    let rows = &sampler.block(0).expect("a block").tables[1];
    let players: StringArray = column(rows, "player_id");
    let [years, numbers] = ["year", "stint"].map(|c| column::<Int64Array>(rows, c));
    let mut stints: HashMap<(&str, i64), Vec<i64>> = HashMap::new();
    for i in 0..rows.num_rows() {
        stints.entry((players.value(i), years.value(i))).or_default().push(numbers.value(i));
    }
    let mut counts = [0.0; 3];
    for of in stints.values() {
        assert_eq!(*of, (1..=of.len() as i64).collect::<Vec<_>>());
        counts[of.len() - 1] += 1.0 / stints.len() as f64;
    }
    // Of 4,000 years with 5 to 8 rows left to place in five: six standard errors.
    for (share, real) in counts.into_iter().zip([0.75, 0.1875, 0.0625]) {
        assert!((share - real).abs() < 6.0 * (real * (1.0 - real) / 4000.0f64).sqrt(), "{counts:?}");
    }
}
