//! Who owns, which keys follow from others, and what a link's target has in common with its row.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::build::{Draft, declared_key, whole_numbers};
use super::input::Columns;
use super::{Agreement, Origin, Plan, SlotKind};
use crate::dataset::{Column, NULL};
use crate::detect;
use crate::frame::{Frame, Hop, NO_ROW};
use crate::linked::as_numbers;
use crate::metadata::{Metadata, Owner};
use crate::rule::RuleKind;
use crate::{Dataset, Error, ErrorKind, Result};

type Owners = (Vec<Option<usize>>, Vec<Option<usize>>, Vec<Vec<u32>>, Vec<Option<String>>);

/// Owner table, owning relationship, owner rows and ordering column of every table.
pub(super) fn owners(
    data: &Dataset,
    metadata: &Metadata,
    number: &HashMap<&str, usize>,
    columns: &Columns,
    rows: &[usize],
    parent_row: &[Vec<u32>],
    notes: &mut Vec<String>,
) -> Result<Owners> {
    let mut metadata = metadata.clone();
    for reason in detect::settle(&mut metadata, data) {
        notes.push(format!("{}: {}, {}", reason.table, reason.what, reason.why));
    }
    let n = rows.len();
    let (mut owner, mut key, mut owner_row, mut when) =
        (vec![None; n], vec![None; n], vec![Vec::new(); n], vec![None; n]);
    for (t, (name, table)) in metadata.tables.iter().enumerate() {
        when[t] = table.order.clone().filter(|w| table.columns.get(w).is_some_and(|c| c.is_modelled()));
        match &table.owner {
            // Kept whole: nobody decides how many rows there are.
            _ if table.reference => {}
            Owner::Key(_) => {
                let r = declared_key(&metadata, name).ok_or_else(|| {
                    Error::new(ErrorKind::Metadata, format!("table {name}: its owner is no foreign key"))
                })?;
                owner[t] = Some(number[metadata.relationships[r].parent.as_str()]);
                key[t] = Some(r);
                owner_row[t] = parent_row[r].clone();
            }
            Owner::Inferred { table: parent, via, time, start, end } => {
                let p = number[parent.as_str()];
                owner[t] = Some(p);
                when[t] = Some(time.clone());
                let shared = |child: &str| {
                    let column = |r: &crate::metadata::Relationship| r.child == child && r.child_key == [via.clone()];
                    metadata.relationships.iter().position(column)
                };
                let (Some(mine), Some(theirs)) = (shared(name), shared(parent)) else {
                    let what = format!("table {name}: {via} is no foreign key of both {name} and {parent}");
                    return Err(Error::new(ErrorKind::Metadata, what));
                };
                owner_row[t] = covering(
                    &columns[t][time],
                    &parent_row[mine],
                    (&columns[p][start], &columns[p][end]),
                    &parent_row[theirs],
                );
                let outside = owner_row[t].iter().filter(|o| **o == NO_ROW).count();
                if outside > 0 {
                    notes.push(format!("{name}: {outside} rows lie inside no row of {parent} and are left out"));
                }
            }
            Owner::Auto | Owner::Nobody => {}
        }
    }
    Ok((owner, key, owner_row, when))
}

/// For each child row the row of the inferred parent with the same key whose interval covers its time.
fn covering(
    time: &crate::Column,
    mine: &[u32],
    interval: (&crate::Column, &crate::Column),
    theirs: &[u32],
) -> Vec<u32> {
    let mut by_key: Vec<(u32, i64, i64, u32)> = theirs
        .iter()
        .enumerate()
        .filter(|(r, k)| **k != NO_ROW && !interval.0.is_null(*r) && !interval.1.is_null(*r))
        .map(|(r, k)| (*k, interval.0.tick(r), interval.1.tick(r), r as u32))
        .collect();
    by_key.sort_unstable();
    mine.iter()
        .enumerate()
        .map(|(r, k)| {
            let t = time.tick(r);
            let from = by_key.partition_point(|e| e.0 < *k);
            let to = by_key.partition_point(|e| (e.0, e.1) <= (*k, t));
            // The latest interval that has started; an earlier longer one may still cover.
            by_key[from..to.max(from)].iter().rev().find(|e| t != NULL && e.2 >= t).map_or(NO_ROW, |e| e.3)
        })
        .collect()
}

