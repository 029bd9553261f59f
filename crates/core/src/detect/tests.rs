//! Small databases of all shapes: what is found in them, and what must not be.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampSecondArray};

use super::*;
use crate::metadata::Owner;
use crate::rng::{Stream, name};
use crate::time;

pub(super) type Cells = Vec<Option<String>>;

/// `n` texts made from the row number.
pub(super) fn column(n: usize, make: impl Fn(usize) -> String) -> Cells {
    (0..n).map(|i| Some(make(i)).filter(|t| !t.is_empty())).collect()
}

/// `n` numbers below `below`, always the same ones for a name.
pub(super) fn draws(n: usize, below: u64, what: &str) -> Vec<usize> {
    let mut s = Stream::new(1, name(&["detect", what]), 0);
    (0..n).map(|_| s.below(below) as usize).collect()
}

fn at(minutes: usize) -> String {
    time::format((28_000_000 + minutes as i64) * 60 * time::SECOND, "%Y-%m-%d %H:%M:%S")
}

pub(super) fn add(data: &mut Dataset, table: &str, columns: Vec<(&str, Cells)>) {
    let arrays = columns.into_iter().map(|(n, c)| (n, Arc::new(StringArray::from(c)) as ArrayRef, true));
    data.tables.insert(table.into(), RecordBatch::try_from_iter_with_nullable(arrays).unwrap());
}

pub(super) fn found(data: &Dataset) -> Metadata {
    let d = detect(data, &DetectOptions::default()).unwrap();
    assert_eq!(Metadata::from_json(&d.metadata.to_json()).unwrap(), d.metadata, "what is found is a valid file");
    d.metadata
}

/// `child.key > parent`, sorted.
pub(super) fn links(m: &Metadata) -> Vec<String> {
    let mut all: Vec<String> =
        m.relationships.iter().map(|r| format!("{}.{} > {}", r.child, r.child_key.join("+"), r.parent)).collect();
    all.sort();
    all
}

pub(super) fn key(columns: &[&str]) -> Owner {
    Owner::Key(columns.iter().map(|c| (*c).to_owned()).collect())
}

/// Patients with visits to doctors and measurements during them; every table but the last has a key called `id`.
fn clinic() -> Dataset {
    let mut data = Dataset::default();
    let (patients, doctors, visits) = (300, 40, 900);
    let patient = |v: usize| v * patients / visits;
    let doctor = draws(visits, doctors as u64, "doctor");
    let boss = draws(doctors, doctors as u64, "boss");
    let age = draws(patients, 90, "age");
    let start: Vec<usize> = (0..visits).map(|v| (v % 3) * 100_000 + v * 37 % 50_000).collect();
    add(
        &mut data,
        "patients",
        vec![
            ("id", column(patients, |i| (i + 1).to_string())),
            ("first_name", column(patients, |i| format!("Name{}", i % 50))),
            ("contact", column(patients, |i| format!("user{i}@example.org"))),
            ("birth_date", column(patients, |i| at(i * 997 % 40_000)[..10].to_owned())),
            ("age", column(patients, |i| (age[i] + 1).to_string())),
            ("note", column(patients, |i| format!("free text number {} about person {i}", i * 7))),
            ("vip", column(patients, |i| (i % 9 == 0).to_string())),
        ],
    );
    add(
        &mut data,
        "doctors",
        vec![
            ("id", column(doctors, |i| (i + 1).to_string())),
            ("name", column(doctors, |i| format!("Dr. {i}"))),
            ("manager_id", column(doctors, |i| if i == 0 { String::new() } else { (boss[i] + 1).to_string() })),
            ("beds", column(doctors, |i| (i % 12 + 1).to_string())),
        ],
    );
    add(
        &mut data,
        "visits",
        vec![
            ("id", column(visits, |i| (i + 1).to_string())),
            ("patient_id", column(visits, |i| (patient(i) + 1).to_string())),
            ("doctor_id", column(visits, |i| (doctor[i] + 1).to_string())),
            (
                "referring_doctor_id",
                column(visits, |i| if i % 4 == 0 { String::new() } else { (i % 40 + 1).to_string() }),
            ),
            ("from_ts", column(visits, |i| at(start[i]))),
            ("until_ts", column(visits, |i| at(start[i] + 600))),
            ("pulse", column(visits, |i| (60 + i * 13 % 80).to_string())),
        ],
    );
    let m = 2_000;
    let visit = draws(m, visits as u64, "visit");
    add(
        &mut data,
        "measurements",
        vec![
            ("patient_id", column(m, |i| (patient(visit[i]) + 1).to_string())),
            ("taken_at", column(m, |i| at(start[visit[i]] + i * 7 % 600))),
            ("value", column(m, |i| format!("{}.{}", i % 70, i % 10))),
        ],
    );
    data
}

