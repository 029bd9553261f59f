//! Sorting ticks: columns of a million, mostly on a coarse grid or of few different values.

/// Bits of a tick that one pass looks at.
const DIGIT: u32 = 11;
/// Fewer ticks, or more passes, are sorted by comparing.
const FEW: usize = 4096;
const PASSES: u32 = 5;

/// The ticks in ascending order: counted where they lie close together, else digit by digit from the last (a radix
/// sort) where that takes few passes.
///
/// ```
/// use healthdata_core::metric::sorted::sorted;
/// assert_eq!(sorted(vec![3, -1, 2]), [-1, 2, 3]);
/// ```
pub fn sorted(mut ticks: Vec<i64>) -> Vec<i64> {
    let Some(&first) = ticks.first() else { return ticks };
    let ends = |(low, high, bits), &t: &i64| (t.min(low), t.max(high), bits | (t ^ first));
    let (lowest, highest, differ) = ticks.iter().fold((first, first, 0), ends);
    if differ == 0 {
        return ticks;
    }
    // Last digits that all share need no pass: times are mostly whole seconds or minutes.
    let shared = differ.trailing_zeros();
    let above = |t: i64| t.wrapping_sub(lowest) as u64 >> shared;
    let passes = (64 - above(highest).leading_zeros()).div_ceil(DIGIT);
    if ticks.len() < FEW || passes > PASSES {
        ticks.sort_unstable();
        return ticks;
    }
    if above(highest) < ticks.len() as u64 {
        let mut counts = vec![0usize; above(highest) as usize + 1];
        ticks.iter().for_each(|&t| counts[above(t) as usize] += 1);
        ticks.clear();
        for (n, step) in counts.into_iter().zip(0i64..) {
            ticks.extend(std::iter::repeat_n(lowest.wrapping_add(step << shared), n));
        }
        return ticks;
    }
    let mut next = vec![0; ticks.len()];
    for pass in 0..passes {
        let digit = |t: i64| (above(t) >> (pass * DIGIT)) as usize % (1 << DIGIT);
        let mut starts = [0usize; 1 << DIGIT];
        ticks.iter().for_each(|&t| starts[digit(t)] += 1);
        let mut before = 0;
        for s in &mut starts {
            before += std::mem::replace(s, before);
        }
        for &t in &ticks {
            let place = &mut starts[digit(t)];
            next[*place] = t;
            *place += 1;
        }
        std::mem::swap(&mut ticks, &mut next);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::mix;

    #[test]
    fn the_order_is_that_of_comparing() {
        for (width, step) in [(1u64, 1i64), (50, 1), (1 << 20, 60_000_000), (u64::MAX, 1)] {
            for n in [0, 1, FEW as u64 - 1, 3 * FEW as u64] {
                let ticks: Vec<i64> = (0..n).map(|i| ((mix(i) % width) as i64).wrapping_mul(step) - 7).collect();
                let mut compared = ticks.clone();
                compared.sort_unstable();
                assert_eq!(sorted(ticks), compared);
            }
        }
        let ends = [i64::MAX, i64::MIN, 0].repeat(FEW);
        assert!(sorted(ends).is_sorted());
    }
}
