//! A small made clinic: patients with stays in wards and a series of measurements, drawn afresh for each seed.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use healthdata_core::rng::{Stream, name};
use healthdata_core::{Dataset, Metadata};

pub const METADATA: &str = r#"{
 "METADATA_SPEC_VERSION": "V1",
 "tables": {
  "wards": {"primary_key": "ward_id", "columns": {"ward_id": {"sdtype": "id"}, "specialty": {"sdtype": "categorical"}, "beds": {"sdtype": "numerical"}}},
  "patients": {"primary_key": "patient_id", "columns": {"patient_id": {"sdtype": "id"}, "sex": {"sdtype": "categorical"}, "birth": {"sdtype": "datetime"}, "weight": {"sdtype": "numerical"}}},
  "stays": {"primary_key": "stay_id", "columns": {"stay_id": {"sdtype": "id"}, "patient_id": {"sdtype": "id"}, "ward_id": {"sdtype": "id"}, "admit": {"sdtype": "datetime"}, "discharge": {"sdtype": "datetime"}, "severity": {"sdtype": "categorical"}}},
  "vitals": {"primary_key": "vital_id", "columns": {"vital_id": {"sdtype": "id"}, "patient_id": {"sdtype": "id"}, "at": {"sdtype": "datetime"}, "pulse": {"sdtype": "numerical"}, "pressure": {"sdtype": "numerical"}, "state": {"sdtype": "categorical"}}}
 },
 "relationships": [
  {"parent_table_name": "wards", "parent_primary_key": "ward_id", "child_table_name": "stays", "child_foreign_key": "ward_id"},
  {"parent_table_name": "patients", "parent_primary_key": "patient_id", "child_table_name": "stays", "child_foreign_key": "patient_id"},
  {"parent_table_name": "patients", "parent_primary_key": "patient_id", "child_table_name": "vitals", "child_foreign_key": "patient_id"}
 ]
}"#;

pub fn metadata() -> Metadata {
    Metadata::from_json(METADATA).expect("the made metadata is valid")
}

const HOUR: i64 = 3_600_000_000;

#[derive(Clone)]
pub struct Patient {
    pub sex: &'static str,
    pub birth: i64,
    pub weight: i64,
}

#[derive(Clone)]
pub struct Stay {
    pub patient: usize,
    pub ward: usize,
    pub admit: i64,
    pub discharge: i64,
    pub severity: &'static str,
}

#[derive(Clone)]
pub struct Vital {
    pub patient: usize,
    pub at: i64,
    pub pulse: i64,
    pub pressure: Option<i64>,
    pub state: &'static str,
}

/// The clinic before it becomes tables, so that a test can spoil it.
#[derive(Clone, Default)]
pub struct Clinic {
    pub patients: Vec<Patient>,
    pub stays: Vec<Stay>,
    pub vitals: Vec<Vital>,
}

impl Clinic {
    /// `n` patients of one draw.
    pub fn new(seed: u64, n: usize) -> Self {
        let mut clinic = Clinic::default();
        for p in 0..n {
            let mut s = Stream::new(seed, name(&["clinic"]), p as u64);
            let age = s.unit() * 90.0;
            let sex = if s.unit() < 0.5 { "F" } else { "M" };
            let weight = 55.0 + 25.0 * (age / 90.0) + if sex == "M" { 10.0 } else { 0.0 } + 9.0 * s.normal();
            let birth = ((2020.0 - 1970.0 - age) * 8766.0) as i64 * HOUR;
            clinic.patients.push(Patient { sex, birth, weight: weight.round() as i64 });
            let mut now = (50 * 8766 + s.below(2000) as i64) * HOUR;
            let (mut pulse, level) = (0.0, 60.0 + 0.5 * age + 6.0 * s.normal());
            for _ in 0..s.below(4) {
                now += (24.0 + 900.0 * s.unit()) as i64 * HOUR;
                let admit = now;
                let severe = s.unit() < 0.15 + 0.5 * age / 90.0;
                let severity = if severe { "high" } else { "low" };
                // Severe cases go to the first two wards, mostly.
                let ward = if severe && s.unit() < 0.8 { s.below(2) } else { 2 + s.below(4) } as usize;
                for _ in 0..3 + s.below(5) {
                    now += (2.0 + 5.0 * s.unit()) as i64 * HOUR + s.below(3600) as i64 * 1_000_000;
                    pulse = 0.85 * pulse + 0.53 * s.normal();
                    let shown = level + if severe { 12.0 } else { 0.0 } + 10.0 * pulse;
                    let pressure = 50.0 + 0.8 * shown + 5.0 * s.normal();
                    let known = s.unit() > 0.08;
                    clinic.vitals.push(Vital {
                        patient: p,
                        at: now,
                        pulse: shown.round() as i64,
                        pressure: known.then_some(pressure.round() as i64),
                        state: if pulse > 0.4 { "restless" } else { "calm" },
                    });
                }
                now += s.below(10) as i64 * HOUR;
                clinic.stays.push(Stay { patient: p, ward, admit, discharge: now, severity });
            }
        }
        clinic
    }

