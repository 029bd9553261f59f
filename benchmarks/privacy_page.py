"""The page and the picture of privacy.py: figures of all splits put together."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
MARK = "<!-- written by privacy.py: measured figures -->"
TARGET = {"AUC": 0.53, "TPR": 0.015, "copies": 0.1}
PEERS = ("ours", "columns alone", "CART", "SDV copula", "SDV HMA")


def pooled(found):
    """Mean over splits and folds, with the larger of the resampled error and that between them."""
    groups = found.groupby(["set", "unit", "who", "scale", "figure", "part"], sort=False)
    out = groups.agg(value=("value", "mean"), error=("error", lambda e: np.sqrt((e**2).sum()) / len(e)), spread=("value", "sem"))
    out["error"] = out[["error", "spread"]].max(axis=1)
    return out.reset_index().drop(columns="spread")


def strongest(all_figures, figure):
    """The attack that finds most, for each output and unit."""
    f = all_figures[all_figures.figure == figure]
    return f.loc[f.groupby(["set", "unit", "who", "scale"], sort=False).value.idxmax()].set_index(["set", "unit", "who", "scale"])


def interval(row, digits=3, factor=1.0):
    low, mid, high = (factor * max(row.value + z * row.error, 0) for z in (-1.96, 0, 1.96))
    return f"{mid:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def verdict(row, target):
    if row.value - 1.96 * row.error > target:
        return "**no**"
    return "yes" if row.value + 1.96 * row.error <= target else "within error" if row.value <= target else "no, within error"


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(map(str, r)) + " |" for r in rows), ""]


def membership(auc, tpr):
    rows = []
    for (name, unit), _ in auc.groupby(level=["set", "unit"], sort=False):
        for scale in (1, 10):
            a = auc.loc[name, unit, "ours", scale]
            t = tpr.loc[name, unit, "ours", scale] if (name, unit, "ours", scale) in tpr.index else None
            rows.append([name, unit, f"{scale}x", interval(a), a.part, verdict(a, TARGET["AUC"]),
                         interval(t, 1, 100) if t is not None else "too few", verdict(t, TARGET["TPR"]) if t is not None else ""])
    return table(["set", "unit", "output", "AUC", "strongest attack", "met", "TPR at 1 % FPR, %", "met"], rows)


def density_ratio(figures):
    """The attack that is usually published, alone."""
    f = figures[(figures.part == "kernel densities") & (figures.who == "ours")].set_index(["set", "unit", "scale", "figure"])
    rows = []
    for (name, unit), _ in f.groupby(level=["set", "unit"], sort=False):
        at = lambda scale, figure, digits, factor: interval(f.loc[name, unit, scale, figure], digits, factor) if (name, unit, scale, figure) in f.index else "too few"
        rows.append([name, unit, *(at(scale, *what) for scale in (1, 10) for what in (("AUC", 3, 1), ("TPR", 1, 100)))])
    return table(["set", "unit", "AUC, 1x", "TPR at 1 % FPR, %", "AUC, 10x", "TPR, %"], rows)


def beside(auc, tpr):
    rows = []
    for (name, unit), _ in auc.groupby(level=["set", "unit"], sort=False):
        for scale in (1, 10):
            cell = lambda who: " / ".join(
                f"{f * d.loc[name, unit, who, scale].value:.{n}f}" if (name, unit, who, scale) in d.index else "-" for d, f, n in ((auc, 1, 3), (tpr, 100, 1)))
            rows.append([name, unit, f"{scale}x", *map(cell, (*PEERS, "one in ten copied"))])
    return table(["set", "unit", "output", *PEERS, "control: one in ten copied"], rows)


def copied(figures):
    most = figures[(figures.figure == "all copied") & (figures.who == "ours")]
    f = figures[figures.figure == "copies"].set_index(["set", "part", "who", "scale"])
    rows = []
    for (name, part), _ in f[f.index.isin(["ours"], level="who")].groupby(level=["set", "part"], sort=False):
        at = lambda who, scale: f.loc[name, part, who, scale] if (name, part, who, scale) in f.index else None
        cell = lambda who, scale: "-" if at(who, scale) is None else f"{at(who, scale).value:.2f} ± {1.96 * at(who, scale).error:.2f}"
        whole = most[(most.set == name) & (most.part == part)].value
        rows.append([name, part, cell("ours", 1), cell("ours", 10), verdict(at("ours", 1), TARGET["copies"]), cell("CART", 1), cell("SDV copula", 1),
                     cell("one in ten copied", 1), f"{whole.iloc[0]:.1f}" if len(whole) else "-"])
    return table(["set", "equal to train, less equal to the holdout", "ours 1x, points", "10x", "met", "CART 1x", "SDV copula 1x", "control 1x", "train itself"], rows)


def near(figures):
    rows = []
    for (name, unit, who, scale), g in figures[figures.figure.isin(["distance", "nearer"])].groupby(["set", "unit", "who", "scale"], sort=False):
        if who in ("ours", "CART", "one in ten copied") and scale == 1:
            v = g.set_index("part").loc
            rows.append([name, unit, who, *(f"{v['train ' + q].value:.3f} / {v['holdout ' + q].value:.3f}" for q in ("5 %", "median")), interval(v["train"])])
    return table(["set", "unit", "output", "5 % of distances, train / holdout", "median", "share nearer to train"], rows)


def values(found):
    f = found[found.figure.str.contains(" of ")].copy()
    f["half"] = f.part.str.split(" ").str[0]
    sums = f.groupby(["set", "who", "scale", "figure", "half"], sort=False)[["value", "error"]].sum()
    kinds = ("labels of one", "labels of few", "extremes of few", "numbers of one", "numbers of few")
    rows = []
    for (name, who, scale), g in sums.groupby(level=["set", "who", "scale"], sort=False):
        if who not in ("ours", "CART", "SDV copula") or scale != 10:
            continue
        out = [name, who]
        for kind in kinds:
            (a, n), (b, m) = (g.loc[name, who, scale, kind, half] if (name, who, scale, kind, half) in g.index else (0, 0) for half in ("train", "holdout"))
            out.append(f"{a:.0f} of {n:.0f}" if not kind.startswith("numbers") else f"{100 * a / max(n, 1):.1f} / {100 * b / max(m, 1):.1f}")
        rows.append(out)
    return table(["set", "output", "labels of one", "labels of fewer than 5", "extremes", "numbers of one, train / holdout, %", "of fewer than 5"], rows)


def where(found, most=12):
    """Columns of ours whose lone numbers come out oftener than the holdout's, far beyond chance."""
    f = found[(found.who == "ours") & (found.scale == 10) & (found.figure == "numbers of few")].copy()
    f[["half", "column"]] = f.part.str.split(" ", n=1, expand=True)
    s = f.groupby(["set", "column", "half"])[["value", "error"]].sum().unstack("half").fillna(0)
    (a, n), (b, m) = ((s["value", h], s["error", h].clip(lower=1)) for h in ("train", "holdout"))
    p = (a + b) / (n + m)
    z = (a / n - b / m) / np.sqrt((p * (1 - p)).clip(lower=1e-9) * (1 / n + 1 / m))
    worst = z[z > 3].sort_values(ascending=False).index[:most]
    return table(["set", "column", "of fewer than 5: train, %", "holdout, %"], [[*i, f"{100 * a[i] / n[i]:.0f} of {n[i]:.0f}", f"{100 * b[i] / m[i]:.0f} of {m[i]:.0f}"] for i in worst])


