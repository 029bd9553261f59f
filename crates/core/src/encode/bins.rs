//! Learns bins of whole numbers: single values where they are few or heavy, quantile bins else, each held by enough
//! entities.

use super::{Distinct, NumberCoder};

/// How many times the largest gap that chance leaves a wide one is.
const WIDE: f64 = 3.0;
/// Steps of the grid that a wide gap has at least.
pub(super) const GAP: u64 = 4;

/// How finely numbers are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Up to 128 single values; values in a hundredth of the rows stay single among bins.
    Coarse,
    /// Up to 256 single values; values in a five hundredth of the rows stay single among bins.
    Fine,
}

impl Grain {
    /// Most single values kept as codes of their own.
    fn singles(self) -> usize {
        match self {
            Self::Coarse => 128,
            Self::Fine => 256,
        }
    }

    /// Share of rows that makes a value an atom among bins.
    fn atom(self) -> f64 {
        match self {
            Self::Coarse => 0.01,
            Self::Fine => 0.002,
        }
    }
}

impl NumberCoder {
    /// Learns bins from values and the entity of each; `k` entities at least in a bin and beyond each extreme. Of few
    /// entities codes are fewer, so that shares tell of the population more than of those who happened to be there.
    pub fn fit(values: &[i64], entities: &[u32], k: usize, grain: Grain) -> Self {
        let mut rows: Vec<(i64, u32)> = values.iter().copied().zip(entities.iter().copied()).collect();
        if rows.is_empty() {
            return Self::default();
        }
        rows.sort_unstable();
        let groups = entities.iter().max().map_or(0, |m| *m as usize + 1);
        let mut distinct = Distinct::new(groups);
        let first = rows[0].0;
        let step =
            rows.iter().fold(0u64, |g, r| gcd(g, r.0.wrapping_sub(first) as u64)).max(1).min(i64::MAX as u64) as i64;
        let (low, high) = guarded_extremes(&rows, &mut distinct, groups, k, step);
        for r in &mut rows {
            r.0 = r.0.clamp(low, high);
        }
        // Runs of equal values: (value, first row, end).
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut start = 0;
        for i in 1..=rows.len() {
            if i == rows.len() || rows[i].0 != rows[start].0 {
                runs.push((start, i));
                start = i;
            }
        }
        let n = rows.len();
        let few = runs.len() <= grain.singles();
        let bins = if n > 20_000 { 128 } else { 64 };
        let width = (n / bins).max(k).max(1);
        let crowd = k.max(crowd(&rows, groups));
        let mut coder = Self { step, ..Self::default() };
        let mut pending: Option<(usize, usize)> = None;
        // First row of the last bin of several values, while it is the last code.
        let mut last: Option<usize> = None;
        for (from, to) in runs {
            // A bin ends before a wide gap, or it would fill the gap: what lies beyond is of another kind.
            if let Some((a, b)) = pending.filter(|_| is_wide(&rows, from, crowd, step)) {
                match last {
                    Some(first) if !distinct.at_least(k, rows[a..b].iter().map(|r| r.1)) => {
                        coder.pop();
                        coder.push(&rows[first..b], &mut distinct, k);
                    }
                    _ => coder.close(&rows[a..b], &mut distinct, k),
                }
                (pending, last) = (None, None);
            }
            let supported = distinct.at_least(crowd, rows[from..to].iter().map(|r| r.1));
            let single = supported && (few || (to - from) as f64 >= grain.atom() * n as f64);
            if single {
                if let Some((a, b)) = pending.take() {
                    coder.close(&rows[a..b], &mut distinct, k);
                }
                coder.push(&rows[from..to], &mut distinct, k);
                last = None;
                continue;
            }
            let (a, _) = pending.unwrap_or((from, to));
            pending = Some((a, to));
            let enough = if few { 1 } else { width };
            if to - a >= enough && distinct.at_least(crowd, rows[a..to].iter().map(|r| r.1)) {
                coder.push(&rows[a..to], &mut distinct, k);
                (pending, last) = (None, Some(a));
            }
        }
        if let Some((a, b)) = pending {
            coder.close(&rows[a..b], &mut distinct, k);
        }
        coder.round(&rows, &mut distinct, k);
        coder.heap(&rows, &mut distinct, k);
        coder
    }

