"""What `curate check` prints: stages, segments, tasks and their bytes, reuse or rebuild and why, disk needed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curate import kinds, storage
from curate import pipeline as pipelines
from curate.plan import StagePlan, plan
from curate.progress import compact, plural

#: Peak of `work/` and the final shards over the input's uncompressed bytes: two segments of LZ4 beside the shards.
DISK_FACTOR = 2.5


def describe(
    file: str,
    variables: Mapping[str, str] | None = None,
    out: str | None = None,
    *,
    limit: int | None = None,
    accept_code: bool = False,
) -> dict[str, Any]:
    """The plan of the pipeline in `file`: `{"text", "stages": {name: {"status", "reasons", …}}}`.

    Raises:
        ConfigError: the file is wrong (every fault).
    """
    pipeline = pipelines.load(file, variables)
    out = pipeline.output(out)
    plans: dict[str, Any] = {}
    lines, stages, need = (
        [f"{file}: {pipeline.name}, {plural(len(pipeline.stages), 'stage')}, into {out}/"],
        {},
        0,
    )
    for name, stage in pipeline.stages.items():
        kind = kinds.load(stage.kind)
        planned = kind.plan if kind else plan
        made = plans[name] = planned(pipeline, stage, out, plans, limit=limit, accept_code=accept_code)
        lines += ["", *_stage_lines(made), *(kind.lines(made) if kind else _task_lines(made))]
        size = sum(t.bytes for t in made.tasks or ())
        need += 0 if made.reuse else int(size * DISK_FACTOR)
        stages[name] = {
            "path": made.folder,
            "status": "reuse" if made.reuse else "build",
            "reasons": made.reasons,
            "tasks": None if made.tasks is None else len(made.tasks),
            "bytes": size,
            **({} if kind else {"segments": [segment.title for segment in made.segments]}),
        }
    if need:
        lines += ["", _disk(out, need)]
    return {"text": "\n".join(lines), "pipeline": pipeline.name, "stages": stages}


def _stage_lines(made: Any) -> list[str]:
    what = "reuse" if made.reuse else "build"
    lines = [f"{made.stage.name}: {what} {made.name}"]
    return lines + [f"  because {reason}" for reason in ([] if made.reuse else made.reasons)]


def _task_lines(made: StagePlan) -> list[str]:
    lines: list[str] = []
    if made.tasks is None:
        return [f"  tasks are known once {', '.join(made.stage.upstream)} is built"]
    for number, source in enumerate(made.sources):
        tasks = [t for t in made.tasks if t.source == number]
        files = len({s.path for t in tasks for s in t.slices})
        size = sum(t.bytes for t in tasks)
        limit = f", the first {source.limit} records" if source.limit else ""
        lines.append(
            f"  {source.name}: {plural(files, 'file')}, about {compact(size)}B, {plural(len(tasks), 'task')}{limit}"
        )
    for number, segment in enumerate(made.segments):
        lines.append(f"  segment {number + 1}: {segment.title}")
        for use in [*segment.steps, *([segment.observe] if segment.observe else [])]:
            lines += [f"    {note}" for note in use.step.notes(use.params)]
    columns = ", ".join(made.stage.written)
    return [*lines, f"  writes shards of {compact(made.stage.config.output.shard_size)}B with {columns}"]


def _disk(out: str, need: int) -> str:
    text = f"disk: about {compact(need)}B while it runs"
    if not storage.is_local(out):
        return text
    folder = Path(out).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return f"{text}, {compact(free)}B free" + ("" if free > need else " — NOT ENOUGH")
