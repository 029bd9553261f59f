//! Suggestions: the name that was probably meant.

/// Edits (insert, remove, replace, swap of neighbours) between two texts, at most `limit + 1`.
fn edits(a: &[char], b: &[char], limit: usize) -> usize {
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Letters and digits in lower case: `Patient-ID` and `patient_id` are one name.
fn plain(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(100).collect()
}

/// True when at most two letters differ: `numeric` and `numerical`.
pub(crate) fn close(name: &str, meant: &str) -> bool {
    edits(&plain(name), &plain(meant), 2) <= 2
}

/// The candidate closest to `name`, if one is close: few typing errors, or one contains the other.
pub(crate) fn near<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(name);
    let limit = (wanted.len() / 4).clamp(1, 3);
    // A file with thousands of wrong names must not cost a product of lengths: the first thousand will do.
    let score = |c: &&str| {
        let c = plain(c);
        let d = edits(&wanted, &c, limit);
        let text = |v: &[char]| v.iter().collect::<String>();
        let inside =
            wanted.len().min(c.len()) >= 3 && (text(&c).contains(&text(&wanted)) || text(&wanted).contains(&text(&c)));
        if d <= limit {
            Some(d)
        } else if inside {
            Some(4 + wanted.len().abs_diff(c.len()))
        } else {
            None
        }
    };
    candidates.take(1000).filter_map(|c| score(&c).map(|s| (s, c))).min_by_key(|(s, _)| *s).map(|(_, c)| c)
}

/// `, but T has "x"` when a near name exists, else the first few names there are.
pub(crate) fn hint<'a>(owner: &str, name: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(n) = near(name, candidates.clone()) {
        return format!(", but {owner} has \"{n}\"");
    }
    let all: Vec<&str> = candidates.clone().take(9).collect();
    match all.len() {
        0 => format!("; {owner} has none"),
        9 => format!("; {owner} has {}, ...", all[..8].join(", ")),
        _ => format!("; {owner} has {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let names = ["measurement_id", "patient_id", "device_id", "measured_at"];
        for (given, meant) in [
            ("device", Some("device_id")),
            ("patinet_id", Some("patient_id")),
            ("PatientID", Some("patient_id")),
            ("heart_rate", None),
            ("", None),
        ] {
            assert_eq!(near(given, names.into_iter()), meant, "{given}");
        }
    }
}
