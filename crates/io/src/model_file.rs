//! Model files: a canonical JSON header and named sections of plain numbers, versioned, checksummed, size-limited.
//!
//! Layout, all integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | magic `HDMODEL` and a zero |
//! | 4 | version |
//! | 8 | length of the whole file |
//! | 4 | length of the header |
//! | 4 | number of sections |
//! | header | canonical JSON: keys sorted, no spaces |
//! | sections | for each: length of the name (2), name, kind (1), number of values (8), blake3 of the values (32) |
//! | values | of each section, in the same order |
//! | 32 | blake3 of everything before |
//!
//! Reading believes no number before it was checked against the bytes that are there, so a hostile file costs no
//! more memory than a few times its size.

use std::path::Path;

use healthdata_core::{Error, ErrorKind, Result};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::files;

pub(crate) const MAGIC: &[u8; 8] = b"HDMODEL\0";
/// The version written. Older ones stay readable, newer ones are refused.
pub const VERSION: u32 = 1;
/// Largest model file.
pub const MAX_BYTES: u64 = 4 << 30;
/// Largest header or JSON section; parsed JSON takes up to thirty times its text.
pub const MAX_JSON: usize = 32 << 20;
/// Longest name of a section.
const MAX_NAME: usize = 1024;
const HEAD: usize = 28;
const HASH: usize = 32;

/// The values of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Section {
    /// Small structured data.
    Json(Value),
    /// Bytes or codes.
    U8(Vec<u8>),
    /// Codes.
    U16(Vec<u16>),
    /// Codes, counts.
    U32(Vec<u32>),
    /// Ticks, counts.
    I64(Vec<i64>),
    /// Numbers; every bit is kept.
    F64(Vec<f64>),
}

/// What a model file holds.
///
/// ```
/// use healthdata_io::model_file::{Container, Section};
/// # fn main() -> healthdata_core::Result<()> {
/// let mut c = Container { header: serde_json::json!({"kind": "relational"}), ..Container::default() };
/// c.sections.insert("counts".into(), Section::U32(vec![3, 1, 4]));
/// let bytes = c.to_bytes()?;
/// assert_eq!(Container::from_bytes(&bytes)?, c);
/// assert!(Container::from_bytes(&bytes[..bytes.len() - 1]).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Container {
    /// What the sections mean.
    pub header: Value,
    /// The sections, in file order.
    pub sections: IndexMap<String, Section>,
}

/// Writes a model file all or nothing, for the user alone to read, and gives its hash, the `model_hash` of runs.
pub fn write(path: &Path, container: &Container) -> Result<String> {
    let bytes = container.to_bytes().map_err(|e| e.at(&path.display().to_string()))?;
    files::write_private(path, &bytes)?;
    Ok(hash_of(&bytes))
}

/// Reads a model file.
pub fn read(path: &Path) -> Result<Container> {
    read_hashed(path).map(|(container, _)| container)
}

/// Reads a model file together with its hash.
pub fn read_hashed(path: &Path) -> Result<(Container, String)> {
    let bytes = files::read_whole(path, MAX_BYTES, ErrorKind::Model)?;
    let container = Container::from_bytes(&bytes).map_err(|e| e.at(&path.display().to_string()))?;
    Ok((container, hash_of(&bytes)))
}

/// The checksum at the end of a whole file, hexadecimal.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    bytes[bytes.len() - HASH..].iter().map(|b| format!("{b:02x}")).collect()
}

fn bad(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Model, why)
}

/// JSON with sorted keys and no spaces: equal values give equal bytes.
pub fn canonical(value: &Value) -> Vec<u8> {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<(&String, &Value)> = map.iter().collect();
                entries.sort_by_key(|(k, _)| *k);
                Value::Object(entries.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect::<Map<_, _>>())
            }
            Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    serde_json::to_vec(&sorted(value)).expect("a JSON value is always writable")
}

