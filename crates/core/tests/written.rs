//! Values that are written in a form: dates of which some are known to the month or the year only.

use std::collections::BTreeMap;

use healthdata_core::check::check;
use healthdata_core::detect::{DetectOptions, detect};
use healthdata_core::discover::{accept, discover};
use healthdata_core::example::{Table, data};
use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::metadata::{ColumnMeta, Metadata, Sdtype};
use healthdata_core::rng::Stream;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Column, Dataset, time};

/// Rows drawn from a model of what is detected and found, proved by the same rules.
fn again(real: &Dataset) -> (Dataset, Metadata) {
    let mut metadata = detect(real, &DetectOptions::default()).expect("tables of columns").metadata;
    metadata = Metadata::from_json(&metadata.to_json()).expect("metadata that can be read again");
    let found = discover(real, &metadata).expect("rules can be looked for");
    accept(&mut metadata, &found);
    let (model, _) = fit(real, &metadata, FitOptions::default(), &|_, _| ()).expect("the tables can be learned");
    model.check().expect("a model that can be read again");
    let sampler = Sampler::new(&model, SampleRequest::default()).expect("a scale of one");
    let rows = sampler.block(0).expect("one block");
    let names = sampler.tables().into_iter().map(String::from);
    let made = Dataset { tables: names.zip(rows.tables).collect() };
    let report = check(&made, sampler.metadata()).expect("rows can be checked");
    assert!(report.is_clean(), "{report:?}");
    (made, metadata)
}

fn texts(data: &Dataset, table: &str, column: &str) -> Vec<String> {
    let array = data.tables[table].column_by_name(column).expect("the column");
    let labels = ColumnMeta::new(Sdtype::Categorical);
    let Column::Text { codes, values } = Column::read(array.as_ref(), &labels).expect("labels") else {
        panic!("{column}: no text")
    };
    codes.iter().map(|c| values.get_index(*c as usize).unwrap_or_default().to_owned()).collect()
}

fn day(text: &str) -> i64 {
    time::parse(text, "%Y-%m-%d").expect("a day") / time::DAY
}

/// How many texts have which length.
fn lengths(texts: &[String]) -> BTreeMap<usize, f64> {
    let mut all = BTreeMap::new();
    texts.iter().for_each(|t| *all.entry(t.len()).or_insert(0.0) += 1.0 / texts.len() as f64);
    all
}

/// A registry: of older tumours often only the month or the year of the diagnosis is known.
fn registry() -> Dataset {
    let mut rng = Stream::new(3, 0, 0);
    let mut tumours = String::new();
    for t in 0..1500 {
        let at = day("2005-01-01") + rng.below(5800) as i64;
        let start = at + 3 + rng.below(60) as i64;
        let coarse = if at < day("2012-01-01") { 3 } else { 12 };
        let how = match rng.below(coarse) {
            0 if rng.below(3) == 0 => "%Y",
            0 => "%Y-%m",
            _ => "%Y-%m-%d",
        };
        let text = |d: i64, f: &str| time::format(d * time::DAY, f);
        tumours += &format!("T{t:05}, {}, {}, {}\n", text(at, how), text(start, "%Y-%m-%d"), text(at, "%Y"));
    }
    data(&[Table("tumours(*tumour, diagnosed, treated, year)", &tumours)]).expect("tables as text")
}

#[test]
fn dates_that_are_partly_known_stay_so() {
    let real = registry();
    let (made, metadata) = again(&real);
    let about = &metadata.tables["tumours"].columns["diagnosed"];
    assert_eq!(about.other_formats().collect::<Vec<_>>(), ["%Y-%m", "%Y"]);
    let (before, after) = (texts(&real, "tumours", "diagnosed"), texts(&made, "tumours", "diagnosed"));
    let (shares, now) = (lengths(&before), lengths(&after));
    assert_eq!(shares.keys().collect::<Vec<_>>(), now.keys().collect::<Vec<_>>());
    // 1,500 rows: five standard errors of both shares.
    for (length, share) in &shares {
        let error = 5.0 * (2.0 * share * (1.0 - share) / 1500.0).sqrt();
        assert!((share - now[length]).abs() < error, "{length}: {share} {}", now[length]);
    }
    // What is not known is more often so of older ones.
    let old = |texts: &[String], length: usize| {
        let rows = texts.iter().filter(|t| t.len() == length && t.as_str() < "2012").count() as f64;
        rows / texts.iter().filter(|t| t.as_str() < "2012").count() as f64
    };
    assert!(old(&after, 10) < old(&before, 10) + 0.08, "{} {}", old(&before, 10), old(&after, 10));
    // No day is the first of a month more often than others are.
    let days: Vec<&String> = after.iter().filter(|t| t.len() == 10).collect();
    let firsts = days.iter().filter(|t| t.ends_with("-01")).count() as f64 / days.len() as f64;
    assert!(firsts < 0.07, "{firsts}");
    let treated = texts(&made, "tumours", "treated");
    for (d, t) in after.iter().zip(&treated) {
        let first = match d.len() {
            4 => day(&format!("{d}-01-01")),
            7 => day(&format!("{d}-01")),
            _ => day(d),
        };
        assert!(first <= day(&t[..10]), "{d} {t}");
    }
}

