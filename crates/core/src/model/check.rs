//! Checks a model that was read from a file: every index, shape and number, so that sampling meets no surprise.
//!
//! A file may be hostile. What is checked here is all that the sampler relies on without looking again: tables and
//! ways exist, rows stay inside their tables, trees end, numbers are finite and spans of them do not overflow.

use super::{
    Bound, Coder, ColumnModel, CountModel, Decider, Drawn, Ending, Input, Keep, LinkModel, Marginal, Model, Place,
    Quantity, TableModel, Total, Unit, Whole,
};
use crate::conditional::Binner;
use crate::critic::{Critic, Facet, What};
use crate::dataset::NULL;
use crate::encode::NumberCoder;
use crate::feature::{Feature, Kind, Source};
use crate::frame::{Hop, NO_ROW, Ref, WHICH};
use crate::metadata::Metadata;
use crate::model::UniqueItem;
use crate::plan::{Origin, Output, Plan, Shown, SlotKind, SummaryKind, TablePlan};
use crate::rule::expression::Expression;
use crate::rule::total::Aggregate;
use crate::time::DAY;
use crate::{Error, ErrorKind, Result};

/// Rows of one training table at most.
const ROWS: u64 = 10_000_000_000;
/// Days from 1970 at most: beyond the year 9999 no format goes.
const DAYS: i64 = 8_000_000;
/// Longest way from row to row.
const HOPS: usize = 32;
/// Labels of a history that are counted.
const SHARES: u16 = 6;

type Found<T = ()> = std::result::Result<T, String>;

fn need(ok: bool, what: &str) -> Found {
    if ok { Ok(()) } else { Err(what.to_owned()) }
}

impl Model {
    /// Proves that the model can be sampled; the first thing that is wrong is the error.
    pub fn check(&self) -> Result<()> {
        let metadata = Metadata::from_json(&self.metadata)?;
        let wrong = |what: String| Error::new(ErrorKind::Model, format!("damaged: {what}"));
        let n = self.plan.tables.len();
        let names = self.plan.tables.iter().map(|t| &t.name).eq(metadata.tables.keys());
        if !names || self.tables.len() != n || n > 10_000 {
            return Err(wrong("its plan and its metadata name different tables".into()));
        }
        let look = Look { model: self, plan: &self.plan, metadata: &metadata };
        look.whole().map_err(|e| wrong(format!("its plan: {e}")))?;
        for t in 0..n {
            look.plan_of(t).map_err(|e| wrong(format!("the plan of table {}: {e}", self.plan.tables[t].name)))?;
        }
        for t in 0..n {
            look.table(t).map_err(|e| wrong(format!("table {}: {e}", self.plan.tables[t].name)))?;
        }
        Ok(())
    }
}

struct Look<'a> {
    model: &'a Model,
    plan: &'a Plan,
    metadata: &'a Metadata,
}

