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

/// What a patient brings from the ward they come from.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    /// The leading code.
    pub lead: usize,
    /// Every code of that stay.
    pub codes: [bool; 6],
    /// See [`Case::acuity`].
    pub acuity: f64,
}

/// A patient in a bed of a specialty, before anyone has written a diagnosis.
pub(super) struct Case<'a> {
    pub patient: &'a Patient,
    /// Conditions known by now.
    pub chronic: &'a [bool; 6],
    pub specialty: usize,
    pub at: i64,
    pub elective: bool,
    pub carried: Option<&'a Carried>,
}

impl Case<'_> {
    /// How well a code leads a stay of this patient at this time, over all wards; 0 when it can't.
    fn fits(&self, code: usize) -> f64 {
        let age = self.patient.age(self.at);
        if age < LEADING_FROM[code] {
            return 0.0;
        }
        let mut weight = LEADING_BY_AGE[code][band(age)];
        if code == N39 && self.patient.female {
            weight *= N39_WOMEN;
        }
        if code == J18 {
            // Pneumonia peaks in January.
            weight *= 1.0 + 0.35 * cos(std::f64::consts::TAU * (self.at.div_euclid(DAY) - 15) as f64 / 365.0);
        }
        if CHRONIC[code].iter().any(|share| *share > 0.0) {
            weight *= if self.chronic[code] { 1.7 } else { 0.6 };
        }
        weight
    }

    /// The leading code of the stay: the one that brought the patient from the last ward where it fits here too.
    pub fn leading(&self, s: &mut Stream) -> usize {
        let table = &SPECIALTIES[self.specialty].leading;
        let weights: [f64; 6] = std::array::from_fn(|c| table[c] * self.fits(c));
        let drawn = s.weighted(&weights).unwrap_or(J18);
        self.carried.map(|c| c.lead).filter(|c| weights[*c] > 0.0).unwrap_or(drawn)
    }

    /// How ill the patient is: frailty, age, mode of arrival and chance. Those who move are nearly as ill as they
    /// were, a little better when `recovering` from intensive care.
    pub fn acuity(&self, s: &mut Stream, recovering: bool) -> f64 {
        let age = self.patient.age(self.at);
        let by_age = 0.016 * (age - 45.0).max(0.0) + if age < 2.0 { 0.35 } else { 0.0 };
        let by_mode = if self.elective { -0.45 } else { 0.1 };
        let fresh = by_age + by_mode + 0.35 * self.patient.frailty + 0.75 * s.normal() - 0.15;
        match self.carried {
            Some(c) => c.acuity + 0.2 * (fresh - c.acuity) - if recovering { 0.5 } else { 0.0 },
            None => fresh,
        }
    }

    /// All diagnoses of the stay, `lead` first, no code twice.
    pub fn diagnoses(&self, s: &mut Stream, lead: usize, acuity: f64) -> Vec<Diagnosis> {
        let acuity = acuity + SPECIALTIES[self.specialty].acuity;
        let severity = |s: &mut Stream, shift: f64| {
            let z = acuity + shift + 0.5 * s.normal();
            usize::from(z > 0.15) + usize::from(z > 1.2)
        };
        let mut rows = vec![Diagnosis { code: lead, severity: severity(s, 0.0) }];
        for code in 0..CODED.len() {
            let (u, level) = (s.unit(), severity(s, -0.55));
            if code != lead && u < self.second(code) {
                rows.push(Diagnosis { code, severity: level });
            }
        }
        rows
    }

    /// Chance that a code stands beside the leading one.
    fn second(&self, code: usize) -> f64 {
        // Emergency codes what matters now, intensive care finds and causes more.
        let thoroughness = match self.specialty {
            EMERGENCY => 0.55,
            ICU => 1.2,
            _ => 1.0,
        };
        if self.carried.is_some_and(|c| c.codes[code]) {
            // The next ward takes over what the last one wrote.
            return 0.93;
        }
        if self.chronic[code] {
            return CODED[code] * thoroughness;
        }
        let age = 0.4 + self.patient.age(self.at) / 100.0;
        ACUTE_SECOND[code] * age * thoroughness * if self.specialty == ICU { 2.0 } else { 1.0 }
    }
}
