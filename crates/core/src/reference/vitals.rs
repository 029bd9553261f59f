//! Vital signs of a stay: rounds on the ward's schedule, four signs that wander around the patient's own level.
//!
//! Each sign is (own level by age) + (diagnoses and severity, easing towards discharge) + (hour of day) + (an
//! autoregressive process in continuous time). Oxygen is modelled as the deficit from 100 % on a log scale, blood
//! pressure as systolic and pulse pressure, so that diastolic stays below systolic by construction.

use super::clock::DAY;
use super::parameters::{EMERGENCY, SPECIALTIES};
use super::patients::Patient;
use super::stays::{self, Stay};
use crate::math::{cos, exp, ln};
use crate::rng::Stream;

/// One row of vital_signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub at: i64,
    /// Row of the devices table.
    pub device: usize,
    pub heart_rate: i64,
    pub spo2: i64,
    pub systolic: i64,
    pub diastolic: i64,
}

/// The four signs, or shifts of them: beats per minute, mmHg systolic, mmHg pulse pressure, log of the deficit.
type Signs = [f64; 4];

/// Median heart rate by age: Fleming et al., Lancet 2011, to 18 years; then NHANES resting pulse (Ostchega et al.,
/// National Health Statistics Reports 41, 2011) and a few beats for being in hospital.
#[rustfmt::skip]
const HEART_RATE: [(f64, f64); 12] = [
    (0.0, 138.0), (0.5, 134.0), (1.0, 126.0), (2.0, 114.0), (4.0, 102.0), (6.0, 95.0), (8.0, 90.0), (12.0, 83.0),
    (18.0, 76.0), (35.0, 75.0), (60.0, 74.0), (100.0, 73.0),
];
/// Systolic by age: Fourth Report on blood pressure in children (Pediatrics 2004), then Franklin et al.
/// (Framingham), Circulation 1997, and NHANES, for people without hypertension, which adds its own share.
#[rustfmt::skip]
const SYSTOLIC: [(f64, f64); 11] = [
    (0.0, 78.0), (1.0, 89.0), (3.0, 93.0), (6.0, 98.0), (10.0, 104.0), (14.0, 110.0), (18.0, 115.0), (35.0, 117.0),
    (50.0, 120.0), (70.0, 126.0), (100.0, 128.0),
];
/// Pulse pressure by age (same sources): it widens after 50, when diastolic falls and systolic goes on rising.
const PULSE_PRESSURE: [(f64, f64); 7] =
    [(0.0, 32.0), (3.0, 38.0), (10.0, 41.0), (18.0, 45.0), (45.0, 46.0), (65.0, 55.0), (100.0, 66.0)];
/// Deficit of oxygen saturation by age: 97 to 98 % in the young, about 96 % at 80 (assumed).
const DEFICIT: [(f64, f64); 4] = [(0.0, 2.1), (18.0, 2.1), (60.0, 2.9), (100.0, 4.0)];
/// How far below 0 the logarithmic scale of the deficit begins, so that a reading of 100 % exists.
const FULL: f64 = 0.7;

/// Spread between people, and of the wandering within a stay.
const BETWEEN: Signs = [6.5, 9.0, 6.0, 0.22];
const WITHIN: Signs = [6.0, 8.0, 4.5, 0.24];
/// Hours after which the wandering has forgotten most of itself.
const MEMORY_HOURS: f64 = 11.0;
/// What a count and a cuff add at each reading.
const READING: Signs = [1.8, 2.5, 1.5, 0.06];
/// Daily swing: highest at 5 pm, lowest before dawn; pressure dips about 10 % at night (O'Brien et al., Lancet 1988).
const SWING: Signs = [4.0, 5.5, 1.0, -0.03];

