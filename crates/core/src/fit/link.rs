//! Fits how the target of a link is chosen: null, the same as before, kin of the one before, else by profile.

use super::drawn::{Target, fit_drawn};
use super::sheet::Sheet;
use super::{Fit, Steps};
use crate::dataset::NULL;
use crate::encode::{Distinct, NumberCoder};
use crate::feature::{Source, row_features};
use crate::frame::{Hop, NO_ROW, Ref, WHICH};
use crate::model::{Coder, CountModel, Drawn, Keep, LinkModel};
use crate::plan::{Origin, SlotKind};

/// Attributes in a profile at most.
const PROFILE: usize = 5;
/// Share of rows from which staying with a target is modelled.
const STAYS: f64 = 0.01;

/// How the targets of all links of a table are chosen.
pub(super) fn links(
    ctx: &Fit,
    sheet: &Sheet,
    steps: &Steps,
    keep: &Keep,
    progress: &(dyn Fn(&str, &str) + Sync),
) -> Vec<LinkModel> {
    let table = &ctx.plan.tables[sheet.table];
    (0..table.links.len())
        .map(|l| {
            progress(&table.name, &table.links[l].name);
            link(ctx, sheet, steps, keep, l)
        })
        .collect()
}

fn link(ctx: &Fit, sheet: &Sheet, steps: &Steps, keep: &Keep, l: usize) -> LinkModel {
    let t = sheet.table;
    let frame = &ctx.frames[t];
    let targets = &frame.links[l];
    let known = steps.known(sheet, steps.of_link(l));
    let rows: Vec<u32> = (0..frame.rows as u32).collect();
    let mut model = LinkModel::default();
    let flag = |rows: &[u32], of: &dyn Fn(usize) -> bool| -> Drawn {
        let codes: Vec<u16> = (0..frame.rows).map(|r| u16::from(of(r))).collect();
        let target = Target { rows, codes: &codes, coder: Coder::Flag, ordered: true, scalar: None, extras: &[] };
        fit_drawn(ctx, sheet, &known, target)
    };
    if targets.contains(&NO_ROW) {
        model.null = Some(flag(&rows, &|r| targets[r] == NO_ROW));
    }
    let linked: Vec<u32> = rows.into_iter().filter(|r| targets[*r as usize] != NO_ROW).collect();
    let before = |r: usize| {
        let mine = frame.owner[r];
        (r > 0 && mine != NO_ROW && frame.owner[r - 1] == mine && targets[r - 1] != NO_ROW).then(|| targets[r - 1])
    };
    let later: Vec<u32> = linked.iter().copied().filter(|r| before(*r as usize).is_some()).collect();
    let stays = |r: usize| before(r) == Some(targets[r]);
    let staying = later.iter().filter(|r| stays(**r as usize)).count();
    if later.len() >= 20 && staying as f64 > STAYS * later.len() as f64 {
        model.same = Some(flag(&later, &stays));
    }
    let fresh: Vec<u32> = linked.iter().copied().filter(|r| model.same.is_none() || !stays(*r as usize)).collect();
    let target = usize::from(ctx.plan.tables[t].links[l].target);
    if ctx.plan.tables[target].owner.is_some() {
        let owners = &ctx.frames[target].owner;
        let owner = |to: u32| owners.get(to as usize);
        let kin = |r: usize| before(r).is_some_and(|b| owner(b) == owner(targets[r]));
        let later: Vec<u32> = fresh.iter().copied().filter(|r| before(*r as usize).is_some()).collect();
        let n = later.iter().filter(|r| kin(**r as usize)).count();
        // Where the owner is the same anyway there is nothing to choose.
        if later.len() >= 20 && n as f64 > STAYS * later.len() as f64 && n < later.len() {
            model.kin = Some(flag(&later, &kin));
        }
    }
    model.never = never(ctx, t, l);
    model.apart = apart(ctx, t, l);
    model.profile = profile(ctx, sheet, keep, l, &known, &fresh);
    if let Some((identity, drawn)) = identity(ctx, sheet, l, &known, &fresh, &model.profile) {
        model.identity = identity;
        model.profile.push((Ref { hops: Vec::new(), slot: WHICH }, drawn));
    }
    model
}

/// Rows that must show that something never happens.
const NEVER: usize = 100;

/// Whether no row of a table links to its own owner (a flight ends where it did not begin), and whether no two rows of
/// an owner share a target, where targets are drawn (a bond joins the same two atoms once).
fn never(ctx: &Fit, t: usize, l: usize) -> [bool; 2] {
    let (plan, frame) = (&ctx.plan.tables[t], &ctx.frames[t]);
    let target = plan.links[l].target;
    let drawn = ctx.plan.tables[usize::from(target)].origin == Origin::Drawn;
    let links = &frame.links[l];
    let linked = || (0..frame.rows).filter(move |r| links[*r] != NO_ROW && frame.owner[*r] != NO_ROW);
    let to_owner = plan.owner == Some(target) && linked().count() >= NEVER;
    let once = || {
        let mut later = 0;
        let twice = linked().any(|r| {
            let mine = frame.children(frame.owner[r] as usize);
            later += usize::from(r > mine.start);
            (mine.start..r).any(|e| links[e] == links[r])
        });
        !twice && later >= NEVER
    };
    [to_owner && linked().all(|r| links[r] != frame.owner[r]), drawn && once()]
}

