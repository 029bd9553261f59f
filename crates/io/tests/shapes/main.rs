//! Every shape that real schemas have, end to end: detect, fit, model file, sample, files, check, and laws.

mod data;
mod laws;
mod run;

use data::Shape;
use run::{Ran, run};

fn holds(shape: Shape) -> Ran {
    let ran = run(&shape);
    laws::all(&shape, &ran);
    ran
}

#[test]
fn several_parents_and_several_keys_to_one_parent() {
    let ran = holds(data::flights());
    // A flight does not end where it began, in the data and so in what is generated.
    let (from, to) = (ran.new_text("flights", "origin"), ran.new_text("flights", "dest"));
    let same = from.iter().zip(&to).filter(|(a, b)| a == b).count();
    assert_eq!(same, 0, "of {} flights end where they began", from.len());
}

#[test]
fn composite_keys_of_a_dimension() {
    holds(data::composite());
}

#[test]
fn a_composite_key_of_owner_and_number() {
    let ran = holds(data::lines());
    // The lines of an order are numbered 1, 2, 3, ...
    let mut lines: std::collections::BTreeMap<String, Vec<i64>> = std::collections::BTreeMap::new();
    for (order, line) in ran.new_text("lines", "order_id").into_iter().zip(ran.new_text("lines", "line_no")) {
        lines.entry(order.unwrap()).or_default().push(line.unwrap().parse().unwrap());
    }
    for mut l in lines.into_values() {
        l.sort_unstable();
        assert!(l.iter().enumerate().all(|(i, n)| *n == i as i64 + 1), "{l:?}");
    }
}

#[test]
fn self_references_have_no_circles() {
    let ran = holds(data::managers());
    laws::no_circles(&ran, "employees", "employee_id", "manager_id");
}

#[test]
fn a_cycle_of_two_tables() {
    let ran = holds(data::departments());
    assert!(ran.notes.iter().any(|n| n.contains("closes a cycle")), "{:?}", ran.notes);
}

#[test]
fn nullable_keys() {
    holds(data::nullable());
}

#[test]
fn tables_without_keys() {
    holds(data::keyless());
}

#[test]
fn tables_with_no_modelled_column() {
    holds(data::nothing_modelled());
}

#[test]
fn bridges_have_unique_pairs() {
    holds(data::bridge());
}

#[test]
fn a_bridge_of_two_dimensions() {
    holds(data::small_bridge());
}

#[test]
fn one_to_one() {
    holds(data::one_to_one());
}

#[test]
fn one_to_one_beside_an_owner() {
    holds(data::beds());
}

#[test]
fn a_chain_of_seven() {
    holds(data::chain());
}

#[test]
fn dimensions_kept_as_they_are() {
    let ran = holds(data::reference());
    for (table, column) in [
        ("countries", "country_code"),
        ("countries", "region_code"),
        ("countries", "continent"),
        ("regions", "inside_code"),
    ] {
        assert_eq!(ran.new_text(table, column), ran.real_text(table, column), "{table}.{column}");
    }
}

#[test]
fn dimensions_that_point_to_themselves() {
    let ran = holds(data::units());
    laws::no_circles(&ran, "regions", "region_code", "inside_code");
    let inside = ran.new_text("regions", "inside_code");
    assert_eq!(inside.iter().filter(|i| i.is_none()).count(), 3);
}

#[test]
fn a_single_table_with_every_type() {
    holds(data::types());
}

#[test]
fn sequences_of_a_thousand() {
    holds(data::long_sequences());
}

#[test]
fn ten_thousand_categories() {
    holds(data::many_categories());
}

#[test]
fn personal_data() {
    let ran = holds(data::people());
    let get = |c| ran.new_text("patients", c);
    let (first, last, mail) = (get("first_name"), get("last_name"), get("email"));
    for ((f, l), m) in first.iter().zip(&last).zip(&mail) {
        let (Some(f), Some(l), Some(m)) = (f, l, m) else { continue };
        let word = |s: &str| s.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let m = m.split('@').next().unwrap().to_lowercase();
        assert!(m.contains(&word(l)) || m.contains(&word(f)), "{m} is not of {f} {l}");
    }
}

#[test]
fn identifiers() {
    holds(data::identifiers());
}

#[test]
fn text_that_is_never_copied() {
    holds(data::texts());
}

#[test]
fn values_that_are_numbers_and_words() {
    holds(data::mixed());
}

#[test]
fn several_entities_that_share_little() {
    holds(data::snowflake());
}

#[test]
fn sequences_whose_owner_is_no_table() {
    let ran = holds(data::one_file());
    let mut sexes: std::collections::BTreeMap<String, std::collections::BTreeSet<String>> = Default::default();
    for (p, s) in ran.new_text("readings", "patient_id").into_iter().zip(ran.new_text("readings", "sex")) {
        sexes.entry(p.unwrap()).or_default().insert(s.unwrap());
    }
    assert_eq!(sexes.len(), 120, "as many patients as in the data");
    assert!(sexes.values().all(|s| s.len() == 1), "a patient has one sex");
    assert_eq!(ran.metadata.tables.len(), 1);
}
