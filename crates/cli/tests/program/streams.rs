//! Determinism: threads, parts and formats change nothing.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::{files, folder, run, sample};

fn tables(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    files(folder).into_iter().filter(|(p, _)| p.ends_with(".csv")).collect()
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let dir = folder();
    for format in ["csv", "parquet"] {
        for threads in [1, 2, 5] {
            let args =
                format!("--scale 2.6 --threads {threads} --format {format} --out-dir @/{format}{threads} --quiet");
            run(dir.path(), &sample(&args)).fine();
        }
        let one = files(&dir.path().join(format!("{format}1")));
        assert!(one.len() == 10, "{:?}", one.keys());
        for threads in [2, 5] {
            assert!(one == files(&dir.path().join(format!("{format}{threads}"))), "{format}, {threads} threads");
        }
    }
}

#[test]
fn parts_put_together_are_the_whole() {
    let dir = folder();
    run(dir.path(), &sample("--scale 2.6 --out-dir @/whole --quiet")).fine();
    let whole = tables(&dir.path().join("whole"));
    for n in [1, 2, 7] {
        let mut joined: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for i in 1..=n {
            let args = format!("--scale 2.6 --part {i}/{n} --out-dir @/part{n}-{i}");
            let said = run(dir.path(), &sample(&args)).fine();
            assert!(!said.out.contains("broken in"), "{}", said.out);
            for (path, bytes) in tables(&dir.path().join(format!("part{n}-{i}"))) {
                let table = match n {
                    1 => path,
                    _ => path.replace(&format!("/part-{:05}.csv", i - 1), ".csv"),
                };
                let all = joined.entry(table).or_default();
                let header = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
                all.extend_from_slice(if all.is_empty() { &bytes } else { &bytes[header..] });
            }
        }
        assert!(joined == whole, "{n} parts: {:?} against {:?}", joined.keys(), whole.keys());
    }
}

#[test]
fn parts_in_one_folder_are_a_data_set() {
    let dir = folder();
    let all = dir.path().join("all");
    for i in 1..=2 {
        run(dir.path(), &sample(&format!("--scale 0.6 --part {i}/2 --out-dir @/p{i} --quiet --format parquet"))).fine();
        for (path, bytes) in files(&dir.path().join(format!("p{i}"))) {
            let to = all.join(&path);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(to, bytes).unwrap();
        }
    }
    run(dir.path(), "check @/all").fine();
}

#[test]
fn rows_of_one_table_can_be_asked_for() {
    let dir = folder();
    run(dir.path(), &sample("--rows patients=77 --out-dir @/out --quiet")).fine();
    let patients = tables(&dir.path().join("out"))["ehr/patients.csv"].clone();
    assert_eq!(String::from_utf8(patients).unwrap().lines().count(), 78);
}
