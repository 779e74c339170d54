"""The rounds of a corpus step on disk: evidence in parts, decided part by part, looked up again per task.

Evidence of a task is one file with a record batch per part; a verdict is one uncompressed file per part, sorted by
task, of which each task maps just its own rows. Memory is bounded by a part's evidence and a task's verdict.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from curate.accounting import blamed
from curate.frames import FrameWriter, frame_of, read_frames, read_part, write_frame, write_parts
from curate.outcomes import Report, finish
from curate.step import Corpus, Found, StepUse, address


class Evidence:
    """What a task's batches leave in one round: evidence for `solve`, and tables for the artefact."""

    def __init__(self, folder: Path, number: int, rank: int):
        self._folder, self._number, self._rank = folder, number, rank
        self._rows: list[pl.DataFrame] = []
        self._tables: dict[str, FrameWriter] = {}

    def add(self, seen: pl.DataFrame | Found | None, batch: pl.DataFrame, start: int) -> None:
        """Take what `observe` returned of `batch`, whose first row is the task's row `start`."""
        found = Found.of(seen)
        if found.rows is not None:
            self._rows.append(address(found.rows, batch, task=self._rank, start=start))
        for name, table in found.tables.items():
            if name not in self._tables:
                path = tables_folder(self._folder, "observed") / name / f"{self._rank:05d}.arrow"
                self._tables[name] = FrameWriter(path, dict(table.schema))
            self._tables[name].write(table)

    def close(self, by: str | None, parts: int) -> None:
        """Write all."""
        write_evidence(self._folder, self._number, self._rank, self._rows, by, parts)
        for writer in self._tables.values():
            writer.close()


def tables_folder(folder: Path, kind: str) -> Path:
    """Where tables lie that the artefact keeps: those that tasks observed, or those that were solved."""
    return folder / "tables" / kind


def write_tables(folder: Path, name: str, found: Found) -> None:
    """Tables of `solve` or `gather`."""
    for table, frame in found.tables.items():
        writer = FrameWriter(tables_folder(folder, "solved") / table / f"{name}.arrow", dict(frame.schema))
        writer.write(frame)
        writer.close()


def write_evidence(
    folder: Path, number: int, rank: int, evidence: list[pl.DataFrame], by: str | None, parts: int
) -> None:
    """A task's evidence of one round, one record batch per part. Lists (of hashes) do not compress, and are mapped
    rather than loaded when they stand on disk as they are."""
    path = folder / f"round{number}" / "evidence" / f"{rank:05d}.arrow"
    if not evidence:
        return
    frame = pl.concat(evidence)
    compress = not any(isinstance(kind, pl.List) for kind in frame.schema.values())
    if by is None:
        write_parts(path, [frame], 1, compress=compress)
        return
    frame = frame.with_columns(_part=pl.col(by) % parts).sort("_part", "task", "row", maintain_order=True)
    numbers = frame["_part"].to_numpy()
    edges = np.searchsorted(numbers, np.arange(parts + 1, dtype=numbers.dtype)).tolist()
    frame = frame.drop("_part")
    write_parts(path, (frame[a:b] for a, b in itertools.pairwise(edges)), parts, compress=compress)


def write_verdict(path: Path, verdict: pl.DataFrame) -> None:
    """A verdict as one batch that can be mapped, sorted so that a task finds its rows."""
    if "task" in verdict.columns:
        verdict = verdict.sort("task", "row", maintain_order=True)
    write_frame(path, verdict, compress=False)


@dataclass(frozen=True)
class SolveJob:
    """Decide one round: each task solves the rows of one part, over the evidence of all tasks."""

    folder: Path  # the segment's
    number: int
    use: StepUse
    tasks: int
    title: str = ""

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder / f"round{self.number}"

    def run(self, rank: int, report: Report) -> None:
        """Solve one part."""
        round_ = self.use.step.func(**self.use.params).rounds[self.number]
        where = self.outcomes
        paths = sorted((where / "evidence").glob("*.arrow"), key=lambda path: int(path.stem))
        batches = [read_part(path, rank) for path in paths]
        rows = sum(batch.num_rows for batch in batches)
        if batches:
            # Not one piece of memory: mapped lists stay mapped.
            evidence = pl.from_arrow(pa.Table.from_batches(batches), rechunk=False)
            assert isinstance(evidence, pl.DataFrame)
            with blamed(self.use.label, (), "while it decided"):
                found = Found.of(round_.solve(evidence))
            assert found.rows is not None, f"{self.use.label} solved nothing"
            write_verdict(where / "solved" / f"{rank:05d}.arrow", found.rows)
            write_tables(self.folder, f"{self.number}-{rank:05d}", found)
        finish(where, rank, {"rows": rows})
        report(rows, 0, 0)


