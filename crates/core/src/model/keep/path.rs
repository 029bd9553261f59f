//! Paths and values as rules write them, in the plan's terms.

use crate::dataset::NULL;
use crate::frame::{Hop, Ref};
use crate::metadata::{Metadata, Sdtype};
use crate::plan::{Output, Plan, SlotKind};
use crate::time;

/// Where a path ends.
pub(super) enum End {
    Slot(Ref),
    Row(Vec<Hop>),
}

/// Follows a path of the rule language through the plan.
pub(super) fn resolve(plan: &Plan, metadata: &Metadata, table: usize, path: &str) -> Option<End> {
    let mut hops = Vec::new();
    let mut t = table;
    let mut parts = path.split('.').peekable();
    while let Some(part) = parts.next() {
        let column = metadata.tables[&plan.tables[t].name].columns.get_index_of(part);
        let last = parts.peek().is_none();
        match column.map(|c| &plan.tables[t].output[c]) {
            Some(Output::Slot(s)) if last => return Some(End::Slot(Ref::at(&hops, usize::from(*s)))),
            Some(Output::Key(way, _)) => {
                hops.extend(way.iter().copied());
                t = plan.table_at(t, way)?;
                if last {
                    return Some(End::Row(hops));
                }
            }
            None => {
                let owner = plan.tables[t].owner.filter(|o| plan.tables[usize::from(*o)].name == part)?;
                hops.push(Hop::Owner);
                t = usize::from(owner);
                if last {
                    return Some(End::Row(hops));
                }
            }
            _ => return None,
        }
    }
    None
}

pub(super) fn slot_ref(plan: &Plan, metadata: &Metadata, table: usize, path: &str) -> Option<Ref> {
    match resolve(plan, metadata, table, path)? {
        End::Slot(r) => Some(r),
        End::Row(_) => None,
    }
}

/// A value written as text, as the tick or code of its slot; None when the slot never has it.
pub(super) fn tick(metadata: &Metadata, table: &str, column: &str, kind: &SlotKind, text: &str) -> Option<i64> {
    match kind {
        SlotKind::Label { labels, .. } => labels.iter().position(|l| l == text).map(|i| i as i64),
        _ => constant(metadata, table, column, kind, text),
    }
}

/// A bound written as text, in the ticks of its column.
pub(super) fn constant(metadata: &Metadata, table: &str, column: &str, kind: &SlotKind, text: &str) -> Option<i64> {
    match kind {
        SlotKind::Time { .. } => {
            let format = match &metadata.tables[table].columns[column].sdtype {
                Sdtype::Datetime { format: Some(f) } => f.clone(),
                _ => crate::dataset::guess_format(&[Some(text)])?.to_owned(),
            };
            time::parse(text, &format).ok()
        }
        SlotKind::Number { decimals } => {
            let v: f64 = text.parse().ok()?;
            Some((v * 10f64.powi(i32::from(*decimals))).round() as i64).filter(|v| *v != NULL)
        }
        SlotKind::Label { numeric: Some(_), .. } => text.parse().ok(),
        SlotKind::Label { .. } => None,
    }
}
