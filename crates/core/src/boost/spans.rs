//! Rows in the order of a tree's leaves, so that a leaf is a span and a cut moves only its own rows.

/// First and one past the last place.
pub(super) type Span = (usize, usize);

/// A fixed set of rows, put in order again for every tree.
pub(super) struct Spans {
    all: Vec<u32>,
    now: Vec<u32>,
    spare: Vec<u32>,
}

impl Spans {
    /// The rows, ascending.
    pub fn new(all: &[u32]) -> Self {
        Self { all: all.to_vec(), now: all.to_vec(), spare: vec![0; all.len()] }
    }

    /// Back to one span of all rows.
    pub fn reset(&mut self) -> Span {
        self.now.copy_from_slice(&self.all);
        (0, self.all.len())
    }

    /// The rows of a span.
    pub fn get(&self, span: Span) -> &[u32] {
        &self.now[span.0..span.1]
    }

    /// Puts the rows that go left before the others, each side in its old order; where the left ones end.
    pub fn partition(&mut self, span: Span, goes_left: impl Fn(u32) -> bool) -> usize {
        let rows = &mut self.now[span.0..span.1];
        let spare = &mut self.spare[..rows.len()];
        let (mut left, mut right) = (0, 0);
        for i in 0..rows.len() {
            // Written to both sides and counted on one: no branch to guess.
            let row = rows[i];
            let l = usize::from(goes_left(row));
            rows[left] = row;
            spare[right] = row;
            left += l;
            right += 1 - l;
        }
        rows[left..].copy_from_slice(&spare[..right]);
        span.0 + left
    }
}
