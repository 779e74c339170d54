"""Filters by name: a filter is the function in `synth/filters/<name>.py` that has the file's name.

Its keyword-only parameters are its keys in YAML; what stands before them is lent by the caller (`seeds`, `ask`), and
what it returns is the filter. There is nothing to register.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

import synth.filters
from curate.errors import ConfigError
from curate.step import Step
from curate.usage import signature_fields
from curate.validation import validate
from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest
from synth.filters.base import Filter, Filters


def names() -> list[str]:
    """Every filter there is."""
    return [m.name for m in pkgutil.iter_modules(synth.filters.__path__) if maker(m.name)]


def maker(name: str) -> Callable[..., Filter] | None:
    """The function that makes the filter called `name`, or None."""
    module = f"synth.filters.{name}"
    if not name.isidentifier() or importlib.util.find_spec(module) is None:
        return None
    found = getattr(importlib.import_module(module), name, None)
    return found if inspect.isfunction(found) else None


@lru_cache
def settings(name: str) -> type[BaseModel]:
    """The keys of a filter as a model."""
    made = maker(name)
    assert made is not None
    return signature_fields(Step(name, made, made.__module__), {})


def checked(yml: YamlFile, place: Place, raw: Any) -> list[tuple[str, BaseModel]]:
    """The filters that stand at `place`: name and settings of each; what is wrong becomes faults of `yml`."""
    if not isinstance(raw, list):
        yml.fault(place, "filters are a list, such as [schema, length: {max_words: 400}]")
        return []
    out = []
    for number, entry in enumerate(raw):
        here: Place = (*place, number)
        if isinstance(entry, str):
            entry = {entry: {}}
        if not isinstance(entry, dict) or len(entry) != 1:
            yml.fault(here, "a filter is its name, or its name with settings")
            continue
        [(name, given)] = entry.items()
        if not isinstance(name, str) or maker(name) is None:
            yml.fault(here, f"unknown filter '{name}'", nearest(str(name), names()))
            continue
        model = validate(yml, (*here, name), settings(name), given or {})
        if model is not None:
            out.append((name, model))
    return out


def lacking(name: str, lent: Iterable[str] = ()) -> list[str]:
    """What the filter called `name` must be lent beside its settings, and is not."""
    made = maker(name)
    assert made is not None
    takes = inspect.signature(made).parameters.values()
    needs = [p.name for p in takes if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    return [need for need in needs if need not in lent]


def build(uses: Sequence[tuple[str, BaseModel]], **lent: Any) -> Filters:
    """The chain of the filters that `checked` gave; `lent` are what they take beside settings. A filter that is used
    again is told apart by its number, as steps are.

    Raises:
        ConfigError: a filter cannot be made as it is set, or lacks what is lent.
    """
    made: list[tuple[str, Filter]] = []
    seen: Counter[str] = Counter()
    for name, given in uses:
        make = maker(name)
        assert make is not None
        if needs := lacking(name, lent):
            raise ConfigError(f"the filter '{name}' needs {', '.join(needs)}, which nothing here gives it")
        takes = [p for p in inspect.signature(make).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        values = {field: getattr(given, field) for field in type(given).model_fields}
        seen[name] += 1
        label = name if seen[name] == 1 else f"{name}-{seen[name]}"
        try:
            made.append((label, make(**{p.name: lent[p.name] for p in takes if p.name in lent}, **values)))
        except (ValueError, OSError) as error:
            raise ConfigError(f"filter '{name}': {error}") from error
    return Filters(made)


def of(entries: list[Any], **lent: Any) -> Filters:
    """The chain of filters written as in YAML, for a notebook: `of(["schema", {"length": {"max_words": 400}}])`.

    Raises:
        ConfigError: with every fault.
    """
    yml = YamlFile("", entries)
    uses = checked(yml, (), entries)
    if yml.faults:
        raise ConfigError(yml.faults)
    return build(uses, **lent)
