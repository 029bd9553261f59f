//! Planted rules are found and nothing else; what chance makes is not.

use crate::example::{self, Table};
use crate::rng::{Stream, name};

use super::*;

/// Rows written by a function of the row number and its own random stream.
fn lines(n: u64, what: &str, row: impl Fn(u64, &mut Stream) -> String) -> String {
    (0..n).map(|i| row(i, &mut Stream::new(1, name(&[what]), i)) + "\n").collect()
}

fn find(tables: &[Table]) -> Vec<Found> {
    discover(&example::data(tables).unwrap(), &example::metadata(tables, &[]).unwrap()).unwrap()
}

fn said(found: &[Found]) -> Vec<String> {
    let mut said: Vec<String> = found.iter().map(|f| f.rule.describe()).collect();
    said.sort();
    said
}

fn day(days: i64) -> String {
    crate::time::format(days * crate::time::DAY, "%Y-%m-%d")
}

#[test]
fn unrelated_columns_have_no_rules() {
    for seed in 0..20 {
        let what = format!("noise {seed}");
        let people = lines(300, &what, |i, s| {
            let (label, number) = (s.below(4), s.between(0, 50));
            format!("{i}, {}, {number}, {}, L{label}", day(s.between(0, 9000)), s.between(0, 1000))
        });
        let events = lines(3000, &(what + " events"), |_, s| {
            let missing = if s.below(9) == 0 { String::new() } else { s.between(0, 40).to_string() };
            let (at, label, number) = (day(s.between(4000, 13000)), s.below(3), s.between(0, 60));
            format!("{}, {at}, {missing}, {number}, K{label}", s.below(300))
        });
        let people = Table("people(*id, born:time, a:number, b:number, kind)", &people);
        let events = Table("events(id>people, at:time, c:number, d:number, sort)", &events);
        let found: Vec<Found> = find(&[people, events]);
        let real: Vec<_> = found.iter().filter(|f| !matches!(f.rule.kind, RuleKind::NotNull { .. })).collect();
        assert!(real.is_empty(), "seed {seed}: {real:?}");
    }
}

#[test]
fn a_chain_of_orders_is_told_without_its_shortcuts() {
    let rows = lines(400, "chain", |_, s| {
        let a = s.between(0, 100);
        let (b, c) = (a + s.between(0, 60), s.between(0, 90));
        format!("{a}, {b}, {}, {c}", b + s.between(1, 12))
    });
    let table = [Table("t(low:number, mid:number, top:number, other:number)", &rows)];
    assert_eq!(said(&find(&table)), ["t: low <= mid", "t: mid < top"]);
    // What is declared is not found again, nor what follows from it.
    let rules = [
        r#"{"kind": "order", "table": "t", "low": "low", "high": "mid"}"#,
        r#"{"kind": "order", "table": "t", "low": "mid", "high": "top", "strict": true}"#,
    ];
    let metadata = example::metadata(&table, &rules).unwrap();
    assert_eq!(discover(&example::data(&table).unwrap(), &metadata).unwrap(), []);
}

#[test]
fn columns_of_unlike_scale_are_no_order() {
    // Ages hardly ever reach the weights, and the codes for unknown come together.
    let rows = lines(2000, "scale", |_, s| {
        if s.below(5) == 0 { "-1, -1".into() } else { format!("{}, {}", s.between(0, 90), s.between(85, 300)) }
    });
    assert_eq!(said(&find(&[Table("t(age:number, weight:number)", &rows)])), Vec::<String>::new());
}

#[test]
fn a_rule_with_noise_is_nearly_true_and_not_enforced() {
    let noisy = |every: u64| {
        lines(4000, "noise", |i, s| {
            let (a, gap) = (s.between(0, 1000), s.between(0, 300));
            if i % every == every - 1 { format!("{}, {a}", a + 200) } else { format!("{a}, {}", a + gap) }
        })
    };
    let found = find(&[Table("t(a:number, b:number)", &noisy(1000))]);
    assert_eq!(said(&found), ["t: a <= b"]);
    assert_eq!((found[0].broken, found[0].support, found[0].rule.enforced), (4, 4000, false));
    assert_eq!(find(&[Table("t(a:number, b:number)", &noisy(500))]), []);
}

