#!/usr/bin/env python3
"""Measures the speed and memory of sampling, with peers in the same run, and writes speed.md and speed.svg beside it.

    pip install tpchgen-cli matplotlib
    cargo build --release
    python benchmarks/speed.py target/release/healthdata [--most 1e7] [--repeat 3]

Every figure is a whole program: processor seconds (user and system) and peak memory as the system counts them for the
process, the least of some repetitions, ours and the peer's in turn. Files go to --scratch, by default in memory.
"""

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path


class Cost:
    def __init__(self, wall, cpu, mib):
        self.wall, self.cpu, self.mib = wall, cpu, mib


def run(args):
    """Runs a program to its end and gives what it cost."""
    start = time.monotonic()
    p = subprocess.Popen([str(a) for a in args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = p.stderr.read()
    _, status, usage = os.wait4(p.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(map(str, args))}\n{said.decode()}")
    return Cost(time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def rows(folder, table=None):
    import json

    tables = json.loads((folder / "manifest.json").read_text())["tables"]
    return sum(t["rows"] for t in tables if table in (None, t["table"]))


def size(folder):
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def lines(folder):
    total = 0
    for path in folder.rglob("*.csv"):
        with open(path, "rb") as f:
            total += sum(chunk.count(b"\n") for chunk in iter(lambda: f.read(1 << 20), b"")) - 1
    return total


class Bench:
    def __init__(self, a):
        self.a, self.scratch = a, Path(a.scratch) / "healthdata-speed"
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        self.model, self.lines = self.scratch / "model", []

    def fresh(self):
        out = self.scratch / "out"
        shutil.rmtree(out, ignore_errors=True)
        return out

    def sample(self, *args, model=None):
        out = self.fresh()
        cost = run([self.a.program, "sample", model or self.model, "--quiet", "--out-dir", out, *args])
        return cost, out

    def best(self, *makes):
        """Each way in turn, some times over; the cheapest of each."""
        best = [None] * len(makes)
        for _ in range(self.a.repeat):
            for i, make in enumerate(makes):
                got = make()
                if best[i] is None or got[0].cpu < best[i][0].cpu:
                    best[i] = got
        return best

    def row(self, what, n, cost, note=""):
        print(f"{what}: {n:,} rows, {cost.cpu:.2f} CPU s, {cost.wall:.2f} s, {cost.mib:.0f} MiB {note}", flush=True)
        self.lines.append(
            f"| {what} | {n:,} | {cost.cpu:.2f} | {n / cost.cpu / 1e6:.2f} | {n / cost.wall / 1e6:.2f} "
            f"| {cost.mib:.0f} | {note} |"
        )


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program")
    p.add_argument("--most", type=float, default=1e7, help="rows of the longest growth run")
    p.add_argument("--repeat", type=int, default=3)
    p.add_argument("--scratch", default="/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    p.add_argument("--peer", default="tpchgen-cli")
    p.add_argument("--out", default=str(Path(__file__).parent))
    a = p.parse_args()
    b = Bench(a)

    data = b.scratch / "data"
    run([a.program, "reference", "--patients", "4000", "--out-dir", data, "--quiet"])
    fit = run([a.program, "fit", data, "--out", b.model, "--quiet"])
    trained = rows(data)
    boosted = b.scratch / "balanced"
    slow = run([a.program, "fit", data, "--effort", "balanced", "--out", boosted, "--quiet"])

    def vitals(*args, model=b.model, scale="8"):
        cost, out = b.sample("--scale", scale, "--tables", "vital_signs", "--threads", "1", *args, model=model)
        return cost, rows(out, "vital_signs"), size(out)

    def whole(*args):
        cost, out = b.sample("--scale", "8", *args)
        return cost, rows(out), size(out)

    def peer(threads):
        out = b.fresh()
        cost = run([a.peer, "csv", "-s", "0.2", "--output-dir", out, "--num-threads", threads])
        return cost, lines(out), size(out)

    def copy():
        out = b.fresh()
        b.sample("--scale", "8", "--no-check")
        to = b.scratch / "copy"
        shutil.rmtree(to, ignore_errors=True)
        cost = run(["cp", "-r", out, to])
        return cost, rows(to), size(to)

    named = [
        ("vital_signs alone to Parquet, 1 thread", lambda: vitals("--format", "parquet", "--no-check")),
        ("the same, every row proved", lambda: vitals("--format", "parquet")),
        (
            "the same with `balanced`, an eighth of the rows",
            lambda: vitals("--format", "parquet", "--no-check", model=boosted, scale="1"),
        ),
        ("all eight tables to CSV, 2 threads", lambda: whole("--threads", "2", "--no-check")),
        ("the same, every row proved", lambda: whole("--threads", "2")),
        ("the same, 1 thread", lambda: whole("--threads", "1")),
        ("all eight tables to Parquet, 2 threads", lambda: whole("--threads", "2", "--no-check", "--format", "parquet")),
        (f"{a.peer}, eight tables to CSV, 2 threads", lambda: peer("2")),
        ("plain copy of the CSV (cp)", copy),
    ]
    for (what, _), (cost, n, bytes_) in zip(named, b.best(*[make for _, make in named])):
        b.row(what, n, cost, f"{bytes_ / n:.1f} bytes a row")

    curve = []
    per_scale = None
    want = 1e4
    while want <= a.most * 1.01:
        scale = want / per_scale if per_scale else 0.1
        cost, out = b.sample("--scale", f"{scale:.6f}", "--threads", "1", "--no-check")
        n = rows(out)
        per_scale = n / scale
        if abs(n / want - 1) < 0.3:
            curve.append((n, cost))
            print(f"growth: {n:,} rows {cost.cpu:.2f} CPU s {cost.mib:.0f} MiB", flush=True)
            want *= 10
    shutil.rmtree(b.scratch)
    write(Path(a.out), a, b, (fit, slow), trained, curve)


def write(out, a, b, fits, trained, curve):
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    version = subprocess.run([a.program, "--version"], capture_output=True, text=True).stdout.strip()
    peer = subprocess.run([a.peer, "--version"], capture_output=True, text=True).stdout.strip()
    base = curve[0][1].cpu
    fit, slow = fits
    text = [
        f"Machine: {cpu}, {os.cpu_count()} processors; load when measured {os.getloadavg()[0]:.1f}. {version}; {peer}; "
        f"{datetime.date.today()}.",
        f"Fit of the {trained:,} training rows: {fit.cpu:.2f} CPU s, {fit.mib:.0f} MiB; with `balanced` "
        f"{slow.cpu:.1f} CPU s, {slow.mib:.0f} MiB.",
        "",
        "| whole program | rows | CPU s | million rows per CPU s | million rows per s | peak MiB | |",
        "|---|---|---|---|---|---|---|",
        *b.lines,
        "",
        "| rows, all eight tables to CSV, 1 thread | CPU s | microseconds a row | peak MiB |",
        "|---|---|---|---|",
        *[f"| {n:,} | {c.cpu:.2f} | {c.cpu / n * 1e6:.2f} | {c.mib:.0f} |" for n, c in curve],
    ]
    page = out / "speed.md"
    mark = "<!-- written by speed.py: measured figures -->"
    kept = page.read_text().split(mark)[0] if page.exists() else "# Speed\n\n"
    page.write_text(kept + mark + "\n\n" + "\n".join(text) + "\n")
    plot(out / "speed.svg", curve, base)


def plot(path, curve, base):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "speed"
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    n = [c[0] for c in curve]
    left.loglog(n, [c[1].cpu for c in curve], "o-", color="#1b6ca8")
    left.set(xlabel="rows", ylabel="CPU seconds", title="Cost")
    right.semilogx(n, [c[1].mib for c in curve], "o-", color="#a8431b")
    right.set(xlabel="rows", ylabel="peak MiB", title="Memory", ylim=(0, None))
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
