//! What `balanced` chooses to draw a table by, and what a long table keeps of each patient.

mod again;

use std::collections::HashMap;

use again::{again, numbers, texts};
use healthdata_core::example::{Table, data, metadata};
use healthdata_core::fit::{Effort, FitOptions, fit};
use healthdata_core::rng::Stream;

/// What the fit of one table with these rows says about how it is drawn.
fn said(rows: &str) -> Vec<String> {
    let tables = [Table("readings(*reading, a:number, b:number, c:number, d:number, sum:number)", rows)];
    let (data, metadata) = (data(&tables).expect("tables as text"), metadata(&tables, &[]).expect("sound metadata"));
    let options = FitOptions { effort: Effort::Balanced, ..FitOptions::default() };
    let (_, notes) = fit(&data, &metadata, options, &|_, _| ()).expect("the table can be learned");
    notes.into_iter().filter(|n| n.starts_with("told least well")).collect()
}

#[test]
fn boosted_trees_are_chosen_where_they_are_told_less_well_and_only_there() {
    let mut rng = Stream::new(31, 0, 0);
    let (mut waves, mut noise) = (String::new(), String::new());
    for r in 0..4000 {
        let x = [0; 4].map(|_| 100.0 * rng.unit());
        let start = x.map(|x| format!("{x:.0}")).join(", ");
        // Waves of four numbers add up: no line follows them, and one tree needs a leaf for each of their patches.
        let sum: f64 = x.iter().map(|x| 300.0 * libm::sin(x / 8.0)).sum();
        waves += &format!("{r}, {start}, {:.0}\n", sum + 50.0 * rng.normal());
        noise += &format!("{r}, {start}, {:.0}\n", 1000.0 * rng.unit());
    }
    assert!(said(&waves).iter().any(|n| n.contains("boosted trees") && n.ends_with("readings")), "{:?}", said(&waves));
    assert_eq!(said(&noise), Vec::<String>::new());
}

/// Mean distance of a patient's values of one code from the one before, in the patients' mean distance from each other.
fn moves(patient: &[String], code: &[String], value: &[i64], of: &str) -> f64 {
    let mut last: HashMap<&str, i64> = HashMap::new();
    let (mut own, mut strange, mut before) = (Vec::new(), Vec::new(), None);
    for ((patient, _), value) in patient.iter().zip(code).zip(value).filter(|x| x.0.1 == of) {
        match last.insert(patient, *value) {
            Some(l) => own.push((value - l).abs() as f64),
            None => {
                strange.extend(before.map(|b: i64| (value - b).abs() as f64));
                before = Some(*value);
            }
        }
    }
    let mean = |d: &[f64]| d.iter().sum::<f64>() / d.len() as f64;
    assert!(own.len() > 500 && strange.len() > 100, "{} {}", own.len(), strange.len());
    mean(&own) / mean(&strange)
}

#[test]
fn a_long_table_keeps_the_height_of_each_patient() {
    let mut rng = Stream::new(32, 0, 0);
    let (mut patients, mut visits, mut results) = (String::new(), String::new(), String::new());
    for p in 0..400 {
        let (height, weight) = (1700.0 + 90.0 * rng.normal(), 1600.0 + 130.0 * rng.normal());
        patients += &format!("P{p}, {}\n", if rng.unit() < 0.5 { "f" } else { "m" });
        for v in 0..1 + rng.below(6) {
            visits += &format!("P{p}V{v}, P{p}, 2024-0{}-1{}\n", v + 1, rng.below(10));
            for (code, value) in [
                ("height", height),
                ("weight", weight + 12.0 * rng.normal()),
                ("glucose", 1500.0 + 140.0 * rng.normal()),
            ] {
                if rng.unit() < 0.9 {
                    results += &format!("P{p}V{v}, {code}, {value:.0}\n");
                }
            }
        }
    }
    let made = again(
        &[
            Table("patients(*patient, sex)", &patients),
            Table("visits(*visit, patient>patients, day:time)", &visits),
            Table("results(visit>visits, code, value:number)", &results),
        ],
        &[],
    );
    let of: HashMap<String, String> =
        texts(&made, "visits", "visit").into_iter().zip(texts(&made, "visits", "patient")).collect();
    let patient: Vec<String> = texts(&made, "results", "visit").iter().map(|v| of[v].clone()).collect();
    let (code, value) = (texts(&made, "results", "code"), numbers(&made, "results", "value"));
    let [height, weight, glucose] = ["height", "weight", "glucose"].map(|of| moves(&patient, &code, &value, of));
    println!("height {height:.3}, weight {weight:.3}, glucose {glucose:.3}");
    // In the data 0, 0.09 and 1; what another code says of it must not make glucose steady.
    assert!(height < 0.05 && weight < 0.15 && glucose > 0.85, "{height}, {weight}, {glucose}");
}
