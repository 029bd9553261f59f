//! From data and metadata to the plan and the training frames.

use std::collections::HashMap;

use super::input::{Columns, Input};
use super::{
    Link, Origin, Output, Plan, Shown, Slot, SlotKind, TablePlan, dimension, fresh, shape, shown, structure, written,
};
use crate::dataset::{NO_CODE, NULL};
use crate::encode::Vocabulary;
use crate::frame::{Frame, Hop, NO_ROW};
use crate::identifier::IdFormat;
use crate::labels::Labels;
use crate::metadata::{Metadata, Owner, Relationship, Sdtype};
use crate::rule::RuleKind;
use crate::support::{Holders, Lead, known};
use crate::time::SECOND;
use crate::{Column, Dataset, Error, ErrorKind, Result};

/// The plan with the training rows in its shape.
pub struct Built {
    /// The plan.
    pub plan: Plan,
    /// Training rows of every table.
    pub frames: Vec<Frame>,
    /// Entity of every row of every table: what guards count.
    pub entities: Vec<Vec<u32>>,
}

/// What the tables and their owners and links look like before rows are sorted.
pub(super) struct Draft<'a> {
    pub metadata: &'a Metadata,
    pub columns: Columns,
    pub rows: Vec<usize>,
    /// Parent row of each child row, for each relationship.
    pub parent_row: Vec<Vec<u32>>,
    /// The relationship that owns, if it is one.
    pub owner_key: Vec<Option<usize>>,
    /// Owner row of each row.
    pub owner_row: Vec<Vec<u32>>,
    /// Table of the owner.
    pub owner: Vec<Option<usize>>,
    /// Column that orders the rows of one owner.
    pub when: Vec<Option<String>>,
    /// Way to the target of a relationship that follows from the owner or an earlier link.
    pub implied: Vec<Option<Vec<Hop>>>,
}

/// Reads the data as the metadata says and works out who owns what.
/// The last `hidden` tables are none of the data, see [`super::hidden()`].
pub fn build(data: &Dataset, metadata: &Metadata, min_support: usize, hidden: usize) -> Result<Built> {
    let names: Vec<&String> = metadata.tables.keys().collect();
    let number: HashMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
    let Input { mut columns, rows, parent_row, problems } = Input::read(data, metadata, &number);
    Error::all(ErrorKind::Data, problems)?;
    let mut notes = Vec::new();
    let (owner, owner_key, owner_row, mut when) =
        structure::owners(data, metadata, &number, &columns, &rows, &parent_row, &mut notes)?;
    for ((columns, when), name) in columns.iter_mut().zip(&mut when).zip(&names) {
        structure::number_order(columns, when, name, &mut notes);
    }
    structure::number_operands(metadata, &number, &mut columns);
    let implied = vec![None; metadata.relationships.len()];
    let mut draft = Draft { metadata, columns, rows, parent_row, owner_key, owner_row, owner, when, implied };
    let (order, deferred) = shape::order(&draft, &number, &mut notes);
    structure::implied(&mut draft, &number, &deferred);
    let above = above(&draft, names.len() - hidden);
    let entities = entities(&draft, &order, &above);
    let relationships = metadata.relationships.iter().enumerate();
    let lead = |(i, r): (usize, &Relationship)| -> Lead {
        (number[r.child.as_str()], number[r.parent.as_str()], &draft.parent_row[i])
    };
    let leads: Vec<Lead> = relationships.map(lead).collect();
    let known = known(&above, &entities, &leads, min_support);
    written::split(&mut draft, data)?;
    fresh::presence(&mut draft, &entities, &known, min_support);
    let origins =
        dimension::origins(&draft, &number, &deferred, names.len() - hidden, (&entities, min_support), &mut notes);

    let mut plan = Plan { order: order.iter().map(|t| *t as u16).collect(), ..Plan::default() };
    for (t, name) in names.iter().enumerate() {
        plan.tables.push(table_plan(
            t,
            name,
            &draft,
            &number,
            &deferred,
            &origins,
            &Holders { entities: &entities[t], known: &known[t], k: min_support },
            &mut notes,
        ));
        let table = &metadata.tables[*name];
        let looks = |(c, m): (&String, _)| shown::shown(&data.tables[*name], c, m, &draft.columns[t][c]);
        plan.tables[t].shown = table.columns.iter().map(looks).collect();
        for (c, (column, about)) in table.columns.iter().enumerate() {
            if let Some(written) = written::shown(&plan.tables[t], column, about) {
                plan.tables[t].shown[c] = written;
            }
        }
        // A pattern may put zeros in front, which a number would lose.
        for c in 0..plan.tables[t].output.len() {
            let inner = match &plan.tables[t].output[c] {
                Output::Given(_, inner) => inner.as_ref(),
                output => output,
            };
            if matches!(inner, Output::Id(IdFormat::Pattern(_)) | Output::Group(IdFormat::Pattern(_), _)) {
                plan.tables[t].shown[c] = Shown::Text;
            }
        }
    }
    for &t in &order {
        if let Some(o) = plan.tables[t].owner {
            plan.tables[usize::from(o)].children.push(t as u16);
        }
    }
    let (mut frames, entities) = sorted_frames(&mut plan, &draft, &order, &entities);
    structure::inherited(&mut plan, &mut frames);
    structure::agreements(&mut plan, &frames);
    structure::restraints(&mut plan, &frames, metadata, min_support);
    shape::summaries(&mut plan);
    plan.notes = notes;
    let mut built = Built { plan, frames, entities };
    for t in order {
        for p in built.plan.tables[t].children.clone() {
            crate::feature::summarise_all(&built.plan, &mut built.frames, t, usize::from(p));
        }
    }
    Ok(built)
}

