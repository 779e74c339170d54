"""The step `pii` as a whole: `python -m benchmarks.pii_step [DATA] [OUT.json]`, a few minutes on one core.

MB of UTF-8 per second of processor time of one process, everything included but start-up: recognisers, names, legal
rules, replacement. In the same run, on the first documents: Presidio's analyzer (blank pipeline, words as lemmas),
a spaCy pipeline of the usual small size, and Presidio with that pipeline (names as well).
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import polars as pl

from benchmarks.pii_spacy import analyzer, small_pipeline
from benchmarks.tables import table
from curate.pii.detect import Settings
from curate.pii.predefined import blank_engine, presidio_recognizers
from curate.pii.scrub import Way, cleaner, modes

SETS = ("us_federal_appellate_opinions", "contracts_edgar", "ie_acts_md")
WAYS: dict[str, tuple[dict[str, Any], str]] = {
    "contact, no names, tag": ({"names": False}, "tag"),
    "contact, names, tag": ({}, "tag"),
    "contact, names, pseudonym": ({}, "pseudonym"),
    "anonymise, names, tag": ({"preset": "anonymise"}, "tag"),
    "anonymise, names, pseudonym": ({"preset": "anonymise"}, "pseudonym"),
}
BATCH, PEER_DOCUMENTS = 64, 6


def read(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [text for line in lines if (text := json.loads(line)["text"]).strip()]


def megabytes(texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def speed(work: Callable[[], object], size: float) -> float:
    start = time.process_time()
    work()
    return round(size / (time.process_time() - start), 4)


def ours(texts: list[str], settings: dict[str, Any], mode: str) -> float:
    """MB/s of the step's own work on batches of BATCH documents; what was compiled and opened before is not counted."""
    made = cleaner(Settings(**settings), Way(modes(mode), "document"), b"a key")
    frame = pl.DataFrame({"id": [str(i) for i in range(len(texts))], "text": texts})
    made.clean(frame[:2], made.replacer(None))

    def work() -> None:
        replacer = made.replacer(None)
        for batch in frame.iter_slices(BATCH):
            made.clean(batch, replacer)

    return speed(work, megabytes(texts))


def peers(texts: list[str]) -> dict[str, float]:
    """MB/s of Presidio without names, of a small spaCy pipeline, and of Presidio upon it."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    registry = RecognizerRegistry(recognizers=presidio_recognizers(), supported_languages=["en"])
    blank = AnalyzerEngine(
        registry=registry, nlp_engine=blank_engine("en", lemmas=True), supported_languages=["en"]
    )
    nlp = small_pipeline()
    nlp.max_length = max(map(len, texts)) + 1
    named = analyzer(nlp)
    size = megabytes(texts)
    blank.analyze(texts[0][:500], "en")
    return {
        "Presidio, patterns": speed(lambda: [blank.analyze(text, "en") for text in texts], size),
        "spaCy, small pipeline": speed(lambda: list(nlp.pipe(texts)), size),
        "Presidio on it": speed(lambda: [named.analyze(text, "en") for text in texts], size),
    }


def main(data: str = "../shared/data", out: str = "benchmarks/results/pii_step.json") -> None:
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one process",
        "sets": {},
    }
    for name in SETS:
        texts = read(Path(data) / f"legal/{name}.jsonl.gz")
        entry: dict[str, Any] = {"documents": len(texts), "mb": round(megabytes(texts), 2)}
        entry["ours"] = {way: ours(texts, *given) for way, given in WAYS.items()}
        entry["peers"] = peers(texts[:PEER_DOCUMENTS])
        without, names = entry["ours"]["contact, no names, tag"], entry["ours"]["contact, names, tag"]
        entry["times"] = {
            "without names, Presidio's patterns": round(without / entry["peers"]["Presidio, patterns"], 1),
            "with names, spaCy": round(names / entry["peers"]["spaCy, small pipeline"], 1),
            "with names, Presidio on it": round(names / entry["peers"]["Presidio on it"], 1),
        }
        result["sets"][name] = entry
        print(name, json.dumps(entry), flush=True)
    Path(out).write_text(json.dumps(result, indent=1) + "\n")
    kinds = [("ours", WAYS), ("peers", entry["peers"]), ("times", entry["times"])]
    rows = [(row, *(result["sets"][s][kind][row] for s in SETS)) for kind, keys in kinds for row in keys]
    Path(out).with_suffix(".md").write_text(
        f"{__doc__}\n{result['machine']}\n\n{table(['MB/s; then times', *SETS], rows)}\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
