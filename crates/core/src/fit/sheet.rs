//! The features of all training rows of a table, as values and as bins.

use super::Fit;
use crate::conditional::{Binner, Matrix};
use crate::feature::{Cursor, Feature, Kind};

/// One table's training features; those that never vary are left out.
pub(crate) struct Sheet {
    pub table: usize,
    pub features: Vec<Feature>,
    pub values: Vec<Vec<f64>>,
    pub binners: Vec<Binner>,
    pub matrix: Matrix,
}

impl Sheet {
    /// Walks over the rows of the table once.
    pub fn new(ctx: &Fit, table: usize, features: Vec<Feature>) -> Self {
        let rows = ctx.frames[table].rows;
        let mut values = vec![Vec::with_capacity(rows); features.len()];
        let mut cursor = Cursor::new(ctx.plan, table);
        for row in 0..rows {
            cursor.enter(ctx.plan, ctx.frames, row);
            for (f, column) in features.iter().zip(&mut values) {
                column.push(cursor.value(ctx.plan, ctx.frames, row, f));
            }
            cursor.leave(ctx.plan, ctx.frames, row);
        }
        let mut sheet = Self { table, features: Vec::new(), values: Vec::new(), binners: Vec::new(), matrix: Matrix::default() };
        for (feature, column) in features.into_iter().zip(values) {
            let first = column.first().map(|v| v.to_bits());
            if column.iter().all(|v| Some(v.to_bits()) == first) {
                continue;
            }
            let binner = match &feature.kind {
                Kind::Label(n) => Binner::labels(*n as usize),
                _ => Binner::ordered(&column),
            };
            sheet.matrix.push(&column, &binner);
            sheet.features.push(feature);
            sheet.values.push(column);
            sheet.binners.push(binner);
        }
        sheet
    }

    /// True when a feature can take part in a linear guess.
    pub fn is_number(&self, feature: u16) -> bool {
        !matches!(self.features[usize::from(feature)].kind, Kind::Label(_))
    }
}
