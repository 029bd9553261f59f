//! Features, ways and links in words.

use crate::feature::{Feature, Part, Scope, Source, Stat};
use crate::frame::{Hop, Ref, Shared, WHICH};
use crate::model::{ColumnModel, Drawn, Ending, Input, Quantity};
use crate::plan::{Agreement, Link, Plan, SlotKind, SummaryKind};

/// A way from a table, and the table at its end.
fn way(plan: &Plan, table: usize, hops: &[Hop]) -> (String, usize) {
    let (mut text, mut t) = (String::new(), table);
    for hop in hops {
        match hop {
            Hop::Owner => {
                let Some(o) = plan.tables[t].owner else { break };
                t = usize::from(o);
                text.push_str(&plan.tables[t].name);
                text.push('.');
            }
            Hop::Link(i) => {
                let Some(link) = plan.tables[t].links.get(usize::from(*i)) else { break };
                t = usize::from(link.target);
                text.push_str(&link.name);
                text.push('.');
            }
            Hop::Back(1) => text.push_str("previous "),
            Hop::Back(k) => text.push_str(&format!("{k} rows before: ")),
            Hop::Ahead(1) => text.push_str("next "),
            Hop::Ahead(k) => text.push_str(&format!("{k} rows after: ")),
            Hop::Peer(i) => text.push_str(&format!("last of all with the same {}: ", link(plan, t, *i))),
            Hop::Like(_) | Hop::LikeAbove(_) | Hop::LikeTo(_) | Hop::LikeToAbove(_) => {
                let Some((what, above)) = hop.like() else { break };
                let what = match what {
                    Shared::Slot(s) => column(plan, t, s),
                    Shared::Link(l) => link(plan, t, l),
                };
                let owner = plan.tables[t].owner.map_or("?", |o| plan.tables[usize::from(o)].name.as_str());
                let of = if above { format!(" of any {owner}") } else { String::new() };
                text.push_str(&format!("last with the same {what}{of}: "));
            }
        }
    }
    (text, t)
}

fn link(plan: &Plan, table: usize, link: u8) -> &str {
    plan.tables[table].links.get(usize::from(link)).map_or("?", |l| l.name.as_str())
}

fn column(plan: &Plan, table: usize, slot: u16) -> &str {
    if slot == WHICH {
        return "row itself";
    }
    plan.tables[table].slots.get(usize::from(slot)).map_or("?", |s| s.column.split('\u{1f}').next().unwrap_or_default())
}

/// A value seen from a row of a table, as a path.
pub(super) fn path(plan: &Plan, table: usize, r: &Ref) -> String {
    let (text, t) = way(plan, table, &r.hops);
    text + column(plan, t, r.slot)
}

/// What must be the same for a row and the target of its link.
pub(super) fn agreement(plan: &Plan, table: usize, link: &Link, a: &Agreement) -> String {
    let side = |from: usize, hops: &[Hop], slot: Option<u16>| {
        let (text, t) = way(plan, from, hops);
        match slot {
            Some(s) => text + column(plan, t, s),
            None => text.trim_end_matches('.').to_owned(),
        }
    };
    let target = side(usize::from(link.target), &a.target, a.slots.map(|s| s.1));
    format!("{} = {}.{target}", side(table, &a.own, a.slots.map(|s| s.0)), link.name)
}

/// How the value of a column is drawn.
pub(super) fn quantity(plan: &Plan, table: usize, c: &ColumnModel) -> String {
    match &c.quantity {
        Quantity::Level => "drawn".into(),
        Quantity::Since(r) if c.parts.len() > 1 => {
            format!("drawn as the span since {}, or by the clock", path(plan, table, r))
        }
        Quantity::Since(r) => format!("drawn as the difference to {}", path(plan, table, r)),
        Quantity::Near(r) => format!("drawn as the difference to {} where that is known", path(plan, table, r)),
        Quantity::Relative(r) => {
            format!("drawn as the share that {} changes by where that is above zero", path(plan, table, r))
        }
        Quantity::Same(r) => format!("drawn as the same as {}, or by itself", path(plan, table, r)),
        Quantity::Recall(_) => "drawn as one that the owner had before, or a new one".into(),
        Quantity::Residual => "drawn as the difference to a linear guess".into(),
        Quantity::Calendar(None, _) => "drawn as day, weekday and time of day".into(),
        Quantity::Calendar(Some(r), _) => {
            format!(
                "drawn as the span since {0} within half a day, else as days since then, weekday and time of day",
                path(plan, table, r)
            )
        }
        Quantity::Position(first) => format!("the number of the row within its owner, from {first}"),
        Quantity::PositionWithin(first, s) => {
            let within = &plan.tables[table].slots[usize::from(*s)].column;
            format!("the number of the row within its owner and {within}, from {first}")
        }
        Quantity::Copy(r) => format!("the same as {}", path(plan, table, r)),
    }
}

