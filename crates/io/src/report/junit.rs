//! The report as JUnit XML: one test a score, a gap or an alarm is a failure.

use std::fmt::Write;

use healthdata_core::evaluate::assemble::sentence;
use healthdata_core::evaluate::{Report, Section, Verdict};

use super::text::esc;

/// JUnit XML; `missed` are thresholds that were not reached, one line each.
pub fn junit(report: &Report, missed: &[String]) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"healthdata evaluate\">\n");
    for section in Section::ALL {
        let scores: Vec<_> = report.scores.iter().filter(|s| s.section == section).collect();
        if scores.is_empty() {
            continue;
        }
        let bad = scores.iter().filter(|s| matches!(s.verdict, Verdict::Gap | Verdict::CopyingAlarm)).count();
        let skipped = scores.iter().filter(|s| matches!(s.verdict, Verdict::Failed | Verdict::Unknown)).count();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{bad}\" skipped=\"{skipped}\">",
            section.name(),
            scores.len()
        );
        for s in scores {
            let _ = write!(
                out,
                "    <testcase classname=\"{}\" name=\"{}\"",
                section.name(),
                esc(&format!("{} {}", s.metric, s.place()))
            );
            let _ = match s.verdict {
                Verdict::Fine => writeln!(out, "/>"),
                Verdict::Gap | Verdict::CopyingAlarm => {
                    writeln!(
                        out,
                        "><failure type=\"{}\" message=\"{}\"/></testcase>",
                        s.verdict.words(),
                        esc(&sentence(s))
                    )
                }
                Verdict::Failed | Verdict::Unknown => {
                    let why = s.note.as_deref().unwrap_or(s.verdict.words());
                    writeln!(out, "><skipped message=\"{}\"/></testcase>", esc(why))
                }
            };
        }
        out.push_str("  </testsuite>\n");
    }
    if !missed.is_empty() {
        let _ = writeln!(out, "  <testsuite name=\"thresholds\" tests=\"{0}\" failures=\"{0}\">", missed.len());
        for m in missed {
            let _ = writeln!(
                out,
                "    <testcase classname=\"thresholds\" name=\"{0}\"><failure message=\"{0}\"/></testcase>",
                esc(m)
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}
