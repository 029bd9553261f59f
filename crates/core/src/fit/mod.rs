//! Learns a model from data.

mod boosted;
mod choice;
mod column;
mod count;
mod critic;
mod drawn;
mod latent;
mod like;
mod link;
mod number;
mod numbering;
mod recall;
mod rounds;
mod settle;
mod sheet;
mod template;
mod trial;
mod view;

use crate::conditional::TreeParams;
use crate::encode::Grain;
use crate::feature::{Source, row_features};
use crate::frame::{Frame, Hop, NO_ROW, Ref};
use crate::metadata::Metadata;
use crate::model::{ColumnModel, CountModel, Keep, Model, Quantity, TableModel, Template, Training};
use crate::native::Native;
use crate::plan::{Built, Origin, Plan};
use crate::rule::{Rule, RuleKind};
use crate::{Dataset, Error, ErrorKind, Result};

pub use crate::encode::MIN_SUPPORT;
use choice::Way;
pub(crate) use column::{NEAR, day_of_year, weekday};
pub use settle::{BrokenRules, Settled, UseRules, settle};
use sheet::Sheet;
use view::View;

/// How hard to try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// One tree a column: seconds.
    #[default]
    Instant,
    /// For each table one tree a column or boosted trees, whichever a classifier tells less well: a minute.
    Balanced,
    /// As balanced, with more and slower rounds over more features: several minutes.
    Best,
}

impl Effort {
    /// Its name on the command line and in a model.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Balanced => "balanced",
            Self::Best => "best",
        }
    }
}

impl std::str::FromStr for Effort {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Instant, Self::Balanced, Self::Best];
        all.into_iter()
            .find(|e| e.name() == text)
            .ok_or_else(|| Error::new(ErrorKind::Request, "use instant, balanced or best"))
    }
}

/// How to fit.
#[derive(Clone, Copy, Debug)]
pub struct FitOptions {
    /// Fewest entities that any learned label, bin or leaf stands for.
    pub min_support: usize,
    /// How hard to try.
    pub effort: Effort,
    /// Seed of the validation split.
    pub seed: u64,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self { min_support: MIN_SUPPORT, effort: Effort::Instant, seed: 0 }
    }
}

impl FitOptions {
    fn grain(&self) -> Grain {
        if self.effort == Effort::Instant { Grain::Coarse } else { Grain::Fine }
    }

    fn tree(&self) -> TreeParams {
        TreeParams {
            min_entities: self.min_support,
            min_rows: TreeParams::default().min_rows.max(self.min_support),
            ..TreeParams::default()
        }
    }
}

/// Everything a column's fit looks at.
pub(crate) struct Fit<'a> {
    pub metadata: &'a Metadata,
    pub plan: &'a Plan,
    pub frames: &'a [Frame],
    pub entities: &'a [Vec<u32>],
    pub options: FitOptions,
    /// One tree whatever the effort: for looks that only compare.
    pub is_quick: bool,
    /// A split must gain all that a useless one could.
    pub is_strict: bool,
    /// How many slots of each table are looked at; what lies behind them is drawn and nothing depends on it.
    pub seen: &'a [usize],
}

impl Fit<'_> {
    /// The same data, fitted quickly.
    fn quick(&self) -> Fit<'_> {
        Fit { is_quick: true, ..*self }
    }

    /// The same data, fitted with fewer splits.
    fn strict(&self) -> Fit<'_> {
        Fit { is_strict: true, ..*self }
    }

    /// True unless a feature shows something behind the slots that are looked at.
    fn sees(&self, table: usize, source: &Source) -> bool {
        let shows = |t: usize, slot: u16| usize::from(slot) < self.seen[t];
        let ends = |(way, slot): (&[Hop], Option<u16>)| {
            slot.is_none_or(|s| self.plan.table_at(table, way).is_none_or(|t| shows(t, s)))
        };
        let summary = |t: usize, i: u16| {
            let s = &self.plan.tables[t].summaries[usize::from(i)];
            s.what.slot().is_none_or(|slot| shows(usize::from(s.child), slot))
        };
        match source {
            Source::Run(s, ..) | Source::Share(s, ..) => shows(table, *s),
            Source::Summary(way, i) => self.plan.table_at(table, way).is_none_or(|t| summary(t, *i)),
            _ => source.needs().into_iter().all(ends),
        }
    }

    fn tree(&self) -> TreeParams {
        let usual = self.options.tree();
        TreeParams { price: if self.is_strict { 1.0 } else { usual.price }, ..usual }
    }
}

