"""A stage of kind synth as written, checked: what it reads, by which model, which tasks, filters and gates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.stage import Size
from curate.usage import signature_fields
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest
from synth import formats
from synth.engine.budget import Limits
from synth.task import Format, Task, load_task, task_names


class Output(BaseModel):
    """`output:` of a stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Format = Field("messages", description="columns of the rows, as TRL takes them (docs/synth.md)")
    shard_size: Size = Field(256_000_000, description="bytes of rows per Parquet shard, before compression")
    compression: Literal["zstd", "snappy", "none"] = "zstd"


class SynthConfig(BaseModel):
    """A stage of kind synth as written."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    kind: Literal["synth"] = "synth"
    from_: str = Field(
        alias="from", description="a stage, an artefact's folder, or Parquet files with id and text"
    )
    model: Any = Field("embedded", description="embedded, {server: …, name: …} or {transformers: …}")
    tasks: list[Any] = Field(min_length=1, description="names with count and parameters")
    strata: str = Field("source", description="the column that coverage of the corpus is planned by")
    passage_tokens: int = Field(400, ge=50, description="tokens of a passage, at most")
    filters: list[Any] | None = Field(
        None, description="names with parameters (default: those that need no model)"
    )
    gates: Any = Field(None, description="limits of the whole set against the corpus; false for none")
    budget: Limits = Field(
        default_factory=Limits, description="tokens and money that may be spent on a model"
    )
    replay: bool = Field(False, description="answer from the kept responses alone, without a server")
    output: Output = Output()  # type: ignore[call-arg]

    @property
    def sources(self) -> list[Any]:
        """None of its own: it reads another stage's documents."""
        return []


#: Of every task, beside its own parameters.
COMMON = {
    "count": (int, Field(ge=1, description="accepted rows to make")),
    "budget": (
        int | None,
        Field(None, ge=1, description="candidates at most (default: four times the count)"),
    ),
    "per_document": (int, Field(4, ge=1, description="accepted rows of one document at most")),
}


@dataclass(frozen=True)
class TaskUse:
    """A task as a stage uses it; `label` is its name, numbered where it is used again."""

    task: Task
    count: int
    budget: int
    per_document: int
    params: dict[str, Any]
    label: str = ""


@dataclass(frozen=True)
class SynthStage:
    """A checked stage. `upstream` is the stage that it reads, if it is one."""

    name: str
    config: SynthConfig
    tasks: tuple[TaskUse, ...]
    filters: tuple[Any, ...]
    gates: Any
    model: Any
    seed: int
    upstream: list[str]
    kind: str = "synth"
    steps: list[Any] = field(default_factory=list)

    @property
    def written(self) -> dict[str, Any]:
        """Columns of the artefact's data/."""
        return formats.columns(self.config.output.format)

    @property
    def source_names(self) -> tuple[str, ...]:
        """What the column `source` can hold is known once the documents are read."""
        return ()


def task_uses(yml: YamlFile, place: Place, raw: Any, format_: Format, embedded: bool) -> tuple[TaskUse, ...]:
    """The entries of `tasks:`, each checked against its task's signature."""
    uses: list[TaskUse] = []
    seen: Counter[str] = Counter()
    for i, entry in enumerate(raw if isinstance(raw, list) else []):
        use = _task_use(yml, (*place, i), entry, format_, embedded)
        if use:
            seen[use.task.name] += 1
            n = seen[use.task.name]
            uses.append(replace(use, label=use.task.name if n == 1 else f"{use.task.name}-{n}"))
    return tuple(uses)


def _task_use(yml: YamlFile, place: Place, entry: Any, format_: Format, embedded: bool) -> TaskUse | None:
    if not isinstance(entry, dict) or len(entry) != 1 or not isinstance(next(iter(entry.values())), dict):
        yml.fault(place, "a task is one name with its parameters, such as questions: {count: 100}")
        return None
    ((name, params),) = entry.items()
    found = load_task(str(name))
    if found is None:
        yml.fault(place, f"there is no task '{name}'", nearest(str(name), task_names()))
        return None
    if found.model and embedded:
        able = [n for n in task_names() if (t := load_task(n)) and not t.model]
        yml.fault(
            place, f"task '{name}' asks a model, and model is embedded", f"without a model: {', '.join(able)}"
        )
    if format_ not in found.formats:
        told = f"task '{name}' makes no rows of the format '{format_}'"
        yml.fault(place, told, f"its formats: {', '.join(found.formats)}")
    here = (*place, name) if (*place, name) in yml.lines else place
    model = signature_fields(found.signature, COMMON)
    checked = validate(yml, here, model, params)
    if checked is None:
        return None
    own = {k: v for k, v in checked.model_dump(exclude_unset=True).items() if k not in COMMON}
    return TaskUse(found, checked.count, checked.budget or 4 * checked.count, checked.per_document, own)
