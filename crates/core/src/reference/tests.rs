//! Laws of the reference hospital: what holds for every row, and facts that a clinician would look for.

use arrow_array::cast::AsArray;

use super::clock::{self, LAST};
use super::parameters::{EMERGENCY, I10, ICU, J18, PEDIATRICS, SPECIALTIES};
use super::stays::Stay;
use super::vitals::Reading;
use super::*;
use crate::metadata::Sdtype;
use crate::rule::RuleKind;

fn sample() -> Hospital {
    Hospital::simulate(1500, 1)
}

impl Hospital {
    fn with_readings(&self) -> impl Iterator<Item = (&Stay, &Patient, &[Reading])> {
        self.stays.iter().zip(&self.readings).map(|(s, r)| (s, &self.patients[s.patient], r.as_slice()))
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
    assert!(n > 30.0, "too few values to say anything: {n}");
    sum / n
}

/// Pearson's correlation.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let (mx, my) = (mean(pairs.iter().map(|p| p.0)), mean(pairs.iter().map(|p| p.1)));
    let moment = |f: fn(f64, f64) -> f64| pairs.iter().map(|p| f(p.0 - mx, p.1 - my)).sum::<f64>();
    moment(|x, y| x * y) / (moment(|x, _| x * x) * moment(|_, y| y * y)).sqrt()
}

#[test]
fn tables_have_the_columns_of_the_metadata_and_plain_types() {
    let (data, meta) = (hospital(120, 3), metadata());
    assert!(data.tables.keys().eq(meta.tables.keys()));
    for (name, table) in &meta.tables {
        let batch = &data.tables[name];
        assert!(table.columns.keys().eq(batch.schema().fields().iter().map(|f| f.name())), "{name}");
        for (column, m) in &table.columns {
            let read = crate::Column::read(batch.column_by_name(column).unwrap().as_ref(), m).unwrap();
            assert!(!read.is_empty() && (0..read.len()).all(|r| !read.is_null(r)), "{name}.{column}");
            if let (Some(allowed), crate::Column::Text { values, .. }) = (m.parameters.get("range_values"), &read) {
                let allowed: Vec<&str> = allowed.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
                assert!(values.iter().all(|v| allowed.contains(&v)), "{name}.{column}");
            }
        }
    }
}

#[test]
fn keys_are_unique_and_foreign_keys_found() {
    let (data, meta) = (hospital(1500, 1), metadata());
    let texts = |table: &str, column: &str| -> Vec<String> {
        let a = data.tables[table].column_by_name(column).unwrap();
        a.as_string::<i32>().iter().map(|v| v.unwrap().to_owned()).collect()
    };
    for (name, table) in &meta.tables {
        let all = texts(name, &table.primary_key[0]);
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{name}");
        let Sdtype::Id { regex: Some(regex) } = &table.columns[&table.primary_key[0]].sdtype else { panic!("{name}") };
        let (prefix, digits) = regex.split_once(r"\d").unwrap();
        let digits: usize = digits.trim_matches(['{', '}']).parse().unwrap();
        assert_eq!(all[0], format!("{prefix}{:0digits$}", 1), "{name}");
        assert!(all.iter().all(|k| k.len() == prefix.len() + digits));
    }
    for r in &meta.relationships {
        let parents: std::collections::BTreeSet<_> = texts(&r.parent, &r.parent_key[0]).into_iter().collect();
        assert!(texts(&r.child, &r.child_key[0]).iter().all(|k| parents.contains(k)), "{}", r.child);
    }
}

#[test]
fn sizes_are_those_of_a_campus_for_a_thousand_patients() {
    let data = hospital(4000, 1);
    let per_campus = |t: &str| data.tables[t].num_rows() as f64 / 4.0;
    for (table, rows) in [
        ("patients", 1000.0),
        ("admissions", 1500.0),
        ("diagnoses", 2500.0),
        ("wards", 10.0),
        ("staff", 160.0),
        ("devices", 80.0),
        ("vital_signs", 20_000.0),
    ] {
        assert!((per_campus(table) / rows - 1.0).abs() < 0.1, "{table}: {} a campus", per_campus(table));
    }
}

