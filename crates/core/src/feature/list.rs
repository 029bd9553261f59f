//! The features of a table, by what its schema offers.

use super::cursor::SHARES;
use super::{Feature, Kind, Part, Scope, Source, Stat};
use crate::frame::{Hop, Ref};
use crate::plan::{Origin, Plan, SlotKind, SummaryKind};

/// Time spans tried at most; the nearest come first.
const SPANS: usize = 32;

struct List<'a> {
    plan: &'a Plan,
    table: usize,
    features: Vec<Feature>,
}

/// Everything that may be known about a row of a table while it is drawn. `bounds` are intervals (from a rule)
/// that the rows lie in.
pub fn row_features(plan: &Plan, table: usize, bounds: &[(Ref, Ref)]) -> Vec<Feature> {
    let mut l = List { plan, table, features: Vec::new() };
    l.slots(&[], true);
    l.rows_above();
    l.links(&[]);
    // What a label names has its own level, which a history of drawn rows would lead away from.
    let is_named = |o: usize| plan.tables[o].hidden && plan.tables[o].origin != Origin::Drawn;
    if plan.tables[table].owner.is_some_and(|o| !is_named(usize::from(o))) {
        l.history(bounds);
    }
    l.years();
    l.spans();
    l.features
}

/// What is known about a row of `table` when the number of its rows in `child` is drawn.
pub fn count_features(plan: &Plan, table: usize, child: usize, bounds: &[(Ref, Ref)]) -> Vec<Feature> {
    let mut l = List { plan, table, features: row_features(plan, table, bounds) };
    if plan.tables[table].owner.is_some() {
        l.next(&[]);
    }
    for (i, s) in plan.tables[table].summaries.iter().enumerate() {
        let earlier = plan.tables[table].children.iter().position(|c| *c == s.child)
            < plan.tables[table].children.iter().position(|c| usize::from(*c) == child);
        if earlier {
            l.number(Source::Summary(Vec::new(), i as u16));
        }
        if earlier || usize::from(s.child) == child {
            l.number(Source::Summary(vec![Hop::Back(1)], i as u16));
        }
    }
    l.features
}

