//! One small generated data set for each shape.

use std::fmt::Write;

use healthdata_core::Metadata;
use healthdata_core::rng::{Stream, name};
use healthdata_core::time::{DAY, SECOND, format};

/// A data set and what must be found in it.
pub struct Shape {
    /// Name and CSV text.
    pub tables: Vec<(&'static str, String)>,
    /// Primary keys, columns joined by `+`.
    pub keys: Vec<(&'static str, &'static str)>,
    /// `child.columns -> parent`.
    pub links: Vec<&'static str>,
    /// What a person changes in the guessed metadata.
    pub change: fn(&mut Metadata),
    /// Share by which rows may differ beyond eight roots of their number.
    pub rows_slack: f64,
    /// Rows that say something of their own, where owners differ much.
    pub independent: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            tables: Vec::new(),
            keys: Vec::new(),
            links: Vec::new(),
            change: |_| {},
            rows_slack: 0.1,
            independent: 100_000,
        }
    }
}

fn rng(what: &str) -> Stream {
    Stream::new(11, name(&["shapes", what]), 0)
}

/// An index with falling weights.
fn skewed(r: &mut Stream, n: usize) -> usize {
    let u = r.unit();
    ((u * u) * n as f64) as usize
}

fn maybe(r: &mut Stream, share: f64, text: String) -> String {
    if r.unit() < share { String::new() } else { text }
}

fn day(r: &mut Stream, from_year: i64, days: i64) -> String {
    format(((from_year - 1970) * 365 + r.below(days as u64) as i64) * DAY, "%Y-%m-%d")
}

pub fn flights() -> Shape {
    let mut r = rng("flights");
    let mut airports = "airport_code,size,altitude\n".to_owned();
    let mut carriers = "carrier_id,kind\n".to_owned();
    let mut flights = "flight_id,carrier_id,origin,dest,alternate,delay\n".to_owned();
    for i in 0..40 {
        writeln!(airports, "AP{i:02},{},{}", ["small", "large"][i % 2], r.below(2000)).unwrap();
    }
    for i in 0..8 {
        writeln!(carriers, "C{i},{}", ["cheap", "full"][i % 2]).unwrap();
    }
    for i in 0..1500 {
        let (carrier, a) = (skewed(&mut r, 8), skewed(&mut r, 40));
        let mut b = skewed(&mut r, 40);
        if a == b {
            b = (a + 1 + r.below(38) as usize) % 40;
        }
        let alternate = format!("AP{:02}", r.below(40));
        let alternate = maybe(&mut r, 0.7, alternate);
        let delay = r.below(60) as i64 - 10 + if carrier % 2 == 0 { 20 } else { 0 };
        writeln!(flights, "F{i:05},C{carrier},AP{a:02},AP{b:02},{alternate},{delay}").unwrap();
    }
    Shape {
        tables: vec![("airports", airports), ("carriers", carriers), ("flights", flights)],
        keys: vec![("airports", "airport_code"), ("carriers", "carrier_id"), ("flights", "flight_id")],
        links: vec![
            "flights.carrier_id -> carriers",
            "flights.origin -> airports",
            "flights.dest -> airports",
            "flights.alternate -> airports",
        ],
        ..Shape::default()
    }
}

pub fn composite() -> Shape {
    let mut r = rng("composite");
    let mut wards = "hospital_code,ward_no,beds\n".to_owned();
    let mut people = "person_id,age\n".to_owned();
    let mut stays = "stay_id,person_id,hospital_code,ward_no,days\n".to_owned();
    let mut all = Vec::new();
    for h in 0..6 {
        for w in 1..=(3 + h) {
            writeln!(wards, "H{h},{w},{}", 5 + r.below(30)).unwrap();
            all.push((h, w));
        }
    }
    for i in 0..400 {
        writeln!(people, "P{i:04},{}", r.below(90)).unwrap();
        for _ in 0..1 + r.below(3) {
            let (h, w) = all[skewed(&mut r, all.len())];
            writeln!(stays, "S{:04},P{i:04},H{h},{w},{}", stays.lines().count(), 1 + r.below(10)).unwrap();
        }
    }
    Shape {
        tables: vec![("wards", wards), ("people", people), ("stays", stays)],
        keys: vec![("wards", "hospital_code+ward_no"), ("people", "person_id"), ("stays", "stay_id")],
        links: vec!["stays.person_id -> people", "stays.hospital_code+ward_no -> wards"],
        ..Shape::default()
    }
}

