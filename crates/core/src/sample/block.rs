//! One block: every table in turn, owners before what they own.

use super::Sampler;
use super::again::is_traceless;
use super::candidates::{Candidates, can_choose};
use super::law::CountLaw;
use super::link::Targets;
use super::place::Moving;
use super::row::{RowDrawer, TRIES};
use crate::frame::{Frame, NO_ROW};
use crate::plan::Origin;
use crate::rng::{Stream, name};
use crate::time::SECOND;

/// Sequences that are drawn for one owner before a row is cut short to find room.
pub(super) const PLANS: u64 = 3;

pub(super) struct Block<'a> {
    pub(super) sampler: &'a Sampler<'a>,
    block: u64,
    pub(super) frames: Vec<Frame>,
}

/// How many rows one owner was to have, and how many of them found no room.
#[derive(Clone, Copy)]
pub(super) struct Sequence {
    pub(super) planned: u64,
    pub(super) lost: u64,
    /// Of these the rows that stand there without values, because their owner must have one.
    pub(super) blank: u64,
}

/// Rows of one owner at most: a guard against a hostile model.
const LONGEST: i64 = 10_000_000;

impl<'a> Block<'a> {
    pub fn new(sampler: &'a Sampler<'a>, block: u64) -> Self {
        let plan = &sampler.model.plan;
        let frames = plan.tables.iter().map(|t| Frame::new(t.slots.len(), t.links.len(), t.summaries.len())).collect();
        Self { sampler, block, frames }
    }

    /// Generates the tables that are needed.
    pub fn run(mut self, needed: &[bool]) -> Vec<Frame> {
        let plan = &self.sampler.model.plan;
        for t in plan.order.iter().map(|t| usize::from(*t)).filter(|t| needed[*t]) {
            // More is a hint too much for a hostile model.
            self.frames[t].reserve(self.sampler.reserved[t].min(1 << 20) as usize);
            match plan.tables[t].origin {
                Origin::Drawn => self.draw(t),
                Origin::Repeated | Origin::Reference => self.repeat(t),
            }
        }
        for t in plan.order.iter().map(|t| usize::from(*t)).filter(|t| needed[*t]) {
            if plan.tables[t].origin == Origin::Drawn && plan.tables[t].links.iter().any(|l| l.deferred) {
                self.deferred(t);
            }
        }
        self.totals(needed);
        self.frames
    }

    /// Rows of a dimension as they were, with new row numbers.
    fn repeat(&mut self, t: usize) {
        let model = self.sampler.model;
        let table = &model.plan.tables[t];
        let template = model.tables[t].template.as_ref().expect("a repeated table has its template");
        let component = (self.block % u64::from(model.components)) as u32;
        let everything = table.origin == Origin::Reference;
        let rows: Vec<u32> = (0..template.component.len() as u32)
            .filter(|r| everything || template.component[*r as usize] == component)
            .collect();
        let moved = |target: usize, old: u32, frames: &[Frame]| match old {
            NO_ROW => NO_ROW,
            old => frames[target].template.binary_search(&old).map_or(NO_ROW, |i| i as u32),
        };
        // Rows that point to rows of their own table look themselves up.
        self.frames[t].template.clone_from(&rows);
        for r in &rows {
            let old = *r as usize;
            let owner = table.owner.map_or(NO_ROW, |o| moved(usize::from(o), template.owner[old], &self.frames));
            let links: Vec<u32> = table
                .links
                .iter()
                .enumerate()
                .map(|(l, link)| moved(usize::from(link.target), template.links[l][old], &self.frames))
                .collect();
            let frame = &mut self.frames[t];
            frame.push(owner);
            let row = frame.rows - 1;
            for (s, v) in template.values.iter().enumerate() {
                frame.values[s][row] = v[old];
            }
            for (l, to) in links.into_iter().enumerate() {
                frame.links[l][row] = to;
            }
        }
        if let Some(o) = table.owner.map(usize::from) {
            self.frames[t].first = crate::plan::firsts(&self.frames[t].owner, self.frames[o].rows);
            crate::feature::summarise_all(&model.plan, &mut self.frames, o, t);
        }
    }

