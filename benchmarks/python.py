"""The measurements of python.md: `python benchmarks/python.py stream|import|spark ...`."""

import os
import resource
import subprocess
import sys
import time


def stream(scale: str = "500", file: str = "vital_signs.parquet") -> None:
    """Ten million vital signs into one Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    import healthdata_synthetic_generator as hd
    from healthdata_synthetic_generator._hospital import _learned

    begin, cpu = time.perf_counter(), time.process_time()
    model = _learned(False)
    learned = time.perf_counter() - begin
    reader = pa.RecordBatchReader.from_stream(model.stream(hd._engine.hospital_scale(float(scale)))["vital_signs"])
    rows = 0
    with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    seconds, peak = time.perf_counter() - begin - learned, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows:,} rows, {seconds:.1f} s, CPU {time.process_time() - cpu:.1f} s with learning, peak {peak:.0f} MiB")


def imports(*modules: str) -> None:
    """CPU seconds of importing a module, the best of five fresh interpreters, without the bare interpreter."""

    def best(code: str) -> float:
        times = []
        for _ in range(5):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(times)

    bare = best("pass")
    for module in modules:
        print(f"{module}: {best(f'import {module}') - bare:.3f} s CPU (interpreter {bare:.3f} s)")


def spark(executors: str, scale: str = "100", parts: str = "16", out: str = "spark-out") -> None:
    """Rows a second of `spark.write`, the second of two runs, by executors of one core."""
    import shutil

    import pyspark
    from pyspark.sql import SparkSession

    import healthdata_synthetic_generator as hd
    from healthdata_synthetic_generator import spark as hdspark
    from healthdata_synthetic_generator._hospital import _learned

    os.environ.update(SPARK_HOME=os.path.dirname(pyspark.__file__), SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable)
    session = (
        SparkSession.builder.master(f"local-cluster[{executors},1,1024]")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.executor.memory", "1024m")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    model = _learned(False)
    for run in ("first", "second"):
        shutil.rmtree(out, ignore_errors=True)
        begin = time.perf_counter()
        manifest = hdspark.write(session, model, out, hd._engine.hospital_scale(float(scale)), parts=int(parts))
        seconds = time.perf_counter() - begin
        rows = sum(f["rows"] for f in manifest["tables"])
        print(f"{executors} executors, {run} run: {rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows/s")
    session.stop()


if __name__ == "__main__":
    {"stream": stream, "import": imports, "spark": spark}[sys.argv[1]](*sys.argv[2:])
