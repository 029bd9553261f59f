//! The simulated hospital as record batches with the columns of the home schema.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};

use super::Hospital;
use super::clock::micros;
use super::parameters::{CITIES, CODES, DEVICES, ROLES, SEVERITIES, SHIFTS, SPECIALTIES};
use crate::Dataset;

/// Ids count from 1 and grow a digit where they must.
fn id(prefix: &str, width: usize, row: usize) -> String {
    format!("{prefix}{:0width$}", row + 1)
}

fn patient(row: usize) -> String {
    id("P", 6, row)
}
fn ward(row: usize) -> String {
    id("W", 3, row)
}
fn member(row: usize) -> String {
    id("S", 5, row)
}
fn device(row: usize) -> String {
    id("D", 5, row)
}
fn admission(row: usize) -> String {
    id("ADM", 7, row)
}

fn text<T: AsRef<str>>(values: impl Iterator<Item = T>) -> ArrayRef {
    // Collected first: the array wants to know its length.
    Arc::new(StringArray::from_iter_values(values.collect::<Vec<T>>()))
}
fn dates(days: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Date32Array::from_iter_values(days.map(|d| d as i32)))
}
fn times(minutes: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(minutes.map(micros)))
}
fn numbers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

/// All eight tables.
pub(super) fn tables(h: &Hospital) -> Dataset {
    let mut data = Dataset::default();
    let mut add = |name: &str, columns: Vec<(&str, ArrayRef)>| {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, false)));
        data.tables.insert(name.to_owned(), batch.expect("columns of one table are made from the same rows"));
    };
    add(
        "patients",
        vec![
            ("patient_id", text((0..h.patients.len()).map(patient))),
            ("sex", text(h.patients.iter().map(|p| if p.female { "F" } else { "M" }))),
            ("birth_date", dates(h.patients.iter().map(|p| p.birth))),
            ("city", text(h.patients.iter().map(|p| CITIES[p.city]))),
        ],
    );
    add(
        "admissions",
        vec![
            ("admission_id", text((0..h.stays.len()).map(admission))),
            ("patient_id", text(h.stays.iter().map(|s| patient(s.patient)))),
            ("ward_id", text(h.stays.iter().map(|s| ward(s.ward)))),
            ("admit_ts", times(h.stays.iter().map(|s| s.admit))),
            ("discharge_ts", times(h.stays.iter().map(|s| s.discharge))),
        ],
    );
    let diagnoses = || h.stays.iter().enumerate().flat_map(|(row, s)| s.diagnoses.iter().map(move |d| (row, d)));
    add(
        "diagnoses",
        vec![
            ("diagnosis_id", text(diagnoses().enumerate().map(|(row, _)| id("DX", 7, row)))),
            ("admission_id", text(diagnoses().map(|(row, _)| admission(row)))),
            ("icd10_code", text(diagnoses().map(|(_, d)| CODES[d.code]))),
            ("severity", text(diagnoses().map(|(_, d)| SEVERITIES[d.severity]))),
        ],
    );
    let specialty = |w: &super::campus::Ward| SPECIALTIES[w.specialty].name;
    add(
        "wards",
        vec![
            ("ward_id", text((0..h.wards.len()).map(ward))),
            ("ward_name", text(h.wards.iter().map(|w| format!("{} {}", specialty(w), w.letter)))),
            ("specialty", text(h.wards.iter().map(specialty))),
        ],
    );
    add(
        "staff",
        vec![
            ("staff_id", text((0..h.staff.len()).map(member))),
            ("role", text(h.staff.iter().map(|m| ROLES[m.role]))),
            ("hire_date", dates(h.staff.iter().map(|m| m.hired))),
        ],
    );
    let assignments = || h.staff.iter().enumerate().flat_map(|(row, m)| m.assignments.iter().map(move |a| (row, a)));
    add(
        "staff_assignments",
        vec![
            ("assignment_id", text(assignments().enumerate().map(|(row, _)| id("ASG", 6, row)))),
            ("staff_id", text(assignments().map(|(row, _)| member(row)))),
            ("ward_id", text(assignments().map(|(_, (w, _))| ward(*w)))),
            ("shift", text(assignments().map(|(_, (_, shift))| SHIFTS[*shift]))),
        ],
    );
    add(
        "devices",
        vec![
            ("device_id", text((0..h.devices.len()).map(device))),
            ("ward_id", text(h.devices.iter().map(|d| ward(d.ward)))),
            ("device_type", text(h.devices.iter().map(|d| DEVICES[d.kind]))),
        ],
    );
    let readings = || h.stays.iter().zip(&h.readings).flat_map(|(s, rows)| rows.iter().map(move |r| (s, r)));
    add(
        "vital_signs",
        vec![
            ("measurement_id", text(readings().enumerate().map(|(row, _)| id("VS", 8, row)))),
            ("patient_id", text(readings().map(|(s, _)| patient(s.patient)))),
            ("device_id", text(readings().map(|(_, r)| device(r.device)))),
            ("measured_at", times(readings().map(|(_, r)| r.at))),
            ("heart_rate", numbers(readings().map(|(_, r)| r.heart_rate))),
            ("spo2", numbers(readings().map(|(_, r)| r.spo2))),
            ("systolic_bp", numbers(readings().map(|(_, r)| r.systolic))),
            ("diastolic_bp", numbers(readings().map(|(_, r)| r.diastolic))),
        ],
    );
    data
}
