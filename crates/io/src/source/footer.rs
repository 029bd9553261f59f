//! A look at a Parquet file before its decoder makes room for what the file claims: the nesting of its schema, the
//! lengths of its lists, the sizes of its pages.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::thrift::{Met, walk};
use super::{Limits, is_bomb};

/// Largest footer: a thousand columns in ten thousand row groups have about as much.
const MOST: u64 = 1 << 30;
/// Groups inside each other in a schema.
const DEPTH: usize = 64;
/// Bytes that the head of a page is looked for in, first and at most.
const HEAD: [u64; 2] = [1 << 10, 64 << 20];

/// Where `num_children` of an element of the schema is, in the metadata of a file.
const ELEMENT: &[i16] = &[2];
const CHILDREN: &[i16] = &[2, 5];

fn damaged() -> String {
    "not readable as Parquet: damaged, cut off, or another format".into()
}

/// Looks at the metadata at the end of the file.
pub(super) fn look(mut file: &File) -> Result<(), String> {
    let read = |file: &mut &File, at: SeekFrom, buf: &mut [u8]| {
        file.seek(at).and_then(|_| file.read_exact(buf)).map_err(|_| damaged())
    };
    let mut end = [0; 8];
    read(&mut file, SeekFrom::End(-8), &mut end)?;
    let length = u64::from(u32::from_le_bytes([end[0], end[1], end[2], end[3]]));
    if &end[4..] != b"PAR1" {
        return Err(damaged());
    }
    if length > MOST || length + 8 > file.metadata().map_or(0, |m| m.len()) {
        return Err(damaged());
    }
    let mut footer = vec![0; length as usize];
    read(&mut file, SeekFrom::End(-8 - length as i64), &mut footer)?;
    let mut children = Vec::new();
    walk(&footer, &mut |path, met| match met {
        Met::Struct if path == ELEMENT => children.push(0),
        Met::Number(n) if path == CHILDREN => {
            if let Some(last) = children.last_mut() {
                *last = n;
            }
        }
        _ => {}
    })
    .ok_or_else(damaged)?;
    nesting(&children)
}

/// The schema as a list of how many children each element has: one tree, not deep.
fn nesting(children: &[i64]) -> Result<(), String> {
    let all: Option<i64> = children.iter().try_fold(1i64, |sum, n| sum.checked_add(*n).filter(|_| *n >= 0));
    if all != Some(children.len() as i64) {
        return Err(damaged());
    }
    // Children that are still to come, of each group down to the element at hand.
    let mut open: Vec<i64> = Vec::new();
    for n in children {
        while open.last() == Some(&0) {
            open.pop();
        }
        if let Some(last) = open.last_mut() {
            *last -= 1;
        }
        open.push(*n);
        if open.len() > DEPTH {
            return Err(format!("its columns are nested more than {DEPTH} deep"));
        }
    }
    Ok(())
}

/// Looks at the pages of these columns (places in the schema's roots): what one row group unpacks at once.
pub(super) fn pages(file: &File, metadata: &ParquetMetaData, roots: &[usize], limits: &Limits) -> Result<(), String> {
    let size = file.metadata().map_or(0, |m| m.len());
    let schema = metadata.file_metadata().schema_descr();
    let wanted = |leaf: usize| leaf < schema.num_columns() && roots.contains(&schema.get_column_root_idx(leaf));
    for group in metadata.row_groups() {
        let mut open = 0u64;
        for (_, column) in group.columns().iter().enumerate().filter(|(leaf, _)| wanted(*leaf)) {
            open = open.saturating_add(largest(file, size, column)?);
        }
        if is_bomb(open, size, limits) {
            return Err(format!("it unpacks to more than {} times its size", limits.ratio));
        }
    }
    Ok(())
}

/// Bytes of the dictionary and the largest page of one column, unpacked.
pub(super) fn largest(mut file: &File, size: u64, column: &ColumnChunkMetaData) -> Result<u64, String> {
    let begin = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
    let at = |n: i64| u64::try_from(n).ok();
    let (begin, length) = at(begin).zip(at(column.compressed_size())).ok_or_else(damaged)?;
    let end = begin.checked_add(length).filter(|end| *end <= size).ok_or_else(damaged)?;
    let packed = column.compression() != Compression::UNCOMPRESSED;
    let (mut at, mut most, mut dictionary) = (begin, 0, 0);
    let mut head = Vec::new();
    while at < end {
        let page = HEAD
            .iter()
            .find_map(|bytes| {
                head.clear();
                file.seek(SeekFrom::Start(at)).ok()?;
                file.take((*bytes).min(end - at)).read_to_end(&mut head).ok()?;
                Page::read(&head)
            })
            .ok_or_else(damaged)?;
        // Fixed texts of no bytes would be the only values that take none.
        if page.keys > page.unpacked {
            return Err(damaged());
        }
        let bytes = if packed { page.unpacked } else { page.packed };
        if page.keys > 0 {
            dictionary = bytes
        } else {
            most = bytes.max(most)
        }
        at += page.head + page.packed;
    }
    Ok(most + dictionary)
}

/// The head of a page.
struct Page {
    head: u64,
    packed: u64,
    unpacked: u64,
    /// Values of a dictionary.
    keys: u64,
}

impl Page {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (mut packed, mut unpacked, mut keys) = (-1, -1, 0);
        let head = walk(bytes, &mut |path, met| match (path, met) {
            ([2], Met::Number(n)) => unpacked = n,
            ([3], Met::Number(n)) => packed = n,
            ([7, 1], Met::Number(n)) => keys = n,
            _ => {}
        })?;
        let size = |n: i64| u64::try_from(n).ok();
        Some(Self { head: head as u64, packed: size(packed)?, unpacked: size(unpacked)?, keys: size(keys)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_one_tree_that_is_not_deep() {
        nesting(&[2, 0, 1, 0]).unwrap();
        nesting(&[0]).unwrap();
        for wrong in [&[][..], &[1], &[2, 0], &[-1, 0], &[1, 0, 0], &[i64::MAX, i64::MAX]] {
            assert!(nesting(wrong).is_err(), "{wrong:?}");
        }
        let chain = |n: usize| [vec![1; n], vec![0]].concat();
        nesting(&chain(DEPTH - 1)).unwrap();
        assert!(nesting(&chain(DEPTH)).unwrap_err().contains("nested"));
        // Wide is not deep.
        nesting(&[&[100_000][..], &vec![0; 100_000]].concat()).unwrap();
    }
}
