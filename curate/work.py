"""What a task of a segment does: read documents, or take them over, and pass them through steps.

A job is a picklable description of all tasks of one phase; `job.run(rank, report)` does one of them and writes
`tasks/<rank>.json` last, so that a task is done when that file exists. Tasks are cut from inputs and settings
alone, never from workers, and nothing of a task's output depends on when or where it ran (contract 2).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from curate import intake
from curate.accounting import Clock, accounted, blamed
from curate.documents import BASE
from curate.frames import BATCH_BYTES, FrameWriter, read_frames, weight, write_frame
from curate.ledger import StepTally
from curate.outcomes import Report, finish
from curate.privacy import leave, part_of_vault
from curate.private import Private, under
from curate.readers import Slice, Tally
from curate.readers.read import Digest, read_slice
from curate.rounds import Evidence, applied
from curate.source import Source
from curate.step import Corpus, StepUse

#: Columns of `dropped/` beside the documents' own.
WHY: dict[str, Any] = {
    "step": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "duplicate_of": pl.String,
    "similarity": pl.Float32,
    "cluster": pl.String,
}


@dataclass(frozen=True)
class Task:
    """A piece of a stage's input: slices of one source."""

    source: int
    slices: tuple[Slice, ...]

    @property
    def bytes(self) -> int:
        """Estimated bytes of input, uncompressed."""
        return sum(s.bytes for s in self.slices)


