//! `healthdata detect`: guesses the metadata of tables and says why.

use healthdata_core::Result;
use healthdata_core::detect::Reason;
use healthdata_io::files;

use crate::args::Detect;
use crate::progress::Progress;
use crate::table::{Side, table};
use crate::{Outcome, data, out_file, print};

/// Runs the command.
pub fn run(a: Detect) -> Result<Outcome> {
    out_file::check(&a.out, "a metadata file", |file| healthdata_io::read_metadata(file).is_ok())?;
    let progress = Progress::spinner(a.quiet);
    progress.say("reading and looking".into());
    let guess = data::guessed(&a.data, !a.no_values)?;
    drop(progress);
    files::write_whole(&a.out, guess.metadata.to_json().as_bytes())?;
    if !a.quiet {
        let (data, out) = (a.data.display(), a.out.display());
        print::say(&format!(
            "{}\nmetadata  {out}: look it over, correct what is wrong\nnext      healthdata fit {data} --metadata {out} --out my.model\n",
            text(&guess.reasons)
        ))?;
        guess.notes.iter().for_each(|n| print::remark(n));
    }
    Ok(Outcome::Fine)
}

/// The reasons, table by table.
fn text(reasons: &[Reason]) -> String {
    let mut tables: Vec<(&str, Vec<Vec<String>>)> = Vec::new();
    for r in reasons {
        if tables.last().is_none_or(|t| t.0 != r.table) {
            tables.push((&r.table, Vec::new()));
        }
        let line = vec![r.column.clone().unwrap_or_default(), r.what.clone(), r.why.clone()];
        if let Some(t) = tables.last_mut() {
            t.1.push(line);
        }
    }
    let one = |(name, lines): &(&str, Vec<Vec<String>>)| {
        let header = [("  column", Side::Left), ("guess", Side::Left), ("why", Side::Left)];
        let lines: Vec<Vec<String>> = lines
            .iter()
            .map(|l| {
                vec![
                    if l[0].is_empty() { "  (table)".into() } else { format!("  {}", l[0]) },
                    l[1].clone(),
                    l[2].clone(),
                ]
            })
            .collect();
        format!("{name}\n{}", table(&header, &lines))
    };
    tables.iter().map(one).collect::<Vec<_>>().join("\n")
}
