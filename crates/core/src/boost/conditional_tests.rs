//! What a conditional must do: sum to one, draw what it says, also under a mask, and stay itself in a file.

use super::tests::{Case, uniform};
use super::*;
use crate::rng::{Stream, name};

/// 30 codes in a bell around the first feature's bin, heavy code 0 in a fifth of the rows; two features of noise.
fn model(n: usize) -> (Case, BoostedConditional) {
    let c = Case::new(uniform(n, 3, 24, 1), true, 24);
    let mut s = Stream::new(2, name(&["codes"]), 0);
    let code = |b: u8, s: &mut Stream| {
        if s.unit() < 0.2 { 0 } else { (f64::from(b) + 2.0 * s.normal() + 3.0).clamp(1.0, 29.0) as u16 }
    };
    let values: Vec<u16> = c.columns[0].iter().map(|&b| code(b, &mut s)).collect();
    let codes = Codes { values: &values, n: 32, order: None, gaps: &[] };
    let m = fit_codes(&c.x(), &c.rows, &codes, &c.groups, &BoostParams::default(), 3);
    (c, m)
}

/// A draw, given the bin of each feature.
fn draw(s: &Scorer, bin: impl Fn(usize) -> u8, rng: &mut Stream, weigh: &mut dyn FnMut(u16) -> f64) -> Option<u16> {
    let bins: Vec<u8> = s.inputs.iter().map(|f| bin(usize::from(*f))).collect();
    s.draw(&bins, rng, Some(weigh))
}

/// Pearson's statistic of draws against probabilities and its degrees of freedom, cells of at least 5 expected.
fn chi_square(hits: &[u32], p: &[f64]) -> (f64, f64) {
    let n = f64::from(hits.iter().sum::<u32>());
    let (mut chi, mut cells, mut rest) = (0.0, 0.0, (0.0, 0.0));
    for (&h, &p) in hits.iter().zip(p) {
        if n * p >= 5.0 {
            chi += (f64::from(h) - n * p).powi(2) / (n * p);
            cells += 1.0;
        } else {
            rest = (rest.0 + f64::from(h), rest.1 + n * p);
        }
    }
    if rest.1 > 0.0 {
        chi += (rest.0 - rest.1) * (rest.0 - rest.1) / rest.1.max(0.5);
        cells += 1.0;
    }
    (chi, cells - 1.0)
}

#[test]
fn probabilities_sum_to_one_and_follow_the_features() {
    let (_, m) = model(6000);
    m.check(3).unwrap();
    for b in 0..24u8 {
        let p = m.probabilities(|f| if f == 0 { b } else { 5 });
        assert_eq!(p.len(), 32);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(p[30] == 0.0 && p[31] == 0.0);
        // About 1200 rows have code 0, whatever the features, and 250 rows one value of the first feature.
        assert!((p[0] - 0.2).abs() < 4.0 * (0.16f64 / 250.0).sqrt(), "{b}: {}", p[0]);
        for (c, &p) in p.iter().enumerate() {
            let l = m.log_prob(c as u16, |f| if f == 0 { b } else { 5 });
            assert!(if p == 0.0 { l == f64::NEG_INFINITY } else { (l - p.ln()).abs() < 1e-9 });
        }
        let mean: f64 = p.iter().enumerate().skip(1).map(|(c, p)| c as f64 * p).sum::<f64>() / (1.0 - p[0]);
        let truth = (f64::from(b) + 2.5).clamp(1.0, 28.0);
        // The spread around the truth is 2; half of it is what early stopping may leave unlearned.
        assert!((mean - truth).abs() < 1.3, "{b}: {mean}");
    }
}