#[test]
fn a_clinic_with_generic_keys() {
    let m = found(&clinic());
    assert_eq!(
        links(&m),
        [
            "doctors.manager_id > doctors",
            "measurements.patient_id > patients",
            "visits.doctor_id > doctors",
            "visits.patient_id > patients",
            "visits.referring_doctor_id > doctors",
        ]
    );
    let sdtype = |t: &str, c: &str| m.tables[t].columns[c].sdtype.name().to_owned();
    for (table, column, is) in [
        ("patients", "id", "id"),
        ("patients", "first_name", "first_name"),
        ("patients", "contact", "email"),
        ("patients", "birth_date", "datetime"),
        ("patients", "age", "numerical"),
        ("patients", "note", "unknown"),
        ("patients", "vip", "boolean"),
        ("doctors", "name", "name"),
        ("doctors", "beds", "numerical"),
        ("visits", "referring_doctor_id", "id"),
        ("measurements", "value", "numerical"),
    ] {
        assert_eq!(sdtype(table, column), is, "{table}.{column}");
    }
    assert!(m.tables["measurements"].primary_key.is_empty());
    assert_eq!(m.tables["visits"].columns["referring_doctor_id"].parameters["range_is_nullable"], true);
    assert_eq!(m.tables["patients"].owner, Owner::Nobody);
    assert_eq!(m.tables["doctors"].owner, Owner::Nobody);
    assert_eq!(m.tables["visits"].owner, key(&["patient_id"]));
    assert_eq!(m.tables["visits"].order.as_deref(), Some("from_ts"));
    let inferred = Owner::Inferred {
        table: "visits".into(),
        via: "patient_id".into(),
        time: "taken_at".into(),
        start: "from_ts".into(),
        end: "until_ts".into(),
    };
    assert_eq!(m.tables["measurements"].owner, inferred);
    assert_eq!(m.tables["measurements"].order.as_deref(), Some("taken_at"));
}

#[test]
fn the_order_of_tables_does_not_matter() {
    let data = clinic();
    let turned = Dataset { tables: data.tables.iter().rev().map(|(n, b)| (n.clone(), b.clone())).collect() };
    let (a, b) = (found(&data), found(&turned));
    assert_eq!(links(&a), links(&b));
    for (name, table) in &a.tables {
        assert_eq!(table, &b.tables[name]);
    }
}

#[test]
fn typed_arrays_say_the_same_as_text() {
    let mut data = Dataset::default();
    let n = 200i64;
    let stay: ArrayRef = Arc::new(Int64Array::from_iter_values((0..n).map(|i| 10_000 + i * i)));
    let of: ArrayRef =
        Arc::new(Int64Array::from_iter((0..n * 3).map(|i| (i % 7 > 0).then(|| 10_000 + (i / 3) * (i / 3)))));
    let when: ArrayRef = Arc::new(TimestampSecondArray::from_iter_values((0..n * 3).map(|i| 1_700_000_000 + i * 61)));
    let flag: ArrayRef = Arc::new(BooleanArray::from_iter((0..n * 3).map(|i| Some(i % 2 == 0))));
    data.tables.insert("stays".into(), RecordBatch::try_from_iter([("stay_id", stay)]).unwrap());
    let events = [("in_stay", of), ("at", when), ("flag", flag)];
    data.tables
        .insert("events".into(), RecordBatch::try_from_iter_with_nullable(events.map(|(a, b)| (a, b, true))).unwrap());
    let m = found(&data);
    assert_eq!(links(&m), ["events.in_stay > stays"]);
    assert_eq!(m.tables["events"].columns["flag"].sdtype, Sdtype::Boolean);
    assert_eq!(m.tables["events"].columns["at"].sdtype, Sdtype::Datetime { format: Some("%Y-%m-%d %H:%M:%S".into()) });
    assert_eq!(m.tables["events"].owner, key(&["in_stay"]));
    assert_eq!(m.tables["events"].order.as_deref(), Some("at"));
}

