//! Draws the rows of one owner several times and keeps a set of them by how likely its critic finds each
//! (sampling-importance resampling).

use super::again::is_traceless;
use super::block::{Block, Counter, PLANS, Sequence};
use super::link::Targets;
use super::place::Moving;
use super::row::{RowDrawer, TRIES};
use crate::critic::{Critic, Family};
use crate::frame::NO_ROW;
use crate::model::{Model, Whole};
use crate::plan::Origin;
use crate::rng::{Stream, name};

/// Candidates.
const CANDIDATES: u64 = 4;
/// By how much, as a logarithm, one may be likelier than another.
const FARTHEST: f64 = 8.0;

/// Whether the rows of one owner of a table can be drawn several times, and nothing else chooses among them.
pub(crate) fn can_choose(model: &Model, t: usize) -> bool {
    let (plan, mine) = (&model.plan, &model.tables[t]);
    let owner = plan.tables[t].owner.map(usize::from);
    let sums = owner.is_some_and(|o| {
        let of = |w: &Whole| matches!(w, Whole::Number(_));
        model.tables[o].keep.totals.iter().any(|total| usize::from(total.child) == t && of(&total.equals))
    });
    plan.tables[t].origin == Origin::Drawn && is_traceless(model, t) && !sums && Moving::new(plan, t, mine).is_none()
}

/// What is needed to draw a candidate.
pub(super) struct Candidates<'a, 'b> {
    pub drawer: &'b mut RowDrawer<'a>,
    pub counter: Option<&'b mut Counter<'a>>,
    pub critics: &'a [Critic],
    pub targets: &'b mut [Option<Targets>],
    /// Number that names the streams of the owner.
    pub at: u64,
}

impl<'a> Block<'a> {
    /// Rows of an owner in a table; at least so many.
    pub(super) fn likely_rows(
        &mut self,
        (t, owner): (usize, usize),
        least: i64,
        mut c: Candidates<'a, '_>,
    ) -> Sequence {
        let from = self.frames[t].rows;
        c.drawer.cursor.mark();
        let (mut logits, mut lost) = (Vec::new(), Vec::new());
        let mut draw = |block: &mut Self, turn: u64| {
            block.take_back(c.drawer, t, from, c.targets);
            let planned = block.planned(t, owner, least, turn, c.counter.as_deref_mut(), c.at);
            block.sequence(c.drawer, t, owner, (planned, least), tries(turn), c.targets)
        };
        for turn in 0..CANDIDATES {
            let drawn = draw(self, turn);
            let rows = from..self.frames[t].rows;
            let family = Family { plan: &self.sampler.model.plan, frames: &self.frames, table: t, single: owner, rows };
            logits.push(logit(c.critics, &family));
            lost.push(drawn.lost);
        }
        draw(self, self.choice(t, c.at, &logits, &lost))
    }

    /// A row of a table without owners; false where there is none.
    pub(super) fn likely_row(&mut self, t: usize, c: Candidates<'a, '_>) -> bool {
        let row = self.frames[t].rows;
        let (mut logits, mut lost) = (Vec::new(), Vec::new());
        let mut draw = |block: &mut Self, turn: u64| {
            block.take_back(c.drawer, t, row, c.targets);
            block.frames[t].push(NO_ROW);
            let done =
                (0..PLANS).any(|n| c.drawer.fill(&mut block.frames, row, c.at, tries(turn) + n * TRIES, c.targets));
            if !done {
                block.frames[t].pop();
            }
            done
        };
        for turn in 0..CANDIDATES {
            let done = draw(self, turn);
            let family = Family {
                plan: &self.sampler.model.plan,
                frames: &self.frames,
                table: t,
                single: row,
                rows: row..row + 1,
            };
            logits.push(if done { logit(c.critics, &family) } else { 0.0 });
            lost.push(u64::from(!done));
        }
        draw(self, self.choice(t, c.at, &logits, &lost))
    }

    /// Of the candidates that lost the fewest rows one, by how likely they are.
    fn choice(&self, t: usize, at: u64, logits: &[f64], lost: &[u64]) -> u64 {
        let fewest = lost.iter().min().copied().unwrap_or(0);
        let best = logits.iter().copied().fold(f64::MIN, f64::max);
        let weight =
            |(l, n): (&f64, &u64)| if *n == fewest { crate::math::exp((l - best).max(-FARTHEST)) } else { 0.0 };
        let weights: Vec<f64> = logits.iter().zip(lost).map(weight).collect();
        let purpose = name(&[&self.sampler.model.plan.tables[t].name, "candidates"]);
        Stream::new(self.sampler.request.seed, purpose, at).weighted(&weights).unwrap_or(0) as u64
    }
}

fn logit(critics: &[Critic], family: &Family) -> f64 {
    critics.iter().map(|c| c.logit(family)).sum()
}

/// The first try of a candidate.
fn tries(turn: u64) -> u64 {
    (1 + turn) * PLANS * TRIES
}
