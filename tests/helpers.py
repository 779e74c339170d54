"""What several tests make: small inputs, pipelines and runs of them."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate import manifest
from curate.runner import run

#: The steps of most runs: a filter, a corpus step, a sample.
STEPS = [{"where": "text NOT LIKE '%word500 %'"}, "exact_duplicates", {"sample": {"rate": 0.8}}]


def write_jsonl(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Records as a JSONL file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def write_pipeline(path: Path, stages: dict[str, Any], **top: Any) -> str:
    """A pipeline file (JSON is YAML)."""
    path.write_text(json.dumps({"name": "test", "stages": stages} | top, indent=1))
    return str(path)


def texts(n: int, words: int = 30, start: int = 0) -> list[dict[str, str]]:
    """Records with different texts."""
    return [
        {
            "id": f"d{i}",
            "text": " ".join(f"word{(i * 7 + j * 13) % 997}" for j in range(words)) + f" number {i}.",
        }
        for i in range(start, start + n)
    ]


def build(pipeline: str, out: Path, stage: str = "corpus", **options: Any) -> dict[str, Any]:
    """Run a pipeline; the stage's line of the result."""
    options.setdefault("workers", 1)
    return run(pipeline, out=str(out), **options)["stages"][stage]


def rows(folder: str, part: str = "data") -> pl.DataFrame:
    """A part of an artefact as one frame."""
    found = manifest.read(folder)
    assert found is not None
    files = manifest.files(folder, found, part)
    return pl.concat([pl.read_parquet(f) for f in files]) if files else pl.DataFrame()


def bytes_of(folder: str) -> dict[str, str]:
    """SHA-256 of every file that contract 2 speaks of."""
    root = Path(folder)
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for part in ("data", "dropped", "failed", "evidence")
        for p in sorted((root / part).rglob("*"))
        if p.is_file()
    }


def children(pid: int) -> list[int]:
    """Processes whose parent is `pid`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


@dataclass(frozen=True)
class Touch:
    """A job whose tasks each leave a file; `fault` is what happens in task 1: it kills its worker once or always, or
    raises. Here, since workers import it."""

    folder: Path
    tasks: int = 3
    fault: str = ""
    title: str = "touch"

    @property
    def outcomes(self) -> Path:
        return self.folder

    def run(self, rank: int, report: object) -> None:
        first = not (self.folder / f"tried{rank}").exists()
        (self.folder / f"tried{rank}").touch()
        (self.folder / f"done{rank}").touch()
        if rank == 1 and (self.fault == "always" or (self.fault == "once" and first)):
            os.kill(os.getpid(), signal.SIGKILL)  # after its outcome, before it says so
        if rank == 1 and self.fault == "raise":
            raise ValueError("no good")


def corpus(tmp_path: Path, *, n: int = 400, steps: list = STEPS, **stage: object) -> str:
    """A pipeline over two sources with duplicates within and across them, and two broken lines."""
    if not (tmp_path / "b").exists():
        write_jsonl(tmp_path / "a" / "1.jsonl", texts(n))
        write_jsonl(tmp_path / "a" / "2.jsonl", texts(n // 2, start=n // 2))
        write_jsonl(tmp_path / "b" / "1.jsonl", texts(n, start=n - 20))
        with open(tmp_path / "b" / "1.jsonl", "a") as handle:
            handle.write('{"text": "cut\n{"text": null}\n')
    sources = [
        {"name": "a", "path": f"{tmp_path}/a/*.jsonl", "license": "CC0-1.0"},
        {"name": "b", "path": f"{tmp_path}/b", "max_failed": 0.1},
    ]
    stage = {"sources": sources, "steps": steps, "task_size": 9000, "output": {"shard_size": 30000}} | stage
    return write_pipeline(tmp_path / "p.yaml", {"corpus": stage}, seed=3)
