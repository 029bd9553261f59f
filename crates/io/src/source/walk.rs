//! Which files make up which table: folders as domains, folders of parts as one table.

use std::fs;
use std::path::{Path, PathBuf};

use healthdata_core::{Error, ErrorKind, Metadata, Result};
use indexmap::IndexMap;

use super::Limits;
use crate::files::io_error;
use crate::slug::{apart, part_number, slug};

/// Folders below folders, at most.
const DEPTH: usize = 16;

/// How a file is read, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    CsvGz,
    CsvZst,
    Parquet,
    Arrow,
}

/// One table and its files in order.
#[derive(Clone, Debug)]
pub(super) struct TableFiles {
    pub name: String,
    pub domain: Option<String>,
    pub files: Vec<(PathBuf, Kind)>,
}

/// The tables at a path, problems to report with those of the rows, and notes.
#[derive(Default)]
pub(super) struct Found {
    pub tables: Vec<TableFiles>,
    pub problems: Vec<String>,
    pub notes: Vec<String>,
}

/// Splits a file name into its stem and kind; None for files that hold no table.
fn kind_of(name: &str) -> Option<(&str, Kind)> {
    const ENDINGS: [(&str, Kind); 5] = [
        (".csv", Kind::Csv),
        (".csv.gz", Kind::CsvGz),
        (".csv.zst", Kind::CsvZst),
        (".parquet", Kind::Parquet),
        (".arrow", Kind::Arrow),
    ];
    ENDINGS.into_iter().find_map(|(ending, kind)| {
        let at = name.len().checked_sub(ending.len()).filter(|at| *at > 0 && name.is_char_boundary(*at))?;
        name[at..].eq_ignore_ascii_case(ending).then_some((&name[..at], kind))
    })
}

/// Finds the tables at `path`; with metadata, in its order and only its tables.
pub(super) fn find(path: &Path, metadata: Option<&Metadata>, limits: &Limits) -> Result<Found> {
    let meta = fs::metadata(path).map_err(|e| io_error(path, "read it", &e))?;
    let mut walk = Walk { tables: Vec::new(), found: Found::default(), looked_at: 0, limits };
    if meta.is_dir() {
        // `data/.` and `data` must give the same table name for a folder of parts.
        let real = path.canonicalize().map_err(|e| io_error(path, "read it", &e))?;
        let name = real.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        walk.folder(path, &name, &[], &mut vec![real])?;
    } else {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let (stem, kind) = kind_of(&name).ok_or_else(|| {
            Error::new(
                ErrorKind::Data,
                format!("{}: not a .csv, .csv.gz, .csv.zst, .parquet or .arrow file", path.display()),
            )
        })?;
        walk.tables.push(TableFiles { name: stem.into(), domain: None, files: vec![(path.into(), kind)] });
    }
    let Walk { tables, mut found, .. } = walk;
    if tables.is_empty() && found.problems.is_empty() {
        found
            .problems
            .push(format!("{}: no .csv, .csv.gz, .csv.zst, .parquet or .arrow file in this folder", path.display()));
    }
    let mut by_name: IndexMap<String, TableFiles> = IndexMap::new();
    for mut t in tables {
        if let Some(m) = metadata {
            // Names that are no file names were written as slugs, the second of two that differ by case only too.
            let named = |is: &dyn Fn(&str) -> bool| m.tables.keys().find(|n| is(n));
            let name = named(&|n| n == t.name).or(named(&|n| slug(n) == t.name)).or(named(&|n| apart(n) == t.name));
            if let Some(name) = name {
                t.name = name.clone();
            }
        }
        if let Some(before) = by_name.get(&t.name) {
            let (a, b) = (before.files[0].0.display(), t.files[0].0.display());
            found.problems.push(format!("table {} is in two places: {a} and {b}; remove or rename one", t.name));
        } else {
            by_name.insert(t.name.clone(), t);
        }
    }
    match metadata {
        None => found.tables = by_name.into_values().collect(),
        Some(m) => {
            for name in m.tables.keys() {
                match by_name.shift_remove(name) {
                    Some(t) => found.tables.push(t),
                    None => found.problems.push(format!(
                        "{}: table {name} of the metadata has no file; expected {}.csv, .csv.gz, .csv.zst, .parquet or .arrow",
                        path.display(),
                        slug(name)
                    )),
                }
            }
            for (name, t) in by_name {
                found
                    .notes
                    .push(format!("{}: table {name} is not in the metadata, left aside", t.files[0].0.display()));
            }
        }
    }
    Ok(found)
}

