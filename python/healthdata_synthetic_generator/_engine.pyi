"""The compiled half: thin calls that the classes of the package wrap."""

from collections.abc import Callable
from os import PathLike
from typing import Any, final

__all__ = [
    "DataError",
    "Folder",
    "Metadata",
    "MetadataError",
    "Model",
    "ModelError",
    "Report",
    "Stream",
    "Table",
    "__version__",
    "check",
    "evaluate",
    "hospital_scale",
    "reference_tables",
    "run",
    "write_part",
]

__version__: str

_Listener = Callable[[str, int, int], None] | None
_Given = list[tuple[str, Any]]
_Path = str | PathLike[str]

class MetadataError(ValueError):
    """The metadata or a rule contradict themselves or the tables."""

    problems: list[str]

class DataError(ValueError):
    """A table, a value or a file can't be read or written."""

    problems: list[str]

class ModelError(ValueError):
    """A model can't be read, or can't do what was asked."""

    problems: list[str]

@final
class Table:
    """Rows in memory, for any library that reads Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def __len__(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    @property
    def types(self) -> list[tuple[str, str]]: ...
    def head(self, rows: int) -> list[list[str | None]]: ...

@final
class Stream:
    """The rows of one table, made while they are pulled; every pull begins anew and gives the same rows."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    @property
    def column_names(self) -> list[str]: ...
    @property
    def types(self) -> list[tuple[str, str]]: ...

@final
class Metadata:
    @staticmethod
    def from_json(text: str) -> Metadata: ...
    @staticmethod
    def load(path: _Path) -> Metadata: ...
    @staticmethod
    def detect(
        tables: _Given, keep_values: bool, progress: _Listener
    ) -> tuple[Metadata, list[tuple[str, str | None, str, str]]]: ...
    def to_json(self) -> str: ...
    def save(self, path: _Path) -> None: ...
    def rules(self) -> list[str]: ...

@final
class Model:
    @staticmethod
    def fit(
        tables: _Given,
        metadata: Metadata,
        effort: str,
        min_support: int,
        seed: int,
        rules: tuple[str, str],
        drop_orphan_rows: bool,
        progress: _Listener,
    ) -> tuple[Model, list[str]]: ...
    @staticmethod
    def hospital(progress: _Listener) -> Model: ...
    @staticmethod
    def load(path: _Path) -> Model: ...
    @staticmethod
    def from_bytes(bytes: bytes) -> Model: ...
    def save(self, path: _Path) -> str: ...
    def to_bytes(self) -> bytes: ...
    def hash(self) -> str: ...
    def metadata(self) -> Metadata: ...
    def tables(self) -> list[tuple[str, int]]: ...
    def effort(self) -> str: ...
    def inspect(self, values: bool) -> str: ...
    def sample(
        self,
        scale: float,
        rows: list[tuple[str, int]],
        seed: int,
        part: tuple[int, int],
        tables: list[str] | None,
        threads: int | None,
        progress: _Listener,
    ) -> tuple[list[tuple[str, Table]], list[str]]: ...
    def streams(
        self,
        scale: float,
        rows: list[tuple[str, int]],
        seed: int,
        part: tuple[int, int],
        tables: list[str] | None,
        threads: int | None,
    ) -> list[tuple[str, Stream]]: ...

@final
class Folder:
    @staticmethod
    def create(
        path: _Path, model: Model, format: str, scale: float, rows: list[tuple[str, int]], seed: int, parts: int
    ) -> Folder: ...
    def commit(self, files: list[tuple[str, str, int, int, str]], metadata: Metadata) -> str: ...

@final
class Report:
    def html(self) -> str: ...
    def json(self) -> str: ...
    def save(self, path: _Path) -> None: ...

def run(args: list[str]) -> int: ...
def reference_tables(patients: int, seed: int) -> tuple[list[tuple[str, Table]], Metadata]: ...
def hospital_scale(scale: float) -> float: ...
def evaluate(
    real: _Given,
    synthetic: _Given,
    holdout: _Given | None,
    metadata: Metadata,
    quick: bool,
    for_sharing: bool,
    seed: int,
    progress: _Listener,
) -> Report: ...
def check(tables: _Given, metadata: Metadata, progress: _Listener) -> tuple[str, list[str]]: ...
def write_part(
    model: Model,
    folder: _Path,
    attempt: str,
    format: str,
    scale: float,
    rows: list[tuple[str, int]],
    seed: int,
    part: tuple[int, int],
    threads: int | None,
) -> list[tuple[str, str, int, int, str]]: ...
