"""Writing what a stage made: shards of accepted and rejected rows, failures, measures, and the manifest last."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
from pydantic_core import to_jsonable_python

from curate import manifest
from curate.frames import FrameWriter, weight, write_frame
from curate.intake import FAILED
from curate.jobs import read_outcomes
from curate.manifests import head
from curate.outcomes import done
from curate.shards import ShardJob, pack
from synth import formats
from synth.making import Made
from synth.produce import Produced

#: Columns of dropped/ beside the rows' own.
WHY = {"step": pl.String, "reason": pl.String, "detail": pl.String}
#: Rows of a frame on the way to disk.
ROWS = 5_000


def write_rows(
    out: str, work: Path, part: str, rows: list[dict[str, Any]], schema: dict[str, Any], **how: Any
) -> list[dict[str, Any]]:
    """Rows as the shards of a part of the artefact; what the manifest lists of them."""
    path = work / f"{part.replace('/', '-')}.arrow"
    batches = []
    writer = FrameWriter(path, schema, join=False)
    for number, start in enumerate(range(0, len(rows), ROWS)):
        frame = pl.DataFrame(rows[start : start + ROWS], schema=schema)
        writer.write(frame)
        batches.append((path, number, frame.height, weight(frame)))
    writer.close()
    shards = pack(batches, how["shard_size"])
    folder = work / part
    job = ShardJob(folder, f"{out}/{part}", tuple(shards), schema, how["compression"])
    for rank in range(job.tasks):
        done(folder, rank).unlink(missing_ok=True)
        job.run(rank, lambda *counts: None)
    return read_outcomes(folder, job.tasks)


def tables(out: str, work: Path, found: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """Tables of evidence, each as one shard."""
    listed = {}
    for name, frame in sorted(found.items()):
        if frame.is_empty():
            continue
        path = work / "evidence" / f"{name}.arrow"
        write_frame(path, frame)
        folder = work / "evidence" / name
        job = ShardJob(
            folder,
            f"{out}/evidence/{name}",
            tuple(pack([(path, 0, frame.height, weight(frame))], 1 << 40)),
            dict(frame.schema),
        )
        done(folder, 0).unlink(missing_ok=True)
        job.run(0, lambda *counts: None)
        listed[name] = read_outcomes(folder, 1)
    return listed


def steps(made: Made, filters: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Tasks' own rejections, then each filter, as a corpus' manifest tells of steps."""
    lost: dict[str, Counter[str]] = {}
    for produced in made.produced:
        for row in produced.rejected:
            lost.setdefault(row["step"], Counter())[produced.use.label] += len(formats.words(row))
    out = [_task_step(produced) for produced in made.produced]
    for (name, given), (label, decide) in zip(filters, made.judged.filters.uses, strict=True):
        tally = made.judged.tallies[label].as_dict()
        told = {key: value for key, value in tally.items() if key != "recorded"}
        bare = {"adds": [], "corpus": hasattr(decide, "accept"), "rewrites": False}
        out.append(
            {"step": label, "name": name, "params": to_jsonable_python(given.model_dump()), **bare, **told}
        )
    return [step | {"characters_dropped": dict(lost.get(step["step"], {}))} for step in out]


def _task_step(produced: Produced) -> dict[str, Any]:
    label, account = produced.use.label, produced.account
    own = {
        reason.partition(": ")[2]: n
        for reason, n in account.dropped.items()
        if reason.partition(": ")[0] == label
    }
    entered = account.read - account.failed.total()
    params = to_jsonable_python(produced.use.params, fallback=str)
    bare = {
        "adds": [],
        "corpus": False,
        "rewrites": False,
        "counts": {},
        "characters_cut": {},
        "seconds": 0.0,
    }
    by = {"sources": {label: entered}, "dropped_sources": {reason: {label: n} for reason, n in own.items()}}
    counts = {"in": entered, "out": entered - sum(own.values()), "dropped": own}
    return {"step": label, "name": produced.use.task.name, "params": params} | bare | by | counts


def compose(
    pipeline: Any,
    plan: Any,
    made: Made,
    outputs: dict[str, Any],
    echo: dict[str, Any],
    text: str,
    began: float,
) -> dict[str, Any]:
    """The manifest of a synthetic dataset, with the keys of a corpus'; its sources are its tasks."""
    totals: Counter[str] = Counter()
    for produced in made.produced:
        totals.update({k: v for k, v in produced.account.as_dict().items() if isinstance(v, int)})
    totals["bytes"] = sum(entry["bytes"] for entry in outputs["data"])
    return {
        **head(pipeline, plan, began),
        "totals": dict(totals),
        "sources": {p.use.label: p.account.as_dict() for p in made.produced},
        "steps": steps(made, list(plan.stage.filters)),
        "variables": pipeline.variables,
        "slowest": [],
        "columns": {name: str(kind) for name, kind in plan.stage.written.items()},
        "outputs": outputs,
        "digests": {},
        "pipeline_file": text,
        "fewer": made.fewer,
        "echo": echo,
        "models": made.spent,
    }


def write(pipeline: Any, plan: Any, made: Made, echo: dict[str, Any], work: Path, began: float) -> None:
    """All files of the artefact, and its manifest."""
    output, own = plan.stage.config.output, plan.stage.written
    how = {"shard_size": output.shard_size, "compression": output.compression}
    accepted = [row for p in made.produced for row in p.accepted]
    rejected = [row for p in made.produced for row in p.rejected]
    failed = [row for p in made.produced for row in p.failed]
    outputs: dict[str, Any] = {
        "data": write_rows(plan.folder, work, "data", accepted, own, **how),
        "dropped": write_rows(plan.folder, work, "dropped", rejected, own | WHY, **how),
        "failed": write_rows(plan.folder, work, "failed", failed, FAILED, **how),
    }
    measures = pl.DataFrame(
        [{k: m[k] for k in ("field", "name", "value", "human")} for m in echo["measures"]]
    )
    if evidence := tables(plan.folder, work, {"echo/measures": measures}):
        outputs["evidence"] = evidence
    text = manifest.read_text(pipeline.file) or ""
    manifest.write(plan.folder, compose(pipeline, plan, made, outputs, echo, text, began))