#[test]
fn sums_multiples_and_spans_are_formulas() {
    let rows = lines(300, "sums", |_, s| {
        let (a, b, c) = (s.between(1, 40), s.between(0, 50), s.between(2, 9));
        let (from, days) = (s.between(18_000, 20_000), s.between(1, 30));
        format!("{a}, {b}, {}, {}, {c}, {}.5, {}, {days}, {}", a + b, 12 * c, c + 3, day(from), day(from + days))
    });
    let found = find(&[Table(
        "t(won:number, lost:number, played:number, months:number, years:number, more:number, admit:time, stay:number, discharge:time)",
        &rows,
    )]);
    let expected = [
        "t: discharge = admit + stay * 86400",
        "t: months = 12 * years",
        "t: more = years + 3.5",
        "t: played = won + lost",
    ];
    let found = said(&found);
    assert!(expected.iter().all(|e| found.contains(&e.to_string())), "{found:#?}");
    assert!(found.iter().all(|f| f.contains('=') && !f.contains("<=")), "{found:#?}");
}

#[test]
fn an_end_is_a_start_and_what_the_parent_says_and_days_of_a_study_have_no_zero() {
    let shelf = [42, 5, 365];
    let kinds = "red, 42\nplatelets, 5\nplasma, 365\n";
    let units = lines(200, "shelf", |i, s| {
        let (kind, from) = (s.below(3) as usize, s.between(18_000, 20_000));
        format!("{i}, {}, {}, {}", ["red", "platelets", "plasma"][kind], day(from), day(from + shelf[kind]))
    });
    let tables = [
        Table("kinds(*kind, shelf:number)", kinds),
        Table("units(*unit, kind>kinds, taken:time, expires:time)", &units),
    ];
    assert!(said(&find(&tables)).contains(&"units: expires = taken + kind.shelf * 86400".to_owned()));

    let starts: Vec<i64> = (0..40).map(|i| 18_000 + 7 * i).collect();
    let subjects: String = starts.iter().enumerate().map(|(i, d)| format!("S{i}, {}\n", day(*d))).collect();
    let visits = lines(300, "study", |i, s| {
        let (subject, apart) = (s.below(40) as usize, s.between(-9, 60));
        format!("{i}, S{subject}, {}, {}", day(starts[subject] + apart), apart + i64::from(apart >= 0))
    });
    let tables = [
        Table("subjects(*subject, start:time)", &subjects),
        Table("visits(*visit, subject>subjects, at:time, study_day:number)", &visits),
    ];
    let days = "(at - subject.start) / 86400";
    let expected = format!("visits: study_day = {days} + min(1, max(0, {days} + 1))");
    assert!(said(&find(&tables)).contains(&expected), "{:?}", said(&find(&tables)));
}

#[test]
fn a_total_decides_none_of_its_parts() {
    let rows = lines(600, "prices", |_, s| {
        let (price, quantity) = (100 * s.between(3, 40) - 1, s.between(1, 4));
        format!("{quantity}, {}, {}", fixed(price, 2), fixed(price * quantity, 2))
    });
    let found = said(&find(&[Table("lines(quantity:number, price:number, total:number)", &rows)]));
    assert_eq!(found, ["lines: total = quantity * price"]);
}

#[test]
fn a_label_decides_another_and_the_chain_is_not_repeated() {
    let rows = lines(600, "decides", |_, s| {
        let city = s.below(30);
        format!("city {city}, region {}, country {}, {}", city % 10, city % 10 % 3, s.below(4))
    });
    let found = said(&find(&[Table("t(city, region, country, other)", &rows)]));
    assert_eq!(found, ["t: city determines region", "t: region determines country"]);
}

#[test]
fn a_name_decides_the_label_that_it_contains() {
    let sorts = ["Cardiology", "ICU", "Neurology", "Oncology"];
    let rows = lines(12, "names", |i, _| format!("{} {}, {0}", sorts[i as usize % 4], ["A", "B", "C"][i as usize / 4]));
    assert_eq!(said(&find(&[Table("wards(name, sort)", &rows)])), ["wards: name determines sort"]);
    let other = lines(12, "names", |i, _| format!("{} A, {}", sorts[i as usize % 4], sorts[(i as usize + 1) % 4]));
    assert_eq!(find(&[Table("wards(name, sort)", &other)]), []);
}

