//! Rules in the form that keeps them while rows are drawn.

use serde::{Deserialize, Serialize};

use std::collections::{BTreeMap, BTreeSet};

use super::conflict;
use super::laws::{Combinations, Computed, Decider, Follows, MissingWhen, Place, Unit};
use crate::dataset::NULL;
use crate::frame::{Frame, Hop, NO_ROW, Ref};
use crate::metadata::{Metadata, Sdtype};
use crate::plan::{Origin, Output, Plan, SlotKind};
use crate::rule::RuleKind;
use crate::rule::expression::Expression;
use crate::{Result, time};

/// What the rows of one table must obey.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keep {
    /// Bounds on slots.
    pub bounds: Vec<Bound>,
    /// Start and end slots of intervals that must not overlap within an owner.
    pub no_overlap: Option<(u16, u16)>,
    /// Sets of slots and links that are unique within the owner.
    pub unique: Vec<Vec<UniqueItem>>,
    /// Sets of slots and links that are unique in the whole table.
    #[serde(default)]
    pub unique_in_table: Vec<Vec<UniqueItem>>,
    /// Link targets that depend on years between two times.
    pub restrictions: Vec<Restriction>,
    /// How many intervals of one target may be open.
    pub capacity: Option<Capacity>,
    /// Child tables with at least one row.
    pub at_least_one: Vec<u16>,
    /// Slots that are never missing.
    pub not_null: Vec<u16>,
    /// Slots that no training row misses.
    #[serde(default)]
    pub complete: Vec<u16>,
    /// Columns that are computed.
    #[serde(default)]
    pub computed: Vec<Computed>,
    /// Slots with known combinations only.
    #[serde(default)]
    pub combinations: Vec<Combinations>,
    /// Slots that follow from something else.
    #[serde(default)]
    pub follows: Vec<Follows>,
    /// What is missing exactly when something else has some values.
    #[serde(default)]
    pub missing_when: Vec<MissingWhen>,
    /// Pairs of paths that end at the same value or row.
    #[serde(default)]
    pub agree: Vec<(Place, Place)>,
    /// Sets of slots and links that are unique within a block, where no owner is among them.
    #[serde(default)]
    pub unique_in_block: Vec<Vec<UniqueItem>>,
}

impl Keep {
    /// Slots that must be drawn before a slot.
    pub fn needs(&self, slot: u16) -> Vec<u16> {
        let mut needs = Vec::new();
        for c in self.computed.iter().filter(|c| c.slot == slot) {
            needs.extend(c.names.iter().filter(|(_, r)| r.hops.is_empty()).map(|(_, r)| r.slot));
        }
        for f in self.follows.iter().filter(|f| f.slot == slot) {
            if let Decider::Number(by, _) = f.from {
                needs.push(by);
            }
        }
        for m in self.missing_when.iter().filter(|m| m.item == UniqueItem::Slot(slot)) {
            if let UniqueItem::Slot(when) = m.when {
                needs.push(when);
            }
        }
        for c in self.combinations.iter().filter(|c| c.missing_is_free && c.slots.get(1) == Some(&slot)) {
            needs.push(c.slots[0]);
        }
        needs
    }
}

/// A bound on one slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The slot.
    pub slot: u16,
    /// Not below the value of this reference plus the number, or below the number alone.
    pub low: Option<(Option<Ref>, i64)>,
    /// Not above.
    pub high: Option<(Option<Ref>, i64)>,
    /// How referenced values count on the slot's grid; the numbers count ticks, or days by the day.
    #[serde(default)]
    pub unit: Unit,
}

/// A member of a unique set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UniqueItem {
    /// A slot of the row.
    Slot(u16),
    /// The target of a link.
    Link(u8),
}

/// Targets of a link allowed only for some years between two times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Restriction {
    /// The link.
    pub link: u8,
    /// The target's attribute.
    pub attribute: Ref,
    /// Label codes for which the restriction applies.
    pub codes: Vec<i64>,
    /// Earlier time.
    pub from: Ref,
    /// Later time.
    pub to: Ref,
    /// Least whole years.
    pub min_years: Option<i64>,
    /// Years that are too many.
    pub below_years: Option<i64>,
}

/// At most so many open intervals for one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// The link.
    pub link: u8,
    /// Start slot.
    pub start: u16,
    /// End slot.
    pub end: u16,
    /// The target's attribute that decides.
    pub attribute: Ref,
    /// Capacity for each label code.
    pub max: Vec<u32>,
}

