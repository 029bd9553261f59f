//! Formulas: sums, differences and products of paths and decimal numbers, computed exactly.

use crate::dataset::{NO_CODE, NULL};
use crate::linked::{Linked, Path, decimal};
use crate::{Column, Result};

use super::senseless;

/// Brackets may nest this deep, so that a hostile formula can't exhaust the stack.
const DEPTH: usize = 32;
/// Numbers, names, signs and brackets at most, for the same reason: a sum of many is deep, too.
const TOKENS: usize = 1000;

/// A formula as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    /// A constant: a multiple of 10^-decimals.
    Number(i128, u8),
    /// The value of a path.
    Path(String),
    /// `+`, `-` or `*`.
    Of(char, Box<Expression>, Box<Expression>),
}

impl Expression {
    /// Reads `a + 2 * (b - "c d")`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let expression = parser.sum(0)?;
        match parser.tokens.get(parser.at) {
            None => Ok(expression),
            Some(_) => Err(senseless("equals: an operator is missing; write sums, differences and products")),
        }
    }

    /// The names that occur.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Expression::Number(..) => Vec::new(),
            Expression::Path(name) => vec![name],
            Expression::Of(_, a, b) => a.names().into_iter().chain(b.names()).collect(),
        }
    }

    /// The result where `of` gives the value of each name: None when one is missing, `Some(None)` when it is too
    /// large to compute.
    pub(crate) fn value(&self, of: &dyn Fn(&str) -> Option<Exact>) -> Option<Option<Exact>> {
        Some(match self {
            Expression::Number(n, d) => Some(Exact { n: *n, decimals: *d }),
            Expression::Path(name) => Some(of(name)?),
            Expression::Of(op, a, b) => {
                let (a, b) = (a.value(of)?, b.value(of)?);
                a.zip(b).and_then(|(a, b)| Exact::of(*op, a, b))
            }
        })
    }

    /// Finds the paths seen from a table.
    pub(crate) fn resolve<'a>(&self, linked: &'a Linked, table: &str) -> Result<Resolved<'a>> {
        Ok(match self {
            Expression::Number(n, d) => Resolved::Number(Exact { n: *n, decimals: *d }),
            Expression::Path(name) => {
                let path = linked.path(table, name)?;
                Resolved::Path(Box::new(Value::read(&path)?))
            }
            Expression::Of(op, a, b) => {
                Resolved::Of(*op, Box::new(a.resolve(linked, table)?), Box::new(b.resolve(linked, table)?))
            }
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(i128, u8),
    Name(String),
    Sign(char),
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = if c == '"' {
            let close = rest[1..].find('"').ok_or_else(|| senseless("equals: a closing quote is missing"))?;
            tokens.push(Token::Name(rest[1..=close].to_owned()));
            close + 2
        } else if "+-*()".contains(c) {
            tokens.push(Token::Sign(c));
            1
        } else if word(c) {
            let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
            tokens.push(match decimal(&rest[..end]) {
                Some((n, d)) => Token::Number(n, d),
                None => Token::Name(rest[..end].to_owned()),
            });
            end
        } else {
            return Err(senseless("equals: only + - * ( ), numbers, names and names in double quotes are understood"));
        };
        if tokens.len() > TOKENS {
            return Err(senseless(format!("equals: more than {TOKENS} numbers, names and signs")));
        }
        rest = rest[end..].trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn sign(&mut self, wanted: &str) -> Option<char> {
        match self.tokens.get(self.at) {
            Some(Token::Sign(c)) if wanted.contains(*c) => {
                self.at += 1;
                Some(*c)
            }
            _ => None,
        }
    }

    fn sum(&mut self, depth: usize) -> Result<Expression> {
        let mut left = self.product(depth)?;
        while let Some(op) = self.sign("+-") {
            left = Expression::Of(op, Box::new(left), Box::new(self.product(depth)?));
        }
        Ok(left)
    }

    fn product(&mut self, depth: usize) -> Result<Expression> {
        let mut left = self.factor(depth)?;
        while self.sign("*").is_some() {
            left = Expression::Of('*', Box::new(left), Box::new(self.factor(depth)?));
        }
        Ok(left)
    }

    fn factor(&mut self, depth: usize) -> Result<Expression> {
        if depth > DEPTH {
            return Err(senseless(format!("equals: more than {DEPTH} brackets or signs inside each other")));
        }
        if self.sign("-").is_some() {
            return Ok(Expression::Of('-', Box::new(Expression::Number(0, 0)), Box::new(self.factor(depth + 1)?)));
        }
        if self.sign("(").is_some() {
            let inner = self.sum(depth + 1)?;
            return self.sign(")").map(|_| inner).ok_or_else(|| senseless("equals: a closing bracket is missing"));
        }
        self.at += 1;
        match self.tokens.get(self.at - 1) {
            Some(Token::Number(n, d)) => Ok(Expression::Number(*n, *d)),
            Some(Token::Name(name)) => Ok(Expression::Path(name.clone())),
            _ => Err(senseless("equals: a name or number is missing")),
        }
    }
}

/// A number as a multiple of 10^-decimals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exact {
    n: i128,
    decimals: u8,
}

