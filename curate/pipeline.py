"""A pipeline file as checked objects: every fault at once, each with its place.

`load` returns a `Pipeline` or raises `ConfigError` with all faults; nothing is run and no data is read.
"""

from __future__ import annotations

import importlib.util
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from curate import documents
from curate.errors import ConfigError
from curate.source import Source
from curate.step import Step, load_step
from curate.yamlfile import YamlFile, nearest
from curate.yamlfile import load as load_yaml
from curate.yamlfile import Path as Place

KINDS = ("curate", "synth", "train", "evaluate")

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def _size(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*([\d.]+)\s*([A-Za-z]*)\s*", value)
    if not found or found[2].lower() not in _UNITS:
        raise ValueError("a size is a number of bytes or like '256MB', '1GiB'")
    return int(float(found[1]) * _UNITS[found[2].lower()])


Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]


class Output(BaseModel):
    """`output:` of a stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shard_size: Size = Field(256_000_000, description="bytes of documents per Parquet shard, before compression")
    compression: Literal["zstd", "snappy", "none"] = "zstd"
    columns: list[str] | None = Field(None, description="columns of data/, in this order (default: all)")


class CurateConfig(BaseModel):
    """A stage of kind curate as written, steps aside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["curate"] = "curate"
    sources: list[Source] = Field(min_length=1)
    steps: list[Any] = Field(default_factory=list)
    output: Output = Field(default_factory=Output)
    task_size: Size = Field(64_000_000, description="bytes of input per task, uncompressed")
    keep_work: bool = Field(False, description="keep intermediates, so that a changed step rebuilds from there on")


@dataclass(frozen=True)
class StepUse:
    """A step as used in a stage."""

    name: str
    params: dict[str, Any]

    @property
    def step(self) -> Step:
        """The step itself."""
        found = load_step(self.name)
        assert found is not None, f"step {self.name} vanished after the check"
        return found


@dataclass(frozen=True)
class Stage:
    """A checked stage; `columns` are those of its documents in order (name -> polars type)."""

    name: str
    kind: str
    config: CurateConfig
    steps: list[StepUse]
    columns: dict[str, Any]
    line: int = 0

    @property
    def upstream(self) -> list[str]:
        """Names of the stages that this one reads."""
        return [s.from_ for s in self.config.sources if s.from_]


@dataclass(frozen=True)
class Pipeline:
    """A checked pipeline; `stages` stand in dependency order."""

    name: str
    file: str
    seed: int
    stages: dict[str, Stage]
    variables: dict[str, Any] = field(default_factory=dict)


def step_names() -> list[str]:
    """Names of all steps that ship with `curate`."""
    import curate.steps

    return sorted(m.name for m in pkgutil.iter_modules(curate.steps.__path__) if not m.name.startswith("_"))


def load(file: str, variables: Mapping[str, str] | None = None) -> Pipeline:
    """Check the pipeline in `file` as a whole.

    Raises:
        ConfigError: with every fault found (file, line, place, message, nearest valid name).
    """
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
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        yml.fault(("name",), f"a name has letters, digits, '-', '_' and '.': {name!r}")
    if not isinstance(seed, int) or isinstance(seed, bool):
        yml.fault(("seed",), f"seed is a whole number: {seed!r}")
    values = _variables(yml, top.get("vars"), variables or {})
    stages = top.get("stages")
    if not isinstance(stages, dict) or not stages:
        yml.fault(("stages",), "a pipeline needs at least one stage under 'stages:'")
        raise ConfigError(yml.faults)
    checked: dict[str, Stage] = {}
    for stage_name in _ordered(yml, stages):
        raw = yml.fill(("stages", stage_name), values, stages[stage_name])
        if stage := _stage(yml, stage_name, raw, checked, stages):
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
        values[key] = yaml.safe_load(text) if isinstance(text, str) else text
    return values


def _ordered(yml: YamlFile, stages: dict[str, Any]) -> list[str]:
    """Stage names so that each comes after those it reads; unknown references and circles become faults."""
    reads: dict[str, list[str]] = {}
    for name, raw in stages.items():
        reads[name] = []
        sources = raw.get("sources") if isinstance(raw, dict) else None
        for i, source in enumerate(sources if isinstance(sources, list) else []):
            upstream = source.get("from") if isinstance(source, dict) else None
            if upstream is None:
                continue
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


def _stage(
    yml: YamlFile, name: str, raw: Any, before: dict[str, Stage], stages: dict[str, Any]
) -> Stage | None:
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
        if (use := _step_use(yml, (*place, "steps", i), entry))
    ]
    if config is None:
        _follow(yml, place, uses, dict(documents.BASE))
        return None
    seen: set[str] = set()
    for i, source in enumerate(config.sources):
        if source.name in seen:
            yml.fault((*place, "sources", i, "name"), f"two sources are called '{source.name}'")
        seen.add(source.name)
        _check_source(yml, (*place, "sources", i), source)
    start = dict(documents.BASE)
    for source in config.sources:
        if source.from_ in before:
            start |= before[source.from_].columns
    columns = _follow(yml, place, uses, start)
    for i, column in enumerate(config.output.columns or []):
        if column not in columns:
            where = (*place, "output", "columns", i)
            yml.fault(where, f"no column '{column}'", nearest(column, columns))
    return Stage(name, kind, config, [use for _, use in uses], columns, yml.line(place))