/// Foreign keys whose target follows from the owner: the same row reached another way, in every row.
pub(super) fn implied(draft: &mut Draft, number: &HashMap<&str, usize>, deferred: &[bool]) {
    let metadata = draft.metadata;
    for (i, r) in metadata.relationships.iter().enumerate() {
        let (t, target) = (number[r.child.as_str()], number[r.parent.as_str()]);
        if draft.owner_key[t] == Some(i) || draft.owner[t].is_none() || deferred[i] {
            continue;
        }
        let way = upward(draft, number, t, target)
            .into_iter()
            .find(|way| (0..draft.rows[t]).all(|row| follow(draft, number, t, row, way) == draft.parent_row[i][row]));
        draft.implied[i] = way;
    }
}

/// Ways of up to three steps that start at the owner and end at the target table.
fn upward(draft: &Draft, number: &HashMap<&str, usize>, t: usize, target: usize) -> Vec<Vec<Hop>> {
    let mut found = Vec::new();
    let mut open = vec![(vec![Hop::Owner], draft.owner[t])];
    while let Some((way, at)) = open.pop() {
        let Some(at) = at else { continue };
        if at == target {
            found.push(way.clone());
        }
        if way.len() < 3 {
            let mut up = way.clone();
            up.push(Hop::Owner);
            open.push((up, draft.owner[at]));
            for (l, r) in links_of(draft, number, at).into_iter().enumerate() {
                let mut side = way.clone();
                side.push(Hop::Link(l as u8));
                open.push((side, Some(number[draft.metadata.relationships[r].parent.as_str()])));
            }
        }
    }
    found.sort();
    found
}

/// What orders rows is a number: labels that are whole numbers become numbers, other labels order nothing.
pub(super) fn number_order(
    columns: &mut IndexMap<String, Column>,
    when: &mut Option<String>,
    table: &str,
    notes: &mut Vec<String>,
) {
    let Some(name) = when.clone() else { return };
    let Some(column) = columns.get_mut(&name) else { return };
    if !as_whole_numbers(column) {
        notes.push(format!("{table}: {name} holds labels, which order no rows"));
        *when = None;
    }
}

/// What is computed with are numbers: what children come to, and labels with decimals that a formula names (a postage of
/// 0 or 4.95).
pub(super) fn number_operands(
    metadata: &Metadata,
    number: &HashMap<&str, usize>,
    columns: &mut [IndexMap<String, Column>],
) {
    for rule in metadata.rules.iter().filter(|r| r.enforced) {
        let Some(of_table) = number.get(rule.table()).and_then(|t| columns.get_mut(*t)) else { continue };
        match &rule.kind {
            RuleKind::Total { equals, .. } => {
                of_table.get_mut(equals).map(as_whole_numbers);
            }
            RuleKind::Formula { .. } => {
                for name in rule.paths() {
                    let Some(column) = of_table.get_mut(&name) else { continue };
                    let numbers = as_numbers(column).map(std::borrow::Cow::into_owned);
                    if let Some(Column::Number { ticks, decimals: decimals @ 1.. }) = numbers {
                        *column = Column::Number { ticks, decimals };
                    }
                }
            }
            _ => {}
        }
    }
}

/// Makes labels that are whole numbers into numbers; false where they are not.
fn as_whole_numbers(column: &mut Column) -> bool {
    let Column::Text { codes, values } = &*column else { return true };
    let Some(numbers) = whole_numbers(values) else { return false };
    let ticks = codes.iter().map(|c| numbers.get(*c as usize).copied().unwrap_or(NULL)).collect();
    *column = Column::Number { ticks, decimals: 0 };
    true
}

