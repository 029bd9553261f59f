//! The training rows as they are known when a table is drawn.

use crate::dataset::NULL;
use crate::frame::Frame;
use crate::model::Keep;
use crate::plan::Plan;

/// What stands for a time that is not settled yet.
const SOME: i64 = 0;

/// All rows; of a time that a child table settles, the tables up to that one see only whether there is one.
pub(super) struct View {
    frames: Vec<Frame>,
    /// Place of each table in the order of generation.
    places: Vec<usize>,
    hidden: Vec<Hidden>,
}

/// A slot that is not settled before a place.
struct Hidden {
    place: usize,
    table: usize,
    slot: usize,
    /// The values that the frames do not hold at the moment.
    other: Vec<i64>,
    is_hidden: bool,
}

impl View {
    pub fn new(plan: &Plan, frames: Vec<Frame>, keeps: &[Keep]) -> Self {
        let place = |t: usize| plan.order.iter().position(|x| usize::from(*x) == t).unwrap_or(plan.order.len());
        let places: Vec<usize> = (0..plan.tables.len()).map(place).collect();
        let endings = keeps.iter().enumerate().flat_map(|(t, keep)| keep.endings.iter().map(move |e| (t, e)));
        let hidden = endings.map(|(table, e)| {
            let slot = usize::from(e.slot);
            let other = frames[table].values[slot].iter().map(|v| if *v == NULL { NULL } else { SOME }).collect();
            Hidden { place: places[usize::from(e.child)], table, slot, other, is_hidden: false }
        });
        Self { hidden: hidden.collect(), frames, places }
    }

    /// All rows as they are.
    pub fn all(&mut self) -> &[Frame] {
        for h in self.hidden.iter_mut().filter(|h| h.is_hidden) {
            std::mem::swap(&mut self.frames[h.table].values[h.slot], &mut h.other);
            h.is_hidden = false;
        }
        &self.frames
    }

    /// The rows as they are known when a table is drawn.
    pub fn of(&mut self, table: usize) -> &[Frame] {
        for h in &mut self.hidden {
            if h.is_hidden != (self.places[table] <= h.place) {
                std::mem::swap(&mut self.frames[h.table].values[h.slot], &mut h.other);
                h.is_hidden = !h.is_hidden;
            }
        }
        &self.frames
    }
}