#[test]
fn composite_keys_and_bridges() {
    let mut data = Dataset::default();
    let clubs = 12;
    add(
        &mut data,
        "seasons",
        vec![
            ("club", column(clubs * 20, |i| format!("C{:02}", i / 20))),
            ("year", column(clubs * 20, |i| (1990 + i % 20).to_string())),
            ("wins", column(clubs * 20, |i| (i * 31 % 90).to_string())),
        ],
    );
    let (players, n) = (150usize, 900usize);
    let season = draws(n, (clubs * 20) as u64, "season");
    add(&mut data, "players", vec![("player_id", column(players, |i| format!("PL{i:04}")))]);
    add(
        &mut data,
        "results",
        vec![
            ("player_id", column(n, |i| format!("PL{:04}", i % players))),
            ("club", column(n, |i| format!("C{:02}", season[i] / 20))),
            ("year", column(n, |i| (1990 + season[i] % 20).to_string())),
            ("goals", column(n, |i| (i * 17 % 40).to_string())),
        ],
    );
    // A bridge between two players: each pair once.
    let pair = |i: usize| (i % players, (i + 1 + i / players) % players);
    add(
        &mut data,
        "friends",
        vec![
            ("player1_id", column(400, |i| format!("PL{:04}", pair(i).0))),
            ("player2_id", column(400, |i| format!("PL{:04}", pair(i).1))),
        ],
    );
    // Another table with the same key: results have one season, so one parent.
    let seasons = data.tables["seasons"].clone();
    data.tables.insert("season_prices".into(), seasons);
    let m = found(&data);
    assert_eq!(m.tables["seasons"].primary_key, ["club", "year"]);
    assert_eq!(
        links(&m),
        [
            "friends.player1_id > players",
            "friends.player2_id > players",
            "results.club+year > seasons",
            "results.player_id > players",
            "season_prices.club+year > seasons",
        ]
    );
    assert_eq!(m.tables["friends"].primary_key, ["player1_id", "player2_id"]);
    assert_eq!(m.tables["friends"].owner, key(&["player1_id"]));
    // All results of a club in a year have one year: the player owns them.
    assert_eq!(m.tables["results"].owner, key(&["player_id"]));
    // The year comes with the season that is chosen, so it can't be the order.
    assert_eq!(m.tables["results"].order, None);
}

#[test]
fn keys_under_other_names_are_found_and_chance_is_not() {
    let mut data = Dataset::default();
    let code = |i: usize| format!("{}{}{}", (b'A' + (i / 26) as u8) as char, (b'A' + (i % 26) as u8) as char, 'X');
    add(&mut data, "places", vec![("iata", column(300, code)), ("height", column(300, |i| (i * 7 % 400).to_string()))]);
    let n = 1000;
    let (a, b) = (draws(n, 300, "a"), draws(n, 300, "b"));
    add(
        &mut data,
        "trips",
        vec![
            ("trip_id", column(n, |i| (i + 1).to_string())),
            ("origin", column(n, |i| code(a[i]))),
            ("dest", column(n, |i| code(b[i]))),
            ("delay", column(n, |i| (i * 11 % 200 + 1).to_string())),
            ("seats", column(n, |i| (i % 50 + 1).to_string())),
            ("grade", column(n, |i| ["A", "B", "C"][i % 3].to_owned())),
        ],
    );
    // Same generic key in two tables, one range inside the other.
    add(
        &mut data,
        "bills",
        vec![
            ("row_id", column(400, |i| (i + 1).to_string())),
            ("trip", column(400, |i| (i * 2 + 1).to_string())),
            ("amount", column(400, |i| (i * 3 % 900 + 1).to_string())),
        ],
    );
    add(
        &mut data,
        "taxes",
        vec![("row_id", column(90, |i| (i + 1).to_string())), ("rate", column(90, |i| (i % 9 + 1).to_string()))],
    );
    let m = found(&data);
    assert_eq!(links(&m), ["bills.trip > trips", "trips.dest > places", "trips.origin > places"]);
}

