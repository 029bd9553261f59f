//! Features resolved for one table: ways become steps between numbered tables, once, when a cursor is made.

use super::{Derived, Feature, Kind, Part, Scope, Source, Stat};
use crate::frame::{Frame, Hop, NO_ROW, Ref, Shared};
use crate::plan::Plan;

/// One step between numbered tables.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Owner(usize),
    Link(usize, usize),
    Back(usize, usize),
    Ahead(usize, usize),
    Like(usize, Shared),
    LikeAbove(usize, usize, Shared),
    Peer(usize, usize),
}

/// A way from the row at work; for the short ones that most features take the cursor knows where they lead.
#[derive(Debug)]
pub(super) enum Way {
    Own,
    Owner,
    Owner2,
    Back(usize),
    Link(usize),
    Steps(Vec<Step>),
}

/// Where a way ends, and the slot or summary there.
#[derive(Debug)]
pub(super) struct End {
    pub(super) way: Way,
    pub(super) table: usize,
    pub(super) slot: usize,
}

impl End {
    /// None when the way leads nowhere in this schema.
    fn new(plan: &Plan, table: usize, hops: &[Hop], slot: u16) -> Option<Self> {
        let mut t = table;
        let mut steps = Vec::with_capacity(hops.len());
        for h in hops {
            steps.push(match h {
                Hop::Owner => Step::Owner(t),
                Hop::Link(l) => Step::Link(t, usize::from(*l)),
                Hop::Back(k) => Step::Back(t, usize::from(*k)),
                Hop::Ahead(k) => Step::Ahead(t, usize::from(*k)),
                Hop::Like(_) | Hop::LikeAbove(_) | Hop::LikeTo(_) | Hop::LikeToAbove(_) => match h.like()? {
                    (what, false) => Step::Like(t, what),
                    (what, true) => Step::LikeAbove(t, usize::from(plan.tables[t].owner?), what),
                },
                Hop::Peer(l) => Step::Peer(t, usize::from(*l)),
            });
            t = plan.table_at(t, &[*h])?;
        }
        let way = match steps[..] {
            [] => Way::Own,
            [Step::Owner(_)] => Way::Owner,
            [Step::Owner(_), Step::Owner(_)] => Way::Owner2,
            [Step::Back(_, k)] => Way::Back(k),
            [Step::Link(_, l)] => Way::Link(l),
            _ => Way::Steps(steps),
        };
        Some(Self { way, table: t, slot: usize::from(slot) })
    }

    fn of(plan: &Plan, table: usize, r: &Ref) -> Option<Self> {
        Self::new(plan, table, &r.hops, r.slot)
    }
}

/// A number or time at the end of a way: one that is known before the row is drawn is looked up once for it.
#[derive(Debug)]
pub(super) enum Tick {
    Here(End),
    Kept(usize),
}

#[inline]
pub(super) fn some(row: u32) -> Option<usize> {
    (row != NO_ROW).then_some(row as usize)
}

#[inline(never)]
pub(super) fn walk(steps: &[Step], frames: &[Frame], row: usize) -> Option<usize> {
    steps.iter().try_fold(row, |r, step| match *step {
        Step::Owner(t) => some(frames[t].owner[r]),
        Step::Link(t, l) => some(frames[t].links[l][r]),
        Step::Back(t, k) => back(&frames[t], r, k),
        Step::Ahead(t, k) => frames[t].ahead(r, k),
        Step::Peer(t, l) => some(frames[t].peers[l][r]),
        Step::Like(t, s) => frames[t].like(r, s),
        Step::LikeAbove(t, o, s) => frames[t].like_above(&frames[o].owner, r, s),
    })
}

/// The row so many rows before, if it has the same owner.
fn back(frame: &Frame, row: usize, k: usize) -> Option<usize> {
    let owner = frame.owner[row];
    (owner != NO_ROW && row >= k && frame.owner[row - k] == owner).then(|| row - k)
}

/// A feature, resolved, or what is derived from some.
pub(super) enum Known<'a> {
    Never,
    Derived(&'a Derived<'a>),
    Value(End),
    Numeric(End, &'a [i64]),
    Part(End, Part),
    Span(Tick, Tick),
    Until(Tick, Tick),
    Summary(End),
    Run(usize, Stat, usize),
    Share(usize, usize, usize),
    Which(End, &'a [u16]),
    Position,
    Remaining(usize, usize),
    Pace(Tick, Tick, usize, usize),
    Stayed(usize),
}

impl<'a> Known<'a> {
    pub fn new(plan: &Plan, table: usize, feature: &'a Feature, kept: &mut Vec<(&'a Ref, End)>) -> Option<Self> {
        let end = |r: &Ref| End::of(plan, table, r);
        let mut tick = |r: &'a Ref| {
            if !matches!(r.hops[..], [Hop::Owner, ..] | [Hop::Back(_)]) {
                return end(r).map(Tick::Here);
            }
            let at = kept.iter().position(|k| k.0 == r);
            Some(Tick::Kept(match at {
                Some(at) => at,
                None => {
                    kept.push((r, end(r)?));
                    kept.len() - 1
                }
            }))
        };
        let owner = plan.tables[table].owner.map(usize::from);
        Some(match &feature.source {
            Source::Value(r) => match &feature.kind {
                Kind::Numeric(n) => Self::Numeric(end(r)?, n),
                _ => Self::Value(end(r)?),
            },
            Source::Part(r, part) => Self::Part(end(r)?, *part),
            Source::Span(a, b) => Self::Span(tick(a)?, tick(b)?),
            Source::Until(a, b) => Self::Until(tick(a)?, tick(b)?),
            Source::Summary(way, i) => Self::Summary(End::new(plan, table, way, *i)?),
            Source::Run(slot, stat, scope) => Self::Run(usize::from(*slot), *stat, index(*scope)),
            Source::Share(slot, code, scope) => Self::Share(usize::from(*slot), usize::from(*code), index(*scope)),
            Source::Which(way, ranks) => Self::Which(End::new(plan, table, way, 0)?, ranks),
            Source::Position => Self::Position,
            Source::Remaining(i) => Self::Remaining(owner?, usize::from(*i)),
            Source::Pace(a, b, i) => Self::Pace(tick(a)?, tick(b)?, owner?, usize::from(*i)),
            Source::Stayed(l) => Self::Stayed(usize::from(*l)),
        })
    }
}

fn index(scope: Scope) -> usize {
    match scope {
        Scope::Owner => 0,
        Scope::Above => 1,
    }
}
