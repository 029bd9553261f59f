//! Rules on what the columns of one row hold: missing or not, from a list, computed, agreeing.

use super::bounds::unit;
use super::determines::supported;
use super::path::{End, resolve, tick};
use super::{Keeper, UniqueItem};
use crate::dataset::NULL;
use crate::frame::{Hop, Ref};
use crate::model::laws::{Combinations, Computed, MissingWhen, Place, Unit};
use crate::plan::{Output, SlotKind};
use crate::rule::expression::Expression;

pub(super) fn not_null(k: &mut Keeper, table: &str, column: &str) -> Option<()> {
    let (plan, metadata, training) = (k.training.plan, k.training.metadata, k.training);
    let t = plan.table(table)?;
    let column = metadata.tables[table].columns.get_index_of(column)?;
    match &plan.tables[t].output[column] {
        Output::Slot(s) | Output::Given(s, _) => k.all[t].not_null.push(*s),
        // A key is missing only where some training row misses it.
        Output::Key(hops, _) => {
            let frame = &training.frames[t];
            let walk = |r| plan.walk(training.frames, t, r, hops).is_some();
            (0..frame.rows).all(walk).then_some(())?;
        }
        Output::Id(_) | Output::Group(..) | Output::Fake(_) | Output::Kept(_) => {}
    }
    Some(())
}

pub(super) fn paths_agree(k: &mut Keeper, table: &str, left: &str, right: &str) -> Option<()> {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let t = plan.table(table)?;
    let place = |path: &str| {
        Some(match resolve(plan, metadata, t, path)? {
            End::Slot(r) => Place::Value(r),
            End::Row(hops) => Place::Row(hops),
        })
    };
    if is_copied(k, t, table, left, right) || is_copied(k, t, table, right, left) {
        return Some(());
    }
    // A number or time that the owner has too is computed; rows without an owner are drawn.
    for (own, other) in [(left, right), (right, left)] {
        let is_owner = |r: Ref| r.hops.first() == Some(&Hop::Owner);
        if !own.contains('.') && k.at(table, other).is_some_and(is_owner) {
            formula(k, table, own, &format!("\"{other}\""));
        }
    }
    let pair = (place(left)?, place(right)?);
    match &pair {
        (Place::Value(a), Place::Value(b)) => alike(plan.kind(t, a)?, plan.kind(t, b)?)?,
        (Place::Row(a), Place::Row(b)) if plan.table_at(t, a)? == plan.table_at(t, b)? => {}
        _ => return None,
    }
    if k.drawn(table) {
        k.all[t].agree.push(pair);
    }
    Some(())
}

/// Whether a column is written as the one of a parent at the end of a path is.
fn is_copied(k: &Keeper, t: usize, table: &str, column: &str, path: &str) -> bool {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let copied = || {
        let Output::Key(way, at) = &plan.tables[t].output[metadata.tables[table].columns.get_index_of(column)?] else {
            return None;
        };
        let (key, there) = path.rsplit_once('.')?;
        let End::Row(hops) = resolve(plan, metadata, t, key)? else { return None };
        let parent = &plan.tables[plan.table_at(t, way)?].name;
        let same = metadata.tables[parent].columns.get_index_of(there) == Some(usize::from(*at));
        Some(hops == *way && same)
    };
    copied() == Some(true)
}

pub(super) fn domain(k: &mut Keeper, table: &str, column: &str, values: &[String]) -> Option<()> {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let t = plan.table(table)?;
    let slot = plan.slot(t, column)?;
    let kind = &plan.tables[t].slots[slot].kind;
    let ticks: Vec<Vec<i64>> =
        values.iter().filter_map(|v| tick(metadata, table, column, kind, v)).map(|v| vec![v]).collect();
    let within = match kind {
        SlotKind::Label { labels, .. } => labels.iter().all(|l| values.contains(l)),
        _ => false,
    };
    if !within && k.drawn(table) {
        let slots = vec![slot as u16];
        k.all[t].combinations.push(Combinations { slots, allowed: ticks, missing_is_free: true });
    }
    Some(())
}

