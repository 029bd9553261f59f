//! Columns of which the value and the way it is written are two things: dates of which some are known to the month or
//! the year only, numbers inside text. The value is learned as any time or number, the form is one more label, and the
//! second number of a text (120/80) one more number.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::build::Draft;
use super::{Shown, SlotKind, TablePlan};
use crate::dataset::{NULL, second_numbers, strings};
use crate::form;
use crate::labels::Labels;
use crate::metadata::{ColumnMeta, Metadata, Sdtype, Style};
use crate::rng::{Stream, name};
use crate::rule::RuleKind;
use crate::time::{self, Precision};
use crate::{Column, Dataset, Result};

/// How a value becomes text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The form of each row, a label; None where all have the usual one.
    #[serde(default)]
    pub form: Option<u16>,
    /// The form of rows whose own is not learned.
    pub usual: String,
    /// The second number.
    #[serde(default)]
    pub second: Option<u16>,
}

/// The name of the slot of the form; no column of a file has a control character in it.
pub(super) fn form_name(column: &str) -> String {
    format!("{column}\u{1f}form")
}

/// The name of the slot of the second number.
pub(super) fn second_name(column: &str) -> String {
    format!("{column}\u{1f}second")
}

/// Adds columns of forms and of second numbers beside the columns that have them, and fills in what coarse times leave
/// open.
pub(super) fn split(draft: &mut Draft, data: &Dataset) -> Result<()> {
    let metadata = draft.metadata;
    for (t, (table, meta)) in metadata.tables.iter().enumerate() {
        for (column, about) in &meta.columns {
            if about.other_formats().next().is_none() && about.form().is_none() {
                continue;
            }
            let Some(array) = data.tables[table].column_by_name(column) else { continue };
            let Some(texts) = strings(array.as_ref()) else { continue };
            if meta.reference {
                // Kept as it is written.
                draft.columns[t][column] = Column::read(array.as_ref(), &ColumnMeta::new(Sdtype::Categorical))?;
                continue;
            }
            let Forms { codes, forms } = match (&about.sdtype, about.form(), &mut draft.columns[t][column]) {
                (Sdtype::Datetime { format: Some(format) }, _, Column::Time { ticks }) => {
                    let forms = times(&texts, format, about);
                    fill_in(ticks, &forms, &mut Stream::new(0, name(&["written", table, column]), 0));
                    forms
                }
                (_, Some(style), Column::Number { .. }) => numbers(&texts, style),
                _ => continue,
            };
            if about.form() == Some(Style::Pair) {
                draft.columns[t].insert(second_name(column), second_numbers(&texts)?);
            }
            let values: Labels = forms.iter().map(String::as_str).collect();
            draft.columns[t].insert(form_name(column), Column::Text { codes, values });
        }
    }
    Ok(())
}

/// The looks of a column that has forms.
pub(super) fn shown(table: &TablePlan, column: &str, about: &ColumnMeta) -> Option<Shown> {
    let at = |name: String| table.slots.iter().position(|s| s.column == name);
    let form = at(form_name(column))?;
    let SlotKind::Label { labels, .. } = &table.slots[form].kind else { return None };
    // Where no form is learned numbers stand alone.
    let plain = match (&about.sdtype, about.form()) {
        (Sdtype::Datetime { format: Some(format) }, _) => format.as_str(),
        (_, Some(Style::Pair)) => "{0.#}/{0.#}",
        (_, Some(Style::Clock)) => "{0:00}",
        (_, Some(Style::Comma)) => "{0,#}",
        _ => "{0.#}",
    };
    let usual = labels.iter().find(|l| l.contains(['{', '%'])).map_or(plain, String::as_str).to_owned();
    let second = at(second_name(column)).map(|s| s as u16);
    Some(Shown::Written(Written { form: Some(form as u16), usual, second }))
}

/// The form of each row.
struct Forms {
    /// Index into `forms`; rows without a value have the first.
    codes: Vec<u32>,
    forms: Vec<String>,
}