@dataclass(frozen=True)
class Solved:
    """The parts' results, mapped one after the other each time they are gone through."""

    folder: Path

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for path in sorted(self.folder.glob("*.arrow")):
            yield from read_frames(path)


@dataclass(frozen=True)
class GatherJob:
    """Join what the parts of a round decided."""

    folder: Path
    number: int
    use: StepUse
    tasks: int = 1
    title: str = ""

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder / f"round{self.number}" / "gathering"

    def run(self, rank: int, report: Report) -> None:
        """Gather all parts."""
        round_ = self.use.step.func(**self.use.params).rounds[self.number]
        where = self.folder / f"round{self.number}"
        solved = Solved(where / "solved")
        assert round_.gather is not None
        if any(True for _ in solved):
            with blamed(self.use.label, (), "while it decided"):
                found = Found.of(round_.gather(solved))
            assert found.rows is not None, f"{self.use.label} gathered nothing"
            write_verdict(where / "gathered" / "00000.arrow", found.rows)
            write_tables(self.folder, f"{self.number}-gathered", found)
        finish(self.outcomes, rank, {})
        report(0, 0, 0)


def verdict_for(corpus: Corpus, folder: Path, number: int, rank: int) -> pl.DataFrame:
    """What a round decided about the rows of one task, sorted by row; a verdict on all as it is."""
    where = folder / f"round{number}" / ("gathered" if corpus.rounds[number].gather else "solved")
    found = []
    for path in sorted(where.glob("*.arrow")):
        with pa.memory_map(str(path)) as mapped:
            batch = pa.ipc.open_file(mapped).get_batch(0)
            if "task" not in batch.schema.names:
                return frame_of(batch)
            tasks = batch.column("task").to_numpy(zero_copy_only=True)
            start, end = np.searchsorted(tasks, [rank, rank + 1])
            found.append(frame_of(batch.slice(int(start), int(end - start))))
    if not found:
        return pl.DataFrame(schema={"row": pl.UInt32})
    return pl.concat(found).drop("task").sort("row", maintain_order=True)


def rows_of(verdict: pl.DataFrame, start: int, height: int) -> pl.DataFrame:
    """The rows [start, start + height) of a task's verdict, counted from `start`; a verdict on all as it is."""
    if "row" not in verdict.columns:
        return verdict
    rows = verdict["row"]
    low, high = (
        int(rows.search_sorted(start, side="left")),
        int(rows.search_sorted(start + height, side="left")),
    )
    return verdict[low:high].with_columns((pl.col("row") - start).cast(pl.UInt32))


def applied(
    corpus: Corpus, stream: Iterator[pl.DataFrame], folder: Path, rank: int
) -> Iterator[pl.DataFrame]:
    """`stream` with the verdict of a corpus step's last round applied."""
    verdict = verdict_for(corpus, folder, len(corpus.rounds) - 1, rank)
    start = 0
    for batch in stream:
        yield corpus.apply(batch, rows_of(verdict, start, batch.height))
        start += batch.height


@dataclass(frozen=True)
class ObserveJob:
    """A later round's evidence: of the documents that the round before asked for."""

    folder: Path
    number: int
    use: StepUse
    tasks: int
    parts: int
    title: str = ""

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder / f"round{self.number}" / "observing"

    def run(self, rank: int, report: Report) -> None:
        """Observe the wanted rows of one task."""
        corpus: Corpus = self.use.step.func(**self.use.params)
        wanted = verdict_for(corpus, self.folder, self.number - 1, rank)
        evidence, start = Evidence(self.folder, self.number, rank), 0
        if wanted.height:
            for batch in read_frames(self.folder / "data" / f"{rank:05d}.arrow"):
                here = rows_of(wanted, start, batch.height)
                if here.height:
                    with blamed(self.use.label, batch["id"].head(1)):
                        evidence.add(corpus.rounds[self.number].observe(batch, here), batch, start)
                start += batch.height
        evidence.close(corpus.rounds[self.number].by, self.parts)
        finish(self.outcomes, rank, {})
        report(start, 0, 0)
