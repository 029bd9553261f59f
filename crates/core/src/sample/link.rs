//! Chooses the target of a link: stay, kin, or a profile and then one target of it, by popularity.
//!
//! Rows of a dimension that share a profile are dealt from shuffled decks in which each stands as often as it is popular,
//! so that the number of rows per target comes out right and not only its mean. Targets that were drawn have a popularity
//! of their own: a profile is the likelier the more of it is left (`stock.rs`).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::Sampler;
use super::interval::Intervals;
use super::law::Law;
use super::row::RowDrawer;
use super::stock::Stock;
use crate::dataset::NULL;
use crate::frame::{Frame, Hop, NO_ROW, Ref, WHICH};
use crate::model::{Capacity, Coder, Drawn, Restriction, TableModel, UniqueItem};
use crate::plan::{Agreement, Origin, Plan, SlotKind};
use crate::rng::{Stream, name};
use crate::time::years_between;

/// The targets of one link in one block.
pub(super) struct Targets {
    table: usize,
    link: usize,
    target: usize,
    once: bool,
    /// Targets that share what must agree.
    groups: Vec<Group>,
    /// The group of each value of what must agree.
    by_key: HashMap<Vec<i64>, usize>,
    /// What must agree for the row before, and its group: rows of one owner mostly agree in it.
    last: (Vec<i64>, Option<usize>),
    /// Profile codes of every target row.
    codes: Vec<Vec<u16>>,
    /// Popularity of every target row.
    weight: Vec<u32>,
    /// How often each was chosen afresh so far, where the popularity of each was drawn for it alone.
    used: Option<Vec<u32>>,
    /// The group of each then, and its place there.
    places: Vec<(u32, u32)>,
    /// The target chosen afresh for the row at work.
    fresh: u32,
    /// The last finished row of each target.
    finished: Vec<u32>,
    shuffle: Stream,
    /// Intervals of each target, where there is a capacity.
    open: HashMap<u32, Intervals>,
    /// Targets that have a row already, where each has one at most.
    gone: HashSet<u32>,
}

/// Least odds of a profile whose targets have all been chosen as often as they are popular.
const SPENT: f64 = 0.000_5;

/// Targets that share what must agree, sorted by profile, and the decks of stretches of them.
struct Group {
    rows: Arc<Vec<u32>>,
    decks: BTreeMap<(u32, u32), Deck>,
    stock: Option<Stock>,
}

struct Deck {
    cards: Vec<u32>,
    at: usize,
}

impl Targets {
    pub fn new(sampler: &Sampler, frames: &[Frame], t: usize, l: usize, block: u64) -> Self {
        let (model, plan, seed) = (sampler.model, &sampler.model.plan, sampler.request.seed);
        let link = &plan.tables[t].links[l];
        let target = usize::from(link.target);
        let rows = frames[target].rows;
        let mine = &model.tables[t].links[l];
        let codes: Vec<Vec<u16>> = mine
            .profile
            .iter()
            .map(|(r, drawn)| {
                let code = |row: usize| match frames[target].template.get(row) {
                    Some(which) if r.slot == WHICH => mine.identity.get(*which as usize).copied().unwrap_or(u16::MAX),
                    _ => attribute_code(plan, frames, target, row, r, drawn),
                };
                (0..rows).map(code).collect()
            })
            .collect();
        let mut by_key: HashMap<Vec<i64>, usize> = HashMap::new();
        let mut groups: Vec<Vec<u32>> = Vec::new();
        for row in 0..rows {
            let key = link.chosen_by(plan.tables[t].when).map(|a| there(plan, frames, target, row, a)).collect();
            let at = *by_key.entry(key).or_insert(groups.len());
            groups.resize_with(groups.len().max(at + 1), Vec::new);
            groups[at].push(row as u32);
        }
        for g in &mut groups {
            g.sort_by_key(|r| (codes.iter().map(|c| c[*r as usize]).collect::<Vec<_>>(), *r));
        }
        let purpose = name(&[&plan.tables[t].name, "deck", &link.name]);
        let weight = weights(sampler, frames, target, (t, l), purpose, block);
        let drawn = model.plan.tables[target].origin == Origin::Drawn;
        let mut places = vec![(0, 0); if drawn { rows } else { 0 }];
        for (g, group) in groups.iter().enumerate().filter(|_| drawn) {
            group.iter().zip(0..).for_each(|(r, at)| places[*r as usize] = (g as u32, at));
        }
        // Rows without an owner have nothing to agree with: they choose among all.
        let mut agreements = link.chosen_by(plan.tables[t].when);
        if let (Some(a), None) = (agreements.next(), agreements.next())
            && a.own.first() == Some(&Hop::Owner)
            && model.tables[t].orphans > 0
            && let std::collections::hash_map::Entry::Vacant(free) = by_key.entry(vec![NULL])
        {
            let mut all: Vec<u32> = (0..rows as u32).collect();
            all.sort_by_key(|r| (codes.iter().map(|c| c[*r as usize]).collect::<Vec<_>>(), *r));
            free.insert(groups.len());
            groups.push(all);
        }
        let stock = |g: &Vec<u32>| drawn.then(|| Stock::new(g.iter().map(|r| weight[*r as usize])));
        let group = |g: Vec<u32>| Group { stock: stock(&g), rows: Arc::new(g), decks: BTreeMap::new() };
        Self {
            table: t,
            link: l,
            target,
            once: link.once,
            groups: groups.into_iter().map(group).collect(),
            by_key,
            last: (Vec::new(), None),
            codes,
            used: drawn.then(|| vec![0; rows]),
            places,
            weight,
            fresh: NO_ROW,
            finished: vec![NO_ROW; rows],
            shuffle: Stream::new(seed, purpose, block),
            open: HashMap::new(),
            gone: HashSet::new(),
        }
    }