pub fn lines() -> Shape {
    let mut r = rng("lines");
    let mut orders = "order_id,channel\n".to_owned();
    let mut lines = "order_id,line_no,price\n".to_owned();
    for i in 0..300 {
        writeln!(orders, "O{i:04},{}", ["shop", "web"][r.below(2) as usize]).unwrap();
        for k in 1..=(1 + r.below(5)) {
            writeln!(lines, "O{i:04},{k},{}.{:02}", r.below(90), r.below(4) * 25).unwrap();
        }
    }
    Shape {
        tables: vec![("orders", orders), ("lines", lines)],
        keys: vec![("orders", "order_id"), ("lines", "order_id+line_no")],
        links: vec!["lines.order_id -> orders"],
        ..Shape::default()
    }
}

pub fn managers() -> Shape {
    let mut r = rng("managers");
    let mut t = "employee_id,manager_id,level,salary\n".to_owned();
    let mut levels: Vec<usize> = Vec::new();
    for i in 0..400usize {
        let boss = (i > 4).then(|| r.below(i as u64 / 3 + 1) as usize);
        let level = boss.map_or(0, |b| levels[b] + 1);
        levels.push(level);
        let boss = boss.map(|b| format!("E{b:03}")).unwrap_or_default();
        writeln!(t, "E{i:03},{boss},{level},{}", 9000 - 1000 * level.min(6) as u64 + r.below(900)).unwrap();
    }
    Shape {
        tables: vec![("employees", t)],
        keys: vec![("employees", "employee_id")],
        links: vec!["employees.manager_id -> employees"],
        ..Shape::default()
    }
}

pub fn departments() -> Shape {
    let mut r = rng("departments");
    let mut departments = "department_id,head_employee_id,budget\n".to_owned();
    let mut employees = "employee_id,department_id,grade\n".to_owned();
    for d in 0..30 {
        // The head works in the department.
        writeln!(departments, "D{d:02},E{:03},{}", d * 10 + r.below(10), 100 + r.below(500)).unwrap();
    }
    for e in 0..300 {
        writeln!(employees, "E{e:03},D{:02},{}", e / 10, ["a", "b", "c"][r.below(3) as usize]).unwrap();
    }
    Shape {
        tables: vec![("departments", departments), ("employees", employees)],
        keys: vec![("departments", "department_id"), ("employees", "employee_id")],
        links: vec!["departments.head_employee_id -> employees", "employees.department_id -> departments"],
        ..Shape::default()
    }
}

pub fn nullable() -> Shape {
    let mut r = rng("nullable");
    let mut patients = "patient_id,sex\n".to_owned();
    let mut doctors = "doctor_id,field\n".to_owned();
    let mut visits = "visit_id,patient_id,doctor_id,visit_date,fee\n".to_owned();
    for i in 0..200 {
        writeln!(patients, "P{i:03},{}", ["F", "M"][r.below(2) as usize]).unwrap();
    }
    for i in 0..25 {
        writeln!(doctors, "D{i:02},{}", ["heart", "eye", "skin"][i % 3]).unwrap();
    }
    for i in 0..900 {
        let (p, d) = (format!("P{:03}", skewed(&mut r, 200)), format!("D{:02}", skewed(&mut r, 25)));
        let (p, d) = (maybe(&mut r, 0.08, p), maybe(&mut r, 0.3, d));
        writeln!(visits, "{},{p},{d},{},{}", i + 1000, day(&mut r, 2020, 900), 20 + r.below(50)).unwrap();
    }
    Shape {
        tables: vec![("patients", patients), ("doctors", doctors), ("visits", visits)],
        keys: vec![("patients", "patient_id"), ("doctors", "doctor_id"), ("visits", "visit_id")],
        links: vec!["visits.patient_id -> patients", "visits.doctor_id -> doctors"],
        ..Shape::default()
    }
}