impl Container {
    /// The file's bytes; the same container always gives the same bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let header = canonical(&self.header);
        let too_long = |what: &str, n: usize, limit: usize| {
            bad(format!("{what} has {n} bytes, the limit of a model file is {limit}; fit with fewer distinct values"))
        };
        if header.len() > MAX_JSON {
            return Err(too_long("the header", header.len(), MAX_JSON));
        }
        let (mut table, mut values) = (Vec::new(), Vec::new());
        for (name, section) in &self.sections {
            if name.is_empty() || name.len() > MAX_NAME {
                return Err(too_long("the name of a section", name.len(), MAX_NAME));
            }
            let begin = values.len();
            let (kind, count) = section.encode(&mut values);
            if kind == 0 && count as usize > MAX_JSON {
                return Err(too_long(&format!("section {name}"), count as usize, MAX_JSON));
            }
            table.extend_from_slice(&(name.len() as u16).to_le_bytes());
            table.extend_from_slice(name.as_bytes());
            table.push(kind);
            table.extend_from_slice(&count.to_le_bytes());
            table.extend_from_slice(blake3::hash(&values[begin..]).as_bytes());
        }
        let total = HEAD + header.len() + table.len() + values.len() + HASH;
        if total as u64 > MAX_BYTES {
            return Err(too_long("the model", total, MAX_BYTES as usize));
        }
        let mut bytes = Vec::with_capacity(total);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(total as u64).to_le_bytes());
        bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&(self.sections.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(&table);
        bytes.extend_from_slice(&values);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        Ok(bytes)
    }

    /// Reads a file's bytes, checking everything before it is used.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() < MAGIC.len() || &bytes[..MAGIC.len()] != MAGIC {
            return Err(bad("not a model file of this program"));
        }
        let mut head = Cursor { rest: &bytes[MAGIC.len()..] };
        let version = head.u32()?;
        if version > VERSION {
            return Err(bad(format!(
                "model version {version} is newer than {VERSION}, the newest known here; update the program"
            )));
        }
        if version == 0 {
            return Err(bad("damaged: model version 0"));
        }
        let total = head.u64()?;
        if total > MAX_BYTES {
            return Err(bad(format!("larger than the limit of {MAX_BYTES} bytes, or damaged")));
        }
        if (bytes.len() as u64) < total {
            return Err(bad(format!("cut off: {} of {total} bytes", bytes.len())));
        }
        if bytes.len() as u64 > total || bytes.len() < HEAD + HASH {
            return Err(bad("damaged: its length does not match"));
        }
        let (body, hash) = bytes.split_at(bytes.len() - HASH);
        if blake3::hash(body).as_bytes() != hash {
            return Err(bad("damaged: the checksum of the file does not match"));
        }
        let mut rest = Cursor { rest: &body[MAGIC.len() + 4 + 8..] };
        let (header_bytes, count) = (rest.u32()? as usize, rest.u32()? as usize);
        let header = json("the header", rest.take(header_bytes)?)?;
        // A section has at least one letter, so the count is checked before anything is reserved for it.
        if count > rest.rest.len() / (2 + 1 + 1 + 8 + HASH) {
            return Err(bad("damaged: more sections than the file has room for"));
        }
        let mut table = Vec::with_capacity(count);
        for _ in 0..count {
            table.push(Entry::read(&mut rest)?);
        }
        let mut sections = IndexMap::with_capacity(count);
        for entry in table {
            let place = format!("section {}", entry.name);
            let values = rest.take(entry.bytes()?)?;
            if blake3::hash(values).as_bytes() != entry.hash {
                return Err(bad(format!("damaged: the checksum of {place} does not match")));
            }
            let section = Section::decode(entry.kind, values, &place)?;
            if sections.insert(entry.name, section).is_some() {
                return Err(bad(format!("damaged: {place} is there twice")));
            }
        }
        if !rest.rest.is_empty() {
            return Err(bad("damaged: bytes behind the last section"));
        }
        Ok(Container { header, sections })
    }

    /// The section `name`, an error when it is missing.
    pub fn section(&self, name: &str) -> Result<&Section> {
        self.sections.get(name).ok_or_else(|| bad(format!("damaged: section {name} is missing")))
    }
}

