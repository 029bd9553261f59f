//! The bins of a number laid out for drawing: the four pieces of each as (first value, how many).

use super::NumberCoder;
use crate::rng::Stream;

/// Values in a piece up to which 30 random bits choose among them evenly enough (one part in 2^14).
const FEW: u64 = 1 << 16;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    step: i64,
    /// The value of each bin where all bins are single values, else empty.
    single: Vec<i64>,
    pieces: Vec<[(i64, u64); 4]>,
    /// First heap of each bin, then the number of heaps; empty where there are none.
    first_heap: Vec<u32>,
    /// Value of each heap, and the share of its bin up to it in parts of 2^32.
    heaps: Vec<(i64, u32)>,
}

impl Spread {
    /// From a coder.
    pub fn new(coder: &NumberCoder) -> Self {
        let bins = 0..coder.len() as u16;
        if bins.clone().all(|c| coder.bin(c).0 == coder.bin(c).1) {
            let single = bins.map(|c| coder.bin(c).0).collect();
            return Self { step: coder.step(), single, pieces: Vec::new(), first_heap: Vec::new(), heaps: Vec::new() };
        }
        let step = i128::from(coder.step().max(1));
        let count = |(a, b): (i64, i64)| (a, ((i128::from(b) - i128::from(a)) / step + 1).max(1) as u64);
        let pieces = bins.map(|c| coder.pieces(usize::from(c)).map(count)).collect();
        let heaps: Vec<(i64, u32)> = coder.heaps.iter().map(|h| (h.value, h.upto)).collect();
        let place = |c: usize| coder.heaps.partition_point(|h| usize::from(h.code) < c) as u32;
        let first_heap = if heaps.is_empty() { Vec::new() } else { (0..=coder.len()).map(place).collect() };
        Self { step: coder.step(), single: Vec::new(), pieces, first_heap, heaps }
    }

    /// A value of a bin from 32 random bits; only the widest pieces take more of the stream.
    #[inline]
    pub fn draw(&self, code: u16, random: u32, rng: &mut Stream) -> i64 {
        if let Some(v) = self.single.get(usize::from(code)) {
            return *v;
        }
        let code = usize::from(code);
        let random = match self.heap(code, random) {
            Ok(value) => return value,
            Err(random) => random,
        };
        let (first, count) = self.pieces[code][(random >> 30) as usize];
        let at = if count <= FEW { (u64::from(random << 2 >> 2) * count) >> 30 } else { rng.below(count) };
        first.wrapping_add((at as i64).wrapping_mul(self.step))
    }

    /// The value of a heap, or else what is left of the random bits, stretched over all of them again.
    #[inline]
    fn heap(&self, code: usize, random: u32) -> Result<i64, u32> {
        let Some([from, to]) = self.first_heap.get(code..code + 2) else { return Err(random) };
        let heaps = &self.heaps[*from as usize..*to as usize];
        let Some((_, all)) = heaps.last() else { return Err(random) };
        match heaps.iter().find(|h| random < h.1) {
            Some((value, _)) => Ok(*value),
            None => Err(((u64::from(random - all) << 32) / ((1 << 32) - u64::from(*all))) as u32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Grain;

    #[test]
    fn values_come_as_from_the_coder_itself() {
        let mut s = Stream::new(1, 2, 3);
        let values: Vec<i64> = (0..5000).map(|_| s.below(30_000) as i64 * s.below(30_000) as i64 * 5).collect();
        let entities: Vec<u32> = (0..5000).collect();
        let coder = NumberCoder::fit(&values, &entities, 5, Grain::Coarse);
        let spread = Spread::new(&coder);
        for code in 0..coder.len() as u16 {
            let (n, mut below) = (400, [0.0; 2]);
            for _ in 0..n {
                let random = s.next_u32();
                let v = spread.draw(code, random, &mut s);
                assert!(coder.code(v) == code && (v - coder.bin(0).0) % coder.step() == 0);
                let exact = coder.draw(code, i64::MIN, i64::MAX, &mut s).unwrap();
                below[0] += f64::from(u8::from(v <= coder.middle(code))) / f64::from(n);
                below[1] += f64::from(u8::from(exact <= coder.middle(code))) / f64::from(n);
            }
            // Five standard errors of the difference of two shares near a half.
            assert!((below[0] - below[1]).abs() < 5.0 * (0.5f64 / f64::from(n)).sqrt(), "{code}: {below:?}");
        }
    }

    #[test]
    fn single_values_are_themselves() {
        let values: Vec<i64> = (0..1000).map(|i| i % 10).collect();
        let coder = NumberCoder::fit(&values, &(0..1000).collect::<Vec<u32>>(), 5, Grain::Coarse);
        let spread = Spread::new(&coder);
        assert!((0..10).all(|v| spread.draw(coder.code(v), u32::MAX, &mut Stream::new(0, 0, 0)) == v));
    }
}
