//! A fitted model as a model file, and back: a readable header and one section for each piece.
//!
//! Numbers are kept exactly: integers as they are, floats in their shortest text that reads back to the same
//! bits. Writing reads its own bytes again before anything is saved, so a model that would not come back whole
//! (a number that is not finite) is an error and never a damaged file.

use std::path::Path;

use healthdata_core::model::{Model, TableModel};
use healthdata_core::{Error, ErrorKind, Metadata, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::files;
use crate::model_file::{self, Container, Section};

/// What the header of a model file says it is.
const KIND: &str = "relational";
/// Layout of the sections; other ones are refused. Layout 1 had several meanings while the program was made and was
/// never released; from 2 on, a file of each is kept in `tests/models`.
pub const LAYOUT: u64 = 2;

/// Writes a model all or nothing, for the user alone to read, and gives its hash.
///
/// ```
/// # use healthdata_core::fit::{FitOptions, fit};
/// # fn main() -> healthdata_core::Result<()> {
/// let meta = healthdata_core::Metadata::from_json(r#"{"METADATA_SPEC_VERSION": "V2", "tables": {
///     "people": {"columns": {"sex": {"sdtype": "categorical"}}}}}"#)?;
/// # use std::sync::Arc;
/// # let sex: arrow_array::ArrayRef = Arc::new(arrow_array::StringArray::from(vec!["F", "M"].repeat(50)));
/// # let batch = arrow_array::RecordBatch::try_from_iter([("sex", sex)]).unwrap();
/// # let mut data = healthdata_core::Dataset::default();
/// # data.tables.insert("people".into(), batch);
/// let (model, _) = fit(&data, &meta, FitOptions::default(), &|_, _| {})?;
/// let dir = tempfile::tempdir().unwrap();
/// let hash = healthdata_io::model::write(&dir.path().join("people.model"), &model)?;
/// let (again, same) = healthdata_io::model::read(&dir.path().join("people.model"))?;
/// assert_eq!((again, same), (model, hash));
/// # Ok(())
/// # }
/// ```
pub fn write(path: &Path, model: &Model) -> Result<String> {
    let place = path.display().to_string();
    let bytes = to_bytes(model).map_err(|e| e.at(&place))?;
    files::write_private(path, &bytes)?;
    Ok(model_file::hash_of(&bytes))
}

/// Reads a model with its hash; everything is checked before it is used.
pub fn read(path: &Path) -> Result<(Model, String)> {
    let (container, hash) = model_file::read_hashed(path)?;
    let model = from_container(&container).map_err(|e| e.at(&path.display().to_string()))?;
    Ok((model, hash))
}

/// The hash that the model's file has, without writing it.
pub fn hash(model: &Model) -> Result<String> {
    Ok(model_file::hash_of(&container(model)?.to_bytes()?))
}

/// The bytes of the model's file, proved to read back to the same model.
pub fn to_bytes(model: &Model) -> Result<Vec<u8>> {
    let bytes = container(model)?.to_bytes()?;
    let back = Container::from_bytes(&bytes).and_then(|c| from_container(&c));
    match back {
        Ok(back) if back == *model => Ok(bytes),
        _ => Err(bad(
            "the model does not survive being written (a number that is not finite); this is a mistake in the program",
        )),
    }
}

/// Reads the bytes of a model file.
pub fn from_bytes(bytes: &[u8]) -> Result<Model> {
    from_container(&Container::from_bytes(bytes)?)
}

/// True when the file begins like a model file, whatever its version.
pub fn is_model_file(path: &Path) -> bool {
    use std::io::Read;
    let mut begin = [0u8; 8];
    std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut begin)).is_ok() && begin == *model_file::MAGIC
}

fn bad(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Model, why)
}

