"""Attacks of privacy.py: membership, copies, nearness, released values."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neighbors import NearestNeighbors

from privacy_data import halves

K = 5  # the guard unless raised
QUERIES = 2_000  # members and non-members each, in one fold
CROWD = 60_000  # rows of output that distances are taken to
LEARN = 20_000  # rows a side for kernel and classifier
RESAMPLES = 200


class View:
    """Rows, or entities with what they own, as points: labels spread out, numbers scaled by the reference."""

    def __init__(self, plan, reference, unit):
        self.plan, (self.level, self.table) = plan, unit
        self.labels = {}
        for t, kinds in plan.kinds.items():
            for c, kind in kinds.items():
                if kind == "label" and t in reference.tables:
                    share = reference.tables[t][c].value_counts(normalize=True)
                    self.labels[t, c] = [v for v, p in share.items() if p >= 0.01][:40]
        raw = self.frame(reference)
        self.columns = raw.columns
        at = raw.quantile([0.25, 0.5, 0.75])
        spread = (at.loc[0.75] - at.loc[0.25]) / 1.349
        spread = spread.where(spread > 0, raw.std()).fillna(0)
        flat = raw.columns.str.contains("=")
        self.middle = np.where(flat, 0, at.loc[0.5].fillna(0))
        self.scale = np.where(flat | (spread <= 0), 1, spread)
        z = self.points(reference)
        self.mean = z.mean(0)
        _, size, axes = np.linalg.svd(z - self.mean, full_matrices=False)
        self.axes, self.size = axes, size / np.sqrt(len(z))

    def numbers(self, data, t):
        df, out = data.tables[t], {}
        times = [c for c, k in self.plan.kinds[t].items() if k == "time"]
        for c, kind in self.plan.kinds[t].items():
            if kind == "label":
                out |= {f"{c}={v}": (df[c] == v).astype(float) for v in self.labels[t, c]}
                out[f"{c}=other"] = (~df[c].isin(self.labels[t, c]) & df[c].notna()).astype(float)
            else:
                out[c] = df[c]
                out[f"{c}=missing"] = df[c].isna().astype(float)
        for i, late in enumerate(times):
            out |= {f"{late} after {early}": df[late] - df[early] for early in times[:i]}
        return pd.DataFrame(out, index=df.index)

    def frame(self, data):
        """One line a row or an entity, before scaling."""
        own = self.numbers(data, self.table)
        if self.level == "rows":
            return own
        entity = data.entity[self.table]
        parts = [own.set_axis(entity.to_numpy())]
        for t, root in self.plan.root.items():
            if root != self.table or t == self.table:
                continue
            rows, by = self.numbers(data, t), data.entity[t]
            if self.plan.order[t] in data.tables[t]:
                order = data.tables[t][self.plan.order[t]].sort_values(kind="stable").index
                rows, by = rows.loc[order], by.loc[order]
            groups = rows.groupby(by, sort=False)
            flat = [c for c in rows if "=" in c]
            count = groups.size().rename(f"number of {t}").to_frame()
            shares = groups[flat].mean().add_prefix(f"{t}: ")
            parts += [part.reindex(entity).fillna(0) for part in (count, shares)]
            if numbers := [c for c in rows if c not in flat]:
                wide = groups[numbers].agg(["mean", "std", "min", "max", "first", "last"])
                parts.append(wide.set_axis([f"{t}: {a} {c}" for c, a in wide.columns], axis=1).reindex(entity))
        return pd.concat([p.set_axis(entity.to_numpy()) for p in parts], axis=1).round(9)  # sums that are zero but for rounding

    def points(self, data):
        # The inverse sine keeps far values far without letting one column decide alone.
        z = np.arcsinh((self.frame(data)[self.columns].to_numpy(float) - self.middle) / self.scale)
        return np.nan_to_num(z).astype(np.float32)

    def project(self, z, most):
        return ((z - self.mean) @ self.axes[:most].T).astype(np.float32)


def cells(data, unit, plan, seen, known):
    """Sum over the cells of a row, or of all that an entity owns, of how much likelier its exact value is in the output."""
    level, table = unit
    total = 0
    for t in [table] if level == "rows" else [t for t in plan.kinds if plan.root[t] == table]:
        score = pd.Series(0.0, index=data.tables[t].index)
        for c in plan.kinds[t]:
            share = [d.tables[t][c].value_counts(normalize=True) for d in (seen, known)]
            p, q = (data.tables[t][c].map(s).astype(float).fillna(0) + 1 / len(known.tables[t]) for s in share)
            score += np.log(p / q).where(data.tables[t][c].notna(), 0)
        if level == "rows":
            return score.to_numpy()
        total = score.groupby(data.entity[t]).sum().reindex(data.entity[table]).fillna(0).to_numpy() + total
    return total


def distances(crowd, points, k=1):
    near = NearestNeighbors(n_neighbors=min(k, len(crowd)), algorithm="kd_tree" if crowd.shape[1] <= 10 else "brute").fit(crowd)
    return near.kneighbors(points)[0]


def kernel(crowd, points):
    """Logarithm of a Gaussian kernel density (Scott's width) in whitened space."""
    n, d = crowd.shape
    width = n ** (-1 / (d + 4))
    out = np.empty(len(points))
    for i in range(0, len(points), 256):
        part = points[i : i + 256]
        gap = (2 * part @ crowd.T - (crowd**2).sum(1) - (part**2).sum(1)[:, None]) / (2 * width**2)
        top = gap.max(1)
        out[i : i + 256] = top + np.log(np.exp(gap - top[:, None]).mean(1))
    return out - d * np.log(width)


def draw(n, most, seed):
    return np.arange(n) if n <= most else np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def membership(plan, unit, output, train, reference, others, seed):
    """Scores of every attack, whether each row is a member, and its entity: one fold."""
    view = View(plan, reference, unit)
    crowd, known = view.points(output), view.points(reference)
    ask = [view.points(d) for d in (train, others)]
    picked = [draw(len(z), QUERIES, seed + i) for i, z in enumerate(ask)]
    entity = np.concatenate([d.entity[unit[1]].to_numpy()[p] for d, p in zip((train, others), picked)])
    member = np.repeat([True, False], [len(p) for p in picked])
    ask = np.concatenate([z[p] for z, p in zip(ask, picked)])
    few, some_known = (z[draw(len(z), LEARN, seed)] for z in (crowd, known))
    crowd = crowd[draw(len(crowd), CROWD, seed)]
    flat = lambda z: view.project(z, 40) if z.shape[1] > 40 else z
    near, near_known = distances(flat(crowd), flat(ask), 5), distances(flat(some_known), flat(ask), 5)
    ratio = lambda k: np.log(near_known[:, min(k, near_known.shape[1]) - 1] + 1e-6) - np.log(near[:, min(k, near.shape[1]) - 1] + 1e-6)
    white = [view.project(z, 5) / np.maximum(view.size[:5], 1e-6) for z in (few[:6000], some_known[:6000], ask)]
    forest = HistGradientBoostingClassifier(max_iter=60, random_state=0, early_stopping=False)
    forest.fit(np.concatenate([few, some_known]), np.repeat([1, 0], [len(few), len(some_known)]))
    exact = np.concatenate([cells(d, unit, plan, output, reference)[p] for d, p in zip((train, others), picked)])
    scores = {
        "distance": -near[:, 0],
        "ratio of distances": ratio(1),
        "ratio of fifth distances": ratio(5),
        "kernel densities": kernel(white[0], white[2]) - kernel(white[1], white[2]),
        "classifier": forest.decision_function(ask),
        "exact values": exact,
    }
    return scores, member, entity, near[:, 0]


def roc(score, member, entity, seed=0):
    """Area under the curve, and true positives at 1 % false ones, each with a standard error that resamples entities."""
    _, rank = np.unique(-score, return_inverse=True)
    _, who = np.unique(entity, return_inverse=True)
    allowed = max(1, round(0.01 * (np.sum(~member) + 1))) / np.sum(~member)

    def both(weight):
        yes, no = (np.bincount(rank, weight * m, rank.max() + 1) for m in (member, ~member))
        yes, no = yes / yes.sum(), no / no.sum()
        area = (yes * (1 - np.cumsum(no) + no / 2)).sum()
        cut = np.searchsorted(np.cumsum(no), allowed - 1e-12)  # the last non-member that is let through
        return area, yes[:cut].sum() + yes[cut] * (allowed - no[:cut].sum()) / no[cut]

    rng = np.random.default_rng(seed)
    value = both(np.ones(len(score)))
    again = [both(rng.poisson(1, who.max() + 1)[who].astype(float)) for _ in range(RESAMPLES)]
    return value, np.std(again, axis=0)


def attack(plan, unit, output, train, holdout, seed):
    """Membership both ways round, and distances of members and non-members to the output."""
    found = []
    parts = halves(train, seed), halves(holdout, seed)
    for fold in (0, 1):
        members, (reference, others) = parts[0][fold], (parts[1][fold], parts[1][1 - fold])
        scores, member, entity, near = membership(plan, unit, output, members, reference, others, seed)
        for name, s in scores.items():
            (area, hit), (area_error, hit_error) = roc(s, member, entity)
            found.append(("AUC", name, area, area_error))
            if np.sum(~member) >= 99:  # fewer can't tell 1 %
                found.append(("TPR", name, hit, hit_error))
        for part, rows in (("train", near[member]), ("holdout", near[~member])):
            found += [("distance", f"{part} {name}", q, 0) for name, q in zip(("median", "5 %"), np.quantile(rows, [0.5, 0.05]))]
    found.append(("nearer", "train", *nearer(plan, unit, output, train, holdout, seed)))
    return found


def nearer(plan, unit, output, train, holdout, seed):
    """Share of the output that is nearer to train than to as many of the holdout."""
    view = View(plan, holdout, unit)
    flat = lambda d: view.project(view.points(d), 40)
    ask, a, b = (flat(d) for d in (output, train, holdout))
    most = min(len(a), len(b), LEARN)
    ask, a, b = ask[draw(len(ask), QUERIES, seed)], a[draw(len(a), most, seed)], b[draw(len(b), most, seed + 1)]
    da, db = distances(a, ask)[:, 0], distances(b, ask)[:, 0]
    share = (da < db) + (da == db) / 2
    return share.mean(), share.std() / np.sqrt(len(share))


def copies(plan, output, train, holdout, least=3):
    """Share of rows, and of entities with all they own, that are equal to one of train, less that for the holdout."""
    hashes = {}
    for name, d in (("output", output), ("train", train), ("holdout", holdout)):
        hashes[name] = {t: pd.util.hash_pandas_object(df.astype(object).where(df.notna(), "\0"), index=False) for t, df in d.tables.items()}
    found = []

    def excess(what, new, a, b):
        if len(new):
            found.append(("all copied", what, 100 * (~a.isin(set(b))).mean(), 0))
            a, b = new.isin(set(a)), new.isin(set(b))
            found.append(("copies", what, 100 * (a.mean() - b.mean()), 100 * np.sqrt((a != b).sum()) / len(new)))

    for t, df in output.tables.items():
        if df.shape[1] >= least:
            enough = df.notna().sum(axis=1) >= least
            excess(f"rows of {t}", hashes["output"][t][enough], hashes["train"][t], hashes["holdout"][t])
    for root in sorted({r for t, r in plan.root.items() if t != r and t in output.tables}):
        prints = {}
        for name, d in (("output", output), ("train", train), ("holdout", holdout)):
            parts = [pd.DataFrame({"h": hashes[name][t] ^ np.uint64(i), "n": d.tables[t].notna().sum(axis=1), "e": d.entity[t]})
                     for i, t in enumerate(plan.kinds) if plan.root[t] == root]
            prints[name] = pd.concat(parts).groupby("e").sum()
        big = prints["output"][prints["output"].n >= 8]
        excess(f"{root} with all they own", big.h, prints["train"].h, prints["holdout"].h)
    return found


def released(plan, output, train, holdout):
    """Values that one entity (or fewer than five) of one half holds and none of the other: how many are in the output."""
    found = []
    for t, df in output.tables.items():
        for c, kind in plan.kinds[t].items():
            held = []
            for d in (train, holdout):
                pairs = pd.DataFrame({"v": d.tables[t][c], "e": d.entity[t]}).dropna().drop_duplicates()
                held.append(pairs.groupby("v").size())
            new, kind = set(df[c].dropna()), "labels" if kind == "label" else "numbers"
            for half, own, other in (("train", *held), ("holdout", *held[::-1])):
                alone = own[~own.index.isin(other.index)]
                for name, few in (("of one", alone[alone == 1]), ("of few", alone[alone < K])):
                    out = sum(v in new for v in few.index)
                    found.append((f"{kind} {name}", f"{half} {t}.{c}", out, len(few)))
                if kind == "numbers" and len(own) and new:
                    ends = [(own.index[i], f(new)) for i, f in ((0, min), (-1, max)) if own.iloc[i] < K and own.index[i] not in other.index]
                    found.append(("extremes of few", f"{half} {t}.{c}", sum(a == b for a, b in ends), len(ends)))
    return found
