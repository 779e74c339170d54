"""What changed between two models or two scorecards, by their manifests: settings, data, start, code, and scores."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from curate.display import clipped
from curate.errors import ConfigError
from curate.lineage.told import listed, mapping, settings

KINDS = ("train", "evaluate")


def diff(was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """`settings`, `data`, `start`, `code`, `libraries` and `scores` that differ, each with its `name`, `was` and `now`
    (None: not there).

    Raises:
        ConfigError: one of the two is of another kind.
    """
    if was["kind"] != now["kind"]:
        raise ConfigError(
            f"one is of kind {was['kind']}, the other of kind {now['kind']}: these are not compared"
        )
    sides = (was, now)
    return {
        "settings": _differ(*map(settings, sides)),
        "data": _differ(*map(_data, sides)),
        "start": _differ(*map(_start, sides)),
        **{
            part: _differ(*(mapping(mapping(side.get("parts")).get(part)) for side in sides))
            for part in ("code", "libraries")
        },
        "scores": _differ(*map(_scores, sides)),
        "notes": [],
    }


def _differ(was: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "was": was.get(name), "now": now.get(name)}
        for name in dict.fromkeys([*was, *now])
        if was.get(name) != now.get(name)
    ]


def _data(found: dict[str, Any]) -> dict[str, Any]:
    """Of each source what it is and how much of it was read."""
    by = mapping(mapping(found.get("training")).get("by_source"))
    return {
        name: {key: mapping(entry).get(key) for key in ("from", "share", "split", "fingerprint")}
        | {"tokens": by.get(name)}
        for name, entry in mapping(found.get("data")).items()
    }


def _start(found: dict[str, Any]) -> dict[str, Any]:
    starts = [mapping(start) for start in listed(mapping(found.get("model")).get("start"))]
    starts += [mapping(model) for model in mapping(found.get("models")).values()]
    return {
        str(s.get("stage") or s.get("address") or f"preset {s.get('preset')}"): s.get("fingerprint", "")
        for s in starts
    }


def _scores(found: dict[str, Any]) -> dict[str, Any]:
    keys = ("value", "low", "high", "n", "metric", "better")
    return {
        name: {key: mapping(of).get(key) for key in keys} for name, of in mapping(found.get("scores")).items()
    }


def lines(answer: dict[str, Any], width: int) -> Iterator[str]:
    """What differs, for a terminal."""
    told = [f"{c['name']} {_value(c['was'])} → {_value(c['now'])}" for c in answer["settings"]]
    told += [f"start {c['name']} {_side(c)}" for c in answer["start"]]
    told += [f"data {_one(c['name'])}: {_changed(c)}" for c in answer["data"]]
    for part in ("code", "libraries"):
        if answer[part]:
            told.append(f"{part}: {', '.join(_one(c['name']) for c in answer[part])}")
    for line in told or ["made from the same settings, start, data and code"]:
        yield from textwrap.wrap(_one(line, 400), width, subsequent_indent="  ", break_on_hyphens=False)
    yield ""
    for change in answer["scores"]:
        yield from textwrap.wrap(_score(change), width, subsequent_indent="  ", break_on_hyphens=False)
    if not answer["scores"]:
        yield "the same scores"


def _side(change: dict[str, Any]) -> str:
    if change["was"] is None or change["now"] is None:
        return "removed" if change["now"] is None else "added"
    return f"{_one(change['was'])[:8]} → {_one(change['now'])[:8]}"


def _changed(change: dict[str, Any]) -> str:
    if change["was"] is None or change["now"] is None:
        return _side(change)
    inner = _differ(change["was"], change["now"])
    return ", ".join(f"{c['name']} {_one(c['was'])[:16]} → {_one(c['now'])[:16]}" for c in inner)


def _score(change: dict[str, Any]) -> str:
    """The two were measured apart: intervals that overlap tell no difference for sure, nor its absence."""
    sides = [
        f"{side['value']:.4g} [{side['low']:.4g}, {side['high']:.4g}]" if side and _whole(side) else "none"
        for side in (change["was"], change["now"])
    ]
    metric = mapping(change["now"] or change["was"]).get("metric")
    return f"{_one(change['name'])}: {sides[0]} → {sides[1]} {_one(metric)}"


def _whole(side: dict[str, Any]) -> bool:
    return all(isinstance(side.get(key), int | float) for key in ("value", "low", "high"))


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else _one(value)


def _one(value: Any, most: int = 80) -> str:
    return clipped(str(value), most, lines=False)