impl Look<'_> {
    /// Owners and links name tables, and the order has owners and targets first.
    fn whole(&self) -> Found {
        let n = self.plan.tables.len();
        need((1..=100_000).contains(&self.model.components), "the number of components")?;
        need(self.model.min_support >= 1, "the least support")?;
        let inside = |t: u16| usize::from(t) < n;
        for table in &self.plan.tables {
            need(table.owner.is_none_or(inside), "an owner that is no table")?;
            need(table.links.len() <= 255, "too many links")?;
            need(table.slots.len() < usize::from(WHICH), "too many columns")?;
            for l in &table.links {
                need(inside(l.target), "a link to no table")?;
                need(usize::from(l.relationship) < self.metadata.relationships.len(), "a link without a relationship")?;
            }
        }
        let mut placed = vec![false; n];
        for t in self.plan.order.iter().map(|t| usize::from(*t)) {
            need(t < n && !placed[t], "the order of its tables")?;
            let table = &self.plan.tables[t];
            need(table.owner.is_none_or(|o| placed[usize::from(o)]), "a table before its owner")?;
            let there = |l: &crate::plan::Link| l.deferred || placed[usize::from(l.target)];
            need(table.links.iter().all(there), "a table before one that it points to")?;
            placed[t] = true;
        }
        need(placed.iter().all(|p| *p), "the order of its tables")
    }

    fn plan_of(&self, t: usize) -> Found {
        let (plan, table) = (self.plan, &self.plan.tables[t]);
        let meta = &self.metadata.tables[&table.name];
        let owned = |c: u16| plan.tables.get(usize::from(c)).is_some_and(|c| c.owner == Some(t as u16));
        need(table.children.iter().all(|c| owned(*c)), "a child table that it does not own")?;
        for slot in &table.slots {
            match &slot.kind {
                SlotKind::Number { decimals } => need(*decimals <= 18, "decimal places")?,
                SlotKind::Time { .. } => need((1..=DAY).contains(&slot.step), "the step of a time")?,
                SlotKind::Label { labels, numeric } => {
                    need(labels.len() <= 65_000, "too many labels")?;
                    need(numeric.as_ref().is_none_or(|n| n.len() == labels.len()), "numbers of labels")?;
                }
            }
        }
        need(table.when.is_none_or(|w| usize::from(w) < table.slots.len()), "an order that is no column")?;
        need(table.output.len() == meta.columns.len(), "other columns than in its metadata")?;
        need(table.shown.len() == table.output.len(), "the looks of its columns")?;
        for (shown, output) in table.shown.iter().zip(&table.output) {
            let Shown::Written(w) = shown else { continue };
            let Output::Slot(s) = output else { return Err("forms of a column without values".into()) };
            let kind = |s: u16| table.slots.get(usize::from(s)).map(|s| &s.kind);
            need(w.form.is_none_or(|s| kind(s).is_some_and(SlotKind::is_label)), "the forms of a column")?;
            need(w.usual.len() <= 4000, "the form of a column")?;
            let number = |s: u16| kind(s).is_some_and(|k| matches!(k, SlotKind::Number { .. }));
            need(number(*s) || kind(*s).is_some_and(SlotKind::is_time), "forms of what is no number")?;
            need(w.second.is_none_or(number), "the second number of a column")?;
        }
        for s in &table.summaries {
            need(owned(s.child), "a summary of another table's rows")?;
            let slots = plan.tables[usize::from(s.child)].slots.len();
            match s.what {
                SummaryKind::Count => {}
                SummaryKind::Mean(s) | SummaryKind::Least(s) | SummaryKind::Most(s) | SummaryKind::Last(s) => {
                    need(usize::from(s) < slots, "a summary of no column")?;
                }
                SummaryKind::Share(s, _) => need(usize::from(s) < slots, "a summary of no column")?,
            }
        }
        if table.origin != Origin::Drawn {
            let kept = |o: u16| plan.tables[usize::from(o)].origin != Origin::Drawn;
            need(table.owner.is_none_or(kept), "a kept table with an owner that is drawn")?;
            need(table.origin != Origin::Reference || table.owner.is_none(), "a reference with an owner")?;
        }
        for c in 0..table.output.len() {
            self.output(t, c)?;
        }
        for link in &table.links {
            for a in &link.agreements {
                let own = self.way(t, &a.own)?;
                let there = self.way(usize::from(link.target), &a.target)?;
                let slot = |t: usize, s: u16| usize::from(s) < plan.tables[t].slots.len();
                need(a.slots.is_none_or(|(x, y)| slot(own, x) && slot(there, y)), "what a link agrees on")?;
            }
            need(!link.upward || usize::from(link.target) == t, "a link upward in another table")?;
        }
        Ok(())
    }

    /// Follows keys to the column that they are made of; a circle of columns would never end.
    fn output(&self, t: usize, c: usize) -> Found {
        let (mut t, mut c) = (t, c);
        for _ in 0..=self.plan.tables.len() * 4 {
            let table = &self.plan.tables[t];
            let rows = self.model.tables[t].template.as_ref().map(|p| p.component.len());
            match &table.output[c] {
                Output::Key(way, at) => {
                    need(!way.is_empty(), "a key of its own row")?;
                    t = self.way(t, way)?;
                    c = usize::from(*at);
                    need(c < self.plan.tables[t].output.len(), "a key that is no column")?;
                    continue;
                }
                Output::Slot(s) => return need(usize::from(*s) < table.slots.len(), "a column without values"),
                Output::Given(s, inner) => {
                    need(usize::from(*s) < table.slots.len(), "a column without values")?;
                    return match inner.as_ref() {
                        Output::Id(f) => need(f.is_sound(), "the form of an identifier"),
                        Output::Fake(f) => need(f.is_sound(), "the form of made-up values"),
                        _ => Err("a column that is given twice".into()),
                    };
                }
                Output::Id(f) => return need(f.is_sound(), "the form of an identifier"),
                Output::Fake(f) => return need(f.is_sound(), "the form of made-up values"),
                Output::Group(f, groups) => {
                    need(f.is_sound() && table.origin == Origin::Repeated, "the form of an identifier")?;
                    return need(Some(groups.len()) == rows, "an identifier for each kept row");
                }
                Output::Kept(values) => {
                    return need(table.origin != Origin::Drawn && Some(values.len()) == rows, "the kept values");
                }
            }
        }
        Err("keys that go in a circle".into())
    }

    /// The table at the end of a way that exists.
    fn way(&self, t: usize, way: &[Hop]) -> Found<usize> {
        need(way.len() <= HOPS, "a way that is too long")?;
        let mut at = t;
        for hop in way {
            let table = &self.plan.tables[at];
            match hop {
                Hop::Like(s) | Hop::LikeAbove(s) => need(usize::from(*s) < table.slots.len(), "a way by no column")?,
                Hop::Peer(l) | Hop::LikeTo(l) | Hop::LikeToAbove(l) => {
                    need(usize::from(*l) < table.links.len(), "a way by no link")?;
                }
                Hop::Owner | Hop::Link(_) | Hop::Back(_) | Hop::Ahead(_) => {}
            }
            at = self.plan.table_at(at, std::slice::from_ref(hop)).ok_or("a way that leads nowhere")?;
        }
        Ok(at)
    }

    fn reference(&self, t: usize, r: &Ref) -> Found<Option<&SlotKind>> {
        let end = &self.plan.tables[self.way(t, &r.hops)?];
        if r.slot == WHICH {
            need(end.origin != Origin::Drawn, "which row of a table that is drawn")?;
            return Ok(None);
        }
        end.slots.get(usize::from(r.slot)).map(|s| Some(&s.kind)).ok_or_else(|| "a value of no column".to_owned())
    }

    fn table(&self, t: usize) -> Found {
        let (plan, table) = (&self.plan.tables[t], &self.model.tables[t]);
        need(table.rows <= ROWS && table.orphans <= table.rows, "its number of rows")?;
        self.template(plan, table)?;
        self.features(t, &table.features, &table.binners)?;
        need(table.links.len() == if plan.origin == Origin::Drawn { plan.links.len() } else { 0 }, "its links")?;
        need(table.when.is_some() == (plan.when.is_some() && plan.origin == Origin::Drawn), "its order")?;
        for c in table.when.iter().flat_map(|(a, b)| [a, b]) {
            need(Some(c.slot) == plan.when, "its order")?;
            self.column(t, c)?;
        }
        let mut drawn = vec![false; plan.slots.len()];
        for c in &table.columns {
            let new = drawn.get_mut(usize::from(c.slot)).map(|d| !std::mem::replace(d, true));
            need(new == Some(true) && Some(c.slot) != plan.when, "a column that is drawn twice")?;
            self.column(t, c).map_err(|e| format!("column {}: {e}", plan.slots[usize::from(c.slot)].column))?;
        }
        for (l, link) in table.links.iter().enumerate() {
            need(link.apart.iter().all(|e| usize::from(*e) < l), "a link apart from a later one")?;
            self.link(t, l, link).map_err(|e| format!("link {}: {e}", plan.links[l].name))?;
        }
        for c in &table.counts {
            let child = self.plan.tables.get(usize::from(c.child));
            need(child.is_some_and(|p| p.owner == Some(t as u16)), "a number of rows of another table")?;
            let summary = plan.summaries.get(usize::from(c.summary));
            need(summary.is_some_and(|s| s.child == c.child && s.what == SummaryKind::Count), "where a number goes")?;
            self.count(t, c)?;
            // No owner has more rows than the whole training table had.
            let all = self.model.tables[usize::from(c.child)].rows as i64;
            let fits = |(a, b): (i64, i64)| a >= 0 && (b <= all || c.per.is_some());
            need(c.drawn.coder_range().is_none_or(fits), "more rows than there were")?;
            // Nor have all owners together many more: what a run is expected to make follows from this mean.
            need(c.mean * table.rows as f64 <= 2.0 * all as f64 + 1.0, "more rows on average than there were")?;
        }
        table.critics.iter().try_for_each(|c| self.critic(t, c).map_err(|e| format!("a critic: {e}")))?;
        self.keep(t)
    }

    fn critic(&self, t: usize, c: &Critic) -> Found {
        need(c.facets.len() == c.binners.len(), "bins for each facet")?;
        c.binners.iter().try_for_each(binner)?;
        c.trees.check(c.facets.len()).map_err(|e| e.to_string())?;
        let owner = self.plan.tables[t].owner.map(usize::from);
        let has = |t: usize, s: u16| usize::from(s) < self.plan.tables[t].slots.len();
        let knows = |t: usize, what: What| what.slots().into_iter().all(|s| has(t, s));
        let fits = |facet: &Facet| match *facet {
            Facet::Single(What::Since(..)) => false,
            Facet::Single(what) => knows(owner.unwrap_or(t), what),
            Facet::Count => owner.is_some(),
            Facet::Rows(what @ What::Since(above, _), _) => knows(t, what) && owner.is_some_and(|o| has(o, above)),
            Facet::Rows(what, _) => knows(t, what),
            Facet::Kinds(s) | Facet::Share(s, _) => has(t, s),
        };
        need(c.facets.iter().all(fits), "a facet of no column")
    }

    fn template(&self, plan: &TablePlan, table: &TableModel) -> Found {
        need(table.template.is_some() == (plan.origin != Origin::Drawn), "its kept rows")?;
        let Some(kept) = &table.template else { return Ok(()) };
        let rows = kept.component.len();
        need(rows as u64 == table.rows && rows < NO_ROW as usize, "the number of its kept rows")?;
        need(kept.component.iter().all(|c| *c < self.model.components), "the component of a kept row")?;
        need(kept.owner.len() == rows && kept.values.len() == plan.slots.len(), "the shape of its kept rows")?;
        need(kept.links.len() == plan.links.len(), "the shape of its kept rows")?;
        need(kept.values.iter().all(|v| v.len() == rows), "the shape of its kept rows")?;
        need(kept.links.iter().all(|l| l.len() == rows), "the shape of its kept rows")?;
        for (values, slot) in kept.values.iter().zip(&plan.slots) {
            if slot.kind.is_label() {
                let code = |v: &i64| *v == NULL || (0..=65_535).contains(v);
                need(values.iter().all(code), "a label of its kept rows")?;
            }
        }
        Ok(())
    }

    fn features(&self, t: usize, features: &[Feature], binners: &[Binner]) -> Found {
        need(features.len() == binners.len() && features.len() < 65_535, "bins for each feature")?;
        binners.iter().try_for_each(binner)?;
        let table = &self.plan.tables[t];
        let own = |s: u16| need(usize::from(s) < table.slots.len(), "the history of no column");
        let summary = |t: usize, i: u16| need(usize::from(i) < self.plan.tables[t].summaries.len(), "no summary");
        let owner = || table.owner.map(usize::from).ok_or_else(|| "the plan of no owner".to_owned());
        for f in features {
            match &f.source {
                Source::Value(r) => {
                    let kind = self.reference(t, r)?;
                    let label = matches!(f.kind, Kind::Number) || !matches!(kind, Some(SlotKind::Time { .. }));
                    need(label, "a time that is read as a label")?;
                }
                Source::Part(r, _) => {
                    self.reference(t, r)?;
                }
                Source::Span(a, b) | Source::Until(a, b) => {
                    self.reference(t, a)?;
                    self.reference(t, b)?;
                }
                Source::Summary(way, i) => summary(self.way(t, way)?, *i)?,
                Source::Run(s, ..) => own(*s)?,
                Source::Share(s, code, _) => {
                    own(*s)?;
                    need(*code < SHARES, "the share of a label")?;
                }
                Source::Position => {}
                Source::Remaining(i) => summary(owner()?, *i)?,
                Source::Pace(a, b, i) => {
                    self.reference(t, a)?;
                    self.reference(t, b)?;
                    summary(owner()?, *i)?;
                }
                Source::Which(way, _) => {
                    let end = self.way(t, way)?;
                    need(self.plan.tables[end].origin != Origin::Drawn, "which row of a table that is drawn")?;
                }
                Source::Stayed(l) => need(usize::from(*l) < table.links.len(), "the history of no link")?,
            }
        }
        Ok(())
    }

    fn column(&self, t: usize, c: &ColumnModel) -> Found {
        let features = self.model.tables[t].features.len();
        let slot = self.plan.tables[t].slots.get(usize::from(c.slot)).ok_or("no such column")?;
        // Parts, with the values of earlier parts that each is given.
        let extras: &[usize] = match &c.quantity {
            Quantity::Level => &[0],
            Quantity::Since(r) => {
                self.reference(t, r)?;
                need(c.parts.len() == 1 || slot.kind.is_time(), "a clock of no time")?;
                &[0, 0, 0]
            }
            Quantity::Near(r) | Quantity::Relative(r) | Quantity::Same(r) => {
                self.reference(t, r)?;
                &[0, 0]
            }
            Quantity::Recall(s) => {
                let own = |s: u16| usize::from(s) < self.plan.tables[t].slots.len();
                need(slot.kind.is_label() && s.is_none_or(own), "labels of an owner")?;
                &[2, 0]
            }
            Quantity::Residual => &[1],
            Quantity::Calendar(anchor, season) => {
                need(season.is_empty() || season.len() == 372, "a year of other than 12 months of 31 places")?;
                anchor.as_ref().map_or(Ok(None), |r| self.reference(t, r))?;
                need(slot.kind.is_time(), "a calendar of no time")?;
                &[0, 2, 4, 0, 0]
            }
            Quantity::Copy(r) => {
                self.reference(t, r)?;
                &[]
            }
            Quantity::Position(_) => &[],
            Quantity::PositionWithin(_, s) => {
                need(usize::from(*s) < self.plan.tables[t].slots.len(), "the slot it counts within")?;
                &[]
            }
        };
        let calendar = matches!(c.quantity, Quantity::Calendar(..));
        let parts = match c.quantity {
            Quantity::Calendar(..) => [2, 3, 5].contains(&c.parts.len()),
            Quantity::Since(_) => [1, 3].contains(&c.parts.len()),
            _ => c.parts.len() == extras.len(),
        };
        need(parts, "the parts it is drawn in")?;
        for (i, (part, extras)) in c.parts.iter().zip(extras).enumerate() {
            drawn(part, features, *extras)?;
            let most = match i {
                0 if calendar => DAYS,
                2 if calendar => DAY,
                _ if slot.kind.is_time() => DAYS * DAY,
                _ => i64::MAX,
            };
            let by_clock = matches!(c.quantity, Quantity::Since(_)) && c.parts.len() == 3;
            let special = calendar || by_clock || matches!(c.quantity, Quantity::Same(_) | Quantity::Recall(_));
            let fits = match (&part.coder, &slot.kind) {
                (Coder::Flag, _) => special,
                (Coder::Labels(n), SlotKind::Label { labels, .. }) => usize::from(*n) <= labels.len(),
                (Coder::Number(_), SlotKind::Label { .. }) => special,
                (Coder::Number(n), _) => within(n, most),
                (Coder::Labels(_), _) => false,
            };
            need(fits, "codes of another kind, or values that are out of bounds")?;
            need(c.quantity != Quantity::Residual || part.ridge.is_some(), "a difference to no guess")?;
        }
        Ok(())
    }

    fn count(&self, t: usize, c: &CountModel) -> Found {
        self.features(t, &c.features, &c.binners)?;
        for r in c.per.iter().flat_map(|(a, b)| [a, b]) {
            self.reference(t, r)?;
        }
        drawn(&c.drawn, c.features.len(), 0)?;
        need(matches!(c.drawn.coder, Coder::Number(_)), "a number of rows that is no number")?;
        need((0.0..=1e9).contains(&c.mean), "a mean number of rows")
    }

    fn link(&self, t: usize, l: usize, link: &LinkModel) -> Found {
        let features = self.model.tables[t].features.len();
        let target = usize::from(self.plan.tables[t].links[l].target);
        let kept = self.model.tables[target].template.as_ref().map(|p| p.component.len());
        for flag in [&link.null, &link.same, &link.kin].into_iter().flatten() {
            drawn(flag, features, 0)?;
            need(flag.coder == Coder::Flag, "yes or no")?;
        }
        for (r, d) in &link.profile {
            let kind = self.reference(target, r)?;
            drawn(d, features, 0)?;
            let fits = match (&d.coder, kind) {
                (Coder::Number(_), Some(k)) => !k.is_label(),
                (Coder::Labels(_), None) => Some(link.identity.len()) == kept,
                (Coder::Labels(_), Some(k)) => k.is_label(),
                _ => false,
            };
            need(fits, "the profile of its target")?;
        }
        if let Some(p) = &link.popularity {
            self.count(target, p)?;
        }
        need(link.chosen.is_empty() || Some(link.chosen.len()) == kept, "how often its targets were chosen")
    }

    fn keep(&self, t: usize) -> Found {
        let (plan, keep) = (&self.plan.tables[t], &self.model.tables[t].keep);
        let slot = |s: u16| need(usize::from(s) < plan.slots.len(), "a rule about no column");
        let link = |l: u8| need(usize::from(l) < plan.links.len(), "a rule about no link");
        self.bounds(t, &keep.bounds)?;
        if let Some((a, b)) = keep.no_overlap {
            slot(a)?;
            slot(b)?;
        }
        let item = |i: &UniqueItem| match i {
            UniqueItem::Slot(s) => slot(*s),
            UniqueItem::Link(l) => link(*l),
        };
        keep.unique.iter().chain(&keep.unique_in_table).chain(&keep.unique_in_block).flatten().try_for_each(item)?;
        keep.missing_when.iter().flat_map(|m| [&m.item, &m.when]).try_for_each(item)?;
        for r in &keep.restrictions {
            link(r.link)?;
            self.reference(usize::from(plan.links[usize::from(r.link)].target), &r.attribute)?;
            self.reference(t, &r.from)?;
            self.reference(t, &r.to)?;
        }
        if let Some(c) = &keep.capacity {
            link(c.link)?;
            slot(c.start)?;
            slot(c.end)?;
            self.reference(usize::from(plan.links[usize::from(c.link)].target), &c.attribute)?;
        }
        keep.not_null.iter().chain(&keep.complete).try_for_each(|s| slot(*s))?;
        self.laws(t, keep)?;
        keep.totals.iter().try_for_each(|total| self.total(t, total))?;
        keep.endings.iter().try_for_each(|ending| self.ending(t, ending))?;
        let owned = |c: &u16| self.plan.tables.get(usize::from(*c)).is_some_and(|c| c.owner == Some(t as u16));
        need(keep.at_least_one.iter().all(owned), "a rule about rows of another table")
    }

    fn bounds(&self, t: usize, bounds: &[Bound]) -> Found {
        for b in bounds {
            need(usize::from(b.slot) < self.plan.tables[t].slots.len(), "a rule about no column")?;
            let scale = match b.unit {
                Unit::Times(f) | Unit::Parts(f) => f > 0,
                Unit::Same | Unit::Day => true,
            };
            need(scale, "a rule between columns of no scale")?;
            for (r, _) in [&b.low, &b.high].into_iter().flatten() {
                r.as_ref().map_or(Ok(None), |r| self.reference(t, r))?;
            }
        }
        Ok(())
    }

    /// Times that children settle.
    fn ending(&self, t: usize, ending: &Ending) -> Found {
        let child = self.plan.tables.get(usize::from(ending.child)).ok_or("an end by no table")?;
        let is_time = |of: &TablePlan, s: u16| of.slots.get(usize::from(s)).is_some_and(|s| s.kind.is_time());
        let both = self.model.tables.get(t).zip(self.model.tables.get(usize::from(ending.child)));
        let drawn = both.is_some_and(|(a, b)| a.template.is_none() && b.template.is_none());
        let times = is_time(&self.plan.tables[t], ending.slot)
            && [ending.of].iter().chain(&ending.after).all(|s| is_time(child, *s));
        need(drawn && times && child.owner == Some(t as u16), "an end by other rows")?;
        self.bounds(t, &ending.bounds)?;
        let sound = |m: &Marginal| {
            let weights = m.weights.iter().all(|w| w.is_finite() && *w >= 0.0);
            m.coder.is_sound() && m.weights.len() == m.coder.len() && weights && within(&m.coder, DAYS * DAY)
        };
        need(sound(&ending.gap) && sound(&ending.alone), "an end of no time")
    }

    /// What children come to.
    fn total(&self, t: usize, total: &Total) -> Found {
        let child = self.plan.tables.get(usize::from(total.child)).ok_or("a total of no table")?;
        let way = matches!(total.way, Hop::Owner | Hop::Link(_)) && self.way(total.child.into(), &[total.way])? == t;
        let of = total.of.map(|of| child.slots.get(usize::from(of)).map(|s| &s.kind).ok_or("a total of no column"));
        let of = of.transpose()?;
        let both = self.model.tables.get(t).zip(self.model.tables.get(usize::from(total.child)));
        let drawn = both.is_some_and(|(a, b)| a.template.is_none() && b.template.is_none());
        let fits = match total.equals {
            Whole::Number(_) => matches!(of, Some(SlotKind::Number { .. })),
            Whole::Slot { slot, empty, .. } => {
                let kind = self.plan.tables[t].slots.get(usize::from(slot)).map(|s| &s.kind);
                let held = kind.is_some_and(|kind| !kind.is_label());
                let needs_one = total.aggregate == Aggregate::Count || of.is_some();
                held && needs_one && [0, NULL].contains(&empty) && total.scale(self.plan, t, slot).is_some()
            }
        };
        need(way && drawn && fits, "a total that nothing comes to")
    }

    /// What decides a column from others.
    fn laws(&self, t: usize, keep: &Keep) -> Found {
        let slots = &self.plan.tables[t].slots;
        let kind = |s: u16| slots.get(usize::from(s)).map(|s| &s.kind).ok_or("a rule about no column");
        for c in &keep.computed {
            kind(c.slot)?;
            Expression::parse(&c.equals).map_err(|_| "a formula that can't be read".to_owned())?;
            c.names.iter().try_for_each(|(_, r)| self.reference(t, r).map(|_| ()))?;
        }
        for c in &keep.combinations {
            let kinds = c.slots.iter().map(|s| kind(*s)).collect::<std::result::Result<Vec<_>, _>>()?;
            let fits = |a: &Vec<i64>| a.len() == kinds.len() && a.iter().zip(&kinds).all(|(v, k)| held(k, *v));
            need(!kinds.is_empty() && c.allowed.iter().all(fits), "combinations of other columns")?;
        }
        for f in &keep.follows {
            let own = kind(f.slot)?;
            match &f.from {
                Decider::Number(by, known) | Decider::Part(by, _, known) => {
                    let by = kind(*by)?;
                    need(matches!(f.from, Decider::Number(..)) || by.is_time(), "a part of what is no time")?;
                    need(known.iter().all(|(_, v)| held(own, *v)), "a value that follows from another")?;
                }
                Decider::Row(way) => _ = self.way(t, way)?,
            }
        }
        for place in keep.agree.iter().flat_map(|(a, b)| [a, b]) {
            match place {
                Place::Value(r) => _ = self.reference(t, r)?,
                Place::Row(way) => _ = self.way(t, way)?,
            }
        }
        Ok(())
    }
}

