//! One contract for every kind of rule, then what checks do around them.

use crate::example::{self, Table};
use crate::metadata::Sdtype;

use super::*;

const PATIENTS: Table = Table("patients(*patient_id, born:time)", "A, 1980-05-01\nB, 2015-06-01\nC,");
const WARDS: Table = Table("wards(*ward_id, kind)", "1, child\n2, adult");
const STAYS: Table = Table(
    "stays(*stay_id, patient_id>patients, ward_id>wards, admit:time, discharge:time, days:number, code, cause)",
    "
    1, A, 2, 2025-01-01, 2025-01-04, 3, x, cx
    2, A, 2, 2025-01-04, 2025-01-05, 1, y, cy
    3, B, 1, 2025-01-01, 2025-01-03, 2, x, cx
    4,  ,  ,           ,           ,  ,  ,",
);
const NOTES: Table =
    Table("notes(stay_id>stays, written:time, patient_id>patients)", "1, 2025-01-04, A\n2, 2025-01-04, A\n3,,\n,,");

/// Every kind, with tables that keep it.
const KINDS: [&str; 15] = [
    r#"{"kind": "order", "table": "stays", "low": "patient_id.born", "high": "admit", "strict": true}"#,
    r#"{"kind": "range", "table": "stays", "column": "days", "min": "1", "max": "3"}"#,
    r#"{"kind": "domain", "table": "stays", "column": "code", "values": ["x", "y"]}"#,
    r#"{"kind": "fixed_combinations", "table": "stays", "columns": ["code", "cause"],
        "allowed": [["x", "cx"], ["y", "cy"], ["", ""]]}"#,
    r#"{"kind": "determines", "table": "stays", "column": "code", "determines": "cause"}"#,
    r#"{"kind": "formula", "table": "stays", "column": "discharge", "equals": "admit + days * 86400"}"#,
    r#"{"kind": "null_when", "table": "stays", "column": "cause", "when": "code", "values": [""]}"#,
    r#"{"kind": "not_null", "table": "stays", "column": "stay_id"}"#,
    r#"{"kind": "unique", "table": "stays", "columns": ["patient_id", "code"]}"#,
    r#"{"kind": "inside", "table": "notes", "time": "written", "start": "stay_id.admit", "end": "stay_id.discharge"}"#,
    r#"{"kind": "no_overlap", "table": "stays", "owner": "patient_id", "start": "admit", "end": "discharge"}"#,
    r#"{"kind": "paths_agree", "table": "notes", "left": "stay_id.patient_id", "right": "patient_id"}"#,
    r#"{"kind": "at_least_one", "parent": "wards", "child": "stays"}"#,
    r#"{"kind": "restrict", "table": "stays", "attribute": "ward_id.kind", "values": ["child"],
        "from": "patient_id.born", "to": "admit", "below_years": 18}"#,
    r#"{"kind": "capacity", "table": "stays", "link": "ward_id", "start": "admit", "end": "discharge",
        "by": "ward_id.kind", "max": {"adult": 1, "child": 1}}"#,
];

fn rules(report: &CheckReport) -> Vec<(u64, u64)> {
    report.checks.iter().filter(|c| c.kind == "rule").map(|c| (c.checked, c.broken)).collect()
}

#[test]
fn every_kind_holds_on_clean_tables_with_missing_values() {
    let report = example::check(&[PATIENTS, WARDS, STAYS, NOTES], &KINDS).unwrap();
    assert!(report.is_clean(), "{}", report.to_json());
    let counts: Vec<u64> = rules(&report).iter().map(|r| r.0).collect();
    assert_eq!(counts, [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2, 4, 4]);
}

#[test]
fn every_kind_survives_empty_tables_and_single_rows() {
    let cut = |n: usize| {
        [PATIENTS, WARDS, STAYS, NOTES].map(|Table(spec, text)| {
            let lines = text.trim_start().lines().take(n).collect::<Vec<_>>().join("\n");
            (spec, lines)
        })
    };
    for n in [0, 1] {
        let parts = cut(n);
        let tables: Vec<Table> = parts.iter().map(|(spec, text)| Table(spec, text)).collect();
        let report = example::check(&tables, &KINDS).unwrap();
        assert!(rules(&report).iter().all(|(checked, _)| *checked == n as u64));
        // One stay of ward 2 leaves the only ward, 1, without a stay.
        let broken: Vec<&str> = report.checks.iter().filter(|c| c.is_broken()).map(|c| c.kind).collect();
        assert_eq!(broken, if n == 0 { vec![] } else { vec!["foreign key", "rule"] });
    }
}