    /// Leaves the link of a row out; a choice of an earlier try counts no more.
    pub fn skip(&mut self, frames: &mut [Frame], row: usize) {
        frames[self.table].links[self.link][row] = NO_ROW;
        self.fresh = NO_ROW;
    }

    /// Sets the link of a row. False when no target is allowed.
    pub fn choose(&mut self, d: &mut RowDrawer, frames: &mut [Frame], row: usize, rng: &mut Stream) -> bool {
        let (t, l) = (d.table, self.link);
        let law = &d.law.links[l];
        self.fresh = NO_ROW;
        let flag = |d: &mut RowDrawer, frames: &[Frame], law: &Law, rng: &mut Stream| {
            d.code(frames, row, law, &[], None, rng) == Some(1)
        };
        if law.null.as_ref().is_some_and(|law| flag(d, frames, law, rng)) {
            return true;
        }
        let Some(key) = self.group(d.plan, frames, row) else { return false };
        let group = Arc::clone(&self.groups[key].rows);
        let rules = if law.is_ruled { Rules::new(d, l, frames, row) } else { Rules::default() };
        let allowed = |r: u32| rules.allow(self, d.plan, frames, r);
        let before = (d.place() > 0).then(|| frames[t].links[l][row - 1]).filter(|b| *b != NO_ROW);
        let mut exclude = NO_ROW;
        let mut kin = None;
        if let Some(b) = before {
            if let Some(same) = &law.same {
                let possible = group.contains(&b) && allowed(b);
                if possible && flag(d, frames, same, rng) {
                    frames[t].links[l][row] = b;
                    return true;
                }
                exclude = b;
            }
            if let Some(law) = &law.kin {
                let owner = frames[self.target].owner[b as usize];
                let wanted = flag(d, frames, law, rng);
                kin = Some((owner, wanted));
            }
        }
        // Only what the rules, the kinship and staying leave; each wish is dropped before the row is.
        let filtered = |with_kin: bool, with_exclude: bool| -> Arc<Vec<u32>> {
            let fits = |r: &u32| {
                let related = kin.is_none_or(|(o, w)| !with_kin || (frames[self.target].owner[*r as usize] == o) == w);
                related && (!with_exclude || *r != exclude) && allowed(*r)
            };
            Arc::new(group.iter().copied().filter(fits).collect())
        };
        let plain = rules.is_empty() && kin.is_none() && exclude == NO_ROW;
        let mut pool = if plain { Arc::clone(&group) } else { filtered(true, true) };
        if pool.is_empty() {
            pool = filtered(false, true);
        }
        if pool.is_empty() {
            pool = filtered(false, false);
        }
        if pool.is_empty() {
            // All targets have their one row, or no try found one that the rules allow: there is nothing to point to.
            return (rules.once || d.loose) && law.null.is_some();
        }
        let (mut from, mut to) = (0, pool.len());
        let stock = self.groups[key].stock.as_ref().filter(|_| plain);
        let left = if plain { None } else { self.left(&pool) };
        for (j, law) in law.profile.iter().enumerate() {
            if to - from <= 1 {
                break;
            }
            // Any row of the pool stands for what its members share so far.
            frames[t].links[l][row] = pool[from];
            let codes = &self.codes[j];
            let at = |c: u16| {
                let a = from + pool[from..to].partition_point(|r| codes[*r as usize] < c);
                let b = from + pool[from..to].partition_point(|r| codes[*r as usize] <= c);
                (a, b)
            };
            let mut weigh = |c: u16| match (at(c), &left) {
                ((a, b), _) if a == b => 0.0,
                ((a, b), None) if stock.is_some() => stock.map_or(1.0, |s| s.share(a, b)).max(SPENT),
                ((a, b), Some(left)) => {
                    let popular: u64 = pool[a..b].iter().map(|r| u64::from(self.weight[*r as usize])).sum();
                    (left[a..b].iter().sum::<f64>() / (popular as f64).max(1.0)).clamp(SPENT, 1.0)
                }
                _ => 1.0,
            };
            let drawn_code = d.code(frames, row, law, &[], Some(&mut weigh), rng);
            if let Some(c) = drawn_code {
                let (a, b) = at(c);
                let is_left = |a: usize, b: usize| match (&left, stock) {
                    (Some(left), _) => left[a..b].iter().any(|l| *l > 0.0),
                    (None, Some(stock)) => stock.share(a, b) > 0.0,
                    (None, None) => true,
                };
                // A profile that only few of the targets have would be theirs alone.
                if !is_left(a, b) && is_left(from, to) {
                    break;
                }
                (from, to) = (a, b);
            } else {
                // The profile was never seen: any target that is allowed.
                let r = pool[from + rng.below((to - from) as u64) as usize];
                (from, to) = at(codes[r as usize]);
            }
        }
        let chosen = if let Some(stock) = stock {
            pool[stock.pick(from, to, rng)]
        } else if plain {
            self.deal(key, &pool, from, to)
        } else {
            let popular = || pool[from..to].iter().map(|r| f64::from(self.weight[*r as usize])).collect();
            let weights: Vec<f64> = match left {
                Some(left) if left[from..to].iter().any(|w| *w > 0.0) => left[from..to].to_vec(),
                _ => popular(),
            };
            let i = rng.weighted(&weights).unwrap_or_else(|| rng.below((to - from) as u64) as usize);
            pool[from + i]
        };
        frames[t].links[l][row] = chosen;
        self.fresh = chosen;
        true
    }

