"""The files of an artefact, packed from the work of its segments: documents, and the tables of corpus steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate import storage
from curate.frames import FrameWriter, read_frames, schema_of, weight
from curate.intake import FAILED
from curate.jobs import read_outcomes
from curate.outcomes import Report, done, finish
from curate.plan import StagePlan
from curate.privacy import AuditJob, audited
from curate.rounds import tables_folder
from curate.shards import ShardJob, pack, shard_name
from curate.work import WHY

Run = Callable[[Any, list[int]], None]  # runs a job, given its tasks' weights
Batches = list[tuple[Path, int, int, int]]  # file, number of the record batch, rows, bytes


def folder_of(made: StagePlan, folders: list[Path]) -> Path:
    """Where the outcomes of packing lie."""
    return folders[-1].parent / f"pack-{made.fingerprint[:16]}"


def write_outputs(
    made: StagePlan, folders: list[Path], outcomes: list[list[dict[str, Any]]], run: Run
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """All files of the artefact; `folders` and `outcomes` are those of the stage's segments.

    Returns:
        what the manifest lists: data, dropped, failed -> files, and evidence -> "step/table" -> files; and what a
        second look at a sample found, where a step takes private data out.
    """
    work = folder_of(made, folders)
    chosen = {"data": [-1], "dropped": list(range(len(folders))), "failed": [0]}
    keys = {"data": "batches", "dropped": "dropped_batches", "failed": "failed_batches"}
    shown = {name: kind for name, kind in made.stage.columns.items() if not name.startswith("_")}
    columns = {"data": made.stage.written, "dropped": shown | WHY, "failed": FAILED}
    outputs: dict[str, Any] = {}
    for part, segments in chosen.items():
        batches = [
            (folders[i] / part / f"{rank:05d}.arrow", number, rows, size)
            for i in segments
            for rank, outcome in enumerate(outcomes[i])
            for number, (rows, size) in enumerate(outcome[keys[part]])
        ]
        outputs[part] = _write(made, work, part, batches, columns[part], run, hidden=part != "data")
    evidence = {}
    for segment, folder in zip(made.segments, folders):
        for table, schema, batches in _tables(made, folder, folders[-1], work, run):
            name = f"{segment.observe.label}/{table}" if segment.observe else table
            evidence[name] = _write(made, work, f"evidence/{name}", batches, schema, run, hidden=True)
    counted = recorded(outcomes)
    audit = None
    if made.private and (looked := _audit(made, work, folders[-1], outcomes[-1], run)):
        audit, found = looked
        if found:
            counted[f"{made.private.label}/residual"] = found
    for name, rows in sorted(counted.items()):
        batches, schema = _counts(work / "recorded" / f"{name}.arrow", rows)
        forms = made.private is not None and name.startswith(f"{made.private.label}/")  # and nothing else
        evidence[name] = _write(made, work, f"evidence/{name}", batches, schema, run, hidden=not forms)
    return outputs | ({"evidence": evidence} if evidence else {}), audit


def recorded(outcomes: list[list[dict[str, Any]]]) -> dict[str, Counter[Any]]:
    """ "step/table" -> ((column, value), …) -> n, of what steps recorded in all tasks."""
    tables: dict[str, Counter[Any]] = {}
    for outcome in (outcome for segment in outcomes for outcome in segment):
        for step in outcome["steps"]:
            for table, columns, n in step["recorded"]:
                tables.setdefault(f"{step['step']}/{table}", Counter())[tuple(map(tuple, columns))] += n
    return tables


def _counts(path: Path, rows: Counter[Any]) -> tuple[Batches, dict[str, Any]]:
    """A table of counts as a work file: the most frequent first."""
    ranked = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    frame = pl.DataFrame([dict(columns) | {"n": n} for columns, n in ranked])
    path.unlink(missing_ok=True)
    writer = FrameWriter(path, dict(frame.schema))
    writer.write(frame)
    writer.close()
    return [(path, 0, frame.height, weight(frame))], dict(frame.schema)


def _audit(
    made: StagePlan, work: Path, last: Path, outcomes: list[dict[str, Any]], run: Run
) -> tuple[dict[str, Any], Counter[Any]] | None:
    """A second look at a sample of the finished documents, where the stage's step asks for one."""
    private = made.private
    assert private is not None
    wanted = private.use.step.filled(private.use.params).get("audit")
    rows = sum(outcome["kept"] for outcome in outcomes)
    if not wanted or not rows:
        return None
    files = tuple(last / "data" / f"{rank:05d}.arrow" for rank in range(len(outcomes)))
    title = f"{made.stage.name}: second look"
    job = AuditJob(work / f"audit-{wanted}", private, files, wanted / rows, title)
    run(job, [outcome["characters_kept"] for outcome in outcomes])
    return audited(read_outcomes(job.folder, job.tasks), private)