pub fn keyless() -> Shape {
    let mut r = rng("keyless");
    let mut sensors = "sensor_id,place\n".to_owned();
    let mut readings = "sensor_id,reading,unit\n".to_owned();
    let mut weather = "sky,wind\n".to_owned();
    for i in 0..60 {
        writeln!(sensors, "{i},{}", ["roof", "yard"][i % 2]).unwrap();
        for _ in 0..r.below(20) {
            writeln!(readings, "{i},{},C", 15 + r.below(10) + 5 * (i as u64 % 2)).unwrap();
        }
    }
    for _ in 0..300 {
        writeln!(weather, "{},{}", ["clear", "cloud", "rain"][skewed(&mut r, 3)], r.below(12)).unwrap();
    }
    Shape {
        tables: vec![("sensors", sensors), ("readings", readings), ("weather", weather)],
        keys: vec![("sensors", "sensor_id"), ("readings", ""), ("weather", "")],
        links: vec!["readings.sensor_id -> sensors"],
        ..Shape::default()
    }
}

pub fn nothing_modelled() -> Shape {
    let mut r = rng("nothing");
    let mut a = "author_id\n".to_owned();
    let mut b = "book_id\n".to_owned();
    let mut w = "writing_id,author_id,book_id\n".to_owned();
    for i in 0..120 {
        writeln!(a, "A{i:03}").unwrap();
    }
    for i in 0..150 {
        writeln!(b, "B{i:03}").unwrap();
    }
    for i in 0..400 {
        writeln!(w, "W{i:04},A{:03},B{:03}", skewed(&mut r, 120), r.below(150)).unwrap();
    }
    Shape {
        tables: vec![("authors", a), ("books", b), ("writings", w)],
        keys: vec![("authors", "author_id"), ("books", "book_id"), ("writings", "writing_id")],
        links: vec!["writings.author_id -> authors", "writings.book_id -> books"],
        ..Shape::default()
    }
}

pub fn bridge() -> Shape {
    let mut r = rng("bridge");
    let mut students = "student_id,year\n".to_owned();
    let mut courses = "course_id,points\n".to_owned();
    let mut both = "student_id,course_id,grade\n".to_owned();
    for i in 0..250 {
        let year = 1 + r.below(4);
        writeln!(students, "S{i:03},{year}").unwrap();
        let mut taken: Vec<usize> = (0..1 + r.below(6)).map(|_| skewed(&mut r, 20)).collect();
        taken.sort_unstable();
        taken.dedup();
        for c in taken {
            writeln!(both, "S{i:03},C{c:02},{}", year + r.below(3)).unwrap();
        }
    }
    for i in 0..20 {
        writeln!(courses, "C{i:02},{}", [3, 6, 12][i % 3]).unwrap();
    }
    Shape {
        tables: vec![("students", students), ("courses", courses), ("enrolments", both)],
        keys: vec![("students", "student_id"), ("courses", "course_id"), ("enrolments", "student_id+course_id")],
        links: vec!["enrolments.student_id -> students", "enrolments.course_id -> courses"],
        ..Shape::default()
    }
}

/// Most of the pairs that there can be are taken.
pub fn small_bridge() -> Shape {
    let mut r = rng("small bridge");
    let mut roles = "role_id,label\n".to_owned();
    let mut rights = "right_id,scope\n".to_owned();
    let mut both = "role_id,right_id\n".to_owned();
    for i in 0..12 {
        writeln!(roles, "R{i:02},{}", ["staff", "guest"][i % 2]).unwrap();
        for j in 0..15 {
            if r.unit() < 0.7 {
                writeln!(both, "R{i:02},T{j:02}").unwrap();
            }
        }
    }
    for j in 0..15 {
        writeln!(rights, "T{j:02},{}", ["read", "write", "own"][j % 3]).unwrap();
    }
    Shape {
        tables: vec![("roles", roles), ("rights", rights), ("role_rights", both)],
        keys: vec![("roles", "role_id"), ("rights", "right_id"), ("role_rights", "role_id+right_id")],
        links: vec!["role_rights.role_id -> roles", "role_rights.right_id -> rights"],
        ..Shape::default()
    }
}

pub fn one_to_one() -> Shape {
    let mut r = rng("one to one");
    let mut persons = "person_id,age\n".to_owned();
    let mut passports = "person_id,issued,country\n".to_owned();
    for i in 0..400 {
        let age = r.below(80);
        writeln!(persons, "{},{age}", 5000 + i).unwrap();
        if r.unit() < if age < 18 { 0.2 } else { 0.8 } {
            writeln!(passports, "{},{},{}", 5000 + i, day(&mut r, 2015, 3000), ["IT", "DE", "FR"][skewed(&mut r, 3)])
                .unwrap();
        }
    }
    Shape {
        tables: vec![("persons", persons), ("passports", passports)],
        keys: vec![("persons", "person_id"), ("passports", "person_id")],
        links: vec!["passports.person_id -> persons"],
        ..Shape::default()
    }
}

