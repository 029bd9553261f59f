//! `healthdata rules`: finds the rules that tables obey and writes them into their metadata.

use std::time::Instant;

use healthdata_core::discover::{Found, accept, discover};
use healthdata_core::{Metadata, Result};
use healthdata_io::files;
use serde_json::json;

use crate::args::Rules;
use crate::data::{self, Data};
use crate::progress::Progress;
use crate::table::{Side, count, table, time};
use crate::{Outcome, interrupt, out_file, print};

/// Runs the command.
pub fn run(a: Rules) -> Result<Outcome> {
    out_file::check(&a.out, "a metadata file", |file| healthdata_io::read_metadata(file).is_ok())?;
    let progress = Progress::spinner(a.quiet || a.json);
    progress.say("reading".into());
    let data = match data::declared(&a.data, a.metadata.as_deref())? {
        Some(data) => data,
        None => {
            let guess = data::guessed(&a.data, false)?;
            let mut notes = guess.notes;
            notes.push("no metadata file: keys and types were detected too, look them over".into());
            Data { tables: guess.tables, metadata: guess.metadata, notes }
        }
    };
    interrupt::check()?;
    progress.say("looking for rules".into());
    let start = Instant::now();
    let mut found = discover(&data.tables, &data.metadata)?;
    let took = time(start.elapsed());
    for f in &mut found {
        f.rule.enforced |= a.enforce_nearly_true;
    }
    let mut metadata = data.metadata.clone();
    accept(&mut metadata, &found);
    metadata.validate()?;
    files::write_whole(&a.out, metadata.to_json().as_bytes())?;
    drop(progress);
    if a.json {
        print::data(&(to_json(&found) + "\n"))?;
    } else if !a.quiet {
        let (input, out) = (a.data.display(), a.out.display());
        print::say(&format!(
            "{}\nmetadata  {out}: take out what is no rule, in {took}\nnext      healthdata fit {input} --metadata {out} --out my.model\n",
            text(&found, &data.metadata)
        ))?;
        data.notes.iter().for_each(|n| print::remark(n));
    }
    Ok(Outcome::Fine)
}

/// The rules, the most surprising first; those that a few rows break apart.
fn text(found: &[Found], before: &Metadata) -> String {
    let lines = |broken: bool| -> Vec<Vec<String>> {
        let some = found.iter().filter(|f| (f.broken > 0) == broken);
        some.map(|f| vec![count(f.surprise.round() as u64), f.rule.describe(), f.why.clone()]).collect()
    };
    let header = [("surprise in bits", Side::Right), ("rule", Side::Left), ("why", Side::Left)];
    let (sure, nearly) = (lines(false), lines(true));
    let mut out = match before.rules.len() {
        0 => String::new(),
        n => format!("{n} rules are declared and not listed again.\n\n"),
    };
    out += &match sure.len() {
        0 => "No rule found.\n".to_owned(),
        n => format!("{n} rules found:\n{}", table(&header, &sure)),
    };
    if !nearly.is_empty() {
        let how =
            if found.iter().any(|f| f.broken > 0 && f.rule.enforced) { "enforced as asked" } else { "not enforced" };
        out += &format!("\n{} nearly true, {how}:\n{}", nearly.len(), table(&header, &nearly));
    }
    out
}

fn to_json(found: &[Found]) -> String {
    let one = |f: &Found| {
        json!({
            "rule": f.rule,
            "what": f.rule.describe(),
            "rows": f.support,
            "broken": f.broken,
            "surprise_bits": (f.surprise * 10.0).round() / 10.0,
            "why": f.why,
        })
    };
    serde_json::to_string_pretty(&found.iter().map(one).collect::<Vec<_>>()).expect("texts and numbers are JSON")
}
