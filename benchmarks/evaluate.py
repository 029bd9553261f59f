"""The measurements of evaluate.md against SDMetrics: `python benchmarks/evaluate.py REAL SYNTHETIC METADATA [healthdata]`.

Both judge the same two folders in turn, three times each. Printed are CPU and wall seconds of SDMetrics' Quality and
Diagnostic reports alone, of its whole process (imports and reading included) and of our whole process, and how many
times longer SDMetrics takes than we do. Wants `pip install sdmetrics==0.32.0 pyarrow`.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

RUNS = 3


def reports(real: str, synthetic: str, metadata: str) -> None:
    """SDMetrics' two reports; prints CPU and wall seconds of them alone."""
    warnings.simplefilter("ignore")
    import pandas as pd
    from sdmetrics.reports.multi_table import DiagnosticReport, QualityReport

    meta = json.loads(pathlib.Path(metadata).read_text())

    def read(folder: str) -> dict:
        out = {}
        for name, table in meta["tables"].items():
            file = next(pathlib.Path(folder).rglob(f"{name}.*"))
            out[name] = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file, low_memory=False)
            for column, kind in table["columns"].items():
                if kind["sdtype"] == "datetime":
                    out[name][column] = pd.to_datetime(out[name][column])
        return out

    sides = read(real), read(synthetic)
    cpu, wall = time.process_time(), time.perf_counter()
    for report in QualityReport(), DiagnosticReport():
        report.generate(*sides, meta, verbose=False)
    print(time.process_time() - cpu, time.perf_counter() - wall)


def run(command: list[str]) -> tuple[list[float], str]:
    """CPU and wall seconds of a process, and what it printed."""
    before, begin = os.times(), time.perf_counter()
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    wall, after = time.perf_counter() - begin, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return [cpu, wall], out


def compare(real: str, synthetic: str, metadata: str, program: str = "healthdata") -> None:
    """Both in turn, a line each time."""
    python = [sys.executable, __file__, "--reports", real, synthetic, metadata]
    print("run   SDMetrics reports    SDMetrics process    ours                 times reports   times process")
    for i in range(1, RUNS + 1):
        theirs, printed = run(python)
        with tempfile.TemporaryDirectory() as folder:
            files = ["--real", real, "--synthetic", synthetic, "--metadata", metadata, "--out", f"{folder}/report.html"]
            ours, _ = run([program, "evaluate", *files, "--only", "sdmetrics", "--quiet"])
        alone = [float(x) for x in printed.split()[-2:]]
        seconds = "".join(f"CPU {c:6.2f} wall {w:6.2f} " for c, w in (alone, theirs, ours))
        times = "".join(f"  {t[0] / ours[0]:5.1f} {t[1] / ours[1]:5.1f}   " for t in (alone, theirs))
        print(f"{i}     {seconds} {times}(CPU, wall)", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--reports":
        reports(*sys.argv[2:])
    else:
        compare(*sys.argv[1:])