impl List<'_> {
    fn number(&mut self, source: Source) {
        self.features.push(Feature { source, kind: Kind::Number });
    }

    fn value(&mut self, r: Ref, kind: &SlotKind) {
        let kind = match kind {
            SlotKind::Label { numeric: Some(n), .. } => Kind::Numeric(n.clone()),
            SlotKind::Label { labels, .. } => Kind::Label(labels.len() as u32 + 1),
            _ => Kind::Number,
        };
        self.features.push(Feature { source: Source::Value(r), kind });
    }

    /// The slots of the row at the end of a way; `parts` for the calendar of its times.
    fn slots(&mut self, way: &[Hop], parts: bool) {
        let Some(t) = self.plan.table_at(self.table, way) else { return };
        let plan = self.plan;
        for (s, slot) in plan.tables[t].slots.iter().enumerate() {
            let r = Ref::at(way, s);
            match &slot.kind {
                SlotKind::Time { clock } => {
                    if parts {
                        if *clock {
                            self.number(Source::Part(r.clone(), Part::Clock));
                            self.number(Source::Part(r.clone(), Part::Weekday));
                        }
                        self.number(Source::Part(r.clone(), Part::Month));
                        self.number(Source::Part(r.clone(), Part::Year));
                    }
                    if way.is_empty() {
                        self.number(Source::Value(r));
                    }
                }
                kind => self.value(r, kind),
            }
        }
    }

    /// Which row of a dimension it is, where the dimension is repeated.
    fn which(&mut self, way: &[Hop]) {
        let origin = self.plan.table_at(self.table, way).map(|t| self.plan.tables[t].origin);
        if origin.is_some_and(|o| o != Origin::Drawn) {
            let source = Source::Which(way.to_vec(), Vec::new());
            self.features.push(Feature { source, kind: Kind::Label(0) });
        }
    }

    fn links(&mut self, way: &[Hop]) {
        let Some(t) = self.plan.table_at(self.table, way) else { return };
        let plan = self.plan;
        for (i, link) in plan.tables[t].links.iter().enumerate() {
            if link.deferred {
                continue;
            }
            let mut to = way.to_vec();
            to.push(Hop::Link(i as u8));
            self.which(&to);
            self.slots(&to, false);
            if way.is_empty() {
                let target = usize::from(link.target);
                let owner = plan.tables[target].owner.map(|_| Hop::Owner);
                let sides = (0..plan.tables[target].links.len()).map(|l| Hop::Link(l as u8));
                for next in owner.into_iter().chain(sides) {
                    let further = [to.clone(), vec![next]].concat();
                    self.slots(&further, false);
                }
            }
        }
    }

    /// Owners up to three steps, what they link to, and what their earlier child tables left on them.
    fn rows_above(&mut self) {
        let plan = self.plan;
        let mut way = Vec::new();
        for depth in 1..=3 {
            way.push(Hop::Owner);
            let Some(t) = plan.table_at(self.table, &way) else { return };
            self.which(&way);
            self.slots(&way, depth == 1);
            if depth < 3 {
                self.links(&way);
            }
            let below = plan.table_at(self.table, &way[1..]).unwrap_or(self.table);
            let children = &plan.tables[t].children;
            let place = children.iter().position(|c| usize::from(*c) == below);
            for (i, s) in plan.tables[t].summaries.iter().enumerate() {
                if children.iter().position(|c| *c == s.child) < place {
                    self.number(Source::Summary(way.clone(), i as u16));
                }
                // The owner's previous sibling has all its rows of this table already.
                if depth == 1 && usize::from(s.child) == self.table {
                    self.number(Source::Summary(vec![Hop::Owner, Hop::Back(1)], i as u16));
                }
            }
            if depth == 1 && plan.tables[t].owner.is_some() {
                self.slots(&[Hop::Owner, Hop::Back(1)], false);
                self.next(&[Hop::Owner]);
            }
        }
    }

    /// What follows the row at the end of a way among the rows of the same owner, which are all there: where a stay
    /// leads to tells of it as much as where it came from.
    fn next(&mut self, way: &[Hop]) {
        let plan = self.plan;
        let ahead = [way, &[Hop::Ahead(1)]].concat();
        let Some(t) = plan.table_at(self.table, &ahead) else { return };
        self.slots(&ahead, false);
        self.links(&ahead);
        let Some(when) = plan.tables[t].when.map(usize::from) else { return };
        for (s, _) in plan.tables[t].slots.iter().enumerate().filter(|(_, s)| s.kind.is_time()) {
            self.number(Source::Span(Ref::at(way, s), Ref::at(&ahead, when)));
        }
    }

    fn history(&mut self, bounds: &[(Ref, Ref)]) {
        let plan = self.plan;
        let table = &plan.tables[self.table];
        let owner = usize::from(table.owner.unwrap_or(0));
        self.slots(&[Hop::Back(1)], true);
        self.slots(&[Hop::Back(2)], false);
        self.slots(&[Hop::Back(3)], false);
        self.number(Source::Position);
        for (i, link) in table.links.iter().enumerate() {
            if !link.deferred {
                self.which(&[Hop::Back(1), Hop::Link(i as u8)]);
                self.slots(&[Hop::Back(1), Hop::Link(i as u8)], false);
                self.number(Source::Stayed(i as u8));
            }
        }
        let planned = plan.tables[owner]
            .summaries
            .iter()
            .position(|s| usize::from(s.child) == self.table && s.what == SummaryKind::Count);
        if let Some(i) = planned {
            self.number(Source::Remaining(i as u16));
            if let Some(w) = table.when {
                let last = Ref::at(&[Hop::Back(1)], usize::from(w));
                for (start, end) in bounds {
                    self.number(Source::Pace(last.clone(), end.clone(), i as u16));
                    self.number(Source::Pace(start.clone(), end.clone(), i as u16));
                    self.number(Source::Span(last.clone(), end.clone()));
                    self.number(Source::Span(start.clone(), last.clone()));
                }
            }
        }
        let above = plan.tables[owner].owner.is_some();
        for (s, slot) in table.slots.iter().enumerate() {
            let s = s as u16;
            match &slot.kind {
                SlotKind::Time { .. } => {}
                SlotKind::Label { labels, numeric: None } => {
                    for c in 0..labels.len().min(SHARES) {
                        self.number(Source::Share(s, c as u16, Scope::Owner));
                    }
                }
                _ => {
                    for stat in [Stat::Mean, Stat::Least, Stat::Most, Stat::First] {
                        self.number(Source::Run(s, stat, Scope::Owner));
                    }
                    if above {
                        self.number(Source::Run(s, Stat::Mean, Scope::Above));
                    }
                }
            }
        }
    }

    /// Where a plain number orders the rows it may be a year: how far it is from the years of the owner's times.
    fn years(&mut self) {
        let plan = self.plan;
        let table = &plan.tables[self.table];
        let (Some(when), Some(owner)) = (table.when.map(usize::from), table.owner.map(usize::from)) else { return };
        if table.slots[when].kind != (SlotKind::Number { decimals: 0 }) {
            return;
        }
        for (s, _) in plan.tables[owner].slots.iter().enumerate().filter(|(_, s)| s.kind.is_time()) {
            let time = Ref::at(&[Hop::Owner], s);
            self.number(Source::Until(Ref::own(when), time.clone()));
            self.number(Source::Until(Ref::at(&[Hop::Back(1)], when), time));
        }
    }

    /// Spans between the times (or, for a number that orders rows, numbers) of the row and those above it.
    fn spans(&mut self) {
        let plan = self.plan;
        let ways: [&[Hop]; 7] = [
            &[],
            &[Hop::Back(1)],
            &[Hop::Back(2)],
            &[Hop::Owner],
            &[Hop::Owner, Hop::Owner],
            &[Hop::Owner, Hop::Back(1)],
            &[Hop::Owner, Hop::Owner, Hop::Owner],
        ];
        let mut ends: Vec<(usize, Ref)> = Vec::new();
        for (level, way) in ways.iter().enumerate() {
            if way.iter().any(|h| matches!(h, Hop::Back(_))) && plan.tables[self.table].owner.is_none() {
                continue;
            }
            let Some(t) = plan.table_at(self.table, way) else { continue };
            for (s, slot) in plan.tables[t].slots.iter().enumerate() {
                let order = plan.tables[t].when == Some(s as u16);
                if slot.kind.is_time() || (order && !slot.kind.is_label()) {
                    ends.push((level, Ref::at(way, s)));
                }
            }
        }
        for (i, link) in plan.tables[self.table].links.iter().enumerate() {
            if !link.deferred {
                for (s, slot) in plan.tables[usize::from(link.target)].slots.iter().enumerate() {
                    if slot.kind.is_time() {
                        ends.push((9, Ref::at(&[Hop::Link(i as u8)], s)));
                    }
                }
            }
        }
        let mut left = SPANS;
        for (i, (level, a)) in ends.iter().enumerate() {
            for (_, b) in &ends[i + 1..] {
                let alike =
                    plan.kind(self.table, a).map(SlotKind::is_time) == plan.kind(self.table, b).map(SlotKind::is_time);
                // Between two rows above the owner nothing new is said.
                if alike && *level <= 3 && left > 0 {
                    self.number(Source::Span(b.clone(), a.clone()));
                    left -= 1;
                }
            }
        }
    }
}