/// What a diagnosis of medium severity does, and the share of it that treatment takes away.
const DIAGNOSIS: [(Signs, f64); 6] = [
    ([1.0, 15.0, 6.0, 0.02], 0.35),  // I10: pressure
    ([3.0, 3.0, 2.0, 0.04], 0.2),    // E11
    ([11.0, -3.0, -2.0, 0.45], 0.8), // J18: oxygen falls, heart races
    ([0.0, 0.0, 0.0, 0.0], 0.0),     // K21
    ([4.0, 5.0, 1.0, 0.0], 0.7),     // M54: pain
    ([7.0, -5.0, -2.0, 0.05], 0.8),  // N39: fever
];
/// How a diagnosis counts at each severity.
const BY_SEVERITY: [f64; 3] = [0.6, 1.0, 1.5];
/// How much more the leading diagnosis counts than the others.
const LEADING: f64 = 1.2;
/// What illness as such does at the worst severity of the stay: shock and hypoxia at the far end.
const ILLNESS: [Signs; 3] = [[0.0, 0.0, 0.0, 0.0], [5.0, -1.0, -1.0, 0.12], [13.0, -6.0, -4.0, 0.30]];
/// Share of the illness that is gone at discharge, to home and to another ward.
const EASED: [f64; 2] = [0.75, 0.4];

/// Bounds of what is charted: heart rate, systolic, pulse pressure, diastolic, saturation.
const HEART: (i64, i64) = (35, 210);
const SYS: (i64, i64) = (60, 230);
const PULSE: (i64, i64) = (15, 110);
const DIA: (i64, i64) = (30, 130);
const SPO2: (i64, i64) = (80, 100);

/// Linear interpolation in a table by age.
fn by_age(table: &[(f64, f64)], age: f64) -> f64 {
    let i = table.partition_point(|(a, _)| *a <= age).clamp(1, table.len() - 1);
    let ((a, x), (b, y)) = (table[i - 1], table[i]);
    x + (y - x) * ((age - a) / (b - a)).clamp(0.0, 1.0)
}

/// Times of the rounds, all within the stay: the first soon after admission, then on the ward's clock (six, two
/// and ten o'clock for every eighth hour), in Emergency counted from the arrival.
fn rounds(s: &mut Stream, stay: &Stay, worst: usize) -> Vec<i64> {
    let step = SPECIALTIES[stay.specialty].rounds[worst];
    let last = stay.discharge - 5;
    let mut times = vec![(stay.admit + s.between(4, 30)).min(stay.discharge)];
    let origin = if stay.specialty == EMERGENCY { times[0] } else { stay.admit.div_euclid(DAY) * DAY + 6 * 60 - DAY };
    let mut k = (stay.admit - origin).div_euclid(step) + 1;
    // Late and early by some minutes, never so much that two rounds change places.
    let sd = (step as f64 / 9.0).min(24.0);
    while origin + k * step <= last {
        let jitter = (sd * s.normal()).clamp(-2.2 * sd, 2.2 * sd) as i64;
        let at = origin + k * step + jitter;
        if at <= last && at >= times[times.len() - 1] + step / 4 {
            times.push(at);
        }
        k += 1;
    }
    times
}

/// All readings of a stay in time order. `devices` are the measuring devices of its ward.
pub(super) fn readings(seed: u64, patient: &Patient, stay: &Stay, devices: &[usize]) -> Vec<Reading> {
    let s = &mut stays::stream(seed, "vitals", patient.index, stay.visit);
    let worst = stay.diagnoses.iter().map(|d| d.severity).max().unwrap_or(0);
    let times = rounds(s, stay, worst);
    let age = patient.age(stay.admit);
    let level = [
        by_age(&HEART_RATE, age),
        by_age(&SYSTOLIC, age) - if patient.female && age < 55.0 { 4.0 } else { 0.0 },
        by_age(&PULSE_PRESSURE, age),
        ln(by_age(&DEFICIT, age) + FULL),
    ];
    // Small people have a small spread of pressure.
    let size = (level[1] / 120.0).min(1.0);
    let scale = [1.0, size, size, 1.0];
    let mut wander = step(s, [0.0; 4], 0.0);
    let mut before = times[0];
    let mut rows = Vec::with_capacity(times.len());
    for at in times {
        let keep = exp(-((at - before) as f64) / 60.0 / MEMORY_HOURS);
        wander = if at == before { wander } else { step(s, wander, keep) };
        before = at;
        let done = (at - stay.admit) as f64 / (stay.discharge - stay.admit).max(1) as f64;
        let shift = illness(stay, worst, done);
        let swing = cos(std::f64::consts::TAU * ((at % DAY) as f64 / 60.0 - 17.0) / 24.0);
        let signs = std::array::from_fn(|k| {
            let own = BETWEEN[k] * patient.level[k] + SWING[k] * swing + WITHIN[k] * wander[k];
            level[k] + scale[k] * (own + shift[k]) + READING[k] * s.normal()
        });
        // Mostly the bedside device; now and then another of the ward is nearer.
        let other = s.unit() < 0.06 && !devices.is_empty();
        let device = if other { devices[s.below(devices.len() as u64) as usize] } else { stay.device };
        rows.push(charted(at, device, signs));
    }
    rows
}