    /// How often each of these may still be chosen before all have been as often as they are popular.
    fn left(&self, pool: &[u32]) -> Option<Vec<f64>> {
        let used = self.used.as_ref()?;
        let of = |r: &u32| (self.weight[*r as usize], used[*r as usize]);
        let laps = pool.iter().map(of).filter(|(w, _)| *w > 0).map(|(w, u)| u / w).min().unwrap_or(0);
        Some(pool.iter().map(of).map(|(w, u)| f64::from(w.saturating_mul(laps + 1).saturating_sub(u))).collect())
    }

    /// The group of targets that agree with a row.
    fn group(&mut self, plan: &Plan, frames: &[Frame], row: usize) -> Option<usize> {
        let table = &plan.tables[self.table];
        let agreements = || table.links[self.link].chosen_by(table.when);
        let key = |a: &Agreement| here(plan, frames, self.table, row, a);
        let same = self.last.1.is_some() && agreements().zip(&self.last.0).all(|(a, last)| key(a) == *last);
        if !same {
            let key: Vec<i64> = agreements().map(key).collect();
            let at = self.by_key.get(&key).copied();
            self.last = (key, at);
        }
        self.last.1
    }

    /// The next card of the deck of these targets.
    fn deal(&mut self, group: usize, pool: &[u32], from: usize, to: usize) -> u32 {
        if to - from == 1 {
            return pool[from];
        }
        let deck = self.groups[group].decks.entry((from as u32, to as u32)).or_insert_with(|| {
            let mut cards: Vec<u32> = pool[from..to]
                .iter()
                .flat_map(|r| std::iter::repeat_n(*r, self.weight[*r as usize] as usize))
                .collect();
            if cards.is_empty() {
                cards = pool[from..to].to_vec();
            }
            Deck { at: cards.len(), cards }
        });
        if deck.at == deck.cards.len() {
            self.shuffle.shuffle(&mut deck.cards);
            deck.at = 0;
        }
        deck.at += 1;
        deck.cards[deck.at - 1]
    }

