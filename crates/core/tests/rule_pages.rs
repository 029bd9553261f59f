//! The pages in `docs/rules` are the documentation of the code. `HEALTHDATA_WRITE=1 cargo test --test rule_pages`
//! writes them.

use std::fs;
use std::path::Path;

const KINDS: [&str; 16] = [
    "order",
    "range",
    "domain",
    "fixed_combinations",
    "determines",
    "formula",
    "null_when",
    "not_null",
    "unique",
    "inside",
    "no_overlap",
    "paths_agree",
    "at_least_one",
    "total",
    "restrict",
    "capacity",
];

/// The page of a kind: its first sentence, its JSON, the example that runs as a test, and the rest.
fn page(kind: &str, source: &str) -> String {
    let mut out =
        format!("<!-- From crates/core/src/rule/{kind}.rs; tests/rule_pages.rs keeps it current. -->\n# {kind}\n\n");
    let lines = source.lines().map_while(|l| l.strip_prefix("//!")).map(|l| l.strip_prefix(' ').unwrap_or(l));
    let lines: Vec<&str> = lines.collect();
    let json = lines.join("\n");
    let json = json.split_once("r#\"").and_then(|(_, rest)| rest.split_once("\"#")).map(|(json, _)| json);
    let mut in_code = false;
    for line in lines {
        if line == "```" {
            in_code = !in_code;
            if in_code {
                let json = json.unwrap_or_default();
                let flat = json.lines().map(str::trim).collect::<Vec<_>>().join("\n  ");
                out += &format!("In the metadata, in the list `rules` of `x_healthdata`:\n\n```json\n{flat}\n```\n\n");
                out += "An example; `*` marks the key, `>` a foreign key, and `places` are data rows:\n\n```rust\n";
            } else {
                out += "```\n";
            }
        } else if !(in_code && line.starts_with("# ")) {
            out += line;
            out.push('\n');
        }
    }
    out
}

#[test]
fn pages_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = root.join("../../docs/rules");
    let write = std::env::var_os("HEALTHDATA_WRITE").is_some();
    let mut index = String::from(
        "<!-- tests/rule_pages.rs keeps it current. -->\n# Rules\n\nWhat holds for every row. A page a kind, with an example that runs as a test.\n\n",
    );
    let mut pages = Vec::new();
    for kind in KINDS {
        let source = fs::read_to_string(root.join(format!("src/rule/{kind}.rs"))).unwrap();
        let first = source.lines().next().unwrap_or_default().trim_start_matches("//! ").trim_end_matches('.');
        let says = first.split_once(": ").map_or(first, |(_, s)| s);
        index += &format!("- [{kind}]({kind}.md): {says}\n");
        pages.push((format!("{kind}.md"), page(kind, &source)));
    }
    pages.push(("README.md".into(), index));
    for (name, text) in pages {
        let path = docs.join(&name);
        if write {
            fs::create_dir_all(&docs).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "docs/rules/{name} is not what the code says; run with HEALTHDATA_WRITE=1");
    }
}

#[test]
fn every_kind_has_a_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(root.join("src/rule")).unwrap();
    let mut names: Vec<String> =
        files.map(|f| f.unwrap().file_name().into_string().unwrap().trim_end_matches(".rs").to_owned()).collect();
    names.retain(|n| !["mod", "expression", "function", "part"].contains(&n.as_str()));
    names.sort();
    let mut kinds = KINDS.map(str::to_owned);
    kinds.sort();
    assert_eq!(names, kinds);
}
