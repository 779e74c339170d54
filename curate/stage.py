"""A stage of kind curate as a checked object: its sources, its steps, its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from curate import documents
from curate.source import Source
from curate.step import StepUse
from curate.usage import follow, labelled, step_use
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest, spelled

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


def check(
    yml: YamlFile, place: Place, name: str, raw: dict[str, Any], before: dict[str, Any], seed: int
) -> Stage | None:
    """The stage `raw`, or None with a fault for each thing wrong; `before` are the stages that it can read."""
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
    return Stage(name, "curate", config, labelled([use for _, use in uses]), entering, columns, names)


def _entering(
    yml: YamlFile, place: Place, sources: dict[int, Source], before: dict[str, Any]
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


def _named(sources: dict[int, Source], before: dict[str, Any]) -> tuple[str, ...]:
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
