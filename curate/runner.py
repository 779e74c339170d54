"""Build what is missing or out of date: plan a stage, run its segments, pack, commit.

`run` is what `curate run` does. Only this module knows the order of things; what a task does is in
`curate.work` and `curate.shards`, how tasks are spread over processes in `curate.executors`.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from curate import executors, kinds, ledger, manifest, storage
from curate import pipeline as pipelines
from curate.errors import ConfigError, RunError
from curate.jobs import read_outcomes, run_job
from curate.manifests import compose
from curate.packing import folder_of, write_outputs
from curate.pipeline import Pipeline
from curate.plan import Segment, StagePlan, evidence_parts, plan
from curate.privacy import keep, refused
from curate.releases import RecallJob
from curate.rounds import GatherJob, ObserveJob, SolveJob
from curate.step import Corpus, StepUse
from curate.tidy import discard, locked, reopen, sweep
from curate.work import SegmentJob, first_dropped

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
        where status is built, reused or failed; stages that make no rows have no counts of them. A stage after a
        failed one is not begun.

    Raises:
        ConfigError: the file is wrong (every fault), or another run holds the same output.
        RunError: a task failed, or a step took too much of a source; finished tasks are kept for the next run.
        GateError: a step's gate said no (a split that leaks).
    """
    pipeline = pipelines.load(file, variables)
    out = pipeline.output(out)
    results: dict[str, Any] = {}
    plans: dict[str, Any] = {}
    work = work_folder(pipeline, out)
    with locked(work), executors.pool(workers or executors.default_workers(), work / "logs") as pool:
        discard(work)
        for name in wanted(pipeline, stages):
            began = time.monotonic()
            stage = pipeline.stages[name]
            kind = kinds.load(stage.kind)
            planned = kind.plan if kind else plan
            plans[name] = made = planned(
                pipeline, stage, out, plans, limit=limit, accept_code=accept_code, make_key=True
            )
            status = "reused"
            if not made.reuse:
                status = "built"
                say(f"{name}: building {made.name} ({made.reasons[0]})")
                (kind.build if kind else build)(pipeline, made, work, pool, quiet)
            faults, gate = (kind.judge if kind else judge)(made)
            if faults:
                status = "failed"
            report(made.folder, say, anew=not made.reuse)
            if limit is None or name not in manifest.latest(out):  # a trial does not replace what there is
                manifest.point(out, name, made.name)
            results[name] = summary(made, status, time.monotonic() - began, faults, gate)
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
    pool.private = made.private
    if made.private:  # what is under way holds originals
        folders[0].mkdir(parents=True, exist_ok=True)
        work.chmod(0o700)
    reopen(folders, len(made.tasks))
    outcomes = []
    for i, segment in enumerate(made.segments):
        run_segment(made, segment, folders[i], folders[i - 1] if i else None, pool, quiet)
        outcomes.append(read_outcomes(folders[i], len(made.tasks)))
        if segment.apply:
            guard(segment.apply, folders[i], outcomes[i])
        if i and not made.stage.config.keep_work:
            shutil.rmtree(folders[i - 1] / "data", ignore_errors=True)
    outputs, audit = write_outputs(
        made, folders, outcomes, lambda job, weights: run_job(job, weights, pool, quiet)
    )
    sweep(made.folder, outputs)
    sources, steps = ledger.account([s.name for s in made.sources], outcomes)
    if made.private:
        keep(made.private, made.folder, work.parent / "private", [*folders, folder_of(made, folders)])
    text = manifest.read_text(pipeline.file) or ""
    manifest.write(
        made.folder, compose(pipeline, text, made, outputs, audit, sources, steps, outcomes, began)
    )
    if not made.stage.config.keep_work:
        own = [*folders, folder_of(made, folders)]
        # A trial leaves what an interrupted run of the whole has done; other work of the stage is out of date.
        discard(work, own if made.trial else [folders[0].parent])


