//! What is proved in one pass: the tables it needs, how their rows come, and what it says.

use std::collections::{BTreeMap, BTreeSet};

use healthdata_core::metadata::{Owner, Step};
use healthdata_core::rule::RuleKind;
use healthdata_core::{Metadata, Result, Rule};

/// How the rows of a table come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// All at once.
    Whole,
    /// Batch by batch.
    Batches,
    /// By a hash of these columns.
    By(Vec<String>),
}

/// One table of a task.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub table: String,
    pub how: How,
    /// None: all of the metadata.
    pub columns: Option<BTreeSet<String>>,
}

/// One pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Task {
    /// For people.
    pub what: String,
    /// The table whose rows are counted; the places of others mean nothing.
    pub main: String,
    pub parts: Vec<Part>,
    /// Relationships, by number.
    pub links: BTreeSet<usize>,
    /// Rules, by number.
    pub rules: Vec<usize>,
    /// Kinds of checks that it settles, for each table.
    pub kinds: Vec<(String, &'static str)>,
    /// Alternate keys that it settles.
    pub alternate: Vec<(String, String)>,
    /// Tables whose parent is inferred in it.
    pub inferred: BTreeSet<String>,
}

impl Task {
    /// True when it settles the checks of a kind for a table.
    pub fn proves(&self, table: &str, kind: &str) -> bool {
        self.kinds.iter().any(|(t, k)| t == table && *k == kind)
    }
}

/// Kinds that one row shows.
const OF_ROWS: [&str; 3] = ["type", "format", "domain"];

/// Everything to prove, for a data set whose `small` tables fit in memory together.
pub(super) fn tasks(metadata: &Metadata, small: &[String]) -> Result<Vec<Task>> {
    let is_small = |t: &str| small.iter().any(|s| s == t);
    let mut tasks = vec![all_small(metadata, small)];
    let mut done: BTreeSet<usize> = tasks[0].rules.iter().copied().collect();
    done.extend((0..metadata.rules.len()).filter(|i| unsaid(&metadata.rules[*i])));
    for (table, meta) in metadata.tables.iter().filter(|(t, _)| !is_small(t)) {
        tasks.push(of_rows(metadata, table, small, &mut done)?);
        if !meta.primary_key.is_empty() {
            let mut task = alone(table, &meta.primary_key, format!("{table}: key"));
            task.kinds.push((table.clone(), "primary key"));
            tasks.push(task);
        }
        for key in &meta.alternate_keys {
            let mut task = alone(table, std::slice::from_ref(key), format!("{table}: {key}"));
            task.kinds.push((table.clone(), "alternate key"));
            task.alternate.push((table.clone(), key.clone()));
            tasks.push(task);
        }
    }
    for (i, r) in metadata.relationships.iter().enumerate().filter(|(_, r)| !is_small(&r.parent)) {
        let mut needs = Needs::new(metadata);
        needs.link(i);
        let mut task = needs.task(&r.child, Some(Split::Link(i)), format!("{} to {}", r.child, r.parent));
        task.kinds.push((r.child.clone(), "foreign key"));
        tasks.push(task);
    }
    for (table, meta) in &metadata.tables {
        if let Owner::Inferred { table: parent, .. } = &meta.owner
            && !(is_small(table) && is_small(parent))
        {
            let mut needs = Needs::new(metadata);
            needs.inferred(table)?;
            let mut task = needs.task(table, Some(Split::Inferred), format!("{table} in {parent}"));
            task.kinds.push((table.clone(), "inferred parent"));
            tasks.push(task);
        }
    }
    for (i, rule) in metadata.rules.iter().enumerate().filter(|(i, _)| !done.contains(i)) {
        let mut task = of_rule(metadata, rule, small)?;
        task.rules.push(i);
        tasks.push(task);
    }
    Ok(tasks)
}

/// True for a rule that does not say enough to be proved.
pub(super) fn unsaid(rule: &Rule) -> bool {
    matches!(&rule.kind, RuleKind::FixedCombinations { allowed, .. } if allowed.is_empty())
}