/// Rows that chance alone would give the same target twice, from which their lack says something.
const MEETINGS: f64 = 5.0;

/// Earlier links to the same table that no row has the same target by, though chance would have it.
fn apart(ctx: &Fit, t: usize, l: usize) -> Vec<u8> {
    let (links, frame) = (&ctx.plan.tables[t].links, &ctx.frames[t]);
    let targets = ctx.frames[usize::from(links[l].target)].rows;
    let alone = |e: &usize| {
        let both: Vec<[u32; 2]> =
            (0..frame.rows).map(|r| [frame.links[*e][r], frame.links[l][r]]).filter(|b| !b.contains(&NO_ROW)).collect();
        let mut often = vec![[0.0f64; 2]; targets];
        for b in &both {
            often[b[0] as usize][0] += 1.0;
            often[b[1] as usize][1] += 1.0;
        }
        let expected = often.iter().map(|o| o[0] * o[1]).sum::<f64>() / both.len().max(1) as f64;
        expected >= MEETINGS && both.iter().all(|b| b[0] != b[1])
    };
    let kin = |e: &usize| links[*e].target == links[l].target && !links[*e].deferred;
    (0..l).filter(kin).filter(alone).map(|e| e as u8).collect()
}

/// Targets that may be told apart one by one at most, and rows that each needs on average.
const TARGETS: usize = 500;
const ROWS_EACH: usize = 40;

/// Which row of a repeated dimension it is, for those that enough entities chose; attributes alone would not
/// tell two airports of one time zone apart.
fn identity(
    ctx: &Fit,
    sheet: &Sheet,
    l: usize,
    known: &[u16],
    rows: &[u32],
    profile: &[(Ref, Drawn)],
) -> Option<(Vec<u16>, Drawn)> {
    let t = sheet.table;
    let target = usize::from(ctx.plan.tables[t].links[l].target);
    if ctx.plan.tables[target].origin == Origin::Drawn {
        return None;
    }
    let links = &ctx.frames[t].links[l];
    let mut by_target: Vec<(u32, u32)> =
        rows.iter().map(|r| (links[*r as usize], ctx.entities[t][*r as usize])).collect();
    by_target.sort_unstable();
    let most = ctx.entities[t].iter().max().map_or(0, |m| *m as usize + 1);
    let mut distinct = Distinct::new(most);
    let chosen: Vec<u32> = by_target
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|c| distinct.at_least(ctx.options.min_support, c.iter().map(|x| x.1)))
        .map(|c| c[0].0)
        .collect();
    if chosen.len() < 2 || chosen.len() > TARGETS || rows.len() < ROWS_EACH * chosen.len() {
        return None;
    }
    let n = chosen.len() as u16;
    let mut identity = vec![n; ctx.frames[target].rows];
    for (code, to) in chosen.iter().enumerate() {
        identity[*to as usize] = code as u16;
    }
    let codes: Vec<u16> = links.iter().map(|to| if *to == NO_ROW { n } else { identity[*to as usize] }).collect();
    let features = with_profile(sheet, l, known, profile);
    let goal = Target { rows, codes: &codes, coder: Coder::Labels(n), ordered: false, scalar: None, extras: &[] };
    Some((identity, fit_drawn(ctx, sheet, &features, goal)))
}

/// What is known, with the attributes of the target that are settled already.
fn with_profile(sheet: &Sheet, l: usize, known: &[u16], profile: &[(Ref, Drawn)]) -> Vec<u16> {
    let mut features = known.to_vec();
    for (earlier, _) in profile {
        let hops = [&[Hop::Link(l as u8)], earlier.hops.as_slice()].concat();
        let seen = Source::Value(Ref { hops, slot: earlier.slot });
        features.extend(sheet.features.iter().position(|f| f.source == seen).map(|f| f as u16));
    }
    features
}