/// Learns a model. `progress` is told the table and column at work.
///
/// Found rules that cost a table its rows are left out, and all is learned again without them.
pub fn fit(
    data: &Dataset,
    metadata: &Metadata,
    options: FitOptions,
    progress: &(dyn Fn(&str, &str) + Sync),
) -> Result<(Model, Vec<String>)> {
    let mut starving = Vec::new();
    let learned = learn(data, metadata, options, Some(&mut starving), progress)?;
    if starving.is_empty() {
        return Ok(learned);
    }
    let mut fewer = metadata.clone();
    let costs = |r: &&mut Rule| starving.contains(&r.kind);
    fewer.rules.iter_mut().filter(costs).for_each(|r| r.enforced = false);
    let (model, mut notes) = learn(data, &fewer, options, None, progress)?;
    let said = fewer.rules.iter().filter(|r| starving.contains(&r.kind));
    notes.extend(said.map(|r| format!("found rule that would cost rows, listed only: {}", r.describe())));
    Ok((model, notes))
}

/// One model; the found rules that cost its tables rows are looked for where somebody asks for them.
fn learn(
    data: &Dataset,
    metadata: &Metadata,
    options: FitOptions,
    starving: Option<&mut Vec<RuleKind>>,
    progress: &(dyn Fn(&str, &str) + Sync),
) -> Result<(Model, Vec<String>)> {
    metadata.validate()?;
    let whole = (data, metadata);
    let hidden = crate::plan::hidden(data, metadata, options.min_support);
    let (data, metadata) = hidden.as_ref().map_or((data, metadata), |h| (&h.data, &h.metadata));
    let mut built = crate::plan::build(data, metadata, options.min_support, hidden.as_ref().map_or(0, |h| h.tables))?;
    if let Some(h) = &hidden {
        let tables = built.plan.tables.len();
        built.plan.tables[tables - h.tables..].iter_mut().for_each(|t| t.hidden = true);
        built.plan.notes.extend(h.notes.iter().cloned());
    }
    let shown: Vec<usize> = built.plan.tables.iter().map(|t| t.slots.len()).collect();
    if options.effort != Effort::Instant {
        latent::add(&mut built, options.min_support);
    }
    for t in 0..built.frames.len() {
        for (l, link) in built.plan.tables[t].links.iter().enumerate().filter(|(_, l)| !l.deferred) {
            let targets = built.frames[usize::from(link.target)].rows;
            built.frames[t].find_peers(l, targets);
        }
    }
    let Built { plan, frames, entities } = built;
    let training =
        Training { plan: &plan, metadata, frames: &frames, entities: &entities, min_support: options.min_support };
    let (keeps, missed) = crate::model::keep(&training)?;
    let mut notes = plan.notes.clone();
    let (known, mut metadata) = (metadata, metadata.clone());
    for i in missed {
        let rule = &mut metadata.rules[i];
        if rule.found {
            rule.enforced = false;
            notes.push(format!("found rule that can't be kept while drawing, listed only: {}", rule.describe()));
        } else {
            notes.push(format!("rule not kept while drawing, only checked: {}", rule.describe()));
        }
    }
    for rule in metadata.rules.iter_mut().filter(|r| r.found && r.enforced) {
        if crate::plan::is_blurred(&rule.kind, known) {
            rule.enforced = false;
            notes.push(format!("kept while drawing, but dates of a month or a year may hide it: {}", rule.describe()));
        }
    }
    let (templates, components) = template::templates(&plan, &frames);
    let mut view = View::new(&plan, frames, &keeps);
    let every: Vec<usize> = plan.tables.iter().map(|t| t.slots.len()).collect();
    let mut fitted = |way: Way, t: usize| {
        let all = Fit {
            metadata: &metadata,
            plan: &plan,
            frames: &[],
            entities: &entities,
            options: FitOptions { effort: if way == Way::Tree { Effort::Instant } else { options.effort }, ..options },
            is_quick: way == Way::TreeWithHidden,
            is_strict: false,
            seen: if way.knows_hidden() { &every } else { &shown },
        };
        fit_table(&all, &mut view, t, &keeps, &templates[t], progress)
    };
    let mut model = Model {
        metadata: metadata.to_json(),
        plan: plan.clone(),
        tables: Vec::new(),
        components,
        min_support: options.min_support as u32,
        effort: options.effort.name().to_owned(),
        natives: metadata.tables.iter().map(|(name, meta)| Native::of_table(&data.tables[name], meta)).collect(),
        holdout: None,
    };
    let first: Vec<Fitted> = (0..plan.tables.len()).map(|t| fitted(Way::Tree, t)).collect();
    if options.effort == Effort::Instant {
        choice::assemble(&mut model, first);
    } else {
        let real = choice::Real::new(whole, &plan, &entities);
        notes.extend(choice::choose(&mut model, first, &mut fitted, &real, progress));
        let (frames, share) = (view.all(), real.share);
        let rows = critic::Real { plan: &plan, frames, entities: &entities, shown: &shown, share };
        notes.extend(critic::learn(&mut model, &rows, options, progress));
    }
    let trial = trial::trial(&model);
    if let Some(starving) = starving.filter(|_| !trial.starved.is_empty()) {
        let plan = model.plan.clone();
        let (entities, min_support) = (&entities[..], options.min_support);
        let training = Training { plan: &plan, metadata: &metadata, frames: view.all(), entities, min_support };
        let keeps: Vec<Keep> = model.tables.iter().map(|t| t.keep.clone()).collect();
        let costs = trial::starving(&mut model, &training, &trial.starved);
        model.tables.iter_mut().zip(keeps).for_each(|(table, keep)| table.keep = keep);
        starving.extend(costs.into_iter().map(|i| metadata.rules[i].kind.clone()));
    }
    for i in trial.broken {
        let rule = &mut metadata.rules[i];
        rule.enforced = false;
        notes.push(format!("found rule that rows drawn in a trial break, listed only: {}", rule.describe()));
    }
    model.metadata = metadata.to_json();
    Ok((model, notes))
}

