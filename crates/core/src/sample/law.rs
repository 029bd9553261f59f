//! The model compiled for drawing, once for a run: every conditional in its flat form, next to what it came from.

use super::bounds::{ALL, BoundLaw};
use crate::boost::Scorer;
use crate::conditional::{Binner, Conditional, Flat, Leaf, Ridge};
use crate::encode::Spread;
use crate::feature::{Asked, Derived, Feature, SPARE, Source};
use crate::frame::{Hop, Ref};
use crate::model::{Bound, Coder, ColumnModel, CountModel, Drawn, Ending, Input, Keep, Model, TableModel, UniqueItem};
use crate::plan::Plan;
use crate::rng::name;

/// One coded draw.
pub(super) struct Law<'a> {
    pub drawn: &'a Drawn,
    /// The tree, where the conditional is one, and else its boosted trees.
    pub flat: Option<Flat>,
    pub scorer: Option<Scorer>,
    /// The place of the linear guess, where there is one.
    pub guess: Option<usize>,
    /// The bins, where codes are numbers.
    pub spread: Option<Spread>,
    /// Whether the conditional asks for values of earlier parts.
    pub asks_extras: bool,
}

impl<'a> Law<'a> {
    fn new(drawn: &'a Drawn, known: &mut Known<'a>) -> Self {
        let used = drawn.conditional.used();
        let asked: Vec<&Input> = used.iter().map(|i| &drawn.inputs[usize::from(*i)]).collect();
        let guess = drawn.ridge.as_ref().map(|r| known.guess(r));
        for i in &asked {
            if let Input::Feature(f) = i {
                known.ask(*f, Asked::Sometimes);
            }
        }
        let mut input = |i: u16, is_set: bool| {
            let (place, binner) = match &drawn.inputs[usize::from(i)] {
                Input::Feature(f) => (u32::from(*f), &known.binners[usize::from(*f)]),
                Input::Ridge(b) => (guess.unwrap_or_default(), b),
                Input::Extra(e, b) => (known.spare(usize::from(*e)), b),
            };
            (if is_set { known.bin(place, binner) } else { place }, binner)
        };
        let (flat, scorer) = match &drawn.conditional {
            Conditional::Tree(tree) => (Some(Flat::new(tree, &mut input)), None),
            Conditional::Boosted(boosted) => (None, Some(Scorer::new(boosted))),
        };
        let spread = match &drawn.coder {
            Coder::Number(coder) => Some(Spread::new(coder)),
            _ => None,
        };
        let asks_extras = asked.iter().any(|i| matches!(i, Input::Extra(..)));
        Self { drawn, flat, scorer, guess: guess.map(|g| g as usize), spread, asks_extras }
    }

    /// Draws a code of a leaf under a mask: by trying, then exactly.
    pub fn masked(&self, leaf: Leaf, rng: &mut crate::rng::Stream, weigh: &mut dyn FnMut(u16) -> f64) -> Option<u16> {
        let flat = self.flat.as_ref()?;
        for _ in 0..TRIES {
            let code = flat.pick(leaf, rng.next_u32());
            let share = weigh(code);
            if share >= 1.0 || (share > 0.0 && rng.unit() < share) {
                return Some(code);
            }
        }
        match &self.drawn.conditional {
            Conditional::Tree(tree) => tree.draw_at(leaf, rng, weigh),
            Conditional::Boosted(_) => None,
        }
    }
}

/// Draws that are thrown away before the weights of all codes are worked out.
pub(super) const TRIES: usize = 8;

/// One column.
pub(super) struct ColumnLaw<'a> {
    pub model: &'a ColumnModel,
    pub parts: Vec<Law<'a>>,
    /// Whether a value may be missing: not where no training row misses it, whatever the last tries allow.
    pub may_miss: bool,
    /// Whether it is the last of a set that must not repeat.
    pub is_unique: bool,
    /// The bounds that are the same for every row, and by their number in the table those that are not; and what it may
    /// not come before.
    pub always: (i64, i64),
    pub bounds: Vec<usize>,
    pub not_before: Option<Ref>,
}

impl<'a> ColumnLaw<'a> {
    fn new(model: &'a ColumnModel, parts: Vec<Law<'a>>, keep: &Keep, last: &[UniqueItem]) -> Self {
        let slot = model.slot;
        let before = keep.no_overlap.filter(|(start, _)| *start == slot);
        let mine = (0..keep.bounds.len()).filter(|b| keep.bounds[*b].slot == slot);
        let (refers, fixed): (Vec<usize>, Vec<usize>) = mine.partition(|b| keep.bounds[*b].refers());
        let always = fixed.iter().fold(ALL, |(lo, hi), b| {
            let Bound { low, high, .. } = &keep.bounds[*b];
            (low.as_ref().map_or(lo, |l| lo.max(l.1)), high.as_ref().map_or(hi, |h| hi.min(h.1)))
        });
        Self {
            model,
            parts,
            may_miss: !keep.not_null.contains(&slot) && !keep.complete.contains(&slot),
            is_unique: last.contains(&UniqueItem::Slot(slot)),
            always,
            bounds: refers,
            not_before: before.map(|(_, end)| Ref::at(&[Hop::Back(1)], usize::from(end))),
        }
    }
}

