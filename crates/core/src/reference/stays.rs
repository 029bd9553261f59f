//! What happens to a patient: the way in, the stay itself, the move to another ward, the return after home.

use super::clock::{self, DAY, LAST};
use super::diagnoses::{Carried, Case, Diagnosis};
use super::parameters::{
    ADMITTED, CODED, CYCLE_DAYS, DETERIORATES, EARLY_RETURN, EMERGENCY, ENTRIES, ICU, LATE_RETURN, NEXT_CYCLE,
    ONCOLOGY, PEDIATRICS, SPECIALTIES, STEP_DOWN, TO_ICU, band,
};
use super::patients::Patient;
use crate::math::{exp, ln, sigmoid};
use crate::rng::{Stream, name};

/// A stay in one bed: one row of admissions with its diagnoses.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    /// Row of the patients table.
    pub patient: usize,
    /// Counts the stays and attempts of the patient; names the streams of the stay.
    pub visit: u64,
    pub specialty: usize,
    /// Row of the wards table.
    pub ward: usize,
    /// Row of the devices table: the one at the bedside.
    pub device: usize,
    pub admit: i64,
    pub discharge: i64,
    /// Ends at home rather than in another ward.
    pub home: bool,
    pub diagnoses: Vec<Diagnosis>,
}

/// Where a patient wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Into this specialty.
    Specialty(usize),
    /// To intensive care from a ward or from Emergency.
    IntensiveCare,
    /// From Emergency or intensive care to a ward that treats the leading diagnosis.
    Ward,
}

/// A patient at the door.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub at: i64,
    pub visit: u64,
    pub want: Want,
    pub elective: bool,
    /// Conditions known by now.
    pub chronic: [bool; 6],
    /// What the patient brings from another ward.
    pub carried: Option<Carried>,
    /// The specialty of the last stay.
    pub last: usize,
    /// Times turned away.
    pub tries: u32,
}

/// What is decided on admission.
pub(super) struct Plan {
    pub diagnoses: Vec<Diagnosis>,
    pub discharge: i64,
    pub acuity: f64,
    /// None: home.
    pub onward: Option<Want>,
}

/// The stream of one purpose for one visit of one patient.
pub(super) fn stream(seed: u64, purpose: &str, patient: usize, visit: u64) -> Stream {
    Stream::new(seed, name(&["reference", purpose]), (patient as u64) << 20 | visit)
}

/// The first request; None for patients who never come.
pub(super) fn first(seed: u64, patient: &Patient) -> Option<Request> {
    let day = patient.first_day?;
    let s = &mut stream(seed, "entry", patient.index, 0);
    entry(s, patient, patient.chronic, 0, day, patient.earliest(), None)
}

/// A request through one of the entries, or into `same` with its mode; None when it falls after the year.
fn entry(
    s: &mut Stream,
    patient: &Patient,
    chronic: [bool; 6],
    visit: u64,
    day: i64,
    earliest: i64,
    same: Option<(usize, bool)>,
) -> Option<Request> {
    let weights: Vec<f64> = ENTRIES.iter().map(|e| e.weight[band(patient.age(day * DAY))]).collect();
    let drawn = &ENTRIES[s.weighted(&weights).unwrap_or(0)];
    let (specialty, elective) = same.unwrap_or((drawn.specialty, drawn.elective));
    let at = clock::arrival(s, day, earliest, elective);
    let want = Want::Specialty(specialty);
    (at < LAST).then_some(Request { at, visit, want, elective, chronic, carried: None, last: specialty, tries: 0 })
}

/// Diagnoses, length and end of the stay of `request` in a ward of `specialty` from `at`.
pub(super) fn plan(seed: u64, patient: &Patient, request: &Request, specialty: usize, at: i64) -> Plan {
    let s = &mut stream(seed, "stay", patient.index, request.visit);
    let Request { chronic, elective, .. } = request;
    let case = Case { patient, chronic, specialty, at, elective: *elective, carried: request.carried.as_ref() };
    let acuity = case.acuity(s, request.last == ICU);
    let lead = case.leading(s);
    let diagnoses = case.diagnoses(s, lead, acuity);
    let severity = diagnoses[0].severity;
    let onward = onward(s, specialty, diagnoses[0], patient.is_child(at));
    let length = length(s, specialty, severity, diagnoses.len(), patient.age(at), request.elective);
    // Wards discharge by day; Emergency and moves to intensive care happen at any hour.
    let discharge = match (specialty, onward) {
        (EMERGENCY, _) | (_, Some(Want::IntensiveCare)) => at + length,
        _ => clock::discharge(s, at, at + length),
    };
    Plan { diagnoses, discharge, acuity, onward }
}

