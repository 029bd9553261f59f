//! Random schemas with random rules: whatever the data obey and `fit` takes, every generated row obeys too.

use healthdata_core::check::{check, check_linked};
use healthdata_core::example::{Table, data, metadata};
use healthdata_core::fit::{BrokenRules, FitOptions, UseRules, fit, settle};
use healthdata_core::linked::Linked;
use healthdata_core::rng::{Stream, name};
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Dataset, Metadata, Rule};

/// Every kind, in forms that the random data below may obey.
const RULES: [&str; 34] = [
    r#"{"kind": "order", "table": "people", "low": "a", "high": "b"}"#,
    r#"{"kind": "order", "table": "people", "low": "b", "high": "c"}"#,
    r#"{"kind": "order", "table": "people", "low": "a", "high": "c", "strict": true}"#,
    r#"{"kind": "range", "table": "people", "column": "a", "min": "0", "max": "60"}"#,
    r#"{"kind": "range", "table": "people", "column": "b", "min": "0", "max": "400"}"#,
    r#"{"kind": "formula", "table": "people", "column": "c", "equals": "a + b"}"#,
    r#"{"kind": "formula", "table": "people", "column": "d", "equals": "2 * a - 1"}"#,
    r#"{"kind": "determines", "table": "people", "column": "l", "determines": "m"}"#,
    r#"{"kind": "determines", "table": "people", "column": "m", "determines": "l"}"#,
    r#"{"kind": "determines", "table": "people", "column": "a", "determines": "k"}"#,
    r#"{"kind": "fixed_combinations", "table": "people", "columns": ["l", "m", "k"]}"#,
    r#"{"kind": "domain", "table": "people", "column": "l", "values": ["u", "v", "w", "x"]}"#,
    r#"{"kind": "domain", "table": "people", "column": "d", "values": ["1", "3", "5", "7", "9", "11", "13"]}"#,
    r#"{"kind": "null_when", "table": "people", "column": "n", "when": "l", "values": ["u"]}"#,
    r#"{"kind": "null_when", "table": "people", "column": "k", "when": "n", "values": [""]}"#,
    r#"{"kind": "not_null", "table": "people", "column": "b"}"#,
    r#"{"kind": "at_least_one", "parent": "people", "child": "visits"}"#,
    r#"{"kind": "order", "table": "visits", "low": "from", "high": "to"}"#,
    r#"{"kind": "order", "table": "visits", "low": "person.born", "high": "from", "strict": true}"#,
    r#"{"kind": "no_overlap", "table": "visits", "owner": "person", "start": "from", "end": "to"}"#,
    r#"{"kind": "unique", "table": "visits", "columns": ["person", "code"]}"#,
    r#"{"kind": "unique", "table": "visits", "columns": ["person", "from"]}"#,
    r#"{"kind": "unique", "table": "visits", "columns": ["person", "score"]}"#,
    r#"{"kind": "formula", "table": "visits", "column": "to", "equals": "from + days * 86400"}"#,
    r#"{"kind": "determines", "table": "visits", "column": "person", "determines": "group"}"#,
    r#"{"kind": "determines", "table": "visits", "column": "site", "determines": "group"}"#,
    r#"{"kind": "null_when", "table": "visits", "column": "site", "when": "code", "values": ["q"]}"#,
    r#"{"kind": "restrict", "table": "visits", "attribute": "site.kind", "values": ["child"], "from": "person.born", "to": "from", "below_years": 18}"#,
    r#"{"kind": "restrict", "table": "visits", "attribute": "site.kind", "values": ["adult"], "from": "person.born", "to": "to", "min_years": 18}"#,
    r#"{"kind": "inside", "table": "marks", "time": "at", "start": "visit.from", "end": "visit.to"}"#,
    r#"{"kind": "inside", "table": "marks", "time": "mid", "start": "at", "end": "visit.to"}"#,
    r#"{"kind": "order", "table": "marks", "low": "low", "high": "high"}"#,
    r#"{"kind": "order", "table": "marks", "low": "low", "high": "visit.score"}"#,
    r#"{"kind": "unique", "table": "marks", "columns": ["visit", "sort"]}"#,
];

