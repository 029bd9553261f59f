#!/usr/bin/env python3
"""Oracle values of SDMetrics 0.32 on small made data sets.

    python make_sdmetrics.py            # writes sdmetrics/<case>/{metadata.json, real/, synthetic/, expected.json}
    python make_sdmetrics.py --check    # recomputes expected.json from the stored tables and fails on a difference

Needs pandas 2, sdmetrics 0.32. The tables are stored as CSV so that every reader sees the same text. SDMetrics
gets numbers as floats, times as text in their datetime_format and everything else as text: what it sees when a
user reads a CSV file. A missing value is an empty field.
"""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent / "sdmetrics"


def column(sdtype, **kw):
    return {"sdtype": sdtype, **kw}


def relation(parent, pk, child, fk):
    return {"parent_table_name": parent, "parent_primary_key": pk, "child_table_name": child, "child_foreign_key": fk}


def days(x):
    return pd.Series(pd.to_datetime("2020-01-01") + pd.to_timedelta(x, unit="D")).dt.strftime("%Y-%m-%d").to_numpy(object)


def clinic(rng, n, shift):
    """Every property with nulls, constants, an all-null column, dates, mixed pairs, dangling and missing keys."""
    person = np.array([f"P{i:04d}" for i in range(n)], dtype=object)
    age = rng.integers(0, 95, n)
    weight = np.round(40 + 0.5 * age + rng.normal(0, 12 + shift, n), 1)
    people = pd.DataFrame({
        "person_id": person,
        "age": age.astype(float),
        "weight": np.where(rng.random(n) < 0.1, np.nan, weight),
        "height": np.round(150 + 0.3 * weight + rng.normal(0, 4, n), 2),
        "smoker": np.where(age > 50, "True", rng.choice(["True", "False"], n, p=[0.3 + shift / 10, 0.7 - shift / 10])),
        "stage": rng.choice(["I", "II", "III"], n, p=[0.5, 0.3, 0.2]),
        "country": np.full(n, "CH", dtype=object),
        "ones": np.ones(n),
        "nothing": np.full(n, np.nan),
        "born": days(age * 30 + rng.integers(0, 30, n)),
        "email": [f"a{i}@example.org" for i in range(n)],
    })
    people.loc[people.sample(frac=0.05, random_state=1).index, "stage"] = None
    if shift:
        people.loc[0, "stage"] = "IV"
        people.loc[1, "person_id"] = people.loc[0, "person_id"]
        people.loc[2, "person_id"] = "X7"
        people.loc[3, "weight"] = 999.9
        people.loc[4, "email"] = people.loc[5, "email"]
        people.loc[6, "born"] = None
    m = 4 * n
    who = rng.integers(0, n, m)
    day = rng.integers(0, 400, m)
    kind = np.where(age[who] > 60, rng.choice(["scan", "lab"], m), rng.choice(["lab", "visit", "call"], m))
    visits = pd.DataFrame({
        "visit_id": [str(i) for i in range(m)],
        "nth": np.arange(m).astype(float),
        "person_id": person[who],
        "seen_by": np.where(rng.random(m) < 0.2, None, person[rng.integers(0, n, m)]),
        "day": [f"{d} 10:{i % 60:02d}:00" for i, d in enumerate(days(day))],
        "kind": kind,
        "cost": np.round(20 + 2.0 * weight[who] + rng.normal(0, 10, m), 2),
        "rank": rng.integers(1, 4, m).astype(str),
    })
    visits.loc[visits.sample(frac=0.07, random_state=2).index, "kind"] = None
    visits.loc[visits.sample(frac=0.07, random_state=3).index, "cost"] = np.nan
    visits.loc[visits.sample(frac=0.07, random_state=4).index, "day"] = None
    if shift:
        visits.loc[0, "person_id"] = "P9999"
        visits.loc[1, "day"] = "2020-02-30 10:00:00"
        visits.loc[2, "visit_id"] = "3"
    return {"people": people, "visits": visits}


