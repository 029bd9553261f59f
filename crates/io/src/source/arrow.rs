//! Reading Arrow files (Feather 2) with their own types; nested columns are left aside.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_ipc::reader::FileReader;
use healthdata_core::metadata::TableMeta;

use super::{Budget, Chosen, FileRows, Limits, choose};
use crate::files::io_error;

/// All rows of one file, or all its problems.
pub(super) fn read(
    path: &Path,
    meta: Option<&TableMeta>,
    limits: &Limits,
    budget: &mut Budget,
) -> Result<FileRows, Vec<String>> {
    let file = File::open(path).map_err(|e| {
        let line = io_error(path, "read it", &e).to_string();
        vec![line.strip_prefix(&format!("{}: ", path.display())).map(str::to_owned).unwrap_or(line)]
    })?;
    // The decoder may panic on a damaged file; for us that is one more way of being damaged.
    catch_unwind(AssertUnwindSafe(|| rows(file, meta, limits, budget))).unwrap_or_else(|_| Err(vec![damaged()]))
}

fn damaged() -> String {
    "not readable as an Arrow file: damaged, cut off, or another format".into()
}

/// Whether the footer that the file claims fits into it: the decoder makes room for it first.
fn has_room_for_footer(mut file: &File) -> std::io::Result<bool> {
    let mut end = [0; 10];
    let size = file.seek(SeekFrom::End(0))?;
    if size < 10 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-10))?;
    file.read_exact(&mut end)?;
    file.rewind()?;
    let footer = i32::from_le_bytes([end[0], end[1], end[2], end[3]]);
    Ok(u64::try_from(footer).is_ok_and(|f| f <= size - 10))
}

fn rows(file: File, meta: Option<&TableMeta>, limits: &Limits, budget: &mut Budget) -> Result<FileRows, Vec<String>> {
    if !has_room_for_footer(&file).unwrap_or(false) {
        return Err(vec![damaged()]);
    }
    let reader = FileReader::try_new(BufReader::new(file), None).map_err(|_| vec![damaged()])?;
    let schema = reader.schema();
    let header: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    let Chosen { mut keep, mut left_out } = choose(&header, meta, limits)?;
    let nested = |place: usize| schema.field(place).data_type().is_nested();
    let wanted: Vec<String> = keep
        .iter()
        .filter(|(place, _)| meta.is_some() && nested(*place))
        .map(|(_, name)| format!("column {name} is nested, which no column type reads"))
        .collect();
    if !wanted.is_empty() {
        return Err(wanted);
    }
    left_out.extend(keep.iter().filter(|(place, _)| nested(*place)).map(|(_, name)| format!("{name} (nested)")));
    keep.retain(|(place, _)| !nested(*place));
    let places: Vec<usize> = keep.iter().map(|(place, _)| *place).collect();
    let mut batches = Vec::new();
    let mut read = 0usize;
    for batch in reader {
        let batch = batch.and_then(|b| b.project(&places));
        let batch = batch.map_err(|_| vec![format!("after data row {read}: {}", damaged())])?;
        let seen = batch.num_rows();
        let batch = match &mut budget.sieve {
            Some(sieve) => sieve.filter(&batch).map_err(|p| vec![p])?,
            None => batch,
        };
        budget.take(batch.get_array_memory_size()).map_err(|p| vec![format!("after data row {read}: {p}")])?;
        read += seen;
        budget.give(batch, &mut batches)?;
    }
    if read == 0 {
        let empty = schema.project(&places).map_err(|_| vec![damaged()])?;
        budget.give(arrow_array::RecordBatch::new_empty(empty.into()), &mut batches)?;
    }
    Ok(FileRows { batches, left_out })
}