struct Walk<'a> {
    tables: Vec<TableFiles>,
    found: Found,
    looked_at: usize,
    limits: &'a Limits,
}

impl Walk<'_> {
    /// Looks at one folder called `name` inside the domain `above`; `chain` holds the real paths down to it.
    fn folder(&mut self, path: &Path, name: &str, above: &[String], chain: &mut Vec<PathBuf>) -> Result<()> {
        let mut entries: Vec<(String, PathBuf, bool)> = Vec::new();
        for entry in fs::read_dir(path).map_err(|e| io_error(path, "list it", &e))? {
            let entry = entry.map_err(|e| io_error(path, "list it", &e))?;
            self.looked_at += 1;
            if self.looked_at > self.limits.files {
                let limit = self.limits.files;
                let problem =
                    format!("{}: more than {limit} files and folders; point at the data only", path.display());
                return Err(Error::new(ErrorKind::Data, problem));
            }
            let Ok(file) = entry.file_name().into_string() else {
                self.found.problems.push(format!("{}: a file name is not UTF-8; rename it", path.display()));
                continue;
            };
            // Hidden files are unfinished or belong to other programs, like the log of a Delta table.
            if file.starts_with('.') || file == "_delta_log" || file == "_temporary" {
                continue;
            }
            match fs::metadata(entry.path()) {
                // Pipes and devices would be waited for.
                Ok(m) if m.is_dir() || m.is_file() => entries.push((file, entry.path(), m.is_dir())),
                Ok(_) => {}
                Err(e) => self.found.problems.push(io_error(&entry.path(), "read it", &e).to_string()),
            }
        }
        entries.sort();
        let mut parts = Vec::new();
        for (file, path, is_folder) in &entries {
            match kind_of(file) {
                Some((stem, kind)) if !is_folder => match part_number(stem) {
                    Some(k) => parts.push((k, file.clone(), path.clone(), kind)),
                    None => self.tables.push(TableFiles {
                        name: stem.into(),
                        domain: (!above.is_empty()).then(|| above.join("/")),
                        files: vec![(path.clone(), kind)],
                    }),
                },
                _ if *is_folder => self.descend(file, path, above, chain)?,
                _ => {}
            }
        }
        if !parts.is_empty() {
            // By number: part-2 comes before part-10 whatever the zeros.
            parts.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
            let upper = above.len().saturating_sub(1);
            self.tables.push(TableFiles {
                name: kind_of(name).map_or(name, |(stem, _)| stem).into(),
                domain: (upper > 0).then(|| above[..upper].join("/")),
                files: parts.into_iter().map(|(_, _, p, k)| (p, k)).collect(),
            });
        }
        Ok(())
    }

    fn descend(&mut self, name: &str, path: &Path, above: &[String], chain: &mut Vec<PathBuf>) -> Result<()> {
        let real = path.canonicalize().map_err(|e| io_error(path, "read it", &e))?;
        // A link back to a folder we are in would never end.
        if chain.contains(&real) {
            return Ok(());
        }
        if chain.len() > DEPTH {
            self.found
                .problems
                .push(format!("{}: more than {DEPTH} folders deep; point at the data only", path.display()));
            return Ok(());
        }
        chain.push(real);
        let mut inner = above.to_vec();
        inner.push(name.into());
        self.folder(path, name, &inner, chain)?;
        chain.pop();
        Ok(())
    }
}
