"""What a run would do: a stage's tasks and segments, their fingerprints, and why it is built or reused."""

from __future__ import annotations

import hmac
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import curate.readers
from curate import documents, manifest, storage
from curate.errors import ConfigError
from curate.fingerprint import closure, digest
from curate.intake import Names
from curate.pipeline import Pipeline
from curate.privacy import private_folder, private_of
from curate.private import Private
from curate.readers import Slice
from curate.reasons import why
from curate.releases import Release, releases
from curate.source import Source
from curate.stage import Stage
from curate.step import StepUse
from curate.work import Task

#: Evidence of corpus steps is solved in one part per this many bytes of input.
PART_BYTES = 256_000_000
MAX_PARTS = 1024


@dataclass(frozen=True)
class Segment:
    """Steps between two corpus steps: `apply` the one before, run `steps`, `observe` for the one after."""

    fingerprint: str
    apply: StepUse | None
    steps: tuple[StepUse, ...]
    observe: StepUse | None
    earlier: tuple[Release, ...]  # what `observe` looks at besides
    entering: dict[str, Any]
    columns: dict[str, Any]

    @property
    def title(self) -> str:
        """Its steps, for a person."""
        names = [f"apply {self.apply.label}"] if self.apply else ["read"]
        names += [use.label for use in self.steps]
        return " → ".join(names + ([f"observe {self.observe.label}"] if self.observe else []))


@dataclass(frozen=True)
class Planned:
    """A stage of any kind, resolved: what its artefact depends on (`parts`), where it lies, whether it serves as it
    is, and if not, why it must be built."""

    stage: Any
    folder: str
    fingerprint: str
    parts: dict[str, Any]
    reuse: bool
    reasons: list[str]

    @property
    def name(self) -> str:
        """The artefact's folder name."""
        return self.folder.rpartition("/")[2]


@dataclass(frozen=True)
class StagePlan(Planned):
    """A stage of kind curate. `tasks` is None while an upstream artefact is still to be built."""

    stage: Stage
    sources: tuple[Source, ...]
    tasks: tuple[Task, ...] | None
    segments: tuple[Segment, ...]
    private: Private | None = None

    @property
    def trial(self) -> bool:
        """Whether a limit that the pipeline does not have cuts the sources short."""
        return self.sources != tuple(self.stage.config.sources)


