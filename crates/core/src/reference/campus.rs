//! One campus: ten wards with beds and devices, and the calendar that gives each patient one bed at a time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::clock::{LAST, next_weekday};
use super::parameters::{DEVICES, EMERGENCY, ENTRIES, ICU, PEDIATRICS, SPECIALTIES, band};
use super::patients::Patient;
use super::stays::{self, Request, Stay, Want};
use crate::math::exp;
use crate::rng::{Stream, name};

/// A ward of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ward {
    pub specialty: usize,
    pub letter: &'static str,
}

/// A device of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    /// Row of the wards table.
    pub ward: usize,
    /// Index of the type.
    pub kind: usize,
    /// How gladly it is taken.
    pub weight: f64,
}

/// The ten wards that every campus has, A wards first.
pub(super) fn wards() -> Vec<Ward> {
    let letter = |l: usize| {
        let of = SPECIALTIES.iter().enumerate();
        of.filter_map(move |(specialty, s)| Some(Ward { specialty, letter: s.wards.get(l)? }))
    };
    (0..2).flat_map(letter).collect()
}

/// The devices of all wards of the hospital.
pub(super) fn devices(seed: u64, wards: &[Ward]) -> Vec<Device> {
    let mut all: Vec<Device> = Vec::new();
    for (ward, w) in wards.iter().enumerate() {
        for (kind, n) in SPECIALTIES[w.specialty].devices.iter().enumerate() {
            for _ in 0..*n {
                let s = &mut Stream::new(seed, name(&["reference", "device"]), all.len() as u64);
                // A thermometer measures none of the four signs, a monitor with leads all of them.
                let by_kind = [1.6, 0.9, 0.9, 0.0][kind];
                all.push(Device { ward, kind, weight: by_kind * exp(0.35 * s.normal()) });
            }
        }
    }
    debug_assert!(all.iter().all(|d| d.kind < DEVICES.len()));
    all
}

/// Who lies in a ward now and which devices are in use.
struct Occupied {
    row: usize,
    specialty: usize,
    /// Ends of the stays that may still be open.
    ends: Vec<i64>,
    /// (row of the device, weight, in use until).
    devices: Vec<(usize, f64, i64)>,
}

impl Occupied {
    fn free_beds(&mut self, at: i64) -> usize {
        self.ends.retain(|end| *end > at);
        SPECIALTIES[self.specialty].beds.saturating_sub(self.ends.len())
    }

    /// A device that is free, or any when all are in use.
    fn take_device(&mut self, s: &mut Stream, at: i64, until: i64) -> usize {
        let weights = |free: bool| -> Vec<f64> {
            self.devices.iter().map(|(_, w, busy)| if free && *busy > at { 0.0 } else { *w }).collect()
        };
        let free = s.weighted(&weights(true));
        let i = free.or_else(|| s.weighted(&weights(false))).unwrap_or(0);
        self.devices[i].2 = self.devices[i].2.max(until);
        self.devices[i].0
    }
}

