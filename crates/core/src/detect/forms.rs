//! Texts that are numbers in a form: money, measures with their unit, blood pressures, lap times.

use std::collections::BTreeSet;

use super::names::{IdName, id_name};
use super::profile::{Profile, Shape};
use crate::dataset::NO_CODE;
use crate::form::{Split, Style, forms, is_word};

/// Different texts that a column of numbers has at least.
const LEAST: usize = 20;
/// Up to so many texts are labels, where each of them stands in ten rows.
const LABELS: usize = 200;
/// Forms at most.
const FORMS: usize = 12;
/// Digits of a whole number at most; an identifier has more.
const DIGITS: usize = 7;
/// Words of units that are written at a number without a space.
const ATTACHED: [&str; 12] = ["mg", "g", "kg", "ml", "l", "mm", "cm", "m", "km", "h", "s", "min"];

/// How the numbers of a column are written; None where its texts name things.
pub(super) fn find(column: &str, p: &Profile) -> Option<Style> {
    let (n, known) = (p.distinct(), p.known());
    if p.shape != Shape::Text || n < LEAST || n <= LABELS && n * 10 <= known || id_name(column) != IdName::No {
        return None;
    }
    let mut rows = vec![0usize; n];
    p.codes.iter().filter(|c| **c != NO_CODE).for_each(|c| rows[*c as usize] += 1);
    let texts: Vec<&str> = p.texts.iter().map(str::trim).collect();
    Style::ALL.into_iter().find(|s| fits(&texts, &rows, known, *s))
}

/// A text with its numbers, and in how many rows it stands.
type Read = (Split, usize);

fn fits(texts: &[&str], rows: &[usize], known: usize, style: Style) -> bool {
    let mut read: Vec<Read> = Vec::new();
    let mut words = 0;
    for (text, n) in texts.iter().zip(rows) {
        match Split::new(text, style) {
            Some(split) => read.push((split, *n)),
            None if is_word(text) => words += n,
            None => return false,
        }
    }
    // Most are numbers, in few forms.
    if read.len() < LEAST || words * 2 > known {
        return false;
    }
    let all: BTreeSet<Option<String>> = forms(texts, style).into_iter().collect();
    if all.len() > FORMS || !read.iter().all(|(s, _)| is_measure(s, style)) {
        return false;
    }
    let values = (0..read[0].0.numbers.len()).all(|i| are_values(&read, i, known - words));
    values && (style != Style::Pair || are_two(&read))
}

/// True where what is around the numbers is what stands around measures.
fn is_measure(split: &Split, style: Style) -> bool {
    let (before, after) = (split.around[0].trim(), split.around[split.around.len() - 1].as_str());
    let sign = |c: char| "$€£¥₹₩₽<>=≤≥~≈±+".contains(c);
    let money = ["USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD"];
    let unit = after.trim();
    let attached = after.starts_with(|c: char| c.is_alphabetic());
    let named = |u: &str| ATTACHED.iter().any(|a| u.eq_ignore_ascii_case(a) || u.starts_with(&format!("{a}/")));
    let whole = split.numbers.iter().all(|t| t.places == 0 && t.between.is_none() && t.parts == 1);
    let padded = style != Style::Clock && split.numbers.iter().any(|t| t.padded);
    let long = whole && split.numbers.iter().any(|t| t.width > DIGITS);
    let between = |t: &String| {
        let t = t.trim();
        t.chars().count() <= 1 && t.chars().all(|c| "/-–x×±,;(|".contains(c))
    };
    (before.chars().all(sign) || money.contains(&before))
        && unit.chars().count() <= 20
        && !unit.contains(['@', '#', '\\', '_'])
        && !["st", "nd", "rd", "th"].contains(&unit)
        // 12A is a seat and 12345-X an account.
        && !(whole && attached && !named(unit))
        && !(whole && unit.starts_with(['-', '/', '.', ':']))
        && !padded
        && !long
        && split.around[1..split.around.len() - 1].iter().all(between)
}

