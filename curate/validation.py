"""Values against pydantic models: each thing wrong becomes a fault at its place."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from curate.yamlfile import Path as Place
from curate.yamlfile import YamlFile, nearest


def validate(yml: YamlFile, place: Place, model: type[BaseModel], raw: Any) -> Any:
    """`raw` as `model`, or None with a fault for each thing wrong."""
    try:
        return model.model_validate(raw)
    except ValidationError as errors:
        wrong: dict[
            Place, tuple[str, str]
        ] = {}  # one value may fail every member of a union: that is one fault
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
                secret = "storage_options" in error["loc"]
                shown = "" if secret or isinstance(given, dict | list) else f", not {given!r}"
                told = message[0].lower() + message[1:]
                before = wrong.get(where)
                wrong[where] = (f"{before[0]}, or {told.removeprefix('input ')}" if before else told, shown)
        for where, (told, shown) in wrong.items():
            yml.fault(where, told + shown)
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
