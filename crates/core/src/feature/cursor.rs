//! Walks over the rows of a table in order and says what is known at each.
//!
//! A value is computed when it is first asked for and kept for the row, or for all rows of the owner where it cannot
//! change: a walk through a tree asks for few of the features that the tree knows. Those that a linear guess sums up are
//! asked for in every row; of them those that tell of the rows before are worked out when a row is entered.

use super::known::{End, Known, Tick, Way, some, walk};
use super::past::Past;
use super::{Derived, Feature, Part, Stat};
use crate::conditional::Binner;
use crate::dataset::NULL;
use crate::frame::{Frame, NO_ROW, WHICH};
use crate::plan::{Plan, SlotKind};
use crate::time;

/// How often the rows of a table ask for a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// No draw knows it.
    #[default]
    Never,
    /// A tree may come to it.
    Sometimes,
    /// A linear guess sums it up.
    Always,
}

/// Running statistics of one slot, in the order of [`Stat`].
#[derive(Clone, Copy, Debug)]
struct Running {
    n: f64,
    sum: f64,
    stats: [f64; 4],
}

impl Running {
    const EMPTY: Self = Self { n: 0.0, sum: 0.0, stats: [f64::NAN; 4] };

    fn add(&mut self, v: f64) {
        self.n += 1.0;
        self.sum += v;
        let [_, least, most, first] = self.stats;
        let first = if self.n == 1.0 { v } else { first };
        self.stats = [self.sum / self.n, least.min(v), most.max(v), first];
    }

    fn get(&self, stat: Stat) -> f64 {
        self.stats[stat as usize]
    }
}

/// Label codes whose running shares are counted.
pub(super) const SHARES: usize = 6;

/// Places for values that are no features.
pub const SPARE: usize = 8;

/// In place of a value that was not worked out yet: a NaN of its own, that no computation gives.
const ABSENT: f64 = f64::from_bits(0x7ff8_ab5e_2700_0001);

/// In place of a bin.
const NO_BIN: u16 = u16::MAX;

/// What is remembered of one slot.
#[derive(Debug)]
struct Track<'a> {
    slot: usize,
    numeric: Option<&'a [i64]>,
    /// Running statistics, and shares of labels, in each scope.
    runs: [bool; 2],
    shares: [bool; 2],
}

/// The history of one owner, and of the owner's owner, up to the current row; and the features of that row.
pub struct Cursor<'a> {
    table: usize,
    owners: Option<usize>,
    owner: u32,
    above: u32,
    position: usize,
    /// The features, then the spare places, then what is derived.
    features: usize,
    known: Vec<Known<'a>>,
    /// What is known of the row, [`ABSENT`] where it was not asked for yet.
    values: Vec<f64>,
    /// The same of what is known before the row is drawn; which features hold for all rows of the owner, and what the
    /// rows before tell.
    base: Vec<f64>,
    lasting: Vec<bool>,
    past: Past,
    /// The bins of what is known, [`NO_BIN`] where none was asked for yet, and of what holds for all rows of the owner;
    /// empty until the first is asked for.
    bins: Vec<u16>,
    base_bins: Vec<u16>,
    /// Where to find what is looked up once, for an owner or for a row that looks back, and what was found.
    ends: Vec<End>,
    kept: Vec<i64>,
    tracks: Vec<Track<'a>>,
    /// Per slot: own history, then the history above.
    runs: [Vec<Running>; 2],
    shares: [Vec<[f64; SHARES]>; 2],
    seen: [f64; 2],
    /// The history above at a place to come back to.
    mark: Mark,
}

/// The history of an owner's owner.
#[derive(Default)]
struct Mark {
    above: u32,
    runs: Vec<Running>,
    shares: Vec<[f64; SHARES]>,
    seen: f64,
}