    /// Moves the ends and quartiles of bins of several values to round numbers of the grid, by at most a quarter of the
    /// distance to the next of them, so that a model does not show what one training row holds.
    fn round(&mut self, rows: &[(i64, u32)], distinct: &mut Distinct, k: usize) {
        let grid = Grid { step: self.step, zero: rows[0].0.rem_euclid(self.step) };
        let until = |v: i64| rows.partition_point(|r| r.0 <= v);
        // Rows before this one are in earlier bins.
        let mut from = 0;
        for c in 0..self.len() {
            let (lo, inner, hi) = (self.lo[c], self.inner[c], self.hi[c]);
            if lo == hi {
                from = until(hi);
                continue;
            }
            let first = match c {
                0 => grid.up(lo, inner[0].abs_diff(lo)),
                _ => grid.near(lo, inner[0].abs_diff(lo)).max(self.hi[c - 1] + self.step),
            };
            // A moved end moves rows: enough entities must be left on both sides. Half-way to the next row none is moved.
            let mut enough = |a: usize, b: usize| distinct.at_least(k, rows[a..b].iter().map(|r| r.1));
            let end = match self.lo.get(c + 1) {
                None => grid.down(hi, hi.abs_diff(inner[2])),
                Some(&next) => {
                    let near = grid.near(hi, hi.abs_diff(inner[2]));
                    let stays = near < next && enough(from, until(near)) && enough(until(near), until(self.hi[c + 1]));
                    // Of a wide gap little is filled.
                    let steps = |n: u64| n / self.step as u64;
                    let most = (steps(hi.abs_diff(lo)) / 4).max(1);
                    if stays { near } else { hi + (steps(next.abs_diff(hi)) / 2).min(most) as i64 * self.step }
                }
            };
            from = until(end);
            let mut least = first;
            for (q, near) in [[lo, inner[1]], [inner[0], inner[2]], [inner[1], hi]].into_iter().enumerate() {
                let room = inner[q].abs_diff(near[0]).min(near[1].abs_diff(inner[q]));
                self.inner[c][q] = grid.near(inner[q], room).clamp(least, end);
                least = self.inner[c][q];
            }
            (self.lo[c], self.hi[c]) = (first, end);
        }
    }

    /// A bin over sorted rows.
    fn push(&mut self, rows: &[(i64, u32)], distinct: &mut Distinct, k: usize) {
        let (lo, hi) = (rows[0].0, rows[rows.len() - 1].0);
        self.inner.push(self.quartiles(rows, (lo, hi), distinct, k));
        self.lo.push(lo);
        self.hi.push(hi);
    }

    /// Takes the last bin away.
    fn pop(&mut self) {
        self.lo.pop();
        self.hi.pop();
        self.inner.pop();
    }

    /// The quartiles of rows of the bin lo..=hi, learned where each quarter has enough entities; else they are even.
    pub(super) fn quartiles(
        &self,
        rows: &[(i64, u32)],
        (lo, hi): (i64, i64),
        distinct: &mut Distinct,
        k: usize,
    ) -> [i64; 3] {
        let n = rows.len();
        let quarter = |q: usize| rows[n * q / 4..n * (q + 1) / 4].iter().map(|r| r.1);
        let enough = (0..4).all(|q| distinct.at_least(k, quarter(q)));
        let steps = (hi.wrapping_sub(lo) as u64 / self.step as u64) as u128;
        let even = |q: usize| lo.wrapping_add(((steps * q as u128 / 4) as i64).wrapping_mul(self.step));
        [1, 2, 3].map(|q| if enough { rows[(n - 1) * q / 4].0 } else { even(q) })
    }

    /// The rest before an atom or the end: a bin of its own with enough entities. Of too few nothing is kept, and they
    /// count as the bin above: that the bin below grew over them would put a quarter of its rows where hardly any are.
    fn close(&mut self, rows: &[(i64, u32)], distinct: &mut Distinct, k: usize) {
        if self.is_empty() || distinct.at_least(k, rows.iter().map(|r| r.1)) {
            self.push(rows, distinct, k);
        }
    }
}

/// The numbers that a column can hold.
pub(super) struct Grid {
    pub step: i64,
    /// The smallest of them that is not negative.
    pub zero: i64,
}

impl Grid {
    /// The roundest unit that moves the nearest number by at most a quarter of `room`: 1, 2, 5, 10, 20, ... steps.
    fn unit(&self, room: u64) -> i64 {
        let most = room / self.step as u64 / 2;
        let mut ten = 1u64;
        while ten <= most / 10 {
            ten *= 10;
        }
        let times = [5, 2, 1].into_iter().find(|m| m * ten <= most).unwrap_or(1);
        self.step.saturating_mul((times * ten) as i64)
    }

    /// The multiple of the unit next to a number; the number itself where that leaves the whole numbers.
    pub fn near(&self, value: i64, room: u64) -> i64 {
        self.down(value.saturating_add(self.unit(room) / 2), room)
    }