def over_k(figures, auc, tpr):
    f = figures[figures.figure.isin(["fidelity", "copies"]) & (figures.scale == 1)].set_index(["set", "who", "figure", "part"])
    rows = []
    for (name, unit), g in auc[auc.index.get_level_values("who").str.startswith("k=")].groupby(level=["set", "unit"], sort=False):
        for who in g.index.get_level_values("who"):
            pairs, best, labels = (f.loc[name, who, "fidelity", p].value for p in ("pairs", "possible", "labels"))
            most = f.loc[name, who, "copies"].value.max()
            t = f"{100 * tpr.loc[name, unit, who, 1].value:.1f}" if (name, unit, who, 1) in tpr.index else "-"
            rows.append([name, unit, who[2:], f"{pairs:.3f} ({best:.3f})", f"{labels:.0f}", interval(auc.loc[name, unit, who, 1]), t, f"{most:.2f}"])
    return table(["set", "unit", "k", "pairs (possible)", "labels", "AUC", "TPR, %", "most copies, points"], rows)


def plot(path, figures, auc):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "privacy"
    import matplotlib.pyplot as plt

    f = figures[(figures.figure == "fidelity") & (figures.part == "pairs")].set_index(["set", "who"])
    names = list(dict.fromkeys(f.index.get_level_values("set")))
    panes, axes = plt.subplots(1, 2, figsize=(9, 3.4))
    for name, color in zip(names, ("#1b6ca8", "#a8431b", "#3a7d44", "#7a4fa3", "#555555")):
        ks = [int(w[2:]) for w in f.loc[name].index]
        axes[0].semilogx(ks, f.loc[name].value, "o-", color=color, label=name)
        unit = [u for u in dict.fromkeys(auc.loc[name].index.get_level_values("unit")) if (name, u, "k=5", 1) in auc.index][-1]
        risk = [auc.loc[name, unit, f"k={k}", 1] for k in ks]
        axes[1].errorbar(ks, [r.value for r in risk], [1.96 * r.error for r in risk], fmt="o-", color=color, lw=1.2, capsize=2, label=unit)
    axes[1].set_xscale("log")
    axes[1].axhline(TARGET["AUC"], color="black", lw=0.8, ls=":")
    axes[0].set(title="Fidelity: pairs", xlabel="--min-support")
    axes[1].set(title="Risk: AUC of the strongest attack", xlabel="--min-support")
    for axis in axes:
        axis.set_xticks(ks, map(str, ks))
        axis.minorticks_off()
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7, frameon=False)
    panes.tight_layout()
    panes.savefig(path, metadata={"Date": None})


