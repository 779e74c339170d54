"""A pipeline file as checked objects: every fault at once, each with its place.

`load` returns a `Pipeline` or raises `ConfigError` with all faults; nothing is run and no data is read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from curate import documents
from curate.errors import ConfigError
from curate.source import Source
from curate.step import StepUse
from curate.usage import follow, labelled, step_use
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest, spelled
from curate.yamlfile import load as load_yaml

KINDS = ("curate", "synth", "train", "evaluate")

NAME = r"[A-Za-z0-9][\w.-]*"

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def _size(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*([\d.]{1,20})\s*([A-Za-z]*)\s*", value)
    if not found or found[2].lower() not in _UNITS:
        raise ValueError("a size is a number of bytes or like '256MB', '1GiB'")
    return int(float(found[1]) * _UNITS[found[2].lower()])


Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]


class Output(BaseModel):
    """`output:` of a stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shard_size: Size = Field(
        256_000_000, description="bytes of documents per Parquet shard, before compression"
    )
    compression: Literal["zstd", "snappy", "none"] = "zstd"
    columns: list[str] | None = Field(
        None, min_length=1, description="columns of data/, in this order (default: all)"
    )


class CurateConfig(BaseModel):
    """A stage of kind curate as written, steps aside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["curate"] = "curate"
    sources: list[Source] = Field(min_length=1)
    steps: list[Any] = Field(default_factory=list)
    output: Output = Output()  # type: ignore[call-arg]
    task_size: Size = Field(64_000_000, description="bytes of input per task, uncompressed")
    keep_work: bool = Field(
        False, description="keep intermediates, so that a changed step rebuilds from there on"
    )


@dataclass(frozen=True)
class Stage:
    """A checked stage. `entering` are the columns that upstream stages added to the base, `columns` those of its
    own documents, in order (name -> polars type)."""

    name: str
    kind: str
    config: CurateConfig
    steps: list[StepUse]
    entering: dict[str, Any]
    columns: dict[str, Any]
    source_names: tuple[str, ...]  # what the column `source` can hold

    @property
    def upstream(self) -> list[str]:
        """Names of the stages that this one reads."""
        return [s.from_ for s in self.config.sources if s.from_]

    @property
    def written(self) -> dict[str, Any]:
        """Columns of the artefact's data/; those that begin with _ are for the run alone."""
        names = self.config.output.columns or [n for n in self.columns if not n.startswith("_")]
        return {n: self.columns[n] for n in names}


@dataclass(frozen=True)
class Pipeline:
    """A checked pipeline; `stages` stand in dependency order."""

    name: str
    file: str
    seed: int
    stages: dict[str, Stage]
    variables: dict[str, Any] = field(default_factory=dict)

    def output(self, out: str | None) -> str:
        """The folder of its artefacts; `out` is what the user gave."""
        return (out or f"runs/{self.name}").removeprefix("file://").rstrip("/")


def load(file: str, variables: Mapping[str, str] | None = None) -> Pipeline:
    """Check the pipeline in `file` as a whole.

    Raises:
        ConfigError: with every fault found (file, line, place, message, nearest valid name).
    """
    if str(Path.cwd()) not in sys.path:  # a user's own steps lie there; the installed command leaves it out
        sys.path.append(str(Path.cwd()))
    yml = load_yaml(file)
    if not isinstance(yml.value, dict):
        if not yml.faults:
            yml.fault((), "a pipeline is a mapping with the keys name, stages")
        raise ConfigError(yml.faults)
    top = yml.value
    for key in top:
        if key not in ("name", "seed", "vars", "stages"):
            yml.fault((key,), f"unknown key '{key}'", nearest(str(key), ("name", "seed", "vars", "stages")))
    name, seed = top.get("name", Path(file).stem), top.get("seed", 0)
    if not isinstance(name, str) or not re.fullmatch(NAME, name):
        yml.fault(("name",), f"a name has letters, digits, '-', '_' and '.': {name!r}")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**64:
        yml.fault(("seed",), f"seed is a whole number from 0 to 2^64 - 1, not {seed!r}")
    values = _variables(yml, top.get("vars"), variables or {})
    stages = top.get("stages")
    if not isinstance(stages, dict) or not stages:
        yml.fault(("stages",), "a pipeline needs at least one stage under 'stages:'")
        raise ConfigError(yml.faults)
    checked: dict[str, Stage] = {}
    number = seed if isinstance(seed, int) else 0
    for stage_name in _ordered(yml, stages):
        if not isinstance(stage_name, str) or not re.fullmatch(NAME, stage_name):  # it names a folder
            place: Place = ("stages", stage_name)
            yml.fault(place, f"a stage's name has letters, digits, '-', '_' and '.': {stage_name!r}")
        raw = yml.fill(("stages", stage_name), values, stages[stage_name])
        if stage := _stage(yml, stage_name, raw, checked, number):
            checked[stage_name] = stage
    if yml.faults:
        raise ConfigError(yml.faults)
    return Pipeline(name, file, seed, checked, values)


def _variables(yml: YamlFile, declared: Any, given: Mapping[str, str]) -> dict[str, Any]:
    if declared is not None and not isinstance(declared, dict):
        yml.fault(("vars",), "vars is a mapping of names to values")
        declared = None
    values = dict(declared or {})
    for key, text in given.items():
        if key not in values:
            yml.fault(("vars",), f"--var {key}: the file declares no such variable", nearest(key, values))
        try:
            values[key] = yaml.safe_load(text) if isinstance(text, str) else text
        except (yaml.YAMLError, ValueError):
            yml.fault(("vars",), f"--var {key}: {text!r} is not a YAML value: put quotes within the quotes")
    return values


