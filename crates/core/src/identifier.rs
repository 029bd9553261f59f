//! Fresh identifiers: a format learned from a column or its `regex_format`, and the text of each position.

use std::collections::BTreeMap;

use regex_syntax::hir::{Class, Hir, HirKind};
use serde::{Deserialize, Serialize};

use crate::Column;
use crate::rng::mix;

/// How a fresh identifier looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum IdFormat {
    /// Whole numbers from this one.
    Integer(u64),
    /// A hexadecimal universally unique identifier.
    Uuid,
    /// Fixed text and counting places.
    Pattern(Vec<Place>),
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Place {
    /// Text as it is.
    Text(String),
    /// One of these characters, so many times at least and at most; 0 is no end.
    Count(String, u8, u8),
}

const DIGITS: &str = "0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
/// Text that fewer values share could give one of them away.
const LEAST: usize = 5;
/// Longest identifier whose form is kept.
const LONGEST: usize = 64;

impl IdFormat {
    /// The format of a column: its `regex_format` where that is plain enough, else what its values look like.
    pub fn learn(regex: Option<&str>, values: &Column, table: &str, column: &str) -> Self {
        if let Some(p) = regex.and_then(places_of_regex) {
            return Self::Pattern(p);
        }
        let fallback =
            || Self::Pattern(vec![Place::Text(format!("{table}-{column}-")), Place::Count(DIGITS.into(), 6, 0)]);
        let Column::Text { values, .. } = values else { return Self::Integer(1) };
        if values.is_empty() || values.iter().all(|v| v.parse::<i64>().is_ok_and(|n| n.to_string() == v)) {
            return Self::Integer(first_number(values.iter()));
        }
        let uuid = |v: &str| {
            v.len() == 36
                && v.bytes()
                    .enumerate()
                    .all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() })
        };
        if values.iter().all(uuid) {
            return Self::Uuid;
        }
        commonest(values.iter()).map_or_else(fallback, Self::Pattern)
    }

    /// The identifier of a position (from 0); `salt` keeps UUIDs of two columns apart.
    pub fn text(&self, index: u64, salt: u64) -> String {
        match self {
            Self::Integer(first) => first.saturating_add(index).to_string(),
            Self::Uuid => {
                let (a, b) = (mix(salt ^ mix(index)), mix(salt.rotate_left(17) ^ mix(index ^ 0x5851_F42D)));
                format!(
                    "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                    a >> 32,
                    a >> 16 & 0xffff,
                    a & 0xfff,
                    0x8000 | (b >> 50),
                    b & 0xffff_ffff_ffff
                )
            }
            Self::Pattern(places) => pattern_text(places, index),
        }
    }

    /// How many identifiers there are; None when there is no end.
    pub fn capacity(&self) -> Option<u64> {
        let Self::Pattern(places) = self else { return None };
        let mut all = 1u64;
        for p in places {
            if let Place::Count(class, _, most) = p {
                if *most == 0 {
                    return None;
                }
                all = all.saturating_mul((class.len() as u64).saturating_pow(u32::from(*most)));
            }
        }
        Some(all - u64::from(starts_at_one(places)))
    }

    /// A regular expression that identifiers beyond [`IdFormat::capacity`] fit, too: the same with room to grow.
    pub fn wider_regex(&self) -> Option<String> {
        let Self::Pattern(places) = self else { return None };
        let wide = wide_place(places);
        let one = |(i, p): (usize, &Place)| match p {
            Place::Text(t) => regex_syntax::escape(t),
            Place::Count(class, least, most) => {
                let class = match class.as_str() {
                    DIGITS => "\\d".to_owned(),
                    UPPER => "[A-Z]".to_owned(),
                    LOWER => "[a-z]".to_owned(),
                    other => {
                        format!("[{}]", other.chars().map(|c| regex_syntax::escape(&c.to_string())).collect::<String>())
                    }
                };
                match most {
                    _ if Some(i) == wide => format!("{class}{{{least},}}"),
                    0 => format!("{class}{{{least},}}"),
                    m if m == least => format!("{class}{{{least}}}"),
                    m => format!("{class}{{{least},{m}}}"),
                }
            }
        };
        Some(places.iter().enumerate().map(one).collect())
    }

    /// Whether every piece makes sense: at least one character to count with, and an end not before the start.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Integer(_) | Self::Uuid => true,
            Self::Pattern(places) => {
                places.len() <= 256
                    && places.iter().all(|p| match p {
                        Place::Text(_) => true,
                        Place::Count(class, least, most) => {
                            class.is_ascii() && !class.is_empty() && *least > 0 && (*most == 0 || most >= least)
                        }
                    })
                    && places.iter().any(|p| matches!(p, Place::Count(class, ..) if class.len() > 1))
            }
        }
    }
}

