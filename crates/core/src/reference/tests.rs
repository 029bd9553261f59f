//! Laws of the reference hospital.
use super::*;

#[test]
fn summary() {
    use parameters::*;
    let t = std::time::Instant::now();
    let d = hospital(4000, 1);
    println!("{:?}", t.elapsed());
    for (n, b) in &d.tables { println!("{n} {}", b.num_rows()); }
    let h = Hospital::simulate(4000, 1);
    let n = h.stays.len() as f64;
    for (i, s) in SPECIALTIES.iter().enumerate() {
        let of: Vec<_> = h.stays.iter().zip(&h.readings).filter(|(x, _)| x.specialty == i).collect();
        let days: f64 = of.iter().map(|(x, _)| (x.discharge - x.admit) as f64 / 1440.0).sum();
        let rows: usize = of.iter().map(|(_, r)| r.len()).sum();
        let sev: Vec<f64> = (0..3).map(|k| of.iter().filter(|(x, _)| x.diagnoses[0].severity == k).count() as f64 / of.len() as f64).collect();
        let move_on = of.iter().filter(|(x, _)| !x.home).count() as f64 / of.len() as f64;
        let beds = 4.0 * 365.0 * (s.beds * s.wards.len()) as f64;
        let lead: Vec<_> = (0..6).map(|c| (100.0 * of.iter().filter(|(x, _)| x.diagnoses[0].code == c).count() as f64 / of.len() as f64).round()).collect();
        println!("{:12} share {:.3} los {:.2} rows/stay {:.1} occ {:.2} sev {:.2?} move {:.2} lead {:?}", s.name, of.len() as f64 / n, days / of.len() as f64, rows as f64 / of.len() as f64, days / beds, sev, move_on, lead);
    }
    let mut per = vec![0usize; 4000];
    for s in &h.stays { per[s.patient] += 1; }
    let mut hist = vec![0; 20];
    for p in per { hist[p.min(19)] += 1; }
    println!("stays per patient {hist:?}");
}
