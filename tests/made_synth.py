"""Synthetic datasets for tests of what is told of them, and ways to change what their rows say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from helpers import build, rows, write_jsonl, write_pipeline
from test_stage import contracts

from curate import manifest


def made(folder: Path, n: int = 24, *, clean: bool = True, **synth: Any) -> str:
    """The folder of an artefact of pairs (or as `synth` says), made from contracts of two sources.

    Of a `clean` one the corpus says that a step took private data out: it costs seconds, and there are none.
    """
    texts = contracts(n)
    write_jsonl(folder / "in" / "one.jsonl", texts[: n * 2 // 3])
    write_jsonl(folder / "in" / "two.jsonl", texts[n * 2 // 3 :])
    sources = [
        {"name": name, "path": str(folder / "in" / f"{name}.jsonl"), "license": "CC0-1.0"}
        for name in ("one", "two")
    ]
    stage = {
        "kind": "synth",
        "from": "corpus",
        "tasks": [{"corrupted": {"count": 20}}],
        "filters": ["schema", "evidence", "exact_duplicates", "near_duplicates"],
        "gates": False,
        "output": {"format": "preference"},
    }
    stages = {"corpus": {"sources": sources, "steps": ["signals"]}, "rows": stage | synth}
    path = str(build(write_pipeline(folder / "p.yaml", stages), folder / "out", stage="rows")["path"])
    if clean:
        corpus = str(folder / "out" / manifest.latest(str(folder / "out"))["corpus"])
        manifest.write(corpus, told(corpus) | {"private_key": "0" * 16})
    return path


def rewritten(folder: str, part: str, **columns: pl.Expr | pl.Series) -> pl.DataFrame:
    """Put other values into columns of a part of one shard."""
    found = manifest.read(folder)
    assert found is not None
    (file,) = manifest.files(folder, found, part)
    frame = rows(folder, part).with_columns(**columns)
    frame.write_parquet(file)
    return frame


def told(folder: str) -> dict[str, Any]:
    """The manifest."""
    found = manifest.read(folder)
    assert found is not None
    return found