/// True for what a slot can hold: a code, a time that has a date, or any number.
fn held(kind: &SlotKind, value: i64) -> bool {
    match kind {
        _ if value == NULL => true,
        SlotKind::Label { .. } => (0..=65_535).contains(&value),
        SlotKind::Time { .. } => value.abs() <= DAYS * DAY,
        SlotKind::Number { .. } => true,
    }
}

fn binner(b: &Binner) -> Found {
    match b {
        Binner::Ordered(edges) => {
            let ordered = edges.iter().all(|e| e.is_finite()) && edges.windows(2).all(|w| w[0] <= w[1]);
            need(ordered && edges.len() <= 62, "the bins of a feature")
        }
        Binner::Labels(n) => need(*n <= 63, "the bins of a feature"),
    }
}

fn drawn(d: &Drawn, features: usize, extras: usize) -> Found {
    if let Some(r) = &d.ridge {
        need(r.is_sound(features), "a linear guess")?;
    }
    for i in &d.inputs {
        match i {
            Input::Feature(f) => need(usize::from(*f) < features, "an input that is no feature")?,
            Input::Ridge(b) => {
                need(d.ridge.is_some(), "an input that is no guess")?;
                binner(b)?;
            }
            Input::Extra(e, b) => {
                need(usize::from(*e) < extras, "an input that is not there")?;
                binner(b)?;
            }
        }
    }
    if let Coder::Number(c) = &d.coder {
        need(c.is_sound(), "its bins")?;
    }
    need(d.conditional.is_sound(d.inputs.len(), d.coder.codes()), "its tree")
}

/// All values of a coder within so much of zero.
fn within(c: &NumberCoder, most: i64) -> bool {
    c.range().is_none_or(|(a, b)| a >= -most && b <= most)
}
