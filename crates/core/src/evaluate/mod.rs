//! Evaluation: one report of what is right, what is wrong, and how far from the best possible.

pub mod diagnostic;
pub mod frame;
pub mod link;
pub mod quality;
pub mod sdmetrics;

pub use sdmetrics::{Detail, Property, SdReport};
