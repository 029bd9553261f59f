//! Rules in the form that keeps them while rows are drawn.

mod bounds;
mod determines;
mod endings;
mod path;
mod rows;
mod totals;
mod values;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::conflict;
use super::laws::{Combinations, Computed, Ending, Follows, MissingWhen, Place, Total, Unit};
use crate::Result;
use crate::dataset::NULL;
use crate::frame::{Frame, Hop, Ref};
use crate::metadata::Metadata;
use crate::plan::{Origin, Output, Plan, Shown, SlotKind};
use crate::rule::RuleKind;
pub(crate) use endings::{last, settled};
pub(crate) use totals::added;

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
    /// What the rows of child tables come to.
    #[serde(default)]
    pub totals: Vec<Total>,
    /// Times that rows of child tables settle.
    #[serde(default)]
    pub endings: Vec<Ending>,
}

impl Keep {
    /// Slots that must be drawn before a slot.
    pub fn needs(&self, slot: u16) -> Vec<u16> {
        let mut needs = Vec::new();
        for c in self.computed.iter().filter(|c| c.slot == slot) {
            needs.extend(c.names.iter().filter(|(_, r)| r.hops.is_empty()).map(|(_, r)| r.slot));
        }
        for f in self.follows.iter().filter(|f| f.slot == slot) {
            needs.extend(f.from.slot());
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

impl Bound {
    /// Whether what it leaves depends on the row.
    pub fn refers(&self) -> bool {
        [&self.low, &self.high].into_iter().flatten().any(|(to, _)| to.is_some())
    }
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

/// Turns rules into what keeps them, table by table.
struct Keeper<'a> {
    training: &'a Training<'a>,
    all: Vec<Keep>,
}

impl Keeper<'_> {
    /// The slot at the end of a path.
    fn at(&self, table: &str, path: &str) -> Option<Ref> {
        let plan = self.training.plan;
        path::slot_ref(plan, self.training.metadata, plan.table(table)?, path)
    }

    /// Rows of a repeated table are training rows, which obey.
    fn drawn(&self, table: &str) -> bool {
        let plan = self.training.plan;
        plan.table(table).is_some_and(|t| plan.tables[t].origin == Origin::Drawn)
    }
}

/// The rules of every table; with them, the places of those that can't be kept while drawing.
///
/// An error names two rules that can't be kept together.
pub fn keep(training: &Training) -> Result<(Vec<Keep>, Vec<usize>)> {
    let (plan, metadata) = (training.plan, training.metadata);
    conflict::check(plan, metadata)?;
    let mut keeper = Keeper { training, all: vec![Keep::default(); plan.tables.len()] };
    let mut missed = Vec::new();
    // Endings and totals change columns after they are drawn, so they come after all that may forbid it.
    let phase = |r: &crate::rule::Rule| match r.kind {
        RuleKind::Total { .. } => 2,
        RuleKind::PathsAgree { .. } => 1,
        _ => 0,
    };
    let mut rules: Vec<_> = metadata.rules.iter().enumerate().filter(|(_, r)| r.enforced).collect();
    rules.sort_by_key(|(_, r)| phase(r));
    for (i, rule) in rules {
        if one(&mut keeper, &rule.kind, rule.found).is_none() {
            missed.push(i);
        }
    }
    let mut all = keeper.all;
    keys(plan, metadata, &mut all);
    written(training, &mut all);
    for (t, keep) in all.iter_mut().enumerate() {
        let slots = training.frames[t].values.iter().enumerate();
        let whole = slots.filter(|(_, v)| v.iter().all(|v| *v != NULL)).map(|(s, _)| s as u16);
        keep.complete = whole.chain(keep.not_null.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect();
        bounds::close(keep);
    }
    Ok((all, missed))
}

/// Adds what keeps one rule, a found or a declared one; None when nothing does.
fn one(k: &mut Keeper, rule: &RuleKind, found: bool) -> Option<()> {
    match rule {
        RuleKind::Order { table, low, high, strict } => bounds::order(k, table, low, high, *strict),
        RuleKind::Range { table, column, min, max } => bounds::range(k, table, column, min, max),
        RuleKind::Inside { table, time, start, end } => bounds::inside(k, table, time, start, end),
        RuleKind::NoOverlap { table, owner, start, end } => rows::no_overlap(k, table, owner, start, end),
        RuleKind::Unique { table, columns } => rows::unique(k, table, columns),
        RuleKind::AtLeastOne { parent, child, .. } => rows::at_least_one(k, parent, child),
        RuleKind::NotNull { table, column } => values::not_null(k, table, column),
        RuleKind::Restrict { table, attribute, values, from, to, min_years, below_years } => {
            rows::restrict(k, table, attribute, values, from, to, [*min_years, *below_years])
        }
        RuleKind::Capacity { table, link, start, end, by, max } => rows::capacity(k, table, link, start, end, by, max),
        RuleKind::PathsAgree { table, left, right } => {
            endings::ending(k, table, left, right).or_else(|| values::paths_agree(k, table, left, right))
        }
        RuleKind::Domain { table, column, values } => values::domain(k, table, column, values),
        RuleKind::Determines { table, column, part, determines } => {
            determines::determines(k, table, (column, *part), determines, found)
        }
        RuleKind::FixedCombinations { table, columns, allowed } => {
            values::fixed_combinations(k, table, columns, allowed)
        }
        RuleKind::Formula { table, column, equals } => values::formula(k, table, column, equals),
        RuleKind::Total { table, equals, aggregate, child, of, key } => {
            let (of, key) = (of.as_deref(), key.as_deref());
            totals::total(k, &totals::Said { table, equals, aggregate: *aggregate, child, of, key })
        }
        RuleKind::NullWhen { table, column, when, values } => values::null_when(k, table, column, when, values),
    }
}

/// A number inside text is missing where the row holds a word instead, and nowhere else if no training row is so.
fn written(training: &Training, all: &mut [Keep]) {
    for (t, table) in training.plan.tables.iter().enumerate().filter(|(_, t)| t.origin == Origin::Drawn) {
        for (output, shown) in table.output.iter().zip(&table.shown) {
            let (Output::Slot(slot), Shown::Written(w)) = (output, shown) else { continue };
            let Some(form) = w.form.filter(|_| matches!(table.slots[usize::from(*slot)].kind, SlotKind::Number { .. }))
            else {
                continue;
            };
            let SlotKind::Label { labels, .. } = &table.slots[usize::from(form)].kind else { continue };
            let words: Vec<i64> =
                labels.iter().zip(0..).filter(|(l, _)| !l.contains('{')).map(|(_, code)| code).collect();
            let [value, how] = [*slot, form].map(|s| &training.frames[t].values[usize::from(s)]);
            // What stands behind the last label is written in the usual form.
            let fits = |(v, f): (&i64, &i64)| *f >= labels.len() as i64 || (*v == NULL) == words.contains(f);
            if value.iter().zip(how).all(fits) {
                let (item, when) = (UniqueItem::Slot(*slot), UniqueItem::Slot(form));
                all[t].missing_when.push(MissingWhen { item, when, values: words, or_missing: false });
            }
        }
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
