//! Personal data and free text made fresh: never learned, drawn from word lists in the forms the input has.
//!
//! Names come from the lists of the `fake` crate, drawn with our own streams: its own functions draw from a
//! generator whose steps may change with every version, and output must not. What a row says about one person or
//! one place agrees: the e-mail is that of the name, the postcode that of the city.

mod check_digit;
mod form;
mod locale;
mod person;

pub use locale::guess;

use fake::locales::{Data, EN};
use serde::{Deserialize, Serialize};

use crate::dataset::NO_CODE;
use crate::rng::{Stream, name};
use crate::{Column, detect};
use locale::LOCALES;
use person::{Person, Place};

/// The countries whose words are known, as Faker writes them.
pub fn locales() -> impl Iterator<Item = &'static str> {
    LOCALES.iter().map(|l| l.code)
}

/// What is made: (Faker functions, our kind).
const KINDS: [(&[&str], Kind); 27] = [
    (&["name", "person_name", "full_name"], Kind::Name),
    (&["first_name", "first_name_male", "first_name_female", "first_name_nonbinary"], Kind::First),
    (&["last_name", "last_name_male", "last_name_female"], Kind::Last),
    (&["email", "ascii_email", "safe_email", "free_email", "company_email"], Kind::Email),
    (&["user_name", "username"], Kind::User),
    (&["phone_number", "basic_phone_number", "msisdn", "cellphone_number"], Kind::Phone),
    (&["city", "city_name", "town"], Kind::City),
    (&["state", "administrative_unit", "region", "province", "county"], Kind::Region),
    (&["country", "current_country"], Kind::Country),
    (&["country_code", "current_country_code"], Kind::CountryCode),
    (&["street_address", "street_name", "secondary_address"], Kind::Street),
    (&["address", "full_address"], Kind::Address),
    (&["postcode", "zipcode", "zipcode_in_state", "postalcode"], Kind::Postcode),
    (&["ssn", "national_id", "doi", "vat_id"], Kind::PersonNumber),
    (&["iban", "bban"], Kind::Iban),
    (&["credit_card_number"], Kind::Card),
    (&["ipv4", "ipv4_address", "ipv4_private", "ipv4_public"], Kind::Ipv4),
    (&["ipv6", "ipv6_address"], Kind::Ipv6),
    (&["mac_address"], Kind::Mac),
    (&["url", "uri", "image_url"], Kind::Url),
    (&["domain_name", "hostname"], Kind::Host),
    (&["company", "company_name", "bank"], Kind::Company),
    (&["job"], Kind::Job),
    (&["license_plate"], Kind::Plate),
    (&["latitude"], Kind::Latitude),
    (&["longitude"], Kind::Longitude),
    (&["text", "sentence", "sentences", "paragraph", "paragraphs", "word", "words", "catch_phrase"], Kind::Text),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    First,
    Last,
    Email,
    User,
    Phone,
    City,
    Region,
    Country,
    CountryCode,
    Street,
    Address,
    Postcode,
    PersonNumber,
    Iban,
    Card,
    Ipv4,
    Ipv6,
    Mac,
    Url,
    Host,
    Company,
    Job,
    Plate,
    Latitude,
    Longitude,
    Text,
    Other,
}

impl Kind {
    fn of(faker: &str) -> Self {
        KINDS.iter().find(|(names, _)| names.contains(&faker)).map_or(Kind::Other, |k| k.1)
    }

    /// Made of digits and signs, so that its form is worth keeping.
    fn has_form(self) -> bool {
        use Kind::{Card, Iban, Mac, Other, PersonNumber, Phone, Plate, Postcode};
        matches!(self, Phone | Postcode | PersonNumber | Iban | Card | Mac | Plate | Other)
    }
}

/// How one column of personal data or free text is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fake {
    /// The Faker function, or `text`.
    pub kind: String,
    /// The country, as Faker writes it.
    pub locale: String,
    /// Whose: columns of one row with the same word tell of the same person and place.
    pub role: String,
    /// No value twice.
    pub unique: bool,
    /// Forms of the input with how often they occur, see [`Fake::forms`].
    pub forms: Vec<(String, u32)>,
    /// How letters are written.
    pub case: Case,
    /// `Rossi, Anna` instead of `Anna Rossi`.
    pub surname_first: bool,
    /// Words of a text: fewest, quartiles and most.
    pub words: Vec<u32>,
}

