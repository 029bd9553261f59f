//! The features of all training rows of a table, as values and as bins.

use rayon::prelude::*;

use super::Fit;
use crate::conditional::{Binner, Matrix};
use crate::feature::{Asked, Cursor, Feature, Kind, Source};
use crate::frame::NO_ROW;

/// Replaces row numbers by their rank in frequency; returns the rank of every row number.
fn by_frequency(column: &mut [f64]) -> Vec<u16> {
    let most = column.iter().filter(|v| !v.is_nan()).fold(-1.0f64, |m, v| m.max(*v));
    let mut count = vec![0u32; (most + 1.0) as usize];
    for v in column.iter().filter(|v| !v.is_nan()) {
        count[*v as usize] += 1;
    }
    let mut order: Vec<usize> = (0..count.len()).collect();
    order.sort_by(|a, b| count[*b].cmp(&count[*a]).then(a.cmp(b)));
    let mut ranks = vec![0u16; count.len()];
    for (rank, i) in order.into_iter().enumerate() {
        ranks[i] = rank.min(usize::from(u16::MAX)) as u16;
    }
    for v in column.iter_mut().filter(|v| !v.is_nan()) {
        *v = f64::from(ranks[*v as usize]);
    }
    ranks
}

/// One table's training features; those that never vary are left out.
pub(crate) struct Sheet {
    pub table: usize,
    pub features: Vec<Feature>,
    pub values: Vec<Vec<f64>>,
    pub binners: Vec<Binner>,
    pub matrix: Matrix,
    /// Rows that are the first of their owner.
    pub is_first: Vec<bool>,
}

impl Sheet {
    /// Walks over the rows of the table once.
    pub fn new(ctx: &Fit, table: usize, features: Vec<Feature>) -> Self {
        let rows = ctx.frames[table].rows;
        let features: Vec<Feature> = features.into_iter().filter(|f| ctx.sees(table, &f.source)).collect();
        let walk = |features: &[Feature]| {
            let mut values = vec![Vec::with_capacity(rows); features.len()];
            let mut cursor = Cursor::new(ctx.plan, table, features, &|_| Asked::Sometimes, &[]);
            for row in 0..rows {
                cursor.enter(ctx.frames, row);
                for (f, column) in values.iter_mut().enumerate() {
                    column.push(cursor.value(ctx.frames, row, f));
                }
                cursor.leave(ctx.frames, row);
            }
            values
        };
        let values: Vec<Vec<f64>> = features.par_chunks(16).flat_map_iter(walk).collect();
        let owner = &ctx.frames[table].owner;
        let is_first = (0..rows).map(|r| owner[r] != NO_ROW && (r == 0 || owner[r - 1] != owner[r])).collect();
        let mut sheet = Self {
            table,
            features: Vec::new(),
            values: Vec::new(),
            binners: Vec::new(),
            matrix: Matrix::default(),
            is_first,
        };
        for (mut feature, mut column) in features.into_iter().zip(values) {
            if let Source::Which(_, ranks) = &mut feature.source {
                *ranks = by_frequency(&mut column);
                feature.kind = Kind::Label(ranks.len() as u32);
            }
            let first = column.first().map(|v| v.to_bits());
            if column.iter().all(|v| Some(v.to_bits()) == first) {
                continue;
            }
            let binner = match &feature.kind {
                Kind::Label(n) => Binner::labels(*n as usize),
                _ => Binner::ordered(&column, &ctx.entities[table], ctx.options.min_support),
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
