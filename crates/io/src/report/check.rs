//! What was proved as JUnit XML: a suite for each table, a test for each check, never a value.

use std::fmt::Write;

use healthdata_core::check::{Check, CheckReport};

use super::text::esc;

/// JUnit XML for a build server; what is listed and not enforced is skipped when it is broken.
pub fn junit(report: &CheckReport) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"healthdata check\">\n");
    for table in report.tables.keys() {
        let checks: Vec<&Check> = report.checks.iter().filter(|c| c.table == *table).collect();
        let failures = checks.iter().filter(|c| c.is_broken()).count();
        let skipped = checks.iter().filter(|c| !c.enforced && c.broken > 0).count();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">",
            esc(table),
            checks.len()
        );
        for c in checks {
            let name = esc(&format!("{} {}", c.kind, c.what));
            let _ = write!(out, "    <testcase classname=\"{}\" name=\"{name}\"", esc(table));
            let places = c.places.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            let more = if c.broken > c.places.len() as u64 { ", ..." } else { "" };
            let message = format!("broken in {} of {} rows (data row {places}{more})", c.broken, c.checked);
            let _ = match (c.broken, c.enforced) {
                (0, _) => writeln!(out, "/>"),
                (_, true) => {
                    writeln!(out, "><failure type=\"{}\" message=\"{}\"/></testcase>", c.kind, esc(&message))
                }
                (_, false) => writeln!(out, "><skipped message=\"listed only, {}\"/></testcase>", esc(&message)),
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_checks_fail_and_names_are_escaped() {
        let mut report = CheckReport::default();
        report.tables.insert("a<b".into(), 3);
        let check = |broken, enforced| Check {
            what: "x <= \"y\"".into(),
            kind: "rule",
            table: "a<b".into(),
            checked: 3,
            broken,
            places: vec![2],
            enforced,
        };
        report.checks = vec![check(0, true), check(1, true), check(1, false)];
        let xml = junit(&report);
        assert!(xml.contains("tests=\"3\" failures=\"1\" skipped=\"1\""), "{xml}");
        assert!(xml.contains("a&lt;b") && !xml.contains("a<b") && xml.contains("<failure"), "{xml}");
    }
}
