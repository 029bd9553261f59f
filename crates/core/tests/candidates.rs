//! Rows of one owner that are chosen among candidates.

use arrow_array::RecordBatch;
use healthdata_core::Dataset;
use healthdata_core::boost::{Bins, BoostParams, Ensemble, fit_binary};
use healthdata_core::conditional::Binner;
use healthdata_core::critic::{Critic, Facet, What};
use healthdata_core::example::{Table, data, metadata};
use healthdata_core::fit::{Effort, FitOptions, fit};
use healthdata_core::model::Model;
use healthdata_core::rng::Stream;
use healthdata_core::sample::{SampleRequest, Sampler};

mod again;
use again::{numbers, texts};

fn model(tables: &[Table], effort: Effort) -> Model {
    let (real, metadata) = (data(tables).expect("tables as text"), metadata(tables, &[]).expect("sound metadata"));
    let options = FitOptions { effort, ..FitOptions::default() };
    fit(&real, &metadata, options, &|_, _| ()).expect("the tables can be learned").0
}

fn drawn(model: &Model) -> Dataset {
    model.check().expect("a model that can be read again");
    let sampler = Sampler::new(model, SampleRequest { seed: 3, ..SampleRequest::default() }).expect("a scale of one");
    let blocks: Vec<Vec<RecordBatch>> =
        (0..sampler.blocks()).map(|b| sampler.block(b).expect("a block").tables).collect();
    let rows = |t: usize| arrow_select::concat::concat_batches(blocks[0][t].schema_ref(), blocks.iter().map(|b| &b[t]));
    let names = sampler.tables().into_iter().map(String::from).enumerate();
    Dataset { tables: names.map(|(t, name)| (name, rows(t).expect("equal columns"))).collect() }
}

/// Trees that learned that bin 1 is more often real and bin 2 less, each three times to one; and their two logits.
fn three_to_one() -> (Ensemble, [f64; 2]) {
    let columns = vec![(0..8000u32).map(|i| 1 + (i % 2) as u8).collect::<Vec<u8>>()];
    let x = Bins { columns: &columns, ordered: &[true], bins: &[3] };
    let rows: Vec<u32> = (0..8000).collect();
    let target: Vec<bool> = rows.iter().map(|i| (i / 2) % 4 < if i % 2 == 0 { 3 } else { 1 }).collect();
    let trees = fit_binary(&x, &rows, &target, &rows, &BoostParams::default(), 1);
    let logits = [1, 2].map(|bin| trees.logit(|_| bin));
    assert!((1.5..2.3).contains(&(logits[0] - logits[1])), "{logits:?}");
    (trees, logits)
}

/// The chance of the first kind among four candidates of which each is of it by chance `p`.
fn among_four(p: f64, [one, other]: [f64; 2]) -> f64 {
    let (one, other) = (one.exp(), other.exp());
    let ways = [1.0, 4.0, 6.0, 4.0, 1.0];
    let of = |k: usize| ways[k] * p.powi(k as i32) * (1.0 - p).powi(4 - k as i32);
    (0..5).map(|k| of(k) * k as f64 * one / (k as f64 * one + (4 - k) as f64 * other)).sum()
}

/// That a share of so many is as expected: four standard errors, also of the share without a critic.
fn assert_share(found: f64, expected: f64, n: usize) {
    assert!((found - expected).abs() < 8.0 * (0.25 / n as f64).sqrt(), "{found} {expected}");
}

#[test]
fn candidates_are_chosen_by_their_likelihood() {
    let mut rng = Stream::new(41, 0, 0);
    let (mut patients, mut visits) = (String::new(), String::new());
    for p in 0..3000 {
        patients += &format!("{p}, {}\n", if rng.unit() < 0.5 { "f" } else { "m" });
        (0..1 + rng.below(2)).for_each(|v| visits += &format!("{p}, {v}\n"));
    }
    let tables = [Table("patients(*patient, sex)", &patients), Table("visits(patient>patients, kind)", &visits)];
    let mut model = model(&tables, Effort::Instant);
    let singles = |made: &Dataset| {
        let of = numbers(made, "visits", "patient");
        let mut counts = std::collections::HashMap::new();
        of.iter().for_each(|p| *counts.entry(*p).or_insert(0) += 1);
        counts.values().filter(|n| **n == 1).count() as f64 / counts.len() as f64
    };
    let women = |made: &Dataset| {
        let sex = texts(made, "patients", "sex");
        sex.iter().filter(|s| *s == "f").count() as f64 / sex.len() as f64
    };
    let before = drawn(&model);
    let (trees, logits) = three_to_one();
    // One visit against two, and women, the first label, against men.
    let count = Critic { facets: vec![Facet::Count], binners: vec![Binner::Ordered(vec![1.5])], trees: trees.clone() };
    let sex = Critic { facets: vec![Facet::Single(What::Value(0))], binners: vec![Binner::labels(2)], trees };
    model.tables[1].critics.push(count);
    let after = drawn(&model);
    assert_share(singles(&after), among_four(singles(&before), logits), 3000);
    assert_eq!(women(&after), women(&before));
    model.tables[0].critics.push(sex);
    assert_share(women(&drawn(&model)), among_four(women(&before), logits), 3000);
}

#[test]
fn what_the_rows_of_an_owner_come_to_is_nearer() {
    let mut rng = Stream::new(42, 0, 0);
    let (mut devices, mut readings) = (String::new(), String::new());
    for d in 0..1500 {
        devices += &format!("{d}, {}\n", ["a", "b", "c"][rng.below(3) as usize]);
        // The readings of a device are on average 500, whatever each of them is.
        let values = [0.0; 6].map(|_| 40.0 * rng.normal());
        let mean = values.iter().sum::<f64>() / 6.0;
        values.iter().enumerate().for_each(|(r, v)| readings += &format!("{d}, {r}, {:.0}\n", 500.0 + v - mean));
    }
    let tables = [
        Table("devices(*device, kind)", &devices),
        Table("readings(device>devices, place:number, value:number)", &readings),
    ];
    let mut model = model(&tables, Effort::Balanced);
    // How far the mean of a device is from 500.
    let off = |data: &Dataset| {
        let (of, value) = (numbers(data, "readings", "device"), numbers(data, "readings", "value"));
        let mut sums = std::collections::HashMap::new();
        for (d, v) in of.into_iter().zip(value) {
            let (n, sum) = sums.entry(d).or_insert((0.0, 0.0));
            (*n, *sum) = (*n + 1.0, *sum + v as f64 - 500.0);
        }
        sums.values().map(|(n, sum)| (sum / n).abs()).sum::<f64>() / sums.len() as f64
    };
    let with = off(&drawn(&model));
    model.tables.iter_mut().for_each(|t| t.critics.clear());
    let without = off(&drawn(&model));
    println!("with {with} without {without}");
    assert!(with < 0.7 * without, "{with} {without}");
}