/// The target's attributes worth choosing by, coarse ones first, with how each is drawn.
fn profile(ctx: &Fit, sheet: &Sheet, keep: &Keep, l: usize, known: &[u16], rows: &[u32]) -> Vec<(Ref, Drawn)> {
    let t = sheet.table;
    let plan = ctx.plan;
    let target = usize::from(plan.tables[t].links[l].target);
    let mut ways: Vec<Vec<Hop>> = vec![Vec::new()];
    ways.extend(plan.tables[target].owner.map(|_| vec![Hop::Owner]));
    ways.extend((0..plan.tables[target].links.len()).map(|i| vec![Hop::Link(i as u8)]));
    // What agrees is settled before the profile.
    let agreed: Vec<&[Hop]> =
        plan.tables[t].links[l].chosen_by(plan.tables[t].when).map(|a| a.target.as_slice()).collect();
    ways.retain(|w| w.is_empty() || !agreed.contains(&w.as_slice()));
    let mut candidates: Vec<(bool, usize, Ref)> = Vec::new();
    for way in &ways {
        let Some(end) = plan.table_at(target, way) else { continue };
        for (s, slot) in plan.tables[end].slots[..ctx.seen[end]].iter().enumerate() {
            let r = Ref::at(way, s);
            let forced = keep.restrictions.iter().any(|x| usize::from(x.link) == l && x.attribute == r);
            let mut v: Vec<i64> =
                (0..ctx.frames[target].rows).map(|row| plan.value(ctx.frames, target, row, &r)).collect();
            v.sort_unstable();
            v.dedup();
            let few = v.len() > 1 && (v.len() <= 64 || v.len() * 2 <= ctx.frames[target].rows.max(1));
            if forced || (few && !slot.kind.is_time()) {
                candidates.push((!forced, v.len(), r));
            }
        }
    }
    candidates.sort();
    let mut out: Vec<(Ref, Drawn)> = Vec::new();
    for (free, _, r) in candidates {
        if out.len() >= PROFILE {
            break;
        }
        let features = with_profile(sheet, l, known, &out);
        let drawn = attribute(ctx, sheet, l, &features, rows, &r);
        // An attribute that no feature tells anything about is left to popularity.
        if !free || !drawn.conditional.used().is_empty() {
            out.push((r, drawn));
        }
    }
    out
}

fn attribute(ctx: &Fit, sheet: &Sheet, l: usize, known: &[u16], rows: &[u32], r: &Ref) -> Drawn {
    let t = sheet.table;
    let plan = ctx.plan;
    let target = usize::from(plan.tables[t].links[l].target);
    let links = &ctx.frames[t].links[l];
    let value = |row: usize| match links[row] {
        NO_ROW => NULL,
        to => plan.value(ctx.frames, target, to as usize, r),
    };
    let values: Vec<i64> = (0..links.len()).map(value).collect();
    let (coder, codes, ordered) = match plan.kind(target, r) {
        Some(SlotKind::Label { labels, numeric }) => {
            let n = labels.len() as u16;
            let codes = values.iter().map(|v| if *v == NULL { n } else { (*v as u16).min(n) }).collect();
            (Coder::Labels(n), codes, numeric.is_some())
        }
        _ => {
            let here: Vec<u32> = rows.iter().copied().filter(|r| values[*r as usize] != NULL).collect();
            let q: Vec<i64> = here.iter().map(|r| values[*r as usize]).collect();
            let who: Vec<u32> = here.iter().map(|r| ctx.entities[t][*r as usize]).collect();
            let coder = NumberCoder::fit(&q, &who, ctx.options.min_support, ctx.options.grain());
            let n = coder.len() as u16;
            let codes: Vec<u16> = values.iter().map(|v| if *v == NULL { n } else { coder.code(*v) }).collect();
            (Coder::Number(coder), codes, true)
        }
    };
    let target = Target { rows, codes: &codes, coder, ordered, scalar: None, extras: &[] };
    fit_drawn(ctx, sheet, known, target)
}

/// How often targets are chosen afresh, for each link of a table.
pub(super) fn popularity(ctx: &Fit, t: usize, progress: &(dyn Fn(&str, &str) + Sync)) -> Vec<(usize, LinkModel)> {
    let table = &ctx.plan.tables[t];
    let frame = &ctx.frames[t];
    let mut out = Vec::new();
    for (l, link) in table.links.iter().enumerate() {
        let target = usize::from(link.target);
        let links = &frame.links[l];
        let mut chosen = vec![0u32; ctx.frames[target].rows];
        for r in 0..frame.rows {
            let mine = frame.owner[r];
            let stays = r > 0 && mine != NO_ROW && frame.owner[r - 1] == mine && links[r - 1] == links[r];
            if links[r] != NO_ROW && !stays {
                chosen[links[r] as usize] += 1;
            }
        }
        let mut model = LinkModel::default();
        if ctx.plan.tables[target].origin == Origin::Drawn {
            progress(&table.name, &format!("popularity of {}", ctx.plan.tables[target].name));
            model.popularity = Some(popular(ctx, target, &chosen));
        } else {
            model.chosen = chosen;
        }
        out.push((l, model));
    }
    out
}

fn popular(ctx: &Fit, target: usize, chosen: &[u32]) -> CountModel {
    let sheet = Sheet::new(ctx, target, row_features(ctx.plan, target, &[]));
    let rows: Vec<u32> = (0..chosen.len() as u32).collect();
    let counts: Vec<i64> = chosen.iter().map(|c| i64::from(*c)).collect();
    let coder = NumberCoder::fit(&counts, &ctx.entities[target], ctx.options.min_support, ctx.options.grain());
    let codes: Vec<u16> = counts.iter().map(|c| coder.code(*c)).collect();
    let known: Vec<u16> = (0..sheet.features.len() as u16).collect();
    let target =
        Target { rows: &rows, codes: &codes, coder: Coder::Number(coder), ordered: true, scalar: None, extras: &[] };
    let drawn = fit_drawn(ctx, &sheet, &known, target);
    let mean = counts.iter().sum::<i64>() as f64 / counts.len().max(1) as f64;
    CountModel { child: 0, summary: 0, features: sheet.features, binners: sheet.binners, per: None, drawn, mean }
}
