"""The package itself: types, stubs, examples in docstrings, a light import."""

import doctest
import importlib
import inspect
import subprocess
import sys

import pytest

import healthdata_synthetic_generator as hd
from conftest import ROOT

MODULES = ["", "._metadata", "._synthesizer", "._hospital", "._report"]


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_run(module):
    found = doctest.testmod(importlib.import_module("healthdata_synthetic_generator" + module))
    assert found.failed == 0
    assert found.attempted > 0


def test_everything_public_is_documented():
    for name in hd.__all__:
        thing = getattr(hd, name)
        if name.startswith("__"):
            continue
        assert inspect.getdoc(thing), name
        if inspect.isclass(thing):
            for key, value in vars(thing).items():
                if not key.startswith("_") and callable(getattr(thing, key, None)):
                    assert inspect.getdoc(getattr(thing, key)), f"{name}.{key}"


def test_the_stubs_are_the_module():
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "healthdata_synthetic_generator._engine", "--ignore-disjoint-bases"],
        capture_output=True, text=True, cwd=ROOT / "python" / "tests",
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_typed():
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", "-p", "healthdata_synthetic_generator"],
        capture_output=True, text=True, cwd=ROOT / "python" / "tests",
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_brings_nothing_heavy():
    code = "import sys, healthdata_synthetic_generator; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "pyarrow", "numpy", "polars", "duckdb", "pyspark"} & set(loaded)