/// The owners up to whom a row's entity is looked for: not the things that a label names.
fn above(draft: &Draft, first_hidden: usize) -> Vec<Option<usize>> {
    let is_named = |o: &usize| *o >= first_hidden && draft.metadata.tables[*o].reference;
    draft.owner.iter().map(|o| o.filter(|o| !is_named(o))).collect()
}

/// Entity of each row: the row at the top of its chain of owners; rows without an owner are their own.
fn entities(draft: &Draft, order: &[usize], above: &[Option<usize>]) -> Vec<Vec<u32>> {
    let mut out: Vec<Vec<u32>> = vec![Vec::new(); draft.rows.len()];
    for &t in order {
        out[t] = match above[t] {
            None => (0..draft.rows[t] as u32).collect(),
            Some(o) => {
                let above = out[o].iter().max().map_or(0, |m| m + 1);
                let own = draft.owner_row[t].iter().enumerate();
                own.map(|(r, p)| if *p == NO_ROW { above + r as u32 } else { out[o][*p as usize] }).collect()
            }
        };
    }
    out
}

#[allow(clippy::too_many_arguments)] // One call, in the one place that holds all of these.
fn table_plan(
    t: usize,
    name: &str,
    draft: &Draft,
    number: &HashMap<&str, usize>,
    deferred: &[bool],
    origins: &[Origin],
    holders: &Holders,
    notes: &mut Vec<String>,
) -> TablePlan {
    let meta = &draft.metadata.tables[name];
    let mut plan = TablePlan {
        name: name.to_owned(),
        origin: origins[t],
        owner: draft.owner[t].map(|o| o as u16),
        ..TablePlan::default()
    };
    // Way to the parent of each foreign key of this table.
    let mut ways: Vec<(usize, Vec<Hop>)> = Vec::new();
    for (i, r) in draft.metadata.relationships.iter().enumerate().filter(|(_, r)| r.child == name) {
        if draft.owner_key[t] == Some(i) {
            ways.push((i, vec![Hop::Owner]));
        } else if let Some(way) = &draft.implied[i] {
            ways.push((i, way.clone()));
        } else {
            ways.push((i, vec![Hop::Link(plan.links.len() as u8)]));
            plan.links.push(Link {
                target: number[r.parent.as_str()] as u16,
                relationship: i as u16,
                name: r.child_key.join(" + "),
                deferred: deferred[i],
                upward: false,
                once: false,
                agreements: Vec::new(),
            });
        }
    }
    for (column, meta_column) in &meta.columns {
        let foreign = ways.iter().find_map(|(i, way)| {
            let r = &draft.metadata.relationships[*i];
            let at = r.child_key.iter().position(|c| c == column)?;
            let parent = &draft.metadata.tables[&r.parent];
            Some((way.clone(), parent.columns.get_index_of(&r.parent_key[at])?))
        });
        let data = &draft.columns[t][column];
        // Personal data are never kept, whatever else is.
        let personal = matches!(&meta_column.sdtype, Sdtype::Pii { pii: true, .. });
        let keeps = origins[t] == Origin::Reference || meta.reference && meta.primary_key.contains(column);
        plan.output.push(if keeps && foreign.is_none() && !personal {
            Output::Kept(kept(data, &meta_column.sdtype))
        } else if let Some((way, at)) = foreign {
            Output::Key(way, at as u16)
        } else {
            let k = match origins[t] {
                Origin::Drawn => fresh::support(meta_column, data, holders),
                _ => 1,
            };
            let holders = Holders { k, ..*holders };
            if fresh::is_fresh(data, &meta_column.sdtype, origins[t], &holders) {
                let presence = draft.columns[t].get(&fresh::presence_name(column));
                let copied = copied(draft, &ways, name, column).filter(|_| presence.is_none());
                let whole = copied.unwrap_or_else(|| fresh::output(draft, (t, name, column), origins[t], k, notes));
                // Whether a value is there at all is learned like any label.
                match presence {
                    Some(_) => {
                        let kind = SlotKind::Label { labels: vec![fresh::PRESENT.into()], numeric: None };
                        plan.slots.push(Slot { column: fresh::presence_name(column), kind, step: 1 });
                        Output::Given((plan.slots.len() - 1) as u16, Box::new(whole))
                    }
                    None => whole,
                }
            } else {
                let kind = slot_kind(data, &meta_column.sdtype, &holders, name, column, notes);
                plan.slots.push(Slot { column: column.clone(), kind, step: step(data) });
                let at = (plan.slots.len() - 1) as u16;
                // The second number of two, and how it is written.
                for beside in [written::second_name(column), written::form_name(column)] {
                    if let Some(data) = draft.columns[t].get(&beside) {
                        let kind = slot_kind(data, &Sdtype::Categorical, &holders, name, &beside, &mut Vec::new());
                        plan.slots.push(Slot { column: beside, kind, step: 1 });
                    }
                }
                Output::Slot(at)
            }
        });
    }
    plan.when = draft.when[t].as_ref().and_then(|w| plan.slots.iter().position(|s| s.column == *w)).map(|w| w as u16);
    plan
}