/// How letters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Case {
    /// As the word lists have it.
    #[default]
    Mixed,
    /// CAPITALS.
    Upper,
    /// small letters.
    Lower,
}

/// Most words of a made-up text.
const LONGEST: u32 = 2000;

impl Fake {
    /// Learns the looks of a column: forms that `k` values have, letters, lengths; never a value.
    pub fn learn(kind: &str, locale: &str, column: &str, data: &Column, k: usize) -> Self {
        let mut fake = Self { kind: kind.into(), locale: locale.into(), role: role(column), ..Self::default() };
        let texts: Vec<&str> = match data {
            Column::Text { values, .. } => values.iter().collect(),
            _ => Vec::new(),
        };
        let what = Kind::of(kind);
        fake.unique = is_unique(data) && texts.len() >= 20;
        if texts.len() < k {
            return fake;
        }
        let any = |f: fn(char) -> bool| texts.iter().any(|t| t.chars().any(f));
        fake.case = match (any(char::is_uppercase), any(char::is_lowercase)) {
            (true, false) => Case::Upper,
            (false, true) => Case::Lower,
            _ => Case::Mixed,
        };
        fake.surname_first = texts.iter().filter(|t| t.contains(", ")).count() * 2 > texts.len();
        if what.has_form() {
            fake.forms = form::learn(texts.iter().copied(), k);
            begin_alike(&mut fake.forms, what, &texts);
        }
        if what == Kind::Text || what == Kind::Other && fake.forms.is_empty() {
            let mut words: Vec<u32> = texts.iter().map(|t| t.split_whitespace().count() as u32).collect();
            words.sort_unstable();
            let at = |q: usize| words[(k - 1 + (words.len() - 1) * q / 4).min(words.len().saturating_sub(k))];
            fake.words = (0..=4).map(|q| at(q).clamp(1, LONGEST)).collect();
            fake.words.sort_unstable();
        }
        fake
    }