def write(rows):
    found = pd.DataFrame(rows)
    figures = pooled(found)
    auc, tpr = strongest(figures, "AUC"), strongest(figures, "TPR")
    curve = auc.index.get_level_values("who").str.startswith("k=")
    plain, plain_tpr = auc[~curve], tpr[~tpr.index.get_level_values("who").str.startswith("k=")]
    splits = found.groupby("set", sort=False).seed.nunique()
    text = ["Splits: " + ", ".join(f"{n} {k}" for n, k in splits.items()) + f"; two folds each; {datetime.date.today()}. In brackets: 95 % intervals.", ""]
    builds = found.assign(what=found.set + found.who.str.startswith("k=").map({True: " over k", False: ""})).groupby("build", sort=False).what.unique()
    text += ["Programs measured (start of their SHA-256): " + "; ".join(f"{b} on {', '.join(w)}" for b, w in builds.items()) + ".", ""]
    text += ["### Membership", "", *membership(plain, plain_tpr)]
    text += ["### The ratio of kernel densities alone", "", *density_ratio(figures)]
    text += ["### Beside peers: AUC / TPR at 1 % FPR in %", "", *beside(plain, plain_tpr)]
    text += ["### Copies", "", *copied(figures), "### Distances", "", *near(figures)]
    text += ["### Released values, output 10x", "", *values(found), "Columns of ours where it is beyond chance:", "", *where(found)]
    if curve.any():
        text += ["### Over --min-support", "", *over_k(figures, auc, tpr)]
        plot(HERE / "privacy.svg", figures, auc)
    page = HERE / "privacy.md"
    kept = page.read_text().split(MARK)[0] if page.exists() else "# Privacy, measured\n\n"
    page.write_text(kept + MARK + "\n\n" + "\n".join(text).rstrip() + "\n")
