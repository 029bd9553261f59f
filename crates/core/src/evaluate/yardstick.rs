//! The yardstick: what a second real draw scores. A holdout, or two halves of the real data in its place.

use indexmap::{IndexMap, IndexSet};

use super::frame::{Frame, HOLDOUT, REAL, SYNTHETIC};
use super::measure::{Measure, Section, Subject};
use super::report::Ceiling;
use crate::metric::jackknife::Estimate;

/// The measures of a second real draw.
pub struct Yardstick {
    /// Where they come from.
    pub kind: Ceiling,
    /// The measures, by what they are about.
    measures: IndexMap<Subject, Measure>,
    /// Tables of which there is no second draw: they hold the very same rows.
    pub same: IndexSet<String>,
}

impl Yardstick {
    /// No yardstick.
    pub fn none() -> Self {
        Self { kind: Ceiling::None, measures: IndexMap::new(), same: IndexSet::new() }
    }

    /// Measures of a holdout, brought to the size of the synthetic data: a small holdout would be an easy mark, a
    /// large one out of reach.
    pub fn holdout(frame: &Frame, measures: Vec<Measure>) -> Self {
        let scaled = measures.into_iter().map(|m| scale((frame, SYNTHETIC), (frame, HOLDOUT), m));
        Self { kind: Ceiling::Holdout, measures: by_subject(scaled), same: same(frame, HOLDOUT) }
    }

    /// Measures of one half of the real data against the other, brought to the sizes of `whole`.
    pub fn halves(whole: &Frame, halves: &Frame, measures: Vec<Measure>) -> Self {
        let same = same(halves, SYNTHETIC);
        let scaled = by_subject(measures.into_iter().map(|m| {
            let copies = m.subject.section == Section::Copies;
            let m = scale((whole, SYNTHETIC), (halves, SYNTHETIC), m);
            if copies { twice_the_occasions(m) } else { m }
        }));
        Self { kind: Ceiling::Halves, measures: scaled, same }
    }

    /// The yardstick of a measure; None where there is none, or it would be the same rows again.
    pub fn of(&self, m: &Measure) -> Option<&Measure> {
        let fixed = self.same.contains(&m.subject.table) && about_rows(m);
        self.measures.get(&m.subject).filter(|_| !fixed)
    }
}

fn by_subject(measures: impl Iterator<Item = Measure>) -> IndexMap<Subject, Measure> {
    measures.map(|m| (m.subject.clone(), m)).collect()
}

/// True when the measure looks at nothing but the rows of its table.
fn about_rows(m: &Measure) -> bool {
    match m.subject.section {
        Section::Columns | Section::Pairs | Section::Missing | Section::Time => m.subject.via.is_empty(),
        Section::Detection => m.subject.columns.is_empty(),
        _ => false,
    }
}

fn same(frame: &Frame, side: usize) -> IndexSet<String> {
    frame.metadata.tables.keys().filter(|t| frame.is_same(side, t)).cloned().collect()
}

/// Brings a measure of one side of a frame to the sizes of another: distances between two samples shrink with the
/// root of 1/n + 1/m.
fn scale(to: (&Frame, usize), from: (&Frame, usize), m: Measure) -> Measure {
    let Some(score) = m.score else { return m };
    let table = m.subject.table.as_str();
    let noise = |(frame, side): (&Frame, usize)| {
        let n = |side| frame.table(side, table).rows.max(1) as f64;
        1.0 / n(REAL) + 1.0 / n(side)
    };
    let factor = (noise(to) / noise(from)).sqrt();
    let loss = 1.0 - score.value;
    let loss = match m.subject.section {
        Section::Keys | Section::Rules | Section::Copies => return m,
        // An area under the curve has no noise floor; only its error shrinks.
        Section::Detection => loss,
        _ => loss * factor,
    };
    let error = score.error.map(|e| e * factor);
    Measure { score: Some(Estimate { value: (1.0 - loss).max(0.0), error }), ..m }
}

/// Twice the real rows are twice the occasions to be equal by chance.
fn twice_the_occasions(m: Measure) -> Measure {
    let twice = |s: Estimate| Estimate { value: s.value * s.value, error: s.error.map(|e| 2.0 * e) };
    Measure { score: m.score.map(twice), ..m }
}
