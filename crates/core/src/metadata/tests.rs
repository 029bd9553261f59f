//! Metadata files in all their shapes: read, written, refused.

use super::*;
use crate::rule::RuleKind;

/// A hospital with an inferred parent, composite keys, a self reference and two keys to one table.
const HOSPITAL: &str = r#"{
 "METADATA_SPEC_VERSION": "V2",
 "tables": {
  "wards": {"primary_key": "ward_id", "columns": {
    "ward_id": {"sdtype": "id", "regex_format": "W\\d{3}"}, "specialty": {"sdtype": "categorical"},
    "part_of": {"sdtype": "id", "regex_format": "W\\d{3}"}}},
  "patients": {"primary_key": "patient_id", "alternate_keys": ["ssn"], "columns": {
    "patient_id": {"sdtype": "id", "regex_format": "P\\d{6}"}, "ssn": {"sdtype": "ssn", "pii": true},
    "birth_date": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d", "range_is_nullable": false},
    "city": {"sdtype": "city", "pii": false}}},
  "admissions": {"primary_key": "admission_id", "columns": {
    "admission_id": {"sdtype": "id"}, "patient_id": {"sdtype": "id"}, "ward_id": {"sdtype": "id"},
    "from_ward": {"sdtype": "id"},
    "admit_ts": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M:%S"},
    "discharge_ts": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M:%S"},
    "days": {"sdtype": "numerical", "decimal_places": 1, "range_min": 0, "range_max": 400}}},
  "beds": {"primary_key": ["ward_id", "bed"], "columns": {
    "ward_id": {"sdtype": "id"}, "bed": {"sdtype": "numerical"}}},
  "vital_signs": {"columns": {
    "patient_id": {"sdtype": "id"}, "ward_id": {"sdtype": "id"}, "bed": {"sdtype": "numerical"},
    "measured_at": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M:%S"},
    "heart_rate": {"sdtype": "numerical"}, "spo2": {"sdtype": "ordinal", "range_values": [90, 95, 99]},
    "note": {"sdtype": "unknown", "pii": true}, "alarm": {"sdtype": "boolean"}}}},
 "relationships": [
  {"parent_table_name": "wards", "parent_primary_key": "ward_id", "child_table_name": "wards", "child_foreign_key": "part_of"},
  {"parent_table_name": "patients", "parent_primary_key": "patient_id", "child_table_name": "admissions", "child_foreign_key": "patient_id"},
  {"parent_table_name": "wards", "parent_primary_key": "ward_id", "child_table_name": "admissions", "child_foreign_key": "ward_id"},
  {"parent_table_name": "wards", "parent_primary_key": "ward_id", "child_table_name": "admissions", "child_foreign_key": "from_ward"},
  {"parent_table_name": "wards", "parent_primary_key": "ward_id", "child_table_name": "beds", "child_foreign_key": "ward_id"},
  {"parent_table_name": "patients", "parent_primary_key": "patient_id", "child_table_name": "vital_signs", "child_foreign_key": "patient_id"},
  {"parent_table_name": "beds", "parent_primary_key": ["ward_id", "bed"], "child_table_name": "vital_signs", "child_foreign_key": ["ward_id", "bed"]}],
 "x_order": {"admissions": "admit_ts"},
 "x_comment": "ignored",
 "x_healthdata": {
  "tables": {
   "wards": {"owner": "nobody", "reference": true, "description": "where people lie"},
   "admissions": {"domain": "ehr/stays", "owner": {"key": ["patient_id"]}},
   "vital_signs": {"owner": {"inferred": {"table": "admissions", "via": "patient_id", "time": "measured_at",
     "start": "admit_ts", "end": "discharge_ts"}}, "order": "measured_at",
     "columns": {"heart_rate": {"unit": "1/min", "description": "beats"}}}},
  "rules": [
   {"kind": "order", "table": "admissions", "low": "admit_ts", "high": "discharge_ts"},
   {"kind": "order", "table": "admissions", "low": "patient_id.birth_date", "high": "admit_ts"},
   {"kind": "formula", "table": "admissions", "column": "days", "equals": "days + 1 - 1"},
   {"kind": "inside", "table": "vital_signs", "time": "measured_at", "start": "admissions.admit_ts", "end": "admissions.discharge_ts"},
   {"kind": "paths_agree", "table": "vital_signs", "left": "ward_id+bed.ward_id", "right": "admissions.ward_id", "found": true},
   {"kind": "no_overlap", "table": "admissions", "owner": "patient_id", "start": "admit_ts", "end": "discharge_ts"},
   {"kind": "at_least_one", "parent": "admissions", "child": "vital_signs"},
   {"kind": "restrict", "table": "admissions", "attribute": "ward_id.specialty", "values": ["Pediatrics"],
    "from": "patient_id.birth_date", "to": "admit_ts", "below_years": 20},
   {"kind": "range", "table": "patients", "column": "birth_date", "min": "1900-01-01", "enforced": false}]}}"#;