/// Intervals that the time of a table's rows lies in: references from the row.
fn intervals(plan: &Plan, t: usize, keep: &Keep) -> Vec<(Ref, Ref)> {
    let Some(when) = plan.tables[t].when else { return Vec::new() };
    keep.bounds
        .iter()
        .filter(|b| b.slot == when)
        .filter_map(|b| match (&b.low, &b.high) {
            (Some((Some(a), _)), Some((Some(b), _))) => Some((a.clone(), b.clone())),
            _ => None,
        })
        .collect()
}

/// The interval on an owner's row that all its rows of a child table lie in, seen from the owner.
fn shared_interval(plan: &Plan, child: usize, keeps: &[Keep]) -> Option<(Ref, Ref)> {
    let above = |r: &Ref| {
        let (first, rest) = r.hops.split_first()?;
        (*first == crate::frame::Hop::Owner).then(|| Ref { hops: rest.to_vec(), slot: r.slot })
    };
    let is_time = plan.tables[child].when.is_some_and(|w| plan.tables[child].slots[usize::from(w)].kind.is_time());
    let interval = intervals(plan, child, &keeps[child]).into_iter().next().filter(|_| is_time)?;
    Some((above(&interval.0)?, above(&interval.1)?))
}

/// How a table is drawn, and how many of its rows each row of its owner has.
#[derive(Clone)]
struct Fitted {
    table: TableModel,
    count: Option<CountModel>,
}

fn fit_table(
    all: &Fit,
    view: &mut View,
    t: usize,
    keeps: &[Keep],
    template: &Option<Template>,
    progress: &(dyn Fn(&str, &str) + Sync),
) -> Fitted {
    let (plan, ctx) = (all.plan, Fit { frames: view.of(t), ..*all });
    let mut table = rows(&ctx, t, keeps, progress);
    table.template.clone_from(template);
    let owner = plan.tables[t].owner.map(usize::from).filter(|_| plan.tables[t].origin == Origin::Drawn);
    let count = owner.map(|o| {
        progress(&plan.tables[o].name, &format!("number of {}", plan.tables[t].name));
        count::count(&ctx, o, t, &intervals(plan, o, &keeps[o]), shared_interval(plan, t, keeps))
    });
    Fitted { table, count }
}

/// How the rows of a table are drawn.
fn rows(ctx: &Fit, t: usize, keeps: &[Keep], progress: &(dyn Fn(&str, &str) + Sync)) -> TableModel {
    let table = &ctx.plan.tables[t];
    let frame = &ctx.frames[t];
    let keep = keeps[t].clone();
    let bounds = intervals(ctx.plan, t, &keep);
    let orphans = if table.owner.is_some() { frame.owner.iter().filter(|o| **o == NO_ROW).count() as u64 } else { 0 };
    let mut model = TableModel { rows: frame.rows as u64, orphans, keep, ..TableModel::default() };
    if table.origin == Origin::Drawn {
        let steps = Steps::new(ctx.plan, t, &model.keep);
        let mut features = row_features(ctx.plan, t, &bounds);
        features.extend(like::likes(ctx, t, &steps));
        features.extend(like::peers(ctx, t));
        let sheet = Sheet::new(ctx, t, features);
        if let Some(when) = table.when {
            progress(&table.name, &table.slots[usize::from(when)].column);
            model.when = Some(match numbering::numbering(ctx, t, usize::from(when)) {
                Some(numbers) => (numbers.clone(), numbers),
                None => column::when(ctx, &sheet, &steps, usize::from(when), &model.keep),
            });
        }
        model.links = link::links(ctx, &sheet, &steps, &model.keep, progress);
        model.columns = columns(ctx, &sheet, &steps, &model.keep, progress);
        model.features = sheet.features;
        model.binners = sheet.binners;
    }
    // Links of kept rows are kept with them.
    let drawn = table.origin == Origin::Drawn;
    for (l, link) in link::popularity(ctx, t, progress).into_iter().filter(|_| drawn) {
        model.links[l].popularity = link.popularity;
        model.links[l].chosen = link.chosen;
    }
    model
}

