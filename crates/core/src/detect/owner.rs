//! Who owns a table: the one relationship that decides how many rows a parent has.

use super::inferred::{self, owned_by};
use super::view::{Groups, View, spread};
use super::{Reason, names, order};
use crate::encode::MIN_SUPPORT;
use crate::metadata::{Metadata, Owner, Relationship};
use crate::{Dataset, math};

/// One foreign key that could own its table.
struct Candidate {
    /// Index into the relationships.
    index: usize,
    /// Column position of the key, to break ties.
    position: usize,
    score: f64,
    /// Share of rows without the key.
    missing: f64,
    /// Parents, and rows of each in the mean.
    parents: usize,
    each: f64,
    /// How much the times of the table differ within one parent; None without times.
    spread: Option<f64>,
    why: String,
}

/// Homes from which a few people each make a table of homes, and people of one in the mean at most.
const HOMES: usize = 100;
const AT_HOME: f64 = 10.0;

/// Parents from which a table is theirs: nothing may stand for fewer than five, and both ends of a scale are theirs.
const ENTITIES: usize = 2 * MIN_SUPPORT;

impl Candidate {
    /// Whether the parents may be households, each with a few people of its own.
    fn is_home(&self) -> bool {
        self.parents >= HOMES && self.each <= AT_HOME
    }
}

/// The owner of a table, and why. Owners that are declared for other tables are respected: none is chosen that
/// would close a circle.
///
/// The finest parent owns: a row of a table with many rows rather than one of a few that others are sorted by;
/// people before wards; an admission before its patient, when both keys agree; never a parent whose rows all have
/// one time; an inferred parent before all others.
pub fn choose_owner(metadata: &Metadata, tables: &Dataset, table: &str) -> (Owner, String) {
    let view = View::new(tables);
    choose(&view, metadata, table).0
}

/// The owner with its reason, and how sure it is.
fn choose(view: &View, metadata: &Metadata, table: &str) -> ((Owner, String), f64) {
    let nobody = |why: &str| ((Owner::Nobody, why.to_owned()), f64::NEG_INFINITY);
    let Some(meta) = metadata.tables.get(table) else { return nobody("no such table") };
    if meta.reference {
        return nobody("kept as it is");
    }
    if metadata.parents_of(table).next().is_none() {
        return nobody("it has no foreign key, so its rows are entities");
    }
    if let Some((owner, why)) = inferred::find(view, metadata, table) {
        return ((owner, why), f64::INFINITY);
    }
    let ranked = rank(view, metadata, table);
    let Some(best) = ranked.first() else {
        return nobody(
            "no foreign key can own it: they point to itself, to tables kept as they are, or are mostly missing",
        );
    };
    let r = &metadata.relationships[best.index];
    let at_home = r.child_key.iter().any(|k| meta.primary_key.contains(k)) || best.is_home();
    let worker = names::is_workers(table);
    let of_people = names::is_people(&r.parent) || worker && names::is_workers(&r.parent);
    if (worker || names::is_people(table)) && !of_people && !at_home {
        return nobody("a table of people, whose rows are entities");
    }
    if best.parents < ENTITIES && best.each > 1.0 {
        return nobody("its parents are too few to be entities, so its rows are");
    }
    let mut why = best.why.clone();
    if let Some(second) = ranked.get(1) {
        let other = &metadata.relationships[second.index];
        why.push_str(&format!("; before {} ({})", other.child_key.join(" + "), second.why));
    }
    ((Owner::Key(r.child_key.clone()), why), best.score)
}

/// Decides every owner that is `Auto` and every order that is open, and says why.
///
/// Tables are decided from the surest on, so that a circle of keys breaks where least is lost.
pub fn settle(metadata: &mut Metadata, tables: &Dataset) -> Vec<Reason> {
    let view = View::new(tables);
    let mut reasons = Vec::new();
    let mut open: Vec<String> =
        metadata.tables.iter().filter(|(_, t)| t.owner == Owner::Auto).map(|(n, _)| n.clone()).collect();
    let sure: Vec<f64> = open.iter().map(|t| choose(&view, metadata, t).1).collect();
    let mut by_score: Vec<usize> = (0..open.len()).collect();
    by_score.sort_by(|a, b| sure[*b].total_cmp(&sure[*a]).then(a.cmp(b)));
    for i in by_score {
        let table = std::mem::take(&mut open[i]);
        let ((owner, why), _) = choose(&view, metadata, &table);
        let what = match &owner {
            Owner::Key(k) => {
                let parent = metadata.parents_of(&table).find(|r| &r.child_key == k).map_or("", |r| r.parent.as_str());
                format!("owned by {parent} through {}", k.join(" + "))
            }
            Owner::Inferred { table, start, end, time, .. } => {
                format!("owned by {table}, inferred: {time} lies in {start} .. {end}")
            }
            Owner::Nobody | Owner::Auto => "owned by nobody".into(),
        };
        reasons.push(Reason::new(&table, None, what, why));
        metadata.tables[&table].owner = owner;
    }
    for table in metadata.tables.keys().cloned().collect::<Vec<_>>() {
        let meta = &metadata.tables[&table];
        if meta.order.is_some() || matches!(meta.owner, Owner::Nobody | Owner::Auto) {
            continue;
        }
        let (order, why) = order::choose(&view, metadata, &table);
        let what = order.as_ref().map_or("no order within an owner".into(), |o| format!("ordered by {o}"));
        reasons.push(Reason::new(&table, None, what, why));
        metadata.tables[&table].order = order;
    }
    reasons
}

