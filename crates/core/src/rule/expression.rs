//! Formulas: sums, differences, products, quotients and functions of paths and decimal numbers, computed exactly; a
//! quotient that never ends is cut after twelve decimals.

use crate::dataset::{NO_CODE, NULL};
use crate::linked::{Linked, Path, decimal};
use crate::{Column, Result};

use super::function::Function;
use super::part::Part;
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
    /// `+`, `-`, `*` or `/`.
    Of(char, Box<Expression>, Box<Expression>),
    /// A function of one or two expressions.
    Call(Function, Vec<Expression>),
}

impl Expression {
    /// Reads `a + 2 * (b - "c d")`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let expression = parser.sum(0)?;
        match parser.tokens.get(parser.at) {
            None => Ok(expression),
            Some(_) => {
                Err(senseless("equals: an operator is missing; write sums, differences, products and quotients"))
            }
        }
    }

    /// The names that occur.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Expression::Number(..) => Vec::new(),
            Expression::Path(name) => vec![name],
            Expression::Of(_, a, b) => a.names().into_iter().chain(b.names()).collect(),
            Expression::Call(_, of) => of.iter().flat_map(|e| e.names()).collect(),
        }
    }

    /// The result where `of` gives the value of each name: None when one is missing or divided by zero, `Some(None)`
    /// when it is too large to compute.
    pub(crate) fn value(&self, of: &dyn Fn(&str) -> Option<Exact>) -> Option<Option<Exact>> {
        Some(match self {
            Expression::Number(n, d) => Some(Exact { n: *n, decimals: *d }),
            Expression::Path(name) => Some(of(name)?),
            Expression::Of(op, a, b) => both(*op, a.value(of)?, b.value(of)?)?,
            Expression::Call(function, parts) => {
                let parts = parts.iter().map(|e| e.value(of)).collect::<Option<Vec<_>>>()?;
                function.of(&parts)
            }
        })
    }

    /// The part of a time that it is, but for a number added.
    pub(crate) fn part(&self) -> Option<Part> {
        match self {
            Expression::Call(Function::Part(part), of) if matches!(of[..], [Expression::Path(_)]) => Some(*part),
            Expression::Of('+' | '-', a, b) if matches!(**b, Expression::Number(..)) => a.part(),
            _ => None,
        }
    }

    /// The time whose midnight it is.
    pub(crate) fn day_of(&self) -> Option<&str> {
        match self {
            Expression::Call(Function::Date, of) => match &of[..] {
                [Expression::Path(name)] => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// True without quotients and functions, of which several numbers give the same.
    pub(crate) fn is_plain(&self) -> bool {
        match self {
            Expression::Number(..) | Expression::Path(_) => true,
            Expression::Of(op, a, b) => *op != '/' && a.is_plain() && b.is_plain(),
            Expression::Call(..) => false,
        }
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
            Expression::Call(function, of) => {
                let of = of.iter().map(|e| e.resolve(linked, table));
                Resolved::Call(*function, of.collect::<Result<_>>()?)
            }
        })
    }
}

/// What an operator makes of two numbers; None where it divides by zero.
fn both(op: char, a: Option<Exact>, b: Option<Exact>) -> Option<Option<Exact>> {
    if op == '/' && b.is_some_and(|b| b.n == 0) {
        return None;
    }
    Some(a.zip(b).and_then(|(a, b)| Exact::of(op, a, b)))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(i128, u8),
    Name(String),
    /// A name in double quotes, which is never a function.
    Quoted(String),
    Sign(char),
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = if c == '"' {
            let close = rest[1..].find('"').ok_or_else(|| senseless("equals: a closing quote is missing"))?;
            tokens.push(Token::Quoted(rest[1..=close].to_owned()));
            close + 2
        } else if "+-*/(),".contains(c) {
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
            return Err(senseless(
                "equals: only + - * / ( ), numbers, names and names in double quotes are understood",
            ));
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
        while let Some(op) = self.sign("*/") {
            left = Expression::Of(op, Box::new(left), Box::new(self.factor(depth)?));
        }
        Ok(left)
    }

    fn close(&mut self) -> Result<()> {
        self.sign(")").map(|_| ()).ok_or_else(|| senseless("equals: a closing bracket is missing"))
    }

    /// What stands in the brackets of a function.
    fn call(&mut self, name: &str, depth: usize) -> Result<Expression> {
        let function = Function::named(name)
            .ok_or_else(|| senseless(format!("equals: {name} is no function; there are {}", Function::list())))?;
        let mut of = vec![self.sum(depth)?];
        while self.sign(",").is_some() {
            of.push(self.sum(depth)?);
        }
        self.close()?;
        match function.takes() == of.len() {
            true => Ok(Expression::Call(function, of)),
            false => Err(senseless(format!("equals: {name} takes {} in its brackets", function.takes()))),
        }
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
            return self.close().map(|()| inner);
        }
        self.at += 1;
        match self.tokens.get(self.at - 1).cloned() {
            Some(Token::Number(n, d)) => Ok(Expression::Number(n, d)),
            Some(Token::Name(name)) if self.sign("(").is_some() => self.call(&name, depth + 1),
            Some(Token::Name(name) | Token::Quoted(name)) => Ok(Expression::Path(name)),
            _ => Err(senseless("equals: a name or number is missing")),
        }
    }
}

