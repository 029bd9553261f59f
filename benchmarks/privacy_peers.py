"""What privacy.py puts beside the program: a control that copies, columns alone, CART and SDV."""

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from privacy_data import Data, entities, read, some, typed


def leaky(data, train, seed):
    """The control: output in which one entity in ten is a training entity. An attack has to find it."""
    rng = np.random.default_rng(seed)

    def tenth(d):
        every = sorted(set().union(*(e.unique() for e in d.entity.values())))
        return set(rng.permutation(every)[: len(every) // 10])

    out, copied = tenth(data), tenth(train)
    rest, copies = some(data, lambda e: ~e.isin(out)), some(train, lambda e: e.isin(copied))
    join = lambda a, b: pd.concat([a, b], ignore_index=True)
    names = {t: "copy of " + e for t, e in copies.entity.items()}
    return Data({t: join(rest.tables[t], copies.tables[t]) for t in rest.tables}, {t: join(rest.entity[t], names[t]) for t in names})


def columns_alone(train, rows, seed):
    """Every column drawn on its own from its training values: what any output gives away whose columns are right."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({c: train[c].to_numpy()[rng.integers(len(train), size=rows)] for c in train})


def cart(train, kinds, rows, seed, leaf=5):
    """Column after column, a value of a random row of the leaf of a tree on the columns before, as synthpop does it."""
    rng = np.random.default_rng(seed)
    code = {}
    for c, kind in kinds.items():
        values = pd.factorize(train[c], use_na_sentinel=False)[0] if kind == "label" else train[c].to_numpy()
        low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0, 0)
        code[c] = np.where(np.isnan(values), low - 1 - (high - low), values)  # missing is a heap of its own
    donors = rng.integers(len(train), size=rows)
    names, x, new, out = list(kinds), [], [], {}
    for i, c in enumerate(names):
        if i:
            tree = (DecisionTreeClassifier if kinds[c] == "label" else DecisionTreeRegressor)(min_samples_leaf=leaf, random_state=seed)
            tree.fit(np.column_stack(x), code[c])
            home, lands = tree.apply(np.column_stack(x)), tree.apply(np.column_stack(new))
            order = np.argsort(home, kind="stable")
            start, end = (np.searchsorted(home[order], lands, side) for side in ("left", "right"))
            donors = order[start + (rng.random(rows) * (end - start)).astype(int)]
        out[c] = train[c].to_numpy()[donors]
        x.append(code[c])
        new.append(code[c][donors])
    return pd.DataFrame(out)


def copula(train, kinds):
    """SDV's Gaussian copula; gives a function from a number of rows to a table."""
    from sdv.metadata import Metadata
    from sdv.single_table import GaussianCopulaSynthesizer

    columns = {c: {"sdtype": "categorical" if k == "label" else "numerical"} for c, k in kinds.items()}
    model = GaussianCopulaSynthesizer(Metadata.load_from_dict({"tables": {"t": {"columns": columns}}, "relationships": []}))
    df = train.reset_index(drop=True)
    model.fit({"t": df})

    def sample(rows):
        new = model.sample(num_rows=rows)["t"]
        label = lambda s: s.astype(object).where(s.notna(), None)
        return pd.DataFrame({c: label(new[c]) if k == "label" else new[c].astype(float) for c, k in kinds.items()})

    return sample


def hma(folder, plan):
    """SDV's multi-table synthesizer on all tables, as many rows as were learned from; many schemas take it hours."""
    from sdv.metadata import Metadata
    from sdv.multi_table import HMASynthesizer

    meta = {k: plan.meta[k] for k in ("tables", "relationships", "METADATA_SPEC_VERSION")}
    real = {t: read(folder, t)[list(s["columns"])] for t, s in meta["tables"].items()}
    for t, s in meta["tables"].items():
        for c, v in s["columns"].items():
            if v["sdtype"] == "numerical":
                real[t][c] = pd.to_numeric(real[t][c])
    HMASynthesizer._validate_schema_complexity = lambda self: None  # it refuses more than two levels
    model = HMASynthesizer(Metadata.load_from_dict(meta), verbose=False)
    model.fit(real)
    raw = {t: df.astype("string") for t, df in model.sample_scale(1).items()}
    return Data({t: typed(raw[t], plan.kinds[t]) for t in plan.kinds}, entities(raw, plan))
