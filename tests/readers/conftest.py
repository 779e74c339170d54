"""Fixtures of the readers' tests: bytes under a name in, records and failures out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curate.readers import Failure, Record, Slice, Tally
from curate.readers.read import read_slice
from curate.source import Source


@dataclass
class Found:
    """What a read gave."""

    items: list[Record | Failure]
    tally: Tally

    @property
    def records(self) -> list[Record]:
        return [item for item in self.items if isinstance(item, Record)]

    @property
    def failures(self) -> list[Failure]:
        return [item for item in self.items if isinstance(item, Failure)]

    @property
    def texts(self) -> list[Any]:
        return [record.fields.get("text") for record in self.records]

    @property
    def failed(self) -> list[tuple[str, str]]:
        return [(failure.position, failure.kind) for failure in self.failures]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Found]:
    """`read(b"…", "a.jsonl", split="line")`: the file read whole; it also holds the reader to its own count."""

    def run(data: bytes, name: str, **source: Any) -> Found:
        path = tmp_path / name
        path.write_bytes(data)
        tally = Tally()
        whole = Slice(str(path), name, len(data))
        found = Found(list(read_slice(whole, Source(name="s", path=str(path), **source), tally)), tally)
        assert tally.split == len(found.items)
        return found

    return run
