//! Drawing a code: one uniform number follows the cuts down; weights change the odds of codes exactly.

use super::conditional::{BoostedConditional, Place};
use crate::rng::Stream;

impl BoostedConditional {
    /// Draws a code given the features, `bin(f)` being the code of feature `f`. With `weigh`, which gives the share
    /// (0 to 1) of each code that is allowed, draws exactly from probability times share, divided by the sum; None
    /// when no code that occurred is allowed.
    ///
    /// ```
    /// # use healthdata_core::boost::{Bins, BoostParams, Codes, fit_codes};
    /// # use healthdata_core::rng::{Stream, name};
    /// # let x = Bins { columns: &[], ordered: &[], bins: &[] };
    /// # let codes = Codes { values: &[0, 1, 1, 2], n: 3, order: None };
    /// # let model = fit_codes(&x, &[0, 1, 2, 3], &codes, &[0, 1, 2, 3], &BoostParams::default(), 1);
    /// let mut rng = Stream::new(42, name(&["patients", "sex"]), 0);
    /// let code = model.draw(|_| 0, &mut rng, Some(&mut |code| if code == 1 { 0.0 } else { 1.0 }));
    /// assert!(code == Some(0) || code == Some(2));
    /// assert_eq!(model.draw(|_| 0, &mut rng, Some(&mut |_| 0.0)), None);
    /// ```
    pub fn draw(
        &self,
        mut bin: impl FnMut(usize) -> u8,
        rng: &mut Stream,
        weigh: Option<&mut dyn FnMut(u16) -> f64>,
    ) -> Option<u16> {
        self.draw_by(|cut| self.left_share(cut, &mut bin), rng, weigh)
    }

    /// The same, given the probability of going left at a cut.
    pub fn draw_by(
        &self,
        mut left_share: impl FnMut(usize) -> f64,
        rng: &mut Stream,
        weigh: Option<&mut dyn FnMut(u16) -> f64>,
    ) -> Option<u16> {
        if self.order.is_empty() {
            return None;
        }
        let code = self.walk(rng.unit(), |place| left_share(place.cut));
        // Keeping a free draw as often as its share says, and else drawing once more from the weighed codes, is
        // exact: either way the result has the weighed distribution.
        match weigh {
            Some(weigh) => {
                let share = weigh(code);
                if share >= 1.0 || (share > 0.0 && rng.unit() < share) {
                    Some(code)
                } else {
                    self.draw_weighed(left_share, rng, weigh)
                }
            }
            None => Some(code),
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

    /// A draw from the weighed codes. The mass below a cut is worked out where its codes are weighed differently.
    pub(super) fn draw_weighed(
        &self,
        mut left_share: impl FnMut(usize) -> f64,
        rng: &mut Stream,
        weigh: &mut dyn FnMut(u16) -> f64,
    ) -> Option<u16> {
        let weights: Vec<f64> = self.order.iter().map(|&c| weigh(c).clamp(0.0, 1.0)).collect();
        // Where the weights change, before each position.
        let mut changes = vec![0u32; weights.len()];
        for i in 1..weights.len() {
            changes[i] = changes[i - 1] + u32::from(weights[i] != weights[i - 1]);
        }
        let even = |p: Place| (changes[p.low] == changes[p.high - 1]).then(|| weights[p.low]);
        if even(self.top()) == Some(0.0) {
            return None;
        }
        let mut known = vec![f64::NAN; self.left.len()];
        let mut share = |cut: usize| {
            if known[cut].is_nan() {
                known[cut] = left_share(cut);
            }
            known[cut]
        };
        Some(self.walk(rng.unit(), |at| {
            let [left, right] = self.below(at);
            if even(right) == Some(0.0) {
                return 1.0;
            }
            if even(left) == Some(0.0) {
                return 0.0;
            }
            let s = share(at.cut);
            let l = s * self.mass(left, &even, &mut share);
            let r = (1.0 - s) * self.mass(right, &even, &mut share);
            // Both underflow only where no draw could tell them apart.
            if l + r > 0.0 { l / (l + r) } else { 0.5 }
        }))
    }

    /// The mean weight below a place.
    fn mass(&self, at: Place, even: &dyn Fn(Place) -> Option<f64>, share: &mut dyn FnMut(usize) -> f64) -> f64 {
        even(at).unwrap_or_else(|| {
            let s = share(at.cut);
            let [left, right] = self.below(at);
            s * self.mass(left, even, share) + (1.0 - s) * self.mass(right, even, share)
        })
    }
}

/// Whether a uniform number goes left at a cut, and the uniform number that is left of it.
pub(super) fn turn(u: f64, share: f64) -> (bool, f64) {
    if u < share { (true, u / share) } else { (false, (u - share) / (1.0 - share)) }
}
