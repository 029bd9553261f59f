"""Spark on a real local cluster: executors in processes of their own, one of them killed."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest

import healthdata_synthetic_generator as hd
from test_command import run

pytest.importorskip("pyspark")
if shutil.which("java") is None:
    pytest.skip("no Java on the path", allow_module_level=True)

from healthdata_synthetic_generator import spark as hdspark  # noqa: E402

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def spark():
    """Two executors, each a Java process with Python workers."""
    import pyspark
    from pyspark.sql import SparkSession

    os.environ["SPARK_HOME"] = os.path.dirname(pyspark.__file__)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .appName("tests")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.executor.memory", "1024m")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "20000")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def checksum(frame):
    """Of a pandas frame's values, in their order."""
    text = frame.astype(object).where(frame.notna(), None).to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%S.%f")
    return hashlib.sha256(text.encode()).hexdigest()


def arrow(frame):
    """A Spark DataFrame as the pandas frame that `sample` gives."""
    from healthdata_synthetic_generator._tables import delivered

    return delivered(frame.toArrow(), "pandas")


def test_lazy_frames_hold_the_single_machine_s_rows(spark, synthesizer):
    want = synthesizer.sample(scale=2, seed=5)
    made = hdspark.sample(spark, synthesizer, scale=2, seed=5, parts=5)
    assert list(made) == list(want)
    for name, frame in made.items():
        assert frame.rdd.getNumPartitions() == 5
        assert checksum(arrow(frame)) == checksum(want[name]), name


def test_rows_do_not_pass_through_the_driver(spark, synthesizer):
    frame = hdspark.sample(spark, synthesizer, scale=5, parts=4)["vital_signs"]
    counts = frame.groupBy("patient_id").count().agg({"count": "sum"}).collect()
    assert counts[0][0] == len(synthesizer.sample(scale=5)["vital_signs"])


def test_files_of_the_executors_are_the_single_machine_s_rows(spark, synthesizer, model, tmp_path):
    manifest = hdspark.write(spark, model, tmp_path / "new", scale=2, seed=5, parts=5)
    want = synthesizer.sample(scale=2, seed=5)
    assert {f["table"] for f in manifest["tables"]} == set(want)
    assert len(manifest["tables"]) == 5 * len(want)
    for name, frame in want.items():
        parts = sorted((tmp_path / "new").glob(f"*/{name}/part-*.parquet"))
        together = pd.concat([pd.read_parquet(p) for p in parts], ignore_index=True)
        assert len(together) == len(frame)
        for column in frame:
            assert list(together[column].astype(str)) == list(frame[column].astype(str)), (name, column)
    assert not list((tmp_path / "new").rglob(".attempt-*"))
    assert run("check", tmp_path / "new").returncode == 0
    assert run("verify", tmp_path / "new").returncode == 0


def hashes(manifest):
    return {f["path"]: f["blake3"] for f in manifest["tables"]}


def workers():
    """Process ids of the executors' JVMs."""
    found = subprocess.run(["pgrep", "-f", "CoarseGrainedExecutorBackend"], capture_output=True, text=True).stdout
    mine = {int(p) for p in found.split()}
    return sorted(p for p in mine if "--executor-id" in open(f"/proc/{p}/cmdline").read())


def test_a_killed_executor_changes_nothing(spark, synthesizer, tmp_path):
    want = hdspark.write(spark, synthesizer, tmp_path / "calm", scale=60, parts=12)
    before = workers()
    killed = []

    def kill():
        # As soon as a worker is in the middle of a part, its executor dies.
        for _ in range(200):
            if list((tmp_path / "hard").glob(".attempt-*")):
                time.sleep(0.3)
                os.kill(before[0], signal.SIGKILL)
                killed.append(before[0])
                return
            time.sleep(0.05)

    thread = threading.Thread(target=kill)
    thread.start()
    made = hdspark.write(spark, synthesizer, tmp_path / "hard", scale=60, parts=12)
    thread.join()
    assert killed and before[0] not in workers()
    assert hashes(made) == hashes(want)
    assert not list((tmp_path / "hard").rglob(".attempt-*"))
    assert run("verify", tmp_path / "hard").returncode == 0


def test_what_a_killed_run_left_is_swept(spark, synthesizer, tmp_path):
    from healthdata_synthetic_generator import _engine

    # A run of eight parts that ends in the middle: one part in place, one half-made, no manifest.
    fitted = synthesizer._fitted()
    folder = _engine.Folder.create(tmp_path / "new", fitted, "parquet", 1.0, [], 42, 8)
    _engine.write_part(fitted, tmp_path / "new", "a", "parquet", 1.0, [], 42, (8, 8), 1)
    (tmp_path / "new" / ".attempt-b").mkdir()
    (tmp_path / "new" / ".attempt-b" / "half").write_text("x")
    with pytest.raises(hd.DataError, match="another run"):
        hdspark.write(spark, synthesizer, tmp_path / "new", parts=2)
    del folder
    manifest = hdspark.write(spark, synthesizer, tmp_path / "new", parts=2)
    files = {str(p.relative_to(tmp_path / "new")) for p in (tmp_path / "new").rglob("*") if p.is_file()}
    assert files == {f["path"] for f in manifest["tables"]} | {"metadata.json", "manifest.json"}


def test_a_folder_of_somebody_else_is_refused(spark, synthesizer, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(hd.DataError, match="not ours"):
        hdspark.write(spark, synthesizer, tmp_path)
    with pytest.raises(hd.ModelError, match="format"):
        hdspark.write(spark, synthesizer, tmp_path / "new", format="xlsx")
    with pytest.raises(hd.ModelError, match="parts"):
        hdspark.sample(spark, synthesizer, parts=0)


def test_fit_draws_entities_with_everything_that_is_theirs(spark, hospital):
    tables, metadata = hospital
    frames = {name: spark.createDataFrame(frame) for name, frame in tables.items()}
    from healthdata_synthetic_generator._sampling import sampled

    drawn = {n: f.toArrow().to_pandas() for n, f in sampled(frames, metadata, 300, 1).items()}
    kept = set(drawn["patients"]["patient_id"])
    assert 200 < len(kept) < 400
    for child in ("admissions", "vital_signs"):
        assert set(drawn[child]["patient_id"]) <= kept
        whole = tables[child]
        assert len(drawn[child]) == whole["patient_id"].isin(kept).sum()
    assert len(drawn["wards"]) == len(tables["wards"])
    fitted = hdspark.fit(frames, metadata, entities=300, seed=1)
    assert hd.check(fitted.sample(), metadata).clean


def test_bad_input(spark, hospital, synthesizer):
    tables, metadata = hospital
    with pytest.raises(hd.DataError, match="admissions"):
        hdspark.fit({"patients": spark.createDataFrame(tables["patients"])}, metadata)
    with pytest.raises(TypeError):
        hdspark.fit({}, metadata)
    with pytest.raises(TypeError):
        hdspark.sample(None, synthesizer)


def test_z_a_closed_session_is_said_to_be_closed(spark, synthesizer, tmp_path):
    spark.stop()
    with pytest.raises(hd.DataError, match="closed"):
        hdspark.sample(spark, synthesizer)
    with pytest.raises(hd.DataError, match="closed"):
        hdspark.write(spark, synthesizer, tmp_path / "x")
    assert not (tmp_path / "x").exists()
