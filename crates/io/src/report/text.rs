//! Small pieces of text: escaping and numbers.

use healthdata_core::evaluate::Verdict;
use healthdata_core::evaluate::features::Unit;
use healthdata_core::time::format;

/// Text that is safe inside HTML and attribute values.
pub fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters are not allowed in XML and say nothing.
            c if c.is_control() && c != '\n' && c != '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A score with three digits, or a dash; what is not quite 1 never reads as 1.
pub fn score(v: Option<f64>) -> String {
    match v {
        None => "–".to_owned(),
        Some(v) if (0.9995..1.0).contains(&v) => format!("{:.4}", (v * 1e4).floor() / 1e4),
        Some(v) => format!("{v:.3}"),
    }
}

/// Any number, short.
pub fn number(v: Option<f64>) -> String {
    let Some(v) = v else { return "–".to_owned() };
    match v.abs() {
        a if a >= 10_000.0 => format!("{v:.0}"),
        a if a >= 100.0 => format!("{v:.1}"),
        _ => format!("{v:.3}"),
    }
}

/// A number of a feature in its unit: a date, hours, or as it is.
pub fn quantity(v: Option<f64>, unit: Unit) -> String {
    match (v, unit) {
        (Some(v), Unit::Instant) => format((v * 1e6) as i64, "%Y-%m-%d"),
        (Some(v), Unit::Seconds) if v.abs() >= 172_800.0 => format!("{:.1} days", v / 86_400.0),
        (Some(v), Unit::Seconds) => format!("{:.2} h", v / 3600.0),
        (v, _) => number(v),
    }
}

/// A whole number with thin groups: 62 000.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// The class of a verdict in the style sheet.
pub fn class(v: Verdict) -> &'static str {
    match v {
        Verdict::CopyingAlarm => "alarm",
        Verdict::Gap => "gap",
        Verdict::Failed => "failed",
        Verdict::Unknown => "unknown",
        Verdict::Fine => "fine",
    }
}

/// A verdict as a badge: sign and words, so that colour is never needed.
pub fn badge(v: Verdict) -> String {
    let sign = match v {
        Verdict::CopyingAlarm => "⚠",
        Verdict::Gap => "▼",
        Verdict::Failed => "×",
        Verdict::Unknown => "?",
        Verdict::Fine => "✓",
    };
    format!("<span class=\"badge {}\">{sign} {}</span>", class(v), v.words())
}

/// A name that is safe as an anchor.
pub fn anchor(parts: &[&str]) -> String {
    let text = parts.join("-");
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_becomes_markup() {
        assert_eq!(esc("<a href='x'>&\"\u{1}"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot; ");
    }

    #[test]
    fn almost_one_is_not_one() {
        assert_eq!([Some(1.0), Some(0.99999), Some(0.9994)].map(score), ["1.000", "0.9999", "0.999"]);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            (count(62000), number(Some(12345.6)), score(None)),
            ("62\u{202f}000".into(), "12346".into(), "–".into())
        );
    }
}
