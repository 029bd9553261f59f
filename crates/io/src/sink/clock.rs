//! Times as text in a strftime format, compiled once so that a row costs a few digits.

use healthdata_core::time::{self, DAY, SECOND, civil_from_days};

/// The digits of 00 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    pairs
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// `.5` or `.000250` when there is a fraction, nothing otherwise: `%.f`.
    Fraction,
    /// Three digits behind a point: `%.3f`.
    Millis,
    /// Six digits: `%f` and `%6f`.
    Micros,
}

/// Writes times in one strftime format.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    format: String,
    /// None: a directive outside the short list, left to the general formatter.
    pieces: Option<Vec<Piece>>,
    /// The text may need quotes: month names and locale forms are not known here.
    pub careful: bool,
    date: (i64, [u8; 4], u32, u32),
    /// Microseconds that the clock on the wall is ahead of UTC.
    ahead: i64,
}

impl Clock {
    pub fn new(format: &str) -> Self {
        let pieces = compile(format);
        let careful = pieces.is_none() || format.contains([',', '"', '\n', '\r']);
        Self { format: format.into(), pieces, careful, date: civil(0), ahead: 0 }
    }

    /// A clock so many minutes ahead of UTC, which the format's zone says.
    pub fn ahead(format: &str, minutes: i32) -> Self {
        let (sign, m) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
        let (h, m) = (m / 60, m % 60);
        let said = format.replace("%:z", &format!("{sign}{h:02}:{m:02}")).replace("%z", &format!("{sign}{h:02}{m:02}"));
        Self { ahead: i64::from(minutes) * 60 * SECOND, ..Self::new(&said) }
    }

    /// Appends the text of microseconds since 1970.
    pub fn write(&mut self, us: i64, out: &mut Vec<u8>) {
        let us = us.saturating_add(self.ahead);
        let day = us.div_euclid(DAY);
        let Some(pieces) = &self.pieces else { return self.general(us, out) };
        // Neighbouring rows share their day, so the calendar is worked out once for them.
        if self.date.0 != day {
            if !(-719_528..=2_932_896).contains(&day) {
                // Outside the years 0000 to 9999, which four digits can't say.
                return self.general(us, out);
            }
            self.date = civil(day);
        }
        let within = us.rem_euclid(DAY);
        let seconds = (within / SECOND) as usize;
        let micros = within % SECOND;
        for piece in pieces {
            match piece {
                Piece::Byte(b) => out.push(*b),
                Piece::Year => out.extend_from_slice(&self.date.1),
                Piece::Month => out.extend_from_slice(&PAIRS[self.date.2 as usize]),
                Piece::Day => out.extend_from_slice(&PAIRS[self.date.3 as usize]),
                Piece::Hour => out.extend_from_slice(&PAIRS[seconds / 3600]),
                Piece::Minute => out.extend_from_slice(&PAIRS[seconds / 60 % 60]),
                Piece::Second => out.extend_from_slice(&PAIRS[seconds % 60]),
                Piece::Micros => six(micros, out),
                Piece::Millis => {
                    let n = out.len();
                    out.push(b'.');
                    six(micros, out);
                    out.truncate(n + 4);
                }
                Piece::Fraction if micros != 0 => {
                    out.push(b'.');
                    six(micros, out);
                    while out.last() == Some(&b'0') {
                        out.pop();
                    }
                }
                Piece::Fraction => {}
            }
        }
    }

    fn general(&self, us: i64, out: &mut Vec<u8>) {
        out.extend_from_slice(time::format(us, &self.format).as_bytes());
    }
}

fn six(micros: i64, out: &mut Vec<u8>) {
    for pair in [micros / 10_000, micros / 100 % 100, micros % 100] {
        out.extend_from_slice(&PAIRS[pair as usize]);
    }
}

fn civil(day: i64) -> (i64, [u8; 4], u32, u32) {
    let (y, m, d) = civil_from_days(day);
    let (high, low) = (PAIRS[(y / 100) as usize], PAIRS[(y % 100) as usize]);
    (day, [high[0], high[1], low[0], low[1]], m, d)
}

fn compile(format: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if c != '%' {
            pieces.extend(rest.as_bytes()[..c.len_utf8()].iter().map(|b| Piece::Byte(*b)));
            rest = &rest[c.len_utf8()..];
            continue;
        }
        const KNOWN: [(&str, &[Piece]); 15] = [
            ("%Y", &[Piece::Year]),
            ("%m", &[Piece::Month]),
            ("%d", &[Piece::Day]),
            ("%H", &[Piece::Hour]),
            ("%M", &[Piece::Minute]),
            ("%S", &[Piece::Second]),
            ("%.f", &[Piece::Fraction]),
            ("%.3f", &[Piece::Millis]),
            ("%.6f", &[Piece::Byte(b'.'), Piece::Micros]),
            ("%6f", &[Piece::Micros]),
            ("%.6f", &[Piece::Byte(b'.'), Piece::Micros]),
            ("%F", &[Piece::Year, Piece::Byte(b'-'), Piece::Month, Piece::Byte(b'-'), Piece::Day]),
            ("%T", &[Piece::Hour, Piece::Byte(b':'), Piece::Minute, Piece::Byte(b':'), Piece::Second]),
            ("%R", &[Piece::Hour, Piece::Byte(b':'), Piece::Minute]),
            ("%%", &[Piece::Byte(b'%')]),
        ];
        let (directive, known) = KNOWN.iter().find(|(d, _)| rest.starts_with(d))?;
        pieces.extend_from_slice(known);
        rest = &rest[directive.len()..];
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_form_is_what_the_general_formatter_writes() {
        let formats = [
            "%Y-%m-%d",
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%dT%H:%M:%S%.f",
            "%d.%m.%Y",
            "%m/%d/%Y %R",
            "%F %T",
            "%H%M%S%6f",
            "%Y%%%S%.6f",
            "größe %d",
        ];
        for format in formats {
            let mut clock = Clock::new(format);
            assert!(clock.pieces.is_some(), "{format}");
            for us in [0, -1, 1, 951_782_400_000_000, -62_135_596_800_000_000, 253_402_200_000_000_001, 86_399_500_000]
            {
                let mut out = Vec::new();
                clock.write(us, &mut out);
                let general = time::format(us, format);
                assert_eq!(String::from_utf8(out).unwrap(), general, "{format} of {us}");
            }
        }
    }

    #[test]
    fn the_last_day_that_databases_write_for_never_is_kept() {
        let mut out = Vec::new();
        Clock::new("%d.%m.%Y %T").write(253_402_300_799_000_000, &mut out);
        assert_eq!(out, b"31.12.9999 23:59:59");
    }

    #[test]
    fn other_directives_and_far_years_go_the_general_way() {
        for (format, us) in [("%b %d, %Y", 0), ("%Y-%m-%dT%H:%M:%S%z", 5), ("%Y-%m-%d", 253_402_300_800_000_000)] {
            let mut out = Vec::new();
            Clock::new(format).write(us, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), time::format(us, format));
        }
    }
}
