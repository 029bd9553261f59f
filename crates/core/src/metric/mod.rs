//! Metrics: how far one data set is from another, one noun a file.
//!
//! Every function takes [`Series`] (or plain slices) that were aligned first, so that equal numbers mean equal
//! values on both sides, and returns `None` where the metric is undefined. Nothing here draws random numbers
//! or looks at metadata; [`crate::evaluate`] decides what to compare.

pub mod adherence;
pub mod autocorrelation;
pub mod binning;
pub mod cardinality;
pub mod contingency_similarity;
pub mod correlation_similarity;
pub mod detection;
pub mod jackknife;
pub mod joint;
pub mod key_uniqueness;
pub mod ks_complement;
pub mod nearest;
pub mod referential_integrity;
pub mod regex_format;
pub mod series;
pub mod sorted;
pub mod tv_complement;

pub use series::{Scale, Series, align};
