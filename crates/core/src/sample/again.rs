//! Draws the rows of one owner again, where what they leave behind can be taken back.
//!
//! A sequence that began too late for all its rows is cut short, and sequences of many rows are so the most often. Drawn again
//! until they fit, they have the beginnings that such sequences have.

use super::block::{Block, PLANS, Sequence};
use super::link::Targets;
use super::row::{RowDrawer, TRIES};
use crate::model::{Decider, Model};
use crate::plan::Origin;

/// Whether nothing but sets of values, which can be taken back, remembers the rows of a table.
pub(super) fn is_traceless(model: &Model, t: usize) -> bool {
    let keep = &model.tables[t].keep;
    let drawn = |target: u16| model.plan.tables[usize::from(target)].origin == Origin::Drawn;
    keep.capacity.is_none()
        && keep.follows.iter().all(|f| !matches!(f.from, Decider::Row(_)))
        && model.plan.tables[t].links.iter().all(|l| l.deferred || !l.once && !drawn(l.target))
}

impl Block<'_> {
    /// Draws the rows of one owner, of which some found no room, until all of them do; the fullest of a few attempts
    /// stays.
    pub(super) fn fuller(
        &mut self,
        drawer: &mut RowDrawer,
        owner: (usize, usize),
        planned: (i64, i64),
        tries: u64,
        targets: &mut [Option<Targets>],
        first: Sequence,
    ) -> Sequence {
        let (mut now, mut at, mut best) = (first, 0, (first.lost, 0));
        for plan in 1..=PLANS {
            (now, at) = (self.again(drawer, owner, planned, tries + plan * TRIES, targets), plan);
            best = best.min((now.lost, plan));
            if now.lost == 0 {
                break;
            }
        }
        if at != best.1 {
            now = self.again(drawer, owner, planned, tries + best.1 * TRIES, targets);
        }
        now
    }

    /// Takes the last rows of a table, which are those of one owner, back and draws them again.
    pub(super) fn again(
        &mut self,
        drawer: &mut RowDrawer,
        (t, owner): (usize, usize),
        planned: (i64, i64),
        tries: u64,
        targets: &mut [Option<Targets>],
    ) -> Sequence {
        let from = *self.frames[t].first.last().unwrap_or(&0) as usize;
        self.take_back(drawer, t, from, targets);
        self.sequence(drawer, t, owner, planned, tries, targets)
    }

    /// Takes the rows of a table from one on back, which are those of one owner.
    pub(super) fn take_back(&mut self, drawer: &mut RowDrawer, t: usize, from: usize, targets: &mut [Option<Targets>]) {
        while self.frames[t].rows > from {
            drawer.forget(&self.frames, self.frames[t].rows - 1, targets);
            self.frames[t].pop();
        }
        drawer.cursor.back_to_mark();
    }
}