def _check_source(yml: YamlFile, place: Place, source: Source) -> None:
    for column in source.columns:
        if column not in (*documents.MAPPABLE, "id"):
            hint = nearest(column, (*documents.MAPPABLE, "id"))
            yml.fault((*place, "columns", column), f"'{column}' is no column that a field can become", hint)
    if source.from_:
        return
    from curate.readers.plan import listing

    try:
        if not listing(source):
            yml.fault((*place, "path"), f"nothing matches {', '.join(source.paths)}")
    except (OSError, ValueError, ImportError) as error:
        yml.fault((*place, "path"), str(error))


def _step_use(yml: YamlFile, place: Place, entry: Any) -> tuple[Place, StepUse] | None:
    """A list entry `name` or `{name: parameters}`, its parameters checked against the step's signature."""
    if isinstance(entry, str):
        entry = {entry: None}
    if not isinstance(entry, dict) or len(entry) != 1:
        yml.fault(place, "a step is its name, or one name with its parameters")
        return None
    ((name, params),) = entry.items()
    try:
        step = load_step(str(name))
    except ImportError as error:
        yml.fault(place, f"step '{name}' cannot be imported: {error}", _extra(error.name))
        return None
    if step is None:
        yml.fault(place, f"there is no step '{name}'", nearest(str(name), step_names()))
        return None
    if params is not None and not isinstance(params, dict):
        yml.fault(place, f"the parameters of '{name}' are a mapping, not {params!r}")
        return None
    for package in step.packages:
        if importlib.util.find_spec(package) is None:
            yml.fault(place, f"step '{name}' needs the package '{package}'", _extra(package))
    here = (*place, name) if (*place, name) in yml.lines else place
    checked = validate(yml, here, signature_model(step), params or {})
    if checked is None:
        return None
    return here, StepUse(step.name if "." not in str(name) else str(name), checked.model_dump(exclude_unset=True))


def _extra(package: str | None) -> str:
    return f"pip install {package}" if package else ""


def signature_model(step: Step) -> type[BaseModel]:
    """The step's keyword-only parameters as a pydantic model that allows no other keys."""
    return _cached_model(step.name, step.module)


@cache
def _cached_model(name: str, module: str) -> type[BaseModel]:
    step = load_step(name if module.startswith("curate.steps.") else f"{module}.{name}")
    assert step is not None
    fields: dict[str, Any] = {
        p.name: (p.annotation, ... if p.default is p.empty else p.default) for p in step.parameters()
    }
    return create_model(name, __config__=ConfigDict(extra="forbid", protected_namespaces=()), **fields)


def validate(yml: YamlFile, place: Place, model: type[BaseModel], raw: Any) -> Any:
    """`raw` as `model`, or None with a fault for each thing wrong."""
    try:
        return model.model_validate(raw)
    except ValidationError as errors:
        for error in errors.errors():
            where = (*place, *_known(yml, place, error["loc"]))
            key = str(error["loc"][-1]) if error["loc"] else ""
            if error["type"] == "extra_forbidden":
                valid = _fields_at(model, error["loc"][:-1])
                yml.fault((*place, *error["loc"]), f"unknown key '{key}'", nearest(key, valid))
            elif error["type"] == "missing":
                yml.fault(where, f"needs the key '{key}'")
            else:
                message = error["msg"].removeprefix("Value error, ")
                given = error["input"]
                shown = "" if isinstance(given, dict | list) else f", not {given!r}"
                yml.fault(where, message[0].lower() + message[1:] + shown)
        return None


def _known(yml: YamlFile, place: Place, loc: tuple[str | int, ...]) -> Place:
    """The part of pydantic's `loc` that exists in the file (it adds names of union members)."""
    out: Place = ()
    for part in loc:
        if (*place, *out, part) in yml.lines:
            out = (*out, part)
    return out


def _fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    current: Any = model
    for part in loc:
        if isinstance(part, int) or not hasattr(current, "model_fields"):
            continue
        annotation = current.model_fields[part].annotation if part in current.model_fields else None
        inner = [a for a in (annotation, *getattr(annotation, "__args__", ())) if hasattr(a, "model_fields")]
        current = inner[0] if inner else None
    fields = getattr(current, "model_fields", {})
    return [f.alias or n for n, f in fields.items()]


def _follow(
    yml: YamlFile, place: Place, uses: list[Any], columns: dict[str, Any]
) -> dict[str, Any]:
    """The columns after all steps; a column that a step needs and nothing made becomes a fault."""
    for where, use in uses:
        step: Step = use.step
        try:
            needs, adds = step.needs(use.params), step.adds(use.params)
            if step.check:
                step.check(step.filled(use.params))
        except (ValueError, OSError) as error:
            yml.fault(where, str(error))
            continue
        for column in sorted(needs - columns.keys()):
            yml.fault(where, f"'{use.name}' needs the column '{column}', which nothing before it makes", _maker(column))
        columns = columns | adds
    return columns


def _maker(column: str) -> str:
    """Which steps make `column`, for the hint."""
    makers = []
    for name in step_names():
        try:
            step = load_step(name)
            if step and not callable(step.declared) and column in step.declared:
                makers.append(name)
        except ImportError:
            continue
    return f"put the step {' or '.join(repr(m) for m in makers)} before it" if makers else ""