#[test]
fn days_as_whole_numbers_are_days() {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
    use std::sync::Arc;

    let mut rng = Stream::new(4, 0, 0);
    let packed = |d: i64| time::format(d * time::DAY, "%Y%m%d").parse::<i64>().expect("digits");
    let opened: Vec<i64> = (0..800).map(|_| day("2011-01-01") + rng.below(3000) as i64).collect();
    let closed = opened.iter().map(|d| (d % 7 > 0).then(|| packed(d + 1 + rng.below(40) as i64)));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("case", Arc::new(Int64Array::from_iter_values(1..=800))),
        ("opened", Arc::new(opened.iter().map(|d| Some(packed(*d))).collect::<Int64Array>())),
        ("closed", Arc::new(closed.collect::<Int64Array>())),
        ("period", Arc::new(opened.iter().map(|d| Some(packed(*d) / 100)).collect::<Int64Array>())),
    ];
    let real = Dataset {
        tables: [("cases".to_owned(), RecordBatch::try_from_iter(columns).expect("a table"))].into_iter().collect(),
    };
    let (made, _) = again(&real);
    for (column, format) in [("opened", "%Y%m%d"), ("closed", "%Y%m%d"), ("period", "%Y%m")] {
        let array = made.tables["cases"].column_by_name(column).expect("the column");
        let numbers = array.as_primitive_opt::<Int64Type>().expect("whole numbers as before");
        let good = |n: i64| time::parse(&n.to_string(), format).is_ok();
        assert!(numbers.iter().flatten().all(good), "{column}");
        assert!((array.null_count() > 0) == (column == "closed"), "{column}");
    }
}

/// Correlation of two lists of numbers.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n;
    let (ma, mb) = (mean(a), mean(b));
    let product =
        |x: &[f64], mx: f64, y: &[f64], my: f64| x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>();
    product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt()
}

/// Examinations, with all measures written as people write them.
fn examinations() -> Dataset {
    let mut rng = Stream::new(5, 0, 0);
    let mut rows = String::new();
    for i in 0..1200 {
        let age = 20 + rng.below(60);
        let upper = 95.0 + 0.6 * age as f64 + 8.0 * rng.normal();
        let lower = 40.0 + 0.3 * upper + 4.0 * rng.normal();
        let weight = 70.0 + 9.0 * rng.normal();
        let cost = 800.0 + 30.0 * age as f64 + 100.0 * rng.normal();
        let (whole, cents) = (cost as u64, rng.below(100));
        let cost = if whole < 1000 {
            format!("${whole}.{cents:02}")
        } else {
            format!("${}~{:03}.{cents:02}", whole / 1000, whole % 1000)
        };
        let protein = match rng.below(10) {
            0..=2 => "neg".to_owned(),
            3 => "<5".to_owned(),
            _ => format!("{}.{}", 5 + rng.below(60), rng.below(10)),
        };
        let walk = 60_000 + 500 * age + rng.below(9000);
        let walk = format!("{}:{:02}.{:03}", walk / 60_000, walk / 1000 % 60, walk % 1000);
        rows += &format!(
            "E{i:05}, {age}, {upper:.0}/{lower:.0}, {weight:.1} kg, {cost}, {protein}, {walk}, {:05}, {}-{:04}\n",
            rng.below(99_999),
            200 + rng.below(700),
            rng.below(9999),
        );
    }
    let spec = "exams(*exam, age:number, pressure, weight, cost, protein, walk, area, call)";
    let mut all = data(&[Table(spec, &rows)]).expect("tables as text");
    // Commas would end a cell.
    let batch = &all.tables["exams"];
    let cost: arrow_array::StringArray =
        texts(&all, "exams", "cost").iter().map(|t| Some(t.replace('~', ","))).collect();
    let columns: Vec<(String, arrow_array::ArrayRef)> = batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(f, a)| match f.name().as_str() {
            "cost" => ("cost".to_owned(), std::sync::Arc::new(cost.clone()) as arrow_array::ArrayRef),
            name => (name.to_owned(), a.clone()),
        })
        .collect();
    let batch = arrow_array::RecordBatch::try_from_iter(columns).expect("a table");
    all.tables.insert("exams".to_owned(), batch);
    all
}

