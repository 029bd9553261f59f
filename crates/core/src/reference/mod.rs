//! The built-in reference hospital: a small simulator whose tables are the training data of `generate`.
//!
//! A hospital is a number of campuses of ten wards, one for each thousand patients, over the year 2025. Patients
//! and staff are drawn one by one, each from a stream of its own; only the bed calendar of a campus knows them
//! together. The numbers behind it are the tables of `parameters.rs` and `vitals.rs`.

mod campus;
mod clock;
mod diagnoses;
mod parameters;
mod patients;
mod staff;
mod stays;
mod tables;
#[cfg(test)]
mod tests;
mod vitals;

use patients::Patient;

use crate::{Dataset, Metadata};

/// Everything that is simulated, before it becomes tables.
struct Hospital {
    patients: Vec<Patient>,
    wards: Vec<campus::Ward>,
    devices: Vec<campus::Device>,
    staff: Vec<staff::Member>,
    /// In order of admission.
    stays: Vec<stays::Stay>,
    /// Readings of each stay.
    readings: Vec<Vec<vitals::Reading>>,
}

impl Hospital {
    fn simulate(count: usize, seed: u64) -> Self {
        let campuses = ((count + 500) / 1000).max(1);
        let patients: Vec<Patient> = (0..count).map(|i| Patient::draw(seed, i)).collect();
        let plan = campus::wards();
        let wards: Vec<campus::Ward> = (0..campuses).flat_map(|_| plan.iter().copied()).collect();
        let devices = campus::devices(seed, &wards);
        let staff = staff::staff(seed, &wards, plan.len());
        let mut stays = Vec::new();
        for c in 0..campuses {
            let share = |k: usize| count * k / campuses;
            stays.extend(campus::stays(seed, &patients[share(c)..share(c + 1)], c * plan.len(), &plan, &devices));
        }
        stays.sort_by_key(|s| (s.admit, s.patient));
        let mut measuring = vec![Vec::new(); wards.len()];
        for (row, d) in devices.iter().enumerate().filter(|(_, d)| d.weight > 0.0) {
            measuring[d.ward].push(row);
        }
        let readings =
            stays.iter().map(|s| vitals::readings(seed, &patients[s.patient], s, &measuring[s.ward])).collect();
        Self { patients, wards, devices, staff, stays, readings }
    }
}

/// The tables of a hospital with this many patients: patients, admissions, diagnoses, wards, staff,
/// staff_assignments, devices, vital_signs. A campus of ten wards for each thousand patients, at least one.
///
/// The same arguments give the same tables on every machine.
///
/// ```
/// let h = healthdata_core::reference::hospital(100, 1);
/// assert_eq!(h.tables["patients"].num_rows(), 100);
/// assert_eq!(h.tables["wards"].num_rows(), 10);
/// ```
pub fn hospital(patients: usize, seed: u64) -> Dataset {
    tables::tables(&Hospital::simulate(patients, seed))
}

/// The metadata of [`hospital`]: keys, owners, inferred parent, units and the rules that it obeys.
///
/// ```
/// let meta = healthdata_core::reference::metadata();
/// assert_eq!(meta.tables.len(), 8);
/// ```
pub fn metadata() -> Metadata {
    Metadata::from_json(include_str!("metadata.json")).expect("the embedded metadata is checked by a test")
}
