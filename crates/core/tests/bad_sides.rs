//! Data that can't be compared: a row of the report with the reason or a clear error, never a crash or a silent NaN.

mod made;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, new_null_array};
use healthdata_core::Dataset;
use healthdata_core::evaluate::{EvaluateOptions, Report, Verdict, evaluate};
use made::{Clinic, metadata};

const N: usize = 48;

fn clinic(seed: u64) -> Dataset {
    Clinic::new(seed, N).tables(&seed.to_string())
}

/// Evaluates with the spoilt side as the synthetic and as the real one, with a holdout and without.
fn reports(spoil: impl Fn(&mut Dataset)) -> Vec<Report> {
    let mut spoilt = clinic(1);
    spoil(&mut spoilt);
    let (fair, holdout) = (clinic(2), clinic(3));
    let options = EvaluateOptions::default();
    let mut out = Vec::new();
    for (real, synthetic) in [(&fair, &spoilt), (&spoilt, &fair)] {
        for holdout in [Some(&holdout), None] {
            let report = evaluate(real, synthetic, holdout, &metadata(), &options, &|_| ()).expect("tables in common");
            for s in &report.scores {
                let shown = [s.score, s.best, s.real, s.synthetic, s.holdout].into_iter().flatten();
                assert!(shown.into_iter().all(f64::is_finite), "{s:?}");
                assert!(s.score.is_none_or(|v| (-1e-12..=1.0 + 1e-12).contains(&v)), "{s:?}");
                assert!(s.score.is_some() || s.note.is_some() && s.verdict == Verdict::Failed, "{s:?}");
            }
            out.push(report);
        }
    }
    out
}

fn replace(data: &mut Dataset, table: &str, column: &str, with: impl Fn(&ArrayRef) -> Option<ArrayRef>) {
    let old = &data.tables[table];
    let schema = old.schema();
    let columns = schema.fields().iter().zip(old.columns()).filter_map(|(f, a)| {
        let a = if f.name() == column { with(a)? } else { a.clone() };
        Some((f.name().clone(), a))
    });
    let new = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, a)| (n, a, true))).unwrap();
    data.tables.insert(table.to_owned(), new);
}

fn says(reports: &[Report], what: &str) {
    for r in reports {
        let notes = r.notes.iter().chain(r.scores.iter().filter_map(|s| s.note.as_ref()));
        assert!(notes.into_iter().any(|n| n.contains(what)), "{what}: {:?}", r.notes);
    }
}

#[test]
fn a_missing_table_is_named() {
    says(&reports(|d| drop(d.tables.shift_remove("vitals"))), "table vitals is missing");
    says(&reports(|d| drop(d.tables.shift_remove("patients"))), "table patients is missing");
}

#[test]
fn a_missing_column_is_named() {
    says(&reports(|d| replace(d, "vitals", "pulse", |_| None)), "vitals.pulse");
    says(&reports(|d| replace(d, "stays", "patient_id", |_| None)), "patient_id");
}

#[test]
fn another_type_is_named() {
    let text = |a: &ArrayRef| Some(Arc::new(StringArray::from(vec!["much"; a.len()])) as ArrayRef);
    says(&reports(|d| replace(d, "vitals", "pulse", text)), "vitals.pulse");
    says(&reports(|d| replace(d, "stays", "admit", text)), "stays.admit");
    let whole = |a: &ArrayRef| Some(Arc::new(Int64Array::from_iter_values(0..a.len() as i64)) as ArrayRef);
    reports(|d| replace(d, "stays", "severity", whole));
    reports(|d| replace(d, "stays", "patient_id", whole));
}

#[test]
fn empty_tables_and_one_row_are_judged_as_far_as_they_go() {
    let cut = |n: usize| {
        move |d: &mut Dataset| {
            for table in ["patients", "stays", "vitals"] {
                let t = d.tables[table].slice(0, n);
                d.tables.insert(table.to_owned(), t);
            }
        }
    };
    says(&reports(cut(0)), "table vitals has no rows");
    reports(cut(1));
    reports(|d| {
        let t = d.tables["patients"].slice(0, 0);
        d.tables.insert("patients".to_owned(), t);
    });
}

#[test]
fn constants_nothing_known_and_unknown_labels_are_judged() {
    for column in ["pulse", "state", "at"] {
        reports(|d| replace(d, "vitals", column, |a| Some(new_null_array(a.data_type(), a.len()))));
        reports(|d| {
            replace(d, "vitals", column, |a| {
                let same = vec![0u64; a.len()];
                Some(arrow_select::take::take(a, &arrow_array::UInt64Array::from(same), None).unwrap())
            });
        });
    }
    let unknown = |a: &ArrayRef| Some(Arc::new(StringArray::from(vec!["Ω"; a.len()])) as ArrayRef);
    let r = reports(|d| replace(d, "vitals", "state", unknown));
    let shape = r[0].scores.iter().find(|s| s.table == "vitals" && s.columns == ["state"] && s.metric.contains("TV"));
    assert!(shape.and_then(|s| s.score).is_some_and(|v| v < 1e-9), "{shape:?}");
}

#[test]
fn nothing_in_common_is_an_error() {
    let e = evaluate(&clinic(1), &Dataset::default(), None, &metadata(), &EvaluateOptions::default(), &|_| ());
    assert!(e.unwrap_err().to_string().contains("no table of the metadata in common"));
}