#[test]
fn numbers_inside_text_are_learned_as_numbers() {
    let real = examinations();
    let (made, metadata) = again(&real);
    let form = |c: &str| metadata.tables["exams"].columns[c].form().map(|s| s.name());
    assert_eq!(
        ["pressure", "weight", "cost", "protein", "walk", "area", "call"].map(form),
        [Some("pair"), Some("point"), Some("point"), Some("point"), Some("clock"), None, None]
    );
    let ages = |d: &Dataset| -> Vec<f64> {
        let array = d.tables["exams"].column_by_name("age").expect("ages");
        let meta = ColumnMeta::new(Sdtype::Numerical);
        let column = Column::read(array.as_ref(), &meta).expect("numbers");
        (0..column.len()).map(|r| column.tick(r) as f64).collect()
    };
    let all = |d: &Dataset, c: &str, read: &dyn Fn(&str) -> f64| -> Vec<f64> {
        texts(d, "exams", c).iter().map(|t| read(t)).collect()
    };
    let number = |t: &str| t.parse::<f64>().expect("a number");
    let upper = |t: &str| number(t.split('/').next().expect("two"));
    let lower = |t: &str| number(t.split('/').nth(1).expect("two"));
    let weight = |t: &str| number(t.strip_suffix(" kg").filter(|t| t.contains('.')).expect("a weight"));
    let cost = |t: &str| {
        let plain = t.strip_prefix('$').expect("money").replace(',', "");
        assert_eq!(t.contains(','), number(&plain) >= 1000.0, "{t}");
        assert_eq!(plain.split('.').nth(1).map(str::len), Some(2), "{t}");
        number(&plain)
    };
    let walk = |t: &str| {
        let (m, s) = t.split_once(':').expect("a time");
        assert!(s.len() == 6 && number(s) < 60.0, "{t}");
        60.0 * number(m) + number(s)
    };
    let cases: [(&str, &dyn Fn(&str) -> f64); 5] =
        [("pressure", &upper), ("pressure", &lower), ("weight", &weight), ("cost", &cost), ("walk", &walk)];
    for (column, read) in cases {
        let (before, after) = (all(&real, column, read), all(&made, column, read));
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let sd = |v: &[f64]| (v.iter().map(|x| (x - mean(v)).powi(2)).sum::<f64>() / v.len() as f64).sqrt();
        // Five standard errors of both means.
        let error = 5.0 * sd(&before) * (2.0 / 1200.0f64).sqrt();
        assert!((mean(&before) - mean(&after)).abs() < error, "{column}: {} {}", mean(&before), mean(&after));
        assert!((0.85..1.15).contains(&(sd(&after) / sd(&before))), "{column}: {} {}", sd(&before), sd(&after));
        let with_age = |d: &Dataset, v: &[f64]| correlation(v, &ages(d));
        let (r, s) = (with_age(&real, &before), with_age(&made, &after));
        assert!((r - s).abs() < 0.15, "{column} and age: {r} {s}");
    }
    let both = |d: &Dataset| correlation(&all(d, "pressure", &upper), &all(d, "pressure", &lower));
    assert!((both(&real) - both(&made)).abs() < 0.15, "{} {}", both(&real), both(&made));
    let share = |d: &Dataset, word: &str| {
        texts(d, "exams", "protein").iter().filter(|t| t.as_str() == word).count() as f64 / 1200.0
    };
    for word in ["neg", "<5", ""] {
        assert!((share(&real, word) - share(&made, word)).abs() < 0.06, "{word}: {}", share(&made, word));
    }
}