/// One link.
pub(super) struct LinkLaw<'a> {
    /// Whether any rule may forbid a target.
    pub is_ruled: bool,
    pub null: Option<Law<'a>>,
    pub same: Option<Law<'a>>,
    pub kin: Option<Law<'a>>,
    /// In the order of the model's profile.
    pub profile: Vec<Law<'a>>,
    pub popularity: Option<CountLaw<'a>>,
}

/// The number of rows of a child table, or of choices of a target.
pub(super) struct CountLaw<'a> {
    pub model: &'a CountModel,
    pub law: Law<'a>,
    pub known: Known<'a>,
}

impl<'a> CountLaw<'a> {
    fn new(model: &'a CountModel) -> Self {
        let mut known = Known::new(&model.features, &model.binners);
        let law = Law::new(&model.drawn, &mut known);
        Self { model, law, known }
    }
}

/// A list of features, how often draws ask for each, and what they derive from them.
pub(super) struct Known<'a> {
    pub features: &'a [Feature],
    pub binners: &'a [Binner],
    pub asked: Vec<Asked>,
    pub derived: Vec<Derived<'a>>,
}

impl<'a> Known<'a> {
    fn new(features: &'a [Feature], binners: &'a [Binner]) -> Self {
        Self { features, binners, asked: vec![Asked::Never; features.len()], derived: Vec::new() }
    }

    fn ask(&mut self, feature: u16, often: Asked) {
        let so_far = &mut self.asked[usize::from(feature)];
        *so_far = often.max(*so_far);
    }

    /// The place of the value of an earlier part: behind the features.
    fn spare(&self, extra: usize) -> u32 {
        (self.features.len() + extra.min(SPARE - 1)) as u32
    }

    /// The next place, for something derived.
    fn add(&mut self, derived: Derived<'a>) -> u32 {
        self.derived.push(derived);
        (self.features.len() + SPARE + self.derived.len() - 1) as u32
    }

    /// The place of the bin at a place, as a set.
    fn bin(&mut self, place: u32, binner: &'a Binner) -> u32 {
        let same = |d: &Derived| matches!(d, Derived::Bin(of, _) if *of == place);
        match self.derived.iter().position(same) {
            Some(at) => (self.features.len() + SPARE + at) as u32,
            None => self.add(Derived::Bin(place, binner)),
        }
    }

    /// The place of a linear guess.
    fn guess(&mut self, ridge: &Ridge) -> u32 {
        ridge.features.iter().for_each(|f| self.ask(*f, Asked::Always));
        let source = |f: u16| &self.features[usize::from(f)].source;
        let (of_owner, of_row) = ridge.line().split(|f| source(f).lasts());
        let (before, rest) = of_row.split(|f| source(f).looks_back());
        let upon = self.add(Derived::OfOwner(of_owner));
        self.add(Derived::Guess(upon, before, rest))
    }
}

/// One table.
pub(super) struct TableLaw<'a> {
    pub model: &'a TableModel,
    pub known: Known<'a>,
    pub when: Option<(ColumnLaw<'a>, ColumnLaw<'a>)>,
    pub links: Vec<LinkLaw<'a>>,
    pub columns: Vec<ColumnLaw<'a>>,
    pub bounds: Vec<BoundLaw<'a>>,
    /// Times of the owner that its rows settle.
    pub endings: Vec<&'a Ending>,
    /// In the order of the model's counts.
    pub counts: Vec<CountLaw<'a>>,
    /// Stream names: slots, then links.
    pub purposes: Vec<u64>,
    /// The item with which each unique set is complete.
    pub last_of_unique: Vec<Option<UniqueItem>>,
    /// The same for the sets that are unique in the whole table.
    pub last_of_table: Vec<UniqueItem>,
}