    /// The clinic as tables; keys carry `prefix`, so that two draws share none.
    pub fn tables(&self, prefix: &str) -> Dataset {
        let text = |v: Vec<String>| Arc::new(StringArray::from(v)) as ArrayRef;
        let label = |v: Vec<&'static str>| Arc::new(StringArray::from(v)) as ArrayRef;
        let time = |v: Vec<i64>| Arc::new(TimestampMicrosecondArray::from(v)) as ArrayRef;
        let whole = |v: Vec<Option<i64>>| Arc::new(Int64Array::from(v)) as ArrayRef;
        let id = |table: &str, i: usize| format!("{prefix}{table}{i}");
        let mut data = Dataset::default();
        let mut add = |name: &str, columns: Vec<(&str, ArrayRef)>| {
            data.tables.insert(name.to_owned(), RecordBatch::try_from_iter(columns).expect("equal lengths"));
        };
        let specialties = vec!["ICU", "Surgery", "Medicine", "Medicine", "Geriatrics", "Eye"];
        add(
            "wards",
            vec![
                ("ward_id", text((0..6).map(|i| format!("W{i}")).collect())),
                ("specialty", label(specialties)),
                ("beds", whole(vec![Some(8), Some(20), Some(24), Some(24), Some(30), Some(10)])),
            ],
        );
        let p = &self.patients;
        add(
            "patients",
            vec![
                ("patient_id", text((0..p.len()).map(|i| id("P", i)).collect())),
                ("sex", label(p.iter().map(|p| p.sex).collect())),
                ("birth", time(p.iter().map(|p| p.birth).collect())),
                ("weight", whole(p.iter().map(|p| Some(p.weight)).collect())),
            ],
        );
        let s = &self.stays;
        add(
            "stays",
            vec![
                ("stay_id", text((0..s.len()).map(|i| id("S", i)).collect())),
                ("patient_id", text(s.iter().map(|s| id("P", s.patient)).collect())),
                ("ward_id", text(s.iter().map(|s| format!("W{}", s.ward)).collect())),
                ("admit", time(s.iter().map(|s| s.admit).collect())),
                ("discharge", time(s.iter().map(|s| s.discharge).collect())),
                ("severity", label(s.iter().map(|s| s.severity).collect())),
            ],
        );
        let v = &self.vitals;
        add(
            "vitals",
            vec![
                ("vital_id", text((0..v.len()).map(|i| id("V", i)).collect())),
                ("patient_id", text(v.iter().map(|v| id("P", v.patient)).collect())),
                ("at", time(v.iter().map(|v| v.at).collect())),
                ("pulse", whole(v.iter().map(|v| Some(v.pulse)).collect())),
                ("pressure", whole(v.iter().map(|v| v.pressure).collect())),
                ("state", label(v.iter().map(|v| v.state).collect())),
            ],
        );
        data
    }
}