fn container(model: &Model) -> Result<Container> {
    let tables: Vec<Value> =
        model.plan.tables.iter().zip(&model.tables).map(|(p, m)| json!({"name": p.name, "rows": m.rows})).collect();
    let header = json!({
        "kind": KIND,
        "layout": LAYOUT,
        "program": concat!("healthdata ", env!("CARGO_PKG_VERSION")),
        "tables": tables,
        "effort": model.effort,
        "min_support": model.min_support,
        "components": model.components,
    });
    let mut c = Container { header, ..Container::default() };
    put(&mut c, "model".into(), &Model { tables: Vec::new(), ..model.clone() })?;
    for (i, table) in model.tables.iter().enumerate() {
        // The large pieces have sections of their own, so that none nears the limits of one.
        let TableModel { links, columns, counts, .. } = table;
        put_all(&mut c, &format!("{i}/links"), links)?;
        put_all(&mut c, &format!("{i}/columns"), columns)?;
        put_all(&mut c, &format!("{i}/counts"), counts)?;
        let rest = TableModel { links: Vec::new(), columns: Vec::new(), counts: Vec::new(), ..table.clone() };
        put(&mut c, format!("{i}/rest"), &rest)?;
    }
    Ok(c)
}

/// JSON text in a section of bytes: read straight into its type, without a tree of values in between.
fn put<T: Serialize>(c: &mut Container, name: String, piece: &T) -> Result<()> {
    let text = serde_json::to_vec(piece).map_err(|_| bad(format!("section {name} can't be written")))?;
    c.sections.insert(name, Section::U8(text));
    Ok(())
}

fn put_all<T: Serialize>(c: &mut Container, name: &str, pieces: &[T]) -> Result<()> {
    put(c, name.into(), &pieces.len())?;
    pieces.iter().enumerate().try_for_each(|(i, p)| put(c, format!("{name}/{i}"), p))
}

fn get<T: DeserializeOwned>(c: &Container, name: &str) -> Result<T> {
    serde_json::from_slice(c.u8(name)?).map_err(|e| {
        // The message of the parser may quote a value, so only its place is told.
        bad(format!("damaged: section {name} is not what it should be at line {}, column {}", e.line(), e.column()))
    })
}

fn get_all<T: DeserializeOwned>(c: &Container, name: &str) -> Result<Vec<T>> {
    // The number is believed piece by piece: a missing piece ends it.
    let pieces: usize = get(c, name)?;
    let mut out = Vec::new();
    for i in 0..pieces {
        out.push(get(c, &format!("{name}/{i}"))?);
    }
    Ok(out)
}

fn from_container(c: &Container) -> Result<Model> {
    if c.header.get("kind").and_then(Value::as_str) != Some(KIND) {
        return Err(bad("a model of a kind that is not known here; update the program"));
    }
    if c.header.get("layout").and_then(Value::as_u64) != Some(LAYOUT) {
        return Err(bad("its layout is not known here; update the program, or fit the model again"));
    }
    let mut model: Model = get(c, "model")?;
    let metadata = Metadata::from_json(&model.metadata).map_err(|e| e.at("damaged: its metadata"))?;
    if !model.tables.is_empty() || !model.plan.tables.iter().map(|t| &t.name).eq(metadata.tables.keys()) {
        return Err(bad("damaged: its plan and its metadata name different tables"));
    }
    for i in 0..model.plan.tables.len() {
        let mut table: TableModel = get(c, &format!("{i}/rest"))?;
        table.links = get_all(c, &format!("{i}/links"))?;
        table.columns = get_all(c, &format!("{i}/columns"))?;
        table.counts = get_all(c, &format!("{i}/counts"))?;
        model.tables.push(table);
    }
    model.check()?;
    Ok(model)
}

/// Bytes that each table takes in the model's file, in the order of the model's tables.
pub fn table_bytes(model: &Model) -> Result<Vec<u64>> {
    let mut bytes = vec![0; model.tables.len()];
    for (name, section) in container(model)?.sections {
        let table = name.split('/').next().and_then(|i| i.parse::<usize>().ok());
        if let (Some(sum), Section::U8(values)) = (table.and_then(|i| bytes.get_mut(i)), section) {
            *sum += values.len() as u64;
        }
    }
    Ok(bytes)
}
