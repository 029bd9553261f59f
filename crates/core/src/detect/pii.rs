//! Personal data, by the words of a name and by the form of the values.

use super::names::{IdName, id_name, is_people, is_person_word, is_workers, words};
use super::profile::{Profile, Shape};
use crate::metadata::{Sdtype, TableMeta};

/// (words at the end of a name written as one, Faker function); the first that fits decides.
const NAMES: [(&str, &str); 82] = [
    ("emailaddress", "email"),
    ("email", "email"),
    ("mail", "email"),
    ("correo", "email"),
    ("ipaddress", "ipv4_address"),
    ("ip", "ipv4_address"),
    ("macaddress", "mac_address"),
    ("firstname", "first_name"),
    ("givenname", "first_name"),
    ("forename", "first_name"),
    ("middlename", "first_name"),
    ("vorname", "first_name"),
    ("prenom", "first_name"),
    ("nombre", "first_name"),
    ("nome", "first_name"),
    ("lastname", "last_name"),
    ("surname", "last_name"),
    ("familyname", "last_name"),
    ("maidenname", "last_name"),
    ("nachname", "last_name"),
    ("voornaam", "first_name"),
    ("achternaam", "last_name"),
    ("cognome", "last_name"),
    ("apellido", "last_name"),
    ("apellidos", "last_name"),
    ("fullname", "name"),
    ("username", "user_name"),
    ("login", "user_name"),
    ("password", "password"),
    ("phone", "phone_number"),
    ("phonenumber", "phone_number"),
    ("telephone", "phone_number"),
    ("tel", "phone_number"),
    ("mobile", "phone_number"),
    ("mobilenumber", "phone_number"),
    ("cellphone", "phone_number"),
    ("fax", "phone_number"),
    ("telefono", "phone_number"),
    ("telefon", "phone_number"),
    ("phoneno", "phone_number"),
    ("contactnumber", "phone_number"),
    ("contactno", "phone_number"),
    ("contactname", "name"),
    ("streetaddress", "street_address"),
    ("street", "street_address"),
    ("strasse", "street_address"),
    ("address", "address"),
    ("indirizzo", "address"),
    ("direccion", "address"),
    ("adresse", "address"),
    ("city", "city"),
    ("town", "city"),
    ("citta", "city"),
    ("comune", "city"),
    ("ciudad", "city"),
    ("ville", "city"),
    ("ort", "city"),
    ("woonplaats", "city"),
    ("birthplace", "city"),
    ("zip", "postcode"),
    ("zipcode", "postcode"),
    ("postcode", "postcode"),
    ("postalcode", "postcode"),
    ("plz", "postcode"),
    ("cap", "postcode"),
    ("ssn", "ssn"),
    ("socialsecuritynumber", "ssn"),
    ("nationalid", "ssn"),
    ("codicefiscale", "ssn"),
    ("taxid", "ssn"),
    ("bsn", "ssn"),
    ("fiscalcode", "ssn"),
    ("nhsnumber", "ssn"),
    ("insurancenumber", "ssn"),
    ("passport", "passport_number"),
    ("passportnumber", "passport_number"),
    ("iban", "iban"),
    ("creditcard", "credit_card_number"),
    ("creditcardnumber", "credit_card_number"),
    ("cardnumber", "credit_card_number"),
    ("licenseplate", "license_plate"),
    ("url", "url"),
];

/// Words that may follow without changing the meaning: `phone_home`, `address_line_1`.
const AFTER: [&str; 9] = ["home", "work", "line", "primary", "secondary", "alt", "contact", "main", "private"];

/// The Faker function that a name of this table asks for.
fn by_name(table: &str, column: &str) -> Option<&'static str> {
    let mut words = words(column);
    while words.len() > 1
        && words.last().is_some_and(|w| AFTER.contains(&w.as_str()) || w.chars().all(char::is_numeric))
    {
        words.pop();
    }
    for start in 0..words.len() {
        let end = words[start..].concat();
        if let Some((_, kind)) = NAMES.iter().find(|(n, _)| *n == end) {
            return Some(kind);
        }
    }
    let (last, before) = words.split_last()?;
    let person = match before.last() {
        Some(w) => is_person_word(w),
        None => is_people(table) || is_workers(table),
    };
    (last == "name" && person).then_some("name")
}

