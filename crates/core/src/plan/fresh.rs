//! Columns that are made fresh: identifiers, personal data, free text, and labels that too few entities share.

use super::build::Draft;
use super::{Origin, Output};
use crate::dataset::NO_CODE;
use crate::encode::Vocabulary;
use crate::fake::{self, Fake};
use crate::identifier::IdFormat;
use crate::metadata::{ColumnMeta, Sdtype};
use crate::support::Holders;
use crate::{Column, Labels};

/// The one label of a slot that says whether a value is there.
pub(super) const PRESENT: &str = "present";

/// The name of that slot; no column of a file has a control character in it.
pub(super) fn presence_name(column: &str) -> String {
    format!("{column}\u{1f}present")
}

/// Longest text of a shared thing that is its name and not a story.
const NAME: usize = 100;

/// True for columns of which no value is learned.
pub(super) fn is_fresh(data: &Column, sdtype: &Sdtype, origin: Origin, holders: &Holders) -> bool {
    match (sdtype, data) {
        // What many entities share has a name: of a drug, of a diagnosis.
        (Sdtype::Unknown, Column::Text { values, .. }) if origin != Origin::Drawn => {
            values.iter().any(|v| v.chars().count() > NAME)
        }
        (Sdtype::Id { .. } | Sdtype::Unknown | Sdtype::Pii { pii: true, .. }, _) => true,
        // Labels of which none may be learned are text like any other.
        (_, Column::Text { codes, values }) => !values.is_empty() && none_has(codes, values, holders),
        _ => false,
    }
}

/// True when no label is held by enough entities.
fn none_has(codes: &[u32], values: &Labels, holders: &Holders) -> bool {
    // Most columns show one in their first rows.
    let none = |n: usize| Vocabulary::fit(&codes[..n], values, &holders.first(n)).labels.is_empty();
    none(codes.len().min(2000)) && none(codes.len())
}

/// The support that a label of a drawn column needs: `k` entities, but none where the user's metadata list every label, and
/// too few entities hold any of them.
pub(super) fn support(meta: &ColumnMeta, data: &Column, holders: &Holders) -> usize {
    let listed = meta.parameters.get("range_values").and_then(|v| v.as_array());
    let (Some(listed), Column::Text { codes, values }) = (listed, data) else { return holders.k };
    let is_listed = |v: &str| listed.iter().any(|l| l.as_str() == Some(v));
    if none_has(codes, values, holders) && values.iter().all(is_listed) { 1 } else { holders.k }
}

/// Adds a column that says where a value is, for each fresh column with missing values.
pub(super) fn presence(draft: &mut Draft, entities: &[Vec<u32>], known: &[Vec<bool>], k: usize) {
    let metadata = draft.metadata;
    for (t, (name, table)) in metadata.tables.iter().enumerate() {
        let holders = Holders { entities: &entities[t], known: &known[t], k };
        for (column, meta) in &table.columns {
            let data = &draft.columns[t][column];
            let some = (0..data.len()).any(|r| data.is_null(r));
            if !some || metadata.is_key(name, column) {
                continue;
            }
            if !is_fresh(data, &meta.sdtype, Origin::Drawn, &Holders { k: support(meta, data, &holders), ..holders }) {
                continue;
            }
            let codes = (0..data.len()).map(|r| if data.is_null(r) { NO_CODE } else { 0 }).collect();
            let values: crate::Labels = [PRESENT].into_iter().collect();
            draft.columns[t].insert(presence_name(column), Column::Text { codes, values });
        }
    }
}

/// How the values of a fresh column are made.
pub(super) fn output(
    draft: &Draft,
    (t, table, column): (usize, &str, &str),
    origin: Origin,
    k: usize,
    notes: &mut Vec<String>,
) -> Output {
    let (meta, data) = (&draft.metadata.tables[table].columns[column], &draft.columns[t][column]);
    let locale = || match meta.parameters.get("locale").and_then(|v| v.as_str()) {
        Some(l) => l.to_owned(),
        None => country(draft, t).to_owned(),
    };
    let learn = |kind: &str| Fake::learn(kind, &locale(), column, data, k);
    match &meta.sdtype {
        Sdtype::Id { regex } => {
            let format = IdFormat::learn(regex.as_deref(), data, table, column);
            let Column::Text { codes, values } = data else { return Output::Id(format) };
            let known = codes.iter().filter(|c| **c != NO_CODE).count();
            if values.len() == known || values.is_empty() {
                return Output::Id(format);
            }
            if origin == Origin::Repeated {
                return Output::Group(format, codes.clone());
            }
            notes.push(format!(
                "{table}.{column}: an identifier that {known} rows share in {} values but no table has as its key; each \
                 row gets its own",
                values.len()
            ));
            Output::Id(format)
        }
        Sdtype::Pii { kind, .. } => Output::Fake(learn(kind)),
        Sdtype::Unknown => {
            // One word each: codes of some kind, of which the form is kept.
            match data {
                Column::Text { values, .. } if values.iter().all(|v| !v.contains(char::is_whitespace)) => {
                    Output::Id(IdFormat::learn(None, data, table, column))
                }
                _ => Output::Fake(learn("text")),
            }
        }
        _ => {
            notes.push(format!(
                "{table}.{column}: no label is held by enough entities ({k}); text without a meaning stands for all of them"
            ));
            Output::Fake(learn("text"))
        }
    }
}

/// The country that the personal data of a table speak for.
fn country(draft: &Draft, t: usize) -> &'static str {
    let (_, meta) = draft.metadata.tables.get_index(t).expect("a number of the table list");
    let personal = meta.columns.iter().filter(|(_, c)| matches!(c.sdtype, Sdtype::Pii { .. }));
    fake::guess(personal.map(|(column, _)| {
        let values = match &draft.columns[t][column] {
            Column::Text { values, .. } => values.iter().take(50).collect(),
            _ => Vec::new(),
        };
        (column.as_str(), values)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_the_metadata_list_need_no_support_where_none_has_it() {
        let data = Column::Text { codes: vec![0, 1, 2], values: ["a", "b", "c"].into_iter().collect() };
        let mut meta = ColumnMeta::new(Sdtype::Categorical);
        let needed = |meta: &ColumnMeta| support(meta, &data, &Holders { entities: &[0, 1, 2], known: &[], k: 5 });
        assert_eq!(needed(&meta), 5);
        meta.parameters.insert("range_values".into(), serde_json::json!(["a", "b", "c", "d"]));
        assert_eq!(needed(&meta), 1);
        meta.parameters.insert("range_values".into(), serde_json::json!(["a", "b"]));
        assert_eq!(needed(&meta), 5);
    }
}
