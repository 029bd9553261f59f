//! What tells drawn rows from training rows: the likelihood ratio of one owner's rows, as a boosted classifier has it.
//!
//! A model draws one value after the other, so small errors add up in what the rows of one owner come to. Where several
//! candidates can be drawn, the ratio of training to drawn density says which to keep (sampling-importance resampling:
//! Rubin 1987; a classifier as the ratio: Azadi et al., Discriminator rejection sampling, 2018).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::boost::Ensemble;
use crate::conditional::Binner;
use crate::dataset::NULL;
use crate::feature::number;
use crate::fit::weekday;
use crate::frame::Frame;
use crate::plan::{Plan, SlotKind};
use crate::time::DAY;

/// Labels of a column whose shares are looked at.
pub(crate) const SHARES: usize = 8;

/// A classifier of the rows of one owner, or of a row without an owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Critic {
    /// What it looks at.
    pub facets: Vec<Facet>,
    /// Bins of that.
    pub binners: Vec<Binner>,
    /// The logarithm of how much likelier training rows are than drawn ones, up to a constant.
    pub trees: Ensemble,
}

/// One thing that a critic looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Facet {
    /// Something of the owner, or of the row where it has none.
    Single(What),
    /// How many rows there are.
    Count,
    /// What something of the rows comes to.
    Rows(What, Measure),
    /// How many labels of a slot the rows have.
    Kinds(u16),
    /// Share of the rows with a label.
    Share(u16, u16),
}

/// Something of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The value of a slot.
    Value(u16),
    /// The time of day of a slot.
    Clock(u16),
    /// The day of the week of a slot.
    Weekday(u16),
    /// From one slot to another.
    Span(u16, u16),
    /// From a slot of the owner to one of the row.
    Since(u16, u16),
}

impl What {
    /// The slots of the row that it reads.
    pub(crate) fn slots(self) -> [u16; 2] {
        match self {
            Self::Value(s) | Self::Clock(s) | Self::Weekday(s) | Self::Since(_, s) => [s, s],
            Self::Span(a, b) => [a, b],
        }
    }
}

/// What numbers come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// Mean.
    Mean,
    /// Standard deviation.
    Spread,
    /// Least.
    Least,
    /// Largest.
    Most,
    /// Mean size of the step from one row to the next.
    Step,
}

impl Measure {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Mean, Self::Spread, Self::Least, Self::Most, Self::Step];
}

/// The rows that a critic judges together: an owner with its rows of a table, or one row of a table without owners.
#[derive(Clone, Debug)]
pub(crate) struct Family<'a> {
    pub plan: &'a Plan,
    pub frames: &'a [Frame],
    /// The table of the rows.
    pub table: usize,
    /// The owner's row, or the row itself.
    pub single: usize,
    pub rows: Range<usize>,
}

impl<'a> Family<'a> {
    /// A family of rows that are all there.
    pub fn new(plan: &'a Plan, frames: &'a [Frame], table: usize, single: usize) -> Self {
        let rows = match plan.tables[table].owner {
            Some(_) => frames[table].children(single),
            None => single..single + 1,
        };
        Self { plan, frames, table, single, rows }
    }

    fn of(&self, table: usize, row: usize, slot: u16) -> f64 {
        let slot = usize::from(slot);
        number(&self.plan.tables[table].slots[slot].kind, self.frames[table].values[slot][row])
    }

    fn what(&self, table: usize, row: usize, what: What) -> f64 {
        let tick = |s: u16| self.frames[table].values[usize::from(s)][row];
        let some = |s: u16, f: fn(i64) -> i64| match tick(s) {
            NULL => f64::NAN,
            t => f(t) as f64,
        };
        match what {
            What::Value(s) => self.of(table, row, s),
            What::Clock(s) => some(s, |t| t.rem_euclid(DAY)),
            What::Weekday(s) => some(s, |t| weekday(t.div_euclid(DAY))),
            What::Span(a, b) => self.of(table, row, b) - self.of(table, row, a),
            What::Since(above, s) => match self.plan.tables[table].owner {
                Some(o) => self.of(table, row, s) - self.of(usize::from(o), self.single, above),
                None => f64::NAN,
            },
        }
    }

