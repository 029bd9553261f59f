//! Walks over the rows of a table in order and says what is known at each.

use super::summary::number;
use super::{Feature, Kind, Part, Scope, Source, Stat};
use crate::dataset::NULL;
use crate::frame::{Frame, NO_ROW};
use crate::plan::Plan;
use crate::time;

#[derive(Clone, Copy, Debug, Default)]
struct Running {
    n: f64,
    sum: f64,
    least: f64,
    most: f64,
    first: f64,
}

impl Running {
    fn add(&mut self, v: f64) {
        if self.n == 0.0 {
            *self = Self { n: 1.0, sum: v, least: v, most: v, first: v };
        } else {
            self.n += 1.0;
            self.sum += v;
            self.least = self.least.min(v);
            self.most = self.most.max(v);
        }
    }

    fn get(&self, stat: Stat) -> f64 {
        if self.n == 0.0 {
            return f64::NAN;
        }
        match stat {
            Stat::Mean => self.sum / self.n,
            Stat::Least => self.least,
            Stat::Most => self.most,
            Stat::First => self.first,
        }
    }
}

/// Label codes whose running shares are counted.
pub(super) const SHARES: usize = 6;

/// The history of one owner, and of the owner's owner, up to the current row.
#[derive(Clone, Debug)]
pub struct Cursor {
    table: usize,
    owner: u32,
    above: u32,
    position: usize,
    /// Per slot: own history, then the history above.
    runs: [Vec<Running>; 2],
    shares: [Vec<[f64; SHARES]>; 2],
    seen: [f64; 2],
}

impl Cursor {
    /// At the start of a table.
    pub fn new(plan: &Plan, table: usize) -> Self {
        let n = plan.tables[table].slots.len();
        Self {
            table,
            owner: NO_ROW,
            above: NO_ROW,
            position: 0,
            runs: [vec![Running::default(); n], vec![Running::default(); n]],
            shares: [vec![[0.0; SHARES]; n], vec![[0.0; SHARES]; n]],
            seen: [0.0; 2],
        }
    }

    fn reset(&mut self, scope: usize) {
        self.runs[scope].fill(Running::default());
        self.shares[scope].fill([0.0; SHARES]);
        self.seen[scope] = 0.0;
    }

    /// Moves to a row; rows come in order.
    pub fn enter(&mut self, plan: &Plan, frames: &[Frame], row: usize) {
        let owner = frames[self.table].owner[row];
        if owner == NO_ROW || owner != self.owner {
            self.owner = owner;
            self.position = 0;
            self.reset(0);
            let above = match plan.tables[self.table].owner {
                Some(o) if owner != NO_ROW => frames[usize::from(o)].owner[owner as usize],
                _ => NO_ROW,
            };
            if above == NO_ROW || above != self.above {
                self.above = above;
                self.reset(1);
            }
        }
    }

    /// Position of the current row among those of its owner.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Takes the finished row into the history.
    pub fn leave(&mut self, plan: &Plan, frames: &[Frame], row: usize) {
        self.position += 1;
        if self.owner == NO_ROW {
            return;
        }
        for scope in 0..2 {
            self.seen[scope] += 1.0;
        }
        for (s, slot) in plan.tables[self.table].slots.iter().enumerate() {
            let tick = frames[self.table].values[s][row];
            if slot.kind.is_time() || tick == NULL {
                continue;
            }
            let v = number(&slot.kind, tick);
            for scope in 0..2 {
                if slot.kind.is_label() && (tick as usize) < SHARES {
                    self.shares[scope][s][tick as usize] += 1.0;
                }
                if !v.is_nan() {
                    self.runs[scope][s].add(v);
                }
            }
        }
    }

    /// The value of a feature at a row; NaN when missing.
    pub fn value(&self, plan: &Plan, frames: &[Frame], row: usize, feature: &Feature) -> f64 {
        let t = self.table;
        match &feature.source {
            Source::Value(r) => {
                let tick = plan.value(frames, t, row, r);
                if tick == NULL {
                    return f64::NAN;
                }
                match &feature.kind {
                    Kind::Numeric(n) => n.get(tick as usize).map_or(f64::NAN, |v| *v as f64),
                    _ => tick as f64,
                }
            }
            Source::Part(r, part) => part_of(plan.value(frames, t, row, r), *part),
            Source::Span(a, b) => span(plan.value(frames, t, row, a), plan.value(frames, t, row, b)),
            Source::Until(a, b) => match plan.value(frames, t, row, a) {
                NULL => f64::NAN,
                number => part_of(plan.value(frames, t, row, b), Part::Year) - number as f64,
            },
            Source::Summary(way, i) => match plan.walk(frames, t, row, way) {
                Some((t, row)) => frames[t].summaries[usize::from(*i)][row],
                None => f64::NAN,
            },
            Source::Run(slot, stat, scope) => self.runs[index(*scope)][usize::from(*slot)].get(*stat),
            Source::Share(slot, code, scope) => {
                let seen = self.seen[index(*scope)];
                if seen > 0.0 {
                    self.shares[index(*scope)][usize::from(*slot)][usize::from(*code)] / seen
                } else {
                    f64::NAN
                }
            }
            Source::Which(way, ranks) => match plan.walk(frames, t, row, way) {
                Some((t, row)) => {
                    let which = frames[t].template[row];
                    ranks.get(which as usize).map_or(f64::from(which), |r| f64::from(*r))
                }
                None => f64::NAN,
            },
            Source::Position => self.position as f64,
            Source::Remaining(i) => self.remaining(plan, frames, row, *i),
            Source::Pace(a, b, i) => {
                let left = span(plan.value(frames, t, row, a), plan.value(frames, t, row, b));
                left / self.remaining(plan, frames, row, *i).max(1.0)
            }
            Source::Stayed(l) => {
                let links = &frames[t].links[usize::from(*l)];
                let target = |k: usize| (self.position >= k).then(|| links[row - k]);
                match (target(1), target(2)) {
                    (Some(a), Some(b)) => f64::from(u8::from(a == b)),
                    _ => f64::NAN,
                }
            }
        }
    }

    fn remaining(&self, plan: &Plan, frames: &[Frame], row: usize, i: u16) -> f64 {
        match (plan.tables[self.table].owner, frames[self.table].owner[row]) {
            (Some(o), p) if p != NO_ROW => {
                frames[usize::from(o)].summaries[usize::from(i)][p as usize] - self.position as f64
            }
            _ => f64::NAN,
        }
    }
}

fn index(scope: Scope) -> usize {
    match scope {
        Scope::Owner => 0,
        Scope::Above => 1,
    }
}

fn span(from: i64, to: i64) -> f64 {
    if from == NULL || to == NULL { f64::NAN } else { to.wrapping_sub(from) as f64 }
}

fn part_of(t: i64, part: Part) -> f64 {
    if t == NULL {
        return f64::NAN;
    }
    let day = t.div_euclid(time::DAY);
    match part {
        Part::Clock => t.rem_euclid(time::DAY).div_euclid(60 * time::SECOND) as f64,
        // 1970-01-01 was a Thursday.
        Part::Weekday => (day + 3).rem_euclid(7) as f64,
        Part::Month => f64::from(time::civil_from_days(day).1),
        Part::Year => time::civil_from_days(day).0 as f64,
    }
}
