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
pub mod findings;
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
pub mod split;
pub mod time;
pub mod utility;
pub mod verdict;
pub mod yardstick;

pub use measure::Section;
pub use report::{Ceiling, Question, Report, Score};
pub use sdmetrics::{Detail, Property, SdReport};
pub use split::{hold_out, hold_out_again, split};
pub use verdict::Verdict;

use frame::{Frame, HOLDOUT, REAL, SYNTHETIC, side_name};
use measure::Measure;
use yardstick::Yardstick;

use crate::{Dataset, Error, ErrorKind, Metadata, Result};

/// What to compute.
#[derive(Clone, Debug)]
pub struct EvaluateOptions {
    /// Seed of the few draws: rows shown to the classifier, rows whose neighbours are searched.
    pub seed: u64,
    /// Sections to leave out.
    pub skip: Vec<Section>,
    /// Leave out SDMetrics' two reports.
    pub no_sdmetrics: bool,
    /// Without a holdout, let two halves of the real data stand in for it (twice the work).
    pub halves: bool,
    /// For sharing: no sequence of a real person in the report.
    pub for_sharing: bool,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self { seed: 42, skip: Vec::new(), no_sdmetrics: false, halves: true, for_sharing: false }
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
    let yardstick = match holdout {
        Some(_) => Yardstick::holdout(&frame, measures(&frame, HOLDOUT, options, progress).0),
        None if options.halves && !synthetic_measures.is_empty() => halves(&frame, options, progress, &mut notes),
        None => Yardstick::none(),
    };
    progress("sdmetrics");
    let mut reports = [SdReport::default(), SdReport::default()];
    let mut sdmetrics_ceiling = indexmap::IndexMap::new();
    if !options.no_sdmetrics {
        reports = sdmetrics(&frame, SYNTHETIC);
    }
    if holdout.is_some() && !options.no_sdmetrics {
        let best = sdmetrics(&frame, HOLDOUT);
        sdmetrics_ceiling = assemble::named([&best[0], &best[1]]);
    }
    notes.extend(match yardstick.kind {
        Ceiling::Holdout => None,
        Ceiling::Halves => Some(HALVES.to_owned()),
        Ceiling::None => Some(NOTHING.to_owned()),
    });
    let scores = assemble::scores(synthetic_measures, &yardstick);
    progress("plots");
    let plots = plots::plots(&frame, !options.for_sharing);
    let [quality, diagnostic] = reports;
    Ok(Report {
        report_version: report::VERSION,
        seed: options.seed,
        ceiling: yardstick.kind,
        tables: assemble::tables(&frame, &scores),
        links: assemble::links(&frame, &scores),
        questions: assemble::questions(&scores),
        findings: findings::findings(&scores),
        blame: findings::blame(&frame, &scores),
        summary: assemble::summary(&scores, [&quality, &diagnostic]),
        scores,
        quality,
        diagnostic,
        sdmetrics_ceiling,
        private: plots.sequences.iter().any(|s| !s.real.is_empty()),
        plots,
        notes,
    })
}

const HALVES: &str = "No holdout was given: ceilings are estimated from two halves of the real data, which is rougher. \
This report can't say whether rows are nearer to the data that were learned from than to other real data.";

const NOTHING: &str = "No holdout was given. This report can't say how close two draws of the real data would be, so it \
can't tell a gap from chance, nor closeness from copying. Only keys, rules and utility have a verdict.";

/// The two halves of the real data against each other.
fn halves(frame: &Frame, options: &EvaluateOptions, progress: &dyn Fn(&str), notes: &mut Vec<String>) -> Yardstick {
    match split(frame.data[REAL], frame.metadata, 0.5, options.seed) {
        Ok((a, b)) => {
            let parts = Frame::new(frame.metadata, vec![&a, &b]);
            let tell = |s: &str| progress(&s.replace("synthetic", "halved"));
            let own =
                EvaluateOptions { skip: [options.skip.as_slice(), &[Section::Utility]].concat(), ..options.clone() };
            Yardstick::halves(frame, &parts, measures(&parts, SYNTHETIC, &own, &tell).0)
        }
        Err(e) => {
            notes.push(e.to_string());
            Yardstick::none()
        }
    }
}

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
            Section::Utility if side == HOLDOUT => Vec::new(),
            Section::Utility => utility::utility(frame, side, options.seed),
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
    sdmetrics(&frame, SYNTHETIC)
}

fn sdmetrics(frame: &Frame, side: usize) -> [SdReport; 2] {
    rayon::join(|| quality::quality(frame, side), || diagnostic::diagnostic(frame, side)).into()
}