/// All stays of one campus that begin and end within the year, in the order of admission.
///
/// Requests are served in time order, so a bed that is free at the moment of admission stays free of others until
/// the discharge that is fixed then: a ward can never be over-full.
pub(super) fn stays(
    seed: u64,
    patients: &[Patient],
    first_ward: usize,
    wards: &[Ward],
    devices: &[Device],
) -> Vec<Stay> {
    let mut occupied: Vec<Occupied> = wards
        .iter()
        .enumerate()
        .map(|(i, w)| Occupied { row: first_ward + i, specialty: w.specialty, ends: Vec::new(), devices: Vec::new() })
        .collect();
    for (row, d) in devices.iter().enumerate() {
        // Wards of other campuses lie outside the slice.
        if let Some(o) = d.ward.checked_sub(first_ward).and_then(|w| occupied.get_mut(w)) {
            o.devices.push((row, d.weight, 0));
        }
    }
    let mut pending: Vec<Option<Request>> = patients.iter().map(|p| stays::first(seed, p)).collect();
    let mut queue: BinaryHeap<Reverse<(i64, usize)>> =
        pending.iter().enumerate().filter_map(|(i, r)| Some(Reverse((r.as_ref()?.at, i)))).collect();
    let mut done = Vec::new();
    while let Some(Reverse((at, i))) = queue.pop() {
        let Some(request) = pending[i].take() else { continue };
        let patient = &patients[i];
        let s = &mut stays::stream(seed, "bed", patient.index, request.visit << 5 | u64::from(request.tries));
        pending[i] = match choose(s, &mut occupied, patient, &request) {
            None => turned_away(seed, patient, request),
            Some(w) => {
                let ward = &mut occupied[w];
                let plan = stays::plan(seed, patient, &request, ward.specialty, at);
                let device = ward.take_device(s, at, plan.discharge);
                ward.ends.push(plan.discharge);
                let stay = Stay {
                    patient: patient.index,
                    visit: request.visit,
                    specialty: ward.specialty,
                    ward: ward.row,
                    device,
                    admit: at,
                    discharge: plan.discharge,
                    home: plan.onward.is_none(),
                    diagnoses: plan.diagnoses.clone(),
                };
                if stay.discharge <= LAST {
                    let next = stays::next(seed, patient, &request, &stay, &plan);
                    if stay.admit >= 0 {
                        done.push(stay);
                    }
                    next
                } else {
                    None
                }
            }
        };
        if let Some(r) = &pending[i] {
            queue.push(Reverse((r.at, i)));
        }
    }
    done
}

/// A ward with a free bed that may take the patient, the emptier the likelier; None when there is none.
fn choose(s: &mut Stream, wards: &mut [Occupied], patient: &Patient, request: &Request) -> Option<usize> {
    let child = patient.is_child(request.at);
    let age_band = band(patient.age(request.at));
    let lead = request.carried.as_ref().map(|c| c.lead);
    let suits = |specialty: usize| -> f64 {
        let wanted = match request.want {
            // Whoever turned 18 while waiting is no longer seen by the children's ward.
            Want::Specialty(PEDIATRICS) if !child => EMERGENCY,
            Want::Specialty(w) if child && w != EMERGENCY => PEDIATRICS,
            Want::Specialty(w) => w,
            Want::IntensiveCare => ICU,
            Want::Ward if child => PEDIATRICS,
            Want::Ward if [EMERGENCY, ICU, PEDIATRICS].contains(&specialty) => return 0.0,
            // A ward is likely as far as it takes unplanned patients of this age with this disease.
            Want::Ward => {
                let unplanned = ENTRIES.iter().filter(|e| e.specialty == specialty && !e.elective);
                let busy: f64 = unplanned.map(|e| e.weight[age_band]).sum();
                return busy * lead.map_or(1.0, |c| SPECIALTIES[specialty].leading[c]);
            }
        };
        f64::from(u8::from(wanted == specialty))
    };
    let weights: Vec<f64> = wards.iter_mut().map(|w| suits(w.specialty) * w.free_beds(request.at) as f64).collect();
    s.weighted(&weights)
}

/// What happens when no bed is free: planned patients come another day, unplanned ones wait a little or are taken
/// to another hospital, those who should move go home.
fn turned_away(seed: u64, patient: &Patient, mut request: Request) -> Option<Request> {
    request.tries += 1;
    match request.want {
        Want::Specialty(_) if request.elective && request.tries <= 10 => request.at = next_weekday(request.at),
        Want::Specialty(_) if !request.elective && request.tries <= 6 => request.at += 40,
        // A full intensive care unit leaves the patient to a ward.
        Want::IntensiveCare => request.want = Want::Ward,
        _ => return stays::home(seed, patient, &request, request.at),
    }
    (request.at < LAST).then_some(request)
}
