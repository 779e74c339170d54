"""What was made from what: `manifest.json` of an artefact, and `latest.json` beside the artefacts.

The manifest is written last and is the commit: an artefact is there when its manifest is. Readers go by the
files that it lists, never by a glob.
"""

from __future__ import annotations

import json
from typing import Any

from curate import storage
from curate.errors import ConfigError

#: Counts up when what a manifest says changes its meaning.
FORMAT = 1


def read_text(path: str) -> str | None:
    """A small file's text, or None where there is none."""
    try:
        with storage.open_file(path) as handle:
            return handle.read().decode()
    except FileNotFoundError:
        return None


def read_object(path: str) -> dict[str, Any] | None:
    """The JSON object in a small file, or None where there is none.

    Raises:
        ConfigError: something else is in it.
    """
    text = read_text(path)
    try:
        found = None if text is None else json.loads(text)
    except ValueError:
        found = text
    if found is not None and not isinstance(found, dict):
        raise ConfigError(f"{path} is not what curate wrote: remove it and run the pipeline again")
    return found


def write_text(path: str, text: str) -> None:
    """A small file, whole or not at all."""
    with storage.committed(path) as handle:
        handle.write(text.encode())


def write(folder: str, manifest: dict[str, Any]) -> None:
    """Commit an artefact."""
    write_text(f"{folder}/manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def read(folder: str) -> dict[str, Any] | None:
    """The manifest in `folder`, or None where there is none."""
    return read_object(f"{folder}/manifest.json")


def latest(out: str) -> dict[str, str]:
    """Stage -> name of its newest artefact's folder."""
    return read_object(f"{out}/latest.json") or {}


def point(out: str, stage: str, name: str) -> None:
    """Make `name` the newest artefact of `stage`."""
    now = latest(out)
    if now.get(stage) != name:
        write_text(f"{out}/latest.json", json.dumps(now | {stage: name}, indent=1, sort_keys=True) + "\n")


def files(folder: str, manifest: dict[str, Any], part: str = "data") -> list[str]:
    """Addresses of the files of `part` (data, dropped, failed, evidence/STEP/TABLE), in order.

    Raises:
        ConfigError: the artefact has no such table.
    """
    outputs = manifest["outputs"]
    _, _, table = part.partition("evidence/")
    tables = outputs.get("evidence", {})
    if table and table not in tables:
        raise ConfigError(f"{folder} has no table '{table}': {', '.join(sorted(tables)) or 'it has none'}")
    if not table and part not in outputs:
        hint = "curate report and curate lineage tell of it"
        hint += ", curate inspect --evidence scores of what it was measured on" if "scores" in tables else ""
        raise ConfigError(f"{folder} is of kind {manifest.get('kind')} and holds no {part}: {hint}")
    entries = tables[table] if table else outputs[part]
    return [f"{folder}/{part}/{entry['path']}" for entry in entries]


def find(run: str, stage: str | None = None) -> tuple[str, dict[str, Any]]:
    """The artefact that a user means by `run`: its folder, or a pipeline's output folder (then by `stage`).

    Raises:
        ConfigError: there is no artefact, or it is not clear which stage is meant.
    """
    run = run.rstrip("/")
    if (found := read(run)) is not None:
        return run, found
    stages = latest(run)
    if not stages:
        raise ConfigError(f"{run} holds no artefact: neither manifest.json nor latest.json is there")
    if stage is None and len(stages) > 1:
        raise ConfigError(
            f"{run} holds several stages ({', '.join(sorted(stages))}): choose one with --stage"
        )
    name = stages.get(stage or next(iter(stages)))
    if name is None:
        raise ConfigError(f"{run} holds no stage '{stage}', only {', '.join(sorted(stages))}")
    manifest = read(f"{run}/{name}")
    if manifest is None:
        raise ConfigError(
            f"{run}/latest.json names {name}, which has no manifest.json: run the pipeline again"
        )
    return f"{run}/{name}", manifest