CLINIC = {
    "METADATA_SPEC_VERSION": "V2",
    "tables": {
        "people": {
            "primary_key": "person_id",
            "alternate_keys": ["email"],
            "columns": {
                "person_id": column("id", regex_format="P\\d{4}"),
                "age": column("numerical", range_min=0, range_max=90),
                "weight": column("numerical"),
                "height": column("numerical", range_max=175.25),
                "smoker": column("boolean"),
                "stage": column("ordinal", range_values=["I", "II", "III"]),
                "country": column("categorical"),
                "ones": column("numerical"),
                "nothing": column("numerical"),
                "born": column("datetime", datetime_format="%Y-%m-%d", range_min="2020-02-01"),
                "email": column("email", pii=True),
            },
        },
        "visits": {
            "primary_key": "visit_id",
            "columns": {
                "visit_id": column("id"),
                "nth": column("numerical"),
                "person_id": column("id", regex_format="P\\d{4}"),
                "seen_by": column("id"),
                "day": column("datetime", datetime_format="%Y-%m-%d %H:%M:%S"),
                "kind": column("categorical"),
                "cost": column("numerical", range_is_nullable=False),
                "rank": column("categorical"),
            },
        },
    },
    "relationships": [relation("people", "person_id", "visits", "person_id"), relation("people", "person_id", "visits", "seen_by")],
}


def plants(rng, n, shift):
    """Composite keys, a chain of three tables, a named group in a pattern, a sequence index, many labels."""
    site = np.array([f"{'ABCD'[i % (3 + int(shift))]}-{i // 4:02d}" for i in range(n)], dtype=object)
    plot = np.arange(n) % 4
    plots = pd.DataFrame({"site": site, "plot": plot.astype(str), "soil": rng.choice(["clay", "sand", "loam"], n), "area": rng.gamma(2, 3, n)})
    plots = plots.drop_duplicates(["site", "plot"]).reset_index(drop=True)
    m = 5 * n
    at = rng.integers(0, len(plots), m)
    plants_ = pd.DataFrame({
        "plant_id": [f"T{i}" for i in range(m)],
        "site": plots["site"].to_numpy()[at],
        "plot": plots["plot"].to_numpy()[at],
        "species": np.array([f"s{int(v)}" for v in np.minimum(rng.gamma(1.5, 8, m), 60)], dtype=object),
        "height": np.round(rng.lognormal(1 + 0.3 * (plots["soil"] == "clay").to_numpy()[at], 0.5, m), 3),
        "planted": days(rng.integers(0, 900, m)),
    })
    k = 3 * m
    of = rng.integers(0, m, k)
    leaves = pd.DataFrame({
        "plant": plants_["plant_id"].to_numpy()[of],
        "step": np.arange(k).astype(float),
        "length": np.round(plants_["height"].to_numpy()[of] * 0.5 + rng.normal(0, 0.2, k), 4),
        "green": np.where(rng.random(k) < 0.05, None, rng.choice(["True", "False"], k)),
    })
    return {"plots": plots, "plants": plants_, "leaves": leaves}


PLANTS = {
    "METADATA_SPEC_VERSION": "V2",
    "tables": {
        "plots": {
            "primary_key": ["site", "plot"],
            "columns": {"site": column("id", regex_format="(?P<block>[A-Z])-\\d{2}"), "plot": column("id"), "soil": column("categorical"), "area": column("numerical")},
        },
        "plants": {
            "primary_key": "plant_id",
            "columns": {
                "plant_id": column("id"), "site": column("id"), "plot": column("id"),
                "species": column("categorical"), "height": column("numerical"), "planted": column("datetime", datetime_format="%Y-%m-%d"),
            },
        },
        "leaves": {
            "sequence_key": "plant",
            "sequence_index": "step",
            "columns": {"plant": column("id"), "step": column("numerical"), "length": column("numerical"), "green": column("boolean")},
        },
    },
    "relationships": [relation("plots", ["site", "plot"], "plants", ["site", "plot"]), relation("plants", "plant_id", "leaves", "plant")],
}


def single(rng, n, shift):
    """One table: the relationship properties are left out."""
    x = rng.normal(0, 1, n)
    return {"points": pd.DataFrame({"x": np.round(x, 6), "y": np.round(x * (0.9 - shift) + rng.normal(0, 0.5, n), 6), "c": np.where(x > 0, "up", "down")})}


SINGLE = {
    "METADATA_SPEC_VERSION": "V2",
    "tables": {"points": {"columns": {"x": column("numerical"), "y": column("numerical"), "c": column("categorical")}}},
    "relationships": [],
}


def tiny(rng, n, shift):
    """Empty, one row, and a column that holds nothing on one side."""
    a = pd.DataFrame({"k": ["a", "b"][: 2 - int(shift > 0)], "v": [1.0, 2.0][: 2 - int(shift > 0)], "w": [np.nan, 3.0][: 2 - int(shift > 0)]})
    b = pd.DataFrame({"k": pd.Series([], dtype=object), "z": pd.Series([], dtype=float), "t": pd.Series([], dtype=object)})
    return {"one": a, "none": b}