    fn draw(&mut self, t: usize) {
        let model = self.sampler.model;
        let table = &model.plan.tables[t];
        let mut targets = self.targets(t, false);
        let mut drawer = RowDrawer::new(&model.plan, &self.sampler.laws[t], t, None, self.sampler.request.seed);
        let critics: &[_] = if can_choose(model, t) { &model.tables[t].critics } else { &[] };
        let Some(o) = table.owner.map(usize::from) else {
            for at in self.sampler.root_rows(t, self.block) {
                if !critics.is_empty() {
                    let targets = &mut targets;
                    let done =
                        self.likely_row(t, Candidates { drawer: &mut drawer, counter: None, critics, targets, at });
                    self.sampler.count(t, Sequence { planned: 1, lost: u64::from(!done), blank: 0 });
                    continue;
                }
                self.frames[t].push(NO_ROW);
                let row = self.frames[t].rows - 1;
                let done = (0..PLANS).any(|n| drawer.fill(&mut self.frames, row, at, n * TRIES, &mut targets));
                self.sampler.count(t, Sequence { planned: 1, lost: u64::from(!done), blank: 0 });
                if !done {
                    // No room under the rules: a row with nothing in it would break them all.
                    self.frames[t].pop();
                }
            }
            return;
        };
        let counts = self.sampler.laws[o].counts.iter().find(|c| usize::from(c.model.child) == t);
        let least = i64::from(model.tables[o].keep.at_least_one.contains(&(t as u16)));
        let mut counter = counts.map(|c| Counter::new(self.sampler, o, t, c));
        let moving = Moving::new(&model.plan, t, &model.tables[t]);
        drawer.roomy = moving.is_some();
        let tries = if moving.is_some() { 0 } else { PLANS * TRIES };
        let (aim, traceless) = (self.aim(o, t), is_traceless(model, t));
        self.frames[t].first.push(0);
        for p in 0..self.frames[o].rows {
            let from = self.frames[t].rows;
            let at = self.stream_row(o, p);
            if let Some(c) = counter.as_mut() {
                c.enter(&self.frames, p);
            }
            let drawn = if !critics.is_empty() {
                let (counter, targets) = (counter.as_mut(), &mut targets);
                self.likely_rows((t, p), least, Candidates { drawer: &mut drawer, counter, critics, targets, at })
            } else {
                let planned = (self.planned(t, p, least, 0, counter.as_mut(), at), least);
                if aim.is_some() || traceless {
                    drawer.cursor.mark();
                }
                let drawn = self.sequence(&mut drawer, t, p, planned, tries, &mut targets);
                if let Some(aim) = aim {
                    self.approach(&mut drawer, (t, p), planned, tries, aim, drawn)
                } else if drawn.lost > 0 && traceless {
                    self.fuller(&mut drawer, (t, p), planned, tries, &mut targets, drawn)
                } else {
                    drawn
                }
            };
            self.sampler.count(t, drawn);
            let end = self.frames[t].rows;
            if drawer.roomy {
                (from..end).for_each(|row| targets.iter_mut().flatten().for_each(|t| t.remember(&self.frames, row)));
            }
            self.frames[t].first.push(end as u32);
            crate::feature::summarise(&model.plan, &mut self.frames, o, p, t);
            if let Some(c) = counter.as_mut() {
                c.leave(&self.frames, p);
            }
        }
        if let Some(moving) = &moving {
            self.settle(&mut drawer, (t, o), moving, least, &mut targets);
            drawer.roomy = false;
        }
        let orphans = model.tables[t].orphans as f64 * self.sampler.request.scale;
        let cut = |b: u64| (orphans * b as f64 / self.sampler.blocks as f64).round() as u64;
        for _ in cut(self.block)..cut(self.block + 1) {
            self.frames[t].push(NO_ROW);
            let row = self.frames[t].rows - 1;
            let at = self.stream_row(t, row);
            drawer.fill(&mut self.frames, row, at, 0, &mut targets);
        }
        self.end(o, t);
    }

    /// How many rows an owner is to have in a table, for its `turn`-th candidate; noted on its row.
    pub(super) fn planned(
        &mut self,
        t: usize,
        owner: usize,
        least: i64,
        turn: u64,
        counter: Option<&mut Counter>,
        at: u64,
    ) -> i64 {
        let table = &self.sampler.model.plan.tables[t];
        let o = usize::from(table.owner.expect("only rows of owners are counted"));
        let summary = counter.as_ref().map(|c| usize::from(c.count.model.summary));
        let drawn = counter.map_or(0, |c| c.count(&self.frames, owner, at, turn, least));
        let planned = self.counted(o, t, owner, drawn);
        if let Some(summary) = summary {
            self.frames[o].summaries[summary][owner] = planned as f64;
        }
        planned
    }