def _write(
    made: StagePlan,
    work: Path,
    part: str,
    batches: Batches,
    columns: dict[str, Any],
    run: Run,
    *,
    hidden: bool = False,
) -> list[dict[str, Any]]:
    output = made.stage.config.output
    shards = pack(batches, output.shard_size)
    folder = work / part
    for rank in range(len(shards)):  # the work may outlive the artefact, which somebody deleted
        if done(folder, rank).exists() and not storage.exists(f"{made.folder}/{part}/{shard_name(rank)}"):
            done(folder, rank).unlink()
    title = f"{made.stage.name}: write {part}"
    labels = [use.label for use in made.stage.steps]
    private = made.private if hidden else None
    before = tuple(labels[: labels.index(private.label)]) if private else ()
    target = f"{made.folder}/{part}"
    job = ShardJob(folder, target, tuple(shards), columns, output.compression, title, private, before)
    run(job, [1] * len(shards))
    return read_outcomes(folder, len(shards))


def _tables(
    made: StagePlan, folder: Path, last: Path, work: Path, run: Run
) -> Iterator[tuple[str, dict[str, Any], Batches]]:
    """Name, schema and batches, in order, of the tables that the corpus step behind a segment left."""
    assert made.tasks is not None
    for table in sorted(tables_folder(folder, "observed").glob("*")):
        kept = work / "kept" / folder.name / table.name
        title = f"{made.stage.name}: keep {table.name}"
        run(KeptJob(kept, table, last, len(made.tasks), title), [1] * len(made.tasks))
        sizes = read_outcomes(kept, len(made.tasks))
        batches = [
            (kept / f"{rank:05d}.arrow", number, rows, size)
            for rank, outcome in enumerate(sizes)
            for number, (rows, size) in enumerate(outcome["batches"])
        ]
        yield table.name, schema_of(next(table.glob("*.arrow"))), batches
    for table in sorted(tables_folder(folder, "solved").glob("*")):
        yield table.name, schema_of(next(table.glob("*.arrow"))), _batches(table)


def _batches(folder: Path) -> Batches:
    return [
        (path, number, frame.height, weight(frame))
        for path in sorted(folder.glob("*.arrow"))
        for number, frame in enumerate(read_frames(path))
    ]


@dataclass(frozen=True)
class KeptJob:
    """Of a table with a row per observed document the rows of those that are in `data/`, task by task."""

    folder: Path
    table: Path
    last: Path  # the last segment's folder
    tasks: int
    title: str = ""

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder

    def run(self, rank: int, report: Report) -> None:
        """Filter the rows of one task."""
        name = f"{rank:05d}.arrow"
        batches: list[list[int]] = []
        if (self.table / name).exists():
            none = pl.DataFrame(schema={"id": pl.String})
            ids = pl.concat([none, *(f.select("id") for f in read_frames(self.last / "data" / name))])
            writer = FrameWriter(self.folder / name, schema_of(self.table / name))
            for frame in read_frames(self.table / name):
                writer.write(frame.join(ids, on="id", how="semi", maintain_order="left"))
            writer.close()
            batches = writer.batches
        finish(self.folder, rank, {"batches": batches})
        report(0, 0, 0)
