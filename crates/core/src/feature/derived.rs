//! What draws make of features: bins as sets for the cuts that ask for them, and linear guesses.

use crate::conditional::{Binner, Line};

/// A place that is worked out of places before it.
pub enum Derived<'a> {
    /// The bin of a place as a set of one: bits that a cut compares with its own set.
    Bin(u32, &'a Binner),
    /// What a guess makes of the features that are the same for all rows of the owner.
    OfOwner(Line),
    /// The guess: that, and what it makes of what the rows before tell and of the rest.
    Guess(u32, Line, Line),
}
