"""What an artefact hides, and with which key it can be told again: names of files, keys, originals of private data."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate import manifest
from curate.errors import ConfigError
from curate.intake import Names
from curate.pii.keys import FILE, VARIABLE, load_key
from curate.private import Private
from curate.source import Source
from curate.step import StepUse, load_step


@dataclass(frozen=True)
class Opened:
    """How an artefact names files: `names` gives names their hidden forms, `private` is what the stage ran under.

    `closed` says why nothing of the sources can be read again; empty where it can.
    """

    names: Names = field(default_factory=Names)
    private: Private | None = None
    closed: str = ""


def artefact(run: str, stage: str | None) -> tuple[str, dict[str, Any]]:
    """The artefact that a user means, as `manifest.find`, if it can be explained.

    Raises:
        ConfigError: there is none, it is of another kind than curate, or of a version that told less of its steps.
    """
    folder, found = manifest.find(run, stage)
    if found.get("kind") != "curate":
        raise ConfigError(
            f"{folder} is of kind {found.get('kind')}: two runs of stages of kind curate are compared, document by "
            "document; of other kinds, compare their report.json"
        )
    if not all({"name", "params", "adds", "rewrites"} <= set(entry) for entry in found["steps"]):
        raise ConfigError(
            f"{folder} was made by an earlier version, which told less of its steps: run it again"
        )
    return folder, found


def opened(folder: str, found: dict[str, Any]) -> Opened:
    """What an artefact's names are made with; its key is that of the environment, else the one in its private/."""
    if "private_key" not in found:
        return Opened()
    home = Path(folder) / "private"
    if not os.environ.get(VARIABLE) and not (home / FILE).exists():
        return Opened(
            closed=f"names and texts are hidden: set {VARIABLE} to the key that the run had (its id is "
            f"{found['private_key']})"
        )
    try:
        key = load_key(home)
    except ValueError as error:
        return Opened(closed=str(error))
    if key.id != found["private_key"]:
        return Opened(
            closed=f"names and texts are hidden under the key {found['private_key']}; this is the key {key.id}"
        )
    entry = scrubbing(found)
    use = entry and used(entry)
    if use is None:
        return Opened(closed="the step that hid names and texts cannot be loaded")
    spelled = frozenset().union(*(source.spelled for source in sources(found).values()))
    private = Private(use, key.secret, key.id, spelled)
    return Opened(Names.under(private), private)


def sources(found: dict[str, Any]) -> dict[str, Source]:
    """The sources of an artefact by name, without their secrets."""
    entries = found["parts"]["config"]["sources"]
    return {entry["name"]: Source.model_validate(given(entry)) for entry in entries}


def given(entry: dict[str, Any]) -> dict[str, Any]:
    """A source's settings without those that are as they are anyway."""
    defaults = Source.model_construct(name="").model_dump(by_alias=True)
    return {key: value for key, value in entry.items() if key == "name" or value != defaults.get(key)}


def used(entry: dict[str, Any]) -> StepUse | None:
    """A step of a manifest as its stage used it; None where it cannot be loaded any more.

    Raises nothing: a step of the user's own may be gone, broken, or take other parameters now.
    """
    try:
        step = load_step(entry["name"])
        return StepUse(entry["name"], step.validated(entry["params"]), entry["step"]) if step else None
    except Exception:
        return None


def scrubbing(found: dict[str, Any]) -> dict[str, Any] | None:
    """The step of a manifest that takes private data out, if one does."""
    if "private_key" not in found:
        return None
    steps = [entry for entry in found["steps"] if (use := used(entry)) and use.step.scrubber]
    return steps[0] if steps else None


def told(folder: str, name: str) -> str | None:
    """The name behind a hidden one, from the artefact's vault; None where there is none, or no key that opens it."""
    from curate.privacy import reveal

    try:
        return next((original for value, _, original in reveal(folder, [name]) if value == name), None)
    except ConfigError:
        return None