/// Where a path ends.
enum End {
    Slot(Ref),
    Row(Vec<Hop>),
}

/// Follows a path of the rule language through the plan.
fn resolve(plan: &Plan, metadata: &Metadata, table: usize, path: &str) -> Option<End> {
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

fn slot_ref(plan: &Plan, metadata: &Metadata, table: usize, path: &str) -> Option<Ref> {
    match resolve(plan, metadata, table, path)? {
        End::Slot(r) => Some(r),
        End::Row(_) => None,
    }
}

/// Keys of several columns are unique like a rule: the owner's part and what the row adds to it.
fn keys(plan: &Plan, metadata: &Metadata, all: &mut [Keep]) {
    for (t, table) in plan.tables.iter().enumerate() {
        let meta = &metadata.tables[&table.name];
        if meta.primary_key.len() < 2 || table.origin != Origin::Drawn {
            continue;
        }
        let (mut items, mut within_owner) = (Vec::new(), false);
        for column in &meta.primary_key {
            let output = meta.columns.get_index_of(column).map(|c| &table.output[c]);
            let item = match output {
                Some(Output::Slot(s)) => UniqueItem::Slot(*s),
                Some(Output::Key(way, _)) => match way.as_slice() {
                    [Hop::Link(l)] => UniqueItem::Link(*l),
                    [Hop::Owner, ..] => {
                        within_owner = true;
                        continue;
                    }
                    _ => continue,
                },
                // A fresh identifier differs from row to row by itself.
                _ => {
                    items.clear();
                    break;
                }
            };
            if !items.contains(&item) {
                items.push(item);
            }
        }
        for item in &items {
            if let UniqueItem::Slot(s) = item
                && !all[t].not_null.contains(s)
            {
                all[t].not_null.push(*s);
            }
        }
        match (items.is_empty(), within_owner) {
            (true, _) => {}
            (false, true) if all[t].unique.contains(&items) => {}
            (false, true) => all[t].unique.push(items),
            (false, false) => all[t].unique_in_table.push(items),
        }
    }
}

/// What rules are kept with: the plan and the training rows in its shape.
pub struct Training<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The metadata with the rules.
    pub metadata: &'a Metadata,
    /// Training rows of every table.
    pub frames: &'a [Frame],
    /// Entity of every row.
    pub entities: &'a [Vec<u32>],
    /// Fewest entities that a learned combination stands for.
    pub min_support: usize,
}

