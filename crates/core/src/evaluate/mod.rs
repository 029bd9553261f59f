//! Evaluation: one report of what is right, what is wrong, and how far from the best possible.
//!
//! The synthetic data and, where given, a second real draw (the holdout, split by entity) are measured against
//! the real data by the same code. What the holdout reaches is the ceiling: below it is a gap, above it is a
//! copying alarm. Beside it stand SDMetrics' two reports.

pub mod assemble;
pub mod columns;
pub mod copies;
pub mod counts;
pub mod detection;
pub mod diagnostic;
pub mod features;
pub mod frame;
pub mod link;
pub mod measure;
pub mod pairs;
pub mod plots;
pub mod quality;
pub mod report;
pub mod rules;
pub mod sdmetrics;
pub mod sequence;
pub mod time;
pub mod verdict;

pub use measure::Section;
pub use report::{Ceiling, Question, Report, Score};
pub use sdmetrics::{Detail, Property, SdReport};
pub use verdict::Verdict;

use frame::{Frame, HOLDOUT, REAL, SYNTHETIC, side_name};
use measure::Measure;

use crate::{Dataset, Error, ErrorKind, Metadata, Result};

/// What to compute.
#[derive(Clone, Debug)]
pub struct EvaluateOptions {
    /// Seed of the few draws: rows shown to the classifier, rows whose neighbours are searched.
    pub seed: u64,
    /// Sections to leave out.
    pub skip: Vec<Section>,
    /// For sharing: no sequence of a real person in the report.
    pub for_sharing: bool,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self { seed: 42, skip: Vec::new(), for_sharing: false }
    }
}

/// Compares synthetic data with real data, and with a second real draw where there is one.
///
/// What can't be compared (a missing table, a column of another type, too few rows) is a row of the report with
/// the reason. An error is returned only when there is nothing to compare at all. `progress` is told the name of
/// each step.
pub fn evaluate(
    real: &Dataset,
    synthetic: &Dataset,
    holdout: Option<&Dataset>,
    metadata: &Metadata,
    options: &EvaluateOptions,
    progress: &dyn Fn(&str),
) -> Result<Report> {
    progress("read");
    let mut sides = vec![real, synthetic];
    sides.extend(holdout);
    let frame = Frame::new(metadata, sides);
    comparable(&frame)?;
    let mut notes = absences(&frame);
    let (synthetic_measures, more) = measures(&frame, SYNTHETIC, options, progress);
    notes.extend(more);
    let holdout_measures = if holdout.is_some() { measures(&frame, HOLDOUT, options, progress).0 } else { Vec::new() };
    progress("sdmetrics");
    let reports = [quality::quality(&frame, SYNTHETIC), diagnostic::diagnostic(&frame, SYNTHETIC)];
    let sdmetrics_ceiling = match holdout {
        Some(_) => {
            let best = [quality::quality(&frame, HOLDOUT), diagnostic::diagnostic(&frame, HOLDOUT)];
            assemble::named([&best[0], &best[1]])
        }
        None => {
            notes.push(NO_HOLDOUT.to_owned());
            indexmap::IndexMap::new()
        }
    };
    let scores = assemble::scores(synthetic_measures, &holdout_measures);
    progress("plots");
    let plots = plots::plots(&frame, !options.for_sharing);
    let [quality, diagnostic] = reports;
    Ok(Report {
        report_version: report::VERSION,
        seed: options.seed,
        ceiling: if holdout.is_some() { Ceiling::Holdout } else { Ceiling::None },
        tables: assemble::tables(&frame, &scores),
        links: assemble::links(&frame, &scores),
        questions: assemble::questions(&scores),
        summary: assemble::summary(&scores, [&quality, &diagnostic]),
        scores,
        quality,
        diagnostic,
        sdmetrics_ceiling,
        plots,
        notes,
    })
}

const NO_HOLDOUT: &str = "No holdout was given. This report can't say how close two draws of the real data would be, \
so it can't tell a gap from chance, nor closeness from copying. Only keys and rules have a verdict.";

/// All sections of one side against the real data.
fn measures(
    frame: &Frame,
    side: usize,
    options: &EvaluateOptions,
    progress: &dyn Fn(&str),
) -> (Vec<Measure>, Vec<String>) {
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    for section in Section::ALL.into_iter().filter(|s| !options.skip.contains(s)) {
        progress(&format!("{} of the {} data", section.name(), side_name(side)));
        out.extend(match section {
            Section::Keys => counts::keys(frame, side),
            Section::Rules => {
                let (mut declared, more) = rules::declared(frame, side);
                notes.extend(more);
                declared.extend(rules::orders(frame, side));
                declared
            }
            Section::Columns => columns::columns(frame, side),
            Section::Pairs => pairs::within(frame, side),
            Section::Family => pairs::family(frame, side),
            Section::Counts => counts::counts(frame, side),
            Section::Missing => columns::missing(frame, side),
            Section::Time => time::time(frame, side),
            Section::Detection => detection::detection(frame, side, options.seed),
            Section::Utility => Vec::new(),
            Section::Copies => {
                let mut all = copies::copies(frame, side);
                all.extend(copies::nearest(frame, side, options.seed));
                all
            }
        });
    }
    (out, notes)
}

/// An error when the sides have nothing in common.
fn comparable(frame: &Frame) -> Result<()> {
    for side in frame.others() {
        let shared = |t: &String| frame.table(REAL, t).present && frame.table(side, t).present;
        if !frame.metadata.tables.keys().any(shared) {
            let name = side_name(side);
            let what =
                format!("the real and the {name} data have no table of the metadata in common; check the folders");
            return Err(Error::new(ErrorKind::Data, what));
        }
    }
    Ok(())
}

/// Tables and columns that one side lacks or that can't be read, for the notes.
fn absences(frame: &Frame) -> Vec<String> {
    let mut notes = Vec::new();
    for side in 0..frame.tables.len() {
        for (name, table) in &frame.tables[side] {
            if !table.present {
                notes.push(format!("{} data: table {name} is missing", side_name(side)));
                continue;
            }
            if table.rows == 0 {
                notes.push(format!("{} data: table {name} has no rows", side_name(side)));
            }
            let columns = table.columns.iter().filter_map(|(c, s)| Some((c, s.as_ref().err()?)));
            let other = table.other.iter().filter_map(|(c, s)| Some((c, s.as_ref().err()?)));
            for (column, why) in columns.chain(other) {
                notes.push(format!("{} data: {name}.{column}: {why}", side_name(side)));
            }
        }
    }
    notes
}

/// SDMetrics' Quality and Diagnostic reports alone.
pub fn sdmetrics_reports(real: &Dataset, synthetic: &Dataset, metadata: &Metadata) -> [SdReport; 2] {
    let frame = Frame::new(metadata, vec![real, synthetic]);
    [quality::quality(&frame, SYNTHETIC), diagnostic::diagnostic(&frame, SYNTHETIC)]
}
