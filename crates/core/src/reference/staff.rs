//! The people who work there: a role, a home ward, one to three wards, shifts by role.

use super::campus::Ward;
use super::clock::{DAYS, FIRST_DAY};
use super::parameters::{ADJACENT, QUALIFIED_AGE, SHIFTS_BY_ROLE, SPECIALTIES};
use crate::math::ln;
use crate::rng::{Stream, name};

/// One row of staff with its rows of staff_assignments.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Index of the role.
    pub role: usize,
    /// Days since 1970.
    pub hired: i64,
    /// (row of the wards table, index of the shift), no pair twice.
    pub assignments: Vec<(usize, usize)>,
}

/// All staff of the hospital, ward by ward.
pub(super) fn staff(seed: u64, wards: &[Ward], campus_wards: usize) -> Vec<Member> {
    let mut all: Vec<Member> = Vec::new();
    for home in 0..wards.len() {
        let first = home / campus_wards * campus_wards;
        let campus = &wards[first..first + campus_wards];
        for place in 0..SPECIALTIES[wards[home].specialty].staff {
            let s = &mut Stream::new(seed, name(&["reference", "staff"]), all.len() as u64);
            all.push(member(s, home, first, campus, place));
        }
    }
    all
}

fn member(s: &mut Stream, home: usize, first: usize, campus: &[Ward], place: usize) -> Member {
    let specialty = campus[home - first].specialty;
    // The first three places are nurses, one a shift: no ward is ever without.
    let role = if place < 3 { 0 } else { s.weighted(&SPECIALTIES[specialty].roles).unwrap_or(0) };
    let shift = if place < 3 { place } else { s.weighted(&SHIFTS_BY_ROLE[role]).unwrap_or(0) };
    let mut assignments = vec![(home, shift)];
    // Some work a second shift of their own ward, some in one or two wards more.
    if s.unit() < [0.22, 0.30, 0.10, 0.04][role] {
        add(s, role, home, &mut assignments);
    }
    let more = s.weighted(&[0.64, 0.26, 0.10]).unwrap_or(0);
    for _ in 0..more {
        let weights: Vec<f64> = campus
            .iter()
            .enumerate()
            .map(|(i, w)| match w.specialty {
                _ if assignments.iter().any(|(a, _)| *a == first + i) => 0.0,
                same if same == specialty => 3.0,
                other if ADJACENT[specialty].contains(&other) => 1.0,
                _ => 0.0,
            })
            .collect();
        if let Some(i) = s.weighted(&weights) {
            add(s, role, first + i, &mut assignments);
        }
    }
    Member { role, hired: hired(s, role), assignments }
}

/// Adds a shift of a ward that the person does not work yet, if the role has one.
fn add(s: &mut Stream, role: usize, ward: usize, assignments: &mut Vec<(usize, usize)>) {
    let weights: [f64; 3] =
        std::array::from_fn(|k| if assignments.contains(&(ward, k)) { 0.0 } else { SHIFTS_BY_ROLE[role][k] });
    if let Some(shift) = s.weighted(&weights) {
        assignments.push((ward, shift));
    }
}

/// The day of hiring: between qualification and the end of the year, about seven years ago on average (assumed).
fn hired(s: &mut Stream, role: usize) -> i64 {
    let qualified = QUALIFIED_AGE[role];
    let age = s.between(qualified + 1, 66);
    let longest = ((age - qualified) * 365) as f64;
    let tenure = (-8.0 * 365.25 * ln(1.0 - s.unit())).min(longest * s.unit().max(0.5));
    FIRST_DAY + DAYS - 1 - tenure as i64
}
