//! Drawing a code: one uniform number follows the cuts down; a mask removes codes and leaves the rest in proportion.

use super::conditional::{BoostedConditional, Place};
use crate::rng::Stream;

impl BoostedConditional {
    /// Draws a code given the features, `bin(f)` being the code of feature `f`. With `allowed`, draws exactly from
    /// the probabilities of the allowed codes divided by their sum; None when no code that occurred is allowed.
    ///
    /// ```
    /// # use healthdata_core::boost::{Bins, BoostParams, Codes, fit_codes};
    /// # use healthdata_core::rng::{Stream, name};
    /// # let x = Bins { columns: &[], ordered: &[], bins: &[] };
    /// # let codes = Codes { values: &[0, 1, 1, 2], n: 3, order: None };
    /// # let model = fit_codes(&x, &[0, 1, 2, 3], &codes, &[0, 1, 2, 3], &BoostParams::default(), 1);
    /// let mut rng = Stream::new(42, name(&["patients", "sex"]), 0);
    /// let code = model.draw(|_| 0, &mut rng, Some(&|code| code != 1));
    /// assert!(code == Some(0) || code == Some(2));
    /// assert_eq!(model.draw(|_| 0, &mut rng, Some(&|_| false)), None);
    /// ```
    pub fn draw(
        &self,
        mut bin: impl FnMut(usize) -> u8,
        rng: &mut Stream,
        allowed: Option<&dyn Fn(u16) -> bool>,
    ) -> Option<u16> {
        if self.order.is_empty() {
            return None;
        }
        let code = self.walk(rng.unit(), |place| self.left_share(place.cut, &mut bin));
        // Throwing away a draw that the mask forbids and drawing once more from the masked codes is exact: either
        // way the result has the masked distribution.
        match allowed {
            Some(allowed) if !allowed(code) => self.draw_masked(bin, rng, allowed),
            _ => Some(code),
        }
    }

    /// Follows one uniform number down: it is rescaled at each cut, which makes the walk the inverse of the
    /// distribution function over the tree order.
    fn walk(&self, mut u: f64, mut left_share: impl FnMut(Place) -> f64) -> u16 {
        let mut at = self.top();
        while at.high - at.low > 1 {
            let share = left_share(at);
            let [left, right] = self.below(at);
            let (goes_left, rest) = turn(u, share);
            (at, u) = (if goes_left { left } else { right }, rest);
        }
        self.order[at.low]
    }

    /// A draw from the allowed codes. The mass of allowed codes below a cut is worked out where it is neither all
    /// nor nothing.
    pub(super) fn draw_masked(
        &self,
        mut bin: impl FnMut(usize) -> u8,
        rng: &mut Stream,
        allowed: &dyn Fn(u16) -> bool,
    ) -> Option<u16> {
        // Allowed codes before each position.
        let mut before = vec![0u32; self.order.len() + 1];
        for (i, &c) in self.order.iter().enumerate() {
            before[i + 1] = before[i] + u32::from(allowed(c));
        }
        let count = |p: Place| before[p.high] - before[p.low];
        if count(self.top()) == 0 {
            return None;
        }
        let mut known = vec![f64::NAN; self.left.len()];
        let mut share = |cut: usize| {
            if known[cut].is_nan() {
                known[cut] = self.left_share(cut, &mut bin);
            }
            known[cut]
        };
        Some(self.walk(rng.unit(), |at| {
            let [left, right] = self.below(at);
            if count(right) == 0 {
                return 1.0;
            }
            if count(left) == 0 {
                return 0.0;
            }
            let s = share(at.cut);
            let l = s * self.mass(left, &count, &mut share);
            let r = (1.0 - s) * self.mass(right, &count, &mut share);
            // Both underflow only where no draw could tell them apart.
            if l + r > 0.0 { l / (l + r) } else { 0.5 }
        }))
    }

    /// The probability of an allowed code given that the walk stands at `at`.
    fn mass(&self, at: Place, count: &dyn Fn(Place) -> u32, share: &mut dyn FnMut(usize) -> f64) -> f64 {
        match count(at) as usize {
            0 => 0.0,
            n if n == at.high - at.low => 1.0,
            _ => {
                let s = share(at.cut);
                let [left, right] = self.below(at);
                s * self.mass(left, count, share) + (1.0 - s) * self.mass(right, count, share)
            }
        }
    }
}

/// Whether a uniform number goes left at a cut, and the uniform number that is left of it.
pub(super) fn turn(u: f64, share: f64) -> (bool, f64) {
    if u < share { (true, u / share) } else { (false, (u - share) / (1.0 - share)) }
}