TINY = {
    "METADATA_SPEC_VERSION": "V2",
    "tables": {
        "one": {"primary_key": "k", "columns": {"k": column("id"), "v": column("numerical"), "w": column("numerical")}},
        "none": {"columns": {"k": column("id"), "z": column("numerical"), "t": column("categorical")}},
    },
    "relationships": [relation("one", "k", "none", "k")],
}

CASES = {"clinic": (clinic, CLINIC, 300), "plants": (plants, PLANTS, 40), "single": (single, SINGLE, 500), "tiny": (tiny, TINY, 2)}


def load(folder, meta):
    out = {}
    for name, spec in meta["tables"].items():
        df = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False, na_values=[""])
        for c, m in spec["columns"].items():
            df[c] = df[c].astype(float) if m["sdtype"] == "numerical" else df[c].astype(object)
        out[name] = df[list(spec["columns"])]
    return out


def number(v):
    return None if v is None or pd.isna(v) else float(v)


def expected(real, synthetic, meta):
    from sdmetrics.reports import DiagnosticReport, QualityReport
    out = {}
    for name, cls in (("quality", QualityReport), ("diagnostic", DiagnosticReport)):
        report = cls()
        report.generate({k: v.copy() for k, v in real.items()}, {k: v.copy() for k, v in synthetic.items()}, meta, verbose=False)
        properties = {}
        for p in report.get_properties().to_dict("records"):
            if p["Property"] == "Constraint Validity":
                continue
            rows = []
            for d in report.get_details(p["Property"]).to_dict("records"):
                columns = [d[k] for k in ("Column 1", "Column 2", "Column") if k in d]
                row = {
                    "table": d.get("Child Table", d.get("Table")),
                    "parent": d.get("Parent Table"),
                    "foreign_key": str(d.get("Foreign Key", "")),
                    "columns": columns[0] if columns and isinstance(columns[0], list) else columns,
                    "metric": d["Metric"],
                    "score": number(d["Score"]),
                    "real": number(d.get("Real Correlation")),
                    "synthetic": number(d.get("Synthetic Correlation")),
                    "association": number(d.get("Real Association")),
                    "counts": bool(d["Meets Threshold?"]) if "Meets Threshold?" in d and not pd.isna(d["Meets Threshold?"]) else "Meets Threshold?" not in d,
                    "error": bool(d.get("Error")),
                }
                rows.append(row)
            properties[p["Property"]] = {"score": number(p["Score"]), "details": rows}
        out[name] = {"score": number(report.get_score()), "properties": properties}
    return out


def same(a, b, at=""):
    if isinstance(a, dict):
        assert a.keys() == b.keys(), at
        for k in a:
            same(a[k], b[k], f"{at}/{k}")
    elif isinstance(a, list):
        assert len(a) == len(b), at
        for i, (x, y) in enumerate(zip(a, b)):
            same(x, y, f"{at}/{i}")
    elif isinstance(a, float) and isinstance(b, float):
        assert abs(a - b) < 1e-9, f"{at}: {a} {b}"
    else:
        assert a == b, f"{at}: {a} {b}"


def main():
    for case, (make, meta, n) in CASES.items():
        folder = HERE / case
        if "--check" not in sys.argv:
            for side, seed, shift in (("real", 1, 0), ("synthetic", 2, 0.8)):
                (folder / side).mkdir(parents=True, exist_ok=True)
                for name, df in make(np.random.default_rng(seed), n, shift).items():
                    # Nine decimals: what a whole-number grid can hold, so both sides see the same number.
                    df = df.round(9)
                    for c in df.select_dtypes("float"):
                        if df[c].dropna().mod(1).eq(0).all():
                            df[c] = df[c].astype("Int64")
                    df.to_csv(folder / side / f"{name}.csv", index=False)
            (folder / "metadata.json").write_text(json.dumps(meta, indent=1) + "\n")
        got = expected(load(folder / "real", meta), load(folder / "synthetic", meta), meta)
        if "--check" in sys.argv:
            same(json.loads((folder / "expected.json").read_text()), got, case)
            print(f"{case}: as stored")
        else:
            (folder / "expected.json").write_text(json.dumps(got, indent=1) + "\n")
            print(case, {k: round(v["score"], 4) for k, v in got.items()})


if __name__ == "__main__":
    main()
