//! Try-out.
use healthdata_core::evaluate::*;
use std::path::Path;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let meta = healthdata_io::read_metadata(Path::new(&a[1])).unwrap();
    let read = |p: &str| healthdata_io::read(Path::new(p), Some(&meta)).unwrap().data;
    let t = std::time::Instant::now();
    let (real, syn) = (read(&a[2]), read(&a[3]));
    let hold = a.get(4).filter(|p| p.as_str() != "-").map(|p| read(p));
    eprintln!("{:6.2} read files", t.elapsed().as_secs_f64());
    let r = evaluate(&real, &syn, hold.as_ref(), &meta, &EvaluateOptions::default(), &|s| {
        eprintln!("{:6.2} {s}", t.elapsed().as_secs_f64())
    })
    .unwrap();
    eprintln!("{:6.2} done", t.elapsed().as_secs_f64());
    for q in &r.questions {
        println!("{:12} {:?} {:?} {}\n   {}", q.section.name(), q.score, q.best, q.verdict.words(), q.answer);
    }
    for (k, v) in &r.summary {
        println!("{k}: {v:.4} {:?}", r.sdmetrics_ceiling.get(k));
    }
    for n in &r.notes {
        println!("note: {n}");
    }
    if let Some(p) = a.get(5) {
        let t = std::time::Instant::now();
        let page = healthdata_io::report::html(&r);
        eprintln!("html {:.3} s {} bytes", t.elapsed().as_secs_f64(), page.len());
        std::fs::write(p, healthdata_io::report::json(&r).unwrap()).unwrap();
        std::fs::write(format!("{p}.html"), page).unwrap();
        std::fs::write(format!("{p}.xml"), healthdata_io::report::junit(&r, &[])).unwrap();
    }
}