impl Exact {
    /// A tick of a grid.
    pub(crate) fn new(n: i64, decimals: u8) -> Self {
        Self { n: n.into(), decimals }
    }

    /// The tick of a grid that it rounds to, halves upwards.
    pub(crate) fn rounded(self, decimals: u8) -> Option<i64> {
        if self.decimals <= decimals {
            return self.on(decimals).and_then(|n| i64::try_from(n).ok());
        }
        let step = 10i128.checked_pow(u32::from(self.decimals - decimals))?;
        i64::try_from(self.n.checked_add(step / 2)?.div_euclid(step)).ok()
    }

    fn on(self, decimals: u8) -> Option<i128> {
        self.n.checked_mul(10i128.checked_pow(u32::from(decimals - self.decimals))?)
    }

    fn of(op: char, a: Self, b: Self) -> Option<Self> {
        if op == '*' {
            return Some(Self { n: a.n.checked_mul(b.n)?, decimals: a.decimals.checked_add(b.decimals)? });
        }
        let decimals = a.decimals.max(b.decimals);
        let (x, y) = (a.on(decimals)?, b.on(decimals)?);
        let n = if op == '+' { x.checked_add(y)? } else { x.checked_sub(y)? };
        Some(Self { n, decimals })
    }

    /// True when `wanted`, a number with `decimals` places, is this number rounded, half a step either way.
    pub(crate) fn rounds_to(self, wanted: Self, decimals: u8) -> bool {
        let Some(gap) = Self::of('-', self, wanted) else { return false };
        if gap.decimals <= decimals {
            return gap.n == 0;
        }
        let step = 10i128.checked_pow(u32::from(gap.decimals - decimals));
        gap.n.checked_abs().and_then(|g| g.checked_mul(2)).zip(step).is_some_and(|(twice, step)| twice <= step)
    }
}

/// The numbers of a path: numbers and labels that are numbers as they are, times in seconds.
#[derive(Clone, Debug)]
pub(crate) struct Value<'a> {
    path: Path<'a>,
    by_code: Vec<Exact>,
}

impl<'a> Value<'a> {
    pub(crate) fn read(path: &Path<'a>) -> Result<Self> {
        let mut by_code = Vec::new();
        if let Column::Text { values, .. } = path.column {
            let read = values.iter().map(|v| decimal(v).map(|(n, decimals)| Exact { n, decimals }));
            by_code = read.collect::<Option<_>>().ok_or_else(|| {
                senseless(format!("{} is a label and no number, so nothing can be computed with it", path.text))
            })?;
        }
        Ok(Self { path: path.clone(), by_code })
    }

