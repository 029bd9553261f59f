//! Reading Arrow files (Feather 2) with their own types; nested columns are left aside.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_ipc::Block;
use arrow_ipc::reader::FileReader;
use healthdata_core::dataset::strings;
use healthdata_core::metadata::TableMeta;

use super::{Budget, Chosen, FileRows, Limits, choose, is_bomb};
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

/// Looks at the footer: whether it and every block that it names lie inside the file. The decoder makes room for
/// them first.
fn is_inside(mut file: &File) -> Option<bool> {
    let mut end = [0; 10];
    let size = file.seek(SeekFrom::End(0)).ok()?;
    file.seek(SeekFrom::End(-10)).ok()?;
    file.read_exact(&mut end).ok()?;
    let length = u64::try_from(i32::from_le_bytes([end[0], end[1], end[2], end[3]])).ok()?;
    if length > size - 10 {
        return None;
    }
    file.seek(SeekFrom::End(-10 - length as i64)).ok()?;
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes).ok()?;
    file.rewind().ok()?;
    // Proves the offsets in the footer, that they are not deep and not many.
    let footer = arrow_ipc::root_as_footer(&bytes).ok()?;
    let inside = |b: &Block| {
        let part = |n: i64| u64::try_from(n).ok();
        let (begin, head, body) = (part(b.offset())?, part(b.metaDataLength().into())?, part(b.bodyLength())?);
        // A message has a head of eight bytes at least, which the decoder looks at without a question.
        Some(head >= 8 && begin.checked_add(head)?.checked_add(body)? <= size)
    };
    let blocks = footer.recordBatches().into_iter().chain(footer.dictionaries()).flatten();
    Some(blocks.into_iter().all(|b| inside(b) == Some(true)))
}

fn rows(file: File, meta: Option<&TableMeta>, limits: &Limits, budget: &mut Budget) -> Result<FileRows, Vec<String>> {
    if is_inside(&file) != Some(true) {
        return Err(vec![damaged()]);
    }
    let size = file.metadata().map_or(0, |m| m.len());
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
    let (mut read, mut out) = (0usize, 0u64);
    for batch in reader {
        let batch = batch.and_then(|b| b.project(&places));
        let batch = batch.map_err(|_| vec![format!("after data row {read}: {}", damaged())])?;
        let seen = batch.num_rows();
        // A row takes a bit at least, but for columns of nothing and of the same thing again and again.
        out = out.saturating_add(seen as u64);
        if is_bomb(out, size, limits) {
            return Err(vec![format!("it has more than {} rows for each of its bytes", limits.ratio)]);
        }
        for (column, (_, name)) in batch.columns().iter().zip(&keep) {
            let longest = strings(column).into_iter().flatten().flatten().map(str::len).max();
            if longest.is_some_and(|n| n > limits.cell) {
                let line = format!("column {name}: a cell of more than {} bytes after data row {read}", limits.cell);
                return Err(vec![line]);
            }
        }
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