@dataclass(frozen=True)
class SegmentJob:
    """One segment: read (or take over from the segment before and apply its decision), steps, evidence."""

    folder: Path
    sources: tuple[Source, ...]
    inputs: tuple[Task, ...]
    before: Path | None
    apply: StepUse | None
    steps: tuple[StepUse, ...]
    observe: StepUse | None
    parts: int
    entering: dict[str, Any]  # columns before `apply` and the steps
    columns: dict[str, Any]  # columns after them
    title: str = "read"
    private: Private | None = None  # where a step of the stage takes private data out

    @property
    def tasks(self) -> int:
        """How many tasks there are."""
        return len(self.inputs)

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder

    def run(self, rank: int, report: Report) -> None:
        """Do one task."""
        with under(self.private, part_of_vault(self.folder, rank)):
            self._run(rank, report)

    def _run(self, rank: int, report: Report) -> None:
        task = self.inputs[rank]
        source = self.sources[task.source]
        drops = FrameWriter(self.folder / "dropped" / f"{rank:05d}.arrow", self.columns | WHY)
        names = intake.Names.under(self.private)
        state = _State(tally=Tally(), taken=intake.Taken(names), drops=drops, report=report)
        stream = self._read(task, source, state) if self.before is None else self._reread(rank, state)
        columns = dict(self.entering)
        for use in (self.apply, *self.steps) if self.apply else self.steps:
            columns = columns | use.step.adds(use.params)
            stream = self._through(use, stream, columns, rank, state)
        kept, characters, batches = self._write(rank, stream, columns, state)
        drops.close()
        failed = pl.DataFrame(state.taken.rows, schema=intake.FAILED)
        if self.before is None:
            write_frame(self.folder / "failed" / f"{rank:05d}.arrow", failed)
        outcome = {
            "source": source.name,
            # Where a limit stops reading, the reader may have split off more than was asked of it.
            "split": state.taken.read if state.taken.read == source.limit else state.tally.split,
            "read": state.taken.read,
            "bytes": state.tally.bytes,
            "failed": dict(sorted(state.taken.failed.items())),
            "characters_read": state.taken.characters,
            "steps": [{"step": label, **tally.as_dict()} for label, tally in state.steps],
            "kept": kept,
            "characters_kept": characters,
            "batches": batches,
            "dropped_batches": drops.batches,
            "failed_batches": [[failed.height, 0]] if failed.height else [],
            "digests": state.digests,
            "slowest": state.taken.slowest(),
            "seconds": round(time.perf_counter() - state.started, 3),
        }
        if self.private:
            leave(self.private, part_of_vault(self.folder, rank, "names"), names.given)
        finish(self.folder, rank, outcome)

    def _read(self, task: Task, source: Source, state: _State) -> Iterator[pl.DataFrame]:
        if source.from_:
            yield from self._read_shards(task, source, state)
            return

        def pieces() -> Iterator[tuple[Slice, Any]]:
            for piece in task.slices:
                yield piece, read_slice(piece, source, state.tally, state.digested(piece))

        added = {c: pl.lit(None, t) for c, t in self.entering.items() if c not in BASE}
        for batch in intake.batches(pieces(), source, state.taken, BATCH_BYTES, state.tell):
            yield batch.with_columns(**added)  # what stages added whose documents stand beside these

    def _read_shards(self, task: Task, source: Source, state: _State) -> Iterator[pl.DataFrame]:
        """Documents of another stage, with the columns that its steps added, and their ids: under the source's name
        where there are other sources, which may be called as one of that stage's."""
        several = len(self.sources) > 1
        for piece in task.slices:
            with closing(pq.ParquetFile(piece.path)) as file:
                for group in range(piece.start, piece.end or file.num_row_groups):
                    if state.taken.read == source.limit:
                        return
                    batch = pl.from_arrow(file.read_row_group(group))
                    assert isinstance(batch, pl.DataFrame)
                    if source.limit is not None:
                        batch = batch.head(source.limit - state.taken.read)
                    missing = {k: pl.lit(None, t) for k, t in self.entering.items() if k not in batch.columns}
                    batch = batch.with_columns(**missing).select(list(self.entering))
                    if self.private and source.name not in self.private.clean:
                        batch = intake.hidden(batch, state.taken.names)
                    if several:
                        batch = batch.with_columns(pl.format("{}/{}", pl.lit(source.name), "id").alias("id"))
                    state.tally.split += batch.height
                    state.tally.bytes += weight_of_text(batch)
                    state.taken.read += batch.height
                    state.taken.characters += int(batch["text"].str.len_chars().sum())
                    for rows in batch.iter_slices(max(1, batch.height * BATCH_BYTES // (weight(batch) + 1))):
                        yield rows
                        state.tell()

    def _reread(self, rank: int, state: _State) -> Iterator[pl.DataFrame]:
        assert self.before is not None
        for batch in read_frames(self.before / "data" / f"{rank:05d}.arrow"):
            state.taken.read += batch.height
            state.taken.characters += weight_of_text(batch)
            yield batch
            state.tell()

    def _through(
        self,
        use: StepUse,
        stream: Iterator[pl.DataFrame],
        columns: dict[str, Any],
        rank: int,
        state: _State,
    ) -> Iterator[pl.DataFrame]:
        """`stream` after a step under account."""
        tally = StepTally()
        state.steps.append((use.label, tally))

        def run(entering: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
            if use is self.apply:
                assert self.before is not None
                return applied(use.step.func(**use.params), entering, self.before, rank)
            return iter(use.step.func(entering, **use.params))

        def take(gone: pl.DataFrame) -> None:
            missing = {c: pl.lit(None, t) for c, t in self.columns.items() if c not in gone.columns}
            state.drops.write(gone.with_columns(**missing))

        rewrites = use.step.rewrites(use.params)
        return accounted(use.label, run, stream, columns, tally, state.clock, take, rewrites)

    def _write(
        self, rank: int, stream: Iterator[pl.DataFrame], columns: dict[str, Any], state: _State
    ) -> tuple[int, int, list[list[int]]]:
        writer = FrameWriter(self.folder / "data" / f"{rank:05d}.arrow", columns)
        corpus: Corpus | None = self.observe.step.func(**self.observe.params) if self.observe else None
        evidence = Evidence(self.folder, 0, rank)
        rows = characters = 0
        for batch in stream:
            if corpus and self.observe:
                with blamed(self.observe.label, batch["id"].head(1)):
                    evidence.add(corpus.rounds[0].observe(batch, None), batch, rows)
            writer.write(batch)
            rows += batch.height
            characters += int(batch["text"].str.len_chars().sum())
            state.kept = rows
        if corpus:
            evidence.close(corpus.rounds[0].by, self.parts)
        writer.close()
        return rows, characters, writer.batches


def first_dropped(folder: Path, rank: int, reason: str, source: str) -> str:
    """The first document of a source that a task dropped for `reason`, and its duplicate, in words; empty if none."""
    for frame in read_frames(folder / "dropped" / f"{rank:05d}.arrow"):
        for row in frame.filter(reason=reason, source=source).head(1).iter_rows(named=True):
            same = f" ({row['similarity']:.0%} the same as {row['duplicate_of']})"
            return f"{row['id']}{same if row['duplicate_of'] else ''}"
    return ""


@dataclass
class _State:
    """What a running task carries along."""

    tally: Tally
    taken: intake.Taken
    drops: FrameWriter
    report: Report
    steps: list[tuple[str, StepTally]] = field(default_factory=list)
    digests: list[dict[str, Any]] = field(default_factory=list)
    kept: int = 0
    started: float = field(default_factory=time.perf_counter)
    clock: Clock = field(default_factory=Clock)

    def tell(self) -> None:
        self.report(self.taken.read, self.taken.characters, self.kept)

    def digested(self, piece: Slice) -> Callable[[Digest], None]:
        """What takes the digest of `piece`."""

        def note(found: Digest) -> None:
            name = self.taken.names.file(piece.name)
            entry = {"file": name, "start": found.start, "end": found.end, "sha256": found.sha256}
            self.digests.append(entry)

        return note


def weight_of_text(batch: pl.DataFrame) -> int:
    """Bytes of the column `text`."""
    return int(batch["text"].str.len_bytes().sum())
