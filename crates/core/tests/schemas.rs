//! Schemas as they are elsewhere: a shop whose sales repeat the price of the product, lookup tables that suppliers and
//! customers share, visits numbered by labels, figures that decide whether a shop was open.

mod again;

use again::{again, column, numbers, texts};
use healthdata_core::discover::discover;
use healthdata_core::example::{Table, data, metadata};
use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::metadata::Sdtype;
use healthdata_core::rng::Stream;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::time::{DAY, SECOND};

#[test]
fn sales_repeat_the_price_of_their_product() {
    let mut rng = Stream::new(1, 0, 0);
    let prices: Vec<u64> = (0..40).map(|p| 3 + p * p).collect();
    let products: String = (0..40).map(|p| format!("A{p}, {}, {}\n", ["food", "toys"][p % 2], prices[p])).collect();
    let orders: String = (0..800).map(|o| format!("O{o}, {}\n", ["web", "shop", "web"][o % 3])).collect();
    let mut sales = String::new();
    for o in 0..800 {
        for _ in 0..1 + rng.below(4) {
            let (product, quantity) = (rng.below(40) as usize, 1 + rng.below(5));
            let price = prices[product];
            sales += &format!("O{o}, A{product}, {quantity}, {price}, {}\n", quantity * price);
        }
    }
    let made = again(
        &[
            Table("products(*product, kind, list:number)", &products),
            Table("orders(*order, channel)", &orders),
            Table("sales(order>orders, product>products, quantity:number, price:number, amount:number)", &sales),
        ],
        &[],
    );
    // Of about 2,000 sales in 800 orders, whose numbers are even over 1 to 4: five standard errors.
    let rows = made.tables["sales"].num_rows() as f64;
    assert!((rows - 2000.0).abs() < 5.0 * (800.0f64 * 2.5).sqrt(), "{rows}");
    let (quantity, price) = (numbers(&made, "sales", "quantity"), numbers(&made, "sales", "price"));
    let amount = numbers(&made, "sales", "amount");
    assert!((0..amount.len()).all(|r| amount[r] == quantity[r] * price[r]));
    let list: std::collections::HashMap<String, i64> =
        texts(&made, "products", "product").into_iter().zip(numbers(&made, "products", "list")).collect();
    assert!(texts(&made, "sales", "product").iter().zip(&price).all(|(p, price)| list[p] == *price));
}

#[test]
fn a_price_that_two_products_share_is_that_of_both() {
    let mut rng = Stream::new(5, 0, 0);
    let products: String = (0..30).map(|p| format!("A{p}, {}\n", 10 + 7 * (p % 6))).collect();
    let mut sales = String::new();
    for s in 0..900 {
        let product = rng.below(30);
        let instead = product % 6 + 6 * rng.below(5);
        sales += &format!("S{s}, A{product}, A{instead}, {}, {}\n", 10 + 7 * (product % 6), ["web", "shop"][s % 2]);
    }
    let sales_of = "sales(*sale, product>products, instead>products, price:number, channel)";
    let made = again(&[Table("products(*product, list:number)", &products), Table(sales_of, &sales)], &[]);
    let names = texts(&made, "products", "product").into_iter().zip(numbers(&made, "products", "list"));
    let list: std::collections::HashMap<String, i64> = names.collect();
    let price = numbers(&made, "sales", "price");
    for side in ["product", "instead"] {
        assert!(texts(&made, "sales", side).iter().zip(&price).all(|(p, price)| list[p] == *price), "{side}");
    }
}

