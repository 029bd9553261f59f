//! Parts of a time, as calendars and clocks count them.

use serde::{Deserialize, Serialize};

use crate::time::{DAY, SECOND, civil_from_days, days_from_civil};

/// A part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The year.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// The week of ISO 8601: 1 to 53.
    Week,
    /// The day of the month.
    Day,
    /// 1 for Monday to 7 for Sunday.
    Weekday,
    /// The day of the year, from 1.
    DayOfYear,
    /// 0 to 23.
    Hour,
    /// 0 to 59.
    Minute,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 9] = [
        Part::Year,
        Part::Quarter,
        Part::Month,
        Part::Week,
        Part::Day,
        Part::Weekday,
        Part::Hour,
        Part::Minute,
        Part::DayOfYear,
    ];

    /// Its name in rules.
    pub fn name(self) -> &'static str {
        match self {
            Part::Year => "year",
            Part::Quarter => "quarter",
            Part::Month => "month",
            Part::Week => "week",
            Part::Day => "day",
            Part::Weekday => "weekday",
            Part::DayOfYear => "day_of_year",
            Part::Hour => "hour",
            Part::Minute => "minute",
        }
    }

    /// True for parts that a date without a time of day does not have.
    pub(crate) fn is_of_clock(self) -> bool {
        matches!(self, Part::Hour | Part::Minute)
    }

    /// The part of a time in microseconds since 1970.
    pub(crate) fn of(self, time: i64) -> i64 {
        let (days, clock) = (time.div_euclid(DAY), time.rem_euclid(DAY) / SECOND);
        let (year, month, day) = civil_from_days(days);
        let since_monday = (days + 3).rem_euclid(7);
        match self {
            Part::Year => year,
            Part::Quarter => i64::from(month.div_ceil(3)),
            Part::Month => month.into(),
            Part::Week => {
                // A week belongs to the year of its Thursday.
                let thursday = days - since_monday + 3;
                (thursday - days_from_civil(civil_from_days(thursday).0, 1, 1)) / 7 + 1
            }
            Part::Day => day.into(),
            Part::Weekday => since_monday + 1,
            Part::DayOfYear => days - days_from_civil(year, 1, 1) + 1,
            Part::Hour => clock / 3600,
            Part::Minute => clock / 60 % 60,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_calendar() {
        let parts = |text: &str| {
            let time = crate::time::parse(text, "%Y-%m-%d %H:%M:%S").unwrap();
            Part::ALL.map(|p| p.of(time))
        };
        assert_eq!(parts("1970-01-01 00:00:00"), [1970, 1, 1, 1, 1, 4, 0, 0, 1]);
        // The first of January may lie in the last week of the year before, and the other way round.
        assert_eq!(parts("2021-01-03 23:59:59"), [2021, 1, 1, 53, 3, 7, 23, 59, 3]);
        assert_eq!(parts("2018-12-31 06:30:00"), [2018, 4, 12, 1, 31, 1, 6, 30, 365]);
        assert_eq!(parts("1965-05-20 12:00:00"), [1965, 2, 5, 20, 20, 4, 12, 0, 140]);
    }
}