/// The foreign keys that could own the table, best first.
fn rank(view: &View, metadata: &Metadata, table: &str) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = metadata
        .relationships
        .iter()
        .enumerate()
        .filter(|(_, r)| r.child == table && r.parent != table)
        .filter(|(_, r)| metadata.tables.get(&r.parent).is_some_and(|p| !p.reference))
        .filter(|(_, r)| !owned_by(metadata, &r.parent, table))
        .filter_map(|(i, r)| candidate(view, metadata, i, r))
        .collect();
    let above: Vec<bool> = all
        .iter()
        .map(|b| {
            let finer = |a: &&Candidate| {
                a.index != b.index && a.missing <= b.missing + 0.05 && leads_to(view, metadata, a.index, b.index)
            };
            all.iter().find(finer).is_some()
        })
        .collect();
    // Two keys that lead to each other would leave nobody.
    if above.contains(&false) {
        let mut keep = above.iter().map(|a| !a);
        all.retain(|_| keep.next().unwrap_or(true));
    }
    // A parent whose rows all have one time decides no sequence: the season of a team, not of a player.
    let widest = all.iter().filter_map(|c| c.spread).fold(0.0, f64::max);
    for c in all.iter_mut().filter(|c| widest >= 0.3 && c.spread.is_some_and(|s| s < 0.1)) {
        c.score -= 4.0;
        c.why.push_str(", its rows have one time");
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.position.cmp(&b.position)));
    all
}

fn candidate(view: &View, metadata: &Metadata, index: usize, r: &Relationship) -> Option<Candidate> {
    let meta = metadata.tables.get(&r.child)?;
    let groups = view.groups(metadata, &r.child, &r.child_key)?;
    let rows = groups.of_row.len();
    let known = groups.of_row.iter().flatten().count();
    let missing = 1.0 - known as f64 / rows.max(1) as f64;
    if missing > 0.5 {
        return None;
    }
    let position = meta.columns.get_index_of(&r.child_key[0])?;
    let (parents, each) = (groups.count, known as f64 / groups.count.max(1) as f64);
    let mut why = vec![format!("{parents} parents with {each:.1} rows each")];
    let mut score = math::ln(1.0 + groups.count as f64) / std::f64::consts::LN_2 - 20.0 * missing;
    if names::is_people(&r.parent) {
        score += 4.0;
        why.push("people".into());
    } else if names::is_workers(&r.parent) {
        score += 1.0;
    } else if names::is_dimension(&r.parent) {
        score -= 3.0;
        why.push("a lookup table".into());
    }
    if !names::is_people(&r.parent) && metadata.parents_of(&r.parent).any(|up| names::is_people(&up.parent)) {
        score += 3.0;
        why.push("belongs to people".into());
    }
    if is_grouped(&groups) {
        score += 2.0;
        why.push("the rows lie together by it".into());
    }
    if missing > 0.0 {
        why.push(format!("missing in {:.1} % of rows", missing * 100.0));
    }
    let spread = time_spread(view, metadata, &r.child, &groups);
    Some(Candidate { index, position, score, missing, parents, each, spread, why: why.join(", ") })
}

/// The rows of one parent follow each other, as an export by parent has them.
fn is_grouped(groups: &Groups) -> bool {
    let runs = 1 + groups.of_row.windows(2).filter(|w| w[0] != w[1]).count();
    runs * 20 <= groups.count * 21 && groups.of_row.len() * 5 > groups.count * 6
}

/// How much the declared order, or else the best time, differs within one parent.
fn time_spread(view: &View, metadata: &Metadata, table: &str, groups: &Groups) -> Option<f64> {
    if let Some(order) = &metadata.tables.get(table)?.order {
        return spread(groups, view.column(metadata, table, order)?.as_ref());
    }
    let meta = metadata.tables.get(table)?;
    let all = Groups { of_row: vec![Some(0); groups.of_row.len()], count: 1 };
    // Times that order the table as a whole; what they are worth within this parent is the question.
    let times = order::candidates(view, metadata, table, &all, 0.0);
    let of = |name: &str| {
        meta.columns
            .contains_key(name)
            .then(|| view.column(metadata, table, name))
            .flatten()
            .and_then(|c| spread(groups, &c))
    };
    times.iter().filter_map(|(name, ..)| of(name)).reduce(f64::max)
}

/// True when the parent behind key `a` leads on to the parent behind key `b`, and nearly every row agrees.
fn leads_to(view: &View, metadata: &Metadata, a: usize, b: usize) -> bool {
    let (ra, rb) = (&metadata.relationships[a], &metadata.relationships[b]);
    if ra.parent == rb.parent {
        return false;
    }
    let (Some(first), Some(goal)) = (view.parents(metadata, ra), view.parents(metadata, rb)) else { return false };
    let mut paths: Vec<(&str, Vec<Option<usize>>)> = vec![(&ra.parent, first.to_vec())];
    for _ in 0..3 {
        let mut next = Vec::new();
        for (table, rows) in &paths {
            for step in metadata.parents_of(table).filter(|s| s.parent != *table) {
                let Some(up) = view.parents(metadata, step) else { continue };
                let reached: Vec<Option<usize>> = rows.iter().map(|r| r.and_then(|r| up[r])).collect();
                if step.parent == rb.parent && agree(&reached, &goal) {
                    return true;
                }
                next.push((step.parent.as_str(), reached));
            }
        }
        paths = next;
    }
    false
}

/// Equal in 99 of 100 rows that have both, with enough of them.
fn agree(a: &[Option<usize>], b: &[Option<usize>]) -> bool {
    let both = || a.iter().zip(b).filter(|(x, y)| x.is_some() && y.is_some());
    let n = both().count();
    n * 2 >= a.len() && n > 0 && both().filter(|(x, y)| x == y).count() * 100 >= n * 99
}
