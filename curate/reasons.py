"""Why an artefact is built again: what differs between the newest one and what is asked for now."""

from __future__ import annotations

import json
from typing import Any


def why(old: dict[str, Any] | None, parts: dict[str, Any]) -> list[str]:
    """What differs between the newest artefact and what is asked for now, in words."""
    if old is None:
        return ["never built"]
    was = old["parts"]
    out = [f"config {change}" for change in _changes(was["config"], _plain(parts["config"]))]
    for source, files in parts["inputs"].items():
        have, now = _stamps(was["inputs"].get(source, [])), _stamps(_plain(files))
        new, gone = len(now.keys() - have.keys()), len(have.keys() - now.keys())
        changed = [n for n in now.keys() & have.keys() if now[n] != have[n]]
        if new or gone or changed:
            example = f" (such as {sorted(changed)[0]})" if changed else ""
            out.append(f"input {source}: {new} new, {gone} gone, {len(changed)} changed files{example}")
    out += [
        f"upstream {name} is another"
        for name, fp in parts["upstream"].items()
        if was["upstream"].get(name) != fp
    ]
    for what in ("code", "libraries"):
        names = [n for n in sorted(was[what] | parts[what]) if was[what].get(n) != parts[what].get(n)]
        if names:
            shown = (
                names if what == "code" else [f"{n} {was[what].get(n)} → {parts[what].get(n)}" for n in names]
            )
            out.append(f"{'code' if what == 'code' else 'library'} changed: {', '.join(shown[:6])}")
    return out or ["its folder is not there any more"]


def _stamps(files: Any) -> dict[str, Any]:
    """By name what changes with a file; other kinds of stage name some inputs by one fingerprint."""
    return {"all of it": files} if isinstance(files, str) else {name: rest for name, *rest in files}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _changes(was: Any, now: Any, place: str = "") -> list[str]:
    if isinstance(was, dict) and isinstance(now, dict):
        return [
            change
            for key in sorted(was.keys() | now.keys())
            for change in _changes(was.get(key), now.get(key), f"{place}.{key}" if place else key)
        ]
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        return [c for i, (a, b) in enumerate(zip(was, now)) for c in _changes(a, b, f"{place}[{i}]")]
    if isinstance(was, list) and isinstance(now, list) and place == "steps":
        names = [[next(iter(s)) for s in steps] for steps in (was, now)]
        return [f"steps: {', '.join(names[0])} → {', '.join(names[1])}"]
    told = [value if len(value := repr(v)) <= 60 else f"{value[:59]}…" for v in (was, now)]
    return [] if was == now else [f"{place}: {told[0]} → {told[1]}"]