impl<'a> TableLaw<'a> {
    fn new(model: &'a Model, t: usize) -> Self {
        let (plan, mine) = (&model.plan.tables[t], &model.tables[t]);
        let mut known = Known::new(&mine.features, &mine.binners);
        let mut law = |d: &'a Drawn| Law::new(d, &mut known);
        let links = mine
            .links
            .iter()
            .enumerate()
            .map(|(i, l)| LinkLaw {
                is_ruled: is_ruled(model, t, i),
                null: l.null.as_ref().map(&mut law),
                same: l.same.as_ref().map(&mut law),
                kin: l.kin.as_ref().map(&mut law),
                profile: l.profile.iter().map(|p| law(&p.1)).collect(),
                popularity: l.popularity.as_ref().map(CountLaw::new),
            })
            .collect();
        let mut purposes: Vec<u64> = plan.slots.iter().map(|s| name(&[&plan.name, &s.column])).collect();
        purposes.extend(plan.links.iter().map(|l| name(&[&plan.name, "link", &l.name])));
        // The time comes first, then links, then the other columns.
        let place = |i: &UniqueItem| match i {
            UniqueItem::Slot(s) if plan.when == Some(*s) => 0,
            UniqueItem::Link(l) => 1 + usize::from(*l),
            UniqueItem::Slot(s) => 1000 + mine.columns.iter().position(|c| c.slot == *s).map_or(0, |p| p + 1),
        };
        let last_of_unique: Vec<Option<UniqueItem>> =
            mine.keep.unique.iter().map(|set| set.iter().max_by_key(|i| place(i)).copied()).collect();
        let last = |set: &Vec<UniqueItem>| set.iter().max_by_key(|i| place(i)).copied();
        let last_of_table: Vec<UniqueItem> = mine.keep.unique_in_table.iter().filter_map(last).collect();
        let last_items: Vec<UniqueItem> = last_of_unique.iter().flatten().chain(&last_of_table).copied().collect();
        let mut column = |c: &'a ColumnModel| {
            let mut parts: Vec<Law> = c.parts.iter().map(&mut law).collect();
            parts.shrink_to_fit();
            ColumnLaw::new(c, parts, &mine.keep, &last_items)
        };
        let when = mine.when.as_ref().map(|(a, b)| (column(a), column(b)));
        let of_owner = plan.owner.map(|o| model.tables[usize::from(o)].keep.endings.iter());
        let columns = mine.columns.iter().map(&mut column).collect();
        Self {
            model: mine,
            bounds: mine.keep.bounds.iter().map(|b| BoundLaw::new(&model.plan, t, b)).collect(),
            endings: of_owner.into_iter().flatten().filter(|e| usize::from(e.child) == t).collect(),
            when,
            links,
            columns,
            counts: mine.counts.iter().map(CountLaw::new).collect(),
            known,
            purposes,
            last_of_unique,
            last_of_table,
        }
    }
}

/// Whether any rule may forbid a target of a link.
fn is_ruled(model: &Model, t: usize, l: usize) -> bool {
    let (mine, link) = (&model.tables[t], &model.plan.tables[t].links[l]);
    let (keep, own) = (&mine.keep, &mine.links[l]);
    let mut sets = keep.unique.iter().chain(&keep.unique_in_table);
    own.never != [false; 2]
        || !own.apart.is_empty()
        || link.upward
        || link.once
        || keep.restrictions.iter().any(|r| usize::from(r.link) == l)
        || keep.capacity.as_ref().is_some_and(|c| usize::from(c.link) == l)
        || sets.any(|set| set.contains(&UniqueItem::Link(l as u8)))
}

/// Tables that must be there before rows of table `t` can be drawn and written.
pub(super) fn depends_on(laws: &[TableLaw], plan: &Plan, t: usize) -> Vec<usize> {
    let owner = plan.tables[t].owner.map(usize::from);
    let mut out: Vec<usize> = owner.into_iter().collect();
    out.extend(plan.tables[t].links.iter().map(|l| usize::from(l.target)));
    out.extend(laws[t].model.keep.totals.iter().map(|total| usize::from(total.child)));
    out.extend(laws[t].model.keep.endings.iter().map(|ending| usize::from(ending.child)));
    // Summaries that its features look at stem from other children of the rows above.
    let mut ask = |from: usize, known: &Known| {
        for (f, _) in known.features.iter().zip(&known.asked).filter(|(_, a)| **a != Asked::Never) {
            if let Source::Summary(way, i) = &f.source
                && let Some(at) = plan.table_at(from, way)
            {
                out.extend(plan.tables[at].summaries.get(usize::from(*i)).map(|s| usize::from(s.child)));
            }
        }
    };
    ask(t, &laws[t].known);
    if let Some(o) = owner {
        laws[o].counts.iter().filter(|c| usize::from(c.model.child) == t).for_each(|c| ask(o, &c.known));
    }
    for (link, law) in plan.tables[t].links.iter().zip(&laws[t].links) {
        law.popularity.iter().for_each(|p| ask(usize::from(link.target), &p.known));
    }
    out
}

/// All tables, in the order of the plan.
pub(super) fn compile(model: &Model) -> Vec<TableLaw<'_>> {
    (0..model.tables.len()).map(|t| TableLaw::new(model, t)).collect()
}