/// A unit of the inferred parent: notes of a patient belong to the stay that covers them.
fn inferred(notes: &str, stays: &str) -> Result<CheckReport> {
    let patients = Table("patients(*patient_id)", "A\nB");
    let rooms = Table("rooms(*room_id, ward)", "1, N\n2, S");
    let stays = Table("stays(*stay_id, patient_id>patients, admit:time, discharge:time, ward)", stays);
    let notes = Table("notes(patient_id>patients, at:time, room_id>rooms)", notes);
    let tables = [patients, rooms, stays, notes];
    let mut metadata = example::metadata(&tables, &[])?;
    example::infer(&mut metadata, "notes", ["stays", "patient_id", "at", "admit", "discharge"]);
    for rule in [
        r#"{"kind": "paths_agree", "table": "notes", "left": "room_id.ward", "right": "stays.ward"}"#,
        r#"{"kind": "inside", "table": "notes", "time": "at", "start": "stays.admit", "end": "stays.discharge"}"#,
        r#"{"kind": "at_least_one", "parent": "stays", "child": "notes"}"#,
    ] {
        metadata.rules.push(serde_json::from_str(rule).unwrap());
    }
    metadata.validate()?;
    check(&example::data(&tables)?, &metadata)
}

fn broken(report: &CheckReport) -> Vec<(&str, &[u64])> {
    report.checks.iter().filter(|c| c.is_broken()).map(|c| (c.kind, &c.places[..])).collect()
}

const STAY_ROWS: &str = "1, A, 2025-01-01, 2025-01-04, N\n2, A, 2025-01-04, 2025-01-09, S\n3, B, 2025-01-02, , S";

#[test]
fn a_shared_boundary_belongs_to_either_stay() {
    // Rows 2 and 3 lie on the boundary and agree with one stay each; row 4 lies in an open stay; 5 has no time.
    let notes = "A, 2025-01-02, 1\nA, 2025-01-04, 1\nA, 2025-01-04, 2\nB, 2030-01-01, 2\nA, , 2\n , 2025-01-02, 1\nA, 2025-01-05, 2";
    assert_eq!(broken(&inferred(notes, STAY_ROWS).unwrap()), []);
    // Inside the first stay, in a room of the other ward.
    let report = inferred(&notes.replace("A, 2025-01-02, 1", "A, 2025-01-03, 2"), STAY_ROWS).unwrap();
    assert_eq!(broken(&report), [("rule", &[1][..])]);
}

#[test]
fn a_row_outside_every_stay_or_inside_two_is_broken() {
    let outside =
        inferred("A, 2025-01-10, 1\nA, 2025-01-02, 1\nB, 2025-01-01, 2\nA, 2025-01-05, 2\nB, 2025-01-05, 2", STAY_ROWS);
    assert_eq!(broken(&outside.unwrap()), [("inferred parent", &[1, 3][..]), ("rule", &[1, 3][..])]);
    let overlapping = "1, A, 2025-01-01, 2025-01-09, N\n2, A, 2025-01-03, 2025-01-04, S";
    let inside_two = inferred("A, 2025-01-02, 1\nA, 2025-01-03, 2", overlapping).unwrap();
    assert_eq!(inside_two.places("inferred parent"), [2]);
    assert_eq!(inferred("", "").unwrap().broken("inferred parent"), 0);
}

#[test]
fn keys_are_unique_present_and_found() {
    let parents = Table("parents(*id)", "1\n2\n\n2\n1");
    let children = Table("children(id>parents)", "2\n3\n\n1\n4");
    let report = example::check(&[parents, children], &[]).unwrap();
    assert_eq!(report.places("primary key"), [3, 4, 5]);
    assert_eq!((report.broken("foreign key"), report.places("foreign key")), (2, vec![2, 5]));
}

