//! p(code | features): the one conditional that everything is drawn from, in two strengths.

mod flat;
mod grow;
mod matrix;
mod ridge;
mod tree;

pub use flat::{Flat, Leaf};
pub use matrix::{Binner, Matrix};
pub use ridge::{Line, Ridge};
pub use tree::{Scale, Tree, TreeParams};

use serde::{Deserialize, Serialize};

use crate::boost::BoostedConditional;
use crate::math::exp;

/// p(code | bins) in one of its strengths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Conditional {
    /// One tree.
    Tree(Tree),
    /// Boosted trees.
    Boosted(Box<BoostedConditional>),
}

/// Inputs of a boosted conditional that are worked out once a draw at most; further ones are asked for every time.
const REMEMBERED: usize = 128;

/// Asks for each bin once: a boosted conditional asks for the same few inputs hundreds of times.
fn once(bin: &mut dyn FnMut(u16) -> u8) -> impl FnMut(usize) -> u8 {
    let mut known = [u16::MAX; REMEMBERED];
    move |i| match known.get_mut(i) {
        Some(k) => {
            if *k == u16::MAX {
                *k = u16::from(bin(i as u16));
            }
            *k as u8
        }
        None => bin(i as u16),
    }
}

impl Conditional {
    /// Probability of a code.
    pub fn probability(&self, bin: &mut dyn FnMut(u16) -> u8, code: u16) -> f64 {
        match self {
            Self::Tree(t) => t.probability(bin, code),
            Self::Boosted(b) => exp(b.log_prob(code, once(bin))),
        }
    }

    /// Inputs that are asked for.
    pub fn used(&self) -> Vec<u16> {
        match self {
            Self::Tree(t) => t.used(),
            Self::Boosted(b) => b.features().into_iter().map(|f| f as u16).collect(),
        }
    }

    /// True when it can be drawn from safely; for one that comes from a file.
    pub fn is_sound(&self, inputs: usize, codes: usize) -> bool {
        match self {
            Self::Tree(t) => t.is_sound(inputs, codes),
            Self::Boosted(b) => b.codes() <= codes && b.check(inputs).is_ok(),
        }
    }
}