/// The column of a parent that a rule says is the same: the address of a customer on the invoice. What is made fresh there
/// is written here, too.
fn copied(draft: &Draft, ways: &[(usize, Vec<Hop>)], table: &str, column: &str) -> Option<Output> {
    let same = draft.metadata.rules.iter().filter(|r| r.enforced).find_map(|r| match &r.kind {
        RuleKind::PathsAgree { table: t, left, right } if t == table && left == column => Some(right),
        RuleKind::PathsAgree { table: t, left, right } if t == table && right == column => Some(left),
        _ => None,
    })?;
    let (key, there) = same.rsplit_once('.')?;
    ways.iter().find_map(|(i, way)| {
        let r = &draft.metadata.relationships[*i];
        let at = draft.metadata.tables[&r.parent].columns.get_index_of(there)?;
        (r.child_key == [key]).then(|| Output::Key(way.clone(), at as u16))
    })
}

fn kept(data: &Column, sdtype: &Sdtype) -> Vec<Option<String>> {
    let format = match sdtype {
        Sdtype::Datetime { format } => format.as_deref(),
        _ => None,
    };
    (0..data.len()).map(|r| crate::output::text_of(data, r, format)).collect()
}

/// Most labels that are read as numbers.
const NUMERIC_LABELS: usize = 128;
/// Minutes between times, where all are so even.
const STEPS: [i64; 6] = [60, 30, 15, 10, 5, 1];
/// Times that show a step.
const STEPPED: usize = 20;

