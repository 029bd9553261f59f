//! The intervals of one target, to tell how many are open at a time.

/// Intervals in order of their start.
#[derive(Default)]
pub(super) struct Intervals {
    all: Vec<(i64, i64)>,
    /// The longest that was ever here: none that starts earlier than that before a time is open at it.
    longest: i64,
}

impl Intervals {
    pub fn insert(&mut self, start: i64, end: i64) {
        let at = self.all.partition_point(|i| *i < (start, end));
        self.all.insert(at, (start, end));
        self.longest = self.longest.max(end.saturating_sub(start));
    }

    pub fn remove(&mut self, start: i64, end: i64) {
        if let Ok(at) = self.all.binary_search(&(start, end)) {
            self.all.remove(at);
        }
    }

    /// How many hold a time; an end is not part of its interval.
    pub fn at(&self, time: i64) -> u32 {
        let first = time.saturating_sub(self.longest);
        let until = self.all.partition_point(|i| i.0 <= time);
        self.all[..until].iter().rev().take_while(|i| i.0 >= first).filter(|i| time < i.1).count() as u32
    }

    /// The starts after one time and before another, in order.
    pub fn starts(&self, after: i64, before: i64) -> impl Iterator<Item = i64> {
        let from = self.all.partition_point(|i| i.0 <= after);
        self.all[from..].iter().map(|i| i.0).take_while(move |s| *s < before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn as_many_are_open_as_a_count_of_all_says() {
        let mut s = Stream::new(7, 0, 0);
        let (mut fast, mut slow) = (Intervals::default(), Vec::new());
        for round in 0..600 {
            if round % 4 == 3 {
                let (a, b) = slow.swap_remove(s.below(slow.len() as u64) as usize);
                fast.remove(a, b);
            } else {
                let a = s.between(-50, 50);
                let b = a + s.between(-3, 20);
                slow.push((a, b));
                fast.insert(a, b);
            }
            let time = s.between(-60, 80);
            let open = slow.iter().filter(|(a, b)| *a <= time && time < *b).count() as u32;
            assert_eq!(fast.at(time), open, "{time}");
            let mut starts: Vec<i64> = slow.iter().map(|i| i.0).filter(|a| *a > time && *a < 30).collect();
            starts.sort_unstable();
            assert_eq!(fast.starts(time, 30).collect::<Vec<_>>(), starts);
        }
    }
}
