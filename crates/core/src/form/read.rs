//! Text taken apart into its numbers and what is around them.

use super::Style;
use super::picture::Look;

/// Digits of a number at most: more are the digits of an identifier.
const DIGITS: usize = 15;

/// One number of a text.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// Without its sign.
    pub value: f64,
    /// Digits before the point, in the first part of a clock.
    pub width: usize,
    /// Digits after the point.
    pub places: usize,
    /// The sign between thousands.
    pub between: Option<char>,
    /// A zero in front of other digits.
    pub padded: bool,
    /// A zero at the end of its decimals.
    pub zero: bool,
    /// Parts with colons between them; one for a plain number.
    pub parts: usize,
}

/// A text taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    /// What is before, between and after the numbers.
    pub around: Vec<String>,
    /// The numbers.
    pub numbers: Vec<Token>,
    negative: bool,
}

impl Split {
    /// None where the text does not have as many numbers as its style says.
    pub fn new(text: &str, style: Style) -> Option<Self> {
        if text.len() > 64 || text.contains(|c: char| "{}".contains(c) || c.is_control()) {
            return None;
        }
        let (mut around, mut numbers) = (vec![String::new()], Vec::new());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c.is_ascii_digit() {
                let (token, length) = token(rest, style)?;
                numbers.push(token);
                around.push(String::new());
                rest = &rest[length..];
            } else if c.is_numeric() {
                return None;
            } else {
                around.last_mut()?.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        let wanted = if style == Style::Pair { 2 } else { 1 };
        let clock = style == Style::Clock;
        if numbers.len() != wanted || numbers.iter().any(|t| (t.parts > 1) != clock) {
            return None;
        }
        let negative = take_sign(&mut around[0]);
        Some(Self { around, numbers, negative })
    }

    /// One of its numbers.
    pub fn value(&self, which: usize) -> f64 {
        let value = self.numbers.get(which).map_or(0.0, |t| t.value);
        if which == 0 && self.negative { -value } else { value }
    }

    /// What texts of one form have in common.
    pub fn frame(&self) -> Vec<String> {
        self.around.iter().cloned().chain(self.numbers.iter().map(|t| t.parts.to_string())).collect()
    }

    /// The form, with numbers that look like this.
    pub fn form(&self, looks: &[Look], mark: char) -> String {
        let mut out = self.around[0].clone();
        for ((token, look), after) in self.numbers.iter().zip(looks).zip(&self.around[1..]) {
            out.push_str(&look.picture(token, mark));
            out.push_str(after);
        }
        out
    }
}

/// True when the text is signs of money only.
pub(super) fn is_money(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| "$€£¥₹₩₽ ".contains(c))
}

/// Takes a minus away that belongs to the number behind it.
fn take_sign(before: &mut String) -> bool {
    if let Some(rest) = before.strip_prefix('-')
        && (rest.is_empty() || is_money(rest))
    {
        *before = rest.to_owned();
        return true;
    }
    match before.strip_suffix('-') {
        Some(rest) if rest.ends_with(|c: char| c == ' ' || "$€£¥<>=~".contains(c)) => {
            *before = rest.to_owned();
            true
        }
        _ => false,
    }
}

/// The number that a text begins with, and its length there.
fn token(text: &str, style: Style) -> Option<(Token, usize)> {
    let b = text.as_bytes();
    let run = |from: usize| b[from.min(b.len())..].iter().take_while(|c| c.is_ascii_digit()).count();
    let first = run(0);
    let padded = first > 1 && b[0] == b'0';
    let mut whole = text[..first].to_owned();
    let mut at = first;
    let (mut between, mut parts) = (None, 1);
    if style == Style::Clock {
        let mut value: u64 = whole.parse().ok().filter(|v| *v < 100_000)?;
        while parts < 3 && b.get(at) == Some(&b':') && run(at + 1) == 2 {
            let part: u64 = text[at + 1..at + 3].parse().ok()?;
            (part < 60).then_some(())?;
            value = value * 60 + part;
            at += 3;
            parts += 1;
        }
        whole = value.to_string();
    } else {
        let separators: &[char] = if style == Style::Comma { &['.', ' ', '\u{a0}', '\u{202f}'] } else { &[',', '\''] };
        while let Some(c) = text[at..].chars().next()
            && separators.contains(&c)
            && between.is_none_or(|b| b == c)
            && first <= 3
            && run(at + c.len_utf8()) == 3
        {
            between = Some(c);
            let from = at + c.len_utf8();
            whole.push_str(&text[from..from + 3]);
            at = from + 3;
        }
    }
    let mut decimals = "";
    if text[at..].starts_with(style.mark()) && run(at + 1) > 0 {
        decimals = &text[at + 1..at + 1 + run(at + 1)];
        at += 1 + decimals.len();
    }
    if whole.len() + decimals.len() > DIGITS {
        return None;
    }
    let value = format!("{whole}.{decimals}0").parse().ok()?;
    let zero = decimals.ends_with('0');
    Some((Token { value, width: first, places: decimals.len(), between, padded, zero, parts }, at))
}
