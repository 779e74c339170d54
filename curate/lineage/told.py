"""What a manifest tells of its sources and of its model. Manifests that were sent may hold anything: what is not as
expected counts as not there."""

from __future__ import annotations

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """A dict, or an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def sources(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Sources that read files: `name`, `path`, `license`, `files` (each with name, bytes, SHA-256 where it was read),
    documents read and kept, and the share of all kept characters."""
    parts = mapping(found.get("parts"))
    inputs, digests = mapping(parts.get("inputs")), mapping(found.get("digests"))
    accounts = {name: mapping(entry) for name, entry in mapping(found.get("sources")).items()}
    kept = {name: _size(account) for name, account in accounts.items()}
    out = []
    for entry in map(mapping, listed(mapping(parts.get("config")).get("sources"))):
        if entry.get("from"):
            continue
        name = str(entry.get("name"))
        account = accounts.get(name, {})
        out.append(
            {
                "name": name,
                "as": "source",
                "path": entry.get("path"),
                "license": entry.get("license"),
                "documents": {key: account.get(key) for key in ("read", "kept", "dropped", "failed")},
                "share": kept.get(name, 0) / sum(kept.values()) if sum(kept.values()) else None,
                "files": _files(listed(inputs.get(name)), mapping(digests.get(name))),
            }
        )
    return out + _others(found, inputs)


def _others(found: dict[str, Any], inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """Files that are read and are no source of documents: a benchmark, a list of rows."""
    config = mapping(mapping(found.get("parts")).get("config"))
    known = {str(mapping(entry).get("name")) for entry in listed(config.get("sources"))}
    data = {str(mapping(entry).get("from")) for entry in mapping(found.get("data")).values()}
    data |= {str(mapping(s).get("address")) for s in listed(mapping(found.get("model")).get("start"))}
    role = "measured on" if "scores" in found else "read too"
    return [
        {
            "name": name,
            "path": name,
            "as": role,
            "license": None,
            "share": None,
            "files": _files(listed(value), {}),
        }
        for name, value in inputs.items()
        if name not in known and name not in data and not name.startswith("model ")
    ]


def _size(account: dict[str, Any]) -> int:
    size = account.get("characters_kept", account.get("kept", 0))
    return size if isinstance(size, int) else 0


def _files(stamps: list[Any], digests: dict[str, Any]) -> list[dict[str, Any]]:
    """Digests of a file that was read in ranges are a list of [start, end, digest]."""
    found = [entry for entry in stamps if isinstance(entry, list) and len(entry) > 1]
    return [{"name": entry[0], "bytes": entry[1], "sha256": digests.get(str(entry[0]))} for entry in found]


def model(found: dict[str, Any], start: dict[str, Any]) -> dict[str, Any]:
    """What was done to a model, and what came of it; `start` is the manifest of what it began from."""
    training, made = mapping(found.get("training")), mapping(found.get("model"))
    config = mapping(mapping(found.get("parts")).get("config"))
    objective = training.get("objective")
    return {
        "objective": next(iter(objective), None) if isinstance(objective, dict) else objective,
        "parameters": made.get("parameters"),
        "architecture": made.get("architecture"),
        "adapter": mapping(made.get("adapter")) or None,
        "preset": next(
            (p for s in listed(made.get("start")) if (p := mapping(s).get("preset"))),
            None,
        ),
        "tokens": training.get("tokens"),
        "steps": training.get("steps"),
        "seconds": training.get("seconds"),
        "changed": changed(settings(start), settings(found)) if start else None,
        "settings": settings(found),
        "scores": {
            name: {k: v for k, v in of.items() if k != "examples"} if isinstance(of, dict) else of
            for name, of in mapping(found.get("scores")).items()
        },
        "scored_against": found.get("scored_against"),
        "evaluation": config.get("evaluate", config.get("suite")),
        "gate": gate(found),
    }


def gate(found: dict[str, Any]) -> dict[str, Any]:
    """The limits that it was held to, and the verdict in words."""
    verdict = found.get("verdict")
    said = "no verdict" if not isinstance(verdict, dict) else "passed" if verdict.get("ok") else "failed"
    faults = [str(fault) for fault in listed(mapping(verdict).get("faults"))]
    return {"limits": found.get("gate"), "verdict": said, "faults": faults}


def settings(found: dict[str, Any]) -> dict[str, Any]:
    """All settings of a training by their place: `schedule.name`, `adapter.rank`, `objective.dpo.beta`."""
    training = mapping(found.get("training"))
    config = mapping(mapping(found.get("parts")).get("config"))
    own = {
        key: config.get(key) for key in ("seed", "freeze", "average", "canaries", "anneal") if config.get(key)
    }
    adapter = mapping(mapping(found.get("model")).get("adapter"))
    if adapter.get("name") == "full":
        adapter = {"name": "full"}
    objective = mapping(training.get("objective"))
    told = {"objective": next(iter(objective), None), **objective, "adapter": adapter}
    nested = told | mapping(training.get("settings")) | own
    return dict(_flat("", nested))


def _flat(place: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        return [pair for k, v in value.items() for pair in _flat(f"{place}.{k}" if place else str(k), v)]
    return [] if value == {} else [(place, value)]


def changed(was: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    """Settings that differ."""
    return [
        {"name": name, "was": was.get(name), "now": now.get(name)}
        for name in dict.fromkeys([*was, *now])
        if was.get(name) != now.get(name)
    ]
