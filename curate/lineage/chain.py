"""The chain behind an artefact, as plain data: each artefact a node, with what it was made from below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from curate import manifest, storage
from curate.errors import ConfigError, CurateError
from curate.lineage.told import listed, mapping, model, sources

#: Links that are followed. A chain cannot lead back to where it began (a fingerprint holds those before it), but what
#: lies in a folder may be forged.
DEEPEST = 64
#: How an artefact stands to what its manifest says: found as it was, another in its place, gone, never an artefact.
THERE, CHANGED, MISSING, OUTSIDE = "there", "changed", "missing", "outside"


@dataclass(frozen=True)
class Found:
    """What was looked for: in what state it is, where, and (changed ones too) its manifest."""

    state: str
    folder: str | None = None
    manifest: dict[str, Any] = field(default_factory=dict)
    told: str = ""


def lineage(run: str, stage: str | None = None, *, found: dict[str, Any] | None = None) -> dict[str, Any]:
    """The artefact `run` with all that it was made from; `found` is its manifest where that is not written yet.

    A node has `stage`, `kind`, `fingerprint`, `state` (there, changed, missing, outside: no artefact; above: told
    before), `artefact` (its folder), `told` (what is wrong), and where its manifest is there `pipeline`, `created`,
    `code` (versions), `verdict`, `counts`, `sources` (files, with licence and share), `model` (of a trained one:
    objective, tokens, settings that its start had otherwise, scores, gate) and `from`: links, each `as` what it serves
    (start, data, documents; of what was measured model, against, control, evaluation), its `name`, what is known of
    it here, and its `node`. `notes` of the whole name what is missing or changed.

    Raises:
        ConfigError: there is no such artefact, or its manifest is none of ours.
    """
    folder, found = _root(run, stage) if found is None else (run, found)
    seen: dict[str, str] = {}
    notes: list[str] = []
    tree = _node(folder, found, seen, notes, 0)
    return tree | {"notes": notes}


def _root(run: str, stage: str | None) -> tuple[str, dict[str, Any]]:
    """The artefact meant; of what was published, the manifest lies in `curate/`."""
    place = run.rstrip("/")
    try:
        folder, found = manifest.find(place, stage)
    except ConfigError as error:
        published = manifest.read(f"{place}/curate")
        if published is None:
            raise error
        folder, found = place, published
    if not isinstance(found.get("fingerprint"), str) or not isinstance(found.get("kind"), str):
        raise ConfigError(f"{folder}/manifest.json is no artefact's: it has no kind or fingerprint")
    return folder, found


def _node(
    folder: str, found: dict[str, Any], seen: dict[str, str], notes: list[str], depth: int
) -> dict[str, Any]:
    seen[found["fingerprint"]] = str(found.get("stage"))
    out: dict[str, Any] = {
        **{key: found.get(key) for key in ("stage", "kind", "fingerprint")},
        "state": THERE,
        "artefact": folder,
        **{key: found.get(key) for key in ("pipeline", "created", "verdict")},
        "code": {
            "environment": mapping(found.get("environment")),
            "modules": mapping(mapping(found.get("parts")).get("code")),
            "libraries": mapping(mapping(found.get("parts")).get("libraries")),
        },
        "counts": {k: v for k, v in mapping(found.get("totals")).items() if isinstance(v, int | float)},
        "sources": sources(found),
    }
    links, starts = [], []
    for link, wanted in _links(found):
        behind = _resolved(folder, wanted)
        if link["as"] == "start":
            starts.append(behind.manifest if behind.state == THERE else {})
        links.append(link | {"node": _below(wanted, behind, seen, notes, depth)})
        if behind.state in (MISSING, CHANGED):
            notes.append(f"{found.get('stage')} was made from {wanted['name']}: {behind.told}")
    if "model" in found or "scores" in found:
        out["model"] = model(found, starts[0] if starts else {})
    return out | {"from": links}


def _below(
    wanted: dict[str, Any], behind: Found, seen: dict[str, str], notes: list[str], depth: int
) -> dict[str, Any]:
    """The node of a link: the artefact's own, or what can be said without it."""
    bare = {
        "stage": wanted["name"],
        "kind": behind.manifest.get("kind"),
        "fingerprint": wanted["fingerprint"],
        "state": behind.state,
        "artefact": behind.folder,
        "told": behind.told,
    }
    if behind.state != THERE:
        return bare
    if wanted["fingerprint"] in seen:
        return bare | {"state": "above"}
    if depth >= DEEPEST:
        notes.append(f"{wanted['name']}: more than {DEEPEST} links deep, the rest is not followed")
        return bare
    assert behind.folder is not None
    return _node(behind.folder, behind.manifest, seen, notes, depth + 1)