    /// Says which row had the target of this one before.
    pub fn meet(&self, frames: &mut [Frame], row: usize) {
        let frame = &mut frames[self.table];
        frame.peers[self.link][row] =
            self.finished.get(frame.links[self.link][row] as usize).copied().unwrap_or(NO_ROW);
    }

    /// Takes over new numbers of the rows.
    pub fn renumber(&mut self, now: &[u32]) {
        self.finished.iter_mut().for_each(|row| *row = now.get(*row as usize).copied().unwrap_or(NO_ROW));
    }

    /// Counts the choice of a drawn row.
    pub fn chosen(&mut self) {
        let Some(used) = self.used.as_mut() else { return };
        if let Some(n) = used.get_mut(self.fresh as usize) {
            *n += 1;
            let (group, at) = self.places[self.fresh as usize];
            let Group { rows, stock, .. } = &mut self.groups[group as usize];
            if let Some(stock) = stock {
                stock.take(at as usize, |i| used[rows[i] as usize]);
            }
            self.fresh = NO_ROW;
        }
    }

    /// Remembers a row that stays, all but its interval.
    pub fn remember(&mut self, frames: &[Frame], row: usize) {
        let to = frames[self.table].links[self.link][row];
        if to != NO_ROW && self.once {
            self.gone.insert(to);
        }
        if let Some(last) = self.finished.get_mut(to as usize) {
            *last = row as u32;
        }
    }

    /// Takes a finished row back.
    pub fn forget(&mut self, frames: &[Frame], row: usize) {
        let to = frames[self.table].links[self.link][row];
        if let Some(last) = self.finished.get_mut(to as usize).filter(|last| **last == row as u32) {
            *last = NO_ROW;
        }
    }

    /// Remembers the interval of a row.
    pub fn occupy(&mut self, model: &TableModel, frames: &[Frame], row: usize) {
        let Some(c) = model.keep.capacity.as_ref().filter(|c| usize::from(c.link) == self.link) else { return };
        let frame = &frames[self.table];
        let (start, end) = (frame.values[usize::from(c.start)][row], frame.values[usize::from(c.end)][row]);
        let to = frame.links[self.link][row];
        if start != NULL && end != NULL && to != NO_ROW {
            self.open.entry(to).or_default().insert(start, end);
        }
    }

    /// Forgets the interval of a row.
    pub fn give_back(&mut self, model: &TableModel, frames: &[Frame], row: usize) {
        let Some(c) = model.keep.capacity.as_ref().filter(|c| usize::from(c.link) == self.link) else { return };
        let frame = &frames[self.table];
        let [start, end] = [c.start, c.end].map(|s| frame.values[usize::from(s)][row]);
        if let Some(open) = self.open.get_mut(&frame.links[self.link][row]).filter(|_| start != NULL && end != NULL) {
            open.remove(start, end);
        }
    }

    /// True when the target of a finished row is allowed at its times.
    pub fn permits(&self, d: &RowDrawer, frames: &[Frame], row: usize) -> bool {
        let to = frames[self.table].links[self.link][row];
        to == NO_ROW || !restricted(&broken(d, self.link, frames, row), d.plan, frames, self.target, to as usize)
    }

