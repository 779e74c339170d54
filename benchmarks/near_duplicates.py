"""`near_duplicates` alone, end to end, beside datatrove's four stages and rensa: same text, same core, same run.

    python -m benchmarks.near_duplicates [--megabytes 1000] [--theirs 40] [--rensa PYTHON]

The documents are the English legal sets. To make a large corpus of them, each further copy is enciphered: its letters
are permuted, so that it keeps lengths, spacing and its natural duplicates, and shares no words with other copies.
Each side reads JSONL (not compressed), finds the duplicates (word 5-grams, 14 bands of 8, threshold 0.8) and writes
what stays; all is pinned to one core, start-up included. Ours also verifies every pair, keeps the signatures for later
releases and the dropped documents with their reasons. datatrove and rensa verify nothing. datatrove runs on
fewer megabytes, being slow, and its start-up is taken off; figures are MB of text per second of wall-clock time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import string
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from benchmarks.legal_sets import sets
from benchmarks.signals import processor
from benchmarks.whole_run import ours as curate_run
from benchmarks.whole_run import timed

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PINNED = ("taskset", "-c", "0")


def write_corpus(folder: Path, megabytes: float, per_file: float = 64.0) -> float:
    """The legal sets, and enciphered copies of them, as JSONL files. Returns MB of text."""
    texts = [(f"{name}/{at}", text) for name, documents in sets() for at, text in documents]
    random.Random(7).shuffle(texts)  # so that a slice is a fair one
    folder.mkdir(parents=True)
    total = 0.0
    out, number, size = None, 0, 0
    for copy in itertools.count():
        cipher = _cipher(copy)
        for at, text in texts:
            if out is None:
                out = open(folder / f"{number:04d}.jsonl", "wb")  # noqa: SIM115
            line = orjson.dumps({"id": f"{copy}/{at}", "text": text.translate(cipher)})
            out.write(line + b"\n")
            length = len(text.encode())
            total, size = total + length, size + length
            if size >= per_file * 1e6 or total >= megabytes * 1e6:
                out.close()
                out, number, size = None, number + 1, 0
            if total >= megabytes * 1e6:
                return total / 1e6
    raise AssertionError("copies do not end")


def _cipher(copy: int) -> dict[int, int]:
    """Letters to letters, vowels to vowels; the first copy is the text as it is."""
    table: dict[int, int] = {}
    for letters in ("aeiou", "".join(c for c in string.ascii_lowercase if c not in "aeiou")):
        mixed = list(letters)
        if copy:
            random.Random(copy).shuffle(mixed)
        for a, b in zip(letters, mixed):
            table |= {ord(a): ord(b), ord(a.upper()): ord(b.upper())}
    return table


def ours(folder: Path, work: Path, workers: int = 1) -> dict[str, Any]:
    """`curate run` with the one step."""
    steps = [{"near_duplicates": {"max_dropped_share": 1.0}}]
    return curate_run(folder, work, workers, steps, PINNED if workers == 1 else ())


def theirs(script: list[str], folder: Path, work: Path) -> dict[str, Any]:
    """A peer's side, which prints how many documents it read and kept."""
    shutil.rmtree(work / "theirs", ignore_errors=True)
    seconds, peak, out = timed([*PINNED, *script, str(folder), str(work / "theirs")])
    return {"seconds": round(seconds, 1), "peak_mb": round(peak / 1e6), **json.loads(out.splitlines()[-1])}


def rate(made: dict[str, Any], size: float) -> dict[str, Any]:
    """`made` with MB and MB per second."""
    return made | {"megabytes": round(size), "mb_per_s": round(size / made["seconds"], 2)}


def main() -> None:
    """All sides; the result is written at the end."""
    options = argparse.ArgumentParser()
    options.add_argument("--megabytes", type=float, default=1000)
    options.add_argument("--theirs", type=float, default=40)
    options.add_argument("--rensa")
    chosen = options.parse_args()
    os.environ["RAYON_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        small = write_corpus(work / "small", 5)
        ours(work / "small", work)  # compiles what is not compiled yet
        size = write_corpus(work / "in", chosen.megabytes)
        result: dict[str, Any] = {"processor": processor(), "curate": rate(ours(work / "in", work), size)}
        result["curate, two workers"] = rate(ours(work / "in", work, 2), size)
        if chosen.rensa:
            script = [chosen.rensa, str(ROOT / "benchmarks" / "near_duplicates_rensa.py")]
            result["rensa"] = rate(theirs(script, work / "in", work), size)
        shutil.rmtree(work / "in")
        size = write_corpus(work / "less", chosen.theirs)
        script = [sys.executable, "-m", "benchmarks.near_duplicates_datatrove"]
        trove = theirs(script, work / "less", work)
        start = theirs(script, work / "small", work)
        result["datatrove"] = rate(trove, size) | {"seconds_on_5_mb": start["seconds"]}
        steady = (size - small) / (trove["seconds"] - start["seconds"])
        result["datatrove"]["mb_per_s_without_start"] = round(steady, 2)
    ratio = result["curate"]["mb_per_s"] / steady
    result["times_datatrove"] = round(ratio, 1)
    if chosen.rensa:
        result["times_rensa"] = round(result["rensa"]["seconds"] / result["curate"]["seconds"], 2)
    (RESULTS / "near_duplicates.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