Link = tuple[dict[str, Any], dict[str, Any]]


def _links(found: dict[str, Any]) -> Iterator[Link]:
    """(what a link tells, what to look for): the model begun from, data, then what else was read of other stages."""
    parts = mapping(found.get("parts"))
    upstream = {str(k): str(v) for k, v in mapping(parts.get("upstream")).items()}
    config = mapping(parts.get("config"))
    left = dict(upstream)
    for entry in map(mapping, listed(mapping(found.get("model")).get("start"))):
        if not (name := entry.get("stage") or entry.get("address")):
            continue  # a preset: random weights come from nowhere
        left.pop(str(name), None)
        yield {"as": "start", "name": str(name)}, _wanted(name, entry, upstream)
    for role, entry in ((str(k), mapping(v)) for k, v in mapping(found.get("models")).items()):
        name = str(entry.get("stage") or entry.get("address"))
        left.pop(name, None)
        yield {"as": role, "name": name}, _wanted(name, entry, upstream)
    for name, entry in ((str(k), mapping(v)) for k, v in mapping(found.get("data")).items()):
        left.pop(str(entry.get("from")), None)
        yield (
            {"as": "data", "name": name} | _amounts(found, name, entry),
            _wanted(entry.get("from") or name, entry, upstream),
        )
    rest = "evaluation" if "model" in found or "scores" in found else "documents"
    roles = _named(config)
    for name, fingerprint in left.items():
        yield (
            {"as": roles.get(name, rest), "name": name},
            {"name": name, "fingerprint": fingerprint, "at": None},
        )


def _named(config: dict[str, Any]) -> dict[str, str]:
    """What a setting names: the control, a reward or a reference model, a tokenizer; by what is named."""
    params = [mapping(p) for p in mapping(config.get("objective")).values()]
    own = {"control": config.get("control"), "tokenizer": mapping(config.get("model")).get("tokenizer")}
    told: list[dict[str, Any]] = [own, *({k: v for k, v in p.items() if isinstance(v, str)} for p in params)]
    return {str(value): role for entry in told for role, value in entry.items() if isinstance(value, str)}


def _amounts(found: dict[str, Any], name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """What of a source of the mixture is known without its artefact."""
    training = mapping(found.get("training"))
    by = {k: v for k, v in mapping(training.get("by_source")).items() if isinstance(v, int | float)}
    told = {key: entry.get(key) for key in ("share", "split", "files", "licenses", "fingerprint")}
    told |= {"tokens": by.get(name), "epochs": mapping(training.get("epochs")).get(name)}
    whole = sum(by.values())
    return told | {"reached": by[name] / whole if by.get(name) is not None and whole else None}


def _wanted(name: Any, entry: dict[str, Any], upstream: dict[str, str]) -> dict[str, Any]:
    fingerprint = upstream.get(str(name)) or str(entry.get("fingerprint") or "")
    return {"name": str(name), "fingerprint": fingerprint, "at": entry.get("at")}


def _resolved(folder: str, wanted: dict[str, Any]) -> Found:
    """An artefact by its fingerprint: beside the one made from it, else where the manifest says that it was."""
    name, fingerprint = wanted["name"], wanted["fingerprint"]
    if "://" in name and name.startswith("hf://"):
        return Found(OUTSIDE, None, {}, "on the Hub")
    beside = f"{folder.rpartition('/')[0] or '.'}/{name}-{fingerprint[:8]}"
    places = [place for place in (beside, wanted["at"], name) if isinstance(place, str)]
    other: Found | None = None
    for place in dict.fromkeys(places):
        there, made = _artefact(place)
        if made.get("fingerprint") == fingerprint and fingerprint:
            return Found(THERE, there, made)
        if made and other is None:
            told = f"{there} has the fingerprint {str(made.get('fingerprint'))[:16]}, not {fingerprint[:16]}"
            other = Found(CHANGED, there, made, told)
    if other is not None:
        return other
    if "/" in name or "." in name:  # files: only artefacts are held against their fingerprints
        here = storage.is_local(name) and not any(mark in name for mark in "*?[")
        gone = here and not storage.exists(name)
        return Found(MISSING if gone else OUTSIDE, name, {}, f"{name} is not there any more" if gone else "")
    return Found(MISSING, None, {}, f"its artefact {name}-{fingerprint[:8]} is not beside it any more")


def _artefact(place: str) -> tuple[str, dict[str, Any]]:
    """The artefact in a folder, or an output folder's only one; nothing where there is none that can be read."""
    try:
        return manifest.find(place)
    except (CurateError, OSError, ValueError, ImportError):
        return place, {}