/// A bed has at most one patient, a patient at most one bed.
pub fn beds() -> Shape {
    let mut r = rng("beds");
    let mut beds = "bed_id,kind\n".to_owned();
    let mut patients = "patient_id,age,bed_id\n".to_owned();
    let mut free: Vec<usize> = (0..200).collect();
    for i in 0..200 {
        writeln!(beds, "B{i:03},{}", ["plain", "icu"][usize::from(i % 5 == 0)]).unwrap();
    }
    r.shuffle(&mut free);
    for i in 0..300 {
        let bed = if r.unit() < 0.4 { free.pop() } else { None };
        writeln!(patients, "P{i:03},{},{}", r.below(90), bed.map(|b| format!("B{b:03}")).unwrap_or_default()).unwrap();
    }
    Shape {
        tables: vec![("beds", beds), ("patients", patients)],
        keys: vec![("beds", "bed_id"), ("patients", "patient_id")],
        links: vec!["patients.bed_id -> beds"],
        ..Shape::default()
    }
}

pub fn chain() -> Shape {
    let mut r = rng("chain");
    let names = ["regions", "hospitals", "clinics", "rooms", "visits", "orders", "results"];
    let keys = ["region_id", "hospital_id", "clinic_id", "room_id", "visit_id", "order_id", "result_id"];
    let mut tables: Vec<(&'static str, String)> = Vec::new();
    let mut above = 0usize;
    for (level, (table, key)) in names.into_iter().zip(keys).enumerate() {
        let mut text = match level {
            0 => format!("{key},shade\n"),
            _ => format!("{key},{},shade\n", keys[level - 1]),
        };
        let mut n = 0;
        let parents = if level == 0 { 1 } else { above };
        for p in 0..parents {
            let children = if level == 0 { 40 } else { 1 + r.below(3) as usize };
            for _ in 0..children {
                let own = format!("{}{n:04}", (b'A' + level as u8) as char);
                let shade = ["red", "green", "blue"][(p + r.below(2) as usize) % 3];
                match level {
                    0 => writeln!(text, "{own},{shade}").unwrap(),
                    _ => writeln!(text, "{own},{}{p:04},{shade}", (b'A' + level as u8 - 1) as char).unwrap(),
                }
                n += 1;
            }
        }
        above = n;
        tables.push((table, text));
    }
    Shape {
        tables,
        keys: names.into_iter().zip(keys).collect(),
        links: vec![
            "hospitals.region_id -> regions",
            "clinics.hospital_id -> hospitals",
            "rooms.clinic_id -> clinics",
            "visits.room_id -> rooms",
            "orders.visit_id -> visits",
            "results.order_id -> orders",
        ],
        // Growth of a factor of two a level compounds.
        rows_slack: 0.5,
        ..Shape::default()
    }
}

pub fn reference() -> Shape {
    let mut r = rng("reference");
    let mut regions = "region_code,inside_code,wealth\n".to_owned();
    let mut countries = "country_code,region_code,continent\n".to_owned();
    let mut people = "person_id,country_code,income\n".to_owned();
    for i in 0..12usize {
        let inside = if i < 3 { String::new() } else { format!("G{:02}", i % 3) };
        writeln!(regions, "G{i:02},{inside},{}", r.below(100)).unwrap();
    }
    for i in 0..50 {
        writeln!(countries, "K{i:02},G{:02},{}", i % 12, ["Europe", "Asia", "Africa"][i % 3]).unwrap();
    }
    for i in 0..800 {
        let c = skewed(&mut r, 50);
        writeln!(people, "{i},K{c:02},{}", 1000 * (1 + c % 3) as u64 + r.below(900)).unwrap();
    }
    Shape {
        tables: vec![("regions", regions), ("countries", countries), ("people", people)],
        keys: vec![("regions", "region_code"), ("countries", "country_code"), ("people", "person_id")],
        links: vec![
            "regions.inside_code -> regions",
            "countries.region_code -> regions",
            "people.country_code -> countries",
        ],
        change: |m| {
            m.tables["regions"].reference = true;
            m.tables["countries"].reference = true;
        },
        ..Shape::default()
    }
}

/// The same tables as dimensions: repeated with fresh keys and the same inner structure.
pub fn units() -> Shape {
    Shape { change: |_| {}, ..reference() }
}

pub fn types() -> Shape {
    let mut r = rng("types");
    let mut t = "row_id,same,none,flag,switch,born,at,local,zulu,fine,big,price,padded,whole_float,share,label,compact,german,hour,tiny\n"
        .to_owned();
    for i in 0..1200i64 {
        let flag = ["true", "false"][r.below(2) as usize];
        let born = format((r.below(40_000) as i64 - 30_000) * DAY, "%Y-%m-%d");
        let at = 19_000 * DAY + r.below(30_000_000) as i64 * SECOND;
        let stamp = format(at, "%Y-%m-%dT%H:%M:%S");
        let fine = format!("{}.{:03}", format(at, "%Y-%m-%d %H:%M:%S"), r.below(1000));
        let big = 9_007_199_254_740_993i64 + r.below(1 << 40) as i64 * 2;
        let price = format!("{}.{:02}", r.below(500), [0, 25, 50, 99][r.below(4) as usize]);
        let label = ["größer", "木", "naïve", "a, \"b\"", "emoji 🏥"][skewed(&mut r, 5)];
        let share = format!("{:.4}", r.unit());
        let float = format!("{}.0", r.below(90));
        let (label, float) = (maybe(&mut r, 0.1, label.into()), maybe(&mut r, 0.2, float));
        writeln!(
            t,
            "{},always,,{flag},{},{born},{},{stamp}+02:00,{stamp}Z,{fine},{big},{price},{:05},{float},{share},{},{},{},{},{:e}",
            i + 1,
            r.below(2),
            format(at, "%Y-%m-%d %H:%M"),
            r.below(300),
            if label.contains('"') { "\"a, \"\"b\"\"\"".to_owned() } else { label },
            format(at, "%Y%m%dT%H%M%S"),
            format(at, "%d.%m.%Y"),
            format(at, "%H:%M"),
            0.001 + r.unit() * 0.001,
        )
        .unwrap();
    }
    Shape { tables: vec![("things", t)], keys: vec![("things", "row_id")], ..Shape::default() }
}

pub fn long_sequences() -> Shape {
    let mut r = rng("long");
    let mut devices = "device_id,model\n".to_owned();
    let mut events = "device_id,at,value,state\n".to_owned();
    for d in 0..25 {
        writeln!(devices, "D{d:02},{}", ["x", "y"][d % 2]).unwrap();
        let mut at = 19_500 * DAY + r.below(86_400) as i64 * SECOND;
        let mut level = 500 + r.below(100) as i64;
        for _ in 0..1000 + r.below(400) {
            at += (20 + r.below(80) as i64) * SECOND;
            level = (level + r.below(11) as i64 - 5).clamp(300, 800);
            let state = if level > 600 { "high" } else { "normal" };
            writeln!(events, "D{d:02},{},{level},{state}", format(at, "%Y-%m-%d %H:%M:%S")).unwrap();
        }
    }
    Shape {
        tables: vec![("devices", devices), ("events", events)],
        keys: vec![("devices", "device_id"), ("events", "")],
        links: vec!["events.device_id -> devices"],
        independent: 25,
        ..Shape::default()
    }
}

pub fn many_categories() -> Shape {
    let mut r = rng("many");
    let mut t = "row_id,code,pay\n".to_owned();
    for i in 0..24_000 {
        let c = skewed(&mut r, 10_000);
        writeln!(t, "{i},K{c:05}X,{}", c as u64 / 1000 + r.below(5)).unwrap();
    }
    Shape { tables: vec![("claims", t)], keys: vec![("claims", "row_id")], ..Shape::default() }
}

const FIRST: [&str; 30] = [
    "Zelmira",
    "Ottone",
    "Fulgenzio",
    "Ermenegildo",
    "Clorinda",
    "Teodolinda",
    "Ildebrando",
    "Sigismonda",
    "Eufemia",
    "Gualtiero",
    "Quintilio",
    "Rosmunda",
    "Saverina",
    "Tancredi",
    "Ubaldo",
    "Vitaliano",
    "Zaira",
    "Amilcare",
    "Brigida",
    "Cunegonda",
    "Desdemona",
    "Evaristo",
    "Fiammetta",
    "Ginevra",
    "Iolanda",
    "Learco",
    "Melchiorre",
    "Norberto",
    "Ofelia",
    "Palmiro",
];
const LAST: [&str; 20] = [
    "Quarantotti",
    "Zampognaro",
    "Sgarbossa",
    "Bevilacqua",
    "Passalacqua",
    "Tagliaferri",
    "Mezzasalma",
    "Pappalardo",
    "Squarcialupi",
    "Malaspina",
    "Frangipane",
    "Castracane",
    "Boccanegra",
    "Cantalamessa",
    "Dell'Acqua",
    "Fumagalli",
    "Guicciardini",
    "Loiacono",
    "Mangiagalli",
    "Nonnismarzano",
];

pub fn people() -> Shape {
    let mut r = rng("people");
    let mut t =
        "patient_id,first_name,last_name,full_name,email,phone,city,address,postcode,ssn,iban,ip_address,url,sex\n"
            .to_owned();
    for i in 0..500 {
        let (f, l) = (FIRST[r.below(30) as usize], LAST[r.below(20) as usize]);
        let plain: String = l.chars().filter(char::is_ascii_alphabetic).collect();
        let mail = format!("{}.{}{i}@esempio.it", f.to_lowercase(), plain.to_lowercase());
        let phone = format!("+39 0{} {:07}", 2 + r.below(7), r.below(10_000_000));
        let (mail, phone) = (maybe(&mut r, 0.25, mail), maybe(&mut r, 0.5, phone));
        let ssn = format!("{:03}-{:02}-{:04}", 100 + r.below(700), 10 + r.below(80), 1000 + r.below(9000));
        let ssn = maybe(&mut r, 0.1, ssn);
        writeln!(
            t,
            "PT{i:05},{f},{l},{f} {l},{mail},{phone},Castelvecchio {},\"Via {} {}, 2\",{:05},{ssn},IT60X0542811101{:012},10.{}.{}.{},https://example.org/{i},{}",
            r.below(40),
            LAST[r.below(20) as usize],
            r.below(90),
            r.below(100_000),
            r.below(1_000_000_000_000),
            r.below(256),
            r.below(256),
            r.below(256),
            ["F", "M"][r.below(2) as usize],
        )
        .unwrap();
    }
    Shape { tables: vec![("patients", t)], keys: vec![("patients", "patient_id")], ..Shape::default() }
}

pub fn identifiers() -> Shape {
    let mut r = rng("identifiers");
    let mut t = "sample_id,case_ref,barcode,lab_uuid,old_id,score\n".to_owned();
    for i in 0..600u64 {
        let uuid = |r: &mut Stream| {
            let (a, b) = (r.next_u64(), r.next_u64());
            format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                a >> 32,
                a & 0xffff,
                a >> 16 & 0xfff,
                b >> 52,
                b & 0xffff_ffff_ffff
            )
        };
        let (u, old) = (uuid(&mut r), format!("OLD-{:06}", 100_000 + i * 7));
        let old = maybe(&mut r, 0.3, old);
        let code: String = (0..4).map(|_| (b'A' + r.below(26) as u8) as char).collect();
        writeln!(
            t,
            "{},{code}-{:04}/{},{:013},{u},{old},{}",
            70_000 + i * 3,
            i,
            i % 10,
            8_000_000_000_000 + i * 977,
            r.below(100)
        )
        .unwrap();
    }
    Shape { tables: vec![("samples", t)], keys: vec![("samples", "sample_id")], ..Shape::default() }
}

