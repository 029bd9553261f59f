//! Plain patterns of identifiers without a regular expression engine: text, classes and counts, one byte after the
//! other. Nearly all patterns of keys are so plain, and every row has one.

/// Bytes that may stand at a place, and how often.
#[derive(Clone, Debug)]
struct Place {
    allowed: [bool; 256],
    least: usize,
    most: usize,
}

/// A pattern where no place can be mistaken for the next, so that one pass decides.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    places: Vec<Place>,
}

impl Plain {
    /// None for a pattern that is richer than `P[0-9]{6}` or `\\d+-[A-F]{2,4}`.
    pub fn new(pattern: &str) -> Option<Self> {
        let body = pattern.strip_prefix('^').unwrap_or(pattern);
        let mut rest = body.strip_suffix('$').unwrap_or(body).as_bytes();
        let mut places: Vec<Place> = Vec::new();
        while let Some((&c, after)) = rest.split_first() {
            let mut allowed = [false; 256];
            rest = after;
            match c {
                b'\\' => {
                    let (&e, after) = rest.split_first()?;
                    rest = after;
                    match e {
                        b'd' => (b'0'..=b'9').for_each(|b| allowed[usize::from(b)] = true),
                        e if e.is_ascii_punctuation() => allowed[usize::from(e)] = true,
                        _ => return None,
                    }
                }
                b'[' => {
                    let end = rest.iter().position(|b| *b == b']')?;
                    class(&rest[..end], &mut allowed)?;
                    rest = &rest[end + 1..];
                }
                c if c.is_ascii_alphanumeric() || b"-_ /:#@".contains(&c) => allowed[usize::from(c)] = true,
                _ => return None,
            }
            let (least, most);
            (least, most, rest) = count(rest)?;
            places.push(Place { allowed, least, most });
        }
        // A place of open length must not share a byte with the one behind it.
        let apart = |w: &[Place]| w[0].least == w[0].most || (0..256).all(|b| !(w[0].allowed[b] && w[1].allowed[b]));
        let sure = places.windows(2).all(apart) && places.iter().rev().skip(1).all(|p| p.least > 0);
        (sure && !places.is_empty()).then_some(Self { places })
    }

    /// True when the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for p in &self.places {
            let n = rest.iter().take(p.most).take_while(|b| p.allowed[usize::from(**b)]).count();
            if n < p.least {
                return false;
            }
            rest = &rest[n..];
        }
        rest.is_empty()
    }
}

/// The inside of a class: bytes and ranges of letters or digits.
fn class(body: &[u8], allowed: &mut [bool; 256]) -> Option<()> {
    if body.is_empty() || body.iter().any(|b| !b.is_ascii() || b"^\\[&~".contains(b)) {
        return None;
    }
    let mut i = 0;
    while i < body.len() {
        if i + 2 < body.len() && body[i + 1] == b'-' {
            (body[i]..=body[i + 2]).for_each(|b| allowed[usize::from(b)] = true);
            i += 3;
        } else {
            allowed[usize::from(body[i])] = true;
            i += 1;
        }
    }
    Some(())
}

/// `{n}`, `{n,}`, `{n,m}`, `+` or nothing: least, most and what follows.
fn count(rest: &[u8]) -> Option<(usize, usize, &[u8])> {
    match rest.first() {
        Some(b'+') => Some((1, usize::MAX, &rest[1..])).filter(|r| !matches!(r.2.first(), Some(b'?' | b'+'))),
        Some(b'{') => {
            let end = rest.iter().position(|b| *b == b'}')?;
            let body = std::str::from_utf8(&rest[1..end]).ok()?;
            let (least, most) = match body.split_once(',') {
                None => (body.parse().ok()?, body.parse().ok()?),
                Some((a, "")) => (a.parse().ok()?, usize::MAX),
                Some((a, b)) => (a.parse().ok()?, b.parse().ok()?),
            };
            (least <= most && !matches!(rest.get(end + 1), Some(b'?' | b'+'))).then_some((
                least,
                most,
                &rest[end + 1..],
            ))
        }
        Some(b'?' | b'*') => None,
        _ => Some((1, 1, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_lite::Regex;

    #[test]
    fn agrees_with_regular_expressions() {
        let patterns = [
            r"P\d{3}",
            "P[0-9]{3,}",
            "[A-Z]{2}-[0-9]{1,3}",
            r"\d+",
            "VS[0-9]{8}",
            "[a-f0-9]{4}-x",
            r"a\.b",
            "^D[0-9]+$",
            "[A-C][D-F]+",
        ];
        let texts = [
            "P001",
            "P0001",
            "P1",
            "xP001",
            "P001x",
            "AB-1",
            "AB-1234",
            "A-1",
            "7",
            "",
            "VS00000001",
            "beef-x",
            "a.b",
            "axb",
            "D1",
            "D",
            "AD",
            "ADEF",
            "P٣٣٣",
            "A",
        ];
        for pattern in patterns {
            let plain = Plain::new(pattern).expect(pattern);
            let regex = Regex::new(&format!("^(?:{pattern})$")).unwrap();
            for text in texts {
                assert_eq!(plain.fits(text), regex.is_match(text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn richer_patterns_are_left_to_the_engine() {
        for pattern in ["a|b", "(ab)+", "a*", "a?", ".", "[^a]", r"\w", "[0-9]+[5-7]", "a+?", "", "ä", r"[\d]"] {
            assert!(Plain::new(pattern).is_none(), "{pattern}");
        }
    }
}
