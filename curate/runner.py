"""Build what is missing or out of date: plan a stage, run its segments, pack, commit.

`run` is what `curate run` does. Only this module knows the order of things; what a task does is in
`curate.work` and `curate.shards`, how tasks are spread over processes in `curate.executors`.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from curate import executors, ledger, manifest, storage
from curate import pipeline as pipelines
from curate.errors import ConfigError, RunError
from curate.intake import FAILED
from curate.manifests import compose
from curate.outcomes import done
from curate.pipeline import Pipeline
from curate.plan import Segment, StagePlan, plan
from curate.progress import Phase
from curate.rounds import GatherJob, ObserveJob, SolveJob
from curate.shards import ShardJob, pack, shard_name
from curate.tidy import discard, locked, reopen, sweep
from curate.work import WHY, SegmentJob

Say = Callable[[str], None]
Each = Callable[[str, dict[str, Any]], None]


def run(
    file: str,
    *,
    stages: list[str] | None = None,
    variables: Mapping[str, Any] | None = None,
    out: str | None = None,
    workers: int | None = None,
    limit: int | None = None,
    accept_code: bool = False,
    quiet: bool = True,
    say: Say = lambda text: None,
    each: Each = lambda stage, entry: None,
) -> dict[str, Any]:
    """Build the stages of the pipeline in `file` (all, or `stages` and those that they read).

    `variables` replace those of the file, `limit` takes just the first records of each source, `accept_code` keeps
    artefacts over a change of code. `say` hears what is begun, `each` a stage's line of the result when it is done.

    Returns:
        `{"stages": {name: {"path", "status", "read", "kept", "dropped", "failed", "seconds", "faults"}}}`
        where status is built, reused or failed. A stage after a failed one is not begun.

    Raises:
        ConfigError: the file is wrong (every fault), or another run holds the same output.
        RunError: a task failed; finished tasks are kept for the next run.
    """
    pipeline = pipelines.load(file, variables)
    out = pipeline.output(out)
    results: dict[str, Any] = {}
    plans: dict[str, StagePlan] = {}
    work = work_folder(pipeline, out)
    with locked(work), executors.pool(workers or executors.default_workers(), work / "logs") as pool:
        discard(work)
        for name in wanted(pipeline, stages):
            began = time.monotonic()
            stage = pipeline.stages[name]
            plans[name] = made = plan(pipeline, stage, out, plans, limit=limit, accept_code=accept_code)
            status = "reused"
            if not made.reuse:
                status = "built"
                say(f"{name}: building {made.name} ({made.reasons[0]})")
                build(pipeline, made, work, pool, quiet)
            faults = judge(made)
            if faults:
                status = "failed"
            if limit is None or name not in manifest.latest(out):  # a trial does not replace what there is
                manifest.point(out, name, made.name)
            results[name] = summary(made, status, time.monotonic() - began, faults)
            each(name, results[name])
            if faults:
                break
        if not (work / "stages").exists():
            shutil.rmtree(work / "logs", ignore_errors=True)
    return {"stages": results}


def wanted(pipeline: Pipeline, stages: list[str] | None) -> list[str]:
    """The named stages and all that they read, in dependency order; all stages without names.

    Raises:
        ConfigError: there is no stage of that name.
    """
    if not stages:
        return list(pipeline.stages)
    chosen: set[str] = set()
    queue = list(stages)
    while queue:
        name = queue.pop()
        if name not in pipeline.stages:
            hint = pipelines.nearest(name, pipeline.stages)
            raise ConfigError(f"{pipeline.file} has no stage '{name}' ({hint})")
        chosen.add(name)
        queue += pipeline.stages[name].upstream
    return [name for name in pipeline.stages if name in chosen]


def work_folder(pipeline: Pipeline, out: str) -> Path:
    """Where intermediates lie: under the output folder, or under `runs/` when that is not a local one."""
    return Path(out if storage.is_local(out) else pipeline.output(None)).absolute() / "work"


def build(pipeline: Pipeline, made: StagePlan, work: Path, pool: executors.Pool, quiet: bool) -> None:
    """Run all segments of a stage, pack its shards and commit its manifest."""
    began = time.time()
    assert made.tasks is not None, "upstream stages are built before their readers are planned"
    folders = [work / "stages" / made.stage.name / s.fingerprint[:16] for s in made.segments]
    reopen(folders, len(made.tasks))
    outcomes = []
    for i, segment in enumerate(made.segments):
        run_segment(made, segment, folders[i], folders[i - 1] if i else None, pool, quiet)
        outcomes.append(read_outcomes(folders[i], len(made.tasks)))
        if i and not made.stage.config.keep_work:
            shutil.rmtree(folders[i - 1] / "data", ignore_errors=True)
    outputs = {}
    for part in ("data", "dropped", "failed"):
        outputs[part] = write_shards(made, part, folders, outcomes, pool, quiet)
    sweep(made.folder, outputs)
    sources, steps = ledger.account([s.name for s in made.sources], outcomes)
    text = manifest.read_text(pipeline.file) or ""
    manifest.write(made.folder, compose(pipeline.name, text, made, outputs, sources, steps, outcomes, began))
    if not made.stage.config.keep_work:
        own = [*folders, packing(made, folders)]
        # A trial leaves what an interrupted run of the whole has done; other work of the stage is out of date.
        discard(work, own if made.trial else [folders[0].parent])


def run_segment(
    made: StagePlan, segment: Segment, folder: Path, before: Path | None, pool: executors.Pool, quiet: bool
) -> None:
    """Run a segment and, where a corpus step follows it, that step's rounds."""
    assert made.tasks is not None
    parts = made.evidence_parts
    weights = [t.bytes for t in made.tasks]
    title = f"{made.stage.name}: {f'after {segment.apply.label}' if segment.apply else 'read'}"
    rounds = segment.observe.step.func(**segment.observe.params).rounds if segment.observe else []
    first = parts if rounds and rounds[0].by else 1
    job = SegmentJob(
        folder, made.sources, made.tasks, before, segment.apply, segment.steps, segment.observe, first,
        segment.entering, segment.columns, title,
    )  # fmt: skip
    run_job(job, weights, pool, quiet)
    for number, round_ in enumerate(rounds):
        assert segment.observe is not None
        label = f"{made.stage.name}: {segment.observe.label}"
        n = parts if round_.by else 1
        if number:
            run_job(
                ObserveJob(folder, number, segment.observe, job.tasks, n, f"{label}: look again"),
                weights,
                pool,
                quiet,
            )
        run_job(SolveJob(folder, number, segment.observe, n, f"{label}: decide"), [1] * n, pool, quiet)
        if round_.gather:
            run_job(GatherJob(folder, number, segment.observe, 1, f"{label}: join"), [1], pool, quiet)


