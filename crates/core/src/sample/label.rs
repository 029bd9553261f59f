//! Draws labels of a row: one of those that the rules leave, or one that the owner's rows had before.

use super::bounds::ALL;
use super::law::ColumnLaw;
use super::row::RowDrawer;
use crate::dataset::NULL;
use crate::feature::recalled;
use crate::frame::Frame;
use crate::model::{RECALL, UniqueItem};
use crate::plan::SlotKind;
use crate::rng::Stream;

impl RowDrawer<'_> {
    #[allow(clippy::too_many_arguments)] // As draw_number.
    pub(super) fn label(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        (lo, hi): (i64, i64),
        missing: bool,
        known: Option<&[i64]>,
        rng: &mut Stream,
    ) -> Option<i64> {
        let slot = usize::from(c.model.slot);
        let SlotKind::Label { labels, numeric } = &self.plan.tables[self.table].slots[slot].kind else { return None };
        let n = labels.len();
        let item = UniqueItem::Slot(c.model.slot);
        let used: Vec<i64> = if c.is_unique {
            self.unique_sets(item).flat_map(|set| self.used(frames, row, set, item)).collect()
        } else {
            Vec::new()
        };
        let mut weigh = |code: u16| {
            let allowed = if usize::from(code) >= n {
                missing
            } else {
                let inside = numeric.as_ref().is_none_or(|v| (lo..=hi).contains(&v[usize::from(code)]));
                inside
                    && !used.contains(&i64::from(code))
                    && known.is_none_or(|k| k.binary_search(&i64::from(code)).is_ok())
            };
            f64::from(u8::from(allowed))
        };
        let free = missing && known.is_none() && used.is_empty() && (numeric.is_none() || (lo, hi) == ALL);
        let code = self.code(frames, row, &c.parts[0], &[], if free { None } else { Some(&mut weigh) }, rng)?;
        Some(if usize::from(code) >= n { NULL } else { i64::from(code) })
    }

    /// A label that the owner's rows had before, or one that they had not.
    #[allow(clippy::too_many_arguments)] // As draw_number.
    pub(super) fn recall(
        &mut self,
        frames: &[Frame],
        row: usize,
        c: &ColumnLaw,
        given: Option<u16>,
        ((lo, hi), known): ((i64, i64), Option<&[i64]>),
        missing: bool,
        rng: &mut Stream,
    ) -> Option<i64> {
        let SlotKind::Label { labels, numeric } = &self.plan.tables[self.table].slots[usize::from(c.model.slot)].kind
        else {
            return None;
        };
        let n = labels.len();
        let from = row - self.cursor.position();
        let (list, back) = recalled(&frames[self.table], from, row, c.model.slot, given, n);
        let fits = |code: i64| {
            numeric.as_ref().is_none_or(|v| v.get(code as usize).is_some_and(|v| (lo..=hi).contains(v)))
                && known.is_none_or(|k| k.binary_search(&code).is_ok())
        };
        let rest: Vec<i64> = list.iter().skip(usize::from(RECALL - 1)).copied().filter(|code| fits(*code)).collect();
        let fresh = missing || (0..n as i64).any(|code| fits(code) && !list.contains(&code));
        if !list.is_empty() {
            let further = usize::from(RECALL - 1);
            let mut weigh = |p: u16| {
                let may = match usize::from(p) {
                    _ if p == RECALL => fresh,
                    p if p == further => !rest.is_empty(),
                    p => list.get(p).is_some_and(|code| fits(*code)),
                };
                f64::from(u8::from(may))
            };
            let extras = [list.len() as f64, back as f64];
            let place = usize::from(self.code(frames, row, &c.parts[0], &extras, Some(&mut weigh), rng)?);
            if place == further {
                return Some(rest[rng.below(rest.len() as u64) as usize]);
            } else if place < further {
                return Some(list[place]);
            }
        }
        let mut weigh = |code: u16| {
            let code = i64::from(code);
            let allowed = if code >= n as i64 { missing } else { fits(code) && !list.contains(&code) };
            f64::from(u8::from(allowed))
        };
        let code = self.code(frames, row, &c.parts[1], &[], Some(&mut weigh), rng)?;
        Some(if usize::from(code) >= n { NULL } else { i64::from(code) })
    }
}