def evidence_parts(tasks: Iterable[Task], more: int = 0) -> int:
    """Parts in which evidence is solved: by the input's bytes alone, and `more` of earlier releases."""
    return min(MAX_PARTS, 1 + (sum(t.bytes for t in tasks) + more) // PART_BYTES)


def plan(
    pipeline: Pipeline,
    stage: Stage,
    out: str,
    before: dict[str, StagePlan],
    *,
    limit: int | None = None,
    accept_code: bool = False,
    make_key: bool = False,
) -> StagePlan:
    """The plan of one stage, given the plans of the stages before it."""
    sources = tuple(
        s if limit is None else s.model_copy(update={"limit": min(limit, s.limit or limit)})
        for s in stage.config.sources
    )
    _not_itself(stage, out)
    clean = frozenset(s.name for s in sources if s.from_ and before[s.from_].private)
    home = private_folder(out, pipeline.output(None))
    private = private_of(stage.steps, sources, home, clean, make=make_key)
    names = Names.under(private)
    inputs = {s.name: [[names.file(n), *of] for n, *of in inputs_of(s)] for s in sources if not s.from_}
    upstream = {name: before[name].fingerprint for name in stage.upstream}
    seen = {use.label: tuple(releases(use)) for use in stage.steps}
    segments, code, libraries = _segments(stage, sources, inputs, upstream, seen, private)
    config = {
        "sources": [_shaping(s) for s in sources],
        "steps": [{use.label: settings(use, seen[use.label], private)} for use in stage.steps],
        "output": stage.config.output.model_dump(),
        "task_size": stage.config.task_size,
    }
    parts = {"config": config, "inputs": inputs, "upstream": upstream, "code": code, "libraries": libraries}
    own = artefact(stage.name, out, parts, accept_code)
    return StagePlan(stage, *own, sources, _tasks(stage, sources, before), segments, private)


def artefact(
    stage: str, out: str, parts: dict[str, Any], accept_code: bool
) -> tuple[str, str, dict[str, Any], bool, list[str]]:
    """What `Planned` holds beside its stage: where what `parts` name lies, and whether it is there already.

    With `accept_code` the newest artefact serves that differs in code and libraries alone.
    """
    fingerprint = digest([manifest.FORMAT, parts])
    folder = f"{out}/{stage}-{fingerprint[:8]}"
    if manifest.read(folder) is not None:
        return folder, fingerprint, parts, True, []
    newest = manifest.latest(out).get(stage)
    old = manifest.read(f"{out}/{newest}") if newest else None
    reasons = why(old, parts)
    if accept_code and old and all(reason.startswith(("code ", "library ")) for reason in reasons):
        return f"{out}/{newest}", old["fingerprint"], parts, True, reasons
    return folder, fingerprint, parts, False, reasons


def _not_itself(stage: Stage, out: str) -> None:
    """Raise ConfigError where a step looks at whatever this output folder has newest: every run would see another."""

    def real(address: str) -> str:
        return str(Path(address.removeprefix("file://")).resolve()) if storage.is_local(address) else address

    for use in stage.steps:
        corpus = use.step.func(**use.params) if use.step.corpus else None
        if corpus and real(out) in [real(address.rstrip("/")) for address in corpus.against]:
            raise ConfigError(
                f"{use.label}: against {out} is this pipeline's own output, which changes with every run: name one "
                f"artefact in it, or write this release elsewhere (--out)"
            )


def _shaping(source: Source) -> dict[str, Any]:
    """What of a source shapes output: neither secrets nor the limit that only judges."""
    return source.model_dump(by_alias=True, exclude={"storage_options", "max_failed"})


def inputs_of(source: Source) -> list[list[Any]]:
    """[name, size, stamp] of a source's files; the stamp is an etag or a modification time."""
    from curate.readers.plan import listing

    return [[f.name, f.size, f.stamp] for f in listing(source)]


def _segments(
    stage: Stage,
    sources: tuple[Source, ...],
    inputs: dict[str, Any],
    upstream: dict[str, str],
    seen: dict[str, tuple[Release, ...]],
    private: Private | None,
) -> tuple[tuple[Segment, ...], dict[str, str], dict[str, str]]:
    """The segments with their fingerprints, and all code and libraries under them."""
    readers = [f"curate.readers.{m.name}" for m in pkgutil.iter_modules(curate.readers.__path__)]
    reading = readers if any(not s.from_ for s in sources) else []
    code, libraries = closure(["curate.work", *reading])
    hiding = [private.key_id] if private else []  # names and keys are hidden where they are read
    fingerprint = digest(
        [[_shaping(s) for s in sources], inputs, upstream, stage.config.task_size, code, libraries, *hiding]
    )
    columns = start_columns(stage)
    groups: list[list[StepUse]] = [[]]
    for use in stage.steps:
        if use.step.corpus:
            groups.append([use])
        else:
            groups[-1].append(use)
    segments = []
    for i, group in enumerate(groups):
        apply, steps = (group[0], group[1:]) if i else (None, group)
        observe = groups[i + 1][0] if i + 1 < len(groups) else None
        own_code, own_libraries = closure([u.step.module for u in [*group, *([observe] if observe else [])]])
        code, libraries = code | own_code, libraries | own_libraries
        entering = dict(columns)
        for use in group:
            columns = columns | use.step.adds(use.params)
        earlier = seen[observe.label] if observe else ()
        ahead = [observe.label, settings(observe, earlier, private)] if observe else None
        fingerprint = digest(
            [
                fingerprint,
                [[u.label, settings(u, seen[u.label], private)] for u in group],
                ahead,
                own_code,
                own_libraries,
            ]
        )
        segments.append(Segment(fingerprint, apply, tuple(steps), observe, earlier, entering, dict(columns)))
    packing, packing_libraries = closure(["curate.shards"])
    return (
        tuple(segments),
        dict(sorted((code | packing).items())),
        dict(sorted((libraries | packing_libraries).items())),
    )


def settings(use: StepUse, seen: tuple[Release, ...], private: Private | None = None) -> dict[str, Any]:
    """What shapes a step's output: its parameters with defaults (not those that only judge; of mappings the order too),
    [path, size, modification time] of the files that they name, the earlier releases that it looks at, and the id of
    the key of a step that takes private data out. Secret parameters stand there by their hash under that key."""
    stats = [(path, Path(path).stat()) for path in use.step.files(use.params)]
    files = {"files": [[path, stat.st_size, stat.st_mtime_ns] for path, stat in stats]} if stats else {}
    earlier = {"releases": [[r.name, r.identity] for r in seen]} if seen else {}
    given = {k: v for k, v in use.step.filled(use.params).items() if k not in use.step.limits}
    shaping = {k: list(v.items()) if isinstance(v, dict) else v for k, v in given.items()}
    key = private.key if private else b""
    secret = {
        k: hmac.digest(key, digest(given[k]).encode(), "sha256").hex()[:12]
        for k in use.step.secret
        if given[k]
    }
    named = {"key": private.key_id} if private and use.step.scrubber else {}
    return shaping | secret | files | earlier | named


def start_columns(stage: Stage) -> dict[str, Any]:
    """Columns before the first step: the base, and what upstream stages added."""
    return dict(documents.BASE) | stage.entering


def _tasks(
    stage: Stage, sources: tuple[Source, ...], before: dict[str, StagePlan]
) -> tuple[Task, ...] | None:
    """The input cut into tasks; a source with a limit is one task, read until the limit is met."""
    from curate.readers.plan import slices

    tasks: list[Task] = []
    for number, source in enumerate(sources):
        if source.from_:
            up = before[source.from_]
            made = manifest.read(up.folder)
            if made is None:
                return None
            groups = [[s] for s in _shards(up.folder, made, stage.config.task_size)]
        else:
            groups = slices(source, stage.config.task_size)
        if source.limit is not None:
            groups = [[s for group in groups for s in group]]
        tasks += [Task(number, tuple(group)) for group in groups]
    return tuple(tasks)


def _shards(folder: str, made: dict[str, Any], task_size: int) -> list[Slice]:
    """The shards of an artefact, large ones cut by row groups."""
    out = []
    for entry in made["outputs"]["data"]:
        path, groups, size = f"{folder}/data/{entry['path']}", entry["row_groups"], entry["raw_bytes"]
        step = max(1, groups * task_size // max(1, size))
        for start in range(0, groups, step):
            end = min(groups, start + step)
            out.append(Slice(path, entry["path"], size * (end - start) // groups, start, end, "parquet"))
    return out
