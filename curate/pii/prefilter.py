"""All weakened expressions at once over projected bytes: where anything could match.

Hyperscan does it where it is installed; else Python's `re`, one expression after the other.
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.pii.patterns import Weak
from curate.user_cache import cache_folder, store

#: A span that Hyperscan takes in one call, in bytes.
_MOST = 1 << 30


class Hits(NamedTuple):
    """Where an expression could match: hit i lies in [starts[i], ends[i]) and is of the expression `which[i]`.

    Every match of an expression overlaps one of its hits. With `Prefilter.exact_ends` every match ends where a hit
    ends (an expression with a `tail`: has the end of a hit within it), and `starts` say nothing.
    """

    which: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class Prefilter:
    """The expressions `weak`, compiled once."""

    def __init__(self, weak: Sequence[Weak]) -> None:
        self._users: dict[str, list[int]] = {}
        for i, one in enumerate(weak):
            self._users.setdefault(one.source, []).append(i)
        self._sources = list(self._users)
        self._database = _compiled(self._sources)
        self._slow = [] if self._database else [re.compile(s.encode(), re.DOTALL) for s in self._sources]

    @property
    def exact_ends(self) -> bool:
        """Whether ends of all matches are reported, not only those of the leftmost ones that do not overlap."""
        return self._database is not None

    def hits(self, data: bytes) -> Hits:
        """Every hit in `data`, sorted by expression and end."""
        found: list[tuple[int, int, int]] = []
        if self._database is not None:
            assert len(data) < _MOST, "a batch of texts is too large for one scan"

            def report(which: int, _start: int, end: int, _flags: int, _context: Any) -> None:
                found.append((which, end - 1, end))

            self._database.scan(data, report)
        for which, expression in enumerate(self._slow):
            found += [(which, *match.span()) for match in expression.finditer(data)]
        flat = [
            (user, start, end) for which, start, end in found for user in self._users[self._sources[which]]
        ]
        table = np.array(sorted(flat), np.int64).reshape(-1, 3)
        return Hits(table[:, 0], table[:, 1], table[:, 2])


def _compiled(sources: list[str]) -> Any:
    """A Hyperscan database with its scratch, or None where Hyperscan is absent or refuses an expression."""
    try:
        import hyperscan  # noqa: F401
    except ImportError:
        return None
    return _database(tuple(sources))


@lru_cache(maxsize=8)
def _database(sources: tuple[str, ...]) -> Any:
    """Compiled once a machine, where the user's cache can be written: it takes seconds."""
    import hyperscan

    flags = hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_DOTALL
    kept = _kept(sources, flags)
    with suppress(OSError, hyperscan.error):  # absent, of another version, cut short: compiled again
        database = hyperscan.loadb(kept.read_bytes(), hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        return database
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[source.encode() for source in sources],
            ids=list(range(len(sources))),
            flags=[flags] * len(sources),
        )
    except hyperscan.error:
        return None
    store(kept, hyperscan.dumpb(database))
    return database


def _kept(sources: tuple[str, ...], flags: int) -> Path:
    """A file for these expressions, compiled by this version for this kind of processor."""
    made = [version("hyperscan"), platform.machine(), _processor(), str(flags), *sources]
    name = hashlib.sha256("\0".join(made).encode()).hexdigest()[:16]
    return cache_folder("hyperscan", name)


def _processor() -> str:
    """What a database is compiled for: Hyperscan refuses one of a processor that can more, and this asks it not to."""
    try:
        with open("/proc/cpuinfo") as file:
            return next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return platform.processor()