/// Where the patient goes after this stay; None is home.
fn onward(s: &mut Stream, specialty: usize, leading: Diagnosis, child: bool) -> Option<Want> {
    let (u, v) = (s.unit(), s.unit());
    let severity = leading.severity;
    // Intensive care takes grown-ups who are very ill with something it treats.
    let critical = severity == 2 && !child && SPECIALTIES[ICU].leading[leading.code] > 0.0;
    match specialty {
        EMERGENCY if u >= ADMITTED[severity] => None,
        EMERGENCY if critical && v < TO_ICU => Some(Want::IntensiveCare),
        EMERGENCY => Some(Want::Ward),
        ICU => (u < STEP_DOWN).then_some(Want::Ward),
        _ => (critical && u < DETERIORATES).then_some(Want::IntensiveCare),
    }
}

/// Minutes of stay: log-normal by specialty, longer with severity, further diagnoses and age.
fn length(s: &mut Stream, specialty: usize, severity: usize, diagnoses: usize, age: f64, elective: bool) -> i64 {
    let p = &SPECIALTIES[specialty];
    let factor = [0.78, 1.05, 1.45][severity]
        * (1.0 + 0.06 * (diagnoses as f64 - 1.0))
        * (1.0 + 0.004 * (age - 50.0).max(-30.0))
        * if elective { 0.9 } else { 1.05 };
    let mu = ln(p.los_days * factor) - p.los_sigma * p.los_sigma / 2.0;
    let days = exp(mu + p.los_sigma * s.normal());
    // An hour is the shortest stay worth a bed, sixty days the longest this hospital keeps anyone.
    (days * DAY as f64).clamp(60.0, 60.0 * DAY as f64) as i64
}

/// The request that follows a stay: the move that was planned, or a return after home.
pub(super) fn next(seed: u64, patient: &Patient, request: &Request, stay: &Stay, plan: &Plan) -> Option<Request> {
    let mut chronic = request.chronic;
    // A leading condition that lasts is known from now on.
    let lead = stay.diagnoses[0].code;
    chronic[lead] |= CODED[lead] > 0.0;
    let known = Request { chronic, last: stay.specialty, ..request.clone() };
    match plan.onward {
        None => home(seed, patient, &known, stay.discharge),
        Some(want) => {
            let s = &mut stream(seed, "move", patient.index, request.visit);
            let at = stay.discharge + s.between(10, 60);
            let codes = std::array::from_fn(|c| stay.diagnoses.iter().any(|d| d.code == c));
            let carried = Some(Carried { lead, codes, acuity: plan.acuity });
            Some(Request { at, visit: request.visit + 1, want, elective: false, carried, tries: 0, ..known })
        }
    }
}

/// The return of a patient who went home at `left`; None when there is none in this year.
pub(super) fn home(seed: u64, patient: &Patient, request: &Request, left: i64) -> Option<Request> {
    let s = &mut stream(seed, "return", patient.index, request.visit);
    let age = patient.age(left);
    let burden =
        0.45 * patient.frailty + 0.008 * (age - 50.0) + 0.2 * request.chronic.iter().filter(|c| **c).count() as f64;
    let visit = request.visit + 1;
    let day = left.div_euclid(DAY);
    let child = patient.is_child(left);
    let again = if child { PEDIATRICS } else { request.last };
    if again == ONCOLOGY && request.elective && s.unit() < NEXT_CYCLE {
        let due = day + CYCLE_DAYS - 4;
        return entry(s, patient, request.chronic, visit, due, left + DAY, Some((ONCOLOGY, true)));
    }
    if s.unit() < sigmoid(EARLY_RETURN + burden) {
        // Half within ten days of leaving.
        let gap = exp(ln(10.0) + 0.8 * s.normal()).clamp(0.5, 45.0);
        let same = s.unit() < 0.5 && again != EMERGENCY;
        let to = if same && again != ICU { again } else { EMERGENCY };
        return entry(s, patient, request.chronic, visit, day + gap as i64, left + DAY / 4, Some((to, false)));
    }
    if s.unit() < sigmoid(LATE_RETURN + burden) {
        let gap = 14.0 - 120.0 * ln(1.0 - s.unit());
        // A third come back to the specialty that knows them, as planned.
        let known = s.unit() < 0.33 && again != EMERGENCY && again != ICU;
        return entry(s, patient, request.chronic, visit, day + gap as i64, left + DAY, known.then_some((again, true)));
    }
    None
}
