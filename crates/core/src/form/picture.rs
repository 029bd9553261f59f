//! Pictures of numbers: `#,##0.00` (thousands and two decimals), `0.#` (as few decimals as it needs), `00:00`.

use super::read::{Split, Token, is_money};
use crate::dataset::NULL;

/// Decimals of a picture at most.
const PLACES: usize = 18;

/// What the numbers of one form look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    between: Option<char>,
    padded: bool,
    places: Places,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Places {
    /// So many.
    Fixed(usize),
    /// As few as the number needs.
    Few,
    /// As many as the text has: not the same everywhere.
    Own,
}

impl Look {
    /// The look of one of the numbers of all texts of a form.
    pub fn of(all: &[&Split], which: usize) -> Self {
        let tokens = || all.iter().map(|s| &s.numbers[which]);
        let first = tokens().next().map_or(0, |t| t.places);
        let places = match () {
            () if tokens().all(|t| t.places == first) => Places::Fixed(first),
            () if tokens().all(|t| !t.zero && t.parts == 1) => Places::Few,
            () => Places::Own,
        };
        Self { between: tokens().find_map(|t| t.between), padded: tokens().any(|t| t.padded), places }
    }

    /// The picture of a number, in braces.
    pub fn picture(&self, token: &Token, mark: char) -> String {
        let mut out = String::from("{");
        match self.between {
            Some(c) => out.extend(['#', c, '#', '#', '0']),
            None if self.padded && token.parts > 1 => out.push_str("00"),
            None => out.push('0'),
        }
        (1..token.parts).for_each(|_| out.push_str(":00"));
        let places = match self.places {
            Places::Fixed(n) => n,
            Places::Own => token.places,
            Places::Few => {
                out.extend([mark, '#', '}']);
                return out;
            }
        };
        if places > 0 {
            out.push(mark);
            out.extend(std::iter::repeat_n('0', places));
        }
        out.push('}');
        out
    }
}

/// A form, ready to put numbers in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Number(Picture),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Picture {
    between: Option<char>,
    mark: char,
    places: usize,
    few: bool,
    parts: usize,
    padded: bool,
}

impl Form {
    /// Reads a form; what is no picture is text.
    pub fn parse(form: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = form;
        while let Some(from) = rest.find('{') {
            let found = rest[from..].find('}').and_then(|to| Some((to, Picture::parse(&rest[from + 1..from + to])?)));
            let Some((to, picture)) = found else { return Self(vec![Piece::Text(form.to_owned())]) };
            pieces.push(Piece::Text(rest[..from].to_owned()));
            pieces.push(Piece::Number(picture));
            rest = &rest[from + to + 1..];
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Self(pieces)
    }

    /// The text of numbers, each in steps of its decimals; None where one that it needs is missing.
    pub fn text(&self, numbers: &[(i64, u8)]) -> Option<String> {
        let mut out = String::new();
        let mut numbers = numbers.iter();
        for piece in &self.0 {
            match piece {
                Piece::Text(t) => out.push_str(t),
                Piece::Number(p) => {
                    let (tick, decimals) = *numbers.next()?;
                    if tick == NULL {
                        return None;
                    }
                    let digits = p.text(tick, decimals)?;
                    match digits.strip_prefix('-') {
                        Some(rest) if is_money(&out) => out = format!("-{out}{rest}"),
                        _ => out.push_str(&digits),
                    }
                }
            }
        }
        Some(out)
    }
}

impl Picture {
    fn parse(text: &str) -> Option<Self> {
        let mut one = Self { between: None, mark: '.', places: 0, few: false, parts: 1, padded: false };
        let mut rest = text;
        if let Some(t) = text.strip_prefix('#') {
            let c = t.chars().next()?;
            one.between = Some(c);
            rest = t[c.len_utf8()..].strip_prefix("##0")?;
        } else if let Some(t) = text.strip_prefix("00") {
            one.padded = true;
            rest = t;
        } else {
            rest = rest.strip_prefix('0')?;
        }
        while let Some(t) = rest.strip_prefix(":00").filter(|_| one.parts < 3) {
            one.parts += 1;
            rest = t;
        }
        if one.padded && one.parts == 1 {
            return None;
        }
        if let Some(mark) = rest.chars().next() {
            one.mark = [',', '.'].into_iter().find(|m| *m == mark)?;
            let decimals = &rest[1..];
            one.few = decimals == "#";
            one.places = if one.few { PLACES } else { decimals.len() };
            let zeros = !decimals.is_empty() && decimals.bytes().all(|b| b == b'0');
            (one.few || zeros && one.places <= PLACES).then_some(())?;
        }
        Some(one)
    }

    fn text(&self, tick: i64, decimals: u8) -> Option<String> {
        let decimals = usize::from(decimals.min(PLACES as u8));
        let places = if self.few { decimals } else { self.places };
        let power = |n: usize| 10u128.pow(n as u32);
        let n = u128::from(tick.unsigned_abs());
        let n = match places >= decimals {
            true => n.checked_mul(power(places - decimals))?,
            false => (n + power(decimals - places) / 2) / power(decimals - places),
        };
        let (mut whole, fraction) = (n / power(places), n % power(places));
        let mut out = String::new();
        let mut tail = String::new();
        for _ in 1..self.parts {
            tail = format!(":{:02}{tail}", whole % 60);
            whole /= 60;
        }
        if tick < 0 && n > 0 {
            out.push('-');
        }
        let digits = if self.padded { format!("{whole:02}") } else { whole.to_string() };
        for (i, d) in digits.chars().enumerate() {
            if let Some(c) = self.between
                && i > 0
                && (digits.len() - i) % 3 == 0
            {
                out.push(c);
            }
            out.push(d);
        }
        out.push_str(&tail);
        let mut shown = if places == 0 { String::new() } else { format!("{fraction:0places$}") };
        if self.few {
            shown.truncate(shown.trim_end_matches('0').len());
        }
        if !shown.is_empty() {
            out.push(self.mark);
            out.push_str(&shown);
        }
        Some(out)
    }
}