def run_job(job: executors.Job, weights: list[int], pool: executors.Pool, quiet: bool) -> None:
    """Run those tasks of `job` that are not done yet, the heaviest first, and see that all are done then."""
    already = {rank for rank in range(job.tasks) if done(job.outcomes, rank).exists()}
    ranks = sorted(set(range(job.tasks)) - already, key=lambda rank: (-weights[rank], rank))
    if not ranks:
        return
    phase = Phase(job.title, weights, already, quiet=quiet)
    try:
        pool.execute(job, job.outcomes / "datatrove", ranks, phase.update, phase.done)
    finally:
        phase.close()
    missing = [rank for rank in ranks if not done(job.outcomes, rank).exists()]
    if missing:
        raise RunError(
            f"{job.title}: {len(missing)} tasks ended without an outcome, the first is {missing[0]}"
        )


def read_outcomes(folder: Path, tasks: int) -> list[dict[str, Any]]:
    """The outcomes of a job's tasks, in order."""
    return [json.loads(done(folder, rank).read_text()) for rank in range(tasks)]


def packing(made: StagePlan, folders: list[Path]) -> Path:
    """Where the outcomes of packing lie."""
    return folders[-1].parent / f"pack-{made.fingerprint[:16]}"


def write_shards(
    made: StagePlan,
    part: str,
    folders: list[Path],
    outcomes: list[list[dict[str, Any]]],
    pool: executors.Pool,
    quiet: bool,
) -> list[dict[str, Any]]:
    """Pack one part of the artefact: data (the last segment's), dropped (all segments'), failed (the first's)."""
    key = {"data": "batches", "dropped": "dropped_batches", "failed": "failed_batches"}[part]
    chosen = {"data": [-1], "dropped": range(len(folders)), "failed": [0]}[part]
    batches = [
        (folders[i] / part / f"{rank:05d}.arrow", number, rows, size)
        for i in chosen
        for rank, outcome in enumerate(outcomes[i])
        for number, (rows, size) in enumerate(outcome[key])
    ]
    output = made.stage.config.output
    columns = {"data": made.stage.written, "dropped": made.stage.columns | WHY, "failed": FAILED}[part]
    shards = pack(batches, output.shard_size)
    folder = packing(made, folders) / part
    for rank in range(len(shards)):  # the work may outlive the artefact, which somebody deleted
        if done(folder, rank).exists() and not storage.exists(f"{made.folder}/{part}/{shard_name(rank)}"):
            done(folder, rank).unlink()
    job = ShardJob(
        folder,
        f"{made.folder}/{part}",
        tuple(shards),
        columns,
        output.compression,
        f"{made.stage.name}: write {part}",
    )
    run_job(job, [1] * len(shards), pool, quiet)
    return read_outcomes(folder, len(shards))


def judge(made: StagePlan) -> list[str]:
    """What keeps an artefact from being good: its own account, against the limits as they are now."""
    found = manifest.read(made.folder)
    assert found is not None
    limits = {s.name: s.max_failed for s in made.sources}
    accounts = {name: ledger.SourceAccount.from_dict(entry) for name, entry in found["sources"].items()}
    faults = ledger.faults(accounts, limits)
    if found["verdict"] != {"ok": not faults, "faults": faults}:
        found["verdict"] = {"ok": not faults, "faults": faults}
        manifest.write(made.folder, found)
    return faults


def summary(made: StagePlan, status: str, seconds: float, faults: list[str]) -> dict[str, Any]:
    """One stage's line of a run's result."""
    found = manifest.read(made.folder)
    assert found is not None
    totals = found["totals"]
    return {
        "path": made.folder,
        "status": status,
        **{k: totals[k] for k in ("read", "kept", "dropped", "failed")},
        "seconds": round(seconds, 3),
        "faults": faults,
    }
