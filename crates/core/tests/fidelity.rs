//! What holds between tables and from row to row survives a fit: pairs across two keys, and the order of a series.

mod made;

use healthdata_core::Dataset;
use healthdata_core::evaluate::{EvaluateOptions, Report, Section, evaluate};
use healthdata_core::fit::{Effort, FitOptions, fit};
use healthdata_core::sample::{SampleRequest, Sampler};
use made::{Clinic, metadata};

const PATIENTS: usize = 800;

/// As many patients as were learned from.
fn generated(effort: Effort) -> Dataset {
    let options = FitOptions { effort, ..FitOptions::default() };
    let real = Clinic::new(1, PATIENTS).tables("r");
    let (model, _) = fit(&real, &metadata(), options, &|_, _| ()).expect("the made tables can be learned");
    let sampler = Sampler::new(&model, SampleRequest::default()).expect("a scale of one");
    assert_eq!(sampler.blocks(), 1);
    let rows = sampler.block(0).expect("one block");
    let names = sampler.tables().into_iter().map(String::from);
    Dataset { tables: names.zip(rows.tables).collect() }
}

fn report(synthetic: &Dataset) -> Report {
    let (real, holdout) = (Clinic::new(1, PATIENTS).tables("r"), Clinic::new(2, PATIENTS).tables("h"));
    let skip = Section::ALL.into_iter().filter(|s| ![Section::Family, Section::Time].contains(s)).collect();
    let options = EvaluateOptions { skip, ..EvaluateOptions::default() };
    evaluate(&real, synthetic, Some(&holdout), &metadata(), &options, &|_| ()).expect("the tables can be compared")
}

/// How far the pairs of related tables stand below a second real draw, on average; and the number of pairs.
fn family_gap(r: &Report) -> (f64, usize) {
    let gaps: Vec<f64> = r.scores.iter().filter(|s| s.section == Section::Family).filter_map(|s| s.gap()).collect();
    (gaps.iter().sum::<f64>() / gaps.len() as f64, gaps.len())
}

fn holds(effort: Effort) {
    let r = report(&generated(effort));
    let (gap, pairs) = family_gap(&r);
    assert!(pairs > 20, "{pairs}");
    // Three hundredths, and one standard error of a share counted in patients.
    let noise = 0.5 / (PATIENTS as f64).sqrt();
    assert!(gap < 0.03 + noise, "{effort:?}: {gap}");
    let lag = |column: &str| {
        let of_it = |m: &str| m.contains("correlation with 1 before");
        let s =
            r.scores.iter().find(|s| of_it(&s.metric) && s.table == "vitals" && s.columns.iter().any(|c| c == column));
        let s = s.expect("the series is scored");
        (s.real.expect("real"), s.synthetic.expect("synthetic"))
    };
    let (real, synthetic) = lag("pulse");
    // A correlation's standard error is below one by the root of the patients, whose rows hang together.
    assert!(real > 0.5 && (real - synthetic).abs() < 0.05 + 2.0 * noise, "{effort:?}: {real} {synthetic}");
}

#[test]
fn one_tree_a_column_keeps_pairs_and_order() {
    holds(Effort::Instant);
}

#[test]
fn boosted_trees_keep_pairs_and_order() {
    holds(Effort::Balanced);
}

/// The bounds can fail: measurements dealt to other patients.
#[test]
fn shuffled_owners_are_seen() {
    let mut c = Clinic::new(3, PATIENTS);
    let n = c.patients.len();
    c.vitals.iter_mut().for_each(|v| v.patient = (v.patient * 7 + 13) % n);
    c.vitals.sort_by_key(|v| (v.patient, v.at));
    let (gap, _) = family_gap(&report(&c.tables("s")));
    assert!(gap > 0.03 + 0.5 / (PATIENTS as f64).sqrt(), "{gap}");
}