#[test]
fn a_hospital_without_patients_still_stands() {
    let data = hospital(0, 1);
    assert_eq!(data.tables["wards"].num_rows(), 10);
    assert_eq!(data.tables["admissions"].num_rows(), 0);
    assert_eq!(hospital(1499, 1).tables["wards"].num_rows(), 10);
    assert_eq!(hospital(1500, 1).tables["wards"].num_rows(), 20);
}

#[test]
fn the_same_seed_gives_the_same_hospital_and_another_seed_another() {
    let (a, b, c) = (hospital(300, 5), hospital(300, 5), hospital(300, 6));
    assert_eq!(a.tables, b.tables);
    assert_ne!(a.tables["vital_signs"], c.tables["vital_signs"]);
}

#[test]
fn a_patient_is_drawn_without_the_others() {
    let (small, large) = (Hospital::simulate(400, 5), Hospital::simulate(900, 5));
    for (a, b) in small.patients.iter().zip(&large.patients) {
        assert_eq!(format!("{a:?}"), format!("{b:?}"));
    }
}

#[test]
fn stays_lie_in_the_year_after_birth_and_never_overlap() {
    let h = sample();
    let mut last = vec![0; h.patients.len()];
    for s in &h.stays {
        assert!(s.admit >= last[s.patient] && s.admit < s.discharge && s.discharge <= LAST);
        assert!(clock::micros(s.admit) >= h.patients[s.patient].birth * crate::time::DAY);
        last[s.patient] = s.discharge;
    }
}

#[test]
fn children_lie_in_pediatrics_or_emergency_and_nobody_else_in_pediatrics() {
    let h = sample();
    for (s, p, _) in h.with_readings() {
        match clock::whole_years(p.birth, s.admit) {
            ..18 => assert!([PEDIATRICS, EMERGENCY].contains(&s.specialty)),
            _ => assert_ne!(s.specialty, PEDIATRICS),
        }
    }
}

/// The stays of one campus whose patients are born on the days that `birth` gives (days since 1970).
fn stays_of(birth: fn(i64) -> i64, first_day: fn(i64) -> i64) -> (Vec<Patient>, Vec<Stay>) {
    let patients: Vec<Patient> = (0..3000)
        .map(|i| Patient { birth: birth(i), first_day: Some(first_day(i)), ..Patient::draw(9, i as usize) })
        .collect();
    let wards = campus::wards();
    let devices = campus::devices(9, &wards);
    let stays = campus::stays(9, &patients, 0, &wards, &devices);
    assert!(stays.len() > 1000);
    (patients, stays)
}

#[test]
fn whoever_turns_18_between_plan_and_bed_lies_in_the_right_ward() {
    // Everyone comes of age around the day of their first arrival.
    let (patients, stays) = stays_of(|i| clock::FIRST_DAY + i % 360 - 6575 + i % 9, |i| i % 360);
    for s in &stays {
        match clock::whole_years(patients[s.patient].birth, s.admit) {
            ..18 => assert!([PEDIATRICS, EMERGENCY].contains(&s.specialty)),
            _ => assert_ne!(s.specialty, PEDIATRICS),
        }
    }
}

#[test]
fn nobody_is_admitted_before_birth() {
    let (patients, stays) = stays_of(|i| clock::FIRST_DAY + i % 360, |i| i % 360);
    for s in &stays {
        assert!(clock::micros(s.admit) >= patients[s.patient].birth * crate::time::DAY);
    }
}

