//! The main job: which files it writes, what they hold and what it says.

use std::fs;

use crate::common::{files, folder, run};

/// The home schema: table and header, as everyone downstream knows it.
const SCHEMA: [(&str, &str); 8] = [
    ("ehr/patients", "patient_id,sex,birth_date,city"),
    ("ehr/admissions", "admission_id,patient_id,ward_id,admit_ts,discharge_ts"),
    ("ehr/diagnoses", "diagnosis_id,admission_id,icd10_code,severity"),
    ("erp/wards", "ward_id,ward_name,specialty"),
    ("erp/staff", "staff_id,role,hire_date"),
    ("erp/staff_assignments", "assignment_id,staff_id,ward_id,shift"),
    ("iot/devices", "device_id,ward_id,device_type"),
    ("iot/vital_signs", "measurement_id,patient_id,device_id,measured_at,heart_rate,spo2,systolic_bp,diastolic_bp"),
];

#[test]
fn a_small_hospital_is_written_proved_and_told_about() {
    let dir = folder();
    let said = run(dir.path(), "--scale 0.05 --out-dir @/out").fine();
    let written = files(&dir.path().join("out"));
    let mut expected: Vec<String> = SCHEMA.iter().map(|(t, _)| format!("{t}.csv")).collect();
    expected.extend(["manifest.json".into(), "metadata.json".into()]);
    expected.sort();
    assert_eq!(written.keys().cloned().collect::<Vec<_>>(), expected);
    for (table, header) in SCHEMA {
        let text = std::str::from_utf8(&written[&format!("{table}.csv")]).unwrap();
        assert_eq!(text.lines().next(), Some(header), "{table}");
        assert!(text.lines().count() > 1 && text.ends_with('\n'), "{table}");
    }
    assert_eq!(String::from_utf8_lossy(&written["ehr/patients.csv"]).lines().count(), 51);
    // What is said: the rows of each table, each rule with its rows, and what to do next; nothing on stderr.
    let patients = said.out.lines().find(|l| l.starts_with("patients ")).expect("a line for patients");
    assert!(patients.contains(" 50 ") && patients.ends_with("out/ehr/patients.csv"), "{patients}");
    assert!(said.out.contains("admissions: admit_ts <= discharge_ts"), "{}", said.out);
    assert!(said.out.contains("rows per second") && said.out.contains("healthdata check"), "{}", said.out);
    assert_eq!(said.err, "");

    // The files hold what was proved while they were made.
    let check = run(dir.path(), "check @/out").fine();
    assert!(check.out.contains("Everything holds on every row."), "{}", check.out);
    run(dir.path(), "verify @/out").fine();

    // The same run again, by its other name, gives the same bytes; another seed does not.
    run(dir.path(), "generate --scale 0.05 --out-dir @/again --quiet --threads 1").fine();
    assert_eq!(files(&dir.path().join("again")), written);
    let quiet = run(dir.path(), "generate --scale 0.05 --out-dir @/again --quiet --seed 43 --format parquet").fine();
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    let parquet = files(&dir.path().join("again"));
    assert!(parquet.contains_key("ehr/patients.parquet") && !parquet.contains_key("ehr/patients.csv"));
    run(dir.path(), "check @/again --quiet").fine();
}

#[test]
fn a_broken_file_is_found_with_its_rule_and_place() {
    let dir = folder();
    run(dir.path(), "reference --patients 60 --out-dir @/out --quiet").fine();
    run(dir.path(), "check @/out").fine();
    let path = dir.path().join("out/ehr/admissions.csv");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // The third stay ends before it begins.
    let cells: Vec<&str> = lines[3].split(',').collect();
    lines[3] = format!("{},{},{},{},2001-01-01 00:00:00", cells[0], cells[1], cells[2], cells[3]);
    fs::write(&path, lines.join("\n") + "\n").unwrap();

    let said = run(dir.path(), "check @/out");
    assert_eq!(said.code, Some(1), "{}", said.err);
    let line = "rule admissions: admit_ts <= discharge_ts: broken in 1 of";
    assert!(said.out.contains(line) && said.out.contains("(data row 3)"), "{}", said.out);
    let quiet = run(dir.path(), "check @/out --quiet");
    assert_eq!((quiet.code, quiet.out.as_str()), (Some(1), ""));
    assert!(quiet.err.starts_with("error: ") && quiet.err.contains(line), "{}", quiet.err);
    let json = run(dir.path(), "check @/out --json");
    assert_eq!(json.code, Some(1));
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["clean"], false);
    let rules = report["checks"].as_array().unwrap();
    let broken = rules.iter().find(|c| c["what"] == "admissions: admit_ts <= discharge_ts").unwrap();
    assert_eq!((broken["broken"].as_u64(), broken["places"][0].as_u64()), (Some(1), Some(3)));

    let verify = run(dir.path(), "verify @/out");
    assert_eq!(verify.code, Some(1));
    assert!(verify.err.contains("admissions.csv"), "{}", verify.err);
}

#[test]
fn help_has_examples_for_every_command() {
    let dir = folder();
    let help = run(dir.path(), "--help").fine().out;
    for command in ["generate", "reference", "detect", "fit", "sample", "check", "inspect", "verify"] {
        assert!(help.contains(&format!("\n  {command}")), "{command} is missing in\n{help}");
        let own = run(dir.path(), &format!("{command} --help")).fine().out;
        assert!(own.contains("Example") && own.contains(&format!("healthdata {command}")), "{own}");
    }
    assert_eq!(run(dir.path(), "--version").fine().out, format!("healthdata {}\n", env!("CARGO_PKG_VERSION")));
}
