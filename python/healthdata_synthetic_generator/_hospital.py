"""The hospital that comes with the package."""

from __future__ import annotations

from . import _engine
from ._metadata import Metadata
from ._progress import progress
from ._synthesizer import Synthesizer
from ._tables import Output, Tables, chosen, delivered


#: The model, once it was learned in this process.
_model: list[Synthesizer] = []


def _learned(show: bool | None) -> Synthesizer:
    if not _model:
        with progress(show) as listener:
            _model.append(Synthesizer._of(_engine.Model.hospital(listener)))
    return _model[0]


def hospital(scale: float = 1.0, *, seed: int = 42, output: Output | None = None, show: bool | None = None) -> Tables:
    """Eight linked tables of a believable hospital: what ``python -m healthdata_synthetic_generator`` writes.

    A ``scale`` of 1 is about 1,000 patients, 1,500 admissions and 20,000 vital signs.

    >>> import healthdata_synthetic_generator as hd
    >>> tables = hd.hospital(scale=0.2, seed=7)
    >>> len(tables["patients"])
    200
    >>> hd.check(tables, tables.metadata).clean
    True
    """
    return _learned(show).sample(_engine.hospital_scale(float(scale)), seed=seed, output=output, show=show)


def reference(patients: int = 4000, *, seed: int = 1, output: Output | None = None) -> tuple[Tables, Metadata]:
    """The simulated hospital that :func:`hospital` learns from, with its metadata: tables to try things on.

    Another ``seed`` is another hospital of the same kind, such as a holdout.
    """
    if not 1 <= patients <= 1_000_000:
        raise _engine.ModelError("patients must be a whole number from 1 to 1000000")
    kind = chosen(output)
    made, engine = _engine.reference_tables(patients, seed)
    metadata = Metadata(engine)
    return Tables({name: delivered(table, kind) for name, table in made}, metadata), metadata