#[test]
fn columns_missing_together_or_by_a_label() {
    let rows = lines(5000, "missing", |_, s| {
        let (alive, lost) = (s.below(3) > 0, s.below(10) == 0);
        let tests = if lost { ", ".into() } else { format!("{}, {}", s.between(1, 90), s.between(1, 90)) };
        let (status, died) = if alive { ("alive", String::new()) } else { ("dead", day(s.between(1, 5000))) };
        format!("{status}, {died}, {tests}")
    });
    let found = find(&[Table("t(status, died:time, first:number, second:number)", &rows)]);
    let expected = [
        "t: died is missing depending on status",
        "t: second is missing depending on first",
        "t: status is never missing",
    ];
    assert_eq!(said(&found), expected);
    let values = found.iter().find_map(|f| match &f.rule.kind {
        RuleKind::NullWhen { column, values, .. } if column == "died" => Some(values.clone()),
        _ => None,
    });
    assert_eq!(values, Some(vec!["alive".to_owned()]));
}

#[test]
fn no_repeat_within_a_parent_and_every_parent_has_a_child() {
    let stays = lines(500, "stays", |i, _| i.to_string());
    let codes = lines(500, "codes", |i, s| {
        let mut codes: Vec<u64> = (0..6).collect();
        s.shuffle(&mut codes);
        let mine = codes.iter().take(1 + s.below(3) as usize);
        mine.map(|c| format!("{i}, C{c}, {}", s.between(0, 9))).collect::<Vec<_>>().join("\n")
    });
    let scores = lines(500, "scores", |i, s| format!("{i}, {}", s.between(0, 9)));
    let found = find(&[
        Table("stays(*stay)", &stays),
        Table("codes(stay>stays, code, n:number)", &codes),
        Table("scores(stay>stays, score:number)", &scores),
    ]);
    let expected = [
        "codes: stay + code unique",
        "scores: stay unique",
        "stays: at least one row of codes",
        "stays: at least one row of scores",
    ];
    assert_eq!(said(&found), expected);
}

/// People with stays, stays with rooms of their ward, and notes that name the person but not the stay.
fn hospital() -> [String; 5] {
    let wards = lines(12, "wards", |i, _| format!("W{i}, {}", ["child", "adult", "any"][i as usize % 3]));
    let people = lines(400, "people", |i, s| format!("P{i}, {}", day(20_000 - s.between(0, 60 * 365))));
    let rooms = lines(60, "rooms", |i, _| format!("R{i}, W{}", i % 12));
    let (mut stays, mut notes, mut id) = (String::new(), String::new(), 0);
    for p in 0..400u64 {
        let mut s = Stream::new(1, name(&["people"]), p);
        let born = 20_000 - s.between(0, 60 * 365);
        let (mut at, mut s) = (20_000 + Stream::new(2, 7, p).between(0, 100), Stream::new(2, 8, p));
        for _ in 0..1 + s.below(3) {
            let child = crate::time::years_between(born * crate::time::DAY, at * crate::time::DAY) < 18;
            let kind = if s.below(3) == 0 { 2 } else { u64::from(!child) };
            let ward = 3 * s.below(4) + kind;
            let end = at + s.between(1, 12);
            stays += &format!("S{id}, P{p}, W{ward}, {}, {}\n", day(at), day(end));
            for _ in 0..1 + s.below(8) {
                notes += &format!("P{p}, R{}, {}\n", ward + 12 * s.below(5), day(s.between(at, end)));
            }
            (id, at) = (id + 1, end + s.between(1, 25));
        }
    }
    [wards, people, rooms, stays, notes]
}

fn tables(parts: &[String; 5]) -> [Table<'_>; 5] {
    [
        Table("wards(*ward, kind)", &parts[0]),
        Table("people(*person, born:time)", &parts[1]),
        Table("rooms(*room, ward>wards)", &parts[2]),
        Table("stays(*stay, person>people, ward>wards, admit:time, discharge:time)", &parts[3]),
        Table("notes(person>people, room>rooms, at:time)", &parts[4]),
    ]
}