pub(super) fn fixed_combinations(
    k: &mut Keeper,
    table: &str,
    columns: &[String],
    allowed: &[Vec<String>],
) -> Option<()> {
    let (plan, metadata, training) = (k.training.plan, k.training.metadata, k.training);
    let t = plan.table(table)?;
    let slots = columns.iter().map(|c| plan.slot(t, c).map(|s| s as u16)).collect::<Option<Vec<_>>>()?;
    if !k.drawn(table) {
        return Some(());
    }
    let declared = allowed.iter().filter_map(|a| {
        let each = a.iter().zip(columns).zip(&slots).map(|((text, column), slot)| {
            let kind = &plan.tables[t].slots[usize::from(*slot)].kind;
            if text.is_empty() { Some(NULL) } else { tick(metadata, table, column, kind, text) }
        });
        each.collect::<Option<Vec<i64>>>()
    });
    let mut known: Vec<Vec<i64>> = declared.collect();
    if allowed.is_empty() {
        known = supported(training, t, &slots);
    }
    if known.is_empty() {
        return None;
    }
    k.all[t].combinations.push(Combinations { slots, allowed: known, missing_is_free: false });
    Some(())
}

pub(super) fn formula(k: &mut Keeper, table: &str, column: &str, equals: &str) -> Option<()> {
    let (plan, training) = (k.training.plan, k.training);
    let t = plan.table(table)?;
    let slot = plan.slot(t, column)? as u16;
    if !k.drawn(table) {
        return Some(());
    }
    let formula = Expression::parse(equals).ok()?;
    let names = formula.names().into_iter().map(|n| Some((n.to_owned(), k.at(table, n)?)));
    let names = names.collect::<Option<Vec<_>>>()?;
    let late = |r: &Ref| match r.hops.first() {
        None => plan.tables[t].when == Some(slot),
        Some(Hop::Link(l)) => plan.tables[t].links[usize::from(*l)].deferred || plan.tables[t].when == Some(slot),
        Some(_) => false,
    };
    let counts = |r: &Ref| plan.kind(t, r).is_some_and(|k| !matches!(k, SlotKind::Label { numeric: None, .. }));
    if names.iter().any(|(_, r)| late(r) || !counts(r)) || !counts(&Ref::own(slot.into())) {
        return None;
    }
    let frames = training.frames;
    let known = |row: usize| names.iter().all(|(_, r)| plan.value(frames, t, row, r) != NULL);
    let missing = &frames[t].values[usize::from(slot)];
    let optional = (0..frames[t].rows).any(|r| missing[r] == NULL && known(r));
    let mut unknown = (0..frames[t].rows).filter(|r| !known(*r)).peekable();
    let missing = unknown.peek().is_some() && unknown.all(|r| missing[r] == NULL);
    k.all[t].computed.push(Computed { slot, equals: equals.to_owned(), names, optional, missing });
    Some(())
}

pub(super) fn null_when(k: &mut Keeper, table: &str, column: &str, when: &str, values: &[String]) -> Option<()> {
    let (plan, metadata) = (k.training.plan, k.training.metadata);
    let t = plan.table(table)?;
    let item = |name: &str| {
        let c = metadata.tables[table].columns.get_index_of(name)?;
        match &plan.tables[t].output[c] {
            Output::Slot(s) | Output::Given(s, _) => Some(UniqueItem::Slot(*s)),
            Output::Key(hops, _) => match hops.as_slice() {
                [Hop::Link(l)] if !plan.tables[t].links[usize::from(*l)].deferred => Some(UniqueItem::Link(*l)),
                _ => None,
            },
            _ => None,
        }
    };
    let (item, decider) = (item(column)?, item(when)?);
    let or_missing = values.iter().any(String::is_empty);
    let named: Vec<&String> = values.iter().filter(|v| !v.is_empty()).collect();
    let ticks = match decider {
        UniqueItem::Slot(s) => {
            let kind = &plan.tables[t].slots[usize::from(s)].kind;
            named.iter().filter_map(|v| tick(metadata, table, when, kind, v)).collect()
        }
        UniqueItem::Link(_) if !named.is_empty() => return None,
        UniqueItem::Link(_) => Vec::new(),
    };
    if k.drawn(table) {
        k.all[t].missing_when.push(MissingWhen { item, when: decider, values: ticks, or_missing });
    }
    Some(())
}

/// Something when values of both kinds can be equal.
fn alike(a: &SlotKind, b: &SlotKind) -> Option<()> {
    match (a, b) {
        (SlotKind::Label { .. }, SlotKind::Label { .. }) => Some(()),
        _ => unit(a, b).filter(|u| *u == Unit::Same).map(|_| ()),
    }
}