fn problems(json: &str) -> Vec<String> {
    Metadata::from_json(json).unwrap_err().problems().to_vec()
}

/// The hospital with one text replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(HOSPITAL.contains(from), "{from}");
    HOSPITAL.replacen(from, to, 1)
}

#[test]
fn a_file_reads_back_as_it_was_written() {
    let m = Metadata::from_json(HOSPITAL).unwrap();
    assert_eq!(m.tables.len(), 5);
    assert_eq!(m.tables["beds"].primary_key, ["ward_id", "bed"]);
    assert_eq!(m.tables["admissions"].order.as_deref(), Some("admit_ts"));
    assert_eq!(m.tables["patients"].columns["city"].sdtype, Sdtype::Pii { kind: "city".into(), pii: false });
    assert!(m.rules[4].found && !m.rules[8].enforced);
    let again = Metadata::from_json(&m.to_json()).unwrap();
    assert_eq!(again, m);
    let order = |m: &Metadata| m.tables["vital_signs"].columns.keys().cloned().collect::<Vec<_>>();
    assert_eq!(order(&again), order(&m), "column order is output order");
    assert_eq!(again.to_json(), m.to_json());
}

#[test]
fn paths_follow_keys_and_the_inferred_parent() {
    let m = Metadata::from_json(HOSPITAL).unwrap();
    let path = m.resolve("vital_signs", "admissions.ward_id.part_of.specialty").unwrap();
    assert_eq!(path.steps, [Step::Inferred, Step::Key(2), Step::Key(0)]);
    assert_eq!((path.table.as_str(), path.column.as_str()), ("wards", "specialty"));
    let path = m.resolve("vital_signs", "bed.ward_id.specialty").unwrap();
    assert_eq!(path.steps, [Step::Key(6), Step::Key(4)]);
    for (path, what) in [
        ("device_id.ward_id", "goes through \"device_id\", no foreign key"),
        ("heart_rate.x", "\"heart_rate\", which is no foreign key"),
        ("hart_rate", "but vital_signs has \"heart_rate\""),
        ("admissions.ward_id.special", "but wards has \"specialty\""),
    ] {
        let e = m.resolve("vital_signs", path).unwrap_err().to_string();
        assert!(e.contains(what), "{e}");
    }
}

#[test]
fn version_one_becomes_version_two() {
    let m = Metadata::from_json(
        r#"{"METADATA_SPEC_VERSION": "V1", "tables": {"t": {"columns": {
            "n": {"sdtype": "numerical", "computer_representation": "Int64"},
            "c": {"sdtype": "categorical", "order": ["low", "high"]},
            "d": {"sdtype": "categorical", "order_by": "alphabetical"}, "e": {"sdtype": "email"}}}}}"#,
    )
    .unwrap();
    let t = &m.tables["t"];
    assert_eq!(t.columns["c"].sdtype, Sdtype::Ordinal);
    assert_eq!(t.columns["c"].parameters["range_values"], serde_json::json!(["low", "high"]));
    assert_eq!(t.columns["e"].sdtype, Sdtype::Pii { kind: "email".into(), pii: true });
    let json = m.to_json();
    assert!(json.contains("\"V2\"") && !json.contains("\"order\""));
    assert_eq!(Metadata::from_json(&json).unwrap(), m, "what V2 has no place for is kept under our own key");
}