    /// Capacity of a target.
    fn capacity(&self, plan: &Plan, frames: &[Frame], c: &Capacity, to: u32) -> u32 {
        match plan.value(frames, self.target, to as usize, &c.attribute) {
            NULL => u32::MAX,
            code => c.max.get(code as usize).copied().unwrap_or(u32::MAX),
        }
    }

    /// Intervals of a target that are open at a time.
    fn open_at(&self, to: u32, time: i64) -> u32 {
        self.open.get(&to).map_or(0, |open| open.at(time))
    }

    /// True when the chosen target has a place for the whole interval of this row.
    pub fn has_room(&self, plan: &Plan, model: &TableModel, frames: &[Frame], row: usize) -> bool {
        let Some(c) = &model.keep.capacity else { return true };
        let frame = &frames[self.table];
        let (start, end) = (frame.values[usize::from(c.start)][row], frame.values[usize::from(c.end)][row]);
        let to = frame.links[self.link][row];
        let free = to == NO_ROW || start == NULL || self.open_at(to, start) < self.capacity(plan, frames, c, to);
        free && (end == NULL || end <= self.free_before(plan, model, frames, row, end))
    }

    /// The first moment at which the chosen target has no place left for this row.
    pub fn free_until(&self, plan: &Plan, model: &TableModel, frames: &[Frame], row: usize) -> i64 {
        self.free_before(plan, model, frames, row, i64::MAX)
    }

    /// The same; a moment that does not lie before `end` does not count.
    fn free_before(&self, plan: &Plan, model: &TableModel, frames: &[Frame], row: usize, end: i64) -> i64 {
        let Some(c) = &model.keep.capacity else { return i64::MAX };
        let frame = &frames[self.table];
        let (to, from) = (frame.links[self.link][row], frame.values[usize::from(c.start)][row]);
        if to == NO_ROW || from == NULL {
            return i64::MAX;
        }
        let max = self.capacity(plan, frames, c, to);
        let full = self.open.get(&to).and_then(|open| open.starts(from, end).find(|s| open.at(*s) >= max));
        full.unwrap_or(i64::MAX)
    }
}

/// The rules that say which targets a row may have.
#[derive(Default)]
struct Rules<'a> {
    /// Restrictions that are broken by this row if the target has one of the codes.
    forbidden: Vec<&'a Restriction>,
    /// Targets used up by uniqueness.
    used: Vec<i64>,
    /// Capacity and the moment that counts.
    capacity: Option<(&'a Capacity, i64)>,
    /// Only rows of the own table before this one.
    before: Option<u32>,
    /// Every target at most once.
    once: bool,
}

impl<'a> Rules<'a> {
    fn new(d: &RowDrawer<'a>, l: usize, frames: &[Frame], row: usize) -> Self {
        let keep = &d.model.keep;
        let forbidden = broken(d, l, frames, row);
        let item = UniqueItem::Link(l as u8);
        let mut used: Vec<i64> = d.unique_sets(item).flat_map(|set| d.used(frames, row, set, item)).collect();
        let frame = &frames[d.table];
        let [owner, twice] = d.model.links[l].never;
        used.extend(owner.then(|| i64::from(frame.owner[row])));
        if twice {
            used.extend((row - d.place()..row).map(|r| i64::from(frame.links[l][r])));
        }
        let apart = &d.model.links[l].apart;
        used.extend(apart.iter().map(|e| i64::from(frame.links[usize::from(*e)][row])));
        used.extend(d.used_in_table(frames, row, item));
        let link = &d.plan.tables[d.table].links[l];
        let before = link.upward.then_some(row as u32);
        let capacity = keep.capacity.as_ref().filter(|c| usize::from(c.link) == l && !d.roomy).and_then(|c| {
            let start = frames[d.table].values[usize::from(c.start)][row];
            (start != NULL).then_some((c, start))
        });
        Self { forbidden, used, capacity, before, once: link.once }
    }

    fn is_empty(&self) -> bool {
        self.forbidden.is_empty()
            && self.used.is_empty()
            && self.capacity.is_none()
            && self.before.is_none()
            && !self.once
    }

