//! Columns of which the value and the way it is written are two things: dates of which some are known to the month or
//! the year only. The value is learned whole, how finely it is written is one more label.

use super::build::Draft;
use super::{Shown, SlotKind, TablePlan};
use crate::dataset::{NULL, strings};
use crate::labels::Labels;
use crate::metadata::{ColumnMeta, Metadata, Sdtype};
use crate::rng::{Stream, name};
use crate::rule::RuleKind;
use crate::time::{self, Precision};
use crate::{Column, Dataset};

use serde::{Deserialize, Serialize};

/// How a value becomes text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The form of each row: a label.
    pub form: u16,
    /// The form of rows whose own is not learned.
    pub usual: String,
}

/// The name of the slot of the form; no column of a file has a control character in it.
pub(super) fn form_name(column: &str) -> String {
    format!("{column}\u{1f}form")
}

/// Adds a column of forms beside each column that has several, and fills in what coarse times leave open.
pub(super) fn split(draft: &mut Draft, data: &Dataset) {
    let metadata = draft.metadata;
    for (t, (table, meta)) in metadata.tables.iter().enumerate() {
        for (column, about) in &meta.columns {
            let Some(array) = data.tables[table].column_by_name(column) else { continue };
            let (Some(texts), Sdtype::Datetime { format: Some(format) }) = (strings(array), &about.sdtype) else {
                continue;
            };
            let Column::Time { ticks } = &mut draft.columns[t][column] else { continue };
            let Some(forms) = forms(&texts, format, about) else { continue };
            let mut random = Stream::new(0, name(&["written", table, column]), 0);
            fill_in(ticks, &forms, &mut random);
            let Forms { codes, formats } = forms;
            let values: Labels = formats.iter().map(String::as_str).collect();
            draft.columns[t].insert(form_name(column), Column::Text { codes, values });
        }
    }
}

/// The values of a column that has forms, as they are written; None for other columns.
pub(super) fn texts(draft: &Draft, t: usize, column: &str) -> Option<Vec<Option<String>>> {
    let Column::Text { codes, values } = draft.columns[t].get(&form_name(column))? else { return None };
    let data = &draft.columns[t][column];
    let text = |row: usize| {
        let form = values.get_index(codes[row] as usize);
        crate::output::text_of(data, row, form)
    };
    Some((0..data.len()).map(text).collect())
}

/// The looks of a column that has forms.
pub(super) fn shown(table: &TablePlan, column: &str) -> Option<Shown> {
    let name = form_name(column);
    let at = table.slots.iter().position(|s| s.column == name)?;
    let SlotKind::Label { labels, .. } = &table.slots[at].kind else { return None };
    Some(Shown::Written(Written { form: at as u16, usual: labels.first()?.clone() }))
}

/// The format of each row.
struct Forms {
    /// Index into `formats`; rows without a value have the commonest.
    codes: Vec<u32>,
    formats: Vec<String>,
}

/// None where one format reads all.
fn forms(texts: &[Option<&str>], format: &str, meta: &ColumnMeta) -> Option<Forms> {
    let formats: Vec<String> = std::iter::once(format).chain(meta.other_formats()).map(str::to_owned).collect();
    let reads = |t: &str| formats.iter().position(|f| time::parse(t, f).is_ok()).unwrap_or(0) as u32;
    let codes: Vec<u32> = texts.iter().map(|t| t.map_or(0, |t| reads(t.trim()))).collect();
    codes.iter().any(|c| *c > 0).then_some(Forms { codes, formats })
}

/// Most attempts to find a moment that is not after all known ones.
const TRIES: usize = 8;

/// Where the year or the month is all that is known, the rest is that of some other row: the first of January would
/// stand for the whole year else.
fn fill_in(ticks: &mut [i64], forms: &Forms, random: &mut Stream) {
    let precisions: Vec<Precision> = forms.formats.iter().map(|f| Precision::of(f)).collect();
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
        RuleKind::Determines { table, column, determines } => coarse(table, column) || coarse(table, determines),
        _ => false,
    }
}