/// Everything about the small tables among themselves.
fn all_small(metadata: &Metadata, small: &[String]) -> Task {
    let is_small = |t: &str| small.iter().any(|s| s == t);
    let mut task = Task { what: "small tables".into(), ..Task::default() };
    for t in small {
        task.parts.push(Part { table: t.clone(), how: How::Whole, columns: None });
        let meta = &metadata.tables[t];
        let mut kinds = vec!["type", "format", "domain", "primary key", "alternate key", "foreign key"];
        if let Owner::Inferred { table, .. } = &meta.owner
            && is_small(table)
        {
            kinds.push("inferred parent");
            task.inferred.insert(t.clone());
        }
        task.kinds.extend(kinds.into_iter().map(|k| (t.clone(), k)));
        task.alternate.extend(meta.alternate_keys.iter().map(|k| (t.clone(), k.clone())));
    }
    let inside = |r: &healthdata_core::metadata::Relationship| is_small(&r.parent) && is_small(&r.child);
    task.links.extend(metadata.relationships.iter().enumerate().filter(|(_, r)| inside(r)).map(|(i, _)| i));
    for (i, rule) in metadata.rules.iter().enumerate().filter(|(_, r)| !unsaid(r)) {
        let touched = Needs::of(metadata, rule).map(|n| n.columns.keys().all(|t| is_small(t)));
        if touched.unwrap_or(false) {
            task.rules.push(i);
        }
    }
    task
}

/// A table alone, by the hash of some columns.
fn alone(table: &str, key: &[String], what: String) -> Task {
    let columns = Some(key.iter().cloned().collect());
    let part = Part { table: table.to_owned(), how: How::By(key.to_vec()), columns };
    Task { what, main: table.to_owned(), parts: vec![part], ..Task::default() }
}

/// What each row of a large table shows, with its small parents.
fn of_rows(metadata: &Metadata, table: &str, small: &[String], done: &mut BTreeSet<usize>) -> Result<Task> {
    let is_small = |t: &str| small.iter().any(|s| s == t);
    let mut needs = Needs::new(metadata);
    let mut rules = Vec::new();
    for (i, rule) in metadata.rules.iter().enumerate().filter(|(_, r)| r.table() == table && !unsaid(r)) {
        let of = Needs::of(metadata, rule)?;
        let near = of.columns.keys().all(|t| t == table || is_small(t)) && of.inferred.is_empty();
        if near && !together(&rule.kind) && done.insert(i) {
            needs.add(of);
            rules.push(i);
        }
    }
    for (i, _) in metadata.relationships.iter().enumerate().filter(|(_, r)| r.child == table && is_small(&r.parent)) {
        needs.link(i);
    }
    let mut task = needs.task(table, None, format!("{table}: rows"));
    task.rules = rules;
    task.kinds.extend(OF_ROWS.iter().chain(&["foreign key"]).map(|k| (table.to_owned(), *k)));
    for part in task.parts.iter_mut().filter(|p| p.table == table) {
        (part.how, part.columns) = (How::Batches, None);
    }
    if task.parts.iter().all(|p| p.table != table) {
        task.parts.push(Part { table: table.to_owned(), how: How::Batches, columns: None });
    }
    Ok(task)
}

/// True for kinds that compare rows of one table with each other.
fn together(kind: &RuleKind) -> bool {
    use RuleKind::*;
    matches!(
        kind,
        Unique { .. } | Determines { .. } | NoOverlap { .. } | Capacity { .. } | AtLeastOne { .. } | Total { .. }
    )
}

