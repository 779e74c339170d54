"""What `repeated_passages` finds in the real legal sets, and how fast: `python -m benchmarks.passages`.

Each set is normalised, its exact duplicates are dropped, and the step runs on it alone under several settings
(`action: mark`). Speed is that of all sets together, in batches, each a task of its own, all decided in one part;
seconds are processor seconds of the process, the best of three. Tables go to docs/repeated_passages.md, figures to
benchmarks/results/passages.json.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.legal_sets import sets
from benchmarks.tables import put, table
from curate.documents import conform
from curate.kernels.tokens import word_hashes
from curate.step import Found, address
from curate.steps.exact_duplicates import exact_duplicates
from curate.steps.normalise import normalise
from curate.steps.repeated_passages import repeated_passages

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "repeated_passages.md"
SETTINGS: list[dict[str, Any]] = [
    {"unit": "passages"},
    {"unit": "passages", "window": 25},
    {"unit": "passages", "min_frequency": 5},
    {"unit": "paragraphs"},
    {"unit": "paragraphs", "window": 10},
    {"unit": "lines"},
    {"unit": "lines", "min_frequency": 3},
]
SHOWN = [
    "contracts (EDGAR)",
    "contracts (CUAD)",
    "terms of service",
    "opinions (US appellate)",
    "code sections (DC)",
]
BATCH = 4_000_000  # bytes
DOCUMENTS = 1_000_000  # that all hold one line


def main() -> None:
    frames = {name: prepared(documents) for name, documents in sets()}
    found, examples = [], []
    for name, frame in frames.items():
        words = len(word_hashes(frame["text"])[0])
        shares = []
        for params in SETTINGS:
            outcome = repeated_passages(frame, action="mark", **params)
            repeated = outcome.kept["repeated_words"]
            shares.append(f"{repeated.sum() / words:.1%} ({(repeated > 0).mean():.0%})")
            if list(params) == ["unit"] and name in SHOWN:
                for row in outcome.evidence["passages"].head(1).rows(named=True):
                    text = re.sub(r"[\s|]+", " ", row["text"])[:80]
                    counts = [row["occurrences"], row["documents"], row["words"]]
                    examples.append([text, name, params["unit"], *counts])
        found.append([name, frame.height, *shares])
    columns = [", ".join(map(str, params.values())) for params in SETTINGS]
    put(PAGE, "found", table(["set", "documents", *columns], found))
    head = ["begins", "set", "unit", "occurrences", "documents", "words"]
    put(PAGE, "examples", table(head, examples))

    batches = batched(pl.concat(frames.values()))
    megabytes = sum(batch["text"].str.len_bytes().sum() for batch in batches) / 1e6
    speeds = []
    for params in SETTINGS:
        runs = [measured(batches, params) for _ in range(3)]
        seconds, evidence = min(runs)
        speeds.append({**params, "mb_per_s": megabytes / seconds, "evidence_mb_per_mb": evidence / megabytes})
    rows = [[c, f"{s['mb_per_s']:.0f}", f"{s['evidence_mb_per_mb']:.2f}"] for c, s in zip(columns, speeds)]
    put(PAGE, "speed", table(["settings", "MB/s", "evidence, MB a MB"], rows))
    result = {"megabytes": megabytes, "speed": speeds, "one_line": one_line(), "found": found}
    (ROOT / "benchmarks" / "results" / "passages.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps([speeds, result["one_line"]]))


def one_line() -> dict[str, float]:
    """Seconds, for a tenth of the documents and for all, where each holds one line that all have."""
    number = pl.int_range(DOCUMENTS, eager=True).cast(pl.String)
    texts = pl.select(
        pl.format("All rights reserved by Acme\n{} is what only this one says", number)
    ).to_series()
    frame = conform(pl.DataFrame({"text": texts}))
    few, many = (measured(batched(frame.head(n)), {"unit": "lines"}) for n in (DOCUMENTS // 10, DOCUMENTS))
    return {
        "seconds_tenth": few[0],
        "seconds": many[0],
        "evidence_bytes_a_document": many[1] * 1e6 / DOCUMENTS,
    }


def prepared(documents: list[tuple[str, str]]) -> pl.DataFrame:
    frame = pl.DataFrame(documents, schema=["id", "text"], orient="row")
    return exact_duplicates(normalise(frame).kept).kept


def batched(frame: pl.DataFrame) -> list[pl.DataFrame]:
    number = frame["text"].str.len_bytes().cast(pl.Int64).cum_sum() // BATCH
    return [batch.drop("_n") for batch in frame.with_columns(_n=number).partition_by("_n")]


def measured(batches: list[pl.DataFrame], params: dict[str, Any]) -> tuple[float, float]:
    """Seconds of all rounds and of applying the verdict; megabytes of the largest round's evidence."""
    start, most = time.process_time(), 0.0
    corpus = repeated_passages.func(**params)
    wanted: list[pl.DataFrame | None] = [None] * len(batches)
    for round_ in corpus.rounds:
        seen = [
            address(Found.of(round_.observe(batch, rows)).rows, batch, task=task, start=0)
            for task, (batch, rows) in enumerate(zip(batches, wanted, strict=True))
        ]
        evidence = pl.concat(seen)
        most = max(most, evidence.estimated_size() / 1e6)
        verdict = Found.of(round_.solve(evidence)).rows
        parts = verdict.partition_by("task", as_dict=True, include_key=False)
        wanted = [parts.get((task,), verdict.clear().drop("task")) for task in range(len(batches))]
    for batch, rows in zip(batches, wanted, strict=True):
        corpus.apply(conform(batch), rows)
    return time.process_time() - start, most


if __name__ == "__main__":
    main()
