"""Why a group of documents came, went or changed: the difference between two runs that accounts for it."""

from __future__ import annotations

from typing import Any

from curate.explain.names import used

Found = dict[str, Any]  # what `settings.compared` found


def because(group: dict[str, Any], found: Found, was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The `differences` that account for a group, by kind: `setting`, `step`, `input`, `code`, or, where none of these
    does, `earlier` (it follows from what happened to other documents, or in steps before).

    A step speaks for what it drops: its threshold for that reason first, then its other settings, its place, its code.
    Of two the one that stands first decided: it drops what it let pass, or lets pass what it dropped.
    """
    change = group["change"]
    if change in ("unchanged", "still out"):
        return {}
    if change in ("new", "gone"):
        return _of_inputs(group, found) or {"kind": "earlier"}
    if change == "changed":
        return (
            _of_texts(found, was, now)
            or _of_inputs(group, found)
            or _of_code(found, [])
            or {"kind": "earlier"}
        )
    sides = sorted((group["was"], group["now"]), key=lambda side: _stands(side, group, was, now))
    for side in sides:
        told = _of_step(side, found) if "step" in side else {}
        if side["outcome"] == "failed":
            told = _of_inputs(group, found) or _of_code(found, ["curate.readers"])
        if told:
            return told
    steps = [side["step"] for side in sides if "step" in side]
    modules = [
        use.step.module for m in (was, now) for e in m["steps"] if e["step"] in steps and (use := used(e))
    ]
    return _of_code(found, modules) or _of_inputs(group, found) or {"kind": "earlier"}


def _stands(side: dict[str, str], group: dict[str, Any], was: dict[str, Any], now: dict[str, Any]) -> int:
    """Where in its run a record's way ended: with reading, at a step, behind all."""
    if side["outcome"] == "failed":
        return -1
    steps = [entry["step"] for entry in (was if side is group["was"] else now)["steps"]]
    return steps.index(side["step"]) if "step" in side else len(steps)


def _of_step(side: dict[str, str], found: Found) -> dict[str, Any]:
    label = side["step"]
    for what in ("added", "removed"):
        if label in found["steps"][what]:
            return {"kind": "step", "what": what, "step": label}
    own = [s for s in found["settings"] if s["kind"] == "step" and s["of"] == label]
    if exact := [s for s in own if s.get("reason") == side.get("reason")]:
        return {"kind": "setting", "settings": exact}
    if other := [s for s in own if "reason" not in s] or own:
        return {"kind": "setting", "settings": other}
    return {"kind": "step", "what": "moved", "step": label} if label in found["steps"]["moved"] else {}


def _of_texts(found: Found, was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What steps that change texts do otherwise."""
    rewriting = {e["step"] for m in (was, now) for e in m["steps"] if e["rewrites"]}
    own = [s for s in found["settings"] if s["kind"] == "step" and s["of"] in rewriting]
    if own:
        return {"kind": "setting", "settings": own}
    for what in ("added", "removed", "moved"):
        if steps := [label for label in found["steps"][what] if label in rewriting]:
            return {"kind": "step", "what": what, "step": ", ".join(steps)}
    return {}


def _of_inputs(group: dict[str, Any], found: Found) -> dict[str, Any]:
    """What the sources of a group read otherwise."""
    sources = group["sources"]
    settings = [s for s in found["settings"] if s["kind"] == "source" and s["of"] in sources]
    inputs = {name: found["inputs"][name] for name in sources if name in found["inputs"]}
    if inputs:
        return {
            "kind": "input",
            "inputs": {n: {k: len(v) for k, v in of.items()} for n, of in inputs.items()},
        }
    if settings:
        return {"kind": "setting", "settings": settings}
    return {"kind": "upstream", "stages": [u["name"] for u in found["upstream"]]} if found["upstream"] else {}


def _of_code(found: Found, modules: list[str]) -> dict[str, Any]:
    """Code that changed: of `modules` if there is some (a package stands for what is in it), else of any."""
    changed = found["code"]["changed"]
    own = [name for name in changed if any(name == m or name.startswith(f"{m}.") for m in modules)]
    if own or (changed and not modules):
        return {"kind": "code", "modules": own or changed}
    return (
        {"kind": "libraries", "libraries": found["libraries"]} if found["libraries"] and not modules else {}
    )
