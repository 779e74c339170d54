"""A step as a pipeline uses it, checked: its name, its parameters, the columns that it needs."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, create_model

from curate.documents import BASE
from curate.errors import ConfigError
from curate.releases import releases
from curate.step import MARKS, Columns, Step, StepUse, load_step
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest

#: Columns that no step may add: every document has them, or every dropped one.
RESERVED = {*BASE, "step", *(mark.removeprefix("_") for mark in MARKS)}


def step_names() -> list[str]:
    """Names of all steps that ship with `curate`."""
    import curate.steps

    return sorted(m.name for m in pkgutil.iter_modules(curate.steps.__path__) if not m.name.startswith("_"))


def step_use(yml: YamlFile, place: Place, entry: Any, seed: int) -> tuple[Place, StepUse] | None:
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
    except Exception as error:  # the module is the user's own, and importing it runs it
        yml.fault(place, f"step '{name}' cannot be imported: {type(error).__name__}: {error}")
        return None
    if step is None:
        yml.fault(place, f"there is no step '{name}'", _remedy(str(name)))
        return None
    if params is not None and not isinstance(params, dict):
        main = [p.name for p in step.parameters() if p.default is p.empty]
        if len(main) != 1:
            yml.fault(place, f"the parameters of '{name}' are a mapping, not {params!r}")
            return None
        params = {main[0]: params}  # - where: "words > 5" is short for - where: {expr: "words > 5"}
    for package in step.packages:
        if importlib.util.find_spec(package) is None:
            yml.fault(place, f"step '{name}' needs the package '{package}'", _extra(package))
    here = (*place, name) if (*place, name) in yml.lines else place
    checked = validate(yml, here, signature_model(step), params or {})
    if checked is None:
        return None
    given = checked.model_dump(exclude_unset=True)
    if "seed" in type(checked).model_fields:
        given.setdefault("seed", seed)
    return here, StepUse(str(name), given)


def _remedy(name: str) -> str:
    """What to do about a step that is not there."""
    module, _, attribute = name.rpartition(".")
    if not module:
        return nearest(attribute, step_names())
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ImportError:
        return f"no module '{module}' can be imported: is its folder the working folder, or on PYTHONPATH?"
    return (
        f"{module} has no '{attribute}'" if found is None else f"'{attribute}' is not decorated with @step(…)"
    )


def _extra(package: str | None) -> str:
    return f"pip install {package}" if package else ""


def signature_model(step: Step) -> type[BaseModel]:
    """The step's keyword-only parameters as a pydantic model that allows no other keys."""
    return _cached_model(step.name, step.module)


@cache
def _cached_model(name: str, module: str) -> type[BaseModel]:
    step = load_step(name if module.startswith("curate.steps.") else f"{module}.{name}")
    assert step is not None
    return signature_fields(step, {})


def signature_fields(step: Step, more: dict[str, Any]) -> type[BaseModel]:
    """A step's parameters, and `more` fields (name -> type and field), as a pydantic model."""
    fields: dict[str, Any] = {
        p.name: (p.annotation, ... if p.default is p.empty else p.default) for p in step.parameters()
    } | more
    extra: Literal["allow", "forbid"] = "allow" if step.open_ended else "forbid"
    return create_model(step.name, __config__=ConfigDict(extra=extra, protected_namespaces=()), **fields)


def follow(
    yml: YamlFile, uses: list[Any], columns: dict[str, Any], sources: tuple[str, ...]
) -> dict[str, Any]:
    """The columns after all steps; one that a step needs and nothing made, or that is out of date, becomes a fault."""
    measured: set[str] = set()
    stale: dict[str, str] = {}
    for where, _ in [entry for entry in uses if entry[1].step.scrubber][1:]:
        yml.fault(where, "private data are taken out once in a stage", "a second stage can read this one")
    for where, use in uses:
        step: Step = use.step
        try:
            needs, adds = step.needs(use.params), step.adds(use.params)
            if step.check and needs <= columns.keys():
                known = Columns(columns)
                known.sources = sources
                step.check(step.filled(use.params), known)
            if step.corpus:
                releases(use)
            for path in step.files(use.params):
                if not Path(path).is_file():
                    yml.fault(where, f"there is no file {path}")
        except (ValueError, OSError, ConfigError) as error:
            yml.fault(where, str(error))
            continue
        for column in sorted(needs & stale.keys()):
            told = f"'{use.name}' goes by '{column}', which was measured before '{stale[column]}' changed the texts"
            yml.fault(where, told, f"put the step that makes '{column}' behind '{stale[column]}'")
        for column in sorted(needs - columns.keys()):
            yml.fault(
                where,
                f"'{use.name}' needs the column '{column}', which nothing before it makes",
                _maker(column) or nearest(column, columns),
            )
        for column in sorted(adds.keys() & RESERVED):
            yml.fault(where, f"'{use.name}' would add the column '{column}', whose name is taken")
        columns = columns | adds
        measured |= adds.keys() if step.measures else set()
        stale = {column: by for column, by in stale.items() if column not in adds}
        if step.rewrites(use.params):
            stale |= dict.fromkeys(measured, use.name)
    return columns


def _maker(column: str) -> str:
    """Which steps make `column`, for the hint."""
    makers = []
    for name in step_names():
        try:
            step = load_step(name)
            if step and column in step.adds({}):
                makers.append(name)
        except (ImportError, KeyError, TypeError, ValueError):  # what it adds depends on parameters
            continue
    return f"put the step {' or '.join(repr(m) for m in makers)} before it" if makers else ""


def labelled(uses: list[StepUse]) -> list[StepUse]:
    """Steps with labels that tell the second use of a name from the first."""
    seen: Counter[str] = Counter()
    out = []
    for use in uses:
        seen[use.name] += 1
        n = seen[use.name]
        out.append(replace(use, label=use.name if n == 1 else f"{use.name}-{n}"))
    return out
