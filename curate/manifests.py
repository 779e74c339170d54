"""Composing the manifest of a stage of kind curate."""

from __future__ import annotations

import platform
import time
from collections import Counter
from typing import Any

import curate
from curate import manifest
from curate.ledger import SourceAccount, StepTally
from curate.pipeline import Pipeline
from curate.plan import StagePlan
from curate.privacy import masked


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
    totals: Counter[str] = Counter()
    for source in sources.values():
        totals.update({k: v for k, v in source.as_dict().items() if isinstance(v, int)})
    totals["bytes"] = sum(entry["bytes"] for entry in outputs["data"])
    return {
        "format": manifest.FORMAT,
        "kind": made.stage.kind,
        "pipeline": pipeline.name,
        "stage": made.stage.name,
        "fingerprint": made.fingerprint,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seconds": round(time.time() - began, 3),
        "verdict": None,
        "totals": dict(totals),
        "sources": {name: source.as_dict() for name, source in sources.items()},
        "steps": [{"step": label, **_told(tally)} for label, tally in steps],
        "columns": {name: str(kind) for name, kind in made.stage.written.items()},
        "outputs": outputs,
        "parts": made.parts,
        "digests": digests(outcomes[0], [s.name for s in made.sources]),
        "pipeline_file": masked(text, [use for stage in pipeline.stages.values() for use in stage.steps]),
        **({"private_key": made.private.key_id} if made.private else {}),
        **({"audit": audit} if audit else {}),
        "environment": {
            "curate": curate.__version__,
            "python": platform.python_version(),
            "system": platform.platform(),
        },
    }


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