#[test]
fn no_ward_is_ever_over_full_and_beds_are_worth_counting() {
    let h = sample();
    let mut full = 0;
    for (row, w) in h.wards.iter().enumerate() {
        let of = || h.stays.iter().filter(move |s| s.ward == row);
        assert!(of().all(|s| s.specialty == w.specialty));
        let beds = SPECIALTIES[w.specialty].beds;
        // Stays come in order of admission: the fullest moments are admissions.
        for s in of() {
            let open = of().filter(|o| o.admit <= s.admit && o.discharge > s.admit).count();
            assert!(open <= beds, "ward {row}: {open} in {beds} beds");
            full += usize::from(open == beds);
        }
    }
    assert!(full * 10 > h.stays.len(), "so many beds that the law is empty: full at {full} admissions");
}

#[test]
fn every_stay_has_a_leading_diagnosis_of_its_ward_and_no_code_twice() {
    for s in &sample().stays {
        assert!(SPECIALTIES[s.specialty].leading[s.diagnoses[0].code] > 0.0);
        let codes: std::collections::BTreeSet<_> = s.diagnoses.iter().map(|d| d.code).collect();
        assert_eq!(codes.len(), s.diagnoses.len());
    }
}

#[test]
fn readings_lie_in_their_stay_with_a_device_of_its_ward_and_in_clinical_ranges() {
    let h = sample();
    for (s, _, rows) in h.with_readings() {
        assert!(!rows.is_empty() && rows.windows(2).all(|r| r[0].at < r[1].at));
        for r in rows {
            assert!((s.admit..=s.discharge).contains(&r.at));
            assert_eq!(h.devices[r.device].ward, s.ward);
            assert!(r.diastolic < r.systolic, "{r:?}");
        }
        let own = rows.iter().filter(|r| r.device == s.device).count();
        assert!(own * 2 >= rows.len() || rows.len() < 8, "the bedside device measures most");
    }
}

#[test]
fn staff_work_one_to_three_wards_of_a_campus_and_no_shift_twice() {
    let h = sample();
    for m in &h.staff {
        let pairs: std::collections::BTreeSet<_> = m.assignments.iter().collect();
        let wards: std::collections::BTreeSet<_> = m.assignments.iter().map(|a| a.0).collect();
        assert_eq!(pairs.len(), m.assignments.len());
        assert!((1..=3).contains(&wards.len()) && wards.iter().all(|w| w / 10 == m.assignments[0].0 / 10));
        assert!(m.hired < clock::FIRST_DAY + clock::DAYS && m.hired > clock::FIRST_DAY - 47 * 366);
    }
    for ward in 0..h.wards.len() {
        for shift in 0..3 {
            let nurse = h.staff.iter().any(|m| m.role == 0 && m.assignments.contains(&(ward, shift)));
            assert!(nurse, "ward {ward} without a nurse in shift {shift}");
        }
    }
}

#[test]
fn metadata_declares_the_beds_and_bounds_that_the_simulator_keeps() {
    let meta = metadata();
    let beds = meta.rules.iter().find_map(|r| match &r.kind {
        RuleKind::Capacity { max, .. } => Some(max.clone()),
        _ => None,
    });
    let beds = beds.unwrap();
    assert_eq!(beds.len(), SPECIALTIES.len());
    assert!(SPECIALTIES.iter().all(|s| beds[s.name] as usize == s.beds));
    let data = hospital(1500, 1);
    for rule in &meta.rules {
        if let RuleKind::Range { table, column, min: Some(min), max: Some(max) } = &rule.kind {
            let values = data.tables[table].column_by_name(column).unwrap();
            let values = values.as_primitive::<arrow_array::types::Int64Type>().values();
            let (min, max): (i64, i64) = (min.parse().unwrap(), max.parse().unwrap());
            assert!(values.iter().all(|v| (min..=max).contains(v)), "{column}");
        }
    }
    assert_eq!(Metadata::from_json(&meta.to_json()).unwrap(), meta);
}