    /// The forms, for people: `#` and `^` are digits, `?` and `*` letters.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        self.forms.iter().map(|f| f.0.as_str())
    }

    /// Whether the numbers make sense: a model file may say anything.
    pub fn is_sound(&self) -> bool {
        let words = self.words.is_empty() || self.words.len() == 5 && self.words.is_sorted();
        words
            && self.words.iter().all(|w| (1..=LONGEST).contains(w))
            && self.forms.iter().all(|f| f.0.len() <= 256)
            && self.kind.len() <= 64
    }

    /// The value of row `index` of the whole output.
    pub fn text(&self, seed: u64, table: &str, column: &str, index: u64) -> String {
        let locale = &LOCALES[locale::find(&self.locale)];
        let stream = |what: &str| Stream::new(seed, name(&[table, what, &self.role]), index);
        let who = || Person::draw(locale, &mut stream("person"));
        let place = || Place::draw(locale, &mut stream("place"));
        let rng = &mut Stream::new(seed, name(&[table, column]), index);
        let number = self.unique.then_some(index);
        let formed = |otherwise: &str, rng: &mut Stream| {
            let form = form::pick(&self.forms, rng).unwrap_or(otherwise).to_owned();
            form::fill(&form, number, rng)
        };
        let text = match Kind::of(&self.kind) {
            Kind::Name if self.surname_first => format!("{}, {}", who().last, who().first),
            Kind::Name => format!("{} {}", who().first, who().last),
            Kind::First => who().first.into(),
            Kind::Last => who().last.into(),
            Kind::Email => return who().email(number, rng),
            Kind::User => user(&who(), number, rng),
            Kind::Phone => {
                let area = place().area;
                formed(&locale.phone.replace("{a}", area), rng)
            }
            Kind::City => place().city.into(),
            Kind::Region => place().region.into(),
            Kind::Country => locale.country.into(),
            Kind::CountryCode => locale.short.into(),
            Kind::Street => place().street,
            Kind::Address => {
                let p = place();
                let line = locale.address.replace("{street}", &p.street).replace("{post}", &p.postcode);
                line.replace("{city}", p.city).replace("{region}", p.region)
            }
            // The beginning of a postcode belongs to its city; of another form nothing is known.
            Kind::Postcode => {
                let own = place().postcode;
                let like = form::of(&own);
                if self.forms.is_empty() || self.forms().any(|f| f.replacen('^', "#", 1) == like) {
                    own
                } else {
                    formed("#####", rng)
                }
            }
            Kind::PersonNumber => check_digit::person(locale.code, &formed(locale.person, rng)),
            Kind::Iban => check_digit::iban(&formed(&format!("{}## #### #### #### #### ##", locale.short), rng)),
            Kind::Card => check_digit::card(&formed("4### #### #### ####", rng)),
            // The block set aside for measurements (RFC 2544): nobody's machine, and 131,072 of them.
            Kind::Ipv4 => {
                const ALL: u64 = 1 << 17;
                let n = number.map_or_else(|| rng.below(ALL), |i| i.wrapping_mul(51_719) % ALL);
                format!("198.{}.{}.{}", 18 + (n >> 16), (n >> 8) & 255, n & 255)
            }
            Kind::Ipv6 => {
                format!("2001:db8:{:x}:{:x}::{:x}", rng.below(65_536), rng.below(65_536), 1 + rng.below(65_535))
            }
            Kind::Mac => {
                let sign = if self.forms().any(|f| f.contains('-')) { "-" } else { ":" };
                // The second bit says: not given out by a maker.
                let mut bytes: Vec<String> = vec!["02".into()];
                bytes.extend((0..5).map(|_| format!("{:02x}", rng.below(256))));
                bytes.join(sign)
            }
            Kind::Host => format!("www{}.example.org", rng.below(10_000)),
            Kind::Url => {
                format!("https://example.org/{}/{}", word(rng), number.unwrap_or_else(|| rng.below(1_000_000)))
            }
            Kind::Company => format!(
                "{} {}",
                locale.last[rng.below(locale.last.len() as u64) as usize],
                <EN as Data>::COMPANY_SUFFIX[rng.below(<EN as Data>::COMPANY_SUFFIX.len() as u64) as usize]
            ),
            Kind::Job => <EN as Data>::JOB_FIELD[rng.below(<EN as Data>::JOB_FIELD.len() as u64) as usize].into(),
            Kind::Plate => formed(locale.plate, rng),
            Kind::Latitude => format!("{:.6}", rng.below(180_000_000) as f64 / 1e6 - 90.0),
            Kind::Longitude => format!("{:.6}", rng.below(360_000_000) as f64 / 1e6 - 180.0),
            Kind::Text => self.sentence(rng),
            Kind::Other if !self.forms.is_empty() => formed("", rng),
            Kind::Other if !self.words.is_empty() => self.sentence(rng),
            Kind::Other => format!("{}-{:06}", self.kind, number.unwrap_or_else(|| rng.below(1_000_000))),
        };
        let text = if self.unique && !self.is_numbered() { format!("{text} {}", index + 1) } else { text };
        match self.case {
            Case::Mixed => text,
            Case::Upper => text.to_uppercase(),
            Case::Lower => text.to_lowercase(),
        }
    }

    /// True when the value differs from row to row by itself: by a number in it, or well enough by chance.
    fn is_numbered(&self) -> bool {
        !matches!(Kind::of(&self.kind), Kind::Name | Kind::Company)
    }

    /// Words without a meaning, as many as the input has.
    fn sentence(&self, rng: &mut Stream) -> String {
        let n = match self.words.as_slice() {
            [a, b, c, d, e] => {
                let (lo, hi) = [(a, b), (b, c), (c, d), (d, e)][rng.below(4) as usize];
                rng.between(i64::from(*lo), i64::from(*hi))
            }
            _ => 3,
        };
        let mut text = (0..n).map(|_| word(rng)).collect::<Vec<_>>().join(" ");
        if self.case == Case::Mixed && n > 1 {
            text[..1].make_ascii_uppercase();
            text.push('.');
        }
        text
    }
}

fn word(rng: &mut Stream) -> &'static str {
    let words = <EN as Data>::LOREM_WORD;
    words[rng.below(words.len() as u64) as usize]
}

fn user(who: &Person, number: Option<u64>, rng: &mut Stream) -> String {
    let (f, l) = (Person::plain(who.first), Person::plain(who.last));
    let n = number.map_or_else(|| rng.below(100), |n| n + 1);
    format!("{}{l}{n}", f.get(..1).unwrap_or("u"))
}