#[test]
fn lookup_tables_that_others_share_keep_their_names() {
    let mut rng = Stream::new(2, 0, 0);
    let nations: Vec<String> = (0..12).map(|n| format!("Land of the {n}th king")).collect();
    let lines = |n: usize, row: &mut dyn FnMut(usize) -> String| (0..n).map(|i| row(i) + "\n").collect::<String>();
    let nation = lines(12, &mut |i| format!("N{i}, {}", nations[i]));
    let supplier = lines(60, &mut |i| format!("S{i}, N{}, {}", i % 12, rng.below(900)));
    let part = lines(80, &mut |i| format!("P{i}, {}", ["steel", "brass", "tin"][i % 3]));
    let offer = lines(240, &mut |i| format!("F{i}, P{}, S{}, {}", i / 3, rng.below(60), rng.below(500)));
    let customer = lines(400, &mut |i| format!("C{i}, N{}, {}", rng.below(12), rng.below(7000)));
    let bought = lines(2000, &mut |i| format!("C{}, F{}, {}", i / 5, rng.below(240), 1 + rng.below(50)));
    let made = again(
        &[
            Table("nations(*nation, name)", &nation),
            Table("suppliers(*supplier, nation>nations, balance:number)", &supplier),
            Table("parts(*part, metal)", &part),
            Table("offers(*offer, part>parts, supplier>suppliers, cost:number)", &offer),
            Table("customers(*customer, nation>nations, balance:number)", &customer),
            Table("bought(customer>customers, offer>offers, quantity:number)", &bought),
        ],
        &[],
    );
    let mut names = texts(&made, "nations", "name");
    names.sort();
    let mut real = nations.clone();
    real.sort();
    assert_eq!(names, real);
}

#[test]
fn labels_number_visits_and_what_is_repeated_is_repeated() {
    let mut rng = Stream::new(3, 0, 0);
    let patients: String = (0..500).map(|p| format!("{p}, {}\n", ["drug", "none"][p % 2])).collect();
    let mut events = String::new();
    for p in 0..500 {
        let death = 200 + rng.below(3000);
        let first = if rng.below(2) == 0 { death } else { rng.below(death) };
        events += &format!("{p}, 2, {death}\n{p}, 1, {first}\n");
    }
    let made = again(
        &[Table("patients(*id, arm)", &patients), Table("events(id>patients, event, time:number)", &events)],
        &[],
    );
    let (event, time) = (texts(&made, "events", "event"), numbers(&made, "events", "time"));
    let of = texts(&made, "events", "id");
    let pairs: Vec<usize> = (1..of.len()).filter(|r| of[*r] == of[r - 1]).collect();
    assert!(pairs.len() > 400 && pairs.iter().all(|r| event[*r] == "2" && event[r - 1] == "1"));
    let same = pairs.iter().filter(|r| time[**r] == time[**r - 1]).count() as f64 / pairs.len() as f64;
    // Half of them: five standard errors on both sides.
    assert!((same - 0.5).abs() < 5.0 * (0.25f64 / 500.0 + 0.25 / pairs.len() as f64).sqrt(), "{same}");
}

