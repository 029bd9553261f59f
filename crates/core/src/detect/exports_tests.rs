//! Exports of hospital systems: numbers of rows before the keys, keys that happen not to repeat, towns of things.

use super::tests::{add, column, draws, found, key, links};
use super::*;

/// Three tables, each with a number of its rows in front of the key that the others repeat.
fn numbered() -> Dataset {
    let mut data = Dataset::default();
    let (patients, stays, tests) = (100, 150, 900);
    let subject = |i: usize| (10_000 + 7 * i).to_string();
    let stay = |i: usize| (100_000 + 13 * i).to_string();
    let item = draws(tests, 20, "item");
    add(
        &mut data,
        "PATIENTS",
        vec![
            ("ROW_ID", column(patients, |i| (i + 1).to_string())),
            ("SUBJECT_ID", column(patients, subject)),
            ("GENDER", column(patients, |i| ["F", "M"][i % 2].into())),
        ],
    );
    add(
        &mut data,
        "ADMISSIONS",
        vec![
            ("ROW_ID", column(stays, |i| (i + 1).to_string())),
            ("SUBJECT_ID", column(stays, |i| subject(i * patients / stays))),
            ("HADM_ID", column(stays, stay)),
        ],
    );
    add(
        &mut data,
        "D_LABITEMS",
        vec![
            ("ROW_ID", column(20, |i| (i + 1).to_string())),
            ("ITEMID", column(20, |i| (50_800 + 11 * i).to_string())),
            ("LABEL", column(20, |i| format!("Test {i}"))),
        ],
    );
    add(
        &mut data,
        "LABEVENTS",
        vec![
            ("ROW_ID", column(tests, |i| (i + 1).to_string())),
            ("SUBJECT_ID", column(tests, |i| subject(i * stays / tests * patients / stays))),
            ("HADM_ID", column(tests, |i| stay(i * stays / tests))),
            ("ITEMID", column(tests, |i| (50_800 + 11 * item[i]).to_string())),
        ],
    );
    data
}

#[test]
fn what_others_repeat_is_the_key_before_a_number_of_the_row() {
    let m = found(&numbered());
    assert_eq!(m.tables["PATIENTS"].primary_key, ["SUBJECT_ID"]);
    assert_eq!(m.tables["ADMISSIONS"].primary_key, ["HADM_ID"]);
    assert_eq!(m.tables["D_LABITEMS"].primary_key, ["ITEMID"]);
    assert_eq!(m.tables["LABEVENTS"].primary_key, ["ROW_ID"]);
    assert_eq!(
        links(&m),
        [
            "ADMISSIONS.SUBJECT_ID > PATIENTS",
            "LABEVENTS.HADM_ID > ADMISSIONS",
            "LABEVENTS.ITEMID > D_LABITEMS",
            "LABEVENTS.SUBJECT_ID > PATIENTS",
        ]
    );
    assert_eq!(m.tables["LABEVENTS"].owner, key(&["HADM_ID"]));
}

#[test]
fn a_key_of_another_table_that_happens_not_to_repeat_still_points_there() {
    let mut data = Dataset::default();
    let uuid = |i: usize| format!("{:08x}-0000-4000-8000-{:012x}", i * 2_654_435_761 % 0xFFFF_FFFF, i);
    add(
        &mut data,
        "encounters",
        vec![("Id", column(400, uuid)), ("KIND", column(400, |i| ["wellness", "urgent"][i % 2].into()))],
    );
    add(
        &mut data,
        "conditions",
        vec![("ENCOUNTER", column(150, |i| uuid(2 * i))), ("CODE", column(150, |i| ["a", "b", "c"][i % 3].into()))],
    );
    assert_eq!(links(&found(&data)), ["conditions.ENCOUNTER > encounters"]);
}

#[test]
fn towns_are_labels_where_rows_are_no_people() {
    let mut data = Dataset::default();
    let towns = ["Reno", "Bari", "Oslo", "Lyon", "Kobe"];
    let town = |i: usize| towns[i % 5].to_owned();
    add(&mut data, "stores", vec![("store_id", column(30, |i| (i + 1).to_string())), ("city", column(30, town))]);
    add(&mut data, "patients", vec![("patient_id", column(30, |i| (i + 1).to_string())), ("city", column(30, town))]);
    let m = found(&data);
    assert_eq!(m.tables["stores"].columns["city"].sdtype, Sdtype::Categorical);
    assert!(matches!(&m.tables["patients"].columns["city"].sdtype, Sdtype::Pii { kind, .. } if kind == "city"));
}

#[test]
fn the_record_of_a_registry_is_a_key_that_its_visits_repeat() {
    let mut data = Dataset::default();
    let record = |i: usize| (i + 1).to_string();
    let (patients, visits) = (200, 700);
    let sex = column(patients, |i| ["F", "M"][i % 2].into());
    add(&mut data, "patients", vec![("record_id", column(patients, record)), ("sex", sex)]);
    let of = column(visits, |i| record(i * patients / visits));
    add(&mut data, "visits", vec![("record_id", of), ("score", column(visits, |i| (i * 7 % 50).to_string()))]);
    assert_eq!(links(&found(&data)), ["visits.record_id > patients"]);
}
