//! Elementary functions with the same bits on every processor.
//!
//! The standard library's `exp`, `ln`, `sin` and `powf` call the platform and may differ in the last bit, so
//! `clippy.toml` bans them in this crate and everything goes through here.

/// e to the power of `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Sine of `x` in radians.
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of `x` in radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// `x` to the power of `y`.
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// The logistic function.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// The logistic function to seven digits, without a call or a branch so that loops over it are fast.
///
/// e^-x = 2^k e^r with |r| <= ln(2)/2 and a polynomial for e^r; only exactly defined operations, so the same bits
/// everywhere.
pub fn sigmoid_f32(x: f32) -> f32 {
    /// Adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = (-x).clamp(-87.0, 87.0);
    let k = x * std::f32::consts::LOG2_E + ROUND;
    let scale = f32::from_bits((k.to_bits() << 23).wrapping_add(0x3f80_0000));
    let k = k - ROUND;
    // ln 2 in two parts: the first times k is exact.
    let r = (x - k * 0.693_359_4) - k * -2.121_944_4e-4;
    let p = 1.0 + r * (1.0 + r * (0.5 + r * (0.166_666_6 + r * (0.041_666_56 + r * (8.339_283e-3 + r * 1.394_33e-3)))));
    1.0 / (1.0 + p * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_logistic_function_agrees_with_the_exact_one() {
        for i in -9000..=9000 {
            let x = i as f32 / 97.0;
            let (fast, exact) = (f64::from(sigmoid_f32(x)), sigmoid(f64::from(x)));
            assert!((fast - exact).abs() <= 4e-7 * exact + 1e-37, "{x}: {fast} {exact}");
        }
        assert_eq!((sigmoid_f32(1e30), sigmoid_f32(0.0)), (1.0, 0.5));
        assert!(sigmoid_f32(-1e30) < 1e-37 && sigmoid_f32(f32::NAN).is_nan());
    }
}
