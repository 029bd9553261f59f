//! Randomness: named counter-based streams (Philox4x32-10) and the few conversions the engine uses.
//!
//! Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011). A stream is named by
//! what it draws for, never by when it is called, so no draw depends on threads, parts or order of work.

const M: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const W: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Ten rounds of Philox4x32 on one counter under one key.
#[inline]
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let a = M[0] * u64::from(counter[0]);
        let b = M[1] * u64::from(counter[2]);
        counter = [(b >> 32) as u32 ^ counter[1] ^ key[0], b as u32, (a >> 32) as u32 ^ counter[3] ^ key[1], a as u32];
        key = [key[0].wrapping_add(W[0]), key[1].wrapping_add(W[1])];
    }
    counter
}

/// A 64-bit name from parts: FNV-1a over the bytes with a separator, then mixed.
pub fn name(parts: &[&str]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325u64;
    for p in parts {
        for b in p.bytes().chain([0xFF]) {
            h = (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3);
        }
    }
    mix(h)
}

/// Scrambles 64 bits (the finaliser of SplitMix64).
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A random sequence named by (seed, purpose, index).
///
/// ```
/// use healthdata_core::rng::{Stream, name};
/// let purpose = name(&["patients", "sex"]);
/// let mut a = Stream::new(42, purpose, 7);
/// let mut b = Stream::new(42, purpose, 7);
/// assert_eq!(a.next_u32(), b.next_u32());
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u32; 2],
    counter: [u32; 4],
    block: [u32; 4],
    used: usize,
}

impl Stream {
    /// The stream of `purpose` for row `index` under `seed`. Its first block is worked out at once: a draw wants it at
    /// the end of a walk, where nothing is left to do in the meantime.
    pub fn new(seed: u64, purpose: u64, index: u64) -> Self {
        let k = mix(seed ^ purpose.rotate_left(32)) ^ purpose;
        let key = [k as u32, (k >> 32) as u32];
        let [low, high] = [index as u32, (index >> 32) as u32];
        Self { key, counter: [1, 0, low, high], block: philox([0, 0, low, high], key), used: 0 }
    }

    /// 32 uniform bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        let next = match self.block.get(self.used) {
            Some(word) => *word,
            None => self.refill(),
        };
        self.used += 1;
        next
    }

    /// The first word of the next block.
    #[inline(never)]
    fn refill(&mut self) -> u32 {
        self.block = philox(self.counter, self.key);
        self.counter[0] = self.counter[0].wrapping_add(1);
        self.used = 0;
        self.block[0]
    }

    /// 64 uniform bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) << 32 | u64::from(self.next_u32())
    }

    /// Uniform in [0, 1) with 53 bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in 0..n; `n` must be positive. Multiply-shift: bias below n / 2^64.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform whole number in lo..=hi; `lo <= hi`.
    pub fn between(&mut self, lo: i64, hi: i64) -> i64 {
        lo.wrapping_add(self.below((hi.wrapping_sub(lo) as u64).saturating_add(1)) as i64)
    }

    /// An index with probability proportional to its weight; None when all weights are 0.
    pub fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let mut u = self.unit() * total;
        let mut last = None;
        for (i, &w) in weights.iter().enumerate() {
            if w > 0.0 {
                last = Some(i);
                if u < w {
                    return last;
                }
                u -= w;
            }
        }
        last
    }

    /// A standard normal draw (Box and Muller 1958), two uniforms each.
    pub fn normal(&mut self) -> f64 {
        let u = 1.0 - self.unit();
        let v = self.unit();
        libm::sqrt(-2.0 * crate::math::ln(u)) * crate::math::cos(std::f64::consts::TAU * v)
    }

    /// Puts a slice in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known-answer vectors published with the Random123 library.
    #[test]
    fn philox_matches_the_published_vectors() {
        let all = u32::MAX;
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([all; 4], [all; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn weighted_choice_follows_the_weights() {
        let mut s = Stream::new(1, name(&["test"]), 0);
        let n = 20_000;
        let hits = (0..n).filter(|_| s.weighted(&[1.0, 0.0, 3.0]) == Some(0)).count() as f64;
        // Four standard errors of a share of 1/4.
        assert!((hits / n as f64 - 0.25).abs() < 4.0 * (0.25f64 * 0.75 / n as f64).sqrt());
    }

    #[test]
    fn streams_with_other_names_differ() {
        let draw = |p: &str, i| Stream::new(1, name(&[p]), i).next_u64();
        assert_ne!(draw("a", 0), draw("b", 0));
        assert_ne!(draw("a", 0), draw("a", 1));
    }

    #[test]
    fn between_covers_the_whole_range() {
        let mut s = Stream::new(3, 0, 0);
        let mut seen = [false; 3];
        for _ in 0..100 {
            seen[(s.between(-1, 1) + 1) as usize] = true;
        }
        assert_eq!(seen, [true; 3]);
        s.between(i64::MIN, i64::MAX);
    }
}