#[test]
fn stays_on_one_clock_with_an_inferred_parent() {
    let parts = hospital();
    let tables = tables(&parts);
    let found = find(&tables);
    let said = said(&found);
    for expected in [
        "notes: at inside stays.admit .. stays.discharge",
        "notes: room.ward = stays.ward",
        "stays: admit < discharge",
        "stays: admit .. discharge of one person never overlap",
        "stays: ward.kind adult only with at least 18 years from person.born to admit",
        "stays: ward.kind child only with below 18 years from person.born to admit",
        "stays: at least one row of notes",
    ] {
        assert!(said.iter().any(|s| s == expected), "{expected} is not in {said:#?}");
    }
    let (data, mut metadata) = (example::data(&tables).unwrap(), example::metadata(&tables, &[]).unwrap());
    accept(&mut metadata, &found);
    metadata.validate().unwrap();
    assert!(crate::check::check(&data, &metadata).unwrap().is_clean());
    // Nothing is left to find once it is accepted.
    assert_eq!(discover(&data, &metadata).unwrap(), []);
}

#[test]
fn a_time_outside_its_stay_is_counted_and_many_are_no_rule() {
    let mut parts = hospital();
    let inside = parts[4].lines().count();
    parts[4] += "P3, R1, 1990-01-01\n";
    let found = find(&tables(&parts));
    let rule = found.iter().find(|f| matches!(f.rule.kind, RuleKind::Inside { .. })).unwrap();
    assert_eq!((rule.broken, rule.support, rule.rule.enforced), (1, inside as u64 + 1, false));
    parts[4] += &"P3, R1, 1990-01-01\n".repeat(20);
    assert!(!find(&tables(&parts)).iter().any(|f| matches!(f.rule.kind, RuleKind::Inside { .. })));
}

#[test]
fn an_interval_of_a_parent_is_one_rule() {
    let stays = lines(300, "stays", |i, s| {
        let from = s.between(18_000, 19_000);
        format!("{i}, {}, {}", day(from), day(from + Stream::new(9, 9, i).between(3, 40)))
    });
    let doses = lines(1500, "doses", |i, _| {
        let from = Stream::new(1, name(&["stays"]), i % 300).between(18_000, 19_000);
        let length = Stream::new(9, 9, i % 300).between(3, 40);
        format!("{}, {}", i % 300, day(from + (i as i64 * 7919) % (length + 1)))
    });
    let found = find(&[
        Table("stays(*stay, admit:time, discharge:time)", &stays),
        Table("doses(stay>stays, given:time)", &doses),
    ]);
    let said = said(&found);
    assert!(said.contains(&"doses: given inside stay.admit .. stay.discharge".to_owned()), "{said:#?}");
    assert!(!said.iter().any(|s| s.contains("given <=") || s.contains("<= given")), "{said:#?}");
}

#[test]
fn two_keys_to_one_table_and_attributes_of_a_link_agree() {
    let molecules = lines(40, "molecules", |i, _| format!("M{i}"));
    let atoms = lines(400, "atoms", |i, s| format!("A{i}, M{}, {}", i % 40, 1990 + s.below(25)));
    let bonds = lines(800, "bonds", |_, s| {
        let molecule = s.below(40);
        let (a, b) = (molecule + 40 * s.below(10), molecule + 40 * s.below(10));
        let year = 1990 + Stream::new(1, name(&["atoms"]), a).below(25);
        format!("A{a}, A{b}, {year}")
    });
    let found = find(&[
        Table("molecules(*molecule)", &molecules),
        Table("atoms(*atom, molecule>molecules, year:number)", &atoms),
        Table("bonds(one>atoms, two>atoms, year:number)", &bonds),
    ]);
    assert_eq!(said(&found), ["bonds: one.molecule = two.molecule", "bonds: year = one.year"]);
}

#[test]
fn empty_tables_single_rows_and_constants_have_no_rules() {
    let parts = hospital();
    for n in [0, 1, 2] {
        let cut = parts.clone().map(|p| p.lines().take(n).collect::<Vec<_>>().join("\n"));
        assert_eq!(find(&tables(&cut)), []);
    }
    assert_eq!(find(&[Table("t(a:number, b:number, c, d:time)", &"5, 5, x, 2025-01-01\n".repeat(500))]), []);
    assert_eq!(find(&[Table("t(a:number, b:number, c, d:time)", &", , ,\n".repeat(500))]), []);
}

#[test]
fn the_result_is_the_same_every_time() {
    let parts = hospital();
    let first = find(&tables(&parts));
    assert!((0..3).all(|_| find(&tables(&parts)) == first));
}

