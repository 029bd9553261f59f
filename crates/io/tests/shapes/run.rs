//! The whole way of one shape, through files on both sides.

use std::fs;
use std::path::Path;

use healthdata_core::check::check;
use healthdata_core::dataset::strings;
use healthdata_core::detect::{DetectOptions, detect};
use healthdata_core::fit::{FitOptions, fit};
use healthdata_core::model::Model;
use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Dataset, Metadata};
use healthdata_io::model;
use healthdata_io::sink::{CsvOptions, encode_csv, encode_header};

use crate::data::Shape;

/// What came of a shape.
pub struct Ran {
    pub metadata: Metadata,
    /// As text, as the files have it.
    pub real: Dataset,
    pub new: Dataset,
    pub notes: Vec<String>,
}

pub fn text(data: &Dataset, table: &str, column: &str) -> Vec<Option<String>> {
    let array = data.tables[table].column_by_name(column).unwrap();
    strings(array.as_ref()).unwrap().into_iter().map(|t| t.map(str::to_owned)).collect()
}

impl Ran {
    pub fn real_text(&self, table: &str, column: &str) -> Vec<Option<String>> {
        text(&self.real, table, column)
    }

    pub fn new_text(&self, table: &str, column: &str) -> Vec<Option<String>> {
        text(&self.new, table, column)
    }
}

/// CSV text of every table of a run.
fn files(model: &Model, request: SampleRequest) -> Vec<(String, Vec<u8>)> {
    with_metadata(model, request).0
}

fn with_metadata(model: &Model, request: SampleRequest) -> (Vec<(String, Vec<u8>)>, Metadata) {
    let sampler = Sampler::new(model, request).unwrap();
    let metadata = sampler.metadata().clone();
    let mut out: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, meta) in &metadata.tables {
        let mut bytes = Vec::new();
        encode_header(meta, CsvOptions::default(), &mut bytes);
        out.push((name.clone(), bytes));
    }
    for block in sampler.part_blocks() {
        let rows = sampler.block(block).unwrap();
        for ((batch, meta), (_, bytes)) in rows.tables.iter().zip(metadata.tables.values()).zip(&mut out) {
            encode_csv(batch, meta, CsvOptions::default(), bytes).unwrap();
        }
    }
    (out, metadata)
}

fn put(folder: &Path, tables: &[(String, Vec<u8>)]) {
    fs::create_dir_all(folder).unwrap();
    for (name, bytes) in tables {
        fs::write(folder.join(format!("{name}.csv")), bytes).unwrap();
    }
}

fn proved(folder: &Path, metadata: &Metadata) -> Dataset {
    let data = healthdata_io::read(folder, Some(metadata)).unwrap().data;
    let report = check(&data, metadata).unwrap();
    let broken: Vec<String> =
        report.checks.iter().filter(|c| c.broken > 0).map(|c| format!("{} in {} rows", c.what, c.broken)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    data
}

pub fn run(shape: &Shape) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let tables: Vec<(String, Vec<u8>)> =
        shape.tables.iter().map(|(n, t)| ((*n).to_owned(), t.clone().into_bytes())).collect();
    put(&dir.path().join("real"), &tables);
    let source = healthdata_io::read(&dir.path().join("real"), None).unwrap();
    let detected = detect(&source.data, &DetectOptions { keep_values: false }).unwrap();
    let mut metadata = detected.metadata;
    (shape.change)(&mut metadata);
    metadata.validate().unwrap();
    // What was guessed can be written and read.
    assert_eq!(Metadata::from_json(&metadata.to_json()).unwrap(), metadata);
    proved(&dir.path().join("real"), &metadata);

    let (fitted, notes) = fit(&source.data, &metadata, FitOptions::default(), &|_, _| {}).unwrap();
    let model = model::from_bytes(&model::to_bytes(&fitted).unwrap()).unwrap();
    assert!(model == fitted);
    let whole = files(&model, SampleRequest::default());
    assert!(whole == files(&model, SampleRequest::default()), "not the same bytes twice");
    let (a, b) =
        (SampleRequest { parts: 2, ..Default::default() }, SampleRequest { part: 2, parts: 2, ..Default::default() });
    for ((w, a), b) in whole.iter().zip(files(&model, a)).zip(files(&model, b)) {
        let header = b.1.iter().position(|c| *c == b'\n').unwrap() + 1;
        assert!(w.1 == [&a.1[..], &b.1[header..]].concat(), "{}: parts are not the whole", w.0);
    }
    put(&dir.path().join("new"), &whole);
    let new = proved(&dir.path().join("new"), &metadata);
    // Other sizes hold, too.
    for (name, scale) in [("large", 2.6), ("small", 0.1)] {
        let (tables, wider) = with_metadata(&model, SampleRequest { scale, seed: 7, ..Default::default() });
        put(&dir.path().join(name), &tables);
        proved(&dir.path().join(name), &wider);
    }
    Ran { metadata, real: source.data, new, notes }
}
