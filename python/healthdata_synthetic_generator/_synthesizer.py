"""Learn from tables, and generate new ones."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import _engine
from ._metadata import Metadata
from ._progress import progress
from ._tables import Output, Tables, chosen, delivered, given

if TYPE_CHECKING:
    from ._engine import Stream


class Synthesizer:
    """Learns the tables that the metadata describe and generates new ones.

    ``effort`` says how hard to try; ``min_support`` is the fewest entities (patients, not rows) that any learned
    value stands for, at least 5. ``rules`` says which are kept on every row: ``"all"`` (those of the metadata, and what
    the data obey), ``"declared"``, ``"found"`` or ``"none"``; ``broken_rules`` what happens where the data break a
    declared one: ``"stop"``, ``"keep"``, ``"drop-rule"`` or ``"drop-rows"``.

    >>> import healthdata_synthetic_generator as hd
    >>> real, metadata = hd.reference(patients=200)
    >>> synthesizer = hd.Synthesizer(metadata).fit(real)
    >>> new = synthesizer.sample(scale=2, seed=7)
    >>> len(new["patients"])
    400
    """

    def __init__(
        self,
        metadata: Metadata,
        *,
        effort: str = "instant",
        min_support: int = 5,
        seed: int = 0,
        rules: str = "all",
        broken_rules: str = "stop",
    ) -> None:
        if not isinstance(metadata, Metadata):
            raise TypeError("metadata must be a Metadata; SDV's own are read by Metadata.from_sdv")
        self.metadata = metadata
        self._effort = effort
        self._min_support = min_support
        self._seed = seed
        self._rules = (rules, broken_rules)
        self._model: _engine.Model | None = None
        #: What was decided at the fit, a line each.
        self.notes: list[str] = []

    def fit(self, tables: Mapping[str, Any], *, drop_orphans: bool = False, show: bool | None = None) -> Synthesizer:
        """Learn from tables; gives the synthesizer itself.

        ``drop_orphans`` drops rows whose foreign key names no parent.
        """
        if self._min_support < 5 or self._seed < 0:
            raise _engine.ModelError("min_support must be at least 5, and seed at least 0")
        with progress(show) as listener:
            self._model, self.notes = _engine.Model.fit(
                given(tables),
                self.metadata._engine,
                self._effort,
                self._min_support,
                self._seed,
                self._rules,
                drop_orphans,
                listener,
            )
        for note in self.notes:
            if "columns left aside" in note:
                warnings.warn(note, stacklevel=2)
        return self

    def sample(
        self,
        scale: float = 1.0,
        *,
        rows: int | Mapping[str, int] | None = None,
        seed: int = 42,
        tables: Iterable[str] | None = None,
        part: tuple[int, int] = (1, 1),
        threads: int | None = None,
        output: Output | None = None,
        show: bool | None = None,
    ) -> Tables:
        """New tables in memory, the same for the same seed on any machine and number of threads.

        A ``scale`` of 1 is as many entities as were learned from; ``rows={"patients": 500}`` asks for so many rows of
        a table that no other table owns. ``part=(3, 8)`` makes the third of eight slices. ``output`` is ``"pandas"``
        (default), ``"polars"``, ``"pyarrow"``, ``"duckdb"`` or ``"arrow"``.
        """
        kind = chosen(output)
        with progress(show) as listener:
            made, lacking = self._fitted().sample(*self._request(scale, rows, seed, part, tables, threads), listener)
        for what in lacking:
            warnings.warn(what, stacklevel=2)
        return Tables({name: delivered(table, kind) for name, table in made}, self.metadata)

    def stream(
        self,
        scale: float = 1.0,
        *,
        rows: int | Mapping[str, int] | None = None,
        seed: int = 42,
        tables: Iterable[str] | None = None,
        part: tuple[int, int] = (1, 1),
        threads: int | None = None,
    ) -> dict[str, Stream]:
        """Tables of any size as readers: rows are made while they are pulled, so memory stays small.

        Each value has ``__arrow_c_stream__``: give it to ``pyarrow.RecordBatchReader.from_stream``, ``polars``,
        ``duckdb`` or anything else that reads Arrow. Every pull begins anew and gives the same rows.

        >>> import pyarrow as pa
        >>> import healthdata_synthetic_generator as hd
        >>> real, metadata = hd.reference(patients=200)
        >>> stream = hd.Synthesizer(metadata).fit(real).stream(scale=3)["patients"]
        >>> sum(batch.num_rows for batch in pa.RecordBatchReader.from_stream(stream))
        600
        """
        return dict(self._fitted().streams(*self._request(scale, rows, seed, part, tables, threads)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model file, which the command line reads too; no code inside, no pickle."""
        self._fitted().save(os.fspath(path))

    def inspect(self, *, values: bool = False) -> dict[str, Any]:
        """What the model holds: every label taken from the data, and what each column looks at."""
        found: dict[str, Any] = json.loads(self._fitted().inspect(values))
        return found

    @classmethod
    def _of(cls, model: _engine.Model) -> Synthesizer:
        made = cls(Metadata(model.metadata()), effort=model.effort())
        made._model = model
        return made

    def _fitted(self) -> _engine.Model:
        if self._model is None:
            raise _engine.ModelError("nothing was learned yet; call fit(tables) first, or load a model")
        return self._model

    def _request(
        self,
        scale: float,
        rows: int | Mapping[str, int] | None,
        seed: int,
        part: tuple[int, int],
        tables: Iterable[str] | None,
        threads: int | None,
    ) -> tuple[float, list[tuple[str, int]], int, tuple[int, int], list[str] | None, int | None]:
        problems = []
        wanted = dict(self._rows(rows))
        problems += [f"rows of {t} must be a whole number from 1" for t, n in wanted.items() if n < 1]
        if seed < 0 or seed >= 2**64:
            problems.append("seed must be a whole number from 0 to 2^64 - 1")
        if len(part) != 2 or not 1 <= part[0] <= part[1]:
            problems.append("part must be (i, n) with i from 1 to n")
        if threads is not None and not 1 <= threads <= 4096:
            problems.append("threads must be a whole number from 1 to 4096")
        if isinstance(tables, str):
            problems.append("tables must be a list of names")
        if problems:
            raise _engine.ModelError("\n".join(problems))
        names = None if tables is None else list(tables)
        return float(scale), list(wanted.items()), seed, (part[0], part[1]), names, threads

    def _rows(self, rows: int | Mapping[str, int] | None) -> Mapping[str, int]:
        if rows is None:
            return {}
        if isinstance(rows, Mapping):
            return rows
        names = [name for name, _ in self._fitted().tables()]
        if len(names) != 1:
            raise _engine.ModelError(f"say of which table: rows={{\"{names[0]}\": {rows}}}")
        return {names[0]: rows}

    def __repr__(self) -> str:
        if self._model is None:
            return f"Synthesizer({self.metadata!r}, nothing learned yet)"
        learned = ", ".join(f"{name} {rows:,}" for name, rows in self._model.tables())
        return f"Synthesizer(learned from {learned})"

    def __reduce__(self) -> Any:
        return (_loads, (self._fitted().to_bytes(),))


def _loads(content: bytes) -> Synthesizer:
    return Synthesizer._of(_engine.Model.from_bytes(content))


def load(path: str | os.PathLike[str]) -> Synthesizer:
    """A synthesizer from a model file, of this package or of ``healthdata fit``.

    >>> import healthdata_synthetic_generator as hd
    >>> hd.load("no.model")
    Traceback (most recent call last):
        ...
    healthdata_synthetic_generator.DataError: no.model: can't read it: there is no such file or folder
    """
    return Synthesizer._of(_engine.Model.load(os.fspath(path)))
