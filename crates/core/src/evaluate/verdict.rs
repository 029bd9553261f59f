//! From a score and its ceiling to a verdict in plain words.

use serde::{Deserialize, Serialize};

use super::measure::{Measure, Section};
use crate::metric::jackknife::Estimate;

/// What a score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Closer to the real rows than a second real draw could be.
    CopyingAlarm,
    /// Further from the real data than a second real draw is, by more than chance.
    Gap,
    /// Could not be computed.
    Failed,
    /// No second real draw, or too few entities, to tell a gap from chance.
    Unknown,
    /// As close as a second real draw.
    Fine,
}

impl Verdict {
    /// Two or three words for people.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::CopyingAlarm => "copying alarm",
            Verdict::Gap => "gap",
            Verdict::Failed => "not computed",
            Verdict::Unknown => "can't tell",
            Verdict::Fine => "fine",
        }
    }
}

/// Standard errors that a difference must exceed; about one false alarm in a thousand fair rows.
pub const ERRORS: f64 = 3.0;

/// Nearness that doesn't matter: 55 % of rows nearer to the real rows than to the holdout's.
const NEARER: f64 = 0.1;

/// Differences smaller than this don't matter, however sure they are.
pub fn material(section: Section) -> f64 {
    match section {
        // An area under the curve of 0.52 where 0.50 is possible.
        Section::Detection => 0.04,
        Section::Utility => 0.02,
        Section::Copies => 0.005,
        _ => 0.01,
    }
}

/// The verdict on a measure, given the same measure of a second real draw.
pub fn verdict(m: &Measure, ceiling: Option<&Measure>) -> Verdict {
    let Some(score) = m.score else { return Verdict::Failed };
    if m.absolute {
        let reachable = ceiling.and_then(|c| c.score).map_or(1.0, |c| c.value.min(1.0));
        // Real data that break a rule themselves set the mark.
        return if score.value < reachable { Verdict::Gap } else { Verdict::Fine };
    }
    if m.subject.section == Section::Utility {
        // The model trained on real rows is its own ceiling.
        let fair = Estimate { value: 1.0, error: Some(0.0) };
        return gap(score, fair, material(Section::Utility));
    }
    let Some(best) = ceiling.and_then(|c| c.score) else {
        return match m.subject.section {
            Section::Rules if score.value < 1.0 => Verdict::Gap,
            Section::Rules => Verdict::Fine,
            // Nearness has its holdout inside: fair is nearer to the real rows half of the time.
            Section::Copies if m.values.is_some_and(|v| v[0].is_finite()) => {
                copied(score, Estimate { value: 1.0, error: Some(0.0) }, NEARER)
            }
            _ => Verdict::Unknown,
        };
    };
    let least = material(m.subject.section);
    match m.subject.section {
        Section::Copies => copied(score, best, least),
        Section::Detection if !m.narrow && twins(m, ceiling) => Verdict::CopyingAlarm,
        // A rule that a fair second draw keeps on every row is broken by a single one.
        Section::Rules if best.value >= 1.0 => {
            if score.value < 1.0 {
                Verdict::Gap
            } else {
                Verdict::Fine
            }
        }
        _ => gap(score, best, least),
    }
}

/// A gap is more than chance and more than nothing.
fn gap(score: Estimate, best: Estimate, least: f64) -> Verdict {
    let less = best.value - score.value;
    match noise(score, best) {
        Some(noise) if less > ERRORS * noise && less > least => Verdict::Gap,
        Some(_) => Verdict::Fine,
        // Without an error only a difference that no noise explains counts.
        None if less > 0.5 => Verdict::Gap,
        None if less <= least => Verdict::Fine,
        None => Verdict::Unknown,
    }
}

/// The standard error of the difference; both scores share the real data, so this errs on the safe side.
fn noise(a: Estimate, b: Estimate) -> Option<f64> {
    let (a, b) = (a.error?, b.error?);
    Some((a * a + b * b).sqrt())
}

fn copied(score: Estimate, best: Estimate, least: f64) -> Verdict {
    let more = best.value - score.value;
    let noise = noise(score, best).unwrap_or(0.0);
    if more > ERRORS * noise && more > least { Verdict::CopyingAlarm } else { Verdict::Fine }
}

/// Rows that the classifier takes for the other side more often than not stand on both sides.
fn twins(m: &Measure, ceiling: Option<&Measure>) -> bool {
    let auc = |m: &Measure| Some((m.values?[1], m.score?.error.unwrap_or(0.0) / 2.0));
    match (auc(m), ceiling.and_then(auc)) {
        (Some((a, e)), Some((c, f))) => {
            let noise = (e * e + f * f).sqrt();
            a < 0.45 && c - a > 0.05 && c - a > ERRORS * noise
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::measure::Subject;

    fn m(section: Section, value: f64, error: f64) -> Measure {
        Measure::new(Subject::new(section, "m", "t", &[]), Some(Estimate { value, error: Some(error) }))
    }

    #[test]
    fn a_gap_is_more_than_chance_and_more_than_nothing() {
        let best = m(Section::Pairs, 0.97, 0.005);
        let judge = |value, error| verdict(&m(Section::Pairs, value, error), Some(&best));
        assert_eq!(judge(0.90, 0.005), Verdict::Gap);
        assert_eq!(judge(0.95, 0.02), Verdict::Fine);
        assert_eq!(judge(0.965, 0.0001), Verdict::Fine);
        assert_eq!(verdict(&m(Section::Pairs, 0.9, 0.005), None), Verdict::Unknown);
    }

    #[test]
    fn copies_beyond_coincidence_raise_the_alarm() {
        let best = m(Section::Copies, 0.99, 0.002);
        assert_eq!(verdict(&m(Section::Copies, 0.94, 0.004), Some(&best)), Verdict::CopyingAlarm);
        assert_eq!(verdict(&m(Section::Copies, 0.985, 0.004), Some(&best)), Verdict::Fine);
        let near =
            |share: f64, error| verdict(&m(Section::Copies, 2.0 - 2.0 * share, error).with_values(0.5, share), None);
        assert_eq!(near(0.70, 0.03), Verdict::CopyingAlarm);
        assert_eq!([near(0.54, 0.01), near(0.60, 0.1)], [Verdict::Fine; 2]);
        let twins = m(Section::Detection, 1.0, 0.02).with_values(0.5, 0.3);
        let fair = m(Section::Detection, 1.0, 0.02).with_values(0.5, 0.49);
        assert_eq!(verdict(&twins, Some(&fair)), Verdict::CopyingAlarm);
        assert_eq!(verdict(&twins, Some(&twins)), Verdict::Fine);
    }

    #[test]
    fn rules_need_no_holdout() {
        let broken = Measure { absolute: true, ..m(Section::Rules, 0.98, 0.0) };
        assert_eq!(verdict(&broken, None), Verdict::Gap);
        assert_eq!(verdict(&broken, Some(&broken)), Verdict::Fine);
    }
}