#[test]
fn one_to_one_details_point_to_the_table_of_the_name() {
    for turned in [false, true] {
        let mut data = Dataset::default();
        let patients = vec![
            ("patient_id", column(80, |i| format!("P{i:05}"))),
            ("sex", column(80, |i| ["F", "M"][i % 2].to_owned())),
        ];
        let details = vec![
            ("patient_id", column(80, |i| format!("P{:05}", 79 - i))),
            ("weight", column(80, |i| format!("{}.5", 50 + i))),
        ];
        let visits = vec![
            ("visit_id", column(300, |i| format!("V{i:05}"))),
            ("patient_id", column(300, |i| format!("P{:05}", i % 80))),
        ];
        if turned {
            add(&mut data, "patient_details", details);
            add(&mut data, "visits", visits);
            add(&mut data, "patients", patients);
        } else {
            add(&mut data, "patients", patients);
            add(&mut data, "visits", visits);
            add(&mut data, "patient_details", details);
        }
        let m = found(&data);
        assert_eq!(links(&m), ["patient_details.patient_id > patients", "visits.patient_id > patients"], "{turned}");
        assert_eq!(m.tables["patients"].columns["patient_id"].sdtype, Sdtype::Id { regex: Some(r"P\d{5}".into()) });
    }
}

#[test]
fn circles_of_keys_leave_no_circle_of_owners() {
    let mut data = Dataset::default();
    let lead = draws(15, 200, "lead");
    let units = vec![
        ("unit_id", column(15, |i| format!("U{i:03}"))),
        ("parent_unit_id", column(15, |i| if i == 0 { String::new() } else { format!("U{:03}", i / 2) })),
        ("lead_worker_id", column(15, |i| format!("K{:03}", lead[i]))),
    ];
    add(&mut data, "units", units);
    let workers = vec![
        ("worker_id", column(200, |i| format!("K{i:03}"))),
        ("unit_id", column(200, |i| format!("U{:03}", i % 15))),
    ];
    add(&mut data, "workers", workers);
    let m = found(&data);
    assert_eq!(
        links(&m),
        ["units.lead_worker_id > workers", "units.parent_unit_id > units", "workers.unit_id > units"]
    );
    assert!(m.validate().is_ok());
}

#[test]
fn degenerate_tables_are_read() {
    let mut data = Dataset::default();
    add(&mut data, "empty", vec![("a", vec![]), ("empty_id", vec![])]);
    add(&mut data, "one", vec![("one_id", column(1, |_| "X1".into())), ("ärger", column(1, |_| "größe ✓".into()))]);
    add(&mut data, "nulls", vec![("nothing", column(30, |_| String::new())), ("same", column(30, |_| "x".into()))]);
    let m = found(&data);
    assert_eq!(m.tables["nulls"].columns["nothing"].sdtype, Sdtype::Categorical);
    assert_eq!(m.tables["one"].columns["one_id"].sdtype, Sdtype::Id { regex: None }, "one value would show");
    assert!(m.relationships.is_empty());
    assert!(detect(&Dataset::default(), &DetectOptions::default()).is_err());
}

#[test]
fn values_are_kept_only_on_demand() {
    let data = clinic();
    let without = detect(&data, &DetectOptions { keep_values: false }).unwrap();
    let text = without.metadata.to_json() + &format!("{:?}", without.reasons);
    for value in ["Name1", "example.org", "free text", "Dr.", &at(0)[..10]] {
        assert!(!text.contains(value), "{value}");
    }
    let with = detect(&data, &DetectOptions { keep_values: true }).unwrap().metadata;
    let columns = |table: &str| &with.tables[table].columns;
    assert_eq!(columns("visits")["pulse"].parameters["range_max"], 139);
    assert!(!columns("doctors")["beds"].parameters.contains_key("range_max"), "three doctors have 12");
    assert!(!columns("visits")["from_ts"].parameters.contains_key("range_min"), "one visit is the first");
    assert!(!with.tables["visits"].columns["doctor_id"].parameters.contains_key("range_min"));
    assert_eq!(Metadata::from_json(&with.to_json()).unwrap(), with);
}

