//! Drawing a code: at each cut a uniform number says where the walk goes on; weights change the odds of codes exactly.

use super::conditional::Place;
use super::scorer::Scorer;
use crate::rng::Stream;

impl Scorer {
    /// Draws a code given the bins of the inputs. With `weigh`, which gives the share (0 to 1) of each code that is
    /// allowed, draws exactly from probability times share, divided by the sum; None when no code that occurred is
    /// allowed.
    pub fn draw(&self, bins: &[u8], rng: &mut Stream, weigh: Option<&mut dyn FnMut(u16) -> f64>) -> Option<u16> {
        if self.order.is_empty() {
            return None;
        }
        let code = self.walk(|at| self.goes_left(at.cut, bins, rng));
        // Keeping a free draw as often as its share says, and else drawing once more from the weighed codes, is
        // exact: either way the result has the weighed distribution.
        match weigh {
            Some(weigh) => {
                let share = weigh(code);
                if share >= 1.0 || (share > 0.0 && rng.unit() < share) {
                    Some(code)
                } else {
                    self.draw_weighed(bins, rng, weigh)
                }
            }
            None => Some(code),
        }
    }

    fn walk(&self, mut goes_left: impl FnMut(Place) -> bool) -> u16 {
        let mut at = self.top();
        while at.high - at.low > 1 {
            let [left, right] = self.below(at);
            at = if goes_left(at) { left } else { right };
        }
        self.order[at.low]
    }

    /// A draw from the weighed codes. The mass below a cut is worked out where its codes are weighed differently.
    pub(super) fn draw_weighed(&self, bins: &[u8], rng: &mut Stream, weigh: &mut dyn FnMut(u16) -> f64) -> Option<u16> {
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
                known[cut] = self.left_share(cut, bins);
            }
            known[cut]
        };
        let mut left = |at: Place| {
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
        };
        Some(self.walk(|at| rng.unit() < left(at)))
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
