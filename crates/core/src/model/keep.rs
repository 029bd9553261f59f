//! Rules in the form that keeps them while rows are drawn.

use serde::{Deserialize, Serialize};

use crate::dataset::NULL;
use crate::frame::{Hop, Ref};
use crate::metadata::{Metadata, Sdtype};
use crate::plan::{Output, Plan, SlotKind};
use crate::rule::RuleKind;
use crate::time;

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

/// The rules of every table; with them, what could not be kept and why, for people.
pub fn keep(plan: &Plan, metadata: &Metadata) -> (Vec<Keep>, Vec<String>) {
    let mut all = vec![Keep::default(); plan.tables.len()];
    let mut missed = Vec::new();
    for rule in metadata.rules.iter().filter(|r| r.enforced) {
        if one(plan, metadata, &rule.kind, &mut all).is_none() {
            missed.push(rule.describe());
        }
    }
    keys(plan, metadata, &mut all);
    (all, missed)
}

/// Keys of several columns are unique like a rule: the owner's part and what the row adds to it.
fn keys(plan: &Plan, metadata: &Metadata, all: &mut [Keep]) {
    for (t, table) in plan.tables.iter().enumerate() {
        let meta = &metadata.tables[&table.name];
        if meta.primary_key.len() < 2 || table.origin != crate::plan::Origin::Drawn {
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

fn one(plan: &Plan, metadata: &Metadata, rule: &RuleKind, all: &mut [Keep]) -> Option<()> {
    let at = |table: &str, path: &str| slot_ref(plan, metadata, plan.table(table)?, path);
    match rule {
        RuleKind::Order { table, low, high, strict } => {
            let t = plan.table(table)?;
            let (low, high) = (at(table, low)?, at(table, high)?);
            let gap = i64::from(*strict);
            if high.hops.is_empty() {
                all[t].bounds.push(Bound { slot: high.slot, low: Some((Some(low.clone()), gap)), high: None });
            }
            if low.hops.is_empty() {
                all[t].bounds.push(Bound { slot: low.slot, low: None, high: Some((Some(high), -gap)) });
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
            all[t].bounds.push(Bound { slot: slot as u16, low: number(min)?, high: number(max)? });
        }
        RuleKind::Inside { table, time, start, end } => {
            let t = plan.table(table)?;
            let slot = at(table, time).filter(|r| r.hops.is_empty())?.slot;
            let (start, end) = (at(table, start)?, at(table, end)?);
            all[t].bounds.push(Bound { slot, low: Some((Some(start), 0)), high: Some((Some(end), 0)) });
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
            let mut items = Vec::new();
            let mut within_owner = false;
            for c in columns {
                match resolve(plan, metadata, t, c)? {
                    End::Slot(r) if r.hops.is_empty() => items.push(UniqueItem::Slot(r.slot)),
                    End::Row(hops) => match hops.as_slice() {
                        [Hop::Owner] => within_owner = true,
                        [Hop::Link(l)] => items.push(UniqueItem::Link(*l)),
                        _ => return None,
                    },
                    End::Slot(_) => return None,
                }
            }
            if !within_owner {
                return None;
            }
            all[t].unique.push(items);
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
            all[t].not_null.push(plan.slot(t, column)? as u16);
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
        // Paths that agree are found in the data and kept as agreements of the link; a label's domain is its
        // vocabulary; the rest are kept where all training rows obey, by drawing only what was seen.
        RuleKind::PathsAgree { .. } | RuleKind::Domain { .. } => {}
        RuleKind::Determines { table, column, determines } => {
            let t = plan.table(table)?;
            let origin = plan.tables[t].origin;
            plan.slot(t, column)?;
            plan.slot(t, determines)?;
            if origin == crate::plan::Origin::Drawn {
                return None;
            }
        }
        RuleKind::FixedCombinations { .. } | RuleKind::Formula { .. } | RuleKind::NullWhen { .. } => return None,
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
