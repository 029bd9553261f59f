//! Date and time formats, found by reading every distinct text.

use crate::dataset::FORMATS;
use crate::time;

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

/// True when every number is a date written as `20240131`.
pub(super) fn packed_dates(numbers: &[i64]) -> bool {
    !numbers.is_empty()
        && numbers
            .iter()
            .all(|n| (18_000_101..=22_001_231).contains(n) && time::parse(&n.to_string(), "%Y%m%d").is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
