//! Generated rows as record batches: keys by position, values in their types.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use serde::{Deserialize, Serialize};

use crate::dataset::NULL;
use crate::frame::Frame;
use crate::metadata::{Metadata, Sdtype};
use crate::plan::{Output, Plan, SlotKind};
use crate::rng::{Stream, mix, name};
use crate::{Column, Error, ErrorKind, Result, time};

/// How a fresh identifier looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum IdFormat {
    /// Whole numbers from 1.
    Integer,
    /// A hexadecimal universally unique identifier.
    Uuid,
    /// Fixed text and counting places; the last run of places widens when it is full.
    Pattern(Vec<Place>),
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Place {
    /// Text as it is.
    Text(String),
    /// One of these characters, so many times.
    Count(String, u8),
}

impl IdFormat {
    /// The format of a column: its `regex_format` where that is plain enough, else what its values look like.
    pub fn learn(regex: Option<&str>, values: &Column, table: &str, column: &str) -> Self {
        if let Some(p) = regex.and_then(places_of_regex) {
            return Self::Pattern(p);
        }
        let fallback =
            || Self::Pattern(vec![Place::Text(format!("{table}-{column}-")), Place::Count(DIGITS.into(), 6)]);
        let Column::Text { values, .. } = values else { return Self::Integer };
        if values.is_empty() || values.iter().all(|v| v.parse::<i64>().is_ok_and(|n| n.to_string() == *v)) {
            return Self::Integer;
        }
        let uuid = |v: &String| {
            v.len() == 36
                && v.bytes()
                    .enumerate()
                    .all(|(i, b)| if [8, 13, 18, 23].contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() })
        };
        if values.iter().all(uuid) {
            return Self::Uuid;
        }
        let first = &values[0];
        if !values.iter().all(|v| v.is_ascii() && v.len() == first.len()) || first.len() > 40 {
            return fallback();
        }
        // Same length: a place is text where all agree, else counts over the classes seen there.
        let mut places: Vec<Place> = Vec::new();
        for i in 0..first.len() {
            let at = |v: &String| v.as_bytes()[i];
            let same = values.iter().all(|v| at(v) == at(first));
            let (mut digit, mut upper, mut lower, mut other) = (false, false, false, false);
            for v in values {
                match at(v) {
                    b'0'..=b'9' => digit = true,
                    b'A'..=b'Z' => upper = true,
                    b'a'..=b'z' => lower = true,
                    _ => other = true,
                }
            }
            if same && !digit {
                let c = char::from(at(first));
                match places.last_mut() {
                    Some(Place::Text(t)) => t.push(c),
                    _ => places.push(Place::Text(c.to_string())),
                }
            } else if other {
                return fallback();
            } else {
                let class: String =
                    [(digit, DIGITS), (upper, UPPER), (lower, LOWER)].iter().filter(|c| c.0).map(|c| c.1).collect();
                match places.last_mut() {
                    Some(Place::Count(c, n)) if *c == class => *n += 1,
                    _ => places.push(Place::Count(class, 1)),
                }
            }
        }
        if places.iter().all(|p| matches!(p, Place::Text(_))) { fallback() } else { Self::Pattern(places) }
    }

    /// The identifier of a position (from 0); `salt` keeps UUIDs of two columns apart.
    pub fn text(&self, index: u64, salt: u64) -> String {
        match self {
            Self::Integer => (index + 1).to_string(),
            Self::Uuid => {
                let (a, b) = (mix(salt ^ mix(index)), mix(salt.rotate_left(17) ^ mix(index ^ 0x5851_F42D)));
                format!(
                    "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                    a >> 32,
                    a >> 16 & 0xffff,
                    a & 0xfff,
                    0x8000 | (b >> 50),
                    b & 0xffff_ffff_ffff
                )
            }
            Self::Pattern(places) => pattern_text(places, index),
        }
    }
}

const DIGITS: &str = "0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";

