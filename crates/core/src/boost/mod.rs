//! Histogram gradient boosting on small codes: binary targets, means, and whole conditionals p(code | features).
//!
//! Friedman, Greedy function approximation (2001), with the histograms and best-first trees of LightGBM (Ke et
//! al. 2017). Everything is single-threaded and integer inside the sums, so a fit is a pure function of its
//! arguments; callers run many fits beside each other.
//!
//! ```
//! use healthdata_core::boost::{Bins, BoostParams, fit_binary};
//! // One ordered feature; the target is true in its upper half.
//! let columns = vec![(0..400u32).map(|i| (i % 20) as u8).collect::<Vec<u8>>()];
//! let target: Vec<bool> = columns[0].iter().map(|&b| b >= 10).collect();
//! let x = Bins { columns: &columns, ordered: &[true], bins: &[20] };
//! let rows: Vec<u32> = (0..400).collect();
//! let groups = rows.clone(); // every row is its own entity
//! let model = fit_binary(&x, &rows, &target, &groups, &BoostParams::default(), 7);
//! assert!(model.probability(|_| 15) > 0.9);
//! assert!(model.probability(|_| 3) < 0.1);
//! ```

mod conditional;
#[cfg(test)]
mod conditional_tests;
mod detect;
mod draw;
mod groups;
mod grow;
mod matrix;
mod order;
mod pack;
mod scorer;
mod spans;
mod split;
#[cfg(test)]
mod tests;
mod train;
mod tree;
mod trees;

pub use conditional::{BoostedConditional, Codes, fit_codes};
pub use detect::{Detection, auc, cross_validate, cross_validated_auc};
pub use order::order_codes;
pub use scorer::Scorer;
pub use train::{Ensemble, fit_binary, fit_mean};
pub use trees::Trees;

/// Features as small codes, column by column.
#[derive(Clone, Copy, Debug)]
pub struct Bins<'a> {
    /// One code per row for each feature; all columns are equally long.
    pub columns: &'a [Vec<u8>],
    /// True when a feature's codes are in order (0 may mean missing, the lowest); otherwise they are categories.
    pub ordered: &'a [bool],
    /// Number of codes of each feature, at most 256; every code is below it.
    pub bins: &'a [usize],
}

impl Bins<'_> {
    /// Number of features.
    pub fn features(&self) -> usize {
        self.columns.len()
    }
}

/// What happens to the rows held out for early stopping once the number of rounds is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refit {
    /// They stay out.
    None,
    /// The trees stay, their leaf values are learned again from all rows; a twentieth of the cost of `Trees`.
    Leaves,
    /// New trees from all rows, as many rounds.
    Trees,
}

/// How trees are grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Most leaves of a tree; more than 32 count as 32.
    pub leaves: usize,
    /// Share of each tree's step that is taken.
    pub learning_rate: f64,
    /// Least that the cuts of a subtree must gain each, as a chi-square with one degree of freedom: what noise offers
    /// to the best of many cuts is pruned.
    pub min_gain: f64,
}

/// Settings of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct BoostParams {
    /// Most rounds (trees).
    pub rounds: usize,
    /// How trees are grown.
    pub shape: Shape,
    /// Another shape, kept where it is better on the held-out entities.
    pub second: Option<Shape>,
    /// Fewest rows in a leaf.
    pub min_rows: usize,
    /// Fewest entities in a leaf.
    pub min_entities: usize,
    /// L2 penalty on leaf values, in units of second derivatives.
    pub lambda: f64,
    /// Share of the rows, in whole entities, held out to choose the number of rounds; 0 runs all rounds.
    pub validation_share: f64,
    /// Rounds without a better held-out loss before stopping.
    pub patience: usize,
    /// What happens to the held-out rows afterwards.
    pub refit: Refit,
    /// Below this many rows the model is a smoothed constant.
    pub small: usize,
    /// Above this many rows whole entities are left out; at most 2^18.
    pub max_rows: usize,
}

impl Default for BoostParams {
    /// Small pruned trees, which suit noisy data, against large ones, which find fine print such as a column that
    /// follows from two others.
    fn default() -> Self {
        Self {
            rounds: 200,
            shape: Shape { leaves: 8, learning_rate: 0.1, min_gain: 4.0 },
            second: Some(Shape { leaves: 31, learning_rate: 0.15, min_gain: 0.0 }),
            min_rows: 20,
            min_entities: 5,
            lambda: 1.0,
            validation_share: 0.15,
            patience: 10,
            refit: Refit::Leaves,
            small: 60,
            max_rows: 150_000,
        }
    }
}

impl BoostParams {
    /// The detection score's classifier: 100 rounds of 31 leaves at rate 0.1 with at least 10 rows, no early stop.
    pub fn detection() -> Self {
        Self {
            rounds: 100,
            shape: Shape { leaves: 31, learning_rate: 0.1, min_gain: 0.0 },
            second: None,
            min_rows: 10,
            min_entities: 1,
            lambda: 0.0,
            validation_share: 0.0,
            refit: Refit::None,
            small: 20,
            max_rows: 1 << 18,
            ..Self::default()
        }
    }
}