/// People with events that have a parent in some rows only, and details that belong to one event each.
#[test]
fn the_finest_parent_owns_unless_it_is_often_missing() {
    let mut data = Dataset::default();
    let (people, stays, labs) = (200, 500, 3000);
    let person = |s: usize| s * people / stays;
    // Sparse numbers that follow no order, as surrogate keys of hospitals often are.
    let subject = |p: usize| (10_000_000 + p * 7919 % 100_003).to_string();
    let stay = |s: usize| (20_000_000 + s * 6997 % 100_003).to_string();
    let unit = |s: usize| (30_000_000 + s * 4999 % 100_003).to_string();
    add(&mut data, "subjects", vec![("subject_id", column(people, subject))]);
    add(
        &mut data,
        "stays",
        vec![
            ("subject_id", column(stays, |s| subject(person(s)))),
            ("hadm_id", column(stays, stay)),
            ("start_date", column(stays, |s| at(s * 1440)[..10].to_owned())),
            ("start_datetime", column(stays, |s| at(s * 1440 + s % 1000))),
        ],
    );
    // One intensive care for every second stay: its own key, and the stay's, are both unique.
    add(
        &mut data,
        "care",
        vec![
            ("subject_id", column(stays / 2, |c| subject(person(c * 2)))),
            ("hadm_id", column(stays / 2, |c| stay(c * 2))),
            ("icu_id", column(stays / 2, unit)),
        ],
    );
    add(
        &mut data,
        "notes",
        vec![("icu_id", column(900, |i| unit(i % 250))), ("hadm_id", column(900, |i| stay(i % 250 * 2)))],
    );
    let of = |i: usize| i * stays / labs;
    add(
        &mut data,
        "labs",
        vec![
            ("lab_id", column(labs, |i| (i + 1).to_string())),
            ("subject_id", column(labs, |i| subject(person(of(i))))),
            ("hadm_id", column(labs, |i| if i % 3 == 0 { String::new() } else { stay(of(i)) })),
            ("result", column(labs, |i| format!("{}.5", i % 90))),
        ],
    );
    let m = found(&data);
    assert_eq!(m.tables["care"].primary_key, ["icu_id"], "hadm_id is unique, too, but belongs to stays");
    assert_eq!(m.tables["care"].owner, key(&["hadm_id"]));
    assert_eq!(m.tables["notes"].owner, key(&["icu_id"]));
    assert_eq!(m.tables["labs"].owner, key(&["subject_id"]));
    assert_eq!(m.tables["stays"].order.as_deref(), Some("start_datetime"));
}

#[test]
fn a_parent_whose_rows_have_one_time_does_not_own() {
    let mut data = Dataset::default();
    let (many, few, n) = (400, 100, 3000);
    add(&mut data, "alphas", vec![("alpha_id", column(many, |i| format!("A{i:04}")))]);
    add(&mut data, "betas", vec![("beta_id", column(few, |i| format!("B{i:04}")))]);
    let beta = draws(n, few as u64, "beta");
    for one_time in [false, true] {
        add(
            &mut data,
            "events",
            vec![
                ("event_id", column(n, |i| format!("E{i:05}"))),
                ("beta_id", column(n, |i| format!("B{:04}", beta[i]))),
                ("alpha_id", column(n, |i| format!("A{:04}", i * 7 % many))),
                ("day", column(n, |i| at(if one_time { i * 7 % many * 1440 } else { i * 1440 })[..10].to_owned())),
            ],
        );
        // The finer one owns, unless its rows share their time.
        let owner = key(&[if one_time { "beta_id" } else { "alpha_id" }]);
        assert_eq!(found(&data).tables["events"].owner, owner);
    }
}

#[test]
fn intervals_that_cover_everything_infer_nothing() {
    let mut data = clinic();
    let n = 300;
    let covers = vec![
        ("cover_id", column(n, |i| format!("C{i:04}"))),
        ("patient_id", column(n, |i| (i + 1).to_string())),
        ("valid_from", column(n, |_| at(0))),
        ("valid_to", column(n, |i| at(1_000_000 + i))),
    ];
    add(&mut data, "covers", covers);
    data.tables.shift_remove("visits");
    let m = found(&data);
    assert_eq!(
        links(&m),
        ["covers.patient_id > patients", "doctors.manager_id > doctors", "measurements.patient_id > patients"]
    );
    assert_eq!(m.tables["measurements"].owner, key(&["patient_id"]));
    assert_eq!(m.tables["measurements"].order.as_deref(), Some("taken_at"));
}

