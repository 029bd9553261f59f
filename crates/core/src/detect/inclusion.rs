//! Values of one column among those of another, and how much that says.

use std::collections::BTreeMap;

use super::profile::{Profile, Shape};
use crate::math;

/// How the distinct values of a child column lie in a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inclusion {
    /// Share of the distinct values that the key has.
    pub(super) share: f64,
    /// -log2 of the probability that made-up values of the same form would all be in the key: a dense run of
    /// small integers says nothing (0), ten made-up codes of six digits among a thousand say 100.
    pub(super) bits: f64,
}

/// True when a value of one can equal a value of the other.
pub(super) fn comparable(child: &Profile, key: &Profile) -> bool {
    let textual = |p: &Profile| matches!(p.shape, Shape::Text | Shape::Uuid);
    child.shape == Shape::Whole && key.shape == Shape::Whole || textual(child) && textual(key)
}

/// How `child` lies in `key`; None when fewer than `least` of its distinct values do.
pub(super) fn of(child: &Profile, key: &Profile, least: f64) -> Option<Inclusion> {
    let n = child.distinct();
    if n == 0 || !comparable(child, key) {
        return None;
    }
    let is_in = |i: usize| match child.numbers.get(i) {
        Some(number) => key.sorted.binary_search(number).is_ok(),
        None => child.texts.get_index(i).is_some_and(|t| key.texts.get_index_of(t).is_some()),
    };
    // Most pairs of columns have nothing to do with each other: a few values show it.
    let few = n.min(64);
    let hits = (0..few).filter(|i| is_in(*i)).count();
    if (hits as f64) < least * few as f64 * 0.8 {
        return None;
    }
    let hits = hits + (few..n).filter(|i| is_in(*i)).count();
    let share = hits as f64 / n as f64;
    let bits = if child.shape == Shape::Whole { number_bits(child, key) } else { text_bits(child, key) };
    (share >= least).then_some(Inclusion { share, bits })
}

fn log2(x: f64) -> f64 {
    math::ln(x) / std::f64::consts::LN_2
}

fn number_bits(child: &Profile, key: &Profile) -> f64 {
    let (Some(&low), Some(&high)) = (child.sorted.first(), child.sorted.last()) else { return 0.0 };
    let inside = key.sorted.partition_point(|k| *k <= high) - key.sorted.partition_point(|k| *k < low);
    let room = high as f64 - low as f64 + 1.0;
    child.distinct() as f64 * -log2((inside as f64 / room).clamp(1e-6, 1.0))
}

/// The form of a text (`N14228` is U5d) and how many bits a text of the form could hold.
fn form(text: &str) -> (String, f64) {
    let mut form = String::new();
    let mut bits = 0.0;
    for c in text.chars() {
        let (kind, size) = match c {
            '0'..='9' => ('d', 10.0),
            'A'..='Z' => ('U', 26.0),
            'a'..='z' => ('l', 26.0),
            c if c.is_alphabetic() => ('x', 26.0),
            c => (c, 1.0),
        };
        form.push(kind);
        bits += log2(size);
    }
    (form, bits)
}

fn text_bits(child: &Profile, key: &Profile) -> f64 {
    let mut forms: BTreeMap<String, usize> = BTreeMap::new();
    for text in key.texts.iter() {
        *forms.entry(form(text).0).or_default() += 1;
    }
    let of_one = |text: &str| {
        let (form, room) = form(text);
        let alike = forms.get(&form).copied().unwrap_or(0).max(1) as f64;
        (room - log2(alike)).clamp(0.0, 20.0)
    };
    child.texts.iter().map(of_one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringArray;

    fn profile(values: impl Iterator<Item = String>) -> Profile {
        Profile::read("x", &StringArray::from(values.collect::<Vec<_>>())).unwrap()
    }

    #[test]
    fn dense_integers_say_nothing_and_sparse_ones_much() {
        let dense = profile((1..=500).map(|i| i.to_string()));
        let small = profile((1..=90).map(|i| i.to_string()));
        let i = of(&small, &dense, 1.0).unwrap();
        assert_eq!((i.share, i.bits), (1.0, 0.0));
        let sparse = profile((1..=500).map(|i| (i * 7919 % 1_000_003).to_string()));
        let some = profile((1..=20).map(|i| (i * 7919 % 1_000_003).to_string()));
        // 20 values, each in the key with the share of numbers between them that the key has.
        let inside = sparse.sorted.iter().filter(|k| (some.sorted[0]..=some.sorted[19]).contains(k)).count();
        let room = (some.sorted[19] - some.sorted[0] + 1) as f64;
        assert!((of(&some, &sparse, 1.0).unwrap().bits - 20.0 * log2(room / inside as f64)).abs() < 1e-6);
        assert!(of(&dense, &small, 0.9).is_none());
    }

    #[test]
    fn codes_say_as_much_as_their_form_has_room() {
        let codes = profile((0..100).map(|i| format!("{}{}X", (b'A' + i / 26) as char, (b'A' + i % 26) as char)));
        let three = profile(["AAX", "ABX", "BCX"].into_iter().map(str::to_owned));
        let bits = of(&three, &codes, 1.0).unwrap().bits;
        assert!((bits - 3.0 * log2(175.76)).abs() < 1e-6, "{bits}");
    }
}
