//! Metadata and the rules in them.

use healthdata_core::check::check;
use healthdata_core::fit::{FitOptions, fit};
use serde_json::json;

use super::{capped, cuts, names, says_so};

const GOOD: &str = r#"{"METADATA_SPEC_VERSION":"V2","tables":{"p":{"primary_key":"id","columns":{"id":{"sdtype":"id",
"regex_format":"P[0-9]{3}"},"n":{"sdtype":"numerical"},"t":{"sdtype":"datetime","datetime_format":"%Y-%m-%d"}}}},
"x_healthdata":{"tables":{"p":{"order":"t"}},"rules":[{"kind":"range","table":"p","column":"n","min":"0"},
{"kind":"formula","table":"p","column":"n","equals":"n * 1"}]}}"#;

#[test]
fn hostile_metadata() {
    capped("metadata::hostile_metadata", |corpus| {
        corpus.metadata("whole", GOOD.as_bytes()).unwrap();
        for (what, bad) in cuts(GOOD.as_bytes()) {
            assert!(corpus.metadata(&what, &bad).is_err(), "{what}");
        }
        for (what, bad) in super::bytes_at(GOOD.as_bytes(), 0..GOOD.len()) {
            let _ = corpus.metadata(&what, &bad);
        }
        let deep = |open: &str, n: usize| open.repeat(n).into_bytes();
        for open in ["[", "{\"a\":", "{\"tables\":{\"a\":"] {
            says_so("deep", corpus.metadata("deep", &deep(open, 1_000_000)).map(|_| ()), "not JSON");
        }
        let long = deep(" ", (64 << 20) + 1);
        says_so("long", corpus.metadata("long", &long).map(|_| ()), "larger than the limit of 67108864 bytes");
        // The same key a million times, and a million problems.
        let many = |piece: &str| {
            format!("{{\"METADATA_SPEC_VERSION\":\"V2\",\"tables\":{{{}}}}}", piece.repeat(200_000) + "\"z\":1")
        };
        assert!(corpus.metadata("the same key", many("\"a\":1,").as_bytes()).is_err());
        for key in ["tables", "primary_key", "columns", "rules", "regex_format", "kind"] {
            let twice = GOOD.replacen(&format!("\"{key}\":"), &format!("\"{key}\":1,\"{key}\":"), 1);
            assert!(corpus.metadata(key, twice.as_bytes()).is_err(), "{key} twice");
        }
        for bad in [&b"\xff\xfe{\0}\0"[..], b"\xc3\x28", b"{\"a\":\"\\ud800\"}", b"NaN", b"1e400", b"null", b"\0", b""]
        {
            assert!(corpus.metadata("not metadata", bad).is_err(), "{bad:?}");
        }
    });
}

#[test]
fn hostile_names_patterns_and_rules() {
    capped("metadata::hostile_names_patterns_and_rules", |corpus| {
        let folder = tempfile::tempdir().unwrap();
        let rows: String = (0..40).map(|i| format!("P{i:03},{i},2024-01-{:02}\n", i % 28 + 1)).collect();
        std::fs::write(folder.path().join("p.csv"), format!("id,n,t\n{rows}")).unwrap();
        let data = healthdata_io::read(folder.path(), None).unwrap().data;
        let mut tried = |what: &str, text: &str| {
            let Ok(metadata) = corpus.metadata(what, text.as_bytes()) else { return };
            let _ = corpus.count(what, || check(&data, &metadata));
            let _ = corpus.count(what, || {
                let (model, _) =
                    fit(&data, &metadata, FitOptions { min_support: 5, ..FitOptions::default() }, &|_, _| {})?;
                super::model::sample(&model)
            });
        };
        tried("whole", GOOD);
        let text = |s: &str| serde_json::to_string(s).unwrap();
        for name in names() {
            for was in ["p", "id", "n", "t"] {
                tried(&format!("{was} is {name:?}"), &GOOD.replace(&text(was), &text(&name)));
            }
        }
        let patterns = [
            "(a{99}){99}{99}{99}",
            "[0-9]{1000000000}",
            "(((a*)*)*)*",
            "(?:",
            "[",
            "\\p{L}{50}",
            "a{0}",
            ".*",
            "(a|b|c){40}",
        ];
        for pattern in patterns.iter().map(|p| (*p).to_owned()).chain([
            "(".repeat(100_000),
            "a".repeat(1 << 20),
            "a?".repeat(1000),
        ]) {
            let what = format!("pattern {}", &pattern[..pattern.len().min(40)]);
            tried(&what, &GOOD.replace("\"P[0-9]{3}\"", &text(&pattern)));
        }
        for format in ["%", "%Q", "%%%", "%Y%Y%Y", "%s%s%s%s%n", "", "\u{0}", "%9999999999Y", &"%Y".repeat(10_000)] {
            tried("format", &GOOD.replace("\"%Y-%m-%d\"", &text(format)));
        }
        let formulas = [
            "(".repeat(100_000),
            "-".repeat(100_000),
            "n + ".repeat(100_000) + "n",
            "n * ".repeat(100_000) + "n",
            "9".repeat(1000),
            format!("0.{}", "0".repeat(1000)),
            "\"".into(),
            "n.n.n.n".into(),
            "id.".repeat(1000),
            "1 / 0".into(),
            "\u{202e}n".into(),
            "170141183460469231731687303715884105727 * 170141183460469231731687303715884105727".into(),
        ];
        for formula in formulas {
            tried(
                &format!("formula {}", &formula[..formula.len().min(40)]),
                &GOOD.replace("\"n * 1\"", &text(&formula)),
            );
        }
        for bound in ["NaN", "inf", "1e400", "-1e400", "9".repeat(400).as_str(), "", "\u{0}", "0x10"] {
            tried("bound", &GOOD.replace("\"min\":\"0\"", &format!("\"min\":{}", text(bound))));
        }
        for rule in [
            json!({"kind": "capacity", "table": "p", "link": "id", "start": "t", "end": "t", "by": "n", "max": {"1": u32::MAX}}),
            json!({"kind": "no_overlap", "table": "p", "owner": "id", "start": "t", "end": "t"}),
            json!({"kind": "restrict", "table": "p", "attribute": "id", "values": [], "from": "t", "to": "t", "min_years": i64::MIN, "below_years": i64::MAX}),
            json!({"kind": "order", "table": "p", "low": "t", "high": "t", "strict": true}),
            json!({"kind": "domain", "table": "p", "column": "n", "values": vec!["x"; 100_000]}),
            json!({"kind": "fixed_combinations", "table": "p", "columns": ["n", "n"], "allowed": [[], ["1"], ["1", "2", "3"]]}),
            json!({"kind": "no such rule"}),
        ] {
            tried("rule", &GOOD.replace("\"rules\":[", &format!("\"rules\":[{rule},")));
        }
    });
}