/// Counts with the rightmost places turning fastest; numbers start at 1, letters at their first.
fn pattern_text(places: &[Place], index: u64) -> String {
    let all_digits =
        places.iter().all(|p| matches!(p, Place::Text(_)) || matches!(p, Place::Count(c, _) if c == DIGITS));
    let mut left = index + u64::from(all_digits);
    let counts = places.iter().filter(|p| matches!(p, Place::Count(..))).count();
    let mut parts: Vec<String> = Vec::with_capacity(places.len());
    let mut seen = 0;
    for p in places.iter().rev() {
        parts.push(match p {
            Place::Text(t) => t.clone(),
            Place::Count(class, n) => {
                seen += 1;
                let class = class.as_bytes();
                let base = class.len() as u64;
                let mut out = Vec::new();
                // The leftmost run takes what does not fit: the pattern widens and never wraps.
                while out.len() < usize::from(*n) || (seen == counts && left > 0) {
                    out.push(class[(left % base) as usize]);
                    left /= base;
                }
                out.reverse();
                String::from_utf8_lossy(&out).into_owned()
            }
        });
    }
    parts.reverse();
    parts.concat()
}

/// Literal text, `\d`, `[A-Z]`, `[0-9a-f]` and `{n}` or `+`; None for anything richer.
fn places_of_regex(regex: &str) -> Option<Vec<Place>> {
    let mut out: Vec<Place> = Vec::new();
    let mut chars = regex.trim_start_matches('^').trim_end_matches('$').chars().peekable();
    while let Some(c) = chars.next() {
        let class = match c {
            '\\' => match chars.next()? {
                'd' => Some(DIGITS.to_owned()),
                e if !e.is_alphanumeric() => {
                    push_text(&mut out, e);
                    None
                }
                _ => return None,
            },
            '[' => {
                let body: String = chars.by_ref().take_while(|c| *c != ']').collect();
                Some(class_of(&body)?)
            }
            '(' | ')' | '|' | '*' | '+' | '?' | '.' | '{' | '}' | '^' | '$' => return None,
            c => {
                push_text(&mut out, c);
                None
            }
        };
        let Some(class) = class else { continue };
        let n = match chars.peek() {
            Some('{') => {
                chars.next();
                let body: String = chars.by_ref().take_while(|c| *c != '}').collect();
                body.split(',').next()?.parse().ok()?
            }
            Some('+') => {
                chars.next();
                1
            }
            _ => 1,
        };
        out.push(Place::Count(class, n));
    }
    out.iter().any(|p| matches!(p, Place::Count(_, n) if *n > 0)).then_some(out)
}

fn push_text(out: &mut Vec<Place>, c: char) {
    match out.last_mut() {
        Some(Place::Text(t)) => t.push(c),
        _ => out.push(Place::Text(c.to_string())),
    }
}

fn class_of(body: &str) -> Option<String> {
    let c: Vec<char> = body.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < c.len() {
        if i + 2 < c.len() && c[i + 1] == '-' {
            out.extend(c[i]..=c[i + 2]);
            i += 3;
        } else if c[i] == '^' || c[i] == '\\' {
            return None;
        } else {
            out.push(c[i]);
            i += 1;
        }
    }
    (out.is_ascii() && !out.is_empty()).then_some(out)
}

/// The text of one value of a typed column.
pub(crate) fn text_of(column: &Column, row: usize, format: Option<&str>) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    Some(match column {
        Column::Text { codes, values } => values[codes[row] as usize].clone(),
        Column::Time { ticks } => time::format(ticks[row], format.unwrap_or("%Y-%m-%d %H:%M:%S")),
        Column::Number { ticks, decimals } => decimal(ticks[row], *decimals),
    })
}

pub(crate) fn decimal(tick: i64, decimals: u8) -> String {
    if decimals == 0 {
        return tick.to_string();
    }
    let scale = 10u64.pow(u32::from(decimals));
    let a = tick.unsigned_abs();
    let text = format!("{}.{:0w$}", a / scale, a % scale, w = usize::from(decimals));
    format!("{}{}", if tick < 0 { "-" } else { "" }, text.trim_end_matches('0').trim_end_matches('.'))
}

/// Rows of a block as record batches.
pub(crate) struct Writer<'a> {
    pub plan: &'a Plan,
    pub metadata: &'a Metadata,
    pub frames: &'a [Frame],
    pub seed: u64,
    /// Position of a row of a table in the whole output.
    pub index: &'a dyn Fn(usize, usize) -> u64,
}

