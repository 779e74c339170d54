"""Composing the manifest of a stage of kind curate."""

from __future__ import annotations

import platform
import time
from collections import Counter
from typing import Any

from pydantic_core import to_jsonable_python

import curate
from curate import manifest
from curate.ledger import SourceAccount, StepTally
from curate.pipeline import Pipeline
from curate.plan import Planned, StagePlan
from curate.privacy import masked, secrets_of, without
from curate.step import StepUse


def compose(
    pipeline: Pipeline,
    text: str,
    made: StagePlan,
    outputs: dict[str, Any],
    audit: dict[str, Any] | None,
    sources: dict[str, SourceAccount],
    steps: list[tuple[str, StepTally]],
    outcomes: list[list[dict[str, Any]]],
    began: float,
) -> dict[str, Any]:
    """Everything that is known of an artefact, as one JSON object."""
    stages = pipeline.stages.values()
    secrets = secrets_of(
        (use for stage in stages for use in stage.steps),
        (source for stage in stages for source in stage.config.sources),
    )
    totals: Counter[str] = Counter()
    for source in sources.values():
        totals.update({k: v for k, v in source.as_dict().items() if isinstance(v, int)})
    totals["bytes"] = sum(entry["bytes"] for entry in outputs["data"])
    return {
        **head(pipeline, made, began),
        "totals": dict(totals),
        "sources": {name: source.as_dict() for name, source in sources.items()},
        "variables": without(pipeline.variables, secrets),
        "steps": [
            {**_recipe(use, secrets), **_told(tally)} for use, (_, tally) in zip(made.stage.steps, steps)
        ],
        "slowest": slowest(outcomes[0]),
        "columns": {name: str(kind) for name, kind in made.stage.written.items()},
        "outputs": outputs,
        "digests": digests(outcomes[0], [s.name for s in made.sources]),
        "pipeline_file": masked(text, secrets),
        **({"private_key": made.private.key_id} if made.private else {}),
        **({"audit": audit} if audit else {}),
    }


def head(pipeline: Pipeline, made: Planned, began: float) -> dict[str, Any]:
    """What the manifest of every kind of stage says; `began` is the time at which building began, in seconds."""
    return {
        "format": manifest.FORMAT,
        "kind": made.stage.kind,
        "pipeline": pipeline.name,
        "stage": made.stage.name,
        "fingerprint": made.fingerprint,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(time.time() - began, 3),
        "verdict": None,
        "parts": made.parts,
        "environment": environment(),
    }


def environment() -> dict[str, str]:
    """What an artefact was made with, and on what kind of machine."""
    return {
        "curate": curate.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _recipe(use: StepUse, secrets: set[str]) -> dict[str, Any]:
    """A step as its stage used it: what its label, name and parameters are, and what it does to documents."""
    params = to_jsonable_python(use.params, fallback=str)
    return {
        "step": use.label,
        "name": use.name,
        "params": without(params, secrets),
        "adds": list(use.step.adds(use.params)),
        "corpus": use.step.corpus,
        "rewrites": use.step.rewrites(use.params),
    }


def slowest(outcomes: list[dict[str, Any]], most: int = 20) -> list[dict[str, Any]]:
    """The records that took longest to read."""
    found = sorted((-seconds, name) for outcome in outcomes for seconds, name in outcome["slowest"])
    return [{"id": name, "seconds": -seconds} for seconds, name in found[:most]]


def _told(tally: StepTally) -> dict[str, Any]:
    """A tally as manifests tell it: what was recorded is a table of evidence."""
    return {key: value for key, value in tally.as_dict().items() if key != "recorded"}


def digests(outcomes: list[dict[str, Any]], names: list[str]) -> dict[str, dict[str, Any]]:
    """SHA-256 of the input files as read: source -> file -> digest, or [start, end, digest] per byte range."""
    out: dict[str, dict[str, Any]] = {name: {} for name in names}
    for outcome in outcomes:
        for entry in outcome["digests"]:
            files = out[outcome["source"]]
            if entry["start"] == 0 and entry["end"] is None:
                files[entry["file"]] = entry["sha256"]
            else:
                files.setdefault(entry["file"], []).append([entry["start"], entry["end"], entry["sha256"]])
    return out
