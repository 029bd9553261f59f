//! Names of tables and columns that are more than names: read, detected, written and read again as the same table.

use std::fs;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use healthdata_core::metadata::{ColumnMeta, Metadata, Sdtype, TableMeta};
use healthdata_io::{Format, OutputDir, Run, verify};

use super::{capped, files_below, names};

#[test]
fn names_stay_names() {
    capped("names::names_stay_names", |corpus| {
        for table in names() {
            for column in names() {
                let what = format!("{table:?}, {column:?}");
                let mut meta = TableMeta::default();
                for name in [column.as_str(), "other"] {
                    meta.columns.insert(name.to_owned(), ColumnMeta::new(Sdtype::Categorical));
                }
                meta.domain = Some(table.clone());
                let metadata = corpus.count(&what, || {
                    Metadata::new([(table.clone(), meta.clone())].into_iter().collect(), Vec::new(), Vec::new())
                });
                // What metadata refuse nothing else has to bear.
                let Ok(metadata) = metadata else { continue };
                let above = tempfile::tempdir_in(corpus.folder.path()).unwrap();
                let path = above.path().join("out");
                let cells: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
                let batch = RecordBatch::try_from_iter([(column.as_str(), cells.clone()), ("other", cells)]).unwrap();
                let written = corpus.count(&what, || {
                    let dir = OutputDir::create(&path, Run::default())?;
                    let mut writer = dir.table(Some(&table), &table, Format::Csv, &meta)?;
                    writer.write(&batch)?;
                    writer.finish()?;
                    dir.commit()
                });
                if written.is_err() {
                    continue;
                }
                assert!(files_below(above.path()).iter().all(|f| f.starts_with(&path)), "{what}");
                assert!(verify(&path).unwrap().problems.is_empty(), "{what}");
                let again = corpus.count(&what, || healthdata_io::read(&path, Some(&metadata))).unwrap();
                assert_eq!(again.data.tables[&table].num_rows(), 2, "{what}");
            }
        }
        for name in names().iter().filter(|n| !n.contains(['/', '\0']) && n.len() < 250) {
            let at = corpus.path(&format!("{name}.csv"));
            fs::write(&at, "a\n1\n").unwrap();
            let _ = corpus.count(name, || healthdata_io::read(&at, None));
        }
    });
}
