"""Everything that a report tells, as one object: from the manifest, the columns that were kept, and the evidence."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate import kinds, manifest, sections
from curate.report import pairs, samples
from curate.report.histograms import spreads
from curate.report.numbers import account
from curate.report.rows import open_shard, thresholds
from curate.report.trial import trial

#: Counts up when what a report says changes its meaning.
FORMAT = 1
#: Rows of failed inputs that are listed.
FAILED = 300


def gather(folder: str, found: dict[str, Any], *, texts: bool = True) -> dict[str, Any]:
    """A report's numbers, and (with `texts`; else empty) the samples and the rows of the page's sliders.

    Reads the columns of all shards file by file, and the texts of the samples alone.
    """
    found = _whole(found)
    held = thresholds(found)
    own = _special(folder, found, texts)
    if (
        own["sections"] and found["verdict"]
    ):  # below its first line a gate quotes rows, which its section cleans
        first = [fault.partition("\n")[0] for fault in found["verdict"]["faults"]]
        found["verdict"] = found["verdict"] | {"faults": first}
    told = {
        "format": FORMAT,
        "artefact": folder.rstrip("/").rpartition("/")[2],
        **{key: found[key] for key in ("pipeline", "stage", "fingerprint", "created", "seconds", "verdict")},
        "settings": {"variables": found.get("variables", {}), "pipeline_file": found["pipeline_file"]},
        "environment": found["environment"],
        **account(folder, found),
        "signals": spreads(folder, found, held),
        "languages": pairs.languages(folder, found),
        "duplicates": pairs.duplicates(folder, found),
        "private_data": pairs.private_data(folder, found),
        "mixtures": pairs.mixtures(folder, found),
        "benchmarks": pairs.benchmarks(folder, found),
        "shards": [
            {k: s[k] for k in ("path", "rows", "bytes", "raw_bytes")} for s in found["outputs"]["data"]
        ],
        "slowest": found.get("slowest", []),
        "failed": failed(folder, found),
        "files": {part: listed for part, listed in found["outputs"].items() if part not in COMMON},
        "kind": found["kind"],
        "own": {key: value for key, value in own.items() if key != "numbers"},
        **({found["kind"]: own["numbers"]} if own["numbers"] else {}),
    }
    documents = texts and not own["sections"]  # a kind that tells of its rows shows them itself
    told["samples"] = samples.with_texts(samples.choose(folder, found, held), found) if documents else []
    told["trial"] = trial(folder, found, held) if texts else None
    return told


#: Parts of an artefact that every kind may have, and that other parts of a report tell of.
COMMON = ("data", "dropped", "failed", "evidence")


def _whole(found: dict[str, Any]) -> dict[str, Any]:
    """A manifest that has all that is read here, if it is one of a kind that holds no documents."""
    outputs = {"data": [], "dropped": [], "failed": []} | found["outputs"]
    return {"sources": {}, "steps": [], "totals": {}} | found | {"outputs": outputs}


def _special(folder: str, found: dict[str, Any], texts: bool) -> dict[str, Any]:
    """What the kind itself tells; where texts may not be shown no example of any section is left."""
    hook = kinds.hook(found["kind"], "report")
    own: dict[str, Any] = sections.report() | (hook(folder=folder, found=found, texts=texts) if hook else {})
    if not texts:
        for section in own["sections"]:
            section["blocks"] = [b for b in section["blocks"] if b["type"] != "samples"]
    return own


def numbers(told: dict[str, Any]) -> dict[str, Any]:
    """What of a report is in report.json: all but examples and what the page's sliders need."""
    own = told["own"] | {
        "sections": [
            s | {"blocks": [b for b in s["blocks"] if b["type"] != "samples"]}
            for s in told["own"]["sections"]
        ]
    }
    return {key: value for key, value in told.items() if key not in ("samples", "trial")} | {"own": own}


def failed(folder: str, found: dict[str, Any]) -> dict[str, Any]:
    """What could not be read: by source and kind, and the first rows; errors may quote a file, so they are scrubbed."""
    kinds = [
        {"source": source, "kind": kind, "records": n}
        for source, entry in found["sources"].items()
        for kind, n in entry["failed_by"].items()
    ]
    files = manifest.files(folder, found, "failed")
    rows: list[dict[str, Any]] = []
    if files:
        rows = pl.concat([open_shard(file) for file in files]).head(FAILED).collect().to_dicts()
        if "private_key" not in found:
            errors = samples.scrubbed([row["error"] for row in rows])
            rows = [row | {"error": error} for row, error in zip(rows, errors)]
    return {"kinds": sorted(kinds, key=lambda k: (-k["records"], k["source"], k["kind"])), "rows": rows}