const DAY: i64 = 86_400;

fn when(seconds: i64) -> String {
    healthdata_core::time::format(seconds * 1_000_000, "%Y-%m-%d %H:%M:%S")
}

/// A clinic in which each regularity is there or not.
fn world(seed: u64) -> (Dataset, Metadata) {
    let mut rng = Stream::new(seed, name(&["world"]), 0);
    let yes: Vec<bool> = (0..16).map(|_| rng.unit() < 0.7).collect();
    let gaps = rng.unit() < 0.5;
    let (people, sites) = (60 + rng.below(90), 2 + rng.below(5));
    let (mut p, mut v, mut m) = (String::new(), String::new(), String::new());
    let (mut visit, mut mark) = (0, 0);
    let gone =
        |rng: &mut Stream, share: f64, text: String| if gaps && rng.unit() < share { String::new() } else { text };
    for person in 0..people {
        let born = rng.between(-9_000, 18_000) * DAY;
        let a = rng.between(1, 6);
        let b = if yes[0] { a + rng.between(0, 30) } else { rng.between(0, 40) };
        let c = if yes[1] { a + b } else { rng.between(0, 80) };
        let d = if yes[2] { 2 * a - 1 } else { rng.between(0, 12) };
        let l = ["u", "v", "w", "x"][rng.below(4) as usize];
        let same = ["A", "B", "C", "D"][["u", "v", "w", "x"].iter().position(|x| *x == l).unwrap()];
        let label = if yes[3] { same } else { ["A", "B", "C"][rng.below(3) as usize] };
        let n = if yes[4] && l == "u" { String::new() } else { rng.between(0, 9).to_string() };
        let k = if yes[5] { format!("k{}", a % 3) } else { format!("k{}", rng.below(4)) };
        let k = if yes[6] && n.is_empty() { String::new() } else { k };
        let b = gone(&mut rng, 0.1, b.to_string());
        let c = if b.is_empty() { String::new() } else { c.to_string() };
        p += &format!("P{person}, {}, {a}, {b}, {c}, {d}, {l}, {label}, {n}, {k}\n", when(born));
        let group = rng.below(3);
        let visits = rng.below(4) + u64::from(yes[7]);
        let mut t = 19_500 * DAY + rng.between(0, 200 * DAY);
        let mut codes = vec!["q", "r", "s", "t", "o"];
        rng.shuffle(&mut codes);
        for j in 0..visits {
            let days = rng.between(0, 6);
            t += if yes[8] { rng.between(1, 40 * DAY) } else { rng.between(-3 * DAY, 9 * DAY) };
            let (from, to) = (t, t + if yes[9] { days * DAY } else { rng.between(0, 7 * DAY) });
            t = to;
            let code = if yes[10] { codes[j as usize % 5] } else { codes[rng.below(2) as usize] };
            let years = (from - born) / (DAY * 366);
            let site = if yes[11] {
                // Even sites are for children.
                let s = rng.below(sites);
                if s % 2 == 0 && years >= 17 {
                    1
                } else if s % 2 == 1 && (years < 18 && sites > 0) {
                    0
                } else {
                    s
                }
            } else {
                rng.below(sites)
            };
            let site = if yes[12] && code == "q" { String::new() } else { format!("S{site}") };
            let g = if yes[13] { group } else { rng.below(3) };
            let score = rng.between(50, 99);
            v += &format!("V{visit}, P{person}, {site}, {}, {}, {days}, {code}, g{g}, {score}\n", when(from), when(to));
            for s in 0..rng.below(4) {
                let at = if yes[14] { rng.between(from, to) } else { from + rng.between(-DAY, 8 * DAY) };
                let mid = if to > at { rng.between(at, to) } else { at };
                let low = rng.between(0, 45);
                let high = if yes[15] { low + rng.between(0, 20) } else { rng.between(0, 60) };
                m += &format!(
                    "M{mark}, V{visit}, {}, {}, {low}, {high}, {}\n",
                    when(at),
                    when(mid),
                    ["x", "y", "z", "w"][s as usize]
                );
                mark += 1;
            }
            visit += 1;
        }
    }
    let s: String = (0..sites).map(|s| format!("S{s}, {}\n", if s % 2 == 0 { "child" } else { "adult" })).collect();
    let tables = [
        Table("sites(*site, kind)", &s),
        Table("people(*person, born:time, a:number, b:number, c:number, d:number, l, m, n:number, k)", &p),
        Table(
            "visits(*visit, person>people, site>sites, from:time, to:time, days:number, code, group, score:number)",
            &v,
        ),
        Table("marks(*mark, visit>visits, at:time, mid:time, low:number, high:number, sort)", &m),
    ];
    (data(&tables).unwrap(), metadata(&tables, &[]).unwrap())
}