fn is_email(t: &str) -> bool {
    let Some((user, host)) = t.split_once('@') else { return false };
    let plain = |s: &str| !s.is_empty() && !s.contains(['@', ' ', ',', ';']);
    plain(user) && plain(host) && host.rsplit_once('.').is_some_and(|(h, top)| !h.is_empty() && top.len() >= 2)
}

fn is_phone(t: &str) -> bool {
    let digits = t.bytes().filter(u8::is_ascii_digit).count();
    let signs = t.bytes().filter(|b| b" ()-./".contains(b)).count();
    let plus = t.starts_with('+');
    let form = digits + signs + usize::from(plus) == t.len() && (7..=15).contains(&digits);
    // 00093-1048-01 is the code of a drug: the last part of a number is no shorter than three but where all parts are pairs.
    let parts: Vec<usize> = t.split('-').map(str::len).collect();
    let is_code = parts.len() > 2 && parts.last().is_some_and(|l| *l < 3) && parts.iter().any(|l| *l > 3);
    // Without a plus, a bracket or two gaps, it may be any number of a case.
    form && !is_code
        && (plus || t.starts_with('(') || t.starts_with('0') && signs >= 1 && digits >= 8 || signs >= 2 && digits >= 9)
}

fn is_ssn(t: &str) -> bool {
    let b = t.as_bytes();
    let fits = |form: &[u8]| {
        b.len() == form.len()
            && b.iter().zip(form).all(|(c, f)| match f {
                b'9' => c.is_ascii_digit(),
                b'A' => c.is_ascii_uppercase(),
                f => c == f,
            })
    };
    // The United States' social security number and Italy's codice fiscale.
    fits(b"999-99-9999") || fits(b"AAAAAA99A99A999A")
}

/// ISO 13616: the letters moved and read as numbers leave 1 when divided by 97.
fn is_iban(t: &str) -> bool {
    let t: String = t.chars().filter(|c| *c != ' ').collect();
    let form = (15..=34).contains(&t.len())
        && t.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && t.bytes().take(2).all(|b| b.is_ascii_uppercase());
    form && t[4..].bytes().chain(t[..4].bytes()).fold(0u32, |r, b| match b {
        b'0'..=b'9' => (r * 10 + u32::from(b - b'0')) % 97,
        _ => (r * 100 + u32::from(b - b'A') + 10) % 97,
    }) == 1
}

/// ISO 7812: the digits pass Luhn's check.
fn is_card(t: &str) -> bool {
    let digits: Vec<u32> = t.chars().filter(|c| *c != ' ' && *c != '-').map_while(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| match i % 2 {
            0 => *d,
            _ if *d > 4 => d * 2 - 9,
            _ => d * 2,
        })
        .sum();
    (13..=19).contains(&digits.len())
        && t.len() <= 23
        && sum.is_multiple_of(10)
        && t.bytes().all(|b| b.is_ascii_digit() || b == b' ' || b == b'-')
}

fn is_mac(t: &str) -> bool {
    t.len() == 17
        && t.bytes().enumerate().all(|(i, b)| if i % 3 == 2 { b == b':' || b == b'-' } else { b.is_ascii_hexdigit() })
}

/// (form, Faker function, in words).
type Form = (fn(&str) -> bool, &'static str, &'static str);
const FORMS: [Form; 9] = [
    (is_email, "email", "e-mail addresses"),
    (is_ssn, "ssn", "national identity numbers"),
    (is_iban, "iban", "bank account numbers"),
    (is_card, "credit_card_number", "card numbers"),
    (is_mac, "mac_address", "hardware addresses"),
    (|t| t.contains('.') && t.parse::<std::net::Ipv4Addr>().is_ok(), "ipv4_address", "internet addresses"),
    (|t| t.contains(':') && t.parse::<std::net::Ipv6Addr>().is_ok(), "ipv6", "internet addresses"),
    (|t| ["http://", "https://", "www."].iter().any(|p| t.starts_with(p)), "url", "web addresses"),
    (is_phone, "phone_number", "telephone numbers"),
];

