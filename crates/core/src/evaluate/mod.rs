//! Evaluation: one report of what is right, what is wrong, and how far from the best possible.

pub mod columns;
pub mod counts;
pub mod diagnostic;
pub mod frame;
pub mod link;
pub mod measure;
pub mod pairs;
pub mod quality;
pub mod sdmetrics;
pub mod sequence;
pub mod time;

pub use sdmetrics::{Detail, Property, SdReport};

use frame::{Frame, SYNTHETIC};

use crate::{Dataset, Metadata};

/// SDMetrics' Quality and Diagnostic reports of synthetic data against real data.
pub fn sdmetrics_reports(real: &Dataset, synthetic: &Dataset, metadata: &Metadata) -> [SdReport; 2] {
    let frame = Frame::new(metadata, vec![real, synthetic]);
    [quality::quality(&frame, SYNTHETIC), diagnostic::diagnostic(&frame, SYNTHETIC)]
}