impl<'a> Cursor<'a> {
    /// At the start of a table; `asked` says how often each feature will be asked for.
    pub fn new(
        plan: &'a Plan,
        table: usize,
        features: &'a [Feature],
        asked: &dyn Fn(usize) -> Asked,
        derived: &'a [Derived<'a>],
    ) -> Self {
        let slots = &plan.tables[table].slots;
        let mut ends = Vec::new();
        let resolve = |(i, f)| match asked(i) {
            Asked::Never => Known::Never,
            _ => Known::new(plan, table, f, &mut ends).unwrap_or(Known::Never),
        };
        let mut known: Vec<Known> = features.iter().enumerate().map(resolve).collect();
        let mut lasting: Vec<bool> = features.iter().map(|f| f.source.lasts()).collect();
        known.resize_with(features.len() + SPARE, || Known::Never);
        lasting.resize(known.len(), false);
        for d in derived {
            lasting.push(match d {
                Derived::Bin(of, _) => lasting[*of as usize],
                Derived::OfOwner(_) => true,
                Derived::Guess(..) => false,
            });
            known.push(Known::Derived(d));
        }
        let track = |(slot, about): (usize, &'a crate::plan::Slot)| {
            let asks = |scope: usize, share: bool| {
                known.iter().any(|k| match k {
                    Known::Run(s, _, at) => !share && (*s, *at) == (slot, scope),
                    Known::Share(s, _, at) => share && (*s, *at) == (slot, scope),
                    _ => false,
                })
            };
            let numeric = match &about.kind {
                SlotKind::Label { numeric: Some(n), .. } => Some(n.as_slice()),
                _ => None,
            };
            Track { slot, numeric, runs: [asks(0, false), asks(1, false)], shares: [asks(0, true), asks(1, true)] }
        };
        let kept = |t: &Track| t.runs != [false; 2] || t.shares != [false; 2];
        let tracks = slots.iter().enumerate().filter(|s| !s.1.kind.is_time()).map(track).filter(kept).collect();
        let n = slots.len();
        let ends: Vec<End> = ends.into_iter().map(|(_, end)| end).collect();
        Self {
            table,
            owners: plan.tables[table].owner.map(usize::from),
            owner: NO_ROW,
            above: NO_ROW,
            position: 0,
            runs: [vec![Running::EMPTY; n], vec![Running::EMPTY; n]],
            shares: [vec![[0.0; SHARES]; n], vec![[0.0; SHARES]; n]],
            seen: [0.0; 2],
            mark: Mark::default(),
            values: vec![ABSENT; known.len()],
            base: vec![ABSENT; known.len()],
            lasting,
            features: features.len(),
            past: Past::new(features, &known, &ends, asked),
            bins: Vec::new(),
            base_bins: Vec::new(),
            known,
            kept: vec![NULL; ends.len()],
            ends,
            tracks,
        }
    }

    fn reset(&mut self, scope: usize) {
        for t in &self.tracks {
            self.runs[scope][t.slot] = Running::EMPTY;
            self.shares[scope][t.slot] = [0.0; SHARES];
        }
        self.seen[scope] = 0.0;
    }

    /// Moves to a row; rows come in order.
    pub fn enter(&mut self, frames: &[Frame], row: usize) {
        let owner = frames[self.table].owner[row];
        if owner == NO_ROW || owner != self.owner {
            self.owner = owner;
            self.position = 0;
            self.reset(0);
            let above = match self.owners {
                Some(o) if owner != NO_ROW => frames[o].owner[owner as usize],
                _ => NO_ROW,
            };
            if above == NO_ROW || above != self.above {
                self.above = above;
                self.reset(1);
            }
            self.base.fill(ABSENT);
            self.base_bins.fill(NO_BIN);
            for i in 0..self.ends.len() {
                self.kept[i] = self.tick(&self.ends[i], frames, row);
            }
        }
        self.look_back(frames, row);
        self.forget();
    }

    /// Works out what the rows before tell.
    fn look_back(&mut self, frames: &[Frame], row: usize) {
        for i in &self.past.kept {
            self.kept[*i] = self.tick(&self.ends[*i], frames, row);
        }
        let values = &frames[self.table].values;
        for v in &self.past.values {
            let tick = if self.position >= v.back { values[v.slot][row - v.back] } else { NULL };
            self.base[v.feature] = if tick == NULL { f64::NAN } else { tick as f64 };
        }
        for r in &self.past.runs {
            self.base[r.feature] = self.runs[r.scope][r.slot].get(r.stat);
        }
        for s in &self.past.spans {
            self.base[s.feature] = span(self.kept[s.from], self.kept[s.to]);
        }
        for i in 0..self.past.others.len() {
            let feature = self.past.others[i];
            self.base[feature] = self.compute(frames, row, feature);
        }
    }

    /// Forgets what was known about the current row, because its values change.
    pub fn forget(&mut self) {
        self.values.copy_from_slice(&self.base);
        self.bins.copy_from_slice(&self.base_bins);
    }

    /// Forgets which owner was last: the rows of the next are all of its rows, even if it is the same one.
    pub fn restart(&mut self) {
        (self.owner, self.above) = (NO_ROW, NO_ROW);
    }

    /// Notes the place between two owners, to come back to.
    pub fn mark(&mut self) {
        let mark = &mut self.mark;
        (mark.above, mark.seen) = (self.above, self.seen[1]);
        mark.runs.clone_from(&self.runs[1]);
        mark.shares.clone_from(&self.shares[1]);
    }

    /// Back to the place that was noted: the rows of the next owner are all of its rows.
    pub fn back_to_mark(&mut self) {
        let mark = &self.mark;
        (self.owner, self.above, self.seen[1]) = (NO_ROW, mark.above, mark.seen);
        self.runs[1].clone_from(&mark.runs);
        self.shares[1].clone_from(&mark.shares);
    }

    /// Position of the current row among those of its owner.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Takes the finished row into the history.
    pub fn leave(&mut self, frames: &[Frame], row: usize) {
        self.position += 1;
        if self.owner == NO_ROW {
            return;
        }
        self.seen[0] += 1.0;
        self.seen[1] += 1.0;
        for t in &self.tracks {
            let tick = frames[self.table].values[t.slot][row];
            if tick == NULL {
                continue;
            }
            let v = match t.numeric {
                Some(n) => n.get(tick as usize).map_or(f64::NAN, |v| *v as f64),
                None => tick as f64,
            };
            for scope in 0..2 {
                if t.shares[scope] && (0..SHARES as i64).contains(&tick) {
                    self.shares[scope][t.slot][tick as usize] += 1.0;
                }
                if t.runs[scope] && !v.is_nan() {
                    self.runs[scope][t.slot].add(v);
                }
            }
        }
    }

    /// The value of a feature or another place at the current row, NaN when missing.
    #[inline]
    pub fn value(&mut self, frames: &[Frame], row: usize, place: usize) -> f64 {
        self.held(place).unwrap_or_else(|| self.find(frames, row, place))
    }

    /// The same where it was asked for before.
    #[inline]
    pub fn held(&self, place: usize) -> Option<f64> {
        Some(self.values[place]).filter(|v| v.to_bits() != ABSENT.to_bits())
    }

    /// The same where it was not.
    #[inline(never)]
    pub fn find(&mut self, frames: &[Frame], row: usize, place: usize) -> f64 {
        let value = match self.known[place] {
            Known::Derived(derived) => self.derive(frames, row, derived),
            _ => self.compute(frames, row, place),
        };
        self.values[place] = value;
        if self.lasting[place] {
            self.base[place] = value;
        }
        value
    }

    fn derive(&mut self, frames: &[Frame], row: usize, derived: &Derived) -> f64 {
        match derived {
            Derived::Bin(of, binner) => f64::from_bits(1 << binner.bin(self.value(frames, row, *of as usize))),
            Derived::OfOwner(line) => line.guess(|f| self.value(frames, row, usize::from(f))),
            Derived::Guess(upon, before, rest) => {
                let start = self.value(frames, row, *upon as usize);
                // What the rows before tell is always there.
                let values = &self.values;
                let start = before.upon(start, |f| values[usize::from(f)]);
                rest.upon(start, |f| self.value(frames, row, usize::from(f)))
            }
        }
    }

    /// The bin of a feature at the current row.
    pub fn bin(&mut self, frames: &[Frame], row: usize, feature: usize, binners: &[Binner]) -> u8 {
        if self.bins.is_empty() {
            self.bins = vec![NO_BIN; self.known.len()];
            self.base_bins = self.bins.clone();
        }
        if self.bins[feature] == NO_BIN {
            let value = self.value(frames, row, feature);
            let bin = u16::from(binners[feature].bin(value));
            self.bins[feature] = bin;
            if self.lasting[feature] {
                self.base_bins[feature] = bin;
            }
        }
        self.bins[feature] as u8
    }

    /// Sets one of the spare places behind the features.
    pub fn set_spare(&mut self, place: usize, value: f64) {
        self.values[self.features + place] = value;
    }

    #[inline]
    fn about(&self, tick: &Tick, frames: &[Frame], row: usize) -> i64 {
        match tick {
            Tick::Here(end) => self.tick(end, frames, row),
            Tick::Kept(at) => self.kept[*at],
        }
    }

    /// The row at the end of a way.
    #[inline(always)]
    fn row(&self, end: &End, frames: &[Frame], row: usize) -> Option<usize> {
        match &end.way {
            Way::Own => Some(row),
            Way::Owner => some(self.owner),
            Way::Owner2 => some(self.above),
            Way::Back(k) => (self.position >= *k).then(|| row - k),
            Way::Link(l) => some(frames[self.table].links[*l][row]),
            Way::Steps(steps) => walk(steps, frames, row),
        }
    }

    #[inline(always)]
    fn tick(&self, end: &End, frames: &[Frame], row: usize) -> i64 {
        match self.row(end, frames, row) {
            Some(r) if end.slot == usize::from(WHICH) => i64::from(frames[end.table].template[r]),
            Some(r) => frames[end.table].values[end.slot][r],
            None => NULL,
        }
    }

    #[inline(always)]
    fn compute(&self, frames: &[Frame], row: usize, feature: usize) -> f64 {
        match &self.known[feature] {
            Known::Never | Known::Derived(_) => f64::NAN,
            Known::Value(e) => match self.tick(e, frames, row) {
                NULL => f64::NAN,
                tick => tick as f64,
            },
            Known::Numeric(e, n) => match self.tick(e, frames, row) {
                NULL => f64::NAN,
                tick => n.get(tick as usize).map_or(f64::NAN, |v| *v as f64),
            },
            Known::Part(e, part) => part_of(self.tick(e, frames, row), *part),
            Known::Span(a, b) => span(self.about(a, frames, row), self.about(b, frames, row)),
            Known::Until(a, b) => match self.about(a, frames, row) {
                NULL => f64::NAN,
                number => part_of(self.about(b, frames, row), Part::Year) - number as f64,
            },
            Known::Summary(e) => self.row(e, frames, row).map_or(f64::NAN, |r| frames[e.table].summaries[e.slot][r]),
            Known::Run(slot, stat, scope) => self.runs[*scope][*slot].get(*stat),
            Known::Share(slot, code, scope) => {
                let seen = self.seen[*scope];
                if seen > 0.0 { self.shares[*scope][*slot][*code] / seen } else { f64::NAN }
            }
            Known::Which(e, ranks) => match self.row(e, frames, row) {
                Some(r) => {
                    let which = frames[e.table].template[r];
                    ranks.get(which as usize).map_or(f64::from(which), |r| f64::from(*r))
                }
                None => f64::NAN,
            },
            Known::Position => self.position as f64,
            Known::Remaining(o, i) => self.remaining(frames, *o, *i),
            Known::Pace(a, b, o, i) => {
                let left = span(self.about(a, frames, row), self.about(b, frames, row));
                left / self.remaining(frames, *o, *i).max(1.0)
            }
            Known::Stayed(l) => {
                let links = &frames[self.table].links[*l];
                if self.position < 2 {
                    return f64::NAN;
                }
                f64::from(u8::from(links[row - 1] == links[row - 2]))
            }
        }
    }

    fn remaining(&self, frames: &[Frame], o: usize, i: usize) -> f64 {
        some(self.owner).map_or(f64::NAN, |p| frames[o].summaries[i][p] - self.position as f64)
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
