"""The whole run beside the same job in datatrove, with the same number of workers, and the peak memory of both.

    python -m benchmarks.whole_run [--megabytes 1000] [--theirs 60] [--workers 2] [--parts speed one_file memory]

The documents are the EDGAR contracts, repeated with a line of their own in front, as JSONL.gz files of about 16 MB.
The job: read, normalise, language, signals, quality (legal thresholds, so that both keep most), exact duplicates,
write. datatrove does it with JsonlReader, FTFYFormatter, its four quality filters with the same
thresholds and ParquetWriter; it is spared the language, whose model must be downloaded, and the duplicates, for which
it has no block. It runs on fewer megabytes, being slow; both figures are MB of
text per second of wall-clock time, start-up included. Memory is the largest sum of the resident pages of all
processes, shared ones counted once (PSS), sampled ten times a second.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import orjson
import psutil

from benchmarks.signals import processor

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "legal" / "contracts_edgar.jsonl.gz"
RESULTS = ROOT / "benchmarks" / "results"
STEPS = [
    "normalise",
    {"language": {"keep": ["en"]}},
    "signals",
    {"quality": {"preset": "legal"}},
    "exact_duplicates",
]


def write_corpus(folder: Path, megabytes: float, per_file: float = 16.0) -> float:
    """The contracts repeated to `megabytes` of text, every copy with a first line of its own. Returns MB of text."""
    with gzip.open(DATA) as stored:
        records = [orjson.loads(line) for line in stored]
    folder.mkdir(parents=True)
    total, copy, number = 0, 0, 0
    lines: list[bytes] = []
    size = 0

    def flush() -> None:
        nonlocal number, size
        with gzip.open(folder / f"{number:04d}.jsonl.gz", "wb", compresslevel=6) as out:
            out.write(b"".join(lines))
        number, size = number + 1, 0
        lines.clear()

    while total < megabytes * 1e6:
        for record in records:
            text = f"Copy {copy} of {record['id']}.\n{record['text']}"
            lines.append(orjson.dumps(record | {"id": f"{copy}/{record['id']}", "text": text}) + b"\n")
            size += len(text.encode())
            total += len(text.encode())
            if size >= per_file * 1e6:
                flush()
            if total >= megabytes * 1e6:
                break
        copy += 1
    if lines:
        flush()
    return total / 1e6


class Peak(threading.Thread):
    """Watches a process and all below it."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.process, self.bytes, self.running = psutil.Process(pid), 0, True

    def run(self) -> None:
        """Sample until told to stop."""
        while self.running:
            total = 0
            try:
                family = [self.process, *self.process.children(recursive=True)]
            except psutil.Error:
                return
            for process in family:
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.bytes = max(self.bytes, total)
            time.sleep(0.1)


def timed(command: list[str]) -> tuple[float, int, str]:
    """Seconds, peak bytes and standard output of a command."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    peak = Peak(process.pid)
    peak.start()
    out, errors = process.communicate()
    seconds = time.monotonic() - began
    peak.running = False
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{errors[-3000:]}")
    return seconds, peak.bytes, out


def ours(
    folder: Path, work: Path, workers: int, steps: list[Any] = STEPS, pinned: tuple[str, ...] = ()
) -> dict[str, Any]:
    """`curate run` over a folder; `pinned` stands before the command."""
    stage = {"sources": [{"name": "contracts", "path": str(folder)}], "steps": steps}
    (work / "p.yaml").write_text(json.dumps({"name": "bench", "stages": {"corpus": stage}}))
    shutil.rmtree(work / "out", ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "curate",
        "run",
        str(work / "p.yaml"),
        "--out",
        str(work / "out"),
        "--json",
    ]
    seconds, peak, out = timed([*pinned, *command, "--workers", str(workers)])
    entry = json.loads(out.splitlines()[-1])["stages"]["corpus"]
    return {
        "seconds": round(seconds, 1),
        "peak_mb": round(peak / 1e6),
        "read": entry["read"],
        "kept": entry["kept"],
    }


def theirs(folder: Path, work: Path, workers: int) -> dict[str, Any]:
    """The same job in datatrove."""
    script = [
        sys.executable,
        "-m",
        "benchmarks.whole_run_datatrove",
        str(folder),
        str(work / "theirs"),
        str(workers),
    ]
    shutil.rmtree(work / "theirs", ignore_errors=True)
    seconds, peak, out = timed(script)
    return {"seconds": round(seconds, 1), "peak_mb": round(peak / 1e6), **json.loads(out.splitlines()[-1])}


def one_file(work: Path, megabytes: float) -> dict[str, Any]:
    """How busy one large JSONL file keeps the workers: processor seconds of all processes over wall-clock seconds."""
    write_corpus(work / "gz", megabytes)
    (work / "one").mkdir()
    with open(work / "one" / "all.jsonl", "wb") as whole:
        for path in sorted((work / "gz").iterdir()):
            with gzip.open(path) as piece:
                shutil.copyfileobj(piece, whole)
    shutil.rmtree(work / "gz")
    before = sum(os.times()[2:4])
    made = ours(work / "one", work, 2)
    busy = (sum(os.times()[2:4]) - before) / made["seconds"]
    return {"megabytes": round(megabytes), **made, "processors_busy": round(busy, 2)}


def compare(work: Path, megabytes: float, less: float, workers: int) -> dict[str, Any]:
    """Both sides with the same number of workers."""
    size = write_corpus(work / "in", megabytes)
    ours(work / "in", work, workers)  # compiles what is not compiled yet
    curate = ours(work / "in", work, workers) | {"megabytes": round(size)}
    curate["mb_per_s"] = round(size / curate["seconds"], 1)
    curate["mb_per_s_per_core"] = round(size / curate["seconds"] / workers, 1)
    size = write_corpus(work / "less", less, less / (4 * workers))
    datatrove = theirs(work / "less", work, workers) | {"megabytes": round(size)}
    datatrove["mb_per_s"] = round(size / datatrove["seconds"], 2)
    ratio = curate["mb_per_s"] / (size / datatrove["seconds"])
    return {"workers": workers, "curate": curate, "datatrove": datatrove, "ratio": round(ratio, 1)}


def main() -> None:
    """Measure what was asked for; results of other parts stay as they are."""
    options = argparse.ArgumentParser()
    options.add_argument("--megabytes", type=float, default=1000)
    options.add_argument("--theirs", type=float, default=60)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--memory", type=float, nargs="*", default=[2000, 4000])
    options.add_argument("--parts", nargs="*", default=["speed", "one_file", "memory"])
    chosen = options.parse_args()
    path = RESULTS / "whole_run.json"
    result: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    result["processor"] = processor()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        if "speed" in chosen.parts:
            result["speed"] = compare(work, chosen.megabytes, chosen.theirs, chosen.workers)
            shutil.rmtree(work / "in")
        if "one_file" in chosen.parts:
            result["one_file"] = one_file(work, chosen.megabytes)
            shutil.rmtree(work / "one")
        if "memory" in chosen.parts:
            result["memory"] = []
            for megabytes in chosen.memory:
                size = write_corpus(work / f"m{megabytes:.0f}", megabytes)
                made = ours(work / f"m{megabytes:.0f}", work, 2)
                result["memory"].append({"megabytes": round(size), **made})
                shutil.rmtree(work / f"m{megabytes:.0f}")
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
