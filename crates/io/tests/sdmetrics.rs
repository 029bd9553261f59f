//! Agreement with SDMetrics 0.32: every property and detail row of the stored oracle cases, to 1e-9.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use healthdata_core::evaluate::{Detail, SdReport, sdmetrics_reports};
use healthdata_core::{Dataset, Metadata};
use serde_json::Value;

fn oracle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/sdmetrics")
}

/// Every table as text, an empty field missing.
fn read(folder: &Path, metadata: &Metadata) -> Dataset {
    let mut data = Dataset::default();
    for name in metadata.tables.keys() {
        let mut reader = csv::Reader::from_path(folder.join(format!("{name}.csv"))).unwrap();
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let columns = header.iter().enumerate().map(|(i, h)| {
            let values = rows.iter().map(|r| (!r[i].is_empty()).then(|| r[i].to_owned()));
            (h.clone(), Arc::new(StringArray::from_iter(values)) as ArrayRef)
        });
        data.tables.insert(name.clone(), RecordBatch::try_from_iter(columns).unwrap());
    }
    data
}

fn close(ours: Option<f64>, theirs: &Value) -> bool {
    match (ours, theirs.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn differences(case: &str, ours: &SdReport, theirs: &Value) -> Vec<String> {
    let mut out = Vec::new();
    if !close(ours.score, &theirs["score"]) {
        out.push(format!("{case}: score {:?} is not {}", ours.score, theirs["score"]));
    }
    let properties = theirs["properties"].as_object().unwrap();
    assert_eq!(properties.len(), ours.properties.len(), "{case}");
    for (property, (name, p)) in ours.properties.iter().zip(properties) {
        assert_eq!(&property.name, name);
        if !close(property.score, &p["score"]) {
            out.push(format!("{case} {name}: {:?} is not {}", property.score, p["score"]));
        }
        let rows = p["details"].as_array().unwrap();
        if rows.len() != property.details.len() {
            out.push(format!("{case} {name}: {} rows, not {}", property.details.len(), rows.len()));
        }
        for (d, r) in property.details.iter().zip(rows) {
            out.extend(row_difference(d, r).map(|e| format!("{case} {name}: {e}")));
        }
    }
    out
}

fn row_difference(d: &Detail, r: &Value) -> Option<String> {
    let columns: Vec<&str> = r["columns"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let same = d.table == r["table"].as_str().unwrap()
        && d.metric == r["metric"].as_str().unwrap()
        && (d.columns == columns || columns.is_empty())
        && close(d.score, &r["score"])
        && close(d.real, &r["real"])
        && close(d.synthetic, &r["synthetic"])
        && close(d.association, &r["association"])
        && d.counts == r["counts"].as_bool().unwrap();
    (!same).then(|| format!("{d:?}\n      is not {r}"))
}

#[test]
fn every_row_equals_sdmetrics() {
    let mut out = Vec::new();
    for case in ["clinic", "plants", "single", "tiny"] {
        let folder = oracle().join(case);
        let text = |f: &str| std::fs::read_to_string(folder.join(f)).unwrap();
        let metadata = Metadata::from_json(&text("metadata.json")).unwrap();
        let expected: Value = serde_json::from_str(&text("expected.json")).unwrap();
        let [quality, diagnostic] = sdmetrics_reports(
            &read(&folder.join("real"), &metadata),
            &read(&folder.join("synthetic"), &metadata),
            &metadata,
        );
        out.extend(differences(case, &quality, &expected["quality"]));
        out.extend(differences(case, &diagnostic, &expected["diagnostic"]));
    }
    assert!(out.is_empty(), "{} differences\n{}", out.len(), out.join("\n"));
}