    fn allow(&self, targets: &Targets, plan: &Plan, frames: &[Frame], to: u32) -> bool {
        let row = to as usize;
        let restricted = restricted(&self.forbidden, plan, frames, targets.target, row);
        let full = self
            .capacity
            .as_ref()
            .is_some_and(|(c, at)| targets.open_at(to, *at) >= targets.capacity(plan, frames, c, to));
        let above = self.before.is_none_or(|b| to < b);
        let free = !self.once || !targets.gone.contains(&to);
        above && free && !restricted && !full && !self.used.contains(&i64::from(to))
    }
}

/// The restrictions of a link that a row breaks if its target has one of their codes.
fn broken<'a>(d: &RowDrawer<'a>, l: usize, frames: &[Frame], row: usize) -> Vec<&'a Restriction> {
    let breaks = |r: &&Restriction| {
        let (from, to) = (d.plan.value(frames, d.table, row, &r.from), d.plan.value(frames, d.table, row, &r.to));
        if from == NULL || to == NULL {
            // A time that is drawn later may forbid the target: in the last tries none is taken that it could.
            return d.loose;
        }
        let years = years_between(from, to);
        r.min_years.is_some_and(|m| years < m) || r.below_years.is_some_and(|m| years >= m)
    };
    d.model.keep.restrictions.iter().filter(|r| usize::from(r.link) == l).filter(breaks).collect()
}

/// True when the target has a code of one of these restrictions.
fn restricted(these: &[&Restriction], plan: &Plan, frames: &[Frame], target: usize, row: usize) -> bool {
    these.iter().any(|r| r.codes.contains(&plan.value(frames, target, row, &r.attribute)))
}

/// What must agree, seen from the row.
fn here(plan: &Plan, frames: &[Frame], t: usize, row: usize, a: &Agreement) -> i64 {
    end(plan, frames, t, row, &a.own, a.slots.map(|s| s.0))
}

/// What must agree, seen from the target.
fn there(plan: &Plan, frames: &[Frame], target: usize, row: usize, a: &Agreement) -> i64 {
    end(plan, frames, target, row, &a.target, a.slots.map(|s| s.1))
}

fn end(plan: &Plan, frames: &[Frame], t: usize, row: usize, way: &[Hop], slot: Option<u16>) -> i64 {
    match (plan.walk(frames, t, row, way), slot) {
        (None, _) => NULL,
        (Some((_, r)), None) => r as i64,
        (Some((t, r)), Some(s)) => frames[t].values[usize::from(s)][r],
    }
}

fn attribute_code(plan: &Plan, frames: &[Frame], target: usize, row: usize, r: &Ref, drawn: &Drawn) -> u16 {
    let v = plan.value(frames, target, row, r);
    match (&drawn.coder, plan.kind(target, r)) {
        (Coder::Number(c), _) if v != NULL => c.code(v),
        (Coder::Number(c), _) => c.len() as u16,
        (Coder::Labels(n), Some(SlotKind::Label { .. })) if v != NULL => (v as u16).min(*n),
        (Coder::Labels(n), _) => *n,
        (Coder::Flag, _) => 0,
    }
}

/// How often each target is chosen, relative to the others.
fn weights(
    sampler: &Sampler,
    frames: &[Frame],
    target: usize,
    (t, l): (usize, usize),
    purpose: u64,
    block: u64,
) -> Vec<u32> {
    let (frame, model, seed) = (&frames[target], sampler.model, sampler.request.seed);
    if model.plan.tables[target].origin != Origin::Drawn {
        let chosen = &model.tables[t].links[l].chosen;
        return frame.template.iter().map(|r| chosen.get(*r as usize).copied().unwrap_or(1)).collect();
    }
    let Some(popular) = &sampler.laws[t].links[l].popularity else { return vec![1; frame.rows] };
    let mut drawer = RowDrawer::new(&model.plan, &sampler.laws[target], target, Some(&popular.known), seed);
    (0..frame.rows)
        .map(|row| {
            drawer.enter(frames, row);
            let mut rng = Stream::new(seed, purpose ^ 1, (block << 32) | row as u64);
            let n = drawer.number(frames, row, &popular.law, (0, i64::from(u32::MAX) >> 8), &mut rng).unwrap_or(1);
            drawer.leave(frames, row);
            n as u32
        })
        .collect()
}
