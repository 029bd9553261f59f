//! One table as typed columns, with the cells that could not be read.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::DataType;
use indexmap::IndexMap;
use rayon::prelude::*;

use crate::metadata::{ColumnMeta, Sdtype, TableMeta};
use crate::{Column, Error, ErrorKind, Result, time};

use super::Tally;

/// A table as typed columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Number of rows.
    pub rows: usize,
    /// The columns of the metadata.
    pub columns: IndexMap<String, Column>,
    /// Columns with cells that are not what the metadata says; such cells are missing in `columns`.
    pub unreadable: Vec<(String, Tally)>,
    /// Columns of times without a time of day.
    dates: Vec<bool>,
}

impl Table {
    /// Reads the columns that the metadata names, which must be there.
    pub fn read(batch: &RecordBatch, meta: &TableMeta) -> Self {
        let wanted: Vec<(&String, &ColumnMeta)> = meta.columns.iter().collect();
        let read: Vec<Option<(Column, Option<Tally>)>> = wanted
            .par_iter()
            .map(|(name, meta)| batch.column_by_name(name).map(|array| read_column(array, meta)))
            .collect();
        let mut table = Self { rows: batch.num_rows(), ..Self::default() };
        for ((name, meta), found) in wanted.into_iter().zip(read) {
            let Some((column, bad)) = found else { continue };
            table.dates.push(is_date(&column, meta));
            table.unreadable.extend(bad.map(|tally| (name.clone(), tally)));
            table.columns.insert(name.clone(), column);
        }
        table
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.columns.get(name).ok_or_else(|| Error::new(ErrorKind::Metadata, format!("column {name} is not there")))
    }

    /// Several columns by name.
    pub fn pick(&self, names: &[String]) -> Result<Vec<&Column>> {
        names.iter().map(|n| self.column(n)).collect()
    }

    /// True when a column holds times without a time of day.
    pub fn is_date(&self, column: &str) -> bool {
        self.columns.get_index_of(column).is_some_and(|i| self.dates[i])
    }

    /// The same table with some of its rows, in the given order.
    pub fn take(&self, rows: &[usize]) -> Self {
        let columns = self.columns.iter().map(|(name, c)| (name.clone(), take(c, rows))).collect();
        Self { rows: rows.len(), columns, unreadable: Vec::new(), dates: self.dates.clone() }
    }
}

fn take(column: &Column, rows: &[usize]) -> Column {
    let pick = |ticks: &[i64]| rows.iter().map(|&r| ticks[r]).collect();
    match column {
        Column::Number { ticks, decimals } => Column::Number { ticks: pick(ticks), decimals: *decimals },
        Column::Time { ticks } => Column::Time { ticks: pick(ticks) },
        Column::Text { codes, values } => {
            Column::Text { codes: rows.iter().map(|&r| codes[r]).collect(), values: values.clone() }
        }
    }
}

fn is_date(column: &Column, meta: &ColumnMeta) -> bool {
    matches!(column, Column::Time { ticks } if !time::have_clock(ticks.iter().copied(), &meta.sdtype))
}

/// The column and, when some cells can't be read, how many and where; those become missing.
fn read_column(array: &ArrayRef, meta: &ColumnMeta) -> (Column, Option<Tally>) {
    if let Ok(column) = Column::read(array, meta) {
        return (column, None);
    }
    // The slow way, taken for broken columns only: each cell on its own.
    let mut tally = Tally::default();
    let good: Vec<bool> = (0..array.len()).map(|i| Column::read(&array.slice(i, 1), meta).is_ok()).collect();
    good.iter().enumerate().for_each(|(row, ok)| tally.row(row, *ok));
    if tally.broken > 0
        && let Some(text) = text(array)
    {
        let kept: StringArray = text.into_iter().zip(&good).map(|(t, ok)| t.filter(|_| *ok)).collect();
        if let Ok(column) = Column::read(&kept, meta) {
            return (column, Some(tally));
        }
    }
    // No cell is bad alone (times in several formats) or the type is another one: the whole column is lost.
    let mut all = Tally::default();
    (0..array.len()).for_each(|row| all.row(row, false));
    (missing(array.len(), &meta.sdtype), Some(if tally.broken > 0 { tally } else { all }))
}

fn text(array: &ArrayRef) -> Option<Vec<Option<&str>>> {
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string::<i32>().iter().collect()),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().iter().collect()),
        DataType::Utf8View => Some(array.as_string_view().iter().collect()),
        _ => None,
    }
}

fn missing(rows: usize, sdtype: &Sdtype) -> Column {
    use crate::dataset::{NO_CODE, NULL};
    match sdtype {
        Sdtype::Numerical => Column::Number { ticks: vec![NULL; rows], decimals: 0 },
        Sdtype::Datetime { .. } => Column::Time { ticks: vec![NULL; rows] },
        _ => Column::Text { codes: vec![NO_CODE; rows], values: crate::Labels::default() },
    }
}
