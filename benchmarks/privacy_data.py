"""Tables of a set as privacy.py compares them: read, split in halves by entity, put together again."""

import json
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pandas as pd

# What is compared: kind of each modelled column, key column to the owner, root of each drawn table, order of its rows.
Schema = namedtuple("Schema", "meta kinds owner root order")
# Modelled columns of the drawn tables (numbers and times as floats, labels as text) and the entity of each row.
Data = namedtuple("Data", "tables entity")


def run(*args):
    p = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if p.returncode != 0:
        sys.exit(f"{' '.join(map(str, args))}\n{p.stderr}")
    return p.stdout


def read(folder, table):
    path = next(p for e in ("csv", "csv.gz") for p in sorted(Path(folder).rglob(f"{table}.{e}")))
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])


def schema(program, source, scratch):
    """Which tables are drawn and who owns them, as the program itself sees it."""
    meta = json.loads((source / "metadata.json").read_text())
    model = scratch / "schema.model"
    run(program, "fit", source / "real", "--metadata", source / "metadata.json", "--out", model, "--quiet")
    seen = {t["table"]: t for t in json.loads(run(program, "inspect", model, "--json"))["tables"]}
    drawn = [t for t in seen if seen[t]["origin"] == "drawn"]
    kinds, owner = {}, {}
    for t in drawn:
        links = [r for r in meta["relationships"] if r["child_table_name"] == t]
        keys = {r["child_foreign_key"] for r in links} | {meta["tables"][t]["primary_key"]}
        wanted = {"numerical": "number", "datetime": "time", "categorical": "label", "boolean": "label"}
        columns = meta["tables"][t]["columns"].items()
        kinds[t] = {c: wanted[v["sdtype"]] for c, v in columns if v["sdtype"] in wanted and c not in keys and not v.get("pii")}
        # An owner that was inferred from times has no key; a key to another drawn table leads to the same root.
        links = [r for r in links if r["parent_table_name"] in drawn]
        links.sort(key=lambda r: r["parent_table_name"] != seen[t]["owner"])
        owner[t] = (links[0]["child_foreign_key"], links[0]["parent_table_name"]) if links else None

    def root(t):
        return root(owner[t][1]) if owner[t] else t

    return Schema(meta, kinds, owner, {t: root(t) for t in drawn}, {t: seen[t]["order"] for t in drawn})


def entities(raw, plan):
    """The entity of each row; a row without an owner is its own."""
    done = {}

    def of(t):
        if t in done:
            return done[t]
        if plan.owner[t] is None:
            done[t] = t + ":" + raw[t][plan.meta["tables"][t]["primary_key"]]
        else:
            key, parent = plan.owner[t]
            by_key = pd.Series(of(parent).to_numpy(), index=raw[parent][plan.meta["tables"][parent]["primary_key"]])
            alone = pd.Series([f"{t}#{i}" for i in range(len(raw[t]))], index=raw[t].index)
            done[t] = raw[t][key].map(by_key[~by_key.index.duplicated()]).fillna(alone)
        return done[t]

    return {t: of(t) for t in plan.kinds}


def load(folder, plan):
    raw = {t: read(folder, t) for t in plan.kinds}
    return Data({t: typed(raw[t], plan.kinds[t]) for t in raw}, entities(raw, plan))


def typed(raw, kinds):
    def column(s, kind):
        if kind == "number":
            return pd.to_numeric(s, errors="coerce").astype(float)
        if kind == "time":
            at = pd.to_datetime(s, errors="coerce", format="mixed").astype("datetime64[s]")
            return at.astype("int64").astype(float).where(at.notna())
        text = s.astype("string").str.replace(r"^(-?\d+)\.0$", r"\1", regex=True)
        return text.astype(object).where(text.notna(), None)

    return pd.DataFrame({c: column(raw[c], kind) for c, kind in kinds.items()}, index=raw.index)


def split(source, plan, seed, out):
    """Writes `train` and `holdout`, each with half of the entities of every kind, and all dimensions."""
    raw = {t: read(source / "real", t) for t in plan.meta["tables"]}
    entity = entities({t: raw[t] for t in plan.kinds}, plan)
    rng = np.random.default_rng(seed)
    for part in ("train", "holdout"):
        (out / part).mkdir(parents=True, exist_ok=True)
    kept = set()
    for name in sorted({e.split("#")[0].split(":")[0] for s in entity.values() for e in s.unique()}):
        own = sorted({e for s in entity.values() for e in s.unique() if e.startswith((name + ":", name + "#"))})
        kept |= set(rng.permutation(own)[: (len(own) + 1) // 2])
    for t, df in raw.items():
        stays = entity[t].isin(kept) if t in entity else None
        for part in ("train", "holdout"):
            rows = df if stays is None else df[stays if part == "train" else ~stays]
            rows.to_csv(out / part / f"{t}.csv", index=False)


def some(data, keep):
    """The rows of the entities for which `keep` holds."""
    picked = {t: keep(e) for t, e in data.entity.items()}
    return Data({t: df[picked[t]] for t, df in data.tables.items()}, {t: e[picked[t]] for t, e in data.entity.items()})


def halves(data, seed):
    every = sorted(set().union(*(e.unique() for e in data.entity.values())))
    first = set(np.random.default_rng(seed).permutation(every)[: len(every) // 2])
    return some(data, lambda e: e.isin(first)), some(data, lambda e: ~e.isin(first))
