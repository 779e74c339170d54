"""`curate whatif` on a synthetic artefact of a million documents: seconds of the whole command.

    python -m benchmarks.whatif [documents] [result.json]

The artefact has the columns that `language`, `signals`, `quality` and the steps for duplicates leave, random values,
and short texts; it is made with the steps' own decisions, so that as-it-was equals what was recorded.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.kernels.fields import FIELDS
from curate.steps.quality import quality

ASKED = (
    ["quality.min_words=80"],
    ["quality.min_words=10"],
    ["quality.max_top_2gram_char_fraction=0.1", "language.min_score=0.8"],
)
SHARD = 125_000


def documents(n: int, start: int, rng: np.random.Generator) -> pl.DataFrame:
    """Random documents with the columns that steps leave."""
    signals = {
        name: pl.Series(
            np.exp(rng.normal(6, 1.2, n)).astype(np.uint32) if kind == pl.UInt32 else rng.beta(1.2, 9, n),
            dtype=kind,
        )
        for name, kind in FIELDS.items()
    }
    signals["mean_word_length"] = pl.Series(rng.normal(4.8, 0.6, n), dtype=pl.Float32)
    signals["alpha_word_ratio"] = pl.Series(1 - rng.beta(1.2, 9, n), dtype=pl.Float32)
    signals["c4_lorem_ipsum_lines"] = pl.Series(np.zeros(n), dtype=pl.UInt32)
    ids = pl.Series([f"source{i % 7}/file.jsonl#{i}" for i in range(start, start + n)])
    return pl.DataFrame(
        {
            "id": ids,
            "text": pl.repeat("The parties agree to what is written here.", n, eager=True),
            "source": ids.str.split("/").list.first(),
            "language": pl.repeat("en", n, eager=True),
            "language_score": pl.Series(1 - rng.beta(1, 30, n), dtype=pl.Float32),
            "signals": pl.DataFrame(signals).to_struct(),
            "cluster_size": pl.repeat(1, n, dtype=pl.UInt32, eager=True),
        }
    )


def artefact(folder: Path, n: int) -> None:
    """Write an artefact of `n` documents."""
    rng = np.random.default_rng(7)
    files: dict[str, list[dict[str, Any]]] = {"data": [], "dropped": [], "failed": []}
    entered, reasons = dict.fromkeys((f"source{i}" for i in range(7)), 0), {}
    for number, start in enumerate(range(0, n, SHARD)):
        frame = documents(min(SHARD, n - start), start, rng)
        kept, dropped = quality(frame.drop("cluster_size"), preset="legal")
        for source, count in frame["source"].value_counts().iter_rows():
            entered[source] += count
        for reason, source, count in dropped.group_by("reason", "source").len().iter_rows():
            reasons.setdefault(reason, {})[source] = reasons.get(reason, {}).get(source, 0) + count
        parts = {
            "data": kept.with_columns(frame["cluster_size"][0]),
            "dropped": dropped.with_columns(step=pl.lit("quality")),
        }
        for part, rows in parts.items():
            path = f"{number:05d}.parquet"
            (folder / part).mkdir(parents=True, exist_ok=True)
            rows.write_parquet(folder / part / path, row_group_size=20_000)
            files[part].append(
                {"path": path, "rows": rows.height, "bytes": 0, "raw_bytes": 0, "row_groups": 1}
            )
    _manifest(folder, n, files, entered, reasons)


def _manifest(
    folder: Path, n: int, files: dict[str, Any], entered: dict[str, int], reasons: dict[str, dict[str, int]]
) -> None:
    lost = {source: sum(of.get(source, 0) for of in reasons.values()) for source in entered}
    gone = {reason: sum(of.values()) for reason, of in reasons.items()}
    bare = {"params": {}, "adds": [], "corpus": False, "rewrites": False, "counts": {}, "seconds": 1.0,
            "characters_dropped": {}, "characters_cut": {}}  # fmt: skip

    def step(
        name: str, entering: dict[str, int], dropped: dict[str, dict[str, int]], **more: Any
    ) -> dict[str, Any]:
        by = {reason: sum(of.values()) for reason, of in dropped.items()}
        whole = sum(entering.values())
        out = {"step": name, "name": name, "in": whole, "out": whole - sum(by.values()), "dropped": by}
        return bare | out | {"sources": entering, "dropped_sources": dropped} | more

    left = {source: entered[source] - lost[source] for source in entered}
    steps = [
        step("language", entered, {}, params={"keep": ["en"]}, adds=["language", "language_score"]),
        step("signals", entered, {}, adds=["signals"]),
        step("quality", entered, reasons, params={"preset": "legal"}),
        step("near_duplicates", left, {}, corpus=True, adds=["cluster_size"], params={"threshold": 0.8}),
    ]
    kept = sum(left.values())
    account = {
        source: {
            "split": n, "read": n, "kept": left[source], "dropped": lost[source], "failed": 0, "dropped_by": {},
            "failed_by": {}, "characters_read": 42 * n, "characters_kept": 42 * left[source],
        }
        for source, n in entered.items()
    }  # fmt: skip
    found = {
        "format": 1, "kind": "curate", "pipeline": "synthetic", "stage": "corpus", "fingerprint": "0" * 64,
        "created": "2026-01-01T00:00:00Z", "seconds": 1.0, "verdict": {"ok": True, "faults": []}, "sources": account,
        "totals": {"read": n, "kept": kept, "dropped": sum(gone.values()), "failed": 0, "characters_read": 42 * n,
                   "characters_kept": 42 * kept},
        "steps": steps, "outputs": files, "columns": {}, "pipeline_file": "", "variables": {}, "slowest": [],
        "environment": {"curate": "", "python": "", "system": ""},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(found))


def main() -> None:
    """Time the command, once cold and then thrice, for each set of thresholds."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artefact(folder, n)
        told: list[dict[str, Any]] = []
        for asked in ASKED:
            command = [sys.executable, "-m", "curate", "whatif", str(folder), "-n", "0"]
            command += [part for setting in asked for part in ("--set", setting)]
            seconds = []
            for _ in range(4):
                began = time.perf_counter()
                result = subprocess.run(command, capture_output=True, text=True, check=True)
                seconds.append(round(time.perf_counter() - began, 2))
            line = next(line for line in result.stdout.splitlines() if line.startswith("kept"))
            told.append({"set": asked, "first": seconds[0], "again": sorted(seconds[1:]), "told": line})
            print(asked, seconds, line)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    result_ = {"documents": n, "processors": os.cpu_count(), "peak_bytes": peak, "runs": told}
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(result_, indent=1) + "\n")


if __name__ == "__main__":
    main()