    /// The rows of one owner in a child table, one after the other; fewer where the rules leave no room for more.
    /// Counted by whoever keeps them.
    pub(super) fn sequence(
        &mut self,
        drawer: &mut RowDrawer,
        t: usize,
        owner: usize,
        (planned, least): (i64, i64),
        tries: u64,
        targets: &mut [Option<Targets>],
    ) -> Sequence {
        let room = self.sampler.most(t).saturating_sub(self.frames[t].rows);
        let mut planned = planned.min(room as i64);
        let (mut j, mut lost, mut blank) = (0, 0, 0);
        while j < planned {
            self.frames[t].push(owner as u32);
            let row = self.frames[t].rows - 1;
            let at = self.stream_row(t, row);
            drawer.must = j < least;
            if !drawer.fill(&mut self.frames, row, at, tries, targets) {
                lost += if drawer.must { 1 } else { (planned - j) as u64 };
                blank += u64::from(drawer.must);
                if !drawer.must {
                    self.frames[t].pop();
                    break;
                }
            }
            j += 1;
            if drawer.law.endings.iter().any(|e| e.is_settled_by(&self.frames, row)) {
                planned = j;
            }
        }
        drawer.must = false;
        Sequence { planned: planned as u64, lost, blank }
    }

    /// Links that had to wait for both tables.
    fn deferred(&mut self, t: usize) {
        let model = self.sampler.model;
        let mut targets = self.targets(t, true);
        let mut drawer = RowDrawer::new(&model.plan, &self.sampler.laws[t], t, None, self.sampler.request.seed);
        for row in 0..self.frames[t].rows {
            let at = self.stream_row(t, row);
            drawer.link_late(&mut self.frames, row, at, &mut targets);
        }
    }

    fn targets(&self, t: usize, deferred: bool) -> Vec<Option<Targets>> {
        let model = self.sampler.model;
        let links = model.plan.tables[t].links.iter().enumerate();
        links
            .map(|(l, link)| {
                (link.deferred == deferred).then(|| Targets::new(self.sampler, &self.frames, t, l, self.block))
            })
            .collect()
    }

    /// The number that names a row's streams: unique over all blocks.
    pub(super) fn stream_row(&self, t: usize, row: usize) -> u64 {
        self.sampler.position(t, self.block, row as u64)
    }
}

/// Draws how many child rows each row of a table has.
pub(super) struct Counter<'a> {
    drawer: RowDrawer<'a>,
    count: &'a CountLaw<'a>,
    purpose: u64,
    seed: u64,
    most: i64,
}

impl<'a> Counter<'a> {
    fn new(sampler: &'a Sampler<'a>, owner: usize, child: usize, count: &'a CountLaw<'a>) -> Self {
        let plan = &sampler.model.plan;
        let seed = sampler.request.seed;
        let drawer = RowDrawer::new(plan, &sampler.laws[owner], owner, Some(&count.known), seed);
        let purpose = name(&[&plan.tables[owner].name, "number of", &plan.tables[child].name]);
        // Nor more than the whole training table had.
        let most = LONGEST.min(sampler.model.tables[child].rows.max(1) as i64);
        Self { drawer, count, purpose, seed, most }
    }

    fn enter(&mut self, frames: &[Frame], row: usize) {
        self.drawer.enter(frames, row);
    }

    fn count(&mut self, frames: &[Frame], row: usize, at: u64, turn: u64, least: i64) -> i64 {
        let mut rng = Stream::new(self.seed, self.purpose.wrapping_add(turn), at);
        let Some((from, to)) = &self.count.model.per else {
            let bounds = (least, self.most.max(least));
            return self.drawer.number(frames, row, &self.count.law, bounds, &mut rng).unwrap_or(least);
        };
        let span = self.drawer.span(frames, row, from, to);
        match self.drawer.number_or_none(frames, row, &self.count.law, least == 0, &mut rng) {
            // Rounded, so that a stay of three and a half paces has three or four.
            Some(each) => (span / SECOND).saturating_add(each / 2).div_euclid(each.max(1)).clamp(1, self.most),
            None => least,
        }
    }

    fn leave(&mut self, frames: &[Frame], row: usize) {
        self.drawer.leave(frames, row);
    }
}
