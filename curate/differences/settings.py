"""What two runs were made from, compared by their manifests: settings, steps, code, libraries, inputs, upstream."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from curate.explain.names import used

Manifest = dict[str, Any]


def compared(was: Manifest, now: Manifest) -> dict[str, Any]:
    """All that differs, for JSON."""
    return {
        "settings": [*_sources(was, now), *_steps(was, now), *_others(was, now)],
        "steps": _order(labels(was), labels(now)),
        "code": _named(was["parts"]["code"], now["parts"]["code"]),
        "libraries": _versions(was["parts"]["libraries"], now["parts"]["libraries"]),
        "environment": _versions(was.get("environment", {}), now.get("environment", {})),
        "inputs": _inputs(was, now),
        "upstream": _versions(was["parts"]["upstream"], now["parts"]["upstream"]),
        "variables": _versions(was.get("variables", {}), now.get("variables", {})),
    }


def labels(found: Manifest) -> list[str]:
    """The steps of a stage by their labels, in order."""
    return [entry["step"] for entry in found["steps"]]


def _setting(kind: str, of: str, name: str, was: Any, now: Any, reason: str = "") -> dict[str, Any]:
    found = {"kind": kind, "of": of, "name": name, "was": was, "now": now}
    return found | ({"reason": reason} if reason else {})


def _sources(was: Manifest, now: Manifest) -> list[dict[str, Any]]:
    before, after = ({s["name"]: s for s in m["parts"]["config"]["sources"]} for m in (was, now))
    out = [_setting("source", name, "", "there", None) for name in before if name not in after]
    out += [_setting("source", name, "", None, "there") for name in after if name not in before]
    for name in (name for name in before if name in after):
        old, new = before[name], after[name]
        out += [_setting("source", name, key, old.get(key), new.get(key)) for key in _differ(old, new)]
    return out


def _differ(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]


def _steps(was: Manifest, now: Manifest) -> list[dict[str, Any]]:
    before, after = (_settings(m) for m in (was, now))
    entries = [{entry["step"]: entry for entry in m["steps"]} for m in (was, now)]
    out = []
    for label in (label for label in before if label in after):
        bounds = [_bounds(by_label[label]) for by_label in entries]
        told = [name for name in dict.fromkeys([*bounds[0], *bounds[1]]) if _bound(bounds, name)]
        for name in told:
            (old, reason), (new, later) = (of.get(name, (None, "")) for of in bounds)
            out.append(_setting("step", label, name, old, new, reason or later))
        for name in _differ(before[label], after[label]):
            if name not in told:
                out.append(_setting("step", label, name, before[label].get(name), after[label].get(name)))
    return out


def _settings(found: Manifest) -> dict[str, dict[str, Any]]:
    return {label: of for step in found["parts"]["config"]["steps"] for label, of in step.items()}


def _bounds(entry: dict[str, Any]) -> dict[str, tuple[float, str]]:
    """The numbers that a step holds documents to, also those of its presets, by parameter, with their reasons."""
    use = used(entry)
    return {t.parameter: (t.bound, t.reason) for t in use.step.thresholds(use.params)} if use else {}


def _bound(bounds: list[dict[str, tuple[float, str]]], name: str) -> bool:
    return bounds[0].get(name) != bounds[1].get(name)


def _others(was: Manifest, now: Manifest) -> list[dict[str, Any]]:
    out = []
    old, new = was["parts"]["config"], now["parts"]["config"]
    for key in _differ(old["output"], new["output"]):
        out.append(_setting("output", "output", key, old["output"].get(key), new["output"].get(key)))
    if old["task_size"] != new["task_size"]:
        out.append(_setting("stage", "", "task_size", old["task_size"], new["task_size"]))
    return out


def _order(before: list[str], after: list[str]) -> dict[str, list[str]]:
    """Steps that were added, removed, and that stand elsewhere among the others."""
    common = [label for label in before if label in after], [label for label in after if label in before]
    blocks = SequenceMatcher(None, *common, autojunk=False).get_matching_blocks()
    still = {label for block in blocks for label in common[0][block.a : block.a + block.size]}
    return {
        "added": [label for label in after if label not in before],
        "removed": [label for label in before if label not in after],
        "moved": [label for label in common[1] if label not in still],
    }


def _named(old: dict[str, str], new: dict[str, str]) -> dict[str, list[str]]:
    return {
        "changed": sorted(name for name in old if name in new and old[name] != new[name]),
        "new": sorted(set(new) - set(old)),
        "gone": sorted(set(old) - set(new)),
    }


def _versions(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": key, "was": old.get(key), "now": new.get(key)} for key in sorted(_differ(old, new))]


def _inputs(was: Manifest, now: Manifest) -> dict[str, dict[str, list[str]]]:
    """By source the files that are new, gone and changed: by SHA-256, else by size and time."""
    out = {}
    for source in dict.fromkeys([*was["parts"]["inputs"], *now["parts"]["inputs"]]):
        old, new = ({f[0]: f[1:] for f in m["parts"]["inputs"].get(source, [])} for m in (was, now))
        told = [m["digests"].get(source, {}) for m in (was, now)]
        changed = sorted(
            name
            for name in old
            if name in new and not _same(old[name], new[name], *(t.get(name) for t in told))
        )
        files = {"new": sorted(set(new) - set(old)), "gone": sorted(set(old) - set(new)), "changed": changed}
        if any(files.values()):
            out[source] = files
    return out


def _same(old: list[Any], new: list[Any], before: Any, after: Any) -> bool:
    """Whether a file is the same: by its digests where both runs hashed the same ranges of it, else by size and
    stamp."""
    ranges = [[r[:2] for r in d] if isinstance(d, list) else d is not None for d in (before, after)]
    return bool(before == after if before and ranges[0] == ranges[1] else old == new)
