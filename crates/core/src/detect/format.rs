//! Date and time formats, found by reading every distinct text.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::dataset::FORMATS;
use crate::time::{self, Precision};

/// Dates, those that can't be confused first; where day and month can, the month comes first with `/` only.
const DATES: [&str; 17] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%Y.%m.%d",
    "%d.%m.%y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%b-%y",
];
const CLOCKS: [&str; 6] = ["%H:%M:%S", "%H:%M", "%H:%M:%S%.f", "%I:%M:%S %p", "%I:%M %p", "%H.%M"];
const ZONES: [&str; 4] = ["", "Z", "%:z", "%z"];

/// All formats that are tried, commonest first.
fn candidates() -> Vec<String> {
    let mut all: Vec<String> = FORMATS.iter().map(|f| (*f).to_owned()).collect();
    let mut add = |f: String| {
        if !all.contains(&f) {
            all.push(f);
        }
    };
    DATES.iter().for_each(|d| add((*d).to_owned()));
    for date in DATES {
        for gap in [" ", "T"] {
            for clock in CLOCKS {
                ZONES.iter().for_each(|zone| add(format!("{date}{gap}{clock}{zone}")));
            }
        }
    }
    add("%Y-%m".into());
    all
}

/// A text that could be a date: short, with digits and signs between them.
fn dateish(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let signs = text.bytes().filter(|b| b"-/.: ,".contains(b)).count();
    (6..=40).contains(&text.len()) && digits >= 3 && signs >= 1 && digits * 2 >= text.len().saturating_sub(10)
}

/// The format that reads every text; the one that writes them back unchanged is preferred.
pub(super) fn find<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    if !texts.clone().next().is_some_and(dateish) {
        return None;
    }
    let reads = |f: &str, n: usize| texts.clone().take(n).all(|t| time::parse(t, f).is_ok());
    let mut open: Vec<String> = candidates();
    for n in [1, 20] {
        open.retain(|f| reads(f, n));
    }
    // Formats that write back what they read go first; the first that reads everything is it.
    let exact = |f: &String| texts.clone().take(50).all(|t| time::parse(t, f).is_ok_and(|us| time::format(us, f) == t));
    open.sort_by_key(|f| !exact(f));
    let format = open.into_iter().find(|f| reads(f, usize::MAX))?;
    Some(match fraction(&format, texts.clone()) {
        Some(n) => format.replace("%.f", &format!("%.{n}f")),
        None => format,
    })
}

/// Digits behind the point of a second, where every text has the same number of them.
fn fraction<'a>(format: &str, texts: impl Iterator<Item = &'a str>) -> Option<usize> {
    if !format.contains("%.f") {
        return None;
    }
    let digits = |t: &str| {
        let at = t.rfind('.')?;
        Some(t[at + 1..].bytes().take_while(u8::is_ascii_digit).count())
    };
    let mut all = texts.map(digits);
    let first = all.next().flatten().filter(|n| (1..=6).contains(n))?;
    all.all(|n| n == Some(first)).then_some(first)
}

/// Formats of what is known to the month or the year only; zeros and signs stand for what is not.
const PARTIAL: [&str; 14] = [
    "%Y", "%Y-%m", "%m/%Y", "%m.%Y", "%m-%Y", "%Y/%m", "%Y.%m", "%b %Y", "%B %Y", "%Y-00-00", "%Y-%m-00", "%Y-XX-XX",
    "%Y-%m-XX", "00.%m.%Y",
];
/// Formats in one column at most.
const FORMS: usize = 6;

/// Several formats that read all texts between them, that of the finest times first: days, beside which some are known
/// to the month or the year only, or to the minute.
pub(super) fn find_mixed(texts: &[(&str, usize)]) -> Option<(String, Vec<String>)> {
    let mut open: Vec<(&str, usize)> = texts.to_vec();
    let mut formats: Vec<(String, usize)> = Vec::new();
    while !open.is_empty() {
        let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
        open.iter().for_each(|(t, n)| *shapes.entry(outline(t)).or_default() += n);
        let (shape, rows) = shapes.into_iter().max_by_key(|(_, n)| *n)?;
        let alike = open.iter().map(|(t, _)| *t).filter(|t| outline(t) == shape);
        let format = match partial(alike.clone()) {
            Some(f) => f,
            None => find(alike)?,
        };
        if formats.len() == FORMS {
            return None;
        }
        open.retain(|(t, _)| time::parse(t, &format).is_err());
        formats.push((format, rows));
    }
    // Years alone are numbers; days have to be what most are.
    let rows = |least: Precision| -> usize {
        formats.iter().filter(|(f, _)| Precision::of(f) >= least).map(|(_, n)| *n).sum()
    };
    let order = |f: &String| f.find("%d").zip(f.find("%m")).map(|(d, m)| d < m);
    let mut orders = formats.iter().filter_map(|(f, _)| order(f));
    let first = orders.next();
    if rows(Precision::Day) * 2 < rows(Precision::Year) || orders.any(|o| Some(o) != first) {
        return None;
    }
    formats.sort_by_key(|(f, n)| (std::cmp::Reverse(Precision::of(f)), std::cmp::Reverse(*n)));
    let mut formats = formats.into_iter().map(|(f, _)| f);
    Some((formats.next()?, formats.collect()))
}

/// The format of months or years in a believable span.
fn partial<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let span = time::days_from_civil(1850, 1, 1) * time::DAY..time::days_from_civil(2150, 1, 1) * time::DAY;
    let reads = |f: &&&str| {
        texts.clone().all(|t| time::parse(t, f).is_ok_and(|us| span.contains(&us) && time::format(us, f) == t))
    };
    PARTIAL.iter().find(reads).map(|f| (*f).to_owned())
}

