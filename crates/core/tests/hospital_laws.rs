//! What real databases of hospitals and shops hold: deaths after admissions, labels of physicians, addresses on invoices,
//! ratings that spread over films.

mod again;

use std::collections::{HashMap, HashSet};

use again::{again, numbers, texts};
use healthdata_core::example::Table;
use healthdata_core::rng::Stream;
use healthdata_core::time::{DAY, format};

fn day(number: i64, clock: &str) -> String {
    format!("{} {clock}", format(number * DAY, "%Y-%m-%d"))
}

#[test]
fn nobody_is_admitted_after_a_death_that_is_written_with_midnight() {
    let mut rng = Stream::new(31, 0, 0);
    let (mut patients, mut stays) = (String::new(), String::new());
    for p in 0..400 {
        let first = 15_000 + rng.below(5_000) as i64;
        let mut last = first;
        for stay in 0..1 + rng.below(3) {
            last += if stay > 0 { 1 + rng.below(300) as i64 } else { 0 };
            let clock = format!("{:02}:{:02}:07", rng.below(24), rng.below(60));
            stays += &format!("P{p}, {}\n", day(last, &clock));
        }
        // Many die on the day of an admission, which began after midnight.
        let died = if rng.below(2) == 0 { day(last + rng.below(4) as i64, "00:00:00") } else { String::new() };
        patients += &format!("P{p}, {}, {died}\n", ["f", "m"][p % 2]);
    }
    let made = again(
        &[
            Table("patients(*patient, sex, died:%Y-%m-%d %H:%M:%S)", &patients),
            Table("stays(patient>patients, admitted:%Y-%m-%d %H:%M:%S)", &stays),
        ],
        &[],
    );
    let died: HashMap<String, String> =
        texts(&made, "patients", "patient").into_iter().zip(texts(&made, "patients", "died")).collect();
    let stays: Vec<(String, String)> =
        texts(&made, "stays", "patient").into_iter().zip(texts(&made, "stays", "admitted")).collect();
    // Every second patient of 400 died, within five standard deviations.
    assert!((150..250).contains(&died.values().filter(|d| !d.is_empty()).count()));
    assert!(stays.iter().all(|(p, at)| died[p].is_empty() || at[..10] <= died[p][..10]));
}

#[test]
fn labels_of_a_few_physicians_whom_many_meet_are_learned_but_none_that_one_alone_has() {
    let mut rng = Stream::new(32, 0, 0);
    let special = |d: usize| if d == 0 { "Secret" } else { ["Dermatology", "Oncology", "Pediatrics"][d % 3] };
    let doctors: String = (0..10).map(|d| format!("D{d}, Name{d}, {}\n", special(d))).collect();
    let patients: String = (0..200).map(|p| format!("P{p}, {}\n", ["f", "m"][p % 2])).collect();
    let visits: String = (0..600).map(|v| format!("P{}, D{}, {}\n", v % 200, rng.below(10), rng.below(90))).collect();
    let made = again(
        &[
            Table("doctors(*doctor, name:first_name, specialty)", &doctors),
            Table("patients(*patient, sex)", &patients),
            Table("visits(patient>patients, doctor>doctors, score:number)", &visits),
        ],
        &[],
    );
    let specialties: HashSet<String> = texts(&made, "doctors", "specialty").into_iter().collect();
    assert!(specialties.iter().all(|s| ["Dermatology", "Oncology", "Pediatrics", ""].contains(&s.as_str())));
    assert!(specialties.contains("Oncology"), "{specialties:?}");
}

#[test]
fn a_made_up_address_is_the_same_on_every_invoice() {
    let customers: String = (0..80).map(|c| format!("C{c}, {c} Main Street\n")).collect();
    let invoices: String = (0..300).map(|i| format!("C{0}, {0} Main Street, {1}\n", i % 80, 10 + i * 7 % 90)).collect();
    let made = again(
        &[
            Table("customers(*customer, address:address)", &customers),
            Table("invoices(customer>customers, billing:address, total:number)", &invoices),
        ],
        &[],
    );
    let home: HashMap<String, String> =
        texts(&made, "customers", "customer").into_iter().zip(texts(&made, "customers", "address")).collect();
    let billing = texts(&made, "invoices", "billing");
    assert!(texts(&made, "invoices", "customer").iter().zip(&billing).all(|(c, b)| home[c] == *b));
    assert!(billing.iter().all(|b| !b.ends_with("Main Street")), "a real address");
}

#[test]
fn ratings_spread_over_films_that_have_roles_of_their_own() {
    let mut rng = Stream::new(33, 0, 0);
    let films = 201;
    let film = |rng: &mut Stream, f: usize| {
        let (year, score) = (1950 + rng.below(50), 50 + rng.below(35));
        format!("F{f}, {year}, {}, {}, {score}\n", ["R", "PG", "G"][f % 3], 80 + rng.below(80))
    };
    let all: String = (0..films).map(|f| film(&mut rng, f)).collect();
    let actors: String = (0..90).map(|a| format!("A{a}, {}\n", ["f", "m"][a % 2])).collect();
    let roles: String =
        (0..4 * films).map(|r| format!("F{}, A{}, {}\n", r / 4, r * 7 % 90, ["lead", "other"][r % 2])).collect();
    let users: String = (0..300).map(|u| format!("U{u}, {}\n", 18 + u % 50)).collect();
    let mut ratings = String::new();
    for u in 0..300 {
        let mut seen = HashSet::new();
        while seen.len() < 15 {
            // Everybody likes one kind of film best.
            let f = rng.below(films as u64) as usize;
            let f = if rng.below(3) > 0 { f / 3 * 3 + u % 3 } else { f };
            if seen.insert(f) {
                ratings += &format!("U{u}, F{f}, {}\n", 1 + rng.below(5));
            }
        }
    }
    let made = again(
        &[
            Table("films(*film, year:number, rated, minutes:number, score:number)", &all),
            Table("actors(*actor, sex)", &actors),
            Table("roles(film>films, actor>actors, role)", &roles),
            Table("users(*user, age:number)", &users),
            Table("ratings(user>users, film>films, stars:number)", &ratings),
        ],
        &[],
    );
    let mut count: HashMap<String, f64> = HashMap::new();
    texts(&made, "ratings", "film").into_iter().for_each(|f| *count.entry(f).or_default() += 1.0);
    let mean = numbers(&made, "ratings", "stars").len() as f64 / films as f64;
    let spread = count.values().map(|n| (n - mean) * (n - mean)).sum::<f64>() / films as f64;
    // A film is seen by 22.4 with a standard deviation below 5: 300 draws of 15 in 201 without repeats.
    assert!(spread < 64.0 && count.len() > films - 3, "variance {spread}, {} films", count.len());
}
