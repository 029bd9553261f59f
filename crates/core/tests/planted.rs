//! Planted defects: each must be found and named, and a fair draw must be left alone.

mod made;

use healthdata_core::evaluate::{EvaluateOptions, Report, Score, Section, Verdict, evaluate};
use healthdata_core::rng::{Stream, name};
use made::{Clinic, metadata};

const N: usize = 2000;

fn report(synthetic: &Clinic, skip: &[Section]) -> Report {
    let (real, holdout) = (Clinic::new(1, N).tables("r"), Clinic::new(2, N).tables("h"));
    let options = EvaluateOptions { skip: skip.to_vec(), ..EvaluateOptions::default() };
    evaluate(&real, &synthetic.tables("s"), Some(&holdout), &metadata(), &options, &|_| ())
        .expect("the made tables can be compared")
}

const SLOW: [Section; 2] = [Section::Detection, Section::Utility];

fn of(report: &Report, verdict: Verdict) -> Vec<&Score> {
    report.scores.iter().filter(|s| s.verdict == verdict).collect()
}

fn gaps(report: &Report, section: Section) -> Vec<String> {
    of(report, Verdict::Gap)
        .iter()
        .filter(|s| s.section == section)
        .map(|s| format!("{} {}", s.metric, s.place()))
        .collect()
}

#[test]
fn a_fair_draw_is_fine() {
    let r = report(&Clinic::new(3, N), &[]);
    let alarms = of(&r, Verdict::CopyingAlarm);
    assert!(alarms.is_empty(), "{alarms:?}");
    // Three standard errors on each of about 150 scores: less than one false gap is expected.
    let gaps = of(&r, Verdict::Gap);
    assert!(gaps.len() <= 2, "{} of {}: {gaps:#?}", gaps.len(), r.scores.len());
    let fine = of(&r, Verdict::Fine).len();
    assert!(fine > 100, "{fine} of {}", r.scores.len());
}

#[test]
fn a_shuffled_column_is_named() {
    let mut c = Clinic::new(3, N);
    let mut pulse: Vec<i64> = c.vitals.iter().map(|v| v.pulse).collect();
    Stream::new(7, name(&["shuffle"]), 0).shuffle(&mut pulse);
    c.vitals.iter_mut().zip(pulse).for_each(|(v, p)| v.pulse = p);
    let r = report(&c, &SLOW);
    assert!(gaps(&r, Section::Columns).is_empty());
    assert!(gaps(&r, Section::Pairs).iter().any(|g| g.contains("pulse x pressure")));
    let b = &r.blame[0];
    assert_eq!((b.table.as_str(), b.column.as_str()), ("vitals", "pulse"), "{:?}", r.blame);
}

#[test]
fn a_broken_link_is_named() {
    let mut c = Clinic::new(3, N);
    let mut wards: Vec<usize> = c.stays.iter().map(|s| s.ward).collect();
    Stream::new(7, name(&["shuffle"]), 0).shuffle(&mut wards);
    c.stays.iter_mut().zip(wards).for_each(|(s, w)| s.ward = w);
    let r = report(&c, &SLOW);
    let family = gaps(&r, Section::Family);
    assert!(family.iter().any(|g| g.contains("severity x wards.specialty")), "{family:?}");
    assert!(family.iter().all(|g| g.contains("ward")), "{family:?}");
    let worst = r
        .links
        .iter()
        .min_by(|a, b| (a.score.unwrap() - a.best.unwrap()).total_cmp(&(b.score.unwrap() - b.best.unwrap())));
    assert_eq!(worst.map(|l| l.parent.as_str()), Some("wards"));
}

#[test]
fn swapped_times_break_an_order() {
    let mut c = Clinic::new(3, N);
    c.stays.iter_mut().step_by(50).for_each(|s| std::mem::swap(&mut s.admit, &mut s.discharge));
    let r = report(&c, &SLOW);
    let rules = gaps(&r, Section::Rules);
    assert!(rules.iter().any(|g| g.contains("admit <= discharge")), "{rules:?}");
    assert!(r.findings[0].contains("admit <= discharge") && r.findings[0].contains("2.0"), "{:?}", r.findings);
}

#[test]
fn copied_patients_raise_the_alarm() {
    let (real, mut c) = (Clinic::new(1, N), Clinic::new(3, N));
    let copied = N / 20;
    c.stays.retain(|s| s.patient >= copied);
    c.vitals.retain(|v| v.patient >= copied);
    c.patients[..copied].clone_from_slice(&real.patients[..copied]);
    c.stays.extend(real.stays.iter().filter(|s| s.patient < copied).cloned());
    c.vitals.extend(real.vitals.iter().filter(|v| v.patient < copied).cloned());
    let r = report(&c, &SLOW);
    let alarms = of(&r, Verdict::CopyingAlarm);
    let entity = alarms.iter().find(|s| s.metric.contains("entities") && s.table == "patients");
    // Patients without a stay own nothing and are not counted: one in four.
    let share = entity.and_then(|s| s.synthetic).unwrap();
    assert!((share - 0.05).abs() < 0.02, "{alarms:?}");
    assert_eq!(
        r.questions.iter().find(|q| q.section == Section::Copies).map(|q| q.verdict),
        Some(Verdict::CopyingAlarm)
    );
}

#[test]
fn a_small_shift_is_named() {
    let mut c = Clinic::new(3, N);
    // The pulse spreads by about 17: a tenth of it.
    c.vitals.iter_mut().for_each(|v| v.pulse += 2);
    let r = report(&c, &SLOW);
    // A tenth of the spread moves the distribution function by 0.04; patients differ, so it takes many of them.
    let b = &r.blame[0];
    assert_eq!((b.table.as_str(), b.column.as_str()), ("vitals", "pulse"), "{:?} {:?}", r.blame, r.findings);
}

#[test]
fn order_lost_within_patients_is_named() {
    let mut c = Clinic::new(3, N);
    let mut s = Stream::new(7, name(&["shuffle"]), 0);
    for of_one in c.vitals.chunk_by_mut(|a, b| a.patient == b.patient) {
        let mut rows: Vec<_> = of_one.iter().map(|v| (v.pulse, v.pressure, v.state)).collect();
        s.shuffle(&mut rows);
        of_one.iter_mut().zip(rows).for_each(|(v, r)| (v.pulse, v.pressure, v.state) = r);
    }
    let r = report(&c, &SLOW);
    let time = gaps(&r, Section::Time);
    assert!(time.iter().any(|g| g.contains("correlation with 1 before vitals: pulse")), "{time:?}");
    assert!(gaps(&r, Section::Columns).is_empty() && gaps(&r, Section::Pairs).is_empty());
}

#[test]
fn a_classifier_names_what_gave_it_away() {
    let mut c = Clinic::new(3, N);
    c.vitals.iter_mut().for_each(|v| v.pressure = v.pressure.map(|p| p - p % 5));
    let only = Section::ALL.into_iter().filter(|s| *s != Section::Detection).collect::<Vec<_>>();
    let r = report(&c, &only);
    let rows = r.scores.iter().find(|s| s.metric == "rows" && s.table == "vitals").unwrap();
    assert_eq!(rows.verdict, Verdict::Gap);
    assert!(rows.synthetic.unwrap() > 0.8 && rows.culprits[0].feature == "pressure", "{rows:?}");
}