/// The rules of every table; with them, the places of those that can't be kept while drawing.
///
/// An error names two rules that can't be kept together.
pub fn keep(training: &Training) -> Result<(Vec<Keep>, Vec<usize>)> {
    let (plan, metadata) = (training.plan, training.metadata);
    let mut all = vec![Keep::default(); plan.tables.len()];
    conflict::check(plan, metadata)?;
    let mut missed = Vec::new();
    for (i, rule) in metadata.rules.iter().enumerate().filter(|(_, r)| r.enforced) {
        if one(training, &rule.kind, &mut all).is_none() {
            missed.push(i);
        }
    }
    keys(plan, metadata, &mut all);
    for (t, keep) in all.iter_mut().enumerate() {
        let slots = training.frames[t].values.iter().enumerate();
        let whole = slots.filter(|(_, v)| v.iter().all(|v| *v != NULL)).map(|(s, _)| s as u16);
        keep.complete = whole.chain(keep.not_null.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect();
        close(keep);
    }
    Ok((all, missed))
}

/// Adds the bounds that follow from chains of bounds, so that a column drawn early leaves room for those between.
fn close(keep: &mut Keep) {
    // From the lower to the higher end, with the least distance; only through columns that are never missing.
    let mut edges: BTreeMap<(Ref, Ref), i64> = BTreeMap::new();
    for b in keep.bounds.iter().filter(|b| b.unit == Unit::Same) {
        if let Some((Some(low), gap)) = &b.low {
            edges.insert((low.clone(), Ref::own(b.slot.into())), *gap);
        }
        if let Some((Some(high), gap)) = &b.high {
            edges.insert((Ref::own(b.slot.into()), high.clone()), -gap);
        }
    }
    let given: BTreeSet<(Ref, Ref)> = edges.keys().cloned().collect();
    let through: BTreeSet<Ref> = keep.complete.iter().map(|s| Ref::own((*s).into())).collect();
    for middle in &through {
        let into: Vec<(Ref, i64)> =
            edges.iter().filter(|((_, b), _)| b == middle).map(|((a, _), g)| (a.clone(), *g)).collect();
        let out: Vec<(Ref, i64)> =
            edges.iter().filter(|((a, _), _)| a == middle).map(|((_, b), g)| (b.clone(), *g)).collect();
        for (a, g) in &into {
            for (b, h) in out.iter().filter(|(b, _)| b != a) {
                let gap = edges.entry((a.clone(), b.clone())).or_insert(i64::MIN);
                *gap = (*gap).max(g.saturating_add(*h));
            }
        }
    }
    for ((low, high), gap) in edges.into_iter().filter(|(e, _)| !given.contains(e)) {
        if high.hops.is_empty() {
            let bound = (Some(low.clone()), gap);
            keep.bounds.push(Bound { slot: high.slot, low: Some(bound), high: None, unit: Unit::Same });
        }
        if low.hops.is_empty() {
            let bound = (Some(high), -gap);
            keep.bounds.push(Bound { slot: low.slot, low: None, high: Some(bound), unit: Unit::Same });
        }
    }
}

/// How the values of one slot count beside those of another; None when they can't be compared.
fn unit(own: &SlotKind, other: &SlotKind) -> Option<Unit> {
    let decimals = |k: &SlotKind| match k {
        SlotKind::Number { decimals } => Some(u32::from(*decimals)),
        SlotKind::Label { numeric: Some(_), .. } => Some(0),
        _ => None,
    };
    match (own, other) {
        (SlotKind::Time { clock: a }, SlotKind::Time { clock: b }) if a == b => Some(Unit::Same),
        (SlotKind::Time { .. }, SlotKind::Time { .. }) => Some(Unit::Day),
        _ => {
            let (a, b) = (decimals(own)?, decimals(other)?);
            Some(match a.cmp(&b) {
                std::cmp::Ordering::Equal => Unit::Same,
                std::cmp::Ordering::Greater => Unit::Times(10i64.checked_pow(a - b)?),
                std::cmp::Ordering::Less => Unit::Parts(10i64.checked_pow(b - a)?),
            })
        }
    }
}

fn one(training: &Training, rule: &RuleKind, all: &mut [Keep]) -> Option<()> {
    let (plan, metadata) = (training.plan, training.metadata);
    let at = |table: &str, path: &str| slot_ref(plan, metadata, plan.table(table)?, path);
    // Rows of a repeated table are training rows, which obey.
    let drawn = |table: &str| plan.table(table).is_some_and(|t| plan.tables[t].origin == Origin::Drawn);
    match rule {
        RuleKind::Order { table, low, high, strict } => {
            let t = plan.table(table)?;
            let (low, high) = (at(table, low)?, at(table, high)?);
            let gap = i64::from(*strict);
            let (low_kind, high_kind) = (plan.kind(t, &low)?, plan.kind(t, &high)?);
            if high.hops.is_empty() {
                let unit = unit(high_kind, low_kind)?;
                all[t].bounds.push(Bound { slot: high.slot, low: Some((Some(low.clone()), gap)), high: None, unit });
            }
            if low.hops.is_empty() {
                let unit = unit(low_kind, high_kind)?;
                all[t].bounds.push(Bound { slot: low.slot, low: None, high: Some((Some(high), -gap)), unit });
            } else if !high.hops.is_empty() && drawn(table) {
                // Neither end is the row's own: nothing of the row can be bent to keep it.
                return None;
            }
        }
        RuleKind::Range { table, column, min, max } => {
            let t = plan.table(table)?;
            let slot = plan.slot(t, column)?;
            let kind = &plan.tables[t].slots[slot].kind;
            let number = |text: &Option<String>| -> Option<Option<(Option<Ref>, i64)>> {
                match text {
                    None => Some(None),
                    Some(text) => Some(Some((None, constant(metadata, table, column, kind, text)?))),
                }
            };
            let (low, high) = (number(min)?, number(max)?);
            all[t].bounds.push(Bound { slot: slot as u16, low, high, unit: Unit::Same });
        }
        RuleKind::Inside { table, time, start, end } => {
            let t = plan.table(table)?;
            let own = at(table, time).filter(|r| r.hops.is_empty())?;
            let (slot, kind) = (own.slot, plan.kind(t, &own)?);
            let (start, end) = (at(table, start)?, at(table, end)?);
            let (low_unit, high_unit) = (unit(kind, plan.kind(t, &start)?)?, unit(kind, plan.kind(t, &end)?)?);
            let (low, high) = (Some((Some(start.clone()), 0)), Some((Some(end.clone()), 0)));
            if low_unit == high_unit {
                all[t].bounds.push(Bound { slot, low, high, unit: low_unit });
            } else {
                all[t].bounds.push(Bound { slot, low, high: None, unit: low_unit });
                all[t].bounds.push(Bound { slot, low: None, high, unit: high_unit });
            }
            // The row's own interval has to reach around the time.
            for (end, is_start) in [(start, true), (end, false)] {
                if end.hops.is_empty() {
                    let unit = unit(plan.kind(t, &end)?, kind)?;
                    let bound = Some((Some(own.clone()), 0));
                    let (low, high) = if is_start { (None, bound) } else { (bound, None) };
                    all[t].bounds.push(Bound { slot: end.slot, low, high, unit });
                }
            }
        }
        RuleKind::NoOverlap { table, owner, start, end } => {
            let t = plan.table(table)?;
            match resolve(plan, metadata, t, owner)? {
                End::Row(hops) if hops == [Hop::Owner] => {}
                _ => return None,
            }
            all[t].no_overlap = Some((plan.slot(t, start)? as u16, plan.slot(t, end)? as u16));
        }
        RuleKind::Unique { table, columns } => {
            let t = plan.table(table)?;
            let (mut items, mut within_owner, mut in_block) = (Vec::new(), false, false);
            for c in columns {
                let column = metadata.tables[table].columns.get_index_of(c.as_str())?;
                match &plan.tables[t].output[column] {
                    // Fresh identifiers never repeat.
                    Output::Id(_) => return Some(()),
                    Output::Given(_, inner) if matches!(**inner, Output::Id(_)) => return Some(()),
                    Output::Slot(s) => items.push(UniqueItem::Slot(*s)),
                    Output::Key(hops, _) => match hops.as_slice() {
                        [Hop::Owner] => within_owner = true,
                        [Hop::Link(l)] => {
                            let target = usize::from(plan.tables[t].links[usize::from(*l)].target);
                            // Targets of other blocks are other rows, but for those that every block shares.
                            in_block |= plan.tables[target].origin != Origin::Reference;
                            items.push(UniqueItem::Link(*l));
                        }
                        _ => return None,
                    },
                    Output::Fake(_) | Output::Kept(_) | Output::Group(..) | Output::Given(..) => return None,
                }
            }
            match (within_owner, in_block) {
                _ if !drawn(table) => {}
                // As many rows as the training owners have: one at most.
                (true, _) if items.is_empty() => {}
                (true, _) => all[t].unique.push(items),
                (false, true) => all[t].unique_in_block.push(items),
                (false, false) => return None,
            }
        }
        RuleKind::AtLeastOne { parent, child, .. } => {
            let (p, c) = (plan.table(parent)?, plan.table(child)?);
            if plan.tables[c].owner != Some(p as u16) {
                return None;
            }
            all[p].at_least_one.push(c as u16);
        }
        RuleKind::NotNull { table, column } => {
            let t = plan.table(table)?;
            let column = metadata.tables[table].columns.get_index_of(column.as_str())?;
            match &plan.tables[t].output[column] {
                Output::Slot(s) | Output::Given(s, _) => all[t].not_null.push(*s),
                // A key is missing only where some training row misses it.
                Output::Key(hops, _) => {
                    let frame = &training.frames[t];
                    let walk = |r| plan.walk(training.frames, t, r, hops).is_some();
                    (0..frame.rows).all(walk).then_some(())?;
                }
                Output::Id(_) | Output::Group(..) | Output::Fake(_) | Output::Kept(_) => {}
            }
        }
        RuleKind::Restrict { table, attribute, values, from, to, min_years, below_years } => {
            let t = plan.table(table)?;
            let attribute = at(table, attribute)?;
            let Some(Hop::Link(link)) = attribute.hops.first().copied() else { return None };
            let SlotKind::Label { labels, .. } = plan.kind(t, &attribute)? else { return None };
            let codes = labels.iter().enumerate().filter(|(_, l)| values.contains(l)).map(|(i, _)| i as i64).collect();
            all[t].restrictions.push(Restriction {
                link,
                attribute: Ref { hops: attribute.hops[1..].to_vec(), slot: attribute.slot },
                codes,
                from: at(table, from)?,
                to: at(table, to)?,
                min_years: *min_years,
                below_years: *below_years,
            });
        }
        RuleKind::Capacity { table, link, start, end, by, max } => {
            let t = plan.table(table)?;
            let End::Row(hops) = resolve(plan, metadata, t, link)? else { return None };
            let [Hop::Link(link)] = hops.as_slice() else { return None };
            let by = at(table, by).filter(|r| r.hops.first() == Some(&Hop::Link(*link)))?;
            let SlotKind::Label { labels, .. } = plan.kind(t, &by)? else { return None };
            all[t].capacity = Some(Capacity {
                link: *link,
                start: plan.slot(t, start)? as u16,
                end: plan.slot(t, end)? as u16,
                attribute: Ref { hops: by.hops[1..].to_vec(), slot: by.slot },
                max: labels.iter().map(|l| max.get(l).copied().unwrap_or(u32::MAX)).collect(),
            });
        }
        RuleKind::PathsAgree { table, left, right } => {
            let t = plan.table(table)?;
            let place = |path: &str| {
                Some(match resolve(plan, metadata, t, path)? {
                    End::Slot(r) => Place::Value(r),
                    End::Row(hops) => Place::Row(hops),
                })
            };
            let pair = (place(left)?, place(right)?);
            match &pair {
                (Place::Value(a), Place::Value(b)) => alike(plan.kind(t, a)?, plan.kind(t, b)?)?,
                (Place::Row(a), Place::Row(b)) if plan.table_at(t, a)? == plan.table_at(t, b)? => {}
                _ => return None,
            }
            if drawn(table) {
                all[t].agree.push(pair);
            }
        }
        RuleKind::Domain { table, column, values } => {
            let t = plan.table(table)?;
            let slot = plan.slot(t, column)?;
            let kind = &plan.tables[t].slots[slot].kind;
            let ticks: Vec<Vec<i64>> =
                values.iter().filter_map(|v| tick(metadata, table, column, kind, v)).map(|v| vec![v]).collect();
            let within = match kind {
                SlotKind::Label { labels, .. } => labels.iter().all(|l| values.contains(l)),
                _ => false,
            };
            if !within && drawn(table) {
                let slots = vec![slot as u16];
                all[t].combinations.push(Combinations { slots, allowed: ticks, missing_is_free: true });
            }
        }
        RuleKind::Determines { table, column, determines } => {
            let t = plan.table(table)?;
            if drawn(table) {
                determined(training, t, column, determines, all)?;
            }
        }
        RuleKind::FixedCombinations { table, columns, allowed } => {
            let t = plan.table(table)?;
            let slots = columns.iter().map(|c| plan.slot(t, c).map(|s| s as u16)).collect::<Option<Vec<_>>>()?;
            if !drawn(table) {
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
            all[t].combinations.push(Combinations { slots, allowed: known, missing_is_free: false });
        }
        RuleKind::Formula { table, column, equals } => {
            let t = plan.table(table)?;
            let slot = plan.slot(t, column)? as u16;
            if !drawn(table) {
                return Some(());
            }
            let formula = Expression::parse(equals).ok()?;
            let names = formula.names().into_iter().map(|n| Some((n.to_owned(), at(table, n)?)));
            let names = names.collect::<Option<Vec<_>>>()?;
            let late = |r: &Ref| match r.hops.first() {
                None => plan.tables[t].when == Some(slot),
                Some(Hop::Link(l)) => {
                    plan.tables[t].links[usize::from(*l)].deferred || plan.tables[t].when == Some(slot)
                }
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
            all[t].computed.push(Computed { slot, equals: equals.clone(), names, optional });
        }
        RuleKind::NullWhen { table, column, when, values } => {
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
            if drawn(table) {
                all[t].missing_when.push(MissingWhen { item, when: decider, values: ticks, or_missing });
            }
        }
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

/// A value written as text, as the tick or code of its slot; None when the slot never has it.
fn tick(metadata: &Metadata, table: &str, column: &str, kind: &SlotKind, text: &str) -> Option<i64> {
    match kind {
        SlotKind::Label { labels, .. } => labels.iter().position(|l| l == text).map(|i| i as i64),
        _ => constant(metadata, table, column, kind, text),
    }
}

/// Entities of each value of a key, in the order of the keys.
fn groups<K: Ord>(training: &Training, t: usize, key: impl Fn(usize) -> Option<K>) -> BTreeMap<K, BTreeSet<u32>> {
    let mut groups: BTreeMap<K, BTreeSet<u32>> = BTreeMap::new();
    for row in 0..training.frames[t].rows {
        if let Some(k) = key(row) {
            let held = groups.entry(k).or_default();
            if held.len() < training.min_support {
                held.insert(training.entities[t][row]);
            }
        }
    }
    groups
}

/// True for a label that is pooled because too few entities have it.
fn pooled(plan: &Plan, t: usize, slot: u16, value: i64) -> bool {
    match &plan.tables[t].slots[usize::from(slot)].kind {
        SlotKind::Label { labels, .. } => value != NULL && value >= labels.len() as i64,
        _ => false,
    }
}

/// Combinations that enough entities have.
fn supported(training: &Training, t: usize, slots: &[u16]) -> Vec<Vec<i64>> {
    let values = &training.frames[t].values;
    let key = |row: usize| {
        let k: Vec<i64> = slots.iter().map(|s| values[usize::from(*s)][row]).collect();
        let fresh = k.iter().zip(slots).all(|(v, s)| !pooled(training.plan, t, *s, *v));
        fresh.then_some(k)
    };
    groups(training, t, key).into_iter().filter(|(_, e)| e.len() >= training.min_support).map(|(k, _)| k).collect()
}

fn determined(training: &Training, t: usize, column: &str, determines: &str, all: &mut [Keep]) -> Option<()> {
    let (plan, metadata) = (training.plan, training.metadata);
    let table = &plan.tables[t];
    let slot = plan.slot(t, determines)? as u16;
    let values = &training.frames[t].values;
    let target = &values[usize::from(slot)];
    let place = metadata.tables[&table.name].columns.get_index_of(column)?;
    match &table.output[place] {
        Output::Slot(by) if table.slots[usize::from(*by)].kind.is_label() => {
            // Of the values beside one label the usual one, as `check` counts it.
            let decider = &values[usize::from(*by)];
            let mut counts: BTreeMap<i64, BTreeMap<i64, usize>> = BTreeMap::new();
            for row in 0..training.frames[t].rows {
                let (a, b) = (decider[row], target[row]);
                if a != NULL && b != NULL && !pooled(plan, t, *by, a) && !pooled(plan, t, slot, b) {
                    *counts.entry(a).or_default().entry(b).or_default() += 1;
                }
            }
            let usual = |m: BTreeMap<i64, usize>| m.into_iter().max_by_key(|(v, n)| (*n, -*v)).map(|(v, _)| v);
            let pairs = counts.into_iter().filter_map(|(a, m)| Some(vec![a, usual(m)?])).collect();
            let slots = vec![*by, slot];
            all[t].combinations.push(Combinations { slots, allowed: pairs, missing_is_free: true });
        }
        Output::Slot(by) => {
            let decider = &values[usize::from(*by)];
            let both = |r: usize| {
                let (a, b) = (decider[r], target[r]);
                (a != NULL && b != NULL && !pooled(plan, t, slot, b)).then_some((a, b))
            };
            let mut known: Vec<(i64, i64)> = Vec::new();
            for ((a, b), held) in groups(training, t, both) {
                if held.len() >= training.min_support && known.last().is_none_or(|(last, _)| *last != a) {
                    known.push((a, b));
                }
            }
            if known.is_empty() || table.when == Some(slot) {
                return None;
            }
            let optional = (0..decider.len()).any(|r| decider[r] != NULL && target[r] == NULL);
            all[t].follows.push(Follows { slot, from: Decider::Number(*by, known), optional });
        }
        Output::Key(hops, _) => {
            let shared = match hops.as_slice() {
                [Hop::Owner] => table.owner.map(usize::from),
                [Hop::Link(l)] if !table.links[usize::from(*l)].deferred => {
                    Some(usize::from(table.links[usize::from(*l)].target))
                }
                _ => None,
            };
            // Every block has rows of its own, but for reference tables.
            if plan.tables[shared?].origin == Origin::Reference || table.when == Some(slot) {
                return None;
            }
            let row = |r: usize| plan.walk(training.frames, t, r, hops).map_or(NO_ROW, |(_, r)| r as u32);
            let optional = (0..target.len()).any(|r| row(r) != NO_ROW && target[r] == NULL);
            all[t].follows.push(Follows { slot, from: Decider::Row(hops.clone()), optional });
        }
        // A fresh identifier decides everything.
        Output::Id(_) => {}
        Output::Given(_, inner) if matches!(**inner, Output::Id(_)) => {}
        Output::Fake(_) | Output::Kept(_) | Output::Group(..) | Output::Given(..) => return None,
    }
    Some(())
}

/// A bound written as text, in the ticks of its column.
fn constant(metadata: &Metadata, table: &str, column: &str, kind: &SlotKind, text: &str) -> Option<i64> {
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
