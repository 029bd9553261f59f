"""What the tests share: a small hospital, learned once."""

import os
import sys
from pathlib import Path

import pytest

import healthdata_synthetic_generator as hd

ROOT = Path(__file__).resolve().parents[2]
# Executors and subprocesses must run this interpreter.
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


@pytest.fixture(scope="session")
def hospital():
    """Reference tables and their metadata."""
    return hd.reference(patients=1000)


@pytest.fixture(scope="session")
def synthesizer(hospital):
    tables, metadata = hospital
    return hd.Synthesizer(metadata).fit(tables)


@pytest.fixture(scope="session")
def model(synthesizer, tmp_path_factory):
    """A model file."""
    path = tmp_path_factory.mktemp("model") / "hospital.model"
    synthesizer.save(path)
    return path


@pytest.fixture(scope="session")
def program():
    """The program as cargo builds it."""
    path = Path(os.environ.get("HEALTHDATA", ROOT / "target" / "release" / "healthdata"))
    if not path.is_file():
        pytest.skip("the program was not built with cargo")
    return path
