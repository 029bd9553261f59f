//! `healthdata scan`: values in a model that too few entities of some data hold.

use healthdata_core::scan::{Finding, Scan as Found, scan};
use healthdata_core::{Metadata, Result};
use healthdata_io::{model, read};

use super::inspect::one_line;
use crate::args::Scan;
use crate::progress::Progress;
use crate::table::{Side, count, table};
use crate::{Outcome, print};

/// Findings that are printed; JSON has all.
const SHOWN: usize = 50;

/// Runs the command.
pub fn run(a: Scan) -> Result<Outcome> {
    let (fitted, _) = model::read(&a.model)?;
    let progress = Progress::spinner(a.quiet || a.json);
    progress.say("reading".into());
    let metadata = Metadata::from_json(&fitted.metadata)?;
    let source = read(&a.against, Some(&metadata))?;
    progress.say("looking".into());
    let found = scan(&fitted, &source.data, a.min_support.map(|k| k as u32))?;
    drop(progress);
    if a.json {
        print::data(&(serde_json::to_string_pretty(&found).expect("texts and numbers are JSON") + "\n"))?;
    } else if !a.quiet {
        print::say(&text(&found))?;
    }
    Ok(if found.found.is_empty() { Outcome::Fine } else { Outcome::Broken })
}

fn text(found: &Found) -> String {
    let counted = |(what, n): (&&str, &usize)| vec![(*what).to_owned(), count(*n as u64)];
    let lines: Vec<Vec<String>> = found.counted.iter().map(counted).collect();
    let mut out = table(&[("looked at", Side::Left), ("how many", Side::Right)], &lines);
    for (name, rows) in &found.kept {
        out += &format!(
            "{name}: {} rows are kept as they are, since other tables share them; not counted\n",
            count(*rows)
        );
    }
    if found.found.is_empty() {
        return out + &format!("\nNothing that fewer than {} entities hold.\n", found.min_support);
    }
    let line = |f: &Finding| {
        vec![f.table.clone(), f.column.clone(), f.what.to_owned(), count(f.entities as u64), one_line(&f.value)]
    };
    let header = [
        ("table", Side::Left),
        ("column", Side::Left),
        ("what", Side::Left),
        ("entities", Side::Right),
        ("value", Side::Left),
    ];
    let lines: Vec<Vec<String>> = found.found.iter().take(SHOWN).map(line).collect();
    let more = found.found.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!("and {} more: --json lists all\n", count(more as u64)) } else { String::new() };
    let n = count(found.found.len() as u64);
    out + &format!("\n{n} held by fewer than {} entities:\n{}{rest}", found.min_support, table(&header, &lines))
}
