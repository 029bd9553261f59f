//! Rules: found, written down, looked over, kept; proved in parts as at once; and wrong ones refused.

use std::fs;
use std::path::Path;

use crate::common::{folder, hospital, run};

#[test]
fn found_rules_are_written_for_a_person_to_look_over() {
    let dir = folder();
    let data = hospital().data();
    let plain = fs::read_to_string(data.join("metadata.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&plain).unwrap();
    json["x_healthdata"].as_object_mut().unwrap().remove("rules");
    fs::write(dir.path().join("plain.json"), json.to_string()).unwrap();
    let find = format!("rules {} --metadata @/plain.json --out @/found.json", data.display());
    let said = run(dir.path(), &find).fine().out;
    for rule in [
        "admissions: admit_ts <= discharge_ts",
        "admissions: admit_ts .. discharge_ts of one patient_id never overlap",
        "admissions: at least one row of diagnoses",
        "wards: ward_name determines specialty",
    ] {
        assert!(said.contains(rule), "{rule} is missing in\n{said}");
    }
    let found = healthdata_io::read_metadata(&dir.path().join("found.json")).unwrap();
    assert!(!found.rules.is_empty() && found.rules.iter().all(|r| r.found));
    // What was looked over is used as it is.
    let fit = format!("fit {} --metadata @/found.json --out @/m.model", data.display());
    assert!(run(dir.path(), &fit).fine().err.contains("found and accepted"));
    assert!(run(dir.path(), &format!("{fit} --rules declared")).fine().err.contains("rules: 0 declared"));
    run(dir.path(), &find.replace("found.json", "plain.txt").replace("plain.json", "none.json")).failed();
    run(dir.path(), &format!("{fit} --rules some")).failed_in_one_line();
    run(dir.path(), &format!("{fit} --broken-rules mend")).failed_in_one_line();
}

/// Two tables and the rules of their metadata.
fn clinic(dir: &Path, rules: &str) {
    let stays: String =
        (0..60).map(|i| format!("S{i},{},{},{},k{}\n", i, i + 1 + i % 7, 2 * i + 1 + i % 7, i % 3)).collect();
    fs::write(dir.join("stays.csv"), format!("stay,low,high,sum,kind\n{stays}")).unwrap();
    let metadata = format!(
        r#"{{"METADATA_SPEC_VERSION": "V2", "tables": {{"stays": {{"primary_key": "stay", "columns": {{
        "stay": {{"sdtype": "id"}}, "low": {{"sdtype": "numerical"}}, "high": {{"sdtype": "numerical"}},
        "sum": {{"sdtype": "numerical"}}, "kind": {{"sdtype": "categorical"}}}}}}}},
        "x_healthdata": {{"rules": [{rules}]}}}}"#
    );
    fs::write(dir.join("metadata.json"), metadata).unwrap();
}

#[test]
fn rules_that_make_no_sense_are_refused_by_name() {
    let order = |low: &str, high: &str, strict: bool| {
        format!(r#"{{"kind": "order", "table": "stays", "low": "{low}", "high": "{high}", "strict": {strict}}}"#)
    };
    let formula = |column: &str, equals: &str| {
        format!(r#"{{"kind": "formula", "table": "stays", "column": "{column}", "equals": "{equals}"}}"#)
    };
    let cases = [
        (order("low", "hihg", false), "unknown column \"hihg\""),
        (order("low", "high", true) + ", " + &order("high", "low", false), "is broken in 60 of 60 rows"),
        (
            formula("low", "sum - high") + ", " + &formula("sum", "low + high"),
            "formulas go in a circle: low -> sum -> low",
        ),
        (formula("sum", "low + high") + ", " + &formula("sum", "high + low"), "compute the same column"),
        (order("high", "low", false), "is broken in 60 of 60 rows of stays (first: data row 1); leave the rule out"),
        (
            r#"{"kind": "range", "table": "stays", "column": "low", "max": "9"}"#.into(),
            "low at most 9 is broken in 50 of 60 rows",
        ),
        (r#"{"class_name": "OneHotEncoding", "parameters": {"column_names": ["low"]}}"#.into(), "has no rule here"),
        (r#"{"kind": "order", "table": "stays", "low": "kind", "high": "low"}"#.into(), "kind"),
    ];
    for (rules, expected) in cases {
        let dir = folder();
        clinic(dir.path(), &rules);
        let said = run(dir.path(), "fit @ --out @/m.model").failed();
        assert!(said.contains(expected), "{expected} is not in\n{said}");
        assert!(!dir.path().join("m.model").exists());
    }
    let dir = folder();
    clinic(dir.path(), &order("high", "low", false));
    assert!(
        run(dir.path(), "fit @ --out @/m.model --broken-rules drop-rule").fine().err.contains("no longer enforced")
    );
}

#[test]
fn contradictions_are_told_before_the_data_are_asked() {
    let dir = folder();
    let rules = r#"{"kind": "order", "table": "stays", "low": "low", "high": "high", "strict": true},
        {"kind": "order", "table": "stays", "low": "high", "high": "low"}"#;
    clinic(dir.path(), rules);
    let said = run(dir.path(), "fit @ --out @/m.model --broken-rules keep").failed();
    assert!(said.contains("low < high") && said.contains("high <= low") && said.contains("contradict"), "{said}");
}

#[test]
fn what_is_proved_in_parts_is_proved_at_once() {
    let dir = folder();
    run(dir.path(), "reference --patients 1500 --seed 5 --out-dir @/d --quiet").fine();
    let whole = run(dir.path(), "check @/d --json").fine().out;
    assert_eq!(run(dir.path(), "check @/d --json --memory 1MB").fine().out, whole);
    // A repeated row, a time outside every stay, a code twice, a key that leads nowhere.
    let edit = |file: &str, change: &dyn Fn(&mut Vec<String>)| {
        let path = dir.path().join("d").join(file);
        let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        change(&mut lines);
        fs::write(path, lines.join("\n") + "\n").unwrap();
    };
    edit("ehr/patients.csv", &|l| l[700] = l[3].clone());
    edit("ehr/diagnoses.csv", &|l| {
        let cells: Vec<&str> = l[50].splitn(2, ',').collect();
        let twice = format!("D-new,{}", cells[1]);
        l.push(twice);
    });
    edit("iot/vital_signs.csv", &|l| {
        for row in [5000, 9000, 12000] {
            let mut cells: Vec<String> = l[row].split(',').map(str::to_owned).collect();
            cells[3] = "1990-01-01 00:00:00".into();
            l[row] = cells.join(",");
        }
        let mut cells: Vec<String> = l[7000].split(',').map(str::to_owned).collect();
        cells[2] = "D-nowhere".into();
        cells[4] = "many".into();
        l[7000] = cells.join(",");
    });
    let whole = run(dir.path(), "check @/d --json");
    let parts = run(dir.path(), "check @/d --json --memory 1MB --junit @/check.xml");
    assert_eq!((whole.code, parts.code), (Some(1), Some(1)));
    assert_eq!(parts.out, whole.out);
    let xml = fs::read_to_string(dir.path().join("check.xml")).unwrap();
    assert!(xml.starts_with("<?xml") && xml.contains("<failure") && !xml.contains("D-nowhere"));
    run(dir.path(), "check @/d --memory 0").failed_in_one_line();
    run(dir.path(), "check @/d --junit @/d/metadata.json").failed_in_one_line();
}