#[test]
fn a_product_is_found() {
    let rows = lines(300, "product", |_, s| {
        let (price, n) = (s.between(101, 9900), s.between(1, 9));
        format!(
            "{n}, {}.{:02}, {}.{:02}, {}",
            price / 100,
            price % 100,
            price * n / 100,
            price * n % 100,
            s.between(0, 99)
        )
    });
    let table = [Table("t(n:number, price:number, amount:number, other:number)", &rows)];
    let found = said(&find(&table));
    assert!(found.contains(&"t: amount = n * price".to_owned()), "{found:?}");
    assert!(found.iter().all(|f| !f.contains("other")), "{found:?}");
}

#[test]
fn found_rules_can_be_kept_together() {
    // Three flags and what they flag decide each other in many ways; a scale and its steps do so both ways.
    let rows = lines(600, "flags", |_, s| {
        let kind = s.between(1, 3);
        let step = s.between(0, 40);
        let flags: Vec<i64> = (1..=3).map(|k| i64::from(k == kind)).collect();
        format!("{kind}, {}, {}, {}, {step}, {}.5", flags[0], flags[1], flags[2], step * step * 3 + 1)
    });
    let table = [Table("t(kind:number, one:number, two:number, three:number, step:number, cost:number)", &rows)];
    let found = find(&table);
    let rules: Vec<&crate::Rule> = found.iter().map(|f| &f.rule).collect();
    for (i, rule) in rules.iter().enumerate() {
        assert!(conflict::fits(&rules[..i], rule), "{:?}", said(&found));
    }
    let both = ["t: step determines cost", "t: cost determines step"];
    assert_eq!(said(&found).iter().filter(|f| both.contains(&f.as_str())).count(), 1, "{:?}", said(&found));
}

#[test]
fn what_outlasts_an_interval_is_not_inside_it() {
    let people: String = (0..300).map(|p| format!("{p}, K{}\n", p % 4)).collect();
    let hired = |p: i64| p * 7919 % 9000;
    let pay: String = (0..900)
        .map(|i| (i, hired(i / 3) + 365 * (i % 3)))
        .map(|(i, from)| format!("{}, {}, {}, {}\n", i / 3, day(from), day(from + 364), i * 37 % 991))
        .collect();
    let titles = lines(300, "titles", |p, s| {
        let from = hired(p as i64) + s.between(0, 360);
        format!("{p}, {}, {}, T{}", day(from), day(from + s.between(300, 900)), s.below(3))
    });
    let tables = [
        Table("people(*id, kind)", &people),
        Table("pay(id>people, from:time, to:time, amount:number)", &pay),
        Table("titles(id>people, since:time, until:time, title)", &titles),
    ];
    let said = said(&find(&tables));
    assert!(!said.iter().any(|s| s.contains("inside")), "{said:#?}");
}

/// A time of day, some days after 2018.
fn moment(s: &mut Stream) -> i64 {
    (17_532 * 86_400 + s.between(0, 1_500 * 86_400)) * crate::time::SECOND
}

fn clock(time: i64) -> String {
    crate::time::format(time, "%Y-%m-%d %H:%M:%S")
}

#[test]
fn parts_of_a_time_are_formulas_and_their_names_follow() {
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let rows = lines(1500, "parts", |_, s| {
        let time = moment(s);
        let part = |p: crate::rule::part::Part| p.of(time);
        use crate::rule::part::Part::*;
        let (weekday, hour) = (part(Weekday) as usize, part(Hour));
        let times = [clock(time), day(time.div_euclid(crate::time::DAY))].join(", ");
        let numbers = [Year, Month, Week, DayOfYear].map(|p| part(p).to_string()).join(", ");
        let quarter = part(Quarter);
        let of_day = ["night", "morning", "afternoon", "evening"][hour as usize / 6];
        let from_sunday = weekday % 7 + 1;
        format!(
            "{times}, {numbers}, Q{quarter}, {}, {}, {from_sunday}, {hour}, {of_day}",
            names[weekday - 1],
            weekday - 1
        )
    });
    let spec = "t(at:time, day:time, year:number, month, week:number, yearday:number, quarter, name, number:number, \
                from_sunday:number, hour:number, of_day)";
    let found = said(&find(&[Table(spec, &rows)]));
    let expected = [
        "t: day = date(at)",
        "t: year = year(at)",
        "t: month = month(at)",
        "t: week = week(at)",
        "t: yearday = day_of_year(at)",
        "t: number = weekday(at) - 1",
        "t: hour = hour(at)",
    ];
    assert!(expected.iter().all(|e| found.contains(&e.to_string())), "{found:#?}");
    // Each name by the part that it stands for, or by a number that is this part.
    for (column, by) in [
        ("quarter", ["quarter of at", "month"]),
        ("name", ["weekday of at", "number"]),
        ("from_sunday", ["name", "number"]),
        ("of_day", ["hour of at", "hour"]),
    ] {
        let rule = |by: &str| found.contains(&format!("t: {by} determines {column}"));
        assert!(by.into_iter().any(rule), "{column}: {found:#?}");
        let others = found.iter().filter(|f| f.ends_with(&format!("determines {column}"))).count();
        assert!(others <= 2 && !rule("at") && !rule("day"), "{column}: {found:#?}");
    }
}