/// Numbers of one length go on with that length, others count from 1.
fn first_number<'a>(mut values: impl Iterator<Item = &'a str>) -> u64 {
    let Some(length) = values.next().map(str::len) else { return 1 };
    if (2..=18).contains(&length) && values.all(|v| v.len() == length && !v.starts_with('-')) {
        10u64.pow(length as u32 - 1)
    } else {
        1
    }
}

fn starts_at_one(places: &[Place]) -> bool {
    places.iter().all(|p| matches!(p, Place::Text(_)) || matches!(p, Place::Count(c, ..) if c == DIGITS))
}

/// The place that may grow, else the leftmost.
fn wide_place(places: &[Place]) -> Option<usize> {
    let grows = |p: &Place| matches!(p, Place::Count(_, least, most) if most != least);
    places.iter().position(grows).or_else(|| places.iter().position(|p| matches!(p, Place::Count(..))))
}

/// Counts with the rightmost places turning fastest; numbers start at 1, letters at their first. What does not fit
/// into the places goes in front of the one that may grow, or else the leftmost: texts never repeat.
fn pattern_text(places: &[Place], index: u64) -> String {
    let mut left = index.saturating_add(u64::from(starts_at_one(places)));
    let mut parts: Vec<String> = Vec::with_capacity(places.len());
    for p in places.iter().rev() {
        parts.push(match p {
            Place::Text(t) => t.clone(),
            Place::Count(class, least, _) => digits(class, usize::from(*least), &mut left),
        });
    }
    parts.reverse();
    if left > 0
        && let Some(i) = wide_place(places)
        && let Place::Count(class, ..) = &places[i]
        && class.len() > 1
    {
        let mut front = String::new();
        while left > 0 {
            front.insert_str(0, &digits(class, 1, &mut left));
        }
        parts[i].insert_str(0, &front);
    }
    parts.concat()
}

/// So many places of a number, the rest stays.
fn digits(class: &str, places: usize, left: &mut u64) -> String {
    let (class, base) = (class.as_bytes(), class.len() as u64);
    let mut out: Vec<u8> = Vec::with_capacity(places);
    for _ in 0..places {
        out.push(class[(*left % base) as usize]);
        *left /= base;
    }
    out.reverse();
    String::from_utf8_lossy(&out).into_owned()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Digit,
    Upper,
    Lower,
    Sign,
}

fn kind(c: char) -> Kind {
    match c {
        '0'..='9' => Kind::Digit,
        'A'..='Z' => Kind::Upper,
        'a'..='z' => Kind::Lower,
        // A letter of any other alphabet is drawn anew like one of this: it may be part of a name.
        c if c.is_lowercase() => Kind::Lower,
        c if c.is_alphabetic() => Kind::Upper,
        _ => Kind::Sign,
    }
}

/// Runs of characters of one kind.
fn runs(text: &str) -> Vec<(Kind, &str)> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (i, c) in text.char_indices() {
        if last.is_some_and(|k| k != kind(c)) {
            out.extend(last.map(|k| (k, &text[start..i])));
            start = i;
        }
        last = Some(kind(c));
    }
    out.extend(last.map(|k| (k, &text[start..])));
    out
}

