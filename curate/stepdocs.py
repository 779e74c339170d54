"""Documentation of steps from their signatures and docstrings, for `curate steps`."""

from __future__ import annotations

import inspect
import types
import typing
from typing import Any

from curate import kinds
from curate.errors import ConfigError
from curate.step import Step, load_step
from curate.usage import step_names
from curate.yamlfile import nearest


def overview() -> str:
    """One line per step, and per part of the other kinds of stage."""
    own = {name: step for name in step_names() if (step := load_step(name))}
    groups = {"steps (curate steps NAME tells more):": own} | parts()
    width = max(len(name) for group in groups.values() for name in group)
    lines: list[str] = []
    for title, group in groups.items():
        lines += ["", title] if lines else [title]
        for name, step in group.items():
            first = (inspect.getdoc(step.func) or "").partition("\n")[0]
            lines.append(f"  {name:{width}}  {first}")
    return "\n".join(lines)


def parts() -> dict[str, dict[str, Step]]:
    """What stages of other kinds are made of, by title and name: tasks, filters, objectives."""
    found: dict[str, dict[str, Step]] = {}
    for kind in kinds.MODULES:
        found |= module.parts() if (module := kinds.load(kind)) else {}
    return found


def document(name: str) -> str:
    """All about one step: parameters with types and defaults, columns, what it does.

    Raises:
        ConfigError: there is no such step.
    """
    others = {other: step for group in parts().values() for other, step in group.items()}
    step = load_step(name) or others.get(name)
    if step is None:
        raise ConfigError(f"there is no step '{name}' ({nearest(name, [*step_names(), *others])})")
    lines = [name, "", inspect.getdoc(step.func) or "", ""]
    if parameters := step.parameters():
        lines.append("parameters:")
        shown = [(p.name, type_name(p.annotation), _default(p)) for p in parameters]
        widths = [min(48, max(len(row[i]) for row in shown)) for i in range(2)]  # few are longer
        told = [_description(p.annotation) for p in parameters]
        lines += [f"  {n:{widths[0]}}  {t:{widths[1]}}  {d}{a}".rstrip() for (n, t, d), a in zip(shown, told)]
    if step.open_ended:
        lines.append("  and any other key, which it hands on")
    lines += _columns(step)
    if step.corpus:
        lines.append("sees the whole corpus: a segment of the run ends before it")
    return "\n".join(lines).rstrip()


def _description(annotation: Any) -> str:
    """What an `Annotated` type says beside the type: bounds, and a description."""
    out = []
    for note in getattr(annotation, "__metadata__", ()):
        parts = getattr(note, "metadata", [note])
        for name, sign in (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤")):
            out += [
                f"{sign} {getattr(part, name)}" for part in parts if getattr(part, name, None) is not None
            ]
        out += [text for text in (getattr(note, "description", None),) if text]
    return f"; {', '.join(out)}" if out else ""


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return "required"
    return "default null" if parameter.default is None else f"default {parameter.default!r}"


def _columns(step: Step) -> list[str]:
    required = {p.name for p in step.parameters() if p.default is inspect.Parameter.empty}
    out = []
    if not callable(step.declared) and step.declared:
        out.append(f"adds: {', '.join(f'{c} ({_short(t)})' for c, t in step.declared.items())}")
    elif callable(step.declared):
        shown = [c for c in ({} if required else step.adds({})) if not c.startswith("_")]
        out += (
            ["adds: depends on the parameters"]
            if required
            else [f"adds: {', '.join(shown)}"]
            if shown
            else []
        )
    if not callable(step.needed) and step.needed:
        out.append(f"needs: {', '.join(step.needed)}")
    return out


def _short(kind: Any) -> str:
    text = str(kind)
    return (
        text if len(text) <= 40 else f"{text.partition('(')[0]} of {len(getattr(kind, 'fields', []))} fields"
    )


def type_name(annotation: Any) -> str:
    """A type as a person would write it."""
    if typing.get_origin(annotation) is typing.Annotated:
        return type_name(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is typing.Literal:
        return " | ".join(map(str, typing.get_args(annotation)))
    if annotation is type(None):
        return "null"
    if annotation in (str, int, float, bool):
        return {"str": "text", "int": "whole number", "float": "number", "bool": "true/false"}[
            annotation.__name__
        ]
    if fields := getattr(annotation, "model_fields", None):
        return f"mapping of {', '.join(fields)}"
    arguments = typing.get_args(annotation)
    if arguments and typing.get_origin(annotation) is list:
        return f"list of {type_name(arguments[0])}"
    if arguments and typing.get_origin(annotation) is dict:
        return f"mapping of {type_name(arguments[0])} to {type_name(arguments[1])}"
    if arguments and typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return " or ".join(type_name(a) for a in arguments)
    return str(annotation).replace("typing.", "")
