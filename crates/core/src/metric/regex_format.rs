//! RegexFormatAdherence: share of texts that match a pattern as a whole.

use indexmap::IndexSet;
use regex_lite::Regex;

use super::adherence::share;
use crate::check::Plain;
use crate::dataset::{Column, NO_CODE};

/// Share of rows of `synthetic` that match `pattern` from end to end; where the pattern has named groups, what
/// they hold must also occur in the same group of a real row. Missing values pass. None without rows; an error
/// when the pattern can't be read or the columns hold no text.
pub fn regex_format_adherence(real: &Column, synthetic: &Column, pattern: &str) -> Result<Option<f64>, String> {
    let regex = Regex::new(&format!(r"\A(?:{pattern})\z")).map_err(|_| "the regex_format can't be read".to_owned())?;
    let (Column::Text { values: real, .. }, Column::Text { codes, values }) = (real, synthetic) else {
        return Err("only text can match a regex_format".to_owned());
    };
    let names: Vec<&str> = regex.capture_names().flatten().collect();
    let mut known: Vec<IndexSet<&str>> = vec![IndexSet::new(); names.len()];
    if !names.is_empty() {
        for captures in real.iter().filter_map(|v| regex.captures(v)) {
            for (set, name) in known.iter_mut().zip(&names) {
                set.extend(captures.name(name).map(|m| m.as_str()));
            }
        }
    }
    // Nothing to compare with when no real text matches.
    let compare = known.iter().any(|k| !k.is_empty());
    let fits = |v: &str| match regex.captures(v) {
        None => false,
        Some(c) if compare => {
            names.iter().zip(&known).all(|(name, set)| c.name(name).is_some_and(|m| set.contains(m.as_str())))
        }
        Some(_) => true,
    };
    // Most patterns need no engine; these have no groups.
    let good: Vec<bool> = match Plain::new(pattern) {
        Some(plain) => values.iter().map(|v| plain.fits(v)).collect(),
        None => values.iter().map(fits).collect(),
    };
    Ok(share(codes.iter().map(|&c| c == NO_CODE || good[c as usize])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(values: &[&str]) -> Column {
        let mut set = crate::Labels::default();
        let codes = values.iter().map(|v| if v.is_empty() { NO_CODE } else { set.insert(v) as u32 });
        Column::Text { codes: codes.collect(), values: set }
    }

    #[test]
    fn the_whole_text_must_match() {
        let s = text(&["P001", "xP002", "P3", ""]);
        assert_eq!(regex_format_adherence(&s, &s, r"P\d{3}"), Ok(Some(0.5)));
        assert!(regex_format_adherence(&s, &s, "(").is_err());
    }

    #[test]
    fn named_groups_must_be_known() {
        let (r, s) = (text(&["A-1", "B-2"]), text(&["A-2", "C-1"]));
        assert_eq!(regex_format_adherence(&r, &s, r"(?P<site>[A-Z])-\d"), Ok(Some(0.5)));
    }
}
