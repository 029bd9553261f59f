"""What the tables are: columns, keys, relationships, owners and rules."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from . import _engine
from ._progress import progress
from ._tables import given


class Metadata:
    """What a data set is. Always valid: every way to make or change one checks it whole.

    The file is SDV's metadata JSON (V1 and V2 are read, V2 is written) with our own keys beside it.

    >>> import healthdata_synthetic_generator as hd
    >>> _, metadata = hd.reference(patients=100)
    >>> metadata
    Metadata(8 tables, 8 relationships, 18 rules)
    >>> metadata.column("patients", "sex")["sdtype"]
    'categorical'
    """

    def __init__(self, engine: _engine.Metadata, reasons: list[tuple[str, str | None, str, str]] | None = None) -> None:
        if not isinstance(engine, _engine.Metadata):
            raise TypeError("use Metadata.detect, Metadata.load, Metadata.from_dict or Metadata.from_sdv")
        self._engine = engine
        #: Why each guess of :meth:`detect` was made: table, column or None, what, why.
        self.reasons = reasons or []

    @classmethod
    def detect(cls, tables: Mapping[str, Any], *, keep_values: bool = False, show: bool | None = None) -> Metadata:
        """Guess the metadata of tables. Look the result over: ``reasons`` says why each guess was made.

        ``keep_values`` also notes categories and extremes, which are real values.

        >>> import pandas as pd
        >>> import healthdata_synthetic_generator as hd
        >>> metadata = hd.Metadata.detect({
        ...     "people": pd.DataFrame({"person_id": range(50), "sex": ["F", "M"] * 25}),
        ...     "visits": pd.DataFrame({"visit_id": range(100), "person_id": [i // 2 for i in range(100)]}),
        ... })
        >>> metadata.relationships[0]["parent_table_name"]
        'people'
        """
        with progress(show) as listener:
            engine, reasons = _engine.Metadata.detect(given(tables), keep_values, listener)
        return cls(engine, reasons)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Metadata:
        """Read a metadata file, of this program or of SDV."""
        return cls(_engine.Metadata.load(os.fspath(path)))

    @classmethod
    def from_dict(cls, metadata: Mapping[str, Any]) -> Metadata:
        """Metadata from the content of a metadata file."""
        try:
            text = json.dumps(metadata)
        except (TypeError, ValueError):
            raise _engine.MetadataError("metadata must be what a JSON file can hold") from None
        return cls(_engine.Metadata.from_json(text))

    @classmethod
    def from_sdv(cls, metadata: Any, constraints: Any = None) -> Metadata:
        """Metadata of SDV: its object, its dict or its file; ``constraints`` as objects, dicts or a file.

        >>> import healthdata_synthetic_generator as hd
        >>> hd.Metadata.from_sdv({
        ...     "METADATA_SPEC_VERSION": "V1", "relationships": [],
        ...     "tables": {"stays": {"columns": {
        ...         "start": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"},
        ...         "end": {"sdtype": "datetime", "datetime_format": "%Y-%m-%d"}}}},
        ... }, constraints=[{"class_name": "Inequality", "parameters": {
        ...     "low_column_name": "start", "high_column_name": "end"}}]).rules
        ['stays: start <= end']
        """
        from ._sdv import read

        return cls.from_dict(read(metadata, constraints))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the metadata file, all or nothing."""
        self._engine.save(os.fspath(path))

    def to_dict(self) -> dict[str, Any]:
        """The content of the metadata file; a copy, to be changed and given to :meth:`from_dict`."""
        content: dict[str, Any] = json.loads(self._engine.to_json())
        return content

    @property
    def tables(self) -> list[str]:
        """Names of the tables."""
        return list(self.to_dict()["tables"])

    @property
    def relationships(self) -> list[dict[str, Any]]:
        """The foreign keys, in SDV's words."""
        found: list[dict[str, Any]] = self.to_dict().get("relationships", [])
        return found

    @property
    def rules(self) -> list[str]:
        """What holds for every row, a line each."""
        return self._engine.rules()

    def column(self, table: str, column: str) -> dict[str, Any]:
        """What is known of a column."""
        found: dict[str, Any] = self._columns(self.to_dict(), table).get(column) or {}
        if not found:
            raise _engine.MetadataError(f"table {table} has no column {column}")
        return found

    def update_column(self, table: str, column: str, **parameters: Any) -> Metadata:
        """Say what a column is, as in ``update_column("people", "zip", sdtype="postcode")``.

        With an ``sdtype`` everything that was known of the column is replaced, else added to.
        """
        content = self.to_dict()
        columns = self._columns(content, table)
        if column not in columns:
            raise _engine.MetadataError(f"table {table} has no column {column}; it has {', '.join(columns)}")
        columns[column] = dict(parameters) if "sdtype" in parameters else {**columns[column], **parameters}
        return self._become(content)

    def set_primary_key(self, table: str, column: str | list[str]) -> Metadata:
        """Say which column (or columns) tell the rows of a table apart."""
        content = self.to_dict()
        self._columns(content, table)
        content["tables"][table]["primary_key"] = column
        return self._become(content)

    def add_relationship(self, parent: str, child: str, parent_key: str, child_key: str) -> Metadata:
        """Say that ``child_key`` of one table holds values of ``parent_key`` of another."""
        content = self.to_dict()
        content.setdefault("relationships", []).append({
            "parent_table_name": parent,
            "parent_primary_key": parent_key,
            "child_table_name": child,
            "child_foreign_key": child_key,
        })
        return self._become(content)

    def remove_relationship(self, parent: str, child: str) -> Metadata:
        """Forget the foreign keys from one table to another."""
        content = self.to_dict()
        ends = (parent, child)
        content["relationships"] = [
            r for r in content.get("relationships", []) if (r["parent_table_name"], r["child_table_name"]) != ends
        ]
        return self._become(content)

    def add_rule(self, rule: Mapping[str, Any]) -> Metadata:
        """Say what holds for every row, such as ``{"kind": "order", "table": "stays", "low": "start", "high": "end"}``."""
        content = self.to_dict()
        content.setdefault("x_healthdata", {}).setdefault("rules", []).append(dict(rule))
        return self._become(content)

    def _become(self, content: dict[str, Any]) -> Metadata:
        # Checked before anything changes, so a mistake leaves the metadata as they were.
        self._engine = Metadata.from_dict(content)._engine
        return self

    @staticmethod
    def _columns(content: dict[str, Any], table: str) -> dict[str, Any]:
        if table not in content["tables"]:
            raise _engine.MetadataError(f"there is no table {table}; there are {', '.join(content['tables'])}")
        columns: dict[str, Any] = content["tables"][table]["columns"]
        return columns

    def __repr__(self) -> str:
        content = self.to_dict()
        tables, links = len(content["tables"]), len(content.get("relationships", []))
        return f"Metadata({tables} tables, {links} relationships, {len(self.rules)} rules)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Metadata) and self._engine.to_json() == other._engine.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return (Metadata.from_dict, (self.to_dict(),))
