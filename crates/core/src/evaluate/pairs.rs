//! All column pairs: within tables, with parents and grandparents, and with sibling tables of the same parent.

use rayon::prelude::*;

use super::frame::{Frame, REAL};
use super::link::{Children, Join};
use super::measure::{Measure, Section, Subject};
use crate::metric::binning::Coding;
use crate::metric::jackknife::Groups;
use crate::metric::joint::{Joint, joint_similarity};
use crate::rng::mix;

/// How the columns of two tables meet in one row.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A child beside its parent, over one relationship.
    Parent(usize),
    /// A child beside its grandparent, over two.
    Grandparent(usize, usize),
    /// Children of one parent from two tables.
    Sibling(usize, usize),
}

/// Two groups of columns that meet in the same rows on both sides.
struct Meeting<'a> {
    metric: &'static str,
    /// The table whose rows are counted, and the other one.
    table: &'a str,
    other: &'a str,
    via: String,
    /// For each side, the rows of the two tables that meet; None is every row of one table.
    rows: [Option<Join>; 2],
}

/// Pairs of columns of one table.
pub fn within(frame: &Frame, side: usize) -> Vec<Measure> {
    let tables: Vec<&String> = frame.metadata.tables.keys().collect();
    let meet = |t: &String| {
        let (metric, rows) = ("joint distribution", [None, None]);
        measure(frame, side, &Meeting { metric, table: t, other: t, via: String::new(), rows })
    };
    tables.into_par_iter().flat_map_iter(meet).collect()
}

/// Pairs of columns of related tables.
pub fn family(frame: &Frame, side: usize) -> Vec<Measure> {
    let measured = ways(frame).into_par_iter().flat_map_iter(|way| {
        let meeting = meet(frame, side, way);
        meeting.map(|m| measure(frame, side, &m)).unwrap_or_default()
    });
    measured.collect()
}

fn ways(frame: &Frame) -> Vec<Way> {
    let relationships = &frame.metadata.relationships;
    let mut ways = Vec::new();
    for (i, r) in relationships.iter().enumerate() {
        ways.push(Way::Parent(i));
        let up = relationships.iter().enumerate().filter(|(_, g)| g.child == r.parent);
        ways.extend(up.map(|(j, _)| Way::Grandparent(i, j)));
        let beside = relationships.iter().enumerate().skip(i + 1);
        ways.extend(
            beside.filter(|(_, q)| q.parent == r.parent && q.child != r.child).map(|(j, _)| Way::Sibling(i, j)),
        );
    }
    ways
}

fn meet<'a>(frame: &Frame<'a>, side: usize, way: Way) -> Option<Meeting<'a>> {
    let r = |i: usize| &frame.metadata.relationships[i];
    let key = |i: usize| r(i).child_key.join(", ");
    let both = |join: &dyn Fn(usize) -> Option<Join>| Some([Some(join(REAL)?), Some(join(side)?)]);
    Some(match way {
        Way::Parent(i) => Meeting {
            metric: "with parent",
            table: &r(i).child,
            other: &r(i).parent,
            via: format!("{} > {} ({})", r(i).parent, r(i).child, key(i)),
            rows: both(&|s| frame.links[s][i].as_ref().ok().map(|l| l.join()))?,
        },
        Way::Grandparent(i, j) => Meeting {
            metric: "with grandparent",
            table: &r(i).child,
            other: &r(j).parent,
            via: format!("{} > {} ({}) > {} ({})", r(j).parent, r(i).parent, key(j), r(i).child, key(i)),
            rows: both(&|s| two_hops(frame, s, i, j))?,
        },
        Way::Sibling(i, j) => Meeting {
            metric: "with sibling table",
            table: &r(i).child,
            other: &r(j).child,
            via: format!("{} and {} of one {} ({}, {})", r(i).child, r(j).child, r(i).parent, key(i), key(j)),
            rows: both(&|s| siblings(frame, s, i, j))?,
        },
    })
}

