//! The report of a run in the same run: entities held out before fitting, thresholds, and what is refused.

use std::fs;

use tempfile::TempDir;

use crate::common::run;

/// A small hospital and a model that never saw a fifth of it.
fn fitted() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    run(dir.path(), "reference --patients 300 --out-dir @/real --quiet").fine();
    run(dir.path(), "fit @/real --out @/my.model --holdout 0.2 --quiet").fine();
    dir
}

#[test]
fn a_sample_is_judged_beside_who_was_held_out() {
    let dir = fitted();
    let sample = "sample @/my.model --real @/real --report @/r.html --report-json @/r.json --quiet";
    let ran = run(dir.path(), &format!("{sample} --out-dir @/new"));
    // So small a model may miss an order that nobody declared.
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    let page = fs::read_to_string(dir.path().join("r.html")).unwrap();
    assert!(page.contains("<title>Synthetic data report</title>"));
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("r.json")).unwrap()).unwrap();
    assert_eq!(report["ceiling"], "holdout");
    let patients = report["tables"].as_array().unwrap().iter().find(|t| t["name"] == "patients").unwrap();
    let rows: Vec<u64> = patients["rows"].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).collect();
    // Real and held out are the two parts of the 300; four standard errors of a share of a fifth.
    assert_eq!(rows[0] + rows[2], 300);
    assert!(rows[2].abs_diff(60) < 28, "{rows:?}");
    let missed = run(dir.path(), &format!("{sample} --out-dir @/new2 --min-score quality=1"));
    assert_eq!(missed.code, Some(1), "{missed:?}");
    assert!(missed.err.contains("quality is 0."), "{}", missed.err);
}

#[test]
fn other_data_and_idle_flags_are_refused_before_anything_is_written() {
    let dir = fitted();
    run(dir.path(), "reference --patients 300 --seed 9 --out-dir @/other --quiet").fine();
    let other = run(dir.path(), "sample @/my.model --out-dir @/new --report @/r.html --real @/other").failed();
    assert!(other.contains("not the data that the model was fitted on"), "{other}");
    let none = run(dir.path(), "sample @/my.model --out-dir @/new --report @/r.html").failed_in_one_line();
    assert!(none.contains("--real DIR"), "{none}");
    let idle = run(dir.path(), "sample @/my.model --out-dir @/new --min-score quality=0.5").failed_in_one_line();
    assert!(idle.contains("--report FILE"), "{idle}");
    run(dir.path(), "fit @/real --out @/b.model --holdout 1").failed_in_one_line();
    run(dir.path(), "evaluate --real @/real --synthetic @/other --only nonsense").failed_in_one_line();
    assert!(!dir.path().join("new").exists());
}
