"""Progress of a run on standard error: a live bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

#: Seconds between plain lines.
LINE_EVERY = 10.0


def compact(n: float) -> str:
    """1234567 as '1.2M'."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if n >= limit:
            return f"{n / (1e3 if unit == 'k' else limit):.1f}{unit}"
    return f"{n:.0f}"


def plural(n: int, what: str) -> str:
    """2, 'task' as '2 tasks'."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def duration(seconds: float) -> str:
    """Seconds as '1:02:03' or '2:03'."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Phase:
    """The progress of one job: tasks with weights, and what its workers report."""

    def __init__(self, title: str, weights: list[int], already: set[int], *, quiet: bool = False):
        self.title, self._weights = title, weights
        self._done = set(already)
        self._at: dict[int, tuple[int, int, int]] = {}
        self._began = self._last = time.monotonic()
        self._total = sum(weights) or 1
        self._skipped = sum(weights[r] for r in already)
        self._live: Any = None
        self._quiet = quiet
        if sys.stderr.isatty() and not quiet:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
            self._live = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._live.add_task(title, total=self._total, state="starting")
            self._live.start()

    def update(self, rank: int, documents: int, characters: int, kept: int) -> None:
        """What task `rank` has done so far."""
        self._at[rank] = (documents, characters, kept)
        self._show()

    def done(self, rank: int) -> None:
        """Task `rank` is done."""
        self._done.add(rank)
        self._show()

    def _show(self) -> None:
        now = time.monotonic()
        if self._quiet or (self._live is None and now - self._last < LINE_EVERY):
            return
        self._last = now
        weight = sum(self._weights[r] for r in self._done) + sum(
            min(self._weights[r], characters)
            for r, (_, characters, _) in self._at.items()
            if r not in self._done
        )
        state = self.state(now - self._began, weight)
        if self._live:
            self._live.update(self._task, completed=weight, state=state)
        else:
            print(f"{self.title}: {state}", file=sys.stderr, flush=True)

    def state(self, seconds: float, weight: int) -> str:
        """Documents/s, MB/s, kept share and the time left, in words."""
        documents, characters, kept = (sum(v[i] for v in self._at.values()) for i in range(3))
        if not weight:
            return "starting (kernels are compiled when they are first used)"
        fresh = weight - self._skipped
        left = (self._total - weight) * seconds / fresh if fresh > 0 else 0.0
        pace = max(seconds, 0.01)
        parts = [f"{weight / self._total:.0%}", f"{duration(left)} left", f"{compact(documents)} documents"]
        parts.append(f"{compact(documents / pace)}/s")
        if characters:
            parts += [f"{characters / 1e6 / pace:.1f} MB/s", f"{kept / max(documents, 1):.0%} kept"]
        return ", ".join(parts)

    def close(self) -> None:
        """Take the bar away."""
        if self._live:
            self._live.stop()