fn columns(
    ctx: &Fit,
    sheet: &Sheet,
    steps: &Steps,
    keep: &Keep,
    progress: &(dyn Fn(&str, &str) + Sync),
) -> Vec<ColumnModel> {
    use rayon::prelude::*;
    let table = &ctx.plan.tables[sheet.table];
    steps
        .slots
        .par_iter()
        .map(|&slot| {
            progress(&table.name, &table.slots[slot].column);
            if let Some(numbers) = numbering::numbering(ctx, sheet.table, slot) {
                return numbers;
            }
            match &steps.copies[slot] {
                Some(r) => ColumnModel {
                    slot: slot as u16,
                    quantity: Quantity::Copy(r.clone()),
                    parts: Vec::new(),
                    range: None,
                },
                None => column::column(ctx, sheet, steps, keep, slot),
            }
        })
        .collect()
}

/// The slots with what decides a column before it; in a circle the first stands.
fn in_order(mut left: Vec<usize>, keep: &Keep) -> Vec<usize> {
    let mut out = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits =
            |s: usize| keep.needs(s as u16).iter().any(|n| usize::from(*n) != s && left.contains(&usize::from(*n)));
        let next = left.iter().position(|s| !waits(*s)).unwrap_or(0);
        out.push(left.remove(next));
    }
    out
}

/// The order in which things become known about a row: time, links, then the other slots.
pub(crate) struct Steps {
    /// Slots after the links, in order.
    pub slots: Vec<usize>,
    /// Slots that always equal something at the end of a link.
    pub copies: Vec<Option<Ref>>,
    when: Option<usize>,
    links: usize,
    deferred: Vec<bool>,
}

impl Steps {
    fn new(plan: &Plan, t: usize, keep: &Keep) -> Self {
        let table = &plan.tables[t];
        let when = table.when.map(usize::from);
        let mut copies = vec![None; table.slots.len()];
        for (own, above) in &table.inherited {
            if Some(usize::from(*own)) != when {
                copies[usize::from(*own)] = Some(Ref::at(&[crate::frame::Hop::Owner], usize::from(*above)));
            }
        }
        for (l, link) in table.links.iter().enumerate() {
            for a in &link.agreements {
                let (Some(own), Some((_, there))) = (link.copied(a, table.when), a.slots) else { continue };
                let mut hops = vec![crate::frame::Hop::Link(l as u8)];
                hops.extend(&a.target);
                copies[usize::from(own)] = Some(Ref::at(&hops, usize::from(there)));
            }
        }
        let mut slots: Vec<usize> = (0..table.slots.len()).filter(|s| Some(*s) != when).collect();
        slots.sort_by_key(|s| copies[*s].is_none());
        let slots = in_order(slots, keep);
        let deferred = table.links.iter().map(|l| l.deferred).collect();
        Self { slots, copies, when, links: table.links.len(), deferred }
    }

    /// Before which step a slot is drawn.
    pub fn of_slot(&self, slot: usize) -> usize {
        if self.when == Some(slot) {
            return 0;
        }
        1 + self.links + self.slots.iter().position(|s| *s == slot).unwrap_or(self.slots.len())
    }

    /// Step of a link; a deferred one comes after everything.
    pub fn of_link(&self, link: usize) -> usize {
        if self.deferred[link] { 1 + self.links + self.slots.len() } else { 1 + link }
    }

    /// True when the end of a way is known before a step.
    fn knows(&self, step: usize, way: &[crate::frame::Hop], slot: Option<u16>) -> bool {
        match way.first() {
            None => slot.is_none_or(|s| self.of_slot(usize::from(s)) < step),
            Some(Hop::Like(s) | Hop::LikeAbove(s)) => self.of_slot(usize::from(*s)) < step,
            Some(Hop::Link(l) | Hop::Peer(l) | Hop::LikeTo(l) | Hop::LikeToAbove(l)) => {
                self.of_link(usize::from(*l)) < step
            }
            Some(_) => true,
        }
    }

    /// Features of a sheet that are known before a step.
    pub fn known(&self, sheet: &Sheet, step: usize) -> Vec<u16> {
        (0..sheet.features.len())
            .filter(|f| sheet.features[*f].source.needs().into_iter().all(|(way, slot)| self.knows(step, way, slot)))
            .map(|f| f as u16)
            .collect()
    }
}
