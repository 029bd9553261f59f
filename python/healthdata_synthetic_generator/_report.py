"""Proofs and comparisons of tables."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from typing import Any

from . import _engine
from ._metadata import Metadata
from ._progress import progress
from ._tables import Tables, given


class CheckReport:
    """What was proved: types, keys, domains and rules on every row."""

    def __init__(self, content: dict[str, Any], broken: list[str]) -> None:
        self._content = content
        #: A line for each thing that is broken: what, how many rows, where; never a value.
        self.broken = broken

    @property
    def clean(self) -> bool:
        """True when nothing is broken."""
        return not self.broken

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Every check with the rows it was proved on."""
        found: list[dict[str, Any]] = self._content["checks"]
        return found

    @property
    def notes(self) -> list[str]:
        """What could not be proved and why."""
        found: list[str] = self._content["notes"]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Everything, as plain data."""
        return self._content

    def __repr__(self) -> str:
        rows = sum(self._content["tables"].values())
        what = f"{len(self.checks)} checks on {rows:,} rows"
        if self.clean:
            return f"CheckReport({what}: everything holds)"
        return "\n  ".join([f"CheckReport({what}: {len(self.broken)} broken", *self.broken]) + ")"

    def _repr_html_(self) -> str:
        rows = [(c["kind"], c["what"], f"{c['checked']:,}", f"{c['broken']:,}") for c in self.checks]
        return _html(("kind", "what must hold", "rows checked", "broken"), rows)


def check(tables: Mapping[str, Any], metadata: Metadata | None = None, *, show: bool | None = None) -> CheckReport:
    """Prove types, keys, domains and rules on every row.

    >>> import healthdata_synthetic_generator as hd
    >>> real, metadata = hd.reference(patients=100)
    >>> hd.check(real, metadata).clean
    True
    >>> real["admissions"].loc[3, "patient_id"] = "nobody"
    >>> any(line.startswith("foreign key") for line in hd.check(real, metadata).broken)
    True
    """
    if metadata is None and not isinstance(tables, Tables):
        raise TypeError("check needs the metadata that the tables are proved against")
    with progress(show) as listener:
        content, broken = _engine.check(given(tables), _known(metadata, tables)._engine, listener)
    return CheckReport(json.loads(content), broken)


class Report:
    """A comparison of synthetic with real tables; shows itself in a notebook.

    ``save("report.html")`` writes the page, ``save("report.json")`` everything as JSON.
    """

    def __init__(self, engine: _engine.Report) -> None:
        self._engine = engine
        self._content: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything, as plain data."""
        if self._content is None:
            self._content = json.loads(self._engine.json())
        return self._content

    @property
    def scores(self) -> dict[str, float]:
        """The named numbers, such as ``quality``, ``diagnostic``, ``pairs``, ``detection``."""
        found: dict[str, float] = self.to_dict()["summary"]
        return found

    @property
    def findings(self) -> list[str]:
        """What to look at first, worst first."""
        found: list[str] = self.to_dict()["findings"]
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page, or to a name that ends with ``.json`` everything as JSON."""
        self._engine.save(os.fspath(path))

    def __repr__(self) -> str:
        lines = [f"  {q['question']} {_verdict(q)}" for q in self.to_dict()["questions"]]
        return "\n".join(["Report", *lines])

    def _repr_html_(self) -> str:
        # The page in a frame of its own, so that its style and the notebook's leave each other alone.
        page = html.escape(self._engine.html(), quote=True)
        style = "width:100%;height:700px;border:1px solid #ccc"
        return f'<iframe title="Synthetic data report" style="{style}" sandbox="allow-scripts" srcdoc="{page}"></iframe>'


def evaluate(
    real: Mapping[str, Any],
    synthetic: Mapping[str, Any],
    holdout: Mapping[str, Any] | None = None,
    metadata: Metadata | None = None,
    *,
    quick: bool = False,
    for_sharing: bool = False,
    seed: int = 42,
    show: bool | None = None,
) -> Report:
    """Compare synthetic with real tables, and with the best possible.

    ``holdout`` is real data with other entities that the model never saw: what it scores is the best possible.
    ``quick`` leaves out the classifiers, which take most of the time.

    >>> import healthdata_synthetic_generator as hd
    >>> real, metadata = hd.reference(patients=200)
    >>> new = hd.Synthesizer(metadata).fit(real).sample()
    >>> report = hd.evaluate(real, new, metadata=metadata, quick=True)
    >>> report.scores["diagnostic"] > 0.9
    True
    """
    tables, other = given(real), given(synthetic)
    third = None if holdout is None else given(holdout)
    known = _known(metadata, synthetic, real)
    with progress(show) as listener:
        return Report(_engine.evaluate(tables, other, third, known._engine, quick, for_sharing, seed, listener))


def _known(metadata: Metadata | None, *tables: Mapping[str, Any]) -> Metadata:
    """The metadata given, those that the tables came with, or guessed from the last tables."""
    if metadata is not None:
        if not isinstance(metadata, Metadata):
            raise TypeError("metadata must be a Metadata; SDV's own are read by Metadata.from_sdv")
        return metadata
    for t in tables:
        if isinstance(t, Tables):
            known: Metadata = t.metadata
            return known
    return Metadata.detect(tables[-1])


def _verdict(question: dict[str, Any]) -> str:
    score = "" if question["score"] is None else f" ({question['score']:.3f})"
    return str(question["verdict"]).replace("_", " ") + score


def _html(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    head = "".join(f"<th>{html.escape(h)}</th>" for h in header)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
