//! Looks in a model for values that too few entities of some data hold.
//!
//! What the model says it learned is counted against the data: labels, bins of numbers and times, combinations that
//! rules allow, values inside the metadata. Then, without trusting that list, every text of the data that too few
//! entities hold is looked for among all texts of the model.

mod held;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::Value;

use crate::dataset::{NO_CODE, NULL};
use crate::detect::settle;
use crate::inspect::shown;
use crate::linked::{Linked, Table, decimal};
use crate::metadata::{ColumnMeta, Sdtype};
use crate::model::{Coder, ColumnModel, Decider, Model, Quantity, TableModel};
use crate::plan::{Origin, SlotKind, TablePlan};
use crate::support::Holders;
use crate::{Column, Dataset, Error, ErrorKind, Metadata, Result, time};

use held::Held;

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scan {
    /// Fewest entities that a value must stand for.
    pub min_support: u32,
    /// How many values of each kind were counted.
    pub counted: BTreeMap<&'static str, usize>,
    /// Values that fewer entities hold.
    pub found: Vec<Finding>,
    /// Tables of which the model keeps rows whole, with their number: they describe what entities share.
    pub kept: Vec<(String, u64)>,
}

/// A value in the model that too few entities of the data hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The table.
    pub table: String,
    /// The column or columns.
    pub column: String,
    /// What the value is in the model.
    pub what: &'static str,
    /// The value itself.
    pub value: String,
    /// How many entities hold it.
    pub entities: usize,
}

/// Counts the values of a model in data that have its tables; `min_support` raises the model's own.
///
/// An error when tables or columns of the model are missing in the data.
///
/// ```
/// # use healthdata_core::example::{Table, data, metadata};
/// # use healthdata_core::fit::{FitOptions, fit};
/// use healthdata_core::scan::scan;
/// let rows: String = (0..60).map(|i| if i == 7 { "rare\n" } else { "usual\n" }).collect();
/// let t = [Table("visits(reason)", &rows)];
/// let (data, metadata) = (data(&t)?, metadata(&t, &[])?);
/// let (model, _) = fit(&data, &metadata, FitOptions::default(), &|_, _| {})?;
/// assert!(scan(&model, &data, None)?.found.is_empty());
/// # Ok::<(), healthdata_core::Error>(())
/// ```
pub fn scan(model: &Model, data: &Dataset, min_support: Option<u32>) -> Result<Scan> {
    let mut metadata = Metadata::from_json(&model.metadata)?;
    settle(&mut metadata, data);
    let linked = Linked::new(data, &metadata).map_err(|e| e.at("the data do not fit the model"))?;
    let entities = linked.entities();
    let min_support = min_support.unwrap_or(0).max(model.min_support);
    let known = linked.known(&entities, min_support as usize);
    let holders = |t: usize| Holders { entities: &entities[t], known: &known[t], k: min_support as usize };
    let mut look = Look { k: min_support as usize, scan: Scan { min_support, ..Scan::default() } };
    for (t, (name, meta)) in metadata.tables.iter().enumerate() {
        let place = model.plan.tables.iter().position(|p| p.name == *name);
        let place = place.ok_or_else(|| Error::new(ErrorKind::Model, format!("table {name} has no model")))?;
        let (plan, fitted) = (&model.plan.tables[place], &model.tables[place]);
        let of = Of { table: &linked.tables[t], holders: holders(t), plan };
        match &fitted.template {
            Some(template) => look.scan.kept.push((name.clone(), template.component.len() as u64)),
            None if plan.origin != Origin::Drawn => look.scan.kept.push((name.clone(), fitted.rows)),
            None => {
                look.learned(&of, fitted);
                for (column, meta) in meta.columns.iter().filter(|(c, _)| !metadata.is_key(name, c)) {
                    look.declared(&of, column, meta);
                }
            }
        }
    }
    look.texts(model, &linked, holders)?;
    Ok(look.scan)
}

/// One table of the data beside its plan.
struct Of<'a> {
    table: &'a Table,
    holders: Holders<'a>,
    plan: &'a TablePlan,
}