    /// The most decimal places of its numbers.
    pub(crate) fn decimals(&self) -> u8 {
        match self.path.column {
            Column::Number { decimals, .. } => *decimals,
            Column::Time { .. } => 6,
            Column::Text { .. } => self.by_code.iter().map(|e| e.decimals).max().unwrap_or(0),
        }
    }

    /// The number of a row; None when it is missing.
    pub(crate) fn at(&self, row: usize, pick: usize) -> Option<Exact> {
        let row = self.path.row(row, pick)?;
        match self.path.column {
            Column::Text { codes, .. } if codes[row] == NO_CODE => None,
            Column::Text { codes, .. } => Some(self.by_code[codes[row] as usize]),
            column if column.tick(row) == NULL => None,
            column => Some(Exact { n: i128::from(column.tick(row)), decimals: self.decimals() }),
        }
    }
}

/// A formula whose paths are found.
#[derive(Clone, Debug)]
pub(crate) enum Resolved<'a> {
    Number(Exact),
    Path(Box<Value<'a>>),
    Of(char, Box<Resolved<'a>>, Box<Resolved<'a>>),
}

impl<'a> Resolved<'a> {
    /// Its paths.
    pub(crate) fn paths(&self) -> Vec<&Path<'a>> {
        match self {
            Resolved::Number(_) => Vec::new(),
            Resolved::Path(value) => vec![&value.path],
            Resolved::Of(_, a, b) => a.paths().into_iter().chain(b.paths()).collect(),
        }
    }

    /// The result for a row: None when a value is missing, `Some(None)` when it is too large to compute.
    pub(crate) fn at(&self, row: usize, pick: usize) -> Option<Option<Exact>> {
        Some(match self {
            Resolved::Number(n) => Some(*n),
            Resolved::Path(value) => Some(value.at(row, pick)?),
            Resolved::Of(op, a, b) => {
                let (a, b) = (a.at(row, pick)?, b.at(row, pick)?);
                a.zip(b).and_then(|(a, b)| Exact::of(*op, a, b))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_formula_does_not_exhaust_the_stack() {
        assert!(Expression::parse(&("n + ".repeat(400) + "n")).is_ok());
        for deep in ["n + ", "n * ", "(", "-", "(n + "] {
            assert!(Expression::parse(&(deep.repeat(100_000) + "n")).is_err(), "{deep}");
        }
    }

    #[test]
    fn products_bind_closer_than_sums() {
        let e = Expression::parse("a - b*2 - \"c d\"").unwrap();
        assert_eq!(e.names(), ["a", "b", "c d"]);
        let path = |n: &str| Box::new(Expression::Path(n.into()));
        let twice = Box::new(Expression::Of('*', path("b"), Box::new(Expression::Number(2, 0))));
        let first = Box::new(Expression::Of('-', path("a"), twice));
        assert_eq!(e, Expression::Of('-', first, path("c d")));
        assert_eq!(Expression::parse("(1.5)"), Ok(Expression::Number(15, 1)));
    }

    #[test]
    fn nonsense_is_refused_without_a_panic() {
        let deep = "(".repeat(10_000) + "1";
        for bad in ["", "a +", "a b", "(a", "a)", "a / b", "\"a", "* a", "é!", &deep, &"-".repeat(10_000)] {
            assert!(Expression::parse(bad).is_err());
        }
    }

    #[test]
    fn rounding_allows_half_a_step() {
        let exact = |n, decimals| Exact { n, decimals };
        assert!(exact(125, 2).rounds_to(exact(13, 1), 1) && exact(125, 2).rounds_to(exact(12, 1), 1));
        assert!(!exact(126, 2).rounds_to(exact(12, 1), 1));
        assert!(!exact(i128::MAX, 0).rounds_to(exact(1, 30), 0));
        assert_eq!(Exact::of('*', exact(i128::MAX, 0), exact(2, 0)), None);
    }
}