#[test]
fn draws_follow_the_probabilities_also_under_masks() {
    let (_, m) = model(6000);
    let bin = |f: usize| [11u8, 3, 20][f];
    let (p, s) = (m.probabilities(bin), Scorer::new(&m));
    type Weigh = fn(u16) -> f64;
    let weighs: [(&str, Weigh); 8] = [
        ("none", |_| 1.0),
        ("upper part", |c| f64::from(u8::from(c >= 15))),
        ("one", |c| f64::from(u8::from(c == 9))),
        ("every third", |c| f64::from(u8::from(c % 3 == 0))),
        ("rare", |c| f64::from(u8::from(c == 1 || c == 29))),
        ("without the likely", |c| f64::from(u8::from(!(8..=18).contains(&c)))),
        ("half a bin", |c| [1.0, 0.5, 0.0][usize::from(c.clamp(11, 13)) - 11]),
        ("shares", |c| f64::from(c % 5) / 5.0),
    ];
    for (i, (label, weigh)) in weighs.into_iter().enumerate() {
        let total: f64 = p.iter().enumerate().map(|(c, p)| p * weigh(c as u16)).sum();
        let expected: Vec<f64> = p.iter().enumerate().map(|(c, p)| p * weigh(c as u16) / total).collect();
        let mut hits = vec![0u32; 32];
        let mut rng = Stream::new(5, name(&["draws"]), i as u64);
        for _ in 0..20_000 {
            let code = draw(&s, bin, &mut rng, &mut |c| weigh(c)).unwrap();
            assert!(weigh(code) > 0.0, "{label}");
            hits[usize::from(code)] += 1;
        }
        let (chi, free) = chi_square(&hits, &expected);
        // Mean and variance of chi-square are its degrees of freedom, once and twice.
        assert!(chi < free + 4.0 * (2.0 * free).sqrt() + 1e-6, "{label}: {chi} with {free}");
    }
    let mut rng = Stream::new(5, name(&["draws"]), 99);
    assert_eq!(draw(&s, bin, &mut rng, &mut |c| f64::from(u8::from(c >= 30))), None);
}

#[test]
fn an_order_of_the_callers_is_kept() {
    let c = Case::new(uniform(2000, 2, 10, 8), true, 10);
    // Codes 0..10 shuffled against the feature: neighbours on the feature are far apart as codes.
    let scatter = |b: u8| (u16::from(b) * 7) % 10;
    let values: Vec<u16> = c.columns[0].iter().map(|&b| scatter(b)).collect();
    let order: Vec<u16> = (0..9).map(scatter).collect(); // one code is left out and comes last
    let codes = Codes { values: &values, n: 10, order: Some(&order), gaps: &[] };
    let m = fit_codes(&c.x(), &c.rows, &codes, &c.groups, &BoostParams::default(), 1);
    m.check(2).unwrap();
    for b in 0..10u8 {
        assert!(m.probabilities(|_| b)[usize::from(scatter(b))] > 0.9);
    }
}

#[test]
fn heavy_codes_are_near_the_top() {
    let c = Case::new(uniform(4000, 1, 4, 9), true, 4);
    // Half of the rows are code 40; the rest are even over 64 codes.
    let values: Vec<u16> = (0..4000u16).map(|i| if i % 2 == 0 { 40 } else { i / 2 % 64 }).collect();
    let codes = Codes { values: &values, n: 64, order: None, gaps: &[] };
    let m = fit_codes(&c.x(), &c.rows, &codes, &c.groups, &BoostParams::default(), 1);
    let (mut at, mut steps) = (m.top(), 0);
    while at.high - at.low > 1 {
        let [left, right] = m.below(at);
        at = if (left.low..left.high).any(|i| m.order[i] == 40) { left } else { right };
        steps += 1;
    }
    assert!(steps <= 3, "{steps}");
}

#[test]
fn few_rows_and_few_codes() {
    let c = Case::new(uniform(100, 2, 4, 10), true, 4);
    let params = BoostParams::default();
    let fit = |rows: &[u32], values: &[u16]| {
        let m = fit_codes(&c.x(), rows, &Codes { values, n: 5, order: None, gaps: &[] }, &c.groups, &params, 1);
        m.check(2).unwrap();
        m
    };
    let mut rng = Stream::new(1, 0, 0);
    assert_eq!(Scorer::new(&fit(&[], &[])).draw(&[], &mut rng, None), None);
    assert_eq!(fit(&[], &[]).probabilities(|_| 0), [0.0; 5]);
    assert_eq!(Scorer::new(&fit(&[7], &[3])).draw(&[], &mut rng, None), Some(3));
    assert_eq!(fit(&c.rows, &[2; 100]).probabilities(|_| 0), [0.0, 0.0, 1.0, 0.0, 0.0]);
    let two = fit(&[1, 2, 3], &[0, 4, 4]).probabilities(|_| 0);
    assert!((two[0] - 1.5 / 4.0).abs() < 1e-6 && (two[4] - 2.5 / 4.0).abs() < 1e-6);
}