/// A text with its digits made one, so that texts of one format look alike; parts of a date that are zero stay.
fn outline(text: &str) -> String {
    let mut out = String::new();
    let mut digits = 0;
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits += 1;
            continue;
        }
        match digits {
            0 => {}
            1 | 2 => out.push('9'),
            n => out.extend(std::iter::repeat_n('9', n)),
        }
        digits = 0;
        out.push(if c.is_ascii_lowercase() { 'a' } else { c });
    }
    let day = text.get(..10).unwrap_or(text);
    let zeros = day.matches("-00").count() + day.matches("/00").count() + usize::from(day.starts_with("00"));
    out.extend(std::iter::repeat_n('0', zeros));
    out
}

/// True when every number is a date written as `20240131`.
pub(super) fn packed_dates(numbers: &[i64]) -> bool {
    !numbers.is_empty() && packed(numbers, 18_000_101..=22_001_231, "%Y%m%d")
}

fn packed(numbers: &[i64], span: RangeInclusive<i64>, format: &str) -> bool {
    numbers.iter().all(|n| span.contains(n) && time::parse(&n.to_string(), format).is_ok())
}

/// Different numbers that are enough to tell dates from other numbers.
const PACKED: usize = 8;

/// The format of whole numbers that are all days or all months of a believable span: of other numbers as long one in
/// 28 is a day and one in eight a month, and numbers that count on run over the end of a month or of a year.
pub(super) fn packed_format(numbers: &[i64]) -> Option<&'static str> {
    let span = numbers.iter().max()? - numbers.iter().min()?;
    if numbers.len() < PACKED || span < 100 {
        return None;
    }
    let days = packed(numbers, 19_000_101..=21_001_231, "%Y%m%d");
    let months = || packed(numbers, 190_001..=210_012, "%Y%m");
    if days { Some("%Y%m%d") } else { months().then_some("%Y%m") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_beside_months_and_years_are_dates() {
        let mixed = |texts: &[&str]| {
            let all: Vec<(&str, usize)> = texts.iter().map(|t| (*t, 1)).collect();
            find_mixed(&all).map(|(f, others)| [vec![f], others].concat().join(" | "))
        };
        for (texts, formats) in [
            (vec!["2015-03-02", "2014-12-30", "2013-05", "2012"], Some("%Y-%m-%d | %Y-%m | %Y")),
            (vec!["2015-03-02", "2014-12-30", "2013-05-00", "2012-00-00"], Some("%Y-%m-%d | %Y-%m-00 | %Y-00-00")),
            (vec!["2015-03-02", "2015-03-02 10:11:00"], Some("%Y-%m-%d %H:%M:%S | %Y-%m-%d")),
            (vec!["02.03.2015", "25.12.2014", "03.2015"], Some("%d.%m.%Y | %m.%Y")),
            (vec!["25/12/2014", "12/25/2014 10:30"], None),
            (vec!["2015-03-02", "3012"], None),
            (vec!["2015-03-02", "unknown"], None),
            (vec!["2015", "2016", "2017-05"], None),
        ] {
            assert_eq!(mixed(&texts).as_deref(), formats, "{texts:?}");
        }
    }

    #[test]
    fn finds_the_format_of_every_text() {
        for (texts, format) in [
            (vec!["2024-01-31"], Some("%Y-%m-%d")),
            (vec!["2024-01-31 12:00:00", "1950-01-01 00:00:01"], Some("%Y-%m-%d %H:%M:%S")),
            (vec!["01/02/2024", "25/12/2024"], Some("%d/%m/%Y")),
            (vec!["01/02/2024", "12/25/2024"], Some("%m/%d/%Y")),
            (vec!["2024-01-31T12:00:00Z"], Some("%Y-%m-%dT%H:%M:%SZ")),
            (vec!["2024-01-31T12:00:00+01:00"], Some("%Y-%m-%dT%H:%M:%S%:z")),
            (vec!["31-Jan-2024"], Some("%d-%b-%Y")),
            (vec!["2024-01-31 12:00:00.250"], Some("%Y-%m-%d %H:%M:%S%.3f")),
            (vec!["2024-01-31 12:00:00.25", "2024-01-31 12:00:00.5"], Some("%Y-%m-%d %H:%M:%S%.f")),
            (vec!["2024-01"], Some("%Y-%m")),
            (vec!["2024-01-31", "no date"], None),
            (vec!["1.5"], None),
            (vec!["192.168.1.1"], None),
        ] {
            assert_eq!(find(texts.iter().copied()).as_deref(), format, "{texts:?}");
        }
        assert!(packed_dates(&[20_240_131, 19_991_231]) && !packed_dates(&[20_240_132]));
    }

    #[test]
    fn many_numbers_that_are_all_days_are_dates() {
        let days: Vec<i64> = (0..60).map(|i| 20_240_101 + i % 12 * 100 + i % 28).collect();
        assert_eq!(packed_format(&days), Some("%Y%m%d"));
        assert_eq!(packed_format(&(0..40).map(|i| 20_240_101 + i).collect::<Vec<_>>()), None, "these count on");
        assert_eq!(packed_format(&days[..5]), None);
        assert_eq!(packed_format(&(0..60).map(|i| 20_240_101 + 97 * i).collect::<Vec<_>>()), None);
        let months: Vec<i64> = (0..60).map(|i| 201_801 + i / 12 * 100 + i % 12).collect();
        assert_eq!(packed_format(&months), Some("%Y%m"));
        assert_eq!(packed_format(&(0..60).map(|i| 201_801 + i * 3).collect::<Vec<_>>()), None);
    }
}
