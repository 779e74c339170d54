"""What a corpus step is made of: rounds of evidence and verdicts, and how the verdict is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl


class Found(NamedTuple):
    """Rows together with tables that the artefact keeps under `evidence/<step>/<table>/`.

    `observe`, `solve` and `gather` may return it in place of their rows. Tables of one name have one schema and
    are joined in the order of tasks or parts. Of a table that `observe` leaves, only the rows whose `id` is among the
    documents of `data/` stay.
    """

    rows: pl.DataFrame | None
    tables: dict[str, pl.DataFrame]

    @classmethod
    def of(cls, made: pl.DataFrame | Found | None) -> Found:
        """What a function of a round returned, as `Found`."""
        return made if isinstance(made, Found) else cls(made, {})


@dataclass(frozen=True)
class Round:
    """One round of a corpus step: evidence from every document, decided in parts.

    `observe(batch, wanted)` returns evidence: a frame with a column `row` (UInt32, index within the batch), or
    as high as the batch. `wanted` is None in the first round; later it holds what the round before asked for of
    this batch's rows (its `row` column indexes the batch), and tasks without any are skipped.
    `by` names an evidence column of unsigned integers: rows with equal values are solved together, in parallel
    parts; None solves all evidence in one part. `solve(evidence)` sees `task`, `row` and the evidence columns,
    sorted by (task, row), and returns rows addressed by (`task`, `row`), or rows without these columns for a
    verdict on the whole corpus. `gather` joins what parts cannot see alone: it runs once, over the parts' results,
    which it may go through several times. Each of the three may return `Found`. `recall(batch, wanted, release)` is
    `observe` for documents of an earlier release, or for rows of the index that its run kept (`Corpus.against`).
    """

    observe: Callable[[pl.DataFrame, pl.DataFrame | None], pl.DataFrame | Found | None]
    solve: Callable[[pl.DataFrame], pl.DataFrame | Found]
    by: str | None = None
    gather: Callable[[Iterable[pl.DataFrame]], pl.DataFrame | Found] | None = None
    recall: Callable[[pl.DataFrame, pl.DataFrame | None, str], pl.DataFrame | None] | None = None


@dataclass(frozen=True)
class Corpus:
    """The parts of a corpus step: rounds of evidence, then `apply(batch, verdict)` marks or changes a batch.

    The verdict's `row` column indexes the batch (use `attach`); a verdict on the whole corpus comes as it is.
    `against` are addresses of earlier releases, `index` the table (of `Found`) by which they are looked at. `most` is
    the share of a source's documents that may go for each reason before the run fails.
    """

    rounds: list[Round]
    apply: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
    against: tuple[str, ...] = ()
    index: str = ""
    most: Mapping[str, float] = field(default_factory=dict)