/// Decimals of a quotient that does not end before: two times in microseconds differ by 10^-11 days.
const QUOTIENT: u8 = 12;

/// A number as a multiple of 10^-decimals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exact {
    pub(super) n: i128,
    pub(super) decimals: u8,
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

    pub(super) fn on(self, decimals: u8) -> Option<i128> {
        self.n.checked_mul(10i128.checked_pow(u32::from(decimals - self.decimals))?)
    }

    fn of(op: char, a: Self, b: Self) -> Option<Self> {
        if op == '*' {
            return Some(Self { n: a.n.checked_mul(b.n)?, decimals: a.decimals.checked_add(b.decimals)? });
        }
        if op == '/' {
            return [QUOTIENT, QUOTIENT / 2, 0].into_iter().find_map(|places| Self::quotient(a, b, places));
        }
        let decimals = a.decimals.max(b.decimals);
        let (x, y) = (a.on(decimals)?, b.on(decimals)?);
        let n = if op == '+' { x.checked_add(y)? } else { x.checked_sub(y)? };
        Some(Self { n, decimals })
    }

    /// A quotient cut downwards after so many decimals, or as many as `a` has; None where they are too many.
    fn quotient(a: Self, b: Self, places: u8) -> Option<Self> {
        let decimals = places.max(a.decimals.saturating_sub(b.decimals));
        let power = u32::from(decimals) + u32::from(b.decimals) - u32::from(a.decimals);
        let n = a.n.checked_mul(10i128.checked_pow(power)?)?;
        let (n, by) = if b.n < 0 { (n.checked_neg()?, b.n.checked_neg()?) } else { (n, b.n) };
        Some(Self { n: n.div_euclid(by), decimals })
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
    Call(Function, Vec<Resolved<'a>>),
}

impl<'a> Resolved<'a> {
    /// Its paths.
    pub(crate) fn paths(&self) -> Vec<&Path<'a>> {
        match self {
            Resolved::Number(_) => Vec::new(),
            Resolved::Path(value) => vec![&value.path],
            Resolved::Of(_, a, b) => a.paths().into_iter().chain(b.paths()).collect(),
            Resolved::Call(_, of) => of.iter().flat_map(|e| e.paths()).collect(),
        }
    }

    /// The result for a row: None when a value is missing or divided by zero, `Some(None)` when it is too
    /// large to compute.
    pub(crate) fn at(&self, row: usize, pick: usize) -> Option<Option<Exact>> {
        Some(match self {
            Resolved::Number(n) => Some(*n),
            Resolved::Path(value) => Some(value.at(row, pick)?),
            Resolved::Of(op, a, b) => both(*op, a.at(row, pick)?, b.at(row, pick)?)?,
            Resolved::Call(function, parts) => {
                let parts = parts.iter().map(|e| e.at(row, pick)).collect::<Option<Vec<_>>>()?;
                function.of(&parts)
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
        for bad in [
            "",
            "a +",
            "a b",
            "(a",
            "a)",
            "a / ",
            "a % b",
            "year(a",
            "year(a, b)",
            "years(a)",
            "f(a)",
            ",",
            "\"a",
            "* a",
            "é!",
            &deep,
            &"-".repeat(10_000),
        ] {
            assert!(Expression::parse(bad).is_err());
        }
    }

    #[test]
    fn quotients_and_functions_are_computed() {
        let at = |n, decimals| Exact { n, decimals };
        let value = |text: &str| {
            let of = |name: &str| Some(if name == "a" { at(-75, 1) } else { at(3, 0) });
            Expression::parse(text).unwrap().value(&of)
        };
        let rounded = |text: &str, decimals| value(text).unwrap().unwrap().rounded(decimals);
        assert_eq!(rounded("a / b", 4), Some(-25_000));
        assert_eq!(rounded("100 * b / 7", 2), Some(4286));
        assert_eq!(rounded("floor(a / b)", 0), Some(-3));
        assert_eq!(rounded("max(0, a - b) + min(b, 1)", 0), Some(1));
        assert_eq!(rounded("b / -7", 3), Some(-429));
        assert_eq!(rounded("year(b * 86400 * 365)", 0), Some(1972));
        assert_eq!(value("a / (b - 3)"), None, "nothing is divided by zero");
        assert_eq!(
            Expression::parse("\"year\" (a)"),
            Err(senseless("equals: an operator is missing; write sums, differences, products and quotients"))
        );
        assert_eq!(Expression::parse("year + 1").unwrap().names(), ["year"]);
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