#[test]
fn what_few_times_share_is_no_part_of_them() {
    // Each of twenty days has its label, whatever its weekday.
    let rows = lines(2000, "days", |_, s| {
        let n = s.between(0, 19);
        format!("{}, L{}, {}", day(17_000 + 31 * n), n * n % 7, n * n % 5)
    });
    let found = said(&find(&[Table("t(day:time, label, number:number)", &rows)]));
    assert!(found.iter().all(|f| !f.contains(" of day ") && !f.contains('(')), "{found:#?}");
}

fn fixed(ticks: i64, decimals: u32) -> String {
    let unit = 10i64.pow(decimals);
    let sign = if ticks < 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", ticks.abs() / unit, ticks.abs() % unit, width = decimals as usize)
}

/// A number rounded to so many decimals.
fn round(number: f64, decimals: u32) -> String {
    fixed((number * 10f64.powi(decimals as i32)).round() as i64, decimals)
}

#[test]
fn rounded_results_are_formulas() {
    let found = |spec: &str, row: &dyn Fn(&mut Stream) -> String| {
        let rows = lines(800, spec, |_, s| row(s));
        said(&find(&[Table(spec, &rows)]))
    };
    let has = |found: Vec<String>, rule: &str| assert!(found.contains(&rule.to_owned()), "{rule}: {found:#?}");
    has(
        found("t(w:number, h:number, bmi:number)", &|s| {
            let (w, h) = (s.between(400, 1200), s.between(145, 200));
            format!("{}, {}, {}", fixed(w, 1), fixed(h, 2), round(w as f64 / 10.0 / (h as f64 / 100.0).powi(2), 1))
        }),
        "t: bmi = w / (h * h)",
    );
    has(
        found("t(w:number, cm:number, bmi:number)", &|s| {
            let (w, h) = (s.between(400, 1200), s.between(145, 200));
            format!("{}, {h}, {}", fixed(w, 1), round(w as f64 * 1000.0 / (h * h) as f64, 1))
        }),
        "t: bmi = 10000 * w / (cm * cm)",
    );
    has(
        found("t(mark:number, most:number, percent:number)", &|s| {
            let most = [50, 80, 120][s.below(3) as usize];
            let mark = s.between(0, most);
            format!("{mark}, {most}, {}", round(100.0 * mark as f64 / most as f64, 1))
        }),
        "t: percent = 100 * mark / most",
    );
    has(
        found("t(people:number, income:number, billions:number)", &|s| {
            let (people, income) = (s.between(100_000, 90_000_000), s.between(500, 60_000));
            format!("{people}, {income}, {}", round((people * income) as f64 / 1e9, 2))
        }),
        "t: billions = 0.000000001 * people * income",
    );
    has(
        found("t(celsius:number, other:number, fahrenheit:number)", &|s| {
            let c = s.between(-200, 400);
            format!("{}, {}, {}", fixed(c, 1), s.between(0, 900), round(0.18 * c as f64 + 32.0, 1))
        }),
        "t: fahrenheit = 1.8 * celsius + 32",
    );
    has(
        found("t(sold:number, returned:number, net:number)", &|s| {
            let (a, b) = (s.between(0, 9000), s.between(0, 6000));
            format!("{}, {}, {}", fixed(a, 2), fixed(b, 2), fixed((a - b).max(0), 2))
        }),
        "t: net = max(0, sold - returned)",
    );
    has(
        found("t(sum:number, off:number, post:number, total:number)", &|s| {
            let (a, off, post) = (s.between(500, 90_000), s.between(0, 400), [0, 499][s.below(2) as usize]);
            format!("{}, {}, {}, {}", fixed(a, 2), fixed(off, 2), fixed(post, 2), fixed(a - off + post, 2))
        }),
        "t: total = post + sum - off",
    );
    has(
        found("t(a:number, b:number, c:number, d:number, e:number, all:number)", &|s| {
            let items: Vec<i64> = (0..5).map(|_| s.between(0, 4)).collect();
            let texts: Vec<String> = items.iter().map(i64::to_string).collect();
            format!("{}, {}", texts.join(", "), items.iter().sum::<i64>())
        }),
        "t: all = a + b + c + d + e",
    );
}

