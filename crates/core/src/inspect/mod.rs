//! What a model holds, for people: how each column comes to be, what it looks at, and every value that was taken
//! from the data.

mod words;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::conditional::Binner;
use crate::dataset::NULL;
use crate::encode::NumberCoder;
use crate::identifier::{IdFormat, Place};
use crate::model::{Coder, ColumnModel, Decider, Drawn, Input, Model, Quantity, TableModel};
use crate::output::decimal;
use crate::plan::{Origin, Output, Shown, SlotKind, TablePlan};
use crate::{Metadata, Result, time};

/// What a model holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// How hard the fit tried.
    pub effort: String,
    /// Fewest entities that a learned value stands for.
    pub min_support: u32,
    /// Groups of dimension rows that share nothing (campuses of a hospital).
    pub components: u32,
    /// The tables, in metadata order.
    pub tables: Vec<TableInspection>,
    /// What the metadata inside the model holds of values: ranges, lists of values, rules.
    pub metadata_values: Vec<String>,
    /// What was decided at the fit and why.
    pub notes: Vec<String>,
}

/// What a model holds of one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableInspection {
    /// Its name.
    pub table: String,
    /// Training rows.
    pub rows: u64,
    /// `drawn` row by row, `repeated` with fresh keys, a `reference` kept as it is, or `hidden`: of things that no
    /// table lists.
    pub origin: &'static str,
    /// The table that decides how many rows there are.
    pub owner: Option<String>,
    /// The column that orders the rows of one owner.
    pub order: Option<String>,
    /// The columns, in output order.
    pub columns: Vec<ColumnInspection>,
    /// The other foreign keys, which are chosen.
    pub links: Vec<LinkInspection>,
    /// Number of rows of the tables it owns.
    pub counts: Vec<CountInspection>,
    /// Training rows kept whole, because the table is repeated or kept.
    pub kept_rows: u64,
    /// Values inside the features that columns look at.
    pub feature_edges: Values,
}

/// Values taken from the data: how many, and which where they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Values {
    /// How many.
    pub count: usize,
    /// What they are.
    pub what: String,
    /// The values; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// How one column comes to be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnInspection {
    /// Its name.
    pub column: String,
    /// How its values come to be, in words.
    pub how: String,
    /// Labels in the model, most frequent first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Numbers in the model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<Values>,
    /// What it is conditioned on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
}

/// How the target of a link is chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkInspection {
    /// Its columns.
    pub columns: String,
    /// The table pointed to.
    pub target: String,
    /// Attributes of the target that are drawn first.
    pub profile: Vec<String>,
    /// What the choice is conditioned on.
    pub given: Vec<String>,
    /// What must be the same seen from the row and from the target.
    pub agrees: Vec<String>,
}

/// How many rows a child table has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CountInspection {
    /// The child table.
    pub child: String,
    /// Mean number of rows.
    pub mean: f64,
    /// What it is conditioned on.
    pub given: Vec<String>,
    /// Numbers in the model.
    pub numbers: Values,
}

/// Lists what a model holds; with `values`, numbers that stem from the data too (labels always).
pub fn inspect(model: &Model, values: bool) -> Result<Inspection> {
    let metadata = Metadata::from_json(&model.metadata)?;
    let look = Look { model, metadata: &metadata, values };
    let tables = model.plan.tables.iter().zip(&model.tables).enumerate();
    Ok(Inspection {
        effort: model.effort.clone(),
        min_support: model.min_support,
        components: model.components,
        tables: tables.map(|(t, (plan, table))| look.table(t, plan, table)).collect(),
        metadata_values: metadata_values(&metadata),
        notes: model.plan.notes.clone(),
    })
}

struct Look<'a> {
    model: &'a Model,
    metadata: &'a Metadata,
    values: bool,
}

