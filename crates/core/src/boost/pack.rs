//! Gradient, second derivative and row count of a row in one 64-bit integer, so that a histogram cell is one add.
//!
//! Shi et al., Quantized training of gradient boosting decision trees (NeurIPS 2022), with as many bits as the
//! number of rows leaves room for. Sums are exact, whatever their order; rounding is random and so unbiased.

use crate::rng::mix;

/// How the three numbers share the 64 bits: gradient (signed) above second derivative above count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    count_bits: u32,
    /// 0 when the second derivative is 1 for every row.
    hessian_bits: u32,
    gradient_scale: f64,
    hessian_scale: f64,
}

/// The sums over some rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    pub gradient: f64,
    pub hessian: f64,
    pub count: u64,
}

impl Packing {
    /// For `rows` rows (below 2^18) with gradients in -1..=1 and second derivatives in 0..=1/4.
    pub fn logistic(rows: usize) -> Self {
        let c = bits(rows);
        let free = 63 - 3 * c;
        let (g, h) = (free.div_ceil(2).min(20), (free / 2).min(20));
        Self {
            count_bits: c,
            hessian_bits: c + h,
            gradient_scale: f64::from(1u32 << g),
            hessian_scale: f64::from(4u32 << h),
        }
    }

    /// For `rows` rows with gradients in `-largest..=largest` and second derivative 1.
    pub fn squared(rows: usize, largest: f64) -> Self {
        let c = bits(rows);
        let g = (63 - 2 * c).min(30);
        Self {
            count_bits: c,
            hessian_bits: 0,
            gradient_scale: f64::from(1u32 << g) / largest.max(f64::MIN_POSITIVE),
            hessian_scale: 1.0,
        }
    }

    /// One row; `dither` is its random rounding.
    pub fn pack(&self, gradient: f32, hessian: f32, dither: u64) -> u64 {
        let (u, v) = ((dither >> 40) as f64 / (1u64 << 24) as f64, (dither as u32 >> 8) as f64 / (1u64 << 24) as f64);
        let g = floor(f64::from(gradient) * self.gradient_scale + u);
        let h = if self.hessian_bits == 0 { 0 } else { floor(f64::from(hessian) * self.hessian_scale + v) };
        ((g << (self.hessian_bits + self.count_bits)) as u64)
            .wrapping_add((h << self.count_bits) as u64)
            .wrapping_add(1)
    }

    /// The sums in a cell.
    pub fn unpack(&self, cell: u64) -> Sums {
        let count = cell & ((1 << self.count_bits) - 1);
        let gradient = (cell as i64 >> (self.hessian_bits + self.count_bits)) as f64 / self.gradient_scale;
        let hessian = if self.hessian_bits == 0 {
            count as f64
        } else {
            (cell >> self.count_bits & ((1 << self.hessian_bits) - 1)) as f64 / self.hessian_scale
        };
        Sums { gradient, hessian, count }
    }

    /// The number of rows in a cell.
    pub fn count(&self, cell: u64) -> usize {
        (cell & ((1 << self.count_bits) - 1)) as usize
    }
}

/// The random rounding of `row` in `round`.
pub(super) fn dither(seed: u64, round: usize, row: usize) -> u64 {
    mix(seed ^ (round as u64) << 32 ^ row as u64)
}

/// Bits that hold a sum of `rows` ones.
fn bits(rows: usize) -> u32 {
    usize::BITS - rows.leading_zeros()
}

/// Largest whole number not above `x`, without a call to the platform.
fn floor(x: f64) -> i64 {
    let t = x as i64;
    t - i64::from((t as f64) > x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_survive_the_largest_fit_and_rounding_is_unbiased() {
        let n = (1 << 18) - 1;
        for sign in [-1.0f32, 1.0] {
            let p = Packing::logistic(n);
            let sum = (0..n).fold(0u64, |s, i| s.wrapping_add(p.pack(sign, 0.25, dither(1, 0, i))));
            let s = p.unpack(sum);
            assert_eq!((s.count, s.gradient, s.hessian), (n as u64, f64::from(sign) * n as f64, n as f64 / 4.0));
        }
        let p = Packing::logistic(n);
        let sum = (0..n).fold(0u64, |s, i| s.wrapping_add(p.pack(-0.001, 0.001, dither(1, 0, i))));
        let s = p.unpack(sum);
        // The rounding of one row varies by at most half a step (1/32 and 1/64).
        let noise = 4.0 * (n as f64).sqrt() / 2.0;
        assert!((s.gradient + 0.001 * n as f64).abs() < noise / 32.0, "{}", s.gradient);
        assert!((s.hessian - 0.001 * n as f64).abs() < noise / 64.0, "{}", s.hessian);
    }

    #[test]
    fn squared_gradients_are_exact_to_their_step() {
        let p = Packing::squared(1000, 50.0);
        let sum = (0..1000).fold(0u64, |s, i| s.wrapping_add(p.pack(-50.0 + i as f32 * 0.1, 1.0, dither(1, 0, i))));
        let s = p.unpack(sum);
        assert_eq!(s.count, 1000);
        assert!((s.gradient + 50.0).abs() < 0.01, "{}", s.gradient);
    }
}
