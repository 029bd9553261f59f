//! What names say: words of a column or table name, and tables of words that mean a kind of thing.

/// Words that end the name of an identifier.
const ID: [&str; 13] =
    ["id", "ids", "uuid", "guid", "key", "pk", "fk", "oid", "rid", "mrn", "identifier", "rowid", "recordid"];
/// Words that may end one: only with other evidence.
const WEAK_ID: [&str; 9] = ["code", "no", "nr", "num", "number", "ref", "reference", "abbr", "sku"];
/// Names of a key that say nothing about whose key it is.
const GENERIC: [&str; 17] = [
    "id", "key", "pk", "rowid", "index", "idx", "code", "name", "no", "nr", "num", "number", "uuid", "guid", "seq",
    "oid", "value",
];
/// People that a database is about.
const PEOPLE: [&str; 21] = [
    "patient",
    "person",
    "people",
    "subject",
    "participant",
    "client",
    "customer",
    "user",
    "member",
    "beneficiary",
    "insured",
    "individual",
    "citizen",
    "resident",
    "student",
    "donor",
    "player",
    "child",
    "mother",
    "newborn",
    "pupil",
];
/// People who work in it.
const WORKERS: [&str; 18] = [
    "staff",
    "employee",
    "doctor",
    "physician",
    "nurse",
    "clinician",
    "provider",
    "practitioner",
    "worker",
    "surgeon",
    "therapist",
    "caregiver",
    "teacher",
    "driver",
    "agent",
    "operator",
    "prescriber",
    "instructor",
];
/// Things that others are sorted by.
const DIMENSIONS: [&str; 58] = [
    "type",
    "category",
    "class",
    "code",
    "status",
    "ward",
    "unit",
    "department",
    "dept",
    "team",
    "hospital",
    "clinic",
    "site",
    "facility",
    "location",
    "region",
    "country",
    "city",
    "state",
    "area",
    "zone",
    "floor",
    "room",
    "bed",
    "device",
    "machine",
    "sensor",
    "product",
    "drug",
    "medication",
    "item",
    "catalog",
    "catalogue",
    "lookup",
    "dim",
    "airport",
    "airline",
    "carrier",
    "franchise",
    "school",
    "company",
    "organization",
    "organisation",
    "branch",
    "store",
    "shop",
    "concept",
    "vocabulary",
    "district",
    "county",
    "province",
    "term",
    "warehouse",
    "supplier",
    "vendor",
    "specialty",
    "calendar",
    "currency",
];
/// How a row names another row of its own table.
const ROLES: [&str; 24] = [
    "manager",
    "parent",
    "supervisor",
    "boss",
    "head",
    "lead",
    "leader",
    "superior",
    "mentor",
    "mother",
    "father",
    "previous",
    "prev",
    "next",
    "prior",
    "original",
    "replaces",
    "replaced",
    "root",
    "reports",
    "spouse",
    "partner",
    "referrer",
    "referred",
];

/// Lower-case words of a name: split at signs, at digits and at capitals (`teamID2` is team, id, 2).
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if c.is_alphanumeric() {
            let after = chars.get(i + 1).copied().unwrap_or(' ');
            let hump = c.is_uppercase() && (last.is_lowercase() || last.is_uppercase() && after.is_lowercase());
            let digit = c.is_numeric() != last.is_numeric();
            if words.is_empty() || !last.is_alphanumeric() || hump || digit {
                words.push(String::new());
            }
            if let Some(w) = words.last_mut() {
                w.extend(c.to_lowercase());
            }
        }
        last = c;
    }
    words
}

