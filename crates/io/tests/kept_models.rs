//! Model files of every layout that was ever released stay readable: a file of each is in `tests/models`, with the
//! rows and checksums of what is made of it.
//!
//! When a change of what comes out is meant (a line under "Output changes"), the lines that the test prints are the new
//! ones. When a new layout begins, a file of it is added and the old ones stay:
//! `fit` of the tables that `fuzz/seeds.py` makes.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use healthdata_core::inspect::inspect;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_io::model;
use healthdata_io::sink::{CsvOptions, encode_csv, encode_header};

#[test]
fn kept_models_are_read_inspected_and_sampled_as_ever() {
    let mut found = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "model") {
            continue;
        }
        let (kept, hash) = model::read(&path).unwrap();
        let columns: usize = inspect(&kept, true).unwrap().tables.iter().map(|t| t.columns.len()).sum();
        let mut said = format!("hash {hash}\ncolumns {columns}\n");
        let sampler = Sampler::new(&kept, SampleRequest::default()).unwrap();
        let metadata = sampler.metadata();
        let blocks: Vec<_> = (0..sampler.blocks()).map(|b| sampler.block(b).unwrap().tables).collect();
        for (t, (name, meta)) in metadata.tables.iter().enumerate() {
            let mut text = Vec::new();
            encode_header(meta, CsvOptions::default(), &mut text);
            for block in &blocks {
                encode_csv(&block[t], meta, CsvOptions::default(), &mut text).unwrap();
            }
            let rows: usize = blocks.iter().map(|b| b[t].num_rows()).sum();
            writeln!(said, "{name} {rows} rows {}", blake3::hash(&text).to_hex()).unwrap();
        }
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
        assert_eq!(said, expected, "{} makes something else:\n{said}", path.display());
        found.push(path);
    }
    assert!(!found.is_empty());
}

#[test]
fn layouts_that_are_not_known_are_refused() {
    use healthdata_io::model_file::Container;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/layout-3.model");
    let good = Container::from_bytes(&fs::read(path).unwrap()).unwrap();
    for layout in [0, 1, model::LAYOUT + 1, u64::MAX] {
        let mut other = good.clone();
        other.header["layout"] = layout.into();
        let e = model::from_bytes(&other.to_bytes().unwrap()).unwrap_err().to_string();
        assert!(e.contains("layout is not known here; update the program, or fit the model again"), "{e}");
    }
}
