//! `healthdata inspect`: what a model holds, for people and programs.

use healthdata_core::Result;
use healthdata_core::inspect::{ColumnInspection, Inspection, TableInspection, Values, inspect};
use healthdata_io::model;
use serde_json::{Value, json};

use crate::args::Inspect;
use crate::table::{bytes, count};
use crate::{Outcome, print};

/// Runs the command.
pub fn run(a: Inspect) -> Result<Outcome> {
    let (fitted, hash) = model::read(&a.model)?;
    if a.quiet {
        return Ok(Outcome::Fine);
    }
    let sizes = model::table_bytes(&fitted)?;
    let found = inspect(&fitted, a.values)?;
    if a.json {
        let mut all = json!({ "model_hash": hash, "table_bytes": sizes });
        let details = serde_json::to_value(&found).unwrap_or(Value::Null);
        if let (Some(all), Value::Object(details)) = (all.as_object_mut(), details) {
            all.extend(details);
        }
        print::data(&format!("{all:#}\n"))?;
    } else {
        let size = std::fs::metadata(&a.model).map_or(0, |m| m.len());
        print::say(&format!("{} ({}), hash {hash}\n{}", a.model.display(), bytes(size), words(&found, &sizes)))?;
    }
    Ok(Outcome::Fine)
}

fn words(found: &Inspection, sizes: &[u64]) -> String {
    let mut out = format!(
        "effort {}; in drawn tables labels, bins and leaves stand for at least {} entities; {} independent groups of rows\n",
        found.effort, found.min_support, found.components
    );
    for (t, size) in found.tables.iter().zip(sizes) {
        out.push('\n');
        out.push_str(&table(t, *size));
    }
    list(&mut out, "\nmetadata hold", &found.metadata_values);
    list(&mut out, "\ndecided at the fit", &found.notes);
    out
}

fn table(t: &TableInspection, size: u64) -> String {
    let owner = t.owner.as_ref().map(|o| format!(", owned by {o}")).unwrap_or_default();
    let order = t.order.as_ref().map(|o| format!(", in order of {o}")).unwrap_or_default();
    let mut out = format!(
        "{}: {}{owner}{order}; learned from {} rows; {}\n",
        one_line(&t.table),
        t.origin,
        count(t.rows),
        bytes(size)
    );
    for c in &t.columns {
        out.push_str(&column(c));
    }
    for l in &t.links {
        out.push_str(&format!("  {} -> {}: chosen by the model\n", l.columns, l.target));
        list(&mut out, "    by the target's", &l.profile);
        list(&mut out, "    so that", &l.agrees);
        list(&mut out, "    given", &l.given);
    }
    for c in &t.counts {
        out.push_str(&format!("  number of {}: {:.2} on average; {}\n", c.child, c.mean, values(&c.numbers)));
        list(&mut out, "    given", &c.given);
    }
    if t.kept_rows > 0 {
        out.push_str(&format!("  {} training rows are kept whole\n", count(t.kept_rows)));
    }
    if t.feature_edges.count > 0 {
        out.push_str(&format!("  {}\n", values(&t.feature_edges)));
    }
    out
}

fn column(c: &ColumnInspection) -> String {
    let mut out = format!("  {}: {}\n", one_line(&c.column), c.how);
    if !c.labels.is_empty() {
        out.push_str(&format!("    {} labels: {}\n", count(c.labels.len() as u64), one_line(&c.labels.join(", "))));
    }
    for n in &c.numbers {
        out.push_str(&format!("    {}\n", values(n)));
    }
    list(&mut out, "    given", &c.given);
    out
}

/// A name or value that can't begin a line which looks like one of ours.
pub(super) fn one_line(text: &str) -> String {
    text.replace('\n', "\u{fffd}")
}

fn values(v: &Values) -> String {
    let list = if v.values.is_empty() { String::new() } else { format!(": {}", one_line(&v.values.join(", "))) };
    format!("{} {}{list}", count(v.count as u64), v.what)
}

fn list(out: &mut String, title: &str, items: &[String]) {
    if !items.is_empty() {
        out.push_str(&format!("{title}: {}\n", items.join("; ")));
    }
}