fn slot_kind(
    data: &Column,
    sdtype: &Sdtype,
    holders: &Holders,
    table: &str,
    column: &str,
    notes: &mut Vec<String>,
) -> SlotKind {
    match data {
        Column::Number { decimals, .. } => SlotKind::Number { decimals: *decimals },
        Column::Time { ticks } => SlotKind::Time { clock: crate::time::have_clock(ticks.iter().copied(), sdtype) },
        Column::Text { codes, values } => {
            // Whole numbers in a column of labels are drawn as labels but understood as numbers.
            let parsed = whole_numbers(values);
            if parsed.as_ref().is_some_and(|p| is_a_scale(p)) {
                return SlotKind::Number { decimals: 0 };
            }
            let vocabulary = Vocabulary::fit(codes, values, holders);
            if vocabulary.dropped > 0 {
                notes.push(format!(
                    "{table}.{column}: {} labels held by fewer than {} entities are not learned",
                    vocabulary.dropped, holders.k
                ));
            }
            let numeric = parsed.is_some_and(|p| p.len() > 2 && p.len() <= NUMERIC_LABELS);
            let mut labels = vocabulary.labels;
            if numeric {
                labels.sort_by_key(|l| l.parse::<i64>().unwrap_or(NULL));
            }
            let numbers = labels.iter().filter_map(|l| l.parse().ok()).collect();
            SlotKind::Label { numeric: numeric.then_some(numbers), labels }
        }
    }
}

/// Labels that are all whole numbers, written as a number is.
pub(super) fn whole_numbers(values: &Labels) -> Option<Vec<i64>> {
    values.iter().map(|v| v.parse::<i64>().ok().filter(|n| n.to_string() == *v)).collect()
}

/// The largest of some usual steps that all times of a column lie on; one tick for other columns.
fn step(column: &Column) -> i64 {
    let Column::Time { ticks } = column else { return 1 };
    if ticks.iter().filter(|t| **t != NULL).count() < STEPPED {
        return 1;
    }
    let on = |step: &i64| ticks.iter().all(|t| *t == NULL || t.rem_euclid(*step) == 0);
    STEPS.into_iter().map(|minutes| minutes * 60 * SECOND).find(on).unwrap_or(1)
}

/// Whole numbers without a gap, ten at least: a scale (saturation in percent), not names of things.
fn is_a_scale(numbers: &[i64]) -> bool {
    let (least, most) = (numbers.iter().min(), numbers.iter().max());
    let span = least.zip(most).and_then(|(a, b)| b.checked_sub(*a));
    (10..=NUMERIC_LABELS).contains(&numbers.len()) && span == Some(numbers.len() as i64 - 1)
}