impl Look<'_> {
    fn table(&self, t: usize, plan: &TablePlan, model: &TableModel) -> TableInspection {
        let name = |i: u16| self.model.plan.tables[usize::from(i)].name.clone();
        let columns = self.metadata.tables[&plan.name].columns.keys().zip(&plan.output);
        let links = plan.links.iter().zip(&model.links).map(|(link, fitted)| {
            let draws = [&fitted.null, &fitted.same, &fitted.kin].into_iter().flatten();
            let draws = draws.chain(fitted.profile.iter().map(|p| &p.1));
            LinkInspection {
                columns: link.name.clone(),
                target: name(link.target),
                profile: fitted
                    .profile
                    .iter()
                    .map(|p| words::path(&self.model.plan, usize::from(link.target), &p.0))
                    .collect(),
                given: self.given(t, model, draws),
                agrees: link.agreements.iter().map(|a| words::agreement(&self.model.plan, t, link, a)).collect(),
            }
        });
        let counts = model.counts.iter().map(|c| CountInspection {
            child: name(c.child),
            mean: c.mean,
            given: words::given(&self.model.plan, t, &c.features, [&c.drawn]),
            numbers: self.coder(&c.drawn.coder, "numbers of rows", &|v| v.to_string()).unwrap_or_default(),
        });
        let edges: BTreeSet<String> = binners(model)
            .filter_map(|b| match b {
                Binner::Ordered(edges) => Some(edges),
                Binner::Labels(_) => None,
            })
            .flatten()
            .map(|e| format!("{e}"))
            .collect();
        TableInspection {
            table: plan.name.clone(),
            rows: model.rows,
            origin: match plan.origin {
                _ if plan.hidden => "hidden",
                Origin::Drawn => "drawn",
                Origin::Repeated => "repeated",
                Origin::Reference => "reference",
            },
            owner: plan.owner.map(name),
            order: plan.when.map(|w| plan.slots[usize::from(w)].column.clone()),
            columns: columns.map(|(column, output)| self.column(t, column, output)).collect(),
            links: links.collect(),
            counts: counts.collect(),
            kept_rows: model.template.as_ref().map_or(0, |p| p.component.len() as u64),
            feature_edges: self.some("edges of features", edges.into_iter().collect()),
        }
    }

    fn column(&self, t: usize, column: &str, output: &Output) -> ColumnInspection {
        let (plan, model) = (&self.model.plan, &self.model.tables[t]);
        let mut out = ColumnInspection {
            column: column.into(),
            how: String::new(),
            labels: Vec::new(),
            numbers: Vec::new(),
            given: Vec::new(),
        };
        match output {
            Output::Id(format) => out.how = format!("fresh identifier, {}", id_words(format)),
            Output::Group(format, _) => {
                out.how = format!("fresh identifier that rows share as in the data, {}", id_words(format));
            }
            Output::Fake(fake) => {
                out.how = format!("fresh {} ({}), never learned", fake.kind, fake.locale);
                out.labels = fake.forms().map(|f| format!("form {f}")).collect();
            }
            Output::Given(slot, inner) => {
                let there = self.column(t, column, &Output::Slot(*slot));
                out = self.column(t, column, inner);
                out.how.push_str(", missing as learned");
                out.given = there.given;
            }
            Output::Key(way, at) => {
                let to = plan.table_at(t, way).map(|t| &plan.tables[t]);
                let name = to.map(|t| t.name.as_str()).unwrap_or_default();
                let made = matches!(to.and_then(|t| t.output.get(usize::from(*at))), Some(Output::Fake(_)));
                out.how = if made { format!("the same as in {name}") } else { format!("key of {name}") };
            }
            Output::Kept(values) => {
                out.how = "kept as it is".into();
                let known: BTreeSet<&String> = values.iter().flatten().collect();
                out.labels = known.into_iter().cloned().collect();
            }
            Output::Slot(s) => {
                let slot = usize::from(*s);
                let kind = &plan.tables[t].slots[slot].kind;
                if let SlotKind::Label { labels, .. } = kind {
                    out.labels.clone_from(labels);
                }
                let (first, later) = match &model.when {
                    Some((a, b)) => (Some(a), Some(b)),
                    None => (None, None),
                };
                let fitted: Vec<&ColumnModel> =
                    first.into_iter().chain(later).chain(&model.columns).filter(|c| c.slot == *s).collect();
                let how: Vec<String> = fitted.iter().map(|c| words::quantity(plan, t, c)).collect();
                out.how = match (how.first(), &model.template) {
                    (None, Some(_)) => "repeats the training rows".into(),
                    (Some(one), _) if how.iter().all(|h| h == one) => one.clone(),
                    _ => how.join("; later rows: "),
                };
                for c in &fitted {
                    self.numbers(c, kind, &mut out.numbers);
                }
                let at = self.metadata.tables[&plan.tables[t].name].columns.get_index_of(column);
                if let Some(Shown::Written(w)) = at.and_then(|c| plan.tables[t].shown.get(c)) {
                    out.how.push_str(", written in a form");
                    match w.form.map(|s| &plan.tables[t].slots[usize::from(s)].kind) {
                        Some(SlotKind::Label { labels, .. }) => {
                            out.labels.extend(labels.iter().map(|l| format!("form {l}")));
                        }
                        _ => out.labels.push(format!("form {}", w.usual)),
                    }
                    if let Some(s) = w.second.map(usize::from) {
                        let kind = &plan.tables[t].slots[s].kind;
                        let seconds = model.columns.iter().filter(|c| usize::from(c.slot) == s);
                        seconds.for_each(|c| self.numbers(c, kind, &mut out.numbers));
                    }
                }
                if let Some(ending) = model.keep.endings.iter().find(|e| e.slot == *s) {
                    out.how = words::ending(plan, ending);
                    out.numbers = vec![self.bins(&ending.gap.coder, "spans after the last row", &|v| v.to_string())];
                    out.numbers.push(self.bins(&ending.alone.coder, "values", &|v| shown(v, kind)));
                }
                let ruled = ruled(model, *s);
                if !ruled.is_empty() {
                    let values = ruled.into_iter().map(|v| shown(v, kind)).collect();
                    out.numbers.push(self.some("values that rules allow", values));
                }
                if let (Some(template), false) = (&model.template, kind.is_label()) {
                    let values: BTreeSet<i64> =
                        template.values.get(slot).into_iter().flatten().copied().filter(|v| *v != NULL).collect();
                    let values = values.into_iter().map(|v| shown(v, kind)).collect();
                    out.numbers.push(self.some("values of the training rows", values));
                }
                out.given = self.given(t, model, fitted.iter().flat_map(|c| &c.parts));
            }
        }
        out
    }

    fn numbers(&self, c: &ColumnModel, kind: &SlotKind, out: &mut Vec<Values>) {
        let level = |v: i64| shown(v, kind);
        let plain = |v: i64| v.to_string();
        for (i, part) in c.parts.iter().enumerate() {
            let (what, show): (_, &dyn Fn(i64) -> String) = match (&c.quantity, i) {
                (Quantity::Level, _) | (Quantity::Near(_) | Quantity::Relative(_) | Quantity::Same(_), 1) => {
                    ("values", &level)
                }
                (Quantity::Relative(_), _) => ("millionths", &plain),
                (Quantity::Calendar(..), 0) => ("days", &plain),
                (Quantity::Calendar(..), 1) => ("weekdays", &plain),
                (Quantity::Calendar(..) | Quantity::Since(_), 2) => ("times of day", &plain),
                _ => ("differences", &plain),
            };
            out.extend(self.coder(&part.coder, what, show));
        }
        if let Some((low, high)) = c.range {
            out.push(self.some("smallest and largest value", vec![level(low), level(high)]));
        }
    }

    fn coder(&self, coder: &Coder, what: &str, show: &dyn Fn(i64) -> String) -> Option<Values> {
        match coder {
            Coder::Number(n) => Some(self.bins(n, what, show)),
            Coder::Labels(_) | Coder::Flag => None,
        }
    }

    fn bins(&self, n: &NumberCoder, what: &str, show: &dyn Fn(i64) -> String) -> Values {
        self.some(&format!("{what} in {} bins", n.len()), n.values().into_iter().map(show).collect())
    }

    fn some(&self, what: &str, values: Vec<String>) -> Values {
        Values { count: values.len(), what: what.into(), values: if self.values { values } else { Vec::new() } }
    }

    fn given<'d>(&self, t: usize, model: &TableModel, draws: impl IntoIterator<Item = &'d Drawn>) -> Vec<String> {
        words::given(&self.model.plan, t, &model.features, draws)
    }
}