    pub fn down(&self, value: i64, room: u64) -> i64 {
        let past = i128::from(value) - i128::from(self.zero);
        i64::try_from(i128::from(value) - past.rem_euclid(i128::from(self.unit(room)))).unwrap_or(value)
    }

    pub fn up(&self, value: i64, room: u64) -> i64 {
        let down = self.down(value, room);
        if down == value { value } else { down.saturating_add(self.unit(room)) }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Entities that a code stands for at least, but for the rest beside a single value, before a wide gap or at the end. The
/// histogram nearest to the truth has bins whose width falls with the cube root of the number of cases (Freedman and
/// Diaconis 1981), so each holds a number that grows with its square.
fn crowd(rows: &[(i64, u32)], groups: usize) -> usize {
    let mut seen = vec![false; groups];
    rows.iter().for_each(|r| seen[r.1 as usize] = true);
    let entities = seen.iter().filter(|s| **s).count() as f64;
    (0.3 * libm::cbrt(entities * entities)) as usize
}

/// Whether the gap before a row is one that the `m` rows on either side would hardly leave by chance: the gaps between
/// random values are exponential, the largest of n of them near ln n times their mean (rows sorted).
fn is_wide(rows: &[(i64, u32)], at: usize, m: usize, step: i64) -> bool {
    if at < m || rows.len() - at < m {
        return false;
    }
    let (before, after) = (rows[at - 1].0, rows[at].0);
    let (gap, span) = (before.abs_diff(after), before.abs_diff(rows[at - m].0).max(rows[at + m - 1].0.abs_diff(after)));
    let chance = crate::math::ln(rows.len() as f64) * span as f64 / m as f64;
    gap / GAP >= step as u64 && gap as f64 > WIDE * chance
}

/// Half-way between the k-th smallest of the entities' smallest values and the next one, and the same from above (rows
/// sorted, some); the k-th itself where enough entities have it.
fn guarded_extremes(rows: &[(i64, u32)], distinct: &mut Distinct, groups: usize, k: usize, step: i64) -> (i64, i64) {
    let nth = |it: &mut dyn Iterator<Item = &(i64, u32)>| {
        let mut seen = vec![false; groups];
        let mut first_of_each = it.filter(|(_, g)| !std::mem::replace(&mut seen[*g as usize], true));
        first_of_each.nth(k.saturating_sub(1)).map(|r| r.0)
    };
    let steps = |a: i64, b: i64| b.wrapping_sub(a) as u64 / step as u64;
    let after = |a: i64, n: u64| a.wrapping_add((n as i64).wrapping_mul(step));
    let (low, high) = match (nth(&mut rows.iter()), nth(&mut rows.iter().rev())) {
        (Some(low), Some(high)) if low <= high => {
            let run = |v: i64| (rows.partition_point(|r| r.0 < v), rows.partition_point(|r| r.0 <= v));
            let (of_low, of_high) = (run(low), run(high));
            let mut alone =
                |(a, b): (usize, usize)| low < high && !distinct.at_least(k, rows[a..b].iter().map(|r| r.1));
            let low = if alone(of_low) { after(low, steps(low, rows[of_low.1].0) / 2) } else { low };
            let before = |b: i64, n: u64| b.wrapping_sub((n as i64).wrapping_mul(step));
            let high = if alone(of_high) { before(high, steps(rows[of_high.0 - 1].0, high) / 2) } else { high };
            return (low, high);
        }
        (Some(high), Some(low)) => (low, high),
        _ => (rows[0].0, rows[rows.len() - 1].0),
    };
    // Of fewer than 2k entities half-way between the two is nobody's value.
    let middle = after(low, steps(low, high) / 2);
    (middle, middle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    fn rng() -> Stream {
        Stream::new(1, 2, 3)
    }

    #[test]
    fn of_few_entities_nobody_s_value_is_kept() {
        // Half-way between the fifth from below (110) and from above (40), on the grid of tens.
        let c = NumberCoder::fit(&[10, 20, 40, 60, 110, 160, 220], &[0, 1, 2, 3, 4, 5, 6], 5, Grain::Coarse);
        assert_eq!(c.range(), Some((70, 70)));
    }

    #[test]
    fn of_one_entity_the_range_is_not_kept() {
        let c = NumberCoder::fit(&[10, 70, 20, 90], &[0; 4], 5, Grain::Coarse);
        assert_eq!(c.range(), Some((50, 50)));
    }

    #[test]
    fn the_numbers_of_bins_are_round_and_mostly_nobody_s() {
        let mut s = rng();
        let values: Vec<i64> = (0..20_000).map(|_| s.below(3_000) as i64 * s.below(3_000) as i64).collect();
        let entities: Vec<u32> = (0..20_000).collect();
        let c = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        let held: std::collections::HashSet<i64> = values.iter().copied().collect();
        let exact = c.values().iter().filter(|v| held.contains(v)).count();
        // Numbers of this table meet a value of a row by chance: one in 40 to 4,000 numbers is one.
        assert!(c.values().len() > 250 && exact * 4 < c.values().len(), "{exact} of {}", c.values().len());
        let mut rows: Vec<(i64, u32)> = values.iter().copied().zip(entities).collect();
        rows.sort_unstable();
        let mut distinct = Distinct::new(20_000);
        for code in 0..c.len() as u16 {
            let of = rows.iter().filter(|r| c.code(r.0) == code).map(|r| r.1);
            assert!(distinct.at_least(5, of), "bin {code} has too few entities");
        }
    }

    #[test]
    fn a_bin_of_few_entities_shows_none_of_their_values() {
        let mut s = rng();
        let values: Vec<i64> = (0..200).map(|_| s.below(1_000_000_000) as i64).collect();
        let c = NumberCoder::fit(&values, &(0..200).collect::<Vec<u32>>(), 5, Grain::Coarse);
        // A code for each ten: 0.3 times the square of the cube root of 200.
        assert_eq!(c.len(), 20);
        let exact = c.values().iter().filter(|v| values.contains(v)).count();
        // By chance one number in a million is one of the 200.
        assert_eq!(exact, 0, "of {} numbers", c.values().len());
    }

    #[test]
    fn codes_are_fewer_where_entities_are() {
        for (entities, least) in [(27, 5), (1000, 30)] {
            // Two rows of each; values that are many, and values that are few.
            for values in [1_000_003, 150] {
                let rows: Vec<i64> = (0..2 * entities).map(|i| i * 7919 % values).collect();
                let who: Vec<u32> = (0..2 * entities as u32).map(|i| i / 2).collect();
                let c = NumberCoder::fit(&rows, &who, 5, Grain::Fine);
                // The rest at the end may be a code of its own.
                let most = (2 * entities / least + 1) as usize;
                assert!((most / 2..=most).contains(&c.len()), "{entities} entities, {} codes", c.len());
            }
        }
    }

    #[test]
    fn no_bin_reaches_over_a_wide_gap() {
        // Three kinds of measurements, a few rows of which lie at the rim; none from 8 to 52 or from 72 to 700.
        let mut s = rng();
        let kinds = [(5.0, 0.5), (62.0, 2.0), (900.0, 30.0)];
        let values: Vec<i64> =
            (0..900).map(|i| (100.0 * (kinds[i % 3].0 + kinds[i % 3].1 * s.normal())) as i64).collect();
        let c = NumberCoder::fit(&values, &(0..900).collect::<Vec<u32>>(), 5, Grain::Coarse);
        for code in 0..c.len() as u16 {
            let (lo, hi) = c.bin(code);
            assert!([800, 20_000].iter().all(|gap| hi < *gap || lo > *gap), "{lo}..{hi}");
        }
        assert_eq!(c.gaps().iter().filter(|g| **g).count(), 2);
        // Even numbers leave none.
        let even: Vec<i64> = (0..900).collect();
        let c = NumberCoder::fit(&even, &(0..900).collect::<Vec<u32>>(), 5, Grain::Coarse);
        assert!(!c.gaps().contains(&true));
    }

    #[test]
    fn extremes_and_atoms_come_from_enough_entities() {
        // One entity holds all the values beyond 100 and a heap at 1,000,000.
        let values: Vec<i64> = (0..2000).map(|i| if i < 500 { 1_000_000 } else { i % 100 }).collect();
        let entities: Vec<u32> = (0..2000).map(|i| if i < 500 { 0 } else { i }).collect();
        let c = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        assert_eq!(c.range(), Some((0, 99)));
    }

    #[test]
    fn a_heavy_value_does_not_stand_for_rare_ones_beside_it() {
        // 22 comes 860 times, 25 once, 26 and 27 often.
        let values: Vec<i64> =
            (0..1000).map(|i| [22, 25, 26, 27][usize::from(i > 859) + i.clamp(860, 862) - 860]).collect();
        let c = NumberCoder::fit(&values, &(0..1000).collect::<Vec<u32>>(), 5, Grain::Coarse);
        assert!((0..100).all(|_| c.draw(c.code(22), i64::MIN, i64::MAX, &mut rng()) == Some(22)));
        assert_eq!(c.bin(c.code(22)), (22, 22));
    }
}