/// Relationships of a table that are links (neither its owner nor implied), in order.
fn links_of(draft: &Draft, number: &HashMap<&str, usize>, t: usize) -> Vec<usize> {
    let all = draft.metadata.relationships.iter().enumerate();
    all.filter(|(i, r)| number[r.child.as_str()] == t && draft.owner_key[t] != Some(*i) && draft.implied[*i].is_none())
        .map(|(i, _)| i)
        .collect()
}

fn follow(draft: &Draft, number: &HashMap<&str, usize>, t: usize, row: usize, way: &[Hop]) -> u32 {
    let (mut t, mut r) = (t, row);
    for h in way {
        let next = match h {
            Hop::Owner => {
                let o = draft.owner_row[t][r];
                t = draft.owner[t].unwrap_or(t);
                o
            }
            Hop::Link(l) => {
                let rel = links_of(draft, number, t)[usize::from(*l)];
                t = number[draft.metadata.relationships[rel].parent.as_str()];
                draft.parent_row[rel][r]
            }
            _ => NO_ROW,
        };
        if next == NO_ROW {
            return NO_ROW;
        }
        r = next as usize;
    }
    r as u32
}

/// Finds what the target of each link shares with its row, in every training row: the same ancestor or value.
pub(super) fn agreements(plan: &mut Plan, frames: &[Frame]) {
    for t in 0..plan.tables.len() {
        for l in 0..plan.tables[t].links.len() {
            let target = usize::from(plan.tables[t].links[l].target);
            let rows: Vec<usize> = (0..frames[t].rows).filter(|r| frames[t].links[l][*r] != NO_ROW).collect();
            if rows.len() < 20 {
                continue;
            }
            let mut found = Vec::new();
            // A row without an owner agrees with whatever its links lead to.
            let is_free = |r: usize| frames[t].owner[r] == NO_ROW;
            let few_free = 2 * rows.iter().filter(|r| is_free(**r)).count() < rows.len();
            let lacks = plan.tables[t].owner.is_some() && few_free && rows.iter().any(|r| is_free(*r));
            for own in ways(plan, t, l) {
                let lacks = lacks && own.first() == Some(&Hop::Owner);
                for there in ways(plan, target, usize::MAX) {
                    let (Some(a), Some(b)) = (plan.table_at(t, &own), plan.table_at(target, &there)) else { continue };
                    if own.is_empty() && b == t && t != target {
                        // The head of a department works in it: the target leads back to the row.
                        let back = |r: &usize| {
                            plan.walk(frames, target, frames[t].links[l][*r] as usize, &there) == Some((t, *r))
                        };
                        if rows.iter().all(back) {
                            found.push(Agreement { own: own.clone(), target: there, slots: None });
                        }
                    } else if own.is_empty() {
                        found.extend(same_values(plan, frames, t, l, &rows, &there, b));
                    } else if a == b && (a != target || !there.is_empty() || lacks) {
                        let same = |r: usize| {
                            let end = plan.walk(frames, t, r, &own);
                            lacks && is_free(r)
                                || end.is_some()
                                    && end == plan.walk(frames, target, frames[t].links[l][r] as usize, &there)
                        };
                        let mut ends = rows.iter().filter_map(|r| plan.walk(frames, t, *r, &own));
                        let first = ends.next();
                        let varies = ends.any(|end| Some(end) != first);
                        if varies && rows.iter().all(|r| same(*r)) {
                            found.push(Agreement { own: own.clone(), target: there, slots: None });
                        }
                    }
                }
            }
            let (copies, chosen) =
                found.into_iter().partition(|a| plan.tables[t].links[l].copied(a, plan.tables[t].when).is_some());
            plan.tables[t].links[l].agreements = [simplest(chosen), first_of(plan, t, l, copies)].concat();
        }
    }
}

