"""The same rows on a Spark cluster: parts are made on the executors, and no row passes through the driver.

The package must be installed on every node; PySpark 4 and pyarrow are needed.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from . import _engine
from ._metadata import Metadata
from ._synthesizer import Synthesizer, load

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["fit", "sample", "write"]

#: Spark's own name of each type the engine makes.
_TYPES = {"Utf8": "string", "Int64": "bigint", "Float64": "double", "Boolean": "boolean", "Date32": "date"}

_MANIFEST = "table string, path string, rows bigint, bytes bigint, blake3 string"


def sample(
    spark: SparkSession,
    model: Synthesizer | str | os.PathLike[str],
    scale: float = 1.0,
    *,
    seed: int = 42,
    parts: int | None = None,
    rows: int | Mapping[str, int] | None = None,
) -> dict[str, DataFrame]:
    """Lazy DataFrames, one a table, whose partitions are made on the executors when something asks for them.

    The rows are those of ``Synthesizer.sample`` for the same seed. Each table makes its own rows, so to write all
    tables to files, :func:`write` is quicker.
    """
    synthesizer, parts = _ready(spark, model, parts)
    request = synthesizer._request(scale, rows, seed, (1, parts), None, None)
    content = synthesizer._fitted().to_bytes()
    out = {}
    for name, stream in synthesizer._fitted().streams(*request):
        columns = ", ".join(f"`{column.replace('`', '``')}` {_spark_type(kind)}" for column, kind in stream.types)
        make = _maker(content, name, scale, request[1], seed, parts)
        out[name] = _units(spark, parts).mapInArrow(make, columns)
    return out


def write(
    spark: SparkSession,
    model: Synthesizer | str | os.PathLike[str],
    out_dir: str | os.PathLike[str],
    scale: float = 1.0,
    *,
    seed: int = 42,
    parts: int | None = None,
    rows: int | Mapping[str, int] | None = None,
    format: str = "parquet",
) -> dict[str, Any]:
    """Write all tables as files, each part by the executor that makes it, and give the manifest.

    ``out_dir`` must be a path that every executor sees. Parts are written under a name of their own and renamed, so
    a retried or speculative task changes nothing; the last step sweeps what killed tasks left and writes
    ``manifest.json``. ``healthdata check`` and ``healthdata verify`` read the folder.
    """
    synthesizer, parts = _ready(spark, model, parts)
    fitted = synthesizer._fitted()
    wanted = synthesizer._request(scale, rows, seed, (1, parts), None, None)[1]
    place = os.path.abspath(os.fspath(out_dir))
    folder = _engine.Folder.create(place, fitted, format, float(scale), wanted, seed, parts)
    make = _writer(fitted.to_bytes(), place, format, scale, wanted, seed, parts)
    made = _units(spark, parts).mapInArrow(make, _MANIFEST).collect()
    files = [(r.table, r.path, r.rows, r.bytes, r.blake3) for r in made]
    manifest: dict[str, Any] = json.loads(folder.commit(files, fitted.metadata()))
    return manifest


def fit(
    tables: Mapping[str, DataFrame],
    metadata: Metadata,
    *,
    entities: int = 20_000,
    effort: str = "instant",
    min_support: int = 5,
    seed: int = 0,
    show: bool | None = None,
) -> Synthesizer:
    """Learn from Spark DataFrames: a sample of entities with all their rows is drawn on the cluster and learned here.

    Entities are the rows of the table at the top of the largest table's chain of owners (patients, say); about
    ``entities`` of them are drawn by a hash of their key, and tables below follow by their foreign keys. Tables that
    do not depend on them (wards, devices) are taken whole. A ``scale`` of 1 is then the sample; ask for more with
    ``scale`` or ``rows``.
    """
    if not isinstance(metadata, Metadata):
        raise TypeError("metadata must be a Metadata")
    if entities < 100:
        raise _engine.ModelError("entities must be at least 100")
    from ._sampling import sampled

    _active(next(iter(tables.values())).sparkSession if tables else None)
    drawn = sampled(dict(tables), metadata, entities, seed)
    arrow = {name: frame.toArrow() for name, frame in drawn.items()}
    return Synthesizer(metadata, effort=effort, min_support=min_support, seed=seed).fit(arrow, show=show)


def _ready(
    spark: SparkSession, model: Synthesizer | str | os.PathLike[str], parts: int | None
) -> tuple[Synthesizer, int]:
    _active(spark)
    synthesizer = model if isinstance(model, Synthesizer) else load(model)
    synthesizer._fitted()
    if parts is None:
        parts = 4 * _cores(spark)
    if not 1 <= parts <= 99_999:
        raise _engine.ModelError("parts must be a whole number from 1 to 99999")
    return synthesizer, parts


def _active(spark: Any) -> None:
    """A clear word where the session was stopped, instead of a trace of Java."""
    if spark is None or not hasattr(spark, "range"):
        raise TypeError("give a SparkSession, and Spark DataFrames of one")
    try:
        context = spark.sparkContext
    except Exception:  # A session of Spark Connect has none, and says itself when it is closed.
        return
    if context is None or context._jsc is None or context._jsc.sc().isStopped():
        raise _engine.DataError("the Spark session is closed; start a new one")


def _cores(spark: SparkSession) -> int:
    try:
        return max(1, spark.sparkContext.defaultParallelism)
    except Exception:  # Spark Connect does not say.
        return 8


def _units(spark: SparkSession, parts: int) -> DataFrame:
    """One row and one partition for each part: what executors are given to do."""
    return spark.range(0, parts, 1, parts)


def _spark_type(kind: str) -> str:
    if kind.startswith("Timestamp"):
        return "timestamp" if "Some" in kind or '"' in kind else "timestamp_ntz"
    return _TYPES[kind]


def _maker(
    content: bytes, table: str, scale: float, rows: list[tuple[str, int]], seed: int, parts: int
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def make(units: Iterator[Any]) -> Iterator[Any]:
        import pyarrow

        from healthdata_synthetic_generator.spark import _model

        for batch in units:
            for unit in batch.column(0).to_pylist():
                request = (float(scale), rows, seed, (unit + 1, parts), [table], 1)
                ((_, stream),) = _model(content).streams(*request)
                reader = pyarrow.RecordBatchReader.from_stream(stream)
                for made in reader:
                    yield _microseconds(made, pyarrow)

    return make


def _microseconds(batch: Any, pyarrow: Any) -> Any:
    """Spark's times are microseconds."""
    fields, arrays = [], []
    for field, array in zip(batch.schema, batch.columns):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit != "us":
            field = field.with_type(pyarrow.timestamp("us", field.type.tz))
            array = array.cast(field.type, safe=False)
        fields.append(field)
        arrays.append(array)
    return pyarrow.RecordBatch.from_arrays(arrays, schema=pyarrow.schema(fields))


def _writer(
    content: bytes, folder: str, format: str, scale: float, rows: list[tuple[str, int]], seed: int, parts: int
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def make(units: Iterator[Any]) -> Iterator[Any]:
        import pyarrow

        from healthdata_synthetic_generator import _engine
        from healthdata_synthetic_generator.spark import _model

        names = ["table", "path", "rows", "bytes", "blake3"]
        for batch in units:
            for unit in batch.column(0).to_pylist():
                attempt = f"{unit:05}-{uuid.uuid4().hex}"
                part = (unit + 1, parts)
                files = _engine.write_part(
                    _model(content), folder, attempt, format, float(scale), rows, seed, part, 1
                )
                columns = [list(column) for column in zip(*files)]
                yield pyarrow.RecordBatch.from_arrays([pyarrow.array(c) for c in columns], names=names)

    return make


#: The model that this worker read last, by its bytes: tasks of one job share it.
_last: list[tuple[bytes, _engine.Model]] = []


def _model(content: bytes) -> _engine.Model:
    if not _last or _last[0][0] != content:
        _last[:] = [(content, _engine.Model.from_bytes(content))]
    return _last[0][1]