pub fn texts() -> Shape {
    let mut r = rng("texts");
    let words =
        ["patient", "reports", "mild", "pain", "in", "the", "left", "knee", "since", "winter", "denies", "fever"];
    let mut t = "note_id,note,remark,urgency\n".to_owned();
    for i in 0..400 {
        let sentence =
            |r: &mut Stream, n: usize| (0..n).map(|_| words[r.below(12) as usize]).collect::<Vec<_>>().join(" ");
        let long = 50 + r.below(600) as usize;
        let note = format!("{}, no {i}. \"{}\"", sentence(&mut r, long), sentence(&mut r, 5));
        let remark = format!("{} {i}", sentence(&mut r, 4));
        let remark = maybe(&mut r, 0.6, remark);
        writeln!(t, "N{i:03},\"{}\",{remark},{}", note.replace('"', "\"\""), ["low", "high"][skewed(&mut r, 2)])
            .unwrap();
    }
    Shape { tables: vec![("notes", t)], keys: vec![("notes", "note_id")], ..Shape::default() }
}

pub fn mixed() -> Shape {
    let mut r = rng("mixed");
    let mut t = "result_id,test,result\n".to_owned();
    for i in 0..2000 {
        let test = ["sodium", "culture", "crp"][i % 3];
        let result = match (test, r.unit()) {
            ("culture", u) => {
                ["negative", "positive", "contaminated"][usize::from(u > 0.6) + usize::from(u > 0.9)].into()
            }
            ("crp", u) if u < 0.2 => "<0.5".into(),
            ("crp", _) => format!("{}.{}", r.below(120), r.below(10)),
            (_, u) if u < 0.05 => "haemolysed".to_owned(),
            _ => format!("{}", 125 + r.below(25)),
        };
        writeln!(t, "R{i:04},{test},{result}").unwrap();
    }
    Shape { tables: vec![("results", t)], keys: vec![("results", "result_id")], ..Shape::default() }
}