/// Rows in the order of the model: by owner, then time, then by a column that numbers them or as they came.
fn sorted_frames(
    plan: &mut Plan,
    draft: &Draft,
    order: &[usize],
    entities: &[Vec<u32>],
) -> (Vec<Frame>, Vec<Vec<u32>>) {
    let n = draft.rows.len();
    let mut position: Vec<Vec<u32>> = vec![Vec::new(); n];
    let mut sorted: Vec<Vec<u32>> = vec![Vec::new(); n];
    for &t in order {
        let mut rows: Vec<u32> = (0..draft.rows[t] as u32).collect();
        if let Some(o) = draft.owner[t] {
            let when = draft.when[t].as_ref().map(|w| &draft.columns[t][w]);
            let place = |r: u32| match draft.owner_row[t][r as usize] {
                NO_ROW => NO_ROW,
                p => position[o][p as usize],
            };
            // Rows without a time come after those with one.
            let time = |r: u32| when.map_or(0, |w| w.tick(r as usize));
            rows.sort_by_key(|&r| (place(r), time(r) == NULL, time(r), r));
            if when.is_some() {
                super::ties::settle(&mut rows, &draft.columns[t], |r| (place(r), time(r)));
            }
        }
        let mut at = vec![0u32; rows.len()];
        for (i, r) in rows.iter().enumerate() {
            at[*r as usize] = i as u32;
        }
        position[t] = at;
        sorted[t] = rows;
    }
    for (t, sorted) in sorted.iter().enumerate() {
        for output in &mut plan.tables[t].output {
            if let Output::Group(_, codes) = output {
                *codes = sorted.iter().map(|r| codes[*r as usize]).collect();
            }
        }
    }
    let frames = (0..n).map(|t| frame_of(&plan.tables[t], t, draft, &sorted[t], &position, plan)).collect();
    let entities = (0..n).map(|t| sorted[t].iter().map(|r| entities[t][*r as usize]).collect()).collect();
    (frames, entities)
}

fn frame_of(table: &TablePlan, t: usize, draft: &Draft, sorted: &[u32], position: &[Vec<u32>], plan: &Plan) -> Frame {
    let mut frame = Frame::new(table.slots.len(), table.links.len(), 0);
    frame.rows = sorted.len();
    for (s, slot) in table.slots.iter().enumerate() {
        let column = &draft.columns[t][&slot.column];
        frame.values[s] = match (column, &slot.kind) {
            (Column::Text { codes, values }, SlotKind::Label { labels, .. }) => {
                // A slot of presence has its one label in any case.
                let map = Vocabulary { labels: labels.clone(), dropped: 0 }.recode(values);
                // Pooled labels stand behind the last code.
                let pooled = labels.len() as i64;
                let of = |c: u32| if c == NO_CODE { NULL } else { map[c as usize].map_or(pooled, i64::from) };
                sorted.iter().map(|r| of(codes[*r as usize])).collect()
            }
            (Column::Text { codes, values }, SlotKind::Number { .. }) => {
                let number = |c: u32| values.get_index(c as usize).and_then(|v| v.parse().ok()).unwrap_or(NULL);
                sorted.iter().map(|r| number(codes[*r as usize])).collect()
            }
            _ => sorted.iter().map(|r| column.tick(*r as usize)).collect(),
        };
    }
    let moved = |rows: &[u32], to: usize| -> Vec<u32> {
        sorted
            .iter()
            .map(|r| rows[*r as usize])
            .map(|p| if p == NO_ROW { p } else { position[to][p as usize] })
            .collect()
    };
    frame.owner = match draft.owner[t] {
        Some(o) => moved(&draft.owner_row[t], o),
        None => vec![NO_ROW; sorted.len()],
    };
    for (i, link) in table.links.iter().enumerate() {
        frame.links[i] = moved(&draft.parent_row[usize::from(link.relationship)], usize::from(link.target));
    }
    if let Some(o) = draft.owner[t] {
        frame.first = firsts(&frame.owner, draft.rows[o]);
    }
    if plan.tables[t].origin != Origin::Drawn {
        frame.template = (0..sorted.len() as u32).collect();
    }
    frame
}

/// First row of each of `owners` owner rows, in rows sorted by owner, and the end.
pub(crate) fn firsts(owner: &[u32], owners: usize) -> Vec<u32> {
    let mut first = vec![0u32; owners + 1];
    for o in owner.iter().filter(|o| **o != NO_ROW) {
        first[*o as usize + 1] += 1;
    }
    for i in 0..owners {
        first[i + 1] += first[i];
    }
    first
}

/// The owner that metadata declares for a table, as the relationship that carries it.
pub(super) fn declared_key(metadata: &Metadata, table: &str) -> Option<usize> {
    match &metadata.tables[table].owner {
        Owner::Key(columns) => metadata.relationships.iter().position(|r| r.child == table && r.child_key == *columns),
        _ => None,
    }
}
