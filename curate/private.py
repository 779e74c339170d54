"""What a stage runs under whose steps take private data out: its key, and what hides names of files and short texts.

A step that takes private data out declares a `scrubber` (`curate.step.step`). The engine then lets that step see the
rows that earlier steps dropped before they are written, and hides, by its scrubber, what no step sees: names of
files, ids and keys made of them, errors that quote what they met, and strings in tables of evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl


class Scrubber(Protocol):
    """What a step that takes private data out lends to the engine."""

    def file(self, name: str) -> str:
        """A name of a file, or a position in one, that says nothing of it."""

    def name(self, value: str) -> str:
        """A document's own key, so that it says nothing; the same key has the same name everywhere."""

    def strings(self, values: Sequence[str]) -> list[str]:
        """Short texts (errors, what a step quotes) without private data."""

    def residual(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What a second look finds in finished documents: rows `id`, `entity`, `recogniser`, `example` (masked)."""


@dataclass(frozen=True)
class Private:
    """The step that takes private data out (`curate.step.StepUse`), the key under which it does, the names of files
    that the pipeline file itself spells out, and the sources whose documents come clean from another stage."""

    use: Any
    key: bytes = field(repr=False)
    key_id: str = ""
    spelled: frozenset[str] = frozenset()
    clean: frozenset[str] = frozenset()

    def scrubber(self) -> Scrubber:
        """The step's scrubber under its parameters."""
        made: Scrubber = self.use.step.scrubber(self.use.params, self.key)
        return made

    @property
    def vault(self) -> bool:
        """Whether what is hidden is kept, encrypted; names of files are in any case."""
        return bool(self.use.step.filled(self.use.params).get("vault"))

    @property
    def label(self) -> str:
        """The step's label."""
        return str(self.use.label)


@dataclass(frozen=True)
class Under:
    """What a task runs under: the key, and the file that takes its part of the vault."""

    key: bytes = field(repr=False)
    vault: Path | None = None


_under: ContextVar[Under | None] = ContextVar("curate_private", default=None)


@contextmanager
def under(private: Private | None, vault: Path | None) -> Iterator[None]:
    """Let steps of this task find the key of its stage, and the file that takes the task's part of the vault."""
    token = _under.set(Under(private.key, vault) if private else None)
    try:
        yield
    finally:
        _under.reset(token)


def current() -> Under | None:
    """What the running task runs under; None in a notebook."""
    return _under.get()


def hidden(message: str, private: Private | None) -> str:
    """An error's words as they may be shown."""
    if private is None:
        return message
    try:
        return private.scrubber().strings([message])[0]
    except Exception as error:  # what hides is what failed
        return f"(its words may quote a text, and hiding them failed: {type(error).__name__})"
