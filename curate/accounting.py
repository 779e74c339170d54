"""A step under account: what it takes and gives is counted, timed, and held to what a step may do.

A step may mark rows and change or add the columns that it declared. That it neither loses, adds nor renames a
document, nor stops before its input ends, nor takes a text away, is checked here, batch by batch.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import polars as pl

from curate.errors import CurateError, RunError
from curate.ledger import StepTally
from curate.private import Private, hidden
from curate.step import counting, split

#: An error's own words are cut here: libraries quote what they met, and that may be a confidential document.
ERROR_CHARACTERS = 300


class Clock:
    """Charges time to whichever step runs; `switch(None)` while it is reading or writing that runs."""

    def __init__(self) -> None:
        self._running: StepTally | None = None
        self._since = 0.0

    def switch(self, tally: StepTally | None) -> None:
        """Charge the time since the last switch to whoever ran, and let `tally` run."""
        now = time.perf_counter()
        if self._running is not None:
            self._running.seconds += now - self._since
        self._running, self._since = tally, now


def accounted(
    label: str,
    run: Callable[[Iterator[pl.DataFrame]], Iterator[pl.DataFrame]],
    stream: Iterator[pl.DataFrame],
    columns: dict[str, Any],
    tally: StepTally,
    clock: Clock,
    take: Callable[[pl.DataFrame], None],
    rewrites: bool = False,
) -> Iterator[pl.DataFrame]:
    """The rows of `stream` that the step `run` keeps, with just `columns`; those that it drops go to `take`.

    Of a step that `rewrites` texts, the characters that it takes out are counted.

    Raises:
        RunError: the step raised, or did what a step may not; the message names it.
    """
    first: list[str] = []
    identities = 0  # a sum that no order changes, of those taken less those given

    def entering() -> Iterator[pl.DataFrame]:
        nonlocal identities
        clock.switch(None)
        for batch in stream:
            clock.switch(tally)
            tally.entered += batch.height
            tally.entered_of.update(dict(batch["source"].value_counts().iter_rows()))
            if rewrites:
                tally.characters_cut.update(characters(batch))
            identities += checksum(batch)
            first[:] = batch["id"].head(1)
            yield batch
            clock.switch(None)
        clock.switch(tally)

    made = run(entering())
    while True:
        clock.switch(tally)
        with counting(tally.counts), blamed(label, first):
            batch = next(made, None)
        if batch is None:
            break
        kept, gone = split(batch)
        check_columns(label, kept, columns)
        identities -= checksum(kept) + checksum(gone)
        tally.left += kept.height
        if rewrites:
            for part in (kept, gone):
                tally.characters_cut.subtract(characters(part))
        if gone.height:
            tally.characters_dropped.update(characters(gone))
            for reason, source, n in gone.group_by("reason", "source").len().iter_rows():
                tally.dropped[reason] += n
                tally.dropped_of.setdefault(reason, Counter())[source] += n
            take(gone.with_columns(pl.lit(label).alias("step")))
        clock.switch(None)
        if kept.height:
            yield kept.select(list(columns))
    clock.switch(None)
    if next(stream, None) is not None:
        raise RunError(f"step {label} stopped before its input ended: a step goes through all batches")
    if tally.entered != tally.left + tally.dropped.total():
        raise RunError(
            f"step {label} took {tally.entered} rows and gave {tally.left} kept and "
            f"{tally.dropped.total()} dropped: a step marks rows with drop(), it neither loses nor adds any"
        )
    if identities % 2**64:
        raise RunError(f"step {label} changed the column 'id': ids say where a document comes from and stay")


def characters(batch: pl.DataFrame) -> dict[str, int]:
    """Characters of the texts of a batch by source."""
    sizes = batch.group_by("source").agg(pl.col("text").str.len_chars().cast(pl.Int64).sum())
    return dict(sizes.iter_rows())


def checksum(batch: pl.DataFrame) -> int:
    """The sum of a batch's hashed ids, modulo 2^64."""
    return int(batch["id"].hash().to_numpy().sum()) if batch.height else 0


def check_columns(label: str, batch: pl.DataFrame, columns: dict[str, Any]) -> None:
    """A step's output has just the columns that were declared, and a text in every row.

    Raises:
        RunError: naming the step and what differs.
    """
    have = dict(batch.schema)
    wrong = [f"no column '{c}'" for c in columns if c not in have]
    wrong += [f"'{c}' is undeclared" for c in have if c not in columns]
    wrong += [f"'{c}' is {have[c]}, not {t}" for c, t in columns.items() if c in have and have[c] != t]
    if wrong:
        raise RunError(f"step {label} does not keep to its @step(adds=…): {'; '.join(wrong)}")
    if batch["text"].null_count() or batch["id"].null_count():
        raise RunError(f"step {label} leaves documents without text or id: drop() them with a reason instead")


_private: ContextVar[Private | None] = ContextVar("curate_hiding", default=None)


@contextmanager
def hiding(private: Private | None) -> Iterator[None]:
    """Let errors of steps say no more within the block than a stage that takes private data out may tell."""
    token = _private.set(private)
    try:
        yield
    finally:
        _private.reset(token)


@contextmanager
def blamed(label: str, first: Sequence[str] | pl.Series, what: str = "at its set-up") -> Iterator[None]:
    """Turn what a step raises into a RunError that names it, and its batch by the `first` document's id, or `what` it
    did.

    A panic of Polars (for a field that a struct has not) and an exit are no `Exception`.
    """
    try:
        yield
    except CurateError:
        raise
    except (Exception, SystemExit, pl.exceptions.PanicException) as error:
        where = f"in the batch that begins with {first[0]}" if len(first) else what
        private = _private.get()
        told = hidden(str(error).partition("\n")[0], private)
        told = told if len(told) <= ERROR_CHARACTERS else f"{told[:ERROR_CHARACTERS]} …"
        cause = None if private else error  # a traceback would show it, and the values beside it
        fault = RunError(f"step {label} failed {where}: {type(error).__name__}: {told}")
        fault.scrubbed = True
        raise fault from cause