#[test]
fn what_outlasts_an_interval_is_not_inside_it() {
    let mut data = Dataset::default();
    let n = 900;
    add(
        &mut data,
        "people",
        vec![("person_id", column(300, |i| format!("P{i:03}"))), ("kind", column(300, |i| i.to_string()))],
    );
    let hired = |p: usize| p * 7_919_993 % 12_000_000;
    let year = |i: usize| hired(i / 3) + i % 3 * 525_600;
    let whose = || column(n, |i| format!("P{:03}", i / 3));
    let pay = column(n, |i| (i * 37 % 991).to_string());
    let from = column(n, |i| at(year(i)));
    add(
        &mut data,
        "pay",
        vec![
            ("person_id", whose()),
            ("from_date", from),
            ("to_date", column(n, |i| at(year(i) + 525_599))),
            ("amount", pay),
        ],
    );
    // A title begins within one year of pay and lasts for two.
    let begin = |p: usize| hired(p) + p * 577 % 500_000;
    let titles = vec![
        ("person_id", column(300, |i| format!("P{i:03}"))),
        ("since_date", column(300, |i| at(begin(i)))),
        ("to_date", column(300, |i| if i % 3 == 0 { String::new() } else { at(begin(i) + 1_051_200) })),
        ("title", column(300, |i| ["clerk", "head"][i % 2].to_owned())),
    ];
    add(&mut data, "titles", titles);
    assert_eq!(found(&data).tables["titles"].owner, key(&["person_id"]));
}

#[test]
fn declared_owners_and_orders_stay() {
    let data = clinic();
    let mut m = found(&data);
    m.tables["visits"].owner = key(&["doctor_id"]);
    m.tables["measurements"].owner = Owner::Auto;
    m.tables["measurements"].order = None;
    let reasons = settle(&mut m, &data);
    assert_eq!(m.tables["visits"].owner, key(&["doctor_id"]));
    assert!(matches!(m.tables["measurements"].owner, Owner::Inferred { .. }));
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    let (owner, why) = choose_owner(&m, &data, "visits");
    assert_eq!(owner, key(&["patient_id"]), "{why}");
    assert_eq!(choose_order(&m, &data, "visits").0.as_deref(), Some("from_ts"));
}

#[test]
fn a_number_of_the_rows_of_something_is_no_identifier() {
    let mut data = Dataset::default();
    let choices = vec![
        ("household", column(600, |i| (i / 30).to_string())),
        ("choice_id", column(600, |i| (i % 30 + 1).to_string())),
        ("brand", column(600, |i| ["a", "b", "c"][i * 7 % 3].to_owned())),
    ];
    add(&mut data, "choices", choices);
    assert_eq!(found(&data).tables["choices"].columns["choice_id"].sdtype, Sdtype::Numerical);
}

#[test]
fn kinds_are_no_keys_and_what_counts_rows_orders_them() {
    let mut data = Dataset::default();
    let (posts, races) = (2_000, 100);
    let kind = draws(posts, 2, "kind");
    add(
        &mut data,
        "posts",
        vec![
            ("Id", column(posts, |i| (i + 1).to_string())),
            ("PostTypeId", column(posts, |i| (kind[i] + 1).to_string())),
        ],
    );
    add(
        &mut data,
        "races",
        vec![("race_id", column(races, |i| (i + 1).to_string())), ("place", column(races, |i| format!("p{}", i % 20)))],
    );
    let grid = draws(races * 20, 1_000, "grid");
    let start = |i: usize| 1 + (0..20).filter(|o| (grid[i / 20 * 20 + o], *o) < (grid[i], i % 20)).count();
    let results = vec![
        ("result_id", column(races * 20, |i| (i + 1).to_string())),
        ("race_id", column(races * 20, |i| (i / 20 + 1).to_string())),
        ("grid", column(races * 20, |i| start(i).to_string())),
        ("finish", column(races * 20, |i| (i % 20 + 1).to_string())),
    ];
    add(&mut data, "results", results);
    let metadata = found(&data);
    assert_eq!(links(&metadata), ["results.race_id > races"]);
    let settled = choose_order(&metadata, &data, "results").0;
    assert_eq!(settled.as_deref(), Some("finish"), "the grid counts as well, but not the rows as they stand");
}
