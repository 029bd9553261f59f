//! How often each of many targets may still be chosen before all have been as often as they are popular.

use crate::rng::Stream;

/// Targets in the order of their profile.
pub(super) struct Stock {
    /// How popular each is.
    popular: Vec<u32>,
    /// Of all before each, and of all.
    before: Vec<u64>,
    /// What is left of each, as sums over stretches that double in length (a Fenwick tree).
    left: Vec<u64>,
    /// Times that all have been chosen.
    laps: u32,
}

impl Stock {
    pub fn new(popular: impl Iterator<Item = u32>) -> Self {
        let popular: Vec<u32> = popular.collect();
        let mut before = vec![0u64];
        popular.iter().for_each(|p| before.push(before[before.len() - 1] + u64::from(*p)));
        let mut stock = Self { left: Vec::new(), popular, before, laps: 0 };
        stock.fill(|_| 0);
        stock
    }

    /// Share of a stretch that is left.
    pub fn share(&self, from: usize, to: usize) -> f64 {
        let popular = self.before[to] - self.before[from];
        (self.sum(to) - self.sum(from)) as f64 / popular.max(1) as f64
    }

    /// One of a stretch, by what is left of each; by how popular they are where nothing is left.
    pub fn pick(&self, from: usize, to: usize, rng: &mut Stream) -> usize {
        let (low, high) = (self.sum(from), self.sum(to));
        if low < high {
            return self.place(low + rng.below(high - low));
        }
        let (low, high) = (self.before[from], self.before[to]);
        if low < high {
            let at = low + rng.below(high - low);
            return self.before.partition_point(|b| *b <= at) - 1;
        }
        from + rng.below((to - from) as u64) as usize
    }

    /// Takes one; `used` says how often each was chosen, this time included.
    pub fn take(&mut self, at: usize, used: impl Fn(usize) -> u32) {
        if self.sum(at) < self.sum(at + 1) {
            let mut i = at + 1;
            while i < self.left.len() {
                self.left[i] -= 1;
                i += i & i.wrapping_neg();
            }
        }
        while self.sum(self.popular.len()) == 0 && self.before.last() > Some(&0) {
            self.laps += 1;
            self.fill(&used);
        }
    }

    fn fill(&mut self, used: impl Fn(usize) -> u32) {
        let of = |(i, p): (usize, &u32)| u64::from(p.saturating_mul(self.laps + 1).saturating_sub(used(i)));
        self.left = std::iter::once(0).chain(self.popular.iter().enumerate().map(of)).collect();
        for i in 1..self.left.len() {
            let up = i + (i & i.wrapping_neg());
            if up < self.left.len() {
                self.left[up] += self.left[i];
            }
        }
    }

    /// What is left of all before a place.
    fn sum(&self, to: usize) -> u64 {
        let (mut i, mut sum) = (to, 0);
        while i > 0 {
            sum += self.left[i];
            i &= i - 1;
        }
        sum
    }

    /// The place at which a sum is passed.
    fn place(&self, mut sum: u64) -> usize {
        let (mut at, mut step) = (0, self.left.len().next_power_of_two() / 2);
        while step > 0 {
            if let Some(here) = self.left.get(at + step).filter(|here| **here <= sum) {
                sum -= here;
                at += step;
            }
            step /= 2;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::name;

    #[test]
    fn all_are_chosen_as_often_as_they_are_popular_before_any_is_again() {
        let popular = [3u32, 0, 5, 1, 1];
        let mut stock = Stock::new(popular.into_iter());
        let mut rng = Stream::new(1, name(&["stock"]), 0);
        let mut used = [0u32; 5];
        for lap in 1..=3 {
            for _ in 0..10 {
                let at = stock.pick(0, 5, &mut rng);
                used[at] += 1;
                stock.take(at, |i| used[i]);
            }
            assert_eq!(used, popular.map(|p| p * lap));
        }
    }

    #[test]
    fn a_stretch_is_left_in_part() {
        let mut stock = Stock::new([2u32, 2, 4].into_iter());
        let mut rng = Stream::new(2, name(&["stock"]), 0);
        let mut used = [0u32; 3];
        for _ in 0..2 {
            let at = stock.pick(1, 2, &mut rng);
            assert_eq!(at, 1);
            used[at] += 1;
            stock.take(at, |i| used[i]);
        }
        assert_eq!([stock.share(0, 1), stock.share(1, 2), stock.share(0, 3)], [1.0, 0.0, 0.75]);
        // What has nothing left may still be asked for.
        assert_eq!(stock.pick(1, 2, &mut rng), 1);
    }
}
