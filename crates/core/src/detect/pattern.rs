//! Patterns of identifiers: a regular expression that all values fit and that gives no value away.

/// Fewer values than this could be read off their own pattern.
const LEAST: usize = 5;

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Digit,
    Upper,
    Lower,
    Sign(char),
}

/// A run of characters of one class: its lengths, and its text while all values have the same.
struct Run {
    class: Class,
    min: usize,
    max: usize,
    same: Option<String>,
}

fn class(c: char) -> Option<Class> {
    Some(match c {
        '0'..='9' => Class::Digit,
        'A'..='Z' => Class::Upper,
        'a'..='z' => Class::Lower,
        c if c.is_ascii_graphic() || c == ' ' => Class::Sign(c),
        _ => return None,
    })
}

fn runs(text: &str) -> Option<Vec<(Class, String)>> {
    let mut runs: Vec<(Class, String)> = Vec::new();
    for c in text.chars() {
        let class = class(c)?;
        match runs.last_mut() {
            Some((k, t)) if *k == class => t.push(c),
            _ => runs.push((class, c.to_string())),
        }
    }
    (runs.len() <= 12).then_some(runs)
}

/// True for `8-4-4-4-12` hexadecimal digits.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn is_hash(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The pattern of all texts, `P\d{6}`; None when they have no common one or are too few to hide in it.
pub(super) fn find<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    if texts.clone().take(LEAST).count() < LEAST || texts.clone().any(|t| t.len() > 64) {
        return None;
    }
    let first = texts.clone().next()?;
    if texts.clone().all(is_uuid) {
        let hex = if texts.clone().any(|t| t.bytes().any(|b| b.is_ascii_uppercase())) { "0-9A-F" } else { "0-9a-f" };
        return Some([8, 4, 4, 4, 12].map(|n| format!("[{hex}]{{{n}}}")).join("-"));
    }
    if texts.clone().all(|t| t.len() == first.len() && is_hash(t)) {
        return Some(format!("[0-9a-f]{{{}}}", first.len()));
    }
    let of_first = runs(first)?.into_iter();
    let mut all: Vec<Run> =
        of_first.map(|(class, t)| Run { class, min: t.len(), max: t.len(), same: Some(t) }).collect();
    for text in texts {
        let these = runs(text)?;
        if these.len() != all.len() || these.iter().zip(&all).any(|(a, b)| a.0 != b.class) {
            return None;
        }
        for (run, (_, t)) in all.iter_mut().zip(these) {
            run.min = run.min.min(t.len());
            run.max = run.max.max(t.len());
            if run.same.as_ref().is_some_and(|s| *s != t) {
                run.same = None;
            }
        }
    }
    Some(all.iter().map(write).collect())
}

/// Signs with a meaning in regular expressions, in every dialect of them.
fn escape(text: &str) -> String {
    text.chars().flat_map(|c| [r"\.+*?()|[]{}^$".contains(c).then_some('\\'), Some(c)]).flatten().collect()
}

fn write(run: &Run) -> String {
    let letters = match (run.class, &run.same) {
        (Class::Digit, _) => "\\d",
        (_, Some(text)) => return escape(text),
        (Class::Upper, _) => "[A-Z]",
        (Class::Lower, _) => "[a-z]",
        (Class::Sign(c), _) => &escape(&c.to_string()),
    };
    match (run.min, run.max) {
        (a, b) if a == b => format!("{letters}{{{a}}}"),
        (a, b) => format!("{letters}{{{a},{b}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn five(make: impl Fn(usize) -> String) -> Option<String> {
        let texts: Vec<String> = (1..=5).map(make).collect();
        find(texts.iter().map(String::as_str))
    }

    #[test]
    fn patterns_keep_the_form_and_hide_the_value() {
        assert_eq!(five(|i| format!("P{i:06}")).as_deref(), Some(r"P\d{6}"));
        assert_eq!(five(|i| format!("d{}_{i}", i * 30)).as_deref(), Some(r"d\d{2,3}_\d{1}"));
        assert_eq!(
            five(|i| format!("{}.{i:02}", ["AB", "CDE", "F", "AB", "AB"][i - 1])).as_deref(),
            Some(r"[A-Z]{1,3}\.\d{2}")
        );
        let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
        assert_eq!(five(|i| format!("{i:08x}-0000-4000-8000-000000000000")).as_deref(), Some(uuid));
        assert_eq!(five(|i| if i == 3 { "x".into() } else { i.to_string() }), None);
        assert_eq!(find(["SMITH1", "SMITH2"].into_iter()), None, "two values would show in their pattern");
        assert_eq!(five(|i| format!("é{i}")), None);
    }
}
