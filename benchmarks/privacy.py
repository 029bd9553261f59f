#!/usr/bin/env python3
"""Measures what output gives away of the entities behind it, with peers, and writes privacy.md and privacy.svg beside it.

    pip install pandas scikit-learn matplotlib sdv
    python benchmarks/privacy.py target/release/healthdata DATA [--seeds 3] [--sets a,b] [--hma molecules]
    python benchmarks/privacy.py --page privacy.json        # only writes the page again

DATA holds a folder for each set, with `real/` and `metadata.json`. The entities of a set (rows at the top of a chain of
owners) are split in halves: train, and a holdout that no model sees. Tables that others only point to stay whole in both
and are not judged. The attacker knows the output and one half of the holdout, the reference, and has to tell members
(train) from the other half; then the halves change places.
"""

import argparse
import hashlib
import json
import os
import sys
import time
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import pandas as pd

import privacy_page
import privacy_peers as peers
from privacy_attacks import attack, copies, released
from privacy_data import Data, load, run, schema, split

CURVE = (5, 10, 20, 50, 100)


def units(plan, data):
    """What is attacked: the entity that owns most rows, rows of the largest table, rows of the one with most columns."""
    rows = pd.Series({t: len(df) for t, df in data.tables.items()})
    wide = [t for t in rows.index if len(plan.kinds[t]) >= 3]
    tables = dict.fromkeys((rows[wide].idxmax(), max(wide, key=lambda t: len(plan.kinds[t]))))
    return ("entity", rows.groupby(plan.root).sum().idxmax()), [("rows", t) for t in tables]


def judge(plan, which, output, train, holdout, seed):
    """All figures of one output: unit, figure, part, value, error."""
    for unit in which:
        for row in attack(plan, unit, output, train, holdout, seed):
            yield " ".join(unit), *row
    for row in copies(plan, output, train, holdout) + released(plan, output, train, holdout):
        yield "", *row


def ours(program, source, plan, seed, scratch):
    """The program's output at both sizes, and the control, on a new split."""
    split(source, plan, seed, scratch)
    train, holdout = load(scratch / "train", plan), load(scratch / "holdout", plan)
    entity, tables = units(plan, train)
    fit(program, source, scratch, "model")
    for scale in (1, 10):
        new = scratch / f"new{scale}"
        run(program, "sample", scratch / "model", "--scale", scale, "--out-dir", new, "--seed", seed, "--quiet")
        output = load(new, plan)
        yield "ours", scale, judge(plan, [entity, *tables], output, train, holdout, seed)
        if scale == 1:
            yield "one in ten copied", 1, judge(plan, [entity, *tables], peers.leaky(output, train, seed), train, holdout, seed)


def others(plan, seed, scratch, with_hma):
    """Peers on the split that `ours` left: on one table alone, and SDV on all tables where asked for."""
    train, holdout = load(scratch / "train", plan), load(scratch / "holdout", plan)
    entity, tables = units(plan, train)
    for unit in tables:
        t = unit[1]
        one = plan._replace(kinds={t: plan.kinds[t]}, root={t: t})
        known, unseen = (Data({t: d.tables[t]}, {t: d.entity[t]}) for d in (train, holdout))
        rows = known.tables[t]
        makers = {
            "columns alone": lambda n: peers.columns_alone(rows, n, seed),
            "CART": lambda n: peers.cart(rows, one.kinds[t], n, seed),
            "SDV copula": peers.copula(rows, one.kinds[t]),
        }
        for who, make in makers.items():
            for scale in (1, 10):
                df = make(scale * len(rows))
                output = Data({t: df}, {t: pd.Series([f"{t}#{i}" for i in df.index])})
                yield who, scale, judge(one, [unit], output, known, unseen, seed)
    if with_hma:
        yield "SDV HMA", 1, judge(plan, [entity, *tables], peers.hma(scratch / "train", plan), train, holdout, seed)


def curve(program, source, plan, seed, scratch):
    """Fidelity and risk over the guard, on the split that `ours` left."""
    train, holdout = load(scratch / "train", plan), load(scratch / "holdout", plan)
    entity, tables = units(plan, train)
    for k in CURVE:
        model, new, report = f"model{k}", scratch / f"k{k}", scratch / f"k{k}.json"
        fit(program, source, scratch, model, "--min-support", k)
        run(program, "sample", scratch / model, "--out-dir", new, "--seed", seed, "--quiet")
        run(program, "evaluate", "--real", scratch / "train", "--synthetic", new, "--holdout", scratch / "holdout",
            "--metadata", source / "metadata.json", "--only", "pairs", "--json", report, "--out", scratch / "k.html", "--quiet")
        pairs = json.loads(report.read_text())["questions"][0]
        tabled = json.loads(run(program, "inspect", scratch / model, "--json"))["tables"]
        labels = sum(len(c.get("labels", [])) for t in tabled if t["origin"] == "drawn" for c in t["columns"])
        output = load(new, plan)
        yield f"k={k}", 1, [("", "fidelity", "pairs", pairs["score"], 0), ("", "fidelity", "possible", pairs["best"], 0),
                            ("", "fidelity", "labels", labels, 0)]
        yield f"k={k}", 1, judge(plan, [entity, tables[-1]], output, train, holdout, seed)


def fit(program, source, scratch, model, *more):
    run(program, "fit", scratch / "train", "--metadata", source / "metadata.json", "--out", scratch / model, "--quiet", *more)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("program", nargs="?")
    ap.add_argument("data", type=Path, nargs="?")
    ap.add_argument("--sets", default="hospital,icu,baseball,flights,molecules")
    ap.add_argument("--seeds", type=int, default=3, help="number of splits")
    ap.add_argument("--hma", default="", help="sets that SDV's multi-table synthesizer is run on too")
    ap.add_argument("--only", default="ours,others,curve", help="without `ours`, on the split that is there, and no page")
    ap.add_argument("--scratch", type=Path, default=Path("/tmp/healthdata-privacy"), help="privacy.json with every figure goes there too")
    ap.add_argument("--page", type=Path, nargs="+", help="write the page from such files")
    a = ap.parse_args()
    warnings.filterwarnings("ignore")
    if a.page:
        return privacy_page.write([row for p in a.page for row in json.loads(p.read_text())])
    found, only = [], a.only.split(",")
    build = hashlib.sha256(Path(a.program).read_bytes()).hexdigest()[:8]
    for name in a.sets.split(","):
        source, scratch = a.data / name, a.scratch / name
        scratch.mkdir(parents=True, exist_ok=True)
        plan = schema(a.program, source, scratch)
        for seed in range(a.seeds):
            begin = time.process_time()
            steps = {"ours": lambda: ours(a.program, source, plan, seed, scratch), "others": lambda: others(plan, seed, scratch, name in a.hma.split(",")),
                     "curve": lambda: curve(a.program, source, plan, seed, scratch)}
            for step in only:
                for who, scale, rows in steps[step]():
                    for unit, figure, part, value, error in rows:
                        found.append({"build": build, "set": name, "seed": seed, "who": who, "scale": scale, "unit": unit, "figure": figure, "part": part,
                                      "value": float(value), "error": float(error)})
            print(f"{name}, split {seed}: {time.process_time() - begin:.0f} CPU s", file=sys.stderr, flush=True)
            (a.scratch / "privacy.json").write_text(json.dumps(found))
    if "ours" in only:
        privacy_page.write(found)


if __name__ == "__main__":
    main()
