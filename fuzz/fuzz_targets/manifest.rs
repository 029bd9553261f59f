//! A manifest and a run file: refused, or what they name stays inside their folder.
#![no_main]

use healthdata_io::sink::{JOURNAL, MANIFEST};
use healthdata_io::{Manifest, OutputDir, Run, verify};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::from_json(bytes) {
        assert!(manifest.paths().all(|p| !p.starts_with('/') && p.split('/').all(|part| part != "..")));
    }
    let above = healthdata_fuzz::folder().join("above");
    let folder = above.join("out");
    let _ = std::fs::remove_dir_all(&above);
    std::fs::create_dir_all(&folder).expect("a folder of ours");
    // What is beside the folder is not ours and has to stay.
    let foreign = above.join("foreign");
    std::fs::write(&foreign, "x").expect("a folder of ours");
    std::fs::write(folder.join(MANIFEST), bytes).expect("a folder of ours");
    let _ = verify(&folder);
    let _ = OutputDir::create(&folder, Run::default()).and_then(OutputDir::commit);
    let _ = std::fs::remove_file(folder.join(MANIFEST));
    std::fs::write(folder.join(JOURNAL), bytes).expect("a folder of ours");
    let _ = OutputDir::run_of(&folder);
    let _ = OutputDir::create(&folder, Run::default()).and_then(OutputDir::commit);
    assert!(foreign.exists(), "a file beside the folder is gone");
});
