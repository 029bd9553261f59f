#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets: small files as the program itself writes them.

    HEALTHDATA=target/release/healthdata fuzz/seeds.py
"""

import gzip, json, os, pathlib, shutil, struct, subprocess, tempfile

root = pathlib.Path(__file__).parent
seeds = root / "seeds"
program = os.environ.get("HEALTHDATA", str(root.parent / "target/release/healthdata"))
work = pathlib.Path(tempfile.mkdtemp())


def run(*args):
    subprocess.run([program, *map(str, args), "--quiet"], check=True)


def put(target, name, content):
    folder = seeds / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def pieces(layout, data):
    """The sections of a model file as the target reads them: the layout, then a name and a piece behind their lengths."""
    header, count = struct.unpack_from("<II", data, 20)
    at, table = 28 + header, []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length]
        (size,) = struct.unpack_from("<Q", data, at + 3 + length)
        table.append((name, size))
        at += 2 + length + 1 + 8 + 32
    out = bytes([layout])
    for name, size in table:
        out += bytes([len(name)]) + name + struct.pack("<I", size) + data[at : at + size]
        at += size
    return out


shutil.rmtree(seeds, ignore_errors=True)
stays = ["id,ward,admit,cost"]
people = ["id,sex,phone"]
for p in range(60):
    people.append(f"P{p:03},{'FM'[p % 2]},{'' if p % 3 else f'+39 06 {p:07}'}")
    stays += [f"P{p:03},{'ABC'[(p + k) % 3]},2024-0{k + 1}-{p % 28 + 1:02} 1{k}:00:00,{p * 7 % 50}.5" for k in range(p % 4)]
(work / "data").mkdir()
(work / "data/people.csv").write_text("\n".join(people) + "\n")
(work / "data/stays.csv").write_text("\n".join(stays) + "\n")
run("detect", work / "data", "--out", work / "metadata.json")
run("rules", work / "data", "--metadata", work / "metadata.json", "--out", work / "rules.json")
run("fit", work / "data", "--metadata", work / "metadata.json", "--out", work / "model")
for form in ["csv", "parquet", "arrow"]:
    run("sample", work / "model", "--out-dir", work / form, "--format", form)

small = "\n".join(stays[:6]) + "\n"
put("csv", "plain", small)
put("csv", "quotes", 'a,"b, ""c"""\r\n1,"x\ny"\r\n2,\r\n')
put("csv", "words", "\ufeffname,day,n\nü,2024-02-29,-1.5\n患者,29.02.2024,1e9\n,,NaN\n")
put("csv", "gzip", b"\0" + gzip.compress(small.encode(), mtime=0))
for form in ["parquet", "arrow"]:
    for path in (work / form).rglob(f"*.{form}"):
        put("parquet", f"{path.stem}.{form}", path.read_bytes())
put("metadata", "detected", (work / "metadata.json").read_bytes())
put("metadata", "rules", (work / "rules.json").read_bytes())
put("metadata", "v1", '{"METADATA_SPEC_VERSION": "SINGLE_TABLE_V1", "columns": {"a": {"sdtype": "id", "regex_format": "A[0-9]{3}"}, '
    '"b": {"sdtype": "datetime", "datetime_format": "%d/%m/%Y"}}, "primary_key": "a", "x_other": 1}')
put("model_file", "file", (work / "model").read_bytes())
kept = root.parent / "crates/io/tests/models"
for path in kept.glob("layout-*.model"):
    put("model_file", path.stem, pieces(int(path.stem[-1]), path.read_bytes()))
put("manifest", "manifest", (work / "csv/manifest.json").read_bytes())
run_line = {"run": {"run": {"program": "healthdata 0.1.0", "seed": 1, "scale": 1.0, "model_hash": "x"}, "owned": {"a.csv": ""}}}
begin = {"begin": {"path": "a.csv", "temporary": ".a.csv.tmp-1"}}
done = {"done": {"table": "a", "path": "a.csv", "rows": 1, "bytes": 2, "blake3": "00"}}
put("manifest", "run", "\n".join(json.dumps(l) for l in [run_line, begin, done]) + "\n")

rules = [
    {"kind": "order", "table": "stays", "low": "admit", "high": "discharge"},
    {"kind": "range", "table": "patients", "column": "age", "min": "0", "max": "120"},
    {"kind": "domain", "table": "patients", "column": "sex", "values": ["F", "M"]},
    {"kind": "fixed_combinations", "table": "stays", "columns": ["a", "b"]},
    {"kind": "determines", "table": "stays", "column": "a", "determines": "b"},
    {"kind": "null_when", "table": "stays", "column": "b", "when": "a", "values": ["3"]},
    {"kind": "not_null", "table": "stays", "column": "discharge"},
    {"kind": "unique", "table": "stays", "columns": ["id", "a"]},
    {"kind": "inside", "table": "stays", "time": "admit", "start": "id.born", "end": "discharge"},
    {"kind": "no_overlap", "table": "stays", "owner": "id", "start": "admit", "end": "discharge"},
    {"kind": "at_least_one", "parent": "patients", "child": "stays"},
    {"kind": "restrict", "table": "stays", "attribute": "id.sex", "values": ["F"], "from": "id.born", "to": "admit",
     "min_years": 1, "below_years": 90},
    {"kind": "capacity", "table": "stays", "link": "id", "start": "admit", "end": "discharge", "by": "sex", "max": {"F": 1}},
    {"kind": "paths_agree", "table": "stays", "left": "a", "right": "id.age"},
]
put("rules", "all", json.dumps(rules))
for i, rule in enumerate(rules):
    put("rules", f"rule{i}", json.dumps([rule]))
for i, formula in enumerate(["a + 2 * (b - 1.5)", "-(-a) * 0.001", "id.age - a", '"a" + "b"']):
    put("rules", f"formula{i}", formula)
shutil.rmtree(work)