impl Of<'_> {
    /// The values of a slot on its own grid; None for slots that are no column of the data.
    fn slot(&self, slot: usize) -> Option<Vec<i64>> {
        let slot = &self.plan.slots[slot];
        let column = self.table.columns.get(&slot.column)?;
        let ticks = (0..column.len()).map(|r| column.tick(r));
        Some(match (&slot.kind, column) {
            (SlotKind::Label { labels, .. }, Column::Text { values, .. }) => {
                let known: HashMap<&str, i64> = labels.iter().zip(0..).map(|(l, i)| (l.as_str(), i)).collect();
                let code: Vec<i64> = values.iter().map(|v| known.get(v).copied().unwrap_or(NULL)).collect();
                ticks.map(|t| usize::try_from(t).ok().and_then(|t| code.get(t).copied()).unwrap_or(NULL)).collect()
            }
            (SlotKind::Number { decimals }, Column::Number { decimals: own, .. }) => {
                let grid = |d: u8| (0..d).fold(1i128, |g, _| g * 10);
                let (up, down) = (grid(*decimals), grid(*own));
                let scaled = |t: i64| i64::try_from(i128::from(t) * up / down).unwrap_or(NULL);
                ticks.map(|t| if t == NULL { NULL } else { scaled(t) }).collect()
            }
            _ => ticks.collect(),
        })
    }
}

struct Look {
    k: usize,
    scan: Scan,
}

impl Look {
    fn note(&mut self, of: &Of, column: &str, what: &'static str, values: impl Iterator<Item = (String, usize)>) {
        for (value, entities) in values {
            *self.scan.counted.entry(what).or_default() += 1;
            if (1..self.k).contains(&entities) {
                let (table, column) = (of.plan.name.clone(), column.to_owned());
                self.scan.found.push(Finding { table, column, what, value, entities });
            }
        }
    }

    /// What the model of a drawn table says it took from the data.
    fn learned(&mut self, of: &Of, fitted: &TableModel) {
        for (s, slot) in of.plan.slots.iter().enumerate() {
            let Some(values) = of.slot(s) else { continue };
            if let SlotKind::Label { labels, .. } = &slot.kind {
                let held = Held::count(values.iter().copied(), of.holders.entities);
                let labels = labels.iter().zip(0..).map(|(l, i)| (l.clone(), held.of_label(&i, &of.holders)));
                self.note(of, &slot.column, "label", labels);
            }
            let (first, later) = fitted.when.as_ref().map(|(a, b)| (a, b)).unzip();
            let models = first.into_iter().chain(later).chain(&fitted.columns).filter(|c| usize::from(c.slot) == s);
            let drawn = models.flat_map(levels).filter_map(|coder| match coder {
                Coder::Number(bins) => Some(bins),
                _ => None,
            });
            let settled = fitted.keep.endings.iter().filter(|e| usize::from(e.slot) == s);
            for bins in drawn.chain(settled.map(|e| &e.alone.coder)) {
                let codes = values.iter().map(|v| if *v == NULL { NULL } else { i64::from(bins.code(*v)) });
                let held = Held::count(codes, of.holders.entities);
                let bin = |c: u16| {
                    let (a, b) = bins.bin(c);
                    let (a, b) = (shown(a, &slot.kind), shown(b, &slot.kind));
                    (if a == b { a } else { format!("{a} to {b}") }, held.of(&i64::from(c)))
                };
                self.note(of, &slot.column, "value or bin", (0..bins.len() as u16).map(bin));
                let alone = Held::count(values.iter().copied(), of.holders.entities);
                let heaps = bins.heaps().map(|v| (shown(v, &slot.kind), alone.of(&v)));
                self.note(of, &slot.column, "value or bin", heaps);
            }
        }
        let keep = &fitted.keep;
        for c in &keep.combinations {
            self.together(of, &c.slots, c.allowed.iter().cloned(), |v| v);
        }
        for f in &keep.follows {
            let part = |v: i64| match f.from {
                Decider::Part(_, part, _) if v != NULL => part.of(v),
                _ => v,
            };
            if let Decider::Number(by, known) | Decider::Part(by, _, known) = &f.from {
                // A number stands for all that decide as it does, up to the next one.
                let step = |v: i64| match known.partition_point(|k| k.0 <= part(v)).max(1) {
                    _ if v == NULL => NULL,
                    n => known.get(n - 1).map_or(v, |k| k.0),
                };
                self.together(of, &[*by, f.slot], known.iter().map(|(a, b)| vec![*a, *b]), step);
            }
        }
    }

    /// Combinations of values of some slots, the first of them as `step` has it.
    fn together(&mut self, of: &Of, slots: &[u16], known: impl Iterator<Item = Vec<i64>>, step: impl Fn(i64) -> i64) {
        let columns: Option<Vec<Vec<i64>>> = slots.iter().map(|s| of.slot(usize::from(*s))).collect();
        let Some(mut columns) = columns else { return };
        columns.iter_mut().take(1).flatten().for_each(|v| *v = step(*v));
        let rows = (0..of.holders.entities.len()).map(|r| columns.iter().map(|c| c[r]).collect::<Vec<i64>>());
        let held = Held::count(rows, of.holders.entities);
        let slot = |s: &u16| &of.plan.slots[usize::from(*s)];
        let names: Vec<&str> = slots.iter().map(|s| slot(s).column.as_str()).collect();
        let words = |values: &[i64]| -> String {
            let word = |(v, s): (&i64, &u16)| if *v == NULL { String::new() } else { shown(*v, &slot(s).kind) };
            values.iter().zip(slots).map(word).collect::<Vec<_>>().join(", ")
        };
        self.note(of, &names.join(", "), "combination", known.map(|v| (words(&v), held.of(&v))));
    }

