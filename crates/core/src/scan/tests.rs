use super::*;
use crate::example::{self, Table};
use crate::fit::{FitOptions, fit};

/// 40 patients with three visits each; the first of them has a code, a cost and a remark of her own.
fn clinic() -> (Dataset, Metadata) {
    let patients: String = (0..40).map(|p| format!("P{p:04}, {}\n", ["f", "m"][p % 2])).collect();
    let visit = |v: usize| match v {
        1 => "P0000, Q87.4, 98765.43\n".to_owned(),
        _ => format!("P{:04}, {}, {}.25\n", v / 3, ["I10", "J18"][v % 2], 100 + v * 7 % 90),
    };
    let visits: String = (0..120).map(visit).collect();
    let tables =
        [Table("patients(*id, sex)", &patients), Table("visits(patient>patients, code, cost:number)", &visits)];
    (example::data(&tables).unwrap(), example::metadata(&tables, &[]).unwrap())
}

fn model() -> (Model, Dataset) {
    let (data, metadata) = clinic();
    (fit(&data, &metadata, FitOptions::default(), &|_, _| {}).unwrap().0, data)
}

#[test]
fn a_fitted_model_holds_nothing_of_few() {
    let (model, data) = model();
    let scan = scan(&model, &data, None).unwrap();
    assert_eq!(scan.found, []);
    assert!(scan.kept.is_empty());
    for what in ["label", "value or bin", "rare text looked for"] {
        assert!(scan.counted[what] > 0, "{what} not counted: {:?}", scan.counted);
    }
    // The secrets are rare texts, and nowhere in what the file will hold.
    let whole = serde_json::to_string(&model).unwrap();
    assert!(["P0000", "Q87.4", "98765", "9876543"].iter().all(|secret| !whole.contains(secret)));
}

#[test]
fn what_few_hold_is_named_wherever_it_stands() {
    let (model, data) = model();
    let (visits, code) = (1, 0);
    let found = |model: &Model| scan(model, &data, None).unwrap().found;
    let mut leaky = model.clone();
    let SlotKind::Label { labels, .. } = &mut leaky.plan.tables[visits].slots[code].kind else { unreachable!() };
    labels.push("Q87.4".into());
    let hits: Vec<(&str, usize)> = found(&leaky).iter().map(|f| (f.what, f.entities)).collect();
    assert_eq!(hits, [("label", 1), ("text somewhere in the model", 1)]);
    let mut leaky = model.clone();
    leaky.plan.notes.push("P0000".into());
    assert_eq!(found(&leaky)[0].what, "text somewhere in the model");
    let mut leaky = model.clone();
    let cost = r#"{"sdtype": "numerical", "range_max": 98765.43}"#;
    let text = Metadata::from_json(&model.metadata).unwrap().to_json();
    let mut json: Value = serde_json::from_str(&text).unwrap();
    json["tables"]["visits"]["columns"]["cost"] = serde_json::from_str(cost).unwrap();
    leaky.metadata = json.to_string();
    let hit = &found(&leaky)[0];
    assert_eq!((hit.what, hit.column.as_str(), hit.entities), ("value in the metadata", "cost", 1));
}

#[test]
fn a_higher_support_and_other_data_are_counted_anew() {
    let (model, data) = model();
    let strict = scan(&model, &data, Some(35)).unwrap();
    assert!(strict.found.iter().any(|f| f.what == "label" && f.entities < 35), "half of forty have a sex");
    let mut less = data.clone();
    less.tables.shift_remove("visits");
    let e = scan(&model, &less, None).unwrap_err().to_string();
    assert!(e.contains("visits"), "{e}");
}
