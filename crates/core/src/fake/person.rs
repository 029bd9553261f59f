//! The person and the place behind one row: all its names, addresses and e-mails tell of them.

use super::locale::Locale;
use crate::rng::Stream;

/// Who.
pub(super) struct Person {
    pub first: &'static str,
    pub last: &'static str,
}

impl Person {
    pub fn draw(l: &Locale, rng: &mut Stream) -> Self {
        let pick = |list: &'static [&'static str], rng: &mut Stream| list[rng.below(list.len() as u64) as usize].trim();
        Self { first: pick(l.first, rng), last: pick(l.last, rng) }
    }

    /// Letters of an e-mail address or a login.
    pub fn plain(name: &str) -> String {
        name.chars().flat_map(char::to_lowercase).filter_map(ascii).collect()
    }

    /// `anna.rossi7@example.org`; the domains belong to nobody.
    pub fn email(&self, number: Option<u64>, rng: &mut Stream) -> String {
        let (f, l) = (Self::plain(self.first), Self::plain(self.last));
        let host = ["example.com", "example.org", "example.net"][rng.below(3) as usize];
        let form = rng.below(3);
        let mut user = match form {
            _ if f.is_empty() || l.is_empty() => format!("user{}", rng.below(1_000_000)),
            0 => format!("{f}.{l}"),
            1 => format!("{}.{l}", &f[..1]),
            _ => format!("{l}.{f}"),
        };
        match number {
            Some(n) => user.push_str(&(n + 1).to_string()),
            None if rng.below(2) == 0 => user.push_str(&rng.below(100).to_string()),
            None => {}
        }
        format!("{user}@{host}")
    }
}

/// A letter or digit without its accent; None for signs and letters of other alphabets.
fn ascii(c: char) -> Option<char> {
    const PLAIN: [(&str, char); 14] = [
        ("àáâãäåæ", 'a'),
        ("çčć", 'c'),
        ("èéêëę", 'e'),
        ("ìíîïı", 'i'),
        ("ñńň", 'n'),
        ("òóôõöøő", 'o'),
        ("ùúûüű", 'u'),
        ("ýÿ", 'y'),
        ("š", 's'),
        ("ß", 's'),
        ("žźż", 'z'),
        ("ğ", 'g'),
        ("ł", 'l'),
        ("ř", 'r'),
    ];
    if c.is_ascii_alphanumeric() {
        return Some(c);
    }
    PLAIN.iter().find(|(all, _)| all.contains(c)).map(|p| p.1)
}

/// Where.
pub(super) struct Place {
    pub city: &'static str,
    pub region: &'static str,
    pub postcode: String,
    pub area: &'static str,
    pub street: String,
}

impl Place {
    pub fn draw(l: &Locale, rng: &mut Stream) -> Self {
        let (city, region, post, area) = l.places[rng.below(l.places.len() as u64) as usize];
        let postcode = super::form::fill(post, None, rng);
        let kind = l.streets[rng.below(l.streets.len() as u64) as usize];
        let name = l.last[rng.below(l.last.len() as u64) as usize].trim();
        let number = (1 + rng.below(180)).to_string();
        let street = l.street.replace("{n}", &number).replace("{p}", kind).replace("{s}", name);
        Self { city, region, postcode, area, street }
    }
}
