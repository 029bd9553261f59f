//! Calendar arithmetic on whole numbers: days and microseconds since 1970-01-01, and text in a strftime format.

use crate::dataset::NULL;
use crate::metadata::Sdtype;
use crate::{Error, ErrorKind, Result};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub const DAY: i64 = 86_400 * SECOND;
/// The furthest time from 1970 that is computed with, in microseconds: past the year 9999.
pub(crate) const FURTHEST: u64 = 8_000_000 * DAY as u64;

/// Days since 1970-01-01 of a civil date (Hinnant, chrono-compatible low-level date algorithms).
pub fn days_from_civil(y: i64, m: u32, d: u32) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (i64::from(m) + if m > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(d) - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// (year, month, day) of days since 1970-01-01.
pub fn civil_from_days(z: i64) -> (i64, u32, u32) {
    let z = z + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let m = (if mp < 10 { mp + 3 } else { mp - 9 }) as u32;
    (yoe + era * 400 + i64::from(m <= 2), m, d)
}

/// Whole years from `birth` to `at` (both microseconds since 1970), by the calendar; negative before birth.
pub fn years_between(birth: i64, at: i64) -> i64 {
    let (by, bm, bd) = civil_from_days(birth.div_euclid(DAY));
    let (ay, am, ad) = civil_from_days(at.div_euclid(DAY));
    ay - by - i64::from((am, ad) < (bm, bd))
}

/// Microseconds since 1970 of `text` in strftime `format`; a format without a time of day means midnight, one
/// with an offset means the instant in UTC.
///
/// ```
/// use healthdata_core::time::parse;
/// assert_eq!(parse("1969-12-31", "%Y-%m-%d").unwrap(), -86_400_000_000);
/// assert!(parse("31/12/1969", "%Y-%m-%d").is_err());
/// ```
pub fn parse(text: &str, format: &str) -> Result<i64> {
    if let Some(us) = parse_common(text, format) {
        return Ok(us);
    }
    let bad = || Error::new(ErrorKind::Data, format!("not a time in the format {format}"));
    let t = jiff::fmt::strtime::parse(format, text).map_err(|_| bad())?;
    if t.offset().is_some() {
        return Ok(t.to_timestamp().map_err(|_| bad())?.as_microsecond());
    }
    let (y, m, d) = match t.to_date() {
        Ok(date) => (i64::from(date.year()), date.month() as u32, date.day() as u32),
        // `%Y-%m` and `%Y` mean the first day.
        Err(_) if t.day().is_none() => (t.year().ok_or_else(bad)?.into(), t.month().unwrap_or(1) as u32, 1),
        Err(_) => return Err(bad()),
    };
    let midnight = days_from_civil(y, m, d) * DAY;
    let clock = t.to_time().unwrap_or(jiff::civil::Time::midnight());
    let seconds = i64::from(clock.hour()) * 3600 + i64::from(clock.minute()) * 60 + i64::from(clock.second());
    Ok(midnight + seconds * SECOND + i64::from(clock.subsec_nanosecond()) / 1000)
}

/// The two formats most files use, without a general parser.
fn parse_common(text: &str, format: &str) -> Option<i64> {
    let b = text.as_bytes();
    let number = |r: std::ops::Range<usize>| {
        b.get(r)?.iter().try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
    };
    let date = || {
        let (y, m, d) = (number(0..4)?, number(5..7)? as u32, number(8..10)? as u32);
        let days = days_from_civil(y, m, d);
        (b[4] == b'-' && b[7] == b'-' && civil_from_days(days) == (y, m, d)).then_some(days * DAY)
    };
    match format {
        "%Y-%m-%d" if b.len() == 10 => date(),
        "%Y-%m-%d %H:%M:%S" if b.len() == 19 => {
            let (h, m, s) = (number(11..13)?, number(14..16)?, number(17..19)?);
            let shape = b[10] == b' ' && b[13] == b':' && b[16] == b':' && h < 24 && m < 60 && s < 60;
            shape.then_some(date()? + (h * 3600 + m * 60 + s) * SECOND)
        }
        _ => None,
    }
}

/// Text of microseconds since 1970 (UTC) in strftime `format`.
///
/// ```
/// use healthdata_core::time::format;
/// assert_eq!(format(-1_000_000, "%Y-%m-%d %H:%M:%S"), "1969-12-31 23:59:59");
/// ```
pub fn format(us: i64, fmt: &str) -> String {
    let (y, m, d) = civil_from_days(us.div_euclid(DAY));
    let s = us.rem_euclid(DAY) / SECOND;
    if (0..10_000).contains(&y) {
        match fmt {
            "%Y-%m-%d" => return format!("{y:04}-{m:02}-{d:02}"),
            "%Y-%m-%d %H:%M:%S" => {
                return format!("{y:04}-{m:02}-{d:02} {:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
            }
            _ => {}
        }
    }
    jiff::Timestamp::from_microsecond(us).ok().and_then(|t| jiff::fmt::strtime::format(fmt, t).ok()).unwrap_or_default()
}

/// True when the format has a time of day.
pub fn has_clock(format: &str) -> bool {
    ["%H", "%I", "%T", "%R", "%X", "%c", "%s", "%f", "%p", "%k", "%l"].iter().any(|d| format.contains(d))
}

/// True when times have a time of day: midnight everywhere is a date, however it is written.
pub(crate) fn have_clock(mut ticks: impl Iterator<Item = i64>, sdtype: &Sdtype) -> bool {
    let written = !matches!(sdtype, Sdtype::Datetime { format: Some(f) } if !has_clock(f));
    written && ticks.any(|t| t != NULL && t.rem_euclid(DAY) != 0)
}

/// How finely a format tells a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// The year.
    Year,
    /// The month.
    Month,
    /// The day.
    Day,
    /// The time of day.
    Clock,
}

impl Precision {
    /// That of a strftime format.
    pub fn of(format: &str) -> Self {
        let any = |all: &[&str]| all.iter().any(|d| format.contains(d));
        match () {
            () if has_clock(format) => Self::Clock,
            () if any(&["%d", "%e", "%j", "%F", "%D", "%x"]) => Self::Day,
            () if any(&["%m", "%b", "%B", "%h"]) => Self::Month,
            () => Self::Year,
        }
    }

    /// The first moments of the period that a time lies in and of the next one.
    pub fn period(self, us: i64) -> (i64, i64) {
        let day = us.div_euclid(DAY);
        let (y, m, _) = civil_from_days(day);
        let (from, to) = match self {
            Self::Year => (days_from_civil(y, 1, 1), days_from_civil(y + 1, 1, 1)),
            Self::Month if m == 12 => (days_from_civil(y, 12, 1), days_from_civil(y + 1, 1, 1)),
            Self::Month => (days_from_civil(y, m, 1), days_from_civil(y, m + 1, 1)),
            Self::Day => (day, day + 1),
            Self::Clock => return (us, us.saturating_add(1)),
        };
        (from * DAY, to * DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_go_there_and_back() {
        for days in (-800_000..800_000).step_by(97) {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
        }
    }

    #[test]
    fn text_goes_there_and_back() {
        for f in ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"] {
            for us in [-DAY * 30_000 + 5 * SECOND, 0, DAY * 20_000 + 86_399 * SECOND] {
                assert_eq!(parse(&format(us, f), f), Ok(us), "{f}");
            }
        }
        assert!(parse("2025-02-30", "%Y-%m-%d").is_err());
        assert_eq!(parse("1970-02", "%Y-%m"), Ok(31 * DAY));
        assert_eq!(parse("1971", "%Y"), Ok(365 * DAY));
        assert!(parse("02", "%m").is_err());
    }

    #[test]
    fn a_period_ends_where_the_next_begins() {
        let day = |s| parse(s, "%Y-%m-%d").unwrap();
        for (format, from, to) in [
            ("%Y", "2024-01-01", "2025-01-01"),
            ("%m/%Y", "2024-12-01", "2025-01-01"),
            ("%d.%m.%Y", "2024-12-31", "2025-01-01"),
        ] {
            assert_eq!(Precision::of(format).period(day("2024-12-31") + 7), (day(from), day(to)), "{format}");
        }
        assert!(Precision::of("%Y-%m") < Precision::of("%Y-%m-%d %H:%M"));
    }

    #[test]
    fn age_counts_birthdays() {
        let day = |s| parse(s, "%Y-%m-%d").unwrap();
        assert_eq!(years_between(day("2000-06-15"), day("2018-06-14")), 17);
        assert_eq!(years_between(day("2000-06-15"), day("2018-06-15")), 18);
    }
}