#[test]
fn many_broken_rows_give_five_places() {
    let lines = "1\n".repeat(100);
    let report = example::check(&[Table("t(*id)", &lines)], &[]).unwrap();
    assert_eq!((report.broken("primary key"), report.places("primary key")), (99, vec![2, 3, 4, 5, 6]));
}

#[test]
fn cells_of_another_type_are_counted_and_the_rest_is_checked() {
    let t = Table("t(n:number, at:time)", "1, 2025-01-01\nsecret, 2025-01-02\n9, yesterday\n7, 2025-01-03");
    let mut metadata =
        example::metadata(&[t], &[r#"{"kind": "range", "table": "t", "column": "n", "max": "8"}"#]).unwrap();
    metadata.tables["t"].columns["at"].sdtype = Sdtype::Datetime { format: Some("%Y-%m-%d".into()) };
    let report = check(&example::data(&[t]).unwrap(), &metadata).unwrap();
    assert_eq!((report.places("type"), report.places("rule")), (vec![2, 3], vec![3]));
    assert!(!report.to_json().contains("secret") && !report.to_json().contains("yesterday"));
}

#[test]
fn formats_and_listed_values_are_checked() {
    let t = Table("t(*id, n:number, sex, alive)", "P001, 5, F, true\nP02, 6, M, 1\nxP003, 50, , maybe\nP004, , X,");
    let mut metadata = example::metadata(&[t], &[]).unwrap();
    let columns = &mut metadata.tables["t"].columns;
    columns["id"].sdtype = Sdtype::Id { regex: Some(r"P\d{3}".into()) };
    columns["alive"].sdtype = Sdtype::Boolean;
    columns["n"].parameters.insert("range_max".into(), 10.into());
    columns["n"].parameters.insert("range_is_nullable".into(), false.into());
    columns["sex"].parameters.insert("range_values".into(), vec!["F", "M"].into());
    let report = check(&example::data(&[t]).unwrap(), &metadata).unwrap();
    assert_eq!((report.places("format"), report.places("domain")), (vec![2, 3], vec![3, 4, 4, 3]));
}

#[test]
fn dates_and_times_compare_by_the_day() {
    let t = Table("t(at:time, day:time)", "2025-01-01 10:00:00, 2025-01-01\n2025-01-02 00:00:00, 2025-01-01");
    let rule = r#"{"kind": "order", "table": "t", "low": "at", "high": "day"}"#;
    assert_eq!(example::check(&[t], &[rule]).unwrap().places("rule"), [2]);
}

#[test]
fn a_rule_that_is_not_enforced_is_listed_and_breaks_nothing() {
    let rule = r#"{"kind": "range", "table": "t", "column": "n", "max": "1", "enforced": false}"#;
    let report = example::check(&[Table("t(n:number)", "5")], &[rule]).unwrap();
    assert!(report.is_clean() && report.broken("rule") == 1);
}

#[test]
fn combinations_without_a_list_are_not_called_checked() {
    let rule = r#"{"kind": "fixed_combinations", "table": "t", "columns": ["a", "b"]}"#;
    let report = example::check(&[Table("t(a, b)", "1, 2")], &[rule]).unwrap();
    assert_eq!((rules(&report).len(), report.notes.len()), (0, 1));
}

#[test]
fn everything_that_makes_no_sense_is_said_at_once() {
    let t = Table("t(n:number, label)", "5, x");
    let order = r#"{"kind": "order", "table": "t", "low": "n", "high": "label"}"#;
    let formula = r#"{"kind": "formula", "table": "t", "column": "n", "equals": "label + 1"}"#;
    let e = example::check(&[t], &[order, formula]).unwrap_err();
    assert_eq!(e.problems().len(), 2, "{e}");
    assert!(e.to_string().contains("can't be compared") && !e.to_string().contains('x'), "{e}");
    let mut data = example::data(&[t]).unwrap();
    let metadata = example::metadata(&[t, Table("u(a)", "")], &[]).unwrap();
    data.tables.insert("t".into(), data.tables["t"].project(&[0]).unwrap());
    assert_eq!(check(&data, &metadata).unwrap_err().problems().len(), 2);
}
