//! Plain text tables and numbers for people.

use std::time::Duration;

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Lines of aligned columns, two spaces apart, under a header.
pub fn table(header: &[(&str, Side)], rows: &[Vec<String>]) -> String {
    let width = |c: usize| {
        let cells = rows.iter().map(|r| r.get(c).map_or(0, |t| t.chars().count()));
        cells.max().unwrap_or(0).max(header[c].0.chars().count())
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut out = String::new();
    let titles: Vec<String> = header.iter().map(|h| h.0.to_owned()).collect();
    for row in std::iter::once(&titles).chain(rows) {
        let mut line = String::new();
        for (c, (_, side)) in header.iter().enumerate() {
            let text = row.get(c).map_or("", String::as_str);
            let space = " ".repeat(widths[c].saturating_sub(text.chars().count()));
            if c > 0 {
                line.push_str("  ");
            }
            line.push_str(&match side {
                Side::Left => format!("{text}{space}"),
                Side::Right => format!("{space}{text}"),
            });
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A whole number with commas between thousands.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

/// Bytes in the unit that reads best.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (n as f64, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} bytes") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// A time span in seconds, or minutes when it is long.
pub fn time(t: Duration) -> String {
    let s = t.as_secs_f64();
    if s < 120.0 { format!("{s:.1} s") } else { format!("{} min {} s", t.as_secs() / 60, t.as_secs() % 60) }
}

/// Rows in each second, two digits that mean something.
pub fn rate(rows: u64, t: Duration) -> String {
    let per = rows as f64 / t.as_secs_f64().max(1e-3);
    let step = if per < 10_000.0 { 100.0 } else { 1000.0 };
    count(((per / step).round() * step) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_spaces() {
        let text = table(&[("table", Side::Left), ("rows", Side::Right)], &[vec!["é".into(), count(1_234_567)]]);
        assert_eq!(text, "table       rows\né      1,234,567\n");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!([count(0), count(999), count(1000)], ["0", "999", "1,000"]);
        assert_eq!([bytes(999), bytes(1500), bytes(2_000_000_000)], ["999 bytes", "1.5 kB", "2.0 GB"]);
        assert_eq!(time(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(time(Duration::from_secs(150)), "2 min 30 s");
        assert_eq!(rate(1_234_567, Duration::from_secs(1)), "1,235,000");
    }
}
