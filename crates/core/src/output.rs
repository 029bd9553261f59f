//! Generated rows as record batches: keys by position, values in their types.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};

use crate::dataset::{NO_CODE, NULL};
use crate::form::Form;
use crate::frame::Frame;
use crate::metadata::{Metadata, Sdtype};
use crate::plan::{self, Output, Plan, Shown, SlotKind, TablePlan};
use crate::rng::{mix, name};
use crate::{Column, Error, ErrorKind, Result, time};

/// The text of one value of a typed column.
pub(crate) fn text_of(column: &Column, row: usize, format: Option<&str>) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    Some(match column {
        Column::Text { codes, values } => values[codes[row] as usize].to_owned(),
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
    pub fn batch(&self, t: usize, rows: Range<usize>) -> Result<RecordBatch> {
        let table = &self.plan.tables[t];
        let meta = &self.metadata.tables[&table.name];
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (c, column) in meta.columns.keys().enumerate() {
            let (array, looks) = self.column(t, c, column, rows.clone());
            fields.push(Field::new(column, array.data_type().clone(), true).with_metadata(looks));
            arrays.push(array);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|e| Error::new(ErrorKind::Data, format!("table {}: {e}", table.name)))
    }

    /// The values of a column, and what its type does not say of how they are written as text.
    fn column(&self, t: usize, c: usize, column: &str, rows: Range<usize>) -> (ArrayRef, HashMap<String, String>) {
        let table = &self.plan.tables[t];
        let shown = self.shown(t, c);
        let array: ArrayRef = match &table.output[c] {
            Output::Slot(s) if let Shown::Written(w) = shown => {
                let written = Written::new(table, &self.frames[t].values, *s, w);
                Arc::new(StringArray::from_iter(rows.map(|r| written.text(r))))
            }
            Output::Slot(s) if let (Shown::Whole, Some(format)) = (shown, self.format(t, c, *s)) => {
                let values = &self.frames[t].values[usize::from(*s)][rows];
                Arc::new(packed(values, format))
            }
            Output::Slot(s) => {
                let values = &self.frames[t].values[usize::from(*s)][rows];
                typed(values, &table.slots[usize::from(*s)].kind, shown)
            }
            _ if *shown == Shown::Text => match crate::keys::column(self, t, c, rows.clone()) {
                Some(texts) => Arc::new(texts),
                None => Arc::new(StringArray::from_iter(rows.map(|r| self.text(t, r, c, column)))),
            },
            _ => {
                let texts: Vec<Option<String>> = rows.map(|r| self.text(t, r, c, column)).collect();
                parsed(&texts, shown).unwrap_or_else(|| Arc::new(StringArray::from_iter(texts)))
            }
        };
        let looks = looks(shown, &array);
        (array, looks)
    }

    /// The format of a column of times.
    fn format(&self, t: usize, c: usize, slot: u16) -> Option<&str> {
        let table = &self.plan.tables[t];
        let (_, meta) = self.metadata.tables[&table.name].columns.get_index(c)?;
        match &meta.sdtype {
            Sdtype::Datetime { format } if table.slots[usize::from(slot)].kind.is_time() => format.as_deref(),
            _ => None,
        }
    }

    /// How a column is written; a key as its parent's.
    fn shown(&self, t: usize, c: usize) -> &Shown {
        let table = &self.plan.tables[t];
        match &table.output[c] {
            Output::Key(way, at) => match self.plan.table_at(t, way) {
                Some(parent) if parent != t => self.shown(parent, usize::from(*at)),
                Some(parent) => &self.plan.tables[parent].shown[usize::from(*at)],
                None => &Shown::Text,
            },
            _ => table.shown.get(c).unwrap_or(&Shown::Text),
        }
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
            Output::Key(way, at) => {
                let (to, r) = self.plan.walk(self.frames, t, row, way)?;
                let parent = &self.metadata.tables[&self.plan.tables[to].name];
                let (column, _) = parent.columns.get_index(usize::from(*at))?;
                self.text(to, r, usize::from(*at), column)
            }
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
            Output::Group(format, groups) => {
                // Each replicate of the dimension has groups of its own.
                let which = self.frames[t].template[row] as usize;
                let group = groups.get(which).copied().filter(|g| *g != NO_CODE)?;
                let replicate = (self.index)(t, row) / (groups.len() as u64).max(1);
                let distinct = groups.iter().filter(|g| **g != NO_CODE).max().map_or(0, |m| u64::from(*m) + 1);
                Some(
                    format.text(replicate * distinct + u64::from(group), mix(self.seed) ^ name(&[&table.name, column])),
                )
            }
            Output::Given(slot, inner) => {
                let there = self.frames[t].values[usize::from(*slot)][row] != NULL;
                there.then(|| self.made(t, row, inner, column)).flatten()
            }
            other => self.made(t, row, other, column),
        }
    }

    /// The text of a value that is made fresh or kept.
    fn made(&self, t: usize, row: usize, output: &Output, column: &str) -> Option<String> {
        let table = &self.plan.tables[t];
        match output {
            Output::Id(format) => {
                Some(format.text((self.index)(t, row), mix(self.seed) ^ name(&[&table.name, column])))
            }
            Output::Fake(fake) => Some(fake.text(self.seed, &table.name, column, (self.index)(t, row))),
            Output::Kept(values) => values.get(self.frames[t].template[row] as usize).cloned().flatten(),
            Output::Slot(_) | Output::Key(..) | Output::Group(..) | Output::Given(..) => None,
        }
    }
}

