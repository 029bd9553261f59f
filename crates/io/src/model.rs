//! A fitted model as a model file, and back: a readable header and one section for each piece.
//!
//! A piece is MessagePack with the names of its fields, and trees in it are plain bytes; in layout 2 all was JSON.
//! Numbers are kept to the bit. Writing reads its own bytes again before anything is saved, so a model that would
//! not come back whole (a number that is not finite) is an error and never a damaged file.

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
/// Layout of the sections that are written. Layout 1 had several meanings while the program was made and was never
/// released; from 2 on all are read, and a file of each is kept in `tests/models`.
pub const LAYOUT: u64 = 3;
/// The last layout whose pieces are JSON.
const JSON_LAYOUT: u64 = 2;
/// Deepest nesting of a piece; a model has less than 20.
const MAX_DEPTH: usize = 64;

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
        Ok(_) => Err(bad(
            "the model does not survive being written (a number that is not finite); this is a mistake in the program",
        )),
        Err(e) => Err(bad(format!("the model can't be read back ({e}); this is a mistake in the program"))),
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

/// MessagePack in a section of bytes.
fn put<T: Serialize>(c: &mut Container, name: String, piece: &T) -> Result<()> {
    let bytes = rmp_serde::to_vec_named(piece).map_err(|_| bad(format!("section {name} can't be written")))?;
    c.sections.insert(name, Section::U8(bytes));
    Ok(())
}

fn put_all<T: Serialize>(c: &mut Container, name: &str, pieces: &[T]) -> Result<()> {
    put(c, name.into(), &pieces.len())?;
    pieces.iter().enumerate().try_for_each(|(i, p)| put(c, format!("{name}/{i}"), p))
}

/// A container whose pieces are read straight into their types, without a tree of values in between.
struct Pieces<'a> {
    container: &'a Container,
    layout: u64,
}

impl Pieces<'_> {
    fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let bytes = self.container.u8(name)?;
        let piece = if self.layout <= JSON_LAYOUT { serde_json::from_slice(bytes).ok() } else { unpacked(bytes) };
        // The message of a parser may quote a value, so only the place is told.
        piece.ok_or_else(|| bad(format!("damaged: section {name} is not what it should be")))
    }

    fn get_all<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>> {
        // The number is believed piece by piece: a missing piece ends it.
        let pieces: usize = self.get(name)?;
        let mut out = Vec::new();
        for i in 0..pieces {
            out.push(self.get(&format!("{name}/{i}"))?);
        }
        Ok(out)
    }
}

/// One piece of MessagePack and nothing behind it.
fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mut from = rmp_serde::Deserializer::new(bytes);
    from.set_max_depth(MAX_DEPTH);
    let piece = T::deserialize(&mut from).ok()?;
    from.get_ref().is_empty().then_some(piece)
}

fn from_container(c: &Container) -> Result<Model> {
    if c.header.get("kind").and_then(Value::as_str) != Some(KIND) {
        return Err(bad("a model of a kind that is not known here; update the program"));
    }
    let layout = c.header.get("layout").and_then(Value::as_u64).filter(|l| (JSON_LAYOUT..=LAYOUT).contains(l));
    let unknown = || bad("its layout is not known here; update the program, or fit the model again");
    let pieces = Pieces { container: c, layout: layout.ok_or_else(unknown)? };
    let mut model: Model = pieces.get("model")?;
    let metadata = Metadata::from_json(&model.metadata).map_err(|e| e.at("damaged: its metadata"))?;
    if !model.tables.is_empty() || !model.plan.tables.iter().map(|t| &t.name).eq(metadata.tables.keys()) {
        return Err(bad("damaged: its plan and its metadata name different tables"));
    }
    for i in 0..model.plan.tables.len() {
        let mut table: TableModel = pieces.get(&format!("{i}/rest"))?;
        table.links = pieces.get_all(&format!("{i}/links"))?;
        table.columns = pieces.get_all(&format!("{i}/columns"))?;
        table.counts = pieces.get_all(&format!("{i}/counts"))?;
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