fn of_rule(metadata: &Metadata, rule: &Rule, small: &[String]) -> Result<Task> {
    let needs = Needs::of(metadata, rule)?;
    let what = rule.describe();
    let table = rule.table();
    let split = match &rule.kind {
        RuleKind::Unique { columns, .. } => Some(Split::Columns(columns.clone())),
        RuleKind::Determines { column, part: None, .. } => Some(Split::Columns(vec![column.clone()])),
        RuleKind::NoOverlap { owner: key, .. } | RuleKind::Capacity { link: key, .. } => {
            metadata.step_key(table, key)?.map(Split::Link)
        }
        RuleKind::AtLeastOne { parent, child, key } | RuleKind::Total { table: parent, child, key, .. } => match key {
            Some(key) => metadata.step_key(child, key)?.map(Split::Link),
            None => {
                let way = metadata.relationships.iter().position(|r| r.child == *child && r.parent == *parent);
                way.filter(|_| !needs.inferred.contains(child)).map(Split::Link)
            }
        },
        _ => None,
    };
    let split = split.or_else(|| {
        if needs.inferred.is_empty() {
            needs.large_parent(table, small).map(Split::Link)
        } else {
            Some(Split::Inferred)
        }
    });
    let mut task = needs.task(table, split, what);
    // Nothing to split by: the rows come one by one to their parents, which are held whole.
    if !together(&rule.kind) && !small.iter().any(|s| s == table) && task.parts.iter().all(|p| p.how == How::Whole) {
        task.parts.iter_mut().filter(|p| p.table == table).for_each(|p| p.how = How::Batches);
    }
    Ok(task)
}

/// What decides which rows must meet.
enum Split {
    /// A foreign key, with its parent's key.
    Link(usize),
    /// The key that a table shares with its inferred parent.
    Inferred,
    /// Columns of the table.
    Columns(Vec<String>),
}

/// Tables, columns and links that something needs.
struct Needs<'a> {
    metadata: &'a Metadata,
    columns: BTreeMap<String, BTreeSet<String>>,
    links: BTreeSet<usize>,
    inferred: BTreeSet<String>,
}

impl<'a> Needs<'a> {
    fn new(metadata: &'a Metadata) -> Self {
        Self { metadata, columns: BTreeMap::new(), links: BTreeSet::new(), inferred: BTreeSet::new() }
    }

    fn of(metadata: &'a Metadata, rule: &Rule) -> Result<Self> {
        let mut needs = Self::new(metadata);
        needs.columns.entry(rule.table().to_owned()).or_default();
        for path in rule.paths() {
            needs.path(rule.table(), &path)?;
        }
        match &rule.kind {
            RuleKind::NoOverlap { table, owner: key, .. } | RuleKind::Capacity { table, link: key, .. } => {
                needs.step(table, key)?;
            }
            RuleKind::AtLeastOne { parent, child, key } | RuleKind::Total { table: parent, child, key, .. } => {
                if let RuleKind::Total { of: Some(of), .. } = &rule.kind {
                    needs.column(child, of);
                }
                let own = metadata.relationships.iter().position(|r| r.child == *child && r.parent == *parent);
                match (key, own) {
                    (Some(key), _) => needs.step(child, key)?,
                    (None, Some(i)) => needs.link(i),
                    (None, None) => needs.inferred(child)?,
                }
            }
            _ => {}
        }
        Ok(needs)
    }

    fn step(&mut self, table: &str, key: &str) -> Result<()> {
        match self.metadata.step_key(table, key)? {
            Some(i) => self.link(i),
            None => self.inferred(table)?,
        }
        Ok(())
    }

    fn add(&mut self, other: Self) {
        for (table, columns) in other.columns {
            self.columns.entry(table).or_default().extend(columns);
        }
        self.links.extend(other.links);
        self.inferred.extend(other.inferred);
    }

    fn column(&mut self, table: &str, column: &str) {
        self.columns.entry(table.to_owned()).or_default().insert(column.to_owned());
    }

    fn link(&mut self, i: usize) {
        let r = &self.metadata.relationships[i];
        r.child_key.iter().for_each(|c| self.column(&r.child, c));
        r.parent_key.iter().for_each(|c| self.column(&r.parent, c));
        self.links.insert(i);
    }