/// Finds columns that repeat one of the owner's in every row: the sex of the patient beside each reading.
pub(super) fn inherited(plan: &mut Plan, frames: &mut [Frame]) {
    for t in 0..plan.tables.len() {
        let Some(o) = plan.tables[t].owner.map(usize::from) else { continue };
        if frames[t].rows < HABIT || frames[t].owner.contains(&NO_ROW) || plan.tables[t].origin != Origin::Drawn {
            continue;
        }
        for s in 0..plan.tables[t].slots.len() {
            let equal = (0..plan.tables[o].slots.len()).find(|e| repeats(plan, frames, (t, s), (o, *e)));
            let Some(e) = equal else { continue };
            // Codes of labels are the owner's from now on.
            let kind = plan.tables[o].slots[e].kind.clone();
            let owner = &frames[t].owner;
            frames[t].values[s] = owner.iter().map(|p| frames[o].values[e][*p as usize]).collect();
            plan.tables[t].slots[s].kind = kind;
            plan.tables[t].inherited.push((s as u16, e as u16));
        }
    }
}

/// True when a slot says the same as the owner's in every row, and not the same in all rows.
fn repeats(plan: &Plan, frames: &[Frame], (t, s): (usize, usize), (o, e): (usize, usize)) -> bool {
    let (mine, theirs) = (&plan.tables[t].slots[s].kind, &plan.tables[o].slots[e].kind);
    // From codes of the own labels to codes of the owner's.
    let map: Option<Vec<Option<i64>>> = match (mine, theirs) {
        (SlotKind::Label { labels: a, .. }, SlotKind::Label { labels: b, .. }) => {
            Some(a.iter().map(|l| b.iter().position(|x| x == l).map(|i| i as i64)).collect())
        }
        (a, b) if a == b => None,
        _ => return false,
    };
    let values = &frames[t].values[s];
    let same = |row: usize| {
        let up = frames[o].values[e][frames[t].owner[row] as usize];
        match (&map, values[row]) {
            (_, NULL) => up == NULL,
            // Labels of too few entities stand behind the last one on both sides.
            (Some(m), v) => match usize::try_from(v).ok().and_then(|v| m.get(v)) {
                Some(code) => *code == Some(up),
                None => theirs.labels() <= usize::try_from(up).unwrap_or(0),
            },
            (None, v) => v == up,
        }
    };
    values.iter().any(|v| *v != values[0]) && (0..frames[t].rows).all(same)
}

/// Fewest links that show a habit.
const HABIT: usize = 20;

/// Finds links to the own table that never lead in a circle, and links of which every target has one at most.
pub(super) fn restraints(plan: &mut Plan, frames: &[Frame], metadata: &Metadata, k: usize) {
    for t in 0..plan.tables.len() {
        for l in 0..plan.tables[t].links.len() {
            let link = &plan.tables[t].links[l];
            let r = &metadata.relationships[usize::from(link.relationship)];
            let (target, to) = (usize::from(link.target), &frames[t].links[l]);
            let table = &metadata.tables[&r.child];
            let key = table.primary_key == r.child_key
                || r.child_key.len() == 1 && table.alternate_keys.contains(&r.child_key[0]);
            let mut count = vec![0u32; frames[target].rows];
            to.iter().filter(|p| **p != NO_ROW).for_each(|p| count[*p as usize] += 1);
            let linked = to.iter().filter(|p| **p != NO_ROW).count();
            // Two of so many links to random targets would meet often.
            let meetings = linked as f64 * (linked as f64 - 1.0) / 2.0 / count.len().max(1) as f64;
            let once = key || meetings >= 10.0 && linked >= k.max(HABIT) && count.iter().all(|c| *c <= 1);
            let upward = target == t && link.deferred && linked >= 1 && !circles(to);
            let link = &mut plan.tables[t].links[l];
            (link.once, link.upward) = (once, upward);
        }
    }
}

/// True when following the links from some row comes back to it.
fn circles(to: &[u32]) -> bool {
    // 0 is new, 1 on the present walk, 2 known to end.
    let mut seen = vec![0u8; to.len()];
    for start in 0..to.len() {
        let mut walk = Vec::new();
        let mut row = start;
        while seen[row] == 0 {
            seen[row] = 1;
            walk.push(row);
            if to[row] == NO_ROW {
                break;
            }
            row = to[row] as usize;
        }
        if seen[row] == 1 && to[row] != NO_ROW {
            return true;
        }
        for w in walk {
            seen[w] = 2;
        }
    }
    false
}