/// One step of the wandering: keeps a share, adds chance; signs move together as in distress (heart up, oxygen
/// down) and pulse pressure follows systolic.
fn step(s: &mut Stream, wander: Signs, keep: f64) -> Signs {
    let [a, b, c, d] = [s.normal(), s.normal(), s.normal(), s.normal()];
    let chance = [a, 0.15 * a + 0.99 * b, 0.6 * b + 0.8 * c, 0.4 * a + 0.92 * d];
    let fresh = libm::sqrt(1.0 - keep * keep);
    std::array::from_fn(|k| keep * wander[k] + fresh * chance[k])
}

/// Shift of the signs by diagnoses and severity when the share `done` of the stay is over.
fn illness(stay: &Stay, worst: usize, done: f64) -> Signs {
    let eased = EASED[usize::from(!stay.home)] * done;
    let mut shift = ILLNESS[worst].map(|x| x * (1.0 - eased));
    for (i, d) in stay.diagnoses.iter().enumerate() {
        let weight = BY_SEVERITY[d.severity] * if i == 0 { LEADING } else { 1.0 };
        let (effect, treated) = DIAGNOSIS[d.code];
        for k in 0..4 {
            shift[k] += effect[k] * weight * (1.0 - treated * eased);
        }
    }
    shift
}

/// Whole numbers inside clinical bounds.
fn charted(at: i64, device: usize, [heart, sys, pulse, deficit]: Signs) -> Reading {
    let within = |x: f64, (lo, hi): (i64, i64)| (libm::round(x) as i64).clamp(lo, hi);
    let systolic = within(sys, SYS);
    // A narrow pulse pressure cannot push diastolic above its own bounds, nor a wide one below.
    let pulse = within(pulse, (PULSE.0.max(systolic - DIA.1), PULSE.1.min(systolic - DIA.0)));
    let spo2 = within(100.0 + FULL - exp(deficit), SPO2);
    Reading { at, device, heart_rate: within(heart, HEART), spo2, systolic, diastolic: systolic - pulse }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_signs_stay_inside_the_bounds_and_diastolic_below_systolic() {
        for sys in [-1e9, 40.0, 60.0, 100.0, 230.0, 1e9] {
            for pulse in [-1e9, 0.0, 40.0, 1e9] {
                for other in [-1e3, 0.0, 3.0, 1e3] {
                    let r = charted(0, 0, [other, sys, pulse, other]);
                    assert!(r.diastolic < r.systolic && (30..=130).contains(&r.diastolic), "{r:?}");
                    assert!((60..=230).contains(&r.systolic) && (80..=100).contains(&r.spo2), "{r:?}");
                    assert!((35..=210).contains(&r.heart_rate), "{r:?}");
                }
            }
        }
    }

    #[test]
    fn tables_by_age_interpolate() {
        assert_eq!(by_age(&DEFICIT, 0.0), 2.1);
        assert!((by_age(&SYSTOLIC, 60.0) - 123.0).abs() < 1e-9);
        assert_eq!(by_age(&HEART_RATE, 120.0), 73.0);
    }
}