/// Values of a slot that rules took from the data: known combinations, and what follows from numbers.
fn ruled(model: &TableModel, slot: u16) -> BTreeSet<i64> {
    let mut values = BTreeSet::new();
    for c in &model.keep.combinations {
        if let Some(i) = c.slots.iter().position(|s| *s == slot) {
            values.extend(c.allowed.iter().map(|a| a[i]).filter(|v| *v != NULL));
        }
    }
    for f in &model.keep.follows {
        match &f.from {
            Decider::Number(by, known) => {
                values.extend(known.iter().filter(|_| *by == slot).map(|k| k.0));
                values.extend(known.iter().filter(|_| f.slot == slot).map(|k| k.1));
            }
            Decider::Part(_, _, known) => values.extend(known.iter().filter(|_| f.slot == slot).map(|k| k.1)),
            Decider::Row(_) => {}
        }
    }
    values
}

/// Every set of feature bins of a table.
fn binners(model: &TableModel) -> impl Iterator<Item = &Binner> {
    let when = model.when.iter().flat_map(|(a, b)| [a, b]);
    let columns = when.chain(&model.columns).flat_map(|c| &c.parts);
    let links = model.links.iter().flat_map(|l| {
        let draws = [&l.null, &l.same, &l.kin].into_iter().flatten();
        draws.chain(l.profile.iter().map(|p| &p.1)).chain(l.popularity.iter().map(|p| &p.drawn))
    });
    let counts = model.counts.iter().chain(model.links.iter().filter_map(|l| l.popularity.as_ref()));
    let inputs = columns.chain(links).chain(model.counts.iter().map(|c| &c.drawn)).flat_map(|d| &d.inputs);
    let inputs = inputs.filter_map(|i| match i {
        Input::Ridge(b) | Input::Extra(_, b) => Some(b),
        Input::Feature(_) => None,
    });
    let critics = model.critics.iter().flat_map(|c| &c.binners);
    model.binners.iter().chain(counts.flat_map(|c| &c.binners)).chain(inputs).chain(critics)
}