def _ordered(yml: YamlFile, stages: dict[str, Any]) -> list[str]:
    """Stage names so that each comes after those it reads; unknown references and circles become faults."""
    reads: dict[str, list[str]] = {}
    for name, raw in stages.items():
        reads[name] = []
        sources = raw.get("sources") if isinstance(raw, dict) else None
        for i, source in enumerate(sources if isinstance(sources, list) else []):
            upstream = source.get("from") if isinstance(source, dict) else None
            if not isinstance(upstream, str):
                continue  # none, or a fault that validation tells
            if upstream not in stages:
                place = ("stages", name, "sources", i, "from")
                yml.fault(place, f"there is no stage '{upstream}'", nearest(str(upstream), stages))
            else:
                reads[name].append(upstream)
    order: list[str] = []
    while len(order) < len(stages):
        ready = [n for n in stages if n not in order and all(r in order for r in reads[n])]
        if not ready:
            circle = [n for n in stages if n not in order]
            yml.fault(("stages", circle[0]), f"stages read each other in a circle: {', '.join(circle)}")
            return order + circle
        order.append(ready[0])
    return order


def _stage(yml: YamlFile, name: str, raw: Any, before: dict[str, Stage], seed: int) -> Stage | None:
    place: Place = ("stages", name)
    if not isinstance(raw, dict):
        yml.fault(place, "a stage is a mapping with the key 'kind'")
        return None
    kind = raw.get("kind", "curate")
    if kind not in KINDS:
        yml.fault((*place, "kind"), f"unknown kind '{kind}'", nearest(str(kind), KINDS))
        return None
    if kind != "curate":
        yml.fault((*place, "kind"), f"this version of curate cannot build stages of kind '{kind}' yet")
        return None
    config = validate(yml, place, CurateConfig, raw)
    raw_steps = raw.get("steps")
    uses = [
        use
        for i, entry in enumerate(raw_steps if isinstance(raw_steps, list) else [])
        if (use := step_use(yml, (*place, "steps", i), entry, seed))
    ]
    sources = dict(enumerate(config.sources)) if config else _sound(raw.get("sources"))
    _check_sources(yml, place, sources)
    entering = _entering(yml, place, sources, before)
    if entering is None:
        return None
    names = _named(sources, before)
    columns = follow(yml, uses, dict(documents.BASE) | entering, names)
    if config is None:  # the stage's other faults are told all the same
        return None
    for i, column in enumerate(config.output.columns or []):
        if column not in columns:
            where = (*place, "output", "columns", i)
            yml.fault(where, f"no column '{column}'", nearest(column, columns))
    return Stage(name, kind, config, labelled([use for _, use in uses]), entering, columns, names)


def _entering(
    yml: YamlFile, place: Place, sources: dict[int, Source], before: dict[str, Stage]
) -> dict[str, Any] | None:
    """The columns that upstream stages added; None if one has faults, since nothing is known of it until then."""
    entering: dict[str, Any] = {}
    for i, source in sources.items():
        if source.from_ not in before:
            if source.from_ in yml.value["stages"]:
                return None
            continue
        written, where = before[source.from_].written, (*place, "sources", i, "from")
        if lacking := [repr(c) for c in ("id", "text") if c not in written]:
            told = f"stage '{source.from_}' writes no column {', '.join(lacking)}: see its output.columns"
            yml.fault(where, told)
        for column, kind in written.items():
            if column not in documents.BASE and entering.setdefault(column, kind) != kind:
                told = f"column '{column}' is {kind} here and {entering[column]} in a stage above"
                yml.fault(where, told)
    return entering


def _named(sources: dict[int, Source], before: dict[str, Stage]) -> tuple[str, ...]:
    """Names that the column `source` can hold: documents of another stage keep theirs."""
    ups = [before[s.from_].source_names if s.from_ in before else (s.name,) for s in sources.values()]
    return tuple(dict.fromkeys(name for names in ups for name in names))


def _sound(raw: Any) -> dict[int, Source]:
    """Those of a stage's sources that are well-formed, by their place."""
    out = {}
    for i, entry in enumerate(raw if isinstance(raw, list) else []):
        try:
            out[i] = Source.model_validate(entry)
        except ValidationError:
            continue  # its faults are noted already
    return out


def _check_sources(yml: YamlFile, place: Place, sources: dict[int, Source]) -> None:
    seen: set[str] = set()
    for i, source in sources.items():
        if source.name in seen:
            yml.fault((*place, "sources", i, "name"), f"two sources are called '{source.name}'")
        seen.add(source.name)
        _check_source(yml, (*place, "sources", i), source)


def _check_source(yml: YamlFile, place: Place, source: Source) -> None:
    for column in source.columns:
        if column not in (*documents.MAPPABLE, "id"):
            hint = nearest(column, (*documents.MAPPABLE, "id"))
            yml.fault((*place, "columns", column), f"'{column}' is no column that a field can become", hint)
    from curate.readers.encoding import canonical
    from curate.readers.plan import listing

    if source.encoding and canonical(source.encoding) is None:
        yml.fault((*place, "encoding"), f"unknown encoding '{source.encoding}'")
    told = {fault.place for fault in yml.faults}
    if source.from_ or spelled((*place, "path")) in told:
        return

    try:
        if not listing(source):
            yml.fault((*place, "path"), f"nothing matches {', '.join(source.paths)}")
    except (OSError, ValueError, ImportError) as error:
        yml.fault((*place, "path"), str(error))
    except Exception as error:  # clients of remote stores have families of their own
        yml.fault((*place, "path"), f"{', '.join(source.paths)}: {error}")
