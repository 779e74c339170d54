"""The scan of `curate/pii/scan.py` against Presidio: `python -m benchmarks.pii_patterns DATA [OUT.json] [SECONDS]`.

For each set: spans of Presidio (blank pipeline with words as lemmas, the same recognisers, threshold 0) and ours, on
pieces of documents (the first 6,000 characters) and on whole ones, until SECONDS of processor time are spent on
Presidio for each of the two (default 60); how many documents differ (none may); MB/s of both on these documents, and
ours on the whole set, fresh and with the memory of findings filled, with Hyperscan and with Python's `re`. Speeds are
per second of processor time of one process.
"""

from __future__ import annotations

import gzip
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.tables import table
from curate.pii import prefilter
from curate.pii.predefined import blank_engine, presidio_recognizers
from curate.pii.scan import Scanner

SETS = [
    "legal/us_federal_appellate_opinions.jsonl.gz",
    "legal/contracts_edgar.jsonl.gz",
    "legal/cuad_contracts.jsonl.gz",
    "legal/terms_of_service_md.jsonl.gz",
    "legal/ie_acts_md.jsonl.gz",
    "pii/tab_echr.jsonl.gz",
    "pii/presidio_synth_v2.json",
]
PIECE = 6000
WARM = "Call (305) 468-4347, passport no. 123456789, or write to x@y.com; see http://a.com, 5/21/2008."


def read(path: Path) -> list[str]:
    if path.suffix == ".json":
        return [row["full_text"] for row in json.loads(path.read_text(encoding="utf-8"))]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [text for line in lines if (text := json.loads(line)["text"]).strip()]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    out = work()
    return out, time.process_time() - start


def compared(
    presidio: Any, recognizers: Sequence[Any], texts: Sequence[str], seconds: float
) -> dict[str, Any]:
    """Presidio on as many texts as it does in `seconds`, and ours on the same."""
    wanted: list[set[Any]] = []
    spent = 0.0
    for text in texts:
        if spent > seconds:
            break
        found, took = timed(lambda text=text: presidio.analyze(text, "en", score_threshold=0.0))  # type: ignore[misc]
        wanted.append({(r.start, r.end, r.entity_type, r.score) for r in found})
        spent += took
    done = texts[: len(wanted)]
    scanner = Scanner(recognizers)
    scanner.scan([WARM])
    spans, ours = timed(lambda: scanner.scan(done))
    got = [{(s.start, s.end, s.entity, s.score) for s in found} for found in spans]
    size = sum(map(len, done)) / 1e6
    return {
        "documents": len(done),
        "mb": round(size, 3),
        "spans": sum(map(len, wanted)),
        "documents_that_differ": sum(a != b for a, b in zip(got, wanted, strict=True)),
        "presidio_mb_s": round(size / spent, 4),
        "ours_mb_s": round(size / ours, 3),
        "times": round(spent / ours, 1),
    }


def alone(recognizers: Sequence[Any], texts: Sequence[str]) -> dict[str, float]:
    """MB/s of ours on all texts, first fresh, then again."""
    scanner = Scanner(recognizers)
    scanner.scan([WARM])
    size = sum(map(len, texts)) / 1e6
    fresh, again = (timed(lambda: scanner.scan(texts))[1] for _ in range(2))
    return {"mb": round(size, 2), "fresh_mb_s": round(size / fresh, 2), "again_mb_s": round(size / again, 2)}


def main(data: Path, out: Path | None, seconds: float) -> None:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    recognizers = presidio_recognizers()
    registry = RecognizerRegistry(recognizers=list(recognizers), supported_languages=["en"])
    nlp = blank_engine("en", lemmas=True)
    presidio = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])
    presidio.analyze(WARM, "en")
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "sets": {},
    }
    for name in SETS:
        texts = read(data / name)
        entry = {"pieces": compared(presidio, recognizers, [text[:PIECE] for text in texts], seconds)}
        if max(map(len, texts)) > PIECE:
            entry["whole"] = compared(presidio, recognizers, texts, seconds)
        entry["ours"] = alone(recognizers, texts)
        with mock.patch.object(prefilter, "_compiled", lambda sources: None):
            entry["ours_without_hyperscan"] = alone(recognizers, texts)
        result["sets"][name] = entry
        print(name, json.dumps(entry), flush=True)
    if out:
        out.write_text(json.dumps(result, indent=1) + "\n")
        out.with_suffix(".md").write_text(told(result))


def told(result: dict[str, Any]) -> str:
    """The result as a table."""
    rows = []
    for name, entry in result["sets"].items():
        for part in ("pieces", "whole"):
            one = entry.get(part)
            if one:
                speeds = (one["presidio_mb_s"], one["ours_mb_s"], one["times"])
                counts = (one["documents"], one["mb"], one["spans"], one["documents_that_differ"])
                rows.append((f"{Path(name).name.split('.')[0]}, {part}", *counts, *speeds))
    first = table(["set", "documents", "MB", "spans", "differ", "Presidio MB/s", "ours MB/s", "times"], rows)
    speeds = [
        (Path(name).name.split(".")[0], e["ours"]["mb"], e["ours"]["fresh_mb_s"], e["ours"]["again_mb_s"],
         e["ours_without_hyperscan"]["fresh_mb_s"])
        for name, e in result["sets"].items()
    ]  # fmt: skip
    second = table(["set", "MB", "fresh MB/s", "again MB/s", "fresh MB/s, `re`"], speeds)
    return f"{__doc__}\n{result['machine']}\n\n{first}\n\n{second}\n"


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(
        Path(arguments[0]),
        Path(arguments[1]) if len(arguments) > 1 else None,
        float((arguments[2:] or ["60"])[0]),
    )
