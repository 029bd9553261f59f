"""Streams: rows made while they are pulled, in little memory."""

import subprocess
import sys
import textwrap

import pyarrow as pa

import healthdata_synthetic_generator as hd


def reader(stream):
    return pa.RecordBatchReader.from_stream(stream)


def test_a_stream_is_the_sample(synthesizer):
    sample = synthesizer.sample(scale=3, seed=5, output="pyarrow")
    for name, stream in synthesizer.stream(scale=3, seed=5).items():
        assert reader(stream).read_all().combine_chunks().equals(sample[name].combine_chunks()), name


def test_every_pull_begins_anew(synthesizer):
    stream = synthesizer.stream(scale=2)["patients"]
    assert reader(stream).read_all().equals(reader(stream).read_all())


def test_a_stream_can_be_left(synthesizer):
    first = next(iter(reader(synthesizer.stream(scale=500)["vital_signs"])))
    assert first.num_rows > 0


def test_polars_and_duckdb_pull(synthesizer):
    import duckdb
    import polars as pl

    stream = synthesizer.stream(scale=2)["vital_signs"]
    n = sum(b.num_rows for b in reader(stream))
    assert pl.DataFrame(stream).height == n
    vitals = reader(stream)
    assert duckdb.sql("select count(*) from vitals").fetchall() == [(n,)]


def test_memory_does_not_grow_with_rows(model, tmp_path):
    """Twenty times the rows, as many as fit into 40 MB, in less than 20 MB more."""
    code = textwrap.dedent("""
        import resource, sys
        import pyarrow as pa
        import healthdata_synthetic_generator as hd
        model = hd.load(sys.argv[1])
        peaks = []
        for scale in (5, 100):
            rows = 0
            for batch in pa.RecordBatchReader.from_stream(model.stream(scale, threads=2)["patients"]):
                rows += batch.num_rows
            assert rows == scale * 1000
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        print(peaks[1] - peaks[0])
    """)
    done = subprocess.run([sys.executable, "-c", code, str(model)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000