impl Writer<'_> {
    /// Rows `rows` of a table.
    pub fn batch(&self, t: usize, rows: std::ops::Range<usize>) -> Result<RecordBatch> {
        let table = &self.plan.tables[t];
        let meta = &self.metadata.tables[&table.name];
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (c, (column, column_meta)) in meta.columns.iter().enumerate() {
            let array = self.column(t, c, column, &column_meta.sdtype, rows.clone());
            fields.push(Field::new(column, array.data_type().clone(), true));
            arrays.push(array);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|e| Error::new(ErrorKind::Data, format!("table {}: {e}", table.name)))
    }

    fn column(&self, t: usize, c: usize, column: &str, sdtype: &Sdtype, rows: std::ops::Range<usize>) -> ArrayRef {
        let table = &self.plan.tables[t];
        if let Output::Slot(s) = &table.output[c] {
            let values = &self.frames[t].values[usize::from(*s)][rows];
            return typed(values, &table.slots[usize::from(*s)].kind, sdtype);
        }
        if let Some(texts) = crate::keys::column(self, t, c, rows.clone()) {
            return Arc::new(texts);
        }
        Arc::new(StringArray::from_iter(rows.map(|r| self.text(t, r, c, column))))
    }

    /// Keeps ids of one column apart from those of others.
    pub fn salt(&self, t: usize, c: usize) -> u64 {
        let table = &self.plan.tables[t];
        let column = self.metadata.tables[&table.name].columns.get_index(c).map_or("", |x| x.0);
        mix(self.seed) ^ name(&[&table.name, column])
    }

    /// The text of an output cell.
    fn text(&self, t: usize, row: usize, c: usize, column: &str) -> Option<String> {
        let table = &self.plan.tables[t];
        match &table.output[c] {
            Output::Id(format) => {
                Some(format.text((self.index)(t, row), self.salt(t, c)))
            }
            Output::Key(way, at) => {
                let (to, r) = self.plan.walk(self.frames, t, row, way)?;
                let parent = &self.metadata.tables[&self.plan.tables[to].name];
                let (column, _) = parent.columns.get_index(usize::from(*at))?;
                self.text(to, r, usize::from(*at), column)
            }
            Output::Fake(kind) => {
                let mut rng = Stream::new(self.seed, name(&[&table.name, column]), (self.index)(t, row));
                Some(crate::fake::value(kind, &mut rng))
            }
            Output::Kept(values) => values.get(self.frames[t].template[row] as usize).cloned().flatten(),
            Output::Slot(s) => {
                let tick = self.frames[t].values[usize::from(*s)][row];
                match &table.slots[usize::from(*s)].kind {
                    _ if tick == NULL => None,
                    SlotKind::Number { decimals } => Some(decimal(tick, *decimals)),
                    SlotKind::Label { labels, .. } => labels.get(tick as usize).cloned(),
                    SlotKind::Time { clock } => {
                        Some(time::format(tick, if *clock { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d" }))
                    }
                }
            }
        }
    }
}

fn typed(values: &[i64], kind: &SlotKind, _sdtype: &Sdtype) -> ArrayRef {
    let some = |v: &i64| (*v != NULL).then_some(*v);
    let full = !values.contains(&NULL);
    match kind {
        // Without a gap the values are copied as they are.
        SlotKind::Number { decimals: 0 } if full => Arc::new(Int64Array::from(values.to_vec())),
        SlotKind::Time { clock: true } if full => Arc::new(TimestampMicrosecondArray::from(values.to_vec())),
        SlotKind::Number { decimals: 0 } => Arc::new(Int64Array::from_iter(values.iter().map(some))),
        SlotKind::Number { decimals } => {
            let scale = 10f64.powi(i32::from(*decimals));
            Arc::new(Float64Array::from_iter(values.iter().map(|v| some(v).map(|v| v as f64 / scale))))
        }
        SlotKind::Time { clock: true } => Arc::new(TimestampMicrosecondArray::from_iter(values.iter().map(some))),
        SlotKind::Time { clock: false } => {
            Arc::new(Date32Array::from_iter(values.iter().map(|v| some(v).map(|v| v.div_euclid(time::DAY) as i32))))
        }
        SlotKind::Label { labels, .. } => Arc::new(StringArray::from_iter(
            values.iter().map(|v| labels.get(usize::try_from(*v).ok()?).map(String::as_str)),
        )),
    }
}