/// Times as the whole numbers that their format makes of them, 20240131.
fn packed(values: &[i64], format: &str) -> Int64Array {
    let number = |v: &i64| if *v == NULL { None } else { time::format(*v, format).parse().ok() };
    Int64Array::from_iter(values.iter().map(number))
}

/// Puts values into the forms of their rows.
struct Written<'a> {
    table: &'a TablePlan,
    values: &'a [Vec<i64>],
    slot: usize,
    about: &'a plan::Written,
    /// The usual form and those of the labels.
    usual: Form,
    forms: Vec<Form>,
}

impl<'a> Written<'a> {
    fn new(table: &'a TablePlan, values: &'a [Vec<i64>], slot: u16, about: &'a plan::Written) -> Self {
        let (usual, forms) = (Form::parse(&about.usual), Vec::new());
        let mut one = Self { table, values, slot: slot.into(), about, usual, forms };
        one.forms = one.labels().iter().map(|l| Form::parse(l)).collect();
        one
    }

    fn labels(&self) -> &'a [String] {
        match self.about.form.map(|s| &self.table.slots[usize::from(s)].kind) {
            Some(SlotKind::Label { labels, .. }) => labels,
            _ => &[],
        }
    }

    fn text(&self, row: usize) -> Option<String> {
        let of = |slot: usize| (self.values[slot][row], &self.table.slots[slot].kind);
        let code = self.about.form.and_then(|s| usize::try_from(of(s.into()).0).ok());
        let value = |slot: usize| match of(slot) {
            (v, SlotKind::Number { decimals }) => (v, *decimals),
            (v, _) => (v, 0),
        };
        match of(self.slot) {
            (NULL, SlotKind::Time { .. }) => None,
            (v, SlotKind::Time { .. }) => {
                let format = code.and_then(|c| self.labels().get(c)).unwrap_or(&self.about.usual);
                Some(time::format(v, format))
            }
            _ => {
                // A number that was drawn beside a word is not shown, a form without its number is nothing.
                let form = code.and_then(|c| self.forms.get(c)).unwrap_or(&self.usual);
                let second = self.about.second.map_or((NULL, 0), |s| value(s.into()));
                form.text(&[value(self.slot), second])
            }
        }
    }
}