/// The form that most values have: the same kinds of runs with the same signs between them.
fn commonest<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Option<Vec<Place>> {
    let shape = |v: &str| -> Option<Vec<(Kind, String)>> {
        let runs = runs(v);
        let fits = v.len() <= LONGEST && runs.len() <= 16 && !v.contains(char::is_whitespace);
        let sign = |(k, t): &(Kind, &str)| (*k, if *k == Kind::Sign { (*t).to_owned() } else { String::new() });
        fits.then(|| runs.iter().map(sign).collect())
    };
    let mut shapes: BTreeMap<Vec<(Kind, String)>, usize> = BTreeMap::new();
    for v in values.clone() {
        *shapes.entry(shape(v)?).or_default() += 1;
    }
    let (best, n) = shapes.into_iter().max_by_key(|(_, n)| *n)?;
    let alike: Vec<Vec<(Kind, &str)>> = values.filter(|v| shape(v).as_ref() == Some(&best)).map(runs).collect();
    let mut places: Vec<Place> = Vec::new();
    for (i, (k, sign)) in best.iter().enumerate() {
        let texts = || alike.iter().map(|r| r[i].1);
        let lengths = || texts().map(str::len);
        let (least, most) = (lengths().min()?, lengths().max()?);
        let same = texts().all(|t| t == alike[0][i].1) && n >= LEAST;
        let class = match k {
            Kind::Sign => None,
            Kind::Digit if same && n > LEAST * 4 => None,
            Kind::Digit => Some(DIGITS),
            Kind::Upper if !same => Some(UPPER),
            Kind::Lower if !same => Some(LOWER),
            _ => None,
        };
        match class {
            Some(c) => places.push(Place::Count(c.into(), least as u8, if least == most { least as u8 } else { 0 })),
            None => {
                let t = if *k == Kind::Sign { sign.as_str() } else { alike[0][i].1 };
                match places.last_mut() {
                    Some(Place::Text(before)) => before.push_str(t),
                    _ => places.push(Place::Text(t.to_owned())),
                }
            }
        }
    }
    // What was only seen may go on: the first run of digits, else the first run, grows when it is full.
    let digits = |p: &Place| matches!(p, Place::Count(c, ..) if c == DIGITS);
    let grows = |p: &Place| matches!(p, Place::Count(_, _, 0));
    if !places.iter().any(grows) {
        let at =
            places.iter().position(digits).or_else(|| places.iter().position(|p| matches!(p, Place::Count(..))))?;
        if let Place::Count(_, _, most) = &mut places[at] {
            *most = 0;
        }
    }
    Some(places)
}

/// Pieces of a regular expression at most.
const PLACES: usize = 256;

/// The pieces of a regular expression of literal text, classes and their repetitions; None for anything richer. Of
/// alternatives the first is taken, what may be left out is.
fn places_of_regex(regex: &str) -> Option<Vec<Place>> {
    let mut out = Vec::new();
    walk(&regex_syntax::Parser::new().parse(regex).ok()?, &mut out)?;
    let counts = out.iter().any(|p| matches!(p, Place::Count(c, ..) if c.len() > 1));
    (counts && out.len() <= PLACES).then_some(out)
}

fn walk(hir: &Hir, out: &mut Vec<Place>) -> Option<()> {
    if out.len() > PLACES {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(l) => {
            let t = std::str::from_utf8(&l.0).ok()?;
            match out.last_mut() {
                Some(Place::Text(before)) => before.push_str(t),
                _ => out.push(Place::Text(t.to_owned())),
            }
        }
        HirKind::Class(c) => out.push(Place::Count(members(c)?, 1, 1)),
        HirKind::Capture(c) => walk(&c.sub, out)?,
        HirKind::Concat(all) => all.iter().try_for_each(|h| walk(h, out))?,
        HirKind::Alternation(all) => walk(all.first()?, out)?,
        HirKind::Repetition(r) => match r.sub.kind() {
            HirKind::Class(c) if r.max != Some(0) => {
                let least = u8::try_from(r.min.max(1)).ok()?;
                let most = r.max.map_or(Some(0), |m| u8::try_from(m).ok())?;
                if r.min > 0 || r.max != Some(1) {
                    out.push(Place::Count(members(c)?, least, most));
                }
            }
            _ => {
                for _ in 0..r.min.min(65) {
                    walk(&r.sub, out)?;
                }
                (r.min <= 64).then_some(())?;
            }
        },
    }
    Some(())
}

