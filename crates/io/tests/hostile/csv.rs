//! CSV, plain and packed.

use std::io::Write;

use super::{SECRET, capped, cuts};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// So many megabytes of the same piece behind a head, packed without being in memory.
fn bomb(head: &str, piece: &str, megabytes: usize, zstd: bool) -> Vec<u8> {
    let block = piece.repeat((1 << 20) / piece.len());
    let write = |out: &mut dyn Write| {
        out.write_all(head.as_bytes()).unwrap();
        (0..megabytes).for_each(|_| out.write_all(block.as_bytes()).unwrap());
    };
    let mut out = Vec::new();
    if zstd {
        let mut packer = zstd::stream::write::Encoder::new(&mut out, 3).unwrap();
        write(&mut packer);
        packer.finish().unwrap();
    } else {
        let mut packer = flate2::write::GzEncoder::new(&mut out, flate2::Compression::best());
        write(&mut packer);
        packer.finish().unwrap();
    }
    out
}

#[test]
fn hostile_csv() {
    capped("csv::hostile_csv", |corpus| {
        let good = format!("id,\"na\"\"me\",t\n1,{SECRET},2024-01-01\n2,\"a\r\nb\",\n3,ü,x\n").into_bytes();
        let zst = zstd::encode_all(&good[..], 3).unwrap();
        for (name, bytes) in [("t.csv", good.clone()), ("t.csv.gz", gzip(&good)), ("t.csv.zst", zst)] {
            let whole = corpus.data("whole", name, &bytes).unwrap().data;
            assert_eq!(whole.tables["t"].num_rows(), 3);
            for (what, bad) in cuts(&bytes).chain(super::bytes_at(&bytes, 0..bytes.len())) {
                let _ = corpus.data(&what, name, &bad);
            }
        }
        // A quote that is never closed, cells, rows and headers without an end.
        let long = |begin: &str, piece: &str, megabytes: usize| {
            [begin.as_bytes(), &piece.as_bytes().repeat((megabytes << 20) / piece.len())].concat()
        };
        corpus.refused("open quote", "t.csv", &long("a,b\n1,\"", "x\n,", 40), "a cell of more than 16777216 bytes");
        corpus.refused("open quote", "t.csv", &long("\"", "x", 40), "header: a cell of more than");
        corpus.refused("long cell", "t.csv", &long("a\n", "x", 40), "data row 1: a cell of more than");
        corpus.refused("long row", "t.csv", &long("a\n", &"x".repeat(9999).replace("xx", "x,"), 40), "16384");
        corpus.refused("wide header", "t.csv", &long("a", ",a", 40), "more columns than 16384");
        corpus.refused("wide row", "t.csv", &long("a\n", ",", 40), "more cells than 16384");
        corpus.refused("big cells", "t.csv", &long("a\n", &format!("{},", "y".repeat(15 << 20)), 90), "a row of more");
        // Bombs: text, empty lines, empty cells, quotes; one inside the other.
        for (what, head, piece) in [
            ("zeros", "", "0"),
            ("lines", "", "\n"),
            ("cells", "a,b,c,d,e,f,g,h\n", ",,,,,,,\n"),
            ("rows", "", "a\n"),
            ("quotes", "", "\"\""),
        ] {
            for (name, zstd) in [("t.csv.gz", false), ("t.csv.zst", true)] {
                let done = corpus.data(what, name, &bomb(head, piece, 80, zstd));
                let says = done.map(|_| ()).unwrap_err().to_string();
                assert!(says.contains("400 times its size") || says.contains("a cell of more than"), "{what}: {says}");
            }
        }
        let twice = gzip(&bomb("", "0", 80, false));
        corpus.refused("a bomb in a bomb", "t.csv.gz", &twice, "not UTF-8");
        let _ = corpus.data("100,000 empty members", "t.csv.gz", &gzip(b"").repeat(100_000));
        // Not text, or not what it seems.
        for (what, bytes) in [
            ("nothing", &b""[..]),
            ("a byte order mark", b"\xef\xbb\xbf"),
            ("UTF-16", b"\xff\xfea\0,\0b\0\n\0"),
            ("zeros", &[0; 1000]),
            ("only ends of lines", b"\r\r\n\n\r"),
            ("not UTF-8", b"\xc3\x28\n1\n"),
            ("half a character", b"a\n\xe2\x82\n"),
            ("no names", b",,\n1,2,3\n"),
            ("the same name", b"a,a\n1,2\n"),
            ("Parquet", b"PAR1\0\0\0\0PAR1"),
            ("quotes", b"\"\"\"\"\"\"\n\"\"\"\n"),
            ("numbers", b"a\nNaN\ninf\n-inf\n1e400\n-0\n99999999999999999999999\n1e-400\n0x10\n"),
            ("times", b"a\n9999-12-31 23:59:60\n0000-00-00\n-9999-01-01\n2024-02-30\n1e9\n"),
        ] {
            let _ = corpus.data(what, "t.csv", bytes);
        }
    });
}
