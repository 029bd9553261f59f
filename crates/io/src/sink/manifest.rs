//! The manifest: what a finished run is and which files belong to it. Written last; a folder without one is
//! not finished.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use healthdata_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::files;

/// File name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// What `format` says in our manifests.
const FORMAT: &str = "healthdata-manifest";
/// The version written; newer ones are refused.
pub const FORMAT_VERSION: u32 = 1;
/// A manifest of a hundred thousand parts has about 20 MiB.
const LIMIT: u64 = 256 << 20;

/// What makes a run: two runs with equal values give equal bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Program and version, as in `healthdata 0.1.0`.
    pub program: String,
    /// The seed.
    pub seed: u64,
    /// The scale.
    pub scale: f64,
    /// Hash of the model file.
    pub model_hash: String,
    /// Everything else that changes the bytes (format, tables, ...).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// One finished file of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The table.
    pub table: String,
    /// Path below the folder, with `/`.
    pub path: String,
    /// Data rows.
    pub rows: u64,
    /// Size.
    pub bytes: u64,
    /// Checksum of the file, hexadecimal.
    pub blake3: String,
}

/// A file beside the tables: the metadata, a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherEntry {
    /// Path below the folder, with `/`.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Checksum of the file, hexadecimal.
    pub blake3: String,
}

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `healthdata-manifest`: how a folder of ours is recognised.
    pub format: String,
    /// Version of this layout.
    pub format_version: u32,
    /// What was run.
    #[serde(flatten)]
    pub run: Run,
    /// Files of tables, by path.
    pub tables: Vec<FileEntry>,
    /// Other files, by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherEntry>,
}

impl Manifest {
    /// The manifest of a run; files are put in the order of their paths, whatever order they were finished in.
    pub fn new(run: Run, mut tables: Vec<FileEntry>, mut others: Vec<OtherEntry>) -> Self {
        tables.sort_by(|a, b| a.path.cmp(&b.path));
        others.sort_by(|a, b| a.path.cmp(&b.path));
        Self { format: FORMAT.into(), format_version: FORMAT_VERSION, run, tables, others }
    }

    /// The manifest of the folder `dir`; None when there is no `manifest.json`. An error of kind `Data` when
    /// there is one that is not ours, of a newer version or damaged.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(MANIFEST);
        match std::fs::metadata(&path) {
            // A link that leads nowhere is one, and not nothing.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !path.is_symlink() => return Ok(None),
            Err(e) => return Err(files::io_error(&path, "read it", &e)),
            // A pipe would be waited for.
            Ok(m) if !m.is_file() => {
                return Err(Error::new(ErrorKind::Data, format!("{}: not a file", path.display())));
            }
            Ok(_) => {}
        }
        let bytes = files::read_whole(&path, LIMIT, ErrorKind::Data)?;
        Self::from_json(&bytes).map(Some).map_err(|e| e.at(&path.display().to_string()))
    }

    /// Reads the JSON of a manifest and checks that every path stays inside the folder.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            format_version: u32,
        }
        let bad = |why: String| Error::new(ErrorKind::Data, why);
        let head: Head = serde_json::from_slice(bytes).map_err(|_| bad("not a manifest of this program".into()))?;
        if head.format != FORMAT {
            return Err(bad("not a manifest of this program".into()));
        }
        if head.format_version > FORMAT_VERSION {
            let v = head.format_version;
            return Err(bad(format!(
                "version {v} is newer than {FORMAT_VERSION}, the newest known here; update the program"
            )));
        }
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|e| bad(format!("damaged at line {}, column {}", e.line(), e.column())))?;
        if manifest.paths().any(|p| !is_inside(p)) {
            return Err(bad("a path leads out of the folder".into()));
        }
        Ok(manifest)
    }

    /// The JSON, the same bytes for the same run.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest has text keys only");
        bytes.push(b'\n');
        bytes
    }

    /// Every path the manifest lists.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|t| t.path.as_str()).chain(self.others.iter().map(|o| o.path.as_str()))
    }

    /// Every path with its checksum.
    pub fn checksums(&self) -> impl Iterator<Item = (&str, &str)> {
        let tables = self.tables.iter().map(|t| (t.path.as_str(), t.blake3.as_str()));
        tables.chain(self.others.iter().map(|o| (o.path.as_str(), o.blake3.as_str())))
    }
}

/// True for a plain relative path: no root, no `..`, no `.`, no backslash or drive.
pub(crate) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', ':', '\0'])
        && path.split('/').all(|p| !p.is_empty() && p != "." && p != "..")
        && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Manifest {
        let entry = |path: &str| FileEntry {
            table: "t".into(),
            path: path.into(),
            rows: 3,
            bytes: 9,
            blake3: blake3::hash(b"").to_hex().to_string(),
        };
        let run = Run { seed: u64::MAX, scale: 0.1, ..Run::default() };
        Manifest::new(run, vec![entry("b/t.csv"), entry("a/t.csv")], Vec::new())
    }

    #[test]
    fn json_goes_there_and_back_in_one_order() {
        let m = example();
        assert_eq!(Manifest::from_json(&m.to_json()).unwrap(), m);
        assert_eq!(m.tables[0].path, "a/t.csv");
    }

    #[test]
    fn paths_out_of_the_folder_are_refused() {
        for p in ["../x", "/etc/passwd", "a/../../x", "", "a//b", "a\\..\\x", "c:x", "./a", "a/."] {
            let mut m = example();
            m.tables[0].path = p.into();
            assert!(Manifest::from_json(&m.to_json()).is_err(), "{p}");
        }
    }

    #[test]
    fn foreign_newer_and_damaged_manifests_are_told_apart() {
        let text = String::from_utf8(example().to_json()).unwrap();
        let error = |t: &str| Manifest::from_json(t.as_bytes()).unwrap_err().to_string();
        assert!(error("{}").contains("not a manifest of this program"));
        assert!(error(r#"{"name": "an extension", "manifest_version": 3}"#).contains("not a manifest"));
        assert!(error(&text.replace("\"format_version\": 1", "\"format_version\": 2")).contains("newer"));
        assert!(error(&text.replace("\"rows\": 3", "\"rows\": -3")).contains("damaged"));
    }
}