/// Characters of a class to count with: its letters and digits, else its other visible ones.
fn members(class: &Class) -> Option<String> {
    let holds = |c: char| match class {
        Class::Unicode(u) => u.ranges().iter().any(|r| (r.start()..=r.end()).contains(&c)),
        Class::Bytes(b) => b.ranges().iter().any(|r| (r.start()..=r.end()).contains(&(c as u8))),
    };
    let all = |keep: fn(&char) -> bool| (' '..='~').filter(keep).filter(|c| holds(*c)).collect::<String>();
    let plain = all(char::is_ascii_alphanumeric);
    let text = if plain.is_empty() { all(char::is_ascii_punctuation) } else { plain };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_lite::Regex;

    fn column(values: &[&str]) -> Column {
        let values: crate::Labels = values.iter().collect();
        Column::Text { codes: (0..values.len() as u32).collect(), values }
    }

    #[test]
    fn every_text_of_a_regex_fits_it_and_none_comes_twice() {
        for regex in [
            r"P\d{6}",
            r"[A-Z]{2}-\d{4,}",
            r"^[0-9a-f]{8}$",
            r"(VS|VT)[0-9]{3}x?",
            r"\d{1,3}/[A-C]",
            r"[a-z]+\.\w{2}",
            r"N\d{4}-\d{4}",
            r"ID_[^\W_]{5}",
        ] {
            let format = IdFormat::learn(Some(regex), &column(&[]), "t", "c");
            let whole = Regex::new(&format!("^(?:{regex})$")).unwrap();
            let n = format.capacity().map_or(5000, |c| c.min(5000));
            let mut seen = std::collections::BTreeSet::new();
            for i in 0..n {
                let text = format.text(i, 0);
                assert!(whole.is_match(&text), "{regex}: {text}");
                assert!(seen.insert(text), "{regex}: twice");
            }
        }
        let small = IdFormat::learn(Some(r"[A-C]\d"), &column(&[]), "t", "c");
        assert_eq!(small.capacity(), Some(30));
        let wider = Regex::new(&format!("^(?:{})$", small.wider_regex().unwrap())).unwrap();
        assert!((0..500).all(|i| wider.is_match(&small.text(i, 0))));
        assert_eq!(IdFormat::learn(Some(r"\d{2}"), &column(&[]), "t", "c").text(0, 0), "01");
    }

    #[test]
    fn the_form_of_values_is_kept_and_not_what_few_of_them_say() {
        let text = |values: &[&str], i| IdFormat::learn(None, &column(values), "t", "c").text(i, 0);
        assert_eq!(text(&["7001", "7003", "7012"], 0), "1000");
        assert_eq!(text(&["1", "2", "30"], 4), "5");
        assert_eq!(text(&["AB-01", "AX-02", "CB-13", "QB-01", "AA-09", "ZZ-77"], 0), "AA-00");
        assert_eq!(text(&["P1", "P22", "P333", "P4", "P5", "P6"], 9), "P10");
        // A prefix that two values share is theirs.
        assert!(!text(&["SMITH-1", "SMITH-2"], 0).contains("SMITH"));
        assert_eq!(text(&["a b", "c d"], 0), "t-c-000001");
    }

    #[test]
    fn letters_of_other_alphabets_are_drawn_anew_like_latin_ones() {
        let values = ["Иванова-01", "Иванова-02", "Петрова-03", "Петрова-04", "Сидоров-05"];
        for (i, format) in (0..40).map(|i| (i, IdFormat::learn(None, &column(&values), "t", "c"))) {
            let text = format.text(i, 0);
            assert!(!values.iter().any(|v| text.contains(v.split('-').next().unwrap())), "{text}");
        }
    }
}
