"""Tables in and out: a dict of anything that speaks the Arrow PyCapsule interface."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from ._engine import DataError

if TYPE_CHECKING:
    from ._engine import Table

#: What tables come back as.
Output = Literal["pandas", "polars", "pyarrow", "duckdb", "arrow"]

_OUTPUTS = ("pandas", "polars", "pyarrow", "duckdb", "arrow")


def given(tables: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The tables as the engine reads them; everything that can't be a table is refused by name."""
    if not isinstance(tables, Mapping):
        raise _error(["tables must be a dict of name to table, such as {\"patients\": frame}"])
    if not tables:
        raise _error(["there is no table; give a dict of name to table"])
    problems: list[str] = []
    out: list[tuple[str, Any]] = []
    for name, table in tables.items():
        if not isinstance(name, str) or not name.strip():
            problems.append(f"the name of table {len(out) + 1} is not a text")
            continue
        found, table = _arrow(name, table)
        problems.extend(found)
        out.append((name, table))
    if problems:
        raise _error(problems)
    return out


def _error(problems: list[str]) -> DataError:
    error = DataError("\n".join(problems))
    error.problems = problems
    return error


def _arrow(name: str, table: Any) -> tuple[list[str], Any]:
    """The problems of a table, and the table as an object with ``__arrow_c_stream__``."""
    if _is_pandas(table):
        return _from_pandas(name, table)
    if hasattr(table, "__arrow_c_stream__"):
        return [], table
    kind = type(table).__name__
    return [f"table {name}: a {kind} is no table; use pandas, polars, pyarrow or DuckDB (rel, not rel.df)"], None


def _is_pandas(table: Any) -> bool:
    # Nothing is imported for the question: a frame of pandas means that pandas is there.
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(table, pandas.DataFrame)


def _from_pandas(name: str, frame: Any) -> tuple[list[str], Any]:
    problems = []
    labels = list(frame.columns)
    for i, label in enumerate(labels):
        if not isinstance(label, str) or not label.strip():
            problems.append(f"table {name}: column {i + 1} has no name that is a text; name it before")
        elif label in labels[:i]:
            problems.append(f"table {name}: columns {labels.index(label) + 1} and {i + 1} have the same name; rename one")
    index = [n for n in frame.index.names if n is not None and n not in labels]
    if index:
        problems.append(f"table {name}: its index holds {', '.join(map(str, index))}; call reset_index() before")
    if problems:
        return problems, None
    pyarrow = _need("pyarrow", "to read a pandas frame")
    try:
        return [], pyarrow.Table.from_pandas(frame, preserve_index=False)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
        # The message of Arrow quotes the value; which column it is, is found by trying each.
        return [f"table {name}, column {c}: {_MIXED}" for c in labels if not _converts(pyarrow, frame[c])], None


_MIXED = "values of different kinds, or of one that is no text, number or time; make it one type (astype) before"


def _converts(pyarrow: Any, column: Any) -> bool:
    try:
        pyarrow.Array.from_pandas(column)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
        return False
    return True


def _need(module: str, why: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        extra = "pip install 'healthdata-synthetic-generator[pandas]'" if module in ("pandas", "pyarrow") else f"pip install {module}"
        raise ImportError(f"{module} is needed {why}: {extra}") from None


class Tables(dict[str, Any]):
    """Tables by name, a plain dict that also knows its metadata."""

    metadata: Any

    def __init__(self, tables: Mapping[str, Any], metadata: Any) -> None:
        super().__init__(tables)
        self.metadata = metadata

    def __reduce__(self) -> Any:
        return (Tables, (dict(self), self.metadata))


def chosen(output: Output | None) -> Output:
    """The output asked for; pandas where it is installed, else Arrow tables of our own with a warning."""
    if output is not None:
        if output not in _OUTPUTS:
            raise ValueError(f"output must be one of {', '.join(_OUTPUTS)}")
        return output
    from importlib.util import find_spec

    if find_spec("pandas") is not None and find_spec("pyarrow") is not None:
        return "pandas"
    warnings.warn(
        "pandas and pyarrow are not installed, so tables are plain Arrow tables; "
        "pip install 'healthdata-synthetic-generator[pandas]', or ask with output=\"arrow\"",
        stacklevel=3,
    )
    return "arrow"


def delivered(table: Table, output: Output) -> Any:
    """A table of the engine in the library that was asked for."""
    if output == "arrow":
        return table
    if output == "polars":
        return _need("polars", "for output=\"polars\"").DataFrame(table)
    pyarrow = _need("pyarrow", f"for output=\"{output}\"")
    arrow = pyarrow.table(table)
    if output == "pyarrow":
        return arrow
    if output == "duckdb":
        return _need("duckdb", "for output=\"duckdb\"").from_arrow(arrow)
    return _to_pandas(arrow, pyarrow, _need("pandas", "for output=\"pandas\""))


def _to_pandas(arrow: Any, pyarrow: Any, pandas: Any) -> Any:
    """Dates as datetime64, whole numbers as integers (Int64 beside missing values), text as text."""
    types = pyarrow.types
    # The unit that pandas itself makes: nanoseconds before version 3, microseconds since.
    unit = "ns" if int(pandas.__version__.split(".")[0]) < 3 else "us"
    columns: dict[str, Any] = {}
    for field, column in zip(arrow.schema, arrow.columns):
        if types.is_date(field.type):
            try:
                column = column.cast(pyarrow.timestamp(unit))
            except pyarrow.ArrowException:
                column = column.cast(pyarrow.timestamp("us"))
        if types.is_int64(field.type) and column.null_count:
            columns[field.name] = pandas.Int64Dtype().__from_arrow__(column)
        elif types.is_boolean(field.type) and column.null_count:
            columns[field.name] = pandas.BooleanDtype().__from_arrow__(column)
        else:
            columns[field.name] = column.to_pandas()
    return pandas.DataFrame(columns, columns=arrow.column_names)
