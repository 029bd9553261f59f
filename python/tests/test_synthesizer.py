"""Learning and sampling: the command line's values, in types that a user expects."""

import pickle

import numpy as np
import pandas as pd
import pytest

import healthdata_synthetic_generator as hd
from test_command import run


def test_the_command_line_s_values(synthesizer, model, tmp_path):
    done = run("sample", model, "--scale", "2", "--seed", "7", "--out-dir", tmp_path / "new", "--quiet")
    assert done.returncode == 0, done.stderr
    tables = synthesizer.sample(scale=2, seed=7)
    for name, frame in tables.items():
        (file,) = (tmp_path / "new").glob(f"*/{name}.csv")
        written = pd.read_csv(file, dtype=str, keep_default_na=False)
        assert list(written.columns) == list(frame.columns)
        assert len(written) == len(frame)
        for column in frame:
            pd.testing.assert_series_equal(written[column], texts(frame[column]), check_names=False)


def texts(column):
    """A column as CSV cells."""
    if pd.api.types.is_datetime64_any_dtype(column):
        midnight = (column.dropna() == column.dropna().dt.normalize()).all()
        made = column.dt.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    elif pd.api.types.is_float_dtype(column):
        made = column.map(lambda v: None if pd.isna(v) else np.format_float_positional(v, trim="-"))
    else:
        made = column.map(lambda v: None if pd.isna(v) else str(v))
    return made.astype(object).where(made.notna(), "").astype(str)


def test_types_that_a_user_expects(synthesizer):
    tables = synthesizer.sample(seed=1)
    patients, vitals = tables["patients"], tables["vital_signs"]
    assert pd.api.types.is_datetime64_any_dtype(patients["birth_date"])
    assert pd.api.types.is_datetime64_any_dtype(vitals["measured_at"])
    assert all(isinstance(v, str) for v in patients["sex"].dropna())
    assert pd.api.types.is_integer_dtype(vitals["heart_rate"])


@pytest.fixture(scope="module")
def typed():
    """A parent and a child with every type that comes back as it came."""
    rng = np.random.default_rng(1)
    n = 400
    people = pd.DataFrame({
        "person_id": np.arange(1, n + 1),
        "smoker": rng.random(n) < 0.3,
        "grade": rng.integers(1, 4, n),
        "weight": np.round(rng.normal(70, 10, n), 1),
        "whole": rng.integers(50, 90, n).astype(float),
        "gap": np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, 300, n)),
        "born": pd.Timestamp("1960-01-01") + pd.to_timedelta(rng.integers(0, 15000, n), unit="D"),
        "seen": pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s")).dt.tz_localize("UTC"),
        "city": pd.Categorical(rng.choice(["Bern", "Graz", "Trento"], n)),
    })
    owner = np.sort(rng.integers(1, n + 1, 900)).astype(float)
    owner[::50] = np.nan
    visits = pd.DataFrame({"visit_id": np.arange(900), "person_id": owner, "cost": rng.integers(1, 500, 900)})
    metadata = hd.Metadata.from_dict({
        "METADATA_SPEC_VERSION": "V2",
        "tables": {
            "people": {"primary_key": "person_id", "columns": {
                "person_id": {"sdtype": "id"}, "smoker": {"sdtype": "boolean"}, "grade": {"sdtype": "categorical"},
                "weight": {"sdtype": "numerical"}, "whole": {"sdtype": "numerical"}, "gap": {"sdtype": "numerical"},
                "born": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"},
                "seen": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d %H:%M:%S"},
                "city": {"sdtype": "categorical"}}},
            "visits": {"primary_key": "visit_id", "columns": {
                "visit_id": {"sdtype": "id"}, "person_id": {"sdtype": "id"}, "cost": {"sdtype": "numerical"}}},
        },
        "relationships": [{"parent_table_name": "people", "parent_primary_key": "person_id",
                           "child_table_name": "visits", "child_foreign_key": "person_id"}],
    })
    tables = {"people": people, "visits": visits}
    return tables, hd.Synthesizer(metadata).fit(tables)