/// Sales of products of categories in stores of regions to customers.
pub fn snowflake() -> Shape {
    let mut r = rng("snowflake");
    let mut categories = "category_id,title\n".to_owned();
    let mut products = "product_id,category_id,price\n".to_owned();
    let mut stores = "store_id,open_since\n".to_owned();
    let mut customers = "customer_id,segment\n".to_owned();
    let mut sales = "sale_id,customer_id,product_id,store_id,sold_at,amount\n".to_owned();
    for i in 0..8 {
        writeln!(categories, "{i},{}", ["food", "toys", "books", "tools"][i % 4]).unwrap();
    }
    for i in 0..60 {
        writeln!(products, "{i},{},{}.5", i % 8, 1 + r.below(80)).unwrap();
    }
    for i in 0..12 {
        writeln!(stores, "{i},{}", day(&mut r, 1960, 15_000)).unwrap();
    }
    for i in 0..150 {
        writeln!(customers, "{i},{}", ["gold", "basic"][i % 2]).unwrap();
    }
    for i in 0..1500 {
        let at = 19_000 * DAY + r.below(700) as i64 * DAY + (8 * 3600 + r.below(36_000) as i64) * SECOND;
        writeln!(
            sales,
            "{i},{},{},{},{},{}",
            skewed(&mut r, 150),
            skewed(&mut r, 60),
            skewed(&mut r, 12),
            format(at, "%d/%m/%Y %H:%M"),
            1 + r.below(9)
        )
        .unwrap();
    }
    Shape {
        tables: vec![
            ("categories", categories),
            ("products", products),
            ("stores", stores),
            ("customers", customers),
            ("sales", sales),
        ],
        keys: vec![
            ("categories", "category_id"),
            ("products", "product_id"),
            ("stores", "store_id"),
            ("customers", "customer_id"),
            ("sales", "sale_id"),
        ],
        links: vec![
            "products.category_id -> categories",
            "sales.customer_id -> customers",
            "sales.product_id -> products",
            "sales.store_id -> stores",
        ],
        ..Shape::default()
    }
}

/// One file: readings of patients that no table lists, with the sex of the patient beside each.
pub fn one_file() -> Shape {
    let mut r = rng("one file");
    let mut t = "patient_id,sex,taken_at,pulse\n".to_owned();
    for p in 0..120 {
        let sex = ["F", "M"][r.below(2) as usize];
        let (mut at, mut pulse) = (19_800 * DAY + r.below(90) as i64 * DAY, 60 + r.below(30) as i64);
        for _ in 0..3 + r.below(12) {
            at += (600 + r.below(7200) as i64) * SECOND;
            pulse = (pulse + r.below(9) as i64 - 4).clamp(45, 120);
            writeln!(t, "PT-{p:04},{sex},{},{pulse}", format(at, "%Y-%m-%d %H:%M:%S")).unwrap();
        }
    }
    Shape { tables: vec![("readings", t)], keys: vec![("readings", "")], independent: 120, ..Shape::default() }
}