/// Rows of a child table with their grandparents' rows.
fn two_hops(frame: &Frame, side: usize, child: usize, parent: usize) -> Option<Join> {
    let (near, far) = (frame.links[side][child].as_ref().ok()?, frame.links[side][parent].as_ref().ok()?);
    let mut join = Join::default();
    for row in 0..near.child_keys.len() as u32 {
        if let Some(g) = near.parent(row).and_then(|p| far.parent(p)) {
            join.child.push(row);
            join.parent.push(g);
        }
    }
    Some(join)
}

/// Each row of the first child table beside one row of the second that has the same parent. Which one is
/// decided by the row number alone, so the pair is a fair draw and the same on every run.
fn siblings(frame: &Frame, side: usize, first: usize, second: usize) -> Option<Join> {
    let (a, b) = (frame.links[side][first].as_ref().ok()?, frame.links[side][second].as_ref().ok()?);
    let children: Children = b.children();
    let mut join = Join::default();
    for row in 0..a.child_keys.len() as u32 {
        let Some(p) = a.parent(row) else { continue };
        // Both links reach the same parent table, whose rows are numbered alike.
        let there = children.of(p as usize);
        if !there.is_empty() {
            join.child.push(row);
            join.parent.push(there[(mix(u64::from(row)) % there.len() as u64) as usize]);
        }
    }
    Some(join)
}

/// The codes of one column on both sides.
struct Coded {
    name: String,
    size: usize,
    codes: [Vec<u8>; 2],
}

fn code(frame: &Frame, side: usize, table: &str, column: &str, rows: [Option<&[u32]>; 2], name: String) -> Coded {
    let series = [REAL, side].map(|s| frame.column(s, table, column).expect("shared columns can be read"));
    let coding = Coding::new(series[0], rows[0]);
    let codes = [0, 1].map(|i: usize| match rows[i] {
        None => coding.codes(series[i]),
        Some(rows) => rows.iter().map(|&r| coding.code(series[i], series[i].ticks[r as usize])).collect(),
    });
    Coded { name, size: coding.size(), codes }
}

fn measure(frame: &Frame, side: usize, m: &Meeting) -> Vec<Measure> {
    let within = m.rows[0].is_none();
    let pick = |child: bool| {
        [0, 1].map(|i: usize| m.rows[i].as_ref().map(|j| if child { j.child.as_slice() } else { j.parent.as_slice() }))
    };
    let coded = |table: &str, rows: [Option<&[u32]>; 2], prefix: &str| -> Vec<Coded> {
        let columns = frame.shared(table, side);
        columns.into_par_iter().map(|c| code(frame, side, table, c, rows, format!("{prefix}{c}"))).collect()
    };
    let near = coded(m.table, pick(true), "");
    let far = if within { Vec::new() } else { coded(m.other, pick(false), &format!("{}.", m.other)) };
    let groups: [Groups; 2] = [(0, REAL), (1, side)].map(|(i, s): (usize, usize)| match &m.rows[i] {
        None => frame.groups[s][m.table].clone(),
        Some(j) => frame.groups[s][m.table].pick(&j.child),
    });
    let pairs: Vec<(&Coded, &Coded)> = if within {
        near.iter().enumerate().flat_map(|(i, a)| near[i + 1..].iter().map(move |b| (a, b))).collect()
    } else {
        near.iter().flat_map(|a| far.iter().map(move |b| (a, b))).collect()
    };
    let section = if within { Section::Pairs } else { Section::Family };
    let one = |(a, b): (&Coded, &Coded)| {
        let joint = |i: usize| Joint { a: &a.codes[i], b: &b.codes[i], groups: &groups[i] };
        let subject = Subject::new(section, m.metric, m.table, &[&a.name, &b.name]).via(&m.via);
        Measure::new(subject, joint_similarity([joint(0), joint(1)], [a.size, b.size]))
    };
    pairs.into_par_iter().map(one).collect()
}