def test_tables_come_back_in_the_types_they_came_in(typed, tmp_path):
    real, synthesizer = typed
    synthesizer.save(tmp_path / "typed.model")
    for made in (synthesizer.sample(), hd.load(tmp_path / "typed.model").sample()):
        people, visits = made["people"], made["visits"]
        for column in ("person_id", "smoker", "grade", "weight", "whole", "born", "seen"):
            assert people[column].dtype == real["people"][column].dtype, column
        # A missing value had turned these whole numbers into floats.
        assert str(people["gap"].dtype) == "Int64" and people["gap"].isna().any()
        assert set(people["city"]) <= {"Bern", "Graz", "Trento"} and isinstance(people["city"].iloc[0], str)
        assert str(visits["person_id"].dtype) in ("int64", "Int64")
        assert set(visits["person_id"].dropna()) <= set(people["person_id"])


@pytest.mark.parametrize("output", ["polars", "pyarrow", "duckdb", "arrow"])
def test_every_output_holds_the_same_values(synthesizer, output):
    import pyarrow as pa

    want = synthesizer.sample(scale=0.2, output="pyarrow")
    made = synthesizer.sample(scale=0.2, output=output)
    for name, table in made.items():
        got = pa.table(table)
        assert got.column_names == want[name].column_names
        assert got.to_pylist() == want[name].to_pylist()


def test_polars_and_pyarrow_types(synthesizer):
    import polars as pl
    import pyarrow as pa

    schema = synthesizer.sample(scale=0.1, output="polars")["patients"].schema
    assert schema["birth_date"] == pl.Date and schema["sex"] == pl.String
    schema = synthesizer.sample(scale=0.1, output="pyarrow")["vital_signs"].schema
    assert schema.field("measured_at").type == pa.timestamp("us")
    assert schema.field("heart_rate").type == pa.int64()


@pytest.mark.parametrize("kind", ["pyarrow", "polars", "duckdb"])
def test_every_library_gives_the_same_model(hospital, synthesizer, kind):
    import duckdb
    import polars as pl
    import pyarrow as pa

    real, metadata = hospital
    convert = {"pyarrow": pa.table, "polars": pl.from_pandas, "duckdb": duckdb.from_df}[kind]
    arrow = {name: pa.Table.from_pandas(frame, preserve_index=False) for name, frame in real.items()}
    tables = {name: convert(arrow[name] if kind == "pyarrow" else frame) for name, frame in real.items()}
    made = hd.Synthesizer(metadata).fit(tables).sample(scale=0.1, output="pyarrow")
    want = synthesizer.sample(scale=0.1, output="pyarrow")
    for name in want:
        assert made[name].to_pandas().astype(str).equals(want[name].to_pandas().astype(str)), name


def test_parts_put_together_are_the_whole(synthesizer):
    whole = synthesizer.sample(scale=3, seed=5)
    parts = [synthesizer.sample(scale=3, seed=5, part=(i, 4)) for i in (1, 2, 3, 4)]
    for name, frame in whole.items():
        together = pd.concat([p[name] for p in parts], ignore_index=True)
        pd.testing.assert_frame_equal(together, frame, check_dtype=False)


def test_threads_change_nothing(synthesizer):
    one, four = (synthesizer.sample(scale=4, threads=n) for n in (1, 4))
    for name in one:
        pd.testing.assert_frame_equal(one[name], four[name])


def test_rows_of_an_entity_table(synthesizer):
    assert len(synthesizer.sample(rows={"patients": 321})["patients"]) == 321


def test_some_tables_only(synthesizer):
    made = synthesizer.sample(tables=["patients", "wards"])
    assert list(made) == ["patients", "wards"]
    pd.testing.assert_frame_equal(made["patients"], synthesizer.sample()["patients"])


