use healthdata_core::{fit::*, sample::*};
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t0 = Instant::now();
    let (data, meta) = if a[1] == "ref" {
        (healthdata_core::reference::hospital(a[2].parse().unwrap(), 1), healthdata_core::reference::metadata())
    } else {
        let m = healthdata_io::source::read_metadata(std::path::Path::new(&a[2])).unwrap();
        (healthdata_io::source::read(std::path::Path::new(&a[1]), Some(&m)).unwrap().data, m)
    };
    eprintln!("read {:?}", t0.elapsed());
    let t = Instant::now();
    let (model, notes) = fit(&data, &meta, FitOptions::default(), &|_, _| {}).unwrap();
    eprintln!("fit {:?}", t.elapsed());
    for n in notes { eprintln!("  {n}"); }
    for (p, m) in model.plan.tables.iter().zip(&model.tables) {
        eprintln!("{} {:?} owner {:?} when {:?} features {} ", p.name, p.origin, p.owner.map(|o| &model.plan.tables[o as usize].name), p.when.map(|w| &p.slots[w as usize].column), m.features.len());
        for (l, x) in p.links.iter().zip(&m.links) { eprintln!("   link {} agree {:?} same {} kin {} profile {:?}", l.name, l.agreements, x.same.is_some(), x.kin.is_some(), x.profile.iter().map(|p| &p.0).collect::<Vec<_>>()); }
        for c in m.when.iter().flat_map(|(a, b)| [a, b]).chain(&m.columns) { eprintln!("   {} {:?} {:?}", p.slots[c.slot as usize].column, c.quantity, c.parts.iter().map(|d| (d.coder.codes(), d.conditional.used().len())).collect::<Vec<_>>()); }
    }
    eprintln!("components {}", model.components);
    let t = Instant::now();
    let s = Sampler::new(&model, SampleRequest { scale: a[4].parse().unwrap(), seed: a.get(5).map_or(42, |s| s.parse().unwrap()), ..Default::default() }).unwrap();
    let out = std::path::Path::new(&a[3]);
    std::fs::create_dir_all(out).unwrap();
    let mut rows = 0;
    let mut bufs: Vec<Vec<u8>> = vec![vec![]; s.tables().len()];
    for b in s.part_blocks() {
        for (i, batch) in s.block(b).unwrap().tables.iter().enumerate() {
            let m = &s.metadata().tables[s.tables()[i]];
            if bufs[i].is_empty() { healthdata_io::sink::encode_header(m, Default::default(), &mut bufs[i]); }
            healthdata_io::sink::encode_csv(batch, m, Default::default(), &mut bufs[i]).unwrap();
            rows += batch.num_rows();
        }
    }
    eprintln!("sample {:?} {} rows", t.elapsed(), rows);
    for (i, b) in bufs.iter().enumerate() { std::fs::write(out.join(format!("{}.csv", s.tables()[i])), b).unwrap(); }
}