/// The rules that the data obey, each with a chance of seven in ten.
fn rules(data: &Dataset, metadata: &Metadata, seed: u64) -> Vec<Rule> {
    let mut rng = Stream::new(seed, name(&["rules"]), 0);
    let linked = Linked::new(data, metadata).unwrap();
    let read = RULES.map(|r| serde_json::from_str::<Rule>(r).unwrap());
    let obeyed = |r: &Rule| r.prove(&linked).unwrap().is_none_or(|t| t.broken == 0);
    read.into_iter().filter(|r| obeyed(r) && rng.unit() < 0.7).collect()
}

/// The rules that are broken, and the number of those proved; None where `fit` says which rules contradict.
fn run(seed: u64) -> Option<(Vec<String>, usize)> {
    let (data, mut meta) = world(seed);
    meta.rules = rules(&data, &meta, seed);
    meta.validate().unwrap();
    let settled = settle(&data, &meta, UseRules::Declared, BrokenRules::Stop).unwrap();
    let options = FitOptions { seed, ..FitOptions::default() };
    let (model, notes) = match fit(&settled.data, &settled.metadata, options, &|_, _| {}) {
        Ok(fitted) => fitted,
        Err(e) => {
            assert!(e.problems().iter().all(|p| p.contains("rules \"")), "{e}");
            return None;
        }
    };
    let missed = |what: &str| notes.iter().any(|n| n.contains("not kept") && n.ends_with(what));
    let sampler = Sampler::new(&model, SampleRequest { seed, scale: 1.5, ..SampleRequest::default() }).unwrap();
    let (mut broken, mut proved) = (Vec::new(), 0);
    for block in 0..sampler.blocks() {
        let rows = sampler.block(block).unwrap();
        let tables = sampler.tables().iter().map(|t| t.to_string()).zip(rows.tables).collect();
        let sampled = Dataset { tables };
        let report = check(&sampled, sampler.metadata()).unwrap();
        for c in report.checks.iter().filter(|c| !missed(&c.what)) {
            proved += usize::from(c.kind == "rule");
            if c.broken > 0 {
                broken.push(format!("seed {seed}: {} {} in {} of {}", c.kind, c.what, c.broken, c.checked));
            }
        }
        // What was proved block by block is proved of joined tables.
        assert!(check_linked(&Linked::new(&sampled, sampler.metadata()).unwrap()).is_ok());
    }
    Some((broken, proved))
}

fn all(seeds: std::ops::Range<u64>) {
    let n = seeds.end - seeds.start;
    let mut broken = Vec::new();
    let (mut refused, mut proved) = (0, 0);
    for seed in seeds {
        match run(seed) {
            Some((b, p)) => {
                broken.extend(b);
                proved += p;
            }
            None => refused += 1,
        }
    }
    assert!(broken.is_empty(), "{} broken of {proved} proved:\n{}", broken.len(), broken.join("\n"));
    assert!(refused * 4 <= n && proved as u64 >= n, "{refused} of {n} refused, {proved} rules proved");
}

#[test]
fn random_rules_are_kept() {
    all(0..12);
}

#[test]
#[ignore = "500 worlds: the slower suite"]
fn five_hundred_random_worlds_are_kept() {
    all(1_000..1_500);
}