#[test]
fn children_have_faster_hearts_and_lower_pressure() {
    let h = sample();
    let young = |child: bool, f: fn(&Reading) -> i64| {
        mean(
            h.with_readings()
                .filter(|(s, p, _)| (p.age(s.admit) < 10.0) == child)
                .flat_map(|(_, _, rows)| rows.iter().map(f))
                .map(|v| v as f64),
        )
    };
    assert!(young(true, |r| r.heart_rate) > young(false, |r| r.heart_rate) + 20.0);
    assert!(young(true, |r| r.systolic) < young(false, |r| r.systolic) - 15.0);
}

#[test]
fn diagnoses_move_the_vital_signs() {
    let h = sample();
    let adults = || h.with_readings().filter(|(s, p, _)| p.age(s.admit) > 40.0);
    let of = |code: usize, has: bool, f: fn(&Reading) -> i64| {
        mean(
            adults()
                .filter(|(s, ..)| s.diagnoses.iter().any(|d| d.code == code) == has)
                .flat_map(|(_, _, rows)| rows.iter().map(f))
                .map(|v| v as f64),
        )
    };
    assert!(of(I10, true, |r| r.systolic) > of(I10, false, |r| r.systolic) + 8.0);
    assert!(of(J18, true, |r| r.spo2) < of(J18, false, |r| r.spo2) - 1.0);
    assert!(of(J18, true, |r| r.heart_rate) > of(J18, false, |r| r.heart_rate) + 5.0);
}

#[test]
fn severity_lowers_saturation_and_grows_with_age() {
    let h = sample();
    let worst = |s: &Stay| s.diagnoses.iter().map(|d| d.severity).max().unwrap() as f64;
    let spo2: Vec<_> = h
        .with_readings()
        .map(|(s, _, rows)| (worst(s), rows.iter().map(|r| r.spo2 as f64).sum::<f64>() / rows.len() as f64))
        .collect();
    assert!(correlation(&spo2) < -0.4);
    let age: Vec<_> =
        h.with_readings().filter(|(_, p, _)| p.age(0) > 20.0).map(|(s, p, _)| (worst(s), p.age(s.admit))).collect();
    assert!(correlation(&age) > 0.1);
}

#[test]
fn intensive_care_is_charted_closer_than_wards() {
    let h = sample();
    let gap = |icu: bool| {
        mean(
            h.with_readings()
                .filter(|(s, ..)| (s.specialty == ICU) == icu && s.specialty != EMERGENCY)
                .flat_map(|(_, _, r)| r.windows(2).map(|w| (w[1].at - w[0].at) as f64)),
        )
    };
    assert!(gap(true) * 2.0 < gap(false));
}

#[test]
fn wards_discharge_by_day() {
    let h = sample();
    let share =
        mean(h.stays.iter().map(|s| f64::from(u8::from((8 * 60..20 * 60).contains(&(s.discharge % clock::DAY))))));
    assert!(share > 0.75, "{share}");
}

#[test]
fn heart_rate_remembers_within_a_stay() {
    let h = sample();
    // Deviations from the mean of the stay: only the memory within the stay is left.
    let mut pairs = Vec::new();
    for (.., rows) in h.with_readings().filter(|(s, _, r)| r.len() >= 12 && s.specialty != EMERGENCY) {
        let level = rows.iter().map(|r| r.heart_rate as f64).sum::<f64>() / rows.len() as f64;
        pairs.extend(rows.windows(2).map(|w| (w[0].heart_rate as f64 - level, w[1].heart_rate as f64 - level)));
    }
    let r = correlation(&pairs);
    assert!(r > 0.4, "{r}");
}

#[test]
fn patients_ease_towards_going_home() {
    let h = sample();
    let change =
        mean(h.with_readings().filter(|(s, _, r)| s.home && s.diagnoses[0].severity == 2 && r.len() >= 10).map(
            |(_, _, r)| {
                let part = |rows: &[Reading]| rows.iter().map(|r| r.heart_rate as f64).sum::<f64>() / rows.len() as f64;
                part(&r[r.len() - 4..]) - part(&r[..4])
            },
        ));
    assert!(change < -5.0, "{change}");
}