    /// Values in the metadata that the model carries.
    fn declared(&mut self, of: &Of, column: &str, meta: &ColumnMeta) {
        let Some(data) = of.table.columns.get(column) else { return };
        let held = Held::count((0..data.len()).map(|r| data.tick(r)), of.holders.entities);
        let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        let tick = |text: &str| match (data, &meta.sdtype) {
            (Column::Text { values, .. }, _) => values.get_index_of(text).map(|c| c as i64),
            (Column::Number { decimals, .. }, _) => {
                let (value, places) = decimal(text)?;
                let grid = |d: u8| (0..d).fold(1i128, |g, _| g * 10);
                i64::try_from(value * grid(*decimals) / grid(places)).ok()
            }
            (Column::Time { .. }, Sdtype::Datetime { format: Some(f) }) => time::parse(text, f).ok(),
            (Column::Time { .. }, _) => None,
        };
        let count = |v: &Value| tick(&text(v)).map_or(0, |t| held.of(&t));
        let lists = ["range_min", "range_max", "range_values"].into_iter().filter_map(|k| meta.parameters.get(k));
        let values: Vec<(String, usize)> = lists
            .flat_map(|v| v.as_array().map_or_else(|| vec![v], |list| list.iter().collect()))
            .map(|v| (text(v), count(v)))
            .collect();
        self.note(of, column, "value in the metadata", values.into_iter());
    }

    /// Texts of the data that too few entities hold, wherever they stand in the model.
    fn texts<'a>(&mut self, model: &Model, linked: &'a Linked, holders: impl Fn(usize) -> Holders<'a>) -> Result<()> {
        let mut shared: BTreeSet<&str> = BTreeSet::new();
        let mut rare: BTreeMap<&str, (usize, &str, usize)> = BTreeMap::new();
        for (t, (name, meta)) in linked.metadata.tables.iter().enumerate() {
            shared.insert(name);
            shared.extend(meta.columns.keys().map(String::as_str));
            let kept = self.scan.kept.iter().any(|(k, _)| k == name);
            for (column, data) in &linked.tables[t].columns {
                let Column::Text { codes, values } = data else { continue };
                let codes = codes.iter().map(|c| if *c == NO_CODE { NULL } else { i64::from(*c) });
                let holders = holders(t);
                let held = Held::count(codes, holders.entities);
                for (text, code) in values.iter().zip(0..) {
                    let n = held.of_label(&code, &holders);
                    if kept || n >= self.k {
                        shared.insert(text);
                    } else if n > 0 {
                        rare.entry(text).or_insert((t, column, n));
                    }
                }
            }
        }
        let mut said = BTreeSet::new();
        let whole = serde_json::to_value(model).map_err(|e| Error::new(ErrorKind::Model, e.to_string()))?;
        strings(&whole, &mut said);
        let inside: Value = serde_json::from_str(&model.metadata).unwrap_or_default();
        strings(&inside, &mut said);
        let rare = rare.into_iter().filter(|(text, _)| !shared.contains(text));
        for (text, (t, column, entities)) in rare {
            *self.scan.counted.entry("rare text looked for").or_default() += 1;
            if said.contains(text) {
                let table = linked.metadata.tables.get_index(t).map(|(n, _)| n.clone()).unwrap_or_default();
                let (column, value) = (column.to_owned(), text.to_owned());
                self.scan.found.push(Finding { table, column, what: "text somewhere in the model", value, entities });
            }
        }
        Ok(())
    }
}

/// The draws of a column whose codes are values of the column themselves.
fn levels(c: &ColumnModel) -> Option<&Coder> {
    let place = match c.quantity {
        Quantity::Level => 0,
        Quantity::Near(_) | Quantity::Relative(_) | Quantity::Same(_) => 1,
        _ => return None,
    };
    c.parts.get(place).map(|p| &p.coder)
}

/// Every text inside a JSON value.
fn strings(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::String(s) => {
            out.insert(s.clone());
        }
        Value::Array(list) => list.iter().for_each(|v| strings(v, out)),
        Value::Object(map) => map.iter().for_each(|(k, v)| {
            out.insert(k.clone());
            strings(v, out);
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
