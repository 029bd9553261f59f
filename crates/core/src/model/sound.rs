//! Checks the draws of a model that comes from a file: every index in range, so that no walk leaves its arrays.

use super::{Coder, ColumnModel, CountModel, Drawn, Input, Model, Quantity, TableModel};
use crate::{Error, ErrorKind, Result};

impl Model {
    /// Refuses draws that can't be walked safely.
    ///
    /// # Errors
    /// Every table with such a draw, of kind [`ErrorKind::Model`].
    pub fn check(&self) -> Result<()> {
        let mut problems = Vec::new();
        for (plan, table) in self.plan.tables.iter().zip(&self.tables) {
            if !(columns(table) && links(table) && table.counts.iter().all(count)) {
                problems
                    .push(format!("damaged: table {} holds a draw that does not fit together; fit again", plan.name));
            }
        }
        Error::all(ErrorKind::Model, problems)
    }
}

fn columns(table: &TableModel) -> bool {
    let n = table.features.len();
    let mut all = table.when.iter().flat_map(|(a, b)| [a, b]).chain(&table.columns);
    table.binners.len() == n && all.all(|c| column(c, n))
}

/// Parts, with the extra values that each is given.
fn column(c: &ColumnModel, features: usize) -> bool {
    let extras: &[usize] = match &c.quantity {
        Quantity::Level | Quantity::Since(_) => &[0],
        Quantity::Near(_) | Quantity::Same(_) => &[0, 0],
        Quantity::Recall(_) => &[2, 0],
        Quantity::Residual => &[1],
        Quantity::Calendar(..) => &[0, 2, 4, 0, 0],
        Quantity::Copy(_) => &[],
    };
    let enough = match &c.quantity {
        Quantity::Calendar(..) => [2, 3, 5].contains(&c.parts.len()),
        _ => c.parts.len() == extras.len(),
    };
    enough && c.parts.len() <= extras.len() && c.parts.iter().zip(extras).all(|(d, e)| drawn(d, features, *e))
}

fn links(table: &TableModel) -> bool {
    let n = table.features.len();
    table.links.iter().all(|l| {
        let mut draws = [&l.null, &l.same, &l.kin].into_iter().flatten().chain(l.profile.iter().map(|p| &p.1));
        draws.all(|d| drawn(d, n, 0)) && l.popularity.iter().all(count)
    })
}

fn count(c: &CountModel) -> bool {
    c.binners.len() == c.features.len() && drawn(&c.drawn, c.features.len(), 0)
}

fn drawn(d: &Drawn, features: usize, extras: usize) -> bool {
    let coder = match &d.coder {
        Coder::Number(c) => c.is_sound(),
        Coder::Labels(_) | Coder::Flag => true,
    };
    let input = |i: &Input| match i {
        Input::Feature(f) => usize::from(*f) < features,
        Input::Ridge(_) => d.ridge.is_some(),
        Input::Extra(e, _) => usize::from(*e) < extras,
    };
    coder
        && d.inputs.iter().all(input)
        && d.ridge.as_ref().is_none_or(|r| r.is_sound(features))
        && d.conditional.is_sound(d.inputs.len(), d.coder.codes())
}
