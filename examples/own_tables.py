"""Your own tables: detect what they are, correct it, learn, generate."""

import pandas as pd

import healthdata_synthetic_generator as hd

# Stand-ins for your tables: any dict of pandas, polars or pyarrow tables, or DuckDB relations.
customers = pd.DataFrame({
    "customer_id": range(1, 501),
    "segment": ["private", "firm", "private", "private", "club"] * 100,
    "since": pd.date_range("2019-01-01", periods=500, freq="D"),
})
orders = pd.DataFrame({
    "order_id": range(1, 1501),
    "customer_id": [1 + (i * 7) % 500 for i in range(1500)],
    "ordered": [customers["since"][(i * 7) % 500] + pd.Timedelta(days=1 + i % 90) for i in range(1500)],
    "amount": [round(5 + (i * 37) % 400 + (i % 7) / 10, 2) for i in range(1500)],
})
real = {"customers": customers, "orders": orders}

metadata = hd.Metadata.detect(real)
for table, column, what, why in metadata.reasons:
    print(f"{table}.{column or '(table)'}: {what}, because {why}")
metadata.add_rule({"kind": "range", "table": "orders", "column": "amount", "min": "0"})
metadata.save("metadata.json")

synthesizer = hd.Synthesizer(metadata, min_support=10).fit(real)
new = synthesizer.sample(scale=2, seed=7)
print(new["orders"].head())
print(hd.check(new, metadata))

synthesizer.save("shop.model")  # healthdata sample shop.model --out-dir new
again = hd.load("shop.model").sample(scale=2, seed=7)
assert again["orders"].equals(new["orders"])
