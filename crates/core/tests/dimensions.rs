//! Which tables are repeated row by row, and which are drawn: wards and products against the homes of people.

mod again;

use again::{again, numbers, texts};
use healthdata_core::example::Table;
use healthdata_core::rng::Stream;

#[test]
fn the_home_of_a_few_people_is_drawn_and_not_repeated() {
    let mut rng = Stream::new(12, 0, 0);
    let (mut homes, mut persons, mut real) = (String::new(), String::new(), std::collections::HashSet::new());
    for h in 0..500 {
        let income = 10_000 + rng.below(90_000);
        real.insert(income as i64);
        homes += &format!("H{h}, {income}, {}\n", 1 + rng.below(6));
        for _ in 0..1 + rng.below(4) {
            persons += &format!("P{}, H{h}, {}, {}\n", persons.lines().count(), 1 + rng.below(90), ["f", "m"][h % 2]);
        }
    }
    let made = again(
        &[
            Table("households(*household, income:number, rooms:number)", &homes),
            Table("persons(*person, household>households, age:number, sex)", &persons),
        ],
        &[],
    );
    // Of 90,000 incomes 500 are real: three of 500 in the mean by chance.
    let same = numbers(&made, "households", "income").iter().filter(|i| real.contains(i)).count();
    assert!(same < 20, "{same} real incomes");
    assert_eq!(made.tables["households"].num_rows(), 500);
}

#[test]
fn the_wards_of_few_patients_are_repeated() {
    let mut rng = Stream::new(16, 0, 0);
    let names = ["Cardiology", "Neurology", "Oncology", "Pediatrics", "Surgery"];
    let wards: String = (0..10).map(|w| format!("W{w}, {}\n", names[w % 5])).collect();
    let devices: String = (0..60).map(|d| format!("D{d}, W{}, {}\n", d / 6, ["bedside", "portable"][d % 2])).collect();
    let patients: String = (0..20).map(|p| format!("P{p}, {}\n", ["f", "m"][p % 2])).collect();
    let mut visits = String::new();
    for p in 0..20 {
        for _ in 0..2 + rng.below(3) {
            let ward = rng.below(10);
            visits += &format!("P{p}, W{ward}, D{}, {}\n", 6 * ward + rng.below(6), rng.below(50));
        }
    }
    let made = again(
        &[
            Table("wards(*ward, specialty)", &wards),
            Table("devices(*device, ward>wards, kind)", &devices),
            Table("patients(*patient, sex)", &patients),
            Table("visits(patient>patients, ward>wards, device>devices, score:number)", &visits),
        ],
        &[],
    );
    assert_eq!(texts(&made, "wards", "specialty"), [names, names].concat());
}

#[test]
fn products_with_prices_of_their_own_stay_and_their_prices_are_drawn() {
    let mut rng = Stream::new(17, 0, 0);
    let (mut products, mut prices, mut sales) = (String::new(), String::new(), String::new());
    for p in 0..30 {
        products += &format!("A{p}, kind{}, {}\n", p % 15, 10 + 7 * p);
        for year in 0..2 + rng.below(4) {
            prices += &format!("A{p}, {}, {}\n", 2015 + year, 1000 + rng.below(100_000));
        }
    }
    let orders: String = (0..300).map(|o| format!("O{o}, {}\n", ["web", "shop"][o % 2])).collect();
    for o in 0..300 {
        for _ in 0..1 + rng.below(3) {
            sales += &format!("O{o}, A{}, {}\n", rng.below(30), 1 + rng.below(5));
        }
    }
    let made = again(
        &[
            Table("products(*product, kind, weight:number)", &products),
            Table("prices(product>products, year:number, cents:number)", &prices),
            Table("orders(*order, channel)", &orders),
            Table("sales(order>orders, product>products, quantity:number)", &sales),
        ],
        &[],
    );
    // Two products of each kind: drawn, none would be learned.
    let kinds: Vec<String> = (0..30).map(|p| format!("kind{}", p % 15)).collect();
    assert_eq!(texts(&made, "products", "kind"), kinds);
    let real: std::collections::HashSet<&str> = prices.lines().filter_map(|l| l.rsplit(", ").next()).collect();
    let same = numbers(&made, "prices", "cents").iter().filter(|c| real.contains(c.to_string().as_str())).count();
    // Of 100,000 prices about 100 are real: one in ten of 100 rows by chance.
    assert!(same < 5, "{same} real prices");
}