/// True for numbers that measure: they have decimals or thousands, or come again and again. Numbers that are all
/// different name things, whatever stands around them.
fn are_values(read: &[Read], which: usize, known: usize) -> bool {
    let tokens = || read.iter().map(|(s, _)| &s.numbers[which]);
    let exact = tokens().any(|t| t.places > 0 || t.between.is_some() || t.parts > 1);
    let different: BTreeSet<u64> = read.iter().map(|(s, _)| s.value(which).to_bits()).collect();
    exact || different.len() * 10 <= known * 7
}

/// True for two numbers that are measured together, not parts of a number that names something (555-1234) or of a
/// date.
fn are_two(read: &[Read]) -> bool {
    let width = |i: usize| read[0].0.numbers[i].width;
    let even = (0..2).all(|i| read.iter().all(|(s, _)| s.numbers[i].width == width(i) && s.numbers[i].places == 0));
    let year =
        read.iter().all(|(s, _)| (1850.0..2150.0).contains(&s.value(1)) || (1850.0..2150.0).contains(&s.value(0)));
    !even && !year
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringArray;

    fn style(name: &str, make: impl Fn(usize) -> String) -> Option<&'static str> {
        let texts: Vec<String> = (0..600).map(make).collect();
        find(name, &Profile::read(name, &StringArray::from(texts)).unwrap()).map(Style::name)
    }

    /// A number that seems random.
    fn any(i: usize, below: usize) -> usize {
        (crate::rng::mix(i as u64 + below as u64) % below as u64) as usize
    }

    #[test]
    fn measures_are_numbers() {
        assert_eq!(style("bp", |i| format!("{}/{}", 90 + any(i, 70), 50 + any(i + 3, 52))), Some("pair"));
        assert_eq!(style("dose", |i| format!("{} mg", 5 + any(i, 90))), Some("point"));
        assert_eq!(style("share", |i| format!("{}%", any(i, 90))), Some("point"));
        assert_eq!(style("price", |i| format!("${}.{:02}", any(i, 90), any(i, 100))), Some("point"));
        assert_eq!(
            style("result", |i| if i % 3 == 0 { "neg".into() } else { format!("<{}", any(i, 90)) }),
            Some("point")
        );
        assert_eq!(style("lap", |i| format!("1:{:02}.{:03}", any(i, 60), any(i, 999))), Some("clock"));
        assert_eq!(style("height", |i| format!("1,{:02}", any(i, 99))), Some("comma"));
    }

    #[test]
    fn what_names_things_is_no_number() {
        let cases: [(&str, &dyn Fn(usize) -> String); 12] = [
            ("record", &|i| format!("P{i:05}")),
            ("area", &|i| format!("{:05}", any(i, 99_999))),
            ("call", &|i| format!("{}-{:04}", 200 + any(i, 700), any(i, 9999))),
            ("call", &|i| format!("+39 {}", 300_000_000 + any(i, 99_999_999))),
            ("version", &|i| format!("{}.{}.{}", any(i, 3), any(i, 20), any(i, 40))),
            ("icd", &|i| format!("{}{:02}.{}", ["E", "I", "J"][i % 3], any(i, 90), any(i, 9))),
            ("seat", &|i| format!("{}{}", 1 + any(i, 60), ["A", "B", "C", "D"][i % 4])),
            ("file", &|i| format!("{}/19", i + 1)),
            ("lot_number", &|i| format!("{} kg", any(i, 90))),
            ("from", &|i| format!("{}/{}", 1 + any(i, 12), 1950 + any(i, 70))),
            ("rank", &|i| format!("{}th", 4 + any(i, 90))),
            ("bag", &|i| format!("{} kg", any(i, 12))),
        ];
        for (name, texts) in cases {
            assert_eq!(style(name, texts), None, "{name} {}", texts(5));
        }
    }
}