/// Letters and digits only, lower case.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// English singular, near enough to compare two names.
pub(crate) fn singular(word: &str) -> String {
    for (end, to) in [("people", "person"), ("children", "child"), ("noses", "nosis"), ("lyses", "lysis")] {
        if let Some(stem) = word.strip_suffix(end) {
            return format!("{stem}{to}");
        }
    }
    for (end, to) in [("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("zes", "z")] {
        if let Some(stem) = word.strip_suffix(end).filter(|s| s.len() > 1) {
            return format!("{stem}{to}");
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// How much a name looks like that of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IdName {
    No,
    /// Ends like `paid`, `code` or `number`.
    Weak,
    /// Ends with a word like `id`.
    Strong,
}

/// Judges a column name.
pub(crate) fn id_name(name: &str) -> IdName {
    let words = words(name);
    let mut words = words.iter().rev().skip_while(|w| w.chars().all(char::is_numeric));
    let Some(last) = words.next().map(String::as_str) else { return IdName::No };
    if ID.contains(&last) {
        IdName::Strong
    } else if WEAK_ID.contains(&last) || last.len() > 4 && (last.ends_with("id") || last.ends_with("num")) {
        IdName::Weak
    } else {
        IdName::No
    }
}

/// True for `id`, `key` and other names that every table may have.
pub(crate) fn is_generic(name: &str) -> bool {
    GENERIC.contains(&plain(name).as_str())
}

fn table_has(table: &str, list: &[&str]) -> bool {
    words(table).last().is_some_and(|w| list.contains(&w.as_str()) || list.contains(&singular(w).as_str()))
}

/// A table of the people the data are about.
pub(crate) fn is_people(table: &str) -> bool {
    table_has(table, &PEOPLE)
}

/// A table of people who work there.
pub(crate) fn is_workers(table: &str) -> bool {
    table_has(table, &WORKERS)
}

/// A table of things that others are sorted by.
pub(crate) fn is_dimension(table: &str) -> bool {
    table_has(table, &DIMENSIONS)
        || words(table).first().is_some_and(|w| ["dim", "lookup", "ref"].contains(&w.as_str()))
}

/// True for a name with a word of people in it.
pub(crate) fn names_people(name: &str) -> bool {
    words(name).iter().any(|w| is_person_word(w))
}

/// True for a word of people.
pub(crate) fn is_person_word(word: &str) -> bool {
    [word, &singular(word)].iter().any(|w| PEOPLE.contains(w) || WORKERS.contains(w))
}

fn same(a: &str, b: &str) -> bool {
    let (a, b) = (singular(a), singular(b));
    a == b
}

/// `pat` for patient, `dept` for department.
fn short_for(short: &str, long: &str) -> bool {
    short.len() >= 3 && (long.starts_with(short) || (short, long) == ("dept", "department"))
}

/// How much a column's name says that it points to `key` of `table`: 4 the same name, 3 ends or begins with it,
/// 2 names the table, 1 abbreviates it, 0 nothing.
pub(crate) fn points(column: &str, table: &str, key: &str, same_table: bool) -> u8 {
    let mine: Vec<String> = words(column).into_iter().filter(|w| !w.chars().all(char::is_numeric)).collect();
    let (Some(entity), Some(first)) = (words(table).last().map(|w| singular(w)), mine.first()) else { return 0 };
    let generic = is_generic(key);
    let full = if generic { format!("{entity}{}", plain(key)) } else { plain(key) };
    let joined = mine.concat();
    if !generic && plain(column) == plain(key) || joined == full {
        return if same_table && plain(column) == plain(key) { 0 } else { 4 };
    }
    if full.len() >= 4 && (joined.ends_with(&full) || joined.starts_with(&full)) {
        return 3;
    }
    let says_id = id_name(column) != IdName::No;
    let stem: Vec<&String> =
        mine.iter().filter(|w| !ID.contains(&w.as_str()) && !WEAK_ID.contains(&w.as_str())).collect();
    let names_table = stem.last().is_some_and(|w| same(w, &entity)) || stem.first().is_some_and(|w| same(w, &entity));
    // `ward` alone may be a key; `visits` beside a table of visits is a count of them.
    if names_table && (says_id || stem.len() == 1 && *first == entity) {
        return 2;
    }
    if same_table && says_id && stem.iter().any(|w| ROLES.contains(&w.as_str())) {
        return 2;
    }
    // `manager` and `reports_to` mean a row of their own table also without saying id.
    let superior = ["manager", "parent", "supervisor", "boss", "mentor"].contains(&joined.as_str());
    if same_table && (superior || joined == "reportsto") {
        return 2;
    }
    u8::from(says_id && stem.len() == 1 && short_for(stem[0], &entity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("teamID", vec!["team", "id"]),
            ("atom1_id", vec!["atom", "1", "id"]),
            ("HTTPServer", vec!["http", "server"]),
            ("Data di nascita", vec!["data", "di", "nascita"]),
            ("", vec![]),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn plurals_lose_their_ending() {
        for (many, one) in [
            ("patients", "patient"),
            ("diagnoses", "diagnosis"),
            ("people", "person"),
            ("categories", "category"),
            ("status", "status"),
            ("address", "address"),
            ("boxes", "box"),
            ("gas", "gas"),
        ] {
            assert_eq!(singular(many), one);
        }
    }

    #[test]
    fn names_point_to_keys() {
        for (column, table, key, score) in [
            ("patient_id", "patients", "patient_id", 4),
            ("patient_id", "patients", "id", 4),
            ("PatientID", "patients", "patient_id", 4),
            ("from_ward_id", "wards", "ward_id", 3),
            ("atom1_id", "atom", "atom_id", 4),
            ("ward", "wards", "id", 2),
            ("ward_no", "wards", "ward_id", 2),
            ("pat_id", "patients", "id", 1),
            ("visits", "visits", "id", 0),
            ("row_id", "salaries", "row_id", 0),
            ("age", "patients", "id", 0),
        ] {
            assert_eq!(points(column, table, key, false), score, "{column} {table} {key}");
        }
        assert_eq!(points("manager_id", "staff", "staff_id", true), 2);
        assert_eq!(points("manager_id", "staff", "staff_id", false), 0);
        assert_eq!(points("ReportsTo", "Employees", "EmployeeID", true), 2);
    }

    #[test]
    fn identifiers_by_name() {
        assert_eq!(id_name("patient_id"), IdName::Strong);
        assert_eq!(id_name("teamID2"), IdName::Strong);
        assert_eq!(id_name("hospitalid"), IdName::Weak);
        assert_eq!(id_name("heart_rate"), IdName::No);
    }
}
