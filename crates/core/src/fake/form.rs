//! Forms of texts: `#` for a digit (`^` for one that is not 0), `?` for a capital letter, `*` for a small one,
//! everything else as it is.

use std::collections::BTreeMap;

use crate::rng::Stream;

/// Forms kept of one column.
const MOST: usize = 8;
/// Longest text whose form is kept.
const LONGEST: usize = 64;

/// The form of a text.
pub fn of(text: &str) -> String {
    let place = |c: char| match c {
        '0'..='9' => '#',
        'A'..='Z' => '?',
        'a'..='z' => '*',
        c if c.is_alphabetic() => '*',
        c => c,
    };
    text.chars().map(place).collect()
}

/// The forms that at least `k` texts have, commonest first, with their counts; none when they are rarer than not.
pub fn learn<'a>(texts: impl Iterator<Item = &'a str>, k: usize) -> Vec<(String, u32)> {
    let mut forms: BTreeMap<String, u32> = BTreeMap::new();
    let (mut all, mut long, mut zero) = (0u32, false, false);
    for t in texts {
        all += 1;
        zero |= t.starts_with('0');
        long |= t.len() > LONGEST;
        if !long {
            *forms.entry(of(t)).or_default() += 1;
        }
    }
    let mut kept: Vec<(String, u32)> = forms.into_iter().filter(|(_, n)| *n as usize >= k.max(1)).collect();
    kept.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    kept.truncate(MOST);
    let held: u32 = kept.iter().map(|f| f.1).sum();
    // Numbers stay numbers: none of them begins with 0.
    for (form, _) in kept.iter_mut().filter(|f| !zero && f.0.starts_with('#')) {
        form.replace_range(..1, "^");
    }
    if long || held * 2 < all { Vec::new() } else { kept }
}

/// One of the forms by weight.
pub fn pick<'a>(forms: &'a [(String, u32)], rng: &mut Stream) -> Option<&'a str> {
    let weights: Vec<f64> = forms.iter().map(|f| f64::from(f.1)).collect();
    rng.weighted(&weights).map(|i| forms[i].0.as_str())
}

/// A text of a form; with `number` its digits say that number in disguise, so that no two numbers below the room of
/// the digits give the same text.
pub fn fill(form: &str, number: Option<u64>, rng: &mut Stream) -> String {
    let digits = form.chars().filter(|c| *c == '#').count().min(18) as u32;
    let room = 10u64.pow(digits);
    let mut code = number.filter(|n| *n < room).map(|n| {
        // Odd and no multiple of 5: a permutation of the room.
        ((u128::from(n) * 7_368_787 + 271_828_183) % u128::from(room)) as u64
    });
    let mut left = digits;
    form.chars()
        .map(|c| match c {
            '#' => match &mut code {
                Some(v) if left > 0 => {
                    left -= 1;
                    let d = *v / 10u64.pow(left) % 10;
                    char::from(b'0' + d as u8)
                }
                _ => char::from(b'0' + rng.below(10) as u8),
            },
            '^' => char::from(b'1' + rng.below(9) as u8),
            '?' => char::from(b'A' + rng.below(26) as u8),
            '*' => char::from(b'a' + rng.below(26) as u8),
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_enough_texts_and_are_kept() {
        let texts = ["AB-12", "QX-99", "ZZ-00", "AA-10", "BB-20", "7"];
        assert_eq!(learn(texts.into_iter(), 5), [("??-##".to_owned(), 5)]);
        assert!(learn(texts.into_iter(), 6).is_empty());
        let mut rng = Stream::new(1, 2, 3);
        let all: std::collections::BTreeSet<String> = (0..1000).map(|i| fill("0#-##", Some(i), &mut rng)).collect();
        assert!(all.len() == 1000 && all.iter().all(|t| of(t) == "##-##" && t.starts_with('0')));
    }
}