/// Kinds that shops and hospitals have, too: they do not make a row a person.
const CONTACT: [&str; 9] =
    ["phone_number", "address", "street_address", "city", "postcode", "url", "ipv4_address", "mac_address", "company"];

/// Whether the rows of a table are people: they have names or numbers that only people have, or contacts in a table that is
/// named after people.
pub(crate) fn is_personal(table: &str, meta: &TableMeta) -> bool {
    let mut kinds = meta.columns.values().filter_map(|c| match &c.sdtype {
        Sdtype::Pii { kind, pii: true } => Some(kind.as_str()),
        _ => None,
    });
    let people = is_people(table) || is_workers(table);
    kinds.any(|kind| people || !CONTACT.contains(&kind))
}

/// The Faker function of a column of personal data, and why.
pub(super) fn find(table: &str, column: &str, profile: &Profile) -> Option<(&'static str, String)> {
    let texts = matches!(profile.shape, Shape::Text);
    if let Some(kind) = by_name(table, column) {
        let numbers = ["phone_number", "postcode", "ssn", "credit_card_number"];
        // A few small numbers under such a name count something.
        let long = || profile.sorted.first().is_some_and(|n| *n >= 1_000_000) && kind != "postcode";
        let enough = || profile.distinct() > 20 || profile.distinct() > 1 && long();
        if texts || matches!(profile.shape, Shape::Whole) && numbers.contains(&kind) && enough() {
            return Some((kind, "its name says so".into()));
        }
    }
    let n = profile.distinct().min(1000);
    if n < 5 || !(texts || matches!(profile.shape, Shape::Whole)) {
        return None;
    }
    // Identifiers are numbers with signs between them, too.
    let number = |kind: &str| ["phone_number", "credit_card_number"].contains(&kind);
    let named = id_name(column) != IdName::No;
    for (fits, kind, what) in FORMS.into_iter().filter(|f| !(named && number(f.1))) {
        let hits = profile.texts.iter().take(n).filter(|t| fits(t)).count();
        if hits * 10 >= n * 9 && (texts || kind == "credit_card_number") {
            return Some((kind, format!("{} % of its values have the form of {what}", hits * 100 / n)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ask_for_a_kind() {
        for (table, column, kind) in [
            ("patients", "first_name", Some("first_name")),
            ("patients", "FirstName", Some("first_name")),
            ("patients", "name", Some("name")),
            ("visits", "patient_name", Some("name")),
            ("wards", "ward_name", None),
            ("wards", "name", None),
            ("patients", "home_phone_2", Some("phone_number")),
            ("patients", "address_line_1", Some("address")),
            ("patients", "email_opt_in", None),
            ("patients", "capacity", None),
            ("patients", "ip_address", Some("ipv4_address")),
            ("t", "birth_city", Some("city")),
            ("doctors", "contact_number", Some("phone_number")),
            ("scripts", "prescriber_name", Some("name")),
        ] {
            assert_eq!(by_name(table, column), kind, "{column}");
        }
    }

    #[test]
    fn forms_are_told_apart() {
        let kind = |t: &str| FORMS.iter().find(|f| f.0(t)).map(|f| f.1);
        for (text, expected) in [
            ("a.b@example.org", Some("email")),
            ("078-05-1120", Some("ssn")),
            ("RSSMRA85T10A562S", Some("ssn")),
            ("GB82 WEST 1234 5698 7654 32", Some("iban")),
            ("4111 1111 1111 1111", Some("credit_card_number")),
            ("00:1B:44:11:3A:B7", Some("mac_address")),
            ("192.168.0.1", Some("ipv4_address")),
            ("fe80::1", Some("ipv6")),
            ("https://example.org", Some("url")),
            ("+39 06 1234567", Some("phone_number")),
            ("(555) 123-4567", Some("phone_number")),
            ("01-23-45-67-89", Some("phone_number")),
            ("00093-1048-01", None),
            ("1234567", None),
            ("2024-01-31", None),
            ("P000001", None),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