def test_a_synthesizer_and_its_metadata_can_be_pickled(synthesizer):
    again = pickle.loads(pickle.dumps(synthesizer))
    pd.testing.assert_frame_equal(again.sample(scale=0.1)["wards"], synthesizer.sample(scale=0.1)["wards"])
    assert pickle.loads(pickle.dumps(synthesizer.metadata)) == synthesizer.metadata


def test_the_hospital_is_the_main_job(tmp_path):
    assert run("--scale", "0.3", "--seed", "9", "--quiet", cwd=tmp_path).returncode == 0
    made = hd.hospital(scale=0.3, seed=9)
    written = pd.read_csv(tmp_path / "out" / "ehr" / "patients.csv")
    assert list(written["patient_id"]) == list(made["patients"]["patient_id"])
    assert list(written["sex"]) == list(made["patients"]["sex"])


def test_the_metadata_can_be_corrected(hospital):
    tables, _ = hospital
    metadata = hd.Metadata.detect(tables)
    assert metadata.reasons
    before = metadata.to_dict()
    with pytest.raises(hd.MetadataError, match="no column"):
        metadata.update_column("patients", "nothing", sdtype="id")
    assert metadata.to_dict() == before
    assert metadata.update_column("patients", "sex", sdtype="ordinal").column("patients", "sex")["sdtype"] == "ordinal"
    rules = len(metadata.rules)
    metadata.add_rule({"kind": "order", "table": "admissions", "low": "admit_ts", "high": "discharge_ts"})
    assert len(metadata.rules) == rules + 1


def test_a_broken_rule_is_found(hospital):
    tables, metadata = hospital
    broken = dict(tables)
    stays = broken["admissions"].copy()
    stays.loc[5, "discharge_ts"] = stays.loc[5, "admit_ts"] - pd.Timedelta(days=2)
    broken["admissions"] = stays
    report = hd.check(broken, metadata)
    assert not report.clean and any("discharge_ts" in line for line in report.broken)
    assert "<table>" in report._repr_html_()


def test_rules_are_found_and_kept_unless_they_are_not_wanted():
    rng = np.random.default_rng(3)
    low = rng.integers(0, 50, 400)
    people = pd.DataFrame({"person_id": np.arange(400), "low": low, "high": low + rng.integers(1, 60, 400)})
    known = hd.Metadata.detect({"people": people})

    def broken(rules):
        made = hd.Synthesizer(known, rules=rules).fit({"people": people}).sample(scale=5, seed=2)["people"]
        return int((made["low"] > made["high"]).sum())

    assert broken("all") == 0
    assert broken("none") > 0


def test_the_report_shows_and_saves_itself(hospital, synthesizer, tmp_path):
    real, metadata = hospital
    report = hd.evaluate(real, synthesizer.sample(), metadata=metadata, quick=True)
    assert "<iframe" in report._repr_html_()
    report.save(tmp_path / "report.html")
    report.save(tmp_path / "report.json")
    assert (tmp_path / "report.html").read_text().lstrip().lower().startswith("<!doctype html>")
    assert 0 < report.scores["quality"] <= 1


def test_a_table_of_sequences_without_its_owner_stays_alone(tmp_path):
    """Where the engine invents a table of owners, nobody sees it."""
    readings = pd.DataFrame({
        "patient_id": [f"P{i // 6:04}" for i in range(1800)],
        "measured": [pd.Timestamp("2025-01-01") + pd.Timedelta(hours=i % 6 + 24 * (i // 6 % 90)) for i in range(1800)],
        "value": [60 + (i // 6 * 7) % 40 + i % 6 for i in range(1800)],
    })
    synthesizer = hd.Synthesizer(hd.Metadata.detect({"readings": readings})).fit({"readings": readings})
    assert list(synthesizer.sample()) == ["readings"] == list(synthesizer.stream())
    synthesizer.save(tmp_path / "readings.model")
    again = hd.load(tmp_path / "readings.model")
    assert again.metadata.tables == ["readings"]
    assert list(again.sample()["readings"].columns) == list(readings.columns)
