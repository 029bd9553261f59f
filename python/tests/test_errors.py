"""Bad input: a clear exception of three, never a value of the data, never the end of the interpreter."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import healthdata_synthetic_generator as hd

SECRET = "Jane Secret"


def people(**more):
    return pd.DataFrame({"person_id": np.arange(30), "sex": ["F", "M", "M"] * 10, **more})


def metadata():
    return hd.Metadata.detect({"people": people()})


def test_mixed_objects_name_the_column_and_no_value():
    frame = people(note=[1, SECRET] * 15)
    with pytest.raises(hd.DataError, match="table people, column note") as e:
        hd.Metadata.detect({"people": frame})
    assert SECRET not in str(e.value)
    with pytest.raises(hd.DataError, match="column note"):
        hd.Metadata.detect({"people": people(note=[object()] * 30)})


def test_unnamed_columns():
    for label in (None, 0, "", " ", ("a", "b")):
        frame = people()
        frame.columns = ["person_id", label] if not isinstance(label, tuple) else pd.MultiIndex.from_tuples([("a", "b"), ("c", "d")])
        with pytest.raises(hd.DataError, match="no name"):
            hd.Metadata.detect({"people": frame})
    import pyarrow as pa

    with pytest.raises(hd.DataError, match="column 2 has no name"):
        hd.Metadata.detect({"people": pa.table([[1, 2], [3, 4]], names=["a", ""])})


def test_duplicate_columns():
    frame = people()
    frame.columns = ["a", "a"]
    with pytest.raises(hd.DataError, match="columns 1 and 2 have the same name"):
        hd.Metadata.detect({"people": frame})
    import pyarrow as pa

    with pytest.raises(hd.DataError, match="same name"):
        hd.Metadata.detect({"people": pa.table([[1], [2]], names=["a", "a"])})


def test_an_index_with_a_name_is_not_lost():
    with pytest.raises(hd.DataError, match=r"reset_index\(\)"):
        hd.Metadata.detect({"people": people().set_index("person_id")})


def test_tables_missing_from_the_metadata_and_the_other_way_round():
    with pytest.raises(hd.MetadataError, match="table others is not in the metadata"):
        hd.Synthesizer(metadata()).fit({"people": people(), "others": people()})
    with pytest.raises(hd.DataError, match="people"):
        hd.Synthesizer(metadata()).fit({"people": people()[["sex"]]})
    two = hd.Metadata.detect({"people": people(), "visits": pd.DataFrame({"visit_id": range(9), "x": [1.5] * 9})})
    with pytest.raises(hd.DataError, match="visits"):
        hd.Synthesizer(two).fit({"people": people()})


def test_all_problems_come_at_once():
    frame = people()
    frame.columns = ["a", "a"]
    with pytest.raises(hd.DataError) as e:
        hd.Metadata.detect({"one": frame, "two": 5, "three": people(note=[1, SECRET] * 15)})
    assert len(e.value.problems) == 3


@pytest.mark.parametrize("tables", [None, [], {}, {"people": None}, {1: people()}, {"people": {"a": [1]}}, {"": people()}])
def test_what_is_no_table(tables):
    with pytest.raises(hd.DataError):
        hd.Metadata.detect(tables)


def test_columns_that_the_metadata_do_not_know_are_left_aside_with_a_warning():
    with pytest.warns(UserWarning, match="columns left aside: more"):
        made = hd.Synthesizer(metadata()).fit({"people": people(more=1.5)}).sample()
    assert "more" not in made["people"]


def test_values_of_another_type_than_the_metadata_say():
    known = metadata().update_column("people", "sex", sdtype="numerical")
    with pytest.raises(hd.DataError, match="not a number") as e:
        hd.Synthesizer(known).fit({"people": people()})
    assert "F" not in str(e.value).split()


def test_types_that_no_table_of_ours_has():
    frame = people(span=pd.to_timedelta(range(30), unit="D"))
    with pytest.raises(hd.DataError, match="span"):
        hd.Metadata.detect({"people": frame})
    with pytest.raises(hd.DataError, match="parts"):
        hd.Metadata.detect({"people": people(parts=[[1, 2]] * 30)})


def test_a_model_file_of_another_version_or_none_at_all(model, tmp_path):
    content = bytearray(model.read_bytes())
    content[8] = 99
    (tmp_path / "newer.model").write_bytes(content)
    with pytest.raises(hd.ModelError, match="newer"):
        hd.load(tmp_path / "newer.model")
    (tmp_path / "cut.model").write_bytes(model.read_bytes()[:-10])
    with pytest.raises(hd.ModelError, match="cut off"):
        hd.load(tmp_path / "cut.model")
    (tmp_path / "text.model").write_text("hello")
    with pytest.raises(hd.ModelError, match="not a model file"):
        hd.load(tmp_path / "text.model")
    with pytest.raises(hd.DataError, match="no such file"):
        hd.load(tmp_path / "none.model")


@pytest.mark.parametrize("request_", [
    {"scale": 0}, {"scale": -1}, {"scale": float("nan")}, {"scale": 1e300}, {"rows": {"patients": 0}}, {"rows": 5},
    {"rows": {"nothing": 5}}, {"rows": {"vital_signs": 5}}, {"seed": -1}, {"seed": 2**64}, {"part": (3, 2)},
    {"part": (0, 2)}, {"tables": ["nothing"]}, {"tables": "patients"}, {"threads": 0},
])
def test_requests_that_make_no_sense(synthesizer, request_):
    with pytest.raises(hd.ModelError):
        synthesizer.sample(**request_)


def test_settings_that_make_no_sense(hospital):
    tables, known = hospital
    with pytest.raises(hd.ModelError, match="effort"):
        hd.Synthesizer(known, effort="heroic").fit(tables)
    with pytest.raises(hd.ModelError, match="min_support"):
        hd.Synthesizer(known, min_support=1).fit(tables)
    with pytest.raises(hd.ModelError, match="rules"):
        hd.Synthesizer(known, rules="some").fit(tables)
    with pytest.raises(hd.ModelError, match="broken_rules"):
        hd.Synthesizer(known, broken_rules="bend").fit(tables)
    with pytest.raises(hd.ModelError, match="fit"):
        hd.Synthesizer(known).sample()
    with pytest.raises(TypeError, match="from_sdv"):
        hd.Synthesizer({"tables": {}})
    with pytest.raises(ValueError, match="output"):
        hd.hospital(output="excel")


def test_metadata_that_are_wrong(tmp_path):
    with pytest.raises(hd.MetadataError, match="METADATA_SPEC_VERSION"):
        hd.Metadata.from_dict({"tables": {}})
    with pytest.raises(hd.MetadataError):
        hd.Metadata.from_dict({"tables": object()})
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(hd.MetadataError, match="m.json"):
        hd.Metadata.load(tmp_path / "m.json")
    with pytest.raises(hd.DataError):
        metadata().save(tmp_path / "no" / "m.json")


def test_the_exceptions_are_value_errors():
    for kind in (hd.MetadataError, hd.DataError, hd.ModelError):
        assert issubclass(kind, ValueError)


def test_ctrl_c_stops_a_fit_and_the_interpreter_lives_on():
    code = (
        "import signal, threading, os, time, healthdata_synthetic_generator as hd\n"
        # A job in the background of a shell inherits that it should not hear Ctrl-C.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "begin = time.monotonic()\n"
        "try:\n"
        "    hd.hospital(scale=2000)\n"
        "    print('done')\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped')\n"
        "print(len(hd.hospital(scale=0.1)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["stopped", "8"], done.stderr
    assert "panic" not in done.stderr


def test_without_pandas_tables_are_arrow_tables_with_a_warning():
    code = (
        "import sys, warnings\n"
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name in ('pandas', 'pyarrow') else found(name, *a)\n"
        "import healthdata_synthetic_generator as hd\n"
        "with warnings.catch_warnings(record=True) as said:\n"
        "    warnings.simplefilter('always')\n"
        "    tables = hd.reference(100)[0]\n"
        "print(type(tables['patients']).__name__, len(tables['patients']), len(said))\n"
        "assert 'pandas' not in sys.modules and 'pyarrow' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["Table", "100", "1"]


def test_rows_that_no_values_are_left_for_are_told():
    owners = pd.DataFrame({"owner_id": np.arange(100), "sort": ["a", "b"] * 50})
    rows = pd.DataFrame({"owner_id": np.repeat(np.arange(100), 5), "kind": (["x", "y", "z"] * 167)[:500]})
    metadata = hd.Metadata.detect({"owners": owners, "rows": rows}).to_dict()
    # Five rows each, of three kinds that the rule allows only once.
    rule = {"kind": "unique", "table": "rows", "columns": ["owner_id", "kind"]}
    metadata.setdefault("x_healthdata", {})["rules"] = [rule]
    synthesizer = hd.Synthesizer(hd.Metadata.from_dict(metadata), broken_rules="keep").fit({"owners": owners, "rows": rows})
    with pytest.warns(UserWarning, match=r"rows: 40.0 % of the rows"):
        synthesizer.sample()
