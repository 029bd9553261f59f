//! What the targets share.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use healthdata_core::sample::{SampleRequest, Sampler};
use healthdata_core::{Dataset, Metadata, Result};

/// Panics in the decoders of Parquet and Arrow are caught by the library, so they don't end the run; the hook that the
/// fuzzer sets ends it before they can be caught. Panics anywhere else, caught or not, still end it.
pub fn let_decoders_panic() {
    let fuzzer = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let file = info.location().map_or("", |l| l.file());
        // Without a place of its own: the standard library on behalf of somebody. What nobody catches ends the run.
        let decoder = ["/parquet-", "/arrow-", "/flatbuffers-", "/rustc/"].iter().any(|name| file.contains(name));
        if !decoder {
            fuzzer(info);
        }
    }));
}

/// A file of this run with these bytes.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, bytes).expect("the folder for temporary files can be written");
    path
}

/// A folder of this run: in the one that `tests/slow/fuzz.sh` makes and removes, else among temporary files.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let above = std::env::var_os("HEALTHDATA_FUZZ").map_or_else(std::env::temp_dir, PathBuf::from);
        let path = above.join(format!("healthdata-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        path
    })
}

/// Does with a table what `detect` and `check` do.
pub fn look_at(path: &Path) {
    let Ok(source) = healthdata_io::read(path, None) else { return };
    let cells: usize = source.data.tables.values().map(|t| t.num_rows().saturating_mul(t.num_columns())).sum();
    // A million empty cells are a few bytes and a long time.
    if cells > 20_000 {
        return;
    }
    let Ok(found) = healthdata_core::detect::detect(&source.data, &Default::default()) else { return };
    assert!(Metadata::from_json(&found.metadata.to_json()).is_ok(), "detected metadata can be read");
    let _ = healthdata_core::check::check(&source.data, &found.metadata);
}

/// Reads a model, says what it holds and makes the first block of it.
pub fn sample(bytes: &[u8]) -> Result<()> {
    let model = healthdata_io::model::from_bytes(bytes)?;
    healthdata_core::inspect::inspect(&model, true)?;
    let sampler = Sampler::new(&model, SampleRequest::default())?;
    // A model may truly ask for more rows than there is time for.
    if sampler.expected_rows() <= 2_000 && sampler.blocks() <= 10 {
        sampler.block(0)?;
    }
    Ok(())
}

/// Two tables that rules can be about.
pub fn clinic() -> &'static (Dataset, String) {
    static CLINIC: OnceLock<(Dataset, String)> = OnceLock::new();
    CLINIC.get_or_init(|| {
        let path = folder().join("clinic");
        std::fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        let patients = "id,sex,age,born\n1,F,30,1990-01-01\n2,M,,1980-05-05\n3,F,7,2015-02-28\n";
        let stays = "stay,id,a,b,admit,discharge\n1,1,1,2.5,2020-01-01 10:00:00,2020-01-03 10:00:00\n\
                     2,1,3,,2020-02-01 10:00:00,\n3,3,-4,8,2020-01-01 10:00:00,2019-01-01 10:00:00\n";
        let write = |name: &str, text: &str| std::fs::write(path.join(name), text).expect("a folder of ours");
        write("patients.csv", patients);
        write("stays.csv", stays);
        let data = healthdata_io::read(&path, None).expect("tables of ours").data;
        let metadata = r#"{"METADATA_SPEC_VERSION": "V2", "tables": {
            "patients": {"primary_key": "id", "columns": {"id": {"sdtype": "id"}, "sex": {"sdtype": "categorical"},
                "age": {"sdtype": "numerical"}, "born": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"}}},
            "stays": {"primary_key": "stay", "columns": {"stay": {"sdtype": "id"}, "id": {"sdtype": "id"},
                "a": {"sdtype": "numerical"}, "b": {"sdtype": "numerical"},
                "admit": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M:%S"},
                "discharge": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M:%S"}}}},
            "relationships": [{"parent_table_name": "patients", "parent_primary_key": "id",
                "child_table_name": "stays", "child_foreign_key": "id"}],
            "x_healthdata": {"rules": RULES}}"#;
        (data, metadata.to_owned())
    })
}
