//! Learn a relational database and generate new linked tables from it.
//!
//! The crate holds the vocabulary ([`Metadata`], [`Dataset`], [`Rule`]) and the algorithms; files, clocks and
//! printing live in the crates around it.

pub mod boost;
pub mod check;
pub mod conditional;
pub mod critic;
pub mod dataset;
pub mod detect;
pub mod discover;
pub mod encode;
pub mod error;
pub mod evaluate;
pub mod example;
pub mod fake;
pub mod feature;
pub mod fit;
mod form;
pub mod frame;
pub mod identifier;
pub mod inspect;
mod keys;
mod labels;
pub mod linked;
pub mod math;
pub mod metadata;
pub mod metric;
pub mod model;
pub mod native;
pub mod output;
mod packed;
pub mod plan;
pub mod reference;
pub mod rng;
pub mod rule;
pub mod sample;
pub mod scan;
pub mod support;
pub mod time;

pub use dataset::{Column, Dataset};
pub use error::{Error, ErrorKind, Result};
pub use labels::Labels;
pub use metadata::Metadata;
pub use rule::Rule;
