//! The columns of what is generated, known before a row is.

use arrow_schema::SchemaRef;

use super::Sampler;
use crate::Result;
use crate::frame::Frame;
use crate::output::Writer;

impl Sampler<'_> {
    /// Names and types of the columns of each table, in metadata order: those of every batch.
    pub fn schemas(&self) -> Result<Vec<SchemaRef>> {
        let plan = &self.model.plan;
        let frame = |t: &crate::plan::TablePlan| Frame::new(t.slots.len(), t.links.len(), t.summaries.len());
        let frames: Vec<Frame> = plan.tables.iter().map(frame).collect();
        let index = |_: usize, row: usize| row as u64;
        let writer = Writer { plan, metadata: &self.full, frames: &frames, seed: self.request.seed, index: &index };
        // Hidden tables come last and have no file.
        (0..self.metadata.tables.len()).map(|t| writer.batch(t, 0..0).map(|b| b.schema())).collect()
    }
}