/// How a time that rows of a child table settle comes to be.
pub(super) fn ending(plan: &Plan, e: &Ending) -> String {
    let c = usize::from(e.child);
    let after: Vec<&str> = e.after.iter().map(|s| column(plan, c, *s)).collect();
    let (table, of) = (&plan.tables[c].name, column(plan, c, e.of));
    format!("missing as learned; else {of} of the last of {table}, or a span after the last {}", after.join(" or "))
}

/// What some draws look at, in words, without repeats.
pub(super) fn given<'d>(
    plan: &Plan,
    table: usize,
    features: &[Feature],
    draws: impl IntoIterator<Item = &'d Drawn>,
) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for drawn in draws {
        let mut asked: Vec<u16> = Vec::new();
        for i in drawn.conditional.used() {
            match drawn.inputs.get(usize::from(i)) {
                Some(Input::Feature(f)) => asked.push(*f),
                Some(Input::Ridge(_)) => asked.extend(drawn.ridge.iter().flat_map(|r| &r.features)),
                Some(Input::Extra(..)) | None => {}
            }
        }
        for f in asked.into_iter().filter_map(|f| features.get(usize::from(f))) {
            let text = feature(plan, table, &f.source);
            if !out.contains(&text) {
                out.push(text);
            }
        }
    }
    out
}

fn feature(plan: &Plan, table: usize, source: &Source) -> String {
    let path = |r: &Ref| path(plan, table, r);
    let scope = |s: &Scope| match s {
        Scope::Owner => "so far",
        Scope::Above => "so far in all",
    };
    match source {
        Source::Value(r) => path(r),
        Source::Part(r, part) => {
            let part = match part {
                Part::Clock => "time of day",
                Part::Weekday => "weekday",
                Part::Month => "month",
                Part::Year => "year",
            };
            format!("{part} of {}", path(r))
        }
        Source::Span(a, b) => format!("from {} to {}", path(a), path(b)),
        Source::Until(a, b) => format!("from {} to the year of {}", path(a), path(b)),
        Source::Which(hops, _) => format!("which {}", way(plan, table, hops).0.trim_end_matches('.')),
        Source::Summary(hops, s) => {
            let (text, t) = way(plan, table, hops);
            format!("{text}{}", summary(plan, t, *s))
        }
        Source::Run(slot, stat, s) => {
            let stat = match stat {
                Stat::Mean => "mean",
                Stat::Least => "smallest",
                Stat::Most => "largest",
                Stat::First => "first",
            };
            format!("{stat} {} {}", column(plan, table, *slot), scope(s))
        }
        Source::Share(slot, code, s) => {
            format!("share of {} in {} {}", label(plan, table, *slot, *code), column(plan, table, *slot), scope(s))
        }
        Source::Position => "number of earlier rows".into(),
        Source::Remaining(_) => "rows still to come".into(),
        Source::Pace(a, b, _) => format!("from {} to {} for each row still to come", path(a), path(b)),
        Source::Stayed(l) => {
            let link = plan.tables[table].links.get(usize::from(*l)).map_or("?", |l| l.name.as_str());
            format!("whether {link} stayed the same")
        }
    }
}

fn label(plan: &Plan, table: usize, slot: u16, code: u16) -> &str {
    match plan.tables[table].slots.get(usize::from(slot)).map(|s| &s.kind) {
        Some(SlotKind::Label { labels, .. }) => labels.get(usize::from(code)).map_or("?", String::as_str),
        _ => "?",
    }
}

fn summary(plan: &Plan, table: usize, index: u16) -> String {
    let Some(s) = plan.tables[table].summaries.get(usize::from(index)) else { return "?".into() };
    let child = usize::from(s.child);
    let name = &plan.tables[child].name;
    match s.what {
        SummaryKind::Count => format!("number of {name}"),
        SummaryKind::Mean(c) => format!("mean {} of {name}", column(plan, child, c)),
        SummaryKind::Least(c) => format!("smallest {} of {name}", column(plan, child, c)),
        SummaryKind::Most(c) => format!("largest {} of {name}", column(plan, child, c)),
        SummaryKind::Last(c) => format!("last {} of {name}", column(plan, child, c)),
        SummaryKind::Share(c, code) => {
            format!("share of {} in {} of {name}", label(plan, child, c, code), column(plan, child, c))
        }
    }
}