/// A tick or code of a slot as people write it.
pub(crate) fn shown(tick: i64, kind: &SlotKind) -> String {
    match kind {
        SlotKind::Number { decimals } => decimal(tick, *decimals),
        SlotKind::Time { clock: true } => time::format(tick, "%Y-%m-%d %H:%M:%S"),
        SlotKind::Time { clock: false } => time::format(tick, "%Y-%m-%d"),
        SlotKind::Label { labels, .. } => {
            usize::try_from(tick).ok().and_then(|i| labels.get(i).cloned()).unwrap_or_default()
        }
    }
}

fn id_words(format: &IdFormat) -> String {
    match format {
        IdFormat::Integer(first) => format!("a whole number from {first}"),
        IdFormat::Uuid => "a UUID".into(),
        IdFormat::Pattern(places) => {
            let place = |p: &Place| match p {
                Place::Text(t) => t.clone(),
                Place::Count(_, n, _) => "#".repeat(usize::from(*n)),
            };
            format!("like {}", places.iter().map(place).collect::<String>())
        }
    }
}

/// Values in the metadata: parameters of columns, and rules.
fn metadata_values(metadata: &Metadata) -> Vec<String> {
    let mut out = Vec::new();
    for (table, meta) in &metadata.tables {
        for (column, c) in &meta.columns {
            for (key, value) in c.parameters.iter().filter(|(k, _)| k.starts_with("range_")) {
                match value {
                    Value::Array(list) => out.push(format!("{table}.{column}: {key} with {} values", list.len())),
                    Value::Bool(_) => {}
                    value => out.push(format!("{table}.{column}: {key} {value}")),
                }
            }
        }
    }
    out.extend(metadata.rules.iter().map(|r| format!("rule {}", r.describe())));
    out
}
