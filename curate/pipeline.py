"""A pipeline file as checked objects: every fault at once, each with its place.

`load` returns a `Pipeline` or raises `ConfigError` with all faults; nothing is run and no data is read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from curate import kinds, stage
from curate.errors import ConfigError
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest
from curate.yamlfile import load as load_yaml

NAME = r"[A-Za-z0-9][\w.-]*"


@dataclass(frozen=True)
class Pipeline:
    """A checked pipeline; `stages` stand in dependency order."""

    name: str
    file: str
    seed: int
    stages: dict[str, Any]
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
    checked: dict[str, Any] = {}
    number = seed if isinstance(seed, int) else 0
    for stage_name in _ordered(yml, stages):
        if not isinstance(stage_name, str) or not re.fullmatch(NAME, stage_name):  # it names a folder
            place: Place = ("stages", stage_name)
            yml.fault(place, f"a stage's name has letters, digits, '-', '_' and '.': {stage_name!r}")
        raw = yml.fill(("stages", stage_name), values, stages[stage_name])
        if stage := _checked(yml, stage_name, raw, checked, number):
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
        for place, upstream in _upstream(raw):
            if upstream in stages:
                reads[name].append(upstream)
            elif place[0] == "sources" or not is_address(upstream):
                yml.fault(
                    ("stages", name, *place), f"there is no stage '{upstream}'", nearest(upstream, stages)
                )
    order: list[str] = []
    while len(order) < len(stages):
        ready = [n for n in stages if n not in order and all(r in order for r in reads[n])]
        if not ready:
            circle = [n for n in stages if n not in order]
            yml.fault(("stages", circle[0]), f"stages read each other in a circle: {', '.join(circle)}")
            return order + circle
        order.append(ready[0])
    return order


def _upstream(raw: Any) -> Iterator[tuple[Place, str]]:
    """What a stage reads, with its place: `from:` of its sources, or its own. What is no string is told elsewhere."""
    if not isinstance(raw, dict):
        return
    sources = raw.get("sources")
    for i, source in enumerate(sources if isinstance(sources, list) else []):
        if isinstance(source, dict) and isinstance(source.get("from"), str):
            yield ("sources", i, "from"), source["from"]
    if named := kinds.hook(str(raw.get("kind")), "reads"):
        yield from named(raw)
    elif isinstance(raw.get("from"), str) and raw.get("kind", "curate") != "curate":
        yield ("from",), raw["from"]


def is_address(upstream: str) -> bool:
    """Whether `from:` of a stage of another kind names no stage but a folder, a file or a dataset."""
    return "/" in upstream or upstream.endswith(".parquet") or Path(upstream).exists()


def _checked(yml: YamlFile, name: str, raw: Any, before: dict[str, Any], seed: int) -> Any:
    """A stage as its kind checks it, or None with faults."""
    place: Place = ("stages", name)
    if not isinstance(raw, dict):
        yml.fault(place, "a stage is a mapping with the key 'kind'")
        return None
    kind = raw.get("kind", "curate")
    if kind not in kinds.NAMES:
        yml.fault((*place, "kind"), f"unknown kind '{kind}'", nearest(str(kind), kinds.NAMES))
        return None
    if kind == "curate":
        return stage.check(yml, place, name, raw, before, seed)
    module = kinds.load(kind)
    if module is None:
        yml.fault((*place, "kind"), f"this version of curate cannot build stages of kind '{kind}' yet")
        return None
    return module.check(yml, place, name, raw, before, seed)
