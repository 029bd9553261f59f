//! Time in the hospital: whole minutes since the start of 2025, the one year that is simulated.

use super::parameters::{ARRIVAL_DAYS, ARRIVAL_HOURS, DISCHARGE_HOURS, ELECTIVE_DAYS, ELECTIVE_HOURS};
use crate::rng::Stream;
use crate::time;

/// 2025-01-01 in days since 1970.
pub(super) const FIRST_DAY: i64 = 20_089;
/// Minutes of a day.
pub(super) const DAY: i64 = 1440;
/// Days of the year.
pub(super) const DAYS: i64 = 365;
/// Days simulated before the year and then left out, so that the year begins with patients who are due to return.
pub(super) const WARM_UP: i64 = 365;
/// The last minute a stay may end: 2025-12-31 23:59.
pub(super) const LAST: i64 = DAYS * DAY - 1;

/// Microseconds since 1970.
pub(super) fn micros(minute: i64) -> i64 {
    FIRST_DAY * time::DAY + minute * 60 * time::SECOND
}

/// Whole years from a birth day (days since 1970) to a minute, as the rules count them.
pub(super) fn whole_years(birth: i64, minute: i64) -> i64 {
    time::years_between(birth * time::DAY, micros(minute))
}

/// Age in years with a fraction, never below 0.
pub(super) fn age(birth: i64, minute: i64) -> f64 {
    ((FIRST_DAY - birth) as f64 + minute as f64 / DAY as f64).max(0.0) / 365.25
}

/// 0 is Monday.
fn weekday(day: i64) -> usize {
    // 2025-01-01 is a Wednesday.
    (day + 2).rem_euclid(7) as usize
}

fn hour_and_minute(s: &mut Stream, hours: &[f64; 24]) -> i64 {
    s.weighted(hours).unwrap_or(12) as i64 * 60 + s.between(0, 59)
}

/// An arrival on about `day`, never before `earliest`: unplanned around the clock, planned on weekday mornings.
pub(super) fn arrival(s: &mut Stream, day: i64, earliest: i64, elective: bool) -> i64 {
    let mut day = day.max(earliest.div_euclid(DAY));
    if elective {
        day += s.weighted(&ELECTIVE_DAYS).unwrap_or(0) as i64 - weekday(day) as i64;
    } else {
        // Quieter weekdays pass some of their patients on.
        while s.unit() >= ARRIVAL_DAYS[weekday(day)] {
            day += 1;
        }
    }
    let at = day * DAY + hour_and_minute(s, if elective { &ELECTIVE_HOURS } else { &ARRIVAL_HOURS });
    not_before(at, earliest, if elective { 7 * DAY } else { DAY })
}

/// `at`, or the first whole number of steps later that is not before `earliest`.
fn not_before(at: i64, earliest: i64, step: i64) -> i64 {
    at + step * ((earliest - at).max(0) + step - 1).div_euclid(step)
}

/// The next weekday at the same time.
pub(super) fn next_weekday(minute: i64) -> i64 {
    let mut at = minute + DAY;
    while ELECTIVE_DAYS[weekday(at.div_euclid(DAY))] == 0.0 {
        at += DAY;
    }
    at
}

/// The discharge nearest to `planned` at an hour when wards discharge, at least three hours after `admit`.
pub(super) fn discharge(s: &mut Stream, admit: i64, planned: i64) -> i64 {
    let clock = hour_and_minute(s, &DISCHARGE_HOURS);
    let at = (planned - clock + DAY / 2).div_euclid(DAY) * DAY + clock;
    not_before(at, admit + 180, DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::name;

    #[test]
    fn the_year_starts_on_a_wednesday() {
        assert_eq!(time::civil_from_days(FIRST_DAY), (2025, 1, 1));
        assert_eq!(time::format(micros(LAST), "%Y-%m-%d %H:%M:%S"), "2025-12-31 23:59:00");
        assert_eq!(weekday(0), 2);
    }

    #[test]
    fn planned_arrivals_are_weekday_mornings_and_none_is_early() {
        for i in 0..2000 {
            let mut s = Stream::new(1, name(&["test"]), i);
            let (day, earliest) = (s.between(0, 300), s.between(0, 300) * DAY + s.between(0, DAY - 1));
            let at = arrival(&mut s, day, earliest, true);
            assert!(at >= earliest && weekday(at / DAY) < 5 && (7..13).contains(&(at % DAY / 60)), "{at} {earliest}");
            assert!(arrival(&mut s, day, earliest, false) >= earliest);
            let planned = at + s.between(0, 5 * DAY);
            let out = discharge(&mut s, at, planned);
            assert!(out >= at + 180 && out <= at + 7 * DAY);
            assert!(weekday(next_weekday(at) / DAY) < 5);
        }
    }
}
