//! Learn a relational database and generate new linked tables from it.
//!
//! The crate holds the vocabulary ([`Metadata`], [`Dataset`], [`Rule`]) and the algorithms; files, clocks and
//! printing live in the crates around it.

pub mod boost;
pub mod check;
pub mod dataset;
pub mod error;
pub mod evaluate;
#[doc(hidden)]
pub mod example;
pub mod linked;
pub mod math;
pub mod metadata;
pub mod metric;
pub mod reference;
pub mod rng;
pub mod rule;
pub mod time;

pub use dataset::{Column, Dataset};
pub use error::{Error, ErrorKind, Result};
pub use metadata::Metadata;
pub use rule::Rule;
