//! Columns of identifiers, fresh ones and those of other rows, without a text of its own for every cell.

use std::ops::Range;

use arrow_array::StringArray;
use arrow_array::builder::StringBuilder;

use crate::identifier::{IdFormat, Place};
use crate::output::Writer;
use crate::plan::Output;

/// The texts of ids of neighbouring positions: counting up changes the last digits only.
struct Odometer<'a> {
    format: &'a IdFormat,
    salt: u64,
    /// How many digits at the end count.
    digits: usize,
    position: u64,
    text: String,
}

impl<'a> Odometer<'a> {
    fn new(format: &'a IdFormat, salt: u64) -> Self {
        let last = match format {
            IdFormat::Pattern(places) => places.last(),
            _ => None,
        };
        let digits = match last {
            Some(Place::Count(class, n, ..)) if class == "0123456789" => usize::from(*n),
            _ => 0,
        };
        Self { format, salt, digits, position: u64::MAX, text: String::new() }
    }

    /// The text of a position.
    fn at(&mut self, position: u64) -> &str {
        let next = self.position.checked_add(1) == Some(position);
        if !(next && self.step()) {
            self.text = self.format.text(position, self.salt);
        }
        self.position = position;
        &self.text
    }

    /// Counts up by one within the last digits; false when they are full.
    fn step(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let nines = bytes.iter().rev().take(self.digits).take_while(|b| **b == b'9').count();
        if nines == self.digits {
            return false;
        }
        let at = bytes.len() - nines - 1;
        let digit = char::from(bytes[at] + 1);
        self.text.truncate(at);
        self.text.push(digit);
        self.text.extend(std::iter::repeat_n('0', nines));
        true
    }
}

/// The texts of column `c` of some rows of table `t`, where they are ids of these rows or of others.
pub(crate) fn column(w: &Writer, t: usize, c: usize, rows: Range<usize>) -> Option<StringArray> {
    match &w.plan.tables[t].output[c] {
        Output::Id(format @ IdFormat::Pattern(_)) => Some(ids(w, t, c, format, rows)),
        Output::Key(way, at) => {
            let to = w.plan.table_at(t, way)?;
            let at = usize::from(*at);
            let Output::Id(format @ IdFormat::Pattern(_)) = &w.plan.tables[to].output[at] else { return None };
            if w.frames[to].rows > 4 * rows.len() + 1000 {
                return None;
            }
            // Many rows point to one: each text is made once.
            let texts = ids(w, to, at, format, 0..w.frames[to].rows);
            let ends = texts.value_offsets();
            let width = ends[ends.len() - 1] as usize / texts.value_offsets().len();
            let mut out = StringBuilder::with_capacity(rows.len(), rows.len() * (width + 1));
            for row in rows {
                match w.plan.walk(w.frames, t, row, way) {
                    Some((_, r)) => out.append_value(texts.value(r)),
                    None => out.append_null(),
                }
            }
            Some(out.finish())
        }
        _ => None,
    }
}

fn ids(w: &Writer, t: usize, c: usize, format: &IdFormat, rows: Range<usize>) -> StringArray {
    let mut odometer = Odometer::new(format, w.salt(t, c));
    let width = odometer.at((w.index)(t, rows.start)).len();
    let mut out = StringBuilder::with_capacity(rows.len(), rows.len() * (width + 1));
    for row in rows {
        out.append_value(odometer.at((w.index)(t, row)));
    }
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_up_is_what_the_format_says() {
        let count = |class: &str, n| Place::Count(class.into(), n, 0);
        let text = |t: &str| Place::Text(t.into());
        for places in [
            vec![text("P"), count("0123456789", 3)],
            vec![count("ABC", 1), text("-"), count("0123456789", 2)],
            vec![count("0123456789", 1), count("ab", 2)],
            vec![text("9"), count("0123456789", 1), text("x")],
            vec![text("A8"), count("0123456789", 1)],
        ] {
            let format = IdFormat::Pattern(places);
            let mut odometer = Odometer::new(&format, 0);
            for position in (0..2500).chain(990..1010).chain([5, 6, 5]) {
                assert_eq!(odometer.at(position), format.text(position, 0), "{format:?} {position}");
            }
        }
    }
}