    fn inferred(&mut self, table: &str) -> Result<()> {
        if let Owner::Inferred { table: parent, via, time, start, end } = &self.metadata.tables[table].owner {
            self.inferred.insert(table.to_owned());
            self.column(table, time);
            self.column(parent, start);
            self.column(parent, end);
            let here = self.metadata.step_key(table, via)?;
            here.into_iter().for_each(|i| self.link(i));
            if let Some(there) = self.shared(table, parent, via)? {
                self.link(there);
            }
        }
        Ok(())
    }

    /// The inferred parent's own key to the parent that both share.
    fn shared(&self, table: &str, parent: &str, via: &str) -> Result<Option<usize>> {
        let Some(here) = self.metadata.step_key(table, via)? else { return Ok(None) };
        let grand = &self.metadata.relationships[here].parent;
        let fits = |i: &usize| {
            let r = &self.metadata.relationships[*i];
            r.child == parent && r.parent == *grand
        };
        let named = self.metadata.step_key(parent, via)?.filter(fits);
        Ok(named.or_else(|| (0..self.metadata.relationships.len()).find(fits)))
    }

    fn path(&mut self, table: &str, path: &str) -> Result<()> {
        let resolved = self.metadata.resolve(table, path)?;
        let mut at = table.to_owned();
        for step in &resolved.steps {
            at = match step {
                Step::Key(i) => {
                    self.link(*i);
                    self.metadata.relationships[*i].parent.clone()
                }
                Step::Inferred => {
                    self.inferred(&at)?;
                    match &self.metadata.tables[&at].owner {
                        Owner::Inferred { table, .. } => table.clone(),
                        _ => at,
                    }
                }
            };
        }
        self.column(&at, &resolved.column);
        Ok(())
    }

    /// The first key of the table to a large parent.
    fn large_parent(&self, table: &str, small: &[String]) -> Option<usize> {
        let r = |i: &usize| &self.metadata.relationships[*i];
        let large = |i: &usize| r(i).child == table && !small.contains(&r(i).parent) && r(i).parent != table;
        self.links.iter().copied().find(large)
    }

    fn task(self, main: &str, split: Option<Split>, what: String) -> Task {
        let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
        match split {
            None => {}
            Some(Split::Columns(columns)) => _ = by.insert(main.to_owned(), columns),
            Some(Split::Link(i)) => {
                let r = &self.metadata.relationships[i];
                // A table that points to itself can't be in two places.
                if r.child != r.parent {
                    by.insert(r.child.clone(), r.child_key.clone());
                    by.insert(r.parent.clone(), r.parent_key.clone());
                }
            }
            // Only one inferred parent can decide; further ones keep their tables whole.
            Some(Split::Inferred) => {
                if let Some((table, Owner::Inferred { table: parent, via, .. })) =
                    self.inferred.iter().next().map(|t| (t, &self.metadata.tables[t].owner))
                    && self.inferred.len() == 1
                    && let Ok(Some(here)) = self.metadata.step_key(table, via)
                    && let Ok(Some(there)) = self.shared(table, parent, via)
                {
                    let (a, b) = (&self.metadata.relationships[here], &self.metadata.relationships[there]);
                    by.insert(table.clone(), a.child_key.clone());
                    by.insert(parent.clone(), b.child_key.clone());
                    by.insert(a.parent.clone(), a.parent_key.clone());
                }
            }
        }
        let mut columns = self.columns;
        for (table, key) in &by {
            columns.entry(table.clone()).or_default().extend(key.iter().cloned());
        }
        // The main table must be in parts when any is: else each part would count all of its rows.
        if !by.is_empty() && !by.contains_key(main) {
            by.clear();
        }
        let how = |table: &String| match by.get(table) {
            Some(key) => How::By(key.clone()),
            None => How::Whole,
        };
        let parts = columns.into_iter().map(|(table, c)| Part { how: how(&table), table, columns: Some(c) }).collect();
        Task { what, main: main.to_owned(), parts, links: self.links, inferred: self.inferred, ..Task::default() }
    }
}
