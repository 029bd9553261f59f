//! Table and domain names as file names that can't leave their folder and work on every system.

/// Names that Windows keeps for devices, whatever their ending, and those that a number follows.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
const NUMBERED: [&str; 2] = ["com", "lpt"];
/// Longest slug in bytes: room for endings and temporary names below the usual 255.
const LONGEST: usize = 120;

/// The file name of a table or folder, without ending. Plain names stay as they are; a changed name ends in a
/// hash of the original, so two names never meet in one file.
///
/// ```
/// use healthdata_io::slug::slug;
/// assert_eq!(slug("vital_signs"), "vital_signs");
/// assert!(!slug("../../etc/passwd").contains('/'));
/// assert_ne!(slug("a/b"), slug("a:b"));
/// ```
pub fn slug(name: &str) -> String {
    let safe = cut(name);
    let plain = !safe.is_empty() && safe.trim_matches(['.', ' ']) == name;
    if plain && !is_device(&safe) && part_number(&safe).is_none() { safe } else { apart(name) }
}

/// The file name with a hash of the original in front, for a name that no file can have or that another one takes:
/// `Tab` and `tab` are one file on some systems.
pub fn apart(name: &str) -> String {
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let plain = cut(name);
    let plain = plain.trim_matches(['.', ' ']);
    format!("t{}{}{plain}", &hash[..8], if plain.is_empty() { "" } else { "-" })
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let number = |c: char| "123456789¹²³".contains(c);
    DEVICES.contains(&stem.as_str()) || stem.strip_suffix(number).is_some_and(|s| NUMBERED.contains(&s))
}

/// The characters that every system takes, as many as there is room for.
fn cut(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for c in name.chars() {
        if safe.len() + c.len_utf8() > LONGEST {
            break;
        }
        safe.push(if c.is_alphanumeric() || "_-. ".contains(c) { c } else { '_' });
    }
    safe
}

/// The folders of a domain such as `ehr` or `site/ehr`, joined by `/`.
pub fn domain_slug(domain: &str) -> String {
    domain.split('/').filter(|d| !d.is_empty()).map(slug).collect::<Vec<_>>().join("/")
}

/// The number of a part file's stem: `part-00007`, also with a tail as in `part-00007-c000`.
pub fn part_number(stem: &str) -> Option<u64> {
    let rest = stem.strip_prefix("part-").or_else(|| stem.strip_prefix("part."))?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let tail = &rest[digits..];
    if digits == 0 || !(tail.is_empty() || tail.starts_with(['-', '.'])) {
        return None;
    }
    rest[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Component, Path};

    #[test]
    fn plain_names_stay() {
        for n in [
            "patients",
            "vital_signs",
            "Größe",
            "a.b",
            "2024",
            "two words",
            "患者",
            "_x",
            "part-time",
            "part-ners",
            "com",
            "com12",
            "lpta",
        ] {
            assert_eq!(slug(n), n);
        }
    }

    #[test]
    fn hostile_names_stay_in_the_folder_and_apart() {
        let long = "x".repeat(300);
        let names = [
            "",
            ".",
            "..",
            "../../x",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "a:b",
            "CON",
            "nul.csv",
            "Com1",
            "COM\u{b9}",
            "lpt\u{b3}.csv",
            "com1 .x",
            ".hidden",
            "-",
            " ",
            "a\u{202e}b",
            "a\u{0}b",
            "a\nb",
            &long,
            &long[..299],
            "part-00001",
            "part-00001-x",
            "x ",
            "x.",
            "C:\\x",
            "\u{200f}",
        ];
        let mut seen = std::collections::BTreeSet::new();
        for n in names {
            let s = slug(n);
            assert!(s == "-" || s != n, "{n:?} is unchanged");
            assert!(!s.is_empty() && s.len() <= LONGEST + 12 && !s.starts_with('.'), "{n:?} -> {s:?}");
            assert!(s.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c)), "{n:?} -> {s:?}");
            let parts: Vec<_> = Path::new(&s).components().collect();
            assert!(matches!(parts[..], [Component::Normal(_)]), "{n:?} -> {s:?}");
            assert!(!is_device(&s), "{n:?} -> {s:?}");
            assert!(part_number(&s).is_none(), "{n:?} -> {s:?}");
            assert!(seen.insert(s), "{n:?} meets another name");
        }
    }

    #[test]
    fn domains_keep_their_folders_only() {
        assert_eq!(domain_slug("site/ehr"), "site/ehr");
        assert_eq!(domain_slug("/ehr/"), "ehr");
        assert!(domain_slug("../ehr").split('/').all(|d| d != ".."));
    }

    #[test]
    fn part_numbers_are_recognised() {
        assert_eq!(part_number("part-00007"), Some(7));
        assert_eq!(part_number("part-00007-9f3a.c000.snappy"), Some(7));
        assert_eq!(part_number("part.3"), Some(3));
        assert_eq!(part_number("part-numbers"), None);
        assert_eq!(part_number("part-3rd"), None);
    }
}
