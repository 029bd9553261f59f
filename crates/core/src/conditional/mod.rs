//! p(code | features): the one conditional that everything is drawn from, in two strengths.

mod flat;
mod matrix;
mod ridge;
mod tree;

pub use flat::{Flat, Leaf};
pub use matrix::{Binner, Matrix};
pub use ridge::Ridge;
pub use tree::{Tree, TreeParams};

use serde::{Deserialize, Serialize};

use crate::rng::Stream;

/// p(code | bins) in one of its strengths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Conditional {
    /// One tree.
    Tree(Tree),
}

impl Conditional {
    /// Draws a code; `weigh` gives the share of a code that is allowed. None when nothing is allowed.
    pub fn draw(
        &self,
        bin: &mut dyn FnMut(u16) -> u8,
        rng: &mut Stream,
        weigh: Option<&mut dyn FnMut(u16) -> f64>,
    ) -> Option<u16> {
        match self {
            Self::Tree(t) => t.draw(bin, rng, weigh),
        }
    }

    /// Probability of a code.
    pub fn probability(&self, bin: &mut dyn FnMut(u16) -> u8, code: u16) -> f64 {
        match self {
            Self::Tree(t) => t.probability(bin, code),
        }
    }

    /// Inputs that are asked for.
    pub fn used(&self) -> Vec<u16> {
        match self {
            Self::Tree(t) => t.used(),
        }
    }
}
