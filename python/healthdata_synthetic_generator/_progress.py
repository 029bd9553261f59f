"""One line that says what is at work: on a terminal, or in a notebook; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

#: Hears what is at work, rows that are done, and rows expected (0 where nobody knows).
Listener = Callable[[str, int, int], None]


@contextmanager
def progress(show: bool | None) -> Iterator[Listener | None]:
    """A listener for the engine; ``show=None`` decides by where this runs."""
    notebook = _notebook()
    if show is None:
        show = notebook is not None or (sys.stderr is not None and sys.stderr.isatty())
    if not show:
        yield None
        return
    line = _Notebook(notebook) if notebook is not None else _Terminal()
    try:
        yield line.say
    finally:
        line.end()


def _notebook() -> Any:
    # Only where IPython runs already: nothing is imported for the question.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or type(shell).__name__ != "ZMQInteractiveShell":
        return None
    return sys.modules.get("IPython.display") or __import__("IPython.display").display


def _words(what: str, done: int, expected: int) -> str:
    if not expected:
        return what
    return f"{what}: {done:,} of about {max(done, expected):,} rows"


class _Terminal:
    def __init__(self) -> None:
        self.begun = False

    def say(self, what: str, done: int, expected: int) -> None:
        self.begun = True
        sys.stderr.write(f"\r\x1b[2K{_words(what, done, expected)[:100]}")
        sys.stderr.flush()

    def end(self) -> None:
        if self.begun:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


class _Notebook:
    def __init__(self, display: Any) -> None:
        self.display = display
        self.handle: Any = None

    def say(self, what: str, done: int, expected: int) -> None:
        text = {"text/plain": _words(what, done, expected)}
        if self.handle is None:
            self.handle = self.display.display(text, raw=True, display_id=True)
        else:
            self.handle.update(text, raw=True)

    def end(self) -> None:
        if self.handle is not None:
            self.handle.update({"text/plain": ""}, raw=True)