/// Numbers of one country begin alike: `+39`, `IT`.
fn begin_alike(forms: &mut [(String, u32)], kind: Kind, texts: &[&str]) {
    let first = texts.first().copied().unwrap_or_default();
    let most = match kind {
        Kind::Iban => 2,
        Kind::Phone if first.starts_with('+') => 3,
        _ => 0,
    };
    let begin: String = first.chars().take(most).collect();
    if begin.is_ascii() && texts.iter().all(|t| t.starts_with(&begin)) {
        for (f, _) in forms {
            f.replace_range(..begin.len(), &begin);
        }
    }
}

/// No value in two rows.
fn is_unique(data: &Column) -> bool {
    match data {
        Column::Text { codes, values } => codes.iter().filter(|c| **c != NO_CODE).count() == values.len(),
        _ => false,
    }
}

/// Whose a column is: the words of its name that do not say what it holds.
fn role(column: &str) -> String {
    const WHAT: [&str; 45] = [
        "name",
        "first",
        "last",
        "full",
        "given",
        "family",
        "middle",
        "surname",
        "firstname",
        "lastname",
        "fullname",
        "email",
        "mail",
        "e",
        "user",
        "username",
        "login",
        "phone",
        "telephone",
        "tel",
        "mobile",
        "cell",
        "fax",
        "home",
        "work",
        "number",
        "no",
        "city",
        "town",
        "state",
        "region",
        "province",
        "country",
        "street",
        "address",
        "line",
        "zip",
        "postcode",
        "postal",
        "code",
        "zipcode",
        "ssn",
        "cognome",
        "nome",
        "personal",
    ];
    let words = detect::words(column);
    let other = |w: &String| !WHAT.contains(&w.as_str()) && !w.chars().all(char::is_numeric);
    words.into_iter().filter(other).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(texts: impl Iterator<Item = String>) -> Column {
        let values: crate::Labels = texts.collect();
        Column::Text { codes: (0..values.len() as u32).collect(), values }
    }

    #[test]
    fn a_row_tells_of_one_person_and_one_place() {
        let made = |kind: &str, column: &str, i| {
            let fake = Fake { kind: kind.into(), locale: "it_IT".into(), role: role(column), ..Fake::default() };
            fake.text(1, "patients", column, i)
        };
        for i in 0..200 {
            let (first, last) = (made("first_name", "first_name", i), made("last_name", "last_name", i));
            assert_eq!(made("name", "full_name", i), format!("{first} {last}"));
            assert!(made("email", "email", i).contains(&Person::plain(&last)));
            let (city, post) = (made("city", "city", i), made("postcode", "zip", i));
            assert!(LOCALES[1].places.iter().any(|p| p.0 == city && post.starts_with(&p.2[..3])), "{city} {post}");
        }
        let other = (0..50).filter(|i| made("name", "contact_name", *i) != made("name", "name", *i)).count();
        assert!(other > 45, "another role is another person");
    }

    #[test]
    fn looks_are_kept_and_values_are_not() {
        let real = column((0..100).map(|i| format!("({:03}) 555-{:04}", 200 + i, 1000 + i)));
        let fake = Fake::learn("phone_number", "en_US", "phone", &real, 5);
        let all: std::collections::BTreeSet<String> = (0..5000).map(|i| fake.text(3, "t", "phone", i)).collect();
        assert_eq!(all.len(), 5000, "unique as in the input");
        assert!(all.iter().all(|t| form::of(t) == "(###) ###-####"));
        let real = column((0..60).map(|i| format!("ROSSI, ANNA {i}")));
        let name = Fake::learn("name", "it_IT", "name", &real, 5);
        let text = name.text(3, "t", "name", 0);
        assert!(text.contains(", ") && text == text.to_uppercase(), "{text}");
    }

    #[test]
    fn texts_have_the_lengths_of_the_input() {
        let real = column((0..200).map(|i| vec!["secret"; 5 + i % 20].join(" ") + &i.to_string()));
        let fake = Fake::learn("text", "en_US", "note", &real, 5);
        for i in 0..200 {
            let text = fake.text(1, "t", "note", i);
            assert!((5..=24).contains(&text.split(' ').count()) && !text.contains("secret"), "{text}");
        }
        assert!(
            Fake::learn("text", "en_US", "note", &column(["one secret".to_owned()].into_iter()), 5).words.is_empty()
        );
    }
}