/// An agreement on a row says more than one on a value there; the first of each kind is enough.
fn simplest(found: Vec<Agreement>) -> Vec<Agreement> {
    let row = found.iter().find(|a| a.slots.is_none()).cloned();
    let value = found.into_iter().find(|a| a.slots.is_some());
    row.into_iter().chain(value).collect()
}

/// One copy for each own slot. What an earlier link fills already is known when this one is chosen.
fn first_of(plan: &Plan, t: usize, l: usize, copies: Vec<Agreement>) -> Vec<Agreement> {
    let table = &plan.tables[t];
    let mut out: Vec<Agreement> = Vec::new();
    for a in copies {
        let own = a.slots.map(|s| s.0);
        let earlier = table.links[..l].iter().enumerate().find_map(|(e, link)| {
            let same = |b: &&Agreement| own.is_some() && link.copied(b, table.when) == own;
            link.agreements.iter().find(same).map(|b| (e, b))
        });
        let a = match earlier {
            Some((e, b)) => Agreement {
                own: [&[Hop::Link(e as u8)], b.target.as_slice()].concat(),
                slots: b.slots.zip(a.slots).map(|(b, a)| (b.1, a.1)),
                ..a
            },
            None => a,
        };
        let said = |b: &Agreement| b.own == a.own && b.slots.map(|s| s.0) == a.slots.map(|s| s.0);
        if !out.iter().any(said) {
            out.push(a);
        }
    }
    out
}

/// Ways of up to two steps that do not pass the link itself.
fn ways(plan: &Plan, t: usize, without: usize) -> Vec<Vec<Hop>> {
    let mut out = vec![Vec::new()];
    let steps = |t: usize, without: usize| {
        let mut s = Vec::new();
        s.extend(plan.tables[t].owner.map(|_| Hop::Owner));
        s.extend(
            (0..plan.tables[t].links.len())
                .filter(|l| *l < without && !plan.tables[t].links[*l].deferred)
                .map(|l| Hop::Link(l as u8)),
        );
        s
    };
    for a in steps(t, without) {
        out.push(vec![a]);
        if let Some(next) = plan.table_at(t, &[a]) {
            out.extend(steps(next, usize::MAX).into_iter().map(|b| vec![a, b]));
        }
    }
    out
}

/// Own numbers and times that equal one of the target's in every row.
fn same_values(
    plan: &Plan,
    frames: &[Frame],
    t: usize,
    l: usize,
    rows: &[usize],
    there: &[Hop],
    end: usize,
) -> Vec<Agreement> {
    let mut out = Vec::new();
    let target = usize::from(plan.tables[t].links[l].target);
    // A time that orders the rows is drawn before the link, and with no target at that time there would be no row.
    let is_loose = |s: usize| plan.tables[t].when == Some(s as u16) && rows.len() < frames[t].rows;
    for (s, slot) in plan.tables[t].slots.iter().enumerate().filter(|(s, _)| !is_loose(*s)) {
        for (e, other) in plan.tables[end].slots.iter().enumerate() {
            if slot.kind.is_label() || slot.kind != other.kind {
                continue;
            }
            let mine = &frames[t].values[s];
            let varies = rows.iter().any(|r| mine[*r] != mine[rows[0]]);
            let equal = |r: usize| {
                let at = plan.walk(frames, target, frames[t].links[l][r] as usize, there);
                mine[r] != NULL && at.is_some_and(|(_, row)| frames[end].values[e][row] == mine[r])
            };
            if varies && rows.iter().all(|r| equal(*r)) {
                out.push(Agreement { own: Vec::new(), target: there.to_vec(), slots: Some((s as u16, e as u16)) });
            }
        }
    }
    out
}
