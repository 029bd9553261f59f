//! Times of owners that their last rows settle.

use super::block::Block;
use super::bounds::{ALL, BoundLaw};
use super::row::RowDrawer;
use crate::dataset::NULL;
use crate::frame::Frame;
use crate::model::{Ending, Marginal, last, settled};
use crate::plan::{Plan, SlotKind};
use crate::rng::{Stream, name};
use crate::time::DAY;

impl Ending {
    /// Whether a row of the child settles the owner's time.
    pub(super) fn is_settled_by(&self, frames: &[Frame], row: usize) -> bool {
        frames[usize::from(self.child)].values[usize::from(self.of)][row] != NULL
    }

    /// Whether a row of the child may be: what settles a time has an owner with one, and no row before it is later.
    pub(super) fn suits(&self, plan: &Plan, frames: &[Frame], row: usize) -> bool {
        let c = usize::from(self.child);
        let frame = &frames[c];
        let time = frame.values[usize::from(self.of)][row];
        let (Some(o), owner) = (plan.tables[c].owner, frame.owner[row]) else { return true };
        if time == NULL {
            return true;
        }
        let is_there =
            frames[usize::from(o)].values[usize::from(self.slot)].get(owner as usize).is_some_and(|v| *v != NULL);
        let by = |v: i64| if self.by_day(plan) { v.div_euclid(DAY) } else { v };
        let mut back = (0..=row).rev().take_while(|r| frame.owner[*r] == owner);
        let is_after = |r: usize| {
            let before = self.after.iter().map(|s| frame.values[usize::from(*s)][r]);
            before.filter(|v| *v != NULL).all(|v| by(v) <= by(time))
        };
        is_there && back.all(is_after)
    }

    /// Whether the owner's time is a day.
    fn by_day(&self, plan: &Plan) -> bool {
        let owner = plan.tables[usize::from(self.child)].owner;
        let kind = owner.map(|o| &plan.tables[usize::from(o)].slots[usize::from(self.slot)].kind);
        matches!(kind, Some(SlotKind::Time { clock: false }))
    }
}

impl Marginal {
    fn draw(&self, rng: &mut Stream) -> Option<i64> {
        let code = rng.weighted(&self.weights)?;
        self.coder.draw(code as u16, ALL.0, ALL.1, rng)
    }
}

impl Block<'_> {
    /// Settles the times of owners that wait for a child table, once its rows are there.
    pub(super) fn end(&mut self, o: usize, child: usize) {
        let model = self.sampler.model;
        let plan = &model.plan;
        for ending in model.tables[o].keep.endings.iter().filter(|e| usize::from(e.child) == child) {
            let drawer = RowDrawer::new(plan, &self.sampler.laws[o], o, None, self.sampler.request.seed);
            let bounds: Vec<BoundLaw> = ending.bounds.iter().map(|b| BoundLaw::new(plan, o, b)).collect();
            let slot = usize::from(ending.slot);
            let by_day = ending.by_day(plan);
            let purpose = name(&[&plan.tables[o].name, "end", &plan.tables[o].slots[slot].column]);
            for p in 0..self.frames[o].rows {
                if self.frames[o].values[slot][p] == NULL {
                    continue;
                }
                let rows = &self.frames[child];
                let time = match settled(rows, p, ending.of) {
                    Some(time) if by_day => time - time.rem_euclid(DAY),
                    Some(time) => time,
                    None => {
                        let mut rng = Stream::new(self.sampler.request.seed, purpose, self.stream_row(o, p));
                        let time = match last(rows, p, &ending.after, by_day) {
                            Some(last) => last.saturating_add(ending.gap.draw(&mut rng).unwrap_or(0)),
                            None => ending.alone.draw(&mut rng).unwrap_or(NULL),
                        };
                        let (mut lo, mut hi) = ALL;
                        for b in &bounds {
                            let (low, high) = drawer.bound(&self.frames, p, b);
                            (lo, hi) = (lo.max(low), hi.min(high));
                        }
                        if time == NULL { NULL } else { time.min(hi).max(lo) }
                    }
                };
                self.frames[o].values[slot][p] = time;
            }
        }
    }
}
