//! Drops rows whose foreign key names no parent, where the user asks for it.

use arrow_array::BooleanArray;
use arrow_select::filter::filter_record_batch;
use healthdata_core::linked::{Linked, NO_ROW};
use healthdata_core::{Dataset, Error, ErrorKind, Metadata, Result};

/// The data without orphans, and how many rows each table lost. A row goes when one of its foreign keys is there
/// and its parent is not, or has gone itself; a missing key is no orphan.
///
/// ```
/// # fn main() -> healthdata_core::Result<()> {
/// let dir = tempfile::tempdir().unwrap();
/// std::fs::write(dir.path().join("stays.csv"), "stay_id\nS1\nS2\n").unwrap();
/// std::fs::write(dir.path().join("codes.csv"), "stay_id,code\nS1,a\nS9,b\n,c\n").unwrap();
/// let metadata = healthdata_core::Metadata::from_json(r#"{"METADATA_SPEC_VERSION": "V2", "tables": {
///     "stays": {"primary_key": "stay_id", "columns": {"stay_id": {"sdtype": "id"}}},
///     "codes": {"columns": {"stay_id": {"sdtype": "id"}, "code": {"sdtype": "categorical"}}}},
///   "relationships": [{"parent_table_name": "stays", "parent_primary_key": "stay_id",
///     "child_table_name": "codes", "child_foreign_key": "stay_id"}]}"#)?;
/// let data = healthdata_io::read(dir.path(), Some(&metadata))?.data;
/// let (data, dropped) = healthdata_io::drop_orphans(&data, &metadata)?;
/// assert_eq!(data.tables["codes"].num_rows(), 2);
/// assert_eq!(dropped, [("codes".to_owned(), 1)]);
/// # Ok(())
/// # }
/// ```
pub fn drop_orphans(data: &Dataset, metadata: &Metadata) -> Result<(Dataset, Vec<(String, u64)>)> {
    let linked = Linked::new(data, metadata)?;
    let mut gone: Vec<Vec<bool>> = linked.tables.iter().map(|t| vec![false; t.rows]).collect();
    let place = |name: &str| metadata.tables.get_index_of(name).expect("valid metadata name tables that are there");
    let mut again = true;
    while again {
        again = false;
        for (r, link) in metadata.relationships.iter().zip(&linked.links) {
            let (parent, child) = (place(&r.parent), place(&r.child));
            let key = linked.tables[child].pick(&r.child_key)?;
            for (row, to) in link.rows.iter().enumerate().filter(|(row, _)| !key.iter().any(|c| c.is_null(*row))) {
                let orphan = *to == NO_ROW || gone[parent][*to as usize];
                if orphan && !gone[child][row] {
                    gone[child][row] = true;
                    again = true;
                }
            }
        }
    }
    let (mut kept, mut dropped) = (Dataset::default(), Vec::new());
    for (name, gone) in metadata.tables.keys().zip(gone) {
        let lost = gone.iter().filter(|g| **g).count() as u64;
        let mut batch = data.tables[name].clone();
        if lost > 0 {
            let keep: BooleanArray = gone.into_iter().map(|g| Some(!g)).collect();
            batch = filter_record_batch(&batch, &keep)
                .map_err(|e| Error::new(ErrorKind::Data, format!("table {name}: rows can't be dropped: {e}")))?;
            dropped.push((name.clone(), lost));
        }
        kept.tables.insert(name.clone(), batch);
    }
    Ok((kept, dropped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use healthdata_core::metadata::{ColumnMeta, Relationship, Sdtype, TableMeta};

    /// A chain a <- b <- c: the orphan in b takes its rows of c along.
    #[test]
    fn children_of_orphans_go_too() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.csv"), "a\n1\n").unwrap();
        std::fs::write(dir.path().join("b.csv"), "b,a\n1,1\n2,7\n3,\n").unwrap();
        std::fs::write(dir.path().join("c.csv"), "c,b\n1,1\n2,2\n3,2\n4,3\n").unwrap();
        let mut meta = Metadata { tables: Default::default(), relationships: vec![], rules: vec![] };
        for (name, columns) in [("c", vec!["c", "b"]), ("b", vec!["b", "a"]), ("a", vec!["a"])] {
            let mut table = TableMeta { primary_key: vec![name.into()], ..TableMeta::default() };
            for c in columns {
                table.columns.insert(c.into(), ColumnMeta::new(Sdtype::Id { regex: None }));
            }
            meta.tables.insert(name.into(), table);
        }
        for (parent, child) in [("b", "c"), ("a", "b")] {
            let (parent_key, child_key) = (vec![parent.into()], vec![parent.into()]);
            meta.relationships.push(Relationship { parent: parent.into(), parent_key, child: child.into(), child_key });
        }
        let data = crate::read(dir.path(), Some(&meta)).unwrap().data;
        let (kept, dropped) = drop_orphans(&data, &meta).unwrap();
        assert_eq!(dropped, [("c".to_owned(), 2), ("b".to_owned(), 1)]);
        assert_eq!(kept.tables["c"].num_rows(), 2);
        assert_eq!(drop_orphans(&kept, &meta).unwrap().1, []);
    }
}