#[test]
fn two_numbers_that_decide_one_label_agree() {
    let mut rng = Stream::new(4, 0, 0);
    // Too few closed days for a leaf of their own: drawn one by one, the figures would often disagree.
    let day = |i: usize, sold: u64, guests: u64| match i % 27 {
        0 => "0, 0, no\n".to_owned(),
        _ => format!("{}, {}, yes\n", 50 + sold, 1 + guests),
    };
    let days: String = (0..400).map(|i| day(i, rng.below(400), rng.below(30))).collect();
    let rules = ["sold", "guests"]
        .map(|by| format!(r#"{{"kind": "determines", "table": "days", "column": "{by}", "determines": "open"}}"#));
    let made = again(&[Table("days(sold:number, guests:number, open)", &days)], &[&rules[0], &rules[1]]);
    let closed = texts(&made, "days", "open").iter().filter(|o| *o == "no").count();
    // One in 27: five standard errors, and a bin of five entities that may lie on either side.
    assert!(closed <= 15 + 5 + (5.0 * 15f64.sqrt()) as usize, "{closed}");
}

/// Customers with orders, of lines that are sums up to the customer; every seventh customer has none.
fn invoices() -> [String; 3] {
    let mut rng = Stream::new(6, 0, 0);
    let [mut customers, mut orders, mut lines] = <[String; 3]>::default();
    let mut order = 0;
    for c in 0..500 {
        let (mut spent, mut days) = (0, Vec::new());
        for _ in 0..(c % 7) {
            let (mut subtotal, count, day) = (0, 1 + rng.below(4), 1 + rng.below(28));
            for _ in 0..count {
                let (price, quantity) = ([299, 450, 1250, 9900][rng.below(4) as usize], 1 + rng.below(3));
                subtotal += price * quantity;
                let cents = |n: u64| format!("{}.{:02}", n / 100, n % 100);
                lines += &format!("{order}, {}, {quantity}, {}\n", cents(price), cents(price * quantity));
            }
            let cents = |n: u64| format!("{}.{:02}", n / 100, n % 100);
            let postage = if rng.below(3) == 0 { 0 } else { 495 };
            let (sum, total) = (cents(subtotal), cents(subtotal + postage));
            orders += &format!("{order}, {c}, 2024-03-{day:02}, {count}, {sum}, {}, {total}\n", cents(postage));
            (order, spent) = (order + 1, spent + subtotal + postage);
            days.push(day);
        }
        let day = |d: Option<&u64>| d.map_or(String::new(), |d| format!("2024-03-{d:02}"));
        let ends = [day(days.iter().min()), day(days.iter().max())].join(", ");
        customers += &format!("{c}, {}, {}, {}.{:02}, {ends}\n", ["a", "b"][c % 2], c % 7, spent / 100, spent % 100);
    }
    [customers, orders, lines]
}

#[test]
fn invoices_add_up() {
    let [customers, orders, lines] = invoices();
    let tables = [
        Table("customers(*customer, kind, orders:number, spent:number, first:time, last:time)", &customers),
        Table(
            "orders(*order, customer>customers, day:time, lines:number, subtotal:number, postage, total:number)",
            &orders,
        ),
        Table("lines(order>orders, price:number, quantity:number, amount:number)", &lines),
    ];
    let found = discover(&data(&tables).unwrap(), &metadata(&tables, &[]).unwrap()).unwrap();
    let said: Vec<String> = found.iter().map(|f| f.rule.describe()).collect();
    for rule in [
        "customers: orders = count of orders",
        "customers: spent = sum of orders.total",
        "customers: first = min of orders.day",
        "customers: last = max of orders.day",
        "orders: lines = count of lines",
        "orders: subtotal = sum of lines.amount",
    ] {
        assert!(said.iter().any(|s| s == rule), "{rule} is not among {said:?}");
    }
    let made = again(&tables, &[]);
    let [sum, postage, total] = ["subtotal", "postage", "total"].map(|c| numbers(&made, "orders", c));
    assert!((0..total.len()).all(|r| total[r] == sum[r] + postage[r]), "a postage of two values is a number, too");
    // What is worked out is spread as what was learned: about 1,500 orders, five standard errors of a mean.
    let real = data(&tables).unwrap();
    for (table, column) in [("customers", "spent"), ("orders", "total")] {
        let [a, b] = [&real, &made].map(|d| numbers(d, table, column).iter().map(|v| *v as f64).collect::<Vec<_>>());
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let variance = |v: &[f64]| v.iter().map(|x| (x - mean(v)).powi(2)).sum::<f64>() / v.len() as f64;
        let error = (variance(&a) / a.len() as f64 + variance(&b) / b.len() as f64).sqrt();
        assert!((mean(&a) - mean(&b)).abs() < 5.0 * error, "{column}: {} {} {error}", mean(&a), mean(&b));
    }
}

#[test]
fn charges_of_a_molecule_cancel() {
    let mut rng = Stream::new(7, 0, 0);
    let molecules: String = (0..200).map(|m| format!("{m}, {}\n", ["yes", "no"][m % 2])).collect();
    let mut atoms = String::new();
    for m in 0..200 {
        let n = 8 + rng.below(10) as usize;
        let mut charges: Vec<i64> = (0..n).map(|i| [117, 131, -248][i % 3] + rng.between(-9, 9)).collect();
        let rest: i64 = charges.iter().sum();
        charges.push(-rest);
        for (i, c) in charges.iter().enumerate() {
            let element = if i == n { "o" } else { ["h", "c", "n"][i % 3] };
            atoms += &format!("{m}, {element}, {}.{:03}\n", if *c < 0 { "-0" } else { "0" }, c.abs());
        }
    }
    let tables = [
        Table("molecules(*molecule, active)", &molecules),
        Table("atoms(molecule>molecules, element, charge:number)", &atoms),
    ];
    let found = discover(&data(&tables).unwrap(), &metadata(&tables, &[]).unwrap()).unwrap();
    assert!(found.iter().any(|f| f.rule.describe() == "molecules: 0 = sum of atoms.charge"));
    let made = again(&tables, &[]);
    // The sum costs the charges of each element little: a few take another value that the element has.
    let (element, charge) = (texts(&made, "atoms", "element"), numbers(&made, "atoms", "charge"));
    let usual = [("h", 117), ("c", 131), ("n", -248)];
    for (name, middle) in usual {
        let of: Vec<i64> = (0..charge.len()).filter(|r| element[*r] == name).map(|r| charge[r]).collect();
        let near = of.iter().filter(|c| (**c - middle).abs() <= 9).count() as f64;
        assert!(near > 0.95 * of.len() as f64, "{name}: {near} of {}", of.len());
    }
}

#[test]
fn every_department_of_a_shop_has_its_own_weeks() {
    let mut rng = Stream::new(8, 0, 0);
    let shops: String = (0..30).map(|s| format!("S{s:02}, {}\n", ["town", "mall"][s % 2])).collect();
    let (mut sales, mut series) = (String::new(), 0);
    for s in 0..30 {
        let some: Vec<u64> = (0..8).filter(|_| rng.below(4) > 0).collect();
        series += some.len();
        for week in 0..40 {
            let day = healthdata_core::time::format((15_000 + 7 * week) * healthdata_core::time::DAY, "%Y-%m-%d");
            for d in &some {
                sales += &format!("S{s:02}, D{d}, {day}, {}\n", 100 * (d + 1) + 10 * s + rng.below(20));
            }
        }
    }
    let made = again(
        &[Table("shops(*shop, kind)", &shops), Table("sales(shop>shops, department, week:time, sold:number)", &sales)],
        &[],
    );
    // Whole series of forty weeks: none is cut short, and each is of one department.
    let (shop, department) = (texts(&made, "sales", "shop"), texts(&made, "sales", "department"));
    let week = column(&made, "sales", "week", Sdtype::Datetime { format: Some("%Y-%m-%d".into()) });
    let mut weeks: std::collections::BTreeMap<(&str, &str), Vec<i64>> = Default::default();
    for r in 0..shop.len() {
        weeks.entry((&shop[r], &department[r])).or_default().push(week.tick(r));
    }
    let steps = |w: &Vec<i64>| w.windows(2).all(|w| w[1] - w[0] == 7 * healthdata_core::time::DAY);
    assert!(
        weeks.values().all(|w| w.len() == 40 && steps(w)),
        "{:?}",
        weeks.values().map(Vec::len).collect::<Vec<_>>()
    );
    // Six of eight departments in each shop: five standard errors of both.
    let bound = 5.0 * (2.0 * 30.0 * 8.0 * 0.75 * 0.25f64).sqrt();
    assert!((weeks.len() as f64 - series as f64).abs() < bound, "{} of {series}", weeks.len());
}

#[test]
fn rows_that_no_values_are_left_for_are_told() {
    // Five rows each, of three kinds that a rule allows only once.
    let owners: String = (0..100).map(|o| format!("{o}, {}\n", ["a", "b"][o % 2])).collect();
    let rows: String = (0..500).map(|r| format!("{}, {}\n", r / 5, ["x", "y", "z"][r % 3])).collect();
    let tables = [Table("owners(*owner, sort)", &owners), Table("rows(owner>owners, kind)", &rows)];
    let rule = r#"{"kind": "unique", "table": "rows", "columns": ["owner", "kind"]}"#;
    let (real, metadata) = (data(&tables).unwrap(), metadata(&tables, &[rule]).unwrap());
    let (model, _) = fit(&real, &metadata, FitOptions::default(), &|_, _| ()).unwrap();
    let sampler = Sampler::new(&model, SampleRequest::default()).unwrap();
    assert!(sampler.block(0).unwrap().tables[1].num_rows() <= 300);
    let lacking = sampler.lacking();
    assert!(matches!(&lacking[..], [one] if one.starts_with("rows: 40.0 %")), "{lacking:?}");
}

#[test]
fn full_hours_stay_full_hours_after_a_time_with_seconds() {
    let mut rng = Stream::new(9, 0, 0);
    let time = |seconds: u64| {
        healthdata_core::time::format(seconds as i64 * healthdata_core::time::SECOND, "%Y-%m-%d %H:%M:%S")
    };
    let (mut stays, mut doses) = (String::new(), String::new());
    for s in 0..400 {
        let admit = 1_600_000_000 + rng.below(30_000_000);
        stays += &format!("{s}, {}\n", time(admit));
        for d in 1..=1 + rng.below(3) {
            doses += &format!("{s}, {}, {}\n", time((admit / 3600 + d * (2 + rng.below(9))) * 3600), ["a", "b"][s % 2]);
        }
    }
    let made =
        again(&[Table("stays(*stay, admit:time)", &stays), Table("doses(stay>stays, given:time, drug)", &doses)], &[]);
    let given = column(&made, "doses", "given", Sdtype::Datetime { format: Some("%Y-%m-%d %H:%M:%S".into()) });
    assert!((0..given.len()).all(|r| given.tick(r).rem_euclid(3600 * healthdata_core::time::SECOND) == 0));
}

#[test]
fn a_number_of_each_row_names_nothing() {
    let mut rng = Stream::new(10, 0, 0);
    let mut choices = String::new();
    for household in 0..150 {
        for choice in 1..=4 + rng.below(20) {
            choices +=
                &format!("{household}, {choice}, {}, {}\n", ["a", "b", "c"][rng.below(3) as usize], rng.below(90));
        }
    }
    let table = [Table("choices(household:number, choice, brand, price:number)", &choices)];
    let (real, mut metadata) = (data(&table).unwrap(), metadata(&table, &[]).unwrap());
    metadata.tables["choices"].columns["choice"].sdtype = Sdtype::Id { regex: None };
    assert!(healthdata_core::plan::hidden(&real, &metadata, 5).is_none(), "choices are numbered, not named");
}

#[test]
fn the_stay_in_which_a_patient_dies_gives_the_day_of_death() {
    let mut rng = Stream::new(8, 0, 0);
    let day = |d: u64| healthdata_core::time::format((d as i64) * healthdata_core::time::DAY, "%Y-%m-%d");
    let (mut patients, mut stays, mut stay) = (String::new(), String::new(), 0);
    for p in 0..1500 {
        // A fifth dies in hospital, a tenth some weeks later.
        let (fate, n) = (rng.below(10), 1 + rng.below(4));
        let mut d = 15_000 + rng.below(2000);
        let mut dod = String::new();
        for s in 0..n {
            let (hour, end) = (rng.below(24), d + 1 + rng.below(9));
            let dies = s + 1 == n && fate < 2;
            let (left, how) =
                (format!("{} {hour:02}:30:00", day(end)), if dies { "died" } else { ["home", "care"][stay % 2] });
            stays += &format!("S{stay}, P{p}, {} 08:15:00, {left}, {}, {how}\n", day(d), if dies { &left } else { "" });
            stay += 1;
            if s + 1 == n && fate < 3 {
                dod = day(if dies { end } else { end + 20 + rng.below(41) });
            }
            d = end + 30 + rng.below(300);
        }
        patients += &format!("P{p}, {}, {dod}\n", ["f", "m"][p % 2]);
    }
    let stay_of = "stays(*stay, patient>patients, admit:time, left:time, died:time, how)";
    let made = again(&[Table("patients(*patient, sex, dod:time)", &patients), Table(stay_of, &stays)], &[]);
    let when = |table: &str, name: &str| {
        let column = column(&made, table, name, Sdtype::Datetime { format: None });
        (0..column.len()).map(|r| column.tick(r)).collect::<Vec<i64>>()
    };
    let names = texts(&made, "patients", "patient");
    let dod: std::collections::HashMap<String, i64> = names.into_iter().zip(when("patients", "dod")).collect();
    let (of, died, left) = (texts(&made, "stays", "patient"), when("stays", "died"), when("stays", "left"));
    let mut last: std::collections::HashMap<&str, i64> = std::collections::HashMap::new();
    of.iter().zip(&left).for_each(|(p, t)| _ = last.entry(p).and_modify(|l| *l = (*l).max(*t)).or_insert(*t));
    let by_day = |t: i64| t.div_euclid(healthdata_core::time::DAY);
    let none = healthdata_core::dataset::NULL;
    let deaths: Vec<usize> = (0..of.len()).filter(|s| died[*s] != none).collect();
    for s in &deaths {
        assert_eq!((by_day(died[*s]), died[*s]), (by_day(dod[&of[*s]]), last[of[*s].as_str()]));
    }
    // Of 1,500 patients a fifth dies in hospital and a tenth later: four standard errors of a share, twice.
    let share = |n: usize, p: f64| (n as f64 / 1500.0 - p).abs() < 2.0 * 4.0 * (p * (1.0 - p) / 1500.0f64).sqrt();
    assert!(share(deaths.len(), 0.2), "{}", deaths.len());
    let inside: std::collections::HashSet<&str> = deaths.iter().map(|s| of[*s].as_str()).collect();
    let later = dod.iter().filter(|(p, d)| **d != none && !inside.contains(p.as_str()));
    let gaps: Vec<i64> = later.map(|(p, d)| by_day(*d) - by_day(last[p.as_str()])).collect();
    assert!(share(gaps.len(), 0.1), "{}", gaps.len());
    assert!(gaps.iter().all(|g| (20..=60).contains(g)), "{gaps:?}");
}

/// Lands with forty years each: number, year and people.
fn lands(count: usize, rng: &mut Stream, row: &mut dyn FnMut(usize, i64, u64)) {
    for land in 0..count {
        let mut people = 1_000_000 + rng.below(90_000_000);
        for year in 1980..2020 {
            row(land, year, people);
            people = (people as f64 * (1.01 + 0.04 * rng.unit())) as u64;
        }
    }
}

#[test]
fn a_label_names_things_that_have_a_row_a_year() {
    let mut rows = String::new();
    lands(40, &mut Stream::new(9, 0, 0), &mut |land, year, people| {
        rows += &format!("Land {land}, C{land}, {}, {year}, {people}\n", ["north", "south", "east"][land % 3]);
    });
    let made = again(&[Table("growth(country, code, region, year:number, people:number)", &rows)], &[]);
    let (country, code, region) =
        (texts(&made, "growth", "country"), texts(&made, "growth", "code"), texts(&made, "growth", "region"));
    let year = numbers(&made, "growth", "year");
    assert_eq!(year.len(), 1600);
    // Every country once a year, with its own code and region.
    for r in 0..year.len() {
        let number: usize = country[r][5..].parse().expect("the number of a land");
        assert_eq!((&code[r][1..], region[r].as_str()), (&country[r][5..], ["north", "south", "east"][number % 3]));
        assert_eq!(year[r], 1980 + (r % 40) as i64, "row {r}");
    }
}

#[test]
fn what_grows_by_shares_of_itself_grows_so_again() {
    let (mut countries, mut rows) = (String::new(), String::new());
    lands(200, &mut Stream::new(9, 0, 0), &mut |land, year, people| {
        if year == 1980 {
            countries += &format!("L{land}, {}\n", ["north", "south", "east"][land % 3]);
        }
        rows += &format!("L{land}, {year}, {people}\n");
    });
    let growth_of = "growth(country>countries, year:number, people:number)";
    let made = again(&[Table("countries(*country, region)", &countries), Table(growth_of, &rows)], &[]);
    let (country, people) = (texts(&made, "growth", "country"), numbers(&made, "growth", "people"));
    let later = (1..people.len()).filter(|r| country[*r] == country[*r - 1]);
    let shares: Vec<f64> = later.map(|r| people[r] as f64 / people[r - 1] as f64 - 1.0).collect();
    // Even between 1 and 5 % a year: of 7,800 years the mean within five standard errors.
    let (n, mean) = (shares.len() as f64, shares.iter().sum::<f64>() / shares.len() as f64);
    assert!((mean - 0.03).abs() < 5.0 * 0.04 / (12.0 * n).sqrt(), "{mean}");
    assert!(shares.iter().all(|s| (0.009..0.051).contains(s)), "{shares:?}");
}

#[test]
fn parts_of_times_rounded_results_and_ages_are_computed() {
    let mut rng = Stream::new(11, 0, 0);
    let time = |s: i64| healthdata_core::time::format(s * SECOND, "%Y-%m-%d %H:%M:%S");
    let born: Vec<i64> = (0..300).map(|_| rng.between(-9000, 14_000)).collect();
    let day = |d: i64| healthdata_core::time::format(d * DAY, "%Y-%m-%d");
    let patients: String = (0..300).map(|p| format!("P{p}, {}, {}\n", ["f", "m"][p % 2], day(born[p]))).collect();
    let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let mut stays = String::new();
    for s in 0..1200 {
        let (p, from) = (rng.below(300) as usize, 17_532 * 86_400 + rng.between(0, 1_400 * 86_400));
        let to = from + rng.between(3_600, 12 * 86_400);
        let age = healthdata_core::time::years_between(born[p] * DAY, from * SECOND);
        let (kg, cm) = (rng.between(45, 120), rng.between(150, 199));
        let bmi = (kg as f64 * 100_000.0 / (cm * cm) as f64).round() as i64;
        let los = ((to - from) as f64 / 864.0).round() as i64;
        let (name, hour) = (names[(from / 86_400 % 7) as usize], from / 3600 % 24);
        stays += &format!(
            "S{s}, P{p}, {}, {}, {}, {name}, {hour}, {age}, {}.{:02}, {kg}, {cm}, {}.{}\n",
            time(from),
            time(to),
            day(from / 86_400),
            los / 100,
            los % 100,
            bmi / 10,
            bmi % 10
        );
    }
    let spec = "stays(*stay, patient>patients, admit:time, left:time, day:time, weekday, hour:number, age:number, \
                los:number, kg:number, cm:number, bmi:number)";
    let made = again(&[Table("patients(*patient, sex, born:time)", &patients), Table(spec, &stays)], &[]);
    let when = |table: &str, name: &str| {
        let column = column(&made, table, name, Sdtype::Datetime { format: None });
        (0..column.len()).map(|r| column.tick(r)).collect::<Vec<i64>>()
    };
    let births: std::collections::HashMap<String, i64> =
        texts(&made, "patients", "patient").into_iter().zip(when("patients", "born")).collect();
    let (of, admit, left, days) =
        (texts(&made, "stays", "patient"), when("stays", "admit"), when("stays", "left"), when("stays", "day"));
    let [hour, age, los, kg, cm, bmi] = ["hour", "age", "los", "kg", "cm", "bmi"].map(|c| numbers(&made, "stays", c));
    let weekday = texts(&made, "stays", "weekday");
    for r in 0..of.len() {
        assert_eq!(days[r], admit[r] - admit[r].rem_euclid(DAY));
        assert_eq!(weekday[r], names[(admit[r] / DAY % 7) as usize]);
        assert_eq!(hour[r], admit[r] / SECOND / 3600 % 24);
        assert_eq!(age[r], healthdata_core::time::years_between(births[&of[r]], admit[r]));
        let half = 0.5 + 1e-6;
        assert!((los[r] as f64 - (left[r] - admit[r]) as f64 / SECOND as f64 / 864.0).abs() <= half);
        assert!((bmi[r] as f64 - kg[r] as f64 * 100_000.0 / (cm[r] * cm[r]) as f64).abs() <= half);
    }
}

#[test]
fn each_rental_is_paid_once() {
    let mut rng = Stream::new(13, 0, 0);
    let time = |s: u64| healthdata_core::time::format(s as i64 * healthdata_core::time::SECOND, "%Y-%m-%d %H:%M:%S");
    let (mut rentals, mut payments) = (String::new(), String::new());
    for r in 0..900 {
        let out = 1_600_000_000 + rng.below(30_000_000);
        let back = out + 3_600 + rng.below(700_000);
        rentals += &format!("R{r}, {}, {}, {}\n", time(out), time(back), ["web", "shop"][r % 2]);
        payments += &format!("A{r}, R{r}, {}, {}\n", time(out + rng.below(back - out)), 1 + rng.below(9));
    }
    let made = again(
        &[
            Table("rentals(*rental, out:time, back:time, way)", &rentals),
            Table("payments(*payment, rental>rentals, paid:time, amount:number)", &payments),
        ],
        &[],
    );
    let paid: std::collections::HashSet<String> = texts(&made, "payments", "rental").into_iter().collect();
    assert_eq!((paid.len(), made.tables["payments"].num_rows()), (900, 900));
}
