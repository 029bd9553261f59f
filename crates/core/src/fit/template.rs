//! Keeps the rows of dimensions, and finds the groups of rows that only each other's entities use.

use crate::frame::{Frame, NO_ROW};
use crate::model::Template;
use crate::plan::{Origin, Plan};

/// The rows of every dimension, and the number of components they fall into.
///
/// Campuses of a hospital that share no patient and no staff are such components: a scale of a quarter of four
/// campuses then has one of them, not a quarter of the wards of each.
pub(super) fn templates(plan: &Plan, frames: &[Frame]) -> (Vec<Option<Template>>, u32) {
    let start: Vec<usize> = frames
        .iter()
        .scan(0, |at, f| {
            let here = *at;
            *at += f.rows;
            Some(here)
        })
        .collect();
    let total: usize = frames.iter().map(|f| f.rows).sum();
    let mut parent: Vec<u32> = (0..total as u32).collect();
    for (t, frame) in frames.iter().enumerate() {
        for row in 0..frame.rows {
            if let Some(o) = plan.tables[t].owner.filter(|_| frame.owner[row] != NO_ROW) {
                join(&mut parent, start[t] + row, start[usize::from(o)] + frame.owner[row] as usize);
            }
            for (l, link) in plan.tables[t].links.iter().enumerate() {
                if frame.links[l][row] != NO_ROW {
                    join(&mut parent, start[t] + row, start[usize::from(link.target)] + frame.links[l][row] as usize);
                }
            }
        }
    }
    let kept: Vec<usize> = (0..frames.len()).filter(|t| plan.tables[*t].origin != Origin::Drawn).collect();
    let mut roots: Vec<usize> = Vec::new();
    let mut component: Vec<Vec<u32>> = vec![Vec::new(); frames.len()];
    for &t in &kept {
        for row in 0..frames[t].rows {
            let root = find(&mut parent, start[t] + row);
            let at = roots.iter().position(|r| *r == root).unwrap_or_else(|| {
                roots.push(root);
                roots.len() - 1
            });
            component[t].push(at as u32);
            if roots.len() > 1000 {
                return (whole(plan, frames), 1);
            }
        }
    }
    // Every component must be a database of its own: rows of every dimension and of everything that links there.
    let complete = (0..roots.len()).all(|c| kept.iter().all(|t| component[*t].contains(&(c as u32))));
    let sizes: Vec<usize> = {
        let mut s = vec![0usize; roots.len()];
        for i in 0..total {
            let root = find(&mut parent, i);
            if let Some(c) = roots.iter().position(|r| *r == root) {
                s[c] += 1;
            }
        }
        s
    };
    // Things that a label names may have more or fewer rows.
    let named = kept.iter().all(|t| plan.tables[*t].hidden);
    let alike = named || sizes.iter().min().copied().unwrap_or(0) * 3 >= sizes.iter().max().copied().unwrap_or(0);
    if roots.len() < 2 || !complete || !alike {
        return (whole(plan, frames), 1);
    }
    let mut out = whole(plan, frames);
    for &t in &kept {
        if let Some(template) = &mut out[t] {
            template.component.clone_from(&component[t]);
        }
    }
    (out, roots.len() as u32)
}

fn whole(plan: &Plan, frames: &[Frame]) -> Vec<Option<Template>> {
    plan.tables
        .iter()
        .zip(frames)
        .map(|(p, f)| {
            (p.origin != Origin::Drawn).then(|| Template {
                values: f.values.clone(),
                owner: f.owner.clone(),
                links: f.links.clone(),
                component: vec![0; f.rows],
            })
        })
        .collect()
}

fn find(parent: &mut [u32], mut i: usize) -> usize {
    while parent[i] as usize != i {
        parent[i] = parent[parent[i] as usize];
        i = parent[i] as usize;
    }
    i
}

fn join(parent: &mut [u32], a: usize, b: usize) {
    let (a, b) = (find(parent, a), find(parent, b));
    let (low, high) = (a.min(b), a.max(b));
    parent[high] = low as u32;
}