def run_segment(
    made: StagePlan, segment: Segment, folder: Path, before: Path | None, pool: executors.Pool, quiet: bool
) -> None:
    """Run a segment and, where a corpus step follows it, that step's rounds."""
    assert made.tasks is not None
    use = segment.observe
    corpus: Corpus | None = use.step.func(**use.params) if use else None
    parts = evidence_parts(made.tasks, sum(r.bytes for r in segment.earlier))
    weights = [t.bytes for t in made.tasks]
    title = f"{made.stage.name}: {f'after {segment.apply.label}' if segment.apply else 'read'}"
    job = SegmentJob(
        folder, made.sources, made.tasks, before, segment.apply, segment.steps, use,
        parts if corpus and corpus.rounds[0].by else 1, segment.entering, segment.columns, title, made.private,
    )  # fmt: skip
    run_job(job, weights, pool, quiet)
    files = tuple(piece for release in segment.earlier for piece in release.pieces)
    for number, round_ in enumerate(corpus.rounds if corpus else []):
        assert use is not None
        label = f"{made.stage.name}: {use.label}"
        n = parts if round_.by else 1
        if number:
            looking = ObserveJob(folder, number, use, job.tasks, n, f"{label}: look again")
            run_job(looking, weights, pool, quiet)
        if files:
            recalling = RecallJob(
                folder, number, use, files, job.tasks, n, f"{label}: earlier releases", made.private
            )
            run_job(recalling, [1] * len(files), pool, quiet)
        run_job(SolveJob(folder, number, use, n, f"{label}: decide"), [1] * n, pool, quiet)
        if round_.gather:
            run_job(GatherJob(folder, number, use, 1, f"{label}: join"), [1], pool, quiet)


def guard(use: StepUse, folder: Path, outcomes: list[dict[str, Any]]) -> None:
    """Stop before more is built when a corpus step took more of a source than it may (`Corpus.most`).

    The work stays, and limits are no part of a fingerprint: a run with another limit goes on from here.

    Raises:
        RunError: naming source, share, an example and the remedy.
    """
    tally = ledger.StepTally()
    for outcome in outcomes:
        tally.add(outcome["steps"][0])
    if found := over_limit(use, {"step": use.label, **tally.as_dict()}):
        source, reason, told = found
        examples = (first_dropped(folder, rank, reason, source) for rank in range(len(outcomes)))
        limit = use.step.limits[0]
        raise RunError(
            f"{told}, such as {next(filter(None, examples), '')}. If that is right (forms, copies of another "
            f"source), set {limit} higher and run again: what is done is kept. Else look at the pair: shared "
            f"boilerplate can be taken out before, or the step's threshold raised"
        )


def over_limit(use: StepUse, step: dict[str, Any]) -> tuple[str, str, str] | None:
    """What a corpus step took beyond its limit, of what is known of it in a manifest."""
    corpus: Corpus = use.step.func(**use.params)
    return ledger.taken(step, corpus.most, use.step.limits[0]) if corpus.most else None


#: Set to "off" where nobody looks at reports after a run; `curate report` writes one at any time.
REPORTS = "CURATE_REPORT"


def report(folder: str, say: Say, *, anew: bool) -> None:
    """Write the report of an artefact; a report that fails is told of, and fails nothing else."""
    found = manifest.read(folder)
    if (
        os.environ.get(REPORTS) == "off"
        or found is None
        or not (anew or not storage.exists(f"{folder}/report.html"))
    ):
        return
    from curate.report import write

    try:
        write(folder, found)
    except (Exception, pl.exceptions.PanicException) as error:
        say(
            f"{folder}: the report could not be written ({type(error).__name__}: {error}); the artefact is whole"
        )


def judge(made: StagePlan) -> tuple[list[str], bool]:
    """What keeps an artefact from being good: its own account, against the limits as they are now; and whether it is a
    gate alone that says no."""
    found = manifest.read(made.folder)
    assert found is not None
    limits = {s.name: s.max_failed for s in made.sources}
    accounts = {name: ledger.SourceAccount.from_dict(entry) for name, entry in found["sources"].items()}
    faults = ledger.faults(accounts, limits)
    steps = {step["step"]: step for step in found["steps"]}
    for use in made.stage.steps:  # their limits may have become stricter
        if use.step.corpus and use.label in steps and (beyond := over_limit(use, steps[use.label])):
            faults.append(beyond[2])
    gate = refused(found.get("audit"), made.private)
    alone = bool(gate) and not faults
    faults += [gate] if gate else []
    if found["verdict"] != {"ok": not faults, "faults": faults}:
        found["verdict"] = {"ok": not faults, "faults": faults}
        manifest.write(made.folder, found)
    return faults, alone


def summary(made: Any, status: str, seconds: float, faults: list[str], gate: bool = False) -> dict[str, Any]:
    """One stage's line of a run's result."""
    found = manifest.read(made.folder)
    assert found is not None
    totals = found["totals"]
    return {
        "path": made.folder,
        "status": status,
        **{k: totals[k] for k in ("read", "kept", "dropped", "failed") if k in totals},
        "seconds": round(seconds, 3),
        "faults": faults,
        **({"gate": True} if gate else {}),
    }
