"""Everything that a report tells, as one object: from the manifest, the columns that were kept, and the evidence."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate import manifest
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
    held = thresholds(found)
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
    }
    told["samples"] = samples.with_texts(samples.choose(folder, found, held), found) if texts else []
    told["trial"] = trial(folder, found, held) if texts else None
    return told


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