    /// The value of a facet, NaN where it has none.
    pub(crate) fn value(&self, facet: Facet) -> f64 {
        let t = self.table;
        let codes = |s: u16| self.frames[t].values[usize::from(s)][self.rows.clone()].iter().filter(|v| **v != NULL);
        match facet {
            Facet::Single(what) => self.what(self.plan.tables[t].owner.map_or(t, usize::from), self.single, what),
            Facet::Count => self.rows.len() as f64,
            Facet::Rows(what, measure) => measured(measure, self.rows.clone().map(|r| self.what(t, r, what))),
            Facet::Kinds(s) => {
                let mut seen: Vec<i64> = codes(s).copied().collect();
                seen.sort_unstable();
                seen.dedup();
                seen.len() as f64
            }
            Facet::Share(..) if self.rows.is_empty() => f64::NAN,
            Facet::Share(s, code) => {
                codes(s).filter(|v| **v == i64::from(code)).count() as f64 / self.rows.len() as f64
            }
        }
    }
}

fn measured(measure: Measure, values: impl Iterator<Item = f64>) -> f64 {
    let known = values.filter(|v| !v.is_nan());
    let (mut n, mut sum, mut squares, mut least, mut most) = (0.0, 0.0, 0.0, f64::NAN, f64::NAN);
    let (mut first, mut last, mut steps) = (0.0, f64::NAN, 0.0);
    for v in known {
        if n == 0.0 {
            first = v;
        } else {
            steps += (v - last).abs();
        }
        (n, sum, squares) = (n + 1.0, sum + v, squares + (v - first) * (v - first));
        (least, most, last) = (v.min(least), v.max(most), v);
    }
    let mean = sum / n;
    match measure {
        _ if n == 0.0 => f64::NAN,
        Measure::Mean => mean,
        Measure::Least => least,
        Measure::Most => most,
        _ if n < 2.0 => f64::NAN,
        Measure::Spread => libm::sqrt(((squares - n * (mean - first) * (mean - first)) / (n - 1.0)).max(0.0)),
        Measure::Step => steps / (n - 1.0),
    }
}

impl Critic {
    /// The logarithm of the ratio of training to drawn density, up to a constant.
    pub(crate) fn logit(&self, family: &Family) -> f64 {
        // Trees ask for some facets many times and for others never.
        let mut bins: Vec<Option<u8>> = vec![None; self.facets.len()];
        self.trees.logit(|f| *bins[f].get_or_insert_with(|| self.binners[f].bin(family.value(self.facets[f]))))
    }
}

/// What can be looked at in the rows of a table: of labels the common ones, of slots those that are settled.
pub(crate) fn facets(
    plan: &Plan,
    t: usize,
    common: &dyn Fn(u16) -> Vec<u16>,
    is_settled: &dyn Fn(usize, usize) -> bool,
) -> Vec<Facet> {
    let owner = plan.tables[t].owner.map(usize::from);
    let slots = |t: usize| (0..plan.tables[t].slots.len()).filter(move |s| is_settled(t, *s));
    let is_time = |t: usize, s: usize| plan.tables[t].slots[s].kind.is_time();
    let single = |t: usize, s: usize| {
        let slot = s as u16;
        let mut all = vec![What::Value(slot)];
        if let SlotKind::Time { clock } = plan.tables[t].slots[s].kind {
            all.push(What::Weekday(slot));
            all.extend(clock.then_some(What::Clock(slot)));
            all.extend((0..s).filter(|a| is_settled(t, *a) && is_time(t, *a)).map(|a| What::Span(a as u16, slot)));
        }
        all
    };
    let top = owner.unwrap_or(t);
    let mut facets: Vec<Facet> = slots(top).flat_map(|s| single(top, s)).map(Facet::Single).collect();
    let Some(o) = owner else { return facets };
    facets.push(Facet::Count);
    for s in slots(t) {
        let slot = s as u16;
        match &plan.tables[t].slots[s].kind {
            SlotKind::Label { numeric, .. } => {
                facets.push(Facet::Kinds(slot));
                facets.extend(common(slot).into_iter().map(|code| Facet::Share(slot, code)));
                let of = |m| Facet::Rows(What::Value(slot), m);
                facets.extend(numeric.iter().flat_map(|_| Measure::ALL.map(of)));
            }
            _ => {
                let mut all = single(t, s);
                if is_time(t, s) {
                    all.extend(slots(o).filter(|a| is_time(o, *a)).map(|a| What::Since(a as u16, slot)));
                }
                facets.extend(all.into_iter().flat_map(|w| Measure::ALL.map(|m| Facet::Rows(w, m))));
            }
        }
    }
    facets
}

/// How many families a table has.
pub(crate) fn families(plan: &Plan, frames: &[Frame], table: usize) -> usize {
    frames[plan.tables[table].owner.map_or(table, usize::from)].rows
}