/// The forms of numbers inside text, the commonest with a number in it first.
fn numbers(texts: &[Option<&str>], style: Style) -> Forms {
    let texts: Vec<&str> = texts.iter().map(|t| t.unwrap_or_default().trim()).collect();
    let of_row = form::forms(&texts, style);
    let mut rows: IndexMap<&str, usize> = IndexMap::new();
    of_row.iter().flatten().filter(|f| !f.is_empty()).for_each(|f| *rows.entry(f).or_default() += 1);
    rows.sort_by(|a, n, b, m| (b.contains('{'), m).cmp(&(a.contains('{'), n)).then_with(|| a.cmp(b)));
    let code = |f: &Option<String>| f.as_deref().and_then(|f| rows.get_index_of(f)).unwrap_or(0) as u32;
    Forms { codes: of_row.iter().map(code).collect(), forms: rows.keys().map(|f| (*f).to_owned()).collect() }
}

/// The formats of times.
fn times(texts: &[Option<&str>], format: &str, meta: &ColumnMeta) -> Forms {
    let forms: Vec<String> = std::iter::once(format).chain(meta.other_formats()).map(str::to_owned).collect();
    let reads = |t: &str| forms.iter().position(|f| time::parse(t, f).is_ok()).unwrap_or(0) as u32;
    let codes = texts.iter().map(|t| t.map_or(0, |t| reads(t.trim()))).collect();
    Forms { codes, forms }
}

/// Most attempts to find a moment that is not after all known ones.
const TRIES: usize = 8;

/// Where the year or the month is all that is known, the rest is that of some other row: the first of January would
/// stand for the whole year else.
fn fill_in(ticks: &mut [i64], forms: &Forms, random: &mut Stream) {
    let precisions: Vec<Precision> = forms.forms.iter().map(|f| Precision::of(f)).collect();
    let Some(finest) = precisions.iter().copied().max() else { return };
    let of = |row: usize| precisions[forms.codes[row] as usize];
    let known: Vec<i64> =
        (0..ticks.len()).filter(|r| of(*r) == finest && ticks[*r] != NULL).map(|r| ticks[r]).collect();
    let Some(last) = known.iter().max().copied() else { return };
    for row in (0..ticks.len()).filter(|r| of(*r) < finest) {
        if ticks[row] == NULL {
            continue;
        }
        let (from, to) = of(row).period(ticks[row]);
        let rest = |random: &mut Stream| {
            let other = known[random.below(known.len() as u64) as usize];
            let at = from + (other - of(row).period(other).0);
            (at < to && at <= last).then_some(at)
        };
        ticks[row] = (0..TRIES).find_map(|_| rest(random)).unwrap_or(from);
    }
}

/// True for a rule that a time written coarsely may break though the time itself does not: `start <= end` where only
/// the year of the end is known.
pub(crate) fn is_blurred(kind: &RuleKind, metadata: &Metadata) -> bool {
    let coarse = |table: &str, path: &str| {
        let column = metadata.resolve(table, path).ok();
        column.and_then(|p| metadata.column_at(&p)).is_some_and(|c| c.other_formats().next().is_some())
    };
    match kind {
        RuleKind::Order { table, low, high, strict } => coarse(table, high) || *strict && coarse(table, low),
        RuleKind::Inside { table, time, end, .. } => coarse(table, time) || coarse(table, end),
        RuleKind::NoOverlap { table, start, .. } => coarse(table, start),
        RuleKind::Formula { table, equals, column } => {
            let names = crate::rule::expression::Expression::parse(equals);
            coarse(table, column) || names.iter().flat_map(|e| e.names()).any(|n| coarse(table, n))
        }
        RuleKind::Range { table, column, .. } => coarse(table, column),
        RuleKind::Unique { table, columns } => columns.iter().any(|c| coarse(table, c)),
        RuleKind::PathsAgree { table, left, right } => coarse(table, left) || coarse(table, right),
        RuleKind::Determines { table, column, determines, .. } => coarse(table, column) || coarse(table, determines),
        _ => false,
    }
}