/// Defines an accessor that gives the values of a section of one kind.
macro_rules! accessors {
    ($($name:ident $variant:ident $type:ty),+) => {
        impl Container {
            $(
                #[doc = concat!("The values of the `", stringify!($name), "` section `name`.")]
                pub fn $name(&self, name: &str) -> Result<&$type> {
                    match self.section(name)? {
                        Section::$variant(values) => Ok(values),
                        _ => Err(bad(format!("damaged: section {name} is not of kind {}", stringify!($name)))),
                    }
                }
            )+
        }
    };
}
accessors!(json Json Value, u8 U8 [u8], u16 U16 [u16], u32 U32 [u32], i64 I64 [i64], f64 F64 [f64]);

/// One line of the section table.
struct Entry<'a> {
    name: String,
    kind: u8,
    count: u64,
    hash: &'a [u8],
}

impl<'a> Entry<'a> {
    fn read(rest: &mut Cursor<'a>) -> Result<Self> {
        let length = usize::from(u16::from_le_bytes(rest.array()?));
        if length == 0 || length > MAX_NAME {
            return Err(bad("damaged: the name of a section is empty or too long"));
        }
        let name = std::str::from_utf8(rest.take(length)?)
            .map_err(|_| bad("damaged: the name of a section is not UTF-8"))?
            .to_owned();
        let [kind] = rest.array()?;
        Ok(Self { name, kind, count: rest.u64()?, hash: rest.take(HASH)? })
    }

    /// Bytes of the values, by kind; overflow is damage.
    fn bytes(&self) -> Result<usize> {
        let width = *[1u64, 1, 2, 4, 8, 8]
            .get(usize::from(self.kind))
            .ok_or_else(|| bad(format!("damaged: section {} is of the unknown kind {}", self.name, self.kind)))?;
        let bytes = self.count.checked_mul(width).and_then(|b| usize::try_from(b).ok());
        bytes.ok_or_else(|| bad(format!("damaged: section {} is larger than memory", self.name)))
    }
}

impl Section {
    /// Appends the values; gives the kind and the number of values (bytes for JSON).
    fn encode(&self, out: &mut Vec<u8>) -> (u8, u64) {
        match self {
            Section::Json(v) => {
                let text = canonical(v);
                out.extend_from_slice(&text);
                (0, text.len() as u64)
            }
            Section::U8(v) => {
                out.extend_from_slice(v);
                (1, v.len() as u64)
            }
            Section::U16(v) => {
                out.extend(v.iter().flat_map(|x| x.to_le_bytes()));
                (2, v.len() as u64)
            }
            Section::U32(v) => {
                out.extend(v.iter().flat_map(|x| x.to_le_bytes()));
                (3, v.len() as u64)
            }
            Section::I64(v) => {
                out.extend(v.iter().flat_map(|x| x.to_le_bytes()));
                (4, v.len() as u64)
            }
            Section::F64(v) => {
                out.extend(v.iter().flat_map(|x| x.to_le_bytes()));
                (5, v.len() as u64)
            }
        }
    }

    fn decode(kind: u8, values: &[u8], place: &str) -> Result<Self> {
        fn words<T, const N: usize>(values: &[u8], read: fn([u8; N]) -> T) -> Vec<T> {
            values.as_chunks::<N>().0.iter().map(|word| read(*word)).collect()
        }
        Ok(match kind {
            0 => Section::Json(json(place, values)?),
            1 => Section::U8(values.to_vec()),
            2 => Section::U16(words(values, u16::from_le_bytes)),
            3 => Section::U32(words(values, u32::from_le_bytes)),
            4 => Section::I64(words(values, i64::from_le_bytes)),
            5 => Section::F64(words(values, f64::from_le_bytes)),
            _ => return Err(bad(format!("damaged: {place} is of the unknown kind {kind}"))),
        })
    }
}

/// JSON of a checked size, in canonical form: duplicate keys and other spellings don't survive the comparison.
fn json(place: &str, bytes: &[u8]) -> Result<Value> {
    if bytes.len() > MAX_JSON {
        return Err(bad(format!("{place} is larger than the limit of {MAX_JSON} bytes")));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| bad(format!("damaged: {place} is not JSON")))?;
    if canonical(&value) != bytes {
        return Err(bad(format!("damaged: {place} is not canonical JSON")));
    }
    Ok(value)
}

/// Bytes that are still to be read; running out of them is an error, not a panic.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or_else(|| bad("damaged: cut off or wrong lengths"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| bad("damaged: cut off or wrong lengths"))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}

#[cfg(test)]
mod tests;
