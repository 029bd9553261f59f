//! Finds numbers that are a span between two times: ages in years, stays in days or hours, whole or with decimals.

use crate::Result;
use crate::dataset::NULL;
use crate::linked::Linked;
use crate::time::{DAY, SECOND, civil_from_days, years_between};

use super::Found;
use super::fitted::{Factor, shift};
use super::lines::{Kind, Line, lines};
use super::paths::quoted;
use super::rounded::{Explained, Figures, line, prove, scaled};

/// Units whose whole number is counted, in seconds: minutes to weeks, years of 365 and 365.25 days.
const UNITS: [i64; 6] = [60, 3_600, 86_400, 604_800, 31_536_000, 31_557_600];
/// Most times that are compared.
const TIMES: usize = 24;

/// What is counted between two times.
enum Count {
    Years,
    YearNumbers,
    Whole(i64),
    /// The same, of days begun.
    OfDays(i64),
    Days,
    /// Days of a study, which has no day 0: the first is 1 and the one before it -1.
    StudyDays,
}

impl Count {
    fn of(&self, start: i64, end: i64) -> i64 {
        match self {
            Self::Years => years_between(start, end),
            Self::YearNumbers => year(end) - year(start),
            Self::Whole(unit) => (end.saturating_sub(start)).div_euclid(unit * SECOND),
            Self::OfDays(unit) => Self::Days.of(start, end).saturating_mul(86_400).div_euclid(*unit),
            Self::Days => end.div_euclid(DAY) - start.div_euclid(DAY),
            Self::StudyDays => {
                let days = Self::Days.of(start, end);
                days + i64::from(days >= 0)
            }
        }
    }

    fn written(&self, start: &str, end: &str, clock: bool) -> String {
        match self {
            Self::Years => format!("years({start}, {end})"),
            Self::YearNumbers => format!("year({end}) - year({start})"),
            Self::Whole(unit) => format!("floor(({end} - {start}) / {unit})"),
            Self::OfDays(unit) => format!("floor((date({end}) - date({start})) / {unit})"),
            Self::Days if clock => format!("(date({end}) - date({start})) / 86400"),
            Self::Days => format!("({end} - {start}) / 86400"),
            Self::StudyDays => {
                let days = Self::Days.written(start, end, clock);
                format!("{days} + min(1, max(0, {days} + 1))")
            }
        }
    }
}

fn year(time: i64) -> i64 {
    civil_from_days(time.div_euclid(DAY)).0
}

/// Numbers that follow from a time of the row and another one, which may be an ancestor's, or the number of a year.
pub(super) fn find(linked: &Linked, table: &str, all: &[Figures], done: &mut Explained) -> Result<Vec<Found>> {
    let mut times = lines(linked, table, 2, |kind, _| matches!(kind, Kind::Time | Kind::Date))?;
    times.retain(|l| l.distinct() > 1);
    times.sort_by_key(|l| l.steps);
    times.truncate(TIMES);
    let mut found = Vec::new();
    for whole in all.iter().rev().filter(|w| w.line.distinct() > 2) {
        let one = match between(linked, table, whole, &times, done)? {
            None => since_year(linked, table, whole, &times, all, done)?,
            one => one,
        };
        one.iter().for_each(|f| done.add(f));
        found.extend(one);
    }
    Ok(found)
}

fn between(linked: &Linked, table: &str, whole: &Figures, times: &[Line], done: &Explained) -> Result<Option<Found>> {
    for end in times.iter().filter(|t| t.steps == 0) {
        for start in times.iter().filter(|t| t.path != end.path) {
            if done.has(&whole.line.path, &[&start.path, &end.path]) {
                continue;
            }
            let both = |r: usize| Some((start.ticks[r], end.ticks[r])).filter(|(a, b)| *a != NULL && *b != NULL);
            let (from, to) = (quoted(&start.path), quoted(&end.path));
            let clock = start.kind == Kind::Time || end.kind == Kind::Time;
            // Between dates there are whole days anyway.
            let units = UNITS.into_iter().filter(|u| clock || *u > 86_400).map(Count::Whole);
            let of_days = UNITS.into_iter().filter(|u| clock && *u > 86_400).map(Count::OfDays);
            let counts = [Count::Years, Count::Days, Count::StudyDays].into_iter().chain(units).chain(of_days);
            let counts = counts.chain([Count::YearNumbers]);
            for count in counts {
                let value = |r: usize| both(r).map_or(f64::NAN, |(a, b)| count.of(a, b) as f64);
                let Some(constant) = counted(whole, &value) else { continue };
                let equals = plus(count.written(&from, &to, clock), constant);
                if let Some(one) = span(linked, table, whole, equals)? {
                    return Ok(Some(one));
                }
            }
            let seconds = |r: usize| both(r).map_or(f64::NAN, |(a, b)| b.saturating_sub(a) as f64 / SECOND as f64);
            // A span counts from zero, one or a half; what needs another number is counted in a way not known here.
            let is_plain = |c: &str| c.parse::<f64>().is_ok_and(|c| (2.0 * c).fract() == 0.0 && c.abs() <= 1.0);
            let fits = |(f, c): &(Factor, String)| f.value > 0.0 && is_plain(c);
            if let Some((factor, constant)) = line(whole, &seconds, true).filter(fits) {
                let equals = scaled(&format!("({to} - {from})"), &factor, &constant);
                if let Some(one) = span(linked, table, whole, equals)? {
                    return Ok(Some(one));
                }
            }
        }
    }
    Ok(None)
}

/// The year of a time less the number of a year, as ages are counted where only the year of birth is known.
fn since_year(
    linked: &Linked,
    table: &str,
    whole: &Figures,
    times: &[Line],
    all: &[Figures],
    done: &Explained,
) -> Result<Option<Found>> {
    for time in times.iter().filter(|t| t.steps == 0) {
        for number in all.iter().filter(|n| !done.has(&whole.line.path, &[&time.path, &n.line.path])) {
            let value = |r: usize| match time.ticks[r] {
                NULL => f64::NAN,
                t => year(t) as f64 - number.at(r),
            };
            let Some(constant) = counted(whole, &value) else { continue };
            let equals = plus(format!("year({}) - {}", quoted(&time.path), quoted(&number.line.path)), constant);
            if let Some(one) = span(linked, table, whole, equals)? {
                return Ok(Some(one));
            }
        }
    }
    Ok(None)
}

/// The constant between a count and a column, in all rows; one or none.
fn counted(whole: &Figures, value: &dyn Fn(usize) -> f64) -> Option<i64> {
    let known = |r: usize| Some((value(r), whole.at(r))).filter(|(v, w)| v.is_finite() && w.is_finite());
    let exact = |rows: &mut dyn Iterator<Item = (f64, f64)>| shift(rows, 1e-6);
    exact(&mut whole.glance.iter().filter_map(|r| known(*r)))?;
    let (low, high) = exact(&mut whole.rows().filter_map(known))?;
    let constant = f64::midpoint(low, high).round();
    (constant.abs() <= 1.0 && low <= constant && constant <= high).then_some(constant as i64)
}

fn plus(text: String, constant: i64) -> String {
    match constant {
        0 => text,
        c if c > 0 => format!("{text} + {c}"),
        c => format!("{text} - {}", -c),
    }
}

/// Both ends matter in rows that are not those of the usual span.
fn span(linked: &Linked, table: &str, whole: &Figures, equals: String) -> Result<Option<Found>> {
    let usual = whole.typical;
    prove(linked, table, whole, equals, |_, _| usual, 1)
}