#[test]
fn single_tables_are_called_table() {
    for version in ["", r#""METADATA_SPEC_VERSION": "SINGLE_TABLE_V1","#] {
        let m = Metadata::from_json(&format!(
            r#"{{{version} "primary_key": "id", "columns": {{"id": {{"sdtype": "id"}}}}}}"#
        ));
        assert_eq!(m.unwrap().tables["table"].primary_key, ["id"]);
    }
}

#[test]
fn version_one_parameters_are_refused_in_version_two_and_the_other_way_round() {
    let file = |version: &str, parameter: &str| {
        format!(
            r#"{{"METADATA_SPEC_VERSION": "{version}", "tables": {{"t": {{"columns": {{
                "n": {{"sdtype": "numerical", {parameter}}}}}}}}}}}"#
        )
    };
    let (new, old) = (r#""decimal_places": 2"#, r#""computer_representation": "Float""#);
    assert!(Metadata::from_json(&file("V2", new)).is_ok() && Metadata::from_json(&file("V1", old)).is_ok());
    assert!(problems(&file("V1", new))[0].contains("table t, column n: unknown parameter \"decimal_places\""));
    assert!(
        problems(&file("V2", old))[0].contains("unknown parameter \"computer_representation\" of sdtype numerical")
    );
}

#[test]
fn each_mistake_is_told_with_its_place() {
    for (from, to, told) in [
        (
            r#""child_table_name": "vital_signs", "child_foreign_key": "patient_id""#,
            r#""child_table_name": "vital_signs", "child_foreign_key": "patient""#,
            "relationship patients -> vital_signs names column \"patient\", but vital_signs has \"patient_id\"",
        ),
        (
            r#""child_table_name": "beds", "child_foreign_key": "ward_id""#,
            r#""child_table_name": "bed", "child_foreign_key": "ward_id""#,
            "relationship wards -> bed names the unknown child table \"bed\", but the metadata has \"beds\"",
        ),
        (
            r#"["ward_id", "bed"], "child_table"#,
            r#""bed", "child_table"#,
            "relationship beds -> vital_signs needs as many foreign key columns as primary key columns",
        ),
        (
            r#""primary_key": ["ward_id", "bed"]"#,
            r#""primary_key": ["ward_id", "badge"]"#,
            "table beds: primary_key names column \"badge\"; beds has ward_id, bed",
        ),
        (
            r#""from_ward": {"sdtype": "id"}"#,
            r#""from_ward": {"sdtype": "categorical"}"#,
            "relationship wards -> admissions joins ward_id (id) and from_ward (categorical); give both the same sdtype",
        ),
        (r#""sdtype": "boolean""#, r#""sdtype": "bolean""#, "column alarm: sdtype \"bolean\" is unknown, did you mean"),
        (r#""sdtype": "boolean""#, r#""sdtype": "a-b""#, "column alarm: sdtype \"a-b\" is unknown"),
        (r#""range_max": 400"#, r#""range_max": -1"#, "column days: range_max must be at least range_min"),
        (r#""decimal_places": 1"#, r#""decimal_places": -1"#, "decimal_places must be a whole number from 0"),
        ("[90, 95, 99]", "[90, null]", "column spo2: range_values must be a list of values without null"),
        ("%Y-%m-%d\"", "%Y-%Q-%d\"", "column birth_date has a datetime_format that can't be written and read back"),
        ("%Y-%m-%d\"", "%m-%d\"", "it needs a year"),
        (r"W\\d{3}", r"W\\d{3", "column ward_id has a regex_format that is no regular expression"),
        (r#""alternate_keys": ["ssn"]"#, r#""alternate_keys": ["snn"]"#, "but patients has \"ssn\""),
        (r#""key": ["patient_id"]"#, r#""key": ["admit_ts"]"#, "owner names \"admit_ts\", which is no foreign key"),
        (r#""via": "patient_id""#, r#""via": "ward_id""#, "must be a foreign key of vital_signs and admissions to one"),
        (r#""start": "admit_ts""#, r#""start": "admit_tss""#, "owner names column \"admit_tss\", but admissions has"),
        (r#""order": "measured_at""#, r#""order": "measured""#, "order names column \"measured\", but vital_signs has"),
        (r#""owner": "nobody""#, r#""owner": "no-one""#, "table wards, owner: must be \"nobody\""),
        (r#""owner": "nobody""#, r#""owner": {"key": ["part_of"]}"#, "can't be a key to the table itself"),
        (r#""domain": "ehr/stays""#, r#""domain": "../up""#, "domain must be a folder below the data"),
        (r#""unit": "1/min""#, r#""units": "1/min""#, "unknown key \"units\", but it has \"unit\""),
        (r#""x_comment""#, r#""comment""#, "unknown key \"comment\"; own keys start with x_"),
        (r#""high": "discharge_ts""#, r#""high": "days""#, "compares a datetime with something else"),
        (r#""low": "patient_id.birth_date""#, r#""low": "patient_id.born""#, "ends at column \"born\" of patients"),
        (
            r#""equals": "days + 1 - 1""#,
            r#""equals": "days - hours""#,
            "rule 3: table admissions: unknown column \"hours\"",
        ),
        (r#""owner": "patient_id", "start""#, r#""owner": "days", "start""#, "owner \"days\" is no foreign key"),
        (r#""child": "vital_signs""#, r#""child": "wards""#, "rule 7: table admissions: wards has no foreign key to"),
        (r#""below_years": 20"#, r#""below_years": 2, "min_years": 3"#, "rule 8: table admissions: leaves no years"),
        (r#""min": "1900-01-01""#, r#""min": "1900""#, "rule 9: table patients: min is not written as in the data"),
        (r#""kind": "order""#, r#""kind": "ordre""#, "rule 1: unknown variant `ordre`"),
        (r#""found": true"#, r#""fond": true"#, "rule 5: unknown field `fond`"),
        ("\"V2\"", "\"V9\"", "METADATA_SPEC_VERSION is unknown"),
        (
            r#""x_order": {"admissions": "admit_ts"}"#,
            r#""x_order": {"admission": "a"}"#,
            "but the metadata has \"admissions\"",
        ),
        (
            r#""wards": {"primary_key""#,
            r#""wards": {}, "wards": {"primary_key""#,
            "tables: key \"wards\" is there twice",
        ),
        (r#""part_of"}"#, r#""part_off"}"#, "relationship wards -> wards names column \"part_off\""),
    ] {
        let all = problems(&changed(from, to));
        assert!(all.iter().any(|p| p.contains(told)), "{to}: {all:#?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let json = changed("\"bed\": {\"sdtype\": \"numerical\"}}},", "\"bed\": {\"sdtype\": \"numerical\", \"x\": 1}}},")
        .replacen("\"order\": \"measured_at\"", "\"order\": \"when\"", 1)
        .replacen("\"high\": \"admit_ts\"", "\"high\": \"admitted\"", 1);
    let all = problems(&json);
    assert_eq!(all.len(), 3, "{all:#?}");
    assert!(all[0].starts_with("table beds, column bed") && all[2].starts_with("rule 2"));
}

#[test]
fn owners_in_a_circle_are_refused_and_keys_in_a_circle_are_not() {
    let table = |key: &str, other: &str| TableMeta {
        columns: [key, other].iter().map(|c| (c.to_string(), ColumnMeta::new(Sdtype::Id { regex: None }))).collect(),
        primary_key: vec![key.into()],
        ..Default::default()
    };
    let link = |parent: &str, parent_key: &str, child: &str, child_key: &str| Relationship {
        parent: parent.into(),
        parent_key: vec![parent_key.into()],
        child: child.into(),
        child_key: vec![child_key.into()],
    };
    let tables: IndexMap<String, TableMeta> =
        [("team".to_owned(), table("t", "lead")), ("staff".to_owned(), table("s", "team"))].into();
    let links = vec![link("staff", "s", "team", "lead"), link("team", "t", "staff", "team")];
    let mut meta = Metadata::new(tables, links, Vec::new()).unwrap();
    meta.tables["team"].owner = Owner::Key(vec!["lead".into()]);
    assert!(meta.validate().is_ok());
    meta.tables["staff"].owner = Owner::Key(vec!["team".into()]);
    let e = meta.validate().unwrap_err();
    assert_eq!(e.problems().len(), 1, "{e}");
    assert!(e.to_string().contains("owners go in a circle: "), "{e}");
}

#[test]
fn hostile_files_are_refused_without_panic() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = "x".repeat(1000);
    let long = format!(
        r#"{{"METADATA_SPEC_VERSION": "V2", "tables": {{"{long}": {{"columns": {{"a": {{"sdtype": "id"}}}}}}}}}}"#
    );
    let up = long.replace(&"x".repeat(1000), "../../etc/passwd");
    let many = (0..MAX_TABLES_TRIED).map(|i| format!(r#""t{i}": {{"columns": {{}}}}"#)).collect::<Vec<_>>().join(",");
    let many = format!(r#"{{"METADATA_SPEC_VERSION": "V2", "tables": {{{many}}}}}"#);
    for json in ["", "[]", "{}", "null", r#"{"METADATA_SPEC_VERSION": "V2", "tables": []}"#, &deep, &long, &up, &many] {
        let e = Metadata::from_json(json).unwrap_err();
        assert!(e.problems().len() <= 501 && e.to_string().len() < 100_000);
    }
}

const MAX_TABLES_TRIED: usize = 5_000;

#[test]
fn rules_know_the_table_they_are_about() {
    let m = Metadata::from_json(HOSPITAL).unwrap();
    let RuleKind::NoOverlap { owner, .. } = &m.rules[5].kind else { panic!("rule 6 is no_overlap") };
    assert_eq!(m.step_key("admissions", owner).unwrap(), Some(1));
}

#[test]
fn constraints_of_sdv_are_rules_where_they_say_the_same() {
    let file = |list: &str| {
        format!(
            r#"{{"METADATA_SPEC_VERSION": "V1", "relationships": [], "constraints": {list}, "tables": {{"t": {{"columns": {{
                "a": {{"sdtype": "numerical"}}, "b": {{"sdtype": "numerical"}}, "c": {{"sdtype": "categorical"}},
                "d": {{"sdtype": "categorical"}}}}}}}}}}"#
        )
    };
    let good = r#"[
        {"class_name": "Inequality", "parameters": {"low_column_name": "a", "high_column_name": "b", "table_name": "t"}},
        {"constraint_class": "FixedCombinations", "constraint_parameters": {"column_names": ["c", "d"]}},
        {"class_name": "sdv.constraints.tabular.ScalarRange",
         "parameters": {"column_name": "a", "low_value": 1, "high_value": 5, "strict_boundaries": false}}]"#;
    let rules = Metadata::from_json(&file(good)).unwrap().rules;
    let said: Vec<String> = rules.iter().map(|r| r.describe()).collect();
    assert_eq!(said, ["t: a <= b", "t: only known combinations of c, d", "t: a from 1 to 5"]);
    let bad = r#"[{"class_name": "Positive", "parameters": {"column_name": "a", "strict_boundaries": true}},
        {"class_name": "OneHotEncoding", "parameters": {"column_names": ["a", "b"]}}, {"class_name": "Unique"}, {}]"#;
    let e = Metadata::from_json(&file(bad)).unwrap_err();
    assert_eq!(e.problems().len(), 4, "{e}");
    assert!(e.to_string().contains("OneHotEncoding has no rule here"), "{e}");
}