#[test]
fn spans_and_ages_are_formulas() {
    let people = lines(400, "born", |i, s| format!("{i}, {}, x", day(s.between(-9000, 14_000))));
    let of = |unit: i64, decimals: u32| {
        move |from: i64, to: i64| round((to - from) as f64 / crate::time::SECOND as f64 / unit as f64, decimals)
    };
    let two = of(86_400, 2);
    let hours = of(3_600, 1);
    let stays = lines(1200, "stays", |_, s| {
        let (person, from) = (s.below(400), moment(s));
        let to = from + s.between(3_600, 12 * 86_400) * crate::time::SECOND;
        let born = Stream::new(1, name(&["born"]), person).between(-9000, 14_000) * crate::time::DAY;
        let whole = (to - from).div_euclid(crate::time::DAY);
        let age = crate::time::years_between(born, from);
        format!("{person}, {}, {}, {age}, {whole}, {}, {}", clock(from), clock(to), two(from, to), hours(from, to))
    });
    let spec = "stays(person>people, admit:time, discharge:time, age:number, days:number, los:number, hours:number)";
    let spoken = |left_out: &[&str]| {
        let keep: Vec<usize> = ["person", "admit", "discharge", "age", "days", "los", "hours"]
            .iter()
            .enumerate()
            .filter(|(_, n)| !left_out.contains(n))
            .map(|(i, _)| i)
            .collect();
        let cut = |text: &str| {
            let cells: Vec<&str> = text.split(',').map(str::trim).collect();
            keep.iter().map(|i| cells[*i]).collect::<Vec<_>>().join(", ")
        };
        let columns = cut(spec.trim_start_matches("stays(").trim_end_matches(')'));
        let rows: String = stays.lines().map(|l| cut(l) + "\n").collect();
        let spec = format!("stays({columns})");
        said(&find(&[Table("people(*id, born:time, kind)", &people), Table(&spec, &rows)]))
    };
    for (column, equals) in [
        ("age", "years(person.born, admit)"),
        ("days", "floor((discharge - admit) / 86400)"),
        ("los", "(discharge - admit) / 86400"),
        ("hours", "(discharge - admit) / 3600"),
    ] {
        let others: Vec<&str> = ["age", "days", "los", "hours"].into_iter().filter(|c| *c != column).collect();
        let found = spoken(&others);
        assert!(found.contains(&format!("stays: {column} = {equals}")), "{found:#?}");
    }
    // All of them together, each by the times or by another that is finer.
    let found = spoken(&[]);
    assert_eq!(found.iter().filter(|f| f.contains(" = ")).count(), 4, "{found:#?}");
}

#[test]
fn what_is_nearly_a_formula_is_none() {
    for seed in 0..10 {
        let rows = lines(1000, &format!("nearly {seed}"), |_, s| {
            let (a, b, noise) = (s.between(100, 900), s.between(10, 99), s.between(-2, 2));
            let ratio = a * 100 / b + noise;
            let line = (18 * a + 320) / 10 + noise;
            let steps = (a * a / 40_000).min(4);
            format!("{a}, {b}, {}, {line}, {steps}, {}, {}", fixed(ratio, 2), i64::from(a > 500), s.below(3))
        });
        let spec = "t(a:number, b:number, ratio:number, line:number, steps:number, flag:number, other:number)";
        let found = said(&find(&[Table(spec, &rows)]));
        assert!(found.iter().all(|f| !f.contains(" = ")), "{seed}: {found:#?}");
    }
}
