//! The diagnoses of a stay: one leading code that fits the ward, then comorbidities, each with its severity.

use super::clock::DAY;
use super::parameters::{
    ACUTE_SECOND, CHRONIC, CODED, EMERGENCY, ICU, J18, LEADING_BY_AGE, LEADING_FROM, N39, N39_WOMEN, SPECIALTIES, band,
};
use super::patients::Patient;
use crate::math::cos;
use crate::rng::Stream;

/// One row of the diagnoses table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Diagnosis {
    /// Index of the code.
    pub code: usize,
    /// 0 low, 1 medium, 2 high.
    pub severity: usize,
}

/// How well a code leads a stay of this patient at this time, over all wards; 0 when it can't.
fn fits(code: usize, patient: &Patient, chronic: &[bool; 6], at: i64) -> f64 {
    let age = patient.age(at);
    if age < LEADING_FROM[code] {
        return 0.0;
    }
    let mut weight = LEADING_BY_AGE[code][band(age)];
    if code == N39 && patient.female {
        weight *= N39_WOMEN;
    }
    if code == J18 {
        // Pneumonia peaks in January.
        weight *= 1.0 + 0.35 * cos(std::f64::consts::TAU * (at.div_euclid(DAY) - 15) as f64 / 365.0);
    }
    if CHRONIC[code].iter().any(|share| *share > 0.0) {
        weight *= if chronic[code] { 1.7 } else { 0.6 };
    }
    weight
}

/// The leading code of a stay: the one that brought the patient from the last ward where it fits here too.
pub(super) fn leading(
    s: &mut Stream,
    patient: &Patient,
    chronic: &[bool; 6],
    specialty: usize,
    at: i64,
    carried: Option<usize>,
) -> usize {
    let table = &SPECIALTIES[specialty].leading;
    let weights: [f64; 6] = std::array::from_fn(|c| table[c] * fits(c, patient, chronic, at));
    let drawn = s.weighted(&weights).unwrap_or(J18);
    carried.filter(|c| weights[*c] > 0.0).unwrap_or(drawn)
}

/// How ill the patient is when the course begins: frailty, age, mode of arrival and chance.
pub(super) fn acuity(s: &mut Stream, patient: &Patient, at: i64, elective: bool) -> f64 {
    let age = patient.age(at);
    let by_age = 0.016 * (age - 45.0).max(0.0) + if age < 2.0 { 0.35 } else { 0.0 };
    let by_mode = if elective { -0.45 } else { 0.1 };
    by_age + by_mode + 0.35 * patient.frailty + 0.75 * s.normal() - 0.15
}

/// All diagnoses of a stay, leading one first, no code twice.
pub(super) fn diagnoses(
    s: &mut Stream,
    patient: &Patient,
    chronic: &[bool; 6],
    specialty: usize,
    at: i64,
    lead: usize,
    acuity: f64,
) -> Vec<Diagnosis> {
    let acuity = acuity + SPECIALTIES[specialty].acuity;
    let severity = |s: &mut Stream, shift: f64| {
        let z = acuity + shift + 0.5 * s.normal();
        usize::from(z > 0.15) + usize::from(z > 1.2)
    };
    let mut rows = vec![Diagnosis { code: lead, severity: severity(s, 0.0) }];
    // Emergency codes what matters now, intensive care finds and causes more.
    let thoroughness = match specialty {
        EMERGENCY => 0.55,
        ICU => 1.2,
        _ => 1.0,
    };
    for code in 0..CODED.len() {
        let acute = ACUTE_SECOND[code] * (0.4 + patient.age(at) / 100.0) * if specialty == ICU { 2.0 } else { 1.0 };
        let chance = if chronic[code] { CODED[code] } else { acute };
        let (u, level) = (s.unit(), severity(s, -0.55));
        if code != lead && u < chance * thoroughness {
            rows.push(Diagnosis { code, severity: level });
        }
    }
    rows
}
