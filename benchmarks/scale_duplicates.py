"""The decisions of `near_duplicates` on the signatures of millions of synthetic documents: time, memory, disk.

    python -m benchmarks.scale_duplicates [--documents 2000000 20000000] [--workers 2]

Texts are left out: a document is its signature, made anew from its number whenever it is looked at. Seven of ten are
alone; the others stand in clusters of two to a thousand, and one cluster has every hundredth of those, their
likeness to the cluster's first between 0.7 and 1. What runs is the engine's own: evidence on disk in as many
parts as documents of 5 kB would give, solve, gather, look again, solve (`verify: signature`). Making the signatures is
not counted. Memory is the largest sum of the resident pages of all processes (PSS), sampled ten times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numba import njit

from benchmarks.signals import processor
from benchmarks.whole_run import Peak
from curate import executors
from curate.jobs import run_job
from curate.kernels.buffers import binaries
from curate.outcomes import Report, finish
from curate.plan import MAX_PARTS, PART_BYTES
from curate.rounds import Evidence, GatherJob, SolveJob, rows_of, verdict_for
from curate.similar import candidates
from curate.similar.lsh import bands_for
from curate.step import Corpus, StepUse

RESULTS = Path(__file__).resolve().parent / "results"
PER_TASK, PER_BATCH, TEXT_BYTES, HASHES = 50_000, 10_000, 5_000, 112
USE = StepUse("near_duplicates", {"verify": "signature", "hashes": HASHES}, "near_duplicates")


@njit(cache=True)
def _mix(x):
    x = (x + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(31))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(29))


@njit(cache=True)
def _signatures(start, out):
    """Signatures of the documents from `start` on."""
    for i in range(len(out)):
        document = np.uint64(start + i)
        drawn = _mix(document)
        base, likeness = document, 1.0
        if drawn % np.uint64(10) >= 7:
            size = np.uint64(1) << (np.uint64(1) + _mix(drawn) % np.uint64(10))
            base = np.uint64(1 << 40) + document - document % size  # neighbours share a base
            if _mix(drawn ^ np.uint64(5)) % np.uint64(100) == 0:
                base = np.uint64(1 << 50)
            likeness = 0.7 + 0.3 * (_mix(drawn ^ np.uint64(9)) % np.uint64(1000)) / 1000
        for j in range(out.shape[1]):
            value = _mix(base * np.uint64(1000) + np.uint64(j))
            if likeness < 1.0:
                chance = _mix(document * np.uint64(1000) + np.uint64(j))
                if (chance % np.uint64(1000)) / 1000 >= likeness:
                    value = chance
            out[i, j] = np.uint32(value >> np.uint64(32))


def index(start: int, height: int) -> pl.DataFrame:
    """What the step knows of the documents from `start` on."""
    found = np.empty((height, HASHES), np.uint32)
    _signatures(start, found)
    numbers = pl.int_range(start, start + height, eager=True)
    return pl.DataFrame(
        {"id": numbers.cast(pl.String), "signature": binaries(found, "signature")}
    ).with_columns(key=pl.col("id"), ngram=pl.lit(5, pl.UInt8), text=pl.lit(""))


@dataclass(frozen=True)
class ObserveSynthetic:
    """The evidence of one round, of documents that are made on the spot."""

    folder: Path
    number: int
    documents: int
    parts: int
    rule: candidates.Rule
    title: str = "observe"

    @property
    def tasks(self) -> int:
        """How many tasks there are."""
        return -(-self.documents // PER_TASK)

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder / f"round{self.number}" / "observing"

    def run(self, rank: int, report: Report) -> None:
        """Observe one task's documents."""
        corpus: Corpus = USE.step.func(**USE.params)
        wanted = verdict_for(corpus, self.folder, 0, rank) if self.number else None
        evidence = Evidence(self.folder, self.number, rank)
        first = rank * PER_TASK
        for start in range(0, min(PER_TASK, self.documents - first), PER_BATCH):
            batch = index(first + start, min(PER_BATCH, self.documents - first - start))
            if wanted is None:
                evidence.add(candidates.band_rows(batch, self.rule, candidates.KEY), batch, start)
            elif (here := rows_of(wanted, start, batch.height)).height:
                chosen = batch[here["row"].to_numpy()]
                out = here.select("row", "component").with_columns(chosen["id"], preference=pl.lit(0.0))
                evidence.add(candidates.with_shingles(out, chosen, self.rule, None), batch, start)
        evidence.close(corpus.rounds[self.number].by, self.parts)
        finish(self.outcomes, rank, {})


def measure(documents: int, workers: int) -> dict[str, Any]:
    """Seconds per phase, the peak of memory, and bytes on disk."""
    bands, rows = bands_for(0.8, HASHES)
    rule = candidates.Rule(0.8, 5, HASHES, bands, rows, False, False, True)
    parts = min(MAX_PARTS, 1 + documents * TEXT_BYTES // PART_BYTES)
    seconds: dict[str, float] = {}
    peak = Peak(os.getpid())
    peak.start()
    with tempfile.TemporaryDirectory() as name, executors.pool(workers, Path(name) / "logs") as pool:
        folder = Path(name) / "segment"

        def timed(what: str, job: Any) -> None:
            began = time.monotonic()
            run_job(job, [1] * job.tasks, pool, True)
            seconds[what] = round(time.monotonic() - began, 1)

        timed("(make and observe signatures)", ObserveSynthetic(folder, 0, documents, parts, rule))
        timed("solve bands", SolveJob(folder, 0, USE, parts))
        timed("join components", GatherJob(folder, 0, USE))
        timed("(make and observe candidates)", ObserveSynthetic(folder, 1, documents, parts, rule))
        timed("solve components", SolveJob(folder, 1, USE, parts))
        size = {
            str(p.relative_to(folder)): sum(f.stat().st_size for f in p.rglob("*.arrow"))
            for p in sorted(folder.glob("round*/*"))
        }
        gone = sum(
            pl.read_ipc(path, columns=["duplicate_of"])["duplicate_of"].is_not_null().sum()
            for path in (folder / "round1" / "solved").glob("*.arrow")
        )
    peak.running = False
    decided = sum(spent for what, spent in seconds.items() if not what.startswith("("))
    return {
        "documents": documents,
        "parts": parts,
        "workers": workers,
        "seconds": seconds,
        "decided_in_seconds": round(decided, 1),
        "microseconds_per_document": round(decided / documents * 1e6, 2),
        "peak_mb": round(peak.bytes / 1e6),
        "disk_bytes_per_document": {what: round(b / documents, 1) for what, b in size.items() if b},
        "dropped": int(gone),
    }


def main() -> None:
    """Measure each size."""
    options = argparse.ArgumentParser()
    options.add_argument("--documents", type=int, nargs="*", default=[2_000_000, 20_000_000])
    options.add_argument("--workers", type=int, default=2)
    chosen = options.parse_args()
    runs = [measure(documents, chosen.workers) for documents in chosen.documents]
    result = {"processor": processor(), "runs": runs}
    (RESULTS / "scale_duplicates.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    from benchmarks import scale_duplicates  # by its name: workers import the jobs from there

    scale_duplicates.main()
