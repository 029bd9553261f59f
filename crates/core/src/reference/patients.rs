//! The people: sex, birth, lasting conditions, frailty and their own level of each vital sign.

use super::clock::{self, DAY, DAYS, FIRST_DAY, WARM_UP};
use super::parameters::{AGES, CHRONIC, CITIES, COMES, I10, band};
use crate::math::sigmoid;
use crate::rng::{Stream, name};

/// A patient of one campus.
#[derive(Clone, Debug)]
pub(super) struct Patient {
    /// Row of the patients table.
    pub index: usize,
    pub female: bool,
    /// Days since 1970.
    pub birth: i64,
    pub city: usize,
    /// Conditions for good, by code.
    pub chronic: [bool; 6],
    /// Standard normal: how easily this person falls ill, and how ill.
    pub frailty: f64,
    /// Standard normal: own level of heart rate, systolic, pulse pressure and oxygen deficit.
    pub level: [f64; 4],
    /// The day around which the first arrival falls; None for those who never come.
    pub first_day: Option<i64>,
}

impl Patient {
    /// The patient of a row, drawn from nothing but the seed and the row.
    pub fn draw(seed: u64, index: usize) -> Self {
        let s = &mut Stream::new(seed, name(&["reference", "patient"]), index as u64);
        let day = s.between(-WARM_UP, DAYS - 1);
        // An age on the day of the first arrival, so that infants born during the year exist.
        let age = 5.0 * (s.weighted(&AGES).unwrap_or(0) as f64 + s.unit());
        let birth = FIRST_DAY + day - (age * 365.25) as i64;
        // More boys at birth, more women among the old (UN World Population Prospects).
        let female = s.unit() < 0.485 + 0.13 * sigmoid((age - 72.0) / 8.0);
        let frailty = s.normal();
        let mut level: [f64; 4] = std::array::from_fn(|_| s.normal());
        // A wide pulse goes with a high systolic.
        level[2] = 0.6 * level[1] + 0.8 * level[2];
        let chronic = std::array::from_fn(|c| {
            // Conditions cluster: frail people have several; and high pressure is what hypertension is.
            let own = if c == I10 { 0.45 * level[1].clamp(-2.0, 2.0) } else { 0.0 };
            s.unit() < CHRONIC[c][band(age)] * (1.0 + 0.25 * frailty.clamp(-2.0, 2.0) + own)
        });
        let first_day = (s.unit() < COMES).then_some(day);
        let city = s.below(CITIES.len() as u64) as usize;
        Self { index, female, birth, city, chronic, frailty, level, first_day }
    }

    /// The first minute the patient can arrive: the day after birth, or the start of the simulation.
    pub fn earliest(&self) -> i64 {
        (self.birth - FIRST_DAY + 1).max(-WARM_UP) * DAY
    }

    /// Age in years with a fraction.
    pub fn age(&self, minute: i64) -> f64 {
        clock::age(self.birth, minute)
    }

    /// Below 18, as the rules count it.
    pub fn is_child(&self, minute: i64) -> bool {
        clock::whole_years(self.birth, minute) < 18
    }
}
