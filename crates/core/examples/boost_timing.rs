//! How long the boosted conditional takes and how close it comes: `cargo run --release --example boost_timing`.

use healthdata_core::boost::{Bins, BoostParams, Codes, fit_codes};
use healthdata_core::math;
use healthdata_core::rng::{Stream, name};

const FEATURES: usize = 60;
const CODES: usize = 64;

/// Features of mixed kinds and, for each row, the codes' true centre and spread.
struct World {
    columns: Vec<Vec<u8>>,
    codes: Vec<u16>,
    least: f64,
}

/// `n` rows in entities of ten; a third of the features belongs to the entity.
fn world(n: usize, seed: u64) -> World {
    let mut s = Stream::new(seed, name(&["world"]), 0);
    let bins = |f: usize| [2, 8, 64, 64, 30, 63][f % 6];
    let mut columns = vec![vec![0u8; n]; FEATURES];
    for (f, column) in columns.iter_mut().enumerate() {
        let mut last = 0;
        for (i, b) in column.iter_mut().enumerate() {
            // Squared uniforms: low bins are common, as real codes are.
            if f % 3 != 0 || i % 10 == 0 {
                let u = s.unit();
                last = (u * u * bins(f) as f64) as u8;
            }
            *b = last;
        }
    }
    let (mut codes, mut least) = (Vec::with_capacity(n), 0.0);
    let row = |i: usize| -> Vec<u8> { columns.iter().map(|c| c[i]).collect() };
    for bins in (0..n).map(row) {
        let b = |f: usize| f64::from(bins[f]);
        let centre = 20.0 + 0.3 * b(2) + 6.0 * b(0) + if b(3) > 10.0 { 0.2 * b(5) } else { -0.2 * b(8) };
        let spread = 2.0 + 0.1 * b(9);
        let heap = if b(1) > 3.0 { 0.4 } else { 0.1 };
        let weights: Vec<f64> = (0..CODES)
            .map(|c| {
                let z = (c as f64 - centre) / spread;
                math::exp(-0.5 * z * z) + 1e-4
            })
            .collect();
        let total: f64 = weights.iter().sum();
        let p = |c: usize| (1.0 - heap) * weights[c] / total + if c == 10 { heap } else { 0.0 };
        let chances: Vec<f64> = (0..CODES).map(p).collect();
        let code = s.weighted(&chances).unwrap_or(0);
        least -= math::ln(chances[code]) / n as f64;
        codes.push(code as u16);
    }
    World { columns, codes, least }
}

/// Processor seconds of this thread so far (Linux), which other programs do not disturb.
fn seconds() -> f64 {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    line.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (ordered, bins): (Vec<bool>, Vec<usize>) = ((0..FEATURES).map(|f| f % 6 != 4).collect(), vec![64; FEATURES]);
    for n in if sizes.is_empty() { vec![2_000, 10_000, 60_000] } else { sizes } {
        let (w, test) = (world(n, 1), world(20_000, 2));
        let x = Bins { columns: &w.columns, ordered: &ordered, bins: &bins };
        let rows: Vec<u32> = (0..n as u32).collect();
        let groups: Vec<u32> = rows.iter().map(|r| r / 10).collect();
        let codes = Codes { values: &w.codes, n: CODES, order: None };
        for (label, params) in [("default", BoostParams::default())] {
            let t = seconds();
            let m = fit_codes(&x, &rows, &codes, &groups, &params, 1);
            let fitted = seconds() - t;
            let loss = |i: usize| -m.log_prob(test.codes[i], |f| test.columns[f][i]) / 20_000.0;
            let held: f64 = (0..20_000).map(loss).filter(|l| l.is_finite()).sum();
            let rows: Vec<Vec<u8>> = (0..20_000).map(|i| test.columns.iter().map(|c| c[i]).collect()).collect();
            let t = seconds();
            let mut sum = 0u64;
            for (i, row) in rows.iter().enumerate() {
                let mut rng = Stream::new(3, 4, i as u64);
                sum += u64::from(m.draw(|f| row[f], &mut rng, None).unwrap_or(0));
            }
            let drawn = (seconds() - t) / 20_000.0;
            let t = seconds();
            let mut streams: Vec<Stream> = (0..20_000).map(|i| Stream::new(3, 4, i)).collect();
            let all: Vec<u32> = (0..20_000).collect();
            let x = Bins { columns: &test.columns, ordered: &ordered, bins: &bins };
            let many = m.draw_all(&x, &all, &mut streams, None);
            let together = (seconds() - t) / 20_000.0;
            assert_eq!(sum, many.iter().map(|c| u64::from(c.unwrap_or(0))).sum::<u64>());
            println!(
                "{n} rows, {label}: fit {fitted:.2} s, {} trees, {} kB; held-out loss {held:.4} = least + {:.4}; \
                 draw {:.2} us, together {:.2} us",
                m.trees(),
                m.bytes() / 1000,
                held - test.least,
                drawn * 1e6,
                together * 1e6
            );
        }
    }
}