#[test]
fn files_keep_the_model_and_damage_is_refused() {
    let (c, m) = model(3000);
    let json = serde_json::to_value(&m).unwrap();
    let back: BoostedConditional = serde_json::from_value(json.clone()).unwrap();
    back.check(3).unwrap();
    let draws = |m: &BoostedConditional| -> Vec<Option<u16>> {
        let s = Scorer::new(m);
        let at = |r: u32| draw(&s, |f| c.columns[f][r as usize], &mut Stream::new(1, 2, u64::from(r)), &mut |_| 1.0);
        c.rows.iter().map(|&r| at(r)).collect()
    };
    assert_eq!(draws(&m), draws(&back));
    assert!(back.check(0).is_err());
    for (path, value) in [
        ("/left/0", 0),
        ("/left/0", 65_535),
        ("/first/1", 100_000),
        ("/order/0", 40),
        ("/order/0", 1),
        ("/trees/feature/0", 30_000),
    ] {
        let mut v = json.clone();
        *v.pointer_mut(path).unwrap() = value.into();
        let damaged: BoostedConditional = serde_json::from_value(v).unwrap();
        assert!(damaged.check(3).is_err(), "{path} {value}");
    }
}

#[test]
fn the_layout_for_drawing_changes_no_probability_and_stopping_no_draw() {
    let (c, m) = model(6000);
    let s = Scorer::new(&m);
    let (mut left, mut right) = (0, 0);
    for &r in c.rows.iter().step_by(20) {
        let bin = |f: usize| c.columns[f][r as usize];
        let bins: Vec<u8> = s.inputs.iter().map(|f| bin(usize::from(*f))).collect();
        for cut in 0..m.left.len() {
            let share = m.left_share(cut, bin);
            assert_eq!(s.left_share(cut, &bins), share, "row {r}, cut {cut}");
            let stream = Stream::new(9, u64::from(r), cut as u64);
            let u = (f64::from(stream.clone().next_u32()) + 0.5) / 2f64.powi(32);
            let goes_left = s.goes_left(cut, &bins, &mut stream.clone());
            // Bounds of what is left are sums of numbers with 24 bits.
            if (u - share).abs() > 1e-5 {
                assert_eq!(goes_left, u < share, "row {r}, cut {cut}: {u} of {share}");
                (left, right) = (left + u32::from(goes_left), right + u32::from(!goes_left));
            }
        }
    }
    assert!(left > 1000 && right > 1000, "{left} {right}");
}

#[test]
fn a_gap_is_cut_first() {
    // Ten codes of one kind and thirty of another, told apart by the second feature alone.
    let c = Case::new(uniform(2000, 2, 4, 1), false, 4);
    let kind = |r: usize| usize::from(c.columns[1][r] >= 3);
    let values: Vec<u16> = (0..2000).map(|r| (10 * kind(r) + r % (10 + 20 * kind(r))) as u16).collect();
    let gaps: Vec<bool> = (0..40).map(|c| c == 9).collect();
    let codes = Codes { values: &values, n: 40, order: None, gaps: &gaps };
    let m = fit_codes(&c.x(), &c.rows, &codes, &c.groups, &BoostParams::default(), 3);
    assert_eq!(m.left[0], 10);
    for r in 0..200 {
        let p = m.probabilities(|f| c.columns[f][r]);
        let low: f64 = p[..10].iter().sum();
        assert!((low - (1.0 - kind(r) as f64)).abs() < 0.005, "{r}: {low}");
    }
}