/// The texts in their type, if every one can be read in it.
fn parsed(texts: &[Option<String>], shown: &Shown) -> Option<ArrayRef> {
    fn all<T>(texts: &[Option<String>], one: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
        texts.iter().map(|t| t.as_deref().map_or(Some(None), |t| one(t).map(Some))).collect()
    }
    Some(match shown {
        Shown::Whole => Arc::new(Int64Array::from(all(texts, |t| t.parse::<i64>().ok())?)),
        Shown::Real(_) => Arc::new(Float64Array::from(all(texts, |t| t.parse::<f64>().ok())?)),
        Shown::Flag { yes, no } => {
            Arc::new(BooleanArray::from(all(texts, |t| (t == yes || t == no).then_some(t == yes))?))
        }
        Shown::Text | Shown::Time { .. } | Shown::Written(_) => return None,
    })
}

/// Looks that a writer of text needs beside the type, see [`PLACES`], [`WORDS`] and [`OFFSET`].
fn looks(shown: &Shown, array: &ArrayRef) -> HashMap<String, String> {
    let float = matches!(array.data_type(), arrow_schema::DataType::Float64);
    let flag = matches!(array.data_type(), arrow_schema::DataType::Boolean);
    let one = match shown {
        Shown::Real(places) if float && *places > 0 => Some((PLACES, places.to_string())),
        Shown::Flag { yes, no } if flag => Some((WORDS, format!("{yes},{no}"))),
        Shown::Time { offset, .. } if *offset != 0 => Some((OFFSET, offset.to_string())),
        _ => None,
    };
    one.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

/// Metadata of a field: decimal places that every number is written with.
pub const PLACES: &str = "healthdata:places";
/// Metadata of a field: the words for true and false, with a comma between them.
pub const WORDS: &str = "healthdata:words";
/// Metadata of a field: minutes that the written clock is ahead of UTC.
pub const OFFSET: &str = "healthdata:offset";

fn typed(values: &[i64], kind: &SlotKind, shown: &Shown) -> ArrayRef {
    let some = |v: &i64| (*v != NULL).then_some(*v);
    let full = !values.contains(&NULL);
    match (kind, shown) {
        // Without a gap the values are copied as they are.
        (SlotKind::Number { decimals: 0 }, Shown::Text | Shown::Whole) if full => {
            Arc::new(Int64Array::from(values.to_vec()))
        }
        (SlotKind::Number { decimals: 0 }, Shown::Text | Shown::Whole) => {
            Arc::new(Int64Array::from_iter(values.iter().map(some)))
        }
        (SlotKind::Number { decimals }, _) => {
            let scale = 10f64.powi(i32::from(*decimals));
            Arc::new(Float64Array::from_iter(values.iter().map(|v| some(v).map(|v| v as f64 / scale))))
        }
        (SlotKind::Time { clock: true }, Shown::Time { zone, .. }) => {
            let times = TimestampMicrosecondArray::from_iter(values.iter().map(some));
            Arc::new(times.with_timezone_opt(zone.as_deref()))
        }
        (SlotKind::Time { clock: true }, _) => Arc::new(TimestampMicrosecondArray::from_iter(values.iter().map(some))),
        (SlotKind::Time { clock: false }, _) => {
            Arc::new(Date32Array::from_iter(values.iter().map(|v| some(v).map(|v| v.div_euclid(time::DAY) as i32))))
        }
        (SlotKind::Label { labels, .. }, shown) => {
            let label = |v: &i64| labels.get(usize::try_from(*v).ok()?);
            match shown {
                Shown::Whole if labels.iter().all(|l| l.parse::<i64>().is_ok()) => {
                    let numbers: Vec<Option<i64>> = labels.iter().map(|l| l.parse().ok()).collect();
                    let number = |v: &i64| numbers.get(usize::try_from(*v).ok()?).copied().flatten();
                    Arc::new(Int64Array::from_iter(values.iter().map(number)))
                }
                Shown::Flag { yes, no } if labels.iter().all(|l| l == yes || l == no) => {
                    Arc::new(BooleanArray::from_iter(values.iter().map(|v| label(v).map(|l| l == yes))))
                }
                _ => Arc::new(StringArray::from_iter(values.iter().map(|v| label(v).map(String::as_str)))),
            }
        }
    }
}
