"""SDMetrics itself beside the stored oracle values and beside the program, on the same tables.

    pip install pytest pandas==2.* sdmetrics==0.32.*
    HEALTHDATA=target/release/healthdata pytest tests/python/test_sdmetrics.py
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import make_sdmetrics as oracle  # noqa: E402

PROGRAM = os.environ.get("HEALTHDATA", str(ROOT / "target" / "release" / "healthdata"))


@pytest.fixture(scope="module", params=oracle.CASES)
def case(request):
    folder = oracle.HERE / request.param
    meta = json.loads((folder / "metadata.json").read_text())
    values = oracle.expected(oracle.load(folder / "real", meta), oracle.load(folder / "synthetic", meta), meta)
    return folder, values


def test_stored_values_are_what_sdmetrics_says(case):
    folder, values = case
    oracle.same(json.loads((folder / "expected.json").read_text()), values, folder.name)


def close(ours, theirs):
    return ours is theirs or (None not in (ours, theirs) and abs(ours - theirs) < 1e-9)


def test_the_program_says_the_same(case, tmp_path):
    folder, values = case
    out = tmp_path / "report.json"
    done = subprocess.run(
        [PROGRAM, "evaluate", "--real", folder / "real", "--synthetic", folder / "synthetic", "--metadata",
         folder / "metadata.json", "--only", "sdmetrics", "--out", tmp_path / "report.html", "--json", out, "--quiet"],
        capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    compared = 0
    for name, theirs in values.items():
        ours = report[name]
        assert close(ours["score"], theirs["score"]), name
        assert [p["name"] for p in ours["properties"]] == list(theirs["properties"])
        for p in ours["properties"]:
            q = theirs["properties"][p["name"]]
            assert close(p["score"], q["score"]), p["name"]
            assert len(p["details"]) == len(q["details"])
            for a, b in zip(p["details"], q["details"]):
                assert (a["table"], a["metric"], a["counts"]) == (b["table"], b["metric"], b["counts"])
                for key in ("score", "real", "synthetic", "association"):
                    assert close(a.get(key), b[key]), (p["name"], key, a, b)
                    compared += 1
    assert compared > 0
